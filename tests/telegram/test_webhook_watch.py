"""Telegram's own view of our webhook: what is not ours is put right, and whoever runs the bot hears of it."""

import io
import json
import logging
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import pytest

from bot.logbook import open_logbook
from handlers.telegram.updates import ALLOWED_UPDATES
from handlers.telegram.webhook_watch import LOOK_EVERY, MANY_PENDING
from tests.telegram.sample import Bot, a_bot
from tests.telegram_server import FakeTelegram
from tests.telegram_server.updates import Pending, Webhook

SECRET = "a-secret_of-tests-only"
URL = "https://bot.example.org"
THIEF = "https://thief.example.com/hook"


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
def log() -> io.StringIO:
    stream = io.StringIO()
    open_logbook(stream, logging.DEBUG)
    return stream


@asynccontextmanager
async def watching(bot: Bot) -> AsyncIterator[str]:
    """A bot whose webhook is set, and its address."""
    path = bot.door.expect_webhook(URL, SECRET)
    async with bot.running():
        await bot.telegram.until(lambda: bot.telegram.calls_of("setWebhook"))
        await bot.until(lambda: bot.telegram.updates.webhook.url, step=0.1)
        yield URL + path


async def look(bot: Bot) -> None:
    asked = len(bot.telegram.calls_of("getWebhookInfo"))
    await bot.until(lambda: len(bot.telegram.calls_of("getWebhookInfo")) > asked, step=LOOK_EVERY / 4)
    await bot.until(lambda: True)


async def test_while_all_is_well_nothing_is_said_or_changed(telegram: FakeTelegram, bot: Bot) -> None:
    async with watching(bot):
        for _ in range(5):
            await look(bot)

    assert len(telegram.calls_of("setWebhook")) == 1
    assert events(bot) == set()


async def test_an_address_of_somebody_else_is_replaced_by_ours_and_told(
    telegram: FakeTelegram, bot: Bot, log: io.StringIO
) -> None:
    async with watching(bot) as ours:
        telegram.updates.set_webhook(Webhook(THIEF, "theirs"), drop_pending=False)

        await bot.until(lambda: telegram.updates.webhook.url == ours, step=LOOK_EVERY / 4)

    assert telegram.updates.webhook.secret_token == SECRET
    assert events(bot) == {"foreign", "set_anew"}
    assert "telegram_webhook_foreign" in log.getvalue()
    assert "thief" not in log.getvalue()
    assert SECRET not in log.getvalue()


async def test_an_address_that_was_taken_away_is_set_anew(telegram: FakeTelegram, bot: Bot) -> None:
    async with watching(bot) as ours:
        telegram.updates.set_webhook(Webhook(), drop_pending=False)

        await bot.until(lambda: telegram.updates.webhook.url == ours, step=LOOK_EVERY / 4)

    assert events(bot) == {"gone", "set_anew"}


async def test_kinds_of_updates_that_were_taken_away_are_asked_for_again(telegram: FakeTelegram, bot: Bot) -> None:
    async with watching(bot):
        telegram.updates.allowed_as_sent = ["message"]

        await bot.until(lambda: len(telegram.calls_of("setWebhook")) == 2, step=LOOK_EVERY / 4)
        await bot.until(lambda: events(bot) == {"deaf", "set_anew"})

    assert telegram.updates.allowed_as_sent == list(ALLOWED_UPDATES)


async def test_many_that_wait_are_told_with_their_number(telegram: FakeTelegram, bot: Bot, log: io.StringIO) -> None:
    async with watching(bot):
        waiting = [Pending(number, "message", (7, "text"), 0.0, {}) for number in range(MANY_PENDING + 1)]
        telegram.updates.pending |= {update.update_id: update for update in waiting}

        await bot.until(lambda: "pending" in events(bot), step=LOOK_EVERY / 4)

    told = [json.loads(line) for line in log.getvalue().splitlines() if "telegram_webhook_pending" in line]
    assert told[0]["count"] > MANY_PENDING


@pytest.mark.parametrize(
    ("words", "code"),
    [
        ("Wrong response from the webhook: 503 Service Unavailable", "503"),
        ("Connection timed out", "timeout"),
        ("Connection refused", "refused"),
        ("SSL error {error:0A000086:certificate verify failed}", "tls"),
        ("Failed to resolve host bot.example.org", "name"),
        ("Something at https://bot.example.org/secret", "other"),
    ],
)
async def test_an_error_is_told_once_by_its_kind_and_never_in_telegrams_words(
    telegram: FakeTelegram, bot: Bot, log: io.StringIO, words: str, code: str
) -> None:
    async with watching(bot):
        await look(bot)
        telegram.updates.last_error = (1_800_000_000, words)
        for _ in range(3):
            await look(bot)

    told = [json.loads(line) for line in log.getvalue().splitlines() if "telegram_webhook_error" in line]
    assert [line["code"] for line in told] == [code]
    assert "example" not in log.getvalue()
    assert len(telegram.calls_of("setWebhook")) == 1


async def test_what_went_wrong_before_the_start_is_not_told(telegram: FakeTelegram, bot: Bot) -> None:
    telegram.updates.last_error = (1_700_000_000, "Wrong response from the webhook: 502 Bad Gateway")
    async with watching(bot):
        await look(bot)
        await look(bot)

    assert events(bot) == set()


async def test_a_secret_that_is_not_ours_any_more_is_set_anew(telegram: FakeTelegram, bot: Bot) -> None:
    async with watching(bot) as ours:
        await look(bot)
        telegram.updates.set_webhook(Webhook(ours, "theirs"), drop_pending=False)
        telegram.updates.last_error = (1_800_000_000, "Wrong response from the webhook: 403 Forbidden")

        await bot.until(lambda: telegram.updates.webhook.secret_token == SECRET, step=LOOK_EVERY / 4)


async def test_while_telegram_is_away_it_is_asked_again_later(telegram: FakeTelegram, bot: Bot) -> None:
    async with watching(bot):
        telegram.faults.answer_5xx(1.0, methods=["getWebhookInfo"])
        await bot.until(lambda: "unseen" in events(bot), step=LOOK_EVERY / 4)
        telegram.faults.off()
        telegram.updates.set_webhook(Webhook(), drop_pending=False)

        await bot.until(lambda: "set_anew" in events(bot), step=LOOK_EVERY / 4)


def events(bot: Bot) -> set[str]:
    return {label for what, label in bot.figures.counts if what == "telegram_webhook"}
