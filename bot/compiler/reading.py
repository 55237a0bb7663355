"""YAML files → texts that remember where they stand.

PyYAML's loaders guess types: `yes` becomes True, `20:30` becomes 1230 and `0123456` another number, so that
a phone number could go wrong unseen. Here only its event stream is used, every scalar stays text, and a
file is bounded while it is read: the parser itself walks without recursion, and what nests or grows beyond
the limits ends before it is built. Anchors, aliases, tags, merge keys and duplicate keys are refused: each
lets a file say something else than what it shows.
"""

import re
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Final, NamedTuple, NoReturn, TypeAlias

import yaml
from yaml.events import (
    CollectionStartEvent,
    DocumentStartEvent,
    Event,
    MappingEndEvent,
    MappingStartEvent,
    NodeEvent,
    ScalarEvent,
    SequenceEndEvent,
    SequenceStartEvent,
)

from bot.compiler.problems import Notebook, Place

MOST_BYTES: Final = 1_000_000
DEEPEST: Final = 24
MOST_NODES: Final = 50_000


class TextNode(NamedTuple):
    """Words as they stand in the file; `plain` without quotes around them. Nodes are tuples, as there are so many."""

    place: Place
    words: str
    plain: bool = True


class ListNode(NamedTuple):
    """Several nodes in their order."""

    place: Place
    items: tuple["Node", ...]


class Entry(NamedTuple):
    """A key and what stands behind it."""

    key: TextNode
    value: "Node"


class MapNode(NamedTuple):
    """Nodes by key, in the order of the file."""

    place: Place
    entries: Mapping[str, Entry]


Node: TypeAlias = TextNode | ListNode | MapNode


def read_path(path: Path, shown_as: str, notebook: Notebook) -> Node | None:
    """Read one file; nothing where it is empty or cannot be read."""
    try:
        if not path.is_file():
            notebook.error(Place(shown_as, 1, 1), "this is no file that can be read")
            return None
        with path.open("rb") as stream:
            source = stream.read(MOST_BYTES + 1)
    except OSError as error:
        notebook.error(Place(shown_as, 1, 1), f"the file cannot be read: {error.strerror}")
        return None
    return read_yaml(source, shown_as, notebook)


def read_yaml(source: bytes, shown_as: str, notebook: Notebook) -> Node | None:
    """Read the bytes of one file; nothing where they are empty or cannot be read."""
    words = _decode(source, shown_as, notebook)
    if words is None:
        return None
    loader = yaml.CBaseLoader(words)
    try:
        # An escape in quotes can write what may not stand in the file.
        return _Builder(shown_as, notebook, iter(loader.get_event, None), escapes="\\" in words).build()
    except yaml.MarkedYAMLError as error:
        mark = (_opening(error) and error.context_mark) or error.problem_mark or error.context_mark
        line, column = (mark.line, mark.column) if mark else (0, 0)
        here = words.splitlines()[line : line + 1]
        notebook.error(Place(shown_as, line + 1, column + 1), _explained(error, "".join(here)[column:]))
    except yaml.YAMLError:
        notebook.error(Place(shown_as, 1, 1), "this is not valid YAML")
    finally:
        loader.dispose()
    return None


def _decode(source: bytes, shown_as: str, notebook: Notebook) -> str | None:
    if len(source) > MOST_BYTES:
        notebook.error(Place(shown_as, 1, 1), f"a file may hold {MOST_BYTES} bytes; split it in two")
        return None
    try:
        words = source.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        before = source[: error.start]
        line = before.count(b"\n") + 1
        column = len(before[before.rfind(b"\n") + 1 :].decode(errors="replace")) + 1
        notebook.error(Place(shown_as, line, column), "this is not UTF-8; save the file as UTF-8")
        return None
    forbidden = FORBIDDEN.search(words)
    if forbidden is None:
        return words
    at = forbidden.start()
    place = Place(shown_as, words.count("\n", 0, at) + 1, at - words.rfind("\n", 0, at))
    notebook.error(place, f"the invisible character U+{ord(forbidden.group()):04X} may not stand in content")
    return None


