# ruff: noqa: INP001 - a script of its own
"""Known weaknesses from a folder, for machines that reach no service of advisories: files in the OSV format, one each.

Such a folder is the unpacked export for PyPI that the OSV project publishes. Nothing passes for lack of knowledge: a
folder that is empty or whose newest file is older than two weeks is refused, and so is a file that cannot be read.
"""

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

from bill_of_materials import Part
from packaging.utils import canonicalize_name
from packaging.version import InvalidVersion, Version

OLDEST = timedelta(days=14)


class AdvisoriesError(Exception):
    """The folder cannot be relied upon."""


@dataclass(frozen=True)
class Weakness:
    """What is known about some versions of one package."""

    id: str
    package: str
    versions: frozenset[str]
    ranges: tuple[tuple[tuple[str, str], ...], ...]

    def strikes(self, version: str) -> bool:
        return version in self.versions or any(_holds(events, Version(version)) for events in self.ranges)


def weaknesses(folder: Path, now: datetime) -> list[Weakness]:
    """All of them that stand; raise AdvisoriesError unless the folder is whole and fresh."""
    found: list[Weakness] = []
    newest = datetime.min.replace(tzinfo=UTC)
    for path in sorted(folder.glob("*.json")):
        try:
            told = json.loads(path.read_text("utf-8"))
            newest = max(newest, datetime.fromisoformat(told["modified"]).astimezone(UTC))
            if "withdrawn" not in told:
                found += _of_file(told)
        except (ValueError, KeyError, TypeError, AttributeError, InvalidVersion) as error:
            raise AdvisoriesError(f"{path} cannot be read ({type(error).__name__}); fetch the folder again") from None
    if now - newest > OLDEST:
        raise AdvisoriesError(
            f"the newest advisory in {folder} is older than {OLDEST.days} days; fetch the folder again"
        )
    return found


def judge_offline(parts: Sequence[Part], known: Sequence[Weakness]) -> list[str]:
    """Each part that one of them strikes."""
    by_package: dict[str, list[Weakness]] = {}
    for one in known:
        by_package.setdefault(one.package, []).append(one)
    return [
        f"{part.name} {part.version} has {one.id}"
        for part in parts
        for one in by_package.get(part.name, ())
        if one.strikes(part.version)
    ]


def _of_file(told: Mapping[str, object]) -> Iterator[Weakness]:
    affected = told["affected"]
    if not isinstance(affected, list):
        raise TypeError
    for one in affected:
        if one["package"]["ecosystem"] != "PyPI":
            continue
        ranges = []
        for span in one.get("ranges", ()):
            if span["type"] != "ECOSYSTEM":
                # Commits are told beside versions, never alone, for what is published.
                continue
            events = tuple((kind, text) for event in span["events"] for kind, text in event.items())
            for kind, text in events:
                if kind not in {"introduced", "fixed", "last_affected", "limit"}:
                    raise ValueError(kind)
                Version(text)
            ranges.append(events)
        yield Weakness(
            str(told["id"]),
            canonicalize_name(one["package"]["name"]),
            frozenset(one.get("versions", ())),
            tuple(ranges),
        )


def _holds(events: Sequence[tuple[str, str]], version: Version) -> bool:
    """As the format has it: in the order of versions, each event turns it on or off."""
    is_struck = False
    for kind, text in sorted(events, key=lambda event: (Version(event[1]), event[0] == "introduced")):
        at = Version(text)
        if kind == "introduced" and version >= at:
            is_struck = True
        elif (kind in {"fixed", "limit"} and version >= at) or (kind == "last_affected" and version > at):
            is_struck = False
    return is_struck
