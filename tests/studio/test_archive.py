"""Versions and changes are kept whole or not at all, whoever writes at the same time and whenever it is stopped."""

import asyncio
import contextlib
import os
import resource
import sys
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date, timedelta
from pathlib import Path
from typing import Final

import pytest

from bot.casebook import load_writers
from bot.compiler import KeywordsOnly
from bot.desk.staff import Member, Role, Roster
from bot.desk.ticket import StaffId
from bot.figures import Figures
from bot.guard.audit import Chronicle, Deed
from bot.guard.witnessing import ContentWitness
from bot.settings import Settings
from bot.store.contract import StoreDownError
from bot.store.redis_store import open_store
from bot.store.sealing import Vault
from bot.store.shelf import MemoryShelf, Shelf, ShelfKind
from bot.studio.archive import (
    AHEAD,
    PAUSES,
    Archive,
    Clashing,
    NotWell,
    compile_with,
    examine_in_any_case,
    examine_with,
)
from bot.studio.changes import (
    AddComment,
    Approve,
    Change,
    ChangeState,
    Drop,
    Edit,
    Refusal,
    Retitle,
    Schedule,
    Submit,
)
from bot.studio.checking import Checked, CheckError, Failure
from bot.studio.examining import Examiner
from bot.studio.merging import Side
from bot.studio.stock import GRACE, Stock, StockError
from bot.studio.tree import BlobId, Tree, TreeHash, blob_id, read_tree
from bot.studio.versions import Live, Version, VersionKind
from bot.wiring import archive_of
from tests.builders import NOW
from tests.compiler.content_builder import FACT, HOME, write_content
from tests.fakes import ManualClock
from tests.store.servers import Server

DARA, MALY, NWE = (StaffId(name) for name in ("dara", "maly", "nwe"))
FACTS: Final = "facts/thailand.yaml"
FLOW: Final = "flows/home.yaml"
EXAMINE: Final = examine_with(KeywordsOnly)
BOTH: Final = pytest.mark.parametrize("shelf", ["memory", "valkey"], indirect=True)


@dataclass(slots=True)
class House:
    """A bot with an archive; `another` is a second replica, with a disk of its own."""

    shelf: Shelf
    root: Path
    clock: ManualClock

    def another(self, name: str = "var", shelf: Shelf | None = None) -> Archive:
        return Archive(shelf or self.shelf, self.root / "content", self.root / name, self.clock, EXAMINE)


@pytest.fixture
def house(shelf: Shelf, quick_folder: Path) -> House:
    write_content(quick_folder)
    return House(shelf, quick_folder, ManualClock())


def a_change(found: Change | Refusal | Clashing | None) -> Change:
    assert isinstance(found, Change), found
    return found


def a_version(found: Version | Refusal | NotWell | None) -> Version:
    assert isinstance(found, Version), found
    return found


async def edited(archive: Archive, change: Change, name: str, old: str, new: str, by: StaffId = DARA) -> Change:
    before = await archive.read(change.tree, name)
    blob = await archive.put(before.replace(old.encode(), new.encode()))
    return a_change(await archive.act(change.id, by, Edit(name, blob, change.tree.files[name])))


async def approved(archive: Archive, old: str = "value: 400", new: str = "value: 450", name: str = FACTS) -> Change:
    change = await edited(archive, a_change(await archive.begin("New wage", DARA)), name, old, new)
    a_change(await archive.act(change.id, DARA, Submit()))
    return a_change(await archive.act(change.id, MALY, Approve(change.tree.hash)))


@BOTH
async def test_the_first_publishing_keeps_the_folder_as_the_first_version(house: House) -> None:
    archive = house.another()
    folder = read_tree(house.root / "content").tree
    assert (await archive.live(), await archive.versions(), await archive.present()) == (None, (), folder)
    change = await approved(archive)

    made = a_version(await archive.publish(change.id, NWE))

    assert (made.number, made.parent, made.by, made.reviewed_by) == (2, 1, NWE, MALY)
    assert (made.kind, made.why, made.tree, made.change) == (VersionKind.PUBLISHED, "New wage", change.tree, change.id)
    first = a_version(await archive.version(1))
    assert (first.tree, first.kind, first.parent) == (folder, VersionKind.IMPORTED, None)
    assert await archive.live() == Live(2, NOW + AHEAD)
    assert await archive.present() == folder
    house.clock.set(NOW + AHEAD)
    assert await archive.present() == made.tree

    # Another replica, with nothing on its disk, knows the same.
    other = house.another("elsewhere")
    assert await other.versions() == await archive.versions()
    assert await other.changes() == ()
    closed = await other.change(change.id)
    assert closed is not None
    assert (closed.state, closed.version, closed.approved_by) == (ChangeState.PUBLISHED, 2, MALY)
    assert b"value: 450" in await other.read(made.tree, FACTS)


