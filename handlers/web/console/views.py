"""What stands on each page of the console, as values: who knows the facts fills them in, showing.py gives the words.

Moments are aware; pages show them by the clock of `Around.zone`, or of the ticket's own helpline. A path that is None,
or a deed that is missing, is not offered: what somebody may do is decided before, never here.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from enum import StrEnum
from typing import TypeAlias

from bot.desk.decided import Refusal
from bot.desk.helplines import HelplineId
from bot.desk.letters import MediaKind, Missed
from bot.desk.phrases import CardId
from bot.desk.staff import Role
from bot.desk.ticket import CloseReason, ReferralState, Rule, StaffId, Stage, TicketId, Urgency
from bot.messages import Language

FEWEST = 5
"""Figures of fewer than these could point at somebody, so they are left out."""

# Around every page


class Place(StrEnum):
    """The pages that the menu leads to."""

    INBOX = "inbox"
    SUPERVISOR = "supervisor"
    STAFF = "staff"
    AUDIT = "audit"
    STUDIO = "studio"
    ACCOUNT = "account"


class Notice(StrEnum):
    """What came of the last form, said once at the top of the page; `console-notice-<value>` are the words."""

    DONE = "done"
    SENT = "sent"
    QUEUED = "queued"
    NOTED = "noted"
    REMINDED = "reminded"
    REMOVED = "removed"
    CHANGED = "changed"
    WRONG_SIGN_IN = "wrong-sign-in"
    """Unknown name and wrong password alike."""
    WRONG_CODE = "wrong-code"
    TOO_MANY = "too-many"
    """Told with `Told.wait`."""
    PASSKEY_FAILED = "passkey-failed"
    INVITATION_WRONG = "invitation-wrong"
    INVITATION_OLD = "invitation-old"
    TOO_SHORT = "too-short"
    """Or too easy to guess."""
    NOT_THE_SAME = "not-the-same"
    WRONG_OLD = "wrong-old"
    SIGNED_OUT = "signed-out"
    SESSION_OVER = "session-over"
    PAGE_OLD = "page-old"
    """The form came from a page that is too old, or from elsewhere: nothing was done."""
    MOVED_ON = "moved-on"
    """A colleague was faster: look again."""
    REASON_NEEDED = "reason-needed"
    TIME_NEEDED = "time-needed"
    NAME_NEEDED = "name-needed"
    NAME_TAKEN = "name-taken"


GOOD_NOTICES: frozenset[Notice] = frozenset(
    {
        *(Notice.DONE, Notice.SENT, Notice.QUEUED, Notice.NOTED, Notice.REMINDED, Notice.REMOVED, Notice.CHANGED),
        Notice.SIGNED_OUT,
    }
)
"""Those that tell of success; the others are told as something to be looked at."""


@dataclass(frozen=True, slots=True)
class Told:
    """What is said at the top of a page: one of ours, or why the desk did not do it."""

    what: Notice | Refusal
    wait: timedelta | None = None
    """How long until the next try, where that was the reason."""


@dataclass(frozen=True, slots=True)
class Me:
    """Who is signed in."""

    id: StaffId
    name: str
    role: Role


@dataclass(frozen=True, slots=True)
class Around:
    """What every page needs. `me` is None before sign-in. `menu` are the pages that this member may open."""

    language: Language
    now: datetime
    zone: str
    csrf: str = ""
    me: Me | None = None
    here: Place | None = None
    menu: Mapping[Place, str] = field(default_factory=dict)
    sign_out: str = "/desk/sign-out"
    unlock: str | None = None
    """Where to unlock, while the session cannot open what people told."""
    urgent: int = 0
    """Urgent tickets that nobody has taken, of this member's helplines."""
    told: Told | None = None
    stream: str | None = None
    """Where the browser listens for news."""
    presence: str | None = None
    """Where it says `looking` or `typing`."""


# Signing in


@dataclass(frozen=True, slots=True)
class SignInView:
    """Name and password. `languages` maps a language to where this page stands in it."""

    around: Around
    post: str
    passkey_options: str | None = None
    passkey_post: str | None = None
    name: str = ""
    languages: Mapping[Language, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class CodeView:
    """The one-time code, after a right password."""

    around: Around
    post: str
    back: str = "/desk"


@dataclass(frozen=True, slots=True)
class UnlockView:
    """Signed in by a passkey that opens nothing, so that what people told is still locked: the password opens it."""

    around: Around
    post: str
    later: str = "/desk"


@dataclass(frozen=True, slots=True)
class JoinView:
    """Somebody was invited. `uri` (otpauth) is drawn as a QR code and `secret` stands below it, in groups of four.

    While `secret` is empty only the invitation code is asked for.
    """

    around: Around
    post: str
    code: str = ""
    name: str = ""
    helplines: tuple[HelplineId, ...] = ()
    uri: str = ""
    secret: str = ""


@dataclass(frozen=True, slots=True)
class PasskeyOfferView:
    """After joining: a passkey may be added now, or later in the account."""

    around: Around
    passkey_options: str
    passkey_post: str
    later: str = "/desk"


# The inbox


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


@dataclass(frozen=True, slots=True)
class Filters:
    """What the list is narrowed to, and to what it could be."""

    language: Language | None = None
    topic: str | None = None
    helpline: HelplineId | None = None
    languages: tuple[Language, ...] = ()
    topics: tuple[str, ...] = ()
    helplines: tuple[HelplineId, ...] = ()


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


# One ticket


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
    """One ticket. `ref` is new each time the page is made, so that a form that is sent twice counts once."""

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
    draft: str = ""
    """Words that were not sent, to be put back into the box."""
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


# The supervisor


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


# Staff


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


# The audit chain


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


# The member's own account


@dataclass(frozen=True, slots=True)
class PasskeyRow:
    """`name` is what the member called it; `remove` posts nothing else."""

    name: str
    added: datetime
    opens: bool = False
    """It can open what people told, too."""
    remove: str | None = None


@dataclass(frozen=True, slots=True)
class AccountView:
    """Forms: `language`; `old`, `new`, `again`; a passkey with `label`; sign out everywhere."""

    around: Around
    helplines: tuple[HelplineId, ...]
    languages: tuple[Language, ...]
    language_post: str
    password_post: str
    everywhere_post: str
    passkeys: tuple[PasskeyRow, ...] = ()
    passkey_options: str | None = None
    passkey_post: str | None = None


# When a page cannot be shown


class Trouble(StrEnum):
    """Why; `console-trouble-<value>` and `console-trouble-hint-<value>` are the words."""

    MISSING = "missing"
    FORBIDDEN = "forbidden"
    STORE_AWAY = "store-away"
    BROKEN = "broken"


@dataclass(frozen=True, slots=True)
class Again:
    """What was asked for, to be asked for once more: a page, or a form with what was filled in."""

    path: str
    form: Mapping[str, str] | None = None


@dataclass(frozen=True, slots=True)
class ErrorView:
    """`again` only where the same could work in a moment."""

    around: Around
    trouble: Trouble
    home: str = "/desk"
    again: Again | None = None
    is_unsure: bool = False
    """Whether something was sent of which we do not know whether it was done."""
