"""What was understood of a text: the values that the dialogue works with, and the port that gives them."""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Protocol


class Level(StrEnum):
    """How sure we are that somebody is in danger."""

    CERTAIN = "certain"
    MAYBE = "maybe"
    NONE = "none"


class Mode(StrEnum):
    """What to do with the topics that were found: answer the first, offer three, or say that we do not know."""

    ANSWER = "answer"
    CHOOSE = "choose"
    NONE = "none"


@dataclass(frozen=True, slots=True)
class Danger:
    """Whether somebody may be in danger now; `kind` is an emergency topic, `because` the signs that were heard."""

    level: Level = Level.NONE
    kind: str | None = None
    because: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Matching:
    """Topics with their probabilities, the best first."""

    topics: tuple[tuple[str, float], ...] = ()
    mode: Mode = Mode.NONE
    language: str | None = None


@dataclass(frozen=True, slots=True)
class Understood:
    """Everything that a text was understood to say. `readable` is the text in clean Unicode, for people to read.

    `shareable` is there only where nothing was understood and no danger heard, and the words point at nobody: what
    editors may be shown once enough people have asked the same.
    """

    readable: str
    language: str | None = None
    wish: str | None = None
    danger: Danger = Danger()
    matching: Matching = Matching()
    shareable: str | None = None


class Understands(Protocol):
    """Whoever can make sense of a text."""

    def understand(self, text: str, language: str | None, profile: Mapping[str, str]) -> Understood:
        """Make sense of a text; `language` is the one the conversation is in, if chosen."""
        ...