@BOTH
async def test_what_is_checked_out_is_byte_for_byte_what_was_taken_in(house: House) -> None:
    archive = house.another()
    change = await approved(archive)
    version = a_version(await archive.publish(change.id, DARA))

    folder = await house.another("elsewhere").checkout(version.tree)

    assert read_tree(folder).tree == version.tree
    expected = (house.root / "content" / FACTS).read_bytes().replace(b"value: 400", b"value: 450")
    assert (folder / FACTS).read_bytes() == expected
    assert (folder / FLOW).read_bytes() == (house.root / "content" / FLOW).read_bytes()


@BOTH
async def test_two_replicas_at_once_lose_nothing(house: House) -> None:
    one, other = house.another("one"), house.another("other")
    change = a_change(await one.begin("Two editors", DARA))
    before = change.tree.files[FACTS]
    blobs = [await one.put(b"one"), await other.put(b"other")]

    outcomes = await asyncio.gather(
        one.act(change.id, DARA, Edit(FACTS, blobs[0], before)),
        other.act(change.id, MALY, Edit(FACTS, blobs[1], before)),
        one.act(change.id, DARA, AddComment("first")),
        other.act(change.id, MALY, AddComment("second")),
        *(archive.begin(f"Another {number}", NWE) for number, archive in enumerate((one, other, one, other))),
    )

    assert outcomes[:2].count(Refusal.CHANGED_MEANWHILE) == 1
    found = await house.another("third").change(change.id)
    assert found is not None
    assert {comment.words for comment in found.comments} == {"first", "second"}
    assert len(await one.changes()) == 5


@BOTH
async def test_two_replicas_that_publish_at_once_make_one_version(house: House) -> None:
    one, other = house.another("one"), house.another("other")
    change = await approved(one)

    made = await asyncio.gather(one.publish(change.id, DARA), other.publish(change.id, NWE))

    assert [type(each) for each in made].count(Version) == 1
    assert Refusal.CLOSED in made
    assert [version.number for version in await other.versions()] == [2, 1]


async def test_two_changes_go_live_one_after_the_other_and_both_stay(house: House) -> None:
    archive = house.another()
    wage, words = await approved(archive), await approved(archive, "What do you", "What would you", FLOW)

    made = await asyncio.gather(archive.publish(wage.id, DARA), archive.publish(words.id, DARA))

    assert [a_version(version).number for version in made] in ([2, 3], [3, 2])
    newest = (await archive.versions())[0]
    assert b"value: 450" in await archive.read(newest.tree, FACTS)
    assert b"What would you" in await archive.read(newest.tree, FLOW)


async def test_a_change_of_lines_that_went_live_otherwise_has_to_catch_up_first(house: House) -> None:
    archive = house.another()
    mine, theirs = await approved(archive), await approved(archive, "value: 400", "value: 410")
    near = await approved(archive, "review_by: 2027-05-23", "review_by: 2027-06-23")
    a_version(await archive.publish(theirs.id, DARA))

    assert await archive.publish(mine.id, DARA) is Refusal.MOVED_ON
    assert await archive.publish(near.id, DARA) is Refusal.MOVED_ON

    joined = a_change(await archive.catch_up(near.id, NWE, {}))
    assert (joined.base, joined.state, joined.approved, joined.authors) == (2, ChangeState.OPEN, None, (DARA,))
    words = await archive.read(joined.tree, FACTS)
    assert b"value: 410" in words
    assert b"review_by: 2027-06-23" in words

    clashing = await archive.catch_up(mine.id, NWE, {})
    assert isinstance(clashing, Clashing)
    (conflict,) = clashing.conflicts
    assert [(clash.base, clash.mine, clash.theirs) for clash in conflict.clashes] == [
        ("  value: 400\n", "  value: 450\n", "  value: 410\n")
    ]
    settled = a_change(await archive.catch_up(mine.id, NWE, {FACTS: Side.MINE}))
    assert b"value: 450" in await archive.read(settled.tree, FACTS)
    # Who decided whose line stays has written it.
    assert settled.authors == (DARA, NWE)
    submitted = a_change(await archive.act(mine.id, DARA, Submit()))
    assert await archive.act(mine.id, NWE, Approve(submitted.tree.hash)) is Refusal.OWN_WORK


