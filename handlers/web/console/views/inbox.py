"""The lists of tickets."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum

from bot.desk.helplines import HelplineId
from bot.desk.ticket import Stage, TicketId, Urgency
from bot.messages import Language
from handlers.web.console.views.around import Around


class Tab(StrEnum):
    MINE = "mine"
    UNASSIGNED = "unassigned"
    WAITING = "waiting"
    """For the person: staff have written last."""
    CLOSED = "closed"


class Why(StrEnum):
    """Why a ticket waits; `console-why-<value>` are the words."""

    NOBODY_TOOK = "nobody-took"
    NOBODY_WROTE = "nobody-wrote"
    PERSON_WROTE = "person-wrote"
    FOR_PERSON = "for-person"
    REFERRAL = "referral"
    """Another helpline asks us to take it over."""
    REFERRAL_OUT = "referral-out"
    QUIET = "quiet"
    UNREACHABLE = "unreachable"
    UNDELIVERED = "undelivered"
    CLOSED = "closed"


@dataclass(frozen=True, slots=True)
class Present:
    """A colleague who has the ticket open."""

    name: str
    is_typing: bool = False


@dataclass(frozen=True, slots=True)
class Row:
    """One ticket in a list. `since` is since when it waits, `topic` the id of a topic."""

    id: TicketId
    path: str
    alias: str
    helpline: HelplineId
    language: Language
    urgency: Urgency
    stage: Stage
    why: Why
    since: datetime | None
    asked: datetime
    topic: str | None = None
    holder: str | None = None
    """The holder's name."""
    is_mine: bool = False
    present: tuple[Present, ...] = ()
    undelivered: int = 0
    unread: bool = False
    labels: tuple[str, ...] = ()
    claim: str | None = None
    """Where to take it, straight from the list."""
    state: str = ""
    """The `ref` of what is done with it from the list: it changes with the ticket."""


@dataclass(frozen=True, slots=True)
class Filters:
    """What the list is narrowed to, and to what it could be."""

    language: Language | None = None
    topic: str | None = None
    helpline: HelplineId | None = None
    languages: tuple[Language, ...] = ()
    topics: tuple[str, ...] = ()
    helplines: tuple[HelplineId, ...] = ()
    alias: str = ""
    """How the one begins that is looked for, in whichever list it stands."""


@dataclass(frozen=True, slots=True)
class InboxView:
    """One list, sorted already: urgent first, then who waits longest. The filters are sent to `path` by GET."""

    around: Around
    tab: Tab
    counts: Mapping[Tab, int]
    rows: tuple[Row, ...]
    filters: Filters = field(default_factory=Filters)
    path: str = "/desk"
    more: str | None = None
    """Where older ones stand, where there are more than are shown."""
