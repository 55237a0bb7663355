"""From examples to topics."""

import pytest

from bot.language import Example, Lexicon, Matcher, Mode

CONCEPTS = Lexicon.build(
    {
        "passport": ["passport", "ພາສປອດ", "หนังสือเดินทาง", "pat sa po"],
        "wage": ["salary", "wage", "ເງິນເດືອນ", "เงินเดือน", "la sar"],
        "lost": ["lost", "ເສຍ", "หาย"],
        "unpaid": ["not paid", "no salary", "ບໍ່ຈ່າຍ", "ไม่จ่าย", "ma ya"],
    }
)
EXAMPLES = [
    Example(topic, "en", line)
    for topic, lines in {
        "lost-passport": [
            "i lost my passport",
            "passport lost what now",
            "lost passport at the market",
            "my passport is lost",
            "where to go with a lost passport",
        ],
        "passport-get": [
            "new passport please",
            "how to make a passport",
            "passport office",
            "passport price",
            "first passport for me",
        ],
        "wage-unpaid": [
            "salary not paid",
            "boss did not give wage",
            "no salary this month",
            "wage not paid again",
            "my salary is not paid",
        ],
    }.items()
    for line in lines
]
NEGATIVES = [
    Example("", "en", line) for line in ("play football", "nice weather", "buy shoes", "sing a song", "what a match")
]
MATCHER = Matcher.build(EXAMPLES, CONCEPTS, NEGATIVES, {"wage-unpaid": "work", "passport-get": "before"})


@pytest.mark.parametrize(
    ("text", "topic"),
    [
        ("i have lost the passport", "lost-passport"),
        ("they say my salary was not paid", "wage-unpaid"),
        ("pasport lost", "lost-passport"),
    ],
)
def test_a_question_in_other_words_finds_its_topic(text: str, topic: str) -> None:
    assert MATCHER.match(text).topics[0][0] == topic


@pytest.mark.parametrize(
    ("text", "topic", "language"),
    [
        ("ພາສປອດເສຍ", "lost-passport", "lo"),
        ("หนังสือเดินทางหาย", "lost-passport", "th"),
        ("ນາຍບໍ່ຈ່າຍເງິນເດືອນ", "wage-unpaid", "lo"),
    ],
)
def test_shared_ideas_carry_an_example_into_a_language_without_any(text: str, topic: str, language: str) -> None:
    matching = MATCHER.match(text)

    assert matching.topics[0][0] == topic
    assert matching.language == language


def test_latin_letters_carry_it_too() -> None:
    assert MATCHER.match("la sar ma ya").topics[0][0] == "wage-unpaid"


@pytest.mark.parametrize("text", ["", "   ", "?!", "play football today", "ឆ្មា"])
def test_what_no_example_is_like_is_not_understood(text: str) -> None:
    assert MATCHER.match(text).mode is Mode.NONE


def test_chances_are_shares_best_first() -> None:
    chances = [chance for _, chance in MATCHER.match("passport lost").topics]

    assert chances == sorted(chances, reverse=True)
    assert 0 < sum(chances) <= 1.0001


def test_the_stage_of_the_person_only_tips_the_scales() -> None:
    plain = dict(MATCHER.match("salary passport").topics)
    at_work = dict(MATCHER.match("salary passport", None, {"stage": "work"}).topics)

    assert plain["wage-unpaid"] < at_work["wage-unpaid"] < plain["wage-unpaid"] + 0.1


def test_the_place_of_the_person_only_tips_the_scales() -> None:
    plain = dict(MATCHER.match("salary passport").topics)
    abroad = dict(MATCHER.match("salary passport", None, {"here": "th"}).topics)
    at_home = dict(MATCHER.match("salary passport", None, {"here": "kh"}).topics)

    assert plain["wage-unpaid"] < abroad["wage-unpaid"] < plain["wage-unpaid"] + 0.1
    assert plain["passport-get"] < at_home["passport-get"] < plain["passport-get"] + 0.1
    assert MATCHER.match("lost passport", None, {"here": "th"}).topics[0][0] == "lost-passport"


def test_a_stored_matcher_says_the_same() -> None:
    again = Matcher.from_bytes(MATCHER.to_bytes(), CONCEPTS)

    assert again.match("lost my pasport") == MATCHER.match("lost my pasport")


def test_the_same_examples_teach_the_same() -> None:
    assert Matcher.build(EXAMPLES, CONCEPTS, NEGATIVES).match("passport") == Matcher.build(
        EXAMPLES, CONCEPTS, NEGATIVES
    ).match("passport")


@pytest.mark.parametrize("stored", [b"", b"nonsense", MATCHER.to_bytes()[:200]])
def test_a_broken_store_is_told(stored: bytes) -> None:
    with pytest.raises(ValueError, match="build it again"):
        Matcher.from_bytes(stored, CONCEPTS)


def test_authors_see_why() -> None:
    explained = MATCHER.explain("My PASSPORT is lost!")

    assert explained.normal == "my passport is lost"
    assert explained.ideas == ("passport", "lost")
    assert explained.topics[0][0] == "lost-passport"
    assert explained.reasons


def test_words_of_latin_letters_tell_whose_language_they_are() -> None:
    matcher = Matcher.build(
        [
            Example("a", "en", "where is my salary"),
            Example("a", "km", "prak khae knhom nov na"),
            Example("b", "km", "knhom jong tov"),
            Example("b", "en", "i want to go"),
        ],
        Lexicon.build({}),
        [],
    )

    assert matcher.match("knhom min deng").language == "km"
    assert matcher.match("where to").language == "en"
    assert matcher.match("12345", "th").language == "th"


def test_a_few_words_of_latin_letters_take_nobody_out_of_their_language() -> None:
    matcher = Matcher.build(
        [
            Example("a", "en", "where is my salary"),
            Example("b", "en", "i want to go home now"),
            Example("a", "my", "lasar bal mhar lal"),
            Example("b", "my", "ein pyan chin tal"),
        ],
        Lexicon.build({}),
        [],
    )

    assert matcher.match("salary where", "my").language == "my"
    assert matcher.match("salary where lasar home now", "my").language == "my"
    assert matcher.match("salary home where kya nor doh yauk nay", "my").language == "my"
    assert matcher.match("where is my salary now", "my").language == "en"
    assert matcher.match("lasar bal mhar", "en").language == "my"
