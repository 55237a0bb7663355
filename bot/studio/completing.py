"""What may be written where the cursor stands in a file, also while the file cannot be read.

Where the cursor stands is worked out from the indentation of the lines above it, and from the brackets on its own line;
what may stand there is told by the same tables that the check uses.
"""

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Final, NamedTuple

from bot.compiler.draft import Draft, Kind
from bot.compiler.forms import FILES, ID
from bot.compiler.reading import MOST_BYTES
from bot.compiler.shapes import (
    Action,
    Condition,
    Either,
    Field,
    Kinds,
    ListOf,
    MapOf,
    OneOf,
    Record,
    Shape,
    Words,
    Written,
)
from bot.dialogue.own_ticket import KNOWN
from bot.studio.forms.entries import DANGER

MOST_WORDS: Final = 60
_FURTHEST_UP: Final = 3_000
"""Lines above the cursor that are looked at."""

_KEY: Final = re.compile(r"""(?:"([^"]*)"|'([^']*)'|([^\s"'#:\[\]{},][^"'#:\[\]{},]*)) *:(?= |$)""")
_SLOT: Final = re.compile(r"\{(?:(fact|hotline):)?([a-z0-9_-]*)$")
_TYPED: Final = re.compile(r"[\w:.-]*$")
_ITEM: Final = "-"
_FILES: Final = {
    "flows": "flow",
    "topics": "topics",
    "facts": "facts",
    "hotlines": "hotlines",
    "places": "places",
    "tests": "tests",
    "texts": "texts",
}
_MENTIONS: Final[Mapping[str, Kind]] = {
    "topic": Kind.TOPIC,
    "topics": Kind.TOPIC,
    "next": Kind.TOPIC,
    "flow": Kind.FLOW,
    "call": Kind.FLOW,
    "hotline": Kind.HOTLINE,
    "hotlines": Kind.HOTLINE,
    "ids": Kind.HOTLINE,
    "phrase": Kind.PHRASE,
    "fallback": Kind.HELPLINE,
    "closed_on": Kind.HOLIDAYS,
}
"""What is called by its id behind a key."""


_SAFETY_FILE: Final = Record(
    (
        Field("ideas", MapOf(ID, DANGER), about="What sounds like danger, or takes from it"),
        *(Field(name, Words()) for name in ("together", "examples", "look_alikes", "calm", "preview")),
    )
)


@dataclass(frozen=True, slots=True)
class Word:
    """What may be written at a place, and what it means."""

    word: str
    about: str = ""


class _Here(NamedTuple):
    """Where the cursor stands: below these keys, `-` for an item of a list; in a value, or where a key would be."""

    path: tuple[str, ...]
    is_value: bool
    typed: str
    beside: frozenset[str]
    """Keys of the same map that are written already."""


def complete(draft: Draft, name: str, source: bytes, line: int, column: int) -> tuple[Word, ...]:
    """Keys, fixed words and ids that begin as what stands before the cursor; line and column count from one."""
    lines = source[:MOST_BYTES].decode(errors="replace").split("\n")
    if not 1 <= line <= len(lines):
        return ()
    before = lines[line - 1][: max(column - 1, 0)]
    slot = _SLOT.search(before)
    if slot is not None and (slot[1] or _is_in_words(before)):
        words: Iterable[Word] = _slots(draft, slot[1])
        return _fitting(words, slot[2])
    here = _here(lines[max(0, line - 1 - _FURTHEST_UP) : line - 1], before, lines[line : line + _FURTHEST_UP])
    shape = _shape_at(_file_shape(name), here)
    if here.is_value:
        words = [*_values(shape), *_mentioned(draft, name, here.path)]
    else:
        words = [word for word in _keys(draft, shape, here) if word.word not in here.beside]
        if here.path[-1:] == (_ITEM,) and not isinstance(shape, Record | Kinds):
            words = [*words, *_mentioned(draft, name, here.path)]
    return _fitting(words, here.typed)


def _fitting(words: Iterable[Word], typed: str) -> tuple[Word, ...]:
    """Those that begin so before those that hold it somewhere."""
    different = {word.word: word for word in words if word.word}
    begins = [word for word in different.values() if word.word.startswith(typed)]
    holds = [word for word in different.values() if typed in word.word and not word.word.startswith(typed)]
    return tuple([*begins, *holds][:MOST_WORDS])


def _is_in_words(before: str) -> bool:
    """Whether a `{` opens a slot: inside of quotes, or behind other words of a text."""
    brace = before.rfind("{")
    return before[:brace].count('"') % 2 == 1 or not re.search(r"(^|[:\[,{-]) *$", before[:brace])


