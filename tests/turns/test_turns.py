"""Every arrival takes effect once, whatever fails, repeats, overlaps or is given up on the way."""

import asyncio
import json
import logging
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import replace
from datetime import datetime, timedelta
from io import StringIO
from pathlib import Path

import pytest

from bot import logbook
from bot.dialogue import NEW_CONVERSATION, Conversation
from bot.dialogue.events import Elapsed, Event, Opened, Pressed, Reported, Typed, Wish, Wished
from bot.dialogue.phrasebook import Phrasebook
from bot.dialogue.presses import Press, write_press
from bot.dialogue.script import Script
from bot.dialogue.steps import FlowId
from bot.facts import Directory
from bot.figures import Figures
from bot.language import Understood
from bot.messages import ConversationId, Language, words_of
from bot.store.contract import (
    Address,
    Commit,
    ConflictError,
    Leased,
    Outcome,
    Rung,
    Snapshot,
    StoreDownError,
    StoreError,
    StoreFullError,
)
from bot.store.memory_store import MemoryStore
from bot.turns import Arrival, Turns
from bot.turns.remembered import AT_MOST, LIFE, Remembered
from bot.turns.turns import ALERTS, BEAT_EVERY, MOST_CONFLICTS
from tests.builders import NOW, SOMEBODY, SOMEBODY_ELSE, arrival
from tests.dialogue.little_world import FLOWS, little_script
from tests.fakes import NAMES, ManualClock, nobody_takes, settle_down

TELEGRAM = Address("telegram", "5123456789")
REMINDING = FLOWS["check"].replace("      save: paid\n", "      save: paid\n      after: {wait: 2h, go: danger}\n", 1)


class Postbox:
    """Keeps what is handed over and who is called."""

    def __init__(self) -> None:
        self.handed_over: list[Leased] = []
        self.called: list[ConversationId] = []

    def hand_over(self, leased: Leased) -> None:
        self.handed_over.append(leased)

    def call(self, conversation: ConversationId) -> None:
        self.called.append(conversation)

    def call_lines(self, lane: str) -> None:
        """There are none."""


class HeldStore(MemoryStore):
    """Holds commits back while it is told to, and answers with the errors it was given."""

    def __init__(self) -> None:
        super().__init__()
        self.errors: list[Exception] = []
        self.load_errors: list[Exception] = []
        self.open = asyncio.Event()
        self.open.set()
        self.loads = 0
        self.commits: list[Commit] = []

    async def load(self, conversation: ConversationId) -> Snapshot:
        self.loads += 1
        if self.load_errors:
            raise self.load_errors.pop(0)
        return await super().load(conversation)

    async def commit(self, commit: Commit, now: datetime, lease: timedelta) -> Outcome:
        self.commits.append(commit)
        await self.open.wait()
        if self.errors:
            raise self.errors.pop(0)
        return await super().commit(commit, now, lease)

    async def claim_timers(self, now: datetime, lease: timedelta, at_most: int) -> Sequence[Rung]:
        if self.errors and isinstance(self.errors[0], StoreDownError):
            raise self.errors.pop(0)
        return await super().claim_timers(now, lease, at_most)


class DeafEars:
    """Cannot bear one word."""

    def understand(self, text: str, language: str | None, profile: Mapping[str, str]) -> Understood:
        if text == "crash":
            raise LookupError(text)
        return Understood(text, language)


class House:
    """Turns with everything around them."""

    def __init__(self, script: Script, store: HeldStore | None = None) -> None:
        self.script = script
        self.store = store or HeldStore()
        self.postbox = Postbox()
        self.clock = ManualClock()
        self.figures = Figures()
        self.turns = self.process()
        self._numbers = iter(range(1, 1000))

    def process(self) -> Turns:
        """Turns of one process on the store; each remembers for itself."""
        return Turns(self.store, lambda: self.script, self.postbox, self.clock, self.figures, NAMES, nobody_takes)

    def arrival(
        self, event: Event, *, who: ConversationId = SOMEBODY, address: Address = TELEGRAM, pushed: bool = True
    ) -> Arrival:
        return Arrival(who, arrival(next(self._numbers)), address, event, pushed=pushed, raw=b"as it came")

    async def take(self, event: Event, *, who: ConversationId = SOMEBODY) -> None:
        await self.turns.take(self.arrival(event, who=who))

    async def words(self, who: ConversationId = SOMEBODY) -> list[str]:
        waiting = await self.store.waiting(who)
        return [words_of(outgoing.message.text) for outgoing in waiting if outgoing.message is not None]

    async def last_words(self, who: ConversationId = SOMEBODY) -> str:
        return (await self.words(who))[-1]

    async def drain(self, who: ConversationId = SOMEBODY) -> None:
        for outgoing in await self.store.waiting(who):
            await self.store.settle(who, outgoing.id, self.clock.now(), timedelta(seconds=10))


