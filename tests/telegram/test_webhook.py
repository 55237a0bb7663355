"""The webhook: only Telegram may post, and it hears "done" only when it is done."""

import asyncio
import io
import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import UTC, datetime

import aiohttp
import pytest
from aiohttp import web

from bot.channel import RefusedError
from bot.dialogue.events import Opened, Pressed, Typed
from handlers.telegram.updates import ALLOWED_UPDATES
from handlers.telegram.webhook import AT_ONCE, BODY_LIMIT, PROOF_HEADER
from tests.telegram.sample import Bot, Desk, a_bot
from tests.telegram_server import FakeTelegram

SECRET = "a-secret_of-tests-only"
UPDATE = json.dumps(
    {
        "update_id": 1,
        "message": {"message_id": 1, "date": 1, "chat": {"id": 7, "type": "private"}, "text": "help"},
    }
).encode()


@dataclass
class Post:
    """Posts to our webhook as whoever it likes."""

    browser: aiohttp.ClientSession
    url: str

    async def __call__(
        self, body: bytes = UPDATE, *, secret: str | None = SECRET, method: str = "POST"
    ) -> tuple[int, str | None, bytes]:
        headers = {} if secret is None else {PROOF_HEADER: secret}
        async with self.browser.request(method, self.url, data=io.BytesIO(body), headers=headers) as answer:
            return answer.status, answer.headers.get("Retry-After"), await answer.read()


@asynccontextmanager
async def a_webhook(bot: Bot) -> AsyncIterator[Post]:
    """The bot's web server, as far as Telegram sees it."""
    app = web.Application()
    path = bot.door.expect_webhook("http://127.0.0.1", SECRET)
    app.router.add_route("*", path, bot.door.webhook_handler)
    runner = web.AppRunner(app)
    await runner.setup()
    try:
        await web.TCPSite(runner, "127.0.0.1", 0).start()
        base = f"http://127.0.0.1:{runner.addresses[0][1]}"
        # The same secret has the same path, wherever it is.
        assert bot.door.expect_webhook(base, SECRET) == path
        async with aiohttp.ClientSession() as browser:
            yield Post(browser, base + path)
    finally:
        await runner.cleanup()


@pytest.fixture
async def telegram() -> AsyncIterator[FakeTelegram]:
    async with FakeTelegram(allow_http_webhook=True, retry_scale=0) as server:
        yield server
        assert [violation.why for violation in server.violations] == []


@pytest.fixture
async def bot(telegram: FakeTelegram) -> AsyncIterator[Bot]:
    async with a_bot(telegram) as bot:
        yield bot


@pytest.fixture
async def post(bot: Bot) -> AsyncIterator[Post]:
    async with a_webhook(bot) as post:
        yield post


async def test_telegram_is_told_the_address_the_secret_and_the_kinds(
    telegram: FakeTelegram, bot: Bot, post: Post
) -> None:
    async with bot.running():
        await telegram.until(lambda: telegram.calls_of("setWebhook"))

    assert telegram.calls_of("setWebhook")[0].params == {
        "url": post.url,
        "secret_token": SECRET,
        "allowed_updates": list(ALLOWED_UPDATES),
        "max_connections": 100,
    }
    assert SECRET not in post.url
    assert telegram.calls_of("deleteWebhook", "getUpdates") == []


async def test_what_people_do_arrives(telegram: FakeTelegram, bot: Bot, post: Post) -> None:
    async with bot.running():
        await telegram.until(lambda: telegram.calls_of("setWebhook"))
        said = telegram.person(7).start()
        await bot.took(Opened())
        telegram.person(7).tap_data("ahome", said)

        await bot.took(Opened(), Pressed("ahome", str(said.message_id), datetime.fromtimestamp(said.date, UTC)))


async def test_what_comes_twice_is_the_same_arrival(telegram: FakeTelegram, bot: Bot, post: Post) -> None:
    telegram.faults.duplicate_updates(1.0)
    async with bot.running():
        await telegram.until(lambda: telegram.calls_of("setWebhook"))
        telegram.person(7).send("help")

        await bot.took(Typed("help"), Typed("help"))

    assert bot.desk.taken[0] == bot.desk.taken[1]


async def test_while_the_store_is_away_telegram_keeps_the_update(telegram: FakeTelegram, bot: Bot, post: Post) -> None:
    bot.desk.closed = True
    async with bot.running():
        await telegram.until(lambda: telegram.calls_of("setWebhook"))
        telegram.person(7).send("help")
        await telegram.until(lambda: len(telegram.updates.deliveries) > 3)
        assert {delivery.status for delivery in telegram.updates.deliveries} == {503}

        bot.desk.closed = False
        await bot.took(Typed("help"))


async def test_done_is_said_with_an_empty_body(post: Post) -> None:
    assert await post() == (200, None, b"")


