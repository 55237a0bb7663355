"""Telegram is gone for half an hour, then asks everybody for patience, then fails half of the time.

The bot runs in this process on a clock that is moved by hand, with the store in memory, which keeps the same contract
as the real one: half an hour passes in seconds, and with it all pauses that the bot makes.
"""

import tempfile
import time
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from random import Random
from typing import Final

from benchmarks.chaos.findings import Finding, Promise, at_most, none_of
from benchmarks.chaos.talks import Crowd
from benchmarks.chaos.town import vault_of, write_content
from bot.compiler import compile_content
from tests.telegram.sample import breathe
from tests.telegram.test_story import Town, a_town

PEOPLE: Final = 20
ALL_WITHIN: Final = 180.0
"""Seconds after which everything must have come once Telegram is back: the longest pause of the bot is a minute."""

_SENDING: Final = ("sendMessage", "editMessageText", "answerCallbackQuery")


async def run(seed: int, minutes: int, say: Callable[[str], None]) -> Finding:
    """Let Telegram be away for so many minutes, and then storm twice for a third of that."""
    began, random, storm = time.monotonic(), Random(seed), max(1, minutes // 3)
    done: dict[str, float | str] = {"minutes without Telegram": minutes, "minutes of each storm": storm}
    promises: list[Promise] = []
    with tempfile.TemporaryDirectory(prefix="waymark-chaos-") as name:
        folder = Path(name)
        write_content(folder / "content")
        script = compile_content(folder / "content", datetime.now(UTC).date()).script
        async with a_town(script) as town:
            crowd = Crowd(town.telegram, seed, PEOPLE, 0)
            for talker in crowd.talkers:
                talker.person.start("en")
                talker.speak()
            await _until_settled(town, crowd)
            faults = town.telegram.faults
            phases: tuple[tuple[str, int, Callable[[], None]], ...] = (
                ("gone", minutes, faults.down),
                ("429", storm, lambda: faults.answer_429(0.5, 5, _SENDING)),
                ("5xx", storm, lambda: faults.answer_5xx(0.5, 502, _SENDING)),
            )
            for phase, length, strike in phases:
                before = crowd.outcome([], vault_of(folder)).duplicates
                # Some of what people just said is on its way when it begins.
                for talker in random.sample(crowd.talkers, PEOPLE // 2):
                    talker.speak()
                await town.clock.advance(0.1)
                strike()
                for second in range(length * 60):
                    for talker in crowd.talkers:
                        if random.random() < 5 / (length * 60):
                            talker.speak()
                    await _pass(town, 1.0)
                    if second % 60 == 0:
                        say(f"{phase}: minute {second // 60}")
                faults.off()
                waited = await _until_settled(town, crowd)
                doubled = crowd.outcome([], vault_of(folder)).duplicates - before
                done[f"{phase}: seconds until everything had come"] = round(waited)
                promises += [
                    at_most(f"{phase}: seconds until everything had come", round(waited), ALL_WITHIN),
                    # Whoever's message was just under way when all connections broke may read it twice.
                    at_most(f"{phase}: duplicates", doubled, PEOPLE)
                    if phase == "gone"
                    else none_of(f"{phase}: duplicates", doubled),
                ]
            outcome = crowd.outcome([], vault_of(folder))
            done |= {"struck 429": faults.struck["429"], "struck 5xx": faults.struck["5xx"]}
    done["numbers"] = outcome.numbers
    done["presses that ran out at Telegram after 150 s"] = outcome.unanswered_taps
    promises += [
        none_of("replies lost", outcome.lost),
        none_of("out of order", outcome.out_of_order),
        none_of("calls that Telegram refuses", outcome.refused),
    ]
    return Finding("Telegram gone", seed, time.monotonic() - began, done, tuple(promises))


async def _until_settled(town: Town, crowd: Crowd) -> float:
    """Move on until everything has come, or far too long; how many seconds it was."""
    waited = 0.0
    while waited < 10 * ALL_WITHIN:
        crowd.ears.listen()
        # A press lives for 150 seconds at Telegram; what was pressed while it was gone may be gone as well.
        if not town.telegram.updates.pending and not crowd.lost:
            break
        await _pass(town, 0.5)
        waited += 0.5
    return waited


async def _pass(town: Town, seconds: float) -> None:
    town.telegram.clock.advance(seconds)
    await town.clock.advance(seconds)
    await breathe()
