"""The server's time: it runs with real time and can be put forward, so that a day passes within a test."""

import asyncio
import time


class Clock:
    """Seconds since 1970; whoever sleeps by it wakes when it is put forward far enough."""

    def __init__(self) -> None:
        self._ahead = 0.0
        self._sleepers: dict[asyncio.Future[None], float] = {}

    def now(self) -> float:
        return time.time() + self._ahead

    def advance(self, seconds: float) -> None:
        self._ahead += seconds
        for sleeper, until in self._sleepers.items():
            if until <= self.now() and not sleeper.done():
                sleeper.set_result(None)

    async def sleep(self, seconds: float) -> None:
        if seconds <= 0:
            return
        sleeper: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._sleepers[sleeper] = self.now() + seconds
        try:
            await asyncio.wait((sleeper,), timeout=seconds)
        finally:
            del self._sleepers[sleeper]
