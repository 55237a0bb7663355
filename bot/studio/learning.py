"""What people asked in vain, put together so that an editor sees which topic is missing.

Only questions that enough different people asked in the same words are ever kept; here those that are alike stand
together, the most asked first. How many people stand behind a group is not known, since one may have asked it in two
ways: the largest of its questions is told, as "at least".
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Final

from bot.dialogue.script import TopicId
from bot.language import Understands, clusters, normal
from bot.store.contract import Wondered

ALIKE: Final = 0.5
"""The part of their letter pairs that two questions share, from which on they are one matter."""

_NEAREST: Final = 3


@dataclass(frozen=True, slots=True)
class Matter:
    """Questions that are alike; `near` are the topics that come nearest, none of them near enough to answer."""

    questions: tuple[Wondered, ...]
    languages: tuple[str, ...]
    at_least: int
    near: tuple[TopicId, ...]


def matters(
    questions: Iterable[Wondered], understanding: Understands, names: Mapping[str, TopicId]
) -> Sequence[Matter]:
    """Unanswered questions in groups, the most asked first; `names` are the topics by their ids as understood."""
    groups: list[list[tuple[Wondered, frozenset[str]]]] = []
    for question in sorted(questions, key=lambda one: one.people, reverse=True):
        pairs = _pairs(question.text)
        home = next((group for group in groups if _is_alike(question, pairs, group)), None)
        if home is None:
            groups.append([(question, pairs)])
        else:
            home.append((question, pairs))
    made = [_matter([question for question, _ in group], understanding, names) for group in groups]
    return sorted(made, key=lambda matter: matter.at_least, reverse=True)


def _is_alike(question: Wondered, pairs: frozenset[str], group: list[tuple[Wondered, frozenset[str]]]) -> bool:
    first, its_pairs = group[0]
    if first.language != question.language or not pairs or not its_pairs:
        return False
    return len(pairs & its_pairs) / len(pairs | its_pairs) >= ALIKE


def _pairs(text: str) -> frozenset[str]:
    """Neighbouring letters as people see them: what also compares where no spaces stand between words."""
    seen = [one for one in clusters(normal(text)) if one.strip()]
    return frozenset(first + second for first, second in pairwise(seen)) or frozenset(seen)


def _matter(questions: list[Wondered], understanding: Understands, names: Mapping[str, TopicId]) -> Matter:
    return Matter(
        tuple(questions),
        tuple(sorted({one.language for one in questions})),
        max(one.people for one in questions),
        tuple(dict.fromkeys(_near(questions, understanding, names)))[:_NEAREST],
    )


def _near(questions: list[Wondered], understanding: Understands, names: Mapping[str, TopicId]) -> Iterator[TopicId]:
    for question in questions:
        for topic, _ in understanding.understand(question.text, question.language, {}).matching.topics[:_NEAREST]:
            if topic in names:
                yield names[topic]
