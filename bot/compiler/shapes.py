"""What the parts of a content file may look like, and the check of a file against it.

One table for each kind of file (in `forms.py`) is used twice: here, to tell an author what does not fit,
and by `schema.py`, to tell their editor while they type.
"""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Final, TypeAlias, assert_never

from bot.compiler.problems import Notebook, did_you_mean
from bot.compiler.reading import ListNode, MapNode, Node, TextNode


@dataclass(frozen=True, slots=True)
class Words:
    """Any words that are not empty."""

    about: str = ""


@dataclass(frozen=True, slots=True)
class Written:
    """Words of one pattern, such as a date; `fits` looks closer than a pattern can."""

    name: str
    pattern: re.Pattern[str]
    example: str
    fits: Callable[[str], bool] | None = None


@dataclass(frozen=True, slots=True)
class OneOf:
    """One of a few words."""

    words: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class ListOf:
    """A list."""

    item: "Shape"
    at_least: int = 0
    at_most: int = 1000


@dataclass(frozen=True, slots=True)
class MapOf:
    """A map whose keys the author chooses."""

    key: Written | OneOf
    value: "Shape"
    at_least: int = 0


@dataclass(frozen=True, slots=True)
class Field:
    """A key of a record, and what stands behind it."""

    name: str
    shape: "Shape"
    required: bool = False
    about: str = ""


@dataclass(frozen=True, slots=True)
class Record:
    """A map whose keys are given."""

    fields: tuple[Field, ...]
    named: Mapping[str, Field] = field(init=False, compare=False, repr=False)
    needed: tuple[str, ...] = field(init=False, compare=False, repr=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "named", {each.name: each for each in self.fields})
        object.__setattr__(self, "needed", tuple(each.name for each in self.fields if each.required))


@dataclass(frozen=True, slots=True)
class Either:
    """Words, a list or a map: whichever the author wrote is looked at; what is not given is not allowed."""

    words: "Words | Written | OneOf | None" = None
    items: ListOf | None = None
    entries: "Record | MapOf | Condition | None" = None


@dataclass(frozen=True, slots=True)
class Kinds:
    """A record of one of several kinds, told apart by a key that only this kind has; some are a mere word."""

    kinds: Mapping[str, "Record | Action"]
    mere: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Action:
    """A record whose `details` depend on the word behind its `selector`."""

    record: Record
    selector: str
    details: str
    forms: Mapping[str, Record]


@dataclass(frozen=True, slots=True)
class Condition:
    """What an `if` asks: a map of names, with `not` and `any` nesting."""


Shape: TypeAlias = Words | Written | OneOf | ListOf | MapOf | Record | Either | Kinds | Action | Condition


def inspect(node: Node, shape: Shape, notebook: Notebook) -> None:  # noqa: C901, PLR0912 - one case for each shape
    """Write down everything in a node that does not fit the shape."""
    match shape:
        case Record():
            if isinstance(node, MapNode):
                inspect_record(node, shape, notebook)
            else:
                _expected(f"a map with {_listed(shape)}", node, notebook)
        case Words():
            _inspect_words(node, notebook)
        case Written():
            if _inspect_words(node, notebook):
                _inspect_written(node, shape, notebook)
        case OneOf():
            if _inspect_words(node, notebook):
                _inspect_choice(node, shape, notebook)
        case MapOf():
            if isinstance(node, MapNode):
                _inspect_entries(node, shape, notebook)
            else:
                _expected("a map", node, notebook)
        case ListOf():
            if isinstance(node, ListNode):
                _inspect_items(node, shape, notebook)
            else:
                _expected("a list", node, notebook)
        case Either():
            _inspect_either(node, shape, notebook)
        case Kinds():
            _inspect_kinds(node, shape, notebook)
        case Action():
            _inspect_action(node, shape, notebook)
        case Condition():
            inspect_condition(node, notebook)
        case _:
            assert_never(shape)


def inspect_record(node: MapNode, record: Record, notebook: Notebook) -> None:
    """Write down unknown and missing keys, and what does not fit behind the others."""
    named = record.named
    for name, entry in node.entries.items():
        known = named.get(name)
        if known is None:
            notebook.error(entry.key.place, f"no key is called '{name}' here{did_you_mean(name, named)}")
        else:
            inspect(entry.value, known.shape, notebook)
    for needed in record.needed:
        if needed not in node.entries:
            notebook.error(node.place, f"'{needed}:' is missing here")


def inspect_condition(node: Node, notebook: Notebook) -> None:
    """Write down what no `if` can ask."""
    if not isinstance(node, MapNode):
        _expected("a map such as {origin: kh}", node, notebook)
        return
    for name, entry in node.entries.items():
        if name == "not":
            inspect_condition(entry.value, notebook)
        elif name == "any":
            if isinstance(entry.value, ListNode):
                for item in entry.value.items:
                    inspect_condition(item, notebook)
            else:
                _expected("a list of maps", entry.value, notebook)
        elif NAME.pattern.fullmatch(name) is None:
            notebook.error(entry.key.place, f"'{name}' is no {NAME.name}; write for example {NAME.example}")
        else:
            inspect(entry.value, _ASKED, notebook)


