"""The two documents of words are checked, and all mistakes are told at once."""

import pytest

from bot.language import Kind, concepts_from, foreign_letters, lexicon_from, safety_from
from tests.language.content import CONTENT, tree

CONCEPTS = concepts_from({"concepts": {"lock": {"en": ["locked"]}, "passport": {"en": ["passport"]}}})


def test_all_mistakes_in_concepts_are_told_with_their_place() -> None:
    with pytest.raises(ValueError, match="concepts") as told:
        concepts_from(
            {
                "concepts": {"wage": {"en": ["salary", ""], "xx": ["a"], "lo": ["เงิน"], "km": "no list"}},
                "off_topic": {"en": [{"a": "b"}]},
                "surplus": "x",
            }
        )

    assert str(told.value).splitlines() == [
        "surplus: unknown word; known are concepts, off_topic",
        "concepts.wage.xx: unknown word; known are km, lo, my, th, en, romanised",
        "concepts.wage.en[1]: a text is expected here",
        "concepts.wage.lo[0]: letters of another script: เงิน",
        "concepts.wage.km: a list is expected here",
        "off_topic.en[0]: a text is expected here",
    ]


def test_all_mistakes_in_safety_are_told_with_their_place() -> None:
    with pytest.raises(ValueError, match="ideas") as told:
        safety_from(
            {
                "ideas": {
                    "lock": {"kind": "held", "points": "many"},
                    "blade": {"kind": "violence", "points": "1"},
                    "knife": {"kind": "violence"},
                },
                "together": [{"ideas": ["lock", "moon"], "points": "1"}],
                "examples": {"hunger": {"en": ["i am hungry"]}},
            },
            CONCEPTS,
        )

    assert str(told.value).splitlines() == [
        "ideas.lock.points: a number is expected here",
        "ideas.lock.kind: unknown kind; known are held-against-will, violence, suicide, medical-emergency",
        "ideas.blade: no such idea in concepts.yaml; write it there or give it words here",
        "ideas.knife: 'points' is missing",
        "ideas.knife: no such idea in concepts.yaml; write it there or give it words here",
        "together[0]: no idea is called 'moon'",
        "examples.hunger.kind: unknown kind; known are held-against-will, violence, suicide, medical-emergency",
    ]


def test_a_document_of_another_shape_is_told() -> None:
    with pytest.raises(ValueError, match="the file: names with values are expected here"):
        concepts_from(["a", "list"])


def test_the_words_of_both_documents_are_one_lexicon() -> None:
    safety = safety_from(
        {
            "ideas": {
                "lock": {"kind": "held-against-will", "points": "2"},
                "fear": {"kind": "violence", "points": "1.5", "words": {"en": ["afraid"]}},
                "box": {"points": "2", "words": {"en": ["box"]}},
            },
            "together": [{"ideas": ["lock", "passport"], "points": "-2"}],
            "look_alikes": {"en": {"document-kept": ["passport locked in a box"]}},
            "preview": {"en": ["police"]},
        },
        CONCEPTS,
    )

    assert safety.signs["lock"].kind is Kind.HELD_AGAINST_WILL
    assert safety.signs["box"].kind is None
    assert [example.topic for example in safety.examples] == ["document-kept"]
    assert safety.preview == {"en": ("police",)}
    assert lexicon_from(CONCEPTS, safety).known("afraid") == "afraid"


def test_the_documents_of_the_content_are_sound() -> None:
    concepts = concepts_from(tree(CONTENT / "concepts.yaml"))
    safety = safety_from(tree(CONTENT / "safety.yaml"), concepts)

    assert len(concepts.words) >= 80
    assert {example.topic for example in safety.examples} >= {kind.value for kind in Kind}
    assert all(not foreign_letters(line.text, line.language) for line in concepts.off_topic)