async def test_content_with_mistakes_or_failing_tests_is_not_published(house: House) -> None:
    archive = house.another()
    for old, new, name in (('go: "flow:origin"', 'go: "flow:nowhere"', FLOW), ("value: 400", "value: many", FACTS)):
        broken = await approved(archive, old, new, name)
        refused = await archive.publish(broken.id, DARA)
        assert isinstance(refused, NotWell), refused
        assert refused.problems[0].place.file == f"content/{name}"

    test = b"- test: a way\n  as: {language: en}\n  talk:\n    - open: home\n    - bot: {offers: [nothing]}\n"
    change = a_change(await archive.begin("A test", DARA))
    change = a_change(await archive.act(change.id, DARA, Edit("tests/menu.yaml", await archive.put(test), None)))
    a_change(await archive.act(change.id, DARA, Submit()))
    a_change(await archive.act(change.id, MALY, Approve(change.tree.hash)))
    refused = await archive.publish(change.id, DARA)

    assert isinstance(refused, NotWell), refused
    assert await archive.live() is None


class Unsteady:
    """A check that cannot be done so many times, and finds nothing after."""

    def __init__(self, times: int, error: Exception) -> None:
        self.asked = 0
        self._times = times
        self._error = error

    async def examine(self, _tree: TreeHash, _folder: Path, _today: date) -> Checked:
        self.asked += 1
        if self.asked <= self._times:
            raise self._error
        return Checked(())


@pytest.mark.parametrize("error", [CheckError(Failure.CRASHED, -9), RecursionError()])
async def test_what_could_not_be_checked_is_not_said_to_be_wrong_and_nothing_goes_live(
    house: House, error: Exception
) -> None:
    check = Unsteady(1, error)
    archive = Archive(house.shelf, house.root / "content", house.root / "var", house.clock, check.examine)
    change = await approved(archive)

    assert await archive.publish(change.id, DARA) is Refusal.NOT_CHECKED
    assert await archive.live() is None
    assert await archive.change(change.id) == change

    a_version(await archive.publish(change.id, DARA))
    # Back to the folder, which was not looked at here yet.
    check.asked = 0
    assert await archive.roll_back(1, NWE, "why") is Refusal.NOT_CHECKED
    assert len(await archive.versions()) == 2
    assert a_version(await archive.roll_back(1, NWE, "why")).returns_to == 1


async def test_there_is_a_way_back_where_no_other_process_can_be_started(house: House) -> None:
    archive = house.another()
    a_version(await archive.publish((await approved(archive)).id, DARA))
    change = await approved(archive, "value: 450", "value: 460")
    examiner = Examiner(house.root / "learned", house.root / "content", Figures(), program=("/nowhere/python",))
    settings = Settings(content_dir=house.root / "content", data_dir=house.root / "alone")
    alone = archive_of(settings, house.shelf, house.clock, examiner)

    assert await alone.publish(change.id, DARA) is Refusal.NOT_CHECKED
    assert a_version(await alone.roll_back(1, NWE, "The wage was wrong.")).returns_to == 1
    assert len(await archive.versions()) == 3


async def test_the_way_back_walks_through_no_conversations_and_what_it_found_says_nothing_of_them(house: House) -> None:
    content = house.root / "content"
    back = compile_with(content)
    archive = Archive(house.shelf, content, house.root / "var", house.clock, EXAMINE, examine_back=back)
    a_version(await archive.publish((await approved(archive)).id, DARA))
    broken = "- test: never so\n  as: {language: en}\n  talk:\n    - open: home\n    - bot: {screen: home.nowhere}\n"
    begun = a_change(await archive.begin("With a conversation", DARA))
    edit = Edit("tests/home.yaml", await archive.put(broken.encode()), None)
    a_change(await archive.act(begun.id, DARA, edit))
    a_change(await archive.act(begun.id, DARA, Submit()))
    change = a_change(await archive.change(begun.id))
    a_change(await archive.act(change.id, MALY, Approve(change.tree.hash)))
    folder = await archive.checkout(change.tree)

    assert await back(change.tree.hash, folder, NOW.date()) == Checked(())
    assert isinstance(await archive.publish(change.id, DARA), NotWell)
    (wrong,) = (await back(TreeHash("1"), write_content(house.root / "b", {FLOW: "flow: ["}), NOW.date())).findings[:1]
    assert wrong.file == FLOW


