"""The figures themselves."""

import pytest

from bot.language import Example, Understanding, concepts_from, safety_from
from bot.language.scoring import (
    Question,
    as_lines,
    by_language,
    compare_folds,
    mistakes,
    questions_from,
    report,
    score,
    shared_lines,
)

CONCEPTS = concepts_from({"concepts": {"cat": {"en": ["cat"], "th": ["แมว"]}, "dog": {"en": ["dog"], "th": ["หมา"]}}})
SAFETY = safety_from({"ideas": {"bite": {"kind": "violence", "points": "3", "words": {"en": ["bite"]}}}}, CONCEPTS)
EXAMPLES = [
    Example(topic, "en", line)
    for topic in ("cat", "dog")
    for line in (
        f"my {topic}",
        f"a {topic} here",
        f"the {topic} runs",
        f"feed the {topic}",
        f"{topic} food",
        f"big {topic}",
    )
]
SMALL = Understanding.build(EXAMPLES, CONCEPTS, SAFETY)


def test_a_table_becomes_questions() -> None:
    table = 'lang\tkind\ttopic\talso_ok\ttext\nen\tplain\tcat\tdog, bird\tmy "cat\nth\t\t\t\tแมว'

    assert questions_from(table) == (
        Question("en", frozenset({"cat", "dog", "bird"}), 'my "cat', "plain"),
        Question("th", frozenset(), "แมว", ""),
    )


def test_a_table_without_texts_is_told() -> None:
    with pytest.raises(ValueError, match="needs a column 'text'"):
        questions_from("lang\ttopic\nen\tcat")


def test_right_and_wrong_are_counted() -> None:
    asked = [
        Question("en", frozenset({"cat"}), "the cat"),
        Question("en", frozenset({"dog"}), "the cat"),
        Question("th", frozenset({"dog"}), "หมา"),
    ]
    whole = score(SMALL, asked)

    assert whole.questions == 3
    assert whole.first == pytest.approx(2 / 3)
    assert whole.among_three == 1
    assert {language: one.first for language, one in by_language(SMALL, asked).items()} == {"en": 0.5, "th": 1.0}
    assert [(mistake.wanted, mistake.got) for mistake in mistakes(SMALL, asked)] == [("dog", "cat")]


def test_no_questions_give_no_figures() -> None:
    assert score(SMALL, []).questions == 0


def test_danger_is_counted() -> None:
    assert score(SMALL, [Question("en", frozenset(), "they bite")]).danger_certain == 1


def test_each_fifth_is_asked_while_the_others_teach() -> None:
    scores = compare_folds(EXAMPLES, CONCEPTS, SAFETY)

    assert scores["en"].questions == len(EXAMPLES)
    assert scores["en"].first > 0.8


def test_lines_that_two_topics_claim_are_listed() -> None:
    lines = [Example("cat", "en", "hello"), Example("dog", "en", "Hello "), Example("dog", "en", "woof")]

    assert shared_lines(lines) == (("hello", ("cat", "dog")),)


def test_figures_are_lines_for_people() -> None:
    head, line = as_lines({"en": score(SMALL, [Question("en", frozenset({"cat"}), "cat")])})

    assert head.split()[:2] == ["questions", "first"]
    assert line.split()[:3] == ["en", "1", "100.0%"]


def test_a_report_tells_questions_from_calls_for_help_and_from_what_no_topic_answers() -> None:
    asked = [
        Question("en", frozenset({"cat"}), "my cat"),
        Question("en", frozenset({"dog"}), "the cat"),
        Question("en", frozenset({"violence"}), "they bite", "emergency"),
        Question("en", frozenset({"dog"}), "dog food", "lookalike"),
        Question("en", frozenset(), "xyz"),
    ]
    lines = list(report(SMALL, asked))

    heads = [line for line in lines if line.endswith(":")]
    assert [head.split(" ")[0] for head in heads] == ["questions:", "calls", "only", "no", "taken"]
    assert lines[-1].split() == ["1", "×", "dog", "→", "cat"]
