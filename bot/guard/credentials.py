"""How somebody signs in, as it is kept: never a password, and their own key only locked.

The key's private half lies here once for each way of unlocking it: under the password, under each passkey that gives a
secret, and sealed to the key on paper. Opening it shows that the password was right, so no other trace of it is kept.
"""

from collections.abc import Callable
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Final

import msgspec

from bot.desk.ticket import StaffId
from bot.store.contract import ConflictError, StoreError
from bot.store.shelf import Shelf, ShelfKind


@dataclass(frozen=True, slots=True)
class Lock:
    """A key under a password: how it is stretched (Argon2id: passes, bytes of memory), and the sealed key."""

    salt: bytes
    passes: int
    memory: int
    sealed: bytes


@dataclass(frozen=True, slots=True)
class Passkey:
    """A passkey, and the key sealed under its secret where the browser gives one."""

    id: bytes
    public: bytes
    count: int
    name: str
    added: datetime
    sealed: bytes | None = None


@dataclass(frozen=True, slots=True)
class Credential:
    """How one member signs in. Sessions of an older `generation` are over."""

    member: StaffId
    public: bytes
    lock: Lock
    one_time: str = field(repr=False, default="")
    """The secret of their authenticator app."""
    passkeys: tuple[Passkey, ...] = ()
    recovery: bytes | None = None
    generation: int = 1


_TRIES: Final = 20
_ENCODER: Final = msgspec.msgpack.Encoder()
_DECODER: Final = msgspec.msgpack.Decoder(Credential)


class Credentials:
    """Everybody's, on the shelf."""

    def __init__(self, shelf: Shelf) -> None:
        self._shelf = shelf

    async def find(self, member: StaffId) -> Credential | None:
        """How somebody signs in; None where they have not yet. Raise StoreError."""
        found = await self._shelf.read_shelf(ShelfKind.CREDENTIAL, member)
        return None if found is None else _decode(found[1])

    async def keep(self, credential: Credential) -> None:
        """Write it, whatever was there."""
        await self._shelf.write_shelf(ShelfKind.CREDENTIAL, credential.member, _ENCODER.encode(credential))

    async def swap(self, before: Credential | None, after: Credential | None) -> bool:
        """Put one in the place of another, None being none; whether that one was still there."""
        one = after if before is None else before
        found = None if one is None else await self._shelf.read_shelf(ShelfKind.CREDENTIAL, one.member)
        if one is None or (None if found is None else _decode(found[1])) != before:
            return False
        if after is None:
            return await self._shelf.drop_shelf(ShelfKind.CREDENTIAL, one.member)
        try:
            version = 0 if found is None else found[0]
            await self._shelf.write_shelf(ShelfKind.CREDENTIAL, one.member, _ENCODER.encode(after), version)
        except ConflictError:
            return False
        return True

    async def change(self, member: StaffId, change: Callable[[Credential], Credential | None]) -> Credential | None:
        """Change it as it stands now, asking again where somebody was faster; None where there is nothing to change.

        Writing back what was read a while ago would bring back passkeys and sessions that were ended meanwhile.
        """
        for _ in range(_TRIES):
            found = await self._shelf.read_shelf(ShelfKind.CREDENTIAL, member)
            changed = None if found is None else change(_decode(found[1]))
            if found is None or changed is None:
                return None
            try:
                await self._shelf.write_shelf(ShelfKind.CREDENTIAL, member, _ENCODER.encode(changed), found[0])
            except ConflictError:
                continue
            return changed
        raise ConflictError("how somebody signs in changed faster than it could be written")

    async def end_sessions(self, member: StaffId) -> None:
        """No session that somebody has now is of use any more."""
        await self.change(member, lambda credential: replace(credential, generation=credential.generation + 1))

    async def forget(self, member: StaffId) -> None:
        """They cannot sign in any more."""
        await self._shelf.drop_shelf(ShelfKind.CREDENTIAL, member)


def _decode(data: bytes) -> Credential:
    try:
        return _DECODER.decode(data)
    except (msgspec.DecodeError, UnicodeDecodeError) as error:
        raise StoreError("a stored credential is damaged or newer than this program") from error