def _inspect_words(node: Node, notebook: Notebook) -> bool:
    if isinstance(node, TextNode):
        if node.words and not node.words.isspace():
            return True
        notebook.error(node.place, "words are missing here")
    elif isinstance(node, MapNode) and any(
        isinstance(entry.value, TextNode) and not entry.value.words for entry in node.entries.values()
    ):
        notebook.error(node.place, "words that start with '{' need quotes around them")
    else:
        _expected("words", node, notebook)
    return False


def _inspect_written(node: Node, shape: Written, notebook: Notebook) -> None:
    words = node.words if isinstance(node, TextNode) else ""
    fits = shape.pattern.fullmatch(words) is not None and (shape.fits is None or shape.fits(words))
    if not fits:
        notebook.error(node.place, f"'{_short(words)}' is no {shape.name}; write for example {shape.example}")


def _inspect_choice(node: Node, shape: OneOf, notebook: Notebook) -> None:
    words = node.words if isinstance(node, TextNode) else ""
    if words not in shape.words:
        near = did_you_mean(words, shape.words) or f"; write one of {', '.join(shape.words)}"
        notebook.error(node.place, f"'{_short(words)}' is not allowed here{near}")


def _inspect_items(node: ListNode, shape: ListOf, notebook: Notebook) -> None:
    for item in node.items:
        inspect(item, shape.item, notebook)
    if len(node.items) < shape.at_least:
        notebook.error(node.place, f"at least {shape.at_least} must stand in this list")
    if len(node.items) > shape.at_most:
        notebook.error(node.place, f"at most {shape.at_most} may stand in this list")


def _inspect_entries(node: MapNode, shape: MapOf, notebook: Notebook) -> None:
    for entry in node.entries.values():
        inspect(entry.key, shape.key, notebook)
        inspect(entry.value, shape.value, notebook)
    if len(node.entries) < shape.at_least:
        notebook.error(node.place, f"at least {shape.at_least} must stand in this map")


def _inspect_either(node: Node, shape: Either, notebook: Notebook) -> None:
    match node:
        case TextNode():
            chosen: Shape | None = shape.words
        case ListNode():
            chosen = shape.items
        case MapNode():
            chosen = shape.entries
        case _:
            assert_never(node)
    if chosen is not None:
        inspect(node, chosen, notebook)
        return
    kinds = (("words", shape.words), ("a list", shape.items), ("a map", shape.entries))
    _expected(" or ".join(name for name, given in kinds if given is not None), node, notebook)


def _inspect_kinds(node: Node, shape: Kinds, notebook: Notebook) -> None:
    known = (*shape.kinds, *shape.mere)
    if isinstance(node, TextNode):
        if node.words not in shape.mere:
            near = did_you_mean(node.words, shape.mere)
            notebook.error(node.place, f"'{_short(node.words)}' is no step; start with one of {_or(known)}{near}")
        return
    if not isinstance(node, MapNode):
        _expected(f"a map with one of {_or(known)}", node, notebook)
        return
    found = [name for name in node.entries if name in shape.kinds]
    match found:
        case [kind]:
            inspect(node, shape.kinds[kind], notebook)
        case []:
            first = next(iter(node.entries), "")
            near = did_you_mean(first, shape.kinds) or f"; write one of {_or(known)}"
            notebook.error(node.place, f"no step is called '{first}'{near}")
        case [_, second, *_]:
            place = node.entries[second].key.place
            notebook.error(place, f"'{found[0]}' and '{second}' are two steps; start a new line with '- {second}:'")


def _inspect_action(node: Node, shape: Action, notebook: Notebook) -> None:
    inspect(node, shape.record, notebook)
    if not isinstance(node, MapNode):
        return
    chosen = node.entries.get(shape.selector)
    form = shape.forms.get(chosen.value.words) if chosen and isinstance(chosen.value, TextNode) else None
    details = node.entries.get(shape.details)
    if form is None or chosen is None:
        return
    if details is not None:
        inspect(details.value, form, notebook)
    elif any(each.required for each in form.fields):
        notebook.error(chosen.key.place, f"'{shape.details}: {{…}}' is missing here, with {_listed(form)}")


def _expected(what: str, node: Node, notebook: Notebook) -> None:
    match node:
        case TextNode(words="", plain=True):
            found = "nothing"
        case TextNode():
            found = "words"
        case ListNode():
            found = "a list"
        case MapNode():
            found = "a map"
        case _:
            assert_never(node)
    notebook.error(node.place, f"{what} must stand here, not {found}")


def _listed(record: Record) -> str:
    return ", ".join(record.needed or record.named)


def _or(words: tuple[str, ...]) -> str:
    return ", ".join(words)


def _short(words: str) -> str:
    line = words.replace("\n", " ")
    return line if len(line) <= 40 else line[:39] + "…"


NAME: Final = Written("name", re.compile(r"[a-z][a-z0-9_]{0,39}"), "paid_first")
_ASKED: Final = Either(words=Words(), items=ListOf(Words(), at_least=1))
