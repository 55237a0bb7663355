"""Do live answers wait while a hundred thousand other messages go out?

`python -m benchmarks.backlog` lets people press buttons at a steady rate of a bot that keeps Telegram's limits, first
with nothing else to send and then beside a backlog of reminders to many, and compares how long they wait.
"""

import argparse
import asyncio
import sys
import tempfile
import time
from contextlib import AsyncExitStack
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from random import Random
from typing import Final

from benchmarks.__main__ import load_content
from benchmarks.crowd import BotApi, Crowd
from benchmarks.programs import telegram_bot
from benchmarks.results import Results, middle
from benchmarks.walks import draw_walks
from bot.compiler import teach_in
from bot.dialogue import NEW_CONVERSATION
from bot.logbook import open_logbook
from bot.messages import ArrivalId, Language, Message, plain
from bot.store.contract import Address, Commit, Outgoing, OutgoingId, Priority, Record
from bot.store.embedded import find_running
from bot.store.redis_store import open_store
from bot.store.secrets import load_or_make

RATE: Final = 8
"""Presses a second: with the acknowledgement of each, and well below what Telegram takes."""

AT_ONCE: Final = 100
_TALKED: Final = replace(NEW_CONVERSATION, language=Language("km"), profile={"origin": "kh", "here": "th"})


async def queue(folder: Path, people: int) -> None:
    """Put one message for each of so many people into the outbox, behind everything else."""
    vault, now = load_or_make(folder, datetime.now(UTC).date()).vault(), datetime.now(UTC)
    store = open_store(find_running(folder) or "", vault)
    began = time.monotonic()

    async def put(number: int) -> None:
        address = Address("telegram", str(7_000_000_000 + number))
        conversation = vault.conversation_id(address.door, address.chat)
        arrival = ArrivalId(number.to_bytes(8, "big"))
        outgoing = Outgoing(
            OutgoingId(arrival + b"\0"), address, Message(plain("...")), priority=Priority.OTHER, silent=True
        )
        commit = Commit(conversation, 0, arrival, Record(address, _TALKED), (outgoing,), pushed=False)
        await store.commit(commit, now, timedelta(seconds=10))

    for first in range(0, people, AT_ONCE):
        await asyncio.gather(*(put(number) for number in range(first, min(first + AT_ONCE, people))))
        if first % 20_000 == 0:
            print(f"{time.monotonic() - began:5.0f} s  {first:,} of {people:,} queued", file=sys.stderr, flush=True)
    await store.close()


async def measure(people: int, rounds: int, seconds: float, seed: int) -> str:
    """What came of it, in words."""
    async with AsyncExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="waymark-backlog-")))
        now = datetime.now(UTC)
        content, script = load_content(Results(seed, rounds, rounds), folder, now, teach_in(folder / "bot" / "learned"))
        api = await stack.enter_async_context(BotApi())
        bot = telegram_bot(folder / "bot", content, api, KEEP_LIMITS="1")
        program, address = await stack.enter_async_context(bot)
        crowd = Crowd(api, address, draw_walks(script, seed, 40, now), 1_000_000, 200, patience=60.0)
        stack.push_async_callback(crowd.close)
        await crowd.introduce(talks=True)
        waits: dict[str, list[float]] = {"calm": [], "beside the backlog": []}
        lost = 0
        for name, found in waits.items():
            if name != "calm":
                await queue(folder / "bot", people)
            for number in range(rounds):
                round_ = await crowd.press_at(RATE, seconds, Random(seed + number), program.processor)
                found.append(round_.p95)
                lost += round_.lost
    calm, beside = (middle(found) for found in waits.values())
    return (
        f"seed {seed}, {rounds} rounds of {seconds:.0f} s at {RATE}/s, {people:,} messages behind: "
        f"p95 calm {calm:.1f} ms, beside {beside:.1f} ms ({beside / calm - 1:+.0%}); {lost} lost"
    )


def main() -> None:
    """Run, and tell."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.backlog", description=__doc__)
    parser.add_argument("--people", type=int, default=100_000)
    parser.add_argument("--rounds", type=int, default=7)
    parser.add_argument("--seconds", type=float, default=10.0)
    parser.add_argument("--seed", type=int, default=2026)
    asked = parser.parse_args()
    open_logbook()
    print(asyncio.run(measure(asked.people, asked.rounds, asked.seconds, asked.seed)))


if __name__ == "__main__":
    main()
