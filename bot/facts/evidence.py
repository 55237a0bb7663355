"""Where a value comes from, when it was looked at, and how long it may be told.

A value past `review_by` is told with the date of the last check; past `withhold_after` it is not told at all.
"""

from dataclasses import dataclass
from datetime import date, timedelta
from enum import StrEnum
from typing import Final

PATIENCE_AFTER_REVIEW: Final = timedelta(days=365)
"""How long a value whose review is overdue may still be told, with its date."""


class Confidence(StrEnum):
    """How well a value is supported; a low one is carried but never shown to people."""

    HIGH = "high"
    MEDIUM = "medium"
    LOW = "low"


class Telling(StrEnum):
    """How a value may be told on a day."""

    PLAIN = "plain"
    DATED = "dated"
    WITHHELD = "withheld"


@dataclass(frozen=True, slots=True)
class Source:
    """Where a value was found."""

    title: str
    url: str = ""
    date: str = ""


@dataclass(frozen=True, slots=True)
class Evidence:
    """What stands behind a fact, a hotline or a place."""

    source: Source
    checked: date
    review_by: date
    confidence: Confidence
    dossier: str = ""

    def telling(self, today: date) -> Telling:
        """Say how the value may be told today."""
        if self.confidence is Confidence.LOW:
            return Telling.WITHHELD
        if today <= self.review_by:
            return Telling.DATED if self.confidence is Confidence.MEDIUM else Telling.PLAIN
        return Telling.DATED if today <= self.review_by + PATIENCE_AFTER_REVIEW else Telling.WITHHELD
