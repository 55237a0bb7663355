"""Each person's messages leave in order, one at a time: an answer must not overtake its question.

What waits lies in the store, and a lease says who sends it. A commit hands the first message to its own process,
which sends it at once; what a dead or busy process left behind, the sweeper of any process claims later. Every
wait is written to the store, so that it outlives us; a message is taken off only after the messenger has it.
"""

import asyncio
import logging
from collections import OrderedDict
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from random import Random
from typing import Final, TypeAlias

from bot import logbook
from bot.channel import (
    BusyError,
    Channel,
    ChannelDownError,
    InDoubtError,
    RefusedError,
    RetryLaterError,
    TokenError,
    UnreachableError,
)
from bot.clock import Clock
from bot.desk.letters import Missed
from bot.figures import Figures
from bot.messages import ConversationId
from bot.pacing import Pacer, Pacing
from bot.store.contract import (
    OUTGOING_LIFE,
    WAITED,
    Leased,
    Outgoing,
    OutgoingId,
    Priority,
    Store,
    StoreError,
    lane_of,
)

Report: TypeAlias = Callable[[ConversationId, Outgoing, str | None, Missed | None], Awaitable[None]]
"""Told the door's id of a message that `reports`, and of any message why it did not get there."""

LetGo: TypeAlias = Callable[[Leased], Awaitable[bool]]
"""Asked about what has waited to be sent to a person: whether it still goes out, or is dropped."""

LEASE: Final = timedelta(seconds=10)
"""Whoever holds a message has this long; it is a little more than the longest line and the longest send."""

_LINE: Final = timedelta(seconds=2)
_SEND_SECONDS: Final = 7.0
_SWEEP_SECONDS: Final = 1.0
_STOP_SECONDS: Final = 10.0
_SETTLE_AGAIN_SECONDS: Final = 0.5
_TELL_SECONDS: Final = 0.5
_TOLD_AT_ONCE: Final = 100
_OTHERS_SETTLE_SECONDS: Final = 3.0
"""Once the store is back, nobody claims for so long: whoever has shown what it does not know says so first."""

_DOUBT_SECONDS: Final = 5.0
_FIRST_BACKOFF_SECONDS: Final = 0.5
_LONGEST_BACKOFF_SECONDS: Final = 60.0
_NOBODY_THERE: Final = timedelta(seconds=60)
_ASK_AGAIN: Final = timedelta(seconds=2)
_SET_BACK: Final = timedelta(seconds=5)
"""A clock that goes back by less does no harm."""

_CROWD: Final = 3
_CROWD_SECONDS: Final = 1.0
_FAULTS_AT_MOST: Final = 5
_UNSETTLED_AT_MOST: Final = 10_000
_UNTOLD_AT_MOST: Final = 10_000
_UNTOLD_LIFE: Final = timedelta(hours=48)
"""A messenger lets us delete for this long; who cannot is not helped by an id."""


@dataclass(slots=True)
class _Lane:
    """One person whose messages are in our hands."""

    leased: Leased
    since: datetime
    task: asyncio.Task[None] | None = None
    handed_over: Leased | None = None
    """What came while the last one was still being put away."""
    sending: bool = False


@dataclass(frozen=True, slots=True)
class _Untold:
    """How it went with a message, which the store could not be told when it was shown."""

    conversation: ConversationId
    outgoing: Outgoing
    reference: str | None
    missed: Missed | None
    since: datetime


