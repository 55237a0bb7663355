from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.facts import Availability, Hours, Shift

BANGKOK = ZoneInfo("Asia/Bangkok")
WORKDAYS = frozenset(range(5))
EVERY_DAY = frozenset(range(7))
OFFICE = Hours("Asia/Bangkok", shifts=(Shift(WORKDAYS, time(8, 30), time(16, 30)),), closed_on=("th-holidays",))
FRIDAY_NIGHT = Hours("Asia/Bangkok", shifts=(Shift(frozenset({4}), time(20), time(4)),), closed_on=("th-holidays",))
SONGKRAN = {"th-holidays": frozenset({date(2026, 4, 13), date(2026, 4, 14), date(2026, 4, 15)})}


def at(written: str) -> datetime:
    return datetime.fromisoformat(written).replace(tzinfo=BANGKOK)


@pytest.mark.parametrize(
    ("hours", "moment", "availability"),
    [
        (OFFICE, "2026-11-26T08:29", Availability.CLOSED),
        (OFFICE, "2026-11-26T08:30", Availability.OPEN),
        (OFFICE, "2026-11-26T16:29", Availability.OPEN),
        (OFFICE, "2026-11-26T16:30", Availability.CLOSED),
        (OFFICE, "2026-11-28T10:00", Availability.CLOSED),
        (OFFICE, "2026-04-14T10:00", Availability.CLOSED),
        (OFFICE, "2026-04-16T10:00", Availability.OPEN),
        (FRIDAY_NIGHT, "2026-11-27T19:59", Availability.CLOSED),
        (FRIDAY_NIGHT, "2026-11-27T23:59", Availability.OPEN),
        (FRIDAY_NIGHT, "2026-11-28T00:00", Availability.OPEN),
        (FRIDAY_NIGHT, "2026-11-28T03:59", Availability.OPEN),
        (FRIDAY_NIGHT, "2026-11-28T04:00", Availability.CLOSED),
        (FRIDAY_NIGHT, "2026-11-28T21:00", Availability.CLOSED),
        (Hours("Asia/Bangkok", always=True), "2026-04-14T03:00", Availability.OPEN),
        (Hours("Asia/Bangkok"), "2026-11-26T10:00", Availability.UNKNOWN),
    ],
)
def test_hours_are_right_across_midnight_weekends_and_songkran(
    hours: Hours, moment: str, availability: Availability
) -> None:
    assert hours.at(at(moment), SONGKRAN) is availability


def test_a_night_that_began_on_a_holiday_stays_closed_after_midnight() -> None:
    nights = Hours("Asia/Bangkok", shifts=(Shift(EVERY_DAY, time(20), time(4)),), closed_on=("th-holidays",))

    assert nights.at(at("2026-04-16T01:00"), SONGKRAN) is Availability.CLOSED
    assert nights.at(at("2026-04-13T01:00"), SONGKRAN) is Availability.OPEN


def test_hours_are_read_on_the_clock_of_the_hotline() -> None:
    half_past_nine_in_yangon = datetime(2026, 11, 26, 3, 0, tzinfo=UTC)
    office = Hours("Asia/Yangon", shifts=(Shift(WORKDAYS, time(9, 30), time(16)),))

    assert office.at(half_past_nine_in_yangon, {}) is Availability.OPEN
    assert office.at(datetime(2026, 11, 26, 2, 59, tzinfo=UTC), {}) is Availability.CLOSED


@pytest.mark.parametrize(
    ("hours", "moment", "opens"),
    [
        (OFFICE, "2026-11-26T08:29", "2026-11-26T08:30"),
        (OFFICE, "2026-11-26T16:30", "2026-11-27T08:30"),
        (OFFICE, "2026-11-27T16:30", "2026-11-30T08:30"),
        (OFFICE, "2026-04-10T16:30", "2026-04-16T08:30"),
        (FRIDAY_NIGHT, "2026-11-28T04:00", "2026-12-04T20:00"),
        (Hours("Asia/Bangkok"), "2026-11-26T10:00", None),
        (Hours("Asia/Bangkok", shifts=(Shift(frozenset(), time(8), time(9)),)), "2026-11-26T10:00", None),
    ],
)
def test_the_next_opening_leaves_out_weekends_and_holidays(hours: Hours, moment: str, opens: str | None) -> None:
    assert hours.opens_after(at(moment), SONGKRAN) == (None if opens is None else at(opens))


@given(st.integers(0, 365 * 24 * 60), st.sampled_from([OFFICE, FRIDAY_NIGHT]))
def test_who_is_closed_now_is_open_at_the_next_opening_and_not_before(minutes: int, hours: Hours) -> None:
    now = at("2026-01-01") + timedelta(minutes=minutes)
    opens = hours.opens_after(now, SONGKRAN)
    assert opens is not None
    assert hours.at(opens, SONGKRAN) is Availability.OPEN
    if hours.at(now, SONGKRAN) is Availability.CLOSED:
        for part in range(1, 20):
            assert hours.at(now + (opens - now) * part / 20 - timedelta(seconds=1), SONGKRAN) is Availability.CLOSED
