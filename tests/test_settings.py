import re
from collections.abc import Mapping
from pathlib import Path

import pytest

from bot.settings import NAMES, Settings, SettingsError

README = Path(__file__).parents[1] / "README.md"
TOKEN = "12345:AbC-dEf_1"


def test_every_setting_stands_in_the_readme_and_no_other() -> None:
    rows = [line for line in README.read_text("utf-8").splitlines() if line.startswith("| `WAYMARK_")]
    told = {name for row in rows for name in re.findall(r"`(WAYMARK_[A-Z_]+)`", row.split("|")[1])}

    assert told == NAMES


def test_without_any_setting_the_bot_runs_for_itself() -> None:
    assert Settings.from_environ({"PATH": "/bin"}) == Settings()


def test_settings_are_read_without_the_space_around_them() -> None:
    settings = Settings.from_environ(
        {
            "WAYMARK_TELEGRAM_TOKEN": f" {TOKEN} ",
            "WAYMARK_TELEGRAM_API_URL": "http://localhost:8081/",
            "WAYMARK_TELEGRAM_WEBHOOK_URL": "https://bot.example.org/",
            "WAYMARK_TELEGRAM_WEBHOOK_SECRET": "abcdefgh-1234_567",
            "WAYMARK_STORE_URL": "redis://:password@store:6379/0",
            "WAYMARK_DATA_DIR": "/data",
            "WAYMARK_CONTENT_DIR": "/content",
            "WAYMARK_HTTP_HOST": "::1",
            "WAYMARK_HTTP_PORT": "0",
            "WAYMARK_PUBLIC_URL": "https://chat.example.org/",
        }
    )

    assert settings == Settings(
        telegram_token=TOKEN,
        telegram_api_url="http://localhost:8081",
        telegram_webhook_url="https://bot.example.org",
        telegram_webhook_secret="abcdefgh-1234_567",
        store_url="redis://:password@store:6379/0",
        data_dir=Path("/data"),
        content_dir=Path("/content"),
        http_host="::1",
        http_port=0,
        public_url="https://chat.example.org",
    )


def test_an_empty_setting_is_no_setting() -> None:
    assert Settings.from_environ(dict.fromkeys(NAMES, " ")) == Settings()


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("WAYMARK_TELEGRAM_TOKEN", "secret-1"),
        ("WAYMARK_TELEGRAM_TOKEN", "12345:"),
        ("WAYMARK_TELEGRAM_API_URL", "localhost:8081"),
        ("WAYMARK_TELEGRAM_WEBHOOK_URL", "http://example.org"),
        ("WAYMARK_TELEGRAM_WEBHOOK_URL", "https://"),
        ("WAYMARK_TELEGRAM_WEBHOOK_SECRET", "secret-1"),
        ("WAYMARK_TELEGRAM_WEBHOOK_SECRET", "secret-1 and more and more"),
        ("WAYMARK_STORE_URL", "http://secret-1"),
        ("WAYMARK_STORE_URL", "redis://[secret-1"),
        ("WAYMARK_STORE_URL", "redis://user:secret-1/2@host"),
        ("WAYMARK_STORE_URL", "redis+sentinel://secret-1:26379"),
        ("WAYMARK_HTTP_PORT", "secret-1"),
        ("WAYMARK_HTTP_PORT", "65536"),
        ("WAYMARK_HTTP_PORT", "-1"),
        ("WAYMARK_HTTP_PORT", "٨٠"),
        ("WAYMARK_PUBLIC_URL", "https://example.org:99999"),
        ("WAYMARK_PUBLIC_URL", "ftp://example.org"),
        ("WAYMARK_COLOUR", "secret-1"),
    ],
)
def test_a_setting_that_cannot_work_is_named_with_what_to_do_and_never_quoted(name: str, value: str) -> None:
    with pytest.raises(SettingsError) as told:
        Settings.from_environ({name: value})

    assert str(told.value).startswith(name)
    assert "secret-1" not in str(told.value)


@pytest.mark.parametrize(
    "url",
    [
        "redis://localhost",
        "rediss://user:password@store.example.org:6380/1",
        "unix:///run/valkey.sock",
        "redis+sentinel://one:26379,two:26379/mymaster",
        "redis+cluster://one:6379,two:6379",
    ],
)
def test_each_kind_of_store_has_its_address(url: str) -> None:
    assert Settings.from_environ({"WAYMARK_STORE_URL": url}).store_url == url


def test_all_mistakes_are_told_at_once() -> None:
    wrong: Mapping[str, str] = {"WAYMARK_HTTP_PORT": "x", "WAYMARK_COLOUR": "blue", "WAYMARK_PUBLIC_URL": "x"}

    with pytest.raises(SettingsError) as told:
        Settings.from_environ(wrong)

    assert {line.split()[0] for line in str(told.value).splitlines()} == wrong.keys()


def test_secrets_are_not_printed() -> None:
    settings = Settings(telegram_token=TOKEN, telegram_webhook_secret="secret-1", store_url="redis://:secret-2@h")

    assert TOKEN not in repr(settings)
    assert "secret" not in repr(settings).replace("webhook_secret", "")
