"""Words, lists and maps → YAML as the file around them is written: its quotes, brackets and indentation."""

import re
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Final

from bot.compiler.leaves import Plain
from bot.compiler.spans import BLOCK_STYLES, ListSpan, MapSpan, ScalarSpan, Span

STEP: Final = 2
"""How much deeper a block stands than what it belongs to."""

LONGEST_LINE: Final = 100
ITEM: Final = "*"
"""Stands in a hint for whatever place in a list."""

_INDICATORS: Final = frozenset("-?:,[]{}#&*!|>'\"%@`=<")
_GUESSED: Final = frozenset(
    {"~", "null", "yes", "no", "true", "false", "on", "off", "y", "n"},
)
"""Other programs take these for something else than words when no quotes stand around them."""
_NUMBER: Final = re.compile(r"-?(0|[1-9][0-9]*)(\.[0-9]+)?")
_LIKE_A_PHONE: Final = re.compile(r"[0+][0-9 ()+-]*")
_ESCAPES: Final = str.maketrans({"\\": "\\\\", '"': '\\"', "\n": "\\n", "\t": "\\t"})

Hint = tuple[str, str]
"""The last two steps of the way to a value, such as `("source", "url")` or `("numbers", ITEM)`."""


@dataclass(slots=True)
class Habits:
    """How a file is written: what stands in quotes, what in brackets, how deep lists stand below their key."""

    quotes: dict[Hint, Counter[str]] = field(default_factory=dict)
    brackets: dict[Hint, Counter[bool]] = field(default_factory=dict)
    list_step: int = STEP

    def quote(self, hint: Hint) -> str:
        """The quote that is mostly used here."""
        counted = self.quotes.get(hint)
        return counted.most_common(1)[0][0] if counted else ""

    def in_brackets(self, hint: Hint) -> bool | None:
        """Whether a list or map here mostly stands in brackets; nothing where there is none yet."""
        counted = self.brackets.get(hint)
        return counted.most_common(1)[0][0] if counted else None


def habits_of(span: Span | None) -> Habits:
    """How a file is written."""
    habits = Habits()
    steps: list[int] = []
    if span is not None:
        _learn(span, ("", ""), habits, steps)
    if steps:
        habits.list_step = Counter(steps).most_common(1)[0][0]
    return habits


def _learn(span: Span, hint: Hint, habits: Habits, steps: list[int]) -> None:
    match span:
        case ScalarSpan():
            if span.style not in BLOCK_STYLES:
                habits.quotes.setdefault(hint, Counter())[span.style] += 1
        case ListSpan():
            habits.brackets.setdefault(hint, Counter())[span.is_flow] += 1
            for item in span.items:
                _learn(item, (hint[1], ITEM), habits, steps)
        case MapSpan():
            habits.brackets.setdefault(hint, Counter())[span.is_flow] += 1
            for name, entry in span.entries.items():
                _learn(entry.value, (hint[1], name), habits, steps)
                if isinstance(entry.value, ListSpan) and not entry.value.is_flow and not span.is_flow:
                    steps.append(entry.value.column - span.column)


@dataclass(frozen=True, slots=True)
class Written:
    """A value behind a `:` or `-`: what stands on the same line, and the lines below."""

    head: str
    lines: tuple[str, ...] = ()


def write(value: Plain, hint: Hint, column: int, habits: Habits, *, behind_dash: bool = False) -> Written:
    """A value that belongs to a key or dash in a column."""
    match value:
        case str():
            return write_words(value, habits.quote(hint), column)
        case _ if not value or _fits_brackets(value, hint, habits):
            return Written(write_inline(value, hint, habits))
        case _:
            is_list_below_key = isinstance(value, list) and not behind_dash
            below = column + (habits.list_step if is_list_below_key else STEP)
    lines = tuple(block_lines(value, hint, below, habits))
    return Written(lines[0][below:], lines[1:]) if behind_dash else Written("", lines)


