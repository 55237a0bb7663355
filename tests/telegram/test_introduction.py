"""What Telegram shows before anyone has written follows the content, and is told only what is new."""

import asyncio
import contextlib
from collections.abc import AsyncIterator
from typing import Final

import pytest
from aiohttp import web
from hypothesis import given
from hypothesis import strategies as st

from bot.channel import ChannelError
from bot.figures import Figures
from handlers.telegram import TelegramConnection, TelegramDoor, telegram_link
from handlers.telegram.introduction import introduce, introductions
from tests.fakes import ManualClock
from tests.telegram.sample import BOT_TEXTS, PATIENCE, SCRIPT, VAULT, Bot, Desk, a_bot, a_script, breathe
from tests.telegram_server import FakeTelegram

TELLING = ("setMyCommands", "setMyDescription", "setMyShortDescription")


@pytest.fixture
async def telegram() -> AsyncIterator[FakeTelegram]:
    async with FakeTelegram() as server:
        yield server
        assert [violation.why for violation in server.violations] == []


@pytest.fixture
async def bot(telegram: FakeTelegram) -> AsyncIterator[Bot]:
    async with a_bot(telegram) as bot:
        yield bot


async def test_every_language_and_all_other_phones_are_told(telegram: FakeTelegram, bot: Bot) -> None:
    await introduce(bot.connection.bot, introductions(a_script()))

    commands = {code: rows for (_, code), rows in telegram.world.commands.items()}
    english = [{"command": "start", "description": "Start"}, {"command": "help", "description": "Help"}]
    assert commands == dict.fromkeys(["", "km", "lo", "th", "en"], english) | {
        "my": [{"command": "start", "description": "စတင်"}, {"command": "help", "description": "Help"}]
    }
    assert telegram.world.profile["description", ""] == "Information about working abroad."
    assert telegram.world.profile["description", "km"] == "ព័ត៌មាន"
    assert telegram.world.profile["short_description", ""] == "Information."


async def test_nothing_is_told_twice(telegram: FakeTelegram, bot: Bot) -> None:
    assert await introduce(bot.connection.bot, introductions(a_script())) > 0
    telegram.calls.clear()

    assert await introduce(bot.connection.bot, introductions(a_script())) == 0
    assert telegram.calls_of(*TELLING) == []


async def test_only_what_changed_is_told(telegram: FakeTelegram, bot: Bot) -> None:
    await introduce(bot.connection.bot, introductions(a_script()))
    telegram.calls.clear()
    changed = BOT_TEXTS | {"bot.description": {"en": "Information about working abroad.", "km": "ថ្មី"}}

    await introduce(bot.connection.bot, introductions(a_script("2", changed)))

    assert [(call.method, call.params["language_code"]) for call in telegram.calls_of(*TELLING)] == [
        ("setMyDescription", "km")
    ]


async def test_new_content_is_told_while_the_bot_runs(telegram: FakeTelegram) -> None:
    async with a_bot(telegram) as bot:
        live = [a_script()]
        bot.door._script = lambda: live[0]
        async with bot.running():
            await bot.until(lambda: ("description", "km") in telegram.world.profile)
            live[0] = a_script("2", BOT_TEXTS | {"bot.description": {"en": "New"}})

            await bot.until(lambda: telegram.world.profile["description", ""] == "New")


async def test_that_telegram_will_not_listen_does_not_stop_anything(telegram: FakeTelegram, bot: Bot) -> None:
    telegram.faults.answer_429(1.0, 3600, ["getMyCommands"])
    telegram.person(7).send("help")
    async with bot.running():
        await bot.until(lambda: bot.desk.taken)
        await bot.until(lambda: telegram.calls_of("getMyCommands"))
        await bot.clock.advance(3590)
        assert len(telegram.calls_of("getMyCommands")) == 1

        telegram.faults.off()
        await bot.until(lambda: telegram.world.commands)


def test_a_link_opens_the_bot_where_it_points() -> None:
    assert telegram_link("waymark_bot") == "https://t.me/waymark_bot"
    assert telegram_link("waymark_bot", "km_offer-check") == "https://t.me/waymark_bot?start=km_offer-check"


@given(st.text(min_size=1, max_size=80))
def test_a_link_that_telegram_would_not_take_is_not_made(start: str) -> None:
    allowed = len(start) <= 64 and all(sign.isascii() and (sign.isalnum() or sign in "-_") for sign in start)
    if allowed:
        assert telegram_link("waymark_bot", start).endswith(start)
    else:
        with pytest.raises(ValueError, match=r"^.+$"):
            telegram_link("waymark_bot", start)


ODD: Final = (
    b"<html>",
    b"[]",
    b'{"ok":true}',
    b'{"ok":true,"result":true}',
    b'{"ok":true,"result":[5]}',
    b'{"ok":true,"result":{"url":[]}}',
)


@pytest.mark.parametrize("answer", ODD)
async def test_an_answer_that_makes_no_sense_ends_nothing(answer: bytes) -> None:
    asked: list[str] = []

    async def babble(request: web.BaseRequest) -> web.Response:
        asked.append(request.path.rpartition("/")[2])
        return web.Response(body=answer)

    runner = web.ServerRunner(web.Server(babble))
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    desk, clock = Desk(), ManualClock()
    async with TelegramConnection("1:a", f"http://127.0.0.1:{runner.addresses[0][1]}") as connection:
        door = TelegramDoor(connection, desk.take, VAULT, lambda: SCRIPT, clock, Figures())
        running = asyncio.ensure_future(door.run())
        async with asyncio.timeout(PATIENCE):
            while asked.count("getMyCommands") < 2 or asked.count("getWebhookInfo") + asked.count("getUpdates") < 2:
                await clock.advance(5)
                await breathe()
        assert not running.done()
        with contextlib.suppress(ChannelError):
            await door.username()
        running.cancel()
        await asyncio.gather(running, return_exceptions=True)
    await runner.cleanup()
