"""The content must understand people well enough: these figures may not drop. The questions are nobody's examples."""

import random
from collections.abc import Sequence
from dataclasses import replace

import pytest

from bot.language import LANGUAGES, Kind, Understanding, readable
from bot.language.scoring import Question, as_lines, by_language, questions_from, score
from tests.language.content import DATA, examples
from tests.language.zawgyi_writer import zawgyi

EMERGENCY_TOPICS = {kind.value for kind in Kind}


def test_no_example_is_a_question_that_measures_it(
    questions: Sequence[Question], emergencies: Sequence[Question], off_topic: Sequence[Question]
) -> None:
    unseen = [
        one for half in "ab" for what in ("questions", "emergencies", "negatives") for one in held_out(half, what)
    ]
    asked = {(question.language, question.text) for question in (*questions, *emergencies, *off_topic, *unseen)}
    shared = [line for line in examples() if (line.language, line.text) in asked]

    assert len(shared) < 0.05 * len(asked), shared


def test_the_right_topic_is_first_or_among_three(understanding: Understanding, questions: Sequence[Question]) -> None:
    scores = by_language(understanding, questions)
    whole = score(understanding, questions)

    assert whole.first >= 0.78, as_lines(scores)
    assert whole.among_three >= 0.92, as_lines(scores)
    assert min(one.first for one in scores.values()) >= 0.74, as_lines(scores)
    assert min(one.among_three for one in scores.values()) >= 0.89, as_lines(scores)


def test_answers_are_right_and_real_questions_are_not_refused(
    understanding: Understanding, questions: Sequence[Question]
) -> None:
    whole = score(understanding, questions)

    assert whole.served >= 0.86
    assert whole.right_answers >= 0.90
    assert whole.refused <= 0.05


def test_what_no_topic_answers_is_not_answered(understanding: Understanding, off_topic: Sequence[Question]) -> None:
    whole = score(understanding, off_topic)

    assert whole.refused >= 0.80
    assert whole.answered <= 0.05
    assert whole.danger_certain <= 0.03


def test_latin_letters_and_mixed_words_are_understood(
    understanding: Understanding, variants: Sequence[Question]
) -> None:
    whole = score(understanding, variants)
    romanised = score(understanding, [question for question in variants if question.kind == "roman"])

    assert (whole.first, whole.among_three, romanised.among_three) >= (0.72, 0.90, 0.80)


def test_zawgyi_is_understood_like_unicode(understanding: Understanding, questions: Sequence[Question]) -> None:
    burmese = [question for question in questions if question.language == "my"]
    written = [replace(question, text=zawgyi(question.text)) for question in burmese]
    restored = [readable(one.text) == readable(other.text) for one, other in zip(written, burmese, strict=True)]

    assert sum(restored) >= 0.6 * len(restored)
    assert score(understanding, written).among_three >= 0.92


def test_emergencies_are_certain(understanding: Understanding, emergencies: Sequence[Question]) -> None:
    called = [question for question in emergencies if question.kind == "emergency"]
    scores = by_language(understanding, called)

    assert set(scores) == set(LANGUAGES)
    assert score(understanding, called).danger_certain >= 0.95, as_lines(scores)
    assert min(one.danger_certain for one in scores.values()) >= 0.85, as_lines(scores)
    assert score(understanding, called).danger_any == 1


def test_unusual_wordings_are_mostly_heard(understanding: Understanding) -> None:
    # No example, no concept and no danger word was written for these lines; keep it so.
    table = (DATA / "unusual-emergencies.tsv").read_text(encoding="utf-8")
    whole = score(understanding, questions_from(table))

    assert whole.danger_certain >= 0.5
    assert whole.danger_any >= 0.85


@pytest.mark.parametrize("half", ["a", "b"])
def test_questions_that_nobody_worked_on_are_understood(understanding: Understanding, half: str) -> None:
    # Written before anybody had seen the examples. The mistakes of half a were looked at, those of half b never: see
    # docs/understanding.md.
    asked = held_out(half, "questions")
    whole, scores = score(understanding, asked), by_language(understanding, asked)

    assert whole.first >= 0.86, as_lines(scores)
    assert whole.among_three >= 0.92, as_lines(scores)
    assert whole.served >= 0.87, as_lines(scores)
    assert min(one.among_three for one in scores.values()) >= 0.89, as_lines(scores)
    assert whole.refused <= 0.06
    assert score(understanding, [one for one in asked if not one.topics & EMERGENCY_TOPICS]).danger_certain <= 0.04


@pytest.mark.parametrize("half", ["a", "b"])
def test_calls_for_help_that_nobody_worked_on_are_mostly_heard(understanding: Understanding, half: str) -> None:
    asked = held_out(half, "emergencies")
    calls = score(understanding, [one for one in asked if one.kind == "emergency"])
    alike = score(understanding, [one for one in asked if one.kind == "lookalike"])

    assert calls.danger_certain >= 0.62
    assert calls.danger_any >= 0.86
    assert alike.danger_certain <= 0.20


@pytest.mark.parametrize("half", ["a", "b"])
def test_what_no_topic_answers_is_mostly_refused(understanding: Understanding, half: str) -> None:
    whole = score(understanding, held_out(half, "negatives"))

    assert whole.refused >= 0.80
    assert whole.answered <= 0.13


def test_questions_and_look_alikes_are_no_false_alarm(
    understanding: Understanding, questions: Sequence[Question], emergencies: Sequence[Question]
) -> None:
    ordinary = score(understanding, [one for one in questions if not one.topics & EMERGENCY_TOPICS])
    alike = score(understanding, [one for one in emergencies if one.kind == "lookalike"])

    assert ordinary.danger_certain <= 0.04
    assert ordinary.danger_any <= 0.18
    assert alike.danger_certain <= 0.12


@pytest.mark.parametrize("seed", [1, 2])
def test_misspelt_emergencies_are_found(
    understanding: Understanding, emergencies: Sequence[Question], seed: int
) -> None:
    hand = random.Random(seed)
    called = [question for question in emergencies if question.kind == "emergency"]
    misspelt = [replace(question, text=_slip(question.text, hand)) for question in called for _ in range(3)]
    whole = score(understanding, misspelt)

    assert whole.danger_certain >= 0.85
    assert whole.danger_any >= 0.93


def held_out(half: str, what: str) -> Sequence[Question]:
    return questions_from((DATA / f"heldout-{half}-{what}.tsv").read_text(encoding="utf-8"))


def _slip(text: str, hand: random.Random) -> str:
    """One letter left out, doubled, or swapped with the next."""
    letters = list(text)
    place = hand.randrange(1, len(letters) - 1)
    match hand.randrange(3):
        case 0:
            del letters[place]
        case 1:
            letters.insert(place, letters[place])
        case _:
            letters[place], letters[place + 1] = letters[place + 1], letters[place]
    return "".join(letters)
