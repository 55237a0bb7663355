"""Arrival → load → decide → one commit. When `take` returns, the arrival has taken effect once and is durable.

Snapshots of recent conversations are remembered for some minutes, which saves a trip to the store; the version in the
commit makes a remembered one that is out of date harmless.
"""

import asyncio
from collections.abc import Awaitable, Callable
from datetime import datetime, timedelta
from hashlib import blake2b
from typing import Final, Protocol, TypeAlias, assert_never

from bot import logbook
from bot.clock import Clock
from bot.desk.actions import Due
from bot.desk.letters import (
    Missed,
    NotShown,
    PersonMoved,
    StaffAsked,
    StaffSent,
    StaffUsedReply,
    StaffWrote,
    TicketJoined,
    ToPerson,
)
from bot.desk.ticket import Stage, TicketId
from bot.dialogue import NEW_CONVERSATION, Conversation
from bot.dialogue.contact import Way
from bot.dialogue.effects import (
    Count,
    Delete,
    DropHeld,
    Effect,
    Hold,
    Hush,
    OpenTicket,
    Send,
    Turn,
    Unveil,
    UseCode,
    Wake,
    Wonder,
    WriteTo,
)
from bot.dialogue.engine import rescue_turn, take_turn, wordless_turn
from bot.dialogue.events import Elapsed, LetterCame, Reported, Waited
from bot.dialogue.fresh import Fresh
from bot.dialogue.script import Script
from bot.dialogue.unasked import is_unasked
from bot.dialogue.veil import way_of
from bot.figures import Figures
from bot.messages import ArrivalId, ConversationId
from bot.store.contract import (
    Address,
    Commit,
    Committed,
    ConflictError,
    Leased,
    Outcome,
    Outgoing,
    Priority,
    Record,
    Repeated,
    Rung,
    Snapshot,
    Store,
    StoreError,
    Timer,
    Wondering,
)
from bot.store.keys import TICKET_MARK, shard_of
from bot.turns.arrival import Arrival
from bot.turns.holding import hold_again
from bot.turns.lines import arrival_of, outgoing_id
from bot.turns.remembered import Remembered
from bot.turns.ticket_arrival import TicketArrival

LEASE: Final = timedelta(seconds=10)
MOST_CONFLICTS: Final = 20
TIMER_PAUSE: Final = 1.0
TIMERS_AT_ONCE: Final = 100
FORGET_EVERY: Final = 60.0
BEAT_EVERY: Final = timedelta(seconds=10)
BEAT_LIFE: Final = timedelta(days=1)
ALERTS: Final = "alerts"
"""Under which name this loop says that it works."""

LAST_TURNS: Final = 5.0
"""What is under way when we stop has this long to end."""

LANE: Final = "lane"
"""The door of letters: from a conversation to its ticket and back."""

BY_CODE: Final = "code:"
"""How a letter is addressed to a ticket of which only the return code is known."""

_WORDS_OF_STAFF: Final = StaffWrote | StaffSent | StaffAsked | StaffUsedReply

FETCHING_DOORS: Final = frozenset({"web"})
"""Doors whose pages fetch their messages themselves; nothing is pushed to them."""


class Messengers(Protocol):
    """Who brings the messages of a turn on their way."""

    def hand_over(self, leased: Leased) -> None:
        """Send this now; the store has leased it to us."""
        ...

    def call(self, conversation: ConversationId) -> None:
        """Tell a door that fetches its messages itself that there are some."""
        ...

    def call_lines(self, lane: str) -> None:
        """There is something on the lines of a conversation or ticket."""
        ...


class Names(Protocol):
    """Ids and codes that nobody can guess; the same each time for the same arrival."""

    def ticket_id(self, arrival: ArrivalId, conversation: ConversationId, shard: int) -> TicketId: ...

    def return_code(self, ticket: TicketId) -> str: ...


Walked: TypeAlias = Callable[[ConversationId, Conversation, Conversation], None]
"""Somebody's turn led from where they stood to where they stand now."""


