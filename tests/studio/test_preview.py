import json
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bot.dialogue.events import Pressed, SharedKind, Typed, Wish, Wished
from bot.dialogue.playing import HelplineDoes
from bot.dialogue.script import Script
from bot.dialogue.steps import FlowId, ScreenId
from bot.messages import Language, Message, Span, words_of
from bot.studio.marking import Marked
from bot.studio.preview import (
    MOST_ACTS,
    Act,
    Begin,
    Called,
    Guise,
    Heard,
    Own,
    Played,
    Theirs,
    play,
    read_acts,
    sent,
    write_acts,
)

DAY = datetime(2026, 11, 26, 5, 0, tzinfo=UTC)
NIGHT = datetime(2026, 11, 26, 17, 0, tzinfo=UTC)
LAO_AT_NIGHT = Guise(NIGHT, Language("lo"), {"origin": "la", "here": "th", "stage": "journey"})
TOPIC = Begin(FlowId("topic.minimum-wage"))


@pytest.fixture(scope="module")
def marked(real_script: Script) -> Marked:
    return Marked.of(real_script)


def theirs(played: Played) -> list[Theirs]:
    return [line for line in played.lines if isinstance(line, Theirs)]


def words(played: Played) -> str:
    return "\n".join(words_of(line.message.text) for line in theirs(played))


def sources(played: Played) -> set[str]:
    return {piece.source for line in theirs(played) for piece in line.pieces} - {""}


def looks(line: Theirs) -> Message:
    """A message as people see it: it does not matter where its words are cut."""
    spans: list[Span] = []
    for span in line.message.text:
        if spans and (spans[-1].style, spans[-1].dial) == (span.style, span.dial):
            spans[-1] = replace(span, words=spans[-1].words + span.words)
        else:
            spans.append(span)
    return replace(line.message, text=tuple(spans))


def tap(played: Played, label: str) -> Pressed:
    for line in theirs(played):
        for row in line.rows:
            for key in row:
                if label in key.button.label:
                    return Pressed(key.button.press, line.name)
    raise AssertionError(f"no button '{label}'")


def test_a_topic_stands_on_the_phone_with_where_each_word_came_from(marked: Marked) -> None:
    played = play(marked, LAO_AT_NIGHT, TOPIC, ())

    assert played.stand is not None
    assert (played.stand.flow, played.stand.screen) == ("topic.minimum-wage", "answer")
    assert {"topic.minimum-wage.title", "topic.minimum-wage.answer.default", "fact:th-wage-bangkok"} <= sources(played)
    assert "hotline.th-issara-lao.name" in sources(played)
    assert {key.source for line in theirs(played) for row in line.rows for key in row} >= {
        "topic.wage-unpaid.title",
        "phrase.home",
    }


def test_what_is_shown_is_what_a_person_sees(marked: Marked, real_script: Script) -> None:
    unmarked = Marked(real_script, ())
    acts: tuple[Act, ...] = (
        Typed("help", "own-0"),
        Wished(Wish.HOME),
        timedelta(hours=3),
        Wished(Wish.PERSON),
        Wished(Wish.EXIT),
    )
    for guise in (LAO_AT_NIGHT, Guise(DAY), Guise(DAY, Language("my"), {"origin": "mm", "here": "mm"})):
        for begin in (TOPIC, Begin(), Begin(FlowId("hotlines"))):
            for done in range(len(acts)):
                seen, real = (play(each, guise, begin, acts[:done]) for each in (marked, unmarked))
                assert [looks(line) for line in theirs(seen)] == [looks(line) for line in theirs(real)]


def test_the_same_way_is_walked_as_somebody_else(marked: Marked) -> None:
    at_home = play(marked, Guise(DAY, Language("en"), {"origin": "kh", "here": "th"}), Begin(), ())
    acts = (tap(at_home, "☎️"),)

    in_english = play(marked, Guise(DAY, Language("en"), {"origin": "kh", "here": "th"}), Begin(), acts)
    in_khmer = play(marked, Guise(DAY, Language("km"), {"origin": "kh", "here": "th"}), Begin(), acts)

    assert in_english.stand == in_khmer.stand
    assert in_english.language == "en"
    assert in_khmer.language == "km"
    assert words(in_english) != words(in_khmer)


def test_a_menu_takes_the_place_of_the_one_whose_button_was_pressed(marked: Marked) -> None:
    guise = Guise(DAY, Language("en"), {"origin": "kh", "here": "th"})
    begun = play(marked, guise, Begin(FlowId("hotlines")), ())
    after = play(marked, guise, Begin(FlowId("hotlines")), (tap(begun, "🌐"),))

    assert len(theirs(begun)) == len(theirs(after)) == 1
    assert words(begun) != words(after)


def test_only_the_last_menu_can_be_answered_and_own_words_stay(marked: Marked) -> None:
    guise = Guise(DAY, Language("en"), {"origin": "kh", "here": "th"})
    played = play(marked, guise, Begin(FlowId("hotlines")), (Typed("blah blah", "own-0"),))

    assert isinstance(played.lines[1], Own)
    menus = [line for line in theirs(played) if line.rows]
    assert menus == [played.lines[-1]]
    assert played.asides == (Heard("none"),)


