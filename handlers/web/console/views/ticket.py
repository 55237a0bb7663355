"""One ticket: what is known of it, and what can be done with it."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum

from bot.desk.helplines import HelplineId
from bot.desk.ticket import CloseReason, ReferralState, Rule, StaffId, Stage, TicketId, Urgency
from bot.messages import Language
from handlers.web.console.views.around import Around
from handlers.web.console.views.inbox import Present, Why
from handlers.web.console.views.talk import Content, Line


class Contact(StrEnum):
    """How they may be written to: values of the profile field `contact`, and one for who was not asked."""

    VEILED = "veiled"
    OPEN = "open"
    WAIT = "wait"
    UNKNOWN = "unknown"


@dataclass(frozen=True, slots=True)
class SafeContact:
    """The rules right above the reply box. `hours` and `phone` are values of the profile, None where not said."""

    contact: Contact = Contact.UNKNOWN
    hours: str | None = None
    phone: str | None = None
    outside_hours: bool = False
    """It is not their time now."""
    will_be_veiled: bool = True
    """What is sent now stands behind a neutral line."""


@dataclass(frozen=True, slots=True)
class Profile:
    """What the person agreed to share, and why they came here."""

    here: str | None = None
    origin: str | None = None
    topic: str | None = None
    rule: Rule = Rule.LANGUAGE_PLACE_OPEN


class Deed(StrEnum):
    """What can be done with a ticket; each is a form that posts to its own path.

    Fields: `words` (WRITE, NOTE), `to` (GIVE, ASK, REFER, REASSIGN), `urgency`, `label` and `on` ("1"/"0"), `card` and
    `filled`, `canned`, `why` (DECLINE: a reason; CLOSE: a CloseReason; GLASS: words), `after` (REMIND:
    minutes from now), and `ref` where a form must not take effect twice.
    """

    CLAIM = "claim"
    RELEASE = "release"
    GIVE = "give"
    ASK = "ask"
    URGENCY = "urgency"
    LABEL = "label"
    WRITE = "write"
    CARD = "card"
    CANNED = "canned"
    NOTE = "note"
    REFER = "refer"
    ACCEPT = "accept"
    DECLINE = "decline"
    CANCEL_REFERRAL = "cancel-referral"
    CLOSE = "close"
    REOPEN = "reopen"
    REMIND = "remind"
    REASSIGN = "reassign"
    GLASS = "glass"


@dataclass(frozen=True, slots=True)
class Person:
    """Somebody to choose from in a form."""

    id: StaffId
    name: str
    is_here: bool = False


@dataclass(frozen=True, slots=True)
class ReferralView:
    """Where a referral stands. `is_receiver` is for the desk that is asked."""

    origin: HelplineId
    to: HelplineId
    state: ReferralState
    due: datetime | None = None
    is_receiver: bool = False
    why: str | None = None


@dataclass(frozen=True, slots=True)
class TicketView:
    """One ticket. `ref` is new each time the page is made, so that a form that is sent twice counts once.

    `state` does the same for what can be done once as the ticket stands. It changes with the ticket alone, or what is
    kept up to date on an open page would be put in anew, and read out anew, for nothing.
    """

    around: Around
    id: TicketId
    alias: str
    path: str
    helpline: HelplineId
    language: Language
    urgency: Urgency
    stage: Stage
    asked: datetime
    why: Why
    since: datetime | None = None
    zone: str = ""
    """The clock of the ticket's helpline; empty: that of `around`."""
    content: Content = Content.OPEN
    lines: tuple[Line, ...] = ()
    contact: SafeContact = field(default_factory=SafeContact)
    profile: Profile = field(default_factory=Profile)
    holder: str | None = None
    is_mine: bool = False
    helpers: tuple[str, ...] = ()
    present: tuple[Present, ...] = ()
    labels: tuple[str, ...] = ()
    quiet: bool = False
    unreachable: bool = False
    referral: ReferralView | None = None
    closed: CloseReason | None = None
    closed_at: datetime | None = None
    delete_at: datetime | None = None
    reminder: datetime | None = None
    broken_glass: bool = False
    """It is open to this member only because they gave a reason; the supervisor was told."""
    deeds: Mapping[Deed, str] = field(default_factory=dict)
    phrases: str | None = None
    """The page of phrases and ready replies."""
    ref: str = ""
    state: str = ""
    draft: str = ""
    """Words that were not sent, to be put back into the box of `draft_of`."""
    draft_of: Deed = Deed.WRITE
    colleagues: tuple[Person, ...] = ()
    helplines: tuple[HelplineId, ...] = ()
    """Where it could be passed on to."""
    back: str = "/desk"


@dataclass(frozen=True, slots=True)
class PhrasesView:
    """All phrases and ready replies, in the member's language beside the person's. `canned` are ids of the helpline."""

    around: Around
    alias: str
    path: str
    back: str
    helpline: HelplineId
    language: Language
    """The person's."""
    ref: str
    contact: SafeContact = field(default_factory=SafeContact)
    deeds: Mapping[Deed, str] = field(default_factory=dict)
    search: str = ""
    zone: str = ""