# Controls, other line breaks than \n, marks that turn the direction of writing, byte order marks inside, empty letters,
# marks of music, and tags, in which something can be written that nobody sees.
# U+200B to U+200D stay: Khmer, Lao and Burmese need them.
FORBIDDEN: Final = re.compile(
    "[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\u061c\u115f\u1160\u180e\u200e\u200f\u2028-\u202e\u2060-\u2069\u3164\ufeff"
    "\uffa0\ufff9-\uffff\U0001d173-\U0001d17a\U000e0000-\U000e0fff]"
)
_EMPTY_WORDS: Final = frozenset({"~", "null", "Null", "NULL"})
# What a named tuple's own constructor ends in; there are so many of them that the way to it takes as long as parsing.
_new: Final = tuple.__new__


class _TooLargeError(Exception):
    """A limit is passed."""


class _Builder:
    """Makes nodes of events; most events are plain scalars, so their way through it is short."""

    __slots__ = ("_depth", "_documents", "_escapes", "_events", "_file", "_nodes", "_notebook")

    def __init__(self, file: str, notebook: Notebook, events: Iterator[Event], *, escapes: bool) -> None:
        self._file = file
        self._notebook = notebook
        self._events = events
        self._escapes = escapes
        self._depth = 0
        self._documents = 0
        self._nodes = 0

    def build(self) -> Node | None:
        """The node of the document; nothing where it is empty or a limit is passed."""
        root: Node | None = None
        try:
            for event in self._events:
                if isinstance(event, DocumentStartEvent):
                    self._begin_document(event)
                elif isinstance(event, NodeEvent):
                    root = self._node(event)
        except _TooLargeError:
            return None
        return root

    def _begin_document(self, event: DocumentStartEvent) -> None:
        self._documents += 1
        place = self._place(event)
        if event.version is not None or event.tags:
            self._notebook.error(place, "lines that start with '%' are not allowed")
        if self._documents > 1:
            self._notebook.error(place, "a file may hold one document; take the line '---' out")
            raise _TooLargeError

    def _node(self, event: Event) -> Node:
        if isinstance(event, ScalarEvent):
            return self._text(event)
        if isinstance(event, MappingStartEvent):
            return self._map(event)
        if isinstance(event, SequenceStartEvent):
            return self._list(event)
        place = self._place(event)
        self._notebook.error(place, _NO_ALIAS)
        return TextNode(place, "")

    def _text(self, event: ScalarEvent) -> TextNode:
        words: str = event.value
        is_plain = not event.style
        mark = event.start_mark
        place = _new(Place, (self._file, mark.line + 1, mark.column + 1)) if mark else Place(self._file, 1, 1)
        if event.anchor is not None or event.tag is not None:
            self._refuse(event, place)
        if is_plain:
            if words in _EMPTY_WORDS:
                self._notebook.error(place, f"'{words}' means nothing here; write words or leave the line out")
        elif self._escapes and (forbidden := FORBIDDEN.search(words)) is not None:
            code = ord(forbidden.group())
            self._notebook.error(place, f"the invisible character U+{code:04X} may not stand in content")
        self._nodes += 1
        if self._nodes > MOST_NODES:
            self._refuse_size(place)
        return _new(TextNode, (place, words, is_plain))

    def _list(self, start: SequenceStartEvent) -> ListNode:
        place = self._open(start)
        items: list[Node] = []
        for event in self._events:
            if type(event) is SequenceEndEvent:
                break
            items.append(self._text(event) if type(event) is ScalarEvent else self._node(event))
        self._depth -= 1
        return ListNode(place, tuple(items))

    def _map(self, start: MappingStartEvent) -> MapNode:
        place = self._open(start)
        entries: dict[str, Entry] = {}
        again: list[TextNode] = []
        events = self._events
        for event in events:
            if type(event) is MappingEndEvent:
                break
            key = self._text(event) if type(event) is ScalarEvent else self._no_key(self._node(event))
            if key is not None and key.words == "<<":
                self._refuse_merge(key)
            behind = next(events)
            value = self._text(behind) if type(behind) is ScalarEvent else self._node(behind)
            if key is None:
                continue
            words = key.words
            if words in entries:
                again.append(key)
            else:
                entries[words] = _new(Entry, (key, value))
        for key in again:
            first = entries[key.words].key.place.line
            self._notebook.error(key.place, f"'{key.words}' stands here twice, first in line {first}")
        self._depth -= 1
        return MapNode(place, entries)

    def _open(self, event: MappingStartEvent | SequenceStartEvent) -> Place:
        """Go one deeper; the place where it begins."""
        place = self._place(event)
        if event.anchor is not None or event.tag is not None:
            self._refuse(event, place)
        self._depth += 1
        self._nodes += 1
        if self._depth > DEEPEST or self._nodes > MOST_NODES:
            self._refuse_size(place)
        return place

    def _refuse_merge(self, key: TextNode) -> None:
        if key.plain:
            self._notebook.error(key.place, "'<<' merges another part of the file; write it out instead")

    def _no_key(self, node: Node) -> TextNode | None:
        """An alias says what is wrong with it by itself."""
        if isinstance(node, TextNode):
            return node
        self._notebook.error(node.place, "a list or map cannot be a key; put '{' and '[' in quotes")
        return None

    def _place(self, event: Event) -> Place:
        mark = event.start_mark
        return _new(Place, (self._file, mark.line + 1, mark.column + 1)) if mark else Place(self._file, 1, 1)

    def _refuse(self, event: ScalarEvent | CollectionStartEvent, place: Place) -> None:
        if event.anchor is not None:
            self._notebook.error(place, f"'&{event.anchor}' names a part of the file; leave it out")
        if event.tag is not None:
            self._notebook.error(place, "'!' gives a type; leave it out or put the words in quotes")

    def _refuse_size(self, place: Place) -> NoReturn:
        if self._depth > DEEPEST:
            self._notebook.error(place, f"lists and maps may nest {DEEPEST} deep")
        else:
            words = f"a file may hold {MOST_NODES} words, lists and maps; split it in two"
            self._notebook.error(place, words)
        raise _TooLargeError


