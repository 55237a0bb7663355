"""What the content teaches about people's words: how they ask, what ideas and dangers are called."""

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, fields
from functools import cache
from hashlib import sha256
from pathlib import Path
from secrets import token_hex
from typing import Final, TypeAlias
from zipfile import BadZipFile

from bot import language
from bot.compiler.leaves import Plain
from bot.dialogue.script import TopicId
from bot.language import (
    Example,
    Understanding,
    Understands,
    Understood,
    WishTable,
    concepts_from,
    find_wish,
    language_of,
    readable,
    safety_from,
)
from bot.messages import Language

_NAME_CHARACTERS: Final = 16


@dataclass(frozen=True, slots=True)
class Lessons:
    """Everything in the content that is about understanding; trees are as in their files."""

    keywords: Mapping[str, Mapping[str, list[str]]]
    examples: Mapping[Language, Mapping[TopicId, tuple[str, ...]]]
    emergencies: tuple[TopicId, ...]
    concepts: Plain
    safety: Plain
    stages: Mapping[str, str] = field(default_factory=dict)


Teach: TypeAlias = Callable[[Lessons], Understands]


class KeywordsOnly:
    """Understands the words that steer the chat and nothing else: for content that teaches nothing more."""

    __slots__ = ("_wishes",)

    def __init__(self, lessons: Lessons) -> None:
        self._wishes = WishTable.build(lessons.keywords)

    def understand(self, text: str, language: str | None, profile: Mapping[str, str]) -> Understood:
        """The text in clean Unicode, its language by its letters, and the wish if it is nothing else."""
        del profile
        words = readable(text)
        return Understood(words, language_of(words) or language, find_wish(words, self._wishes))


def teach_in(cache: Path | None) -> Teach:
    """Teach topics and dangers too; what was learned is kept in a folder, since learning takes a second."""

    def teach(lessons: Lessons) -> Understands:
        if not lessons.concepts or not lessons.safety:
            return KeywordsOnly(lessons)
        stored = cache / f"{fingerprint(lessons)}.matcher" if cache is not None else None
        if stored is not None and stored.is_file():
            try:
                return _understanding(lessons, stored.read_bytes())
            except (ValueError, OSError, BadZipFile):
                # Written by another version, or broken: learned again and written anew.
                pass
        understanding = _understanding(lessons, None)
        if stored is not None:
            _keep(stored, understanding.to_bytes())
        return understanding

    return teach


def fingerprint(lessons: Lessons) -> str:
    """A name for exactly these lessons, learned by exactly this code."""
    told = {each.name: getattr(lessons, each.name) for each in fields(lessons)}
    words = json.dumps(told, ensure_ascii=False, sort_keys=True)
    return sha256(words.encode() + _how_it_is_learned()).hexdigest()[:_NAME_CHARACTERS]


@cache
def _how_it_is_learned() -> bytes:
    """The code that learns: other code learns other things from the same lessons."""
    return b"".join(path.read_bytes() for path in sorted(Path(language.__file__).parent.glob("*.py")))


def _understanding(lessons: Lessons, stored: bytes | None) -> Understanding:
    concepts = concepts_from(lessons.concepts)
    return Understanding.build(
        [
            Example(topic, language, line)
            for language, by_topic in lessons.examples.items()
            for topic, lines in by_topic.items()
            for line in lines
        ],
        concepts,
        safety_from(lessons.safety, concepts),
        stages=lessons.stages,
        wishes=WishTable.build(lessons.keywords),
        stored=stored,
    )


def _keep(path: Path, learned: bytes) -> None:
    """Write a file whole or not at all; the lessons of before are not needed any more."""
    path.parent.mkdir(parents=True, exist_ok=True)
    # Several at once may learn the same.
    beside = path.with_suffix(f".{token_hex(4)}")
    beside.write_bytes(learned)
    beside.replace(path)
    for old in path.parent.glob("*.matcher"):
        if old != path:
            old.unlink(missing_ok=True)
