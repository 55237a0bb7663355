"""The closed set of step kinds, in the authors' words.

A screen is a row of steps, run from top to bottom; Choose, Ask and some actions wait for the person.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import timedelta
from decimal import Decimal
from enum import StrEnum
from typing import NewType, TypeAlias

from bot.desk.ticket import Urgency
from bot.dialogue.arithmetic import Formula
from bot.dialogue.conditions import ALWAYS, Condition
from bot.dialogue.conversation import NodeToken
from bot.dialogue.phrasebook import TextId
from bot.facts import Wanted

FlowId = NewType("FlowId", str)
"""A flow by its file's name; a topic is a flow called `topic.<id>`."""

ScreenId = NewType("ScreenId", str)


@dataclass(frozen=True, slots=True)
class ToScreen:
    """To a screen of the same flow."""

    screen: ScreenId


@dataclass(frozen=True, slots=True)
class ToFlow:
    """To the start of another flow, leaving this one."""

    flow: FlowId


@dataclass(frozen=True, slots=True)
class ToHome:
    """To the home flow."""


@dataclass(frozen=True, slots=True)
class ToBack:
    """To the wait before this one."""


Target: TypeAlias = ToScreen | ToFlow | ToHome | ToBack


@dataclass(frozen=True, slots=True)
class Way:
    """A target that is taken when its condition holds."""

    to: Target
    when: Condition = ALWAYS


@dataclass(frozen=True, slots=True)
class Patience:
    """After so many wrong answers, go elsewhere."""

    after: int
    to: Target


@dataclass(frozen=True, slots=True)
class Reminder:
    """When no answer has come after this time, go elsewhere."""

    wait: timedelta
    to: Target


@dataclass(frozen=True, slots=True)
class Say:
    """Words; a heading is shown strong."""

    text: TextId
    when: Condition = ALWAYS
    heading: bool = False


@dataclass(frozen=True, slots=True)
class Show:
    """A picture by name."""

    media: str
    when: Condition = ALWAYS


@dataclass(frozen=True, slots=True)
class Option:
    """One button: known by its value, shown by its label; `opens` calls a flow and comes back here."""

    value: str
    label: TextId
    icon: str = ""
    to: Target | None = None
    opens: FlowId | None = None
    adds: tuple[tuple[str, Decimal], ...] = ()
    sets: tuple[tuple[str, str], ...] = ()
    when: Condition = ALWAYS


@dataclass(frozen=True, slots=True)
class Choose:
    """Buttons, and what the chosen value is saved as. Where it `talks`, what is written goes to the helpline."""

    node: NodeToken
    options: tuple[Option, ...]
    save: str | None = None
    columns: int = 1
    tries: Patience | None = None
    after: Reminder | None = None
    when: Condition = ALWAYS
    talks: bool = False


class AnswerKind(StrEnum):
    """What a typed answer is read as."""

    TEXT = "text"
    NUMBER = "number"
    MONEY = "money"
    DATE = "date"
    PHONE = "phone"
    PLACE = "place"
    LOCATION = "location"
    PHOTO = "photo"
    VOICE = "voice"
    YESNO = "yesno"
    CODE = "code"
    """The code by which somebody comes back to their ticket from another phone."""


@dataclass(frozen=True, slots=True)
class Ask:
    """A question with a typed answer, read as its kind and asked again until it fits."""

    node: NodeToken
    text: TextId
    kind: AnswerKind
    save: str | None = None
    hint: TextId | None = None
    low: Decimal | None = None
    high: Decimal | None = None
    tries: Patience | None = None
    after: Reminder | None = None
    when: Condition = ALWAYS


@dataclass(frozen=True, slots=True)
class Set:
    """Works out values, one after the other."""

    formulas: tuple[tuple[str, Formula], ...]
    when: Condition = ALWAYS


@dataclass(frozen=True, slots=True)
class Call:
    """Runs another flow and comes back."""

    node: NodeToken
    flow: FlowId
    save: str | None = None
    when: Condition = ALWAYS


