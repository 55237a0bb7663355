"""What staff see when the store is unplugged below them, a real one, and when the process stops."""

import asyncio
import html
import re
import time
from collections.abc import AsyncIterator, Iterator
from datetime import datetime
from itertools import pairwise
from pathlib import Path

import pytest

from bot.desk.letters import StaffWrote
from bot.desk.ticket import StaffId
from bot.dialogue.script import Script
from bot.guard.sessions import Session
from bot.store.contract import StoreError
from bot.store.redis_store import open_store
from bot.store.sealing import Vault
from handlers.web.console.access import Guarded
from handlers.web.console.stream import CHECK_EVERY
from handlers.web.console.wording import ConsoleWords
from tests.builders import NOW
from tests.store.servers import Server, a_server
from tests.web.console.desk_house import ADA, BEN, EN, OPAL, SUE, Browser, DeskHouse, a_desk_house, a_script

OFFERED = re.compile(r'<input type="hidden" name="([^"]+)" value="([^"]*)">')
WRITTEN = re.compile(r'<textarea id="words"[^>]*>([^<]*)</textarea>')


@pytest.fixture
def valkey() -> Iterator[Server]:
    with a_server() as server:
        yield server


@pytest.fixture
async def desk(page_script: Script, quick_folder: Path, valkey: Server) -> AsyncIterator[DeskHouse]:
    store = open_store(valkey.url, Vault(b"i" * 32, {1: b"w" * 32}, 1))
    async with a_desk_house(a_script(page_script), quick_folder, on=store) as house:
        yield house
    await store.close()


@pytest.mark.parametrize("who", [SUE, OPAL, ADA])
async def test_each_page_says_that_the_store_is_away_and_what_goes_on(
    desk: DeskHouse, valkey: Server, page_script: Script, who: StaffId
) -> None:
    words = ConsoleWords(page_script, EN, NOW, "Asia/Bangkok")
    async with Browser(desk.base) as browser:
        await browser.sign_in(desk, who)
        name = await desk.open()
        paths = [one.path for one in desk.door.rules if isinstance(one, Guarded) and one.method == "GET"]
        valkey.kill()
        for path in paths:
            await browser.get(path.format(ticket=name, member=BEN))

            assert browser.status == 503, path
            assert html.escape(words.say("trouble-hint-store-away")) in browser.text
            assert f'href="{path.format(ticket=name, member=BEN)}">{words.phrase("page-again")}' in browser.text
        await browser.post("/desk/staff/invite", {"name": "Somebody", "csrf": "x"})
        assert html.escape(words.say("unsure")) in browser.text
        assert "Somebody" not in browser.text


async def test_what_was_written_meanwhile_comes_back_and_goes_out_once(desk: DeskHouse, valkey: Server) -> None:
    async with Browser(desk.base) as ben:
        await ben.sign_in(desk, BEN)
        name = await desk.open()
        await ben.get(f"/desk/case/{name}")
        csrf, path = ben.csrf, f"/desk/case/{name}/do/write"
        valkey.kill()
        await ben.post(path, {"words": "<b>Are you safe?", "ref": "r1"})
        assert ben.status == 503
        assert f'action="{path}"' in ben.text
        fields = {one: html.unescape(value) for one, value in OFFERED.findall(ben.text)}
        (words,) = WRITTEN.findall(ben.text)
        assert fields == {"csrf": csrf, "ref": "r1"}

        valkey.start()
        await desk.until_store_is_back()
        for _ in (1, 2):
            await ben.post(path, {**fields, "words": html.unescape(words)}, csrf=csrf)
            assert ben.status == 200

        wrote = [one.letter for one in await desk.letters(name) if isinstance(one.letter, StaffWrote)]
        assert [one.words for one in wrote] == ["<b>Are you safe?"]


async def test_what_was_pressed_meanwhile_without_words_comes_back_and_is_done(desk: DeskHouse, valkey: Server) -> None:
    async with Browser(desk.base) as ben:
        await ben.sign_in(desk, BEN)
        name = await desk.open()
        await ben.get(f"/desk/case/{name}")
        csrf, path = ben.csrf, f"/desk/case/{name}/do/claim"
        valkey.kill()
        await ben.post(path, {"ref": "r1"})
        assert ben.status == 503
        assert WRITTEN.findall(ben.text) == []
        fields = {one: html.unescape(value) for one, value in OFFERED.findall(ben.text)}
        assert fields == {"csrf": csrf, "ref": "r1"}

        valkey.start()
        await desk.until_store_is_back()
        await ben.post(path, fields, csrf=csrf)
        assert (await desk.ticket(name)).holder == BEN
        # What is done already is told as done, and not as refused.
        for _ in (1, 2):
            assert "Done." in await ben.post(f"/desk/case/{name}/do/close", {"why": "helped", "ref": "r2"})


async def test_a_password_does_not_come_back(desk: DeskHouse, valkey: Server) -> None:
    async with Browser(desk.base) as ben:
        await ben.sign_in(desk, BEN)
        valkey.kill()
        for path in ("/desk/sign-in", "/desk/account/password", "/desk/unlock"):
            await ben.post(path, {"name": "Ben", "password": "very secret", "old": "very secret", "new": "very secret"})

            assert ben.status == 503
            assert "very secret" not in ben.text


async def test_an_open_page_hears_that_the_store_is_away_and_all_anew_once_it_is_back(
    desk: DeskHouse, valkey: Server
) -> None:
    async with Browser(desk.base) as ben:
        await ben.sign_in(desk, BEN)
        async with ben.listen("/desk/stream") as news:
            assert await anext(news) == {"changed": None, "urgent": []}
            valkey.kill()
            assert await anext(news) == {}
            valkey.start()
            assert await anext(news) == {"changed": None, "urgent": []}


async def test_an_open_page_that_was_woken_lets_all_else_run_while_the_store_is_away(
    page_script: Script, quick_folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with a_desk_house(a_script(page_script), quick_folder) as desk, Browser(desk.base) as ben:
        await ben.sign_in(desk, BEN)
        sessions, asked = desk.sign_in.sessions, list[float]()
        really = sessions.find

        async def is_away(cookie: str, now: datetime, *, is_use: bool = True) -> Session | None:
            asked.append(time.monotonic())
            # A few times only: what asks without rest would keep this test from ever ending.
            if len(asked) <= 3:
                raise StoreError("the circuit is open")
            return await really(cookie, now, is_use=is_use)

        async with ben.listen("/desk/stream") as news:
            assert await anext(news) == {"changed": None, "urgent": []}
            # Nothing but this fails, and without waiting, as it does while the store is known to be away.
            monkeypatch.setattr(sessions, "find", is_away)
            await desk.open()
            assert await anext(news) == {}
            assert await anext(news) == {"changed": None, "urgent": []}
        assert all(after - before > CHECK_EVERY / 2 for before, after in pairwise(asked[:4]))


async def test_an_open_page_does_not_keep_the_process_from_stopping(page_script: Script, quick_folder: Path) -> None:
    house = a_desk_house(a_script(page_script), quick_folder)
    desk = await house.__aenter__()
    async with Browser(desk.base) as ben:
        await ben.sign_in(desk, BEN)
        async with ben.listen("/desk/stream") as news:
            await anext(news)
            async with asyncio.timeout(5):
                await house.__aexit__(None, None, None)
                assert await anext(news, None) is None
