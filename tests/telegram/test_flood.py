"""One who floods us is answered so many times a second; nobody else waits for that, and a call for help gets in."""

import asyncio
import time
from functools import partial

import pytest

from bot.dialogue.events import Flooded
from bot.dialogue.script import Script
from tests.dialogue.talker import at_home
from tests.telegram.test_quick_exit import Town, a_town
from tests.telegram_server import Person

OTHERS = 10
EACH = 20
FLOOD_A_SECOND = 200
ALLOWED = 0.5
ROUNDS = 6
NEARLY_NOTHING = 0.05
"""Below that a difference is the machine's."""


def test_who_is_passed_over_is_told_so_with_numbers(real_script: Script) -> None:
    person = at_home(real_script)

    person.take(Flooded())

    assert "passed over some of it" in person.words
    assert "📞" in person.words


def is_longer(person: Person, messages: int) -> bool:
    return len(person.screen()) > messages and not person.last().text.startswith("/")


async def live(town: Town, person: Person) -> list[float]:
    """How long each answer took."""
    took = []
    for _ in range(EACH):
        before, began = len(person.screen()) + 1, time.monotonic()
        person.send("/home")
        await town.until(partial(is_longer, person, before))
        took.append(time.monotonic() - began)
        await asyncio.sleep(0.1)
    return took


async def flood(person: Person) -> None:
    began, sent = time.monotonic(), 0
    while True:
        while sent < (time.monotonic() - began) * FLOOD_A_SECOND:
            person.send(f"minimum wage {sent}")
            sent += 1
        await asyncio.sleep(0.01)


def p99(took: list[list[float]]) -> float:
    ordered = sorted(one for each in took for one in each)
    return ordered[int(len(ordered) * 0.99) - 1]


async def test_nobody_waits_for_one_who_floods_us(real_script: Script, capsys: pytest.CaptureFixture[str]) -> None:
    async with a_town(real_script, gated=True) as town:
        people = [await town.in_talk(100 + number) for number in range(OTHERS)]
        flooder = town.telegram.person(99, started=True)
        calm = busy = passed = 0.0
        for _ in range(ROUNDS):
            # Other work of the machine, such as other tests, may fall into one round.
            calm = p99(await asyncio.gather(*[live(town, person) for person in people]))
            flooding = asyncio.create_task(flood(flooder))
            await asyncio.sleep(1)
            busy = p99(await asyncio.gather(*[live(town, person) for person in people]))
            flooding.cancel()
            passed = town.figures.counts["flood", "over"]
            with capsys.disabled():
                said = f"p99 {busy * 1000:.0f} ms, calm {calm * 1000:.0f} ms, {passed} passed over"
                print(f"\none flooder at {FLOOD_A_SECOND} updates/s: others' {said}")  # noqa: T201
            if busy <= min(ALLOWED, max(2 * calm, NEARLY_NOTHING)):
                break
        assert passed > FLOOD_A_SECOND
        assert busy <= ALLOWED
        assert busy <= max(2 * calm, NEARLY_NOTHING)
