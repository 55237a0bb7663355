"""Tells an open page what has changed, for as long as its session lasts: which tickets, and how many are urgent.

While the store is away nobody can be told whose session lasts: the page hears that much and nothing else, and all anew
as soon as the store is back.
"""

import asyncio
import json
from contextlib import suppress
from typing import Final

from aiohttp import web

from bot import logbook
from bot.desk.ticket import TicketId
from bot.store.contract import StoreError
from handlers.web.console.access import Caller
from handlers.web.console.board import Board, Watcher
from handlers.web.console.lists import urgent
from handlers.web.console.office import Office

CHECK_EVERY: Final = 1.0
"""Whoever left, or was signed out, hears nothing any more after this long."""

_AWAY: Final = b"event: away\ndata: {}\n\n"
_BEAT_EVERY: Final = 15
"""Checks; proxies close what is silent for longer."""


class NewsStream:
    """One open page."""

    def __init__(self, office: Office, caller: Caller) -> None:
        self._office = office
        self._caller = caller

    async def run(self, request: web.Request) -> web.StreamResponse:
        """Tell until the page is closed, the session is over, or we stop."""
        response = web.StreamResponse(headers={"Content-Type": "text/event-stream", "X-Accel-Buffering": "no"})
        await response.prepare(request)
        # Where the page was closed meanwhile, nobody is left to be told.
        with suppress(ConnectionError):
            await self._tell(response)
        return response

    async def _tell(self, response: web.StreamResponse) -> None:
        board = self._office.board
        with board.watch() as watcher:
            quiet, is_away = 0, False
            # What came between the page and this stream, or while it was broken, must not be missed: all is told anew.
            await response.write(b"retry: 2000\n\n" + self._news(None))
            while not await _is_stopped(board, watcher, is_away=is_away):
                try:
                    is_signed_in = await self._is_signed_in()
                except StoreError as error:
                    if not is_away:
                        logbook.note_error("console_store_away", error)
                        await response.write(_AWAY)
                    is_away, quiet = True, 0
                    continue
                if not is_signed_in:
                    await response.write(b"event: over\ndata: {}\n\n")
                    return
                quiet += 1
                if watcher.woken.is_set() or is_away:
                    changed = None if is_away else set(watcher.changed)
                    watcher.woken.clear()
                    watcher.changed.clear()
                    await response.write(self._news(changed))
                    is_away, quiet = False, 0
                elif quiet >= _BEAT_EVERY:
                    await response.write(b": still here\n\n")
                    quiet = 0

    async def _is_signed_in(self) -> bool:
        cookie, now = self._caller.session.cookie, self._office.clock.now()
        found = await self._office.sign_in.sessions.find(cookie, now, is_use=False)
        return found is not None and self._office.sign_in.member(found.member) is not None

    def _news(self, changed: set[TicketId] | None) -> bytes:
        """Which tickets have changed (None: whatever there is may have), and which urgent ones nobody has taken."""
        standing = urgent(self._office.board.tickets, self._caller.member)
        told = {"changed": None if changed is None else sorted(changed), "urgent": standing}
        return f"event: news\ndata: {json.dumps(told)}\n\n".encode()


async def _is_stopped(board: Board, watcher: Watcher, *, is_away: bool) -> bool:
    """Whether nobody is to listen any more; asked anew as soon as there is something to tell, and now and then."""
    if is_away:
        # What woke the page is not told yet, and a store that is away may say so at once: nothing else would run.
        await asyncio.sleep(CHECK_EVERY)
        return board.is_closed
    with suppress(TimeoutError):
        async with asyncio.timeout(CHECK_EVERY):
            await watcher.woken.wait()
    return board.is_closed
