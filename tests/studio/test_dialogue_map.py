from collections.abc import Sequence
from datetime import date
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.compiler import Notebook, Problem, check_content
from bot.compiler.assembling import Assembled
from bot.dialogue.steps import FlowId, ScreenId
from bot.messages import Language
from bot.studio.dialogue_map import Atlas, Health, Node, View, Ways, chart_of_flow, chart_of_stage, overview
from bot.studio.drawing import WIDTH, Picture, Walked, draw, draw_tree, fitted
from bot.studio.layering import layered
from tests.compiler.content_builder import BOT, HOME, PHRASES, WHOLE

TODAY = date(2026, 11, 26)
ENGLISH = View(Language("en"), (), TODAY)

ASK = """\
flow: ask
title: Ask
start: first
screens:
  first:
    - say: "The first question of all, which is rather long and does not fit on a line"
    - choose:
        "yes": {label: "Yes", go: second}
        no: {label: "No", go: third}
        more: {label: "More", go: "flow:home"}
  second:
    - say: Second
    - go: third
  third:
    - say: Third
    - choose:
        again: {label: "Again", go: first}
        lost: {label: "Lost", go: nowhere}
  island:
    - say: Nobody comes here
    - go: third
"""


def atlas_of(folder: Path, **files: str) -> Atlas:
    for name, words in {"bot": BOT, "phrases": PHRASES, "flows/home": HOME, **files}.items():
        path = folder / f"{name}.yaml"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(words, encoding="utf-8")
    assembled = check_content(folder, TODAY, Notebook())
    assert assembled is not None
    return Atlas.of(assembled)


@pytest.fixture
def atlas(quick_folder: Path) -> Atlas:
    return atlas_of(quick_folder, **{"flows/ask": ASK})


@pytest.fixture(scope="module")
def shipped(read_content: tuple[Assembled, Sequence[Problem]]) -> Atlas:
    return Atlas.of(read_content[0])


def screen(name: str) -> Node:
    return Node(FlowId("ask"), ScreenId(name))


def test_screens_are_boxes_and_ways_arrows_also_where_the_draft_has_mistakes(atlas: Atlas) -> None:
    chart = chart_of_flow(atlas, atlas.flows[FlowId("ask")], ENGLISH)

    assert [box.node for box in chart.boxes] == [screen("first"), screen("second"), screen("third"), screen("island")]
    assert {(way.begin, way.end): way.labels for way in chart.ways} == {
        (screen("first"), screen("second")): ("Yes",),
        (screen("first"), screen("third")): ("No",),
        (screen("second"), screen("third")): (),
        (screen("third"), screen("first")): ("Again",),
        (screen("island"), screen("third")): (),
    }


def test_what_leads_nowhere_and_what_nothing_leads_to_is_told(atlas: Atlas) -> None:
    first, _, third, island = chart_of_flow(atlas, atlas.flows[FlowId("ask")], ENGLISH).boxes

    assert first.is_start
    assert [(one.node, one.kind, one.is_gone) for one in first.exits] == [(Node(FlowId("home")), Ways.GOES, False)]
    assert [(one.node, one.is_gone) for one in third.exits] == [(screen("nowhere"), True)]
    assert island.is_unreached
    assert not third.is_unreached


def test_a_screen_is_as_good_as_its_worst_words(quick_folder: Path) -> None:
    texts = """\
language: km
texts:
  home.menu.say: {text: "អ្វី?"}
"""
    atlas = atlas_of(quick_folder, **{"flows/ask": ASK, "texts/km/flows/home": texts})
    flow = atlas.flows[FlowId("ask")]

    def health(*languages: str) -> Health:
        view = View(Language("en"), tuple(Language(one) for one in languages), TODAY)
        return chart_of_flow(atlas, flow, view).boxes[0].health

    assert health("en") is Health.GOOD
    assert health("km") is health("en", "km") is health() is Health.MISSING


def test_an_answer_past_its_review_stands_out_with_its_stage(quick_folder: Path) -> None:
    atlas = atlas_of(quick_folder, **{name.removesuffix(".yaml"): words for name, words in WHOLE.items()})

    def healths(today: date) -> set[Health]:
        view = View(Language("en"), (Language("en"),), today)
        stage = next(box for box in overview(atlas, view).others if box.node.stage)
        return {stage.health, *(box.health for box in chart_of_stage(atlas, "work", view).boxes)}

    assert healths(date(2027, 5, 23)) == {Health.GOOD}
    assert healths(date(2027, 5, 24)) == {Health.OVERDUE}