async def test_what_lost_its_folder_while_it_waited_for_the_check_goes_live_a_little_later(house: House) -> None:
    hold, content = house.root / "hold", house.root / "content"
    hold.touch()
    program = (
        f"import pathlib, sys, time\nwhile pathlib.Path({str(hold)!r}).exists(): time.sleep(0.01)\n"
        "from bot.studio.check_apart import main; sys.exit(main(sys.argv[1:]))"
    )
    examiner = Examiner(house.root / "learned", content, Figures(), program=(sys.executable, "-c", program))
    archive = Archive(house.shelf, content, house.root / "var", house.clock, examiner.examine_first)
    change = await approved(archive)
    a_change(await archive.act(change.id, NWE, Schedule(NOW + timedelta(hours=1))))
    house.clock.set(NOW + timedelta(hours=1))

    before = asyncio.create_task(examiner.examine_first(TreeHash("1"), content, NOW.date()))
    await asyncio.sleep(0)
    due = asyncio.create_task(archive.publish_due())
    trees = house.root / "var" / "studio" / "trees"
    async with asyncio.timeout(30):
        while not (trees / change.tree.hash).exists():  # noqa: ASYNC110 - the disk does it
            await asyncio.sleep(0.01)
    os.utime(trees / change.tree.hash, (0, 0))
    archive.checkouts.sweep()
    hold.unlink()
    await asyncio.gather(before, due)
    assert await archive.live() is None
    assert len(await archive.scheduled()) == 1
    house.clock.set(house.clock.now() + PAUSES[0])
    await archive.publish_due()

    assert a_version(await archive.version(2)).change == change.id
    await examiner.close()


@pytest.mark.parametrize("failure", [None, *Failure])
async def test_a_way_back_is_checked_at_hand_where_it_is_not_elsewhere_and_at_once(
    quick_folder: Path, failure: Failure | None
) -> None:
    async def elsewhere(_tree: TreeHash, _folder: Path, _today: date) -> Checked:
        if failure is None:
            await asyncio.sleep(60)
        raise CheckError(failure or Failure.LATE)

    async def at_hand(_tree: TreeHash, _folder: Path, _today: date) -> Checked:
        return Checked((), 3)

    examine = examine_in_any_case(elsewhere, at_hand, timedelta(seconds=0.1))
    async with asyncio.timeout(30):
        if failure is Failure.STOPPED:
            with pytest.raises(CheckError):
                await examine(TreeHash("1"), quick_folder, NOW.date())
        else:
            assert await examine(TreeHash("1"), quick_folder, NOW.date()) == Checked((), 3)


async def test_what_could_not_be_checked_at_its_moment_stays_due_and_is_tried_again_with_pauses(house: House) -> None:
    check = Unsteady(3, CheckError(Failure.LATE))
    archive = Archive(house.shelf, house.root / "content", house.root / "var", house.clock, check.examine)
    change = await approved(archive)
    moment = NOW + timedelta(hours=1)
    a_change(await archive.act(change.id, NWE, Schedule(moment)))
    house.clock.set(moment)

    for number, pause in enumerate(PAUSES[:3], 1):
        await archive.publish_due()
        assert [one.at for one in await archive.scheduled()] == [moment]
        house.clock.set(house.clock.now() + pause - timedelta(seconds=1))
        await archive.publish_due()
        assert check.asked == number
        house.clock.set(house.clock.now() + timedelta(seconds=1))
    assert await archive.live() is None
    await archive.publish_due()

    assert a_version(await archive.version(2)).change == change.id
    assert await archive.scheduled() == ()


