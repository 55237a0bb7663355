"""HTTP/1.1 to one server over connections that stay open, for calls that are many and small.

Two calls through a general client take as much processor time as all else that an update needs, so the frequent ones
go this way, and what is rare (files, addresses out of the ordinary) goes through aiohttp. llhttp takes the answers
apart, addresses are tried as RFC 8305 says, and TLS is Python's own. Ours is which connection is used, for how long
somebody waits, and when a connection is given up: as soon as anything comes that nobody has asked for. There are no
redirects, cookies or encodings here; such an answer is one that cannot be read.
"""

import asyncio
import re
import socket
import ssl
from collections import deque
from contextlib import suppress
from dataclasses import dataclass
from functools import cache
from typing import Final, Self, TypeAlias, cast
from urllib.parse import urlsplit

from aiohappyeyeballs import AddrInfoType, start_connection
from httptools import HttpParserError, HttpParserUpgrade, HttpResponseParser

Answer: TypeAlias = tuple[int, bytes]
"""The status and the body."""

LARGEST_ANSWER: Final = 32 * 1024 * 1024
"""In bytes, with its head. Nothing that Telegram tells is nearly as large."""

_ADDRESSES_HOLD: Final = 300.0
_NEXT_ADDRESS_AFTER: Final = 0.25
_FOR_NEWER_ADDRESSES: Final = 0.5
_CLOSED_WITHIN: Final = 1.0
_FOR_THE_ANSWER: Final = 2.0
_NOT_CONNECTED: Final = (OSError, RuntimeError, ValueError)
"""TimeoutError and all that TLS says are OSError, a host that cannot be a name is ValueError; uvloop says RuntimeError
where others say OSError."""
_FINAL: Final = 200
_PORTS: Final = {"http": 80, "https": 443}
_TARGET: Final = re.compile(r"/[!-~]*")
_HOST: Final = re.compile(r"[0-9A-Za-z.:_-]+")


class NotSentError(Exception):
    """There was no connection: the call has not taken effect."""


class NoAnswerError(Exception):
    """The call was sent, and no answer came: it may have taken effect."""


class UnreadableError(NoAnswerError):
    """Something came that is no answer as HTTP has it, or one in an encoding that was not asked for."""


@dataclass(frozen=True, slots=True)
class Origin:
    """Where a server is, as the first part of an address says."""

    is_secure: bool
    host: str
    port: int

    @classmethod
    def of(cls, address: str) -> Self | None:
        """That of a whole address; nothing where it is out of the ordinary, or none."""
        try:
            parts = urlsplit(address)
            port = parts.port
        except ValueError:
            return None
        host = parts.hostname or ""
        if parts.scheme not in _PORTS or "@" in parts.netloc or _HOST.fullmatch(host) is None:
            return None
        return cls(parts.scheme == "https", host, _PORTS[parts.scheme] if port is None else port)

    @property
    def named(self) -> str:
        """As the header Host names it."""
        host = f"[{self.host}]" if ":" in self.host else self.host
        return host if self.port == _PORTS["https" if self.is_secure else "http"] else f"{host}:{self.port}"


@dataclass(frozen=True, slots=True)
class Limits:
    """How many connections there are at most, how many seconds one may be idle, and how many it takes to make one."""

    connections: int
    idle: float
    connecting: float


