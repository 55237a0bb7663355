"""What becomes of a message between the commit and the messenger."""

import asyncio
from collections.abc import AsyncIterator, Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from itertools import pairwise
from random import Random
from typing import Protocol

import pytest

from bot.channel import (
    Channel,
    ChannelDownError,
    ChannelError,
    Delivered,
    InDoubtError,
    RefusedError,
    RetryLaterError,
    TokenError,
    UnreachableError,
)
from bot.delivery import LEASE, Delivery
from bot.desk.letters import Missed
from bot.figures import Figures
from bot.messages import ConversationId
from bot.pacing import Pacing
from bot.store.contract import (
    OUTGOING_LIFE,
    Committed,
    Depth,
    Leased,
    Outgoing,
    OutgoingId,
    Priority,
    StoreDownError,
)
from bot.store.memory_store import MemoryStore
from tests.builders import NOW, SOMEBODY, a_commit, an_outgoing, arrival
from tests.fakes import ManualClock, RecordingChannel, settle_down


class UnsteadyStore(MemoryStore):
    """A store that is away for some calls of settle, claim, postpone or ping, or settles and answers late."""

    def __init__(self) -> None:
        super().__init__()
        self.away = 0
        self.answers = asyncio.Event()
        self.answers.set()

    def _be_away(self) -> None:
        if self.away > 0:
            self.away -= 1
            raise StoreDownError("away")

    async def settle(
        self, conversation: ConversationId, outgoing: OutgoingId, now: datetime, lease: timedelta
    ) -> Leased | None:
        self._be_away()
        following = await super().settle(conversation, outgoing, now, lease)
        await self.answers.wait()
        return following

    async def claim(self, now: datetime, lease: timedelta, at_most: int) -> Sequence[Leased]:
        self._be_away()
        return await super().claim(now, lease, at_most)

    async def postpone(self, conversation: ConversationId, until: datetime) -> None:
        self._be_away()
        await super().postpone(conversation, until)

    async def ping(self) -> None:
        self._be_away()
        await super().ping()


class Bench:
    """A delivery with its store, its clock and what it counts."""

    def __init__(
        self, channel: Channel, pacing: Pacing | None = None, store: UnsteadyStore | None = None, at_most: int = 500
    ) -> None:
        self.clock = ManualClock()
        self.store = store or UnsteadyStore()
        self.figures = Figures()
        self.delivery = Delivery(
            self.store,
            {"telegram": channel},
            self.clock,
            pacing,
            Random(1),
            figures=self.figures,
            at_most=at_most,
        )
        self.turns = 0

    async def say(self, *words: str, chat: str = "1", priority: Priority = Priority.ANSWER) -> None:
        """A turn of this chat's person, the way turns do it: commit, then hand over."""
        self.turns += 1
        conversation = ConversationId(f"conversation-{chat}")
        outgoing = [
            an_outgoing(text, turn=self.turns, number=number, chat=chat, priority=priority)
            for number, text in enumerate(words)
        ]
        version = (await self.store.load(conversation)).version
        commit = a_commit(self.turns, *outgoing, expected=version, conversation=conversation)
        outcome = await self.store.commit(commit, self.clock.now(), LEASE)
        assert isinstance(outcome, Committed)
        if outcome.head is not None:
            self.delivery.hand_over(outcome.head)

    async def sweep_for(self, seconds: float) -> None:
        """Let the sweeper run for this long."""
        sweeping = asyncio.get_running_loop().create_task(self.delivery.run())
        await self.clock.advance(seconds)
        sweeping.cancel()
        await asyncio.gather(sweeping, return_exceptions=True)


class MakeBench(Protocol):
    def __call__(
        self,
        channel: Channel,
        pacing: Pacing | None = None,
        store: UnsteadyStore | None = None,
        at_most: int = 500,
    ) -> Bench: ...


@pytest.fixture
async def make_bench() -> AsyncIterator[MakeBench]:
    benches: list[Bench] = []

    def make(
        channel: Channel, pacing: Pacing | None = None, store: UnsteadyStore | None = None, at_most: int = 500
    ) -> Bench:
        benches.append(Bench(channel, pacing, store, at_most))
        return benches[-1]

    yield make
    for bench in benches:
        await bench.delivery.stop()


