"""Who opened the console from Telegram, as Telegram's signature in the page's data says.

https://core.telegram.org/bots/webapps#validating-data-received-via-the-mini-app
"""

import hmac
from datetime import UTC, datetime, timedelta
from typing import Final
from urllib.parse import parse_qsl

import msgspec

FRESH: Final = timedelta(minutes=5)
_SKEW: Final = timedelta(minutes=1)
_MOST_BYTES: Final = 4096


class _User(msgspec.Struct):
    id: int


_USERS: Final = msgspec.json.Decoder(_User)


def read_init_data(data: str, token: str, now: datetime) -> str | None:
    """The Telegram id of whoever opened the page; None unless Telegram said so within the last minutes."""
    if len(data) > _MOST_BYTES:
        return None
    pairs = parse_qsl(data, keep_blank_values=True)
    fields = dict(pairs)
    if len(fields) != len(pairs) or "hash" not in fields:
        return None
    told = fields.pop("hash")
    text = "\n".join(f"{name}={value}" for name, value in sorted(fields.items()))
    key = hmac.digest(b"WebAppData", token.encode(), "sha256")
    right = hmac.digest(key, _bytes_of(text), "sha256").hex()
    if not hmac.compare_digest(right.encode(), _bytes_of(told)):
        return None
    try:
        moment = datetime.fromtimestamp(int(fields.get("auth_date", "")), UTC)
        user = _USERS.decode(fields.get("user", ""))
    except (ValueError, OverflowError, OSError, msgspec.DecodeError):
        return None
    return str(user.id) if -_SKEW <= now - moment <= FRESH else None


def _bytes_of(text: str) -> bytes:
    # Whatever a stranger sends has bytes; what no text may hold is only never right.
    return text.encode(errors="surrogatepass")