@pytest.fixture(scope="module")
def script(tmp_path_factory: pytest.TempPathFactory) -> Script:
    return little_script(tmp_path_factory.mktemp("content"), check=REMINDING)


@pytest.fixture
def house(script: Script) -> House:
    return House(script)


async def settled(house: House) -> House:
    """A person at home who has told all that is asked at the start."""
    await house.take(Opened(Language("en")))
    for label in ("English", "Cambodia", "Thailand"):
        await press(house, label)
    await house.drain()
    return house


async def press(house: House, label: str) -> None:
    await house.take(await button(house, label))


async def button(house: House, label: str) -> Pressed:
    """The newest button that is called so."""
    for outgoing in reversed(await house.store.waiting(SOMEBODY)):
        for row in outgoing.message.rows if outgoing.message else ():
            for each in row:
                if label in each.label:
                    return Pressed(each.press)
    raise AssertionError(label)


async def later(house: House, *, hours: float) -> None:
    """Some hours on, and then long enough for what is due and for what is tried again."""
    house.clock.set(house.clock.now() + timedelta(hours=hours))
    await house.clock.advance(40)


@asynccontextmanager
async def ringing(house: House) -> AsyncIterator[None]:
    task = asyncio.create_task(house.turns.ring_timers())
    try:
        yield
    finally:
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)


# Once


async def test_an_arrival_is_written_and_its_first_message_handed_over(house: House) -> None:
    await house.take(Opened())

    assert await house.words() == ["Language"]
    assert [leased.conversation for leased in house.postbox.handed_over] == [SOMEBODY]
    assert house.figures.counts["turns", "telegram"] == 1


async def test_a_repeated_arrival_takes_effect_once(house: House) -> None:
    first = house.arrival(Opened())

    await house.turns.take(first)
    await house.turns.take(first)

    assert await house.words() == ["Language"]
    assert house.figures.counts["repeated", "telegram"] == 1


async def test_what_is_remembered_saves_a_trip_to_the_store(house: House) -> None:
    await house.take(Opened())
    await house.take(Opened())

    assert house.store.loads == 1


async def test_where_another_process_answers_the_same_people_the_store_is_asked_first(house: House) -> None:
    elsewhere = house.process()
    for _ in range(20):
        await house.take(Opened())
        await elsewhere.take(house.arrival(Opened()))
    # A commit that conflicts is tried again, and then there are more than turns.
    house.store.commits.clear()

    for _ in range(20):
        await house.take(Opened())
        await elsewhere.take(house.arrival(Opened()))

    assert len(house.store.commits) == 40


async def test_once_it_answers_alone_again_it_asks_no_more(house: House) -> None:
    elsewhere = house.process()
    for _ in range(20):
        await house.take(Opened())
        await elsewhere.take(house.arrival(Opened()))
    for _ in range(60):
        await house.take(Opened())
    loads = house.store.loads

    for _ in range(20):
        await house.take(Opened())

    assert house.store.loads == loads


async def test_who_is_asked_for_first_and_cannot_be_is_known_all_the_same(house: House) -> None:
    elsewhere = house.process()
    for _ in range(20):
        await elsewhere.take(house.arrival(Opened()))
        await house.take(Opened(Language("en")))
    house.store.load_errors = [StoreDownError("away")]

    with pytest.raises(StoreDownError):
        await house.take(Typed("hello"))

    assert house.turns.last_known(SOMEBODY) is not None


async def test_what_is_remembered_is_forgotten_after_some_minutes(house: House) -> None:
    await house.take(Opened(Language("en")))
    await house.take(Opened(Language("en")), who=SOMEBODY_ELSE)
    house.store.errors = [StoreDownError("away")]
    with pytest.raises(StoreDownError):
        await house.take(Typed("hello"), who=SOMEBODY_ELSE)
    forgetting = asyncio.create_task(house.turns.forget_old())
    await house.clock.advance(LIFE.total_seconds() - 1)
    assert None not in (house.turns.last_known(SOMEBODY), house.turns.last_known(SOMEBODY_ELSE))

    await house.clock.advance(60)

    assert [house.turns.last_known(who) for who in (SOMEBODY, SOMEBODY_ELSE)] == [None, None]
    loads = house.store.loads
    await house.take(Opened())
    assert house.store.loads == loads + 1
    forgetting.cancel()
    await asyncio.gather(forgetting, return_exceptions=True)


