"""What a decision about a ticket may be: accepted, with all that follows from it, or refused with a reason."""

from dataclasses import dataclass
from enum import StrEnum
from typing import TypeAlias

from bot.desk.helplines import HelplineId
from bot.desk.letters import ToPerson
from bot.desk.news import News
from bot.desk.ticket import StaffId, Ticket
from bot.messages import ConversationId


class Refusal(StrEnum):
    """Why something was not done; `desk-refused-<value>` are the words."""

    NOT_YOURS = "not-yours"
    HELD_BY_ANOTHER = "held-by-another"
    NOT_HELD = "not-held"
    CLOSED = "closed"
    NOT_CLOSED = "not-closed"
    PRESSED_BEFORE = "pressed-before"
    NO_SUCH_COLLEAGUE = "no-such-colleague"
    NO_SUCH_HELPLINE = "no-such-helpline"
    NO_SUCH_CARD = "no-such-card"
    NO_REFERRAL = "no-referral"
    REFERRAL_PENDING = "referral-pending"
    PERSON_LEFT = "person-left"
    UNREACHABLE = "unreachable"
    EMPTY = "empty"
    TOO_LONG = "too-long"
    NOT_FOR_STAFF = "not-for-staff"
    NEEDS_SUPERVISOR = "needs-supervisor"
    RELAY_STOPPED = "relay-stopped"


class Whom(StrEnum):
    """Who beyond the helpline's own group is told, louder each time."""

    GROUP = "group"
    ON_DUTY = "on-duty"
    """The group, naming the staff so that their phones ring."""
    SUPERVISOR = "supervisor"
    OUTSIDE = "outside"
    """E-mail or a webhook: the second channel."""


@dataclass(frozen=True, slots=True)
class TellDesk:
    """Say it in a helpline's group."""

    helpline: HelplineId
    news: News


@dataclass(frozen=True, slots=True)
class CallDesk:
    """Alert a helpline. These go before everything else."""

    helpline: HelplineId
    news: News
    whom: frozenset[Whom] = frozenset({Whom.GROUP})


@dataclass(frozen=True, slots=True)
class TellMember:
    """Say it to one of the staff alone."""

    member: StaffId
    news: News


@dataclass(frozen=True, slots=True)
class TellPerson:
    """Write a letter to the person's conversation, or to the one that was theirs before."""

    letter: ToPerson
    to: ConversationId | None = None


@dataclass(frozen=True, slots=True)
class DropCopy:
    """Delete what lies about the ticket at a helpline: its topic, its records."""

    helpline: HelplineId


@dataclass(frozen=True, slots=True)
class CountDesk:
    """Add one to a figure that points at nobody."""

    what: str
    label: str = ""


DeskEffect: TypeAlias = TellDesk | CallDesk | TellMember | TellPerson | DropCopy | CountDesk


@dataclass(frozen=True, slots=True)
class Accepted:
    """It was done: the ticket as it is now (None: nothing of it is kept any more) and what the world is to do."""

    ticket: Ticket | None
    effects: tuple[DeskEffect, ...] = ()
