"""Owners are told once a week, by one process of many, and only those who can be reached."""

import asyncio
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from bot.channel import Delivered, UnreachableError
from bot.desk.staff import Member, Role, Roster
from bot.desk.ticket import StaffId
from bot.dialogue.script import Script
from bot.messages import Language, words_of
from bot.reminding import Reminding, week_to_remind
from bot.store.contract import Outgoing
from bot.store.shelf import MemoryShelf
from bot.studio.archive import Archive
from bot.studio.calls import CallBook
from tests.fakes import ManualClock
from tests.studio.examiners import find_nothing
from tests.whole.running_bot import CONTENT

MONDAY = datetime(2027, 3, 1, 2, 0, tzinfo=UTC)
"""Nine in the morning in Bangkok."""

EDITORS = {
    StaffId(name): Member(StaffId(name), name, Role.EDITOR, frozenset(), (Language(language),), telegram)
    for name, language, telegram in (("anna", "en", "101"), ("ben", "km", "102"), ("chan", "lo", None))
}


class Phones:
    """A messenger that keeps what it was given; one phone has blocked us."""

    def __init__(self, blocked: str = "") -> None:
        self.told: dict[str, str] = {}
        self._blocked = blocked

    async def deliver(self, outgoing: Outgoing) -> Delivered:
        if outgoing.address.chat == self._blocked:
            raise UnreachableError(outgoing.address.chat)
        assert outgoing.message is not None
        self.told[outgoing.address.chat] = words_of(outgoing.message.text)
        return Delivered("1")


class Ending(Phones):
    """The process ends while it sends."""

    async def deliver(self, outgoing: Outgoing) -> Delivered:
        raise asyncio.CancelledError


@pytest.fixture
def shelf_clock() -> ManualClock:
    return ManualClock(MONDAY)


@pytest.fixture
async def book(shelf_clock: ManualClock) -> CallBook:
    book = CallBook(MemoryShelf(shelf_clock))
    for file, owner in (
        ("hotlines/thailand.yaml", "anna"),
        ("facts/thailand.yaml", "ben"),
        ("facts/laos.yaml", "chan"),
    ):
        await book.give(file, StaffId(owner))
    return book


def _reminding(book: CallBook, script: Script, folder: Path, phones: Phones, clock: ManualClock) -> Reminding:
    archive = Archive(MemoryShelf(clock), CONTENT, folder, clock, find_nothing)
    where = "https://bot.example/studio"
    return Reminding(archive, book, lambda: Roster(EDITORS), lambda: script, phones, clock, where)


async def test_owners_are_told_how_much_there_is_in_their_language(
    book: CallBook, real_script: Script, tmp_path: Path
) -> None:
    phones, clock = Phones(), ManualClock(MONDAY)

    told = await _reminding(book, real_script, tmp_path, phones, clock).look()

    assert told == 2
    assert phones.told.keys() == {"101", "102"}
    assert "https://bot.example/studio" in phones.told["101"]
    assert any(figure.isdigit() and int(figure) > 0 for figure in phones.told["101"].split())


async def test_only_one_process_tells_and_only_once_a_week(book: CallBook, real_script: Script, tmp_path: Path) -> None:
    phones, clock = Phones(), ManualClock(MONDAY)
    first, second = (_reminding(book, real_script, tmp_path, phones, clock) for _ in range(2))

    assert await first.look() == 2
    assert await second.look() == 0
    clock.set(MONDAY + timedelta(days=6))
    assert await first.look() == 0
    clock.set(MONDAY + timedelta(days=7))
    assert await second.look() == 2


async def test_another_process_tells_where_the_first_ended_before_it_had(
    book: CallBook, shelf_clock: ManualClock, real_script: Script, tmp_path: Path
) -> None:
    clock = ManualClock(MONDAY)
    with pytest.raises(asyncio.CancelledError):
        await _reminding(book, real_script, tmp_path, Ending(), clock).look()
    phones = Phones()
    second = _reminding(book, real_script, tmp_path, phones, clock)

    assert await second.look() == 0
    shelf_clock.set(MONDAY + timedelta(minutes=30))
    clock.set(MONDAY + timedelta(minutes=30))
    assert await second.look() == 2


async def test_one_who_blocked_the_bot_does_not_keep_it_from_others(
    book: CallBook, real_script: Script, tmp_path: Path
) -> None:
    phones = Phones(blocked="101")

    assert await _reminding(book, real_script, tmp_path, phones, ManualClock(MONDAY)).look() == 1
    assert phones.told.keys() == {"102"}


async def test_content_that_cannot_be_read_ends_nothing(book: CallBook, real_script: Script, tmp_path: Path) -> None:
    phones, clock = Phones(), ManualClock(MONDAY)
    archive = Archive(MemoryShelf(clock), tmp_path / "gone", tmp_path, clock, find_nothing)
    reminding = Reminding(archive, book, lambda: Roster(EDITORS), lambda: real_script, phones, clock)
    running = asyncio.create_task(reminding.run())

    await asyncio.wait([running], timeout=0.5)

    assert not running.done()
    assert not phones.told
    running.cancel()


def test_the_week_begins_on_monday_morning() -> None:
    assert week_to_remind(MONDAY - timedelta(minutes=1)) is None
    assert week_to_remind(MONDAY) == "2027-09"
    assert week_to_remind(MONDAY + timedelta(days=6)) == "2027-09"
    assert week_to_remind(datetime(2026, 12, 31, 12, tzinfo=UTC)) == "2026-53"
