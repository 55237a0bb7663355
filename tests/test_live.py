"""What is live: the folder until something was published, and from then on the same version everywhere at once."""

import asyncio
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

import pytest

from bot.compiler import KeptScripts, KeywordsOnly, Lessons, Teach
from bot.desk.ticket import StaffId
from bot.dialogue.phrasebook import TextId
from bot.dialogue.script import Script
from bot.dialogue.steps import FlowId
from bot.figures import Figures
from bot.language import Understands
from bot.live import LiveContent, folder_differs
from bot.messages import Language
from bot.store.contract import StoreDownError
from bot.store.shelf import MemoryShelf, Shelf, ShelfKind
from bot.studio.archive import AHEAD, Archive, examine_with
from bot.studio.changes import Approve, Change, Edit, Submit
from bot.studio.tree import read_tree
from bot.studio.versions import Version
from tests.builders import NOW
from tests.compiler.content_builder import HOME, PHRASES, without, write_content
from tests.fakes import ManualClock

DARA, MALY = StaffId("dara"), StaffId("maly")
FLOW: Final = "flows/home.yaml"
EXAMINE: Final = examine_with(KeywordsOnly)
PATIENCE: Final = 10


def title(script: Script) -> str:
    """What the first flow is called; each version of these tests calls it otherwise."""
    return "".join(str(part) for part in script.phrasebook.find(script.flows[FlowId("home")].title, Language("en"))[0])


class Away:
    """A shelf that does not answer."""

    async def read_shelf(self, kind: ShelfKind, name: str) -> tuple[int, bytes] | None:
        raise StoreDownError("away")

    async def write_shelf(self, kind: ShelfKind, name: str, value: bytes, expected: int | None = None) -> int:
        raise StoreDownError("away")

    async def drop_shelf(self, kind: ShelfKind, name: str, expected: int | None = None) -> bool:
        raise StoreDownError("away")

    async def append_audit(self, entry: bytes, expected: int) -> None:
        raise StoreDownError("away")

    async def last_audit(self) -> tuple[int, bytes | None]:
        raise StoreDownError("away")

    async def read_audit(self) -> tuple[int, Sequence[bytes]]:
        raise StoreDownError("away")

    async def trim_audit(self, count: int) -> None:
        raise StoreDownError("away")


@dataclass(slots=True)
class Replica:
    """One process: its disk, its program, and what its terminal shows."""

    archive: Archive
    content: Path
    clock: ManualClock
    teach: Teach = KeywordsOnly
    told: list[str] = field(default_factory=list)
    figures: Figures = field(default_factory=Figures)

    @asynccontextmanager
    async def running(self) -> AsyncIterator[LiveContent]:
        live = await LiveContent.open(
            *(self.content, KeptScripts(None, self.teach).script, self.clock, self.told.append),
            *(self.archive, self.figures),
        )
        following = asyncio.ensure_future(live.follow())
        try:
            yield live
        finally:
            following.cancel()
            await asyncio.wait([following])


@dataclass(slots=True)
class World:
    root: Path
    clock: ManualClock
    shelf: MemoryShelf

    def replica(self, name: str, teach: Teach = KeywordsOnly, shelf: Shelf | None = None) -> Replica:
        content = self.root / "content"
        archive = Archive(shelf or self.shelf, content, self.root / name, self.clock, EXAMINE)
        return Replica(archive, content, self.clock, teach)


@pytest.fixture
def world(quick_folder: Path) -> World:
    write_content(quick_folder)
    clock = ManualClock()
    return World(quick_folder, clock, MemoryShelf(clock))


async def publish(archive: Archive, name: str) -> Version:
    """Call the first flow otherwise, with a second person."""
    change = await archive.begin(name, DARA)
    assert isinstance(change, Change)
    words = HOME.replace("title: Home", f"title: {name}").encode()
    edit = Edit(FLOW, await archive.put(words), change.tree.files[FLOW])
    for by, action in ((DARA, edit), (DARA, Submit())):
        change = await archive.act(change.id, by, action)
        assert isinstance(change, Change)
    assert isinstance(await archive.act(change.id, MALY, Approve(change.tree.hash)), Change)
    version = await archive.publish(change.id, DARA)
    assert isinstance(version, Version), version
    return version


async def until(world: World, holds: Callable[[], bool], seconds: float = 1) -> None:
    async with asyncio.timeout(PATIENCE):
        while not holds():
            await world.clock.advance(seconds)
            await asyncio.sleep(0.01)


async def test_a_picture_that_is_put_into_the_folder_can_be_shown_at_once(world: World) -> None:
    one = world.replica("one")
    (one.content / "media").mkdir()
    async with one.running() as live:
        assert live.script().media.picture("door", None) is None

        (one.content / "media" / "door.png").write_bytes(b"\x89PNG\r\n\x1a\n")
        await until(world, lambda: bool(one.told))

        assert one.told == ["Changed content is live."]
        assert live.script().media.picture("door", None) is not None
        assert live.number is None


async def test_all_replicas_take_up_a_version_at_the_same_moment(world: World) -> None:
    one, other = world.replica("one"), world.replica("other")
    async with one.running() as first, other.running() as second:
        await publish(one.archive, "Newer")
        # Long before its moment, both have it ready.
        await until(world, lambda: first._next is not None and second._next is not None, 0.1)
        await world.clock.advance((NOW + AHEAD - world.clock.now()).total_seconds() - 0.01)
        assert (title(first.script()), title(second.script())) == ("Home", "Home")

        await world.clock.advance(0.01)

        assert (title(first.script()), title(second.script())) == ("Newer", "Newer")
        assert world.clock.now() == NOW + AHEAD
        assert one.told == other.told == ["Version 2 of the content is live."]

        await one.archive.roll_back(1, DARA, "It was better before.")
        await until(world, lambda: (first.number, second.number) == (3, 3))
        assert (title(first.script()), title(second.script())) == ("Home", "Home")


