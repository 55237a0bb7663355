"""Who is signed in. What lies in the store is of no use alone.

The browser holds an id and a half of a key; the store finds the session by the id's hash and holds the member's own key
sealed under that half. So neither a copy of the store with all our secrets nor the cookie alone opens anything, and a
session ends everywhere at once: by being dropped, or because the member's generation has moved on.
"""

import base64
import binascii
import secrets
from contextlib import suppress
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from hashlib import blake2b, sha256
from typing import Final

import msgspec

from bot.desk.ticket import StaffId
from bot.guard.credentials import Credentials
from bot.guard.locks import lock_with_secret, unlock_with_secret
from bot.store.contract import ConflictError
from bot.store.shelf import Shelf, ShelfKind

IDLE: Final = timedelta(minutes=20)
LONGEST: Final = timedelta(hours=8)
_ID_BYTES: Final = 32
_HALF_BYTES: Final = 32
_TRIES: Final = 5
_SEEN_EVERY: Final = timedelta(minutes=1)


class _Row(msgspec.Struct, array_like=True, frozen=True):
    member: str
    generation: int
    began: datetime
    seen: datetime
    unlocked: bytes | None
    """The member's own key, under the browser's half."""


_ENCODER: Final = msgspec.msgpack.Encoder()
_DECODER: Final = msgspec.msgpack.Decoder(_Row)


@dataclass(frozen=True, slots=True)
class Session:
    """Somebody who is signed in. `private` is their own key, None until it is unlocked."""

    member: StaffId
    began: datetime
    csrf: str
    private: bytes | None = field(repr=False, default=None)
    cookie: str = field(repr=False, default="")


class Sessions:
    """Begins, finds and ends sessions. `kind` is SESSION, or PENDING for those who still owe their second factor."""

    def __init__(self, shelf: Shelf, credentials: Credentials, kind: ShelfKind = ShelfKind.SESSION) -> None:
        self._shelf = shelf
        self._credentials = credentials
        self._kind = kind

    async def begin(self, member: StaffId, private: bytes | None, now: datetime) -> Session:
        """Somebody has shown who they are; raise StoreError."""
        material = secrets.token_bytes(_ID_BYTES + _HALF_BYTES)
        credential = await self._credentials.find(member)
        generation = 0 if credential is None else credential.generation
        row = _Row(member, generation, now, now, _sealed(private, material))
        await self._shelf.write_shelf(self._kind, _name(material), _ENCODER.encode(row), 0)
        return _session(row, material)

    async def find(self, cookie: str, now: datetime, *, is_use: bool = True) -> Session | None:
        """Whose cookie this is; None where nobody's, or not any more. Looking on its own is no use of a session."""
        material = _material(cookie)
        found = None if material is None else await self._shelf.read_shelf(self._kind, _name(material))
        if found is None or material is None:
            return None
        row = _DECODER.decode(found[1])
        credential = await self._credentials.find(StaffId(row.member))
        generation = 0 if credential is None else credential.generation
        if row.generation != generation or now - row.began >= LONGEST or now - row.seen >= IDLE:
            await self._shelf.drop_shelf(self._kind, _name(material))
            return None
        if is_use and now - row.seen >= _SEEN_EVERY:
            row = msgspec.structs.replace(row, seen=now)
            # Somebody may just have signed out or unlocked: that must not be undone by having been seen.
            with suppress(ConflictError):
                await self._shelf.write_shelf(self._kind, _name(material), _ENCODER.encode(row), found[0])
        return _session(row, material)

    async def unlock(self, session: Session, private: bytes) -> Session:
        """Put the member's own key into their session."""
        material = _material(session.cookie)
        for _ in range(_TRIES):
            found = None if material is None else await self._shelf.read_shelf(self._kind, _name(material))
            if found is None or material is None:
                return session
            row = msgspec.structs.replace(_DECODER.decode(found[1]), unlocked=_sealed(private, material))
            with suppress(ConflictError):
                await self._shelf.write_shelf(self._kind, _name(material), _ENCODER.encode(row), found[0])
                return replace(session, private=private)
        raise ConflictError("a session changed faster than it could be written")

    async def end(self, cookie: str) -> None:
        """Sign out."""
        material = _material(cookie)
        if material is not None:
            await self._shelf.drop_shelf(self._kind, _name(material))


def _session(row: _Row, material: bytes) -> Session:
    unlocked = row.unlocked
    private = None if unlocked is None else unlock_with_secret(unlocked, _half(material))
    cookie = base64.urlsafe_b64encode(material).decode().rstrip("=")
    return Session(StaffId(row.member), row.began, _csrf(material), private, cookie)


def _sealed(private: bytes | None, material: bytes) -> bytes | None:
    return None if private is None else lock_with_secret(private, _half(material))


def _name(material: bytes) -> str:
    return sha256(material[:_ID_BYTES]).hexdigest()


def _half(material: bytes) -> bytes:
    return material[_ID_BYTES:]


def _csrf(material: bytes) -> str:
    return blake2b(b"csrf", key=material[:_ID_BYTES], digest_size=16).hexdigest()


def _material(cookie: str) -> bytes | None:
    try:
        found = base64.urlsafe_b64decode(cookie + "=" * (-len(cookie) % 4))
    except (ValueError, binascii.Error):
        return None
    return found if len(found) == _ID_BYTES + _HALF_BYTES else None