class Turns:
    """Takes arrivals of many people at once, and those of one person one after the other."""

    def __init__(
        self,
        store: Store,
        script: Callable[[], Script],
        messengers: Messengers,
        clock: Clock,
        figures: Figures,
        names: Names,
        take_ticket: Callable[[TicketArrival], Awaitable[object]],
    ) -> None:
        self._store = store
        self._names = names
        self._take_ticket = take_ticket
        self._script = script
        self._messengers = messengers
        self._clock = clock
        self._figures = figures
        self._remembered, self._unwritten = Remembered(), Remembered()
        """The second is what was known when the store went away: enough to cover, and not to be written on."""
        self._beaten: datetime | None = None
        self._under_way: dict[ConversationId, asyncio.Task[None]] = {}
        self._walked: Walked | None = None

    def count_ways(self, walked: Walked) -> None:
        """Let somebody count which ways people take; they are told who it is only so that each counts once."""
        self._walked = walked

    async def take(self, arrival: Arrival) -> None:
        """Let an arrival take effect once; raise StoreError when it is not known to be written, and repeat it then."""
        while (earlier := self._under_way.get(arrival.conversation)) is not None:
            await asyncio.wait([earlier])
        task = asyncio.ensure_future(self._take_timed(arrival))
        self._under_way[arrival.conversation] = task
        task.add_done_callback(lambda done: self._leave(arrival.conversation, done))
        # A door that gives up waiting must not stop a commit half-way: it would not know what became of it.
        await asyncio.shield(task)

    def last_known(self, conversation: ConversationId) -> Record | None:
        """What this process remembers about somebody while the store cannot be asked."""
        now = self._clock.now()
        found = self._unwritten.find(conversation, now) or self._remembered.find(conversation, now)
        return None if found is None else found.record

    async def forget_old(self) -> None:
        """Forget, for ever, what has been remembered for long, also where nobody writes any more."""
        while True:
            await self._clock.sleep(FORGET_EVERY)
            for remembered in (self._remembered, self._unwritten):
                remembered.forget_old(self._clock.now())

    async def take_letter(self, conversation: ConversationId, letter: ToPerson, outgoing: Outgoing) -> NotShown | None:
        """Let a person's conversation know; say so where there is none any more and words of staff are lost."""
        snapshot = await self._store.load(conversation)
        if snapshot.record is None:
            if isinstance(letter, _WORDS_OF_STAFF):
                return NotShown(letter.ref, Missed.EXPIRED)
            return None
        address = snapshot.record.address
        await self.take(
            Arrival(
                conversation,
                arrival_of(outgoing.id, conversation),
                address,
                LetterCame(letter),
                pushed=address.door not in FETCHING_DOORS,
                about=TicketId(outgoing.ref) if outgoing.ref else None,
            )
        )
        return None

    async def take_report(
        self, conversation: ConversationId, outgoing: Outgoing, message: str | None, missed: Missed | None
    ) -> None:
        """What became of something that was sent to a person, and is staff's or to be known by its id."""
        if not outgoing.ref and missed is None and message == outgoing.replaces:
            # It took the place of a message that is known.
            return
        what = Reported(outgoing.ref, message, missed)
        await self.take(Arrival(conversation, arrival_of(outgoing.id, conversation, "report"), outgoing.address, what))

    async def lets_go(self, leased: Leased) -> bool:
        """Whether what has waited to be sent to a person still goes out as it is.

        Where it must not, what comes in its place is written before this returns, and it is to be dropped.
        """
        conversation, outgoing, now = leased.conversation, leased.outgoing, self._clock.now()
        if outgoing.covers or (outgoing.message is None and outgoing.copies is None):
            return True
        if outgoing.unasked and outgoing.replaces is not None and not outgoing.ref:
            # It takes words of staff away.
            return True
        written = leased.written or now
        waited = Waited(outgoing.message, written, outgoing.ref, outgoing.copies, outgoing.unasked)
        record = (await self._store.load(conversation)).record
        way = way_of(waited, NEW_CONVERSATION if record is None else record.conversation, now)
        self._figures.add("waited", way.name.lower())
        if way is Way.SHOWN:
            return True
        if record is not None:
            arrival_id = arrival_of(outgoing.id, conversation, "waited")
            pushed = outgoing.address.door not in FETCHING_DOORS
            await self.take(Arrival(conversation, arrival_id, outgoing.address, waited, pushed=pushed))
        return False

    async def ring_timers(self) -> None:
        """Take timers as they become due, for as long as it runs."""
        while True:
            await self._clock.sleep(TIMER_PAUSE)
            try:
                rung = await self._store.claim_timers(self._clock.now(), LEASE, TIMERS_AT_ONCE)
            except StoreError as error:
                logbook.note_error("timers_not_claimed", error)
            else:
                await self._beat()
                await asyncio.gather(*(self._ring(one) for one in rung))

    async def _beat(self) -> None:
        """Say now and then that timers ring, for all replicas and for watchers outside to hear."""
        now = self._clock.now()
        if self._beaten is None or abs(now - self._beaten) >= BEAT_EVERY:
            try:
                await self._store.beat(ALERTS, now, BEAT_LIFE)
                self._beaten = now
            except StoreError as error:
                logbook.note_error("beat_not_written", error)

    async def finish(self, seconds: float = LAST_TURNS) -> None:
        """Let what is under way end, also that for which no door waits any more."""
        if self._under_way:
            _, late = await asyncio.wait(list(self._under_way.values()), timeout=seconds)
            if late:
                logbook.note("turns_unfinished", count=len(late))

    def _leave(self, conversation: ConversationId, task: asyncio.Task[None]) -> None:
        if self._under_way.get(conversation) is task:
            del self._under_way[conversation]

    async def _take_timed(self, arrival: Arrival) -> None:
        with self._figures.timed("turn", arrival.address.door):
            await self._take(arrival)

    async def _take(self, arrival: Arrival) -> None:
        for _ in range(MOST_CONFLICTS):
            try:
                snapshot, is_remembered = await self._recall(arrival.conversation)
            except StoreError:
                now = self._clock.now()
                last = self._unwritten.find(arrival.conversation, now) or Snapshot(0, None)
                self._cover_unwritten(arrival, self._decide(arrival, last, now)[0])
                raise
            now = self._clock.now()
            moment = now if arrival.due is None else max(now, arrival.due)
            turn, has_failed = self._decide(arrival, snapshot, moment)
            try:
                outcome, commit = await self._write(arrival, snapshot, turn, moment, has_failed=has_failed)
            except ConflictError:
                if is_remembered:
                    self._remembered.judge(is_right=False)
                continue
            except StoreError:
                self._unwritten.keep(arrival.conversation, snapshot, now)
                self._cover_unwritten(arrival, turn)
                raise
            self._follow_up(arrival, commit, turn, outcome)
            if isinstance(outcome, Committed):
                if is_remembered:
                    self._remembered.judge(is_right=True)
                if self._walked is not None and not is_unasked(arrival.event):
                    self._walked(arrival.conversation, _standing(snapshot.record), _standing(commit.record))
                await self._wonder(arrival, turn, now)
            return
        raise ConflictError("a conversation changed faster than it could be written")

    async def _write(
        self, arrival: Arrival, snapshot: Snapshot, turn: Turn, moment: datetime, *, has_failed: bool
    ) -> tuple[Outcome, Commit]:
        if turn.covers:
            turn = hold_again(turn, await self._store.waiting(arrival.conversation))
        commit = _commit(arrival, snapshot, turn, moment, has_failed=has_failed)
        if commit.opens is not None:
            # Before the ticket: a code that leads nowhere yet harms nobody, a ticket without its code does.
            await self._store.keep_code(self._names.return_code(commit.opens.id), commit.opens.id)
        with self._figures.timed("commit"):
            return await self._store.commit(commit, self._clock.now(), LEASE), commit

    def _cover_unwritten(self, arrival: Arrival, turn: Turn) -> None:
        """Who has to hide does not wait for the store; once it is back, what was shown is known by its id."""
        cover = next((outgoing for outgoing in _outgoing(arrival, turn) if outgoing.covers), None)
        if cover is not None and arrival.pushed:
            self._figures.add("covered_unwritten")
            self._messengers.hand_over(Leased(arrival.conversation, cover))

    async def _recall(self, conversation: ConversationId) -> tuple[Snapshot, bool]:
        """What is known of a conversation, and whether from memory; where that is often out of date, not from there.

        It is remembered once: whatever becomes of the commit, only one that is written is remembered again.
        """
        now = self._clock.now()
        remembered = self._remembered.find(conversation, now)
        self._remembered.forget(conversation)
        if remembered is not None and self._remembered.is_trusted:
            return remembered, True
        try:
            snapshot = await self._store.load(conversation)
        except StoreError:
            if remembered is not None:
                self._unwritten.keep(conversation, remembered, now)
            raise
        if remembered is not None:
            self._remembered.judge(is_right=snapshot.version == remembered.version)
        return snapshot, False

    def _decide(self, arrival: Arrival, snapshot: Snapshot, now: datetime) -> tuple[Turn, bool]:
        """The turn, and whether it is only what is left where the right one failed."""
        conversation = snapshot.record.conversation if snapshot.record else NEW_CONVERSATION
        script = self._script()
        if _is_of_another_talk(arrival, conversation):
            return Turn(conversation), False

        def ticket() -> TicketId:
            return self._names.ticket_id(arrival.id, arrival.conversation, shard_of(arrival.conversation))

        fresh = Fresh(arrival.conversation, ticket, self._names.return_code)
        ways: tuple[Callable[[], Turn], ...] = (
            lambda: take_turn(script, conversation, arrival.event, now, fresh),
            lambda: rescue_turn(script, conversation, now),
            lambda: wordless_turn(script, conversation, now),
        )
        if is_unasked(arrival.event):
            # Where they did nothing, nothing that went wrong is worth writing to them.
            ways = ways[:1]
        for place, take in enumerate(ways):
            try:
                return take(), place > 0
            except Exception as error:  # noqa: BLE001  # whatever it is, it must not block this person's next words
                logbook.note_error("turn_failed", error)
                self._figures.add("turn_failed", str(place + 1))
        return Turn(conversation, _missed(arrival)), True

    def _follow_up(self, arrival: Arrival, commit: Commit, turn: Turn, outcome: Outcome) -> None:
        match outcome:
            case Committed(version, head):
                self._figures.add("turns", arrival.address.door)
                for effect in turn.effects:
                    if isinstance(effect, Count):
                        self._figures.add(effect.what, effect.label)
                self._remembered.keep(arrival.conversation, Snapshot(version, commit.record), self._clock.now())
                self._unwritten.forget(arrival.conversation)
                if head is not None:
                    self._messengers.hand_over(head)
                if commit.letters or (commit.unveils and head is None):
                    self._messengers.call_lines(arrival.conversation)
                if not arrival.pushed and commit.outgoing:
                    self._messengers.call(arrival.conversation)
            case Repeated():
                self._figures.add("repeated", arrival.address.door)
            case _:
                assert_never(outcome)

    async def _wonder(self, arrival: Arrival, turn: Turn, now: datetime) -> None:
        """Let the store know what could not be answered; the person has their reply, so nothing hangs on it."""
        for effect in turn.effects:
            if isinstance(effect, Wonder):
                try:
                    await self._store.wonder(Wondering(effect.text, effect.language, arrival.conversation), now)
                except Exception as error:  # noqa: BLE001  # the turn has been taken, whatever this was
                    logbook.note_error("wonder_failed", error)
                    self._figures.add("wonder_failed", type(error).__name__)

    async def _ring(self, rung: Rung) -> None:
        """Let a timer take effect; one that cannot rings again, and holds nobody else's up."""
        try:
            if rung.conversation.startswith(TICKET_MARK):
                await self._ring_ticket(rung)
                return
            snapshot = await self._store.load(rung.conversation)
            if snapshot.record is None:
                await self._silence(rung, snapshot)
            else:
                await self.take(_arrival_of(rung, snapshot.record.address))
        except StoreError as error:
            logbook.note_error("timer_put_off", error)
        except Exception as error:  # noqa: BLE001  # a timer is an arrival, too
            logbook.note_error("timer_failed", error)
            self._figures.add("timer_failed")

    async def _ring_ticket(self, rung: Rung) -> None:
        ticket = TicketId(rung.conversation)
        await self._take_ticket(TicketArrival(ticket, _ring_id(rung), Due(rung.timer.due)))

    async def _silence(self, rung: Rung, snapshot: Snapshot) -> None:
        """Whoever is forgotten has no timers, or these would ring for ever; what is still to be said goes first."""
        if await self._store.waiting(rung.conversation):
            return
        nothing = Commit(rung.conversation, snapshot.version, _ring_id(rung), None, dropped=(rung.timer.name,))
        await self._store.commit(nothing, self._clock.now(), LEASE)