@BOTH
async def test_rolling_back_makes_an_earlier_version_live_again_as_a_new_one(house: House) -> None:
    archive = house.another()
    change = await approved(archive)
    a_version(await archive.publish(change.id, DARA))
    assert await archive.roll_back(1, NWE, " ") is Refusal.EMPTY
    assert await archive.roll_back(2, NWE, "why") is Refusal.LIVE_ALREADY
    assert await archive.roll_back(3, NWE, "why") is Refusal.NO_SUCH_VERSION

    back = a_version(await archive.roll_back(1, NWE, "The wage was wrong."))

    assert (back.number, back.kind, back.returns_to, back.by) == (3, VersionKind.ROLLED_BACK, 1, NWE)
    assert back.tree == a_version(await archive.version(1)).tree
    assert (await archive.live() or Live(0, NOW)).version == 3


async def test_a_change_goes_live_at_its_moment_and_not_before(house: House) -> None:
    archive, moment = house.another(), NOW + timedelta(days=3)
    change = await approved(archive)
    a_change(await archive.act(change.id, NWE, Schedule(moment)))
    await archive.publish_due()
    assert [one.at for one in await archive.scheduled()] == [moment]
    assert await archive.live() is None

    house.clock.set(moment - AHEAD)
    await asyncio.gather(archive.publish_due(), house.another("other").publish_due())

    assert await archive.live() == Live(2, moment)
    version = a_version(await archive.version(2))
    assert (version.by, version.reviewed_by) == (NWE, MALY)
    assert await archive.scheduled() == ()


async def test_what_cannot_go_live_at_its_moment_waits_and_says_why(house: House) -> None:
    archive, moment = house.another(), NOW + timedelta(hours=1)
    mine, theirs = await approved(archive), await approved(archive, "value: 400", "value: 410")
    broken = await approved(archive, 'go: "flow:origin"', 'go: "flow:nowhere"', FLOW)
    for change in (mine, broken):
        a_change(await archive.act(change.id, NWE, Schedule(moment)))
    a_version(await archive.publish(theirs.id, DARA))

    house.clock.set(moment)
    await archive.publish_due()

    found = [await archive.change(change.id) for change in (mine, broken)]
    assert [(change.state, change.missed) for change in found if change] == [
        (ChangeState.APPROVED, Refusal.MOVED_ON),
        (ChangeState.APPROVED, Refusal.NOT_WELL),
    ]


async def test_a_change_whose_files_are_broken_keeps_no_other_from_going_live(house: House) -> None:
    archive, moment = house.another(), NOW + timedelta(hours=1)
    broken = await approved(archive)
    sound = await approved(archive, "review_by: 2027-05-23", "review_by: 2027-06-23")
    for change in (broken, sound):
        a_change(await archive.act(change.id, NWE, Schedule(moment)))
    await house.shelf.write_shelf(ShelfKind.CONTENT_BLOB, broken.tree.hash, b"this is nothing that was packed")
    house.clock.set(moment)
    fresh = house.another("fresh")
    await fresh.publish_due()

    assert a_version(await fresh.version(2)).change == sound.id


class Stopping:
    """A shelf whose process is stopped at a write: that one and all after it never come."""

    def __init__(self, shelf: MemoryShelf, left: int) -> None:
        self._shelf = shelf
        self._left = left

    async def read_shelf(self, kind: ShelfKind, name: str) -> tuple[int, bytes] | None:
        return await self._shelf.read_shelf(kind, name)

    async def write_shelf(self, kind: ShelfKind, name: str, value: bytes, expected: int | None = None) -> int:
        self._left -= 1
        if self._left < 0:
            raise StoreDownError("stopped")
        return await self._shelf.write_shelf(kind, name, value, expected)

    async def drop_shelf(self, kind: ShelfKind, name: str, expected: int | None = None) -> bool:
        return await self._shelf.drop_shelf(kind, name, expected)

    async def append_audit(self, entry: bytes, expected: int) -> None:
        await self._shelf.append_audit(entry, expected)

    async def last_audit(self) -> tuple[int, bytes | None]:
        return await self._shelf.last_audit()

    async def read_audit(self) -> tuple[int, Sequence[bytes]]:
        return await self._shelf.read_audit()

    async def trim_audit(self, count: int) -> None:
        await self._shelf.trim_audit(count)


