"""Forms say what the files say, and write nothing but what somebody changed in them."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from random import Random
from typing import TypeVar

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bot.compiler.leaves import Plain
from bot.compiler.round_trip import Document
from bot.studio.fields import FieldProblem, Posted, Wrong
from bot.studio.forms import (
    AnswerForm,
    Applied,
    CardForm,
    DangerForm,
    EvidenceForm,
    FactForm,
    FlowForm,
    Form,
    HelplineForm,
    HotlineForm,
    HoursForm,
    NotApplied,
    NumberForm,
    OptionForm,
    PhraseForm,
    ScreenForm,
    ShiftForm,
    StepForm,
    TopicForm,
    WayForm,
    apply_form,
    ids_in,
    new_form,
    posted_form,
    read_form,
    remove_entry,
)
from bot.studio.kinds import Kind, kind_in
from tests.conftest import CONTENT

WITH_FORMS = [
    path
    for path in sorted(CONTENT.rglob("*.yaml"))
    if kind_in(path.relative_to(CONTENT).as_posix()) not in (None, Kind.PLACE)
]


def _document(name: str) -> Document:
    return Document((CONTENT / name).read_bytes())


def _forms(path: Path) -> Iterator[tuple[Document, Form]]:
    document = Document(path.read_bytes())
    kind = kind_in(path.relative_to(CONTENT).as_posix())
    assert kind is not None
    for each in (kind, Kind.SCREEN) if kind is Kind.FLOW else (kind,):
        for entry in ids_in(each, document):
            form = read_form(each, document, entry)
            assert form is not None
            yield document, form


Sort = TypeVar("Sort", bound=Form)


def _form(sort: type[Sort], kind: Kind, name: str, entry: str) -> tuple[Document, Sort]:
    document = _document(name)
    form = read_form(kind, document, entry)
    assert isinstance(form, sort)
    return document, form


def _apply(document: Document, form: Form) -> Document:
    applied = apply_form(document, form)
    assert isinstance(applied, Applied), applied
    return applied.document


def _problems(document: Document, form: Form) -> set[tuple[str, Wrong]]:
    applied = apply_form(document, form)
    assert isinstance(applied, NotApplied)
    return {(problem.field, problem.wrong) for problem in applied.problems}


def _changed(document: Document, later: Document) -> tuple[list[str], list[str]]:
    """The lines that went and those that came."""
    before, after = document.source.decode().split("\n"), later.source.decode().split("\n")
    same = 0
    while before[same : same + 1] == after[same : same + 1] and same < len(before):
        same += 1
    tail = 0
    while tail < min(len(before), len(after)) - same and before[-1 - tail] == after[-1 - tail]:
        tail += 1
    return before[same : len(before) - tail], after[same : len(after) - tail]


# As a browser sends it


@dataclass(slots=True)
class _Sent:
    """The fields of a form, as the pages name them."""

    fields: dict[str, tuple[str, ...]]

    def put(self, name: str, *values: str) -> None:
        self.fields[name] = tuple(value.replace("\n", "\r\n") for value in values)

    def evidence(self, form: EvidenceForm) -> None:
        for name, value in (("title", form.title), ("url", form.url), ("date", form.date)):
            self.put(f"source.{name}", value)
        self.put("checked", form.checked)
        self.put("review_by", form.review_by)
        self.put("confidence", form.confidence)

    def hours(self, form: HoursForm) -> None:
        self.put("hours.when", form.when)
        for place, shift in enumerate((*form.shifts, ShiftForm())):
            self.put(f"hours.{place}.days", *shift.days)
            self.put(f"hours.{place}.opens", shift.opens)
            self.put(f"hours.{place}.closes", shift.closes)
        self.put("closed_on", *form.closed_on)
        self.put("zone", form.zone)

    def pairs(self, name: str, pairs: Sequence[tuple[str, str]]) -> None:
        for key, words in pairs:
            self.put(f"{name}.{key}", words)


def _sent(form: Form) -> Posted:  # noqa: C901, PLR0912 - each kind of form has its fields
    sent = _Sent({})
    match form:
        case FactForm():
            for name in ("about", "value", "unit", "per", "text", "valid_from", "valid_to"):
                sent.put(name, str(getattr(form, name)))
            sent.evidence(form.evidence)
        case HotlineForm():
            for name in ("name", "what", "caution", "interpreter", "cost", "government", "address"):
                sent.put(name, str(getattr(form, name)))
            sent.put("kind", *form.kinds)
            sent.put("languages", " ".join(form.languages))
            sent.put("for.origin", *form.origins)
            for place, number in enumerate((*form.numbers, NumberForm())):
                sent.put(f"numbers.{place}.dial", number.dial)
                sent.put(f"numbers.{place}.e164", number.e164)
                sent.put(f"numbers.{place}.from", *number.works_from)
                sent.put(f"numbers.{place}.confidence", number.confidence)
            sent.pairs("chat", form.chat)
            sent.hours(form.hours)
            sent.evidence(form.evidence)
        case TopicForm():
            for name in ("title", "icon", "urgency", "flow"):
                sent.put(name, str(getattr(form, name)))
            sent.put("ask", "\n".join(form.ask))
            sent.put("hotlines", *form.hotlines, "")
            sent.put("hotlines.kinds", *form.hotline_kinds)
            sent.put("hotlines.at_most", form.at_most)
            sent.put("no_number_in", *form.no_number_in)
            sent.put("next", *form.next, "")
            for place, answer in enumerate((*form.answers, AnswerForm())):
                for name in ("more", "text", "checked", "review_by", "key"):
                    sent.put(f"answer.{place}.{name}", str(getattr(answer, name)))
                sent.put(f"answer.{place}.origin", *answer.origin)
                sent.put(f"answer.{place}.here", *answer.here)
                sent.put(f"answer.{place}.stage", *answer.stage)
                sent.put(f"answer.{place}.sources", "\n".join(answer.sources))
        case HelplineForm():
            for name in ("name", "about", "works_in", "capacity", "government", "mode", "kept", "example"):
                sent.put(name, str(getattr(form, name)))
            sent.put("languages", *form.languages)
            sent.put("countries", *form.countries)
            sent.put("origins", *form.origins)
            sent.put("topics", *form.topics)
            sent.put("fallback", *form.fallback)
            sent.pairs("canned", form.canned)
            sent.hours(form.hours)
        case PhraseForm():
            sent.put("text", form.text)
        case CardForm():
            sent.put("group", form.group)
            sent.put("say", form.say)
            sent.put("slot", form.slot)
            sent.pairs("answers", form.answers)
        case DangerForm():
            sent.put("kind", form.danger)
            sent.put("points", form.points)
            for language, words in form.words.items():
                sent.put(f"words.{language}", "\n".join(words))
        case FlowForm():
            for name in ("title", "start", "sensitive"):
                sent.put(name, str(getattr(form, name)))
        case ScreenForm():
            for place, step in enumerate(form.steps):
                _send_step(sent, f"steps.{place}", step)
            sent.put(f"steps.{len(form.steps)}.does", "")
            sent.put(f"steps.{len(form.steps)}.words", "")
    return sent.fields


_STEP_FIELDS = (
    *("does", "words", "condition", "save", "columns", "answer_as", "low", "high", "hint"),
    *("tries_after", "tries_go", "after_wait", "after_go", "key"),
)
_OPTION_FIELDS = ("value", "label", "phrase", "icon", "go", "topic", "adds", "sets", "condition")


def _send_step(sent: _Sent, at: str, step: StepForm) -> None:
    for name in _STEP_FIELDS:
        sent.put(f"{at}.{name}", str(getattr(step, name)))
    for place, option in enumerate((*step.options, OptionForm())):
        for name in _OPTION_FIELDS:
            sent.put(f"{at}.options.{place}.{name}", str(getattr(option, name)))
    for place, way in enumerate((*step.ways, WayForm())):
        sent.put(f"{at}.ways.{place}.to", way.to)
        sent.put(f"{at}.ways.{place}.condition", way.condition)
    sent.pairs(f"{at}.details", step.details)


@pytest.mark.parametrize("path", WITH_FORMS, ids=lambda path: path.name)
def test_what_a_browser_sends_back_untouched_changes_no_byte(path: Path) -> None:
    kind = kind_in(path.relative_to(CONTENT).as_posix())
    assert kind is not None
    # Nor does what was read and not even sent.
    assert all(_apply(document, form) is document for document, form in list(_forms(path))[:3])
    for document, form in _forms(path):
        own = Kind.SCREEN if isinstance(form, ScreenForm) else kind
        posted = posted_form(own, form.id, _sent(form))
        assert posted is not None
        assert _apply(document, posted) is document, form.id


# Facts


def test_a_changed_fee_changes_its_line() -> None:
    document, form = _form(FactForm, Kind.FACT, "facts/thailand.yaml", "th-wage-hotels")

    later = _apply(document, replace(form, value="410", evidence=replace(form.evidence, checked="2026-11-24")))

    assert later.at((3, "value")) == "410"
    gone, new = _changed(document, later)
    assert (gone[0], new[0], gone[-1], new[-1]) == (
        "  value: 400",
        "  value: 410",
        "  checked: 2026-11-23",
        "  checked: 2026-11-24",
    )
    assert gone[1:-1] == new[1:-1]


@pytest.mark.parametrize(
    ("change", "field", "wrong"),
    [
        ({"value": ""}, "value", Wrong.EITHER),
        ({"text": "A rule"}, "value", Wrong.EITHER),
        ({"value": "about 400"}, "value", Wrong.WRITTEN),
        ({"about": "  "}, "about", Wrong.NEEDED),
        ({"about": "left\u202eright"}, "about", Wrong.INVISIBLE),
        ({"about": "x" * 10_000}, "about", Wrong.TOO_LONG),
        ({"valid_from": "yesterday"}, "valid_from", Wrong.WRITTEN),
    ],
)
def test_what_is_wrong_in_a_fact_is_told_beside_its_field(change: dict[str, str], field: str, wrong: Wrong) -> None:
    document, form = _form(FactForm, Kind.FACT, "facts/thailand.yaml", "th-wage-hotels")
    sent = {**_sent(form), **{name: (words,) for name, words in change.items()}}
    posted = posted_form(Kind.FACT, form.id, sent)
    assert posted is not None

    assert (field, wrong) in _problems(document, posted)


@pytest.mark.parametrize(
    ("change", "field", "wrong"),
    [
        ({"url": ""}, "source.url", Wrong.NEEDED),
        ({"url": "javascript:alert(1)"}, "source.url", Wrong.NO_LINK),
        ({"url": "a newspaper"}, "source.url", Wrong.NO_LINK),
        ({"title": ""}, "source.title", Wrong.NEEDED),
        ({"checked": ""}, "checked", Wrong.NEEDED),
        ({"checked": "2026-02-30"}, "checked", Wrong.WRITTEN),
        ({"review_by": "2026-11-23"}, "review_by", Wrong.ORDER),
        ({"confidence": "sure"}, "confidence", Wrong.ONE_OF),
    ],
)
def test_facts_and_numbers_need_a_link_and_the_day_of_the_check(
    change: dict[str, str], field: str, wrong: Wrong
) -> None:
    document, fact = _form(FactForm, Kind.FACT, "facts/thailand.yaml", "th-wage-hotels")
    directory, hotline = _form(HotlineForm, Kind.HOTLINE, "hotlines/thailand.yaml", "th-1300")

    assert (field, wrong) in _problems(document, replace(fact, evidence=replace(fact.evidence, **change)))
    assert (field, wrong) in _problems(directory, replace(hotline, evidence=replace(hotline.evidence, **change)))


def test_a_new_fact_is_written_like_the_others_at_the_end() -> None:
    document = _document("facts/thailand.yaml")
    empty = new_form(Kind.FACT, "th-phone-card")
    assert empty == FactForm("th-phone-card")
    evidence = EvidenceForm("A shop", "https://example.org/x", "2026-11-01", "2026-11-23", "2027-05-23", "high")

    later = _apply(document, FactForm("th-phone-card", "Fee for a card", "100", "THB", "person", evidence=evidence))

    assert later.source.startswith(document.source)
    assert later.source[len(document.source) :].decode() == (
        "\n- fact: th-phone-card\n  about: Fee for a card\n  value: 100\n  unit: THB\n  per: person\n"
        '  source: {title: "A shop", url: "https://example.org/x", date: "2026-11-01"}\n'
        "  checked: 2026-11-23\n  review_by: 2027-05-23\n  confidence: high\n"
    )
    assert remove_entry(Kind.FACT, later, "th-phone-card").source == document.source
    assert _problems(document, FactForm("Not an id!")) >= {("id", Wrong.WRITTEN)}


# Hotlines


def test_hours_can_be_split_overnight_and_without_holidays() -> None:
    document, form = _form(HotlineForm, Kind.HOTLINE, "hotlines/thailand.yaml", "th-1300")
    shifts = (
        ShiftForm(("mon", "tue", "wed", "thu", "fri"), "08:30", "12:00"),
        ShiftForm(("mon", "wed", "thu"), "13:00", "24:00"),
        ShiftForm(("sun", "sat"), "20:00", "04:00"),
        ShiftForm(("mon", "tue", "wed", "thu", "fri", "sat", "sun"), "05:00", "06:00"),
    )

    later = _apply(document, replace(form, hours=HoursForm("shifts", shifts, ("th-holidays",), form.hours.zone)))

    found = read_form(Kind.HOTLINE, later, "th-1300")
    assert isinstance(found, HotlineForm)
    assert {(frozenset(shift.days), shift.opens, shift.closes) for shift in found.hours.shifts} == {
        (frozenset(shift.days), shift.opens, shift.closes) for shift in shifts
    }
    assert b'hours: ["mon-fri 08:30-12:00", "mon,wed-thu 13:00-24:00"' in later.source
    assert b'"daily 05:00-06:00"' in later.source
    assert found.hours.closed_on == ("th-holidays",)


@pytest.mark.parametrize(
    ("shift", "field"),
    [
        (ShiftForm(("mon",), "08:30", ""), "hours.0"),
        (ShiftForm((), "08:30", "16:30"), "hours.0"),
        (ShiftForm(("mon",), "25:00", "26:00"), "hours.0"),
    ],
)
def test_a_shift_that_is_none_is_told_beside_it(shift: ShiftForm, field: str) -> None:
    document, form = _form(HotlineForm, Kind.HOTLINE, "hotlines/thailand.yaml", "th-1300")

    assert (field, Wrong.WRITTEN) in _problems(
        document, replace(form, hours=replace(form.hours, when="shifts", shifts=(shift,)))
    )


def test_numbers_say_from_where_they_work() -> None:
    document, form = _form(HotlineForm, Kind.HOTLINE, "hotlines/thailand.yaml", "th-1300")
    more = (*form.numbers, NumberForm("02-000-0000", "+6620000000", ("th", "anywhere")))

    later = _apply(document, replace(form, numbers=more))

    gone, new = _changed(document, later)
    assert gone == []
    assert new == ['    - {dial: "02-000-0000", e164: "+6620000000", from: [th, anywhere]}']
    assert _problems(document, replace(form, numbers=(NumberForm("call me", "", ()),))) == {
        ("numbers.0.dial", Wrong.WRITTEN),
        ("numbers.0.from", Wrong.NEEDED),
    }
    assert ("numbers.1.dial", Wrong.TWICE) in _problems(document, replace(form, numbers=form.numbers[:1] * 2))


# Topics


def test_an_answer_for_others_keeps_its_translations_by_its_id() -> None:
    document, form = _form(TopicForm, Kind.TOPIC, "topics/work.yaml", "wage-unpaid")
    first = form.answers[0]
    assert first.key == "home"

    later = _apply(document, replace(form, answers=(replace(first, here=("kh",), more=""), *form.answers[1:])))

    found = read_form(Kind.TOPIC, later, "wage-unpaid")
    assert isinstance(found, TopicForm)
    assert [answer.key for answer in found.answers] == [answer.key for answer in form.answers]
    assert found.answers[0].here == ("kh",)


def test_a_new_answer_stands_where_it_was_put_and_has_a_name_of_its_own() -> None:
    document, form = _form(TopicForm, Kind.TOPIC, "topics/work.yaml", "wage-unpaid")
    new = AnswerForm(("kh",), (), (), "risk: 3+", "Ask first.", ("s",), "2026-11-23", "2027-05-23")

    later = _apply(document, replace(form, answers=(new, *form.answers)))

    found = read_form(Kind.TOPIC, later, "wage-unpaid")
    assert isinstance(found, TopicForm)
    assert found.answers[0] == replace(new, key="kh-3+")
    assert found.answers[1:] == form.answers
    assert ("answer.0.more", Wrong.UNREADABLE) in _problems(
        document, replace(form, answers=(replace(new, more="a: [b"),))
    )
    assert ("answer.0.text", Wrong.NEEDED) in _problems(document, replace(form, answers=(replace(new, text=""),)))
    assert ("answer.0.review_by", Wrong.ORDER) in _problems(
        document, replace(form, answers=(replace(new, review_by="2026-01-01"),))
    )
    assert ("answer", Wrong.TOO_FEW) in _problems(document, replace(form, answers=()))


# Screens


FLOW = b"""\
flow: pay
title: Pay
screens:
  start:
    # asked first
    - say: How are you paid?
    - choose:
        "yes": {label: {phrase: "yes"}, go: more}
        "no": {label: "No", icon: "X", add: {risk: 1}}
      save: paid
    - say: Then go on.
      if: {paid: "no"}
    - go:
        - {if: {risk: 3+}, to: more}
        - {to: home}
  more:
    - ask: {text: How much?, as: money, min: 1}
      save: amount
    - do: hotlines
      with: {kinds: [labour], at_most: 2}
    - end