def test_nothing_is_left_of_what_is_too_old_and_of_too_much_the_oldest_goes() -> None:
    remembered = Remembered()
    for number in range(AT_MOST + 1):
        remembered.keep(ConversationId(str(number)), Snapshot(1, None), NOW)
    assert len(remembered) == AT_MOST
    assert remembered.find(ConversationId("0"), NOW) is None
    remembered.keep(ConversationId("1"), Snapshot(2, None), NOW + LIFE / 2)

    remembered.forget_old(NOW + LIFE)

    assert len(remembered) == 1
    assert remembered.find(ConversationId("1"), NOW + LIFE) == Snapshot(2, None)


async def test_somebody_elses_write_is_seen_and_decided_upon_anew(house: House) -> None:
    await settled(house)
    other = Turns(house.store, lambda: house.script, Postbox(), house.clock, Figures(), NAMES, nobody_takes)
    await other.take(house.arrival(Opened(flow="money")))

    await house.take(Typed("1000"))

    assert "That is 12,000 a year." in await house.last_words()


async def test_figures_count_what_was_written_and_nothing_twice(house: House) -> None:
    await settled(house)
    house.store.errors = [ConflictError("first"), ConflictError("again")]

    asked = house.arrival(Typed("#pay"))
    await house.turns.take(asked)
    await house.turns.take(asked)

    assert house.figures.counts["topic_opened", "pay"] == 1


async def test_who_counts_ways_hears_once_where_somebody_went(house: House) -> None:
    ways: list[tuple[ConversationId, Conversation, Conversation]] = []
    house.turns.count_ways(lambda *way: ways.append(way))
    opened = house.arrival(Opened(language=Language("en")))
    await house.turns.take(opened)
    await house.turns.take(opened)
    await house.take(Elapsed("gone"))

    record = (await house.store.load(SOMEBODY)).record
    assert record is not None
    assert ways == [(SOMEBODY, NEW_CONVERSATION, record.conversation)]


async def test_a_conversation_that_changes_all_the_time_is_given_back(house: House) -> None:
    house.store.errors = [ConflictError("again") for _ in range(MOST_CONFLICTS)]

    with pytest.raises(ConflictError):
        await house.take(Opened())
    await house.take(Opened())

    assert await house.words() == ["Language"]


async def test_after_an_answer_that_was_lost_the_store_is_asked_again(house: House) -> None:
    await house.take(Opened())
    house.store.errors = [StoreDownError("gone")]
    again = house.arrival(Opened())

    with pytest.raises(StoreError):
        await house.turns.take(again)
    await house.turns.take(again)

    assert house.store.loads == 2
    assert await house.words() == ["Language", "Language"]


async def test_the_first_message_also_acknowledges_the_press(house: House) -> None:
    await settled(house)
    await house.take(Opened(flow="check"))
    yes = await button(house, "Yes")
    await house.drain()

    await house.turns.take(replace(house.arrival(yes), tapped="17", acknowledges="press-1"))

    waiting = await house.store.waiting(SOMEBODY)
    assert [outgoing.acknowledges for outgoing in waiting] == ["press-1", None, None]
    assert [outgoing.replaces for outgoing in waiting] == [None, None, None]


async def test_a_single_message_takes_the_place_of_the_pressed_one(house: House) -> None:
    await settled(house)
    person = Pressed(write_press(Press(Wish.PERSON, Language("en"))))

    await house.turns.take(replace(house.arrival(person), tapped="17", acknowledges="press-1"))

    waiting = await house.store.waiting(SOMEBODY)
    assert [outgoing.replaces for outgoing in waiting] == ["17"]


async def test_a_press_without_an_answer_is_acknowledged_all_the_same(house: House, script: Script) -> None:
    house.script = replace(script, phrasebook=Phrasebook({}, {}), directory=Directory((), {}), understanding=DeafEars())

    await house.turns.take(replace(house.arrival(Pressed("aen")), acknowledges="press-1"))

    waiting = await house.store.waiting(SOMEBODY)
    assert [(outgoing.message, outgoing.acknowledges) for outgoing in waiting] == [(None, "press-1")]


async def test_a_page_that_fetches_by_itself_is_called_and_nothing_is_pushed(house: House) -> None:
    await house.turns.take(house.arrival(Opened(), address=Address("web", ""), pushed=False))

    assert house.postbox.called == [SOMEBODY]
    assert house.postbox.handed_over == []


# One after the other


