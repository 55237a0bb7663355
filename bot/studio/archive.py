"""Keeps every version of the content and every change that is worked on; the only part of them that waits.

Files and trees lie under the hash of their bytes; one value, the index, says which of them count. It is written last,
and only where nobody wrote it since it was read, so that everything happens whole or not at all, whichever replica
does it and whenever it is stopped.
"""

import asyncio
import secrets
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from pathlib import Path
from typing import Final, TypeAlias

from bot import logbook
from bot.clock import Clock
from bot.compiler import Place, Problem, Teach, errors
from bot.compiler.folder import Folder, lent_by
from bot.desk.ticket import StaffId
from bot.store.contract import ConflictError, StoreError
from bot.store.shelf import Shelf
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
    Lapse,
    Miss,
    Publish,
    Refusal,
    decide,
    refuse_words,
)
from bot.studio.checking import SHOWN_AS, Checked, CheckError, Examine, Failure, Finding, check_compiled, check_whole
from bot.studio.checkouts import Checkouts
from bot.studio.holdings import Holdings
from bot.studio.merging import Conflict, Side, join, keep, lay_over
from bot.studio.records import Index, row_of_change
from bot.studio.stock import TRIES, all_of
from bot.studio.tree import MOST_BYTES, BlobId, Gathered, Tree, TreeHash, blob_id
from bot.studio.versions import Live, Scheduled, Version, VersionKind
from bot.studio.witness import Witness

AHEAD: Final = timedelta(seconds=15)
"""How long before it goes live a version is announced: every replica compiles it meanwhile."""

DROPPED_KEPT: Final = timedelta(days=30)
"""How long a change can be looked at that was dropped."""

SWEEP_EVERY: Final = timedelta(hours=1)
LOOK_EVERY: Final = 1.0
PAUSES: Final = tuple(timedelta(seconds=seconds) for seconds in (30, 120, 300, 900))
"""Before what could not be checked is checked again by itself; from then on the last of them."""

HURRY: Final = timedelta(seconds=30)
"""How long a way back waits for the check in another process."""

_EXAMINED_KEPT: Final = 16
_TESTS: Final = "tests"
_DONE_MEANWHILE: Final = frozenset(
    {
        *(Refusal.CLOSED, Refusal.NO_SUCH_CHANGE, Refusal.NOT_APPROVED),
        *(Refusal.REVIEWER_LEFT, Refusal.PUBLISHER_LEFT),
    }
)
"""Another replica published it, somebody took it back in this very moment, or it was given back for another review."""

Note: TypeAlias = Callable[[], Awaitable[None]]
"""Writes down who does what. Called once, as soon as nothing stands against it and before it is done: what cannot be
written down is not done."""


@dataclass(frozen=True, slots=True)
class NotWell:
    """It was not published, since people would have met these mistakes."""

    problems: tuple[Problem, ...]


@dataclass(frozen=True, slots=True)
class Clashing:
    """It was not brought up to date: for these files somebody has to say whose stays."""

    conflicts: tuple[Conflict, ...]


@dataclass(frozen=True, slots=True)
class _Pause:
    """Until when a change is not checked again, which could not be so many times."""

    tries: int
    until: datetime


