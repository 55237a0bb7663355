"""How many may be connected at once, for how long without a word, and what is said to what cannot be read.

Strangers must not use up what Telegram and the store need: each connection takes one of the process's open files, and
a process without any left can reach neither. Whoever comes beyond the bound is turned away at once.
"""

import asyncio
import resource
from collections.abc import Callable
from typing import Final, TypeAlias, cast

from aiohttp import web

Refuse: TypeAlias = Callable[[web.BaseRequest, int], web.Response]
"""Makes the answer to a request that is no proper one, out of its status."""

MOST_CONNECTIONS: Final = 5_000
_KEPT_BACK: Final = 500
_FEWEST: Final = 100


class Gate:
    """Makes what reads a connection, as the event loop asks for it."""

    def __init__(self, server: web.Server, refuse: Refuse, *, silence: float, most: int) -> None:
        self._server = server
        self._refuse = refuse
        self._silence = silence
        self._most = most

    def __call__(self) -> asyncio.Protocol:
        if len(self._server.connections) >= self._most:
            return _TurnedAway()
        return _Reader(self._server, self._refuse, self._silence)


def most_connections(most: int = MOST_CONNECTIONS) -> int:
    """How many the machine lets us have, once we have asked for as many as we may."""
    files, at_most = resource.getrlimit(resource.RLIMIT_NOFILE)
    wanted = most + _KEPT_BACK
    if files != resource.RLIM_INFINITY and files < wanted:
        files = wanted if at_most == resource.RLIM_INFINITY else min(wanted, at_most)
        resource.setrlimit(resource.RLIMIT_NOFILE, (files, at_most))
    return most if files == resource.RLIM_INFINITY else max(_FEWEST, min(most, files - _KEPT_BACK))


class _Reader(web.RequestHandler):
    """Reads one connection. Nothing is unpacked: our forms are never packed, and what is could be a bomb."""

    __slots__ = ("_refuse",)

    def __init__(self, server: web.Server, refuse: Refuse, silence: float) -> None:
        loop = asyncio.get_running_loop()
        super().__init__(
            server,
            loop=loop,
            keepalive_timeout=silence,
            access_log=None,  # type: ignore[arg-type]  # so it is told to keep none
            auto_decompress=False,
        )
        self._refuse = refuse

    def handle_error(
        self,
        request: web.BaseRequest,
        status: int = 500,
        exc: BaseException | None = None,  # noqa: ARG002 - it quotes what came
        message: str | None = None,  # noqa: ARG002 - so does this
    ) -> web.StreamResponse:
        """The library would say what it stumbled over, and what it is itself."""
        if request.writer.output_size > 0:
            raise ConnectionError
        response = self._refuse(request, status)
        response.force_close()
        return response


class _TurnedAway(asyncio.Protocol):
    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        # Not asked for by its class: each event loop has one of its own.
        cast(asyncio.Transport, transport).abort()
