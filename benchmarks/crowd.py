"""The world around a bot, as lean as it can be: people who press buttons, and a Bot API that answers at once.

Both live in one process, because an update counts only when its 200 and all its calls have been seen. Neither is a
copy of Telegram (tests/telegram_server is): they must cost so little that what is measured is the bot.
"""

import asyncio
import re
import time
from collections import deque
from collections.abc import Callable, Iterable
from copy import copy
from dataclasses import dataclass, field
from itertools import cycle
from random import Random
from typing import Final, Self
from urllib.parse import parse_qsl

import orjson

from benchmarks.results import percentile
from benchmarks.walks import START, Step, Walk

TOKEN: Final = "12345:benchmark"  # noqa: S105 - a pretended one
BOT: Final = {"id": 12345, "is_bot": True, "first_name": "Waymark", "username": "waymark_bench_bot"}
_TOLD: Final[dict[str, object]] = {
    "getMe": BOT,
    "getMyCommands": [],
    "getMyName": {"name": ""},
    "getMyDescription": {"description": ""},
    "getMyShortDescription": {"short_description": ""},
}
PATIENCE: Final = 5.0
_LENGTH: Final = re.compile(rb"\r\ncontent-length: *(\d+)", re.IGNORECASE)
_SHOWS: Final = frozenset({"sendMessage", "editMessageText"})
_ANSWER_HEAD: Final = b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: "


@dataclass(frozen=True, slots=True)
class Round:
    """What one round of load came to; times in milliseconds, processor time in seconds."""

    updates: int
    seconds: float
    p50: float
    p99: float
    lost: int
    refused: int
    processor: float
    crowd_processor: float
    p95: float = 0.0

    @property
    def per_second(self) -> float:
        return self.updates / self.seconds

    @property
    def processor_each(self) -> float:
        """Processor time of the bot for one update, in microseconds."""
        return self.processor / max(1, self.updates) * 1e6


@dataclass(slots=True)
class _Person:
    chat: int
    walk: Walk
    message: int = 0
    place: int = 0
    introduced: int = 0


@dataclass(slots=True)
class _Flight:
    """One update on its way: what of it has not been seen yet."""

    person: _Person
    number: int
    began: float
    messages: int
    answers: int
    landed: Callable[["_Flight"], None]
    posted: bool = False
    refused: bool = False


class Address:
    """Where a bot takes updates: at one port, or at that of each of its processes."""

    def __init__(self, port: int, path: str, secret: str = "") -> None:
        self.ports: tuple[int, ...] = (port,)
        self.head = (
            f"POST {path} HTTP/1.1\r\nHost: 127.0.0.1:{port}\r\nContent-Type: application/json\r\n"
            f"X-Telegram-Bot-Api-Secret-Token: {secret}\r\nContent-Length: "
        ).encode()

    def also_at(self, port: int) -> "Address":
        """This one and another process of the same bot, which take turns."""
        both = copy(self)
        both.ports = (*self.ports, port)
        return both


class BotApi:
    """The one Bot API of all bots that are compared."""

    def __init__(self) -> None:
        self.latency = 0.0
        self.flights: dict[int, _Flight] = {}
        self.webhooks: asyncio.Queue[tuple[str, str]] = asyncio.Queue()
        self.port = 0
        self._server: asyncio.Server | None = None
        self._messages = 0

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    async def __aenter__(self) -> Self:
        self._server = await asyncio.get_running_loop().create_server(lambda: _Call(self), "127.0.0.1", 0)
        self.port = self._server.sockets[0].getsockname()[1]
        return self

    async def __aexit__(self, *_: object) -> None:
        if self._server is not None:
            self._server.close()

    def answer(self, method: str, asked: dict[str, object]) -> object:
        """What Telegram would answer; and note what the call was for."""
        if method in _SHOWS:
            return self._show(asked)
        if method == "answerCallbackQuery":
            flight = self.flights.get(int(str(asked["callback_query_id"])))
            if flight is not None:
                flight.answers -= 1
                self.land(flight)
        elif method == "setWebhook":
            self.webhooks.put_nowait((str(asked["url"]), str(asked.get("secret_token", ""))))
        return _TOLD.get(method, True)

    def land(self, flight: _Flight) -> None:
        """End a flight once all of it has been seen."""
        if flight.posted and flight.messages <= 0 and flight.answers <= 0 and flight.number in self.flights:
            del self.flights[flight.number], self.flights[flight.person.chat]
            flight.landed(flight)

    def _show(self, asked: dict[str, object]) -> object:
        chat = int(str(asked["chat_id"]))
        edited = asked.get("message_id")
        if edited is None:
            self._messages += 1
            number = self._messages
        else:
            number = int(str(edited))
        flight = self.flights.get(chat)
        if flight is not None:
            flight.messages -= 1
            flight.person.message = number
            self.land(flight)
        shown: dict[str, object] = {
            "message_id": number,
            "from": BOT,
            "chat": {"id": chat, "first_name": "Somebody", "type": "private"},
            "date": 1_790_000_000,
            "text": asked["text"],
        }
        markup = asked.get("reply_markup")
        if markup is not None:
            shown["reply_markup"] = orjson.loads(markup) if isinstance(markup, str) else markup
        return shown


