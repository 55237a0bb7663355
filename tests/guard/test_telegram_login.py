"""Who opened the console from Telegram is believed only with Telegram's own signature, and only for a moment."""

import hmac
import json
from datetime import UTC, datetime, timedelta
from urllib.parse import urlencode

import pytest

from bot.guard.telegram_login import FRESH, read_init_data
from tests.builders import NOW

TOKEN = "123456:a-pretended-token"
USER = {"id": 4711, "first_name": "Anna", "last_name": "ស៊ុំ", "language_code": "km"}


def signed(fields: dict[str, str], token: str = TOKEN) -> str:
    text = "\n".join(f"{name}={fields[name]}" for name in sorted(fields))
    key = hmac.new(b"WebAppData", token.encode(), "sha256").digest()
    return urlencode({**fields, "hash": hmac.new(key, text.encode(), "sha256").hexdigest()})


def opened(at: datetime = NOW, user: object = USER) -> dict[str, str]:
    return {
        "query_id": "AAH",
        "user": json.dumps(user, ensure_ascii=False),
        "auth_date": str(int(at.timestamp())),
        "signature": "by-another-key",
    }


def test_what_telegram_signed_tells_who_it_is() -> None:
    assert read_init_data(signed(opened()), TOKEN, NOW) == "4711"


def test_a_signature_made_elsewhere_holds_here() -> None:
    """OpenSSL made this one, so that we do not only agree with ourselves."""
    data = "auth_date=1764147600&query_id=AAH&user=%7B%22id%22%3A4711%7D"
    told = "6208872e2670b1451ea5e6f899149a0ab6919d547454f12dd03b80023791cc8a"

    assert read_init_data(f"{data}&hash={told}", TOKEN, datetime.fromtimestamp(1764147600, UTC)) == "4711"


@pytest.mark.parametrize("seconds", [0, 60, 299, 300])
def test_it_holds_for_five_minutes(seconds: int) -> None:
    assert read_init_data(signed(opened()), TOKEN, NOW + timedelta(seconds=seconds)) == "4711"


@pytest.mark.parametrize("moment", [NOW + FRESH + timedelta(seconds=1), NOW - timedelta(seconds=61)])
def test_it_is_of_no_use_later_or_before(moment: datetime) -> None:
    assert read_init_data(signed(opened()), TOKEN, moment) is None


def test_a_clock_that_is_a_minute_behind_is_no_hindrance() -> None:
    assert read_init_data(signed(opened()), TOKEN, NOW - timedelta(seconds=60)) == "4711"


def test_whatever_was_changed_after_signing_is_refused() -> None:
    good = signed(opened())
    for place in range(len(good)):
        letter = "0" if good[place] != "0" else "1"
        assert read_init_data(good[:place] + letter + good[place + 1 :], TOKEN, NOW) is None


def test_another_bots_signature_is_refused() -> None:
    assert read_init_data(signed(opened(), "123457:another-token"), TOKEN, NOW) is None


def test_a_field_that_was_put_in_or_told_twice_is_refused() -> None:
    good = signed(opened())

    for more in ("&user=%7B%22id%22%3A1%7D", "&extra=1", "&hash=" + "0" * 64, "&auth_date=9999999999"):
        assert read_init_data(good + more, TOKEN, NOW) is None
        assert read_init_data(more[1:] + "&" + good, TOKEN, NOW) is None


@pytest.mark.parametrize(
    "fields",
    [
        {**opened(), "auth_date": ""},
        {**opened(), "auth_date": "soon"},
        {**opened(), "auth_date": "9" * 30},
        {**opened(), "auth_date": "-1"},
        {**opened(), "user": ""},
        {**opened(), "user": "null"},
        {**opened(), "user": '{"id": "4711"}'},
        {**opened(), "user": '{"id": 4711.5}'},
        {**opened(), "user": "{}"},
        {"auth_date": opened()["auth_date"]},
        {"user": opened()["user"]},
    ],
)
def test_what_is_signed_but_makes_no_sense_is_refused(fields: dict[str, str]) -> None:
    assert read_init_data(signed(fields), TOKEN, NOW) is None


@pytest.mark.parametrize(
    "data",
    [
        "",
        "hash=",
        "hash=é",
        "user=1&hash=ÿ",
        "\ud800=1&hash=2",
        "=&=",
        "a" * 5000,
        "%ff%fe&hash=00",
        "hash=%F0%9F%98%80",
    ],
)
def test_nonsense_is_refused(data: str) -> None:
    assert read_init_data(data, TOKEN, NOW) is None
