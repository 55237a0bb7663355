"""Where the time comes from, so that tests can move it by hand."""

import asyncio
from datetime import UTC, datetime
from typing import Protocol


class Clock(Protocol):
    """The moment, and waiting."""

    def now(self) -> datetime:
        """The moment, aware of its time zone."""
        ...

    async def sleep(self, seconds: float) -> None:
        """Return after this many seconds, at once if there is nothing to wait for."""
        ...


class SystemClock:
    """The clock of the machine."""

    def now(self) -> datetime:
        return datetime.now(UTC)

    async def sleep(self, seconds: float) -> None:
        await asyncio.sleep(max(0.0, seconds))
