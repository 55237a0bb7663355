"""What can happen to a ticket besides the person's letters: what staff do, and that time passes."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TypeAlias

from bot.desk.helplines import HelplineId
from bot.desk.letters import MediaKind, Original, ToTicket
from bot.desk.phrases import CardId
from bot.desk.ticket import CloseReason, StaffId, Urgency
from bot.messages import Language


@dataclass(frozen=True, slots=True)
class Claim:
    """I take it."""


@dataclass(frozen=True, slots=True)
class Release:
    """I cannot go on with it: let others be called again."""


@dataclass(frozen=True, slots=True)
class HandOver:
    """A colleague goes on with it."""

    to: StaffId


@dataclass(frozen=True, slots=True)
class AskColleague:
    """A colleague is asked to look, and may write, too."""

    colleague: StaffId


@dataclass(frozen=True, slots=True)
class SetUrgency:
    urgency: Urgency


@dataclass(frozen=True, slots=True)
class SetLabel:
    """Put a label on, or take it off."""

    label: str
    on: bool = True


@dataclass(frozen=True, slots=True)
class Write:
    """Words to the person. `ref` is the door's id of the message; an edit replaces what it said before."""

    words: str
    language: Language
    ref: str
    is_edit: bool = False


@dataclass(frozen=True, slots=True)
class SendMedia:
    kind: MediaKind
    original: Original
    ref: str


@dataclass(frozen=True, slots=True)
class SendCard:
    """A phrasebook card, in the person's language; `filled` goes into its slot."""

    card: CardId
    ref: str
    filled: str = ""


@dataclass(frozen=True, slots=True)
class SendCanned:
    """A ready reply of the helpline."""

    canned: str
    ref: str


@dataclass(frozen=True, slots=True)
class Note:
    """Words for colleagues only; the person never sees them."""

    words: str


@dataclass(frozen=True, slots=True)
class Remind:
    """Remind me of it after so long; None takes it back."""

    after: timedelta | None


@dataclass(frozen=True, slots=True)
class BreakGlass:
    """Open a ticket that a colleague holds, for a reason."""

    why: str


@dataclass(frozen=True, slots=True)
class Refer:
    """Ask the person whether another helpline may take it."""

    to: HelplineId


@dataclass(frozen=True, slots=True)
class AcceptReferral:
    """The other desk takes it."""


@dataclass(frozen=True, slots=True)
class DeclineReferral:
    """The other desk cannot take it."""

    why: str


@dataclass(frozen=True, slots=True)
class CancelReferral:
    """The desk that asked takes it back before it was accepted."""


@dataclass(frozen=True, slots=True)
class Close:
    reason: CloseReason


@dataclass(frozen=True, slots=True)
class Reopen:
    """Staff open it again."""


@dataclass(frozen=True, slots=True)
class Look:
    """Show the ticket and its buttons again."""


StaffAction: TypeAlias = (
    Claim
    | Release
    | HandOver
    | AskColleague
    | SetUrgency
    | SetLabel
    | Write
    | SendMedia
    | SendCard
    | SendCanned
    | Note
    | Remind
    | BreakGlass
    | Refer
    | AcceptReferral
    | DeclineReferral
    | CancelReferral
    | Close
    | Reopen
    | Look
)


@dataclass(frozen=True, slots=True)
class ByStaff:
    """Somebody did something. `button` names the button they used, if any: each works once.

    `via` is the helpline in whose group or inbox it was done.
    """

    member: StaffId
    action: StaffAction
    via: HelplineId
    button: str | None = None


@dataclass(frozen=True, slots=True)
class ByPerson:
    """A letter of the person's conversation."""

    letter: ToTicket


@dataclass(frozen=True, slots=True)
class Due:
    """The moment the ticket had set for itself has come."""

    at: datetime


@dataclass(frozen=True, slots=True)
class DeskUnreachable:
    """What was to be told to a helpline's group could not be: it is gone, or we are not let in."""

    helpline: HelplineId


@dataclass(frozen=True, slots=True)
class MemberLeft:
    """Somebody does not work here any more."""

    member: StaffId


Happening: TypeAlias = ByStaff | ByPerson | Due | DeskUnreachable | MemberLeft
