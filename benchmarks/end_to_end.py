"""Updates from the webhook to the store and to both calls, beside the same work by hand and in a peer."""

from collections.abc import Sequence
from contextlib import AsyncExitStack
from dataclasses import asdict, dataclass
from pathlib import Path
from random import Random
from typing import Final

import orjson
from redis import Redis

from benchmarks.crowd import BotApi, Crowd, Round
from benchmarks.programs import Program, other_bot, telegram_bot
from benchmarks.results import Results, Row, middle, middle_ratio
from benchmarks.walks import Walk
from bot.store.embedded import find_running
from tests.store.servers import Server, a_server

IN_FLIGHT: Final = (8, 40)
STEADY: Final = 600
SLOW_RATE: Final = 300
SLOW_API: Final = 0.06
_OTHERS: Final = (("bare", "reference"), ("peer", "peer"), ("aiogram", "peer_aiogram"))
"""By hand, python-telegram-bot as documented, and aiogram with its own storage in Redis: name and module."""

PASSWORD: Final = "benchmark"  # noqa: S105 - of a store that lives for seconds


@dataclass(frozen=True, slots=True)
class Load:
    """How many people there are, and how long each round lasts."""

    people: int
    seconds: float


@dataclass(frozen=True, slots=True)
class Compared:
    """A program and the people who talk to it."""

    name: str
    program: Program
    crowd: Crowd


async def measure(results: Results, folder: Path, content: Path, walks: Sequence[Walk], load: Load) -> None:
    """Throughput, latency at a steady rate, and latency with a Bot API that takes its time."""
    screens = folder / "screens.json"
    screens.write_bytes(orjson.dumps({step.press: step.screen for walk in walks for step in walk.lap}))
    async with AsyncExitStack() as stack:
        api = await stack.enter_async_context(BotApi())
        program, address = await stack.enter_async_context(telegram_bot(folder / "bot", content, api))
        url = find_running(folder / "bot") or ""
        compared = [Compared("here", program, Crowd(api, address, walks, 1_000_000, load.people))]
        for place, (name, module) in enumerate(_OTHERS, start=2):
            program, address = await stack.enter_async_context(other_bot(module, api.url, url, str(screens)))
            compared.append(Compared(name, program, Crowd(api, address, walks, place * 1_000_000, load.people)))
        for one in compared:
            stack.push_async_callback(one.crowd.close)
            await one.crowd.introduce(talks=one.name == "here")
        for in_flight in IN_FLIGHT:
            _tell_throughput(results, in_flight, await _press(results, compared, in_flight, load.seconds))
        both = compared[:2]
        _tell_latency(
            results,
            f"p50, p99 at {STEADY}/s",
            "– / 10 ms",
            "– / 5 ms",
            await _press_at(results, both, STEADY, load.seconds),
        )
        api.latency = SLOW_API
        what = f"p50, p99 at {SLOW_RATE}/s, a Bot API that takes {SLOW_API * 1000:.0f} ms"
        _tell_latency(
            results, what, "70 / 90 ms", "63 / 70 ms", await _press_at(results, both, SLOW_RATE, load.seconds)
        )


async def measure_durability(results: Results, folder: Path, content: Path, walks: Sequence[Walk], load: Load) -> None:
    """The same bot and the same store, which writes each commit to disk in every other round."""
    with a_server("--requirepass", PASSWORD) as server:
        async with AsyncExitStack() as stack:
            api = await stack.enter_async_context(BotApi())
            url = f"unix://:{PASSWORD}@{server.folder}/socket"
            settings = {"WAYMARK_STORE_URL": url}
            _, address = await stack.enter_async_context(telegram_bot(folder / "bot", content, api, **settings))
            crowd = Crowd(api, address, walks, 1_000_000, load.people)
            stack.push_async_callback(crowd.close)
            await crowd.introduce(talks=True)
            rounds: dict[str, list[Round]] = {name: [] for name in ("always", "never", "always steady", "never steady")}
            for number in range(results.rounds):
                for appending in ("always", "never") if number % 2 else ("never", "always"):
                    _set_appending(server, "yes" if appending == "always" else "no")
                    rounds[appending].append(await crowd.press(IN_FLIGHT[-1], seconds=load.seconds))
                    steady = await crowd.press_at(SLOW_RATE, load.seconds, Random(results.seed + number))
                    rounds[f"{appending} steady"].append(steady)
    results.raw["append-only file"] = {name: [asdict(one) for one in ones] for name, ones in rounds.items()}
    always, never = ([one.per_second for one in rounds[name]] for name in ("always", "never"))
    results.rows.append(
        Row(
            f"Append-only file with fsync always, {IN_FLIGHT[-1]} in flight (bare: none)",
            f"{middle(always):,.0f}/s",
            f"{middle(never):,.0f}/s",
            f"{middle_ratio(always, never):.2f}",
            "≥ 0.9",
            "≥ 0.97",
        )
    )
    waits = [one.p50 for one in rounds["always steady"]]
    free = [one.p50 for one in rounds["never steady"]]
    dearer = middle([mine - other for mine, other in zip(waits, free, strict=True)])
    results.rows.append(
        Row(
            f"the same, p50 at {SLOW_RATE}/s",
            f"{middle(waits):.1f} ms",
            f"{middle(free):.1f} ms",
            f"{dearer:+.1f} ms",
            "",
            "≤ +1 ms",
        )
    )


