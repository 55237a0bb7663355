"""For people with git: what is exported, changed and published by command is what the studio would have made of it."""

from dataclasses import replace
from pathlib import Path

import pytest

from bot.casebook import load_writers
from bot.compiler import KeywordsOnly
from bot.desk.staff import Member, Role, Roster
from bot.desk.ticket import StaffId
from bot.guard.audit import COMMAND_LINE, Chronicle, Deed
from bot.publishing import (
    MARK,
    Press,
    PublishingError,
    export,
    list_versions,
    publish,
    roll_back,
    take_in,
    tell_differences,
)
from bot.store.shelf import MemoryShelf
from bot.studio.archive import AHEAD, Archive, examine_with
from bot.studio.tree import read_tree
from tests.builders import NOW
from tests.compiler.content_builder import FACT, HOME, write_content
from tests.fakes import ManualClock

DARA = Member(StaffId("s1"), "Dara", Role.EDITOR, frozenset())


@pytest.fixture
def press(quick_folder: Path) -> Press:
    content, clock = write_content(quick_folder), ManualClock()
    shelf = MemoryShelf(clock)
    writers = load_writers(quick_folder / "keys")
    archive = Archive(shelf, content, quick_folder / "var", clock, examine_with(KeywordsOnly))
    return Press(
        archive,
        content,
        replace(Roster(), members={DARA.id: DARA}),
        Chronicle(shelf, writers.newest, writers.publics),
        clock,
    )


@pytest.fixture
async def published(press: Press, quick_folder: Path) -> Path:
    """A folder that was published: version 2."""
    folder = write_content(quick_folder / "git", {"facts/thailand.yaml": FACT.replace("400", "450")})
    await publish(press, folder, "Dara", "Maly", "The wage rose.")
    assert isinstance(press.clock, ManualClock)
    press.clock.set(NOW + AHEAD)
    return folder


async def test_what_is_published_is_listed_with_who_and_why(press: Press, published: Path) -> None:
    newest, first = await list_versions(press)

    assert newest.split("  ")[-2:] == [
        "published by Dara, reviewed by Maly: The wage rose.",
        "(live)",
    ]
    assert "the folder of content, taken in by Dara" in first
    assert (published / MARK).read_text() == "2\n"
    entries, fault = await press.chronicle.read()
    assert fault is None
    told = "s1: The wage rose.; reviewed by Maly"
    assert [(entry.staff, entry.deed, entry.why) for entry in entries] == [
        (COMMAND_LINE, Deed.CONTENT_APPROVED, told),
        (COMMAND_LINE, Deed.CONTENT_PUBLISHED, told),
    ]


async def test_export_and_import_are_equal_byte_for_byte(press: Press, published: Path, quick_folder: Path) -> None:
    out = quick_folder / "out"
    await export(press, out, None)

    assert read_tree(out) == read_tree(published)
    with pytest.raises(PublishingError, match="nothing in it is different"):
        await take_in(press, out, "Nothing", "Dara")
    assert await press.archive.changes() == ()

    (out / "flows" / "home.yaml").write_text(HOME.replace("What do you", "What would you"), "utf-8")
    await take_in(press, out, "Politer", "Dara")
    (change,) = await press.archive.changes()
    assert (change.base, change.tree) == (2, read_tree(out).tree)
    assert (change.title, change.authors) == ("Politer", (DARA.id,))


async def test_an_export_over_an_export_takes_out_what_is_not_in_it(press: Press, published: Path) -> None:
    (published / "flows" / "more.yaml").write_text("flow: more\n")
    (published / "notes.txt").write_text("mine")
    await export(press, published, 1)

    assert read_tree(published).tree == read_tree(press.folder).tree
    assert (published / "notes.txt").read_text() == "mine"
    assert (published / MARK).read_text() == "1\n"
    elsewhere = published / "flows"
    with pytest.raises(PublishingError, match="something else"):
        await export(press, elsewhere, None)
    with pytest.raises(PublishingError, match="no such version"):
        await export(press, published, 7)


async def test_one_person_alone_publishes_nothing(press: Press, quick_folder: Path) -> None:
    folder = write_content(quick_folder / "git", {"facts/thailand.yaml": FACT.replace("400", "450")})
    for reviewer in ("Dara", " dara ", "s1", ""):
        with pytest.raises(PublishingError):
            await publish(press, folder, "Dara", reviewer, "The wage rose.")

    with pytest.raises(PublishingError, match="somebody else"):
        await publish(press, folder, "Ann Only-Git", "ann only-git", "The wage rose.")

    assert await press.archive.live() is None


async def test_mistakes_and_failing_tests_are_told_and_nothing_is_published(press: Press, quick_folder: Path) -> None:
    broken = write_content(quick_folder / "git", {"flows/home.yaml": HOME.replace("flow:origin", "flow:nowhere")})
    with pytest.raises(PublishingError, match=r"content/flows/home.yaml:\d+:\d+: no flow is called 'nowhere'"):
        await publish(press, broken, "Dara", "Maly", "why")
    failing = write_content(
        quick_folder / "other",
        {
            "tests/menu.yaml": "- test: a way\n  as: {language: en}\n  talk:\n    - open: home\n    - bot: {offers: [x]}\n"
        },
    )
    with pytest.raises(PublishingError, match="'x' is not offered"):
        await publish(press, failing, "Dara", "Maly", "why")

    assert await press.archive.live() is None
    assert await press.archive.changes() == ()


async def test_an_older_export_takes_nothing_back(press: Press, published: Path, quick_folder: Path) -> None:
    old = quick_folder / "old"
    await export(press, old, 1)
    (old / "flows" / "home.yaml").write_text(HOME.replace("What do you", "What would you"), "utf-8")
    await publish(press, old, "Maly", "Dara", "Politer.")
    newest = (await press.archive.versions())[0]
    assert b"value: 450" in await press.archive.read(newest.tree, "facts/thailand.yaml")

    await export(press, old, 1)
    (old / "facts" / "thailand.yaml").write_text(FACT.replace("400", "410"), "utf-8")
    with pytest.raises(PublishingError, match="changed in the same lines"):
        await publish(press, old, "Maly", "Dara", "Another wage.")


async def test_rolling_back_by_command(press: Press, published: Path) -> None:
    (words,) = await roll_back(press, 1, "Dara", "It was wrong.")
    assert words.startswith("Version 3, which holds what version 1 does, is live in")
    with pytest.raises(PublishingError, match="live already"):
        await roll_back(press, 1, "Dara", "again")
    assert "rolled back by Dara to version 1: It was wrong." in (await list_versions(press))[0]


async def test_differences_are_told_in_words(press: Press, published: Path) -> None:
    assert await tell_differences(press, "folder", "live") == [
        "* fact th-wage value: [-400-]{+450+}",
        "1 differences in 1 files, from folder to live",
    ]
    assert (await tell_differences(press, "1", "2"))[0] == "* fact th-wage value: [-400-]{+450+}"
    assert (await tell_differences(press, "live", str(published)))[0].startswith("0 differences")
    with pytest.raises(PublishingError, match="no folder"):
        await tell_differences(press, "live", "/nowhere")


async def test_a_sign_that_only_looks_like_a_number_is_told_in_words(press: Press, published: Path) -> None:
    (published / MARK).write_text("²", "utf-8")
    with pytest.raises(PublishingError):
        await publish(press, published, "Dara", "Maly", "Again")
    with pytest.raises(PublishingError):
        await tell_differences(press, "²", "live")