@dataclass(frozen=True, slots=True)
class Go:
    """To the first of several ways whose condition holds; on to the next step when none does."""

    ways: tuple[Way, ...]


@dataclass(frozen=True, slots=True)
class End:
    """Leaves the flow, and may hand back a value."""

    value: str | None = None
    when: Condition = ALWAYS


@dataclass(frozen=True, slots=True)
class ListHotlines:
    """Hotlines that work where the person is; `where` holds country codes, `here` or `origin`: both unless said.

    Where none is found other lines stand in, unless `instead` is off: then what stands around it says what to do.
    """

    wanted: Wanted
    where: tuple[str, ...] = ()
    inline: bool = False
    instead: bool = True
    when: Condition = ALWAYS


@dataclass(frozen=True, slots=True)
class ListTopics:
    """Buttons of all topics of one stage."""

    node: NodeToken
    stage: str
    when: Condition = ALWAYS


@dataclass(frozen=True, slots=True)
class ListPlaces:
    """Places of one kind, those of the country where the person is first."""

    kind: str
    at_most: int = 3
    when: Condition = ALWAYS


@dataclass(frozen=True, slots=True)
class Checklist:
    """Items that can be ticked; the ticked ones are kept in the profile field `save`."""

    node: NodeToken
    save: str
    items: tuple[tuple[str, TextId], ...]
    when: Condition = ALWAYS


@dataclass(frozen=True, slots=True)
class Remind:
    """Come back with a flow after a time."""

    wait: timedelta
    flow: FlowId
    when: Condition = ALWAYS


@dataclass(frozen=True, slots=True)
class ForgetMe:
    """Erase what is kept about this person."""

    when: Condition = ALWAYS


@dataclass(frozen=True, slots=True)
class About:
    """Say how much of the content is reviewed in this language."""

    when: Condition = ALWAYS


@dataclass(frozen=True, slots=True)
class CallHelpline:
    """Open a ticket; where one is open, raise its urgency. The topic is the one they came from, unless said."""

    topic: str | None = None
    urgency: Urgency = Urgency.NORMAL
    when: Condition = ALWAYS


class Act(StrEnum):
    """What a person may do with their ticket by a button."""

    LOOK = "look"
    """Show what was held."""
    URGE = "urge"
    WITHDRAW = "withdraw"
    REOPEN = "reopen"
    AGREE = "agree"
    """To the referral they were asked about; the next refuses it, or takes consent back later."""
    REFUSE = "refuse"
    HELPED = "helped"
    NOT_HELPED = "not-helped"
    JOIN = "join"
    """Come back by the return code in the flow's value `code`; it is wiped."""
    KEEP_SECRET = "keep-secret"  # noqa: S105 - the name of an act
    """Remember the flow's values `secret1` to `secret3` as a verifier; they are wiped."""
    CHECK_SECRET = "check-secret"  # noqa: S105 - the name of an act
    """Compare them: the flow's value `secret_ok` becomes yes or no."""


@dataclass(frozen=True, slots=True)
class ActOnTicket:
    """Do something with the ticket."""

    act: Act
    when: Condition = ALWAYS


Do: TypeAlias = (
    CallHelpline | ActOnTicket | ListHotlines | ListTopics | ListPlaces | Checklist | Remind | ForgetMe | About
)
Step: TypeAlias = Say | Show | Choose | Ask | Set | Call | Go | Do | End
Wait: TypeAlias = Choose | Ask | ListTopics | Checklist
Spoken: TypeAlias = Say | Show | ListHotlines | ListPlaces | About
"""What only shows something, and may be shown again when a wait is asked again."""


@dataclass(frozen=True, slots=True)
class Screen:
    """A named row of steps."""

    id: ScreenId
    steps: tuple[Step, ...]


@dataclass(frozen=True, slots=True)
class Flow:
    """A page of screens; a sensitive one puts the quick exit first."""

    id: FlowId
    title: TextId
    start: ScreenId
    screens: Mapping[ScreenId, Screen] = field(default_factory=dict)
    sensitive: bool = False
