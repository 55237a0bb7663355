"""After a whole hand-off full of marks, from the first words to the quick exit: none of them lies in the store, the
logs at their most talkative, or the figures, in whatever encoding.

What a helpline and a person tell each other lies in Telegram's chats, where they read it; nowhere else.
"""

import asyncio
import io
import json
import logging
import re
import sys
from collections.abc import AsyncIterator, Iterator, Mapping
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Final
from urllib.parse import quote

import aiohttp
import pytest
import redis

from bot import logbook
from bot.settings import Settings
from bot.store.embedded import find_running
from tests.store.test_surrender import appearances
from tests.telegram_server import FakeTelegram, Person
from tests.whole.running_bot import PATIENCE, running_bot
from tests.whole.test_helplines import HOME_GROUP, OTHER_GROUP, Town, enrol, tried_content

MARKS: Final = {
    "chat": "7012345689",
    "chat by code": "7098765432",
    "first name": "Canaryfirstname",
    "last name": "Canarylastname",
    "user name": "canary_user_name",
    "words": "canary my boss Canaryboss locked the door",
    "khmer": "ថៅកែកាណារីយកលិខិតឆ្លងដែនរបស់ខ្ញុំ",
    "edited": "canary edited words of a person",
    "caption": "canary caption of a picture",
    "file name": "canary-contract.pdf",
    "file": "canary bytes of a file",
    "phone": "+66898765432",
    "latitude": "13.736717",
    "staff account": "Canaryanna",
    "staff words": "canary staff answer: go to Canarystreet",
    "staff note": "canary note inside the team",
    "stranger": "canary words of a stranger",
    "words by code": "canary it is me on another phone",
    "after exit": "canary are you still there",
    "last words": "canary last words before the wire is cut",
    "press": "canarypresses",
    "payload": "canarypayload",
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


async def test_a_hand_off_leaves_no_mark_behind(quick_folder: Path, log: io.StringIO) -> None:
    async with _a_town(quick_folder) as (town, address):
        code = await _hand_off(town)
        # Some of it is still on its way when everything is taken.
        town.telegram.faults.down()
        town.anna.send(MARKS["last words"], to=town.home, topic=max(town.home.chat.topics))
        await asyncio.sleep(0.3)
        files = _everything(quick_folder / "var") | {"figures": await _figures(address)}
        town.telegram.faults.up()
    files["log"] = log.getvalue().encode()
    marks = {**MARKS, "return code": code, "return code, bare": code.replace("-", "")}

    found = marks_in(files, marks)
    size = sum(map(len, files.values()))
    sys.stdout.write(
        f"{len(marks)} marks planted in a hand-off, {size // 1024} KB looked through in {len(files)} places: "
        f"{len(found)} found\n"
    )
    assert found == set()
    assert len(files["log"]) > 1000
    assert b"ticket" in files["figures"]
    assert len(files["keys and values"]) > 1000
    assert any("aof" in name and len(content) > 5000 for name, content in files.items())


def test_the_search_would_find_them() -> None:
    for name, mark in MARKS.items():
        ways = (mark.encode(), mark.encode().hex().encode(), mark.encode("utf-16-be"), quote(mark).encode())
        for way in (*ways, json.dumps({"x": mark}).encode()):
            assert name in {found for found, _ in marks_in({"file": b"noise" + way + b"noise"}, MARKS)}


async def _hand_off(town: Town) -> str:
    """Somebody tells a helpline everything, and leaves by the quick exit; the code by which they could come back."""
    person = _marked(town, "chat")
    sok = await town.newcomer(person.id, "en")
    await town.ask(sok)
    await town.press(sok, "code")
    code = re.findall(r"[A-Z2-9]{5}-[A-Z2-9]{5}", "\n".join(sok.texts()))[-1]
    call = await town.call(town.home)
    town.anna.tap(call.labels[0], message=call, on=town.home)
    thread = await town.topic(town.home)
    await town.in_topic(town.home, thread, "Anna has taken it")
    said = sok.send(MARKS["words"])
    await town.in_topic(town.home, thread, MARKS["words"])
    sok.edit_message(said, MARKS["edited"])
    await town.in_topic(town.home, thread, MARKS["edited"])
    await town.say(sok, MARKS["khmer"])
    await town.in_topic(town.home, thread, MARKS["khmer"])
    sok.send_photo(caption=MARKS["caption"])
    sok.send_document(MARKS["file name"], MARKS["file"].encode())
    sok.share_contact(MARKS["phone"])
    sok.share_location(float(MARKS["latitude"]), 100.5)
    sok.tap_data(MARKS["press"], sok.last())
    town.ben.send(f"// {MARKS['staff note']}", to=town.home, topic=thread)
    town.telegram.person(999, first_name="Stranger").send(MARKS["stranger"], to=town.home, topic=thread)
    town.anna.send(MARKS["staff words"], to=town.home, topic=thread)
    await town.telegram.until(lambda: "Look" in sok.labels(), timeout=25)
    sok.tap("Look")
    await town.reads(sok, MARKS["staff words"])
    again = await town.newcomer(_marked(town, "chat by code").id, "en")
    again.start(MARKS["payload"])
    await town.wish(again, "person")
    await town.press(again, "code")
    await town.say(again, code.lower())
    await town.reads(again, "You can go on here")
    await town.say(again, MARKS["words by code"])
    await town.in_topic(town.home, thread, MARKS["words by code"])
    await town.say(again, "x")
    await town.in_topic(town.home, thread, "left quickly")
    town.anna.send(MARKS["after exit"], to=town.home, topic=thread)
    await town.telegram.until(lambda: any("Not sent" in one.text for one in town.home.visible(thread)), timeout=25)
    return str(code)


def _marked(town: Town, chat: str) -> Person:
    person = town.telegram.person(int(MARKS[chat]), first_name=MARKS["first name"], username=MARKS["user name"])
    person.user["last_name"] = MARKS["last name"]
    return person


def _everything(folder: Path) -> dict[str, bytes]:
    """All that lies on the disk, and every key of the store that runs, with its value as the store would save it."""
    files = {path.name: path.read_bytes() for path in folder.rglob("*") if path.is_file()}
    url = find_running(folder)
    assert url is not None
    with redis.from_url(url) as store:
        live = [name + b" " + (store.dump(name) or b"") for name in store.keys("*")]
    return {**files, "keys and values": b"\n".join(live)}


async def _figures(address: str) -> bytes:
    async with aiohttp.ClientSession() as session, session.get(f"{address}metrics") as answer:
        return await answer.read()


@asynccontextmanager
async def _a_town(folder: Path) -> AsyncIterator[tuple[Town, str]]:
    """Two helplines with marked staff, and the address of the bot's own pages."""
    content = tried_content(folder)
    async with FakeTelegram() as telegram:
        names = ((101, "Canaryanna"), (102, "Canaryben"), (103, "Canarychan"))
        anna, ben, chan = (telegram.person(number, language_code="en", first_name=name) for number, name in names)
        home = telegram.group(HOME_GROUP, "Home", forum=True, members=(anna, ben))
        other = telegram.group(OTHER_GROUP, "Other", forum=True, members=(chan,))
        async with running_bot(folder, telegram, content) as told:
            await telegram.until(lambda: told and telegram.calls_of("getMe"), timeout=PATIENCE)
            settings = Settings(
                telegram_token=telegram.token,
                telegram_api_url=telegram.url,
                data_dir=folder / "var",
                content_dir=content,
            )
            town = Town(telegram, settings, home, other, anna, ben, chan)
            await enrol(town)
            yield town, told[0].split()[3]


def marks_in(files: Mapping[str, bytes], marks: Mapping[str, str]) -> set[tuple[str, str]]:
    """Which of the marks lie where."""
    return {
        (name, where)
        for name, mark in marks.items()
        for appearance in _all_appearances(mark)
        if len(appearance) >= 6
        for where, content in files.items()
        if appearance in content
    }


def _all_appearances(mark: str) -> Iterator[bytes]:
    yield from appearances(mark)
    yield quote(mark).encode()
    yield quote(mark.encode(), safe="").lower().encode()
    yield json.dumps(mark)[1:-1].encode()
