"""After a run full of marked names, words, numbers and ids: none of them in the logs, the figures or the store."""

import asyncio
import io
import logging
from collections.abc import Iterator
from pathlib import Path

import aiohttp
import pytest

from bot import logbook
from tests.store.test_surrender import appearances
from tests.telegram_server import FakeTelegram
from tests.whole.running_bot import running_bot

MARKS = {
    "chat id": "7012345689",
    "first name": "Canaryfirst",
    "last name": "Canarylast",
    "user name": "canary_user_name",
    "words": "canary: my boss Canaryboss took my passport",
    "khmer words": "កាណារីថៅកែខ្ញុំយកលិខិតឆ្លងដែន",
    "start payload": "canarypayload",
    "press": "canarypress",
    "contact phone": "+66898765432",
    "file name": "canary-file-name.pdf",
    "file content": "canary file content",
    "latitude": "13.736717",
    "web words": "canary words on the page",
    "web nonce": "canarynonce123456",
    "web press": "acnCANARYWEBPRESS",
    "user agent": "CanaryBrowser",
}


@pytest.fixture
def log() -> Iterator[io.StringIO]:
    """Everything that is logged, by anybody, at every level."""
    written = io.StringIO()
    root, kept = logging.getLogger(), list(logging.getLogger().handlers)
    logbook.open_logbook(written, logging.DEBUG)
    root.setLevel(logging.DEBUG)
    yield written
    root.handlers[:] = kept
    root.setLevel(logging.WARNING)


async def test_nothing_that_points_at_a_person_is_left_lying_about(tmp_path: Path, log: io.StringIO) -> None:
    async with FakeTelegram() as telegram, running_bot(tmp_path, telegram) as told:
        person = telegram.person(int(MARKS["chat id"]), first_name=MARKS["first name"], username=MARKS["user name"])
        person.user["last_name"] = MARKS["last name"]
        person.start(MARKS["start payload"])
        await telegram.until(person.texts)
        menu = person.last()
        for words in (MARKS["words"], MARKS["khmer words"]):
            person.send(words)
        person.tap_data(MARKS["press"], menu)
        person.share_contact(MARKS["contact phone"])
        person.share_location(float(MARKS["latitude"]), 100.5)
        person.send_document(MARKS["file name"], b"canary file content")
        before = len(telegram.calls)
        await telegram.until(lambda: len([call for call in telegram.calls[before:] if "text" in call.params]) >= 5)
        address = told[0].split()[3]
        figures = await _visit_the_page(address)
        # Some of it is still on its way when its owner goes away: what lies in the outbox is looked at, too.
        telegram.faults.down()
        person.send(MARKS["words"])
        await asyncio.sleep(0.3)
        taken = {path.name: path.read_bytes() for path in (tmp_path / "var").rglob("*") if path.is_file()}
        telegram.faults.up()
    files = {**taken, "log": log.getvalue().encode(), "figures": figures}

    assert any("aof" in name for name in files)
    assert log.getvalue()
    assert _found(files) == set()


async def test_the_search_would_find_them() -> None:
    planted = {"file": b"..." + "កាណារីថៅកែខ្ញុំយកលិខិតឆ្លងដែន".encode().hex().encode(), "log": b"Canaryfirst"}

    assert _found(planted) == {("khmer words", "file"), ("first name", "log")}


async def _visit_the_page(address: str) -> bytes:
    headers = {"User-Agent": MARKS["user agent"]}
    async with aiohttp.ClientSession(headers=headers, cookie_jar=aiohttp.CookieJar(unsafe=True)) as session:
        for form in ({"words": MARKS["web words"]}, {"press": MARKS["web press"]}, {"words": MARKS["words"]}):
            body = {**form, "nonce": MARKS["web nonce"] + str(len(form)), "at": "now-0", "seen": "", "opening": "1"}
            await (await session.post(address + "chat/say", data=body, headers={"Origin": address[:-1]})).read()
        return await (await session.get(address + "metrics")).read()


def _found(files: dict[str, bytes]) -> set[tuple[str, str]]:
    return {
        (name, where)
        for name, mark in MARKS.items()
        for appearance in appearances(mark)
        if len(appearance) >= 6
        for where, content in files.items()
        if appearance in content
    }
