"""Advisories from a folder: each version is judged as the format says, and an old or broken folder passes nothing."""

import json
import os
import runpy
import subprocess
import sys
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
TOOLS = ROOT / "tools"
sys.path.insert(0, os.fspath(TOOLS))
TOOL = runpy.run_path(os.fspath(TOOLS / "advisories.py"))
BILL = runpy.run_path(os.fspath(TOOLS / "bill_of_materials.py"))
sys.path.remove(os.fspath(TOOLS))
NOW = datetime(2026, 11, 26, tzinfo=UTC)
LOCK = ROOT / "requirements.lock"


def put(folder: Path, *events: dict[str, str], name: str = "aiohttp", now: datetime = NOW, **more: object) -> None:
    """One advisory, as the export holds them."""
    told = {
        "id": "PYSEC-2026-7",
        "modified": (now - timedelta(days=1)).isoformat(),
        "affected": [
            {
                "package": {"ecosystem": "PyPI", "name": name},
                "ranges": [{"type": "ECOSYSTEM", "events": list(events)}],
                "versions": [],
            }
        ],
        **more,
    }
    (folder / f"{len(list(folder.iterdir()))}.json").write_text(json.dumps(told), "utf-8")


def struck(folder: Path, version: str, name: str = "aiohttp") -> list[str]:
    part = BILL["Part"](name, version, "", ())
    return list(TOOL["judge_offline"]([part], TOOL["weaknesses"](folder, NOW)))


@pytest.mark.parametrize(
    ("version", "is_struck"),
    [
        ("0.9", False),
        ("1.0", True),
        ("1.2", True),
        ("1.3rc1", True),
        ("1.3", False),
        ("1.9", False),
        ("2.0", True),
        ("2.10", True),
        ("2.11", False),
        ("10.0", False),
    ],
)
def test_a_version_is_struck_between_what_brought_it_and_what_repaired_it(
    tmp_path: Path, version: str, *, is_struck: bool
) -> None:
    put(tmp_path, {"introduced": "2.0"}, {"last_affected": "2.10"}, {"fixed": "1.3"}, {"introduced": "1.0"})

    assert bool(struck(tmp_path, version)) == is_struck


def test_from_the_beginning_and_without_a_repair(tmp_path: Path) -> None:
    put(tmp_path, {"introduced": "0"})

    assert struck(tmp_path, "999") == ["aiohttp 999 has PYSEC-2026-7"]
    assert struck(tmp_path, "1", "aiosignal") == []


def test_versions_may_be_listed_one_by_one_and_names_be_written_in_any_way(tmp_path: Path) -> None:
    package = {"ecosystem": "PyPI", "name": "Typing_Extensions"}
    put(tmp_path, affected=[{"package": package, "versions": ["4.16.0"]}])

    assert struck(tmp_path, "4.16.0", "typing-extensions") != []
    assert struck(tmp_path, "4.16.1", "typing-extensions") == []


def test_what_was_withdrawn_or_is_of_another_world_strikes_nothing(tmp_path: Path) -> None:
    put(tmp_path, {"introduced": "0"}, withdrawn=NOW.isoformat())
    put(tmp_path, affected=[{"package": {"ecosystem": "npm", "name": "aiohttp"}, "versions": ["1"]}])

    assert struck(tmp_path, "1") == []


def test_an_empty_or_an_old_folder_is_refused(tmp_path: Path) -> None:
    with pytest.raises(TOOL["AdvisoriesError"], match="older than 14 days"):
        struck(tmp_path, "1")
    put(tmp_path, {"introduced": "0"}, modified=(NOW - timedelta(days=15)).isoformat())
    with pytest.raises(TOOL["AdvisoriesError"], match="older than 14 days"):
        struck(tmp_path, "1")


@pytest.mark.parametrize(
    "broken",
    ["", "{", "[]", "{}", '{"modified": "2026-11-25T00:00:00+00:00", "id": "x"}', '{"modified": "x", "affected": []}'],
)
def test_a_file_that_cannot_be_read_passes_nothing(tmp_path: Path, broken: str) -> None:
    put(tmp_path, {"introduced": "0"})
    (tmp_path / "broken.json").write_text(broken, "utf-8")

    with pytest.raises(TOOL["AdvisoriesError"], match=r"broken\.json cannot be read"):
        struck(tmp_path, "1")


@pytest.mark.parametrize("event", [{"introduced": "not-a-version"}, {"surprise": "1.0"}])
def test_an_event_that_is_not_understood_passes_nothing(tmp_path: Path, event: dict[str, str]) -> None:
    put(tmp_path, event)

    with pytest.raises(TOOL["AdvisoriesError"]):
        struck(tmp_path, "1")


@pytest.mark.parametrize(("name", "code"), [("aiohttp", 1), ("something-else", 0)])
def test_the_command_judges_the_real_lock_file_by_it(tmp_path: Path, name: str, code: int) -> None:
    put(tmp_path, {"introduced": "0"}, name=name, now=datetime.now(UTC))

    command = [sys.executable, os.fspath(TOOLS / "audit.py"), "--advisories", os.fspath(tmp_path), os.fspath(LOCK)]
    done = subprocess.run(command, capture_output=True, text=True, check=False)

    assert done.returncode == code, done.stderr
    assert ("has PYSEC-2026-7" in done.stderr) == bool(code)


def test_the_command_refuses_an_old_folder(tmp_path: Path) -> None:
    command = [sys.executable, os.fspath(TOOLS / "audit.py"), "--advisories", os.fspath(tmp_path), os.fspath(LOCK)]
    done = subprocess.run(command, capture_output=True, text=True, check=False)

    assert done.returncode == 1
    assert "older than 14 days" in done.stderr
