"""Bytes on the shelf under their own hash: taken away when nothing names them any more.

The shelf cannot say what lies on it, so a list is kept of what was ever put there; it is written before the bytes are,
so that none is forgotten.
"""

import asyncio
import zlib
from collections.abc import Awaitable, Callable, Coroutine, Iterable, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from typing import Final, TypeVar

from bot.clock import Clock
from bot.store.contract import ConflictError
from bot.store.shelf import Shelf, ShelfKind
from bot.studio.tree import BlobId, blob_id

GRACE: Final = timedelta(hours=6)
"""Bytes that nothing names are kept for so long, since what names them may be on its way."""

TRIES: Final = 20
"""Somebody else wrote first: each time it is done again on what they wrote."""

_AT_ONCE: Final = 32
_HASH_BYTES: Final = 32
_TIME_BYTES: Final = 8
_Found = TypeVar("_Found")


class StockError(Exception):
    """Bytes that are not kept, or are not what they were."""


class Stock:
    """One kind of thing, each named by what stands in it."""

    def __init__(self, shelf: Shelf, kind: ShelfKind, clock: Clock) -> None:
        self._shelf = shelf
        self._kind = kind
        self._clock = clock

    async def keep(self, things: Mapping[BlobId, bytes]) -> None:
        """Write them down, also where they are kept: whoever found them unnamed before does not take them away then."""
        await self._relist(lambda listed: listed | things.keys())
        await all_of([self._write(blob, content) for blob, content in things.items()])

    async def read(self, blob: BlobId) -> bytes:
        """What is kept under a hash; raise StockError where it is not, or is something else."""
        found = await self._shelf.read_shelf(self._kind, blob)
        if found is None:
            raise StockError(f"{blob[:12]} is not kept any more")
        content = _unpacked(found[1])
        if blob_id(content) != blob:
            raise StockError(f"{blob[:12]} is not what it was")
        return content

    async def refresh(self, blobs: Iterable[BlobId]) -> None:
        """What is about to be named must be there, and must not be taken away meanwhile."""
        await all_of([self._refresh(blob) for blob in blobs])

    async def sweep(self, named: Callable[[], Awaitable[set[BlobId]]]) -> int:
        """Take away what is not named and has not been for a while; say how many that were."""
        before = await named()
        gone = set[BlobId]()
        for blob in sorted(await self._listed() - before):
            found = await self._shelf.read_shelf(self._kind, blob)
            # Asked after reading: what is named later was written anew before, and is not taken off then.
            if found is not None and (_put_at(found[1]) > self._clock.now() - GRACE or blob in await named()):
                continue
            try:
                await self._shelf.drop_shelf(self._kind, blob, 0 if found is None else found[0])
            except ConflictError:
                continue
            gone.add(blob)
        if gone:
            await self._relist(lambda listed: listed - gone)
        return len(gone)

    async def _write(self, blob: BlobId, content: bytes) -> None:
        packed = await asyncio.to_thread(_packed, content, self._clock.now())
        await self._shelf.write_shelf(self._kind, blob, packed)

    async def _refresh(self, blob: BlobId) -> None:
        found = await self._shelf.read_shelf(self._kind, blob)
        if found is None:
            raise StockError(f"{blob[:12]} was never put")
        if _put_at(found[1]) < self._clock.now() - GRACE / 2:
            await self._write(blob, _unpacked(found[1]))

    async def _listed(self) -> set[BlobId]:
        found = await self._shelf.read_shelf(ShelfKind.CONTENT_INDEX, self._kind)
        return set() if found is None else _hashes_in(found[1])

    async def _relist(self, change: Callable[[set[BlobId]], set[BlobId]]) -> None:
        for _ in range(TRIES):
            found = await self._shelf.read_shelf(ShelfKind.CONTENT_INDEX, self._kind)
            version, listed = (0, set[BlobId]()) if found is None else (found[0], _hashes_in(found[1]))
            changed = change(listed)
            if changed == listed:
                return
            written = b"".join(bytes.fromhex(blob) for blob in sorted(changed))
            try:
                await self._shelf.write_shelf(ShelfKind.CONTENT_INDEX, self._kind, written, version)
                return
            except ConflictError:
                continue
        raise ConflictError("too many others write at the same time")


async def all_of(asked: Sequence[Coroutine[None, None, _Found]]) -> list[_Found]:
    """What all of them answer, some at a time."""
    found: list[_Found] = []
    for start in range(0, len(asked), _AT_ONCE):
        found += await asyncio.gather(*asked[start : start + _AT_ONCE])
    return found


def _packed(content: bytes, now: datetime) -> bytes:
    return int(now.timestamp()).to_bytes(_TIME_BYTES, "big") + zlib.compress(content)


def _unpacked(packed: bytes) -> bytes:
    try:
        return zlib.decompress(packed[_TIME_BYTES:])
    except zlib.error as error:
        raise StockError("what is kept cannot be unpacked") from error


def _put_at(packed: bytes) -> datetime:
    return datetime.fromtimestamp(int.from_bytes(packed[:_TIME_BYTES], "big"), UTC)


def _hashes_in(written: bytes) -> set[BlobId]:
    return {BlobId(written[start : start + _HASH_BYTES].hex()) for start in range(0, len(written), _HASH_BYTES)}