_NO_ALIAS: Final = "'*' repeats another part of the file; write it out instead"
_NO_QUOTE: Final = "found unexpected end of stream"
_NO_COLON: Final = "could not find expected ':'"
_NO_BRACKET: Final = "did not find expected ',' or"
_EXPLANATIONS: Final = (
    ("mapping values are not allowed", "a ':' stands inside words; put the words in quotes"),
    (_NO_QUOTE, "this quote is opened and never closed"),
    (_NO_COLON, "a ':' is missing behind this word, or a quote before it, or this line must stand deeper"),
    ("found a tab character", "a tab cannot indent; use spaces"),
    ("nesting depth", f"lists and maps may nest {DEEPEST} deep"),
    ("undefined alias", _NO_ALIAS),
    ("did not find expected alphabetic", "this character cannot start words; put the words in quotes"),
    (
        "block sequence entries are not allowed",
        "a list starts on a new line; words that start with '-' need quotes",
    ),
    ("did not find expected key", "this line stands at the wrong depth, or a quote is missing before it"),
    ("did not find expected '-' indicator", "this line stands at the wrong depth, or its '-' is missing"),
    (_NO_BRACKET, "this bracket is never closed, or a ',' is missing in it"),
    ("unknown escape character", "behind '\\' stands a letter that means nothing; use single quotes"),
    ("did not find expected <document start>", "this stands behind the end of the content"),
)


def _opening(error: yaml.MarkedYAMLError) -> bool:
    """Whether a mistake is better looked for where it begins than where the parser gave up."""
    problem = str(error.problem or "")
    return problem.startswith((_NO_QUOTE, _NO_COLON, _NO_BRACKET))


def _explained(error: yaml.MarkedYAMLError, rest: str) -> str:
    problem = str(error.problem or error.context or "")
    if "cannot start any token" in problem:
        if rest.startswith("\t"):
            return "a tab cannot indent; use spaces"
        return "this character cannot start words; put the words in quotes"
    for part, words in _EXPLANATIONS:
        if part in problem:
            return words
    return f"this is not valid YAML: {problem}"