def _commit(arrival: Arrival, snapshot: Snapshot, turn: Turn, moment: datetime, *, has_failed: bool) -> Commit:
    wakes = {effect.node: effect.after for effect in turn.effects if isinstance(effect, Wake)}
    hushed = {node for effect in turn.effects if isinstance(effect, Hush) for node in effect.nodes}
    rung = {arrival.event.node} if isinstance(arrival.event, Elapsed) else set[str]()
    return Commit(
        conversation=arrival.conversation,
        expected=snapshot.version,
        answering=arrival.id,
        record=None if turn.conversation is None else Record(arrival.address, turn.conversation),
        outgoing=_outgoing(arrival, turn),
        timers=tuple(Timer(node, moment + after) for node, after in wakes.items()),
        dropped=tuple(sorted((hushed | rung) - wakes.keys())),
        pushed=arrival.pushed,
        quarantined=arrival.raw if has_failed else None,
        letters=_letters(arrival, turn),
        held=_held(arrival, turn),
        unveils=any(isinstance(effect, Unveil) for effect in turn.effects),
        clears=turn.covers,
        drops_held=any(isinstance(effect, DropHeld) for effect in turn.effects),
        renews=not is_unasked(arrival.event),
        opens=next((effect.ticket for effect in turn.effects if isinstance(effect, OpenTicket)), None),
    )