async def test_what_a_commit_hands_out_is_sent_at_once_without_a_sweeper(make_bench: MakeBench) -> None:
    channel = RecordingChannel()
    bench = make_bench(channel)

    await bench.say("hello", "how are you")
    await asyncio.wait_for(channel.wait_shown(2), timeout=5)
    await settle_down()

    assert channel.words() == ["hello", "how are you"]
    assert await bench.store.depth(NOW) == Depth(0, timedelta())
    assert bench.delivery.in_hand == 0


async def test_a_message_waits_until_the_one_before_it_is_shown(make_bench: MakeBench) -> None:
    channel = RecordingChannel()
    channel.hold.clear()
    bench = make_bench(channel)

    await bench.say("one")
    await bench.say("two", "three")
    await settle_down()
    assert len(channel.asked) == 1

    channel.hold.set()
    await settle_down()
    assert channel.words() == ["one", "two", "three"]
    assert channel.most_at_once == 1


async def test_people_do_not_wait_for_each_other(make_bench: MakeBench) -> None:
    channel = RecordingChannel()
    channel.hold.clear()
    bench = make_bench(channel)

    for chat in "1234":
        await bench.say("hello", chat=chat)
    await settle_down()

    assert channel.at_once == 4
    channel.hold.set()


async def test_a_turn_that_comes_while_the_last_message_is_put_away_is_not_lost(make_bench: MakeBench) -> None:
    channel = RecordingChannel()
    bench = make_bench(channel)
    bench.store.answers.clear()
    await bench.say("one")
    await settle_down()

    # The store has put it away and hands out the next, before its answer about the first has reached us.
    await bench.say("two")
    await settle_down()
    assert channel.words() == ["one"]

    bench.store.answers.set()
    await settle_down()
    assert channel.words() == ["one", "two"]


async def test_what_a_dead_process_held_is_sent_when_its_lease_ends(make_bench: MakeBench) -> None:
    channel = RecordingChannel()
    bench = make_bench(channel)
    await bench.store.commit(a_commit(1, an_outgoing("left behind")), NOW, LEASE)

    await bench.sweep_for(LEASE.total_seconds() - 1)
    assert channel.words() == []

    await bench.sweep_for(2)
    assert channel.words() == ["left behind"]


async def test_a_process_that_is_alone_sends_what_a_dead_one_held_at_once(make_bench: MakeBench) -> None:
    channel = RecordingChannel()
    bench = make_bench(channel)
    await bench.store.commit(a_commit(1, an_outgoing("left behind")), NOW, LEASE)

    sweeping = asyncio.get_running_loop().create_task(bench.delivery.run(alone=True))
    await settle_down()
    sweeping.cancel()

    assert channel.words() == ["left behind"]


async def test_patience_is_kept_for_the_one_chat_that_was_asked_for_it(make_bench: MakeBench) -> None:
    channel = RecordingChannel(by_chat={"1": [RetryLaterError(30)]})
    bench = make_bench(channel)

    await bench.say("slow", chat="1")
    await bench.say("quick", chat="2")
    await bench.sweep_for(29)
    assert channel.words() == ["quick"]

    await bench.sweep_for(2)
    assert channel.words() == ["quick", "slow"]


async def test_patience_outlives_the_process(make_bench: MakeBench) -> None:
    store = UnsteadyStore()
    first = make_bench(RecordingChannel(RetryLaterError(30)), store=store)
    await first.say("hello")
    await settle_down()
    await first.delivery.stop()

    channel = RecordingChannel()
    second = make_bench(channel, store=store)
    sweeping = asyncio.get_running_loop().create_task(second.delivery.run(alone=True))
    await second.clock.advance(29)
    assert channel.words() == []
    await second.clock.advance(2)
    sweeping.cancel()

    assert channel.words() == ["hello"]


