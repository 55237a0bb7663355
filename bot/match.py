"""What `waymark match` does: JSON lines in, what was understood out, one line each and in the same order.

For authors it explains one text at a time, or scores whole tables of questions.
"""

import json
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from typing import Final

import msgspec

from bot.language import Understanding, Understands, Understood
from bot.language.scoring import Question, questions_from, report

_FEATURES: Final = {
    "=": "idea {}",
    "w:": "word {}",
    "s:": "sounds like {}",
    "c:": "letters {}",
    "~": "roughly {}",
}


class MatchError(ValueError):
    """A line that is no question, a table that is none, or content that teaches nothing to explain."""


class _Asked(msgspec.Struct):
    text: str
    lang: str | None = None


_ASKED = msgspec.json.Decoder(_Asked)


def match_lines(understanding: Understands, lines: Iterable[str]) -> Iterator[str]:
    """Understand each line; raise MatchError at one that is not `{"text": …, "lang": …}`."""
    for asked in _asked(lines):
        yield json.dumps(_row(understanding.understand(asked.text, asked.lang, {})), ensure_ascii=False)


def explain_lines(understanding: Understands, lines: Iterable[str]) -> Iterator[str]:
    """Why each line is understood as it is, for people; raise MatchError as `match_lines` does."""
    if not isinstance(understanding, Understanding):
        raise MatchError("this content teaches no topics: it needs concepts.yaml and safety.yaml")
    for asked in _asked(lines):
        yield from _explained(understanding, asked)


def score_tables(understanding: Understands, tables: Sequence[Path]) -> Iterator[str]:
    """How well the questions of these tables are understood; raise MatchError for a table that is none."""
    questions: list[Question] = []
    for path in tables:
        try:
            questions += questions_from(path.read_text(encoding="utf-8"))
        except ValueError as error:
            raise MatchError(f"{path}: {error}; write it with tabs between: lang, topic, also_ok, text") from error
    yield from report(understanding, questions)


def _asked(lines: Iterable[str]) -> Iterator[_Asked]:
    for place, line in enumerate(lines, start=1):
        if not line.strip():
            continue
        try:
            yield _ASKED.decode(line)
        except msgspec.DecodeError as error:
            raise MatchError(f'line {place}: {error}; write {{"text": "…", "lang": "km"}}') from error


def _row(understood: Understood) -> dict[str, object]:
    return {
        "topics": [topic for topic, _ in understood.matching.topics],
        "mode": understood.matching.mode,
        "emergency": understood.danger.level,
        "lang": understood.language,
    }


def _explained(understanding: Understanding, asked: _Asked) -> Iterator[str]:
    understood = understanding.understand(asked.text, asked.lang, {})
    explanation, danger = understanding.explain(asked.text)
    yield understood.readable
    yield f"  compared as: {explanation.normal or '(nothing)'}"
    yield f"  language: {understood.language or 'not known'}"
    if understood.wish is not None:
        yield f"  is the wish: {understood.wish}"
    yield f"  ideas: {', '.join(explanation.ideas) or 'none'}"
    yield f"  mode: {explanation.mode}"
    yield from (f"  {chance:6.1%} {topic}" for topic, chance in explanation.topics)
    yield f"  for the first topic: {_spoken(explanation.reasons)}"
    kind = f", {danger.kind}" if danger.kind else ""
    yield f"  danger: {danger.level}{kind}; signs: {', '.join(danger.because) or 'none'}"
    yield f"  alarm {explanation.alarm:+.1f}: {_spoken(explanation.alarming)}"
    yield ""


def _spoken(reasons: Iterable[tuple[str, float]]) -> str:
    return "; ".join(f"{_named(feature)} {weight:+.2f}" for feature, weight in reasons) or "nothing is known"


def _named(feature: str) -> str:
    for mark, words in _FEATURES.items():
        if feature.startswith(mark):
            return words.format(feature.removeprefix(mark))
    return f"ideas {feature.replace('+', ' and ')}" if "+" in feature else f"written {feature}"