class Archive:
    """All versions and changes. `folder` is the content that is live before anything was published.

    `examine_back` is the check of a version before it is live again, where that is another one.
    Without a witness every approval counts, and nothing that goes live by itself is written down: for commands.
    """

    def __init__(  # noqa: PLR0913 - all that it needs of the world
        self,
        shelf: Shelf,
        folder: Path,
        data_dir: Path,
        clock: Clock,
        examine: Examine,
        ahead: timedelta = AHEAD,
        witness: Witness | None = None,
        *,
        examine_back: Examine | None = None,
    ) -> None:
        self._holdings = Holdings(shelf, folder, data_dir, clock)
        self._clock = clock
        self._examine = examine
        self._examine_back = examine_back or examine
        self._ahead = ahead
        self._witness = witness
        self._examined: dict[tuple[TreeHash, date, Examine], tuple[Problem, ...]] = {}
        self._pauses: dict[ChangeId, _Pause] = {}

    @property
    def checkouts(self) -> Checkouts:
        """What lies on this machine's disk."""
        return self._holdings.checkouts

    # Versions

    async def live(self) -> Live | None:
        """What is live, or will be in a moment; None as long as nothing was ever published."""
        _, index = await self._holdings.index()
        return index.live

    async def version(self, number: int) -> Version | None:
        """The version of this number."""
        _, index = await self._holdings.index()
        if not 1 <= number <= len(index.versions):
            return None
        return await self._holdings.version(index.versions[number - 1])

    async def versions(self) -> tuple[Version, ...]:
        """All of them, the newest first."""
        _, index = await self._holdings.index()
        found = await all_of([self._holdings.version(record) for record in index.versions])
        return tuple(reversed(found))

    async def scheduled(self) -> tuple[Scheduled, ...]:
        """What goes live by itself, the next first."""
        _, index = await self._holdings.index()
        found = [
            Scheduled(row.id, row.title, row.scheduled_at) for row in index.changes if row.scheduled_at is not None
        ]
        return tuple(sorted(found, key=lambda one: one.at))

    async def present(self) -> Tree:
        """The files that people are answered from now: of the live version, or of the folder."""
        _, index = await self._holdings.index()
        number = None if index.live is None else index.live.at(self._clock.now())
        if number is None:
            return (await self._holdings.gathered()).tree
        return (await self._holdings.version(index.versions[number - 1])).tree

    async def folder_tree(self) -> Tree:
        """The files of the folder, whether or not people are answered from them."""
        return (await self._holdings.gathered()).tree

    # Changes

    async def changes(self) -> tuple[Change, ...]:
        """Those that are worked on, the newest first."""
        _, index = await self._holdings.index()
        rows = [row for row in index.changes if row.state is not ChangeState.DROPPED]
        found = await all_of([self._holdings.change(row) for row in rows])
        return tuple(sorted(found, key=lambda change: change.begun_at, reverse=True))

    async def change(self, change_id: ChangeId) -> Change | None:
        """A change, those that are closed too."""
        _, index = await self._holdings.index()
        row = index.change(change_id)
        if row is not None:
            return await self._holdings.change(row)
        for version, closed in await all_of([self._holdings.recorded(record) for record in index.versions]):
            if version.change == change_id and closed is not None:
                return await self._holdings.closed_change(closed, version.number)
        return None

    async def begin(self, title: str, by: StaffId) -> Change | Refusal:
        """A new change over what is live, or will be in a moment."""
        refusal = refuse_words(title, LONGEST_TITLE)
        if refusal is not None:
            return refusal
        for _ in range(TRIES):
            expected, index = await self._holdings.index()
            base, ground = await self._kept_ground(index)
            change = Change(
                *(ChangeId(secrets.token_hex(6)), title.strip(), base, ground, ground, by, self._clock.now())
            )
            if await self._holdings.wrote(index.with_change(row_of_change(change)), expected):
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
        await self._holdings.keep(gathered.blobs)
        if made_from is not None and made_from.number != begun.base:
            begun = await self._step(begun.id, by, CatchUp(made_from.number, made_from.tree, made_from.tree))
            if isinstance(begun, Refusal):
                return begun
        edits = begun.tree.changed_in(gathered.tree)
        return await self.act(
            begun.id, by, EditAll(tuple(Edit(name, blob, begun.tree.files.get(name)) for name, blob in edits.items()))
        )

    async def act(self, change_id: ChangeId, by: StaffId, action: Action, note: Note | None = None) -> Change | Refusal:
        """Do something with a change."""
        return await self._step(change_id, by, action, note=note)

    async def catch_up(
        self, change_id: ChangeId, by: StaffId, choices: Mapping[str, Side], note: Note | None = None
    ) -> Change | Refusal | Clashing:
        """Bring a change up to what is live; `choices` say for files that clash whose lines stay."""
        _, index = await self._holdings.index()
        row = index.change(change_id)
        if row is None:
            return await self._gone(change_id)
        change = await self._holdings.change(row)
        base, ground = await self._kept_ground(index)
        tree, both = lay_over(change.origin, change.tree, ground)
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
                chose, joined = True, await asyncio.to_thread(keep, name, choices[name], *sides)
            tree = tree.without(name) if joined is None else tree.put(name, await self.put(joined))
        if conflicts:
            return Clashing(tuple(conflicts))
        return await self._step(change_id, by, CatchUp(base, ground, tree, wrote=chose), change, note)

    async def publish(
        self, change_id: ChangeId, by: StaffId, why: str = "", note: Note | None = None
    ) -> Version | Refusal | NotWell:
        """Make a new version of an approved change, live everywhere AHEAD from now; `why` is its title unless given."""
        return await self._publish(change_id, by, why, _once(note))

    async def roll_back(self, number: int, by: StaffId, why: str, note: Note | None = None) -> Version | Refusal:
        """Make what a version holds live again, as a new version. It was reviewed before: one person may do this."""
        refusal = refuse_words(why, LONGEST_COMMENT)
        if refusal is not None:
            return refusal
        noting = _once(note)
        for _ in range(TRIES):
            expected, index = await self._holdings.index()
            if index.live is None or not 1 <= number <= len(index.versions):
                return Refusal.NO_SUCH_VERSION
            back = await self._holdings.version(index.versions[number - 1])
            newest = await self._holdings.version(index.versions[-1])
            if back.tree == newest.tree:
                return Refusal.LIVE_ALREADY
            # What tests say was decided when it was published; what this program cannot compile would be live nowhere.
            faults = await self._faults(back.tree, self._examine_back)
            if isinstance(faults, Refusal):
                return faults
            if any(not _is_of_tests(problem) for problem in faults):
                return Refusal.NOT_WELL
            now = self._clock.now()
            version = Version(
                *(newest.number + 1, back.tree, newest.number, now, by, back.reviewed_by, why.strip()),
                kind=VersionKind.ROLLED_BACK,
                returns_to=number,
            )
            await noting()
            if await self._holdings.wrote(await self._with_version(index, version, now + self._ahead), expected):
                return version
        raise ConflictError("too many others write at the same time")

    # Bytes

    async def put(self, content: bytes) -> BlobId:
        """Keep bytes; an edit names them after. What no change and no version names is gone some hours later."""
        if len(content) > MOST_BYTES:
            raise ValueError(f"a file of the content holds at most {MOST_BYTES // 1024} KB")
        blob = blob_id(content)
        await self._holdings.keep({blob: content})
        return blob

    async def read(self, tree: Tree, name: str) -> bytes:
        """The bytes of a file; raise KeyError where the tree has none of that name."""
        return await self.blob(tree.files[name])

    async def blob(self, blob: BlobId) -> bytes:
        """Bytes by their hash; raise StockError where they are not kept."""
        return await self._holdings.blob(blob)

    async def checkout(self, tree: Tree) -> Path:
        """A folder of exactly these files, for the compiler; nobody may write to it."""
        return await self._holdings.checkout(tree)

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
            except Exception as error:  # noqa: BLE001  # whatever is broken in here, people are answered meanwhile
                logbook.note_error("archive_not_kept", error)

    async def publish_due(self) -> None:
        """Publish what was set for this moment; what cannot be is not tried again, and its page says why.

        What could not be checked stays due and is tried again, with pauses.
        """
        _, index = await self._holdings.index()
        due = {row.id for row in index.changes if row.scheduled_at is not None}
        self._pauses = {change: pause for change, pause in self._pauses.items() if change in due}
        for row in index.changes:
            if row.scheduled_at is None or row.scheduled_by is None:
                continue
            if row.scheduled_at - self._ahead > self._clock.now() or self._pauses_for(row.id):
                continue
            try:
                await self._publish_at(row.scheduled_at, row.id, row.scheduled_by)
            except StoreError:
                raise
            except Exception as error:  # noqa: BLE001  # what is broken of one change keeps no other from going live
                logbook.note_error("change_not_published", error)

    async def _publish_at(self, at: datetime, change_id: ChangeId, by: StaffId) -> None:
        made = await self._publish(change_id, by, "", _once(None), at)
        if made is Refusal.NOT_CHECKED:
            self._pause(change_id)
            return
        if isinstance(made, Version) or made in _DONE_MEANWHILE:
            return
        await self._come_back(change_id, by, Miss(made if isinstance(made, Refusal) else Refusal.NOT_WELL))

    def _pauses_for(self, change_id: ChangeId) -> bool:
        pause = self._pauses.get(change_id)
        return pause is not None and self._clock.now() < pause.until

    def _pause(self, change_id: ChangeId) -> None:
        before = self._pauses.get(change_id)
        tries = 0 if before is None else before.tries
        until = self._clock.now() + PAUSES[min(tries, len(PAUSES) - 1)]
        self._pauses[change_id] = _Pause(tries + 1, until)

    async def _come_back(self, change_id: ChangeId, by: StaffId, step: Miss | Lapse) -> None:
        """Keep it from going live, and write down who had set or asked for it, and why it does not."""
        change, witness = await self.change(change_id), self._witness

        async def note() -> None:
            if change is not None and witness is not None:
                await witness.came_back(change, by, step.why)

        await self._step(change_id, by, step, change, note)

    async def sweep(self) -> int:
        """Take away bytes that nothing names any more, and changes that were dropped long ago."""
        await self._forget_dropped()
        return await self._holdings.sweep()

    # How it is done

    async def _step(
        self,
        change_id: ChangeId,
        by: StaffId,
        action: Action | CatchUp | Miss | Lapse,
        seen: Change | None = None,
        note: Note | None = None,
    ) -> Change | Refusal:
        """`seen` is the change that the step was made for, where it holds for no other."""
        noting = _once(note)
        for _ in range(TRIES):
            expected, index = await self._holdings.index()
            row = index.change(change_id)
            if row is None:
                return await self._gone(change_id)
            change = await self._holdings.change(row)
            if seen is not None and change != seen:
                return Refusal.CHANGED_MEANWHILE
            outcome = decide(change, by, action, self._clock.now())
            if isinstance(outcome, Refusal) or outcome == change:
                return outcome
            if outcome.tree != change.tree:
                await self._holdings.keep_tree(outcome.tree, but=change.tree)
            await noting()
            if await self._holdings.wrote(index.with_change(row_of_change(outcome)), expected):
                return outcome
        raise ConflictError("too many others write at the same time")

    async def _gone(self, change_id: ChangeId) -> Refusal:
        return Refusal.NO_SUCH_CHANGE if await self.change(change_id) is None else Refusal.CLOSED

    async def _publish(
        self, change_id: ChangeId, by: StaffId, why: str, noting: Note, at: datetime | None = None
    ) -> Version | Refusal | NotWell:
        if len(why) > LONGEST_COMMENT:
            return Refusal.TOO_LONG
        for _ in range(TRIES):
            expected, index = await self._holdings.index()
            row = index.change(change_id)
            if row is None:
                return await self._gone(change_id)
            begun = await self._holdings.change(row)
            change: Change | Refusal = begun
            base, ground = await self._kept_ground(index)
            if begun.origin != ground:
                tree, both = lay_over(begun.origin, begun.tree, ground)
                if both:
                    return Refusal.MOVED_ON if begun.is_approved else Refusal.NOT_APPROVED
                change = decide(begun, by, CatchUp(base, ground, tree), self._clock.now())
            if isinstance(change, Change):
                change = decide(change, by, Publish(), self._clock.now())
            if isinstance(change, Refusal):
                return change
            await self._holdings.keep_tree(change.tree, but=begun.tree)
            faults = await self._faults(change.tree, self._examine)
            if isinstance(faults, Refusal):
                return faults
            if faults:
                return NotWell(faults)
            # Asked last: the check takes seconds, in which somebody may leave.
            lapsed = await self._lapsed(begun, at)
            if lapsed is not None:
                await self._come_back(change_id, by, Lapse(lapsed))
                return lapsed
            made = await self._make(index, expected, replace(change, base=base), by, why.strip(), noting, at)
            if made is not None:
                return made
        raise ConflictError("too many others write at the same time")

    async def _lapsed(self, change: Change, at: datetime | None) -> Refusal | None:
        """Why an approval, or the moment that was set, does not count any more."""
        witness = self._witness
        if witness is None:
            return None
        if change.approved_by is None or not await witness.may_review(change.approved_by):
            return Refusal.REVIEWER_LEFT
        if at is not None and (change.scheduled_by is None or not await witness.may_publish(change.scheduled_by)):
            return Refusal.PUBLISHER_LEFT
        return None

    async def _make(
        self, index: Index, expected: int, change: Change, by: StaffId, why: str, noting: Note, at: datetime | None
    ) -> Version | None:
        """The new version; None where somebody else wrote meanwhile."""
        now = self._clock.now()
        if index.live is None:
            first = Version(1, change.origin, None, now, by, None, "", VersionKind.IMPORTED)
            index = await self._with_version(index, first, now)
        number = len(index.versions) + 1
        version = Version(
            *(number, change.tree, number - 1, now, by, change.approved_by, why or change.title),
            kind=VersionKind.PUBLISHED,
            change=change.id,
        )
        closed = await self._holdings.keep_change(change)
        since = now + self._ahead if at is None else max(at, now + self._ahead)
        with_version = await self._with_version(index, version, since, closed)
        if number == 2:
            # Until it begins, that is the folder still, which every replica has compiled.
            with_version = replace(with_version, live=Live(number, since))
        await noting()
        if at is not None and self._witness is not None:
            await self._witness.went_live(change, by)
        return version if await self._holdings.wrote(with_version.without(change.id), expected) else None

    async def _with_version(
        self, index: Index, version: Version, since: datetime, closed: BlobId | None = None
    ) -> Index:
        """The index with a version that goes live at a moment, and the change that became it."""
        record = await self._holdings.keep_version(version, closed)
        before = index.live
        live = Live(
            version.number,
            since if before is None else max(since, before.since),
            None if before is None else before.at(version.at),
        )
        return replace(index, versions=(*index.versions, record), live=live)

    async def _kept_ground(self, index: Index) -> tuple[int, Tree]:
        """What a change stands on that goes live next: the newest version, or the folder as 0, which is kept then."""
        if index.live is None:
            return 0, await self._holdings.keep_folder()
        newest = await self._holdings.version(index.versions[-1])
        return newest.number, newest.tree

    async def _faults(self, tree: Tree, examine: Examine) -> tuple[Problem, ...] | Refusal:
        """Every error in it, or that it could not be checked."""
        key = tree.hash, self._clock.now().date(), examine
        if key not in self._examined:
            folder = await self.checkout(tree)
            try:
                checked = await examine(tree.hash, folder, key[1])
            except CheckError:
                return Refusal.NOT_CHECKED
            except Exception as error:  # noqa: BLE001  # whatever stands in it, what breaks the check is not published
                logbook.note_error("check_failed", error)
                return Refusal.NOT_CHECKED
            self._examined[key] = errors(_problem(one) for one in checked.findings)
            while len(self._examined) > _EXAMINED_KEPT:
                del self._examined[next(iter(self._examined))]
        return self._examined[key]

    async def _forget_dropped(self) -> None:
        expected, index = await self._holdings.index()
        lately = self._clock.now() - DROPPED_KEPT
        old = [
            row.id for row in index.changes if row.state is ChangeState.DROPPED and (row.closed_at or lately) <= lately
        ]
        for change_id in old:
            index = index.without(change_id)
        if old:
            await self._holdings.wrote(index, expected)


