"""Does an update cost more when a million people are kept than when a thousand are?

`python -m benchmarks.scale` runs two bots over two stores, one with few conversations and one with many, and lets them
take turns; it also tells what each kept conversation takes of the store's memory.
"""

import argparse
import asyncio
import shutil
import sys
import tempfile
import time
from collections.abc import Sequence
from contextlib import AsyncExitStack
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Final

from redis import Redis

from benchmarks.__main__ import load_content
from benchmarks.crowd import BotApi, Crowd
from benchmarks.end_to_end import Compared
from benchmarks.programs import telegram_bot
from benchmarks.results import Results, middle, middle_ratio
from benchmarks.walks import draw_walks
from bot.compiler import teach_in
from bot.dialogue import NEW_CONVERSATION
from bot.logbook import open_logbook
from bot.messages import ArrivalId, Language
from bot.store.contract import Address, Commit, Record
from bot.store.redis_store import open_store
from bot.store.sealing import Vault
from tests.store.servers import Server, a_server

PASSWORD: Final = "benchmark"  # noqa: S105 - of a store that lives for minutes
IN_FLIGHT: Final = 8
AT_ONCE: Final = 100
_TALKED: Final = replace(NEW_CONVERSATION, language=Language("km"), profile={"origin": "kh", "here": "th"})


async def fill(server: Server, people: int) -> float:
    """Keep so many conversations, written as turns write them; bytes of the store's memory that each takes."""
    vault = Vault(b"i" * 32, {1: b"w" * 32}, 1)
    store = open_store(_url(server), vault)
    await store.ping()
    before, now, began = _memory(server), datetime.now(UTC), time.monotonic()

    async def keep(number: int) -> None:
        address = Address("telegram", str(5_000_000_000 + number))
        conversation = vault.conversation_id(address.door, address.chat)
        commit = Commit(conversation, 0, ArrivalId(number.to_bytes(8, "big")), Record(address, _TALKED))
        await store.commit(commit, now, timedelta(seconds=10))

    for first in range(0, people, AT_ONCE):
        await asyncio.gather(*(keep(number) for number in range(first, min(first + AT_ONCE, people))))
        if first % 100_000 == 0:
            print(f"{time.monotonic() - began:5.0f} s  {first:,} of {people:,} people", file=sys.stderr, flush=True)
    await store.close()
    return (_memory(server) - before) / people


async def measure(few: int, many: int, rounds: int, seconds: float, seed: int) -> str:
    """What came of it, in words."""
    results = Results(seed, rounds, rounds)
    async with AsyncExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="waymark-scale-")))
        now = datetime.now(UTC)
        content, script = load_content(results, folder, now, teach_in(folder / "learned"))
        walks = draw_walks(script, seed, 40, now)
        api = await stack.enter_async_context(BotApi())
        compared, each = [], {}
        for place, people in enumerate((few, many), start=1):
            server = stack.enter_context(a_server("--requirepass", PASSWORD))
            each[people] = await fill(server, people)
            shutil.copytree(folder / "learned", folder / f"bot{place}" / "learned")
            settings = {"WAYMARK_STORE_URL": _url(server)}
            bot = telegram_bot(folder / f"bot{place}", content, api, **settings)
            program, address = await stack.enter_async_context(bot)
            crowd = Crowd(api, address, walks, place * 1_000_000, 300, patience=60.0)
            stack.push_async_callback(crowd.close)
            await crowd.introduce(talks=True)
            compared.append(Compared(f"{people:,}", program, crowd))
        return _told(compared, each, await _press(compared, rounds, seconds))


async def _press(compared: Sequence[Compared], rounds: int, seconds: float) -> list[list[tuple[float, float]]]:
    """Updates a second and microseconds of processor time for each, by program and round."""
    found: list[list[tuple[float, float]]] = [[] for _ in compared]
    for number in range(rounds):
        for place in (0, 1) if number % 2 else (1, 0):
            one = compared[place]
            round_ = await one.crowd.press(IN_FLIGHT, seconds=seconds, processor=one.program.processor)
            found[place].append((round_.per_second, round_.processor_each))
    return found


def _told(compared: Sequence[Compared], each: dict[int, float], found: list[list[tuple[float, float]]]) -> str:
    lines = [
        f"{one.name:>10} people: {middle([rate for rate, _ in rounds]):,.0f} updates/s, "
        f"{middle([work for _, work in rounds]):,.0f} µs of processor each, store {memory:.0f} B a person"
        for one, rounds, memory in zip(compared, found, each.values(), strict=True)
    ]
    few, many = ([work for _, work in rounds] for rounds in found)
    lines.append(f"processor time for one update, many people beside few: {middle_ratio(many, few):.2f}")
    return "\n".join(lines)


def _url(server: Server) -> str:
    return f"unix://:{PASSWORD}@{server.folder}/socket"


def _memory(server: Server) -> int:
    with Redis(unix_socket_path=f"{server.folder}/socket", password=PASSWORD) as client:
        return int(client.info("memory")["used_memory"])


def main() -> None:
    """Run, and tell."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.scale", description=__doc__)
    parser.add_argument("--few", type=int, default=1_000)
    parser.add_argument("--many", type=int, default=1_000_000)
    parser.add_argument("--rounds", type=int, default=7)
    parser.add_argument("--seconds", type=float, default=1.0)
    parser.add_argument("--seed", type=int, default=2026)
    asked = parser.parse_args()
    open_logbook()
    told = asyncio.run(measure(asked.few, asked.many, asked.rounds, asked.seconds, asked.seed))
    print(f"seed {asked.seed}, {asked.rounds} rounds\n{told}")


if __name__ == "__main__":
    main()
