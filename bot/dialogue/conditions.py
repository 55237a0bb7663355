"""What an `if` asks: a plain map in which every entry must hold.

Shaped once when the content is compiled; asked in every turn, so asking does nothing but compare.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import TypeAlias, assert_never

from bot.dialogue.conversation import Value, as_number


@dataclass(frozen=True, slots=True)
class OneOf:
    """The named value is one of these; an untold value is none of them."""

    name: str
    values: frozenset[str]


@dataclass(frozen=True, slots=True)
class Between:
    """The named number lies in a range, both ends included; a missing end is open, an untold number counts as 0."""

    name: str
    low: Decimal | None
    high: Decimal | None


@dataclass(frozen=True, slots=True)
class Told:
    """The named value is known (or, negated, is not)."""

    name: str
    known: bool


@dataclass(frozen=True, slots=True)
class All:
    """Every part holds; no parts hold always."""

    parts: tuple["Condition", ...]


@dataclass(frozen=True, slots=True)
class AnyOf:
    """At least one part holds."""

    parts: tuple["Condition", ...]


@dataclass(frozen=True, slots=True)
class Not:
    """The part does not hold."""

    part: "Condition"


Condition: TypeAlias = OneOf | Between | Told | All | AnyOf | Not

ALWAYS = All(())


def holds(condition: Condition, known: Mapping[str, Value]) -> bool:
    """Whether a condition holds over what is known: the flow's values and the profile in one map."""
    match condition:
        case All(parts):
            return all(holds(part, known) for part in parts)
        case OneOf(name, values):
            return name in known and str(known[name]) in values
        case Between(name, low, high):
            number = as_number(known.get(name))
            return (low is None or low <= number) and (high is None or number <= high)
        case Told(name, is_known):
            return (name in known) == is_known
        case AnyOf(parts):
            return any(holds(part, known) for part in parts)
        case Not(part):
            return not holds(part, known)
        case _:
            assert_never(condition)
