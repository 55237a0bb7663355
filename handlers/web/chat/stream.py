"""One browser's stream of server-sent events: what waits in its outbox, then whatever comes, in order.

An event's id is that of the outgoing message, so the page knows what it has shown already; a message leaves the outbox
only when the page says so. Nothing is lost when the line is cut, and nothing is seen twice.
"""

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from typing import Final, Protocol, TypeAlias

from aiohttp import ClientConnectionResetError, web

from bot import logbook
from bot.messages import ArrivalId, ConversationId
from bot.store.contract import Outgoing, OutgoingId, StoreError
from handlers.web.chat.hub import Ending, Watch

RETRY_AFTER: Final = 2_000
"""Milliseconds after which a browser connects again."""


@dataclass(frozen=True, slots=True)
class Pace:
    """How often, in seconds, a stream looks at the store unasked, and says that it is still there.

    `patience` is how long a browser may take to take in what it is told, and `upload` how long to say what it has to.
    """

    look: float = 5.0
    breath: float = 15.0
    patience: float = 30.0
    upload: float = 60.0


Waiting: TypeAlias = Callable[[ConversationId], Awaitable[Sequence[Outgoing]]]
"""What may be shown of what waits, oldest first."""


class Renders(Protocol):
    """Makes a message into a piece of the page."""

    def __call__(self, outgoing: Outgoing) -> str: ...


class Stream:
    """Streams one outbox into one response."""

    def __init__(
        self, waiting: Waiting, conversation: ConversationId, watch: Watch, render: Renders, pace: Pace
    ) -> None:
        self._waiting = waiting
        self._conversation = conversation
        self._watch = watch
        self._render = render
        self._pace = pace
        self._sent: set[OutgoingId] = set()
        self._is_blind = False

    async def run(self, request: web.Request) -> web.StreamResponse:
        """Stream until the browser is gone or the watch is over."""
        response = web.StreamResponse(headers={"Content-Type": "text/event-stream; charset=utf-8"})
        # A proxy that waits for more before it passes anything on would keep messages from people.
        response.headers["X-Accel-Buffering"] = "no"
        await response.prepare(request)
        try:
            await self._write(response, f"retry: {RETRY_AFTER}\n\n")
            await self._follow(request, response)
        except (ClientConnectionResetError, ConnectionResetError):
            pass
        except TimeoutError:
            # Whoever does not read takes a place that others need.
            if request.transport is not None:
                request.transport.abort()
        return response

    async def _follow(self, request: web.Request, response: web.StreamResponse) -> None:
        loop = asyncio.get_running_loop()
        breathed = loop.time()
        while self._watch.ending is None and not _is_gone(request):
            self._watch.stirred.clear()
            written = await self._write_new(response)
            if written:
                breathed = loop.time()
            elif loop.time() - breathed >= self._pace.breath:
                await self._write(response, ": \n\n")
                breathed = loop.time()
            try:
                async with asyncio.timeout(self._pace.look):
                    await self._watch.stirred.wait()
            except TimeoutError:
                continue
        if self._watch.ending in (Ending.OUSTED, Ending.LEFT) and not _is_gone(request):
            # A page whose place was taken must not come back at once and take it again.
            await self._write(response, f"event: {self._watch.ending}\ndata: .\n\n")

    async def _write_new(self, response: web.StreamResponse) -> bool:
        try:
            waiting = await self._waiting(self._conversation)
        except StoreError as error:
            if not self._is_blind:
                logbook.note_error("stream_cannot_look", error)
            self._is_blind = True
            return False
        self._is_blind = False
        new = [one for one in waiting if one.id not in self._sent]
        # Whatever has left the outbox need not be remembered.
        self._sent = {one.id for one in waiting}
        events = [_event(one, self._render(one)) for one in new if self._is_to_be_said(one)]
        if events:
            await self._write(response, "".join(events))
        return bool(events)

    def _is_to_be_said(self, outgoing: Outgoing) -> bool:
        return outgoing.message is not None and arrival_of(outgoing.id) not in self._watch.shown

    async def _write(self, response: web.StreamResponse, words: str) -> None:
        async with asyncio.timeout(self._pace.patience):
            await response.write(words.encode())


def arrival_of(outgoing: OutgoingId) -> ArrivalId:
    """The arrival that caused an outgoing."""
    return ArrivalId(outgoing[:-1])


def _event(outgoing: Outgoing, fragment: str) -> str:
    data = "".join(f"data: {line}\n" for line in fragment.splitlines())
    return f"id: {outgoing.id.hex()}\n{data}\n"


def _is_gone(request: web.Request) -> bool:
    return request.transport is None or request.transport.is_closing()
