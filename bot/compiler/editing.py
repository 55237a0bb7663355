"""Which characters of a YAML file change when a value in it does: as few as the file's own way of writing allows."""

import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from difflib import SequenceMatcher
from typing import Final, NamedTuple

from bot.compiler.leaves import Plain
from bot.compiler.spans import (
    BLOCK_STYLES,
    ListSpan,
    MapSpan,
    ScalarSpan,
    Span,
    header_end,
    line_end,
    line_start,
    plain_of,
)
from bot.compiler.writing import (
    ITEM,
    STEP,
    Habits,
    Hint,
    Written,
    block_lines,
    entry_lines,
    item_lines,
    literal,
    quoted,
    write,
    write_inline,
    write_key,
)

MOST_PAIRS: Final = 4_000_000
"""Lists of which more pairs would have to be compared are written anew."""


class Edit(NamedTuple):
    """Characters of the file that make place for others; equal ones only insert."""

    start: int
    end: int
    words: str


@dataclass(frozen=True, slots=True)
class Site:
    """A value where it stands: behind the key or dash in a column, `behind` being the first character after it."""

    span: Span
    hint: Hint
    column: int
    behind: int
    in_brackets: bool
    behind_dash: bool


class Rows(NamedTuple):
    """The lines of a list or map without brackets: where each item or key begins, and where its value ends."""

    starts: Sequence[int]
    ends: Sequence[int]
    column: int


