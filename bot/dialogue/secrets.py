"""The safe pictures: what only the person knows, kept so that it can be compared but not read.

Argon2id makes each guess dear; the record in which the verifier lies is sealed, so that guessing needs our keys, too.
"""

from base64 import urlsafe_b64decode, urlsafe_b64encode
from collections.abc import Sequence
from datetime import datetime
from hashlib import blake2b
from hmac import compare_digest
from typing import Final

from nacl.pwhash import argon2id

_SALT_BYTES: Final = argon2id.SALTBYTES
_BYTES: Final = 16


def seal_secret(pictures: Sequence[str], now: datetime) -> str:
    """A verifier of these pictures in this order; the moment makes two of the same pictures differ."""
    salt = blake2b(now.isoformat().encode(), digest_size=_SALT_BYTES).digest()
    return urlsafe_b64encode(salt + _derive(pictures, salt)).decode()


def is_secret(pictures: Sequence[str], verifier: str) -> bool:
    """Whether these are the pictures that were chosen."""
    whole = urlsafe_b64decode(verifier)
    return compare_digest(_derive(pictures, whole[:_SALT_BYTES]), whole[_SALT_BYTES:])


def _derive(pictures: Sequence[str], salt: bytes) -> bytes:
    return argon2id.kdf(
        _BYTES,
        "\0".join(pictures).encode(),
        salt,
        opslimit=argon2id.OPSLIMIT_INTERACTIVE,
        memlimit=argon2id.MEMLIMIT_INTERACTIVE,
    )
