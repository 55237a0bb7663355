"""One aiohttp application for everything that the web reaches: chat page, health, figures, and the doors added to it.

There is no access log: it would hold the addresses of people. How long a request may be, and what stands in every
answer, is decided here for all of them.
"""

import asyncio
import os
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final, TypeAlias

from aiohttp import web

from bot.clock import Clock
from bot.dialogue.script import Script
from bot.figures import Figures
from bot.store.contract import Leased, Store
from bot.store.sealing import Vault
from bot.turns.arrival import Arrival
from bot.turns.floodgate import Floodgate
from handlers.web.assets import Assets
from handlers.web.chat.hub import Hub
from handlers.web.chat.routes import ChatDoor
from handlers.web.chat.showing import Showing
from handlers.web.chat.stream import Pace
from handlers.web.console.door import ConsoleDoor
from handlers.web.console.showing import STATIC as CONSOLE_FILES
from handlers.web.errors import ErrorPages
from handlers.web.gate import Gate, most_connections
from handlers.web.headers import SecurityHeaders
from handlers.web.health import Health
from handlers.web.media import MediaFiles
from handlers.web.studio.showing import STATIC as STUDIO_FILES

Handler: TypeAlias = Callable[[web.Request], Awaitable[web.StreamResponse]]


class AddressError(Exception):
    """Nothing can listen at the configured address."""


LONGEST_BODY: Final = 64 * 1024
SHUTDOWN_SECONDS: Final = 10.0
LONGEST_SILENCE: Final = 130.0
"""Longer than proxies keep a connection to us, so that none sends a request into one that we are closing."""

_CHAT_FILES: Final = Path(__file__).parent / "chat" / "static"


@dataclass(frozen=True, slots=True)
class Surroundings:
    """What the web surfaces work with. `take` is what an arrival is given to: `Turns.take`."""

    take: Callable[[Arrival], Awaitable[None]]
    store: Store
    vault: Vault
    script: Callable[[], Script]
    hub: Hub
    clock: Clock
    figures: Figures
    public_url: str | None = None
    is_leaving: Callable[[], bool] = lambda: False
    """Whether the process is about to stop, so that no new people are to be sent to it."""
    pace: Pace = field(default_factory=Pace)
    gate: Floodgate | None = None
    let_go: Callable[[Leased], Awaitable[bool]] | None = None
    alert: Callable[[], Awaitable[None]] | None = None
    """Lets helplines hear that somebody asked for help while the store is away."""


@dataclass(frozen=True, slots=True)
class _Refusals:
    """Answers what does not even reach the application."""

    errors: ErrorPages
    headers: SecurityHeaders

    def refuse(self, request: web.BaseRequest, status: int) -> web.Response:
        response = self.errors.refuse(request, status)
        self.headers.add(request, response)
        # One without is given the library's name and version.
        response.headers["Server"] = ""
        return response


_REFUSALS: Final = web.AppKey("refusals", _Refusals)


def build_application(
    around: Surroundings,
    more: Mapping[str, Handler] | None = None,
    console: Callable[[Assets], ConsoleDoor] | None = None,
) -> web.Application:
    """The application; `more` are paths of other doors, such as the one that Telegram posts to."""
    assets = Assets([_CHAT_FILES, CONSOLE_FILES, STUDIO_FILES])
    errors = ErrorPages(around.script, around.clock, around.figures, assets.address("page.css"))
    health = Health(around.store, around.clock, around.figures, around.is_leaving)
    chat = ChatDoor(
        take=around.take,
        store=around.store,
        vault=around.vault,
        hub=around.hub,
        showing=Showing(around.script, around.clock, assets),
        public_url=around.public_url,
        pace=around.pace,
        gate=around.gate,
        let_go=around.let_go,
        alert=around.alert,
    )
    desk = None if console is None else console(assets)
    application = web.Application(client_max_size=LONGEST_BODY, middlewares=[errors.middleware])
    headers = SecurityHeaders(around.public_url)
    application.on_response_prepare.append(headers.put_on)
    application[_REFUSALS] = _Refusals(errors, headers)
    application.add_routes(
        [
            *chat.routes(),
            *(() if desk is None else desk.routes()),
            web.get("/static/{name}", assets.serve),
            web.get("/media/{name}", MediaFiles(around.script).serve),
            web.get("/favicon.ico", _no_icon),
            *_probes(health),
            *(web.route("*", path, handler) for path, handler in (more or {}).items()),
        ]
    )

    async def end_streams(_application: web.Application) -> None:
        around.hub.close()
        if desk is not None:
            desk.close()

    application.on_shutdown.append(end_streams)
    return application


def build_probes(around: Surroundings) -> web.Application:
    """What machines ask, and nothing for people: for a process that works behind the others."""
    errors = ErrorPages(around.script, around.clock, around.figures, "")
    application = web.Application(client_max_size=LONGEST_BODY, middlewares=[errors.middleware])
    headers = SecurityHeaders(around.public_url)
    application.on_response_prepare.append(headers.put_on)
    application[_REFUSALS] = _Refusals(errors, headers)
    application.add_routes(_probes(Health(around.store, around.clock, around.figures, around.is_leaving)))
    return application


def _probes(health: Health) -> list[web.RouteDef]:
    return [
        web.get("/healthz", health.lives),
        web.get("/healthz/alerts", health.calls_helplines),
        web.get("/readyz", health.is_ready),
        web.get("/metrics", health.tell_figures),
    ]


@asynccontextmanager
async def serve(
    application: web.Application, host: str, port: int, *, silence: float = LONGEST_SILENCE, most: int | None = None
) -> AsyncIterator[int]:
    """Answer at this address; gives the port, which is of use where any free one was asked for.

    A connection that asks for nothing is closed after `silence` seconds, and there are never more than `most`.
    """
    runner = web.AppRunner(application, shutdown_timeout=SHUTDOWN_SECONDS)
    await runner.setup()
    try:
        if runner.server is None:
            raise AssertionError("it was set up just now")
        most = most_connections() if most is None else most
        gate = Gate(runner.server, application[_REFUSALS].refuse, silence=silence, most=most)
        listener = await _listen(gate, host, port)
        try:
            yield int(listener.sockets[0].getsockname()[1])
        finally:
            listener.close()
    finally:
        await runner.cleanup()


async def _listen(gate: Gate, host: str, port: int) -> asyncio.Server:
    try:
        return await asyncio.get_running_loop().create_server(gate, host, port)
    except OSError as error:
        raise AddressError(
            f"the web pages cannot listen at {host}:{port} ({os.strerror(error.errno or 0)}); "
            "set WAYMARK_HTTP_PORT to a free port (0 for any) and WAYMARK_HTTP_HOST to an address of this machine"
        ) from error


async def _no_icon(request: web.Request) -> web.Response:
    # The page names its own icon; old browsers ask here all the same.
    return web.Response(status=204)
