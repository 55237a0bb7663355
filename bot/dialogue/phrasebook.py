"""Phrases by language, with fallback, and the slots in them.

A phrase is split at its slots once, when the content is compiled. What fills a slot is never read as a slot again.
"""

from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import NewType, TypeAlias

from bot.facts import FactId, HotlineId
from bot.messages import Language

TextId = NewType("TextId", str)
"""Where words stand: `offer-check.q1.say`, `topic.mou-cost.answer.kh`, `phrase.back`."""


@dataclass(frozen=True, slots=True)
class FactSlot:
    """`{fact:minimum-wage}`"""

    fact: FactId


@dataclass(frozen=True, slots=True)
class HotlineSlot:
    """`{hotline:th-1300}`"""

    hotline: HotlineId


@dataclass(frozen=True, slots=True)
class ValueSlot:
    """`{profile.origin}` or `{months}`: an answer given earlier."""

    name: str


Slot: TypeAlias = FactSlot | HotlineSlot | ValueSlot
Phrase: TypeAlias = tuple[str | Slot, ...]


class Standing(StrEnum):
    """How far a translation can be trusted."""

    SOURCE = "source"
    DRAFT = "draft"
    REVIEWED = "reviewed"
    STALE = "stale"


@dataclass(frozen=True, slots=True)
class Worded:
    """A phrase in one language, and how far it can be trusted."""

    phrase: Phrase
    standing: Standing


class Phrasebook:
    """All phrases of the content: text id → language → phrase."""

    __slots__ = ("_fallbacks", "_phrases", "_reviewed")

    def __init__(
        self,
        phrases: Mapping[TextId, Mapping[Language, Worded]],
        fallbacks: Mapping[Language, tuple[Language, ...]],
    ) -> None:
        self._phrases = phrases
        self._fallbacks = fallbacks
        self._reviewed = Counter(
            language
            for worded in phrases.values()
            for language, one in worded.items()
            if one.standing in (Standing.SOURCE, Standing.REVIEWED)
        )

    def __contains__(self, text_id: object) -> bool:
        return text_id in self._phrases

    def __iter__(self) -> Iterator[TextId]:
        return iter(self._phrases)

    def find(self, text_id: TextId, language: Language) -> tuple[Phrase, Language]:
        """The phrase, and the language it is really in: the asked one or the first fallback that has it."""
        worded = self._phrases[text_id]
        if language in worded:
            return worded[language].phrase, language
        for fallback in self._fallbacks.get(language, ()):
            if fallback in worded:
                return worded[fallback].phrase, fallback
        first = next(iter(worded))
        return worded[first].phrase, first

    def reviewed(self, language: Language) -> tuple[int, int]:
        """How many texts of a language are its source or have been reviewed by a speaker, and how many there are."""
        return self._reviewed[language], len(self._phrases)

    def worded(self, text_id: TextId) -> Mapping[Language, Worded]:
        """All languages of one text, without fallback."""
        return self._phrases[text_id]
