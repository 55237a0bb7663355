"""What a person's conversation and their ticket tell each other.

They lie apart and are written apart, so each change of one that the other must learn of travels as a letter: stored in
the same commit as the change, delivered in order, and taken once. Class names are stored: do not rename them.
"""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import TypeAlias

from bot.desk.helplines import HelplineId
from bot.desk.phrases import CardId
from bot.desk.ticket import CloseReason, ReferralState, Stage, TicketId
from bot.messages import ConversationId, Language


class Missed(StrEnum):
    """Why words did not reach a person."""

    BLOCKED = "blocked"
    REFUSED = "refused"
    EXPIRED = "expired"


class MediaKind(StrEnum):
    """What may be passed on besides words."""

    PHOTO = "photo"
    VOICE = "voice"
    VIDEO = "video"
    DOCUMENT = "document"
    LOCATION = "location"
    CONTACT = "contact"
    STICKER = "sticker"
    OTHER = "other"


@dataclass(frozen=True, slots=True)
class Original:
    """A message to be copied, never forwarded: the door's own ids of the chat and of the message."""

    door: str
    chat: str
    message: str


# From the person to the ticket


@dataclass(frozen=True, slots=True)
class PersonWrote:
    """Words, in the language they were heard in. `ref` is the door's id of the message; `is_edit` replaces earlier."""

    words: str
    language: Language | None
    ref: str = ""
    is_edit: bool = False


@dataclass(frozen=True, slots=True)
class PersonSent:
    """Something that is not words, to be copied from their chat."""

    kind: MediaKind
    original: Original


@dataclass(frozen=True, slots=True)
class PersonAnswered:
    """They tapped an answer of a phrasebook card."""

    card: CardId
    answer: str


@dataclass(frozen=True, slots=True)
class PersonTold:
    """What they let staff know: how they may be written to (`contact`, `hours`), and whether others use their phone."""

    contact: str | None = None
    hours: str | None = None
    phone: str | None = None
    topic: str | None = None


@dataclass(frozen=True, slots=True)
class PersonUrged:
    """They are in danger now, or said so in words that mean it."""


@dataclass(frozen=True, slots=True)
class PersonWithdrew:
    """They do not want it any more."""


@dataclass(frozen=True, slots=True)
class PersonHid:
    """They left by the quick exit: nobody may write until they return."""


@dataclass(frozen=True, slots=True)
class PersonReturned:
    """They are back after a quick exit."""


@dataclass(frozen=True, slots=True)
class PersonErased:
    """They had everything erased."""


@dataclass(frozen=True, slots=True)
class PersonReopened:
    """They need it again after it was closed."""


@dataclass(frozen=True, slots=True)
class PersonMoved:
    """They came back by their code from another phone: from now on this conversation is theirs."""

    to: ConversationId
    language: Language


@dataclass(frozen=True, slots=True)
class PersonAgreed:
    """Their answer to a referral; taking it back later is an answer, too."""

    to: HelplineId
    agreed: bool


@dataclass(frozen=True, slots=True)
class PersonJudged:
    """Whether it helped, asked once at the end."""

    helped: bool


@dataclass(frozen=True, slots=True)
class Showed:
    """What staff wrote is on the person's screen (`opened`), or waits behind a neutral line."""

    ref: str
    opened: bool


@dataclass(frozen=True, slots=True)
class NotShown:
    """What staff wrote did not reach them."""

    ref: str
    why: Missed


@dataclass(frozen=True, slots=True)
class PersonFailedCheck:
    """Whoever holds the phone chose wrong pictures as often as they may."""


# From the ticket to the person


@dataclass(frozen=True, slots=True)
class Acknowledged:
    """Somebody has taken it."""

    at: datetime


@dataclass(frozen=True, slots=True)
class StaffWrote:
    """Words of staff, in the language they were written in."""

    words: str
    language: Language
    ref: str
    is_edit: bool = False


@dataclass(frozen=True, slots=True)
class StaffSent:
    """Something of staff that is not words, to be copied."""

    kind: MediaKind
    original: Original
    ref: str


@dataclass(frozen=True, slots=True)
class StaffAsked:
    """A phrasebook card, with what staff filled in."""

    card: CardId
    ref: str
    filled: str = ""


@dataclass(frozen=True, slots=True)
class StaffUsedReply:
    """A ready reply of the helpline, shown in the person's own language."""

    canned: str
    ref: str


@dataclass(frozen=True, slots=True)
class NobodyYet:
    """Nobody has answered since then; the truth, with numbers to call."""

    since: datetime


@dataclass(frozen=True, slots=True)
class WaitsAgain:
    """Who took it has not written; others are being called again."""

    since: datetime


@dataclass(frozen=True, slots=True)
class Referring:
    """May it be passed on to this helpline?"""

    to: HelplineId


@dataclass(frozen=True, slots=True)
class ReferralNews:
    """What became of the referral; the ticket now lies with `holds`."""

    to: HelplineId
    state: ReferralState
    holds: HelplineId


@dataclass(frozen=True, slots=True)
class TicketClosed:
    """It was closed."""

    reason: CloseReason
    at: datetime


@dataclass(frozen=True, slots=True)
class TicketReopened:
    """It was opened again, by staff or because the person asked."""

    at: datetime


@dataclass(frozen=True, slots=True)
class TicketMovedAway:
    """The person goes on from another phone: this conversation has nothing to do with it any more."""


@dataclass(frozen=True, slots=True)
class CodeUnknown:
    """No ticket goes with the code that was written."""


@dataclass(frozen=True, slots=True)
class TicketJoined:
    """This conversation is now the one of the ticket."""

    ticket: TicketId
    helpline: HelplineId
    asked: datetime
    stage: Stage


ToTicket: TypeAlias = (
    PersonWrote
    | PersonSent
    | PersonAnswered
    | PersonTold
    | PersonUrged
    | PersonWithdrew
    | PersonHid
    | PersonReturned
    | PersonErased
    | PersonReopened
    | PersonMoved
    | PersonAgreed
    | PersonJudged
    | Showed
    | NotShown
    | PersonFailedCheck
)
ToPerson: TypeAlias = (
    Acknowledged
    | StaffWrote
    | StaffSent
    | StaffAsked
    | StaffUsedReply
    | NobodyYet
    | WaitsAgain
    | Referring
    | ReferralNews
    | TicketClosed
    | TicketReopened
    | TicketMovedAway
    | CodeUnknown
    | TicketJoined
)
Letter: TypeAlias = ToTicket | ToPerson
