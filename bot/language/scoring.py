"""How well texts are understood, in figures that authors and the test run can hold on to.

A table of questions has the columns lang, topic, also_ok, text; one of emergencies has kind (emergency or lookalike)
too; one of off-topic lines has no topic. `compare_folds` needs no such table: it leaves out each fifth of the examples
in turn.
"""

import csv
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, fields

from bot.language.documents import Concepts, Safety
from bot.language.matching import Example
from bot.language.understanding import Understanding
from bot.language.understood import Level, Mode, Understands

SHOWN = 3
FOLDS = 5
EMERGENCY = "emergency"
LOOK_ALIKE = "lookalike"
_ABOUT_DANGER = (EMERGENCY, LOOK_ALIKE)
_MOST_CONFUSIONS = 20


@dataclass(frozen=True, slots=True)
class Question:
    """A text with the topics that answer it; none when no topic does."""

    language: str
    topics: frozenset[str]
    text: str
    kind: str = ""


@dataclass(frozen=True, slots=True)
class Score:
    """Shares from 0 to 1. `served`: the right answer was given, or stood among those offered."""

    questions: int
    first: float
    among_three: float
    served: float
    right_answers: float
    answered: float
    refused: float
    danger_certain: float
    danger_any: float
    language_right: float


@dataclass(frozen=True, slots=True)
class Mistake:
    language: str
    text: str
    wanted: str
    got: str


def questions_from(table: str) -> tuple[Question, ...]:
    """Read a tab-separated table with a header; raise ValueError when a needed column is missing."""
    rows = list(csv.DictReader(table.splitlines(), delimiter="\t", quoting=csv.QUOTE_NONE))
    for column in ("lang", "text"):
        if rows and column not in rows[0]:
            raise ValueError(f"the table needs a column '{column}'")
    return tuple(
        Question(
            row["lang"],
            frozenset(f"{row.get('topic') or ''} {row.get('also_ok') or ''}".replace(",", " ").split()),
            row["text"] or "",
            row.get("kind") or "",
        )
        for row in rows
    )


def score(understanding: Understands, questions: Iterable[Question]) -> Score:
    """Of questions without topics only `refused`, `answered`, the danger and the language mean anything."""
    counts: Counter[str] = Counter()
    for question in questions:
        understood = understanding.understand(question.text, None, {})
        matching, danger = understood.matching, understood.danger
        ids = [topic for topic, _ in matching.topics]
        first = bool(ids) and ids[0] in question.topics
        among = bool(question.topics & set(ids[:SHOWN]))
        counts.update(
            {
                "all": 1,
                "first": first,
                "among": among,
                "served": (matching.mode is Mode.ANSWER and first) or (matching.mode is Mode.CHOOSE and among),
                "answered": matching.mode is Mode.ANSWER,
                "right": matching.mode is Mode.ANSWER and first,
                "refused": matching.mode is Mode.NONE,
                "certain": danger.level is Level.CERTAIN,
                "any": danger.level is not Level.NONE,
                "language": understood.language == question.language,
            }
        )
    whole = counts["all"] or 1
    return Score(
        questions=counts["all"],
        first=counts["first"] / whole,
        among_three=counts["among"] / whole,
        served=counts["served"] / whole,
        right_answers=counts["right"] / (counts["answered"] or 1),
        answered=counts["answered"] / whole,
        refused=counts["refused"] / whole,
        danger_certain=counts["certain"] / whole,
        danger_any=counts["any"] / whole,
        language_right=counts["language"] / whole,
    )


def by_language(understanding: Understands, questions: Sequence[Question]) -> Mapping[str, Score]:
    """The same figures for each language by itself."""
    languages = dict.fromkeys(question.language for question in questions)
    return {
        language: score(understanding, [question for question in questions if question.language == language])
        for language in languages
    }


def mistakes(understanding: Understands, questions: Iterable[Question]) -> tuple[Mistake, ...]:
    """Questions whose first topic is not the wanted one: together they show which topics steal from each other."""
    found = []
    for question in questions:
        topics = understanding.understand(question.text, None, {}).matching.topics
        got = topics[0][0] if topics else ""
        if question.topics and got not in question.topics:
            found.append(Mistake(question.language, question.text, "|".join(sorted(question.topics)), got))
    return tuple(found)


def compare_folds(
    examples: Sequence[Example], concepts: Concepts, safety: Safety, folds: Sequence[int] = tuple(range(FOLDS))
) -> Mapping[str, Score]:
    """By language: how the examples of one fifth fare when only the other four fifths are learned."""
    found: dict[str, list[Score]] = {}
    for fold in folds:
        kept = [example for place, example in enumerate(examples) if place % FOLDS != fold]
        left_out = [
            Question(example.language, frozenset({example.topic}), example.text)
            for place, example in enumerate(examples)
            if place % FOLDS == fold
        ]
        for language, one in by_language(Understanding.build(kept, concepts, safety), left_out).items():
            found.setdefault(language, []).append(one)
    return {language: _mean(scores) for language, scores in found.items()}


def _mean(scores: Sequence[Score]) -> Score:
    whole = sum(one.questions for one in scores) or 1

    def share(figure: str) -> float:
        return float(sum(getattr(one, figure) * one.questions for one in scores) / whole)

    figures = {field.name: share(field.name) for field in fields(Score) if field.name != "questions"}
    return Score(questions=whole, **figures)


def shared_lines(examples: Iterable[Example]) -> tuple[tuple[str, tuple[str, ...]], ...]:
    """Lines that more than one topic claims; they teach nothing."""
    topics: dict[tuple[str, str], set[str]] = {}
    for example in examples:
        topics.setdefault((example.language, example.text.strip().lower()), set()).add(example.topic)
    return tuple((text, tuple(sorted(claimed))) for (_, text), claimed in topics.items() if len(claimed) > 1)


def report(understanding: Understands, questions: Sequence[Question]) -> Iterator[str]:
    """Everything that a table of questions says: by language, calls for help and what only sounds like one, lines that
    no topic answers, and which topics are taken for which.
    """
    groups = {
        "questions": [one for one in questions if one.topics and one.kind not in _ABOUT_DANGER],
        "calls for help (danger_certain should be 100%)": [one for one in questions if one.kind == EMERGENCY],
        "only sound like it (danger_certain should be 0%)": [one for one in questions if one.kind == LOOK_ALIKE],
        "no topic answers (refused should be 100%)": [one for one in questions if not one.topics],
    }
    for name, asked in groups.items():
        if asked:
            yield f"{name}:"
            yield from as_lines({**by_language(understanding, asked), "all": score(understanding, asked)})
            yield ""
    taken = Counter((one.wanted, one.got) for one in mistakes(understanding, groups["questions"]))
    if taken:
        yield "taken for another topic most often:"
    for (wanted, got), times in taken.most_common(_MOST_CONFUSIONS):
        yield f"{times:4} × {wanted} → {got or 'nothing'}"


def as_lines(scores: Mapping[str, Score]) -> tuple[str, ...]:
    """A table for people."""
    names = [field.name for field in fields(Score)]
    head = f"{'':10}" + "".join(f"{name:>15}" for name in names)
    return (head, *(f"{name:10}" + "".join(_cells(one, names)) for name, one in scores.items()))


def _cells(one: Score, names: Iterable[str]) -> Iterable[str]:
    for name in names:
        yield f"{one.questions:15}" if name == "questions" else f"{getattr(one, name):15.1%}"