class HttpPool:
    """Connections to one server; that used last is used next, so that those which are not needed grow old."""

    def __init__(self, origin: Origin, limits: Limits, tls: ssl.SSLContext | None = None) -> None:
        self._origin = origin
        self._limits = limits
        self._tls = (tls or _usual_tls()) if origin.is_secure else None
        self._room = asyncio.Semaphore(limits.connections)
        self._open = set[_Connection]()
        self._idle = deque[tuple[_Connection, float]]()
        """With the moment, by the loop's clock, since when; the longest idle first."""
        self._look_again: asyncio.TimerHandle | None = None
        self._addresses: list[AddrInfoType] = []
        """What was found last, those that failed at the end; better than nothing while nobody can be asked."""
        self._found_until = 0.0
        self._finding: asyncio.Task[None] | None = None
        self._is_closed = False
        self._head = (
            f"POST %b HTTP/1.1\r\nHost: {origin.named}\r\nContent-Type: application/json\r\n"
            "Accept-Encoding: identity\r\nContent-Length: %d\r\n\r\n%b"
        ).encode()

    async def post(self, target: str, body: bytes, within: float) -> Answer:
        """Send JSON to a path of the server; raise NotSentError or NoAnswerError, within so many seconds."""
        if _TARGET.fullmatch(target) is None:
            raise NotSentError("not a path")
        if self._is_closed:
            raise NotSentError("closed")
        end = asyncio.get_running_loop().time() + within
        # Sent any later it would be cut off, and nobody would know what became of it.
        latest = end - min(_FOR_THE_ANSWER, within / 3)
        await self._wait_for_room(latest)
        try:
            connection = self._borrow() or await self._connect(latest)
            try:
                return await connection.ask(self._head % (target.encode(), len(body), body), end)
            finally:
                self._give_back(connection)
        finally:
            self._room.release()

    async def close(self) -> None:
        """Close every connection; whoever still waits for an answer is told that it may be lost."""
        self._is_closed = True
        if self._look_again is not None:
            self._look_again.cancel()
        self._idle.clear()
        for connection in self._open:
            connection.close()
        if self._open:
            await asyncio.wait([connection.gone for connection in self._open], timeout=_CLOSED_WITHIN)
        for connection in list(self._open):
            connection.abort()

    async def _wait_for_room(self, latest: float) -> None:
        if not self._room.locked():
            await self._room.acquire()
            return
        try:
            async with asyncio.timeout_at(latest):
                await self._room.acquire()
        except TimeoutError:
            raise NotSentError("all connections are in use") from None

    def _borrow(self) -> "_Connection | None":
        oldest = asyncio.get_running_loop().time() - self._limits.idle
        while self._idle:
            connection, since = self._idle.pop()
            if connection.is_usable and since > oldest:
                return connection
            connection.close()
        return None

    def _give_back(self, connection: "_Connection") -> None:
        if not connection.is_usable:
            return
        loop = asyncio.get_running_loop()
        self._idle.append((connection, loop.time()))
        if self._look_again is None:
            self._look_again = loop.call_later(self._limits.idle, self._close_old)

    def _close_old(self) -> None:
        loop = asyncio.get_running_loop()
        now, self._look_again = loop.time(), None
        while self._idle and (self._idle[0][1] <= now - self._limits.idle or not self._idle[0][0].is_usable):
            self._idle.popleft()[0].close()
        if self._idle:
            self._look_again = loop.call_at(self._idle[0][1] + self._limits.idle, self._close_old)

    async def _connect(self, latest: float) -> "_Connection":
        loop = asyncio.get_running_loop()
        try:
            async with asyncio.timeout_at(min(latest, loop.time() + self._limits.connecting)) as limit:
                left = await self._find()
                while True:
                    reached = await start_connection(left, happy_eyeballs_delay=_NEXT_ADDRESS_AFTER)
                    tried, left = _parted(left, reached)
                    try:
                        # One that takes connections and then says nothing must leave time for the others.
                        async with asyncio.timeout_at(_half_way(loop.time(), limit.when()) if left else None):
                            return await self._shake_hands(reached)
                    except _NOT_CONNECTED:
                        self._addresses = [*(one for one in self._addresses if one not in tried), *tried]
                        if not left:
                            raise
        except _NOT_CONNECTED as error:
            self._found_until = 0.0
            raise NotSentError(type(error).__name__) from None

    async def _shake_hands(self, reached: socket.socket) -> "_Connection":
        name = self._origin.host if self._tls is not None else None
        _, connection = await asyncio.get_running_loop().create_connection(
            _Connection, sock=reached, ssl=self._tls, server_hostname=name
        )
        if self._is_closed or not connection.is_usable:
            connection.abort()
            raise ConnectionError("closed at once")
        self._open.add(connection)
        connection.gone.add_done_callback(lambda _: self._open.discard(connection))
        return connection

    async def _find(self) -> list[AddrInfoType]:
        """The server's addresses. Nobody asks while somebody is asking: look-ups that hang would hold up all others."""
        if self._found_until <= asyncio.get_running_loop().time():
            if self._finding is None or self._finding.done():
                self._finding = asyncio.ensure_future(self._look_up())
            # It goes on when a caller leaves. Whoever has addresses of before does not wait for ever for newer ones.
            await asyncio.wait([self._finding], timeout=_FOR_NEWER_ADDRESSES if self._addresses else None)
        if not self._addresses:
            raise ConnectionError("no address")
        return self._addresses

    async def _look_up(self) -> None:
        loop = asyncio.get_running_loop()
        # Where nobody answers, the addresses of before stay: they are most likely still right.
        with suppress(OSError, ValueError):
            found = await loop.getaddrinfo(self._origin.host, self._origin.port, type=socket.SOCK_STREAM)
            self._addresses, self._found_until = list(found), loop.time() + _ADDRESSES_HOLD


