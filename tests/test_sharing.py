"""Several processes share one messenger's limit, whoever of them sends."""

import asyncio
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from datetime import datetime, timedelta
from itertools import count

from bot.pacing import COUNTS, LATELY, Pacer, Pacing, keep_sharing
from bot.store.contract import Priority, StoreDownError
from bot.store.memory_store import MemoryStore
from tests.fakes import ManualClock

LIMIT = Pacing()
SECOND = timedelta(seconds=1)


class Forgetful(MemoryStore):
    """A store that can be away."""

    is_away = False

    async def count_senders(self, process: str, now: datetime, life: timedelta, *, sends: bool) -> tuple[int, int]:
        if self.is_away:
            raise StoreDownError
        return await super().count_senders(process, now, life, sends=sends)


class Crowd:
    """Several processes, each of which sends as much as it may while it has something."""

    def __init__(self, processes: int) -> None:
        self.clock = ManualClock()
        self.store = Forgetful()
        self.pacers = [Pacer(self.clock, LIMIT) for _ in range(processes)]
        self.sent: list[tuple[datetime, int]] = []
        self.busy: set[int] = set()
        self._chats = count()

    @asynccontextmanager
    async def at_work(self) -> AsyncIterator[None]:
        tasks = [asyncio.create_task(keep_sharing([pacer], self.store, self.clock)) for pacer in self.pacers]
        yield
        for task in (*tasks, *self._sending):
            task.cancel()
        await asyncio.gather(*tasks, *self._sending, return_exceptions=True)

    async def send(self, processes: Sequence[int], seconds: float) -> None:
        """These send all the time, for so long."""
        self._sending = [asyncio.create_task(self._send(process)) for process in processes]
        await self.clock.advance(seconds)
        for task in self._sending:
            task.cancel()
        await asyncio.gather(*self._sending, return_exceptions=True)
        self._sending = []

    async def _send(self, process: int) -> None:
        while True:
            await self.pacers[process].wait(Priority.ANSWER, str(next(self._chats)))
            self.sent.append((self.clock.now(), process))

    def most_in_a_second(self, since: datetime) -> int:
        moments = [moment for moment, _ in self.sent if moment >= since]
        return max(sum(first <= moment < first + SECOND for moment in moments) for first in moments)

    def number(self, since: datetime) -> int:
        return sum(moment >= since for moment, _ in self.sent)

    _sending: list[asyncio.Task[None]] = []  # noqa: RUF012 - replaced, never changed


async def test_all_together_hold_the_limit_of_one() -> None:
    crowd = Crowd(4)
    async with crowd.at_work():
        await crowd.send(range(4), 3)
        since = crowd.clock.now()
        await crowd.send(range(4), 20)

    together = crowd.number(since) / 20
    assert 0.9 * LIMIT.per_second <= together <= LIMIT.per_second + 0.5
    assert crowd.most_in_a_second(since) <= LIMIT.per_second + LIMIT.at_once
    by_process = [sum(one == process for _, one in crowd.sent) for process in range(4)]
    assert max(by_process) <= 1.3 * min(by_process)


async def test_when_all_begin_in_the_same_moment_the_limit_holds_from_the_first_second_on() -> None:
    crowd = Crowd(4)
    async with crowd.at_work():
        await crowd.clock.advance(30)
        begins = crowd.clock.now()
        await crowd.send(range(4), 10)

    assert crowd.most_in_a_second(begins) <= LIMIT.per_second + LIMIT.at_once


async def test_who_has_nothing_to_send_takes_nothing_from_who_has() -> None:
    crowd = Crowd(4)
    async with crowd.at_work():
        await crowd.send(range(4), 5)
        await crowd.clock.advance(LATELY.total_seconds() + 2)
        await crowd.send([2], COUNTS)
        since = crowd.clock.now()
        await crowd.send([2], 20)

    assert crowd.number(since) / 20 >= 0.9 * LIMIT.per_second


async def test_one_more_that_begins_is_noticed_within_a_second() -> None:
    crowd = Crowd(2)
    async with crowd.at_work():
        await crowd.send([0], 10)
        begins = crowd.clock.now()
        await crowd.send([0, 1], 10)

    assert crowd.most_in_a_second(begins) <= 1.5 * LIMIT.per_second + LIMIT.at_once
    assert crowd.most_in_a_second(begins + 2 * SECOND) <= LIMIT.per_second + LIMIT.at_once


async def test_while_the_store_is_away_the_last_shares_hold() -> None:
    crowd = Crowd(3)
    async with crowd.at_work():
        await crowd.send(range(3), 5)
        crowd.store.is_away = True
        since = crowd.clock.now()
        await crowd.send(range(3), 10)

    assert crowd.number(since) / 10 <= LIMIT.per_second + 0.5
