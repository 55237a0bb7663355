"""What web and worker do apart they do together as one process does."""

import asyncio
from collections.abc import AsyncIterator, Iterator
from contextlib import AsyncExitStack, asynccontextmanager
from pathlib import Path

import aiohttp
import pytest

from bot.__main__ import main
from bot.dialogue.events import Wish
from bot.dialogue.presses import Press, write_press
from bot.messages import Language
from bot.settings import NAMES, ProcessRole, Settings
from bot.wiring import run_bot
from tests.dialogue.little_world import little_script
from tests.platform.stores import PASSWORD
from tests.store.servers import Server, a_server, free_ports
from tests.telegram_server import FakeTelegram
from tests.whole.replica import Replica, a_replica

SOON = 60.0
WEB, WORKER = ProcessRole.WEB, ProcessRole.WORKER
LEASE_OVER = 11.0


@pytest.fixture
def server() -> Iterator[Server]:
    with a_server("--requirepass", PASSWORD) as running:
        yield running


@pytest.fixture
def folder(quick_folder: Path) -> Path:
    little_script(quick_folder / "content")
    return quick_folder


@pytest.fixture
async def telegram() -> AsyncIterator[FakeTelegram]:
    async with FakeTelegram(allow_http_webhook=True) as running:
        yield running


@asynccontextmanager
async def a_process(
    folder: Path, server: Server, telegram: FakeTelegram, role: ProcessRole, *, webhook: int = 0
) -> AsyncIterator[str]:
    """What one process does, and where it answers."""
    settings = Settings(
        telegram_token=telegram.token,
        telegram_api_url=telegram.url,
        telegram_webhook_url=f"http://127.0.0.1:{webhook}" if webhook else None,
        telegram_webhook_secret="Only_Telegram-knows-this-secret",
        store_url=f"unix://:{PASSWORD}@{server.folder}/socket",
        data_dir=folder / "var",
        content_dir=folder / "content",
        http_port=webhook if role is WEB else 0,
    )
    stop, told = asyncio.Event(), asyncio.Queue[str]()
    task = asyncio.create_task(run_bot(settings, stop, told.put_nowait, pacing=None, role=role))
    greeting = asyncio.create_task(told.get())
    try:
        async with asyncio.timeout(SOON):
            await asyncio.wait([task, greeting], return_when=asyncio.FIRST_COMPLETED)
        if task.done():
            await task
        yield greeting.result().splitlines()[0].split()[-1].removesuffix("/readyz").rstrip("/")
    finally:
        greeting.cancel()
        stop.set()
        async with asyncio.timeout(SOON):
            await asyncio.wait([task])


async def status_of(url: str) -> int:
    async with aiohttp.ClientSession() as session, session.get(url) as answer:
        return answer.status


async def text_of(url: str) -> str:
    async with aiohttp.ClientSession() as session, session.get(url) as answer:
        return await answer.text()


@asynccontextmanager
async def two_webs_and_a_worker(
    folder: Path, server: Server, telegram: FakeTelegram
) -> AsyncIterator[tuple[Replica, Replica, Replica]]:
    """Processes of their own; what Telegram posts comes to the first one."""
    (port,) = free_ports(1)
    async with AsyncExitStack() as stack:
        starting = [
            stack.enter_async_context(a_replica(folder, server, telegram, role, webhook=port))
            for role in (WEB, WEB, WORKER)
        ]
        web, other, worker = await asyncio.gather(*starting)
        lead_to(telegram, web)
        await telegram.until(lambda: telegram.updates.webhook.url != "")
        yield web, other, worker


def lead_to(telegram: FakeTelegram, replica: Replica) -> None:
    """What stands in front of the bots chooses this one from now on."""
    telegram.updates.route = lambda url: f"{replica.url}/{url.split('/', 3)[3]}"


