"""For who supervises, enrols and audits: how it goes, who works here, and who did what."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from enum import StrEnum

from bot.desk.decided import Refusal
from bot.desk.helplines import HelplineId
from bot.desk.staff import Role
from bot.desk.ticket import StaffId, TicketId
from bot.messages import Language
from handlers.web.console.views.around import Around
from handlers.web.console.views.inbox import Row
from handlers.web.console.views.ticket import Person

FEWEST = 5
"""Figures of fewer than these could point at somebody, so they are left out."""


@dataclass(frozen=True, slots=True)
class Waits:
    """Waiting times; None where there were too few to say."""

    count: int | None
    median: timedelta | None
    most: timedelta | None
    """The ninetieth of a hundred."""


@dataclass(frozen=True, slots=True)
class Group:
    """Figures of one helpline or one language. None: fewer than may be told."""

    id: str
    open: int | None
    unanswered: int | None
    waits: Waits


@dataclass(frozen=True, slots=True)
class SupervisorView:
    """How it goes. `by_hour` are the calls of each hour of the day, 24 of them; None: fewer than may be told."""

    around: Around
    unanswered: tuple[Row, ...]
    waits: Waits
    days: int
    by_hour: tuple[int | None, ...]
    by_helpline: tuple[Group, ...] = ()
    by_language: tuple[Group, ...] = ()
    held: tuple[Row, ...] = ()
    """Those that somebody holds, to be given to another."""
    reassign: Mapping[TicketId, str] = field(default_factory=dict)
    colleagues: tuple[Person, ...] = ()
    export: str | None = None


@dataclass(frozen=True, slots=True)
class StaffRow:
    id: StaffId
    name: str
    role: Role
    helplines: tuple[HelplineId, ...]
    languages: tuple[Language, ...] = ()
    open_tickets: int | None = None
    is_here: bool = False
    """Signed in now."""
    has_joined: bool = True
    is_me: bool = False
    remove: str | None = None
    invite_again: str | None = None


@dataclass(frozen=True, slots=True)
class NewInvitation:
    """Shown once, right after it was made. `uri` is the link, drawn as a QR code, too."""

    name: str
    code: str
    uri: str
    expires: datetime


@dataclass(frozen=True, slots=True)
class StaffView:
    """Who works here. The form to invite has `name`, `role`, `helpline` (several) and `language` (several)."""

    around: Around
    staff: tuple[StaffRow, ...]
    invite: str | None = None
    roles: tuple[Role, ...] = ()
    helplines: tuple[HelplineId, ...] = ()
    languages: tuple[Language, ...] = ()
    invitation: NewInvitation | None = None


@dataclass(frozen=True, slots=True)
class RemoveView:
    """Asks once more before somebody leaves for good. Posts `confirm`."""

    around: Around
    post: str
    name: str
    open_tickets: int
    back: str


class Chain(StrEnum):
    """Whether it holds together; `console-chain-<value>` are the words."""

    WHOLE = "whole"
    EDITED = "edited"
    DELETED = "deleted"
    REORDERED = "reordered"
    CUT = "cut"


@dataclass(frozen=True, slots=True)
class AuditRow:
    """One entry. `action` is what was done: in words where `console-did-<action>` exists, as it is where not."""

    number: int
    at: datetime
    staff: str
    action: str
    what: str = ""
    reason: str = ""
    refusal: Refusal | None = None
    """Why it was not done, where the desk refused it."""


@dataclass(frozen=True, slots=True)
class AuditView:
    """The newest first. `fault_at` is the number of the first entry that does not fit."""

    around: Around
    entries: tuple[AuditRow, ...]
    chain: Chain
    fault_at: int | None = None
    total: int = 0
    older: str | None = None
    newer: str | None = None
