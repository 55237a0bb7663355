from collections import Counter
from datetime import timedelta

import pytest

from bot.dialogue import NEW_CONVERSATION, Conversation, Frame
from bot.dialogue.script import Script
from bot.dialogue.steps import Choose, FlowId, ScreenId
from bot.messages import ConversationId
from bot.store.contract import ConflictError, StoreError
from bot.store.shelf import LIVES, MemoryShelf, ShelfKind
from bot.studio.traffic import FEWEST, OUTSIDE, Stop, Taken, Tally, Topical, Traffic, TrafficBook, told
from tests.builders import NOW
from tests.fakes import ManualClock

TODAY = NOW.date()
HOME: Stop = (FlowId("home"), ScreenId("menu"))
NUMBERS: Stop = (FlowId("hotlines"), ScreenId("menu"))
WAGE: Stop = (FlowId("topic.minimum-wage"), ScreenId("answer"))
PERSON: Stop = (FlowId("person"), ScreenId("choose"))


def standing(script: Script, flow: str) -> Conversation:
    steps = [step for screen in script.flows[FlowId(flow)].screens.values() for step in screen.steps]
    return Conversation(frames=(Frame(next(step.node for step in steps if isinstance(step, Choose))),))


def stop(script: Script, flow: str) -> Stop:
    spot = script.spots[standing(script, flow).frames[-1].node]
    return spot.flow, spot.screen


def somebody(number: int) -> ConversationId:
    return ConversationId(f"{number:022}")


def test_each_person_counts_once_a_day_for_each_way(real_script: Script) -> None:
    clock = ManualClock(NOW)
    tally = Tally(lambda: real_script, clock, b"salt")
    home, numbers = standing(real_script, "home"), standing(real_script, "hotlines")
    for _ in range(3):
        for number in range(4):
            tally.note(somebody(number), home, numbers)
    tally.note(somebody(1), numbers, numbers)
    tally.note(somebody(1), NEW_CONVERSATION, home)
    clock.set(NOW + timedelta(days=1))
    tally.note(somebody(1), home, numbers)
    way = (stop(real_script, "home"), stop(real_script, "hotlines"))

    assert tally.take() == {
        TODAY: Counter({way: 4, (OUTSIDE, way[0]): 1}),
        TODAY + timedelta(days=1): Counter({way: 1}),
    }
    assert tally.take() == {}


def nothing_live() -> Script:
    raise AssertionError("nobody is counted here")


def counted(*taken: tuple[Taken, int]) -> Tally:
    tally = Tally(nothing_live, ManualClock(NOW), b"")
    tally.put_back(TODAY, Counter(dict(taken)))
    return tally


@pytest.fixture
def clock() -> ManualClock:
    return ManualClock(NOW)


@pytest.fixture
def shelf(clock: ManualClock) -> MemoryShelf:
    return MemoryShelf(clock)


async def test_the_sums_of_all_replicas_and_days_come_together(shelf: MemoryShelf, clock: ManualClock) -> None:
    one, other = TrafficBook(shelf, clock), TrafficBook(shelf, clock)
    await one.flush(counted(((HOME, NUMBERS), 3), ((OUTSIDE, HOME), 2)))
    await other.flush(counted(((HOME, NUMBERS), 4)))
    clock.set(NOW + timedelta(days=1))
    tomorrow = Tally(nothing_live, clock, b"")
    tomorrow.put_back(TODAY + timedelta(days=1), Counter({(HOME, NUMBERS): 5}))
    await other.flush(tomorrow)

    assert (await one.read()).taken == {(HOME, NUMBERS): 12, (OUTSIDE, HOME): 2}
    assert (await one.read(days=1)).taken == {(HOME, NUMBERS): 5}


class AwayShelf(MemoryShelf):
    """A shelf that fails a few times before it is there."""

    failures: list[StoreError]

    async def write_shelf(self, kind: ShelfKind, name: str, value: bytes, expected: int | None = None) -> int:
        if self.failures:
            raise self.failures.pop()
        return await super().write_shelf(kind, name, value, expected)


async def test_what_cannot_be_kept_waits_for_the_next_time(clock: ManualClock) -> None:
    shelf = AwayShelf(clock)
    shelf.failures = [StoreError("away")]
    book, tally = TrafficBook(shelf, clock), counted(((HOME, NUMBERS), 7))

    await book.flush(tally)
    assert (await book.read()).taken == {}
    await book.flush(tally)
    assert (await book.read()).taken == {(HOME, NUMBERS): 7}
    await book.flush(tally)
    assert (await book.read()).taken == {(HOME, NUMBERS): 7}


async def test_whoever_was_quicker_is_added_to(clock: ManualClock) -> None:
    shelf = AwayShelf(clock)
    shelf.failures = [ConflictError("quicker"), ConflictError("quicker")]
    book = TrafficBook(shelf, clock)

    await book.flush(counted(((HOME, NUMBERS), 7)))

    assert (await book.read()).taken == {(HOME, NUMBERS): 7}


async def test_no_person_stands_in_what_is_kept(shelf: MemoryShelf, clock: ManualClock, real_script: Script) -> None:
    tally = Tally(lambda: real_script, clock, b"salt")
    who = ConversationId("canary-canary-canary-c")
    tally.note(who, standing(real_script, "home"), standing(real_script, "person"))
    await TrafficBook(shelf, clock).flush(tally)

    ((kind, name), kept), *others = shelf.kept.items()
    assert (kind, name, others) == (ShelfKind.TRAFFIC, TODAY.isoformat(), [])
    assert b"canary" not in kept.value
    assert kept.value.endswith(b":1}")
    assert LIVES[kind] == timedelta(days=90)


def test_who_came_and_took_no_way_has_stopped_there() -> None:
    traffic = Traffic(
        {(OUTSIDE, HOME): 30, (HOME, NUMBERS): 20, (NUMBERS, HOME): 8, (HOME, WAGE): 18, (WAGE, OUTSIDE): 1}
    )

    assert traffic.arrivals() == {HOME: 38, NUMBERS: 20, WAGE: 18, OUTSIDE: 1}
    assert traffic.stopped() == {NUMBERS: 12, WAGE: 17}


def test_answers_after_which_people_needed_a_person_come_first() -> None:
    other: Stop = (FlowId("topic.visa"), ScreenId("answer"))
    rare: Stop = (FlowId("topic.rare"), ScreenId("answer"))
    traffic = Traffic(
        {(HOME, WAGE): 40, (WAGE, PERSON): 20, (HOME, other): 50, (other, PERSON): FEWEST - 1, (HOME, rare): FEWEST - 1}
    )

    assert traffic.topical([FlowId("person")]) == (Topical("minimum-wage", 40, 20), Topical("visa", 50, 0))


@pytest.mark.parametrize(("count", "shown"), [(0, None), (FEWEST - 1, None), (FEWEST, FEWEST)])
def test_small_sums_are_told_to_nobody(count: int, shown: int | None) -> None:
    assert told(count) == shown
