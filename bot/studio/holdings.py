"""What the archive holds and where: the index that counts, records, trees and files; read once and remembered.

Trees and files lie under the hash of their bytes, on the shelf and again on the disk; before anything was published
they are those of the folder of content.
"""

import asyncio
import contextlib
import stat
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

from bot.clock import Clock
from bot.store.contract import ConflictError
from bot.store.shelf import Shelf, ShelfKind
from bot.studio.changes import Change
from bot.studio.checkouts import Checkouts
from bot.studio.records import (
    ChangeRow,
    Index,
    change_of,
    decode_change,
    decode_index,
    decode_version,
    encode,
    row_of_change,
    row_of_version,
    version_of,
)
from bot.studio.stock import Stock, all_of
from bot.studio.tree import BlobId, Gathered, Tree, TreeHash, blob_id, read_tree
from bot.studio.versions import Version

_INDEX: Final = "index"
_TREES_KEPT: Final = 64


@dataclass(slots=True)
class _Remembered:
    """What need not be read again."""

    index: tuple[bytes, Index] = (b"", Index())
    versions: dict[BlobId, tuple[Version, BlobId | None]] = field(default_factory=dict)
    trees: dict[TreeHash, Tree] = field(default_factory=dict)
    folder: tuple[frozenset[tuple[str, int, int]], Gathered] | None = None


