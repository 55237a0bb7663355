"""A moment that comes is acted upon, however finely clocks and the store count it, and whatever becomes of the clock."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import replace
from datetime import datetime, timedelta
from pathlib import Path

import pytest
from redis.asyncio import Redis

from bot.desk.helplines import HelplineId
from bot.desk.staff import NO_ROSTER
from bot.desk.ticket import Rule, Ticket, TicketId
from bot.figures import Figures
from bot.messages import ConversationId, Language
from bot.store.contract import Store, Timer
from bot.store.keys import lane_key, shard_of
from bot.store.redis_store import RedisStore
from bot.turns import Tickets, Turns
from tests.builders import LEASE, NOW, SOMEBODY, a_commit
from tests.dialogue.little_world import little_script
from tests.fakes import NAMES, ManualClock
from tests.store.servers import Server
from tests.turns.test_turns import Postbox

TICKET = TicketId(f"~{'a' * 20}{shard_of(SOMEBODY):02}")
CALL = Ticket(TICKET, SOMEBODY, HelplineId("thai"), Language("km"), NOW, Rule.LANGUAGE_PLACE_OPEN, due=NOW)
MICROSECOND, MILLISECOND = timedelta(microseconds=1), timedelta(milliseconds=1)


class ClockPutRight(ManualClock):
    """Is set back, when that is asked for, as soon as somebody has looked at it once more."""

    def __init__(self, start: datetime) -> None:
        super().__init__(start)
        self.to_set_back = timedelta()
        self._behind = timedelta()

    def now(self) -> datetime:
        moment = super().now() - self._behind
        self._behind, self.to_set_back = self._behind + self.to_set_back, timedelta()
        return moment


@pytest.mark.parametrize("fraction", [0, 1, 400, 999])
async def test_no_timer_rings_before_its_moment(store: Store, fraction: int) -> None:
    due = NOW + fraction * MICROSECOND
    await store.commit(a_commit(1, timers=(Timer("remind", due),)), NOW, LEASE)

    assert await store.claim_timers(due - MICROSECOND, LEASE, 9) == []
    assert len(await store.claim_timers(due + MILLISECOND, LEASE, 9)) == 1


async def test_a_call_goes_on_although_the_clock_is_put_right_while_it_rings(
    redis_store: RedisStore, tmp_path: Path
) -> None:
    clock = ClockPutRight(NOW)
    await redis_store.commit(replace(a_commit(1), opens=CALL), NOW, LEASE)
    async with _ringing(clock, redis_store, tmp_path):
        await _pass(clock, redis_store, seconds=59)
        assert await _alerts(redis_store) == 1

        clock.to_set_back = timedelta(seconds=2)
        await _pass(clock, redis_store, seconds=30)

    assert await _alerts(redis_store) == 2


async def test_a_call_that_ended_by_itself_while_no_bot_ran_rings_once_and_is_gone(
    redis_store: RedisStore, server: Server, tmp_path: Path
) -> None:
    clock = ManualClock(NOW)
    await redis_store.commit(replace(a_commit(1), opens=CALL), NOW, LEASE)
    async with Redis.from_url(server.url) as client:
        await client.delete(lane_key(shard_of(TICKET), ConversationId(TICKET)))
    async with _ringing(clock, redis_store, tmp_path):
        await _pass(clock, redis_store, seconds=3)

    assert await redis_store.claim_timers(NOW + timedelta(days=99), LEASE, 9) == []
    assert await redis_store.open_tickets() == []
    assert await redis_store.changed_tickets(NOW) == {}


@asynccontextmanager
async def _ringing(clock: ManualClock, store: RedisStore, folder: Path) -> AsyncIterator[None]:
    """Timers ring meanwhile."""
    script, figures = little_script(folder), Figures()
    tickets = Tickets(store, lambda: script, lambda: NO_ROSTER, Postbox(), clock, figures)
    turns = Turns(store, lambda: script, Postbox(), clock, figures, NAMES, tickets.take)
    task = asyncio.create_task(turns.ring_timers())
    try:
        yield
    finally:
        task.cancel()
        await asyncio.wait([task])


async def _pass(clock: ManualClock, store: RedisStore, *, seconds: int) -> None:
    """So long, with time for the store to answer in each of them."""
    for _ in range(seconds):
        await clock.advance(1)
        for _ in range(10):
            await store.ping()


async def _alerts(store: RedisStore) -> int:
    ticket = (await store.load_ticket(TICKET)).ticket
    assert ticket is not None
    return ticket.alerts
