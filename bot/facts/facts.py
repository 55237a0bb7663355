"""Dated values: fees, wages, deadlines, ages; and rules that need a sentence."""

from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import NewType, TypeAlias

from bot.facts.evidence import Evidence, Telling

FactId = NewType("FactId", str)


@dataclass(frozen=True, slots=True)
class Amount:
    """A number with its unit: `THB`, `day`, `percent` …; `per` says for how long or for whom, if at all."""

    number: Decimal
    unit: str
    per: str = ""


@dataclass(frozen=True, slots=True)
class AmountRange:
    """From `low` to `high`, both included."""

    low: Decimal
    high: Decimal
    unit: str
    per: str = ""


@dataclass(frozen=True, slots=True)
class Day:
    """A date."""

    day: date


@dataclass(frozen=True, slots=True)
class Rule:
    """A rule in words; the words stand in the phrasebook under `fact.<id>`."""


FactValue: TypeAlias = Amount | AmountRange | Day | Rule


@dataclass(frozen=True, slots=True)
class Fact:
    """One value that may change outside, and what stands behind it."""

    id: FactId
    about: str
    value: FactValue
    evidence: Evidence
    valid_from: date | None = None
    valid_to: date | None = None

    def holds(self, today: date) -> bool:
        """Whether today lies within the time the value is for."""
        after_start = self.valid_from is None or self.valid_from <= today
        return after_start and (self.valid_to is None or today <= self.valid_to)

    def telling(self, today: date) -> Telling:
        """Say how the value may be told today: as its evidence allows, and not at all outside of its time."""
        return self.evidence.telling(today) if self.holds(today) else Telling.WITHHELD
