"""Whoever looks after the bot is told of each helpline whether it can take calls, and what to do where it cannot."""

import asyncio
import shutil
import socket
from collections.abc import Iterator
from dataclasses import replace
from datetime import datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest

from bot import staffing
from bot.compiler.translations import hash_of
from bot.desk.enrolling import topics_turned
from bot.desk.staff import Roster
from bot.desk.ticket import StaffId
from bot.dialogue.phrasebook import TextId
from bot.dialogue.script import Script
from bot.doctor import Finding, examine
from bot.messages import Language
from bot.settings import Settings
from bot.store.redis_store import open_store
from bot.store.secrets import load_or_make
from bot.studio.archive import Archive
from bot.studio.changes import Approve, Change, Edit, Submit
from bot.studio.versions import Version
from bot.turns.turns import ALERTS
from tests.compiler.content_builder import write_content
from tests.store.servers import Server, a_server
from tests.studio.examiners import find_nothing
from tests.telegram_server import FakeTelegram
from tests.telegram_server.updates import Pending, Webhook
from tests.whole.running_bot import CONTENT

DAY = datetime(2026, 11, 26, 10, 0, tzinfo=ZoneInfo("Asia/Bangkok"))
NIGHT = DAY.replace(hour=23)


OWN = ("example-thailand", "example-cambodia")
TEXTS = (
    *(f"helpline.{helpline}.{part}" for helpline in OWN for part in ("name", "about")),
    *(f"canned.{helpline}.received" for helpline in OWN),
    "canned.example-thailand.office",
)


@pytest.fixture
def settings(quick_folder: Path, real_script: Script) -> Settings:
    """Two helplines of the three are nobody's example any more: the one in Thailand and the one in Cambodia."""
    content = quick_folder / "content"
    shutil.copytree(CONTENT, content, ignore=shutil.ignore_patterns("tests"))
    declared = (content / "helplines.yaml").read_text(encoding="utf-8")
    own = declared.replace('    example: "yes"\n', "", len(OWN))
    (content / "helplines.yaml").write_text(own, encoding="utf-8")
    for language in ("km", "lo", "my", "th"):
        lines = [f"language: {language}", "status: draft", "texts:"]
        for text in TEXTS:
            phrase, _ = real_script.phrasebook.find(TextId(text), Language("en"))
            english = str(phrase[0])
            lines.append(f'  {text}: {{from: {hash_of(english)}, text: "{english}"}}')
        (content / "texts" / language / "helplines.yaml").write_text("\n".join(lines), encoding="utf-8")
    return Settings(data_dir=quick_folder / "var", content_dir=content)


async def of_helplines(settings: Settings, now: datetime = DAY) -> dict[str, Finding]:
    findings = await examine(settings, now)
    return {one.what: one for one in findings if one.what.startswith("helpline") or one.what == "examples"}


async def enrol(office: staffing.Office, name: str, helpline: str) -> None:
    lines = await staffing.invite(office, name, "supervisor", [helpline], [], None)
    code = next(line.split()[-1] for line in lines if "/staff" in line)
    assert await office.enrolment.enrol(code, f"7{len(name)}") == "enrolled"


async def link(office: staffing.Office, helpline: str, group: str) -> None:
    code = (await staffing.link(office, helpline))[-1].split()[-1]
    assert await office.enrolment.link(code, group) == "linked"


async def test_each_helpline_is_told_with_what_is_missing_and_then_as_well(settings: Settings) -> None:
    async with staffing.open_office(settings) as office:
        found = await of_helplines(settings)
        thai = found["helpline example-thailand"]
        assert (thai.is_well, thai.words.split(";")[0]) == (False, "not linked, 0 enrolled, 0 invited, on duty now")
        assert "waymark helpline link example-thailand" in thai.words
        assert "waymark staff invite" in thai.words
        assert found["examples"].is_well
        assert found["examples"].words.startswith("example-laos: ")

        await staffing.invite(office, "Dara", "responder", ["example-thailand"], [], None)
        await enrol(office, "Anna", "example-thailand")
        await link(office, "example-thailand", "-100")
        thai = (await of_helplines(settings, NIGHT))["helpline example-thailand"]
        assert (thai.is_well, thai.words) == (True, "linked, 1 enrolled, 1 invited, not on duty now")


