"""What lies in the store can be read only with our keys, and only at the place where it was put.

XChaCha20-Poly1305 from libsodium. A sealed value is version ‖ key id ‖ nonce ‖ ciphertext; its place is authenticated
with it, so that a value moved to another conversation, purpose or entry does not open. Lengths are padded to multiples
of 256, so that they do not tell one text from another.
"""

import base64
import hmac
import os
from collections.abc import Mapping
from typing import Final

from nacl.bindings import (
    crypto_aead_xchacha20poly1305_ietf_decrypt,
    crypto_aead_xchacha20poly1305_ietf_encrypt,
    crypto_aead_xchacha20poly1305_ietf_KEYBYTES,
    crypto_aead_xchacha20poly1305_ietf_NPUBBYTES,
    sodium_pad,
    sodium_unpad,
)
from nacl.exceptions import CryptoError

from bot.desk.ticket import TicketId
from bot.messages import ArrivalId, ConversationId
from bot.store.contract import StoreError

RECORD: Final = b"l"
OUTGOING: Final = b"o"
QUARANTINE: Final = b"q"
WONDERED: Final = b"w"
TICKET: Final = b"t"
ROSTER: Final = b"r"
TOPIC: Final = b"p"
CODE: Final = b"c"
SHELF: Final = b"s"
AUDIT: Final = b"a"

_CODE_LETTERS: Final = "ABCDEFGHJKMNPQRSTVWXYZ23456789"
"""None of them is taken for another."""

_CODE_HALF: Final = 5
_STAMP_LENGTH: Final = 10
_RANDOM_CHATS: Final = frozenset({"web"})
"""Doors that make their chats up themselves, too long to be guessed."""

KEY_BYTES: Final = crypto_aead_xchacha20poly1305_ietf_KEYBYTES
_NONCE_BYTES: Final = crypto_aead_xchacha20poly1305_ietf_NPUBBYTES
_VERSION: Final = 1
_PADDING: Final = 256
_HEADER_BYTES: Final = 2


class SealError(StoreError):
    """A sealed value does not open: it was moved or changed, or its key is gone."""