def block_lines(value: Plain, hint: Hint, column: int, habits: Habits) -> Iterator[str]:
    """A list or map without brackets, on lines of its own in a column."""
    if isinstance(value, list):
        for item in value:
            yield from item_lines(item, (hint[1], ITEM), column, habits)
    elif isinstance(value, dict):
        for key, inner in value.items():
            yield from entry_lines(key, inner, (hint[1], key), column, habits)


def item_lines(value: Plain, hint: Hint, column: int, habits: Habits) -> Iterator[str]:
    """An item of a list, on lines of its own."""
    written = write(value, hint, column, habits, behind_dash=True)
    yield f"{' ' * column}- {written.head}".rstrip()
    yield from written.lines


def entry_lines(key: str, value: Plain, hint: Hint, column: int, habits: Habits) -> Iterator[str]:
    """A key with its value, on lines of its own."""
    written = write(value, hint, column, habits)
    yield f"{' ' * column}{write_key(key)}: {written.head}".rstrip()
    yield from written.lines


def write_key(key: str, quote: str = "") -> str:
    """A key, in quotes where it needs them or had them."""
    return quoted(key, quote, in_brackets=True)


def write_inline(value: Plain, hint: Hint, habits: Habits) -> str:
    """A value inside of brackets, or one that is a list or map in brackets itself."""
    match value:
        case str():
            return quoted(value, habits.quote(hint), in_brackets=True)
        case list():
            return "[" + ", ".join(write_inline(item, (hint[1], ITEM), habits) for item in value) + "]"
        case dict():
            pairs = (f"{write_key(key)}: {write_inline(inner, (hint[1], key), habits)}" for key, inner in value.items())
            return "{" + ", ".join(pairs) + "}"


def write_words(words: str, quote: str, column: int) -> Written:
    """Words outside of brackets: several lines as `|-`, one line as it was or in the quotes that it needs."""
    if quote in BLOCK_STYLES or "\n" in words.rstrip("\n"):
        lines = literal(words, " " * (column + STEP))
        if lines is not None:
            return lines
    return Written(quoted(words, "" if quote in BLOCK_STYLES else quote, in_brackets=False))


def literal(words: str, indent: str) -> Written | None:
    """Words as `|-` with lines that have this much in front; nothing where they cannot be written so."""
    body = words.rstrip("\n")
    chomped = len(words) - len(body)
    if not body.strip() or chomped > 1 or body[0].isspace() or "\r" in body or body.endswith((" ", "\t")):
        return None
    lines = tuple(indent + line if line else "" for line in body.split("\n"))
    return Written("|" if chomped else "|-", lines)


def quoted(words: str, quote: str, *, in_brackets: bool) -> str:
    """Words on one line, with the wanted quote where it can hold them."""
    if not quote and is_plain(words, in_brackets=in_brackets):
        return words
    if quote == "'" and words.isprintable():
        return "'" + words.replace("'", "''") + "'"
    return '"' + words.translate(_ESCAPES) + '"'


def is_plain(words: str, *, in_brackets: bool) -> bool:
    """Whether words need no quotes, neither for us nor for other programs that read the file."""
    if _NUMBER.fullmatch(words):
        return True
    if not words or words != words.strip() or words.casefold() in _GUESSED or _LIKE_A_PHONE.fullmatch(words):
        return False
    if words[0] in _INDICATORS or words.startswith("...") or any(sign in words for sign in ("\n", "\t", "\r")):
        return False
    if in_brackets and any(sign in words for sign in ",[]{}:?"):
        return False
    return ": " not in words and " #" not in words and not words.endswith(":")


def _fits_brackets(value: Plain, hint: Hint, habits: Habits) -> bool:
    if _has_lines(value):
        return False
    habit = habits.in_brackets(hint)
    if habit is not None:
        return habit
    is_simple = all(isinstance(inner, str) for inner in (value.values() if isinstance(value, dict) else value))
    return is_simple and len(write_inline(value, hint, habits)) <= LONGEST_LINE


def _has_lines(value: Plain) -> bool:
    match value:
        case str():
            return "\n" in value
        case list():
            return any(_has_lines(item) for item in value)
        case dict():
            return any(_has_lines(inner) for inner in value.values())
