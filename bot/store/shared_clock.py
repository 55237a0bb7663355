"""One clock for all processes that share a store: leases and due moments are only as good as the clock behind them.

Each process compares its machine's clock with the store's now and then, and goes by the store's. Where the two are far
apart, one of them is wrong, and two count for more than one: if another process has said lately that its own clock
agrees with the store's, ours is wrong. If nobody has, we stay as we are: that a store has failed over to a server whose
clock is wrong must not put off every call for help by as much. In no case does a process stop: it says so loudly.
"""

import logging
from collections.abc import Awaitable, Callable
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final, Protocol

from bot import logbook
from bot.clock import Clock
from bot.figures import Figures
from bot.store.contract import StoreError, StoreRefusesError

EVERY: Final = 30.0
"""Seconds from one comparison to the next."""

ASKED: Final = 5
"""So often for one comparison: the answer that comes soonest is the best."""

LIKELY: Final = timedelta(minutes=1)
"""Clocks that are this near to each other differ as clocks do; beyond that, one is wrong."""

LOUD: Final = timedelta(seconds=2)
"""From here on the people who run it should set their clocks."""

_STEADY: Final = timedelta(seconds=0.5)
"""What is less than this is not worth a leap."""

_BEAT: Final = "clock"
_BEAT_COUNTS: Final = timedelta(seconds=3 * EVERY)
_NOT_AT_ALL: Final = timedelta()


class TimedStore(Protocol):
    """A store whose clock can be asked."""

    async def server_time(self) -> datetime:
        """The moment, by the store's clock; raise StoreError."""
        ...

    async def beat(self, name: str, now: datetime, life: timedelta) -> None: ...

    async def heard(self, name: str) -> datetime | None: ...

    def doubt_clock(self, by: timedelta) -> None:
        """Be told by how much the moments that are handed in may be too late."""
        ...


@dataclass(frozen=True, slots=True)
class Comparison:
    """How far the store's clock is ahead of the machine's, and the moment by the store's."""

    ahead: timedelta
    server: datetime


async def compare(ask: Callable[[], Awaitable[datetime]], machine: Clock) -> Comparison:
    """Ask the store for its time a few times; raise StoreError."""
    found: list[tuple[timedelta, Comparison]] = []
    for _ in range(ASKED):
        sent = machine.now()
        server = await ask()
        trip = machine.now() - sent
        # A clock that was set back meanwhile tells nothing of how long it took.
        found.append((abs(trip), Comparison(server - (sent + trip / 2), server)))
    return min(found, key=lambda one: one[0])[1]


class SharedClock:
    """The machine's clock, put right by the store's."""

    def __init__(self, machine: Clock) -> None:
        self._machine = machine
        self._correction = _NOT_AT_ALL
        self._is_loud = False
        self._is_refused = False

    def now(self) -> datetime:
        return self._machine.now() + self._correction

    async def sleep(self, seconds: float) -> None:
        await self._machine.sleep(seconds)

    async def follow(self, store: TimedStore, figures: Figures) -> None:
        """Compare again and again, for as long as it runs."""
        while True:
            await self.sleep(EVERY)
            await self.look(store, figures)

    async def look(self, store: TimedStore, figures: Figures) -> None:
        """Compare once; whoever cannot goes on as before."""
        try:
            found = await compare(store.server_time, self._machine)
        except StoreRefusesError as error:
            if not self._is_refused:
                logbook.note_error("clock_not_compared", error)
            self._is_refused = True
            return
        except StoreError:
            return
        self._is_refused = False
        with suppress(StoreError):
            if await self._is_to_be_followed(store, found) and abs(found.ahead - self._correction) > _STEADY:
                self._correction = found.ahead
        # By whichever clock is behind, so that nothing is thrown away that may be in time.
        store.doubt_clock(max(_NOT_AT_ALL, self._correction - min(_NOT_AT_ALL, found.ahead)))
        figures.levels["clock_off_seconds"] = -found.ahead.total_seconds()
        self._tell(found.ahead)

    async def _is_to_be_followed(self, store: TimedStore, found: Comparison) -> bool:
        if abs(found.ahead) <= LIKELY:
            await store.beat(_BEAT, found.server, _BEAT_COUNTS)
            return True
        # If the store's clock was set back, its keys live on: only what was said by this very clock counts.
        heard = await store.heard(_BEAT)
        return heard is not None and abs(found.server - heard) <= _BEAT_COUNTS

    def _tell(self, ahead: timedelta) -> None:
        is_loud = abs(ahead) > LOUD
        if is_loud != self._is_loud:
            level, event = (logging.ERROR, "clock_off") if is_loud else (logging.WARNING, "clock_right_again")
            logbook.note(event, level, seconds=round(-ahead.total_seconds(), 1))
        self._is_loud = is_loud
