"""What is different is told in words, by things and not by files, and no letter is ever cut."""

from itertools import pairwise
from unicodedata import category

from hypothesis import given
from hypothesis import strategies as st

from bot.messages import Language
from bot.studio.differences import Difference, Piece, PieceKind, differences, pieces
from tests.compiler.content_builder import FACT, HOME, HOTLINE, TOPIC
from tests.conftest import CONTENT

FACTS, FLOW, TOPICS = "facts/thailand.yaml", "flows/home.yaml", "topics/work.yaml"


def told(name: str, before: str, after: str) -> tuple[Difference, ...]:
    return differences({name: before.encode()}, {name: after.encode()})


def test_a_value_is_told_with_the_thing_that_it_belongs_to() -> None:
    assert told(FACTS, FACT, FACT.replace("400", "450").replace("A law", "Another law")) == (
        Difference("fact", "th-wage", "Minimum wage", "value", None, "400", "450", FACTS),
        Difference("fact", "th-wage", "Minimum wage", "source.title", None, "A law", "Another law", FACTS),
    )
    (only,) = told("hotlines/thailand.yaml", HOTLINE, HOTLINE.replace('dial: "1506"', 'dial: "1507"'))
    assert (only.kind, only.id, only.field, only.before, only.after) == (
        "hotline",
        "th-1506",
        "numbers.1.dial",
        "1506",
        "1507",
    )


def test_what_came_and_what_went_is_told_whole() -> None:
    other = FACT.replace("th-wage", "th-fee").replace("Minimum wage", "A fee")
    (came,) = told(FACTS, FACT, FACT + other)
    assert (came.id, came.title, came.field, came.before) == ("th-fee", "A fee", "", None)
    assert "value: 400" in (came.after or "")
    (went,) = differences({FACTS: FACT.encode()}, {})
    assert (went.id, went.after) == ("th-wage", None)


def test_nothing_hides_behind_another_of_the_same_name() -> None:
    found = told(FACTS, FACT, FACT.replace("400", "450") + FACT.replace("400", "999"))

    assert [(one.id, one.field) for one in found] == [("th-wage", "value"), ("th-wage (2)", "")]
    assert "value: 999" in (found[1].after or "")


def test_what_only_moved_is_no_difference() -> None:
    assert differences({FACTS: FACT.encode()}, {"facts/wages.yaml": FACT.encode()}) == ()
    assert (
        differences(
            {FACTS: (FACT + FACT.replace("th-wage", "th-b")).encode()},
            {FACTS: (FACT.replace("th-wage", "th-b") + FACT).encode()},
        )[0].kind
        == "file"
    )


def test_screens_are_told_by_their_dialogue_and_steps_by_their_place() -> None:
    assert told(
        FLOW, HOME, HOME.replace("What do you want", "What do you need").replace("again: Again", "again: Once more")
    ) == (
        Difference(
            "screen",
            "home.menu",
            "Home: menu",
            "1.say",
            None,
            "What do you want to know?",
            "What do you need to know?",
            FLOW,
        ),
        Difference("screen", "home.menu", "Home: menu", "2.choose.again", None, "Again", "Once more", FLOW),
    )
    (new,) = told(FLOW, HOME, HOME.replace("    - choose:", "    - say: One more\n    - choose:"))
    assert (new.field, new.before, new.after) == ("2", None, "say: One more")


def test_example_questions_are_told_one_by_one() -> None:
    changed = told(TOPICS, TOPIC, TOPIC.replace("salary, ", "").replace("daily money]", "daily money, money a day]"))

    assert [(one.field, one.before, one.after) for one in changed] == [
        ("ask.3", "salary", None),
        ("ask.6", None, "money a day"),
    ]


def test_translations_are_told_by_language_and_not_by_hash() -> None:
    before = 'language: km\nstatus: draft\ntexts:\n  home.menu.say: {from: 11111111, text: "ចង់ដឹងអ្វី?"}\n'
    after = (
        before.replace("11111111", "22222222").replace("អ្វី", "អី").replace("status: draft", "status: reviewed\nby: Sok")
    )

    found = told("texts/km/flows/home.yaml", before, after)

    assert {(one.kind, one.id, one.language, one.field, one.before, one.after) for one in found} == {
        ("text", "home.menu.say", Language("km"), "status", "draft", "reviewed"),
        ("text", "home.menu.say", Language("km"), "by", None, "Sok"),
        ("text", "home.menu.say", Language("km"), "text", "ចង់ដឹងអ្វី?", "ចង់ដឹងអី?"),
    }