class Vault:
    """The keys in memory: two that make names, and a ring of which the newest seals and all open.

    The identity key turns chats into ids, and can be changed. The naming key makes all other names: those of the
    staff's side, codes that people have on paper; the same as the identity key where no other is given.
    """

    def __init__(self, identity: bytes, ring: Mapping[int, bytes], newest: int, naming: bytes | None = None) -> None:
        self._identity = identity
        self._naming = naming or identity
        self.learn(ring, newest)

    def learn(self, ring: Mapping[int, bytes], newest: int) -> None:
        """Take another ring: keys come and go while we run."""
        self._ring = dict(ring)
        self._newest = ring[newest]
        self._header = bytes((_VERSION, newest))

    @property
    def known(self) -> frozenset[str]:
        """The working keys by number and fingerprint: two that only share a number can be told apart."""
        return frozenset(fingerprint(number, key) for number, key in self._ring.items())

    @property
    def sealing(self) -> str:
        """The one that seals, in the same way."""
        return fingerprint(self._header[1], self._newest)

    @property
    def naming(self) -> str:
        """What tells the keys that make names from those of another file; tells nothing of them."""
        return hmac.digest(self._identity, b"fingerprint" + self._naming, "sha256")[:4].hex()

    def is_ours_now(self, sealed: bytes) -> bool:
        """Whether a value is sealed with the key that seals now, by what stands on it."""
        return sealed[:_HEADER_BYTES] == self._header

    def conversation_id(self, door: str, chat: str) -> ConversationId:
        """The id under which a chat is kept: the same each time, and of no use without the key."""
        # Where a chat is random itself and kept nowhere, nobody tries it out, and nothing could be moved to another id.
        name_of = self._name_of if door in _RANDOM_CHATS else self._guessable_name_of
        return ConversationId(name_of("chat", f"{door}\0{chat}"))

    def arrival_id(self, conversation: ConversationId, source: str) -> ArrivalId:
        """The id of something that arrives: `source` is the door's own id of it, the same when it is repeated."""
        digest = hmac.digest(self._naming, f"arrival\0{conversation}\0{source}".encode(), "sha256")
        return ArrivalId(digest[:8])

    def question_id(self, text: str) -> str:
        """The name under which a question is kept: who has not the key cannot try out what was asked."""
        return self._guessable_name_of("question", text)

    def asker_id(self, conversation: ConversationId, text: str) -> bytes:
        """Somebody who asked something: the same person is another one at the next question."""
        return hmac.digest(self._identity, f"asker\0{conversation}\0{text}".encode(), "sha256")[:8]

    def ticket_id(self, arrival: ArrivalId, conversation: ConversationId, shard: int) -> TicketId:
        """The id of a ticket opened by an arrival: the same when that is repeated, and nobody else can work it out."""
        name = self._name_of("ticket", f"{conversation}\0{arrival.hex()}")
        return TicketId(f"~{name[:20]}{shard:02}")

    def return_code(self, ticket: TicketId) -> str:
        """What somebody writes to come back to a ticket from another phone; worked out anew each time, never kept."""
        number = int.from_bytes(hmac.digest(self._naming, f"code\0{ticket}".encode(), "sha256"))
        letters = ""
        for _ in range(2 * _CODE_HALF):
            number, place = divmod(number, len(_CODE_LETTERS))
            letters += _CODE_LETTERS[place]
        return f"{letters[:_CODE_HALF]}-{letters[_CODE_HALF:]}"

    def code_name(self, code: str) -> str:
        """The name under which a code is found."""
        return self._name_of("code", code)

    def topic_name(self, group: str, topic: str) -> str:
        """The name under which a topic of a group is found."""
        return self._name_of("topic", f"{group}\0{topic}")

    def shelf_name(self, kind: str, name: str) -> str:
        """The name under which something of the staff's side is kept."""
        return self._name_of(f"shelf\0{kind}", name)

    def stamp(self, text: str) -> str:
        """What shows that a button is ours: ten characters that nobody else can put under this text."""
        return _stamp(self._newest, text)

    def is_stamp(self, text: str, stamp: str) -> bool:
        """Whether one of our working keys has put this under the text: buttons outlive the key that seals."""
        given = stamp.encode()
        return any(hmac.compare_digest(_stamp(key, text).encode(), given) for key in self._ring.values())

    def _name_of(self, kind: str, source: str) -> str:
        return _name(self._naming, kind, source)

    def _guessable_name_of(self, kind: str, source: str) -> str:
        return _name(self._identity, kind, source)

    def seal(self, plain: bytes, conversation: ConversationId, purpose: bytes, entry: bytes = b"") -> bytes:
        """Lock a value to its place."""
        nonce = os.urandom(_NONCE_BYTES)
        place = _place(self._header, conversation, purpose, entry)
        padded = sodium_pad(plain, _PADDING)
        return self._header + nonce + crypto_aead_xchacha20poly1305_ietf_encrypt(padded, place, nonce, self._newest)

    def open(self, sealed: bytes, conversation: ConversationId, purpose: bytes, entry: bytes = b"") -> bytes:
        """Unlock a value; raise SealError unless it lies where it was put."""
        header = sealed[:_HEADER_BYTES]
        if len(header) < _HEADER_BYTES or header[0] != _VERSION:
            raise SealError("a stored value is sealed in a way this version does not know; update the program")
        key = self._ring.get(header[1])
        if key is None:
            raise SealError(f"working key {header[1]} is gone; bring the keys folder back from its copy")
        nonce = sealed[_HEADER_BYTES : _HEADER_BYTES + _NONCE_BYTES]
        ciphertext = sealed[_HEADER_BYTES + _NONCE_BYTES :]
        place = _place(header, conversation, purpose, entry)
        try:
            padded = crypto_aead_xchacha20poly1305_ietf_decrypt(ciphertext, place, nonce, key)
            return sodium_unpad(padded, _PADDING)
        except (CryptoError, ValueError, TypeError) as error:
            raise SealError("a stored value was moved, changed, or sealed with other keys") from error


def _name(key: bytes, kind: str, source: str) -> str:
    digest = hmac.digest(key, f"{kind}\0{source}".encode(), "sha256")
    return base64.urlsafe_b64encode(digest[:16])[:22].decode()


def _stamp(key: bytes, text: str) -> str:
    return _name(key, "stamp", text)[:_STAMP_LENGTH]


def fingerprint(number: int, key: bytes) -> str:
    """The number of a working key and what tells it from another of that number; tells nothing of the key."""
    return f"{number}:{hmac.digest(key, b'fingerprint', 'sha256')[:4].hex()}"


def _place(header: bytes, conversation: ConversationId, purpose: bytes, entry: bytes) -> bytes:
    # An id of a conversation holds no zero byte and a purpose is one letter, so no two places look the same.
    return header + conversation.encode() + b"\0" + purpose + entry
