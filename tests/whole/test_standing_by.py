"""Two bots that poll over one store: one does, the other takes over, and nothing is lost or said twice for it."""

import time
from collections.abc import Sequence
from pathlib import Path

from tests.dialogue.little_world import little_script
from tests.store.servers import a_server
from tests.telegram_server import FakeTelegram, Person
from tests.whole.replica import SAFE, Replica, replicas

TAKEN = 'waymark_duty_taken_total{label="polling"}'
TAKEN_OVER_WITHIN = 15.0
"""Seconds after a kill, on a busy machine; on an idle one it is 8 at most."""


def answers(person: Person) -> int:
    """How often they were asked for their language."""
    return sum("Language" in text for text in person.texts())


async def poller(bots: Sequence[Replica]) -> Replica:
    """The one that has taken the duty."""
    (found,) = [bot for bot in bots if await bot.figure(TAKEN)]
    return found


async def test_the_spare_takes_over_from_one_that_was_killed_and_from_one_that_ends(quick_folder: Path) -> None:
    little_script(quick_folder / "content")
    with a_server(*SAFE) as server:
        async with FakeTelegram() as telegram:
            people = [telegram.person(number, started=True) for number in range(7, 10)]
            async with replicas(3, quick_folder, server, telegram) as bots:
                people[0].send("/start")
                await telegram.until(lambda: answers(people[0]) == 1)

                first = await poller(bots)
                await first.kill()
                killed = time.monotonic()
                people[1].send("/start")
                await telegram.until(lambda: answers(people[1]) == 1)
                assert time.monotonic() - killed < TAKEN_OVER_WITHIN

                bots.remove(first)
                await (await poller(bots)).stop()
                stopped = time.monotonic()
                people[2].send("/start")
                await telegram.until(lambda: answers(people[2]) == 1)
                assert time.monotonic() - stopped < TAKEN_OVER_WITHIN / 2

            # Telegram never saw two of them at once.
            assert [call for call in telegram.calls_of("getUpdates") if call.answer.get("error_code") == 409] == []
            # Killed in the moment between sending and noting that it was sent, one is sent again.
            assert answers(people[0]) <= 2
            assert [answers(one) for one in people[1:]] == [1, 1]
