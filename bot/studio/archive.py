"""Keeps every version of the content and every change that is worked on; the only part of them that waits.

Files and trees lie under the hash of their bytes; one value, the index, says which of them count. It is written last,
and only where nobody wrote it since it was read, so that everything happens whole or not at all, whichever replica
does it and whenever it is stopped.
"""

import asyncio
import contextlib
import secrets
import stat
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date, datetime, timedelta
from pathlib import Path
from typing import Final, TypeAlias

from bot import logbook
from bot.clock import Clock
from bot.compiler import Problem, Teach, errors
from bot.compiler.commands import check
from bot.desk.ticket import StaffId
from bot.store.contract import ConflictError, StoreError
from bot.store.shelf import Shelf, ShelfKind
from bot.studio.changes import (
    LONGEST_COMMENT,
    LONGEST_TITLE,
    Action,
    CatchUp,
    Change,
    ChangeId,
    ChangeState,
    Edit,
    EditAll,
    Miss,
    Publish,
    Refusal,
    decide,
    refuse_words,
)
from bot.studio.checkouts import Checkouts
from bot.studio.merging import Conflict, Side, join, keep, lay_over
from bot.studio.records import (
    ChangeRow,
    Index,
    RecordError,
    change_of,
    decode_change,
    decode_index,
    decode_version,
    encode,
    row_of_change,
    row_of_version,
    version_of,
)
from bot.studio.stock import TRIES, Stock, StockError, all_of
from bot.studio.tree import MOST_BYTES, BlobId, Gathered, Tree, TreeError, TreeHash, blob_id, read_tree
from bot.studio.versions import Live, Scheduled, Version, VersionKind

AHEAD: Final = timedelta(seconds=15)
"""How long before it goes live a version is announced: every replica compiles it meanwhile."""

DROPPED_KEPT: Final = timedelta(days=30)
"""How long a change can be looked at that was dropped."""

SWEEP_EVERY: Final = timedelta(hours=1)
LOOK_EVERY: Final = 1.0
_INDEX: Final = "index"
_TREES_KEPT: Final = 64
_EXAMINED_KEPT: Final = 16
_TESTS: Final = "tests"
_DONE_MEANWHILE: Final = frozenset({Refusal.CLOSED, Refusal.NO_SUCH_CHANGE, Refusal.NOT_APPROVED})
"""Another replica published it, or somebody took it back in this very moment."""

Examine: TypeAlias = Callable[[Path, date], Sequence[Problem]]
"""Everything that is wrong with a folder of content, its authors' tests too; called in a thread."""


@dataclass(frozen=True, slots=True)
class NotWell:
    """It was not published, since people would have met these mistakes."""

    problems: tuple[Problem, ...]


@dataclass(frozen=True, slots=True)
class Clashing:
    """It was not brought up to date: for these files somebody has to say whose stays."""

    conflicts: tuple[Conflict, ...]


@dataclass(slots=True)
class _Remembered:
    """What need not be read again."""

    index: tuple[bytes, Index] = (b"", Index())
    versions: dict[BlobId, tuple[Version, BlobId | None]] = field(default_factory=dict)
    trees: dict[TreeHash, Tree] = field(default_factory=dict)
    examined: dict[tuple[TreeHash, date], tuple[Problem, ...]] = field(default_factory=dict)
    folder: tuple[frozenset[tuple[str, int, int]], Gathered] | None = None