def _is_of_another_talk(arrival: Arrival, conversation: Conversation) -> bool:
    """Whether a letter says how it stands with a call that the person has ended, while they are in a talk of another.

    Words of staff are shown all the same: they are this person's.
    """
    calling, event = conversation.calling, arrival.event
    if calling is None or calling.stage is Stage.CLOSED or arrival.about in {None, calling.ticket}:
        return False
    return isinstance(event, LetterCame) and not isinstance(event.letter, TicketJoined | _WORDS_OF_STAFF)


def _missed(arrival: Arrival) -> tuple[Effect, ...]:
    """Of words of staff that cannot be shown, whoever wrote them is told."""
    event = arrival.event
    if arrival.about is None or not isinstance(event, LetterCame) or not isinstance(event.letter, _WORDS_OF_STAFF):
        return ()
    return (WriteTo(arrival.about, NotShown(event.letter.ref, Missed.REFUSED)),)


def _standing(record: Record | None) -> Conversation:
    return NEW_CONVERSATION if record is None else record.conversation


def _arrival_of(rung: Rung, address: Address) -> Arrival:
    return Arrival(
        conversation=rung.conversation,
        id=_ring_id(rung),
        address=address,
        event=Elapsed(rung.timer.name),
        pushed=address.door not in FETCHING_DOORS,
        due=rung.timer.due,
    )


