"""Who can open a case: its private key, sealed to each reader, under the key of the week in which it ends.

The inner seal opens for the reader alone; the outer one is ours, so that the end can be moved without reading, and
comes for everybody when the week's key is destroyed. The place stands in what is authenticated: a wrap that is moved to
another ticket, helpline or reader does not open.
"""

import os
from collections.abc import Mapping
from dataclasses import dataclass, field
from hashlib import blake2b
from typing import Final

from nacl.bindings import (
    crypto_aead_xchacha20poly1305_ietf_decrypt,
    crypto_aead_xchacha20poly1305_ietf_encrypt,
    crypto_aead_xchacha20poly1305_ietf_NPUBBYTES,
)
from nacl.exceptions import CryptoError
from nacl.public import PrivateKey, PublicKey, SealedBox

from bot.casebook.epochs import Epochs, Week
from bot.casebook.errors import CasebookError, Unopened
from bot.desk.helplines import HelplineId
from bot.desk.ticket import TicketId

RECOVERY: Final = "recovery"
"""The reader that is a key on paper."""

_VERSION: Final = 1
_NONCE_BYTES: Final = crypto_aead_xchacha20poly1305_ietf_NPUBBYTES
_WEEK_BYTES: Final = len("2026-W48")
_HEAD_BYTES: Final = 1 + _WEEK_BYTES
_KEY_ID_BYTES: Final = 8


@dataclass(frozen=True, slots=True)
class KeyPair:
    """The two halves of an X25519 key."""

    public: bytes
    private: bytes = field(repr=False)


def new_key() -> KeyPair:
    """A fresh key."""
    made = PrivateKey.generate()
    return KeyPair(bytes(made.public_key), bytes(made))


def key_id(public: bytes) -> str:
    """What a case key is called: it tells keys apart and nothing else."""
    return blake2b(public, digest_size=_KEY_ID_BYTES).hexdigest()


def wrap_name(helpline: HelplineId, public: bytes, reader: str) -> str:
    """The name under which a reader's wrap lies."""
    return f"{helpline}/{key_id(public)}/{reader}"


def wrap_key(
    epochs: Epochs, ticket: TicketId, helpline: HelplineId, key: KeyPair, readers: Mapping[str, bytes], week: Week
) -> dict[str, bytes]:
    """A wrap for each reader, by its name.

    Raise KeyFileError where the week's key cannot be had, and CasebookError where a reader's key is none.
    """
    epoch = epochs.key_for(week)
    wraps = {}
    for reader, public in readers.items():
        name = wrap_name(helpline, key.public, reader)
        try:
            inner = SealedBox(PublicKey(public)).encrypt(key.private)
        except (CryptoError, ValueError, TypeError):
            raise CasebookError(Unopened.DAMAGED) from None
        wraps[name] = _lock(epoch, ticket, name, week, inner)
    return wraps


def open_wrap(epochs: Epochs, ticket: TicketId, name: str, wrap: bytes, reader: bytes) -> KeyPair:
    """The case key in a wrap, with the reader's private key; raise CasebookError."""
    week = week_of_wrap(wrap)
    inner = _unlock(epochs.key_of(week), ticket, name, week, wrap)
    try:
        private = PrivateKey(SealedBox(PrivateKey(reader)).decrypt(inner))
    except (CryptoError, ValueError, TypeError):
        raise CasebookError(Unopened.NOT_FOR_YOU) from None
    public = bytes(private.public_key)
    if name.split("/")[1:2] != [key_id(public)]:
        raise CasebookError(Unopened.DAMAGED)
    return KeyPair(public, bytes(private))


def move_wrap(epochs: Epochs, ticket: TicketId, name: str, wrap: bytes, week: Week) -> bytes:
    """The same wrap with another end; nobody's private key is needed. Raise CasebookError or KeyFileError."""
    old = week_of_wrap(wrap)
    if old == week:
        return wrap
    return _lock(epochs.key_for(week), ticket, name, week, _unlock(epochs.key_of(old), ticket, name, old, wrap))


def week_of_wrap(wrap: bytes) -> Week:
    """The week in which a wrap ends."""
    if len(wrap) <= _HEAD_BYTES + _NONCE_BYTES or wrap[0] != _VERSION:
        raise CasebookError(Unopened.DAMAGED)
    return Week(wrap[1:_HEAD_BYTES].decode("ascii", "replace"))


def _lock(epoch: bytes, ticket: TicketId, name: str, week: Week, inner: bytes) -> bytes:
    nonce = os.urandom(_NONCE_BYTES)
    place = _place(ticket, name, week)
    head = bytes((_VERSION,)) + week.encode()
    return head + nonce + crypto_aead_xchacha20poly1305_ietf_encrypt(inner, place, nonce, epoch)


def _unlock(epoch: bytes, ticket: TicketId, name: str, week: Week, wrap: bytes) -> bytes:
    nonce, ciphertext = wrap[_HEAD_BYTES : _HEAD_BYTES + _NONCE_BYTES], wrap[_HEAD_BYTES + _NONCE_BYTES :]
    try:
        return crypto_aead_xchacha20poly1305_ietf_decrypt(ciphertext, _place(ticket, name, week), nonce, epoch)
    except (CryptoError, ValueError, TypeError):
        raise CasebookError(Unopened.DAMAGED) from None


def _place(ticket: TicketId, name: str, week: Week) -> bytes:
    return f"{ticket}\0{name}\0{week}".encode()
