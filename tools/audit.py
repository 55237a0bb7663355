# ruff: noqa: INP001 - a script of its own
"""Asks whether something we are made of has a known weakness, and passes only when everything was really asked about.

A tool that finds no advisory because it reached none must not look like one that found none. So each part that is
locked for this Python and system has to stand in the answer as one that was looked up; else this ends with 1 and says
about which nothing is known.

Where a folder of advisories was fetched (`make advisories`), it is asked; else, or where it is too old, a service on
the network. With `--strict` only the folder counts, so that the answer is the same on every machine.
"""

import argparse
import json
import subprocess
import sys
from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path

from advisories import Advisories, AdvisoriesError, judge_offline, read_advisories
from bill_of_materials import LOCK, ROOT, Part, locked
from packaging.utils import canonicalize_name

PATIENCE = 300.0


def judge(parts: Sequence[Part], answer: str) -> list[str]:
    """What is wrong, by the answer of pip-audit in JSON; nothing when all were asked about and none is weak."""
    try:
        told = json.loads(answer)["dependencies"]
        found = {(canonicalize_name(one["name"]), one["version"]): one["vulns"] for one in told if "vulns" in one}
    except (ValueError, KeyError, TypeError):
        return [f"no answer about any of {len(parts)} parts: the advisories could not be reached"]
    problems = [
        f"{part.name} {part.version}: nothing is known about it, for it could not be asked about"
        for part in parts
        if (part.name, part.version) not in found
    ]
    for (name, version), known in sorted(found.items()):
        for weakness in known:
            better = ", ".join(weakness.get("fix_versions", ())) or "no version yet"
            problems.append(f"{name} {version} has {weakness['id']}; repaired in {better}")
    return problems


def ask(lock: Path) -> str:
    """The answer of pip-audit; empty when it gave none. What it says beside it goes to the terminal."""
    command = [sys.executable, "-m", "pip_audit", "--strict", "--require-hashes", "--disable-pip"]
    command += ["--format", "json", "--progress-spinner", "off", "--requirement", str(lock)]
    try:
        return subprocess.run(command, stdout=subprocess.PIPE, text=True, timeout=PATIENCE, check=False).stdout
    except subprocess.TimeoutExpired:
        return ""


def main() -> None:
    """Ask about every lock file that is named."""
    parser = argparse.ArgumentParser(description="asks whether a dependency has a known weakness")
    parser.add_argument("locks", nargs="*", type=Path, default=[LOCK, ROOT / "requirements-dev.lock"])
    parser.add_argument(
        "--advisories", type=Path, default=ROOT / "known-weaknesses", help="the folder that was fetched"
    )
    parser.add_argument("--strict", action="store_true", help="ask the folder, and nothing else")
    asked = parser.parse_args()
    known = _read(asked.advisories, strict=asked.strict)
    problems: list[str] = []
    for lock in asked.locks:
        every = locked(lock.read_text("utf-8"))
        parts = every if known is not None else [part for part in every if part.is_for_here()]
        found = judge(parts, ask(lock)) if known is None else judge_offline(parts, known)
        sys.stdout.write(f"{lock.name}: {len(parts)} parts, {len(found)} problems\n")
        problems += found
    if problems:
        # A part may stand in both lock files.
        sys.exit("\n".join(dict.fromkeys(problems)))


def _read(folder: Path, *, strict: bool) -> Advisories | None:
    """What the folder holds; None where a service has to be asked instead."""
    try:
        return read_advisories(folder, datetime.now(UTC))
    except AdvisoriesError as error:
        if strict:
            sys.exit(str(error))
        sys.stdout.write(f"{error}. Asking a service instead.\n")
        return None


if __name__ == "__main__":
    main()