# Where the cursor stands


def _here(above: list[str], before: str, below: list[str]) -> _Here:
    path, outer_indent, indent = _opened(before)
    outer, beside = _parents(above, outer_indent)
    if indent > outer_indent:
        # A new item of a list has nothing of the one above it.
        beside = set()
    bracket, in_braces = _bracket(before)
    typed = _TYPED.search(before)
    word = typed[0] if typed is not None else ""
    rest = before[: len(before) - len(word)].rstrip()
    is_value = bracket == "[" or (bool(path) and path[-1] != _ITEM and rest.endswith((":", '"', "'")))
    return _Here(
        (*outer, *path), is_value, word, frozenset(in_braces if bracket else beside | _siblings(below, indent))
    )


def _opened(before: str) -> tuple[tuple[str, ...], int, int]:
    """The keys and items that are opened on the line of the cursor, and how far it stands in before and behind `-`."""
    rest = before.lstrip(" ")
    outer = indent = len(before) - len(rest)
    path: list[str] = []
    while rest.startswith("- ") or rest == "-":
        path.append(_ITEM)
        indent += 2
        rest = rest[2:].lstrip(" ")
    open_in: list[int] = []
    place = 0
    while place < len(rest):
        key = _KEY.match(rest, place)
        if key is not None:
            if open_in and len(path) > open_in[-1]:
                del path[open_in[-1] :]
            path.append(next(part for part in key.groups() if part is not None).strip())
            place = key.end()
            continue
        match rest[place]:
            case '"' | "'" as quote:
                end = rest.find(quote, place + 1)
                place = len(rest) if end < 0 else end
            case "{":
                open_in.append(len(path))
            case "[":
                path.append(_ITEM)
                open_in.append(len(path))
            case "}" | "]" if open_in:
                del path[open_in.pop() :]
                if rest[place] == "]" and path:
                    path.pop()
            case "," if open_in:
                del path[open_in[-1] :]
            case _:
                pass
        place += 1
    return tuple(path), outer, indent


def _bracket(before: str) -> tuple[str, set[str]]:
    """The bracket in which the cursor stands, if it does, and the keys before it in the same braces."""
    depth = 0
    for place in range(len(before) - 1, -1, -1):
        if before[place] in "}]":
            depth += 1
        elif before[place] in "{[":
            if depth == 0:
                inner = before[place + 1 :] if before[place] == "{" else ""
                keys = {next(part for part in key.groups() if part is not None).strip() for key in _KEY.finditer(inner)}
                return before[place], keys
            depth -= 1
    return "", set()


def _parents(above: list[str], indent: int) -> tuple[tuple[str, ...], set[str]]:
    """The keys and items below which a line stands, and the keys beside it."""
    path: list[str] = []
    beside: set[str] = set()
    for text in reversed(above):
        rest = text.lstrip(" ")
        if not rest or rest.startswith("#"):
            continue
        column = len(text) - len(rest)
        dashes: list[int] = []
        while rest.startswith("- "):
            dashes.append(column)
            inner = rest[2:].lstrip(" ")
            column += len(rest) - len(inner)
            rest = inner
        key = _KEY.match(rest)
        name = next((part for part in key.groups() if part is not None), "").strip() if key is not None else ""
        if name and column == indent:
            if not path:
                beside.add(name)
        elif name and column < indent and rest[key.end() :].split("#")[0].strip() in ("", "|-", "|") if key else False:
            path.insert(0, name)
            indent = column
        for dash in reversed(dashes):
            if dash < indent:
                path.insert(0, _ITEM)
                indent = dash
        if indent == 0 and not dashes:
            break
    return tuple(path), beside


def _siblings(below: list[str], indent: int) -> set[str]:
    """Keys of the same map below the cursor."""
    names: set[str] = set()
    for text in below:
        rest = text.lstrip(" ")
        column = len(text) - len(rest)
        if not rest or rest.startswith("#") or column > indent:
            continue
        key = _KEY.match(rest)
        if column < indent or key is None:
            break
        names.add(next(part for part in key.groups() if part is not None).strip())
    return names


# What may stand there


def _file_shape(name: str) -> Shape | None:
    if name == "safety.yaml":
        return _SAFETY_FILE
    folder, slash, _ = name.partition("/")
    return FILES.get(_FILES.get(folder, "") if slash else name.removesuffix(".yaml"))


def _shape_at(shape: Shape | None, here: _Here) -> Shape | None:
    for place, step in enumerate(here.path):
        following = here.path[place + 1 :]
        shape = _below(shape, step, here.beside | frozenset(following[:1]))
    return shape