async def test_what_hinders_a_linked_helpline_is_told(settings: Settings) -> None:
    async with staffing.open_office(settings) as office:
        await enrol(office, "Anna", "example-thailand")
        await enrol(office, "Sok", "example-cambodia")
        await link(office, "example-thailand", "-100")
        await link(office, "example-cambodia", "-200")
        await office.roster.change(lambda roster: with_stranger(topics_turned(roster, group="-100", on=False)))

        found = await of_helplines(settings)

    assert "turn Topics on" in found["helpline example-thailand"].words
    assert "somebody who is not enrolled is in its group" in found["helpline example-thailand"].words
    assert "nobody there can read yet" in found["helpline example-cambodia"].words


def with_stranger(roster: Roster) -> Roster:
    links = {key: replace(link, stranger=DAY) if link.group == "-100" else link for key, link in roster.links.items()}
    return replace(roster, links=links)


async def test_while_the_store_is_away_nothing_is_claimed_and_nothing_is_made(settings: Settings) -> None:
    found = await of_helplines(settings)

    assert found["helpline example-thailand"].words.startswith("on duty now; ")
    assert not any("enrolled" in one.words for one in found.values())
    assert not settings.data_dir.exists()


async def test_content_with_mistakes_is_told_once(settings: Settings) -> None:
    (settings.content_dir / "helplines.yaml").write_text("helplines: no", encoding="utf-8")

    findings = await examine(settings, DAY)

    assert [one.what for one in findings if not one.is_well] == ["content"]


async def test_once_content_was_published_it_is_said_that_the_folder_is_not_read(quick_folder: Path) -> None:
    content = write_content(quick_folder, {"README.md": "Yours."})
    settings = Settings(data_dir=quick_folder / "var", content_dir=content)
    async with staffing.open_office(settings) as office:
        assert "published" not in {one.what for one in await examine(settings, DAY)}
        archive = Archive(office.store.shelf(), settings.content_dir, settings.data_dir, office.clock, find_nothing)
        change = await archive.begin("Ours", StaffId("one"))
        assert isinstance(change, Change)
        edit = Edit("README.md", await archive.put(b"Ours."), change.tree.files["README.md"])
        for by, action in (("one", edit), ("one", Submit())):
            change = await archive.act(change.id, StaffId(by), action)
            assert isinstance(change, Change)
        assert isinstance(await archive.act(change.id, StaffId("two"), Approve(change.tree.hash)), Change)
        assert isinstance(await archive.publish(change.id, StaffId("one")), Version)

        (found,) = (one for one in await examine(settings, DAY) if one.what == "published")

    assert found.is_well
    assert "version 2 is live" in found.words
    assert "differs in 1 of its files: waymark content diff live folder" in found.words


async def test_the_content_is_walked_through_with_all_that_the_bot_understands(quick_folder: Path) -> None:
    settings = Settings(data_dir=quick_folder / "var", content_dir=CONTENT)

    (content,) = [one for one in await examine(settings, DAY) if one.what == "content"]

    assert content.is_well, content.words
    assert " conversations: 0 errors, 0 warnings" in content.words
    assert not (quick_folder / "var").exists()


@pytest.fixture
def small(quick_folder: Path) -> Settings:
    """Little to read, so that what is looked at beside the content is told soon."""
    content = write_content(quick_folder, {"README.md": "Yours."})
    return Settings(data_dir=quick_folder / "var", content_dir=content, http_port=0)


async def found(settings: Settings, what: str, now: datetime = DAY) -> Finding | None:
    return next((one for one in await examine(settings, now) if one.what == what), None)


async def test_a_port_that_another_program_has_is_told_and_one_that_a_bot_has_is_well(small: Settings) -> None:
    with socket.create_server(("127.0.0.1", 0)) as other:
        taken = replace(small, http_port=other.getsockname()[1])
        asked = asyncio.create_task(found(taken, "web"))
        connection, _ = await asyncio.to_thread(other.accept)
        connection.close()
        assert (web := await asked) is not None
    assert not web.is_well
    assert "another program" in web.words

    async def answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readuntil(b"\r\n\r\n")
        writer.write(b"HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nalive")
        writer.close()

    async with await asyncio.start_server(answer, "127.0.0.1", 0) as ours:
        web = await found(replace(small, http_port=ours.sockets[0].getsockname()[1]), "web")
    assert web is not None
    assert web.is_well, web.words


