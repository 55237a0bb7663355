"""Whoever looks after the bot is told how old each key is and what to do; nothing of a key is shown."""

import os
from base64 import b64encode
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import pytest
from redis import Redis

from bot.__main__ import main
from bot.casebook import Epochs, add_writer, load_writers, use_coming_writer, week_of
from bot.doctor import Finding, examine
from bot.key_files import IDENTITY_LIFE, LIVES, OLD_KEY_LIFE, WORKING_LIFE, WRITER_LIFE
from bot.settings import Settings
from bot.store.private_folder import keep_password
from bot.store.rights import RIGHTS
from bot.store.secrets import add_working_key, begin_new_identity, forget_old_keys, load_or_make, use_coming_key
from tests.platform.stores import PASSWORD, an_address
from tests.store.servers import a_server

NOW = datetime(2026, 11, 26, 12, 0, tzinfo=UTC)


@pytest.fixture
def data(quick_folder: Path) -> Path:
    """A data folder as a bot leaves it: each kind of key, made today."""
    data_dir = quick_folder / "var"
    load_or_make(data_dir, NOW.date())
    keys = data_dir / "keys"
    for name in LIVES:
        keep_password(keys / name)
    load_writers(keys)
    from_today(keys)
    return data_dir


def from_today(folder: Path, age: timedelta = timedelta()) -> None:
    moment = (NOW - age).timestamp()
    for path in folder.iterdir():
        os.utime(path, (moment, moment))


async def findings(data_dir: Path, now: datetime = NOW, store_url: str | None = None) -> dict[str, Finding]:
    settings = Settings(data_dir=data_dir, content_dir=data_dir / "no-content", store_url=store_url)
    return {one.what: one for one in await examine(settings, now)}


async def test_all_keys_are_told_with_their_age(data: Path) -> None:
    found = await findings(data, NOW + timedelta(days=12))

    assert found["keys"] == Finding("keys", "1 working, the newest 12 days old; identity key 12 days old")
    for name in ("valkey-password", "webhook-secret", "writer.keys"):
        assert found[f"key {name}"] == Finding(f"key {name}", "12 days old")


async def test_a_working_key_is_due_after_ninety_days_and_not_before(data: Path) -> None:
    assert (await findings(data, NOW + WORKING_LIFE))["keys"].is_well

    late = (await findings(data, NOW + WORKING_LIFE + timedelta(days=1)))["keys"]

    assert not late.is_well
    assert "waymark keys renew" in late.words


async def test_each_step_that_is_left_is_told_and_a_finished_one_is_not(data: Path) -> None:
    add_working_key(data, NOW.date())
    coming = (await findings(data))["keys"]
    assert (coming.is_well, coming.words.split("; ")[-1]) == (
        False,
        "working key 2 is made and not used: waymark keys use",
    )

    use_coming_key(data)
    assert (await findings(data, NOW + OLD_KEY_LIFE))["keys"].is_well
    old = (await findings(data, NOW + OLD_KEY_LIFE + timedelta(days=1)))["keys"]
    assert not old.is_well
    assert "waymark keys retire" in old.words

    forget_old_keys(data, 2)
    assert (await findings(data, NOW + OLD_KEY_LIFE + timedelta(days=1)))["keys"].is_well


async def test_the_identity_key_is_due_after_a_year_and_a_change_that_is_not_finished_is_told(data: Path) -> None:
    add_working_key(data, NOW.date() + timedelta(days=360))
    use_coming_key(data)
    assert "renew-identity" not in (await findings(data, NOW + IDENTITY_LIFE))["keys"].words
    assert "renew-identity" in (await findings(data, NOW + IDENTITY_LIFE + timedelta(days=1)))["keys"].words

    begin_new_identity(data, NOW.date())
    begun = (await findings(data))["keys"]
    assert not begun.is_well
    assert "no bot starts" in begun.words


async def test_the_writer_key_is_due_after_a_year_by_the_day_it_was_made(data: Path) -> None:
    from_today(data / "keys", timedelta(days=400))
    late = (await findings(data))["key writer.keys"]
    assert (late.is_well, "waymark keys renew-writer" in late.words) == (False, True)

    add_writer(data / "keys", NOW.date())
    assert "waymark keys use-writer" in (await findings(data))["key writer.keys"].words
    use_coming_writer(data / "keys")
    from_today(data / "keys", timedelta(days=400))
    assert (await findings(data, NOW + WRITER_LIFE))["key writer.keys"] == Finding("key writer.keys", "365 days old")
    assert not (await findings(data, NOW + WRITER_LIFE + timedelta(days=1)))["key writer.keys"].is_well


async def test_writer_keys_that_are_damaged_are_told(data: Path) -> None:
    (data / "keys" / "writer.keys").write_text("nonsense!\n")

    assert "bring it back from its copy" in (await findings(data))["key writer.keys"].words


