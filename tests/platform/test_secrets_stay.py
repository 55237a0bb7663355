"""No secret is an argument, is printed by accident or stands in a log, and every file of ours is ours alone.

A real bot runs as a process of its own, with a webhook at a Telegram that answers and then does not.
"""

import asyncio
import base64
import os
import re
import stat
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import psutil
import pytest

from bot import logbook
from bot.figures import Figures
from bot.settings import Settings
from bot.store.embedded import EmbeddedValkey
from bot.store.redis_store import open_store
from bot.store.sealing import Vault
from bot.store.secrets import load_or_make
from handlers.outside import Hook, Mail
from handlers.telegram import TelegramConnection
from handlers.telegram.updates import Reading, Taken
from handlers.telegram.webhook import Webhook
from tests.fakes import ManualClock
from tests.lessons import lessons_of
from tests.store.servers import a_server
from tests.telegram_server import FakeTelegram
from tests.whole.running_bot import CONTENT, PATIENCE

TOKEN = "4242424242:CANARY-token-of-tests_only"
SECRETS = {
    "WAYMARK_TELEGRAM_TOKEN": TOKEN,
    "WAYMARK_TELEGRAM_WEBHOOK_SECRET": "CANARY-webhook-secret-of-tests",
    "WAYMARK_ALARM_SMTP_URL": "smtps://desk:CANARY-mail-password@127.0.0.1:9",
    "WAYMARK_ALARM_WEBHOOK_URL": "http://127.0.0.1:9/CANARY-hook-path",
    "WAYMARK_ALARM_WEBHOOK_SECRET": "CANARY-hook-secret-of-tests",
    "WAYMARK_WATCH_URL": "http://127.0.0.1:9/CANARY-watch-path",
}
OTHERS = {
    "WAYMARK_ALARM_MAIL_FROM": "desk@example.org",
    "WAYMARK_ALARM_MAIL_TO": "desk@example.org",
    "WAYMARK_TELEGRAM_WEBHOOK_URL": "https://bot.example.org",
    "WAYMARK_HTTP_PORT": "0",
}
EVERYTHING = """
import logging
from bot import logbook
usual = logbook.open_logbook
def open_loudly():
    usual(level=logging.DEBUG)
    logging.getLogger().setLevel(logging.DEBUG)
logbook.open_logbook = open_loudly
from bot.__main__ import main
main(["run"])
"""


@dataclass
class Ran:
    """What could be seen of a bot from outside while it ran, and what it left."""

    arguments: str
    shown: str
    store_environment: str
    core_limits: list[tuple[int, int]]
    data: Path
    was_asked: bool


@pytest.fixture(scope="module")
def ran(tmp_path_factory: pytest.TempPathFactory) -> Ran:
    return asyncio.run(run(tmp_path_factory.mktemp("bot")))


async def run(folder: Path) -> Ran:
    data = folder / "var"
    log = folder / "log"
    (data / "learned").mkdir(mode=0o700, parents=True)
    with lessons_of(CONTENT, "bot") as lessons:
        for lesson in lessons.iterdir():
            (data / "learned" / lesson.name).symlink_to(lesson)
        async with FakeTelegram(TOKEN, allow_http_webhook=True) as telegram:
            environment = {
                "PATH": os.environ["PATH"],
                "PYTHONPATH": os.fspath(Path.cwd()),
                **SECRETS,
                **OTHERS,
                "WAYMARK_TELEGRAM_API_URL": telegram.url,
                "WAYMARK_DATA_DIR": os.fspath(data),
                "WAYMARK_CONTENT_DIR": os.fspath(CONTENT),
            }
            with log.open("wb") as output:
                bot = await asyncio.create_subprocess_exec(
                    *(sys.executable, "-c", EVERYTHING), cwd=folder, env=environment, stdout=output, stderr=output
                )
            try:
                async with asyncio.timeout(PATIENCE):
                    await until_ready(bot, log)
                family = [psutil.Process(bot.pid), *psutil.Process(bot.pid).children(recursive=True)]
                arguments = "\n".join(" ".join(one.cmdline()) for one in family)
                core_limits = [one.rlimit(psutil.RLIMIT_CORE) for one in family]
                store_environment = "\n".join(str(one.environ()) for one in family[1:])
                telegram.faults.answer_5xx(1.0)
                telegram.faults.lose_answer(0.5)
                await asyncio.sleep(0)
                was_asked = bool(telegram.calls_of("setWebhook"))
            finally:
                if bot.returncode is None:
                    bot.terminate()
                await asyncio.wait_for(bot.wait(), PATIENCE)
    return Ran(arguments, log.read_text("utf-8"), store_environment, core_limits, data, was_asked)


