"""The store goes away under the whole bot: information goes on, calls for help get numbers, and then nothing is lost."""

import asyncio
import time
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from shutil import copy

import pytest

from bot.desk.helplines import HelplineId
from bot.desk.staff import Link, Roster
from bot.settings import Settings
from bot.store.redis_store import open_store
from bot.store.secrets import load_or_make
from bot.wiring import run_bot
from tests.lessons import lessons_of
from tests.platform.stores import PASSWORD
from tests.store.servers import Server, a_server, free_ports
from tests.telegram_server import FakeTelegram, Group, Person
from tests.whole.running_bot import CONTENT

HELPLINE = HelplineId("example-thailand")
PATIENCE = 20.0
ANSWERED_WITHIN = 2.0
BUSY = 1.0
"""So much later than it should be anything may be on a busy machine."""


@dataclass
class Town:
    telegram: FakeTelegram
    server: Server
    group: Group
    told: list[str]

    async def until(self, condition: Callable[[], object], within: float = PATIENCE) -> float:
        """Wait for it; how long it took."""
        began = time.monotonic()
        await self.telegram.until(condition, timeout=within)
        return time.monotonic() - began

    async def press(self, person: Person, ending: str) -> None:
        """Press the newest button whose value is this, once it is there."""
        await self.until(lambda: button(person, ending))
        before = len(self.telegram.calls)
        person.tap_data(button(person, ending), person.last())
        await self.until(lambda: len(self.telegram.calls) > before)

    async def settled(self, number: int) -> Person:
        """Somebody who has told where they are, and stands at home."""
        person = self.telegram.person(number, language_code="en")
        person.start("en")
        for answer in ("go-on", "kh", "th"):
            await self.press(person, answer)
        await self.until(lambda: not self.telegram.updates.pending)
        await self.until(lambda: button(person, "before"))
        return person


def button(person: Person, ending: str) -> str:
    """What the newest button whose value is this carries."""
    found = [
        str(one["callback_data"])
        for message in person.screen()
        for row in message.buttons
        for one in row
        if str(one.get("callback_data", "")).endswith(ending)
    ]
    return found[-1] if found else ""


@asynccontextmanager
async def a_town(folder: Path) -> AsyncIterator[Town]:
    (port,) = free_ports(1)
    with a_server("--requirepass", PASSWORD) as server:
        url = f"unix://:{PASSWORD}@{server.folder}/socket"
        async with FakeTelegram(allow_http_webhook=True, retry_scale=0.1) as telegram:
            group = telegram.group(-1001, forum=True)
            vault = load_or_make(folder / "var", datetime.now(UTC).date()).vault()
            store = open_store(url, vault)
            await store.save_roster(Roster(links={HELPLINE: Link(HELPLINE, "-1001", datetime.now(UTC))}), 0)
            await store.close()
            settings = Settings(
                telegram_token=telegram.token,
                telegram_api_url=telegram.url,
                telegram_webhook_url=f"http://127.0.0.1:{port}",
                telegram_webhook_secret="Only_Telegram-knows-this-secret",
                store_url=url,
                data_dir=folder / "var",
                content_dir=CONTENT,
                http_port=port,
            )
            stop, ready = asyncio.Event(), asyncio.Event()
            told: list[str] = []
            learned = folder / "var" / "learned"
            learned.mkdir(mode=0o700, parents=True)
            with lessons_of(CONTENT, "bot") as lessons:
                for lesson in lessons.iterdir():
                    (learned / lesson.name).symlink_to(lesson)
                task = asyncio.create_task(run_bot(settings, stop, told.append, ready.set, pacing=None))
                waiting = asyncio.create_task(ready.wait())
                await asyncio.wait([task, waiting], return_when=asyncio.FIRST_COMPLETED, timeout=PATIENCE)
                waiting.cancel()
                if task.done():
                    await task
                for lesson in learned.iterdir():
                    if not lesson.is_symlink():
                        copy(lesson, lessons)
            try:
                yield Town(telegram, server, group, told)
            finally:
                stop.set()
                async with asyncio.timeout(PATIENCE):
                    await asyncio.wait([task])


@pytest.mark.parametrize("how", ["gone", "hanging"])
async def test_information_goes_on_and_calls_for_help_get_numbers_and_are_taken_when_it_is_back(
    quick_folder: Path, how: str
) -> None:
    async with a_town(quick_folder) as town:
        reader, caller, writer = [await town.settled(number) for number in (7, 8, 9)]
        if how == "gone":
            town.server.kill()
        else:
            town.server.freeze()

        # Whoever reads goes on reading.
        shown = []
        for answer in ("before", "wenh", "numbers", "wenh"):
            await town.press(reader, answer)
            await town.until(lambda: not town.telegram.updates.pending)
            shown.append(reader.last().text)
        assert shown[1] == shown[3]
        assert len(set(shown)) == 3

        # Whoever calls for help has numbers, and Telegram keeps the call.
        caller.send("help my boss beats me")
        took = await town.until(lambda: any("1300" in text or "191" in text for text in caller.texts()))
        assert took < ANSWERED_WITHIN + BUSY
        await town.until(lambda: any("what you write waits" in text for text in caller.texts()))
        await town.until(lambda: town.group.chat.texts() != [])
        assert "มีคนขอความช่วยเหลือ" in town.group.chat.texts()[0]
        assert len(town.telegram.updates.pending) == 1
        assert {one.status for one in town.telegram.updates.deliveries[-1:]} == {503}

        # A second time nobody is told again, and what tells nothing of a call is kept without a word.
        caller.send("please help me")
        count = len(caller.texts())
        writer.send("good morning")
        await town.until(lambda: len(town.telegram.updates.pending) == 3)
        await town.until(lambda: sum(one.status == 503 for one in town.telegram.updates.deliveries) >= 4)
        assert len(caller.texts()) == count
        assert len(town.group.chat.texts()) == 1

        if how == "gone":
            town.server.start()
        else:
            town.server.thaw()
        await town.until(lambda: not town.telegram.updates.pending)
        await town.until(lambda: writer.last().from_bot and caller.last().from_bot)
