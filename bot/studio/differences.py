"""What is different between two states of the content, in words for people who never see a file."""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum

from bot.messages import Language


class PieceKind(StrEnum):
    SAME = "same"
    ADDED = "added"
    REMOVED = "removed"


@dataclass(frozen=True, slots=True)
class Piece:
    """Some words of a text that stayed, came or went."""

    kind: PieceKind
    words: str


@dataclass(frozen=True, slots=True)
class Difference:
    """One value that is different. `before` is None where it is new, `after` where it is gone.

    `kind` is what it belongs to: fact, hotline, topic, flow, place, helpline, phrase, card, text, test, media, file.
    `field` is the way to the value inside of it, such as `numbers.1.dial`; empty where the whole thing came or went.
    """

    kind: str
    id: str
    title: str
    field: str
    language: Language | None
    before: str | None
    after: str | None
    file: str = ""


def differences(before: Mapping[str, bytes], after: Mapping[str, bytes]) -> tuple[Difference, ...]:
    """Everything that is different, by kind and id; given are the files that are not the same, each side its own."""
    raise NotImplementedError


def pieces(before: str, after: str) -> tuple[Piece, ...]:
    """How one text became the other; never cut inside of what people see as one letter."""
    raise NotImplementedError
