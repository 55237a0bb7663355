"""The safe pictures: what only the person knows, kept so that it can be compared but not read.

Argon2id makes each guess dear; the record in which the verifier lies is sealed, so that guessing needs our keys, too.
"""

from base64 import urlsafe_b64decode, urlsafe_b64encode
from collections.abc import Sequence
from datetime import datetime, timedelta
from hashlib import blake2b
from hmac import compare_digest
from typing import Final, NamedTuple

from nacl.pwhash import argon2id

_SALT_BYTES: Final = argon2id.SALTBYTES
_BYTES: Final = 16


class Effort(NamedTuple):
    """What one guess costs."""

    operations: int
    memory: int


DEAR: Final = Effort(argon2id.OPSLIMIT_INTERACTIVE, argon2id.MEMLIMIT_INTERACTIVE)
CHEAP: Final = Effort(argon2id.OPSLIMIT_MIN, argon2id.MEMLIMIT_MIN)
"""For conversations that are only played: their pictures guard nothing."""

MOST_WRONG: Final = 2
BARRED_FOR: Final = timedelta(hours=12)
"""Who chose wrong pictures so often may not choose for so long, or all could be tried."""


def seal_secret(pictures: Sequence[str], now: datetime, effort: Effort = DEAR) -> str:
    """A verifier of these pictures in this order; the moment makes two of the same pictures differ."""
    salt = blake2b(now.isoformat().encode(), digest_size=_SALT_BYTES).digest()
    return urlsafe_b64encode(salt + _derive(pictures, salt, effort)).decode()


def is_secret(pictures: Sequence[str], verifier: str, effort: Effort = DEAR) -> bool:
    """Whether these are the pictures that were chosen."""
    whole = urlsafe_b64decode(verifier)
    return compare_digest(_derive(pictures, whole[:_SALT_BYTES], effort), whole[_SALT_BYTES:])


def barred_until(wrong: Sequence[datetime], now: datetime) -> datetime | None:
    """When pictures may be chosen again after these wrong ones; None if they may be now."""
    lately = [moment for moment in wrong if now - moment < BARRED_FOR]
    return None if len(lately) < MOST_WRONG else max(lately) + BARRED_FOR


def _derive(pictures: Sequence[str], salt: bytes, effort: Effort) -> bytes:
    return argon2id.kdf(
        _BYTES,
        "\0".join(pictures).encode(),
        salt,
        opslimit=effort.operations,
        memlimit=effort.memory,
    )
