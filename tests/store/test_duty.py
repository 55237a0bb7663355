"""One of several processes does a thing: who may is the store's to say, by its own clock."""

import asyncio
from collections.abc import AsyncIterator
from datetime import timedelta

import pytest

from bot.duty import GRACE, LIFE, RENEW_EVERY, Duty
from bot.figures import Figures
from bot.store.contract import Store, StoreDownError, Tenure
from bot.store.memory_store import MemoryStore
from bot.store.redis_store import RedisStore
from tests.builders import NOW
from tests.fakes import ManualClock, settle_down

SHORT = timedelta(milliseconds=200)


async def test_only_one_has_it_until_they_give_it_back(store: Store) -> None:
    assert await store.hold("polling", "a", NOW, LIFE) is Tenure.LAPSED
    assert await store.hold("polling", "a", NOW, LIFE) is Tenure.KEPT
    assert await store.hold("polling", "b", NOW, LIFE) is None
    assert await store.hold("other", "b", NOW, LIFE) is Tenure.LAPSED

    await store.leave("polling", "b")
    assert await store.hold("polling", "b", NOW, LIFE) is None

    await store.leave("polling", "a")
    assert await store.hold("polling", "b", NOW, LIFE) is Tenure.GIVEN
    assert await store.hold("polling", "a", NOW, LIFE) is None


async def test_whoever_is_silent_loses_it(store: Store) -> None:
    await store.hold("polling", "a", NOW, SHORT)

    async with asyncio.timeout(10):
        while (tenure := await store.hold("polling", "b", NOW + 2 * SHORT, LIFE)) is None:  # noqa: ASYNC110
            await asyncio.sleep(0.02)

    assert tenure is Tenure.LAPSED
    assert await store.hold("polling", "a", NOW + 2 * SHORT, LIFE) is None


async def test_of_many_that_ask_at_once_one_gets_it(redis_store: RedisStore) -> None:
    asked = await asyncio.gather(*(redis_store.hold("polling", str(who), NOW, LIFE) for who in range(50)))

    assert sum(tenure is not None for tenure in asked) == 1


async def test_who_sends_is_counted_until_they_are_silent_or_say_that_they_do_not(store: Store) -> None:
    life = timedelta(seconds=10)

    assert await store.count_senders("a", NOW, life, sends=False) == (0, 1)
    assert await store.count_senders("a", NOW, life, sends=True) == (1, 1)
    assert await store.count_senders("b", NOW, life, sends=True) == (2, 2)
    assert await store.count_senders("c", NOW, life, sends=False) == (2, 3)
    assert await store.count_senders("a", NOW + life / 2, life, sends=False) == (1, 3)
    assert await store.count_senders("c", NOW + life * 2, life, sends=False) == (0, 1)


class Unsteady(MemoryStore):
    """A store that can be away."""

    is_away = False

    async def hold(self, name: str, holder: str, now: object, life: timedelta) -> Tenure | None:
        if self.is_away:
            raise StoreDownError
        assert now == self.clock.now()
        return await super().hold(name, holder, self.clock.now(), life)

    def __init__(self, clock: ManualClock) -> None:
        super().__init__()
        self.clock = clock


class Workers:
    """Several processes with one thing to do, each a task."""

    def __init__(self, clock: ManualClock, store: Unsteady) -> None:
        self.clock = clock
        self.store = store
        self.working: set[str] = set()
        self.most = 0
        self.duties: dict[str, Duty] = {}
        self.tasks: dict[str, asyncio.Task[None]] = {}

    def start(self, name: str) -> None:
        self.duties[name] = Duty(self.store, "polling", self.clock, Figures())
        self.tasks[name] = asyncio.create_task(self.duties[name].do(lambda: self._work(name)))

    async def _work(self, name: str) -> None:
        self.working.add(name)
        self.most = max(self.most, len(self.working))
        try:
            await asyncio.Event().wait()
        finally:
            self.working.discard(name)

    async def stop(self, name: str) -> None:
        self.tasks[name].cancel()
        await asyncio.gather(self.tasks[name], return_exceptions=True)


@pytest.fixture
async def workers() -> AsyncIterator[Workers]:
    clock = ManualClock()
    workers = Workers(clock, Unsteady(clock))
    for name in ("first", "second"):
        workers.start(name)
        await clock.advance(GRACE)
    assert workers.working == {"first"}
    yield workers
    for name in workers.tasks:
        await workers.stop(name)


async def test_the_spare_stands_by_as_long_as_the_other_works(workers: Workers) -> None:
    await workers.clock.advance(600)

    assert workers.working == {"first"}
    assert workers.most == 1


async def test_after_a_tidy_end_the_spare_begins_within_a_second(workers: Workers) -> None:
    await workers.stop("first")
    await workers.clock.advance(RENEW_EVERY)

    assert workers.working == {"second"}
    assert workers.most == 1


async def test_whoever_is_only_slow_has_stopped_before_the_spare_begins(workers: Workers) -> None:
    # The store has forgotten it, as after a pause of the first one that was longer than its lease.
    await workers.store.leave("polling", workers.duties["first"].holder)
    await workers.store.hold("polling", "somebody else", workers.clock.now(), timedelta())
    await workers.clock.advance(60)

    assert len(workers.working) == 1
    assert workers.most == 1


async def test_while_the_store_is_away_its_holder_goes_on_uncertainly_and_afterwards_there_is_one(
    workers: Workers,
) -> None:
    workers.store.is_away = True
    await workers.clock.advance(60)
    assert workers.working == {"first"}
    assert not workers.duties["first"].is_certain()

    workers.store.is_away = False
    await workers.clock.advance(60)
    await settle_down()
    assert len(workers.working) == 1
    assert workers.most == 1


async def test_what_fails_for_good_is_told_and_given_back() -> None:
    clock = ManualClock()
    store = Unsteady(clock)
    duty = Duty(store, "polling", clock, Figures())

    async def fail() -> None:
        raise ValueError

    task = asyncio.create_task(duty.do(fail))
    await clock.advance(GRACE)

    with pytest.raises(ValueError):  # noqa: PT011 - it is ours
        await task
    assert await store.hold("polling", "next", clock.now(), LIFE) is Tenure.GIVEN
