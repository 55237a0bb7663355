"""What was told, sealed to the case's key the moment it is committed: we can write it and not read it.

A record is  version ‖ key id (8) ‖ number (4) ‖ signature (64) ‖ sealed entry.  The signature is the writer's: without
it, whoever can write into the store could plant words, for a sealed box does not tell who closed it. Ticket and number
stand outside in what is signed and inside in what is sealed. Lengths are padded to multiples of 768, so that
nearly all messages, 180 letters of any of our scripts among them, look alike.
"""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from types import MappingProxyType
from typing import Final, TypeAlias

from nacl.bindings import sodium_pad, sodium_unpad
from nacl.exceptions import BadSignatureError, CryptoError
from nacl.public import PrivateKey, PublicKey, SealedBox
from nacl.signing import SigningKey, VerifyKey

from bot.casebook.entries import Entry, decode_entry, encode_entry
from bot.casebook.wraps import key_id
from bot.desk.ticket import TicketId

_VERSION: Final = 1
_KEY_ID_BYTES: Final = 8
_NUMBER_BYTES: Final = 4
_SIGNATURE_BYTES: Final = 64
_HEAD_BYTES: Final = 1 + _KEY_ID_BYTES + _NUMBER_BYTES
_PADDING: Final = 768


NO_COUNTS: Final[Mapping[str, int]] = MappingProxyType({})


class Doubt(StrEnum):
    """Why something cannot be shown as what somebody said."""

    FORGED = "forged"
    """We did not write it, or it was moved or changed since."""
    LOCKED = "locked"
    """It is sealed to a key that this reader has not."""
    MISSING = "missing"
    """A number is left out: something was taken away or could not be kept."""
    OUT_OF_ORDER = "out-of-order"
    """It stands where it does not belong, or for the second time."""


@dataclass(frozen=True, slots=True)
class Doubtful:
    """Something that must not be taken for words of anybody; `count` of them in a row."""

    why: Doubt
    count: int = 1


Opened: TypeAlias = Entry | Doubtful


class Writer:
    """Signs what we write."""

    def __init__(self, seed: bytes) -> None:
        self._key = SigningKey(seed)

    def take(self, seed: bytes) -> None:
        """Sign with another key from now on."""
        self._key = SigningKey(seed)

    @property
    def public(self) -> bytes:
        """The half that shows that we wrote something."""
        return bytes(self._key.verify_key)

    def sign(self, message: bytes) -> bytes:
        """The signature of a message, 64 bytes."""
        return self._key.sign(message).signature


def is_signed(writers: Collection[bytes], message: bytes, signature: bytes) -> bool:
    """Whether one of these public keys has signed a message."""
    return any(_verifies(writer, message, signature) for writer in writers)


def seal_entry(writer: Writer, ticket: TicketId, public: bytes, number: int, entry: Entry) -> bytes:
    """A record of an entry; only who has the other half of this key can read it."""
    padded = sodium_pad(encode_entry(ticket, number, entry), _PADDING)
    sealed = SealedBox(PublicKey(public)).encrypt(padded)
    head = bytes((_VERSION,)) + bytes.fromhex(key_id(public)) + number.to_bytes(_NUMBER_BYTES, "big")
    return head + writer.sign(_signed(ticket, head, sealed)) + sealed


def open_records(
    keys: Mapping[str, bytes],
    writers: Collection[bytes],
    ticket: TicketId,
    records: Sequence[bytes],
    counts: Mapping[str, int] = NO_COUNTS,
) -> tuple[Opened, ...]:
    """What the records hold, in their order, with the private halves by key id.

    Whatever cannot be trusted is there as such: it is neither taken for words nor left out in silence. Numbers of one
    key rise by one; those of a key that came later begin anew. `counts` tells how many the ticket says were sealed to a
    key, so that it shows when the last ones are gone.
    """
    opened: list[Opened] = []
    expected: dict[str, int] = {}
    for record in records:
        if not _is_ours(writers, ticket, record):
            opened.append(Doubtful(Doubt.FORGED))
            continue
        key = record[1 : 1 + _KEY_ID_BYTES].hex()
        number = int.from_bytes(record[1 + _KEY_ID_BYTES : _HEAD_BYTES], "big")
        wanted = expected.get(key, 0)
        if number < wanted:
            opened.append(Doubtful(Doubt.OUT_OF_ORDER))
            continue
        if number > wanted:
            opened.append(Doubtful(Doubt.MISSING, number - wanted))
        expected[key] = number + 1
        opened.append(_open(keys.get(key), ticket, number, record))
    for key, count in counts.items():
        missing = count - expected.get(key, 0)
        if missing > 0:
            opened.append(Doubtful(Doubt.MISSING, missing))
    return tuple(_gathered(opened))


def _signed(ticket: TicketId, head: bytes, sealed: bytes) -> bytes:
    return b"record\0" + ticket.encode() + b"\0" + head + sealed


def _is_ours(writers: Collection[bytes], ticket: TicketId, record: bytes) -> bool:
    if len(record) <= _HEAD_BYTES + _SIGNATURE_BYTES or record[0] != _VERSION:
        return False
    head = record[:_HEAD_BYTES]
    signature = record[_HEAD_BYTES : _HEAD_BYTES + _SIGNATURE_BYTES]
    message = _signed(ticket, head, record[_HEAD_BYTES + _SIGNATURE_BYTES :])
    return is_signed(writers, message, signature)


def _verifies(writer: bytes, message: bytes, signature: bytes) -> bool:
    try:
        VerifyKey(writer).verify(message, signature)
    except (BadSignatureError, ValueError, TypeError):
        return False
    return True


def _open(private: bytes | None, ticket: TicketId, number: int, record: bytes) -> Opened:
    if private is None:
        return Doubtful(Doubt.LOCKED)
    try:
        padded = SealedBox(PrivateKey(private)).decrypt(record[_HEAD_BYTES + _SIGNATURE_BYTES :])
        plain = sodium_unpad(padded, _PADDING)
    except (CryptoError, ValueError, TypeError):
        return Doubtful(Doubt.FORGED)
    return decode_entry(plain, ticket, number) or Doubtful(Doubt.FORGED)


def _gathered(opened: Sequence[Opened]) -> list[Opened]:
    """Several of the same doubt in a row as one."""
    gathered: list[Opened] = []
    for one in opened:
        last = gathered[-1] if gathered else None
        if isinstance(one, Doubtful) and isinstance(last, Doubtful) and last.why is one.why:
            gathered[-1] = Doubtful(one.why, last.count + one.count)
        else:
            gathered.append(one)
    return gathered
