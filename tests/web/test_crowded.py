"""Strangers who only hold connections, and never ask or read, take nothing from anybody else."""

import asyncio
import contextlib
import gzip
import resource
from dataclasses import replace

import pytest
from aiohttp import ClientSession, web

from bot.store.memory_store import MemoryStore
from handlers.web.chat.hub import Hub
from handlers.web.chat.stream import Pace, Stream
from handlers.web.gate import most_connections
from tests.builders import LEASE, NOW, SOMEBODY, a_commit, an_outgoing
from tests.web.house import LIMIT, QUICK, House, Phone


@pytest.mark.parametrize("said", [b"", b"GET / HT", b"GET / HTTP/1.1\r\nHost: a\r\nX-Long: "])
async def test_a_connection_that_asks_for_nothing_is_closed(house: House, said: bytes) -> None:
    house.silence = 0.2
    async with house.open():
        reader, writer = await asyncio.open_connection("127.0.0.1", house.port)
        writer.write(said)
        async with asyncio.timeout(LIMIT):
            assert await reader.read() == b""
        writer.close()


async def test_so_many_may_be_connected_and_when_some_have_gone_others_may_come(house: House) -> None:
    house.most = 3
    async with house.open() as base:
        held = [await asyncio.open_connection("127.0.0.1", house.port) for _ in range(3)]
        async with asyncio.timeout(LIMIT):
            reader, writer = await asyncio.open_connection("127.0.0.1", house.port)
            with contextlib.suppress(ConnectionResetError):
                assert await reader.read() == b""
            writer.close()
            for _, held_writer in held:
                held_writer.close()
            async with ClientSession() as browser:
                while True:
                    try:
                        answer = await browser.get(f"{base}/healthz")
                    except OSError:
                        continue
                    assert await answer.text() == "alive\n"
                    break


def test_what_telegram_and_the_store_need_is_kept_back() -> None:
    files, at_most = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (600, at_most))
    try:
        assert most_connections(200) == 200
        assert resource.getrlimit(resource.RLIMIT_NOFILE)[0] == min(700, at_most)
    finally:
        resource.setrlimit(resource.RLIMIT_NOFILE, (files, at_most))


async def test_a_form_that_never_ends_is_not_waited_for(house: House) -> None:
    house.pace = replace(QUICK, upload=0.2)
    async with house.open() as base:
        reader, writer = await asyncio.open_connection("127.0.0.1", house.port)
        writer.write(
            f"POST /chat/say HTTP/1.1\r\nHost: 127.0.0.1:{house.port}\r\nOrigin: {base}\r\nContent-Length: 99\r\nConnection: close\r\n"
            "Content-Type: application/x-www-form-urlencoded\r\n\r\nwords=help".encode()
        )
        async with asyncio.timeout(LIMIT):
            assert b" 408 " in await reader.readline()
            await reader.readuntil(b"</html>")
            # Otherwise the server would wait for the rest even when it is to end.
            writer.write(b"." * 89)
            assert await reader.read() == b""
        writer.close()


async def test_a_browser_that_does_not_read_its_stream_loses_its_place(house: House) -> None:
    store, hub, gone = MemoryStore(), Hub(), asyncio.Event()
    for turn in range(1, 10):
        await store.commit(a_commit(turn, an_outgoing(turn=turn), pushed=False), NOW, LEASE)

    async def stream(request: web.Request) -> web.StreamResponse:
        try:
            with hub.watch(SOMEBODY) as watch:
                pace = Pace(look=0.05, patience=0.3)
                return await Stream(store.waiting, SOMEBODY, watch, lambda outgoing: "x" * 1_000_000, pace).run(request)
        finally:
            gone.set()

    async with house.open({"/flood": stream}):
        reader, writer = await asyncio.open_connection("127.0.0.1", house.port)
        writer.write(b"GET /flood HTTP/1.1\r\nHost: a\r\n\r\n")
        async with asyncio.timeout(LIMIT):
            assert b" 200 " in await reader.readline()
            assert hub.count == 1
            await gone.wait()
        writer.close()


@pytest.mark.parametrize(
    "asked",
    [
        b"NONSENSE\r\n\r\n",
        b"GET / HTTP/1.1\r\n\r\n",
        b"GET / HTTP/1.1\r\nHost: a\r\nHost: b\r\n\r\n",
        b"GET /<script>canary" + b"a" * 9000 + b" HTTP/1.1\r\nHost: a\r\n\r\n",
        b"GET / HTTP/1.1\r\nHost: a\r\nCookie: canary=" + b"a" * 9000 + b"\r\n\r\n",
        b"POST /chat/say HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
    ],
)
async def test_what_is_no_proper_request_gets_numbers_and_is_not_quoted(
    house: House, caplog: pytest.LogCaptureFixture, asked: bytes
) -> None:
    async with house.open():
        reader, writer = await asyncio.open_connection("127.0.0.1", house.port)
        writer.write(asked)
        async with asyncio.timeout(LIMIT):
            head, _, body = (await reader.read()).partition(b"\r\n\r\n")
        writer.close()

    assert head.split()[1] == b"400"
    assert b"default-src 'none'" in head
    assert b"nosniff" in head
    assert b"aiohttp" not in head
    assert b"tel:191" in body
    assert b"canary" not in body
    assert caplog.text == ""


async def test_what_is_packed_is_not_unpacked(house: House) -> None:
    bomb = gzip.compress(b"words=" + b"a" * 10_000_000)
    async with house.open() as base, Phone(base) as phone:
        headers = {"Origin": base, "Content-Encoding": "gzip", "Content-Type": "application/x-www-form-urlencoded"}
        async with phone.http.post(f"{base}/chat/say", data=bomb, headers=headers) as answer:
            assert answer.status == 400

    assert house.figures.counts["page_failed", ""] == 0