def _once(note: Note | None) -> Note:
    """What is tried again is one deed all the same."""
    waiting = [] if note is None else [note]

    async def noting() -> None:
        for one in waiting:
            await one()
        waiting.clear()

    return noting


def examine_with(teach: Teach, lender: Path | None = None) -> Examine:
    """The check in a thread of this process: for commands, which answer nobody meanwhile."""
    lends = None if lender is None else lent_by(lender)

    async def examine(_tree: TreeHash, folder: Path, today: date) -> Checked:
        return await asyncio.to_thread(check_whole, Folder(folder, SHOWN_AS, lender=lends), today, teach)

    return examine


def compile_with(lender: Path) -> Examine:
    """Whether it can be live at all, in a thread of this process: what going live takes, and no more memory."""
    lends = lent_by(lender)

    async def examine(_tree: TreeHash, folder: Path, today: date) -> Checked:
        return await asyncio.to_thread(check_compiled, Folder(folder, SHOWN_AS, lender=lends), today)

    return examine


def examine_in_any_case(examine: Examine, at_hand: Examine, patience: timedelta = HURRY) -> Examine:
    """The check, and where it cannot be had, or not at once, the one at hand: for the way back in an emergency.

    People are answered more slowly while that is done in this process, but what they are answered is wrong by then.
    """

    async def either(tree: TreeHash, folder: Path, today: date) -> Checked:
        try:
            async with asyncio.timeout(patience.total_seconds()):
                return await examine(tree, folder, today)
        except TimeoutError:
            pass
        except CheckError as error:
            if error.failure is Failure.STOPPED:
                raise
        return await at_hand(tree, folder, today)

    return either


def _problem(finding: Finding) -> Problem:
    place = Place(f"{SHOWN_AS}/{finding.file}", finding.line, finding.column)
    return Problem(place, finding.words, finding.severity)


def _is_of_tests(problem: Problem) -> bool:
    return problem.place.file.split("/")[1:2] == [_TESTS]
