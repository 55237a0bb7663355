"""One hand-off of one person to a helpline, as it is kept: where it stands and until when something must happen.

Nothing that people tell stands in it. A ticket that is not closed always has a `due` moment.
"""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Final, NewType

from bot.desk.helplines import HelplineId
from bot.messages import ConversationId, Language

TicketId = NewType("TicketId", str)
"""`~`, twenty random characters, and the two digits of the shard in which its person lay when it was opened."""

StaffId = NewType("StaffId", str)

_ALIAS_LETTERS: Final = "ABCDEFGHJKMNPQRSTVWXYZ23456789"
_ALIAS_LENGTH: Final = 4


class Stage(StrEnum):
    """Where a ticket stands. Asked: alerts go out. Acknowledged: somebody took it. Talking: they have written."""

    ASKED = "asked"
    ACKNOWLEDGED = "acknowledged"
    TALKING = "talking"
    CLOSED = "closed"


class Urgency(StrEnum):
    """How soon somebody has to look."""

    EMERGENCY = "emergency"
    HIGH = "high"
    NORMAL = "normal"


class Rule(StrEnum):
    """Why this helpline was chosen; staff can read it, in words, as `desk-rule-<value>`."""

    LANGUAGE_PLACE_OPEN = "language-place-open"
    LANGUAGE_PLACE_CLOSED = "language-place-closed"
    LANGUAGE_ELSEWHERE_OPEN = "language-elsewhere-open"
    LANGUAGE_ELSEWHERE_CLOSED = "language-elsewhere-closed"
    INTERPRETER_PLACE = "interpreter-place"
    INTERPRETER_ELSEWHERE = "interpreter-elsewhere"
    REFERRED = "referred"


class CloseReason(StrEnum):
    """Why a ticket was closed. The last three are the person's doing or nobody's; staff choose among the others."""

    HELPED = "helped"
    REFERRED_OUTSIDE = "referred-outside"
    NO_ANSWER = "no-answer"
    NOT_FOR_US = "not-for-us"
    WITHDRAWN = "withdrawn"
    ERASED = "erased"
    DUPLICATE = "duplicate"


class ReferralState(StrEnum):
    """Asking: the person has not agreed yet. Offered: the other desk has not answered yet."""

    ASKING = "asking"
    OFFERED = "offered"
    ACCEPTED = "accepted"
    DECLINED = "declined"
    LAPSED = "lapsed"
    REFUSED = "refused"
    WITHDRAWN = "withdrawn"


@dataclass(frozen=True, slots=True)
class Referral:
    """A ticket on its way from one helpline to another. `declined_by` are those who said no or nothing before."""

    origin: HelplineId
    to: HelplineId
    by: StaffId
    state: ReferralState
    asked: datetime
    due: datetime
    why: str | None = None
    declined_by: frozenset[HelplineId] = frozenset()


@dataclass(frozen=True, slots=True)
class Closing:
    """How a ticket ended; `by` is None where the person ended it."""

    reason: CloseReason
    at: datetime
    by: StaffId | None = None


@dataclass(frozen=True, slots=True)
class Copy:
    """A helpline at which something about the ticket lies (its topic, its records), and when that is to be deleted."""

    helpline: HelplineId
    delete_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class CaseKey:
    """The public half of the key to which what is told is sealed: for one helpline, and for these readers.

    `records` counts what was sealed to it, so that a gap shows. Only readers have the other half; we do not.
    """

    public: bytes
    helpline: HelplineId
    made: datetime
    readers: frozenset[str]
    records: int = 0


@dataclass(frozen=True, slots=True)
class Ticket:
    """One hand-off.

    `due` is when the desk has to look at it next; `alerts` counts those since the last acknowledgement. `waits_for`
    is since when the person waits for an answer, None while it is their turn. `quiet` is set while the person has
    left by the quick exit: nobody writes until they return. `spent` are the buttons that have been used, `step` makes
    each new one different. `recent` is the last who wrote and when, so that two who answer at once see each other.
    """

    id: TicketId
    person: ConversationId
    helpline: HelplineId
    language: Language
    asked: datetime
    rule: Rule
    here: str | None = None
    origin: str | None = None
    topic: str | None = None
    urgency: Urgency = Urgency.NORMAL
    contact: str | None = None
    """How they may be written to, as they chose: a value of the profile field `contact`, likewise the next two."""
    hours: str | None = None
    phone: str | None = None
    stage: Stage = Stage.ASKED
    since: datetime | None = None
    due: datetime | None = None
    alerts: int = 0
    told: int = 0
    """How often the person was told that nobody has answered yet, since they last wrote."""
    touched: datetime | None = None
    """When somebody wrote last, or staff were reminded."""
    waits_for: datetime | None = None
    holder: StaffId | None = None
    helpers: frozenset[StaffId] = frozenset()
    """Colleagues who were asked; they may write, too."""
    labels: frozenset[str] = frozenset()
    quiet: bool = False
    unreachable: bool = False
    recent: tuple[StaffId, datetime] | None = None
    referral: Referral | None = None
    unwanted: frozenset[HelplineId] = frozenset()
    """Helplines to which the person said no, or took back their yes: those are not called to stand in."""
    copies: tuple[Copy, ...] = ()
    closing: Closing | None = None
    helped: bool | None = None
    step: int = 0
    spent: tuple[str, ...] = ()

    casebook: CaseKey | None = None
    """To what it is sealed what is told, where the console keeps it; None until there is something."""
    answered: datetime | None = None
    """When somebody first took it or wrote."""
    missed: int = 0
    """How many messages of staff have not reached the person since one last did."""
    reminder: tuple[StaffId, datetime] | None = None
    """Who wants to be reminded of it, and when."""

    @property
    def is_open(self) -> bool:
        """Whether somebody still has to do something."""
        return self.stage is not Stage.CLOSED

    @property
    def alias(self) -> str:
        """What staff call it: four letters and digits that say nothing about the person."""
        return alias_of(self.id)


def alias_of(ticket: TicketId) -> str:
    """The alias of a ticket; two open tickets may share one, so nothing is looked up by it."""
    number = int.from_bytes(ticket[1:13].encode(), "big")
    letters = ""
    for _ in range(_ALIAS_LENGTH):
        number, place = divmod(number, len(_ALIAS_LETTERS))
        letters += _ALIAS_LETTERS[place]
    return letters
