"""Processes whose machines' clocks differ agree on one; a clock that is far off decides nothing alone."""

from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta

import pytest

from bot.clock import SystemClock
from bot.figures import Figures
from bot.store.redis_store import RedisStore, open_store
from bot.store.sealing import Vault
from bot.store.shared_clock import SharedClock
from tests.builders import LEASE, a_commit, an_outgoing
from tests.store.servers import Server, a_server

NEAR = timedelta(seconds=0.5)
TEXT = an_outgoing("text")
A_DAY = timedelta(hours=25)


class OddMachine(SystemClock):
    """A machine whose clock is ahead of all others."""

    def __init__(self, ahead: timedelta) -> None:
        self._ahead = ahead

    def now(self) -> datetime:
        return super().now() + self._ahead


@pytest.fixture
async def other(server: Server, vault: Vault, redis_store: RedisStore) -> AsyncIterator[RedisStore]:
    """What another process has open on the same server."""
    assert redis_store is not None
    store = open_store(server.url, vault)
    yield store
    await store.close()


def off(clock: SharedClock) -> timedelta:
    return abs(clock.now() - datetime.now(UTC))


@pytest.mark.parametrize("seconds", [20, -20])
async def test_what_one_is_sending_is_not_sent_by_another_whose_machine_has_another_time(
    redis_store: RedisStore, other: RedisStore, seconds: int
) -> None:
    one, two = SharedClock(OddMachine(timedelta(seconds=seconds))), SharedClock(SystemClock())
    figures = Figures()
    for clock, store in ((one, redis_store), (two, other)):
        await clock.look(store, figures if clock is one else Figures())

    await redis_store.commit(a_commit(1, TEXT), one.now(), LEASE)

    assert await other.claim(two.now(), LEASE, 9) == []
    assert len(await other.claim(two.now() + LEASE + NEAR, LEASE, 9)) == 1
    assert figures.levels["clock_off_seconds"] == pytest.approx(seconds, abs=0.5)


async def test_one_that_is_hours_off_goes_by_the_store_where_another_agrees_with_it(
    redis_store: RedisStore, other: RedisStore
) -> None:
    odd, right = SharedClock(OddMachine(A_DAY)), SharedClock(SystemClock())
    await odd.look(redis_store, Figures())
    assert off(odd) > A_DAY - NEAR

    await right.look(other, Figures())
    await odd.look(redis_store, Figures())

    assert off(odd) < NEAR
    assert off(right) < NEAR


async def test_a_lone_one_that_is_a_day_ahead_throws_nothing_away(redis_store: RedisStore, other: RedisStore) -> None:
    now = datetime.now(UTC)
    await other.commit(a_commit(1, TEXT), now, LEASE)
    clock = SharedClock(OddMachine(A_DAY))
    await clock.look(redis_store, Figures())

    assert len(await redis_store.claim(clock.now(), LEASE, 9)) == 1


class SetBack:
    """A store that has failed over to a server whose clock is wrong."""

    def __init__(self) -> None:
        self.ahead = timedelta()
        self.beats: dict[str, datetime] = {}

    async def server_time(self) -> datetime:
        return datetime.now(UTC) + self.ahead

    async def beat(self, name: str, now: datetime, life: timedelta) -> None:
        assert life > timedelta()
        self.beats[name] = now

    async def heard(self, name: str) -> datetime | None:
        return self.beats.get(name)

    def doubt_clock(self, by: timedelta) -> None:
        assert by >= timedelta()


@pytest.mark.parametrize("hours", [-3, 3])
async def test_a_store_whose_clock_leaps_by_hours_takes_nobody_along(
    hours: int, caplog: pytest.LogCaptureFixture
) -> None:
    store, clocks = SetBack(), [SharedClock(SystemClock()) for _ in range(3)]
    for clock in clocks:
        await clock.look(store, Figures())
    store.ahead = timedelta(hours=hours)

    for _ in range(2):
        for clock in clocks:
            await clock.look(store, Figures())

    assert all(off(clock) < NEAR for clock in clocks)
    # Each says it once.
    assert [record.msg for record in caplog.records] == ["clock_off"] * 3


async def test_where_the_time_may_not_be_asked_the_machines_clock_stays(
    vault: Vault, caplog: pytest.LogCaptureFixture
) -> None:
    with a_server() as server:
        server.let_in("waymark", "secret", "-time")
        figures = Figures()
        store = open_store(f"unix://waymark:secret@{server.folder}/socket", vault, figures=figures)
        clock = SharedClock(SystemClock())
        for _ in range(2):
            await clock.look(store, figures)
        await store.close()

    assert off(clock) < NEAR
    assert "clock_off_seconds" not in figures.levels
    assert figures.levels["store_refuses"] == 0
    assert [record.msg for record in caplog.records] == ["clock_not_compared"]
