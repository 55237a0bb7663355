"""The bot as one process: it starts whole, ends tidily, and says in words why it cannot start."""

import asyncio
import os
import signal
import socket
import sys
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from pathlib import Path

import aiohttp
import pytest

from bot.channel import TokenError
from bot.clock import SystemClock
from bot.compiler import ContentError, KeptScripts
from bot.live import LiveContent
from bot.settings import Settings
from bot.store.embedded import EmbeddedValkeyError, find_running
from bot.store.redis_store import open_store
from bot.store.secrets import load_or_make
from bot.studio.traffic import OUTSIDE, TrafficBook
from bot.wiring import run_bot
from handlers.web.server import AddressError
from tests.dialogue.little_world import FLOWS, PlainEars, little_script
from tests.fakes import ManualClock
from tests.telegram_server import FakeTelegram

PROJECT = Path(__file__).parents[1]
SOON = 20.0


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    little_script(tmp_path / "content")
    return Settings(data_dir=tmp_path / "var", content_dir=tmp_path / "content", http_port=0)


@asynccontextmanager
async def running(settings: Settings) -> AsyncIterator[list[str]]:
    """A bot from its greeting to its end; what is told at the terminal."""
    told: list[str] = []
    stop, ready = asyncio.Event(), asyncio.Event()
    task = asyncio.create_task(run_bot(settings, stop, told.append, ready.set))
    waiting = asyncio.create_task(ready.wait())
    try:
        async with asyncio.timeout(SOON):
            await asyncio.wait([task, waiting], return_when=asyncio.FIRST_COMPLETED)
        if task.done():
            await task
        yield told
    finally:
        waiting.cancel()
        stop.set()
        async with asyncio.timeout(SOON):
            await asyncio.wait([task])


def leaves(error: BaseException) -> list[BaseException]:
    if isinstance(error, BaseExceptionGroup):
        return [leaf for one in error.exceptions for leaf in leaves(one)]
    return [error]


async def refusal_of(settings: Settings) -> BaseException:
    """Why a bot does not start."""
    with pytest.raises((Exception, BaseExceptionGroup)) as refused:
        async with running(settings):
            pass
    (error,) = leaves(refused.value)
    return error


def address_in(told: list[str]) -> str:
    return told[0].splitlines()[0].split()[-1]


async def test_it_answers_where_it_says(settings: Settings) -> None:
    async with running(settings) as told, aiohttp.ClientSession() as browser:
        async with browser.get(address_in(told)) as page:
            assert page.status == 200
        async with browser.get(address_in(told) + "readyz") as ready:
            assert ready.status == 200


async def test_in_the_end_the_store_is_stopped_and_no_task_is_left(settings: Settings) -> None:
    before = asyncio.all_tasks()
    async with running(settings):
        assert find_running(settings.data_dir) is not None

    assert find_running(settings.data_dir) is None
    assert asyncio.all_tasks() == before


async def test_a_page_that_listens_does_not_hold_up_the_end(settings: Settings) -> None:
    loop = asyncio.get_running_loop()
    async with aiohttp.ClientSession(cookie_jar=aiohttp.DummyCookieJar()) as browser:
        async with running(settings) as told:
            home = address_in(told)
            headers = {"Origin": home.rstrip("/"), "Accept": "text/x-fragments"}
            said = {"nonce": "0123456789abcdef", "words": "hello", "opening": "1"}
            async with browser.post(home + "chat/say", data=said, headers=headers) as answer:
                assert answer.status == 200
                (cookie,) = answer.cookies.values()
            stream = await browser.get(home + "chat/stream", headers={"Cookie": f"{cookie.key}={cookie.value}"})
            assert stream.status == 200
            assert await stream.content.readline()
            began = loop.time()
        took = loop.time() - began
        stream.close()

    assert took < 5


async def test_the_studio_stands_behind_the_door_of_the_desk(settings: Settings) -> None:
    async with running(settings) as told, aiohttp.ClientSession() as browser:
        page = address_in(told) + "studio/at/live/map"
        async with browser.get(page, headers={"Accept": "text/html"}, allow_redirects=False) as answer:
            assert (answer.status, answer.headers["Location"]) == (303, "/desk/sign-in")


async def test_which_ways_people_took_is_kept_when_the_bot_ends(settings: Settings) -> None:
    async with running(settings) as told, aiohttp.ClientSession(cookie_jar=aiohttp.DummyCookieJar()) as browser:
        home = address_in(told)
        headers = {"Origin": home.rstrip("/"), "Accept": "text/x-fragments"}
        said = {"nonce": "0123456789abcdef", "words": "hello", "opening": "1"}
        async with browser.post(home + "chat/say", data=said, headers=headers) as answer:
            assert answer.status == 200
    async with running(settings):
        url = find_running(settings.data_dir)
        assert url is not None
        store = open_store(url, load_or_make(settings.data_dir, SystemClock().now().date()).vault())
        try:
            taken = (await TrafficBook(store.shelf(), SystemClock()).read()).taken
        finally:
            await store.close()

    assert [count for (begin, _), count in taken.items() if begin == OUTSIDE] == [1]


async def test_a_second_bot_in_the_same_folder_is_told_so(settings: Settings) -> None:
    async with running(settings):
        error = await refusal_of(settings)

    assert isinstance(error, EmbeddedValkeyError)
    assert "WAYMARK_DATA_DIR" in str(error)


