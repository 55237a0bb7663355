"""Do two processes of the bot answer twice as many as one?

Both stand on one store, and people press buttons at one of them or spread over both. Two cores that carry the store,
the people and the Bot API as well cannot show it. So each process is held to a share of a core, small enough that
nothing else ever waits; how it is without that is told beside.
"""

from collections.abc import Callable, Mapping, Sequence
from contextlib import AsyncExitStack
from dataclasses import asdict
from pathlib import Path
from typing import Final

from benchmarks.crowd import BotApi, Crowd, Round
from benchmarks.end_to_end import Load, tell_losses
from benchmarks.programs import telegram_bot
from benchmarks.results import Results, Row, middle, middle_ratio
from benchmarks.shares import NoSharesError, held_to
from benchmarks.walks import Walk
from tests.store.servers import a_server

PASSWORD: Final = "benchmark"  # noqa: S105 - of a store that lives for seconds
IN_FLIGHT_EACH: Final = 20
SHARE: Final = 0.25
"""Of a core, for each process."""


async def measure(results: Results, folder: Path, content: Path, walks: Sequence[Walk], load: Load) -> None:
    """One process and two take turns, held to their shares and then not."""
    async with AsyncExitStack() as stack:
        api = await stack.enter_async_context(BotApi())
        server = stack.enter_context(a_server("--requirepass", PASSWORD))
        url = f"unix://:{PASSWORD}@{server.folder}/socket"
        first, alone = await stack.enter_async_context(
            telegram_bot(folder / "bot", content, api, WAYMARK_STORE_URL=url)
        )
        # They share the folder with the keys, as replicas of one bot must.
        second, _ = await stack.enter_async_context(telegram_bot(folder / "bot", content, api, WAYMARK_STORE_URL=url))
        programs, addresses = (first, second), (alone, alone.also_at(second.port))
        crowds = {
            number: Crowd(api, address, walks, number * 1_000_000, load.people)
            for number, address in enumerate(addresses, start=1)
        }
        for crowd in crowds.values():
            stack.push_async_callback(crowd.close)
            await crowd.introduce(talks=True)

        def processor() -> float:
            return sum(one.processor() for one in programs)

        try:
            with held_to(SHARE, [one.process.pid for one in programs]):
                found = await _take_turns(results, crowds, load.seconds * 2, processor)
            _tell(results, f"each process held to {SHARE:.0%} of a core", found)
        except NoSharesError as error:
            results.notes.append(f"Two processes, each held to a share of a core: not measured, for {error}.")
        found = await _take_turns(results, crowds, load.seconds, processor)
        _tell(results, "sharing two cores with everything else", found)


async def _take_turns(
    results: Results, crowds: Mapping[int, Crowd], seconds: float, processor: Callable[[], float]
) -> dict[int, list[Round]]:
    found: dict[int, list[Round]] = {number: [] for number in crowds}
    for turn in range(results.rounds):
        for number in sorted(crowds, reverse=turn % 2 == 1):
            pressed = await crowds[number].press(IN_FLIGHT_EACH * number, seconds=seconds, processor=processor)
            found[number].append(pressed)
    return found


def _tell(results: Results, how: str, found: dict[int, list[Round]]) -> None:
    results.raw[f"processes, {how}"] = {str(number): [asdict(one) for one in ones] for number, ones in found.items()}
    one, two = ([pressed.per_second for pressed in found[number]] for number in (1, 2))
    one_work, two_work = ([pressed.processor_each for pressed in found[number]] for number in (1, 2))
    results.rows += [
        Row(
            f"Updates a second by two processes (bare: by one), {how}",
            f"{middle(two):,.0f}",
            f"{middle(one):,.0f}",
            f"{middle_ratio(two, one):.2f}",
            "≥ 1.6",
            "≥ 1.8",
        ),
        Row(
            "the same, processor time for one update",
            f"{middle(two_work):,.0f} µs",
            f"{middle(one_work):,.0f} µs",
            f"{middle_ratio(two_work, one_work):.2f}",
        ),
    ]
    tell_losses(results, {f"{number} processes, {how}": ones for number, ones in found.items()})