class Archive:
    """All versions and changes. `folder` is the content that is live before anything was published."""

    def __init__(  # what it keeps, where, and how it is checked
        self, shelf: Shelf, folder: Path, data_dir: Path, clock: Clock, examine: Examine, ahead: timedelta = AHEAD
    ) -> None:
        self._shelf = shelf
        self._folder = folder
        self._clock = clock
        self._examine = examine
        self._ahead = ahead
        self.checkouts: Final = Checkouts(data_dir)
        self._files = Stock(shelf, ShelfKind.CONTENT_BLOB, clock)
        self._version_records = Stock(shelf, ShelfKind.CONTENT_VERSION, clock)
        self._change_records = Stock(shelf, ShelfKind.CONTENT_CHANGE, clock)
        self._remembered = _Remembered()

    # Versions

    async def live(self) -> Live | None:
        """What is live, or will be in a moment; None as long as nothing was ever published."""
        _, index = await self._index()
        return index.live

    async def version(self, number: int) -> Version | None:
        """The version of this number."""
        _, index = await self._index()
        if not 1 <= number <= len(index.versions):
            return None
        return await self._version(index.versions[number - 1])

    async def versions(self) -> tuple[Version, ...]:
        """All of them, the newest first."""
        _, index = await self._index()
        found = await all_of([self._version(record) for record in index.versions])
        return tuple(reversed(found))

    async def scheduled(self) -> tuple[Scheduled, ...]:
        """What goes live by itself, the next first."""
        _, index = await self._index()
        found = [
            Scheduled(row.id, row.title, row.scheduled_at) for row in index.changes if row.scheduled_at is not None
        ]
        return tuple(sorted(found, key=lambda one: one.at))

    async def present(self) -> Tree:
        """The files that people are answered from now: of the live version, or of the folder."""
        _, index = await self._index()
        number = None if index.live is None else index.live.at(self._clock.now())
        if number is None:
            return (await self._gathered()).tree
        return (await self._version(index.versions[number - 1])).tree

    async def folder_tree(self) -> Tree:
        """The files of the folder, whether or not people are answered from them."""
        return (await self._gathered()).tree

    # Changes

    async def changes(self) -> tuple[Change, ...]:
        """Those that are worked on, the newest first."""
        _, index = await self._index()
        rows = [row for row in index.changes if row.state is not ChangeState.DROPPED]
        found = await all_of([self._change(row) for row in rows])
        return tuple(sorted(found, key=lambda change: change.begun_at, reverse=True))

    async def change(self, change_id: ChangeId) -> Change | None:
        """A change, those that are closed too."""
        _, index = await self._index()
        row = index.change(change_id)
        if row is not None:
            return await self._change(row)
        for version, closed in await all_of([self._recorded(record) for record in index.versions]):
            if version.change == change_id and closed is not None:
                return await self._change(decode_change(await self._change_records.read(closed)), version.number)
        return None

    async def begin(self, title: str, by: StaffId) -> Change | Refusal:
        """A new change over what is live, or will be in a moment."""
        refusal = refuse_words(title, LONGEST_TITLE)
        if refusal is not None:
            return refusal
        for _ in range(TRIES):
            expected, index = await self._index()
            base, ground = await self._ground(index)
            change = Change(
                *(ChangeId(secrets.token_hex(6)), title.strip(), base, ground, ground, by, self._clock.now())
            )
            if base == 0:
                await self._files.keep((await self._gathered()).blobs)
                await self._keep_tree(ground)
            if await self._wrote(index.with_change(row_of_change(change)), expected):
                return change
        raise ConflictError("too many others write at the same time")

    async def begin_from(
        self, title: str, by: StaffId, gathered: Gathered, base: int | None = None
    ) -> Change | Refusal:
        """A new change that holds what a folder holds, made from the version `base`: from what is live unless given."""
        refusal = refuse_words(title, LONGEST_TITLE)
        if refusal is not None:
            return refusal
        made_from = None if base is None else await self.version(base)
        if base is not None and made_from is None:
            return Refusal.NO_SUCH_VERSION
        begun = await self.begin(title, by)
        if isinstance(begun, Refusal):
            return begun
        await self._files.keep(gathered.blobs)
        if made_from is not None and made_from.number != begun.base:
            begun = await self._step(begun.id, by, CatchUp(made_from.number, made_from.tree, made_from.tree))
            if isinstance(begun, Refusal):
                return begun
        edits = begun.tree.changed_in(gathered.tree)
        return await self.act(
            begun.id, by, EditAll(tuple(Edit(name, blob, begun.tree.files.get(name)) for name, blob in edits.items()))
        )

    async def act(self, change_id: ChangeId, by: StaffId, action: Action) -> Change | Refusal:
        """Do something with a change."""
        return await self._step(change_id, by, action)

    async def catch_up(
        self, change_id: ChangeId, by: StaffId, choices: Mapping[str, Side]
    ) -> Change | Refusal | Clashing:
        """Bring a change up to what is live; `choices` say for files that clash whose lines stay."""
        _, index = await self._index()
        row = index.change(change_id)
        if row is None:
            return await self._gone(change_id)
        change = await self._change(row)
        base, ground = await self._ground(index)
        tree, both = lay_over(change.origin, change.tree, ground)
        if base == 0:
            await self._files.keep((await self._gathered()).blobs)
            await self._keep_tree(ground)
        conflicts: list[Conflict] = []
        chose = False
        for name in both:
            sides = [
                None if name not in side.files else await self.read(side, name)
                for side in (change.origin, change.tree, ground)
            ]
            joined: bytes | Conflict | None = await asyncio.to_thread(join, name, *sides)
            if isinstance(joined, Conflict):
                if name not in choices or (choices[name] is Side.BOTH and not joined.takes_both):
                    conflicts.append(joined)
                    continue
                chose, joined = True, await asyncio.to_thread(keep, choices[name], *sides)
            tree = tree.without(name) if joined is None else tree.put(name, await self.put(joined))
        if conflicts:
            return Clashing(tuple(conflicts))
        return await self._step(change_id, by, CatchUp(base, ground, tree, wrote=chose), seen=change)

    async def publish(self, change_id: ChangeId, by: StaffId, why: str = "") -> Version | Refusal | NotWell:
        """Make a new version of an approved change, live everywhere AHEAD from now; `why` is its title unless given."""
        return await self._publish(change_id, by, why)

    async def roll_back(self, number: int, by: StaffId, why: str) -> Version | Refusal:
        """Make what a version holds live again, as a new version. It was reviewed before: one person may do this."""
        refusal = refuse_words(why, LONGEST_COMMENT)
        if refusal is not None:
            return refusal
        for _ in range(TRIES):
            expected, index = await self._index()
            if index.live is None or not 1 <= number <= len(index.versions):
                return Refusal.NO_SUCH_VERSION
            back = await self._version(index.versions[number - 1])
            newest = await self._version(index.versions[-1])
            if back.tree == newest.tree:
                return Refusal.LIVE_ALREADY
            # What tests say was decided when it was published; what this program cannot compile would be live nowhere.
            if any(not _is_of_tests(problem) for problem in await self._faults(back.tree)):
                return Refusal.NOT_WELL
            now = self._clock.now()
            version = Version(
                *(newest.number + 1, back.tree, newest.number, now, by, back.reviewed_by, why.strip()),
                kind=VersionKind.ROLLED_BACK,
                returns_to=number,
            )
            if await self._wrote(await self._with_version(index, version, now + self._ahead), expected):
                return version
        raise ConflictError("too many others write at the same time")

    # Bytes

    async def put(self, content: bytes) -> BlobId:
        """Keep bytes; an edit names them after. What no change and no version names is gone some hours later."""
        if len(content) > MOST_BYTES:
            raise ValueError(f"a file of the content holds at most {MOST_BYTES // 1024} KB")
        blob = blob_id(content)
        await self._files.keep({blob: content})
        return blob

    async def read(self, tree: Tree, name: str) -> bytes:
        """The bytes of a file; raise KeyError where the tree has none of that name."""
        return await self.blob(tree.files[name])

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
        """A folder of exactly these files, for the compiler; nobody may write to it."""
        found = await asyncio.to_thread(self.checkouts.find, tree.hash)
        if found is not None:
            return found
        missing = await asyncio.to_thread(self.checkouts.missing, tree.files.values())
        contents = await all_of([self._named(blob) for blob in sorted(missing)])
        await asyncio.to_thread(self.checkouts.keep, dict(contents))
        return await asyncio.to_thread(self.checkouts.lay_out, tree)

    # What goes on by itself

    async def run(self) -> None:
        """Publish what is due and take away what nobody names, for as long as it runs."""
        swept = self._clock.now()
        while True:
            await self._clock.sleep(LOOK_EVERY)
            try:
                await self.publish_due()
                if self._clock.now() - swept >= SWEEP_EVERY:
                    swept = self._clock.now()
                    await self.sweep()
            except (StoreError, StockError, RecordError, TreeError, OSError) as error:
                logbook.note_error("archive_not_kept", error)

    async def publish_due(self) -> None:
        """Publish what was set for this moment; what cannot be is not tried again, and its page says why."""
        _, index = await self._index()
        for row in index.changes:
            if row.scheduled_at is None or row.scheduled_by is None:
                continue
            if row.scheduled_at - self._ahead > self._clock.now():
                continue
            made = await self._publish(row.id, row.scheduled_by, "", row.scheduled_at)
            if isinstance(made, Version) or made in _DONE_MEANWHILE:
                continue
            why = made if isinstance(made, Refusal) else Refusal.NOT_WELL
            await self._step(row.id, row.scheduled_by, Miss(why))

    async def sweep(self) -> int:
        """Take away bytes that nothing names any more, and changes that were dropped long ago."""
        await self._forget_dropped()
        gone = await self._files.sweep(self._named_files)
        gone += await self._version_records.sweep(self._named_versions)
        gone += await self._change_records.sweep(self._named_changes)
        await asyncio.to_thread(self.checkouts.sweep)
        return gone

    # How it is done

    async def _step(
        self, change_id: ChangeId, by: StaffId, action: Action | CatchUp | Miss, seen: Change | None = None
    ) -> Change | Refusal:
        """`seen` is the change that the step was made for, where it holds for no other."""
        for _ in range(TRIES):
            expected, index = await self._index()
            row = index.change(change_id)
            if row is None:
                return await self._gone(change_id)
            change = await self._change(row)
            if seen is not None and change != seen:
                return Refusal.CHANGED_MEANWHILE
            outcome = decide(change, by, action, self._clock.now())
            if isinstance(outcome, Refusal) or outcome == change:
                return outcome
            if outcome.tree != change.tree:
                await self._files.refresh(set(outcome.tree.files.values()) - set(change.tree.files.values()))
                await self._keep_tree(outcome.tree)
            if await self._wrote(index.with_change(row_of_change(outcome)), expected):
                return outcome
        raise ConflictError("too many others write at the same time")

    async def _gone(self, change_id: ChangeId) -> Refusal:
        return Refusal.NO_SUCH_CHANGE if await self.change(change_id) is None else Refusal.CLOSED

    async def _publish(
        self, change_id: ChangeId, by: StaffId, why: str, at: datetime | None = None
    ) -> Version | Refusal | NotWell:
        if len(why) > LONGEST_COMMENT:
            return Refusal.TOO_LONG
        for _ in range(TRIES):
            expected, index = await self._index()
            row = index.change(change_id)
            if row is None:
                return await self._gone(change_id)
            change: Change | Refusal = await self._change(row)
            base, ground = await self._ground(index)
            if isinstance(change, Change) and change.origin != ground:
                tree, both = lay_over(change.origin, change.tree, ground)
                if both:
                    return Refusal.MOVED_ON if change.is_approved else Refusal.NOT_APPROVED
                change = decide(change, by, CatchUp(base, ground, tree), self._clock.now())
            if isinstance(change, Change):
                change = decide(change, by, Publish(), self._clock.now())
            if isinstance(change, Refusal):
                return change
            await self._keep_tree(change.tree)
            faults = await self._faults(change.tree)
            if faults:
                return NotWell(faults)
            made = await self._make(index, expected, replace(change, base=base), by, why.strip(), at)
            if made is not None:
                return made
        raise ConflictError("too many others write at the same time")

    async def _make(  # who, what, why and when
        self, index: Index, expected: int, change: Change, by: StaffId, why: str, at: datetime | None
    ) -> Version | None:
        """The new version; None where somebody else wrote meanwhile."""
        now = self._clock.now()
        if index.live is None:
            first = Version(1, change.origin, None, now, by, None, "", VersionKind.IMPORTED)
            await self._files.keep((await self._gathered()).blobs)
            await self._keep_tree(change.origin)
            index = await self._with_version(index, first, now)
        number = len(index.versions) + 1
        version = Version(
            *(number, change.tree, number - 1, now, by, change.approved_by, why or change.title),
            kind=VersionKind.PUBLISHED,
            change=change.id,
        )
        closed = encode(row_of_change(change))
        await self._change_records.keep({blob_id(closed): closed})
        since = now + self._ahead if at is None else max(at, now + self._ahead)
        with_version = await self._with_version(index, version, since, blob_id(closed))
        if number == 2:
            # Until it begins, that is the folder still, which every replica has compiled.
            with_version = replace(with_version, live=Live(number, since))
        return version if await self._wrote(with_version.without(change.id), expected) else None

    async def _with_version(
        self, index: Index, version: Version, since: datetime, closed: BlobId | None = None
    ) -> Index:
        """The index with a version that goes live at a moment, and the change that became it."""
        written = encode(row_of_version(version, closed))
        record = blob_id(written)
        await self._version_records.keep({record: written})
        before = index.live
        live = Live(
            version.number,
            since if before is None else max(since, before.since),
            None if before is None else before.at(version.at),
        )
        return replace(index, versions=(*index.versions, record), live=live)

    async def _ground(self, index: Index) -> tuple[int, Tree]:
        """What a change stands on that goes live next: the newest version, or the folder as 0."""
        if index.live is None:
            return 0, (await self._gathered()).tree
        newest = await self._version(index.versions[-1])
        return newest.number, newest.tree

    async def _faults(self, tree: Tree) -> tuple[Problem, ...]:
        """Every error in it."""
        key = tree.hash, self._clock.now().date()
        examined = self._remembered.examined
        if key not in examined:
            folder = await self.checkout(tree)
            examined[key] = errors(await asyncio.to_thread(self._examine, folder, key[1]))
            while len(examined) > _EXAMINED_KEPT:
                del examined[next(iter(examined))]
        return examined[key]

    async def _index(self) -> tuple[int, Index]:
        found = await self._shelf.read_shelf(ShelfKind.CONTENT_INDEX, _INDEX)
        if found is None:
            return 0, Index()
        version, written = found
        if self._remembered.index[0] != written:
            self._remembered.index = written, decode_index(written)
        return version, self._remembered.index[1]

    async def _wrote(self, index: Index, expected: int) -> bool:
        try:
            await self._shelf.write_shelf(ShelfKind.CONTENT_INDEX, _INDEX, encode(index), expected)
        except ConflictError:
            return False
        return True

    async def _version(self, record: BlobId) -> Version:
        return (await self._recorded(record))[0]

    async def _recorded(self, record: BlobId) -> tuple[Version, BlobId | None]:
        """A version, and the record of the change that became it."""
        versions = self._remembered.versions
        if record not in versions:
            row = decode_version(await self._version_records.read(record))
            versions[record] = version_of(row, await self._tree(row.tree)), row.closed
        return versions[record]

    async def _change(self, row: ChangeRow, version: int | None = None) -> Change:
        return change_of(row, await self._tree(row.origin), await self._tree(row.tree), version)

    async def _tree(self, name: TreeHash) -> Tree:
        trees = self._remembered.trees
        if name not in trees:
            trees[name] = Tree.from_bytes(await self.blob(BlobId(name)))
            while len(trees) > _TREES_KEPT:
                del trees[next(iter(trees))]
        return trees[name]

    async def _keep_tree(self, tree: Tree) -> None:
        await self._files.keep({BlobId(tree.hash): tree.to_bytes()})

    async def _named(self, blob: BlobId) -> tuple[BlobId, bytes]:
        return blob, await self.blob(blob)

    async def _gathered(self) -> Gathered:
        """What lies in the folder, read again only where something changed."""
        marks = await asyncio.to_thread(marks_of, self._folder)
        if self._remembered.folder is None or self._remembered.folder[0] != marks:
            self._remembered.folder = marks, await asyncio.to_thread(read_tree, self._folder)
        return self._remembered.folder[1]

    async def _named_files(self) -> set[BlobId]:
        """Everything that a version or a change needs."""
        _, index = await self._index()
        trees = [version.tree for version in await all_of([self._version(one) for one in index.versions])]
        for row in index.changes:
            trees += [await self._tree(row.origin), await self._tree(row.tree)]
        return {BlobId(tree.hash) for tree in trees} | {blob for tree in trees for blob in tree.files.values()}

    async def _named_versions(self) -> set[BlobId]:
        _, index = await self._index()
        return set(index.versions)

    async def _named_changes(self) -> set[BlobId]:
        _, index = await self._index()
        found = await all_of([self._recorded(record) for record in index.versions])
        return {closed for _, closed in found if closed is not None}

    async def _forget_dropped(self) -> None:
        expected, index = await self._index()
        lately = self._clock.now() - DROPPED_KEPT
        old = [
            row.id for row in index.changes if row.state is ChangeState.DROPPED and (row.closed_at or lately) <= lately
        ]
        for change_id in old:
            index = index.without(change_id)
        if old:
            await self._wrote(index, expected)


def examine_with(teach: Teach) -> Examine:
    """The check of the command line, with what authors' tests find."""

    def examine(folder: Path, today: date) -> Sequence[Problem]:
        return check(folder, today, teach).problems

    return examine


def _is_of_tests(problem: Problem) -> bool:
    return problem.place.file.split("/")[1:2] == [_TESTS]


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