class Crowd:
    """People who all talk to one bot; each does one thing at a time."""

    def __init__(
        self,
        api: BotApi,
        address: Address,
        walks: Iterable[Walk],
        first_chat: int,
        people: int,
        patience: float = PATIENCE,
    ) -> None:
        self._api = api
        self._patience = patience
        self._address = address
        self._ports = cycle(address.ports)
        kinds = list(walks)
        self._idle = deque(_Person(first_chat + number, kinds[number % len(kinds)]) for number in range(people))
        self._update = first_chat * 1000
        self._connections: list[_Post] = []
        self._busy: set[_Post] = set()

    async def introduce(self, *, talks: bool) -> None:
        """Bring everybody to where their rounds begin: by their presses, or at once where the bot needs none."""
        for person in self._idle:
            person.message = 1
            person.introduced = 0 if talks else len(person.walk.introduction)
        while any(person.introduced < len(person.walk.introduction) for person in self._idle):
            result = await self.press(20, len(self._idle))
            if result.lost or result.refused:
                raise RuntimeError(f"{result.lost} people were not answered while the benchmark got ready")

    async def press(
        self, in_flight: int, updates: int = 0, seconds: float = 0.0, processor: Callable[[], float] = lambda: 0.0
    ) -> Round:
        """Keep so many updates in flight, for a number of updates or for a time."""
        clock = asyncio.get_running_loop().time
        log, left = _Log(), updates
        finished = asyncio.Event()
        began = clock()
        end = began + seconds if seconds else float("inf")
        flying = 0
        processor_began, own_began = processor(), time.process_time()

        def landed(flight: _Flight) -> None:
            nonlocal flying
            flying -= 1
            if not seconds or clock() <= end:
                log.note(flight, clock())
            self._idle.append(flight.person)
            go_on()

        def go_on() -> None:
            nonlocal flying, left
            while flying < in_flight and clock() < end and (seconds or left > 0):
                left -= 1
                flying += 1
                self._start(clock(), landed)
            if not flying:
                finished.set()

        await self._connect(in_flight)
        go_on()
        if seconds:
            await asyncio.sleep(max(0.0, end - clock()))
        spent, own = processor() - processor_began, time.process_time() - own_began
        lost = await self._drain(finished)
        return log.round(seconds or clock() - began, lost, spent, own)

    async def press_at(
        self, per_second: float, seconds: float, random: Random, processor: Callable[[], float] = lambda: 0.0
    ) -> Round:
        """Press at random moments, so many a second, however long answers take; late starts count as waiting."""
        clock = asyncio.get_running_loop().time
        log, flying = _Log(), 0
        finished = asyncio.Event()
        is_over = False

        def landed(flight: _Flight) -> None:
            nonlocal flying
            flying -= 1
            log.note(flight, clock())
            self._idle.append(flight.person)
            if is_over and not flying:
                finished.set()

        await self._connect(16)
        processor_began, own_began = processor(), time.process_time()
        began = due = clock()
        while (due := due + random.expovariate(per_second)) < began + seconds:
            if (wait := due - clock()) > 0.0005:
                await asyncio.sleep(wait)
            if not self._idle:
                log.refused += 1
                continue
            flying += 1
            self._start(due, landed)
        is_over = True
        spent, own = processor() - processor_began, time.process_time() - own_began
        if not flying:
            finished.set()
        return log.round(seconds, await self._drain(finished), spent, own)

    async def close(self) -> None:
        for connection in (*self._connections, *self._busy):
            connection.close()

    async def _connect(self, number: int) -> None:
        while len(self._connections) < number:
            self._connections.append(await self._new_connection())

    async def _new_connection(self) -> "_Post":
        _, connection = await asyncio.get_running_loop().create_connection(_Post, "127.0.0.1", next(self._ports))
        return connection

    async def _drain(self, finished: asyncio.Event) -> int:
        try:
            async with asyncio.timeout(self._patience):
                await finished.wait()
        except TimeoutError:
            lost = {id(flight) for flight in self._api.flights.values()}
            self._api.flights.clear()
            for connection in self._busy:
                connection.close()
            self._busy.clear()
            return len(lost)
        return 0

    def _start(self, began: float, landed: Callable[[_Flight], None]) -> None:
        person = self._idle.popleft()
        step = _next_step(person)
        self._update += 1
        number = self._update
        is_start = step.press == START
        flight = _Flight(person, number, began, step.messages, 0 if is_start else 1, landed)
        chat: dict[str, object] = {"id": person.chat, "first_name": "Somebody", "type": "private"}
        sender: dict[str, object] = {**chat, "is_bot": False, "language_code": "en"}
        del sender["type"]
        message: dict[str, object] = {"message_id": person.message, "chat": chat, "date": 1_790_000_000}
        if is_start:
            update: dict[str, object] = {"message": {**message, "from": sender, "text": "/start"}}
        else:
            message |= {"from": BOT, "text": step.screen.get("text", "…"), "reply_markup": {"inline_keyboard": []}}
            query = {"id": str(number), "from": sender, "message": message, "chat_instance": "1", "data": step.press}
            update = {"callback_query": query}
        self._api.flights[person.chat] = self._api.flights[number] = flight
        self._post(orjson.dumps({"update_id": number, **update}), flight)

    def _post(self, body: bytes, flight: _Flight) -> None:
        request = self._address.head + b"%d\r\n\r\n" % len(body) + body
        while self._connections:
            connection = self._connections.pop()
            if not connection.is_closed:
                self._send(connection, request, flight)
                return
        task = asyncio.get_running_loop().create_task(self._new_connection())
        task.add_done_callback(lambda opened: self._send(opened.result(), request, flight))

    def _send(self, connection: "_Post", request: bytes, flight: _Flight) -> None:
        self._busy.add(connection)

        def answered(status: int) -> None:
            self._busy.discard(connection)
            self._connections.append(connection)
            flight.posted = True
            if status != 200:
                flight.refused, flight.messages, flight.answers = True, 0, 0
            self._api.land(flight)

        connection.send(request, answered)


