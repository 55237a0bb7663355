"""A backup of a running store is wiped away and restored: everything is there, and the keys are not in the file."""

import stat
from datetime import UTC, datetime
from pathlib import Path
from shutil import rmtree

import pytest

from bot.__main__ import main
from bot.messages import ConversationId
from bot.settings import NAMES
from bot.store.backup import BackupError, back_up, restore
from bot.store.contract import Snapshot, Timer
from bot.store.embedded import EmbeddedValkey, EmbeddedValkeyError
from bot.store.redis_store import Census, open_store
from bot.store.secrets import load, load_or_make
from tests.builders import LEASE, a_commit, a_record, an_outgoing

NOW = datetime.now(UTC)
PEOPLE = [ConversationId(f"{number:022}") for number in range(30)]


async def fill(url: str, data_dir: Path) -> Census:
    store = open_store(url, load(data_dir).vault())
    for person in PEOPLE:
        timers = (Timer("remind", NOW),)
        await store.commit(
            a_commit(1, an_outgoing("words of a person"), conversation=person, timers=timers), NOW, LEASE
        )
    census = await store.census()
    await store.close()
    return census


async def look(data_dir: Path) -> tuple[Census, list[Snapshot], int]:
    async with EmbeddedValkey(data_dir) as valkey:
        store = open_store(valkey.bot_url, load_or_make(data_dir, NOW.date()).vault())
        found = (
            await store.census(),
            [await store.load(person) for person in PEOPLE],
            (await store.depth(NOW)).conversations,
        )
        await store.close()
    return found


async def test_what_was_there_is_there_again_after_all_of_it_was_wiped(quick_folder: Path) -> None:
    data, file = quick_folder / "var", quick_folder / "copy.rdb"
    load_or_make(data, NOW.date())
    async with EmbeddedValkey(data) as valkey:
        before = await fill(valkey.bot_url, data)
        count = await back_up(data, file)

    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    assert list((data / "valkey").glob("*.rdb")) == []
    rmtree(data / "valkey")

    assert await restore(data, file) == count
    census, snapshots, waiting = await look(data)
    assert census.keys == before.keys
    assert census.endless == before.endless
    assert snapshots == [Snapshot(1, a_record())] * len(PEOPLE)
    assert waiting == len(PEOPLE)


async def test_neither_keys_nor_words_are_in_it_and_with_other_keys_it_tells_nothing(quick_folder: Path) -> None:
    data, file = quick_folder / "var", quick_folder / "copy.rdb"
    load_or_make(data, NOW.date())
    async with EmbeddedValkey(data) as valkey:
        await fill(valkey.bot_url, data)
        await back_up(data, file)
    copied = file.read_bytes()
    keys = load_or_make(data, NOW.date())

    assert b"words of a person" not in copied
    assert b"5123456789" not in copied
    for secret in (keys.identity, keys.ring[0].key, (data / "keys" / "valkey-password").read_bytes().strip()):
        assert secret not in copied
        assert secret.hex().encode() not in copied

    elsewhere = quick_folder / "elsewhere"
    load_or_make(elsewhere, NOW.date())
    await restore(elsewhere, file)
    _, snapshots, _ = await look(elsewhere)
    assert all(snapshot.record is None for snapshot in snapshots)


async def test_nothing_is_overwritten_and_nothing_else_is_taken_for_a_backup(quick_folder: Path) -> None:
    data, file, other = quick_folder / "var", quick_folder / "copy.rdb", quick_folder / "other"
    load_or_make(data, NOW.date())
    other.write_text("something else")
    with pytest.raises(BackupError, match="no built-in store"):
        await back_up(data, file)
    async with EmbeddedValkey(data) as valkey:
        await fill(valkey.bot_url, data)
        await back_up(data, file)
        with pytest.raises(BackupError, match="there already"):
            await back_up(data, file)
        with pytest.raises(BackupError, match="stop it first"):
            await restore(data, file)

    with pytest.raises(BackupError, match="move that folder away"):
        await restore(data, file)
    with pytest.raises(BackupError, match="no backup"):
        await restore(quick_folder / "elsewhere", other)
    census, _, _ = await look(data)
    assert census.keys["l"] == len(PEOPLE)


async def test_one_that_is_damaged_is_found_when_it_is_restored(quick_folder: Path) -> None:
    data, file = quick_folder / "var", quick_folder / "copy.rdb"
    load_or_make(data, NOW.date())
    async with EmbeddedValkey(data) as valkey:
        await fill(valkey.bot_url, data)
        await back_up(data, file)
    whole = file.read_bytes()
    file.write_bytes(whole[: len(whole) // 2])

    with pytest.raises(EmbeddedValkeyError):
        await restore(quick_folder / "elsewhere", file)

    file.write_bytes(whole)
    assert await restore(quick_folder / "elsewhere", file) > 0


def test_it_is_a_command_that_also_works_while_no_bot_runs(
    quick_folder: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    for name in NAMES:
        monkeypatch.delenv(name, raising=False)
    monkeypatch.chdir(quick_folder)
    (quick_folder / "not-a-backup").write_text("x")

    for command, words in ((["backup", "copy.rdb"], "no built-in store"), (["restore", "not-a-backup"], "no backup")):
        with pytest.raises(SystemExit) as left:
            main(command)
        assert left.value.code == 1
        assert words in capsys.readouterr().err