async def test_two_arrivals_of_one_person_go_one_after_the_other(house: House) -> None:
    await settled(house)
    house.store.open.clear()
    first = asyncio.create_task(house.take(Opened(flow="money")))
    await settle_down()
    second = asyncio.create_task(house.take(Typed("1000")))
    third = asyncio.create_task(house.take(Wished(Wish.HOME)))
    await settle_down()
    under_way = house.store.commits[-1]

    house.store.open.set()
    await asyncio.gather(first, second, third)

    assert under_way.answering == house.store.commits[-3].answering
    assert [words.split("\n")[0] for words in await house.words()] == [
        "What is your wage a month?",
        "That is 12,000 a year.",
        "What do you want to know?",
    ]


async def test_one_person_does_not_wait_for_another(house: House) -> None:
    house.store.open.clear()
    first = asyncio.create_task(house.take(Opened()))
    second = asyncio.create_task(house.take(Opened(), who=SOMEBODY_ELSE))
    await settle_down()

    assert {commit.conversation for commit in house.store.commits} == {SOMEBODY, SOMEBODY_ELSE}
    house.store.open.set()
    await asyncio.gather(first, second)


async def test_a_door_that_gives_up_does_not_stop_the_commit(house: House) -> None:
    house.store.open.clear()
    door = asyncio.create_task(house.take(Opened()))
    await settle_down()

    door.cancel()
    await asyncio.gather(door, return_exceptions=True)
    house.store.open.set()
    await house.turns.finish()

    assert door.cancelled()
    assert await house.words() == ["Language"]


async def test_who_comes_after_a_door_that_gave_up_still_waits_for_its_commit(house: House) -> None:
    await settled(house)
    house.store.open.clear()
    door = asyncio.create_task(house.take(Opened(flow="money")))
    await settle_down()
    door.cancel()
    answer = asyncio.create_task(house.take(Typed("1000")))
    await settle_down()

    house.store.open.set()
    await answer

    assert "That is 12,000 a year." in await house.last_words()


async def test_an_arrival_that_was_given_up_in_the_line_is_not_taken(house: House) -> None:
    house.store.open.clear()
    first = asyncio.create_task(house.take(Opened()))
    await settle_down()
    second = asyncio.create_task(house.take(Opened()))
    await settle_down()

    second.cancel()
    house.store.open.set()
    await asyncio.gather(first, second, return_exceptions=True)
    await settle_down()

    assert await house.words() == ["Language"]


async def test_nothing_is_left_of_who_has_been_answered(house: House) -> None:
    for number in range(30):
        await house.take(Opened(), who=ConversationId(f"{number:022}"))
    house.store.errors = [StoreDownError("gone")]
    with pytest.raises(StoreError):
        await house.take(Opened())
    await settle_down()

    assert house.turns._under_way == {}


async def test_the_end_does_not_wait_for_ever(house: House) -> None:
    house.store.open.clear()
    door = asyncio.create_task(house.take(Opened()))
    await settle_down()

    async with asyncio.timeout(5):
        await house.turns.finish(seconds=0.01)

    house.store.open.set()
    await door


# What fails


async def test_a_turn_that_fails_is_kept_for_people_to_look_at_and_answered_with_numbers(
    house: House, script: Script
) -> None:
    await settled(house)
    house.script = replace(script, understanding=DeafEars())

    await house.take(Typed("crash"))
    await house.take(Typed("anything"))

    words = "\n".join(await house.words())
    assert "Something went wrong on our side." in words
    assert "191" in words
    assert "I did not understand that." in words
    assert list(house.store.quarantined.values()) == [b"as it came"]


async def test_a_failure_is_logged_without_the_words(house: House, script: Script) -> None:
    house.script = replace(script, understanding=DeafEars())
    stream = StringIO()
    handlers = logging.getLogger().handlers[:]
    logbook.open_logbook(stream)
    try:
        await house.take(Typed("crash"))
    finally:
        logging.getLogger().handlers[:] = handlers

    line = json.loads(stream.getvalue())
    assert (line["event"], line["error"]) == ("turn_failed", "LookupError")
    assert "crash" not in stream.getvalue()


async def test_where_even_the_rescue_fails_there_are_numbers_and_the_language_stays(
    house: House, script: Script
) -> None:
    await settled(house)
    house.script = replace(script, phrasebook=Phrasebook({}, {}))

    await house.take(Typed("anything"))

    assert await house.words() == ["🇹🇭 📞 191\n🇰🇭 📞 117"]
    house.script = script
    await house.take(Wished(Wish.HOME))
    assert await house.last_words() == "What do you want to know?"


# Timers