class Delivery:
    """Sends what the store holds to the doors that push; `hand_over` at once, `run` what was left behind.

    A process that does not `run` it must `keep_told` the store: nobody else knows what this one has shown.
    Doors in `unpaced` keep their own pace, or have none to keep.
    """

    def __init__(  # noqa: PLR0913 - all that a delivery needs of the world
        self,
        store: Store,
        channels: Mapping[str, Channel],
        clock: Clock,
        pacing: Pacing | None,
        random: Random,
        *,
        figures: Figures | None = None,
        at_most: int = 500,
        report: Report | None = None,
        let_go: LetGo | None = None,
        unpaced: frozenset[str] = frozenset(),
    ) -> None:
        self._store = store
        self._channels = channels
        self._clock = clock
        self._random = random
        self._figures = figures or Figures()
        self._at_most = at_most
        self._report = report
        self._let_go = let_go
        self._unpaced = unpaced
        self._pacers = {door: Pacer(clock, None if door in unpaced else pacing) for door in channels}
        self.nudged: set[asyncio.Task[None]] = set()
        """Looks at single lines that are under way."""
        self._lanes: dict[ConversationId, _Lane] = {}
        self._unsettled: dict[ConversationId, OutgoingId] = {}
        """Shown, but the store does not know yet."""
        self._untold: OrderedDict[tuple[ConversationId, OutgoingId], _Untold] = OrderedDict()
        """What is told once the store is back. Lost with this process: such a message stays at a quick exit."""
        self._crowds: dict[str, list[tuple[datetime, ConversationId, float]]] = {}
        self._next_due: datetime | None = None
        self._stopping = False
        self.locked_out: dict[str, datetime] = {}
        """The doors that do not know us any more, and when they are asked again; their messages wait."""

    @property
    def paced(self) -> Sequence[Pacer]:
        """The lines before the messengers whose limits all processes share."""
        return [pacer for door, pacer in self._pacers.items() if door not in self._unpaced]

    @property
    def in_hand(self) -> int:
        """How many persons' messages this process holds."""
        return len(self._lanes)

    def hand_over(self, leased: Leased) -> None:
        """Send what a commit has leased to us."""
        lane = self._lanes.get(leased.conversation)
        if lane is not None and not (leased.outgoing.covers and not lane.sending and not self._stopping):
            if leased.outgoing.id != lane.leased.outgoing.id:
                lane.handed_over = leased
            return
        if lane is not None and lane.task is not None:
            # What stands in line is not to be sent any more, and a cover waits for nobody.
            lane.task.cancel()
        goes_first = leased.outgoing.covers or leased.outgoing.priority is Priority.ALERT
        if self._stopping or (len(self._lanes) >= self._at_most and not goes_first):
            # Left alone, its lease ends, and whoever has time claims it in its turn.
            self._figures.add("delivery_put_off", "full")
            return
        lane = self._lanes[leased.conversation] = _Lane(leased, self._clock.now())
        lane.task = asyncio.get_running_loop().create_task(self._deliver(lane))

    def call_lines(self, lane: str) -> None:
        """Send what lies on the lines of a conversation or ticket now; what fails is left to the sweep."""
        if not self._stopping:
            task = asyncio.get_running_loop().create_task(self._claim_lines(lane))
            self.nudged.add(task)
            task.add_done_callback(self.nudged.discard)

    async def _claim_lines(self, lane: str) -> None:
        try:
            claimed = await self._store.claim_lines(lane, self._clock.now(), LEASE)
        except StoreError as error:
            self._figures.add("lines_not_claimed", type(error).__name__)
            return
        for leased in claimed:
            self.hand_over(leased)

    async def run(self, *, alone: bool = False) -> None:
        """Sweep for ever; `alone` says that no other process lives, so that what a dead one held is ours."""
        async with asyncio.TaskGroup() as group:
            group.create_task(self.keep_told())
            await self._keep_sweeping(alone=alone)

    async def keep_told(self) -> None:
        """Tell the store, for ever, what was shown while it was away, as soon as it is back."""
        while True:
            await self._settle_shown()
            await self._tell_again()
            await self._clock.sleep(_TELL_SECONDS)

    async def _keep_sweeping(self, *, alone: bool) -> None:
        released, latest, was_away = not alone, self._clock.now(), False
        while True:
            now = self._clock.now()
            is_set_back = now < latest - _SET_BACK
            try:
                if is_set_back and alone:
                    # Whatever waits for a moment would wait for the one that now lies far ahead.
                    logbook.note("clock_set_back", logging.WARNING, seconds=(latest - now).total_seconds())
                    await self._store.release_leases(now, postponed_too=True)
                elif not released:
                    await self._store.release_leases(now)
                    released = True
                latest = now
                if was_away:
                    # Only from when it is known to be back do the others have their time.
                    await self._store.ping()
                    was_away = False
                    if not alone:
                        await self._clock.sleep(_OTHERS_SETTLE_SECONDS)
                await self.sweep()
            except StoreError as error:
                was_away = True
                self._figures.add("sweep_failed", type(error).__name__)
                logbook.note("sweep_failed", logging.WARNING, code=type(error).__name__)
            await self._clock.sleep(self._until_next_sweep())

    async def sweep(self) -> int:
        """Claim what is due and can be sent soon; say how many it was."""
        line = max((pacer.room(_LINE) for pacer in self._pacers.values()), default=float("inf"))
        room = min(self._at_most - len(self._lanes), line)
        if room < 1 or self._stopping:
            return 0
        now = self._clock.now()
        claimed = await self._store.claim(now, LEASE, int(room))
        for leased in claimed:
            self.hand_over(leased)
        return len(claimed)

    async def stop(self) -> None:
        """Finish what is being sent, give the rest back so that others need not wait for our leases."""
        self._stopping = True
        waiting = [lane for lane in self._lanes.values() if not lane.sending]
        for lane in waiting:
            if lane.task is not None:
                lane.task.cancel()
        tasks = [lane.task for lane in self._lanes.values() if lane.task is not None]
        if tasks:
            _, late = await asyncio.wait(tasks, timeout=_STOP_SECONDS)
            for task in late:
                task.cancel()
        for pacer in self._pacers.values():
            await pacer.close()
        await self._tell_again()
        now = self._clock.now()
        await asyncio.gather(*[self._postpone(lane.leased.conversation, now) for lane in waiting])

    async def _deliver(self, lane: _Lane) -> None:
        conversation = lane.leased.conversation
        try:
            while True:
                following = await self._deliver_one(lane)
                if following is None:
                    following, lane.handed_over = lane.handed_over, None
                if following is None:
                    return
                if self._stopping:
                    await self._postpone(conversation, self._clock.now())
                    return
                lane.leased, lane.since = following, self._clock.now()
        finally:
            if self._lanes.get(conversation) is lane:
                del self._lanes[conversation]

    async def _deliver_one(self, lane: _Lane) -> Leased | None:
        """Send one message and say which is leased to us next."""
        conversation, outgoing = lane.leased.conversation, lane.leased.outgoing
        if self._unsettled.get(conversation) == outgoing.id:
            return await self._settle(lane)
        door = outgoing.address.door
        channel = self._channels.get(door)
        if channel is None or self._is_locked_out(door):
            self._figures.add("delivery_put_off", "no_door")
            await self._postpone(conversation, self._clock.now() + _NOBODY_THERE)
            return None
        try:
            if not await self._still_goes(lane.leased):
                return await self._settle(lane)
        except StoreError as error:
            self._figures.add("delivery_put_off", type(error).__name__)
            await self._postpone(conversation, self._clock.now() + _ASK_AGAIN)
            return None
        if outgoing.message is not None and not outgoing.covers and not await self._is_its_turn(lane):
            return None
        lane.sending = True
        try:
            return await self._send(lane, channel)
        finally:
            lane.sending = False

    async def _still_goes(self, leased: Leased) -> bool:
        """Whether something that has waited is still to be sent; it stays where it is while that cannot be told."""
        conversation, written = leased.conversation, leased.written
        has_waited = written is not None and self._clock.now() - written > WAITED
        if self._let_go is None or not has_waited or lane_of(conversation) != conversation:
            return True
        return await self._let_go(leased)

    def _is_locked_out(self, door: str) -> bool:
        """Not for good: a server between us and the messenger may have answered in its place."""
        again, now = self.locked_out.get(door), self._clock.now()
        if again is None:
            return False
        if now < again <= now + _NOBODY_THERE:
            return True
        del self.locked_out[door]
        return False

    async def _is_its_turn(self, lane: _Lane) -> bool:
        """Stand in line; or leave, and write down when to come back, where the line is too long for our lease."""
        outgoing, pacer = lane.leased.outgoing, self._pacers[lane.leased.outgoing.address.door]
        wait = pacer.estimate(outgoing.priority, outgoing.address.chat)
        if wait <= _LINE:
            await pacer.wait(outgoing.priority, outgoing.address.chat)
            if self._clock.now() - lane.since <= _LINE * 1.5:
                return True
            wait = timedelta()
        self._figures.add("delivery_put_off", "line")
        await self._postpone(lane.leased.conversation, self._clock.now() + wait)
        return False

    async def _send(self, lane: _Lane, channel: Channel) -> Leased | None:
        outgoing = lane.leased.outgoing
        if outgoing.covers:
            outgoing = replace(outgoing, deletes=(*outgoing.deletes, *self._untold_of(lane.leased.conversation)))
        try:
            with self._figures.timed("delivery", outgoing.address.door):
                async with asyncio.timeout(_SEND_SECONDS):
                    delivered = await channel.deliver(outgoing)
        except Exception as error:  # noqa: BLE001 - one delivery that fails must not stop its neighbours
            return await self._after(error, lane)
        self._figures.add("delivered", outgoing.address.door)
        await self._tell(lane, delivered.reference, None)
        return await self._settle(lane)

    async def _tell(self, lane: _Lane, reference: str | None, missed: Missed | None) -> None:
        """Let whoever waits for it know how it went. It is told before the entry goes, so it is told again after a
        crash; where it cannot be told, the message has still been shown, and must not be shown again for that. Then
        it is told as soon as it can be, or else the quick exit would not know of it.
        """
        conversation, outgoing = lane.leased.conversation, lane.leased.outgoing
        if self._report is None or not (outgoing.reports or missed):
            return
        try:
            await self._report(conversation, outgoing, reference, missed)
        except StoreError as error:
            self._figures.add("report_failed", type(error).__name__)
            self._keep_untold(_Untold(conversation, outgoing, reference, missed, self._clock.now()))

    def note_shown(self, conversation: ConversationId, outgoing: Outgoing, reference: str | None) -> None:
        """Something was shown past the store, which is away: it is told of it once it is back, for the quick exit."""
        if reference is not None and reference != outgoing.replaces:
            self._keep_untold(_Untold(conversation, outgoing, reference, None, self._clock.now()))

    def _keep_untold(self, untold: _Untold) -> None:
        self._untold[untold.conversation, untold.outgoing.id] = untold
        if len(self._untold) > _UNTOLD_AT_MOST:
            self._untold.popitem(last=False)
            self._figures.add("report_lost")

    async def _tell_again(self) -> None:
        """Tell what could not be told when it was shown, oldest first, as far as the store is back."""
        while self._report is not None and self._untold:
            key, untold = next(iter(self._untold.items()))
            try:
                if self._clock.now() - untold.since < _UNTOLD_LIFE:
                    await self._report(untold.conversation, untold.outgoing, untold.reference, untold.missed)
                self._untold.pop(key, None)
            except StoreError as error:
                self._figures.add("report_failed", type(error).__name__)
                # It may be this one alone: the next time another has its turn first.
                self._untold.move_to_end(key)
                return

    def _untold_of(self, conversation: ConversationId) -> tuple[str, ...]:
        """What has been shown to this person and the store does not know of, so that a cover must."""
        untold = [one.reference for one in self._untold.values() if one.conversation == conversation]
        return tuple([reference for reference in untold if reference is not None])

    async def _after(self, error: Exception, lane: _Lane) -> Leased | None:
        """What a failed delivery asks for."""
        conversation, outgoing = lane.leased.conversation, lane.leased.outgoing
        door, now = outgoing.address.door, self._clock.now()
        code = type(error).__name__
        if not isinstance(error, BusyError):
            self._figures.add("delivery_failed", code)
        if outgoing.priority is Priority.ALERT:
            logbook.note("alert_not_delivered", logging.ERROR, code=code)
        match error:
            case BusyError():
                wait = error.seconds
            case RetryLaterError():
                self._pause_if_crowded(door, conversation, now, error.seconds)
                wait = error.seconds
            case ChannelDownError():
                wait = self._backoff(outgoing)
            case InDoubtError() | TimeoutError():
                wait = max(_DOUBT_SECONDS, self._backoff(outgoing))
            case UnreachableError():
                await self._tell(lane, None, Missed.BLOCKED)
                await self._abandon(conversation)
                return None
            case RefusedError():
                logbook.note("outgoing_refused", logging.WARNING, code=code)
                await self._tell(lane, None, Missed.REFUSED)
                return await self._settle(lane)
            case TokenError():
                self.locked_out[door] = now + _NOBODY_THERE
                logbook.note("door_locked", logging.ERROR, door=door)
                wait = _NOBODY_THERE.total_seconds()
            case _:
                logbook.note("delivery_fault", logging.ERROR, code=code)
                if outgoing.attempts >= _FAULTS_AT_MOST:
                    return await self._settle(lane)
                wait = max(_DOUBT_SECONDS, self._backoff(outgoing))
        await self._postpone(conversation, now + timedelta(seconds=min(wait, OUTGOING_LIFE.total_seconds())))
        return None

    def _backoff(self, outgoing: Outgoing) -> float:
        longest = min(_LONGEST_BACKOFF_SECONDS, _FIRST_BACKOFF_SECONDS * 2 ** min(outgoing.attempts, 10))
        return self._random.uniform(0, longest)

    def _pause_if_crowded(self, door: str, conversation: ConversationId, now: datetime, seconds: float) -> None:
        """One who is asked for patience wrote too much; several at once mean all of us."""
        since = now - timedelta(seconds=_CROWD_SECONDS)
        crowd = [entry for entry in self._crowds.get(door, []) if entry[0] >= since]
        crowd.append((now, conversation, seconds))
        self._crowds[door] = crowd
        waits = sorted({who: seconds for _, who, seconds in crowd}.values(), reverse=True)
        if len(waits) >= _CROWD:
            # What as many as make a crowd were asked for: one who wrote far too much must not silence everybody.
            common = min(waits[_CROWD - 1], OUTGOING_LIFE.total_seconds())
            self._pacers[door].pause(now + timedelta(seconds=common))
            self._figures.add("door_paused", door)
            logbook.note("door_paused", logging.WARNING, door=door, seconds=common)

    async def _settle(self, lane: _Lane) -> Leased | None:
        """Take it off; keep trying while our lease lasts, and remember it after that."""
        conversation, outgoing = lane.leased.conversation, lane.leased.outgoing.id
        self._unsettled[conversation] = outgoing
        while True:
            now = self._clock.now()
            try:
                following = await self._store.settle(conversation, outgoing, now, LEASE)
            except StoreError as error:
                self._figures.add("settle_failed", type(error).__name__)
                cover_waits = lane.handed_over is not None and lane.handed_over.outgoing.covers
                is_late = now + timedelta(seconds=2 * _SETTLE_AGAIN_SECONDS) > lane.since + LEASE
                if is_late or cover_waits or self._stopping:
                    while len(self._unsettled) > _UNSETTLED_AT_MOST:
                        del self._unsettled[next(iter(self._unsettled))]
                    return None
                await self._clock.sleep(_SETTLE_AGAIN_SECONDS)
            else:
                self._unsettled.pop(conversation, None)
                return following

    async def _settle_shown(self) -> None:
        """Take off what was shown while the store was away, before another process claims it and shows it again."""
        shown = [one for one in self._unsettled.items() if one[0] not in self._lanes]
        for begin in range(0, len(shown), _TOLD_AT_ONCE):
            some = shown[begin : begin + _TOLD_AT_ONCE]
            if not all(await asyncio.gather(*[self._take_off(*one) for one in some])):
                return

    async def _take_off(self, conversation: ConversationId, outgoing: OutgoingId) -> bool:
        """Whether the store knows now that it was shown."""
        try:
            following = await self._store.settle(conversation, outgoing, self._clock.now(), LEASE)
        except StoreError as error:
            self._figures.add("settle_failed", type(error).__name__)
            return False
        if self._unsettled.get(conversation) == outgoing:
            del self._unsettled[conversation]
        if following is not None:
            self.hand_over(following)
        return True

    async def _postpone(self, conversation: ConversationId, until: datetime) -> None:
        if await self._wrote(self._store.postpone(conversation, until)):
            self._next_due = until if self._next_due is None else min(self._next_due, until)

    async def _abandon(self, conversation: ConversationId) -> None:
        await self._wrote(self._store.abandon(conversation))

    async def _wrote(self, writing: Awaitable[object]) -> bool:
        """Whether the store took it; if not, the lease ends by itself, and we come back to it then."""
        try:
            await writing
        except StoreError as error:
            self._figures.add("postpone_failed", type(error).__name__)
            return False
        return True

    def _until_next_sweep(self) -> float:
        """A second, or less when something that we put off ourselves is due before that."""
        due, self._next_due = self._next_due, None
        if due is None:
            return _SWEEP_SECONDS
        left = (due - self._clock.now()).total_seconds()
        if left > _SWEEP_SECONDS:
            self._next_due = due
        return min(_SWEEP_SECONDS, max(0.01, left))