async def test_a_version_that_lacks_words_of_the_program_goes_live_with_those_that_came_with_it(world: World) -> None:
    one = world.replica("one")
    archive = Archive(
        world.shelf, one.content, world.root / "two", world.clock, examine_with(KeywordsOnly, one.content)
    )
    change = await archive.begin("Older", DARA)
    assert isinstance(change, Change)
    words = without(PHRASES, "moved:").replace("Words for done", "Ready").encode()
    edit = Edit("phrases.yaml", await archive.put(words), change.tree.files["phrases.yaml"])
    for action in (edit, Submit()):
        change = await archive.act(change.id, DARA, action)
        assert isinstance(change, Change)
    await archive.act(change.id, MALY, Approve(change.tree.hash))
    assert isinstance(await archive.publish(change.id, DARA), Version)
    world.clock.set(NOW + AHEAD)

    async with one.running() as live:
        assert live.number == 2
        phrases = [
            live.script().phrasebook.find(TextId(f"phrase.{name}"), Language("en"))[0] for name in ("moved", "done")
        ]
        assert phrases == [("Words for moved",), ("Ready",)]


async def test_a_replica_that_starts_later_takes_what_is_live(world: World) -> None:
    one = world.replica("one")
    await publish(one.archive, "Newer")
    async with world.replica("early").running() as early:
        assert (title(early.script()), early.number) == ("Home", None)
    world.clock.set(NOW + AHEAD)

    async with world.replica("late").running() as late:
        assert (title(late.script()), late.number) == ("Newer", 2)


async def test_a_replica_that_cannot_use_a_version_keeps_the_old_one_and_says_so(world: World) -> None:
    one, old = world.replica("one"), world.replica("old")
    refuses = [False]

    def teach(lessons: Lessons) -> Understands:
        if refuses[0]:
            raise ValueError("something that this program does not know")
        return KeywordsOnly(lessons)

    old.teach = teach
    async with one.running() as first, old.running() as second:
        refuses[0] = True
        await publish(one.archive, "Newer")
        await until(world, lambda: first.number == 2 and bool(old.told))

        assert (title(second.script()), second.number) == ("Home", None)
        assert old.told[0].startswith("Version 2 of the content CANNOT be used by this program")
        assert old.figures.levels["content_behind"] == 1
        await world.clock.advance(60)
        assert len(old.told) == 1

        # The next one can be used.
        refuses[0] = False
        await publish(one.archive, "Newest")
        await until(world, lambda: second.number == 3)
        assert old.figures.levels["content_behind"] == 0


async def test_while_the_archive_is_away_a_start_takes_what_was_live_here_last(world: World) -> None:
    one = world.replica("one")
    await publish(one.archive, "Newer")
    world.clock.set(NOW + AHEAD)
    async with one.running():
        pass

    away = world.replica("one", shelf=Away())
    async with away.running() as live:
        assert (title(live.script()), live.number) == ("Newer", 2)
        assert "cannot be asked" in away.told[0]
    nowhere = world.replica("nowhere", shelf=Away())
    async with nowhere.running() as live:
        assert (title(live.script()), live.number) == ("Home", None)


async def test_a_start_with_a_version_that_cannot_be_used_begins_with_what_was_live_here_before(world: World) -> None:
    one = world.replica("one")
    await publish(one.archive, "Newer")
    world.clock.set(NOW + AHEAD)
    async with one.running():
        pass
    await publish(one.archive, "Newest")
    world.clock.set(world.clock.now() + AHEAD)
    calls = 0

    def teach(lessons: Lessons) -> Understands:
        nonlocal calls
        calls += 1
        if calls != 2:
            raise ValueError("something that this program does not know")
        return KeywordsOnly(lessons)

    again = world.replica("one", teach)
    async with again.running() as live:
        assert (title(live.script()), live.number) == ("Newer", 2)
        assert again.told[0].startswith("Version 3 of the content CANNOT be used by this program")
        await until(world, lambda: again.figures.levels["content_behind"] == 1)


async def test_once_something_was_published_the_folder_is_not_read_and_that_is_said(world: World) -> None:
    one = world.replica("one")
    async with one.running() as live:
        assert await folder_differs(one.archive, one.content) is None
        await publish(one.archive, "Newer")
        await until(world, lambda: live.number == 2)
        (one.content / FLOW).write_text(HOME.replace("title: Home", "title: Mine"), encoding="utf-8")
        await world.clock.advance(5)

        assert title(live.script()) == "Newer"
        assert one.told == ["Version 2 of the content is live."]
        told = await folder_differs(one.archive, one.content)
        assert told is not None
        assert "version 2 is live" in told
        assert "differs in 1 of its files" in told


async def test_nothing_is_written_outside_of_the_data_folder(world: World) -> None:
    one = world.replica("data")
    before = read_tree(one.content)
    async with one.running() as live:
        await publish(one.archive, "Newer")
        await until(world, lambda: live.number == 2)

    assert {path.name for path in world.root.iterdir()} == {"content", "data"}
    assert read_tree(one.content) == before
