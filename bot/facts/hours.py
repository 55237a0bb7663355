"""When somebody picks up: shifts in the hotline's own time zone, across midnight, without its holidays."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from enum import StrEnum
from typing import Final
from zoneinfo import ZoneInfo

_DAYS_AHEAD: Final = 22
"""Two weeks without a working day are the longest holidays; beyond that nothing is foretold."""


class Availability(StrEnum):
    """Whether somebody picks up at a moment; unknown where nobody recorded the hours."""

    OPEN = "open"
    CLOSED = "closed"
    UNKNOWN = "unknown"


@dataclass(frozen=True, slots=True)
class Shift:
    """Opens on the weekdays (Monday is 0) at `opens`; closes at `closes`, the next day if that is not later."""

    weekdays: frozenset[int]
    opens: time
    closes: time

    def covers(self, moment: datetime, holidays: frozenset[date]) -> bool:
        """Whether a local moment lies in the shift; a shift belongs to the day on which it opens."""
        overnight = self.closes <= self.opens
        today, clock = moment.date(), moment.time()
        if overnight:
            yesterday = today - timedelta(days=1)
            late = clock >= self.opens and self.works(today, holidays)
            early = clock < self.closes and self.works(yesterday, holidays)
            return late or early
        return self.opens <= clock < self.closes and self.works(today, holidays)

    def works(self, day: date, holidays: frozenset[date]) -> bool:
        """Whether it opens on a day."""
        return day.weekday() in self.weekdays and day not in holidays


@dataclass(frozen=True, slots=True)
class Hours:
    """Opening hours; `always` needs no shifts, and no shifts without `always` means that nobody recorded them."""

    zone: str
    always: bool = False
    shifts: tuple[Shift, ...] = ()
    closed_on: tuple[str, ...] = ()

    def at(self, moment: datetime, holidays: Mapping[str, frozenset[date]]) -> Availability:
        """Say whether somebody picks up at an aware moment."""
        if self.always:
            return Availability.OPEN
        if not self.shifts:
            return Availability.UNKNOWN
        local, free_days = moment.astimezone(ZoneInfo(self.zone)), self._free_days(holidays)
        is_open = any(shift.covers(local, free_days) for shift in self.shifts)
        return Availability.OPEN if is_open else Availability.CLOSED

    def opens_after(self, moment: datetime, holidays: Mapping[str, frozenset[date]]) -> datetime | None:
        """When the next shift begins after an aware moment; None where none is known for the weeks to come."""
        zone, free_days = ZoneInfo(self.zone), self._free_days(holidays)
        today = moment.astimezone(zone).date()
        for day in (today + timedelta(days=number) for number in range(_DAYS_AHEAD)):
            begins = [datetime.combine(day, shift.opens, zone) for shift in self.shifts if shift.works(day, free_days)]
            later = [begin for begin in begins if begin > moment]
            if later:
                return min(later)
        return None

    def _free_days(self, holidays: Mapping[str, frozenset[date]]) -> frozenset[date]:
        return frozenset[date]().union(*[holidays.get(name, ()) for name in self.closed_on])