def test_how_people_ask_in_a_language_is_told_beside_its_translations() -> None:
    before = (
        'language: km\nstatus: draft\ntexts:\n  home.menu.say: {from: 11111111, text: "ចង់"}\nask:\n  wage: ["ប៉ុន្មាន"]\n'
    )
    after = before.replace("ចង់", "អី").replace('"ប៉ុន្មាន"', '"ប៉ុន្មាន", "ជួយផង"')

    found = told("texts/km/topics/work.yaml", before, after)

    assert {(one.kind, one.language, one.field, one.after) for one in found} == {
        ("text", Language("km"), "text", "អី"),
        ("file", Language("km"), "ask.wage.2", "ជួយផង"),
    }


def test_what_cannot_be_read_and_what_is_no_text_is_told_too() -> None:
    (broken,) = told(FACTS, FACT, FACT + "  oops\n:")
    assert broken.file == FACTS
    assert differences({"media/door.png": b"1"}, {"media/door.png": b"2"}) == (
        Difference("media", "media/door.png", "door", "", None, "1 KB", "1 KB", "media/door.png"),
    )
    (remark,) = told(FACTS, FACT, "# A remark\n" + FACT)
    assert (remark.kind, remark.before, remark.after) == ("file", "", "# A remark")


def test_what_repeats_itself_without_end_is_told_as_a_whole_and_holds_nobody_up() -> None:
    (whole,) = told(FACTS, (FACT + "\n") * 50, "\n" * 1_000_000)

    assert whole.before == ((FACT + "\n") * 50).removesuffix("\n")


def test_all_of_the_shipped_content_can_be_told() -> None:
    files = {
        path.relative_to(CONTENT).as_posix(): path.read_bytes()
        for pattern in (
            "*.yaml",
            "f*/th*.yaml",
            "flows/o*.yaml",
            "topics/w*.yaml",
            "texts/my/topics/w*.yaml",
            "tests/m*.yaml",
        )
        for path in CONTENT.glob(pattern)
    }

    came = differences({}, files)

    assert differences(files, files) == ()
    assert {one.kind for one in came} >= {
        "topic",
        "flow",
        "screen",
        "fact",
        "phrase",
        "helpline",
        "card",
        "danger",
        "text",
        "test",
    }
    assert all(one.before is None and one.title for one in came)


def test_pieces_name_the_words_that_came_and_went() -> None:
    assert pieces("Pay the fee first", "Never pay the fee") == (
        Piece(PieceKind.REMOVED, "Pay"),
        Piece(PieceKind.ADDED, "Never pay"),
        Piece(PieceKind.SAME, " the fee"),
        Piece(PieceKind.REMOVED, " first"),
    )
    # A consonant keeps the one below it, and a vowel that is written before it.
    assert pieces("ស្ត្រី", "ស្តី")[0].kind is not PieceKind.SAME
    assert [piece.words for piece in pieces("ไทย", "ไหย")] == ["ไท", "ไห", "ย"]
    assert [piece.words for piece in pieces("น้ำ", "นำ")] == ["น้ำ", "นำ"]


_WORDS = st.text(st.sampled_from("ab 1กไน้ำເລາວកស្តី့က္ခမ"), max_size=25)


@given(_WORDS, _WORDS)
def test_pieces_make_up_both_texts_and_no_mark_is_cut_from_its_letter(before: str, after: str) -> None:
    found = pieces(before, after)

    for words, other in ((before, PieceKind.ADDED), (after, PieceKind.REMOVED)):
        own = [piece.words for piece in found if piece.kind is not other]
        assert "".join(own) == words
        for one, following in pairwise(own):
            assert category(following[0]) not in {"Mn", "Mc"} or one[-1].isspace()
            assert one[-1] not in "\u17d2\u1039ไເ"