async def test_a_port_that_is_taken_is_named(settings: Settings, tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as other:
        port = other.getsockname()[1]
        error = await refusal_of(Settings(data_dir=settings.data_dir, content_dir=settings.content_dir, http_port=port))

    assert isinstance(error, AddressError)
    assert str(port) in str(error)
    assert "WAYMARK_HTTP_PORT" in str(error)
    assert find_running(settings.data_dir) is None


async def test_a_token_that_telegram_does_not_know_ends_the_start(settings: Settings) -> None:
    async with FakeTelegram() as telegram:
        with pytest.raises((TokenError, ExceptionGroup)) as refused:
            await asyncio.wait_for(
                run_bot(
                    Settings(
                        telegram_token="1:wrong",
                        telegram_api_url=telegram.url,
                        data_dir=settings.data_dir,
                        content_dir=settings.content_dir,
                        http_port=0,
                    ),
                    asyncio.Event(),
                    lambda _: None,
                ),
                SOON,
            )

    (error,) = leaves(refused.value)
    assert isinstance(error, TokenError)
    assert "WAYMARK_TELEGRAM_TOKEN" in str(error)
    assert "1:wrong" not in str(error)
    assert find_running(settings.data_dir) is None


async def test_content_with_mistakes_does_not_start(settings: Settings) -> None:
    (settings.content_dir / "flows" / "home.yaml").write_text("flow: home\n", "utf-8")

    error = await refusal_of(settings)

    assert isinstance(error, ContentError)
    assert "flows/home.yaml" in str(error)


@pytest.mark.parametrize("name", [signal.SIGTERM, signal.SIGINT])
async def test_a_signal_ends_the_process_within_seconds_and_with_it_the_store(
    settings: Settings, name: signal.Signals
) -> None:
    environment = {key: value for key, value in os.environ.items() if not key.startswith("WAYMARK_")}
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "bot", "run"),
        cwd=PROJECT,
        env={
            **environment,
            "WAYMARK_DATA_DIR": str(settings.data_dir),
            "WAYMARK_CONTENT_DIR": str(settings.content_dir),
            "WAYMARK_HTTP_PORT": "0",
        },
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.PIPE,
    )
    try:
        assert process.stdout is not None
        first = await asyncio.wait_for(process.stdout.readline(), SOON)
        assert b"Waymark answers at" in first
        process.send_signal(name)
        _, errors = await asyncio.wait_for(process.communicate(), 10)
    finally:
        if process.returncode is None:
            process.kill()

    assert process.returncode == 0, errors.decode()
    assert b"Traceback" not in errors
    assert find_running(settings.data_dir) is None


# The content that is live


async def test_changed_content_goes_live_and_a_mistake_does_not(tmp_path: Path) -> None:
    content, clock, told = tmp_path / "content", ManualClock(), list[str]()
    little_script(content)
    live = LiveContent(content, KeptScripts(None, PlainEars).script, clock, told.append)
    following = asyncio.create_task(live.follow())
    before = live.script().version

    little_script(content, cover=FLOWS["cover"].replace("Keep a copy", "Keep two copies"))
    await until(clock, lambda: bool(told))
    assert told == ["Changed content is live."]
    assert live.script().version != before

    good = live.script().version
    (content / "flows" / "cover.yaml").write_bytes(b"flow: \xff\xfe\x00")
    await until(clock, lambda: len(told) > 1)
    assert "the version from before stays live" in told[1]
    assert live.script().version == good

    little_script(content)
    await until(clock, lambda: len(told) > 2)
    assert live.script().version == before
    following.cancel()


async def test_content_that_vanishes_for_a_moment_ends_nothing(tmp_path: Path) -> None:
    content, clock, told = tmp_path / "content", ManualClock(), list[str]()
    little_script(content)
    live = LiveContent(content, KeptScripts(None, PlainEars).script, clock, told.append)
    following = asyncio.create_task(live.follow())
    version = live.script().version

    content.rename(tmp_path / "away")
    (tmp_path / "dangling.yaml").symlink_to(tmp_path / "nowhere.yaml")
    await until(clock, lambda: bool(told))
    (tmp_path / "away").rename(content)
    (content / "swap.yaml").symlink_to(tmp_path / "nowhere.yaml")
    await until(clock, lambda: len(told) > 1)

    assert not following.done()
    assert live.script().version == version
    following.cancel()


async def test_a_teacher_that_fails_leaves_the_good_version_live(tmp_path: Path) -> None:
    content, clock, told = tmp_path / "content", ManualClock(), list[str]()
    little_script(content)
    lessons = 0

    def teach(of: object) -> PlainEars:
        nonlocal lessons
        lessons += 1
        if lessons > 1:
            raise RuntimeError("no memory")
        return PlainEars(of)  # type: ignore[arg-type]  # it only keeps them

    live = LiveContent(content, KeptScripts(None, teach).script, clock, told.append)
    following = asyncio.create_task(live.follow())
    version = live.script().version

    little_script(content, cover=FLOWS["cover"].replace("Keep a copy", "Keep two copies"))
    await until(clock, lambda: bool(told))

    assert not following.done()
    assert "RuntimeError" in told[0]
    assert live.script().version == version
    following.cancel()


async def until(clock: ManualClock, holds: Callable[[], bool]) -> None:
    """Let seconds pass, and the threads that look and compile do their work, until something holds."""
    async with asyncio.timeout(SOON):
        while not holds():
            await clock.advance(1)
            await asyncio.to_thread(lambda: None)
