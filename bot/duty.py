"""What only one of several processes may do at a time, such as asking Telegram for updates; the others stand by.

Who does it holds a lease in the store and renews it. A tidy end gives it back, and the next one begins within a
second; who dies is silent, and the next one begins when the lease has run out and a moment more: whoever was only slow
has heard by then that it is over. While the store is away nobody can take the lease over, so its holder goes on.
"""

import asyncio
import contextlib
from collections.abc import Awaitable, Callable
from datetime import timedelta
from secrets import token_hex
from typing import Final

from bot import logbook
from bot.clock import Clock
from bot.figures import Figures
from bot.store.contract import Store, StoreError, Tenure

LIFE: Final = timedelta(seconds=5)
RENEW_EVERY: Final = 1.0
GRACE: Final = 1.5
"""So long after the end of another's lease it may not have noticed yet."""


class Duty:
    """One thing that is to be done by one process."""

    def __init__(self, store: Store, name: str, clock: Clock, figures: Figures) -> None:
        self._store = store
        self._name = name
        self.holder = token_hex(8)
        self._clock = clock
        self._figures = figures
        self._is_certain = False

    def is_certain(self) -> bool:
        """Whether the store has just confirmed that nobody else does it."""
        return self._is_certain

    async def do(self, work: Callable[[], Awaitable[None]]) -> None:
        """Do it whenever it is ours, until it ends by itself."""
        try:
            while True:
                tenure = await self._ask()
                if tenure is Tenure.LAPSED:
                    await self._clock.sleep(GRACE)
                    tenure = await self._ask()
                if tenure is None:
                    await self._clock.sleep(RENEW_EVERY)
                elif await self._do_while_ours(work):
                    return
        finally:
            with contextlib.suppress(StoreError):
                await self._store.leave(self._name, self.holder)

    async def _ask(self) -> Tenure | None:
        try:
            tenure = await self._store.hold(self._name, self.holder, self._clock.now(), LIFE)
        except StoreError:
            self._is_certain = False
            return None
        self._is_certain = tenure is not None
        return tenure

    async def _do_while_ours(self, work: Callable[[], Awaitable[None]]) -> bool:
        """Whether it has ended by itself."""
        logbook.note("duty_taken", kind=self._name)
        self._figures.add("duty_taken", self._name)
        task = asyncio.ensure_future(work())
        try:
            while True:
                pause = asyncio.ensure_future(self._clock.sleep(RENEW_EVERY))
                try:
                    await asyncio.wait([task, pause], return_when=asyncio.FIRST_COMPLETED)
                finally:
                    pause.cancel()
                if task.done():
                    await task
                    return True
                if await self._is_lost():
                    logbook.note("duty_lost", kind=self._name)
                    self._figures.add("duty_lost", self._name)
                    return False
        finally:
            task.cancel()
            await asyncio.gather(task, return_exceptions=True)

    async def _is_lost(self) -> bool:
        """A store that does not answer takes nothing away: nobody else can have it either."""
        try:
            tenure = await self._store.hold(self._name, self.holder, self._clock.now(), LIFE)
        except StoreError:
            self._is_certain = False
            return False
        self._is_certain = tenure is not None
        return tenure is None
