"""The key on paper: three shares, any two of which open what is sealed, for the day when all passwords are lost.

Each pair of shares holds the key split with a one-time pad of its own, so one share alone says nothing at all about it,
and nothing but exclusive or is needed to join two.
"""

import base64
import binascii
import secrets
from dataclasses import dataclass
from hashlib import blake2b
from typing import Final

from nacl.public import PrivateKey

from bot.casebook.wraps import KeyPair, new_key

KEY_BYTES: Final = 32
PAIRS: Final = ((1, 2), (1, 3), (2, 3))
_MARK: Final = "WR1"
_CHECK_BYTES: Final = 3
_GROUP: Final = 5


class ShareError(Exception):
    """A share cannot be used; the words say why."""


@dataclass(frozen=True, slots=True)
class _Share:
    number: int
    key_id: bytes
    parts: dict[tuple[int, int], bytes]


def make_recovery() -> tuple[bytes, tuple[str, str, str]]:
    """The public half of a new key, and its three shares to be printed; nobody keeps the private half."""
    key = new_key()
    mark = _key_mark(key.public)
    parts: dict[int, list[bytes]] = {1: [], 2: [], 3: []}
    for first, second in PAIRS:
        pad = secrets.token_bytes(KEY_BYTES)
        parts[first].append(pad)
        parts[second].append(_xor(pad, key.private))
    one, two, three = (_write(number, mark, b"".join(parts[number])) for number in (1, 2, 3))
    return key.public, (one, two, three)


def join_shares(first: str, second: str) -> KeyPair:
    """The key of two different shares; raise ShareError."""
    one, two = sorted((_read(first), _read(second)), key=lambda share: share.number)
    if one.number == two.number:
        raise ShareError(f"this is share {one.number} twice; two different ones are needed")
    if one.key_id != two.key_id:
        raise ShareError("these two shares belong to different keys")
    pair = (one.number, two.number)
    private = PrivateKey(_xor(one.parts[pair], two.parts[pair]))
    public = bytes(private.public_key)
    if _key_mark(public) != one.key_id:
        raise ShareError("these two shares do not make a key; look at each letter again")
    return KeyPair(public, bytes(private))


def _write(number: int, mark: bytes, parts: bytes) -> str:
    plain = bytes((number,)) + mark + parts
    letters = base64.b32encode(plain + _check(plain)).decode().rstrip("=")
    groups = [letters[place : place + _GROUP] for place in range(0, len(letters), _GROUP)]
    return f"{_MARK}-{number} {' '.join(groups)}"


def _read(share: str) -> _Share:
    words = share.upper().replace("0", "O").replace("1", "I").split()
    head = share.upper().split()[:1]
    if not head or not head[0].startswith(_MARK):
        raise ShareError(f"a share begins with {_MARK}-1, {_MARK}-2 or {_MARK}-3")
    letters = "".join(words[1:])
    try:
        plain = base64.b32decode(letters + "=" * (-len(letters) % 8))
    except (binascii.Error, ValueError):
        raise ShareError("a share has a letter that none of them has; look at it again") from None
    body, check = plain[:-_CHECK_BYTES], plain[-_CHECK_BYTES:]
    if len(body) != 1 + _CHECK_BYTES + 2 * KEY_BYTES or check != _check(body) or body[0] not in (1, 2, 3):
        raise ShareError("a share was not copied rightly; look at each letter again")
    number, mark, parts = body[0], body[1 : 1 + _CHECK_BYTES], body[1 + _CHECK_BYTES :]
    pairs = [pair for pair in PAIRS if number in pair]
    return _Share(number, mark, {pairs[0]: parts[:KEY_BYTES], pairs[1]: parts[KEY_BYTES:]})


def _key_mark(public: bytes) -> bytes:
    return blake2b(public, digest_size=_CHECK_BYTES, person=b"recovery").digest()


def _check(plain: bytes) -> bytes:
    return blake2b(plain, digest_size=_CHECK_BYTES, person=b"share").digest()


def _xor(one: bytes, other: bytes) -> bytes:
    return bytes(a ^ b for a, b in zip(one, other, strict=True))
