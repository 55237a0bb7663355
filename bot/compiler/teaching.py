"""What the content teaches about people's words: how they ask, what ideas and dangers are called."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import TypeAlias

from bot.compiler.leaves import Plain
from bot.dialogue.script import TopicId
from bot.language import Understands, Understood, WishTable, find_wish, language_of, readable
from bot.messages import Language


@dataclass(frozen=True, slots=True)
class Lessons:
    """Everything in the content that is about understanding; trees are as in their files."""

    keywords: Mapping[str, Mapping[str, list[str]]]
    examples: Mapping[Language, Mapping[TopicId, tuple[str, ...]]]
    emergencies: tuple[TopicId, ...]
    concepts: Plain
    safety: Plain


Teach: TypeAlias = Callable[[Lessons], Understands]


class KeywordsOnly:
    """Understands the words that steer the chat and nothing else."""

    __slots__ = ("_wishes",)

    def __init__(self, lessons: Lessons) -> None:
        self._wishes = WishTable.build(lessons.keywords)

    def understand(self, text: str, language: str | None, profile: Mapping[str, str]) -> Understood:
        """The text in clean Unicode, its language by its letters, and the wish if it is nothing else."""
        del profile
        words = readable(text)
        return Understood(words, language_of(words) or language, find_wish(words, self._wishes))
