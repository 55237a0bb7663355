"""May we write to this person now, and how: nobody is written to in another way or at another time than they allowed."""

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.dialogue.contact import (
    LATE,
    STILL_HERE,
    Way,
    are_in_hours,
    clock,
    local,
    until_hours,
    way_to_tell,
    way_to_write,
)

NOON = datetime(2026, 11, 26, 5, 0, tzinfo=UTC)
"""Twelve in Bangkok, half past eleven in Yangon."""

CHOICES = ("any", "morning", "day", "evening", "night")
COUNTRIES = ("kh", "la", "mm", "th")
profiles = st.fixed_dictionaries(
    {},
    optional={
        "contact": st.sampled_from(("veiled", "open", "wait")),
        "contact_hours": st.sampled_from(CHOICES),
        "here": st.sampled_from(COUNTRIES),
    },
)
moments = st.datetimes(datetime(2026, 1, 1), datetime(2027, 1, 1), timezones=st.just(UTC))  # noqa: DTZ001 - UTC is put on
ages = st.none() | st.timedeltas(timedelta(), timedelta(days=2))


def bangkok(hour: int, minute: int = 0) -> datetime:
    return datetime(2026, 11, 26, hour, minute, tzinfo=UTC) - timedelta(hours=7)


@pytest.mark.parametrize(
    ("profile", "way"),
    [
        ({}, Way.VEILED),
        ({"contact": "veiled"}, Way.VEILED),
        ({"contact": "open"}, Way.SHOWN),
        ({"contact": "wait"}, Way.HELD),
        ({"contact": "something new"}, Way.VEILED),
    ],
)
def test_words_are_veiled_unless_the_person_chose_otherwise(profile: dict[str, str], way: Way) -> None:
    assert way_to_write(profile, NOON, NOON, hidden=False) is way


def test_an_answer_that_comes_late_is_veiled_also_for_who_chose_open() -> None:
    written = {"contact": "open"}

    assert way_to_write(written, NOON - LATE, NOON, hidden=False) is Way.SHOWN
    assert way_to_write(written, NOON - LATE - timedelta(seconds=1), NOON, hidden=False) is Way.VEILED
    assert way_to_write(written, None, NOON, hidden=False) is Way.VEILED


def test_the_state_of_a_call_is_told_openly_only_to_who_is_still_here() -> None:
    a_moment_ago, a_while_ago = NOON - STILL_HERE, NOON - STILL_HERE - timedelta(seconds=1)

    assert way_to_tell({}, a_moment_ago, NOON, hidden=False) is Way.SHOWN
    assert way_to_tell({}, a_while_ago, NOON, hidden=False) is Way.VEILED
    assert way_to_tell({}, None, NOON, hidden=False) is Way.VEILED
    assert way_to_tell({"contact": "wait"}, NOON, NOON, hidden=False) is Way.HELD


@pytest.mark.parametrize("contact", ["veiled", "open", "wait"])
def test_nothing_comes_after_a_quick_exit_whatever_was_chosen(contact: str) -> None:
    profile = {"contact": contact, "contact_hours": "any"}

    assert way_to_write(profile, NOON, NOON, hidden=True) is Way.HELD
    assert way_to_tell(profile, NOON, NOON, hidden=True) is Way.HELD


@pytest.mark.parametrize(
    ("chosen", "first", "last"), [("morning", 6, 9), ("day", 9, 17), ("evening", 17, 21), ("night", 21, 6)]
)
def test_hours_begin_and_end_on_the_minute(chosen: str, first: int, last: int) -> None:
    profile = {"contact_hours": chosen}
    minute = timedelta(minutes=1)

    assert not are_in_hours(profile, bangkok(first) - minute)
    assert are_in_hours(profile, bangkok(first))
    assert are_in_hours(profile, bangkok(last) - minute)
    assert not are_in_hours(profile, bangkok(last))


def test_hours_are_those_of_the_country_where_the_person_is() -> None:
    moment = bangkok(21, 10)

    assert are_in_hours({"contact_hours": "night", "here": "th"}, moment)
    assert are_in_hours({"contact_hours": "night", "here": "kh"}, moment)
    assert are_in_hours({"contact_hours": "night", "here": "la"}, moment)
    assert not are_in_hours({"contact_hours": "night", "here": "mm"}, moment), "20:40 in Myanmar"
    assert local({"here": "mm"}, moment).strftime("%H:%M") == "20:40"


@pytest.mark.parametrize(
    ("here", "passed", "told"),
    [
        ("th", timedelta(minutes=10), "23:40"),
        ("th", timedelta(hours=1), "26/11 23:40"),
        ("mm", timedelta(minutes=40), "23:10"),
        ("mm", timedelta(hours=1), "26/11 23:10"),
        ("th", timedelta(days=365), "26/11 23:40"),
    ],
)
def test_a_moment_has_its_day_where_that_is_not_today_by_the_clock_where_they_are(
    here: str, passed: timedelta, told: str
) -> None:
    asked = bangkok(23, 40)

    assert clock({"here": here}, asked, asked + passed) == told


def test_who_chose_no_hours_can_be_written_to_at_any_time() -> None:
    for hour in range(24):
        assert are_in_hours({}, bangkok(hour))
        assert are_in_hours({"contact_hours": "any"}, bangkok(hour))
        assert until_hours({}, bangkok(hour)) == timedelta()


@pytest.mark.parametrize(
    ("chosen", "hour", "wait"),
    [
        ("night", 20, timedelta(hours=1)),
        ("night", 23, timedelta()),
        ("night", 3, timedelta()),
        ("night", 6, timedelta(hours=15)),
        ("morning", 10, timedelta(hours=20)),
        ("morning", 2, timedelta(hours=4)),
    ],
)
def test_what_comes_at_another_time_waits_until_their_hours_begin(chosen: str, hour: int, wait: timedelta) -> None:
    assert until_hours({"contact_hours": chosen}, bangkok(hour)) == wait


@given(profiles, moments)
def test_after_the_wait_their_hours_have_begun(profile: dict[str, str], now: datetime) -> None:
    wait = until_hours(profile, now)

    assert timedelta() <= wait < timedelta(days=1)
    assert are_in_hours(profile, now + wait)
    assert (wait == timedelta()) == are_in_hours(profile, now)


@given(profiles, moments, ages, st.booleans())
def test_nothing_is_ever_shown_that_was_not_allowed(
    profile: dict[str, str],
    now: datetime,
    age: timedelta | None,
    hidden: bool,  # noqa: FBT001 - drawn like the others
) -> None:
    active = None if age is None else now - age
    to_write = way_to_write(profile, active, now, hidden=hidden)
    to_tell = way_to_tell(profile, active, now, hidden=hidden)

    if hidden or profile.get("contact") == "wait" or not are_in_hours(profile, now):
        assert (to_write, to_tell) == (Way.HELD, Way.HELD)
    if to_write is Way.SHOWN:
        assert profile["contact"] == "open"
        assert age is not None
        assert age <= LATE
    if to_tell is Way.SHOWN:
        assert age is not None
        assert age <= (LATE if profile.get("contact") == "open" else STILL_HERE)
    assert (to_write is Way.HELD) == (to_tell is Way.HELD)