@pytest.mark.parametrize("secret", [None, "", "wrong", SECRET + "x", SECRET[:-1], "ပြည်"])
async def test_a_forged_secret_is_turned_away_unread(bot: Bot, post: Post, secret: str | None) -> None:
    assert await post(secret=secret) == (403, None, b"")
    assert bot.desk.asked == 0


@pytest.mark.parametrize("method", ["GET", "PUT", "DELETE"])
async def test_only_posts_are_taken(bot: Bot, post: Post, method: str) -> None:
    assert (await post(method=method))[0] == 405
    assert bot.desk.asked == 0


async def test_a_body_that_is_too_big_is_not_taken(bot: Bot, post: Post) -> None:
    assert (await post(b" " * (BODY_LIMIT + 1)))[0] == 413
    assert bot.desk.asked == 0


async def test_a_body_that_hides_its_size_is_not_taken_either(bot: Bot, post: Post) -> None:
    async def endless() -> AsyncIterator[bytes]:
        for _ in range(32):
            yield b" " * (BODY_LIMIT // 16)

    async with post.browser.post(post.url, data=endless(), headers={PROOF_HEADER: SECRET}) as answer:
        assert answer.status == 413
    assert bot.desk.asked == 0


async def test_a_big_update_that_is_allowed_is_read_whole(bot: Bot, post: Post) -> None:
    assert (await post(UPDATE + b" " * (BODY_LIMIT - len(UPDATE))))[0] == 200
    assert bot.desk.events() == [Typed("help")]


@pytest.mark.parametrize("body", [b"", b"{", b"\xff\xfe", b'{"update_id": 1}', b"[" * 5000])
async def test_what_cannot_be_read_or_is_not_for_us_does_not_come_again(bot: Bot, post: Post, body: bytes) -> None:
    assert await post(body) == (200, None, b"")
    assert bot.desk.asked == 0


async def test_while_the_store_is_away_telegram_is_told_when_to_come_again(bot: Bot, post: Post) -> None:
    bot.desk.closed = True

    assert await post() == (503, "5", b"")


async def test_one_that_can_never_be_handled_does_not_come_again(telegram: FakeTelegram) -> None:
    async with a_bot(telegram, Desk(chokes_on="help")) as bot, a_webhook(bot) as post:
        assert await post() == (200, None, b"")
        assert bot.desk.asked == 2


async def test_more_than_we_can_take_at_once_is_asked_to_come_again(telegram: FakeTelegram) -> None:
    async with a_bot(telegram, Desk(slow_with="7")) as bot, a_webhook(bot) as post:
        connector = aiohttp.TCPConnector(limit=0)
        async with aiohttp.ClientSession(connector=connector) as crowd:
            crowding = [asyncio.ensure_future(Post(crowd, post.url)()) for _ in range(AT_ONCE)]
            await bot.until(lambda: bot.desk.asked == AT_ONCE)

            assert await post() == (503, "1", b"")

            bot.desk.hurry.set()
            assert {status for status, _, _ in await asyncio.gather(*crowding)} == {200}


async def test_an_address_that_telegram_cannot_reach_is_told_with_the_name_of_its_setting() -> None:
    async with FakeTelegram() as telegram, a_bot(telegram) as bot:
        bot.door.expect_webhook("https://localhost", SECRET)

        with pytest.raises(RefusedError, match="WAYMARK_TELEGRAM_WEBHOOK_URL"):
            await bot.door.run()


async def test_the_webhook_is_set_once_telegram_is_back(telegram: FakeTelegram, bot: Bot, post: Post) -> None:
    telegram.faults.answer_5xx(1.0)
    async with bot.running():
        await telegram.until(lambda: telegram.calls_of("setWebhook"))
        telegram.faults.off()

        await bot.until(lambda: telegram.updates.webhook.url == post.url)


async def test_patience_that_telegram_asks_for_is_kept(telegram: FakeTelegram, bot: Bot, post: Post) -> None:
    telegram.faults.answer_429(1.0, 60, ["setWebhook"])
    async with bot.running():
        await telegram.until(lambda: telegram.calls_of("setWebhook"))
        telegram.faults.off()
        await bot.clock.advance(59)
        assert len(telegram.calls_of("setWebhook")) == 1

        await bot.until(lambda: telegram.updates.webhook.url == post.url)


async def test_without_a_webhook_there_is_nothing_at_its_place(telegram: FakeTelegram) -> None:
    async with a_bot(telegram) as bot:
        app = web.Application()
        app.router.add_route("*", "/telegram/x", bot.door.webhook_handler)
        runner = web.AppRunner(app)
        await runner.setup()
        await web.TCPSite(runner, "127.0.0.1", 0).start()
        async with aiohttp.ClientSession() as browser:
            assert (await Post(browser, f"http://127.0.0.1:{runner.addresses[0][1]}/telegram/x")())[0] == 404
        await runner.cleanup()