def _next_step(person: _Person) -> Step:
    if person.introduced < len(person.walk.introduction):
        person.introduced += 1
        return person.walk.introduction[person.introduced - 1]
    person.place += 1
    return person.walk.lap[(person.place - 1) % len(person.walk.lap)]


@dataclass(slots=True)
class _Log:
    times: list[float] = field(default_factory=list)
    refused: int = 0

    def note(self, flight: _Flight, now: float) -> None:
        if flight.refused:
            self.refused += 1
        else:
            self.times.append(now - flight.began)

    def round(self, seconds: float, lost: int, processor: float, own: float) -> Round:
        p50, p99 = percentile(self.times, 0.5) * 1e3, percentile(self.times, 0.99) * 1e3
        p95 = percentile(self.times, 0.95) * 1e3
        return Round(len(self.times), seconds, p50, p99, lost, self.refused, processor, own, p95)


class _Call(asyncio.Protocol):
    """One connection of a bot to the Bot API."""

    def __init__(self, api: BotApi) -> None:
        self._api = api
        self._heard = b""
        self._transport: asyncio.Transport | None = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.Transport)
        self._transport = transport

    def data_received(self, data: bytes) -> None:
        heard = self._heard + data if self._heard else data
        while (head := heard.find(b"\r\n\r\n")) >= 0:
            length = _LENGTH.search(heard, 0, head + 2)
            end = head + 4 + (int(length[1]) if length else 0)
            if len(heard) < end:
                break
            self._answer(heard[: heard.index(b"\r\n")], heard[head + 4 : end])
            heard = heard[end:]
        self._heard = heard

    def _answer(self, line: bytes, body: bytes) -> None:
        method = line.split(b" ")[1].rpartition(b"/")[2].decode()
        asked = orjson.loads(body) if body[:1] == b"{" else dict(parse_qsl(body.decode()))
        if self._api.latency:
            asyncio.get_running_loop().call_later(self._api.latency, self._take_effect, method, asked)
        else:
            self._take_effect(method, asked)

    def _take_effect(self, method: str, asked: dict[str, object]) -> None:
        said = orjson.dumps({"ok": True, "result": self._api.answer(method, asked)})
        if self._transport is not None and not self._transport.is_closing():
            self._transport.write(b"%b%d\r\n\r\n%b" % (_ANSWER_HEAD, len(said), said))


class _Post(asyncio.Protocol):
    """One connection on which updates are posted."""

    def __init__(self) -> None:
        self.is_closed = False
        self._heard = b""
        self._transport: asyncio.Transport | None = None
        self._answered: Callable[[int], None] | None = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.Transport)
        self._transport = transport

    def connection_lost(self, exc: Exception | None) -> None:  # noqa: ARG002 - told by asyncio
        self.is_closed = True
        self._tell(0)

    def send(self, request: bytes, answered: Callable[[int], None]) -> None:
        self._answered = answered
        if self._transport is None or self.is_closed:
            self._tell(0)
            return
        self._transport.write(request)

    def close(self) -> None:
        self._answered = None
        if self._transport is not None:
            self._transport.close()

    def data_received(self, data: bytes) -> None:
        heard = self._heard + data if self._heard else data
        head = heard.find(b"\r\n\r\n")
        length = _LENGTH.search(heard, 0, head + 2) if head >= 0 else None
        if head < 0 or len(heard) < head + 4 + (int(length[1]) if length else 0):
            self._heard = heard
            return
        self._heard = b""
        self._tell(int(heard[9:12]))

    def _tell(self, status: int) -> None:
        answered, self._answered = self._answered, None
        if answered is not None:
            answered(status)
