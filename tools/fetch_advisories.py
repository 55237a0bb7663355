# ruff: noqa: INP001 - a script of its own
"""Fetches the advisories that tell of a part of ours, where there is a network, for machines where there is none.

From the exports that the OSV project publishes, one archive for each ecosystem, it keeps the files that name a package
of the lock files (or a program that one of them carries), as they are, and notes beside them what was looked for. The
day they are of is that of the newest advisory in the whole export, whoever carried it here and when.
"""

import argparse
import io
import json
import shutil
import sys
import urllib.request
import zipfile
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

from advisories import NOTE, PYPI, packages_of, weaknesses_in
from bill_of_materials import LOCK, ROOT, locked
from packaging.version import InvalidVersion

EXPORTS = "https://osv-vulnerabilities.storage.googleapis.com"
FOLDER = ROOT / "known-weaknesses"
PATIENCE = 120.0
_LARGEST_FILE = 5_000_000


class FetchError(Exception):
    """They could not be fetched whole; the folder is left as it was."""


def fetch(source: str, folder: Path, packages: frozenset[tuple[str, str]]) -> int:
    """Put what tells of these packages into a folder, in place of what was there; how many advisories these are."""
    fresh = folder.with_name(folder.name + ".new")
    shutil.rmtree(fresh, ignore_errors=True)
    fresh.mkdir(parents=True)
    as_of = datetime.min.replace(tzinfo=UTC)
    count = 0
    for ecosystem in sorted({ecosystem for ecosystem, _ in packages}):
        for name, content, told in _export(source, ecosystem):
            if ecosystem == PYPI:
                as_of = max(as_of, datetime.fromisoformat(told["modified"]).astimezone(UTC))
            if _tells_of(told, packages):
                (fresh / name).write_bytes(content)
                count += 1
    about = {
        ecosystem: sorted(name for other, name in packages if other == ecosystem)
        for ecosystem in sorted({ecosystem for ecosystem, _ in packages})
    }
    note = {"as_of": as_of.isoformat(), "source": source, "files": count, "about": about}
    (fresh / NOTE).write_text(json.dumps(note, indent=1) + "\n", "utf-8")
    _take_place(fresh, folder)
    return count


def _export(source: str, ecosystem: str) -> Iterator[tuple[str, bytes, dict[str, str]]]:
    """Each advisory of an ecosystem: the name of its file, its bytes, and what it tells."""
    try:
        archive = zipfile.ZipFile(io.BytesIO(_read(source, ecosystem)))
        names = [name for name in archive.namelist() if name.endswith(".json")]
        if not names:
            raise FetchError(f"the export of {ecosystem} is empty")
        for name in names:
            if Path(name).name != name or archive.getinfo(name).file_size > _LARGEST_FILE:
                raise FetchError(f"the export of {ecosystem} holds what it should not")
            content = archive.read(name)
            yield name, content, json.loads(content)
    except (OSError, ValueError, zipfile.BadZipFile) as error:
        raise FetchError(f"the export of {ecosystem} cannot be fetched or read ({type(error).__name__})") from error


def _read(source: str, ecosystem: str) -> bytes:
    if not source.startswith("https://"):
        return (Path(source) / ecosystem / "all.zip").read_bytes()
    with urllib.request.urlopen(f"{source}/{ecosystem}/all.zip", timeout=PATIENCE) as answer:  # noqa: S310 - only https
        content: bytes = answer.read()
    return content


def _tells_of(told: dict[str, str], packages: frozenset[tuple[str, str]]) -> bool:
    try:
        return any((one.ecosystem, one.package) in packages for one in weaknesses_in(told))
    except (ValueError, KeyError, TypeError, AttributeError, InvalidVersion):
        # One that we cannot read may be about us: kept, it fails the audit, and somebody looks at it.
        return any(f'"{name}"' in json.dumps(told.get("affected", "")).lower() for _, name in packages)


def _take_place(fresh: Path, folder: Path) -> None:
    for kept in folder.glob("*.md"):
        shutil.copy2(kept, fresh)
    old = folder.with_name(folder.name + ".old")
    shutil.rmtree(old, ignore_errors=True)
    if folder.exists():
        folder.rename(old)
    fresh.rename(folder)
    shutil.rmtree(old, ignore_errors=True)


def main() -> None:
    """Fetch for every part of both lock files, those of other systems too."""
    parser = argparse.ArgumentParser(description="fetches the advisories that tell of a part of ours")
    parser.add_argument("--from", dest="source", default=EXPORTS, help="another https address, or a folder of exports")
    parser.add_argument("--to", type=Path, default=FOLDER)
    asked = parser.parse_args()
    parts = [part for lock in (LOCK, ROOT / "requirements-dev.lock") for part in locked(lock.read_text("utf-8"))]
    try:
        count = fetch(asked.source.rstrip("/"), asked.to, packages_of(parts))
    except FetchError as error:
        sys.exit(f"{error}; {asked.to} is as it was")
    sys.stdout.write(f"{count} advisories tell of some version of our parts; they lie in {asked.to}.\n")


if __name__ == "__main__":
    main()