async def test_three_chats_asked_for_patience_in_a_second_pause_everybody(make_bench: MakeBench) -> None:
    # One of them is asked for an hour, which says nothing about the others.
    patience = {chat: [RetryLaterError(seconds)] for chat, seconds in (("1", 21), ("2", 3600), ("3", 20))}
    channel = RecordingChannel(by_chat=patience)
    bench = make_bench(channel)

    for chat in "123":
        await bench.say("busy", chat=chat)
    await settle_down()
    await bench.say("later", chat="4")
    await bench.sweep_for(19)
    assert channel.words() == []

    await bench.sweep_for(4)
    assert sorted(channel.words()) == ["busy", "busy", "later"]
    assert bench.figures.counts["door_paused", "telegram"] == 1


async def test_two_chats_asked_for_patience_pause_nobody_else(make_bench: MakeBench) -> None:
    channel = RecordingChannel(by_chat={"1": [RetryLaterError(30)], "2": [RetryLaterError(30)]})
    bench = make_bench(channel)

    for chat in "123":
        await bench.say("hello", chat=chat)
    await settle_down()

    assert channel.words() == ["hello"]


async def test_three_chats_asked_for_patience_one_after_the_other_pause_nobody_else(make_bench: MakeBench) -> None:
    channel = RecordingChannel(by_chat={chat: [RetryLaterError(60)] for chat in "123"})
    bench = make_bench(channel)

    for chat in "123":
        await bench.say("busy", chat=chat)
        await bench.clock.advance(0.6)
    await bench.say("hello", chat="4")
    await settle_down()

    assert channel.words() == ["hello"]


async def test_a_messenger_that_is_down_is_asked_again_with_growing_pauses(make_bench: MakeBench) -> None:
    channel = RecordingChannel(*[ChannelDownError()] * 12)
    bench = make_bench(channel)

    await bench.say("hello")
    await bench.sweep_for(5)
    early = len(channel.asked)
    await bench.sweep_for(900)

    assert 2 <= early <= 8
    assert len(channel.asked) == 13
    assert channel.words() == ["hello"]


async def test_the_pause_is_never_longer_than_a_minute(make_bench: MakeBench) -> None:
    channel = RecordingChannel(*[ChannelDownError()] * 1000)
    bench = make_bench(channel)
    await bench.say("hello")
    await bench.sweep_for(600)

    before = len(channel.asked)
    for _ in range(10):
        await bench.sweep_for(62)
        assert len(channel.asked) > before
        before = len(channel.asked)


async def test_what_may_have_been_shown_is_sent_again_after_five_seconds(make_bench: MakeBench) -> None:
    channel = RecordingChannel(InDoubtError())
    bench = make_bench(channel)

    await bench.say("hello")
    await bench.sweep_for(4)
    assert len(channel.asked) == 1

    await bench.sweep_for(3)
    assert [outgoing.attempts for outgoing in channel.asked] == [0, 1]
    assert channel.words() == ["hello"]


async def test_who_cannot_be_reached_gets_nothing_more_of_what_waited(make_bench: MakeBench) -> None:
    channel = RecordingChannel(UnreachableError())
    bench = make_bench(channel)

    await bench.say("hello", "how are you")
    await bench.sweep_for(60)
    assert channel.words() == []
    assert await bench.store.depth(bench.clock.now()) == Depth(0, timedelta())

    await bench.say("welcome back")
    await settle_down()
    assert channel.words() == ["welcome back"]


async def test_a_refused_message_is_counted_and_does_not_hold_up_the_next(make_bench: MakeBench) -> None:
    channel = RecordingChannel(RefusedError())
    bench = make_bench(channel)

    await bench.say("too long", "hello")
    await settle_down()

    assert channel.words() == ["hello"]
    assert bench.figures.counts["delivery_failed", "RefusedError"] == 1


async def test_a_door_that_does_not_know_us_is_left_alone_and_its_messages_wait(make_bench: MakeBench) -> None:
    knows_us = asyncio.Event()

    class Forgetful(RecordingChannel):
        async def deliver(self, outgoing: Outgoing) -> Delivered:
            if not knows_us.is_set():
                self.asked.append(outgoing)
                raise TokenError
            return await super().deliver(outgoing)

    channel = Forgetful()
    bench = make_bench(channel)

    await bench.say("hello", chat="1")
    await settle_down()
    await bench.say("hello", chat="2")
    await bench.sweep_for(300)

    assert bench.delivery.locked_out.keys() == {"telegram"}
    assert len(channel.asked) <= 6
    assert (await bench.store.depth(bench.clock.now())).conversations == 2

    # It was a server in between that did not know us, or the token is good again.
    knows_us.set()
    await bench.sweep_for(121)
    assert channel.words() == ["hello", "hello"]
    assert bench.delivery.locked_out == {}