def _parted(addresses: list[AddrInfoType], reached: socket.socket) -> tuple[list[AddrInfoType], list[AddrInfoType]]:
    """The addresses that a connection leads to, and the others."""
    try:
        peer = reached.getpeername()[:2]
    except OSError:
        # It has gone again: whichever it was, all of them have been tried.
        return addresses, []
    return [one for one in addresses if one[4][:2] == peer], [one for one in addresses if one[4][:2] != peer]


def _half_way(now: float, end: float | None) -> float | None:
    return None if end is None else now + (end - now) / 2


class _Connection(asyncio.Protocol):
    """One connection, on which one call at a time waits for its answer."""

    def __init__(self) -> None:
        self.gone: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._transport: asyncio.Transport | None = None
        self._parser = HttpResponseParser(self)
        self._answer: asyncio.Future[Answer] | None = None
        self._clear()

    def _clear(self) -> None:
        """Forget the answer before."""
        self._received = 0
        self._pieces: list[bytes] = []
        self._whole: Answer | None = None
        self._has_head = self._is_framed = self._is_encoded = self._goes_on = self._is_odd = False

    @property
    def is_usable(self) -> bool:
        """Whether another call may be sent on it."""
        return self._transport is not None and not self._transport.is_closing()

    async def ask(self, request: bytes, end: float) -> Answer:
        """Send a call and wait for its answer, until the loop's clock says `end`; raise NoAnswerError."""
        if self._transport is None:
            raise NotSentError("the connection is closed")
        loop = asyncio.get_running_loop()
        answer: asyncio.Future[Answer] = loop.create_future()
        self._answer = answer
        limit = loop.call_at(end, self._fail, NoAnswerError("late"))
        try:
            self._transport.write(request)
            return await answer
        except RuntimeError as error:
            # uvloop says so where a connection ends in this very turn.
            self.abort()
            raise NoAnswerError(type(error).__name__) from None
        finally:
            limit.cancel()
            self._answer = None
            if answer.cancelled():
                # What comes for it must not be taken for the answer of another call.
                self.abort()

    def close(self) -> None:
        if self._transport is not None:
            self._transport.close()

    def abort(self) -> None:
        """Close it without waiting for anything."""
        if self._transport is not None:
            self._transport.abort()

    # What the loop says

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast(asyncio.Transport, transport)

    def data_received(self, data: bytes) -> None:
        if self._answer is None or self._answer.done():
            self.close()
            return
        self._received += len(data)
        try:
            self._parser.feed_data(data)
        except (HttpParserError, HttpParserUpgrade):
            self._is_odd = True
        if self._whole is not None:
            self._arrive(self._whole)
        elif self._is_odd or self._received > LARGEST_ANSWER:
            self._fail(UnreadableError("not HTTP"))

    def eof_received(self) -> None:
        status = self._parser.get_status_code() if self._has_head else 0
        if status >= _FINAL and not self._is_framed:
            # Where nothing else says how long an answer is, it ends with the connection.
            self._arrive((status, b"".join(self._pieces)))

    def connection_lost(self, exc: Exception | None) -> None:  # noqa: ARG002 - lost is lost
        self._fail(NoAnswerError("lost"))
        self._transport = None
        if not self.gone.done():
            self.gone.set_result(None)

    # What the parser says

    def on_message_begin(self) -> None:
        if self._whole is not None:
            raise HttpParserError("more than was asked for, in the same breath")

    def on_header(self, name: bytes, value: bytes) -> None:
        name = name.lower()
        if name in {b"content-length", b"transfer-encoding"}:
            self._is_framed = True
        elif name == b"content-encoding":
            self._is_encoded = value.strip().lower() not in {b"", b"identity"}

    def on_headers_complete(self) -> None:
        self._has_head = True

    def on_body(self, body: bytes) -> None:
        self._pieces.append(body)

    def on_message_complete(self) -> None:
        status = self._parser.get_status_code()
        if status < _FINAL:
            # "Wait", or a hint: the answer itself is yet to come.
            self._has_head = self._is_framed = self._is_encoded = False
            return
        self._goes_on = self._parser.should_keep_alive()
        self._whole = status, b"".join(self._pieces)

    # What becomes of the call

    def _arrive(self, answer: Answer) -> None:
        if self._is_encoded and answer[1]:
            self._fail(UnreadableError("encoded"))
            return
        if self._answer is not None and not self._answer.done():
            self._answer.set_result(answer)
        if self._is_odd or not self._goes_on:
            self.close()
        self._clear()

    def _fail(self, error: NoAnswerError) -> None:
        if self._answer is not None:
            if self._answer.done():
                return
            self._answer.set_exception(error)
        self.abort()


@cache
def _usual_tls() -> ssl.SSLContext:
    tls = ssl.create_default_context()
    tls.set_alpn_protocols(["http/1.1"])
    return tls