def _set_appending(server: Server, appending: str) -> None:
    with Redis(unix_socket_path=f"{server.folder}/socket", password=PASSWORD) as client:
        client.config_set("appendonly", appending)
        while any(client.info("persistence")[name] for name in ("aof_rewrite_in_progress", "aof_rewrite_scheduled")):
            continue


async def _press(
    results: Results, compared: Sequence[Compared], in_flight: int, seconds: float
) -> dict[str, list[Round]]:
    rounds: dict[str, list[Round]] = {one.name: [] for one in compared}
    for number in range(results.rounds):
        for one in _turned(compared, number):
            rounds[one.name].append(await one.crowd.press(in_flight, seconds=seconds, processor=one.program.processor))
    results.raw[f"{in_flight} in flight"] = {name: [asdict(one) for one in ones] for name, ones in rounds.items()}
    return rounds


async def _press_at(
    results: Results, compared: Sequence[Compared], rate: int, seconds: float
) -> dict[str, list[Round]]:
    rounds: dict[str, list[Round]] = {one.name: [] for one in compared}
    for number in range(results.rounds):
        for one in _turned(compared, number):
            random = Random(results.seed + number)
            rounds[one.name].append(await one.crowd.press_at(rate, seconds, random, one.program.processor))
    results.raw[f"{rate}/s"] = {name: [asdict(one) for one in ones] for name, ones in rounds.items()}
    return rounds


def _turned(compared: Sequence[Compared], number: int) -> list[Compared]:
    """Another first one each round: nobody always follows the same neighbour."""
    first = number % len(compared)
    return [*compared[first:], *compared[:first]]


def _tell_throughput(results: Results, in_flight: int, rounds: dict[str, list[Round]]) -> None:
    few = in_flight == IN_FLIGHT[0]
    ours, bare, peer, aiogram = (
        [one.per_second for one in rounds[name]] for name in ("here", "bare", "peer", "aiogram")
    )
    work, bare_work = ([one.processor_each for one in rounds[name]] for name in ("here", "bare"))
    results.rows += [
        Row(
            f"Updates a second, {in_flight} in flight",
            f"{middle(ours):,.0f}",
            f"{middle(bare):,.0f}",
            f"{middle_ratio(ours, bare):.2f}",
            "≥ 0.6",
            "≥ 0.85",
        ),
        Row(
            "the same, processor time for one update",
            f"{middle(work):,.0f} µs",
            f"{middle(bare_work):,.0f} µs",
            f"{middle_ratio(work, bare_work):.2f}",
        ),
        Row(
            "the same, beside python-telegram-bot as documented",
            f"{middle(ours):,.0f}",
            f"{middle(peer):,.0f}",
            f"{middle_ratio(ours, [max(one, 1.0) for one in peer]):.1f}",
            "≥ 5" if few else "≥ 15",
            "≥ 8" if few else "≥ 25",
        ),
        Row(
            "the same, beside aiogram with its storage in Redis",
            f"{middle(ours):,.0f}",
            f"{middle(aiogram):,.0f}",
            f"{middle_ratio(ours, [max(one, 1.0) for one in aiogram]):.1f}",
            "≥ 2.5",
            "≥ 4",
        ),
    ]
    tell_losses(results, rounds)


def _tell_latency(results: Results, what: str, good: str, limit: str, rounds: dict[str, list[Round]]) -> None:
    told = {
        name: f"{middle([one.p50 for one in ones]):.1f}, {middle([one.p99 for one in ones]):.1f} ms"
        for name, ones in rounds.items()
    }
    ratio = middle_ratio([one.p50 for one in rounds["here"]], [one.p50 for one in rounds["bare"]])
    results.rows.append(Row(what, told["here"], told["bare"], f"{ratio:.2f} (p50)", good, limit))
    tell_losses(results, rounds)


def tell_losses(results: Results, rounds: dict[str, list[Round]]) -> None:
    """Note what was never answered: a rate is worth nothing without it."""
    for name, ones in rounds.items():
        lost, refused = sum(one.lost for one in ones), sum(one.refused for one in ones)
        if lost or refused:
            results.notes.append(
                f"{name}: {lost} updates never finished, {refused} were refused or had to wait for a free person."
            )
