"""The whole way: a person's phone, the door, the turns, the outbox, and back to the phone."""

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from random import Random

import pytest

from bot.delivery import Delivery
from bot.dialogue.script import Script
from bot.figures import Figures
from bot.messages import ConversationId
from bot.store.contract import Leased
from bot.store.memory_store import MemoryStore
from bot.turns import Turns
from bot.turns.ticket_arrival import TicketArrival
from handlers.telegram import DOOR, TelegramChannel, TelegramConnection, TelegramDoor
from tests.dialogue.little_world import little_script
from tests.fakes import ManualClock
from tests.telegram.sample import PATIENCE, VAULT, breathe
from tests.telegram_server import FakeTelegram, Person


@dataclass
class Postmen:
    """Brings the messages of a turn on their way; no door here fetches its own."""

    delivery: Delivery

    def hand_over(self, leased: Leased) -> None:
        self.delivery.hand_over(leased)

    def call(self, conversation: ConversationId) -> None:
        raise AssertionError(conversation)

    def call_lines(self, lane: str) -> None:
        raise AssertionError(lane)


async def nobody_has_a_ticket(arrival: TicketArrival) -> None:
    raise AssertionError(arrival)


@dataclass
class Town:
    telegram: FakeTelegram
    clock: ManualClock
    figures: Figures

    async def until(self, condition: Callable[[], object]) -> None:
        async with asyncio.timeout(PATIENCE):
            while not condition():
                await self.clock.advance(0.25)
                await breathe()

    async def tap(self, person: Person, label: str, text: str) -> None:
        """Tap, and wait until the screen's last words begin with this."""
        person.tap(label)
        await self.until(lambda: person.last().text.startswith(text))


@pytest.fixture(scope="module")
def script(tmp_path_factory: pytest.TempPathFactory) -> Script:
    return little_script(tmp_path_factory.mktemp("content"))


@asynccontextmanager
async def a_town(script: Script) -> AsyncIterator[Town]:
    clock, figures, store = ManualClock(), Figures(), MemoryStore()
    async with FakeTelegram() as telegram, TelegramConnection(telegram.token, telegram.url) as connection:
        delivery = Delivery(store, {DOOR: TelegramChannel(connection)}, clock, None, Random(1), figures=figures)
        turns = Turns(store, lambda: script, Postmen(delivery), clock, figures, VAULT, nobody_has_a_ticket)
        door = TelegramDoor(connection, turns.take, VAULT, lambda: script, clock, figures)
        running = [asyncio.ensure_future(one) for one in (door.run(), delivery.run(alone=True))]
        try:
            yield Town(telegram, clock, figures)
        finally:
            for task in running:
                task.cancel()
            await asyncio.gather(*running, return_exceptions=True)
            await delivery.stop()
        assert [violation.why for violation in telegram.violations] == []


async def test_a_person_taps_from_the_first_word_to_a_number_on_one_screen(script: Script) -> None:
    async with a_town(script) as town:
        person = town.telegram.person(7)
        started = person.start()
        await town.until(lambda: person.last() is not started)
        await town.tap(person, "English", "Where are you from?")
        await town.tap(person, "Cambodia", "Where are you now?")
        await town.tap(person, "Thailand", "What do you want to know?")

        # All of it in one message that changes in its place: nothing to scroll through, nothing left to read.
        assert len(person.screen()) == 2

        person.send("!violence")
        await town.until(lambda: any("191" in text for text in person.texts()))

        numbers = next(message for message in person.screen() if "191" in message.text)
        assert any(
            isinstance(entity, dict) and entity["type"] == "code" and entity["length"] == 3
            for entity in numbers.entities
        )


async def test_who_leaves_sees_something_harmless_where_they_stood(script: Script) -> None:
    async with a_town(script) as town:
        person = town.telegram.person(7)
        started = person.start("en")
        await town.until(lambda: person.last() is not started)
        await town.tap(person, "English", "Where are you from?")
        await town.tap(person, "Cambodia", "Where are you now?")
        await town.tap(person, "Thailand", "What do you want to know?")
        await town.tap(person, "Check an offer", "Must you pay first?")
        screen = len(person.screen())
        leave = next(label for label in person.last().labels if "exit" in label)
        await town.tap(person, leave, "Keep a copy of your contract.")

        assert len(person.screen()) == screen
        assert not any("pay" in text for text in person.texts())


async def test_through_faults_and_lost_answers_everybody_gets_where_they_tapped(script: Script) -> None:
    async with a_town(script) as town:
        faults = town.telegram.faults
        faults.lose_answer(0.25)
        faults.answer_5xx(0.25)
        people = [town.telegram.person(number, started=True) for number in range(1, 7)]

        async def walk(person: Person) -> None:
            started = person.start("en")
            await town.until(lambda: person.last() is not started)
            await town.tap(person, "English", "Where are you from?")
            await town.tap(person, "Cambodia", "Where are you now?")
            await town.tap(person, "Thailand", "What do you want to know?")

        await asyncio.gather(*(walk(person) for person in people))

        assert faults.struck["lost"] > 0
        assert faults.struck["5xx"] > 0
        faults.off()
        await town.until(lambda: not town.telegram.updates.pending)


async def test_an_update_that_comes_again_is_not_answered_again(script: Script) -> None:
    async with a_town(script) as town:
        person, updates = town.telegram.person(7), town.telegram.updates
        # Who has no language yet gets numbers without words, and the choice of a language.
        person.send("hello")
        first = next(iter(updates.pending.values()))
        await town.until(lambda: len(person.screen()) == 3 and not updates.pending)

        updates.pending[first.update_id] = first
        person.send("again")
        await town.until(lambda: len(person.screen()) == 6 and not updates.pending)

        assert town.figures.counts["repeated", DOOR] == 1
        assert town.figures.counts["delivered", DOOR] == 4