def _below(shape: Shape | None, step: str, beside: frozenset[str]) -> Shape | None:
    match shape:
        case Either() if step == _ITEM:
            return _below(shape.items, step, beside)
        case Either():
            return _below(shape.entries, step, beside)
        case ListOf() if step == _ITEM:
            return shape.item
        case MapOf():
            return shape.value
        case Record() if step in shape.named:
            return shape.named[step].shape
        case Kinds():
            kinds = [kind for name, kind in shape.kinds.items() if name == step or name in beside]
            for kind in [*kinds, *shape.kinds.values()]:
                found = _below(kind, step, beside)
                if found is not None:
                    return found
            return None
        case Action():
            return _below(shape.record, step, beside)
        case Condition():
            return shape
        case _:
            return None


def _keys(draft: Draft, shape: Shape | None, here: _Here) -> Iterator[Word]:
    match shape:
        case Record():
            yield from (Word(each.name, each.about) for each in shape.fields)
        case Action():
            yield from _keys(draft, shape.record, here)
        case Either():
            yield from _keys(draft, shape.entries, here)
            yield from _values(shape)
        case Kinds():
            chosen = [kind for name, kind in shape.kinds.items() if name in here.beside]
            if chosen:
                yield from _keys(draft, chosen[0], here)
            else:
                yield from (Word(name) for name in (*shape.kinds, *shape.mere))
        case MapOf() if isinstance(shape.key, OneOf):
            yield from (Word(word) for word in shape.key.words)
        case Condition():
            fields = draft.bot.profile if draft.bot else {}
            yield from (Word(name, ", ".join(values)) for name, values in fields.items())
            yield from (Word(name) for name in ("not", "any"))
            yield from (Word(name, ", ".join(values)) for name, values in KNOWN.items())
        case OneOf() | Written():
            yield from _values(shape)
        case _:
            return


def _values(shape: Shape | None) -> Iterator[Word]:
    match shape:
        case OneOf():
            yield from (Word(word) for word in shape.words)
        case Written():
            yield Word(shape.example, shape.name) if " " not in shape.example else Word("")
        case ListOf():
            yield from _values(shape.item)
        case Either():
            yield from _values(shape.words)
            yield from _values(shape.items)
        case Words() | MapOf() | Record() | Kinds() | Action() | Condition() | None:
            return


def _mentioned(draft: Draft, name: str, path: tuple[str, ...]) -> Iterator[Word]:
    """Ids that exist, behind keys that call something by its id."""
    keys = [step for step in path if step != _ITEM]
    last = keys[-1] if keys else ""
    if last in _MENTIONS:
        yield from _ids(draft, _MENTIONS[last])
    elif last in ("go", "to"):
        flow = name.rpartition("/")[2].removesuffix(".yaml")
        screens = [screen for each, found in draft.flows.items() if each == flow for screen in found.screens]
        yield from (Word(word) for word in (*screens, "home", "back"))
        yield from (Word(f"flow:{word.word}", word.about) for word in _ids(draft, Kind.FLOW))
        yield from (Word(f"topic:{word.word}", word.about) for word in _ids(draft, Kind.TOPIC))
    elif last == "show":
        yield from (Word(picture) for picture in sorted(draft.pictures))
    elif last == "save":
        yield from _ids(draft, Kind.FIELD)
    elif last in ("unit", "per"):
        phrases = (word.word for word in _ids(draft, Kind.PHRASE))
        yield from (Word(each.removeprefix(f"{last}-")) for each in phrases if each.startswith(f"{last}-"))
    elif {"if", "when"} & set(keys[:-1]) and draft.bot is not None:
        yield from (Word(value) for value in (*draft.bot.profile.get(last, ()), "known", "unknown"))
        yield from (Word(value) for value in KNOWN.get(last, ()))


def _slots(draft: Draft, kind: str) -> Iterator[Word]:
    match kind:
        case "fact":
            yield from (Word(f"{fact.id}", fact.about) for fact in draft.facts.values())
        case "hotline":
            yield from _ids(draft, Kind.HOTLINE)
        case _:
            yield from (Word("fact:"), Word("hotline:"))


def _ids(draft: Draft, kind: Kind) -> Iterator[Word]:
    titles = {Kind.TOPIC: "topic.{}.title", Kind.FLOW: "{}.title", Kind.HOTLINE: "hotline.{}.name"}
    texts = {str(text): source.words for text, source in draft.texts.items()} if kind in titles else {}
    for each, name in draft.stood:
        if each is kind:
            yield Word(name, texts.get(titles.get(kind, "").format(name), ""))
