"""The shelf for real: on the same servers as everything else, sealed with the same keys."""

from collections.abc import Sequence
from typing import Final

from bot.messages import ConversationId
from bot.store import keys
from bot.store.contract import ConflictError, StoreError
from bot.store.redis_wire import Part, Reply, Script, Wire, as_bytes
from bot.store.sealing import AUDIT, SHELF, Vault
from bot.store.shelf import LIVES, ShelfKind

_HEAD_BYTES: Final = 4
_NO_PLACE: Final = ConversationId("audit")


_WRITE: Final = Script.read("shelf")
AUDIT_SCRIPT: Final = Script.read("audit")

SHELF_SOURCES: Final = {script.digest: script.source for script in (_WRITE, AUDIT_SCRIPT)}
"""Scripts by their digest, for the wire."""


class RedisShelf:
    """Named values and the list of who did what."""

    def __init__(self, wire: Wire, vault: Vault) -> None:
        self._wire = wire
        self._vault = vault

    async def read_shelf(self, kind: ShelfKind, name: str) -> tuple[int, bytes] | None:
        place, shard, key = self._place(kind, name)
        found = await self._wire.call(shard, "GET", key)
        if found is None:
            return None
        value = as_bytes(found)
        return int.from_bytes(value[:_HEAD_BYTES], "big"), self._vault.open(value[_HEAD_BYTES:], place, SHELF)

    async def write_shelf(self, kind: ShelfKind, name: str, value: bytes, expected: int | None = None) -> int:
        place, shard, key = self._place(kind, name)
        life = LIVES[kind]
        arguments: list[Part] = [
            -1 if expected is None else expected,
            0 if life is None else int(life.total_seconds() * 1000),
            self._vault.seal(value, place, SHELF),
        ]
        # What grants or ends access must not come back with an older server.
        answer = await self._wire.call(shard, "EVALSHA", _WRITE.digest, 1, key, *arguments, proven=life is None)
        if not isinstance(answer, int):
            raise StoreError("the store answered what it should not")
        if answer == 0:
            raise ConflictError("somebody else wrote this first")
        return answer

    async def drop_shelf(self, kind: ShelfKind, name: str, expected: int | None = None) -> bool:
        _, shard, key = self._place(kind, name)
        if expected is None:
            return await self._wire.call(shard, "DEL", key, proven=True) == 1
        answer = await self._wire.call(shard, "EVALSHA", _WRITE.digest, 1, key, expected, 0, b"", proven=True)
        if answer == 0:
            raise ConflictError("somebody else wrote this first")
        return expected > 0

    async def append_audit(self, entry: bytes, expected: int) -> None:
        sealed = self._vault.seal(entry, _NO_PLACE, AUDIT, expected.to_bytes(8, "big"))
        if await self._audit("append", expected, sealed, proven=True) != 1:
            raise ConflictError("somebody else wrote this first")

    async def last_audit(self) -> tuple[int, bytes | None]:
        count, entries = self._entries(await self._audit("last"))
        return count, self._open(count - 1, entries[-1]) if entries else None

    async def read_audit(self) -> tuple[int, Sequence[bytes]]:
        count, entries = self._entries(await self._audit("all"))
        first = count - len(entries)
        return first, tuple(self._open(first + place, entry) for place, entry in enumerate(entries))

    async def trim_audit(self, count: int) -> None:
        await self._audit("trim", count, proven=True)

    async def _audit(self, *arguments: Part, proven: bool = False) -> Reply:
        return await self._wire.call(
            0, "EVALSHA", AUDIT_SCRIPT.digest, 2, keys.AUDIT, keys.AUDITED, *arguments, proven=proven
        )

    def _open(self, number: int, sealed: bytes) -> bytes:
        return self._vault.open(sealed, _NO_PLACE, AUDIT, number.to_bytes(8, "big"))

    def _entries(self, reply: Reply) -> tuple[int, list[bytes]]:
        if not isinstance(reply, Sequence) or isinstance(reply, bytes):
            raise StoreError("the store answered what it should not")
        count, entries = reply
        if not isinstance(count, int) or not isinstance(entries, Sequence):
            raise StoreError("the store answered what it should not")
        return count, [as_bytes(entry) for entry in entries]

    def _place(self, kind: ShelfKind, name: str) -> tuple[ConversationId, int, bytes]:
        hashed = self._vault.shelf_name(kind, name)
        shard, key = keys.shelf_key(kind, hashed)
        return ConversationId(hashed), shard, key