class Holdings:
    """Knows nothing of who may do what."""

    def __init__(self, shelf: Shelf, folder: Path, data_dir: Path, clock: Clock) -> None:
        self._shelf = shelf
        self._folder = folder
        self.checkouts: Final = Checkouts(data_dir)
        self._files = Stock(shelf, ShelfKind.CONTENT_BLOB, clock)
        self._versions = Stock(shelf, ShelfKind.CONTENT_VERSION, clock)
        self._changes = Stock(shelf, ShelfKind.CONTENT_CHANGE, clock)
        self._remembered = _Remembered()

    # What counts

    async def index(self) -> tuple[int, Index]:
        """The index, and what it has to be yet for it to be written anew."""
        found = await self._shelf.read_shelf(ShelfKind.CONTENT_INDEX, _INDEX)
        if found is None:
            return 0, Index()
        version, written = found
        if self._remembered.index[0] != written:
            self._remembered.index = written, decode_index(written)
        return version, self._remembered.index[1]

    async def wrote(self, index: Index, expected: int) -> bool:
        """Write the index; say whether nobody else did meanwhile."""
        try:
            await self._shelf.write_shelf(ShelfKind.CONTENT_INDEX, _INDEX, encode(index), expected)
        except ConflictError:
            return False
        return True

    # Records

    async def version(self, record: BlobId) -> Version:
        """A version by its record."""
        return (await self.recorded(record))[0]

    async def recorded(self, record: BlobId) -> tuple[Version, BlobId | None]:
        """A version, and the record of the change that became it."""
        versions = self._remembered.versions
        if record not in versions:
            row = decode_version(await self._versions.read(record))
            versions[record] = version_of(row, await self._tree(row.tree)), row.closed
        return versions[record]

    async def keep_version(self, version: Version, closed: BlobId | None) -> BlobId:
        """Write a version down; nothing names it yet."""
        written = encode(row_of_version(version, closed))
        await self._versions.keep({blob_id(written): written})
        return blob_id(written)

    async def change(self, row: ChangeRow, version: int | None = None) -> Change:
        """A change with its files, and the version that it became."""
        return change_of(row, await self._tree(row.origin), await self._tree(row.tree), version)

    async def closed_change(self, record: BlobId, version: int) -> Change:
        """A change that became a version, by its record."""
        return await self.change(decode_change(await self._changes.read(record)), version)

    async def keep_change(self, change: Change) -> BlobId:
        """Write a change down for good; nothing names it yet."""
        written = encode(row_of_change(change))
        await self._changes.keep({blob_id(written): written})
        return blob_id(written)

    # Files

    async def keep(self, files: Mapping[BlobId, bytes]) -> None:
        """Write files down; what nothing names is gone some hours later."""
        await self._files.keep(files)

    async def keep_tree(self, tree: Tree, but: Tree) -> None:
        """Write a tree down that is about to be named, and whose files are here but for those of another."""
        await self._files.refresh(set(tree.files.values()) - set(but.files.values()))
        await self._files.keep({BlobId(tree.hash): tree.to_bytes()})

    async def blob(self, blob: BlobId) -> bytes:
        """Bytes by their hash; raise StockError where they are not kept."""
        folder = self._remembered.folder
        if folder is not None and blob in folder[1].blobs:
            return folder[1].blobs[blob]
        here = await asyncio.to_thread(self.checkouts.read, blob)
        if here is not None:
            return here
        content = await self._files.read(blob)
        await asyncio.to_thread(self.checkouts.keep, {blob: content})
        return content

    async def checkout(self, tree: Tree) -> Path:
        """A folder of exactly these files."""
        found = await asyncio.to_thread(self.checkouts.find, tree.hash)
        if found is not None:
            return found
        missing = await asyncio.to_thread(self.checkouts.missing, tree.files.values())
        contents = await all_of([self._named(blob) for blob in sorted(missing)])
        await asyncio.to_thread(self.checkouts.keep, dict(contents))
        return await asyncio.to_thread(self.checkouts.lay_out, tree)

    async def gathered(self) -> Gathered:
        """What lies in the folder of content, read again only where something changed."""
        marks = await asyncio.to_thread(marks_of, self._folder)
        if self._remembered.folder is None or self._remembered.folder[0] != marks:
            self._remembered.folder = marks, await asyncio.to_thread(read_tree, self._folder)
        return self._remembered.folder[1]

    async def keep_folder(self) -> Tree:
        """Write down what lies in the folder of content."""
        gathered = await self.gathered()
        await self._files.keep({**gathered.blobs, BlobId(gathered.tree.hash): gathered.tree.to_bytes()})
        return gathered.tree

    async def sweep(self) -> int:
        """Take away what the index leads to no more; say how many that were."""
        gone = await self._files.sweep(self._named_files)
        gone += await self._versions.sweep(self._named_versions)
        gone += await self._changes.sweep(self._named_changes)
        await asyncio.to_thread(self.checkouts.sweep)
        return gone

    async def _tree(self, name: TreeHash) -> Tree:
        trees = self._remembered.trees
        if name not in trees:
            trees[name] = Tree.from_bytes(await self.blob(BlobId(name)))
            while len(trees) > _TREES_KEPT:
                del trees[next(iter(trees))]
        return trees[name]

    async def _named(self, blob: BlobId) -> tuple[BlobId, bytes]:
        return blob, await self.blob(blob)

    async def _named_files(self) -> set[BlobId]:
        """Everything that a version or a change needs."""
        _, index = await self.index()
        trees = [version.tree for version in await all_of([self.version(one) for one in index.versions])]
        for row in index.changes:
            trees += [await self._tree(row.origin), await self._tree(row.tree)]
        return {BlobId(tree.hash) for tree in trees} | {blob for tree in trees for blob in tree.files.values()}

    async def _named_versions(self) -> set[BlobId]:
        _, index = await self.index()
        return set(index.versions)

    async def _named_changes(self) -> set[BlobId]:
        _, index = await self.index()
        found = await all_of([self.recorded(record) for record in index.versions])
        return {closed for _, closed in found if closed is not None}


def marks_of(folder: Path) -> frozenset[tuple[str, int, int]]:
    """What shows that a file of a folder has changed."""
    return frozenset(_marks(folder))


def _marks(folder: Path) -> Iterator[tuple[str, int, int]]:
    for path in folder.rglob("*"):
        # An editor puts a new file in the place of the old one; what is gone meanwhile is looked at a second later.
        with contextlib.suppress(FileNotFoundError):
            state = path.stat()
            if stat.S_ISREG(state.st_mode):
                yield str(path), state.st_mtime_ns, state.st_size
