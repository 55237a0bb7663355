"""The organisations that take cases, as the content declares them. Their words stand in the phrasebook.

`helpline.<id>.name` is how people see it, `helpline.<id>.about` says who reads there, `canned.<id>` is a ready reply.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from enum import StrEnum
from typing import NewType

from bot.facts import Availability, Hours
from bot.messages import Language

HelplineId = NewType("HelplineId", str)

KEPT_AFTER_CLOSE = timedelta(days=7)
"""So long the group's topic stays after a ticket was closed, unless the helpline says otherwise; 30 days at most."""


class Mode(StrEnum):
    """Where staff read what people write: only in the console, or in the helpline's group as well."""

    ALERT = "alert"
    RELAY = "relay"


@dataclass(frozen=True, slots=True)
class Helpline:
    """One organisation that takes cases. Empty `countries`, `origins` and `topics` mean all of them.

    `languages` are those the staff speak, the best first; the group is addressed in `works_in`. `capacity` is how many
    open tickets it can hold well; more are taken only where nobody else can. `fallbacks` are called when nobody here
    answers, in this order.
    """

    id: HelplineId
    languages: tuple[Language, ...]
    works_in: Language
    hours: Hours
    countries: frozenset[str] = frozenset()
    origins: frozenset[str] = frozenset()
    topics: frozenset[str] = frozenset()
    capacity: int = 20
    fallbacks: tuple[HelplineId, ...] = ()
    government: bool = False
    mode: Mode = Mode.ALERT
    kept: timedelta = KEPT_AFTER_CLOSE
    canned: tuple[str, ...] = ()
    is_example: bool = False
    """An entry to be rewritten by whoever runs the bot; nobody can be linked to it."""

    def is_open(self, moment: datetime, holidays: Mapping[str, frozenset[date]]) -> bool:
        """Whether somebody is on duty at an aware moment."""
        return self.hours.at(moment, holidays) is Availability.OPEN


@dataclass(frozen=True, slots=True)
class Helplines:
    """All helplines of the content, in the authors' order, and the days on which offices rest."""

    all: Mapping[HelplineId, Helpline] = field(default_factory=dict)
    holidays: Mapping[str, frozenset[date]] = field(default_factory=dict)

    def is_open(self, helpline: HelplineId, moment: datetime) -> bool:
        """Whether somebody is on duty; nobody is at a helpline that is not declared any more."""
        found = self.all.get(helpline)
        return found is not None and found.is_open(moment, self.holidays)


@dataclass(frozen=True, slots=True)
class Desks:
    """Which helplines can take a ticket now: linked to a group and with enrolled staff; and how many each holds."""

    open_tickets: Mapping[HelplineId, int] = field(default_factory=dict)

    def __contains__(self, helpline: object) -> bool:
        return helpline in self.open_tickets


NO_DESKS = Desks()
