"""The library's own Bot works over our session, and says what went wrong in its own classes."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import suppress
from datetime import timedelta
from typing import Final, TypeAlias

import pytest
from aiohttp import web
from telegram import InlineKeyboardButton, InlineKeyboardMarkup
from telegram.error import BadRequest, Conflict, Forbidden, InvalidToken, NetworkError, RetryAfter, TelegramError
from telegram.ext import ExtBot

from handlers.telegram.requests import AnswerLostError, TelegramConnection, TelegramRequest, patience_of
from tests.telegram_server import FakeTelegram


@pytest.fixture
async def telegram() -> AsyncIterator[FakeTelegram]:
    async with FakeTelegram() as server:
        server.person(7, started=True)
        yield server


@pytest.fixture
async def connection(telegram: FakeTelegram) -> AsyncIterator[TelegramConnection]:
    async with TelegramConnection(telegram.token, telegram.url) as connection:
        yield connection


async def test_the_librarys_bot_sends_and_reads_what_was_sent(
    telegram: FakeTelegram, connection: TelegramConnection
) -> None:
    keyboard = InlineKeyboardMarkup([[InlineKeyboardButton("Yes", callback_data="yes")]])

    sent = await connection.bot.send_message(7, "ជំរាបសួរ 🙏", reply_markup=keyboard)

    shown = telegram.person(7).last()
    assert (sent.message_id, sent.text, shown.labels) == (shown.message_id, "ជំរាបសួរ 🙏", ["Yes"])
    assert telegram.violations == []


async def test_the_librarys_extended_bot_works_too(telegram: FakeTelegram) -> None:
    request = TelegramRequest()
    async with ExtBot(
        telegram.token, base_url=f"{telegram.url}/bot", request=request, get_updates_request=request
    ) as bot:
        assert bot.username == "waymark_test_bot"


async def test_files_are_sent_and_fetched(telegram: FakeTelegram, connection: TelegramConnection) -> None:
    sent = await connection.bot.send_document(7, document=b"a,b", filename="counts.csv", caption="Counts")

    assert sent.document is not None
    assert sent.document.file_name == "counts.csv"
    file = await connection.bot.get_file(sent.document.file_id)
    assert bytes(await file.download_as_bytearray()) == b"a,b"


async def test_a_call_of_our_own_gives_the_answer_as_it_came(connection: TelegramConnection) -> None:
    assert (await connection.call("getWebhookInfo", {})).startswith(b'{"ok": true')


Saying: TypeAlias = Callable[[TelegramConnection, str], Awaitable[object]]
WAYS: Final[dict[str, Saying]] = {
    "our call": lambda connection, text: connection.call("sendMessage", {"chat_id": 7, "text": text}),
    "the library's": lambda connection, text: connection.bot.send_message(7, text),
}


@pytest.mark.parametrize("way", WAYS)
async def test_refusals_are_the_librarys_errors_both_ways(
    telegram: FakeTelegram, connection: TelegramConnection, way: str
) -> None:
    async def error(text: str = "hello") -> TelegramError:
        with pytest.raises(TelegramError) as raised:
            await WAYS[way](connection, text)
        return raised.value

    assert isinstance(await error(text=""), BadRequest)
    telegram.faults.answer_429(1.0, 9)
    patience = await error()
    assert isinstance(patience, RetryAfter)
    assert patience.retry_after == timedelta(seconds=9)
    telegram.faults.off()
    telegram.faults.answer_5xx(1.0)
    assert type(await error()) is NetworkError
    telegram.faults.off()
    telegram.faults.lose_answer(1.0)
    assert type(await error()) is AnswerLostError
    telegram.faults.off()
    telegram.person(7).block()
    assert isinstance(await error(), Forbidden)


async def test_a_wrong_token_and_a_second_poller_are_told_apart(telegram: FakeTelegram) -> None:
    async with TelegramConnection("1:wrong", telegram.url) as connection:
        with pytest.raises(InvalidToken):
            await connection.call("getMe", {})
    async with TelegramConnection(telegram.token, telegram.url) as connection:
        await connection.bot.set_webhook("https://example.org/hook")
        with pytest.raises(Conflict):
            await connection.call("getUpdates", {})


async def test_no_error_tells_the_token(telegram: FakeTelegram) -> None:
    url = telegram.url
    telegram.faults.down()
    for address in (url, "http://127.0.0.1:1", "http://[::bad"):
        async with TelegramConnection(telegram.token, address) as connection:
            with pytest.raises(NetworkError) as raised:
                await connection.call("getMe", {})
        told = repr(raised.value) + str(raised.value) + repr(raised.value.__cause__)
        assert telegram.token not in told


async def test_a_server_whose_answers_are_untidy_is_called_as_others_are() -> None:
    """Or else each message would be in doubt, and shown again and again."""
    heard = list[bytes]()

    async def answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with suppress(asyncio.IncompleteReadError):
            while True:
                heard.append(await reader.readuntil(b"\r\n\r\n{}"))
                writer.write(b'HTTP/1.1 200 OK\nContent-Length: 26\n\n{"ok": true, "result": {}}')
        writer.close()

    server = await asyncio.start_server(answer, "127.0.0.1", 0)
    async with (
        server,
        TelegramConnection("1:a", f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}") as connection,
    ):
        with pytest.raises(AnswerLostError):
            await connection.call("getMe", {})
        for _ in range(2):
            assert await connection.call("getMe", {}) == b'{"ok": true, "result": {}}'
    assert len(heard) == 3


async def test_a_connection_that_is_not_open_says_so(telegram: FakeTelegram) -> None:
    with pytest.raises(NetworkError, match="not open"):
        await TelegramConnection(telegram.token, telegram.url).call("getMe", {})


@pytest.mark.parametrize(
    ("asked", "kept"), [("-5", 1), ("0", 1), ("0.4", 1), ("40", 40), ("1e300", 86_400), ("9" * 400, 1)]
)
async def test_patience_is_kept_within_a_day_whatever_is_asked_for(asked: str, kept: float) -> None:
    async def refuse(request: web.BaseRequest) -> web.Response:
        body = f'{{"ok":false,"description":"Too Many Requests","parameters":{{"retry_after":{asked}}}}}'
        return web.Response(status=429, text=body)

    runner = web.ServerRunner(web.Server(refuse))
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    async with TelegramConnection("1:a", f"http://127.0.0.1:{runner.addresses[0][1]}") as connection:
        with pytest.raises(RetryAfter) as raised:
            await connection.call("getMe", {})
    await runner.cleanup()

    assert patience_of(raised.value) == kept
