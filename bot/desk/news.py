"""What staff are told about a ticket. Alerts hold nothing that the person wrote."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import TypeAlias

from bot.desk.helplines import HelplineId
from bot.desk.letters import MediaKind, Missed, Original
from bot.desk.phrases import CardId
from bot.desk.ticket import CloseReason, ReferralState, StaffId, Urgency
from bot.messages import Language


@dataclass(frozen=True, slots=True)
class Called:
    """Somebody asks for a person: the alert, for the n-th time, waiting since then. `is_fallback` says that it is
    another helpline's, `again` that somebody had taken it and has not written.
    """

    attempt: int
    since: datetime
    is_fallback: bool = False
    again: bool = False


@dataclass(frozen=True, slots=True)
class Opened:
    """The head of the ticket's topic: what is known, why it came here, and the buttons."""


@dataclass(frozen=True, slots=True)
class Wrote:
    """What the person wrote, in their language; `is_edit` where they changed a message."""

    words: str
    language: Language | None
    is_edit: bool = False


@dataclass(frozen=True, slots=True)
class Sent:
    """Something of the person that is not words."""

    kind: MediaKind
    original: Original


@dataclass(frozen=True, slots=True)
class Answered:
    """The answer to a card, told in the staff's language."""

    card: CardId
    answer: str


@dataclass(frozen=True, slots=True)
class NewMessage:
    """The person has written; where the group does not read it."""


@dataclass(frozen=True, slots=True)
class Took:
    by: StaffId


@dataclass(frozen=True, slots=True)
class Released:
    by: StaffId


@dataclass(frozen=True, slots=True)
class HandedOver:
    by: StaffId
    to: StaffId


@dataclass(frozen=True, slots=True)
class ColleagueAsked:
    by: StaffId
    colleague: StaffId


@dataclass(frozen=True, slots=True)
class UrgencySet:
    urgency: Urgency
    by: StaffId | None


@dataclass(frozen=True, slots=True)
class LabelSet:
    label: str
    on: bool


@dataclass(frozen=True, slots=True)
class AlsoAnswering:
    """A colleague wrote to the person a moment ago."""

    colleague: StaffId


@dataclass(frozen=True, slots=True)
class SentToPerson:
    """What a colleague sent from elsewhere (the console, a card, a ready reply), for all to see."""

    by: StaffId
    what: str
    """`card:<id>` or `canned:<id>`."""
    filled: str = ""


@dataclass(frozen=True, slots=True)
class WroteElsewhere:
    """What a colleague wrote in the console, where the group reads along: to the person, or a note for colleagues."""

    by: StaffId
    words: str
    is_note: bool = False


@dataclass(frozen=True, slots=True)
class GlassBroken:
    """Somebody has opened what a colleague holds; the supervisors are told."""

    by: StaffId
    why: str


@dataclass(frozen=True, slots=True)
class Reminded:
    """The moment has come at which somebody wanted to be reminded."""


class Reach(StrEnum):
    """How far a message to the person has come."""

    DELIVERED = "delivered"
    OPENED = "opened"
    MISSED = "missed"


@dataclass(frozen=True, slots=True)
class Reached:
    """A mark on the message of staff that `ref` names."""

    ref: str
    reach: Reach
    why: Missed | None = None


@dataclass(frozen=True, slots=True)
class PersonGone:
    """They left by the quick exit (do not write), or cannot be reached at all."""

    unreachable: bool = False


@dataclass(frozen=True, slots=True)
class PersonBack:
    """They are back; writing is all right again."""


@dataclass(frozen=True, slots=True)
class CheckFailed:
    """Whoever holds the person's phone did not know their pictures, and does not learn that this is told."""


@dataclass(frozen=True, slots=True)
class StillOpen:
    """Nothing has happened for a day: write, or close."""


@dataclass(frozen=True, slots=True)
class WaitsForAnswer:
    """The person has written and waits since then."""

    since: datetime


@dataclass(frozen=True, slots=True)
class ReferralTold:
    """What became of a referral between two desks. `is_receiver` is told with the summary and the buttons."""

    origin: HelplineId
    to: HelplineId
    state: ReferralState
    is_receiver: bool = False
    why: str | None = None


@dataclass(frozen=True, slots=True)
class Ended:
    reason: CloseReason
    by: StaffId | None


@dataclass(frozen=True, slots=True)
class OpenAgain:
    by: StaffId | None


@dataclass(frozen=True, slots=True)
class Judged:
    helped: bool


@dataclass(frozen=True, slots=True)
class Refused:
    """Why what somebody tried was not done; only they need to see it."""

    why: str
    """A value of `Refusal`."""


News: TypeAlias = (
    Called
    | Opened
    | Wrote
    | Sent
    | Answered
    | NewMessage
    | Took
    | Released
    | HandedOver
    | ColleagueAsked
    | UrgencySet
    | LabelSet
    | AlsoAnswering
    | SentToPerson
    | WroteElsewhere
    | GlassBroken
    | Reminded
    | Reached
    | PersonGone
    | PersonBack
    | CheckFailed
    | StillOpen
    | WaitsForAnswer
    | ReferralTold
    | Ended
    | OpenAgain
    | Judged
    | Refused
)
