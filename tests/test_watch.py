"""Nothing that is open goes unseen."""

import asyncio
from collections.abc import Sequence
from dataclasses import replace
from datetime import timedelta

import pytest

from bot.desk.actions import MemberLeft
from bot.desk.decided import Refusal
from bot.desk.staff import NO_ROSTER, Roster
from bot.desk.ticket import Stage, TicketId
from bot.figures import Figures
from bot.messages import ConversationId
from bot.store import keys
from bot.store.contract import StoreDownError, TicketCommit
from bot.store.memory_store import MemoryStore
from bot.store.redis_store import open_store
from bot.turns import TicketArrival
from bot.turns.turns import ALERTS
from bot.watch import Watch
from handlers.web.health import figures_text
from tests.builders import LEASE, NOW, a_commit, arrival
from tests.desk.small_world import ANNA, ROSTER, THAI, a_ticket
from tests.fakes import NAMES, ManualClock
from tests.store.servers import a_server


class AwayStore(MemoryStore):
    """Can be away for whoever looks at tickets."""

    is_away = False

    async def open_tickets(self) -> Sequence[TicketId]:
        if self.is_away:
            raise StoreDownError("the store is away")
        return await super().open_tickets()


class Scene:
    def __init__(self, roster: Roster = NO_ROSTER) -> None:
        self.store, self.clock, self.figures = AwayStore(), ManualClock(NOW), Figures()
        self.taken: list[TicketArrival] = []
        self.pinged = 0
        self.watch = Watch(self.store, lambda: roster, self.clock, self.figures, self.ping)

    async def ping(self) -> None:
        self.pinged += 1

    async def take(self, one: TicketArrival) -> Refusal:
        self.taken.append(one)
        return Refusal.CLOSED

    async def open(self, **changes: object) -> None:
        ticket = replace(a_ticket(), **changes)  # type: ignore[arg-type] # each test names fields of a ticket
        await self.store.commit(replace(a_commit(1), opens=ticket), NOW, LEASE)

    async def look(self) -> None:
        await self.watch.look(self.take)


async def test_a_ticket_without_a_moment_is_given_one_and_it_is_counted() -> None:
    scene = Scene()
    await scene.open()
    await scene.store.commit_ticket(TicketCommit(a_ticket().id, 1, arrival(9), a_ticket(due=None)), NOW)

    await scene.look()

    assert scene.figures.counts["due_mended", ""] == 1
    assert [rung.conversation for rung in await scene.store.claim_timers(NOW, LEASE, 9)] == [
        ConversationId(a_ticket().id)
    ]


async def test_what_is_open_is_counted_by_helpline() -> None:
    scene = Scene()
    await scene.open(waits_for=NOW - timedelta(minutes=7))

    await scene.look()

    assert scene.watch.held_by() == {THAI: 1}
    assert scene.watch.overview.open_tickets[THAI, Stage.ASKED] == 1
    assert scene.watch.overview.longest_wait == timedelta(minutes=7)


async def test_whoever_runs_the_bot_sees_how_old_the_oldest_call_without_an_answer_is() -> None:
    scene = Scene()
    await scene.look()
    assert "waymark_longest_wait_seconds 0\n" in figures_text(scene.figures)
    await scene.open(waits_for=NOW - timedelta(minutes=7))

    await scene.look()

    told = figures_text(scene.figures)
    assert "# TYPE waymark_longest_wait_seconds gauge\nwaymark_longest_wait_seconds 420\n" in told


async def test_a_process_that_only_follows_tells_how_long_somebody_waits_too() -> None:
    scene = Scene()
    await scene.open(waits_for=NOW - timedelta(minutes=7))

    following = asyncio.ensure_future(scene.watch.follow())
    await scene.clock.advance(1)
    following.cancel()

    assert scene.figures.levels["longest_wait_seconds"] == 420


async def test_a_look_that_fails_is_counted_wherever_it_is_made() -> None:
    scene = Scene()
    scene.store.is_away = True

    looking = [asyncio.ensure_future(one) for one in (scene.watch.follow(), scene.watch.run(scene.take))]
    await scene.clock.advance(11)
    for one in looking:
        one.cancel()

    assert scene.figures.counts["watch_failed", ""] == 4


async def test_one_open_ticket_that_cannot_be_read_hides_none_of_the_others() -> None:
    figures, clock = Figures(), ManualClock(NOW)
    readable = a_ticket(waits_for=NOW - timedelta(minutes=7), holder=ANNA, stage=Stage.TALKING)
    foreign = TicketId(f"~{'u' * 20}07")
    taken: list[TicketArrival] = []

    async def take(one: TicketArrival) -> None:
        taken.append(one)

    with a_server() as server:
        store = open_store(server.url, NAMES, figures=figures)
        try:
            await store.commit_ticket(TicketCommit(readable.id, 0, arrival(1), readable), NOW)
            with server.client() as client:
                record = client.get(keys.lane_key(7, ConversationId(readable.id)))
                client.set(keys.lane_key(7, ConversationId(foreign)), record)
                client.sadd(keys.OPEN[7], foreign)
            await Watch(store, lambda: NO_ROSTER, clock, figures).look(take)
        finally:
            await store.close()

    assert figures.levels["longest_wait_seconds"] == 420
    assert [one.ticket for one in taken] == [readable.id]
    assert figures.counts["ticket_unreadable", "SealError"] > 0


async def test_what_somebody_who_left_still_holds_is_taken_back_later_where_the_store_was_away() -> None:
    scene = Scene()
    await scene.open(holder=ANNA, stage=Stage.CLOSED)

    async def in_vain(one: TicketArrival) -> None:
        raise StoreDownError("the store is away")

    with pytest.raises(StoreDownError):
        await scene.watch.look(in_vain)
    await scene.look()
    await scene.look()

    assert [one.happening for one in scene.taken] == [MemberLeft(ANNA)], "once is enough"


async def test_who_is_not_enrolled_any_more_holds_nothing() -> None:
    gone = Scene(NO_ROSTER)
    await gone.open(holder=ANNA, stage=Stage.TALKING)
    await gone.look()
    assert [one.happening for one in gone.taken] == [MemberLeft(ANNA)]

    here = Scene(ROSTER)
    await here.open(holder=ANNA, stage=Stage.TALKING)
    await here.look()
    assert here.taken == []


async def test_the_watcher_outside_is_asked_once_a_minute_while_alerts_go_out() -> None:
    scene = Scene()
    await scene.look()
    assert (scene.pinged, scene.figures.counts["alerts_silent", ""]) == (0, 0), "it has only just begun"

    for _ in range(13):
        await scene.store.beat(ALERTS, scene.clock.now(), timedelta(days=1))
        await scene.look()
        scene.clock.set(scene.clock.now() + timedelta(seconds=10))
    assert scene.pinged == 3
    scene.clock.set(scene.clock.now() + timedelta(seconds=61))
    await scene.look()

    assert (scene.pinged, scene.figures.counts["alerts_silent", ""]) == (3, 1)


async def test_the_watcher_outside_is_asked_after_the_clock_was_set_back_as_well() -> None:
    scene = Scene()
    await scene.store.beat(ALERTS, scene.clock.now(), timedelta(days=1))
    await scene.look()
    scene.clock.set(scene.clock.now() - timedelta(hours=3))
    await scene.store.beat(ALERTS, scene.clock.now(), timedelta(days=1))
    await scene.look()

    assert scene.pinged == 2
