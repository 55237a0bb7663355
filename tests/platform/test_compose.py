"""Several bots on one machine: they are replaced without a gap, and nobody is ended for want of memory."""

import os
import re
import stat
import subprocess
from collections.abc import Mapping
from pathlib import Path

from bot.settings import NAMES
from bot.store.embedded import CONFIGURATION
from tests.platform.test_deployment import DEPLOY, ROOT, Yaml, compose, dig
from tests.platform.test_prepared_store import prepare

__all__ = ["compose"]

UNITS = {"b": 1, "k": 2**10, "m": 2**20, "g": 2**30}
BUFFER_FOR_A_REPLICA = 256 * 2**20
ROOM_FOR_A_BOT = 250 * 2**20


def in_bytes(words: str) -> int:
    number, unit = re.fullmatch(r"(\d+)([bkmg])b?", words).groups()  # type: ignore[union-attr] # fails the test
    return int(number) * UNITS[unit]


def test_the_store_says_that_it_is_full_before_its_container_ends_it(compose: Mapping[str, Yaml]) -> None:
    (most,) = re.findall(r"^maxmemory (\S+)$", (DEPLOY / "store/valkey.conf").read_text("utf-8"), re.MULTILINE)

    for name in ("store-1", "store-2"):
        limit = in_bytes(str(dig(compose, "services", name)["mem_limit"]))
        assert in_bytes(most) + BUFFER_FOR_A_REPLICA <= 0.9 * limit


def test_the_built_in_store_says_that_it_is_full_before_its_unit_is_ended() -> None:
    (most,) = re.findall(r"^maxmemory (\S+)$", CONFIGURATION, re.MULTILINE)
    (limit,) = re.findall(r"^MemoryHigh=(\S+)$", (DEPLOY / "waymark.service").read_text("utf-8"), re.MULTILINE)

    assert in_bytes(most) + ROOM_FOR_A_BOT <= in_bytes(limit.lower())


def test_new_ones_stand_beside_the_old_ones_before_these_go(compose: Mapping[str, Yaml]) -> None:
    text = (ROOT / "docs/upgrading.md").read_text("utf-8")
    (parts,) = re.findall(r"^    for part in (.+); do$", text, re.MULTILINE)
    first, second = re.findall(r"^        docker compose -f deploy/compose.yaml up (.+) \$part$", text, re.MULTILINE)
    standing = {name: dig(compose, "services", name, "deploy")["replicas"] for name in parts.split()}

    assert standing == {"bot": 2, "worker": 2}
    assert first == "--detach --wait --no-deps --no-recreate --scale $part=4"
    # Here the old ones must count as out of date: they are the first to be taken away.
    assert second == "--detach --wait --no-deps --scale $part=2"


def test_whom_to_wake_is_asked_for(quick_folder: Path) -> None:
    lines = (prepare(quick_folder) / "bot.env").read_text("utf-8").splitlines()
    asked = {line.partition("=")[0] for line in lines}

    assert asked >= {name for name in NAMES if name.startswith("WAYMARK_ALARM_")} | {"WAYMARK_WATCH_URL"}
    assert asked <= NAMES


def test_what_is_made_never_gets_into_the_project() -> None:
    ignored = set((ROOT / ".gitignore").read_text("utf-8").split())

    assert ignored >= {"/deploy/secrets/", "/deploy/.secrets.*/", "/secrets-of-waymark/", "/deploy/.env", "/.env"}


def test_an_upgrade_gives_new_rights_to_the_same_users(quick_folder: Path) -> None:
    acl = prepare(quick_folder) / "users.acl"
    made = acl.read_text("utf-8")
    acl.write_text(re.sub(r"(user waymark on >\w+) .*", r"\1 resetkeys -@all +get", made))
    number = acl.stat().st_ino

    done = subprocess.run(
        ["sh", os.fspath(quick_folder / "deploy/prepare.sh"), "rights"], capture_output=True, text=True, check=False
    )

    assert (done.returncode, done.stderr) == (0, "")
    assert acl.read_text("utf-8") == made
    # The very file that the containers were given.
    assert (acl.stat().st_ino, stat.S_IMODE(acl.stat().st_mode)) == (number, 0o600)
    assert [path.name for path in acl.parent.iterdir() if path.name.startswith(".")] == []


def test_rights_without_a_store_are_refused(quick_folder: Path) -> None:
    prepare(quick_folder)
    acl = quick_folder / "deploy/secrets/users.acl"
    acl.unlink()

    done = subprocess.run(
        ["sh", os.fspath(quick_folder / "deploy/prepare.sh"), "rights"], capture_output=True, text=True, check=False
    )

    assert done.returncode == 1
    assert "run this without 'rights' first" in done.stderr
    assert not acl.exists()


def test_a_user_that_was_not_there_is_not_given_an_empty_password(quick_folder: Path) -> None:
    acl = prepare(quick_folder) / "users.acl"
    fewer = "".join(line for line in acl.read_text("utf-8").splitlines(keepends=True) if " replica " not in line)
    acl.write_text(fewer)

    done = subprocess.run(
        ["sh", os.fspath(quick_folder / "deploy/prepare.sh"), "rights"], capture_output=True, text=True, check=False
    )

    assert done.returncode == 1
    assert "no password for replica" in done.stderr
    assert acl.read_text("utf-8") == fewer
