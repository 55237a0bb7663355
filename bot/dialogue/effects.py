"""What a turn asks the world to do, in order."""

from dataclasses import dataclass
from datetime import timedelta
from typing import TypeAlias

from bot.messages import Message


@dataclass(frozen=True, slots=True)
class Send:
    """Show a message; one that replaces may take the place of the message whose button was pressed."""

    message: Message
    replaces: bool = False


@dataclass(frozen=True, slots=True)
class Wake:
    """Come back with Elapsed(node) after this time, unless the person has walked on by then."""

    node: str
    after: timedelta


@dataclass(frozen=True, slots=True)
class Cover:
    """Show a harmless screen in place of what was there; each door covers as well as it can."""

    message: Message


@dataclass(frozen=True, slots=True)
class Forget:
    """Erase everything kept about this conversation."""


@dataclass(frozen=True, slots=True)
class Count:
    """Add one to a figure that points at nobody, such as `topic_answered`."""

    what: str
    label: str = ""


Effect: TypeAlias = Send | Wake | Cover | Forget | Count
