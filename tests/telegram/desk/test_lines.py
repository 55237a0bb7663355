"""Never more than Telegram takes of a group in a minute, and always room for a call."""

from datetime import datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from handlers.telegram.desk.lines import A_MINUTE, KEPT_FOR_CALLS, GroupLine
from tests.fakes import ManualClock

MINUTE = timedelta(seconds=60)


def most_in_a_minute(sent: list[datetime]) -> int:
    return max((sum(one <= other < one + MINUTE for other in sent) for one in sent), default=0)


@given(st.lists(st.tuples(st.sampled_from("abcde"), st.integers(1, 3), st.floats(0, 5)), max_size=200))
def test_whoever_comes_when_told_and_whoever_comes_when_they_like_all_stay_within_the_minute(
    visits: list[tuple[str, int, float]],
) -> None:
    clock = ManualClock()
    line, sent = GroupLine(clock), list[datetime]()
    for who, cost, later in visits:
        clock.set(clock.now() + timedelta(seconds=later))
        if line.turn(who, cost) <= 0:
            sent += [clock.now()] * cost

    assert most_in_a_minute(sent) <= A_MINUTE - KEPT_FOR_CALLS


def test_while_everything_else_is_full_five_calls_go_at_once() -> None:
    clock = ManualClock()
    line = GroupLine(clock)
    end = clock.now() + timedelta(seconds=50)
    while clock.now() < end:
        clock.set(clock.now() + timedelta(seconds=max(0.1, line.turn("flood", 1))))
    for _ in range(KEPT_FOR_CALLS):
        assert line.call_free_in() == pytest.approx(0)
        line.take_for_call()


def test_who_came_first_goes_first() -> None:
    clock = ManualClock()
    line = GroupLine(clock)
    while line.turn("busy", 1) <= 0:
        pass
    moments = {who: clock.now() + timedelta(seconds=line.turn(who, 1)) for who in "abcdefgh"}

    assert sorted(moments, key=lambda who: moments[who]) == list("abcdefgh")
    for who, moment in moments.items():
        clock.set(max(clock.now(), moment))
        assert line.turn(who, 1) == pytest.approx(0), who


def test_what_telegram_asks_for_is_kept() -> None:
    clock = ManualClock()
    line = GroupLine(clock)
    line.pause(30)

    assert line.call_free_in() == pytest.approx(30)
    assert line.turn("a", 1) == pytest.approx(30)


def test_one_of_the_staff_alone_is_written_to_once_a_second() -> None:
    clock = ManualClock()
    line = GroupLine(clock, is_alone=True)
    waits = []
    for _ in range(4):
        waits.append(round(line.call_free_in(), 3))
        clock.set(clock.now() + timedelta(seconds=waits[-1]))
        line.take_for_call()

    assert waits == [0, 0, 1.1, 1.1]