def test_a_number_is_open_or_closed_by_the_clock_that_is_set(marked: Marked) -> None:
    guise = Guise(datetime(2026, 11, 26, 3, 0, tzinfo=UTC), Language("en"), {"origin": "la", "here": "th"})
    begin = Begin(FlowId("topic.work-permit"))

    by_day = words(play(marked, guise, begin, ()))
    by_night = words(play(marked, replace(guise, moment=guise.moment + timedelta(hours=14)), begin, ()))

    assert by_day != by_night
    assert "closed" in by_night


def test_a_screen_in_the_middle_of_a_flow_can_be_looked_at(marked: Marked) -> None:
    guise = Guise(DAY, Language("en"), {"origin": "kh", "here": "th"})
    flow = marked.script.flows[FlowId("wage-by-province")]

    for screen in flow.screens:
        played = play(marked, guise, Begin(flow.id, screen), ())
        assert theirs(played)
        assert any(source.startswith(f"wage-by-province.{screen}.") for source in sources(played)) or screen == "rate"


def test_a_screen_that_is_gone_begins_at_the_flow(marked: Marked) -> None:
    played = play(marked, LAO_AT_NIGHT, Begin(FlowId("hotlines"), ScreenId("gone")), ())

    assert played.stand is not None
    assert played.stand.flow == "hotlines"


def test_a_helpline_gets_the_case_and_writes(marked: Marked) -> None:
    guise = Guise(DAY, Language("en"), {"origin": "kh", "here": "th"})
    acts: tuple[Act, ...] = ()
    played = play(marked, guise, Begin(FlowId("ask-helpline")), acts)
    for _ in range(8):
        if any(isinstance(aside, Called) for aside in played.asides):
            break
        first = next(line for line in reversed(theirs(played)) if line.rows)
        acts = (*acts, Pressed(first.rows[0][0].button.press, first.name))
        played = play(marked, guise, Begin(FlowId("ask-helpline")), acts)
    called = [aside for aside in played.asides if isinstance(aside, Called)]
    written = play(marked, guise, Begin(FlowId("ask-helpline")), (*acts, HelplineDoes.WRITES))

    assert len(called) == 1
    assert called[0].helpline in marked.script.helplines.all
    assert words(written) != words(played)


def test_without_helplines_nobody_is_called(marked: Marked) -> None:
    guise = Guise(DAY, Language("en"), {"origin": "kh", "here": "th"}, helplines=False)

    assert words(play(marked, guise, Begin(FlowId("person")), ())) != words(
        play(marked, replace(guise, helplines=True), Begin(FlowId("person")), ())
    )


def test_the_quick_exit_takes_everything_off_the_screen(marked: Marked) -> None:
    guise = Guise(DAY, Language("en"), {"origin": "kh", "here": "th"})
    played = play(marked, guise, TOPIC, (Typed("hello", "own-0"), Wished(Wish.EXIT)))

    assert len(played.lines) == 1
    assert played.stand is not None
    assert played.stand.flow == "cover"


def test_what_was_done_comes_back_as_it_was() -> None:
    acts: tuple[Act, ...] = (
        Typed("ຂ້ອຍ <b>", "own-0"),
        Pressed("aenKUESc4qTbuflow", "1"),
        sent(SharedKind.PHOTO, 2),
        Wished(Wish.BACK),
        timedelta(hours=12),
        HelplineDoes.READS,
    )

    assert read_acts(write_acts(acts)) == acts


@pytest.mark.parametrize(
    "written",
    ["", "{", "[]", "[1]", '[["x","y","z"]]', '[["l","99999999999",""]]', '[["s","gun",""]]', '[["t"," ",""]]', "null"],
)
def test_what_is_no_act_was_not_done(written: str) -> None:
    assert read_acts(written) == ()


ACTS = st.one_of(
    st.text(max_size=40).map(lambda words: ["t", words, ""]),
    st.integers(0, 60).map(lambda place: ["tap", str(place), ""]),
    st.text(max_size=70).map(lambda press: ["p", press, "1"]),
    st.sampled_from([["s", kind, ""] for kind in SharedKind]),
    st.sampled_from([["w", wish, ""] for wish in Wish]),
    st.integers(0, 10**9).map(lambda seconds: ["l", str(seconds), ""]),
    st.sampled_from([["h", what, ""] for what in HelplineDoes]),
)


@settings(max_examples=25)
@given(st.lists(ACTS, max_size=12), st.sampled_from(["", "home", "talk", "topic.visa-extension", "safety-plan"]))
def test_whatever_is_done_there_is_a_phone_and_what_was_done_comes_back(
    marked: Marked, done: list[list[str]], flow: str
) -> None:
    begin = Begin(FlowId(flow) if flow else None)
    rows: list[list[str]] = []
    played = play(marked, LAO_AT_NIGHT, begin, ())
    for kind, what, name in done:
        keys = [["p", key.button.press, line.name] for line in theirs(played) for row in line.rows for key in row]
        tapped = keys[int(what) % len(keys)] if kind == "tap" and keys else [kind, what, name]
        rows.append(tapped)
        acts = read_acts(json.dumps(rows))
        played = play(marked, LAO_AT_NIGHT, begin, acts)
        assert theirs(played)
        assert read_acts(write_acts(acts)) == acts


def test_so_much_is_played_and_no_more(marked: Marked) -> None:
    acts = read_acts(write_acts([Wished(Wish.HOME)] * (MOST_ACTS + 20)))
    played = play(marked, LAO_AT_NIGHT, Begin(), acts)

    assert len(acts) == MOST_ACTS
    assert played.is_over
