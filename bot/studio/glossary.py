"""Words that every translation must render alike, so that a person meets the same word for the same thing."""

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from bot.compiler.leaves import entries_at, maps_of, texts_at, texts_of, words_at
from bot.compiler.reading import Node
from bot.messages import Language


@dataclass(frozen=True, slots=True)
class Term:
    """An English word, its other forms, what it means here, and the words for it in each language.

    A language may have several: any of them will do, the first is the one to prefer.
    """

    english: str
    also: tuple[str, ...]
    note: str
    words: Mapping[Language, tuple[str, ...]]


def glossary_from(node: Node | None) -> tuple[Term, ...]:
    """The terms of `glossary.yaml`; none where there is no such file."""
    return () if node is None else tuple(_terms(node))


def _terms(node: Node) -> Iterator[Term]:
    for entry in maps_of(node):
        words = {
            Language(key.words): tuple(one.words for one in texts_of(many)) for key, many in entries_at(entry, "words")
        }
        also = tuple(one.words for one in texts_at(entry, "also"))
        yield Term(words_at(entry, "term"), also, words_at(entry, "note"), words)


def terms_in(english: str, glossary: Sequence[Term]) -> tuple[Term, ...]:
    """The terms that stand in an English text."""
    return tuple(term for term in glossary if any(_stands_in(word, english) for word in (term.english, *term.also)))


def lacking(english: str, words: str, language: Language, glossary: Sequence[Term]) -> tuple[Term, ...]:
    """The terms of an English text that its translation does not render as agreed."""
    return tuple(
        term
        for term in terms_in(english, glossary)
        if term.words.get(language) and not any(one in words for one in term.words[language])
    )


def _stands_in(word: str, english: str) -> bool:
    return re.search(rf"\b{re.escape(word)}\b", english, re.IGNORECASE) is not None