@pytest.mark.parametrize("trouble", [RetryLaterError(40), TokenError()])
async def test_a_clock_that_is_set_back_by_an_hour_keeps_nobody_waiting(
    make_bench: MakeBench, trouble: ChannelError
) -> None:
    channel = RecordingChannel(by_chat={"1": [trouble]})
    bench = make_bench(channel, Pacing())
    sweeping = asyncio.get_running_loop().create_task(bench.delivery.run(alone=True))
    for chat in "123":
        await bench.say("before", chat=chat)
    await settle_down()

    bench.clock.set_back(3600)
    await bench.say("after", chat="1")
    await bench.say("after", chat="2")
    await bench.clock.advance(100)
    sweeping.cancel()

    assert channel.words("1") == channel.words("2") == ["before", "after"]


async def test_nobody_waits_for_longer_than_a_message_lives(make_bench: MakeBench) -> None:
    channel = RecordingChannel(by_chat={"1": [RetryLaterError(1e300)]})
    bench = make_bench(channel)
    await bench.say("hello", chat="1")
    await settle_down()

    assert bench.delivery.in_hand == 0
    assert await bench.store.claim(NOW + OUTGOING_LIFE - LEASE, LEASE, 9) == []
    assert len(await bench.store.claim(NOW + OUTGOING_LIFE, LEASE, 9)) == 1


async def test_messages_for_a_door_that_is_gone_wait_and_hold_up_nobody(make_bench: MakeBench) -> None:
    channel = RecordingChannel()
    bench = make_bench(channel)
    await bench.store.commit(a_commit(1, an_outgoing(door="pigeon")), NOW - LEASE, LEASE)

    await bench.say("hello")
    await bench.sweep_for(60)

    assert channel.words() == ["hello"]
    assert (await bench.store.depth(bench.clock.now())).conversations == 1


async def test_a_message_that_breaks_its_channel_is_tried_again_and_in_the_end_dropped(make_bench: MakeBench) -> None:
    channel = RecordingChannel(*[KeyError("bug")] * 6)
    bench = make_bench(channel)

    await bench.say("broken", "hello")
    await bench.sweep_for(300)

    assert channel.words() == ["hello"]
    assert len(channel.asked) == 7


async def test_a_message_older_than_a_day_is_not_sent(make_bench: MakeBench) -> None:
    channel = RecordingChannel(RetryLaterError(OUTGOING_LIFE.total_seconds() + 120))
    bench = make_bench(channel)

    await bench.say("out of date")
    await settle_down()
    await bench.clock.advance(OUTGOING_LIFE.total_seconds() + 180)
    await bench.sweep_for(5)

    assert channel.words() == []
    assert await bench.store.depth(bench.clock.now()) == Depth(0, timedelta())


async def test_a_shown_message_is_not_sent_again_when_the_store_comes_back(make_bench: MakeBench) -> None:
    channel = RecordingChannel()
    bench = make_bench(channel)
    bench.store.away = 1

    await bench.say("once", "then this")
    await bench.sweep_for(2)

    assert channel.words() == ["once", "then this"]
    assert len(channel.asked) == 2


async def test_a_shown_message_is_not_sent_again_after_a_long_absence_of_the_store(make_bench: MakeBench) -> None:
    channel = RecordingChannel()
    bench = make_bench(channel)
    bench.store.away = 60

    await bench.say("once", "then this")
    await bench.sweep_for(120)

    assert channel.words() == ["once", "then this"]
    assert len(channel.asked) == 2


