"""Tells a watcher outside that alerts still go out; when it hears nothing, it wakes somebody."""

from typing import Final

from aiohttp import ClientError, ClientSession, ClientTimeout

from bot import logbook

_PATIENCE: Final = ClientTimeout(total=10)


async def ping_watcher(url: str) -> None:
    """Ask for an address; whatever comes of it is only noted."""
    try:
        async with ClientSession(timeout=_PATIENCE) as session, session.get(url, allow_redirects=False) as answer:
            if answer.status >= 400:
                logbook.note("watcher_refused", state=str(answer.status))
    except (ClientError, TimeoutError) as error:
        logbook.note_error("watcher_away", error)