async def test_whenever_it_is_stopped_it_is_published_or_not_and_nothing_between(house: House) -> None:
    shelf = house.shelf
    assert isinstance(shelf, MemoryShelf)
    archive = house.another()
    change = await approved(archive)
    before = dict(shelf.kept)
    states = []
    for writes in range(60):
        shelf.kept = dict(before)
        made: Version | Refusal | NotWell | None = None
        with contextlib.suppress(StoreDownError):
            made = await house.another(shelf=Stopping(shelf, writes)).publish(change.id, DARA)
        after = house.another("after")
        versions, found = await after.versions(), await after.change(change.id)
        assert found is not None
        states.append((len(versions), found.state, [await after.read(each.tree, FACTS) for each in versions] != []))
        if isinstance(made, Version):
            break

    assert set(states[:-1]) == {(0, ChangeState.APPROVED, False)}
    assert states[-1] == (2, ChangeState.PUBLISHED, True)
    assert len(states) > 10


@BOTH
async def test_bytes_that_nothing_names_go_and_all_others_stay(house: House) -> None:
    archive = house.another()
    change = await approved(archive)
    a_version(await archive.publish(change.id, DARA))
    kept = await edited(archive, a_change(await archive.begin("Kept", DARA)), FACTS, "450", "460")
    once = await edited(archive, kept, FACTS, "460", "470")
    lost = await archive.put(b"nobody's")
    house.clock.set(house.clock.now() + GRACE + timedelta(minutes=1))
    young = await archive.put(b"on its way")

    # The tree and the file between two edits, and what nobody's edit named.
    assert await archive.sweep() == 3

    bare = house.another("bare")
    with pytest.raises(StockError):
        await bare.blob(lost)
    with pytest.raises(StockError):
        await bare.blob(kept.tree.files[FACTS])
    assert await bare.blob(young) == b"on its way"
    for tree in (once.tree, *(version.tree for version in await bare.versions())):
        for name in tree.files:
            await bare.read(tree, name)
    assert await archive.sweep() == 0
    assert await bare.change(change.id) is not None


async def test_bytes_that_are_put_again_while_they_are_swept_stay(house: House) -> None:
    stock = Stock(house.shelf, ShelfKind.CONTENT_BLOB, house.clock)
    blob = blob_id(b"again")
    await stock.keep({blob: b"again"})
    house.clock.set(NOW + GRACE + timedelta(minutes=1))
    asked = 0

    async def named() -> set[BlobId]:
        nonlocal asked
        asked += 1
        if asked == 2:
            # It was read and found old; now somebody puts it, and names it a moment later.
            await stock.keep({blob: b"again"})
        return set()

    assert await stock.sweep(named) == 0
    assert await stock.read(blob) == b"again"


async def test_a_change_that_was_dropped_can_be_looked_at_for_a_month(house: House) -> None:
    archive = house.another()
    change = a_change(await archive.begin("Not this", DARA))
    a_change(await archive.act(change.id, DARA, Retitle("Not that")))
    a_change(await archive.act(change.id, DARA, Drop()))
    assert await archive.changes() == ()
    found = await archive.change(change.id)
    assert found is not None
    assert (found.title, found.state) == ("Not that", ChangeState.DROPPED)
    assert await archive.act(change.id, DARA, Retitle("x")) is Refusal.CLOSED

    house.clock.set(NOW + timedelta(days=31))
    await archive.sweep()

    assert await archive.change(change.id) is None
    assert await archive.act(change.id, DARA, Retitle("x")) is Refusal.NO_SUCH_CHANGE


async def test_an_edit_names_only_what_is_kept(house: House) -> None:
    archive = house.another()
    change = a_change(await archive.begin("Empty hands", DARA))

    with pytest.raises(StockError):
        await archive.act(change.id, DARA, Edit(FACTS, blob_id(b"never put"), change.tree.files[FACTS]))


async def test_a_folder_made_from_an_older_version_takes_nothing_back_that_went_live_since(house: House) -> None:
    archive = house.another()
    a_version(await archive.publish((await approved(archive)).id, DARA))
    theirs = write_content(house.root / "git", {FLOW: HOME.replace("What do you", "What would you")})

    change = a_change(await archive.begin_from("From git", NWE, read_tree(theirs), base=1))
    assert (change.base, [*change.files()]) == (1, [FLOW])
    a_change(await archive.act(change.id, NWE, Submit()))
    a_change(await archive.act(change.id, MALY, Approve(change.tree.hash)))
    made = a_version(await archive.publish(change.id, NWE))

    assert b"value: 450" in await archive.read(made.tree, FACTS)
    assert b"What would you" in await archive.read(made.tree, FLOW)


