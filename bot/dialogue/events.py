"""What can happen to a conversation."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import TypeAlias

from bot.desk.letters import Missed, Original, ToPerson
from bot.facts import Position
from bot.messages import Language, Message


class Wish(StrEnum):
    """What a person may want at any moment, wherever they stand."""

    BACK = "back"
    HOME = "home"
    LANGUAGE = "language"
    PERSON = "person"
    EXIT = "exit"
    HELP = "help"
    STOP = "stop"


class SharedKind(StrEnum):
    """What may be sent besides words; what is not among these arrives as OTHER."""

    PHOTO = "photo"
    VOICE = "voice"
    VIDEO = "video"
    DOCUMENT = "document"
    CONTACT = "contact"
    LOCATION = "location"
    STICKER = "sticker"
    OTHER = "other"


@dataclass(frozen=True, slots=True)
class Opened:
    """They came in by the front door: /start, a link, a poster's code. The payload may name a language and a flow."""

    language: Language | None = None
    flow: str | None = None


@dataclass(frozen=True, slots=True)
class Pressed:
    """They pressed a button that carries this, under a message (the door's id) that was sent then."""

    press: str
    message: str = ""
    sent: datetime | None = None


@dataclass(frozen=True, slots=True)
class Typed:
    """They wrote this; `message` is the door's id of the message."""

    words: str
    message: str = ""


@dataclass(frozen=True, slots=True)
class Shared:
    """They sent something that is not words; a position only passes through and is never kept."""

    kind: SharedKind
    position: Position | None = None
    original: Original | None = None
    words: str = ""
    """What stands under it."""


@dataclass(frozen=True, slots=True)
class Wished:
    """They asked for a way out by a command or a universal button of the door itself."""

    wish: Wish
    message: str = ""


@dataclass(frozen=True, slots=True)
class Flooded:
    """They wrote so much that some of it was passed over."""


@dataclass(frozen=True, slots=True)
class Looked:
    """They came back to the page and want to see where they stand."""


@dataclass(frozen=True, slots=True)
class Elapsed:
    """The time a wait had set for itself has passed; the token names that wait."""

    node: str


@dataclass(frozen=True, slots=True)
class Edited:
    """They changed a message they had written; `message` is the door's id of it."""

    words: str
    message: str = ""


@dataclass(frozen=True, slots=True)
class LetterCame:
    """Their ticket has something to tell."""

    letter: ToPerson


@dataclass(frozen=True, slots=True)
class Reported:
    """How it went with something that was to be shown: `message` is the door's id of it, None where it was missed."""

    ref: str
    message: str | None
    missed: Missed | None = None


@dataclass(frozen=True, slots=True)
class Waited:
    """Something that was to be shown could not be sent when it was `written`, so that it is looked at anew.

    With a `ref` it is staff's; `copies` says of what it is a copy; the person had not asked for one that is `unasked`.
    """

    message: Message | None
    written: datetime
    ref: str = ""
    copies: Original | None = None
    unasked: bool = False


Event: TypeAlias = (
    Opened | Pressed | Typed | Shared | Wished | Looked | Flooded | Elapsed | Edited | LetterCame | Reported | Waited
)
