# ruff: noqa: INP001 - a script of its own
"""Known weaknesses from a folder, for machines that reach no service of advisories: files in the OSV format, one each.

`tools/fetch_advisories.py` makes such a folder where there is a network, of all that tells of a part of ours, and notes
beside it of which parts it was looked for and when. Nothing passes for lack of knowledge: a folder that is missing, or
older than two weeks, or a file that cannot be read, or a part that nobody looked for, is a problem.
"""

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

from bill_of_materials import CARRIED, Part
from packaging.utils import canonicalize_name
from packaging.version import InvalidVersion, Version

OLDEST = timedelta(days=14)
NOTE = "fetched.json"
PYPI = "PyPI"
NAMED: Mapping[str, tuple[str, str]] = {"valkey-server": ("Bitnami", "valkey")}
"""Programs of others inside a part: under which ecosystem and name advisories tell of them."""

_RANGES = frozenset({"ECOSYSTEM", "SEMVER"})
_EVENTS = frozenset({"introduced", "fixed", "last_affected", "limit"})


class AdvisoriesError(Exception):
    """The folder cannot be relied upon."""


@dataclass(frozen=True)
class Weakness:
    """What is known about some versions of one package."""

    id: str
    ecosystem: str
    package: str
    versions: frozenset[str]
    ranges: tuple[tuple[tuple[str, str], ...], ...]

    def strikes(self, version: str) -> bool:
        return version in self.versions or any(_holds(events, Version(version)) for events in self.ranges)


@dataclass(frozen=True)
class Advisories:
    """What a folder holds, and what it was looked for: ecosystem and name of each package."""

    known: tuple[Weakness, ...]
    about: frozenset[tuple[str, str]]


def read_advisories(folder: Path, now: datetime) -> Advisories:
    """All of them that stand; raise AdvisoriesError unless the folder is whole and fresh."""
    note = folder / NOTE
    if not note.exists():
        raise AdvisoriesError(
            f"there are no advisories in {folder}; fetch them where there is a network: make advisories"
        )
    try:
        told = json.loads(note.read_text("utf-8"))
        as_of = datetime.fromisoformat(told["as_of"]).astimezone(UTC)
        about = frozenset((ecosystem, name) for ecosystem, names in told["about"].items() for name in names)
        count = int(told["files"])
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        raise AdvisoriesError(f"{note} cannot be read ({type(error).__name__}); fetch the folder again") from None
    if not -timedelta(days=1) <= now - as_of <= OLDEST:
        raise AdvisoriesError(
            f"the advisories in {folder} are of {as_of.date()}, not within {OLDEST.days} days; fetch them again"
        )
    paths = sorted(path for path in folder.glob("*.json") if path.name != NOTE)
    if len(paths) != count:
        raise AdvisoriesError(f"{folder} holds {len(paths)} advisories and should hold {count}; fetch them again")
    known: list[Weakness] = []
    for path in paths:
        try:
            known += weaknesses_in(json.loads(path.read_text("utf-8")))
        except (ValueError, KeyError, TypeError, AttributeError, InvalidVersion) as error:
            raise AdvisoriesError(f"{path} cannot be read ({type(error).__name__}); fetch the folder again") from None
    return Advisories(tuple(known), about)


def judge_offline(parts: Sequence[Part], advisories: Advisories) -> list[str]:
    """Each part that one of them strikes, or that nobody looked for."""
    problems = []
    for ecosystem, name, version, called in _named(parts):
        if (ecosystem, name) not in advisories.about:
            problems.append(
                f"{called} {version}: nothing is known about it; fetch the advisories again: make advisories"
            )
        problems += [
            f"{called} {version} has {one.id}"
            for one in advisories.known
            if (one.ecosystem, one.package) == (ecosystem, name) and one.strikes(version)
        ]
    return problems


def packages_of(parts: Sequence[Part]) -> frozenset[tuple[str, str]]:
    """Under which ecosystem and name advisories tell of these parts and of what they carry."""
    return frozenset((ecosystem, name) for ecosystem, name, _, _ in _named(parts))


def weaknesses_in(told: Mapping[str, object]) -> Iterator[Weakness]:
    """What one advisory says of packages, by ecosystem; nothing where it was withdrawn."""
    affected = told["affected"] if "withdrawn" not in told else []
    if not isinstance(affected, list):
        raise TypeError
    for one in affected:
        ecosystem, name = one["package"]["ecosystem"], one["package"]["name"]
        if ecosystem not in {PYPI, *(named for named, _ in NAMED.values())}:
            continue
        ranges = []
        for span in one.get("ranges", ()):
            if span["type"] not in _RANGES:
                # Commits are told beside versions, never alone, for what is published.
                continue
            events = tuple((kind, text) for event in span["events"] for kind, text in event.items())
            for kind, text in events:
                if kind not in _EVENTS:
                    raise ValueError(kind)
                Version(text)
            ranges.append(events)
        yield Weakness(
            str(told["id"]),
            ecosystem,
            canonicalize_name(name),
            frozenset(one.get("versions", ())),
            tuple(ranges),
        )


def _named(parts: Sequence[Part]) -> Iterator[tuple[str, str, str, str]]:
    """Ecosystem, name, version, and what we call it."""
    for part in parts:
        yield PYPI, part.name, part.version, part.name
        for name, version, _ in CARRIED.get(part.name, ()):
            yield *NAMED[name], version, name


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