def _ring_id(rung: Rung) -> ArrivalId:
    source = f"{rung.timer.name}@{rung.timer.due.timestamp():.3f}".encode()
    return ArrivalId(blake2b(source + rung.conversation.encode(), digest_size=8).digest())


def _outgoing(arrival: Arrival, turn: Turn) -> tuple[Outgoing, ...]:
    """The turn's messages as outbox entries; the first one also acknowledges the press, so that both go out at once."""
    sends = [effect for effect in turn.effects if isinstance(effect, Send)]
    deletes = tuple(one for effect in turn.effects if isinstance(effect, Delete) for one in effect.messages)
    outgoing = [
        Outgoing(
            id=outgoing_id(arrival.id, place),
            address=arrival.address,
            message=send.message,
            replaces=send.edits or (arrival.tapped if send.replaces or send.covers else None),
            acknowledges=arrival.acknowledges if place == 0 else None,
            covers=send.covers,
            # The cover comes first, and with it goes what it covers.
            deletes=deletes if send.covers else (),
            priority=Priority.STAFF_TO_PERSON if send.ref or send.covers else Priority.ANSWER,
            copies=send.copies,
            silent=send.silent,
            reports=bool(send.ref) or send.noted,
            ref=send.ref,
            unasked=is_unasked(arrival.event),
        )
        for place, send in enumerate(sends)
    ]
    if not outgoing and arrival.acknowledges is not None:
        outgoing.append(Outgoing(outgoing_id(arrival.id, 0), arrival.address, None, acknowledges=arrival.acknowledges))
    if deletes and not any(one.deletes for one in outgoing):
        outgoing.append(Outgoing(outgoing_id(arrival.id, len(outgoing)), arrival.address, None, deletes=deletes))
    return tuple(outgoing)


_HELD_FROM: Final = 100
_LETTERS_FROM: Final = 160
"""Where the numbers of what is held and of letters begin among those of one arrival."""


def _held(arrival: Arrival, turn: Turn) -> tuple[Outgoing, ...]:
    holds = [effect for effect in turn.effects if isinstance(effect, Hold)]
    return tuple(
        Outgoing(
            outgoing_id(arrival.id, _HELD_FROM + place),
            arrival.address,
            hold.message,
            priority=Priority.STAFF_TO_PERSON,
            copies=hold.copies,
            reports=True,
            ref=hold.ref,
        )
        for place, hold in enumerate(holds)
    )


def _letters(arrival: Arrival, turn: Turn) -> tuple[Outgoing, ...]:
    letters: list[Outgoing] = []
    for effect in turn.effects:
        letter_id = outgoing_id(arrival.id, _LETTERS_FROM + len(letters))
        match effect:
            case WriteTo(ticket, letter):
                letters.append(Outgoing(letter_id, Address(LANE, ticket), None, letter=letter))
            case UseCode(code, language):
                moved = PersonMoved(arrival.conversation, language)
                letters.append(Outgoing(letter_id, Address(LANE, f"{BY_CODE}{code}"), None, letter=moved))
            case _:
                pass
    return tuple(letters)