def test_the_overview_hangs_every_flow_below_the_first_that_leads_to_it(shipped: Atlas) -> None:
    whole = overview(shipped, ENGLISH)
    drawn = {box.node for box in whole.chart.boxes} | {box.node for box in whole.others}

    assert {Node(flow) for flow in shipped.flows if not flow.startswith("topic.")} <= drawn
    assert {node.stage for node in drawn if node.stage} == {topic.stage for topic in shipped.topics.values()}
    ends = [way.end for way in whole.chart.ways]
    assert len(ends) == len(set(ends))
    assert not any(box.is_unreached for box in (*whole.chart.boxes, *whole.others))


def test_a_flow_that_nothing_leads_to_and_a_way_that_leads_to_nothing_are_told_in_the_overview(atlas: Atlas) -> None:
    whole = overview(atlas, ENGLISH)

    ask = next(box for box in whole.chart.boxes if box.node.flow == "ask")
    assert ask.is_unreached
    assert [(one.node, one.is_gone) for one in ask.exits] == [(screen("nowhere"), True)]
    assert not any(box.is_unreached for box in whole.others)


def overlaps(picture: Picture) -> bool:
    boxes = picture.boxes
    return any(
        one.x < other.x + WIDTH
        and other.x < one.x + WIDTH
        and one.y < other.y + other.height
        and other.y < one.y + one.height
        for place, one in enumerate(boxes)
        for other in boxes[:place]
    )


@pytest.mark.parametrize("language", ["en", "km", "lo", "my", "th"])
def test_no_box_of_the_real_content_lies_over_another_or_beyond_the_edge(shipped: Atlas, language: str) -> None:
    view = View(Language(language), (), TODAY)
    pictures = [draw_tree(overview(shipped, view).chart, Walked(), {})]
    pictures += [draw(chart_of_flow(shipped, flow, view), Walked(), {}) for flow in shipped.flows.values()]
    pictures += [
        draw(chart_of_stage(shipped, stage, view), Walked(), {})
        for stage in {topic.stage for topic in shipped.topics.values()}
    ]
    for picture in pictures:
        assert not overlaps(picture)
        assert all(box.x >= 0 and box.x + WIDTH <= picture.width for box in picture.boxes)
        assert all(box.y >= 0 and box.y + box.height <= picture.height for box in picture.boxes)


def test_numbers_stand_where_they_were_counted(atlas: Atlas) -> None:
    walked = Walked(
        {screen("first"): 40, screen("third"): 30},
        {(screen("first"), screen("third")): 25},
        {screen("third"): 12},
    )
    picture = draw(chart_of_flow(atlas, atlas.flows[FlowId("ask")], ENGLISH), walked, {})

    assert [(box.seen, box.stopped) for box in picture.boxes] == [(40, None), (None, None), (30, 12), (None, None)]
    widths = {(arrow.way.begin, arrow.way.end): arrow.width for arrow in picture.arrows}
    assert widths[screen("first"), screen("third")] > widths[screen("first"), screen("second")]


@pytest.mark.parametrize(
    "words", ["កខ្ញុំចង់ទៅធ្វើការនៅប្រទេសថៃហើយខ្ញុំមិនដឹងថាត្រូវធ្វើអ្វីទេ" * 3, "ထိုင်းနိုင်ငံမှာ အလုပ်လုပ်ချင်ပါတယ်" * 6, "ຂ້ອຍຢາກໄປເຮັດວຽກ" * 9]
)
def test_words_are_cut_between_letters(words: str) -> None:
    lines = fitted(words)

    assert len(lines) == 3
    assert lines[-1].endswith("…")
    shown = "".join(lines)[:-1].replace(" ", "")
    assert words.replace(" ", "").startswith(shown)
    rest = words.replace(" ", "")[len(shown) :]
    # What follows begins a letter of its own: it is no sign above, below or after one.
    assert rest[0] not in "\u17d2\u17b6\u17b7\u17c6\u1039\u103a\u103d\u103e\u102b\u102c\u102d\u0eb1\u0eb5\u0ec9"


def test_a_long_word_goes_on_in_the_next_line() -> None:
    assert fitted("x" * 30, room=100, most=9) == ("xxxxxxxxxxxxx", "xxxxxxxxxxxxx", "xxxx")


BOXES = [f"b{number}" for number in range(8)]


@given(st.lists(st.tuples(st.sampled_from(BOXES), st.sampled_from(BOXES)), max_size=30))
def test_whatever_leads_where_arrows_lead_down_or_are_turned(arrows: list[tuple[str, str]]) -> None:
    layers = layered(BOXES, arrows)

    for begin, end in arrows:
        if begin != end:
            down = layers.at[begin][1] < layers.at[end][1]
            assert down is ((begin, end) not in layers.turned)
    corners = list(layers.at.values())
    for place, (across, row) in enumerate(corners):
        for other, beside in corners[:place]:
            assert row != beside or abs(across - other) >= 0.999
    assert layered(BOXES, arrows) == layers
