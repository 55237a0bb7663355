"""Connections that stay open: what servers may do to them, over real sockets, beside what a general client makes of it."""

import asyncio
import socket
import ssl
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from random import Random
from typing import Final, TypeAlias

import aiohttp
import pytest

from handlers.telegram import http_pool
from handlers.telegram.http_pool import Answer, HttpPool, Limits, NoAnswerError, NotSentError, Origin
from tests.store.certificates import make_certificates

USUAL: Final = Limits(connections=10, idle=5.0, connecting=2.0)
LONG: Final = 10.0
GOOD: Final = b"HTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\ngood"

FRAMED: Final = {
    "with its length": (GOOD, (200, b"good")),
    "empty": (b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n", (200, b"")),
    "refused": (b"HTTP/1.1 429 Too Many Requests\r\ncontent-length:  3\r\nRetry-After: 7\r\n\r\nbad", (429, b"bad")),
    "in chunks": (
        b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3;a=b\r\nabc\r\n0A\r\n0123456789\r\n0\r\nX: y\r\n\r\n",
        (200, b"abc0123456789"),
    ),
    "after a hint": (
        b"HTTP/1.1 103 Early Hints\r\nLink: </a>\r\n\r\nHTTP/1.1 100 Continue\r\n\r\n" + GOOD,
        (200, b"good"),
    ),
    "nothing to say": (b"HTTP/1.1 204 No Content\r\n\r\n", (204, b"")),
    "of another kind of server": (b"HTTP/1.0 200 OK\r\nContent-Length: 2\r\n\r\nhi", (200, b"hi")),
    "and goodbye": (b"HTTP/1.1 500 Oh\r\nConnection: close\r\nContent-Length: 2\r\n\r\nno", (500, b"no")),
    "moved": (b"HTTP/1.1 302 Found\r\nLocation: http://127.0.0.1:1/\r\nContent-Length: 0\r\n\r\n", (302, b"")),
    "said to be as it is": (
        b"HTTP/1.1 200 OK\r\nContent-Encoding: identity\r\nContent-Length: 1\r\n\r\n1",
        (200, b"1"),
    ),
}
ENDING: Final = {
    "until the end": (b"HTTP/1.1 200 OK\r\n\r\nuntil here", (200, b"until here")),
    "until the end, nothing": (b"HTTP/1.0 404 Not Found\r\n\r\n", (404, b"")),
}
BROKEN: Final = {
    "nothing": b"",
    "half a head": b"HTTP/1.1 200 OK\r\nContent-Le",
    "half a body": b"HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nhalf",
    "half a chunk": b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nab",
    "no last chunk": b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nab\r\n",
    "only a hint": b"HTTP/1.1 100 Continue\r\n\r\n",
    "another protocol": b"SSH-2.0-OpenSSH_9.2\r\n",
    "two lengths": b"HTTP/1.1 200 OK\r\nContent-Length: 1\r\nContent-Length: 4\r\n\r\ngood",
    "a length below nothing": b"HTTP/1.1 200 OK\r\nContent-Length: -4\r\n\r\ngood",
    "a length and chunks": b"HTTP/1.1 200 OK\r\nContent-Length: 4\r\nTransfer-Encoding: chunked\r\n\r\n4\r\ngood\r\n0\r\n\r\n",
    "odd chunk": b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\nab\r\n0\r\n\r\n",
    "another protocol from here on": b"HTTP/1.1 101 Switching Protocols\r\nUpgrade: x\r\nConnection: upgrade\r\n\r\nhello",
    "packed": b"HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\nContent-Length: 4\r\n\r\n\x1f\x8b\x08\x00",
}

Talk: TypeAlias = Callable[[asyncio.StreamReader, asyncio.StreamWriter], Awaitable[None]]


@dataclass(slots=True)
class Server:
    """What it was asked, and who is there."""

    port: int = 0
    heard: list[bytes] = field(default_factory=list)
    made: int = 0
    most: int = 0
    asked: asyncio.Event = field(default_factory=asyncio.Event)
    left: asyncio.Queue[None] = field(default_factory=asyncio.Queue)
    _here: int = 0

    def origin(self, host: str = "127.0.0.1", *, is_secure: bool = False) -> Origin:
        return Origin(is_secure, host, self.port)

    async def hear(self, reader: asyncio.StreamReader) -> bytes:
        """One call, whole."""
        head = await reader.readuntil(b"\r\n\r\n")
        length = next(line for line in head.lower().split(b"\r\n") if line.startswith(b"content-length:"))
        body = await reader.readexactly(int(length.partition(b":")[2]))
        self.heard.append(head + body)
        self.asked.set()
        return body

    @asynccontextmanager
    async def here(self) -> AsyncIterator[None]:
        self.made += 1
        self._here += 1
        self.most = max(self.most, self._here)
        try:
            yield
        finally:
            self._here -= 1
            self.left.put_nowait(None)


@asynccontextmanager
async def serving(
    talk: Callable[[Server], Talk], tls: ssl.SSLContext | None = None, port: int = 0, host: str = "127.0.0.1"
) -> AsyncIterator[Server]:
    server = Server()

    talks = set[asyncio.Task[None]]()

    async def welcome(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        async with server.here():
            try:
                with suppress(OSError, asyncio.IncompleteReadError):
                    await talk(server)(reader, writer)
            finally:
                writer.close()

    def begin(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.ensure_future(welcome(reader, writer))
        talks.add(task)
        task.add_done_callback(talks.discard)

    listening = await asyncio.start_server(begin, host, port, ssl=tls)
    server.port = listening.sockets[0].getsockname()[1]
    try:
        async with listening:
            yield server
    finally:
        for task in talks:
            task.cancel()
        await asyncio.gather(*talks, return_exceptions=True)


@asynccontextmanager
async def pool_of(
    server: Server, limits: Limits = USUAL, host: str = "127.0.0.1", tls: ssl.SSLContext | None = None
) -> AsyncIterator[HttpPool]:
    pool = HttpPool(server.origin(host, is_secure=tls is not None), limits, tls)
    try:
        yield pool
    finally:
        await pool.close()


def always(*pieces: bytes) -> Callable[[Server], Talk]:
    """Says this to every call, piece by piece."""

    def make(server: Server) -> Talk:
        async def talk(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
            while True:
                await server.hear(reader)
                for piece in pieces:
                    writer.write(piece)
                    await asyncio.sleep(0)

        return talk

    return make


def slowly(seconds: float) -> Callable[[Server], Talk]:
    """Answers each call after so long."""

    def make(server: Server) -> Talk:
        async def talk(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
            while True:
                await server.hear(reader)
                await asyncio.sleep(seconds)
                writer.write(GOOD)

        return talk

    return make


def once(answer: bytes) -> Callable[[Server], Talk]:
    """Says this, and that is all."""

    def make(server: Server) -> Talk:
        async def talk(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
            await server.hear(reader)
            writer.write(answer)

        return talk

    return make


async def outcome(pool: HttpPool, within: float = LONG) -> Answer | str:
    try:
        return await pool.post("/", b"{}", within)
    except NoAnswerError:
        return "no answer"
    except NotSentError:
        return "not sent"


async def aiohttp_outcome(port: int) -> Answer | str:
    async with aiohttp.ClientSession(timeout=aiohttp.ClientTimeout(LONG)) as session:
        try:
            async with session.post(f"http://127.0.0.1:{port}/", data=b"{}", allow_redirects=False) as answer:
                return answer.status, await answer.read()
        except (aiohttp.ClientError, TimeoutError):
            return "no answer"


# Answers


@pytest.mark.parametrize("what", FRAMED)
async def test_an_answer_is_read_in_whatever_pieces_it_comes(what: str) -> None:
    answer, meant = FRAMED[what]
    for cut in range(len(answer)):
        async with serving(always(answer[:cut], answer[cut:])) as server, pool_of(server) as pool:
            assert await outcome(pool) == meant
    letters = [answer[at : at + 1] for at in range(len(answer))]
    async with serving(always(*letters)) as server, pool_of(server) as pool:
        assert await outcome(pool) == meant


@pytest.mark.parametrize("what", ENDING)
async def test_an_answer_may_end_where_the_connection_ends(what: str) -> None:
    answer, meant = ENDING[what]
    async with serving(once(answer)) as server, pool_of(server) as pool:
        assert await outcome(pool) == meant


@pytest.mark.parametrize("what", BROKEN)
async def test_an_answer_that_cannot_be_read_is_none(what: str) -> None:
    async with serving(once(BROKEN[what])) as server, pool_of(server) as pool:
        assert await outcome(pool) == "no answer"
        assert await outcome(pool) == "no answer"
    assert server.made == 2


async def test_the_general_client_reads_the_same() -> None:
    """It reads some answers that are not quite HTTP; what both read they read in the same way."""
    random, read = Random(2026), 0
    good = [answer for answer, _ in (*FRAMED.values(), *ENDING.values())]
    cases = [*good, *(answer for what, answer in BROKEN.items() if what != "packed")]
    for answer in good:
        for _ in range(12):
            at = random.randrange(len(answer))
            cases.append(answer[:at] + random.choice([b"", b"\r", b"\n", b"0", b":", b"\x00"]) + answer[at + 1 :])
    for case in cases:
        async with serving(once(case)) as server, pool_of(server) as pool:
            ours, theirs = await outcome(pool), await aiohttp_outcome(server.port)
        if case in good or ours != "no answer":
            assert (case, ours) == (case, theirs)
            read += 1
    assert read > 50


async def test_no_garbage_stops_it() -> None:
    random, unhandled = Random(7), list[object]()
    asyncio.get_running_loop().set_exception_handler(lambda _, said: unhandled.append(said))
    answers = iter([random.randbytes(random.randrange(1, 200)) for _ in range(500)])

    def make(server: Server) -> Talk:
        async def talk(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
            await server.hear(reader)
            writer.write(next(answers, GOOD))

        return talk

    async with serving(make) as server, pool_of(server) as pool:
        assert [await outcome(pool) for _ in range(500)] == ["no answer"] * 500
        assert await outcome(pool) == (200, b"good")
    assert unhandled == []


async def test_an_answer_without_an_end_is_given_up(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(http_pool, "LARGEST_ANSWER", 100_000)

    def make(server: Server) -> Talk:
        async def talk(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
            await server.hear(reader)
            writer.write(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n")
            while not writer.is_closing():
                writer.write(b"a\r\n0123456789\r\n" * 100)
                await writer.drain()

        return talk

    async with serving(make) as server, pool_of(server) as pool:
        assert await outcome(pool) == "no answer"


# Calls


async def test_a_call_is_what_a_server_expects() -> None:
    async with serving(always(GOOD)) as server, pool_of(server) as pool:
        await pool.post("/bot1:a/getMe?x=1", '{"text":"ជំរាបសួរ"}'.encode(), LONG)

    [heard] = server.heard
    head, _, body = heard.partition(b"\r\n\r\n")
    first, *headers = head.decode().split("\r\n")
    assert first == "POST /bot1:a/getMe?x=1 HTTP/1.1"
    assert f"Host: 127.0.0.1:{server.port}" in headers
    assert f"Content-Length: {len(body)}" in headers
    assert body.decode() == '{"text":"ជំរាបសួរ"}'


@pytest.mark.parametrize("target", ["/a b", "/a\r\nX: y", "/ជ", "a", ""])
async def test_nothing_is_sent_to_what_is_no_path(target: str) -> None:
    async with serving(always(GOOD)) as server, pool_of(server) as pool:
        with pytest.raises(NotSentError):
            await pool.post(target, b"{}", LONG)
    assert server.heard == []


@pytest.mark.parametrize(
    ("address", "named"),
    [
        ("https://api.telegram.org", "api.telegram.org"),
        ("https://api.telegram.org:8443/x", "api.telegram.org:8443"),
        ("http://bot-api:8081", "bot-api:8081"),
        ("http://[::1]:80", "[::1]"),
    ],
)
def test_a_server_is_named_as_its_address_says(address: str, named: str) -> None:
    origin = Origin.of(address)
    assert origin is not None
    assert origin.named == named


@pytest.mark.parametrize(
    "address", ["", "ftp://a", "http://", "http://[::bad", "http://a:b", "http://u:p@a", "http://ខ"]
)
def test_what_is_out_of_the_ordinary_is_left_to_the_general_client(address: str) -> None:
    assert Origin.of(address) is None


# Connections


async def test_a_connection_is_used_again() -> None:
    async with serving(always(GOOD)) as server, pool_of(server) as pool:
        for _ in range(5):
            assert await outcome(pool) == (200, b"good")
    assert (server.made, len(server.heard)) == (1, 5)


@pytest.mark.parametrize("what", ["of another kind of server", "and goodbye"])
async def test_a_server_that_says_goodbye_is_not_asked_again_on_it(what: str) -> None:
    answer, meant = FRAMED[what]
    async with serving(always(answer)) as server, pool_of(server) as pool:
        assert [await outcome(pool), await outcome(pool)] == [meant, meant]
    assert server.made == 2


@pytest.mark.parametrize("breaths", [1, 2])
@pytest.mark.parametrize("more", [GOOD, b"\x00", b"HTTP/1.1 408 Request Timeout\r\nContent-Length: 0\r\n\r\n"])
async def test_what_nobody_asked_for_is_nobodys_answer(more: bytes, breaths: int) -> None:
    """Neither in the same breath nor in another, while the connection is idle."""

    def make(server: Server) -> Talk:
        async def talk(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
            body = await server.hear(reader)
            answer = b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n%b" % (len(body), body)
            for said in [answer + more] if breaths == 1 else [answer, more]:
                writer.write(said)
                await asyncio.sleep(0)
            await reader.read()

        return talk

    async with serving(make) as server, pool_of(server) as pool:
        for number in range(5):
            assert await pool.post("/", b"%d" % number, LONG) == (200, b"%d" % number)
            await asyncio.wait_for(server.left.get(), LONG)
    assert server.made == 5


async def test_a_connection_that_the_server_closed_meanwhile_is_not_used() -> None:
    async with serving(once(GOOD)) as server, pool_of(server) as pool:
        for _ in range(3):
            assert await outcome(pool) == (200, b"good")
            await asyncio.wait_for(server.left.get(), LONG)
            for _ in range(10):
                # It has closed it; the loop sees that when it looks.
                await asyncio.sleep(0)
    assert server.made == 3


async def test_a_late_answer_is_nobody_elses() -> None:
    go_on = asyncio.Event()

    def make(server: Server) -> Talk:
        async def talk(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
            while True:
                body = await server.hear(reader)
                if body == b"slow":
                    await go_on.wait()
                writer.write(b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n%b" % (len(body), body))

        return talk

    async with serving(make) as server, pool_of(server) as pool:
        with pytest.raises(NoAnswerError, match="late"):
            await pool.post("/", b"slow", 0.05)
        go_on.set()
        assert await pool.post("/", b"quick", LONG) == (200, b"quick")


async def test_who_no_longer_waits_takes_the_connection_along() -> None:
    def make(server: Server) -> Talk:
        async def talk(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
            body = await server.hear(reader)
            if body == b"slow":
                await reader.read()
            writer.write(GOOD)

        return talk

    async with serving(make) as server, pool_of(server, Limits(1, 5.0, 2.0)) as pool:
        call = asyncio.ensure_future(pool.post("/", b"slow", LONG))
        await server.asked.wait()
        call.cancel()
        with pytest.raises(asyncio.CancelledError):
            await call
        # There is only one place, and it is free again.
        assert await outcome(pool) == (200, b"good")


async def test_who_leaves_just_as_the_answer_comes_leaves_the_connection_to_others(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    came = http_pool._Connection.data_received

    def leave(connection: http_pool._Connection, data: bytes) -> None:
        came(connection, data)
        call.cancel()

    async with serving(always(GOOD)) as server, pool_of(server, Limits(1, 5.0, 2.0)) as pool:
        monkeypatch.setattr(http_pool._Connection, "data_received", leave)
        for _ in range(3):
            call = asyncio.ensure_future(outcome(pool))
            with pytest.raises(asyncio.CancelledError):
                await call
        monkeypatch.undo()
        assert await outcome(pool) == (200, b"good")
    assert (server.made, server.most) == (1, 1)


async def test_there_are_never_more_connections_than_allowed() -> None:
    async with serving(slowly(0.002)) as server, pool_of(server, Limits(3, 5.0, 2.0)) as pool:
        assert await asyncio.gather(*(outcome(pool) for _ in range(40))) == [(200, b"good")] * 40
    assert (server.made, server.most) == (3, 3)


async def test_who_waits_for_a_place_does_not_wait_for_ever() -> None:
    def make(server: Server) -> Talk:
        async def talk(reader: asyncio.StreamReader, _: asyncio.StreamWriter) -> None:
            await server.hear(reader)
            await reader.read()

        return talk

    async with serving(make) as server, pool_of(server, Limits(1, 5.0, 2.0)) as pool:
        first = asyncio.ensure_future(outcome(pool, 0.3))
        await server.asked.wait()
        assert await outcome(pool, 0.05) == "not sent"
        assert await first == "no answer"
    assert len(server.heard) == 1


async def test_a_call_for_which_there_is_no_time_left_is_not_sent() -> None:
    async with serving(slowly(0.25)) as server, pool_of(server, Limits(1, 5.0, 2.0)) as pool:
        first = asyncio.ensure_future(outcome(pool))
        await server.asked.wait()
        assert await outcome(pool, 0.3) == "not sent"
        assert await first == (200, b"good")
    assert len(server.heard) == 1


async def test_idle_connections_are_closed_after_a_while() -> None:
    async with serving(always(GOOD)) as server, pool_of(server, Limits(10, 0.05, 2.0)) as pool:
        await asyncio.gather(*(outcome(pool) for _ in range(4)))
        for _ in range(server.made):
            await asyncio.wait_for(server.left.get(), LONG)
        assert await outcome(pool) == (200, b"good")


async def test_closing_closes_all_and_tells_who_waits() -> None:
    def make(server: Server) -> Talk:
        async def talk(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
            if await server.hear(reader) != b"slow":
                writer.write(GOOD)
            await reader.read()

        return talk

    async with serving(make) as server:
        async with pool_of(server) as pool:
            waiting = asyncio.ensure_future(pool.post("/", b"slow", LONG))
            await server.asked.wait()
            assert await outcome(pool) == (200, b"good")
        with pytest.raises(NoAnswerError):
            await waiting
        for _ in range(2):
            await asyncio.wait_for(server.left.get(), LONG)


# Servers


async def test_a_server_that_is_not_there_was_told_nothing() -> None:
    async with serving(always(GOOD)) as server:
        origin = server.origin()
    pool = HttpPool(origin, USUAL)
    assert await outcome(pool) == "not sent"
    assert await outcome(HttpPool(Origin(is_secure=False, host="no-such-host.invalid", port=80), USUAL)) == "not sent"
    assert await outcome(HttpPool(Origin(is_secure=False, host="a" * 70, port=80), USUAL)) == "not sent"


async def test_a_server_comes_back() -> None:
    async with serving(always(GOOD)) as server:
        pool = HttpPool(server.origin(), USUAL)
        assert await outcome(pool) == (200, b"good")
    listening = await asyncio.start_server(lambda _, writer: writer.close(), "127.0.0.1", server.port)
    async with listening:
        assert [await outcome(pool) for _ in range(2)] != [(200, b"good")] * 2
    assert await outcome(pool) == "not sent"
    async with serving(always(GOOD), port=server.port):
        assert await outcome(pool) == (200, b"good")
        await pool.close()
    assert await outcome(pool) == "not sent"


async def test_a_name_with_several_addresses_is_tried_at_each() -> None:
    """Nothing listens at the first of the two."""
    async with serving(always(GOOD)) as server, pool_of(server, host="localhost") as pool:
        assert await outcome(pool) == (200, b"good")


async def test_whoever_waits_for_an_address_waits_for_one_look_up(monkeypatch: pytest.MonkeyPatch) -> None:
    look_up, asked = HttpPool._look_up, list[HttpPool]()

    async def slow(pool: HttpPool) -> None:
        asked.append(pool)
        await asyncio.sleep(0.02)
        await look_up(pool)

    monkeypatch.setattr(HttpPool, "_look_up", slow)
    async with serving(always(GOOD)) as server, pool_of(server, host="localhost") as pool:
        assert await asyncio.gather(*(outcome(pool) for _ in range(8))) == [(200, b"good")] * 8
    assert len(asked) == 1


@pytest.mark.parametrize("seconds", [0.0, 60.0])
async def test_addresses_of_before_serve_while_nobody_can_be_asked(
    monkeypatch: pytest.MonkeyPatch, seconds: float
) -> None:
    async def in_vain(_: HttpPool) -> None:
        await asyncio.sleep(seconds)

    async with serving(once(GOOD)) as server, pool_of(server, host="localhost") as pool:
        assert await outcome(pool) == (200, b"good")
        await asyncio.wait_for(server.left.get(), LONG)
        pool._found_until = 0.0
        monkeypatch.setattr(HttpPool, "_look_up", in_vain)
        assert await outcome(pool) == (200, b"good")


@pytest.mark.parametrize("hangs", [True, False])
async def test_an_address_that_does_not_shake_hands_is_passed_over(tmp_path: Path, *, hangs: bool) -> None:
    certificates = make_certificates(tmp_path)
    served = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    served.load_cert_chain(certificates.server, certificates.server_key)
    trusting = ssl.create_default_context(cafile=str(certificates.authority))

    def make(_: Server) -> Talk:
        async def talk(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
            if not hangs:
                writer.transport.abort()
            await reader.read()

        return talk

    async with (
        serving(always(GOOD), served) as server,
        serving(make, port=server.port, host="127.0.0.2") as broken,
        pool_of(server, Limits(10, 5.0, 0.5), tls=trusting) as pool,
    ):
        pool._addresses = [
            (socket.AF_INET, socket.SOCK_STREAM, 6, "", (host, server.port)) for host in ("127.0.0.2", "127.0.0.1")
        ]
        pool._found_until = float("inf")
        assert await asyncio.gather(*(outcome(pool) for _ in range(3))) == [(200, b"good")] * 3
        # From now on that one is tried last.
        assert await outcome(pool) == (200, b"good")
        assert [one[4][0] for one in pool._addresses] == ["127.0.0.1", "127.0.0.2"]
    assert broken.made == 3


async def test_only_a_server_that_proves_who_it_is_is_told_anything(tmp_path: Path) -> None:
    certificates = make_certificates(tmp_path)
    served = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    served.load_cert_chain(certificates.server, certificates.server_key)
    trusting = ssl.create_default_context(cafile=str(certificates.authority))
    async with serving(always(GOOD), served) as server:
        async with pool_of(server, tls=trusting) as pool:
            for _ in range(3):
                assert await outcome(pool) == (200, b"good")
        assert server.made == 1
        async with pool_of(server, tls=ssl.create_default_context()) as pool:
            assert await outcome(pool) == "not sent"
        async with pool_of(server, host="127.0.0.2", tls=trusting) as pool:
            assert await outcome(pool) == "not sent"
    assert len(server.heard) == 3


async def test_a_server_that_never_shakes_hands_is_given_up(tmp_path: Path) -> None:
    trusting = ssl.create_default_context(cafile=str(make_certificates(tmp_path).authority))

    def make(_: Server) -> Talk:
        async def talk(reader: asyncio.StreamReader, _: asyncio.StreamWriter) -> None:
            while await reader.read(1000):
                continue

        return talk

    async with serving(make) as server, pool_of(server, Limits(10, 5.0, 0.05), tls=trusting) as pool:
        assert await outcome(pool) == "not sent"
