"""What was said, line by line, and whether it can be read here."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import TypeAlias

from bot.desk.letters import MediaKind, Missed
from bot.desk.phrases import CardId
from bot.messages import Language


class Sent(StrEnum):
    """How far a message of staff has come."""

    QUEUED = "queued"
    SENT = "sent"
    SHOWN = "shown"
    FAILED = "failed"


@dataclass(frozen=True, slots=True)
class FromPerson:
    """Words of the person."""

    at: datetime
    words: str
    language: Language | None
    is_edit: bool = False


@dataclass(frozen=True, slots=True)
class PersonMedia:
    """Something that is not words: it stays in Telegram. `show` asks for it there, where this member has a chat."""

    at: datetime
    kind: MediaKind
    show: str | None = None


@dataclass(frozen=True, slots=True)
class PersonPicked:
    """They tapped an answer of a phrase."""

    at: datetime
    card: CardId
    answer: str


@dataclass(frozen=True, slots=True)
class FromStaff:
    """Words of staff."""

    at: datetime
    by: str
    words: str
    language: Language
    state: Sent
    is_mine: bool = False
    is_edit: bool = False
    missed: Missed | None = None
    is_late: bool = False
    """It came more than a quarter of an hour after it was written, so it was veiled."""
    is_veiled: bool = False
    again: str | None = None
    """The `ref` with which to send it once more, where it did not arrive and nobody has yet: the same for everybody."""


@dataclass(frozen=True, slots=True)
class StaffCard:
    """A phrase or a ready reply that staff sent: `what` is `card:<id>` or `canned:<id>`."""

    at: datetime
    by: str
    what: str
    state: Sent
    filled: str = ""
    is_mine: bool = False
    missed: Missed | None = None
    is_late: bool = False
    is_veiled: bool = False
    again: str | None = None


@dataclass(frozen=True, slots=True)
class StaffMedia:
    at: datetime
    by: str
    kind: MediaKind
    state: Sent
    is_mine: bool = False
    missed: Missed | None = None
    is_late: bool = False
    is_veiled: bool = False


@dataclass(frozen=True, slots=True)
class Note:
    """Among staff only."""

    at: datetime
    by: str
    words: str


class Fault(StrEnum):
    """Why a record cannot be trusted; `console-fault-<value>` are the words."""

    FORGED = "forged"
    OUT_OF_ORDER = "out-of-order"
    MISSING = "missing"
    UNREADABLE = "unreadable"


@dataclass(frozen=True, slots=True)
class Unreadable:
    """A record that is there (or should be) and cannot be shown."""

    fault: Fault
    number: int | None = None


Line: TypeAlias = FromPerson | PersonMedia | PersonPicked | FromStaff | StaffCard | StaffMedia | Note | Unreadable


class Content(StrEnum):
    """Whether the conversation can be read here."""

    OPEN = "open"
    LOCKED = "locked"
    """The session cannot open it yet: `Around.unlock` leads to where it can."""
    NOT_FOR_YOU = "not-for-you"
    """No key for this member: break the glass, or ask who has one."""
    IN_GROUP = "in-group"
    """Relay: it stands in the helpline's Telegram group."""
    ENDED = "ended"
    """Its time is over: it was destroyed, as promised."""
