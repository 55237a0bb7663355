"""Where everything in a YAML file begins and ends, by the characters of the file.

The parser's own marks are exact for words and brackets, but a list or map without brackets ends for it where the next
thing begins, behind comments and empty lines that belong to nobody. Here it ends with its last item.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Final, TypeAlias

import yaml

from bot.compiler.leaves import Plain

BLOCK_STYLES: Final = ("|", ">")


@dataclass(slots=True)
class ScalarSpan:
    """Words; `style` is their quote, `|` or `>`, or nothing."""

    start: int
    end: int
    words: str
    style: str
    column: int


@dataclass(slots=True)
class ListSpan:
    """A list; without brackets, `dashes` tells where the `-` of each item stands."""

    start: int
    end: int
    column: int
    is_flow: bool
    items: list["Span"]
    dashes: list[int]


@dataclass(slots=True)
class EntrySpan:
    """A key and its value."""

    key: ScalarSpan
    value: "Span"


@dataclass(slots=True)
class MapSpan:
    """A map; an odd one is written with `?`, or without braces in a list with brackets, and is only changed whole."""

    start: int
    end: int
    column: int
    is_flow: bool
    entries: dict[str, EntrySpan]
    is_odd: bool


Span: TypeAlias = ScalarSpan | ListSpan | MapSpan


def spans_of(text: str) -> Span | None:
    """Where the content of a file stands; only for text that `read_yaml` read without an error."""
    loader = yaml.CBaseLoader(text)
    try:
        return _Measurer(text).measure(loader.get_event)
    finally:
        loader.dispose()


def plain_of(span: Span) -> Plain:
    """What stands in a span, without its places."""
    match span:
        case ScalarSpan():
            return span.words
        case ListSpan():
            return [plain_of(item) for item in span.items]
        case MapSpan():
            return {name: plain_of(entry.value) for name, entry in span.entries.items()}


def line_start(text: str, index: int) -> int:
    """Where the line of a character begins."""
    return text.rfind("\n", 0, index) + 1


def line_end(text: str, index: int) -> int:
    """Where the line behind that of a character begins; behind the last line the end of the text."""
    found = text.find("\n", index)
    return len(text) if found < 0 else found + 1


def header_end(text: str, span: ScalarSpan) -> int:
    """Where `|-` ends, in front of a comment that may stand behind it."""
    end = span.start
    while end < len(text) and text[end] in "|>+-0123456789":
        end += 1
    return end


class _Measurer:
    __slots__ = ("_open", "_text")

    def __init__(self, text: str) -> None:
        self._text = text
        self._open: list[tuple[ListSpan | MapSpan, list[ScalarSpan]]] = []

    def measure(self, next_event: Callable[[], yaml.Event | None]) -> Span | None:
        root: Span | None = None
        while (event := next_event()) is not None:
            span = self._take(event)
            if span is None:
                continue
            if not self._open:
                root = span
                continue
            parent, keys = self._open[-1]
            if isinstance(parent, ListSpan):
                parent.items.append(span)
            elif keys:
                key = keys.pop()
                parent.entries[key.words] = EntrySpan(key, span)
            elif isinstance(span, ScalarSpan):
                keys.append(span)
        return root

    def _take(self, event: yaml.Event) -> Span | None:
        if event.start_mark is None or event.end_mark is None:
            return None
        start, column, end = event.start_mark.index, event.start_mark.column, event.end_mark.index
        match event:
            case yaml.ScalarEvent():
                span = ScalarSpan(start, end, event.value, event.style or "", column)
                if span.style in BLOCK_STYLES:
                    span.end = self._end_of_block(span, end)
                return span
            case yaml.SequenceStartEvent():
                self._open.append((ListSpan(start, end, column, bool(event.flow_style), [], []), []))
            case yaml.MappingStartEvent():
                is_flow = bool(event.flow_style)
                is_odd = is_flow and self._text[start : start + 1] != "{"
                self._open.append((MapSpan(start, end, column, is_flow, {}, is_odd), []))
            case yaml.CollectionEndEvent():
                return self._finish(end)
        return None

    def _end_of_block(self, span: ScalarSpan, end: int) -> int:
        """Behind the last line that is not empty; but empty lines that `+` keeps belong to the words."""
        header = header_end(self._text, span)
        if "+" in self._text[span.start : header]:
            return end
        last = header + len(self._text[header:end].rstrip(" \r\n"))
        if last < line_end(self._text, header):
            return header
        return last + len(self._text[last : line_end(self._text, last)].rstrip("\r\n"))

    def _finish(self, end: int) -> Span:
        span, _ = self._open.pop()
        if span.is_flow:
            span.end = end
        elif isinstance(span, ListSpan):
            self._find_dashes(span)
            span.end = span.items[-1].end if span.items else span.start
        else:
            entries = list(span.entries.values())
            span.is_odd = any(entry.key.column != span.column for entry in entries)
            span.end = entries[-1].value.end if entries else span.start
        return span

    def _find_dashes(self, span: ListSpan) -> None:
        behind = span.start
        for item in span.items:
            dash = self._dash(behind, span.column)
            span.dashes.append(dash)
            if isinstance(item, ScalarSpan) and not item.style and not item.words:
                item.start = item.end = dash + 1
            behind = max(item.end, dash + 1)

    def _dash(self, behind: int, column: int) -> int:
        """The next `-` in a column, on the line of `behind` or on a later one; comments and empty lines between."""
        start = line_start(self._text, behind)
        while start < len(self._text):
            place = start + column
            if place >= behind and self._text[place : place + 1] == "-" and line_end(self._text, start) > place:
                return place
            start = line_end(self._text, start)
        raise ValueError("a list has fewer dashes than items")