async def test_stopping_finishes_what_is_being_sent_and_gives_the_rest_back(make_bench: MakeBench) -> None:
    channel = RecordingChannel()
    channel.hold.clear()
    bench = make_bench(channel)
    await bench.say("one", "two")
    await settle_down()

    stopping = asyncio.get_running_loop().create_task(bench.delivery.stop())
    await settle_down()
    channel.hold.set()
    await asyncio.wait_for(stopping, timeout=5)

    assert channel.words() == ["one"]
    again = await bench.store.claim(bench.clock.now(), LEASE, 9)
    assert [leased.outgoing.id for leased in again] == [OutgoingId(arrival(1) + b"\x01")]


async def test_stopping_gives_back_who_stands_in_line(make_bench: MakeBench) -> None:
    channel = RecordingChannel()
    bench = make_bench(channel, Pacing(per_second=10, at_once=1))
    for number in range(5):
        await bench.say("hello", chat=str(number))
    await settle_down()

    await asyncio.wait_for(bench.delivery.stop(), timeout=5)

    assert len(channel.words()) == 1
    assert len(await bench.store.claim(bench.clock.now(), LEASE, 9)) == 4


async def test_more_than_we_can_hold_is_left_for_its_turn_but_never_an_alert(make_bench: MakeBench) -> None:
    channel = RecordingChannel()
    channel.hold.clear()
    bench = make_bench(channel, at_most=2)
    for chat in "1234":
        await bench.say("hello", chat=chat)
    await bench.say("alert", chat="5", priority=Priority.ALERT)
    await settle_down()
    assert [outgoing.address.chat for outgoing in channel.asked] == ["1", "2", "5"]

    channel.hold.set()
    await bench.sweep_for(15)
    assert len(channel.words()) == 5


async def test_all_together_get_no_more_than_the_messenger_takes(make_bench: MakeBench) -> None:
    channel = RecordingChannel()
    bench = make_bench(channel, Pacing(per_second=25, at_once=5))
    for number in range(200):
        await bench.say("hello", chat=str(number))

    counts = []
    sweeping = asyncio.get_running_loop().create_task(bench.delivery.run())
    for _ in range(10):
        await bench.clock.advance(1)
        counts.append(len(channel.shown))
    sweeping.cancel()

    steps = [after - before for before, after in pairwise([0, *counts])]
    assert counts[-1] == 200
    assert max(steps) <= 30
    assert sum(steps[:7]) >= 170
    assert len(channel.asked) == 200


async def test_one_chat_gets_a_few_at_once_and_then_one_a_second(make_bench: MakeBench) -> None:
    channel = RecordingChannel()
    bench = make_bench(channel, Pacing())
    await bench.say(*[str(number) for number in range(8)])
    counts = []
    sweeping = asyncio.get_running_loop().create_task(bench.delivery.run())
    for _ in range(7):
        await bench.clock.advance(1)
        counts.append(len(channel.shown))
    sweeping.cancel()

    assert counts[0] in {3, 4}
    assert counts[-1] == 8
    assert channel.words() == [str(number) for number in range(8)]
    assert all(after - before <= 2 for before, after in pairwise(counts))


async def test_an_alert_does_not_wait_behind_others(make_bench: MakeBench) -> None:
    channel = RecordingChannel()
    bench = make_bench(channel, Pacing(per_second=1, at_once=1))
    for number in range(6):
        await bench.say("menu", chat=str(number))
    await bench.say("alert", chat="duty", priority=Priority.ALERT)
    await settle_down()

    assert channel.words() == ["menu", "alert"]


async def test_who_stood_in_line_for_longer_than_the_lease_does_not_send(make_bench: MakeBench) -> None:
    store = UnsteadyStore()
    busy = RecordingChannel(by_chat={chat: [RetryLaterError(20)] for chat in "123"})
    busy.hold.clear()
    first = make_bench(busy, Pacing(per_second=4, at_once=3), store=store)
    for chat in "123":
        await first.say("busy", chat=chat)
    await first.say("in line", chat="4")
    await settle_down()
    busy.hold.set()
    await first.clock.advance(11)
    assert busy.words() == []

    # Another process has claimed it in the meantime.
    channel = RecordingChannel()
    second = make_bench(channel, store=store)
    second.clock.set(first.clock.now())
    await second.sweep_for(1)
    assert channel.words() == ["in line"]

    await first.clock.advance(30)
    assert busy.words() == []


