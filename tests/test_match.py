"""What authors see of how texts are understood."""

import json
from pathlib import Path

import pytest

from bot.compiler import Lessons
from bot.compiler.teaching import KeywordsOnly
from bot.language import Example, Understanding, WishTable, concepts_from, safety_from
from bot.match import MatchError, explain_lines, match_lines, score_tables

CONCEPTS = concepts_from({"concepts": {"pay": {"en": ["salary", "wage"]}, "paper": {"en": ["passport"]}}})
SAFETY = safety_from({"ideas": {"hit": {"kind": "violence", "points": "4", "words": {"en": ["hits me"]}}}}, CONCEPTS)
UNDERSTANDING = Understanding.build(
    [
        *(Example("pay", "en", line) for line in ("my salary", "where is my salary", "salary is late", "no wage yet")),
        *(
            Example("paper", "en", line)
            for line in ("my passport", "a new passport", "passport please", "get passport")
        ),
        *(
            Example("violence", "en", line)
            for line in ("he hits me", "boss hits me hard", "hits me again", "she hits me")
        ),
    ],
    CONCEPTS,
    SAFETY,
    wishes=WishTable.build({"home": {"en": ["home"]}}),
)


def asked(*texts: str) -> list[str]:
    return [json.dumps({"text": text, "lang": "en"}) for text in texts]


def test_each_line_is_answered_in_order() -> None:
    rows = [json.loads(line) for line in match_lines(UNDERSTANDING, asked("my salary", "he hits me"))]

    assert [row["topics"][0] for row in rows] == ["pay", "violence"]
    assert [row["emergency"] for row in rows] == ["none", "certain"]


def test_an_explanation_names_the_ideas_the_topics_and_the_danger_with_its_signs() -> None:
    words = "\n".join(explain_lines(UNDERSTANDING, asked("He HITS me!", "home")))

    assert "compared as: he hits me" in words
    assert "ideas: hit" in words
    assert "violence" in words
    assert "idea hit +" in words
    assert "danger: certain, violence; signs: hit" in words
    assert "is the wish: home" in words


def test_content_that_teaches_no_topics_has_nothing_to_explain() -> None:
    nothing = KeywordsOnly(Lessons({}, {}, (), {}, {}))

    with pytest.raises(MatchError, match=r"concepts\.yaml"):
        list(explain_lines(nothing, asked("salary")))


def test_tables_are_scored_together(tmp_path: Path) -> None:
    first, second = tmp_path / "a.tsv", tmp_path / "b.tsv"
    first.write_text("lang\ttopic\talso_ok\ttext\nen\tpay\t\tmy wage\n", encoding="utf-8")
    second.write_text("lang\ttopic\talso_ok\ttext\nen\tpaper\t\tsalary\n", encoding="utf-8")

    lines = list(score_tables(UNDERSTANDING, [first, second]))

    assert lines[0] == "questions:"
    assert lines[-1].split() == ["1", "×", "paper", "→", "pay"]


@pytest.mark.parametrize("broken", ["no table at all", "lang\ttopic\nen\tpay"])
def test_a_file_that_is_no_table_is_named(tmp_path: Path, broken: str) -> None:
    path = tmp_path / "broken.tsv"
    path.write_text(broken + "\nx", encoding="utf-8")

    with pytest.raises(MatchError, match=r"broken\.tsv"):
        list(score_tables(UNDERSTANDING, [path]))
