"""Everything that may be known of a person where some conditions are asked, written out.

Content asks for few names with few values, so trying them all is simpler to trust than reasoning about conditions.
"""

from collections.abc import Iterable, Iterator, Mapping
from decimal import Decimal
from itertools import product
from math import prod
from typing import Final

from bot.dialogue.conditions import All, AnyOf, Between, Condition, Not, OneOf, Told
from bot.dialogue.conversation import Value

MOST_WORLDS: Final = 4096
_OTHER: Final = "…"
"""A value that no condition asks for."""


def worlds(
    conditions: Iterable[Condition], declared: Mapping[str, Iterable[str]]
) -> Iterator[Mapping[str, Value]] | None:
    """Each way in which the conditions may turn out; nothing where there are too many to try.

    A name in `declared` has only those values; any name may also be untold.
    """
    values: dict[str, dict[Value, None]] = {}
    for condition in conditions:
        _collect(condition, values)
    choices: dict[str, list[Value | None]] = {}
    for name, asked in values.items():
        told: list[Value] = list(declared[name]) if name in declared else [*asked, _OTHER]
        choices[name] = [None, *told]
    if prod(len(each) for each in choices.values()) > MOST_WORLDS:
        return None
    return (
        {name: value for name, value in zip(choices, combination, strict=True) if value is not None}
        for combination in product(*choices.values())
    )


def _collect(condition: Condition, values: dict[str, dict[Value, None]]) -> None:
    match condition:
        case OneOf(name, asked):
            values.setdefault(name, {}).update(dict.fromkeys(sorted(asked)))
        case Between(name, low, high):
            bounds = [bound for bound in (low, high) if bound is not None]
            around = [bound + step for bound in bounds for step in (-_STEP, Decimal(0), _STEP)]
            values.setdefault(name, {}).update(dict.fromkeys(around))
        case Told(name):
            values.setdefault(name, {})
        case All(parts) | AnyOf(parts):
            for part in parts:
                _collect(part, values)
        case Not(part):
            _collect(part, values)


_STEP: Final = Decimal("0.5")
"""Scores and counts are whole numbers: half a step to either side of a bound lies between them."""
