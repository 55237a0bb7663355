"""Locks somebody's own key with a password, a secret of their passkey, or the key on paper.

Stretching takes half a second and 128 MiB on purpose: who has stolen the store pays that for each guess.
"""

import secrets
import unicodedata
from dataclasses import dataclass
from hashlib import blake2b
from typing import Final

from nacl.exceptions import CryptoError
from nacl.public import PrivateKey, PublicKey, SealedBox
from nacl.pwhash import argon2id
from nacl.secret import SecretBox

from bot.guard.credentials import Lock

SHORTEST: Final = 12
"""Characters of a password. Nothing else is asked of it: rules make passwords that are alike."""

LONGEST: Final = 256
_MORE_THAN_A_NAME: Final = 8
_COMMON: Final = frozenset(
    {
        *("passwordpassword", "password1234", "123456789012", "1234567890123", "qwertyuiop12", "qwertyuiopas"),
        *("adminadminadmin", "letmeinletmein", "iloveyouiloveyou", "administrator", "changemechangeme", "welcome12345"),
        *("abcdefghijkl", "111111111111", "000000000000", "waymarkwaymark", "password12345", "qwerty123456"),
    }
)


@dataclass(frozen=True, slots=True)
class Stretching:
    """How much work one guess costs: passes over so many bytes of memory."""

    passes: int = 3
    memory: int = 128 * 1024 * 1024


def is_weak(password: str, name: str) -> bool:
    """Whether a password is too short, too long, one of the commonest, or the name with little else."""
    plain = password.casefold().replace(" ", "")
    if not SHORTEST <= len(password) <= LONGEST or plain in _COMMON or len(set(plain)) < 5:
        return True
    short = name.casefold().replace(" ", "")
    return bool(short) and short in plain and len(plain.replace(short, "")) < _MORE_THAN_A_NAME


def lock_with_password(private: bytes, password: str, stretching: Stretching) -> Lock:
    """The key under a password. Slow on purpose: not in the event loop."""
    salt = secrets.token_bytes(argon2id.SALTBYTES)
    key = argon2id.kdf(SecretBox.KEY_SIZE, _bytes_of(password), salt, stretching.passes, stretching.memory)
    return Lock(salt, stretching.passes, stretching.memory, bytes(SecretBox(key).encrypt(private)))


def unlock_with_password(lock: Lock, password: str) -> bytes | None:
    """The key, or None where the password is wrong. Slow on purpose: not in the event loop."""
    key = argon2id.kdf(SecretBox.KEY_SIZE, _bytes_of(password), lock.salt, lock.passes, lock.memory)
    return unlock_with_secret(lock.sealed, key)


def lock_with_secret(private: bytes, secret: bytes) -> bytes:
    """The key under a secret of 32 bytes."""
    return bytes(SecretBox(secret).encrypt(private))


def unlock_with_secret(sealed: bytes, secret: bytes) -> bytes | None:
    """The key, or None where the secret is another."""
    try:
        return SecretBox(secret).decrypt(sealed)
    except (CryptoError, ValueError):
        return None


def secret_of(material: bytes, purpose: str) -> bytes:
    """A secret for one purpose out of random bytes of 32 or more."""
    return blake2b(material, digest_size=SecretBox.KEY_SIZE, person=purpose.encode()[:16]).digest()


def lock_for_recovery(private: bytes, recovery: bytes) -> bytes:
    """The key, sealed to the one on paper."""
    return SealedBox(PublicKey(recovery)).encrypt(private)


def unlock_for_recovery(sealed: bytes, recovery: bytes) -> bytes | None:
    """The key, with the one on paper."""
    try:
        return SealedBox(PrivateKey(recovery)).decrypt(sealed)
    except (CryptoError, ValueError):
        return None


def _bytes_of(password: str) -> bytes:
    # One phone writes a letter with its mark as one character, another as two.
    return unicodedata.normalize("NFKC", password).encode(errors="surrogatepass")
