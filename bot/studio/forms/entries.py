"""Entries of files ↔ their forms."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final, assert_never

from bot.compiler.forms import FACT, HOTLINE, ID, PHRASE_ID, SCREEN, TOPIC
from bot.compiler.leaves import Plain
from bot.compiler.round_trip import Document, EditError, TreePath
from bot.compiler.shapes import Field, ListOf, MapOf, OneOf, Record, Shape, Words, Written
from bot.studio.fields import FieldProblem, Wrong
from bot.studio.forms.desk import (
    CARD,
    HELPLINE,
    WORD_LANGUAGES,
    card_tree,
    danger_tree,
    helpline_tree,
    phrase_words,
    read_card,
    read_danger,
    read_helpline,
    read_phrase,
)
from bot.studio.forms.judging import Fault, judge, judge_days, judge_evidence
from bot.studio.forms.naming import field_of
from bot.studio.forms.outside import fact_tree, hotline_tree, read_fact, read_hotline
from bot.studio.forms.places import Spot, list_of, new_path, spots_of
from bot.studio.forms.screens import flow_tree, read_flow, read_screen, screen_tree, steps_of
from bot.studio.forms.topics import read_topic, topic_tree
from bot.studio.forms.trees import LineError, Tree, tree_in_line, tree_of, words_in
from bot.studio.forms.values import (
    CardForm,
    DangerForm,
    FactForm,
    FlowForm,
    Form,
    HelplineForm,
    HotlineForm,
    PhraseForm,
    ScreenForm,
    TopicForm,
)
from bot.studio.kinds import Kind

_POINTS: Final = Written("number", re.compile(r"-?[0-9]{1,2}(\.[0-9])?"), "2")
DANGER: Final = Record(
    (
        Field("kind", OneOf(("held-against-will", "violence", "suicide", "medical-emergency"))),
        Field("points", _POINTS, required=True),
        Field("words", MapOf(OneOf(WORD_LANGUAGES), ListOf(Words()))),
    )
)
"""An idea of `safety.yaml`. The file has no other table: what it means is known to the understanding of words."""


@dataclass(frozen=True, slots=True)
class Applied:
    """The document with what the form says."""

    document: Document


@dataclass(frozen=True, slots=True)
class NotApplied:
    """Nothing was changed: these fields are wrong."""

    problems: tuple[FieldProblem, ...]


def ids_in(kind: Kind, document: Document) -> tuple[str, ...]:
    """The ids of all entries of a kind in a file, in its order."""
    return tuple(spot.id for spot in spots_of(kind, document.at(())))


def read_form(kind: Kind, document: Document, entry_id: str) -> Form | None:
    """The form of an entry; nothing where the file has none of this id, or the kind no form."""
    spot = _spot(kind, document, entry_id)
    return None if spot is None else _read(kind, entry_id, spot.value)


def new_form(kind: Kind, entry_id: str) -> Form | None:
    """An empty form for an entry that does not exist yet."""
    return _read(kind, entry_id, {})


def apply_form(document: Document, form: Form) -> Applied | NotApplied:
    """Write what the form says into its entry, or a new entry at the end; only lines that say something else change.

    Raise EditError where the file is written in a way that does not let this be done.
    """
    kind = kind_of(form)
    spot = _spot(kind, document, form.id)
    old = spot.value if spot is not None else None
    unread = tuple(_unread_lines(form))
    if unread:
        return NotApplied(unread)
    try:
        value = _value(form, old)
    except LineError as error:
        return NotApplied((FieldProblem(str(error), Wrong.UNREADABLE),))
    faults = [*_judge(kind, form, value, old), *(_judge_id(kind, form.id) if spot is None else ())]
    if faults:
        return NotApplied(tuple(_problem(kind, value, fault) for fault in faults))
    if spot is not None:
        return Applied(document.become(spot.path, value))
    return Applied(_added(document, kind, form.id, value))


def remove_entry(kind: Kind, document: Document, entry_id: str) -> Document:
    """Take an entry out of the file; raise EditError where it has none of this id."""
    spot = _spot(kind, document, entry_id)
    if spot is None:
        raise EditError(f"no {kind} is called '{entry_id}' in this file")
    return document if not spot.path else document.remove(spot.path)


def kind_of(form: Form) -> Kind:
    """Of what a form is."""
    match form:
        case FactForm():
            return Kind.FACT
        case HotlineForm():
            return Kind.HOTLINE
        case TopicForm():
            return Kind.TOPIC
        case HelplineForm():
            return Kind.HELPLINE
        case PhraseForm():
            return Kind.PHRASE
        case CardForm():
            return Kind.CARD
        case DangerForm():
            return Kind.DANGER
        case ScreenForm():
            return Kind.SCREEN
        case FlowForm():
            return Kind.FLOW
        case _:
            assert_never(form)


def _spot(kind: Kind, document: Document, entry_id: str) -> Spot | None:
    return next((spot for spot in spots_of(kind, document.at(())) if spot.id == entry_id), None)


def _read(kind: Kind, entry_id: str, value: Plain) -> Form | None:
    tree = tree_of(value)
    match kind:
        case Kind.FACT:
            return read_fact(entry_id, tree)
        case Kind.HOTLINE:
            return read_hotline(entry_id, tree)
        case Kind.TOPIC:
            return read_topic(entry_id, tree)
        case Kind.HELPLINE:
            return read_helpline(entry_id, tree)
        case Kind.PHRASE:
            return read_phrase(entry_id, value)
        case Kind.CARD:
            return read_card(entry_id, tree)
        case Kind.DANGER:
            return read_danger(entry_id, tree)
        case Kind.SCREEN:
            return read_screen(entry_id, value)
        case Kind.FLOW:
            return read_flow(entry_id, tree)
        case Kind.PLACE:
            return None


def _value(form: Form, old: "Plain | None") -> Plain:
    tree = tree_of(old)
    match form:
        case FactForm():
            return fact_tree(form, tree)
        case HotlineForm():
            return hotline_tree(form, tree)
        case TopicForm():
            return topic_tree(form, tree)
        case HelplineForm():
            return helpline_tree(form, tree)
        case PhraseForm():
            return phrase_words(form, old)
        case CardForm():
            return card_tree(form, tree)
        case DangerForm():
            return danger_tree(form, tree)
        case ScreenForm():
            return screen_tree(form, old)
        case FlowForm():
            return flow_tree(form, tree)
        case _:
            assert_never(form)


_FLOW: Final = Record((Field("flow", ID, required=True), Field("title", Words(), required=True), Field("start", ID)))
_SHAPES: Final[dict[Kind, Shape]] = {
    Kind.HELPLINE: HELPLINE,
    Kind.PHRASE: Words(),
    Kind.CARD: CARD,
    Kind.DANGER: DANGER,
}


def _judge(kind: Kind, form: Form, value: Plain, old: "Plain | None") -> Iterator[Fault]:
    tree = tree_of(value)
    match form:
        case FlowForm():
            known = {name: inner for name, inner in tree.items() if name in _FLOW.named}
            yield from judge(known, _FLOW)
        case FactForm():
            yield from judge(value, FACT)
            yield from judge_evidence(tree, tree_of(old))
            if ("value" in tree) == ("text" in tree):
                yield ("value",), Wrong.EITHER, {}
        case HotlineForm():
            yield from judge(value, HOTLINE)
            yield from judge_evidence(tree, tree_of(old))
            yield from _judge_numbers(tree)
        case TopicForm():
            yield from judge(value, TOPIC)
            answers = tree.get("answer")
            for place, answer in enumerate(answers if isinstance(answers, list) else ()):
                yield from judge_days(tree_of(answer), ("answer", place))
        case ScreenForm():
            yield from judge(value, SCREEN)
            for place, step in enumerate(steps_of(value)):
                for name, option in tree_of(tree_of(step).get("choose")).items():
                    if isinstance(option, dict) and "label" not in option and "topic" not in option:
                        yield ("steps", place, "choose", name, "label"), Wrong.NEEDED, {}
        case _:
            yield from judge(value, _SHAPES[kind])


def _judge_numbers(tree: Tree) -> Iterator[Fault]:
    numbers = tree.get("numbers")
    seen: set[str] = set()
    for place, number in enumerate(numbers if isinstance(numbers, list) else ()):
        dial = words_in(tree_of(number), "dial")
        if dial in seen:
            yield ("numbers", place, "dial"), Wrong.TWICE, {}
        seen.add(dial)


def _judge_id(kind: Kind, entry_id: str) -> Iterator[Fault]:
    name = entry_id.partition(".")[2] if kind is Kind.SCREEN else entry_id
    shape = PHRASE_ID if kind is Kind.PHRASE else ID
    if shape.pattern.fullmatch(name) is None:
        yield ("id",), Wrong.WRITTEN, {"example": shape.example}


def _problem(kind: Kind, value: Plain, fault: Fault) -> FieldProblem:
    way, wrong, slots = fault
    return FieldProblem(field_of(kind, value, way), wrong, slots)


def _unread_lines(form: Form) -> Iterator[FieldProblem]:
    """Lines of conditions that cannot be read, and buttons of one value: what else is wrong cannot be said before."""
    for place, step in enumerate(form.steps if isinstance(form, ScreenForm) else ()):
        values = [option.value for option in step.options]
        for row, value in enumerate(values):
            if value and value in values[:row]:
                yield FieldProblem(f"steps.{place}.options.{row}.value", Wrong.TWICE)
    for field, line in _lines(form):
        try:
            tree_in_line(line)
        except LineError:
            yield FieldProblem(field, Wrong.UNREADABLE)


def _lines(form: Form) -> Iterator[tuple[str, str]]:
    match form:
        case TopicForm():
            yield from ((f"answer.{place}.more", answer.more) for place, answer in enumerate(form.answers))
        case ScreenForm():
            for place, step in enumerate(form.steps):
                yield f"steps.{place}.condition", step.condition
                for row, option in enumerate(step.options):
                    at = f"steps.{place}.options.{row}"
                    yield from ((f"{at}.adds", option.adds), (f"{at}.sets", option.sets))
                    yield f"{at}.condition", option.condition
                yield from ((f"steps.{place}.ways.{row}.condition", way.condition) for row, way in enumerate(step.ways))
        case _:
            return


def _added(document: Document, kind: Kind, entry_id: str, value: Plain) -> Document:
    where = list_of(kind)
    if where is not None:
        if document.at(where) is None:
            return document.put(where, [value])
        return document.append(where, value)
    path: TreePath | None = new_path(kind, entry_id)
    return document.put(path or (), value)