class Editor:
    """Works out edits of one text; makes none of them."""

    __slots__ = ("_habits", "_text")

    def __init__(self, text: str, habits: Habits) -> None:
        self._text = text
        self._habits = habits

    def inner(self, site: Site, step: str | int) -> Site | None:
        """What stands behind a key, or at a place of a list."""
        text = self._text
        match site.span, step:
            case MapSpan(entries=entries) as span, str() if step in entries:
                key, value = entries[step].key, entries[step].value
                colon = text.find(":", key.end) + 1
                return Site(value, (site.hint[1], step), key.column, colon, site.in_brackets or span.is_flow, False)  # noqa: FBT003
            case ListSpan(items=items) as span, int() if 0 <= step < len(items):
                behind = span.start if span.is_flow else span.dashes[step] + 1
                return Site(
                    *(items[step], (site.hint[1], ITEM), span.column, behind),
                    in_brackets=site.in_brackets or span.is_flow,
                    behind_dash=not span.is_flow,
                )
            case _:
                return None

    # One value in the place of another

    def rewrite(self, site: Site, value: Plain) -> Iterator[Edit]:
        """Write a value in the place of another."""
        span, text = site.span, self._text
        if site.in_brackets:
            words = write_inline(value, site.hint, self._habits)
            if isinstance(value, str) and isinstance(span, ScalarSpan):
                words = quoted(value, span.style, in_brackets=True)
            yield Edit(span.start, span.end, self._lead(span.start) + words)
            return
        written = self._write(site, value)
        is_below = not isinstance(span, ScalarSpan) and not span.is_flow and "\n" in text[site.behind : span.start]
        if isinstance(span, ScalarSpan) and span.style in BLOCK_STYLES and span.end > header_end(text, span):
            yield from self._rewrite_literal(span, written)
        elif is_below:
            yield from self._rewrite_below(site, written)
        elif written.head:
            lines = "".join("\n" + line for line in written.lines)
            if isinstance(span, ScalarSpan) or span.is_flow:
                yield Edit(span.start, span.end, self._lead(span.start) + written.head)
                yield from self._lines(self._behind_line(span.end), written.lines)
            else:
                yield Edit(span.start, span.end, written.head + lines)
        else:
            yield Edit(site.behind, span.end, "")
            yield from self._lines(self._behind_line(span.end), written.lines)

    def _write(self, site: Site, value: Plain) -> Written:
        span = site.span
        if isinstance(value, str) and isinstance(span, ScalarSpan):
            if span.style in BLOCK_STYLES:
                body = self._text[line_end(self._text, span.start) : span.end]
                first = next((line for line in body.split("\n") if line.strip()), "")
                indent = first[: len(first) - len(first.lstrip(" "))] or " " * (site.column + STEP)
                found = literal(value, indent)
                if found is not None:
                    return found
            elif "\n" not in value:
                return Written(quoted(value, span.style, in_brackets=False))
        return write(value, site.hint, site.column, self._habits, behind_dash=site.behind_dash)

    def _rewrite_literal(self, span: ScalarSpan, written: Written) -> Iterator[Edit]:
        text = self._text
        header = header_end(text, span)
        yield Edit(span.start, header, written.head)
        # Empty lines that belong to the words take the last line break with them.
        tail = "\n" if text[span.end - 1] == "\n" else ""
        ending = header + len(text[header : line_end(text, header)].rstrip("\r\n"))
        yield Edit(ending, span.end, "".join("\n" + line for line in written.lines) + tail)

    def _rewrite_below(self, site: Site, written: Written) -> Iterator[Edit]:
        span, text = site.span, self._text
        start = line_start(text, span.start)
        if not written.head:
            yield Edit(start, span.end, "\n".join(written.lines))
            return
        yield Edit(site.behind, site.behind, f" {written.head}")
        # A comment may stand behind the key and below it; both stay.
        lines = "".join(f"{line}\n" for line in written.lines)
        yield Edit(start, line_end(text, span.end), lines)

    def _lead(self, start: int) -> str:
        """A space where the value would touch the sign before it."""
        return "" if start == 0 or self._text[start - 1] in " \n[{" else " "

    # Making a value equal to another

    def become(self, site: Site, value: Plain) -> Iterator[Edit]:
        """Make a value equal to another; what is the same in both is not touched."""
        span = site.span
        if same(plain_of(span), value):
            return
        match span, value:
            case ListSpan(), list() if span.items and value and len(span.items) * len(value) <= MOST_PAIRS:
                yield from self._become_list(site, span, value)
            case MapSpan(is_odd=False), dict() if span.entries and value:
                yield from self._become_map(site, span, value)
            case _:
                yield from self.rewrite(site, value)

    def _become_list(self, site: Site, span: ListSpan, value: Sequence[Plain]) -> Iterator[Edit]:
        old = [json.dumps(plain_of(item)) for item in span.items]
        new = [json.dumps(item) for item in value]
        removed: set[int] = set()
        added: dict[int, list[Plain]] = {}
        last = -1
        for what, old_from, old_to, new_from, new_to in SequenceMatcher(None, old, new, autojunk=False).get_opcodes():
            pairs = min(old_to - old_from, new_to - new_from)
            if what != "equal":
                for index in range(pairs):
                    inner = self.inner(site, old_from + index)
                    if inner is not None:
                        yield from self.become(inner, value[new_from + index])
            removed.update(range(old_from + pairs, old_to))
            last = old_from + pairs - 1 if pairs else last
            if new_to - new_from > pairs:
                added.setdefault(last, []).extend(value[new_from + pairs : new_to])
        if len(removed) == len(old):
            yield from self.rewrite(site, list(value))
            return
        yield from self.remove(site, removed)
        for after, items in added.items():
            yield from self.add_items(site, after, items, removed)

    def _become_map(self, site: Site, span: MapSpan, value: dict[str, Plain]) -> Iterator[Edit]:
        old, new = list(span.entries), list(value)
        blocks = SequenceMatcher(None, old, new, autojunk=False).get_matching_blocks()
        kept = {old[block.a + step] for block in blocks for step in range(block.size)}
        if not kept:
            yield from self.rewrite(site, value)
            return
        removed = {index for index, name in enumerate(old) if name not in kept}
        yield from self.remove(site, removed)
        after = -1
        added: dict[int, list[tuple[str, Plain]]] = {}
        for name in new:
            inner = self.inner(site, name) if name in kept else None
            if inner is not None:
                after = old.index(name)
                yield from self.become(inner, value[name])
            else:
                added.setdefault(after, []).append((name, value[name]))
        for behind, entries in added.items():
            yield from self.add_entries(site, behind, entries, removed)

    # Rows more and rows less

    def add_items(self, site: Site, after: int, items: Sequence[Plain], removed: set[int]) -> Iterator[Edit]:
        """Write items behind one of a list, or before the first that stays."""
        span, hint = site.span, (site.hint[1], ITEM)
        if not isinstance(span, ListSpan):
            return
        if site.in_brackets or span.is_flow:
            yield self._add_inline(
                span, after, [write_inline(item, hint, self._habits) for item in items], removed, len(span.items)
            )
            return
        rows = self.rows(span)
        gap = self._has_gaps(rows)
        lines: list[str] = []
        for item in items:
            lines += [
                *([""] if gap and (lines or after >= 0) else []),
                *item_lines(item, hint, span.column, self._habits),
            ]
        yield from self._add_rows(rows, after, [*lines, *([""] if gap and after < 0 else [])], removed)

    def add_entries(
        self, site: Site, after: int, entries: Sequence[tuple[str, Plain]], removed: set[int]
    ) -> Iterator[Edit]:
        """Write keys with values behind one of a map, or before the first that stays."""
        span = site.span
        if not isinstance(span, MapSpan):
            return
        hints = {name: (site.hint[1], name) for name, _ in entries}
        if site.in_brackets or span.is_flow:
            words = [f"{write_key(name)}: {write_inline(value, hints[name], self._habits)}" for name, value in entries]
            yield self._add_inline(span, after, words, removed, len(span.entries))
            return
        lines = [
            line for name, value in entries for line in entry_lines(name, value, hints[name], span.column, self._habits)
        ]
        yield from self._add_rows(self.rows(span), after, lines, removed)

    def remove(self, site: Site, removed: set[int]) -> Iterator[Edit]:
        """Take rows out of a list or map of which at least one stays."""
        span = site.span
        if isinstance(span, ScalarSpan) or not removed:
            return
        rows = self.rows(span)
        first = next(index for index in range(len(rows.starts)) if index not in removed)
        if site.in_brackets or span.is_flow:
            yield from self._remove_inline(rows, removed, first)
            return
        is_shared = bool(self._text[line_start(self._text, rows.starts[0]) : rows.starts[0]].strip())
        if is_shared and first:
            behind = rows.ends[first - 1]
            is_clear = "#" not in self._text[behind : rows.starts[first]]
            yield Edit(rows.starts[0], rows.starts[first] if is_clear else behind, "")
        for index in sorted(removed):
            if not (is_shared and index < first):
                yield self._remove_row(rows, index)

    def rows(self, span: ListSpan | MapSpan) -> Rows:
        """Where the items of a list or the keys of a map begin, and where they end."""
        if isinstance(span, ListSpan):
            starts = [item.start for item in span.items] if span.is_flow else span.dashes
            return Rows(
                starts, [max(item.end, start) for item, start in zip(span.items, starts, strict=True)], span.column
            )
        entries = list(span.entries.values())
        ends = [max(entry.value.end, entry.key.end) for entry in entries]
        return Rows([entry.key.start for entry in entries], ends, span.column)

    def _add_inline(
        self, span: ListSpan | MapSpan, after: int, words: Sequence[str], removed: set[int], count: int
    ) -> Edit:
        rows = self.rows(span)
        if after >= 0:
            return Edit(rows.ends[after], rows.ends[after], "".join(f", {each}" for each in words))
        first = next((index for index in range(count) if index not in removed), None)
        if first is None:
            return Edit(span.start + 1, span.end - 1, ", ".join(words))
        return Edit(rows.starts[first], rows.starts[first], "".join(f"{each}, " for each in words))

    def _add_rows(self, rows: Rows, after: int, lines: Sequence[str], removed: set[int]) -> Iterator[Edit]:
        if after >= 0:
            yield from self._lines(self._behind_line(rows.ends[after]), lines)
            return
        first = next(index for index in range(len(rows.starts)) if index not in removed)
        start = rows.starts[first]
        words = ("\n".join(lines) + "\n").removeprefix(" " * rows.column) + " " * rows.column
        yield Edit(start, start, words)

    def _remove_row(self, rows: Rows, index: int) -> Edit:
        text = self._text
        start, end = line_start(text, rows.starts[index]), self._behind_line(rows.ends[index])
        before = rows.ends[index - 1] if index else 0
        # Of the empty lines around it, those in front go with it.
        if end == len(text) or not text[end : line_end(text, end)].strip():
            above = line_start(text, start - 1) if start else 0
            while start > before and above >= before and start and not text[above:start].strip():
                start, above = above, line_start(text, above - 1) if above else 0
        return Edit(start, end, "")

    def _remove_inline(self, rows: Rows, removed: set[int], first: int) -> Iterator[Edit]:
        for index in sorted(removed):
            if index < first:
                yield Edit(rows.starts[index], rows.starts[index + 1], "")
            else:
                yield Edit(rows.ends[index - 1], rows.ends[index], "")

    def _has_gaps(self, rows: Rows) -> bool:
        """Whether mostly an empty line stands between the rows."""
        text = self._text
        gaps = [
            any(not line.strip() for line in text[end:start].split("\n")[1:-1])
            for end, start in zip(rows.ends, rows.starts[1:], strict=False)
        ]
        return sum(gaps) * 2 > len(gaps)

    def _behind_line(self, end: int) -> int:
        """Where the line behind a value begins."""
        return end if end and self._text[end - 1] == "\n" else line_end(self._text, end)

    def _lines(self, at: int, lines: Sequence[str]) -> Iterator[Edit]:
        """Write lines of their own before a line; behind a last line without an end they have none either."""
        if not lines:
            return
        if at == len(self._text) and at and self._text[at - 1] != "\n":
            yield Edit(at, at, "".join(f"\n{line}" for line in lines))
        else:
            yield Edit(at, at, "".join(f"{line}\n" for line in lines))


def same(one: "Plain | None", other: "Plain | None") -> bool:
    """Whether two trees are equal, in the order of their keys too."""
    match one, other:
        case dict(), dict():
            return list(one) == list(other) and all(same(one[key], other[key]) for key in one)
        case list(), list():
            return len(one) == len(other) and all(same(left, right) for left, right in zip(one, other, strict=True))
        case _:
            return one == other


def new_lines(value: Plain, habits: Habits) -> str:
    """The whole of a file that has held nothing."""
    return "".join(f"{line}\n" for line in block_lines(value, ("", ""), 0, habits))