async def until_ready(bot: asyncio.subprocess.Process, log: Path) -> None:
    """It says where it listens once all of it runs."""
    while "http://127.0.0.1" not in log.read_text("utf-8"):
        assert bot.returncode is None, log.read_text("utf-8")
        await asyncio.sleep(0.1)


def planted() -> Iterator[str]:
    for secret in SECRETS.values():
        yield from (secret, *(word for word in re.split(r"[:/@]", secret) if "CANARY" in word))


def made(data: Path) -> Iterator[str]:
    """What the bot made itself: every long word of its key files."""
    for path in (*(data / "keys").iterdir(), *(data / "epochs").glob("*")):
        raw = path.read_bytes()
        yield from (word.decode() for word in raw.split() if len(word) >= 40 and not raw.startswith(word + b" "))
        if len(raw) == 32:
            yield raw.hex()
            yield base64.b64encode(raw).decode()


def test_a_bot_was_there_to_be_looked_at(ran: Ran) -> None:
    assert ran.was_asked
    assert "valkey" in ran.arguments
    assert '"event"' in ran.shown
    assert '"level": "debug"' in ran.shown
    assert len(list(made(ran.data))) >= 3


def test_what_is_in_memory_is_written_nowhere_when_it_crashes(ran: Ran) -> None:
    assert len(ran.core_limits) > 1
    assert set(ran.core_limits) == {(0, 0)}


def test_no_secret_is_an_argument_of_a_process(ran: Ran) -> None:
    assert [one for one in (*planted(), *made(ran.data)) if one in ran.arguments] == []


def test_no_secret_stands_in_what_it_shows_or_logs_even_at_the_finest_level(ran: Ran) -> None:
    assert [one for one in (*planted(), *made(ran.data)) if one in ran.shown] == []


def test_the_store_does_not_inherit_our_secrets(ran: Ran) -> None:
    assert "CANARY" not in ran.store_environment
    assert "WAYMARK" not in ran.store_environment


def test_every_file_and_folder_that_it_made_is_for_its_owner_alone(ran: Ran) -> None:
    # What was learned of the content is about nobody.
    paths = [path for path in ran.data.rglob("*") if "learned" not in path.parts]

    assert len(paths) > 6
    assert [path for path in paths if stat.S_IMODE(path.stat().st_mode) & 0o077] == []


async def test_nothing_that_holds_a_secret_shows_it(quick_folder: Path) -> None:
    keys = load_or_make(quick_folder, ManualClock().now().date())
    async with TelegramConnection(TOKEN, "http://127.0.0.1:9") as connection:
        with a_server() as server:
            store = open_store(server.url.replace("unix://", "unix://u:CANARY-store-password@"), keys.vault())
            held = [
                Settings.from_environ({**SECRETS, **OTHERS}),
                *(keys, keys.ring[0], keys.vault(), Vault(b"C" * 32, {1: b"C" * 32}, 1)),
                *(Mail(SECRETS["WAYMARK_ALARM_SMTP_URL"], "a@example.org", ()), Hook("https://CANARY", "CANARY")),
                *(connection, store, EmbeddedValkey(quick_folder)),
                Webhook("https://bot.example.org", "CANARY-secret", _read, _take, Figures()),
            ]
            shown = "\n".join(f"{one!r} {one!s} {one}" for one in held)
            await store.close()

    assert "CANARY" not in shown
    raw = [keys.identity, keys.ring[0].key]
    assert [one for key in raw for one in (key.hex(), repr(key), base64.b64encode(key).decode()) if one in shown] == []


def _read(raw: bytes) -> Reading:
    raise NotImplementedError


async def _take(arrival: Taken) -> None:
    raise NotImplementedError


def test_the_search_would_find_them() -> None:
    assert [one for one in planted() if one in f"POST /bot{TOKEN}/setWebhook"] != []
    with pytest.raises(ValueError, match="may not hold token"):
        logbook.note("started", token=TOKEN)
