"""A wire that can be cut: what passes between two programs is looked at, let through, held or cut off.

So a crash can be forced from outside at one exact step, and a server can be cut off from some and not from others.
"""

import asyncio
import contextlib
from collections.abc import Callable
from dataclasses import dataclass, field
from enum import Enum, auto
from typing import Final, Self, TypeAlias

_CHUNK: Final = 1 << 16
_HEAD: Final = 1 << 11


class Way(Enum):
    """Whether something is asked of the server or answered by it."""

    ASKED = auto()
    ANSWERED = auto()


class Verdict(Enum):
    """What becomes of a chunk."""

    PASS = auto()
    HOLD = auto()
    """It does not arrive, and nobody is told: as when a network is cut."""
    CUT = auto()
    """It does not arrive, and both ends see the connection close."""


@dataclass(slots=True, eq=False)
class Line:
    """One connection through the wire."""

    peer_port: int
    asked: bytes = b""
    """The last chunk that was asked."""
    head: bytes = b""
    """The beginning of all that was asked, by which one can tell who asks."""
    writers: list[asyncio.StreamWriter] = field(default_factory=list)

    def close(self) -> None:
        for writer in self.writers:
            writer.close()


Look: TypeAlias = Callable[[Line, Way, bytes], Verdict]


def let_through(line: Line, way: Way, chunk: bytes) -> Verdict:  # noqa: ARG001 - looks at nothing
    return Verdict.PASS


class Proxy:
    """Listens on a port of this machine and passes on to another one; `look` may be changed at any time."""

    def __init__(self, upstream: int, port: int = 0, look: Look = let_through) -> None:
        self.upstream = upstream
        self.port = port
        self.look = look
        self.lines: set[Line] = set()
        self._server: asyncio.Server | None = None
        self._tasks: set[asyncio.Task[None]] = set()

    async def __aenter__(self) -> Self:
        self._server = await asyncio.start_server(self._serve, "127.0.0.1", self.port, limit=_CHUNK)
        self.port = self._server.sockets[0].getsockname()[1]
        return self

    async def __aexit__(self, *_: object) -> None:
        if self._server is not None:
            self._server.close()
        self.cut_all()
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)

    def cut_all(self) -> None:
        """Close every connection."""
        for line in list(self.lines):
            line.close()

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        if task is not None:
            self._tasks.add(task)
            task.add_done_callback(self._tasks.discard)
        try:
            there, to_there = await asyncio.open_connection("127.0.0.1", self.upstream, limit=_CHUNK)
        except OSError:
            writer.close()
            return
        line = Line(writer.get_extra_info("peername")[1], writers=[writer, to_there])
        self.lines.add(line)
        try:
            async with asyncio.TaskGroup() as group:
                group.create_task(self._pass_on(line, Way.ASKED, reader, to_there))
                group.create_task(self._pass_on(line, Way.ANSWERED, there, writer))
        finally:
            line.close()
            self.lines.discard(line)

    async def _pass_on(self, line: Line, way: Way, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with contextlib.suppress(OSError):
            while chunk := await reader.read(_CHUNK):
                if way is Way.ASKED:
                    line.asked = chunk
                    line.head = (line.head + chunk)[:_HEAD] if len(line.head) < _HEAD else line.head
                match self.look(line, way, chunk):
                    case Verdict.PASS:
                        writer.write(chunk)
                        await writer.drain()
                    case Verdict.HOLD:
                        continue
                    case Verdict.CUT:
                        break
        line.close()
