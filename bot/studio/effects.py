"""What a change of example questions does: which questions that were asked or tried before go elsewhere now.

Whoever adds an example to one topic may take questions from another without noticing. So the same questions are put to
the understanding of what is live and to that of the draft. All that come out otherwise are told, with what was wanted
where that is known.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path
from typing import Final

from bot.compiler.leaves import at, text_at, words_at
from bot.compiler.problems import Notebook
from bot.compiler.reading import read_path
from bot.compiler.rehearsal import Rehearsal, read_rehearsals
from bot.compiler.teaching import Lessons
from bot.dialogue.person import TOPIC
from bot.language import Mode, Understands
from bot.language.scoring import questions_from
from bot.messages import Language

SHOWN: Final = 3
"""So many topics are offered where it is not sure which one is meant."""


class Known(StrEnum):
    """Where a question comes from."""

    ASKED = "asked"
    """Many people asked it and got no answer."""
    TESTED = "tested"
    """It stands in a conversation that an author wrote down."""
    TRIED = "tried"
    """It stands in a table of questions by which the understanding is measured."""
    EXAMPLE = "example"
    """It is a new example question."""


class Verdict(StrEnum):
    """What the change did to a question."""

    BETTER = "better"
    WORSE = "worse"
    OTHER = "other"


@dataclass(frozen=True, slots=True)
class Question:
    """A question; with the topics that answer it, where that is known."""

    text: str
    language: Language | None
    known: Known
    wanted: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True)
class Went:
    """What somebody gets who asks: the first topic, a choice of several, or none; and what danger is heard."""

    mode: Mode
    topics: tuple[str, ...]
    danger: str = ""

    def serves(self, wanted: frozenset[str]) -> bool:
        """Whether what is wanted is among what they get."""
        return bool(wanted & set(self.topics))


@dataclass(frozen=True, slots=True)
class Moved:
    """A question that goes elsewhere now."""

    question: Question
    before: Went
    after: Went

    @property
    def verdict(self) -> Verdict:
        """Whether that is for the better, as far as it is known what is wanted."""
        wanted = self.question.wanted
        if not wanted:
            return Verdict.BETTER if self.before.mode is Mode.NONE else Verdict.OTHER
        ranks = [_rank(went, wanted) for went in (self.before, self.after)]
        if ranks[0] == ranks[1]:
            return Verdict.OTHER
        return Verdict.BETTER if ranks[1] > ranks[0] else Verdict.WORSE


def moved(questions: Iterable[Question], before: Understands, after: Understands) -> tuple[Moved, ...]:
    """All questions that come out otherwise, the worse ones first."""
    found = []
    for question in dict.fromkeys(questions):
        was, now = (_went(question, each) for each in (before, after))
        if _place(was, question) != _place(now, question):
            found.append(Moved(question, was, now))
    order = (Verdict.WORSE, Verdict.OTHER, Verdict.BETTER)
    return tuple(sorted(found, key=lambda one: order.index(one.verdict)))


def new_examples(before: Lessons, after: Lessons) -> tuple[Question, ...]:
    """The example questions that the draft adds: they should lead to their own topic."""
    return tuple(
        Question(line, language, Known.EXAMPLE, frozenset({topic}))
        for language, by_topic in after.examples.items()
        for topic, lines in by_topic.items()
        for line in lines
        if line not in before.examples.get(language, {}).get(topic, ())
    )


def typed_in(folder: Path) -> tuple[Question, ...]:
    """What is typed in the conversations of a folder of content, and which topic is expected then; reads the disk."""
    found: list[Question] = []
    for path in sorted((folder / "tests").glob("*.yaml")):
        notebook = Notebook()
        node = read_path(path, path.name, notebook)
        for rehearsal in () if node is None else read_rehearsals(node, notebook):
            found += _typed(rehearsal)
    return tuple(dict.fromkeys(found))


def tried_in(tables: Iterable[Path]) -> tuple[Question, ...]:
    """The questions of these tables; reads the disk."""
    return tuple(
        Question(one.text, Language(one.language), Known.TRIED, one.topics)
        for path in tables
        for one in questions_from(path.read_text(encoding="utf-8"))
    )


def _typed(rehearsal: Rehearsal) -> Iterator[Question]:
    for place, line in enumerate(rehearsal.lines):
        typed = text_at(line, "me")
        if typed is None:
            continue
        after = rehearsal.lines[place + 1] if place + 1 < len(rehearsal.lines) else None
        expected = at(after, "bot") if after is not None else None
        topic = words_at(expected, "topic") if expected is not None else ""
        language = None if rehearsal.every_language else rehearsal.language
        yield Question(typed.words, language, Known.TESTED, frozenset({topic} - {""}))


def _went(question: Question, understanding: Understands) -> Went:
    understood = understanding.understand(question.text, question.language, {})
    matching = understood.matching
    shown = {Mode.ANSWER: 1, Mode.CHOOSE: SHOWN, Mode.NONE: 0}[matching.mode]
    danger = f"{understood.danger.level}:{understood.danger.kind}" if understood.danger.kind else ""
    return Went(matching.mode, tuple(topic.removeprefix(TOPIC) for topic, _ in matching.topics[:shown]), danger)


def _place(went: Went, question: Question) -> tuple[Mode, tuple[str, ...], str, bool]:
    """What counts of where a question goes: which topics stand last in a choice does not, unless one is wanted."""
    return went.mode, went.topics[:1], went.danger, went.serves(question.wanted)


def _rank(went: Went, wanted: frozenset[str]) -> int:
    """The right answer at once is best, then a choice with it in; a wrong answer is worse than none."""
    if went.serves(wanted):
        return 3 if went.mode is Mode.ANSWER else 2
    return 0 if went.mode is Mode.ANSWER else 1
