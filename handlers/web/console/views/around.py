"""What stands around every page: the menu, who is signed in, and what came of the last form."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from enum import StrEnum

from bot.desk.decided import Refusal
from bot.desk.staff import Role
from bot.desk.ticket import StaffId
from bot.messages import Language


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