async def test_in_a_line_what_matters_more_goes_first(make_bench: MakeBench) -> None:
    channel = RecordingChannel()
    bench = make_bench(channel, Pacing(per_second=10, at_once=1))
    await bench.say("first", chat="0")
    await bench.say("relay", chat="1", priority=Priority.RELAY)
    await bench.say("answer", chat="2", priority=Priority.ANSWER)
    await bench.say("staff", chat="3", priority=Priority.STAFF_TO_PERSON)
    await bench.sweep_for(1)

    assert channel.words() == ["first", "staff", "answer", "relay"]


async def test_the_acknowledgement_of_a_press_stands_in_no_line(make_bench: MakeBench) -> None:
    channel = RecordingChannel()
    bench = make_bench(channel, Pacing(per_second=1, at_once=1))
    await bench.say("first", chat="0")
    press = Outgoing(OutgoingId(arrival(77) + b"\0"), an_outgoing().address, None, acknowledges="press")
    outcome = await bench.store.commit(a_commit(77, press, expected=0), NOW, LEASE)
    assert outcome == Committed(1, Leased(SOMEBODY, press))
    bench.delivery.hand_over(Leased(SOMEBODY, press))
    await settle_down()

    assert [outgoing.acknowledges for outgoing in channel.shown] == [None, "press"]


@pytest.mark.parametrize(
    "error", [RetryLaterError(2), InDoubtError(), ChannelDownError(), RuntimeError("fault")], ids=repr
)
async def test_whatever_went_wrong_the_order_stays(make_bench: MakeBench, error: ChannelError | Exception) -> None:
    channel = RecordingChannel(error, error)
    bench = make_bench(channel)

    await bench.say("1", "2")
    await bench.sweep_for(3)
    await bench.say("3")
    await bench.sweep_for(60)

    assert channel.words() == ["1", "2", "3"]


class Ledger:
    """Hears what became of messages, while it is not away."""

    def __init__(self) -> None:
        self.told: list[tuple[ConversationId, str | None]] = []
        self.away = False

    async def report(
        self, conversation: ConversationId, outgoing: Outgoing, message: str | None, missed: Missed | None
    ) -> None:
        if self.away:
            raise StoreDownError("away")
        self.told.append((conversation, message))


async def a_reporting_bench(channel: Channel, *chats: str) -> tuple[Bench, Ledger]:
    """Each of these chats' people has been shown a message while the store was away."""
    bench, ledger = Bench(channel), Ledger()
    bench.delivery = Delivery(
        *(bench.store, {"telegram": channel}, bench.clock, None, Random(1)), figures=bench.figures, report=ledger.report
    )
    ledger.away = True
    for number, chat in enumerate(chats):
        who = ConversationId(f"conversation-{chat}")
        shown = replace(an_outgoing(chat, turn=number + 1, chat=chat), reports=True)
        await bench.store.commit(a_commit(number + 1, shown, expected=0, conversation=who), NOW, LEASE)
        bench.delivery.hand_over(Leased(who, shown))
        await settle_down()
    return bench, ledger


async def test_what_one_has_shown_while_the_store_was_away_no_other_process_shows_again(make_bench: MakeBench) -> None:
    channel, another = RecordingChannel(), RecordingChannel()
    bench = make_bench(channel)
    other = make_bench(another, store=bench.store)
    other.clock = bench.clock
    other.delivery = Delivery(bench.store, {"telegram": another}, bench.clock, None, Random(2))
    bench.store.away = 1_000
    with pytest.raises(StoreDownError):
        await bench.store.claim(bench.clock.now(), LEASE, 1)
    await bench.say("once", "then")
    sweeping = [asyncio.get_running_loop().create_task(one.delivery.run()) for one in (other, bench)]
    await bench.clock.advance(30)
    assert (channel.words(), another.words()) == (["once"], [])

    bench.store.away = 0
    await bench.clock.advance(10)

    assert (channel.words(), another.words()) == (["once", "then"], [])
    for task in sweeping:
        task.cancel()
    await asyncio.gather(*sweeping, return_exceptions=True)


