"""`if:` and `when:` maps → conditions."""

import re
from decimal import Decimal
from typing import Final

from bot.compiler.draft import Asked, Draft
from bot.compiler.leaves import entries_of, texts_of
from bot.compiler.reading import ListNode, Node, TextNode
from bot.dialogue.conditions import ALWAYS, All, AnyOf, Between, Condition, Not, OneOf, Told

UNKNOWN: Final = "unknown"
KNOWN: Final = "known"
RESERVED: Final = frozenset({UNKNOWN, KNOWN})
_NUMBER: Final = r"(-?[0-9]{1,12}(?:\.[0-9]{1,6})?)"
_AT_LEAST: Final = re.compile(_NUMBER + r"(?:\+|\.\.)")
_AT_MOST: Final = re.compile(r"\.\." + _NUMBER)
_RANGE: Final = re.compile(_NUMBER + r"\.\." + _NUMBER)


def shape_condition(node: Node | None, draft: Draft, within: str) -> Condition:
    """A map in which every entry must hold; no map holds always."""
    parts: list[Condition] = []
    for key, value in entries_of(node):
        if key.words == "not":
            parts.append(Not(shape_condition(value, draft, within)))
        elif key.words == "any":
            items = value.items if isinstance(value, ListNode) else ()
            parts.append(AnyOf(tuple(shape_condition(item, draft, within) for item in items)))
        else:
            parts.append(_shape_asked(key, value, draft, within))
    if not parts:
        return ALWAYS
    return parts[0] if len(parts) == 1 else All(tuple(parts))


def _shape_asked(name: TextNode, value: Node, draft: Draft, within: str) -> Condition:
    """A name and what it may be: words, ranges, `known` or `unknown`, any of which is enough."""
    values: list[str] = []
    others: list[Condition] = []
    for text in texts_of(value):
        between = _read_range(name.words, text.words)
        if between is not None:
            others.append(between)
        elif text.words in RESERVED:
            others.append(Told(name.words, text.words == KNOWN))
        else:
            values.append(text.words)
    is_number = any(isinstance(other, Between) for other in others)
    draft.asked.append(Asked(name.words, tuple(values), value.place, within, is_number))
    if values:
        others.insert(0, OneOf(name.words, frozenset(values)))
    return others[0] if len(others) == 1 else AnyOf(tuple(others))


def _read_range(name: str, words: str) -> Between | None:
    if match := _RANGE.fullmatch(words):
        return Between(name, Decimal(match[1]), Decimal(match[2]))
    if match := _AT_LEAST.fullmatch(words):
        return Between(name, Decimal(match[1]), None)
    if match := _AT_MOST.fullmatch(words):
        return Between(name, None, Decimal(match[1]))
    return None