async def test_a_timer_takes_effect_once_when_it_is_due(house: House) -> None:
    await settled(house)
    await house.take(Opened(flow="check"))
    await house.drain()

    async with ringing(house):
        await later(house, hours=1.9)
        assert await house.words() == []
        await later(house, hours=0.2)

    assert (await house.words())[0].startswith("You did not answer")
    assert house.figures.counts["turns", "telegram"] == 6


async def test_only_what_they_do_themselves_lets_their_record_live_on(house: House) -> None:
    await settled(house)
    assert all(commit.renews for commit in house.store.commits)

    await house.take(Elapsed("whatever"))
    await house.take(Reported("", "7"))
    assert [commit.renews for commit in house.store.commits[-2:]] == [False, False]
    await house.take(Typed("hello"))
    assert house.store.commits[-1].renews


async def test_a_timer_says_nothing_to_who_has_walked_on(house: House) -> None:
    await settled(house)
    await house.take(Opened(flow="check"))
    await house.take(Wished(Wish.HOME))
    await house.drain()

    async with ringing(house):
        await later(house, hours=3)

    assert await house.words() == []
    assert await house.store.claim_timers(house.clock.now() + timedelta(days=1), timedelta(), 9) == []


@pytest.mark.parametrize("wish", [Wish.STOP, Wish.EXIT])
async def test_who_stops_or_hides_is_not_written_to_by_a_timer(house: House, wish: Wish) -> None:
    await settled(house)
    await house.take(Opened(flow="check"))

    await house.take(Wished(wish))

    assert await house.store.claim_timers(house.clock.now() + timedelta(days=1), timedelta(), 9) == []


async def test_who_is_forgotten_is_never_written_to(house: House) -> None:
    await settled(house)
    await house.take(Opened(flow="check"))
    await house.take(Opened(flow="erase"))
    await press(house, "Yes")
    await house.drain()

    async with ringing(house):
        await later(house, hours=3)

    assert (await house.store.load(SOMEBODY)).record is None
    assert await house.words() == []
    assert await house.store.claim_timers(house.clock.now() + timedelta(days=1), timedelta(), 9) == []


async def test_a_timer_of_another_days_content_does_not_ring_for_ever(house: House, script: Script) -> None:
    await settled(house)
    await house.take(Opened(flow="check"))
    house.script = little_without_reminders(script)
    await house.take(Opened(flow="erase"))
    await press(house, "Yes")
    await house.drain()

    async with ringing(house):
        await later(house, hours=3)

    assert await house.store.claim_timers(house.clock.now() + timedelta(days=1), timedelta(), 9) == []


def little_without_reminders(script: Script) -> Script:
    check = script.flows[FlowId("check")]
    return replace(script, flows={flow: each for flow, each in script.flows.items() if each is not check})


async def test_a_timer_that_renews_itself_goes_on(tmp_path: Path) -> None:
    again = FLOWS["check"].replace("      save: paid\n", "      save: paid\n      after: {wait: 2h, go: first}\n", 1)
    house = await settled(House(little_script(tmp_path, check=again)))
    await house.take(Opened(flow="check"))
    await house.drain()

    async with ringing(house):
        await later(house, hours=2.1)
        first = await house.words()
        await later(house, hours=2.1)

    assert first
    assert len(await house.words()) > len(first)


async def test_a_timer_that_fails_holds_up_no_other(house: House) -> None:
    await settled(house)
    await house.take(Opened(flow="check"))
    await house.drain()
    house.store.errors = [StoreDownError("gone"), StoreFullError("full"), RuntimeError("broken")]

    async with ringing(house):
        await later(house, hours=2.1)

    assert (await house.words())[0].startswith("You did not answer")
    assert house.figures.counts["timer_failed", ""] == 1


async def test_it_says_that_timers_ring_also_after_the_clock_was_set_back(house: House) -> None:
    async with ringing(house):
        await house.clock.advance(15)
        house.clock.set_back(3600)
        await house.clock.advance(15)

    heard = await house.store.heard(ALERTS)
    assert heard is not None
    assert abs(house.clock.now() - heard) <= BEAT_EVERY


async def test_a_timer_of_the_page_is_not_pushed(house: House) -> None:
    web = Address("web", "")
    await house.turns.take(house.arrival(Opened(Language("en")), address=web, pushed=False))
    await house.turns.take(house.arrival(Opened(flow="check"), address=web, pushed=False))
    for label in ("English", "Cambodia", "Thailand"):
        await house.turns.take(house.arrival(await button(house, label), address=web, pushed=False))
    calls = len(house.postbox.called)

    async with ringing(house):
        await later(house, hours=2.1)

    assert len(house.postbox.called) == calls + 1
    assert house.postbox.handed_over == []
