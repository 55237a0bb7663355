"""The store in memory and the one on a server give the same answers to any row of calls."""

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from datetime import timedelta

from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, precondition, rule, run_state_machine_as_test

from bot.figures import Figures
from bot.messages import ConversationId
from bot.store.contract import SEEN_LIFE, Commit, ConflictError, OutgoingId, Store, Timer
from bot.store.memory_store import MemoryStore
from bot.store.redis_store import open_store
from bot.store.sealing import Vault
from tests.builders import LEASE, NOW, a_record, an_outgoing, arrival
from tests.store.servers import Server

PEOPLE = st.sampled_from([ConversationId(name) for name in ("ann", "ben", "dao")])
# Few ids, so that repetitions and settling of old heads happen all the time.
TURNS = st.integers(1, 12)
NAMES = st.sampled_from(["remind", "close"])
SECONDS = st.integers(0, 30)
OUTGOING_IDS = st.builds(lambda turn, number: OutgoingId(arrival(turn) + bytes((number,))), TURNS, st.integers(0, 2))


@dataclass(frozen=True)
class Wishes:
    """What a commit asks for beside the record."""

    sends: int
    forgets: bool
    pushed: bool
    timers: dict[str, int]
    dropped: list[str]


WISHES = st.builds(
    Wishes,
    sends=st.integers(0, 3),
    forgets=st.sampled_from([False, False, False, True]),
    pushed=st.sampled_from([True, True, True, False]),
    timers=st.dictionaries(NAMES, SECONDS, max_size=2),
    dropped=st.lists(NAMES, max_size=1),
)

Question = Callable[[Store], Awaitable[object]]


class Agreement(RuleBasedStateMachine):
    """Asks both and compares; time only goes on."""

    def __init__(self, server: Server) -> None:
        super().__init__()
        with server.client() as client:
            client.flushall()
        self._runner = asyncio.Runner()
        self._figures = [Figures(), Figures()]
        self._memory = MemoryStore(self._figures[0])
        self._valkey = open_store(server.url, Vault(b"i" * 32, {1: b"w" * 32}, 1), figures=self._figures[1])
        self._now = NOW
        self._heads: list[tuple[ConversationId, OutgoingId]] = []

    def teardown(self) -> None:
        self._runner.run(self._valkey.close())
        self._runner.close()

    def _agree(self, question: Question) -> object:
        answers = [self._runner.run(_asked(question, store)) for store in (self._memory, self._valkey)]
        assert answers[0] == answers[1]
        assert self._figures[0].counts == self._figures[1].counts
        return answers[0]

    @rule(seconds=st.sampled_from([0, 1, 5, 9, 10, 11, 60, 3600, 86395, 90000]))
    def time_goes_on(self, seconds: int) -> None:
        # Beyond that, keys end by the server's own clock, which does not move with ours.
        self._now = min(self._now + timedelta(seconds=seconds), NOW + SEEN_LIFE - timedelta(minutes=1))

    @rule(who=PEOPLE, turn=TURNS, skew=st.sampled_from([0, 0, 0, 0, -1, 1]), wishes=WISHES)
    def commit(self, who: ConversationId, turn: int, skew: int, wishes: Wishes) -> None:
        version = self._runner.run(self._memory.load(who)).version
        commit = Commit(
            who,
            max(0, version + skew),
            arrival(turn),
            None if wishes.forgets else a_record(f"node{turn:06d}"),
            tuple(an_outgoing(f"{turn}.{number}", turn=turn, number=number) for number in range(wishes.sends)),
            tuple(Timer(name, self._now + timedelta(seconds=after)) for name, after in wishes.timers.items()),
            tuple(wishes.dropped),
            wishes.pushed,
        )
        self._agree(lambda store: store.commit(commit, self._now, LEASE))

    @rule(who=PEOPLE)
    def load(self, who: ConversationId) -> None:
        self._agree(lambda store: store.load(who))

    @rule(who=PEOPLE, outgoing=OUTGOING_IDS)
    def settle_anything(self, who: ConversationId, outgoing: OutgoingId) -> None:
        self._agree(lambda store: store.settle(who, outgoing, self._now, LEASE))

    @precondition(lambda self: any(self.heads()))
    @rule(data=st.data())
    def settle_a_head(self, data: st.DataObject) -> None:
        who, outgoing = data.draw(st.sampled_from(self.heads()))
        self._agree(lambda store: store.settle(who, outgoing, self._now, LEASE))

    @rule(who=PEOPLE, seconds=SECONDS)
    def postpone(self, who: ConversationId, seconds: int) -> None:
        self._agree(lambda store: store.postpone(who, self._now + timedelta(seconds=seconds)))

    @rule(who=PEOPLE)
    def abandon(self, who: ConversationId) -> None:
        self._agree(lambda store: store.abandon(who))

    @rule(at_most=st.integers(1, 4))
    def claim(self, at_most: int) -> None:
        self._agree(lambda store: store.claim(self._now, LEASE, at_most))

    @rule(at_most=st.integers(1, 4))
    def claim_timers(self, at_most: int) -> None:
        self._agree(lambda store: store.claim_timers(self._now, LEASE, at_most))

    @rule(who=PEOPLE, outgoing=OUTGOING_IDS)
    def fetch(self, who: ConversationId, outgoing: OutgoingId) -> None:
        self._agree(lambda store: store.fetched(who, outgoing))

    @rule(who=PEOPLE)
    def wait(self, who: ConversationId) -> None:
        self._agree(lambda store: store.waiting(who))

    @rule()
    def release(self) -> None:
        self._agree(lambda store: store.release_leases(self._now))

    @rule()
    def depth(self) -> None:
        self._agree(lambda store: store.depth(self._now))

    def heads(self) -> list[tuple[ConversationId, OutgoingId]]:
        return [(who, lane.outbox[0].outgoing.id) for who, lane in sorted(self._memory._lanes.items()) if lane.outbox]


async def _asked(question: Question, store: Store) -> object:
    try:
        return await question(store)
    except ConflictError:
        return ConflictError


def test_memory_and_server_agree(server: Server) -> None:
    class OnThisServer(Agreement):
        def __init__(self) -> None:
            super().__init__(server)

    run_state_machine_as_test(
        OnThisServer,
        settings=settings(
            max_examples=40,
            stateful_step_count=40,
            deadline=None,
            suppress_health_check=list(HealthCheck),
        ),
    )
