"""May we write to this person now, and how: the one place that decides it.

We write first only as they allowed, in the hours they chose. Whoever may be looking over their shoulder must not read
what a helpline wrote, so words are shown at once only to who asked for that and was here a moment ago.
"""

from collections.abc import Mapping
from datetime import datetime, time, timedelta
from enum import Enum, auto
from typing import Final
from zoneinfo import ZoneInfo

CONTACT: Final = "contact"
HOURS: Final = "contact_hours"
PHONE: Final = "phone"
STAYS: Final = "talk_stays"
"""Fields of the profile."""

OPEN: Final = "open"
WAIT: Final = "wait"

STILL_HERE: Final = timedelta(minutes=5)
"""Who did something so lately sees what became of it."""

LATE: Final = timedelta(minutes=15)
"""An answer that comes later is veiled whatever was chosen."""

SILENT: Final = timedelta(hours=12)
"""Who was silent for so long is asked for the safe pictures first."""

_ZONES: Final = {"mm": "Asia/Yangon"}
_ZONE: Final = "Asia/Bangkok"
_HOURS: Final = {
    "morning": (time(6), time(9)),
    "day": (time(9), time(17)),
    "evening": (time(17), time(21)),
    "night": (time(21), time(6)),
}


class Way(Enum):
    """How something from the helpline reaches the person."""

    SHOWN = auto()
    VEILED = auto()
    """A neutral line that rings no phone; the words after a tap."""
    HELD = auto()
    """Nothing is sent until they come back by themselves."""


def way_to_write(profile: Mapping[str, str], active: datetime | None, now: datetime, *, hidden: bool) -> Way:
    """How words of staff reach this person now."""
    if hidden or profile.get(CONTACT) == WAIT or not are_in_hours(profile, now):
        return Way.HELD
    is_late = active is None or now - active > LATE
    return Way.SHOWN if profile.get(CONTACT) == OPEN and not is_late else Way.VEILED


def way_to_tell(profile: Mapping[str, str], active: datetime | None, now: datetime, *, hidden: bool) -> Way:
    """How the state of their call reaches this person: who is still here sees it, for it may be what they wait for."""
    way = way_to_write(profile, active, now, hidden=hidden)
    is_here = active is not None and now - active <= STILL_HERE
    return Way.SHOWN if way is Way.VEILED and is_here else way


def way_now(  # noqa: PLR0913 - all that decides it
    profile: Mapping[str, str],
    active: datetime | None,
    now: datetime,
    *,
    hidden: bool,
    written: datetime,
    unasked: bool,
    of_staff: bool = False,
    of_call: bool = False,
) -> Way:
    """How something that was written then reaches the person now, if nothing has shown it to them in between.

    What is unasked is words `of_staff`, news `of_call`, or else what they wanted to be reminded of.
    """
    is_late = now - written > LATE
    if not unasked:
        way = Way.HELD if hidden and is_late else Way.SHOWN
    elif of_staff:
        way = way_to_write(profile, active, now, hidden=hidden)
    else:
        way = way_to_tell(profile, active, now, hidden=hidden)
        if way is Way.VEILED and not of_call:
            way = Way.SHOWN
    return Way.VEILED if way is Way.SHOWN and is_late else way


def are_in_hours(profile: Mapping[str, str], now: datetime) -> bool:
    """Whether it is a time of day at which they may be written to."""
    chosen = _HOURS.get(profile.get(HOURS, ""))
    if chosen is None:
        return True
    opens, closes = chosen
    clock = local(profile, now).time()
    return opens <= clock < closes if opens < closes else clock >= opens or clock < closes


def until_hours(profile: Mapping[str, str], now: datetime) -> timedelta:
    """How long it is until they may be written to; nothing if they may be now."""
    chosen = _HOURS.get(profile.get(HOURS, ""))
    if chosen is None or are_in_hours(profile, now):
        return timedelta()
    here = local(profile, now)
    opens = datetime.combine(here.date(), chosen[0], here.tzinfo)
    return (opens if opens > here else opens + timedelta(days=1)) - here


def clock(profile: Mapping[str, str], moment: datetime, now: datetime) -> str:
    """A moment as the person reads it: with its day where that is not today."""
    there = local(profile, moment)
    return there.strftime("%H:%M" if there.date() == local(profile, now).date() else "%d/%m %H:%M")


def local(profile: Mapping[str, str], moment: datetime) -> datetime:
    """A moment on the clock of the country where they are."""
    return moment.astimezone(ZoneInfo(_ZONES.get(profile.get("here", ""), _ZONE)))
