"""Nothing that is open goes unseen."""

from dataclasses import replace
from datetime import timedelta

from bot.desk.actions import MemberLeft
from bot.desk.decided import Refusal
from bot.desk.staff import NO_ROSTER, Roster
from bot.desk.ticket import Stage
from bot.figures import Figures
from bot.messages import ConversationId
from bot.store.contract import TicketCommit
from bot.store.memory_store import MemoryStore
from bot.turns import TicketArrival
from bot.turns.turns import ALERTS
from bot.watch import Watch
from handlers.web.health import figures_text
from tests.builders import LEASE, NOW, a_commit, arrival
from tests.desk.small_world import ANNA, ROSTER, THAI, a_ticket
from tests.fakes import ManualClock


class Scene:
    def __init__(self, roster: Roster = NO_ROSTER) -> None:
        self.store, self.clock, self.figures = MemoryStore(), ManualClock(NOW), Figures()
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