async def test_a_full_disk_keeps_nothing_of_what_it_could_not_take_and_all_goes_on_when_there_is_room(
    house: House,
) -> None:
    archive = house.another()
    change = await approved(archive)
    before, limits = _files_in(house.root / "var"), resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (0, limits[1]))
    try:
        with pytest.raises(OSError, match="large"):
            await archive.publish(change.id, DARA)
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, limits)

    assert _files_in(house.root / "var") == before
    assert await archive.live() is None
    assert a_version(await archive.publish(change.id, DARA)).number == 2


async def test_a_folder_on_disk_that_nobody_uses_goes_but_what_was_live_last_stays(house: House) -> None:
    archive = house.another()
    change = await approved(archive)
    old, live = await archive.checkout(change.origin), await archive.checkout(change.tree)
    archive.checkouts.note_live(2, change.tree)
    for folder in (old, live):
        os.utime(folder.parent, (0, 0))
    archive.checkouts.sweep()

    assert not old.exists()
    assert [*live.parent.parent.iterdir()] == [live.parent]
    assert archive.checkouts.last_live() == (2, live)
    assert FACT.encode() not in (live / FACTS).read_bytes()
    assert archive.checkouts.find(TreeHash(Tree().hash)) is None


async def test_another_working_key_opens_all_of_it_once_it_was_sealed_anew(valkey: Server, quick_folder: Path) -> None:
    with valkey.client() as client:
        client.flushall()
    write_content(quick_folder)
    before = open_store(valkey.url, Vault(b"i" * 32, {1: b"w" * 32}, 1))
    house = House(before.shelf(), quick_folder, ManualClock())
    a_version(await house.another().publish((await approved(house.another())).id, DARA))
    kept = await edited(house.another(), a_change(await house.another().begin("Kept", DARA)), FACTS, "450", "460")
    both = open_store(valkey.url, Vault(b"i" * 32, {1: b"w" * 32, 2: b"n" * 32}, 2))
    assert not (await both.keyring().seal_anew()).was_clean

    after = open_store(valkey.url, Vault(b"i" * 32, {2: b"n" * 32}, 2))
    archive = House(after.shelf(), quick_folder, house.clock).another("bare")
    assert [version.number for version in await archive.versions()] == [2, 1]
    assert await archive.changes() == (kept,)
    assert b"460" in await archive.read(kept.tree, FACTS)
    a_change(await archive.act(kept.id, DARA, Submit()))
    for store in (before, both, after):
        await store.close()


class Watcher:
    """The house as the archive sees it: who has left, and the deeds, in one list that all replicas share."""

    def __init__(self, shelf: Shelf, folder: Path, clock: ManualClock) -> None:
        writers = load_writers(folder / "keys")
        self.chronicle = Chronicle(shelf, writers.newest, writers.publics)
        self.members = {one: Member(one, one, Role.EDITOR, frozenset()) for one in (DARA, MALY, NWE)}
        self.clock = clock

    async def roster(self) -> Roster:
        return Roster(self.members)

    def leaves(self, member: StaffId) -> None:
        self.members[member] = replace(self.members[member], left=NOW)

    async def deeds(self) -> list[tuple[StaffId, Deed]]:
        entries, fault = await self.chronicle.read()
        assert fault is None
        return [(entry.staff, entry.deed) for entry in entries]


def watched(house: House, name: str, watcher: Watcher, shelf: Shelf | None = None) -> Archive:
    witness = ContentWitness(watcher.roster, watcher.chronicle, house.clock)
    folder = house.root / "content"
    return Archive(shelf or house.shelf, folder, house.root / name, house.clock, EXAMINE, witness=witness)


async def set_for_an_hour(archive: Archive) -> Change:
    change = await approved(archive)
    return a_change(await archive.act(change.id, NWE, Schedule(NOW + timedelta(hours=1))))