def test_a_new_working_key_is_made_by_a_command_and_nothing_of_it_is_shown(
    data: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("WAYMARK_DATA_DIR", os.fspath(data))
    monkeypatch.chdir(data)

    with pytest.raises(SystemExit) as ended:
        main(["keys", "renew"])

    assert ended.value.code == 0
    keys = load_or_make(data, date.today())  # noqa: DTZ011 - only read
    assert keys.opening.keys() == {1, 2}
    assert keys.sealing == 1
    told = capsys.readouterr().out
    assert "Working key 2 is made" in told
    assert all(key.hex() not in told and b64encode(key).decode() not in told for key in keys.opening.values())


def test_each_command_takes_its_step_and_one_in_a_wrong_order_says_what_to_do(
    data: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("WAYMARK_DATA_DIR", os.fspath(data))
    monkeypatch.chdir(data)

    def do(what: str) -> tuple[int | str | None, str]:
        with pytest.raises(SystemExit) as ended:
            main(["keys", what])
        told = capsys.readouterr()
        return ended.value.code, told.out + told.err

    assert do("retire") == (0, "There is no old working key.\n")
    for wrong in ("use", "use-writer"):
        code, told = do(wrong)
        assert (code, f"make one with: waymark keys {wrong.replace('use', 'renew')}" in told) == (1, True), told
    identity, writer = load_or_make(data, NOW.date()).identity, load_writers(data / "keys").newest.public
    for what in ("renew", "use", "renew-writer", "use-writer", "renew-identity"):
        assert do(what)[0] == 0, what

    keys = load_or_make(data, NOW.date())
    assert (keys.sealing, keys.identity == identity) == (2, False)
    assert load_writers(data / "keys").newest.public != writer


def test_without_keys_there_is_nothing_to_renew(
    quick_folder: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("WAYMARK_DATA_DIR", os.fspath(quick_folder / "var"))
    monkeypatch.chdir(quick_folder)

    with pytest.raises(SystemExit) as ended:
        main(["keys", "renew"])

    assert ended.value.code == 1
    assert "the first start makes them" in capsys.readouterr().err
    assert not (quick_folder / "var").exists()


@pytest.mark.parametrize("name", LIVES)
async def test_a_secret_that_is_too_old_is_told_with_what_to_do(data: Path, name: str) -> None:
    from_today(data / "keys", LIVES[name] + timedelta(days=1))

    found = await findings(data)

    assert not found[f"key {name}"].is_well
    assert f"delete {data / 'keys' / name}" in found[f"key {name}"].words


async def test_a_key_that_others_can_read_is_told(data: Path) -> None:
    (data / "keys" / "webhook-secret").chmod(0o644)

    found = (await findings(data))["key webhook-secret"]

    assert not found.is_well
    assert "chmod 600" in found.words


async def test_the_key_of_a_week_that_is_over_is_told_and_others_are_not(data: Path) -> None:
    epochs = Epochs(data / "epochs")
    for days in (-8, 0, 30):
        epochs.key_for(week_of(NOW + timedelta(days=days)))

    found = await findings(data)

    told = [one for what, one in found.items() if what.startswith("key 2")]
    assert [one.what for one in told] == [f"key {week_of(NOW - timedelta(days=8))}.key"]
    assert not told[0].is_well


async def test_settings_that_others_can_read_are_told(
    data: Path, quick_folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(quick_folder)
    file = quick_folder / ".env"
    file.write_text("WAYMARK_HTTP_PORT=8081\n", "utf-8")
    file.chmod(0o644)
    assert "chmod 600 .env" in (await findings(data))["settings"].words

    file.chmod(0o600)
    assert "settings" not in await findings(data)


async def test_nothing_of_a_key_stands_in_what_is_told(data: Path) -> None:
    from_today(data / "keys", timedelta(days=1000))
    secret = [
        word
        for path in (data / "keys").iterdir()
        for line in path.read_text("ascii").splitlines()
        if not line.startswith("#")
        for word in line.split()
        if len(word) > 20
    ]

    told = "\n".join(str(one) for one in (await findings(data, NOW + timedelta(days=1000))).values())

    assert len(secret) >= 5
    assert [word for word in secret if word in told] == []


async def test_a_store_user_who_could_wipe_it_is_told(data: Path) -> None:
    with a_server("--requirepass", PASSWORD) as server:
        url = f"unix://:{PASSWORD}@{server.folder}/socket"
        assert "could wipe the store" in (await findings(data, store_url=url))["store"].words

        with_password = f"unix://default:{PASSWORD}@{server.folder}/socket"
        _let_in(with_password)
        assert (await findings(data, store_url=an_address(server)))["store"].is_well


def _let_in(url: str) -> None:
    with Redis.from_url(url) as client:
        client.execute_command("ACL", "SETUSER", "waymark", "on", f">{PASSWORD}", *RIGHTS.split())