async def test_who_sweeps_nothing_says_what_it_has_shown_before_another_process_claims_it(
    make_bench: MakeBench,
) -> None:
    for back_after in (0.0, 0.3, 0.6, 0.9, 1.2, 1.5, 1.8, 2.1, 2.4, 2.7):
        web_shows, worker_shows = RecordingChannel(), RecordingChannel()
        web = make_bench(web_shows)
        worker = make_bench(worker_shows, store=web.store)
        worker.clock = web.clock
        worker.delivery = Delivery(web.store, {"telegram": worker_shows}, web.clock, None, Random(2))
        for number in range(150):
            await web.say("once", "then", chat=f"{back_after}-{number}")
        web.store.away = 10_000
        running = [asyncio.ensure_future(one) for one in (worker.delivery.run(), web.delivery.keep_told())]
        await web.clock.advance(20 + back_after)

        web.store.away = 0
        await web.clock.advance(20)

        assert worker_shows.words() == []
        assert sorted(web_shows.words()) == ["once"] * 150 + ["then"] * 150
        for task in running:
            task.cancel()
        await asyncio.gather(*running, return_exceptions=True)


async def test_who_sweeps_nothing_tells_what_it_has_shown_once_the_store_is_back() -> None:
    bench, ledger = await a_reporting_bench(RecordingChannel(), "1", "2")
    telling = asyncio.ensure_future(bench.delivery.keep_told())
    await bench.clock.advance(5)
    assert ledger.told == []

    ledger.away = False
    await bench.clock.advance(1)

    assert sorted(ledger.told) == [(ConversationId("conversation-1"), "1"), (ConversationId("conversation-2"), "2")]
    telling.cancel()
    await asyncio.gather(telling, return_exceptions=True)


async def test_what_was_shown_while_the_store_was_away_is_told_once_it_is_back() -> None:
    channel = RecordingChannel()
    bench, ledger = await a_reporting_bench(channel, "1", "2")
    assert channel.words() == ["1", "2"]
    await bench.sweep_for(5)
    assert ledger.told == []

    ledger.away = False
    await bench.sweep_for(2)

    assert sorted(ledger.told) == [(ConversationId("conversation-1"), "1"), (ConversationId("conversation-2"), "2")]
    await bench.sweep_for(60)
    assert len(ledger.told) == 2
    assert channel.words() == ["1", "2"]


async def test_a_cover_takes_away_what_the_store_does_not_know_of() -> None:
    channel = RecordingChannel()
    bench, _ = await a_reporting_bench(channel, "1", "2")

    cover = replace(an_outgoing("cover", turn=9, chat="1"), covers=True, deletes=("7",))
    bench.delivery.hand_over(Leased(ConversationId("conversation-1"), cover))
    await settle_down()

    assert channel.shown[-1].deletes == ("7", "1")
    await bench.delivery.stop()


async def test_what_nobody_could_be_told_for_two_days_is_forgotten() -> None:
    bench, ledger = await a_reporting_bench(RecordingChannel(), "1")
    bench.clock.set(NOW + timedelta(hours=48))

    ledger.away = False
    await bench.sweep_for(2)

    assert ledger.told == []


async def test_who_stops_tells_what_can_be_told_first() -> None:
    bench, ledger = await a_reporting_bench(RecordingChannel(), "1")

    ledger.away = False
    await bench.delivery.stop()

    assert ledger.told == [(ConversationId("conversation-1"), "1")]


async def test_what_was_shown_past_the_store_is_covered_and_told_like_the_rest() -> None:
    channel = RecordingChannel()
    bench, ledger = await a_reporting_bench(channel)
    who = ConversationId("conversation-1")
    numbers = an_outgoing("numbers", turn=7, chat="1")
    bench.delivery.note_shown(who, numbers, "70")
    bench.delivery.note_shown(who, replace(numbers, id=OutgoingId(b"n" * 9), replaces="71"), "71")

    bench.delivery.hand_over(Leased(who, replace(an_outgoing("cover", turn=9, chat="1"), covers=True)))
    await settle_down()
    assert channel.shown[-1].deletes == ("70",)
    ledger.away = False
    await bench.sweep_for(2)

    assert ledger.told == [(who, "70")]