@BOTH
async def test_what_goes_live_by_itself_is_one_deed_however_many_replicas_do_it(house: House) -> None:
    watcher = Watcher(house.shelf, house.root, house.clock)
    one, other = watched(house, "one", watcher), watched(house, "other", watcher)
    await set_for_an_hour(one)
    house.clock.set(NOW + timedelta(hours=1))

    await asyncio.gather(one.publish_due(), other.publish_due(), one.publish_due(), other.publish_due())

    assert len(await one.versions()) == 2
    assert await watcher.deeds() == [(NWE, Deed.CONTENT_PUBLISHED)]


async def test_what_cannot_be_written_down_does_not_go_live_and_does_once_it_can(house: House) -> None:
    watcher = Watcher(house.shelf, house.root, house.clock)
    archive = watched(house, "one", watcher)
    await set_for_an_hour(archive)
    house.clock.set(NOW + timedelta(hours=1))
    chronicle = watcher.chronicle
    watcher.chronicle = Chronicle(Full(house.clock), load_writers(house.root / "keys").newest, ())

    with pytest.raises(StoreDownError):
        await watched(house, "full", watcher).publish_due()
    assert await archive.live() is None

    watcher.chronicle = chronicle
    await archive.publish_due()
    assert await watcher.deeds() == [(NWE, Deed.CONTENT_PUBLISHED)]
    assert len(await archive.versions()) == 2


class Full(MemoryShelf):
    """Takes nothing into its list."""

    async def append_audit(self, entry: bytes, expected: int) -> None:
        raise StoreDownError("full")


@BOTH
async def test_an_approval_counts_only_while_whoever_gave_it_may_review(house: House) -> None:
    watcher = Watcher(house.shelf, house.root, house.clock)
    archive = watched(house, "one", watcher)
    change = await approved(archive)
    watcher.leaves(MALY)

    assert await archive.publish(change.id, DARA) is Refusal.REVIEWER_LEFT

    back = a_change(await archive.change(change.id))
    assert (back.state, back.approved_by, back.missed) == (ChangeState.SUBMITTED, None, Refusal.REVIEWER_LEFT)
    assert await archive.live() is None
    assert await watcher.deeds() == [(DARA, Deed.CONTENT_SENT_BACK)]
    again = a_change(await archive.act(change.id, NWE, Approve(change.tree.hash)))
    assert again.missed is None
    a_version(await archive.publish(change.id, DARA))


@BOTH
@pytest.mark.parametrize(("who", "why"), [(MALY, Refusal.REVIEWER_LEFT), (NWE, Refusal.PUBLISHER_LEFT)])
async def test_a_set_moment_passes_without_those_who_left(house: House, who: StaffId, why: Refusal) -> None:
    watcher = Watcher(house.shelf, house.root, house.clock)
    one, other = watched(house, "one", watcher), watched(house, "other", watcher)
    change = await set_for_an_hour(one)
    watcher.leaves(who)
    house.clock.set(NOW + timedelta(hours=1))

    await asyncio.gather(one.publish_due(), other.publish_due())
    await one.publish_due()

    back = a_change(await one.change(change.id))
    assert (back.state, back.scheduled_at, back.missed) == (ChangeState.SUBMITTED, None, why)
    assert await one.live() is None
    assert await watcher.deeds() == [(NWE, Deed.CONTENT_SENT_BACK)]


async def test_a_refused_try_is_no_deed_and_a_deed_stands_before_it_is_done(house: House) -> None:
    archive = house.another()
    change = a_change(await archive.begin("New wage", DARA))
    noted: list[int] = []

    async def note() -> None:
        now = a_change(await archive.change(change.id))
        noted.append(len(now.comments))

    assert await archive.act(change.id, DARA, AddComment(" "), note) is Refusal.EMPTY
    assert noted == []
    a_change(await archive.act(change.id, DARA, AddComment("yes"), note))
    assert noted == [0]


async def test_bytes_that_cannot_be_unpacked_are_told_as_such(house: House) -> None:
    stock = Stock(house.shelf, ShelfKind.CONTENT_BLOB, house.clock)
    blob = blob_id(b"whole")
    await house.shelf.write_shelf(ShelfKind.CONTENT_BLOB, blob, bytes(8) + b"no deflate")

    with pytest.raises(StockError):
        await stock.read(blob)


def _files_in(folder: Path) -> set[Path]:
    return {path for path in folder.rglob("*") if path.is_file()}
