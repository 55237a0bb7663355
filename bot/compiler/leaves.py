"""Single values out of the nodes of a file.

What does not fit has been written down by `inspect` before; here it counts as not given, so that one mistake does not
hide the others.
"""

from collections.abc import Iterator, Mapping, Sequence
from datetime import date, timedelta
from decimal import Decimal
from typing import Final, TypeAlias

from bot.compiler.forms import DAY, DURATION, WHOLE, YES, read_decimal
from bot.compiler.reading import Entry, ListNode, MapNode, Node, TextNode

Plain: TypeAlias = "str | list[Plain] | dict[str, Plain]"
"""A tree of mere words, lists and maps."""

Json: TypeAlias = "str | int | float | bool | Sequence[Json] | Mapping[str, Json] | None"
"""What can be written as JSON."""

_NO_DAY: Final = date(1970, 1, 1)
_UNITS: Final = {
    "min": timedelta(minutes=1),
    "h": timedelta(hours=1),
    "hour": timedelta(hours=1),
    "d": timedelta(days=1),
    "day": timedelta(days=1),
    "w": timedelta(weeks=1),
    "week": timedelta(weeks=1),
}


def at(node: Node, key: str) -> Node | None:
    """What stands behind a key."""
    if not isinstance(node, MapNode):
        return None
    entry = node.entries.get(key)
    return None if entry is None else entry.value


def text_at(node: Node, key: str) -> TextNode | None:
    """The words behind a key, with their place."""
    found = at(node, key)
    return found if isinstance(found, TextNode) else None


def words_at(node: Node, key: str, default: str = "") -> str:
    """The words behind a key."""
    if isinstance(node, MapNode) and (entry := node.entries.get(key)) is not None:
        value = entry.value
        return value.words if isinstance(value, TextNode) else default
    return default


def is_yes(node: Node, key: str, *, default: bool = False) -> bool:
    """Whether `yes` (or `true`) stands behind a key."""
    return words_at(node, key, YES[0] if default else "no") in YES


def texts_at(node: Node, key: str) -> tuple[TextNode, ...]:
    """One or more words behind a key."""
    return texts_of(at(node, key))


def texts_of(node: Node | None) -> tuple[TextNode, ...]:
    """One or more words."""
    match node:
        case TextNode():
            return (node,)
        case ListNode():
            return tuple(item for item in node.items if isinstance(item, TextNode))
        case _:
            return ()


def many_at(node: Node, key: str) -> tuple[str, ...]:
    """One or more words behind a key, without their places."""
    return tuple(text.words for text in texts_at(node, key))


def entries_at(node: Node, key: str) -> Iterator[Entry]:
    """Key and value of everything in a map behind a key."""
    return entries_of(at(node, key))


def entries_of(node: Node | None) -> Iterator[Entry]:
    """Key and value of everything in a map."""
    return iter(node.entries.values()) if isinstance(node, MapNode) else iter(())


def maps_of(node: Node | None) -> tuple[MapNode, ...]:
    """The maps in a list."""
    if not isinstance(node, ListNode):
        return ()
    return tuple(item for item in node.items if isinstance(item, MapNode))


def day_at(node: Node, key: str) -> date | None:
    """The date behind a key."""
    return read_day(words_at(node, key))


def day_or_none(node: Node, key: str) -> date:
    """The date behind a key that every entry must have."""
    return day_at(node, key) or _NO_DAY


def read_day(words: str) -> date | None:
    """A date of the content."""
    fits = DAY.pattern.fullmatch(words) is not None and DAY.fits is not None and DAY.fits(words)
    return date.fromisoformat(words) if fits else None


def decimal_at(node: Node, key: str) -> Decimal | None:
    """The number behind a key."""
    return read_decimal(words_at(node, key))


def whole_at(node: Node, key: str, default: int) -> int:
    """The whole number behind a key."""
    words = words_at(node, key)
    return int(words) if WHOLE.pattern.fullmatch(words) else default


def duration_at(node: Node, key: str) -> timedelta:
    """The duration behind a key: `2h`, `3 days`, `30 min`."""
    told = words_at(node, key)
    if DURATION.pattern.fullmatch(told) is None:
        return timedelta()
    words = told.replace(" ", "")
    digits = words.rstrip("abcdefghijklmnopqrstuvwxyz")
    unit = words[len(digits) :]
    one = _UNITS.get(unit) or _UNITS.get(unit.removesuffix("s"))
    return one * int(digits) if one else timedelta()


def plain_tree(node: Node | None) -> Plain:
    """A node without its places."""
    match node:
        case TextNode():
            return node.words
        case ListNode():
            return [plain_tree(item) for item in node.items]
        case MapNode():
            return {key: plain_tree(entry.value) for key, entry in node.entries.items()}
        case None:
            return {}
