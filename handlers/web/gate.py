"""How many may be connected at once: strangers must not use up what Telegram and the store need.

Each connection takes one of the process's open files, and a process without any left can neither ask Telegram nor
reach its store. Whoever comes beyond the bound is turned away at once, and their browser comes again.
"""

import asyncio
import resource
from typing import Final

from aiohttp import web

MOST_CONNECTIONS: Final = 5_000
_KEPT_BACK: Final = 500
_FEWEST: Final = 100


class Gate:
    """Makes what reads a connection, as the event loop asks for it."""

    def __init__(self, server: web.Server, most: int) -> None:
        self._server = server
        self._most = most

    def __call__(self) -> asyncio.Protocol:
        return self._server() if len(self._server.connections) < self._most else _TurnedAway()


def most_connections(most: int = MOST_CONNECTIONS) -> int:
    """How many the machine lets us have, once we have asked for as many as we may."""
    files, at_most = resource.getrlimit(resource.RLIMIT_NOFILE)
    wanted = most + _KEPT_BACK
    if files != resource.RLIM_INFINITY and files < wanted:
        files = wanted if at_most == resource.RLIM_INFINITY else min(wanted, at_most)
        resource.setrlimit(resource.RLIMIT_NOFILE, (files, at_most))
    return most if files == resource.RLIM_INFINITY else max(_FEWEST, min(most, files - _KEPT_BACK))


class _TurnedAway(asyncio.Protocol):
    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        if isinstance(transport, asyncio.Transport):
            transport.abort()
