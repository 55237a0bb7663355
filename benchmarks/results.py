"""What was measured, as a table for people and as JSON for machines."""

import platform
from collections.abc import Iterable, Sequence
from dataclasses import asdict, dataclass, field
from math import ceil
from statistics import median
from typing import Final

_HEAD: Final = ("what", "here", "bare", "here / bare", "good", "limit")


@dataclass(frozen=True, slots=True)
class Row:
    """One figure: ours, that of the bare baseline in the same run, and the ratio, each the median of all rounds."""

    what: str
    here: str
    bare: str = ""
    ratio: str = ""
    good: str = ""
    limit: str = ""


@dataclass(slots=True)
class Results:
    """Rows for the table, every round for the JSON, and what must be said beside them."""

    seed: int
    rounds: int
    slow_rounds: int
    """Of what takes seconds each time."""
    rows: list[Row] = field(default_factory=list)
    raw: dict[str, object] = field(default_factory=dict)
    notes: list[str] = field(default_factory=list)

    def table(self) -> str:
        """The table in markdown."""
        rows = [_HEAD, ["---" for _ in _HEAD]]
        rows += [(row.what, row.here, row.bare, row.ratio, row.good, row.limit) for row in self.rows]
        return "\n".join(f"| {' | '.join(row)} |" for row in rows)

    def document(self) -> dict[str, object]:
        """Everything, for JSON."""
        return {
            "seed": self.seed,
            "rounds": self.rounds,
            "python": platform.python_version(),
            "machine": f"{platform.system()} {platform.machine()}",
            "notes": self.notes,
            "rows": [asdict(row) for row in self.rows],
            "raw": self.raw,
        }


def middle(values: Iterable[float]) -> float:
    """The median."""
    return median(values)


def middle_ratio(ours: Sequence[float], theirs: Sequence[float]) -> float:
    """The median of the ratios round by round, so that a slow moment of the machine weighs on both."""
    return median(mine / other for mine, other in zip(ours, theirs, strict=True))


def percentile(values: Sequence[float], share: float) -> float:
    """The value that so many do not exceed; infinity where there are none."""
    if not values:
        return float("inf")
    return sorted(values)[max(0, ceil(len(values) * share) - 1)]