"""


def _screen(entry: str = "pay.start") -> tuple[Document, ScreenForm]:
    document = Document(FLOW)
    form = read_form(Kind.SCREEN, document, entry)
    assert isinstance(form, ScreenForm)
    return document, form


def test_a_screen_is_read_step_by_step() -> None:
    _, start = _screen()
    _, more = _screen("pay.more")

    assert [(step.does, step.words, step.key) for step in start.steps] == [
        ("say", "How are you paid?", "say"),
        ("choose", "", "choose"),
        ("say", "Then go on.", "say-2"),
        ("go", "", ""),
    ]
    assert start.steps[1].options == (
        OptionForm("yes", "", "yes", go="more"),
        OptionForm("no", "No", icon="X", adds="risk: 1"),
    )
    assert start.steps[3].ways == (WayForm("more", "risk: 3+"), WayForm("home"))
    assert more.steps[0] == StepForm("ask", "How much?", save="amount", answer_as="money", low="1", key="ask")
    assert more.steps[1] == StepForm("do", "hotlines", details=(("kinds", "[labour]"), ("at_most", "2")))
    assert more.steps[2] == StepForm("end")


def test_steps_that_move_keep_the_ids_of_their_texts() -> None:
    document, form = _screen()
    first, choose, second, go = form.steps

    swapped = _apply(document, replace(form, steps=(second, first, choose, go)))
    put_before = _apply(document, replace(form, steps=(StepForm("say", "Hello."), *form.steps)))

    for later, keys in (
        (swapped, ["say-2", "say", "choose", ""]),
        (put_before, ["say-3", "say", "choose", "say-2", ""]),
    ):
        found = read_form(Kind.SCREEN, later, "pay.start")
        assert isinstance(found, ScreenForm)
        assert [step.key for step in found.steps] == keys
        words = {step.key: step.words for step in found.steps}
        assert (words["say"], words["say-2"]) == ("How are you paid?", "Then go on.")
        assert b"# asked first" in later.source


def test_a_new_step_of_each_kind_can_be_written_from_one_field() -> None:
    document, form = _screen()
    posted = posted_form(
        Kind.SCREEN,
        "pay.later",
        {
            "steps.0.does": ("say",),
            "steps.0.words": ("Hello",),
            "steps.1.does": ("choose",),
            "steps.1.words": ("I am here\r\nNot now",),
            "steps.2.does": ("set",),
            "steps.2.words": ("risk: risk + 1",),
            "steps.3.does": ("do",),
            "steps.3.words": ("hotlines\r\nkinds: [labour]",),
            "steps.10.does": ("go",),
            "steps.10.words": ("home",),
            "steps.4.does": ("",),
        },
    )
    assert posted is not None

    later = _apply(document, posted)

    added: Plain = [
        {"say": "Hello"},
        {"choose": {"i-am-here": "I am here", "not-now": "Not now"}},
        {"set": {"risk": "risk + 1"}},
        {"do": "hotlines", "with": {"kinds": ["labour"]}},
        {"go": "home"},
    ]
    assert later.at(("screens", "later")) == added
    assert later.source.startswith(document.source)
    assert remove_entry(Kind.SCREEN, later, "pay.later").source == document.source
    assert form.id == "pay.start"


def test_a_step_that_does_nothing_any_more_is_taken_out() -> None:
    document, form = _screen()
    sent = {**_sent(form), "steps.2.does": ("",)}
    posted = posted_form(Kind.SCREEN, form.id, sent)
    assert posted is not None

    gone, new = _changed(document, _apply(document, posted))

    assert (gone, new) == (["    - say: Then go on.", '      if: {paid: "no"}'], [])


@pytest.mark.parametrize(
    ("steps", "field", "wrong"),
    [
        ((StepForm("say", ""),), "steps.0.words", Wrong.NEEDED),
        ((StepForm("", "Words of nothing"),), "steps.0.does", Wrong.NEEDED),
        ((StepForm("say", "x", condition="{{{"),), "steps.0.condition", Wrong.UNREADABLE),
        ((StepForm("say", "x", condition="not: 3"),), "steps.0.condition", Wrong.UNREADABLE),
        ((StepForm("ask", "How?", answer_as="poem"),), "steps.0.answer_as", Wrong.ONE_OF),
        ((StepForm("do", "dance"),), "steps.0.words", Wrong.ONE_OF),
        ((StepForm("do", "remind"),), "steps.0.details.in", Wrong.NEEDED),
        ((StepForm("do", "remind\nnothing"),), "steps.0.words", Wrong.UNREADABLE),
        ((StepForm("go", ways=(WayForm("Elsewhere!"),)),), "steps.0.ways.0.to", Wrong.WRITTEN),
        ((StepForm("choose", options=(OptionForm("a", ""),)),), "steps.0.options.0.label", Wrong.NEEDED),
        (
            (StepForm("choose", options=(OptionForm("a", "A"), OptionForm("a", "B"))),),
            "steps.0.options.1.value",
            Wrong.TWICE,
        ),
        ((StepForm("choose", options=(OptionForm("A b", "A"),)),), "steps.0.options.0.value", Wrong.WRITTEN),
        ((), "", Wrong.TOO_FEW),
    ],
)
def test_what_is_wrong_in_a_step_is_told_beside_its_field(
    steps: tuple[StepForm, ...], field: str, wrong: Wrong
) -> None:
    document, form = _screen()

    assert (field, wrong) in _problems(document, replace(form, steps=steps))


# The others


def test_words_of_danger_are_one_a_line_in_each_language() -> None:
    document, form = _form(DangerForm, Kind.DANGER, "safety.yaml", "set-free")
    words = {**form.words, "lo": (*form.words["lo"], "ຊ່ວຍຂ້ອຍແດ່")}

    gone, new = _changed(document, _apply(document, replace(form, words=words)))

    assert len(gone) == len(new) == 1
    assert new[0] == gone[0].replace("]", ", ຊ່ວຍຂ້ອຍແດ່]")
    assert ("points", Wrong.WRITTEN) in _problems(document, replace(form, points="many"))
    assert ("kind", Wrong.ONE_OF) in _problems(document, replace(form, danger="bad weather"))


def test_a_card_and_a_phrase_change_in_one_line() -> None:
    for kind, name, entry in ((Kind.CARD, "cards.yaml", "safe-to-write"), (Kind.PHRASE, "phrases.yaml", "back")):
        document = _document(name)
        form = read_form(kind, document, entry)
        assert isinstance(form, CardForm | PhraseForm)
        changed = replace(form, say="Can you write?") if isinstance(form, CardForm) else replace(form, text="One back")
        gone, new = _changed(document, _apply(document, changed))
        assert len(gone) == len(new) == 1


def test_nothing_in_a_form_becomes_anything_but_words() -> None:
    document, form = _form(FactForm, Kind.FACT, "facts/thailand.yaml", "th-wage-hotels")
    for words in (
        '"}\n- fact: evil',
        "!!python/object:os.system x",
        "*alias",
        "&anchor x",
        "a: b # c",
        "- x\n- y",
        "${x}",
    ):
        later = _apply(document, replace(form, about=words))
        assert later.at((3, "about")) == words
        assert ids_in(Kind.FACT, later) == ids_in(Kind.FACT, document)


def test_more_rows_than_anybody_fills_in_are_not_read() -> None:
    sent = {f"steps.{number}.does": ("end",) for number in range(3_000)} | {"steps.99999999.does": ("end",)}

    posted = posted_form(Kind.SCREEN, "pay.start", sent)

    assert isinstance(posted, ScreenForm)
    assert len(posted.steps) == 1_000


def test_a_problem_has_its_slots() -> None:
    document, form = _form(FactForm, Kind.FACT, "facts/thailand.yaml", "th-wage-hotels")

    assert apply_form(document, replace(form, unit="1")) == NotApplied(
        (FieldProblem("unit", Wrong.WRITTEN, {"example": "THB, day or percent"}),)
    )


WRITTEN_INTO = {
    "topic": (Kind.TOPIC, "topics/journey.yaml", "border-crossing"),
    "screen": (Kind.SCREEN, "", "pay.start"),
    "hotline": (Kind.HOTLINE, "hotlines/laos.yaml", "la-1362"),
    "fact": (Kind.FACT, "facts/international.yaml", "int-forced-labour-signs"),
    "helpline": (Kind.HELPLINE, "helplines.yaml", "example-thailand"),
}
ODD_WORDS = st.text(max_size=30) | st.sampled_from(
    (
        "a: b",
        "{",
        "}",
        "[x",
        "&x",
        "*x",
        "!x",
        "- x",
        "a, b",
        "#",
        '"',
        "'",
        "\\",
        "x: {y",
        "ខ្ញុំ\u200b",
        "\x85",
        "y" * 5_000,
    )
)


@settings(max_examples=150, deadline=None)
@given(name=st.sampled_from(sorted(WRITTEN_INTO)), seed=st.randoms(use_true_random=False), words=ODD_WORDS)
def test_whatever_is_sent_is_written_as_it_was_meant_or_told_to_be_wrong(name: str, seed: Random, words: str) -> None:
    kind, file, entry = WRITTEN_INTO[name]
    document = Document(FLOW) if kind is Kind.SCREEN else _document(file)
    form = read_form(kind, document, entry)
    assert form is not None
    sent = dict(_sent(form))
    field = seed.choice(list(sent))
    posted = posted_form(kind, form.id, {**sent, field: (words,)})
    assert posted is not None

    applied = apply_form(document, posted)
    if isinstance(applied, NotApplied):
        assert all(problem.wrong for problem in applied.problems)
        return
    again = read_form(kind, applied.document, form.id)
    assert again is not None
    assert _apply(applied.document, again) is applied.document


def test_an_answer_with_the_name_of_another_gets_a_number() -> None:
    document, form = _form(TopicForm, Kind.TOPIC, "topics/work.yaml", "wage-unpaid")
    default = next(answer for answer in form.answers if answer.key == "default")

    later = _apply(document, replace(form, answers=(replace(default, key=""), *form.answers)))

    found = read_form(Kind.TOPIC, later, "wage-unpaid")
    assert isinstance(found, TopicForm)
    assert [answer.key for answer in found.answers] == ["default-2", *(answer.key for answer in form.answers)]


def test_the_numbers_of_a_topic_are_named_or_chosen_by_kind() -> None:
    document, form = _form(TopicForm, Kind.TOPIC, "topics/work.yaml", "wage-unpaid")

    by_kind = _apply(document, replace(form, hotlines=(), hotline_kinds=("labour", "legal"), at_most="2"))
    none = _apply(document, replace(form, hotlines=(), hotline_kinds=()))

    assert b"hotlines: {kinds: [labour, legal], at_most: 2}" in by_kind.source
    found = read_form(Kind.TOPIC, by_kind, "wage-unpaid")
    assert isinstance(found, TopicForm)
    assert (found.hotlines, found.hotline_kinds, found.at_most) == ((), ("labour", "legal"), "2")
    gone, new = _changed(document, none)
    assert len(gone) == 1
    assert new == []


def test_new_entries_stand_where_their_kind_stands() -> None:
    card = _apply(
        _document("cards.yaml"), CardForm("new-card", "calming", "We are here.", (("a", "Good"), ("b", "No")))
    )
    phrase = _apply(_document("phrases.yaml"), PhraseForm("a-new-one", "Words: new"))
    danger = _apply(_document("safety.yaml"), DangerForm("new-idea", "violence", "2", {"en": ("kicks me",), "km": ()}))

    assert ids_in(Kind.CARD, card)[-1] == "new-card"
    assert phrase.at(("phrases", "a-new-one")) == "Words: new"
    assert danger.at(("ideas", "new-idea")) == {"kind": "violence", "points": "2", "words": {"en": ["kicks me"]}}
    assert new_form(Kind.PLACE, "x") is None
    assert posted_form(Kind.PLACE, "x", {}) is None


def test_a_dialogue_changes_its_title_and_what_stands_first() -> None:
    document = Document(FLOW)

    later = _apply(document, FlowForm("pay", "My pay", "more", "yes"))

    assert later.source == FLOW.replace(b"title: Pay\n", b'title: My pay\nstart: more\nsensitive: "yes"\n')
    assert ("title", Wrong.NEEDED) in _problems(document, FlowForm("pay"))


def test_details_and_ways_change_one_by_one() -> None:
    document, form = _screen("pay.more")
    ask, hotlines, end = form.steps
    asked = replace(ask, low="", hint="In baht", tries_after="2", tries_go="start")
    listed = replace(hotlines, details=(("kinds", "[labour, legal]"), ("at_most", "2")))

    later = _apply(document, replace(form, steps=(asked, listed, replace(end, words="done"))))

    assert later.at(("screens", "more")) == [
        {
            "ask": {"text": "How much?", "as": "money", "hint": "In baht"},
            "save": "amount",
            "tries": {"after": "2", "go": "start"},
        },
        {"do": "hotlines", "with": {"kinds": ["labour", "legal"], "at_most": "2"}},
        {"end": "done"},
    ]