async def test_web_takes_and_answers_and_a_worker_brings_what_was_left_behind(
    folder: Path, server: Server, telegram: FakeTelegram
) -> None:
    (port,) = free_ports(1)
    early, late = telegram.person(7, started=True), telegram.person(8, started=True)
    async with a_process(folder, server, telegram, WEB, webhook=port) as web:
        assert await status_of(web) == 200
        early.send("/start")
        await telegram.until(lambda: any("Language" in text for text in early.texts()))

        telegram.faults.answer_5xx(1.0, methods={"sendMessage"})
        late.send("/start")
        await telegram.until(lambda: not telegram.updates.pending and len(telegram.calls_of("sendMessage")) > 1)
        telegram.faults.off()
        assert telegram.calls_of("getUpdates", "setMyDescription") == []
        assert telegram.calls_of("setWebhook") != []

        async with a_process(folder, server, telegram, WORKER, webhook=port) as worker:
            await telegram.until(lambda: any("Language" in text for text in late.texts()))
            await telegram.until(lambda: telegram.calls_of("setMyDescription") != [])

            assert await status_of(worker) == 404
            assert await status_of(f"{worker}/readyz") == 200
            assert 'waymark_delivered_total{label="telegram"} 1' in await text_of(f"{worker}/metrics")
            assert telegram.calls_of("getUpdates") == []
            assert len(telegram.calls_of("setWebhook")) == 1


async def test_without_a_webhook_the_worker_asks_for_updates_and_web_does_not(
    folder: Path, server: Server, telegram: FakeTelegram
) -> None:
    person = telegram.person(7)
    person.send("/start")
    async with a_process(folder, server, telegram, WEB):
        assert telegram.calls_of("getUpdates", "deleteWebhook", "getWebhookInfo") == []

        async with a_process(folder, server, telegram, WORKER):
            await telegram.until(lambda: any("Language" in text for text in person.texts()))


async def test_what_one_web_showed_while_the_store_was_away_is_gone_after_a_quick_exit_through_another(
    folder: Path, server: Server, telegram: FakeTelegram
) -> None:
    async with two_webs_and_a_worker(folder, server, telegram) as (_, other, _worker):
        person = telegram.person(7, started=True)
        person.send("/start")
        await telegram.until(lambda: any("Language" in text for text in person.texts()))
        server.freeze()
        person.send("/help")
        await telegram.until(lambda: any("what you write waits" in text for text in person.texts()))
        server.thaw()
        lead_to(telegram, other)
        await telegram.until(lambda: not telegram.updates.pending, timeout=SOON)

        person.tap_data(write_press(Press(Wish.EXIT, Language("en"))), person.last())

        await telegram.until(lambda: any("Keep a copy" in text for text in person.texts()))
        await telegram.until(lambda: not any("what you write waits" in text for text in person.texts()))


async def test_what_web_showed_before_the_store_went_away_for_longer_than_a_lease_no_worker_shows_again(
    folder: Path, server: Server, telegram: FakeTelegram
) -> None:
    async with two_webs_and_a_worker(folder, server, telegram) as (_, _other, worker):
        people = [telegram.person(number, started=True) for number in range(1, 9)]
        telegram.faults.slow(2.0, methods={"sendMessage"})
        for person in people:
            person.send("/start")
        await telegram.until(lambda: all(any("Language" in text for text in person.texts()) for person in people))
        server.freeze()
        telegram.faults.off()
        await asyncio.sleep(LEASE_OVER)
        server.thaw()
        await asyncio.sleep(6.0)

        assert await worker.figure('waymark_sweep_failed_total{label="StoreDownError"}') > 0
        assert [sum("Language" in text for text in person.texts()) for person in people] == [1] * len(people)


def test_the_built_in_store_is_for_one_process_that_does_all(
    folder: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    for name in NAMES:
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("WAYMARK_CONTENT_DIR", str(folder / "content"))
    monkeypatch.chdir(folder)

    with pytest.raises(SystemExit) as left:
        main(["run", "--role", "worker"])

    assert left.value.code == 1
    assert "set WAYMARK_STORE_URL" in capsys.readouterr().err
