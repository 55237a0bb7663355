"""What a part found, and whether that is what was promised: as a table for people and as JSON for machines."""

import platform
from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass, field
from typing import Final

_HEAD: Final = ("part", "what", "found", "promised", "kept")


@dataclass(frozen=True, slots=True)
class Promise:
    """One figure beside the one that was promised."""

    what: str
    found: float
    promised: str
    is_kept: bool


@dataclass(frozen=True, slots=True)
class Finding:
    """One part: what was done, what came of it, and what must be said beside it."""

    part: str
    seed: int
    seconds: float
    done: Mapping[str, float | str]
    promises: tuple[Promise, ...]
    notes: tuple[str, ...] = field(default=())

    @property
    def is_well(self) -> bool:
        return all(promise.is_kept for promise in self.promises)

    def document(self) -> dict[str, object]:
        return {**asdict(self), "is_well": self.is_well}


def none_of(what: str, found: float) -> Promise:
    return Promise(what, found, "0", found == 0)


def at_most(what: str, found: float, limit: float) -> Promise:
    return Promise(what, found, f"≤ {limit:g}", found <= limit)


def at_least(what: str, found: float, limit: float) -> Promise:
    return Promise(what, found, f"≥ {limit:g}", found >= limit)


def exactly(what: str, found: float, wanted: float) -> Promise:
    return Promise(what, found, f"{wanted:g}", found == wanted)


def table(findings: Iterable[Finding]) -> str:
    """All promises in markdown, and below it what was done and said."""
    findings = list(findings)
    rows: list[Iterable[str]] = [_HEAD, ["---" for _ in _HEAD]]
    for finding in findings:
        rows += [
            (finding.part, one.what, f"{one.found:,.6g}", one.promised, "yes" if one.is_kept else "**NO**")
            for one in finding.promises
        ]
    lines = [f"| {' | '.join(row)} |" for row in rows]
    for finding in findings:
        done = ", ".join(f"{what} {number}" for what, number in finding.done.items())
        lines += ["", f"{finding.part}: seed {finding.seed}, {finding.seconds:.0f} s; {done}.", *finding.notes]
    return "\n".join(lines)


def document(findings: Iterable[Finding]) -> dict[str, object]:
    """All of it, for JSON."""
    return {
        "python": platform.python_version(),
        "machine": f"{platform.system()} {platform.machine()}",
        "parts": [finding.document() for finding in findings],
    }
