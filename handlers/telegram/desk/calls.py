"""Calls for help go first and never wait for long: a few each by itself, so that each is heard; a crowd as one digest.

Calls that come while there is no room for each are gathered for a second and shown as one message, the most urgent on
top, with a button for each.
"""

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Final

from telegram.error import TelegramError

from bot.channel import BusyError, ChannelError, Delivered, InDoubtError
from bot.clock import Clock
from bot.desk.ticket import TicketId, Urgency
from bot.messages import Message
from bot.store.contract import StoreError
from handlers.telegram.desk.lines import GroupLine

AT_MOST_ALONE: Final = 3
"""So many calls within LATELY are shown each by itself."""

LATELY: Final = timedelta(seconds=30)
MOST_BUTTONS: Final = 8
MOST_IN_ONE: Final = 16
"""Where hardly any room is left, a digest names more than it has buttons for."""

GATHER_SECONDS: Final = 1.0
LONGEST_WAIT: Final = 3.0
"""Who would wait longer comes back: whoever brings a call waits only so long for an answer."""


@dataclass(frozen=True, slots=True)
class Call:
    """One call to show, about one ticket; `step` is what its buttons are made with."""

    ticket: TicketId
    alias: str
    urgency: Urgency
    step: int
    message: Message


class Calls:
    """The calls to one group. `show` puts one or several of them into one message."""

    def __init__(self, line: GroupLine, clock: Clock, show: Callable[[Sequence[Call]], Awaitable[Delivered]]) -> None:
        self._line = line
        self._clock = clock
        self._show = show
        self._waiting: list[tuple[Call, asyncio.Future[Delivered]]] = []
        self._worker: asyncio.Task[None] | None = None

    async def bring(self, call: Call) -> Delivered:
        """Show it, alone or among others; raise BusyError where even the room kept for calls is full."""
        free_in = self._line.call_free_in()
        if free_in > LONGEST_WAIT:
            raise BusyError(free_in)
        if not self._waiting and free_in <= 0 and self._line.recent_calls(LATELY) < AT_MOST_ALONE:
            self._line.take_for_call()
            return await self._show((call,))
        shown: asyncio.Future[Delivered] = asyncio.get_running_loop().create_future()
        self._waiting.append((call, shown))
        self._line.calls_waiting += 1
        if self._worker is None or self._worker.done():
            self._worker = asyncio.get_running_loop().create_task(self._gather())
        try:
            return await shown
        finally:
            self._line.calls_waiting -= 1

    async def close(self) -> None:
        """Stop gathering; what waits is brought again by whoever brought it."""
        if self._worker is not None:
            self._worker.cancel()
            await asyncio.gather(self._worker, return_exceptions=True)

    async def _gather(self) -> None:
        await self._clock.sleep(GATHER_SECONDS)
        while self._waiting:
            free_in = self._line.call_free_in()
            if free_in > LONGEST_WAIT:
                _tell_all(self._waiting, BusyError(free_in))
                self._waiting = []
            elif free_in > 0:
                await self._clock.sleep(free_in)
            else:
                await self._show_next()

    async def _show_next(self) -> None:
        urgent_first = sorted(
            (one for one in self._waiting if not one[1].done()),
            key=lambda one: one[0].urgency is not Urgency.EMERGENCY,
        )
        most = MOST_BUTTONS if self._line.calls_left > 1 else MOST_IN_ONE
        batch, self._waiting = urgent_first[:most], urgent_first[most:]
        if not batch:
            return
        self._line.take_for_call()
        try:
            delivered = await self._show([call for call, _ in batch])
        except (ChannelError, StoreError, TelegramError) as error:
            _tell_all(batch, error)
        except asyncio.CancelledError:
            _tell_all(batch, InDoubtError("stopped while it was shown"))
            raise
        else:
            for _, shown in batch:
                if not shown.done():
                    shown.set_result(delivered)


def _tell_all(batch: Sequence[tuple[Call, asyncio.Future[Delivered]]], error: Exception) -> None:
    for _, shown in batch:
        if not shown.done():
            shown.set_exception(error)
