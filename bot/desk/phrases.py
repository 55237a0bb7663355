"""Vetted questions and sentences that cross languages: staff choose one in theirs, the person reads and taps in theirs.

The words stand in the phrasebook: `card.<id>` is the sentence and `card.<id>.<answer>` the label of an answer.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import NewType

CardId = NewType("CardId", str)


@dataclass(frozen=True, slots=True)
class Card:
    """One sentence. `answers` are the values of its buttons; `slot` names what staff fill in, such as a time."""

    id: CardId
    group: str
    answers: tuple[str, ...] = ()
    slot: str | None = None


@dataclass(frozen=True, slots=True)
class Cards:
    """The whole phrasebook for helplines, in the authors' order; `groups` are its chapters."""

    all: Mapping[CardId, Card] = field(default_factory=dict)
    groups: tuple[str, ...] = ()