async def test_an_address_that_is_not_of_this_machine_is_told(small: Settings) -> None:
    web = await found(replace(small, http_host="192.0.2.1"), "web")

    assert web is not None
    assert not web.is_well
    assert "WAYMARK_HTTP_HOST" in web.words


async def test_a_folder_that_cannot_be_made_is_told_also_where_the_store_is_elsewhere(small: Settings) -> None:
    small.data_dir.write_text("a file", "utf-8")

    for url in (None, "redis://127.0.0.1:1"):
        folder = await found(replace(small, data_dir=small.data_dir / "deep" / "below", store_url=url), "folder")
        assert folder is not None
        assert not folder.is_well
        assert "WAYMARK_DATA_DIR" in folder.words


async def test_a_folder_that_is_not_there_yet_is_well(small: Settings) -> None:
    assert await found(replace(small, data_dir=small.data_dir / "deep" / "below"), "folder") is None


async def test_a_store_whose_keys_are_missing_is_told_before_new_ones_are_made(small: Settings) -> None:
    async with staffing.open_office(small):
        pass
    shutil.rmtree(small.data_dir / "keys")

    keys = await found(small, "keys")

    assert keys is not None
    assert not keys.is_well
    assert "bring keys/ back" in keys.words
    assert not (small.data_dir / "keys").exists()


async def test_a_webhook_at_another_address_is_told_without_its_path(small: Settings) -> None:
    async with FakeTelegram(allow_http_webhook=True, retry_scale=0) as telegram:
        polling = replace(small, telegram_token=telegram.token, telegram_api_url=telegram.url)
        ours = replace(polling, telegram_webhook_url="https://bot.example.org")
        for settings, url, is_well in (
            (polling, "", True),
            (polling, "https://elsewhere.example.com/a-secret", False),
            (ours, "", True),
            (ours, "https://bot.example.org/telegram/a-secret", True),
            (ours, "https://bot.example.org.example.com/a-secret", False),
        ):
            telegram.updates.set_webhook(Webhook(url, "a-secret_of-tests-only", 40), drop_pending=False)
            told = await found(settings, "telegram")
            assert told is not None
            assert told.is_well == is_well, (url, told)
            assert "a-secret" not in told.words


async def test_what_telegram_says_of_a_webhook_that_it_does_not_reach_is_told(small: Settings) -> None:
    async with FakeTelegram(allow_http_webhook=True, retry_scale=0) as telegram:
        url = "https://bot.example.org"
        settings = replace(
            small, telegram_token=telegram.token, telegram_api_url=telegram.url, telegram_webhook_url=url
        )
        telegram.updates.set_webhook(Webhook(f"{url}/telegram/x", "a-secret_of-tests-only", 40), drop_pending=False)
        telegram.updates.last_error = (1, "SSL error {certificate verify failed}")
        assert (told := await found(settings, "telegram")) is not None
        assert told.is_well
        telegram.updates.pending[1] = Pending(1, "message", (1, "text"), telegram.updates.clock.now(), {})
        told = await found(settings, "telegram")

    assert told is not None
    assert not told.is_well
    assert "certificate verify failed" in told.words


@pytest.fixture(scope="module")
def server() -> Iterator[Server]:
    with a_server() as running:
        yield running


async def test_bots_of_which_none_calls_helplines_or_with_other_keys_are_told(small: Settings, server: Server) -> None:
    server.ask("FLUSHALL")
    settings = replace(small, store_url=server.url)
    keys = load_or_make(small.data_dir, DAY.date())
    store = open_store(server.url, keys.vault())
    try:
        assert await found(settings, "bots") is None
        await store.keyring().announce("a-bot", timedelta(minutes=1))
        bots = await found(settings, "bots")
        assert bots is not None
        assert not bots.is_well
        assert "--role worker" in bots.words

        await store.beat(ALERTS, DAY - timedelta(seconds=20), timedelta(days=1))
        assert await found(settings, "bots") == Finding("bots", "1 run on the store")
        bots = await found(settings, "bots", DAY + timedelta(minutes=2))
        assert bots is not None
        assert "--role worker" in bots.words

        load_or_make(small.data_dir / "other", DAY.date())
        for folder in ("other", "none"):
            bots = await found(replace(settings, data_dir=small.data_dir / folder), "bots")
            assert bots is not None
            assert "bring keys/ from where they run" in bots.words
    finally:
        await store.close()
