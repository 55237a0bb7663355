"""The store without a server, with the same behaviour: for tests and for trying things out."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, date, datetime, timedelta
from hashlib import blake2b
from secrets import token_bytes
from typing import Final

from bot.desk.staff import NO_ROSTER, Roster
from bot.desk.ticket import Ticket, TicketId
from bot.figures import Figures
from bot.messages import ArrivalId, ConversationId
from bot.store.contract import (
    CODE_LIFE,
    DESK,
    DESK_LINE_AT_MOST,
    HELD,
    HELD_AT_MOST,
    HELD_LIFE,
    OUTBOX_AT_MOST,
    OUTGOING_LIFE,
    RECORD_LIFE,
    SEALED_LIFE,
    SEEN_AT_MOST,
    SEEN_LIFE,
    TICKET_LIFE,
    TOPIC_LIFE,
    WONDER_LIFE,
    WONDER_PEOPLE,
    WONDER_PEOPLE_AT_MOST,
    WONDERS_AT_MOST,
    Commit,
    Committed,
    ConflictError,
    Depth,
    Leased,
    Outcome,
    Outgoing,
    OutgoingId,
    Record,
    Repeated,
    Rung,
    Sealed,
    Snapshot,
    Tenure,
    TicketCommit,
    TicketSnapshot,
    Timer,
    Wondered,
    Wondering,
    desk_line,
    grows_old,
    held_of,
    lane_of,
    letters_of,
)
from bot.store.keys import TICKET_MARK

_DUE: Final = "due"
_NEVER_OLD: Final = 2**40
_LONG_AGO: Final = datetime(1970, 1, 1, tzinfo=UTC)
_SWEEP_EVERY: Final = timedelta(hours=1)


@dataclass(slots=True)
class _Entry:
    outgoing: Outgoing
    written: int
    """In minutes, as the other store counts it."""

    @property
    def since(self) -> datetime | None:
        return None if self.written == _NEVER_OLD else datetime.fromtimestamp(self.written * 60, UTC)


@dataclass(slots=True)
class _TicketLane:
    """One ticket, and what was told about it."""

    version: int = 0
    ticket: Ticket | None = None
    seen: set[ArrivalId] = field(default_factory=set)
    records: list[bytes] = field(default_factory=list)
    wraps: dict[str, bytes] = field(default_factory=dict)
    written: datetime = _LONG_AGO
    told: datetime = _LONG_AGO
    """When what was told was last added to."""


@dataclass(slots=True)
class _Lane:
    """One conversation. `not_before` is None when nothing waits to be pushed."""

    version: int = 0
    record: Record | None = None
    seen: dict[ArrivalId, int] = field(default_factory=dict)
    touched: datetime | None = None
    outbox: list[_Entry] = field(default_factory=list)
    not_before: datetime | None = None
    leased: bool = False


@dataclass(slots=True)
class _Alarm:
    set_for: datetime
    rings: datetime


@dataclass(slots=True)
class _Question:
    """What could not be answered; the words come with the person who makes them enough."""

    last: date
    askers: dict[bytes, date] = field(default_factory=dict)
    words: tuple[str, str] | None = None


class MemoryStore:
    """Everything in dictionaries; gone with the process."""

    def __init__(self, figures: Figures | None = None) -> None:
        self.quarantined: dict[tuple[ConversationId, ArrivalId], bytes] = {}
        self.set_aside: list[Outgoing] = []
        self._lanes: dict[ConversationId, _Lane] = {}
        self._alarms: dict[tuple[ConversationId, str], _Alarm] = {}
        self._tickets: dict[TicketId, _TicketLane] = {}
        self._roster: tuple[int, Roster] = (0, NO_ROSTER)
        self._topics: dict[ConversationId, tuple[tuple[str, str], datetime]] = {}
        self._tickets_at: dict[tuple[str, str], tuple[TicketId, datetime]] = {}
        self._codes: dict[str, tuple[TicketId, datetime]] = {}
        self._first: datetime | None = None
        self._now = self._swept = _LONG_AGO
        """The latest moment that was handed in, and the one at which all was looked through for what has ended."""
        self._beats: dict[str, tuple[datetime, datetime]] = {}
        self._senders: dict[str, tuple[datetime, bool]] = {}
        self._duties: dict[str, tuple[str, datetime]] = {}
        self._questions: dict[bytes, _Question] = {}
        self._secret = token_bytes(32)
        self._figures = figures or Figures()

    async def load(self, conversation: ConversationId) -> Snapshot:
        lane = self._lane(conversation)
        return Snapshot(lane.version, lane.record)

    async def commit(self, commit: Commit, now: datetime, lease: timedelta) -> Outcome:
        self._move_to(now)
        lane = self._lane(commit.conversation)
        self._expire(lane, now)
        if commit.answering in lane.seen:
            return Repeated()
        if lane.version != commit.expected:
            raise ConflictError("somebody else wrote this conversation first")
        self._see(lane, commit.answering, now)
        lane.version += 1
        lane.record = commit.record
        if commit.renews or commit.record is None or lane.touched is None:
            lane.touched = now
        if commit.clears:
            lane.outbox.clear()
            lane.not_before, lane.leased = None, False
        elif commit.record is None:
            # Only what is being sent right now stays, so that it is settled.
            in_hand = commit.pushed and lane.leased and lane.not_before is not None and lane.not_before > now
            del lane.outbox[1 if in_hand else 0 :]
        elif not commit.pushed:
            self._drop_out_of_date(lane, now)
        self._hold(commit, lane, now)
        lane.outbox += [_Entry(replace(outgoing, attempts=0), _minutes(now)) for outgoing in commit.outgoing]
        self._crowd_out(lane, commit, now)
        self._set_alarms(commit)
        self._push(letters_of(commit.conversation), commit.letters, now)
        self._open(commit.opens, now)
        if commit.quarantined is not None:
            self.quarantined[commit.conversation, commit.answering] = commit.quarantined
        head = self._head_after(commit, lane, now, lease)
        if commit.unveils and commit.pushed and lane.outbox and lane.not_before is None:
            lane.not_before = now
        return Committed(lane.version, head)

    async def settle(
        self, conversation: ConversationId, outgoing: OutgoingId, now: datetime, lease: timedelta
    ) -> Leased | None:
        lane = self._lane(conversation)
        if not lane.outbox or lane.outbox[0].outgoing.id != outgoing:
            return None
        del lane.outbox[0]
        if not lane.outbox:
            lane.not_before = None
            return None
        if lane.not_before is not None and lane.not_before > now and not lane.leased:
            return None
        return self._lease(conversation, lane, now, lease)

    async def postpone(self, conversation: ConversationId, until: datetime) -> None:
        lane = self._lane(conversation)
        if lane.not_before is not None:
            lane.not_before, lane.leased = until, False

    async def abandon(self, conversation: ConversationId) -> int:
        lane = self._lane(conversation)
        held = len(lane.outbox)
        lane.outbox.clear()
        lane.not_before = None
        return held

    async def claim(self, now: datetime, lease: timedelta, at_most: int) -> Sequence[Leased]:
        self._move_to(now)
        due = sorted(
            (lane.not_before, conversation)
            for conversation, lane in self._lanes.items()
            if lane.not_before is not None and lane.not_before <= now
        )
        return [leased for _, line in due[:at_most] for leased in self._claim_one(line, now, lease)]

    async def claim_timers(self, now: datetime, lease: timedelta, at_most: int) -> Sequence[Rung]:
        self._move_to(now)
        due = sorted(
            (alarm.rings, f"{conversation}:{name}", conversation, name)
            for (conversation, name), alarm in self._alarms.items()
            if alarm.rings <= now
        )
        rung = []
        for _, _, conversation, name in due[:at_most]:
            alarm = self._alarms[conversation, name]
            alarm.rings = now + lease
            rung.append(Rung(conversation, Timer(name, alarm.set_for)))
        return rung

    async def waiting(self, conversation: ConversationId) -> Sequence[Outgoing]:
        return [one.outgoing for one in await self.waiting_since(conversation)]

    async def waiting_since(self, conversation: ConversationId) -> Sequence[Leased]:
        outbox = self._lane(conversation).outbox[: OUTBOX_AT_MOST + HELD_AT_MOST]
        return [Leased(conversation, entry.outgoing, entry.since) for entry in outbox]

    async def fetched(self, conversation: ConversationId, last: OutgoingId) -> None:
        lane = self._lane(conversation)
        ids = [entry.outgoing.id for entry in lane.outbox]
        if last in ids:
            del lane.outbox[: ids.index(last) + 1]

    async def release_leases(self, now: datetime, *, postponed_too: bool = False) -> None:
        for lane in self._lanes.values():
            is_held = lane.leased or postponed_too
            if is_held and lane.not_before is not None and lane.not_before > now:
                lane.not_before, lane.leased = now, False
        for alarm in self._alarms.values():
            alarm.rings = alarm.set_for
        if postponed_too:
            for (line, name), alarm in self._alarms.items():
                if line.startswith(TICKET_MARK) and alarm.set_for > now:
                    self._alarms[line, name] = _Alarm(now, now)

    async def depth(self, now: datetime) -> Depth:
        moments = [lane.not_before for lane in self._lanes.values() if lane.not_before is not None]
        overdue = max((now - moment for moment in moments), default=timedelta())
        return Depth(len(moments), max(overdue, timedelta()))

    async def wonder(self, wondering: Wondering, now: datetime) -> None:
        today = now.astimezone(UTC).date()
        name = self._hash(wondering.text)
        question = self._questions.pop(name, None) or _Question(today)
        # The last one asked stands last.
        self._questions[name] = question
        question.last = today
        question.askers = _lately(question.askers, today)
        if len(question.askers) < WONDER_PEOPLE_AT_MOST:
            question.askers.setdefault(self._hash(f"{wondering.conversation}\0{wondering.text}"), today)
        enough = len(question.askers) >= WONDER_PEOPLE
        question.words = (wondering.language, wondering.text) if enough else None
        while len(self._questions) > WONDERS_AT_MOST:
            del self._questions[next(iter(self._questions))]

    async def wonders(self, now: datetime) -> Sequence[Wondered]:
        today = now.astimezone(UTC).date()
        self._questions = {name: one for name, one in self._questions.items() if one.last > today - WONDER_LIFE}
        found = []
        for question in self._questions.values():
            days = _lately(question.askers, today).values()
            if question.words is not None and len(days) >= WONDER_PEOPLE:
                language, text = question.words
                found.append(Wondered(text, language, len(days), min(days)))
        return sorted(found, key=lambda one: (-one.people, one.first_day, one.text))

    async def load_ticket(self, ticket: TicketId) -> TicketSnapshot:
        lane = self._tickets.get(ticket) or _TicketLane()
        return TicketSnapshot(lane.version, lane.ticket)

    async def commit_ticket(self, commit: TicketCommit, now: datetime) -> Outcome:
        self._move_to(now)
        lane = self._tickets.setdefault(commit.ticket_id, _TicketLane())
        if commit.answering in lane.seen:
            return Repeated()
        if lane.version != commit.expected:
            raise ConflictError("somebody else wrote this ticket first")
        lane.seen.add(commit.answering)
        lane.version += 1
        lane.ticket = commit.ticket
        alarm = (ConversationId(commit.ticket_id), _DUE)
        self._alarms.pop(alarm, None)
        if commit.ticket is not None and commit.ticket.due is not None:
            self._alarms[alarm] = _Alarm(commit.ticket.due, commit.ticket.due)
        lane.written = now
        if commit.ticket is None or commit.shreds:
            lane.records.clear()
            lane.wraps.clear()
        if commit.kept or commit.wraps:
            lane.told = now
        lane.records += commit.kept
        lane.wraps = {name: wrap for name, wrap in {**lane.wraps, **commit.wraps}.items() if wrap}
        for target, outgoing in commit.outgoing.items():
            self._push(desk_line(commit.ticket_id, target), outgoing, now)
        self._push(letters_of(commit.ticket_id), commit.letters, now)
        return Committed(lane.version, None)

    async def claim_lines(self, lane: str, now: datetime, lease: timedelta) -> Sequence[Leased]:
        lines = [one for one in self._lanes if one != lane and lane_of(one) == lane]
        return [leased for one in lines for leased in self._claim_one(one, now, lease)]

    async def open_tickets(self) -> Sequence[TicketId]:
        return sorted(name for name, lane in self._tickets.items() if lane.ticket is not None and lane.ticket.is_open)

    async def changed_tickets(self, since: datetime) -> Mapping[TicketId, datetime]:
        lanes = self._tickets.items()
        return {name: lane.written for name, lane in lanes if lane.ticket is not None and lane.written >= since}

    async def load_tickets(self, tickets: Sequence[TicketId]) -> Sequence[TicketSnapshot]:
        return [await self.load_ticket(ticket) for ticket in tickets]

    async def mend_due(self, now: datetime) -> Sequence[TicketId]:
        lost = [one for one in await self.open_tickets() if (ConversationId(one), _DUE) not in self._alarms]
        for ticket in lost:
            self._alarms[ConversationId(ticket), _DUE] = _Alarm(now, now)
        return lost

    async def read_sealed(self, ticket: TicketId) -> Sealed:
        lane = self._tickets.get(ticket) or _TicketLane()
        return Sealed(tuple(lane.records), dict(lane.wraps))

    async def load_roster(self) -> tuple[int, Roster]:
        return self._roster

    async def save_roster(self, roster: Roster, expected: int) -> None:
        if self._roster[0] != expected:
            raise ConflictError("somebody else changed who works here first")
        self._roster = (expected + 1, roster)

    async def keep_topic(self, ticket: TicketId, target: str, topic: str, group: str) -> None:
        self._topics[desk_line(ticket, target)] = ((group, topic), self._now)
        self._tickets_at[group, topic] = (ticket, self._now)

    async def topic_of(self, ticket: TicketId, target: str) -> tuple[str, str] | None:
        return self._topics.get(desk_line(ticket, target), (None,))[0]

    async def ticket_at(self, group: str, topic: str) -> TicketId | None:
        return self._tickets_at.get((group, topic), (None,))[0]

    async def forget_topic(self, ticket: TicketId, target: str) -> None:
        self._topics.pop(desk_line(ticket, target), None)

    async def keep_code(self, code: str, ticket: TicketId) -> None:
        self._codes[code] = (ticket, self._now)

    async def ticket_of_code(self, code: str) -> TicketId | None:
        return self._codes.get(code, (None,))[0]

    async def beat(self, name: str, now: datetime, life: timedelta) -> None:
        self._beats[name] = (now, now + life)

    async def heard(self, name: str) -> datetime | None:
        found = self._beats.get(name)
        return None if found is None else found[0]

    async def hold(self, name: str, holder: str, now: datetime, life: timedelta) -> Tenure | None:
        before, end = self._duties.get(name, (None, now))
        if before not in {None, "", holder} and now < end:
            return None
        self._duties[name] = (holder, now + life)
        if before == "":
            return Tenure.GIVEN
        return Tenure.KEPT if before == holder and now < end else Tenure.LAPSED

    async def leave(self, name: str, holder: str) -> None:
        before, end = self._duties.get(name, (None, None))
        if before == holder and end is not None:
            self._duties[name] = ("", end)

    async def count_senders(self, process: str, now: datetime, life: timedelta, *, sends: bool) -> tuple[int, int]:
        self._senders = {one: said for one, said in self._senders.items() if now - said[0] < life}
        self._senders[process] = (now, sends)
        return sum(one[1] for one in self._senders.values()), len(self._senders)

    async def ping(self) -> None:
        return

    async def close(self) -> None:
        return

    def _claim_one(self, line: ConversationId, now: datetime, lease: timedelta) -> list[Leased]:
        lane = self._lanes[line]
        if lane.not_before is None or lane.not_before > now:
            return []
        dropped = self._drop_out_of_date(lane, now)
        if dropped:
            self._figures.add("outgoing_out_of_date", by=len(dropped))
            if DESK in line:
                self.set_aside += [entry.outgoing for entry in dropped]
                self._figures.add("desk_not_told", by=len(dropped))
        if not lane.outbox:
            lane.not_before = None
            return []
        leased = self._lease(line, lane, now, lease)
        return [] if leased is None else [leased]

    def _move_to(self, now: datetime) -> None:
        """It is as late as this: what has ended is forgotten, looked for once an hour."""
        self._first = self._first or now
        self._now = max(self._now, now)
        if self._now - self._swept < _SWEEP_EVERY:
            return
        self._swept = self._now
        for lane in self._lanes.values():
            self._expire(lane, self._now)
        for ticket in self._tickets.values():
            if ticket.written + TICKET_LIFE <= self._now:
                ticket.version, ticket.ticket = 0, None
                ticket.seen.clear()
            if ticket.told + SEALED_LIFE <= self._now:
                ticket.records.clear()
                ticket.wraps.clear()
        # What was kept before any moment was known counts from the first one.
        topics, codes = self._now - TOPIC_LIFE, self._now - CODE_LIFE
        self._topics = {line: kept for line, kept in self._topics.items() if max(kept[1], self._first) > topics}
        self._tickets_at = {at: kept for at, kept in self._tickets_at.items() if max(kept[1], self._first) > topics}
        self._codes = {code: kept for code, kept in self._codes.items() if max(kept[1], self._first) > codes}
        for line, lane in self._lanes.items():
            if line.endswith(HELD):
                lane.outbox = [one for one in lane.outbox if one.written > _minutes(self._now - HELD_LIFE)]

    def _hold(self, commit: Commit, lane: _Lane, now: datetime) -> None:
        """What is held moves to the outbox, or goes, or grows."""
        held = self._lane(held_of(commit.conversation)) if commit.held or commit.unveils else None
        if held is None:
            if commit.record is None or commit.drops_held:
                self._lanes.pop(held_of(commit.conversation), None)
            return
        if commit.unveils:
            lane.outbox += [_Entry(entry.outgoing, _minutes(now)) for entry in held.outbox]
            held.outbox.clear()
        elif commit.record is None or commit.drops_held:
            held.outbox.clear()
        held.outbox += [_Entry(outgoing, _minutes(now)) for outgoing in commit.held]
        del held.outbox[:-HELD_AT_MOST]

    def _push(self, line: ConversationId, outgoing: Sequence[Outgoing], now: datetime) -> None:
        if outgoing:
            lane = self._lane(line)
            in_hand = int(lane.leased and lane.not_before is not None and lane.not_before > now)
            if any(one.drops_topic for one in outgoing):
                del lane.outbox[in_hand:]
            for one in outgoing:
                written = _minutes(now) if grows_old(line, one) else _NEVER_OLD
                lane.outbox.append(_Entry(replace(one, attempts=0), written))
            while DESK in line and len(lane.outbox) > DESK_LINE_AT_MOST and lane.outbox[in_hand].written != _NEVER_OLD:
                del lane.outbox[in_hand]
                self._figures.add("desk_not_told")
            lane.not_before = lane.not_before or now

    def _open(self, ticket: Ticket | None, now: datetime) -> None:
        if ticket is not None and ticket.id not in self._tickets:
            self._tickets[ticket.id] = _TicketLane(1, ticket, written=now)
            due = ticket.due or ticket.asked
            self._alarms[ConversationId(ticket.id), _DUE] = _Alarm(due, due)

    def _hash(self, source: str) -> bytes:
        return blake2b(source.encode(), digest_size=16, key=self._secret).digest()

    def _lane(self, conversation: ConversationId) -> _Lane:
        return self._lanes.setdefault(conversation, _Lane())

    def _expire(self, lane: _Lane, now: datetime) -> None:
        life = SEEN_LIFE if lane.record is None else RECORD_LIFE
        if lane.touched is not None and lane.touched + life <= now:
            lane.version, lane.record, lane.touched = 0, None, None
            lane.seen.clear()

    def _see(self, lane: _Lane, arrival: ArrivalId, now: datetime) -> None:
        oldest_first = list(lane.seen.items())[-(SEEN_AT_MOST - 1) :]
        lane.seen = {seen: minute for seen, minute in oldest_first if minute >= _minutes(now - SEEN_LIFE)}
        lane.seen[arrival] = _minutes(now)

    def _crowd_out(self, lane: _Lane, commit: Commit, now: datetime) -> None:
        in_hand = int(commit.pushed and lane.leased and lane.not_before is not None and lane.not_before > now)
        room = len(lane.outbox) - len(commit.outgoing) - in_hand
        too_many = min(len(lane.outbox) - OUTBOX_AT_MOST, room) if commit.outgoing else 0
        if too_many > 0:
            del lane.outbox[in_hand : in_hand + too_many]
            self._figures.add("outgoing_crowded_out", by=too_many)

    def _set_alarms(self, commit: Commit) -> None:
        for timer in commit.timers:
            self._alarms[commit.conversation, timer.name] = _Alarm(timer.due, timer.due)
        for name in commit.dropped:
            self._alarms.pop((commit.conversation, name), None)

    def _head_after(self, commit: Commit, lane: _Lane, now: datetime, lease: timedelta) -> Leased | None:
        busy = lane.not_before is not None and lane.not_before > now
        idle = lane.not_before is None and not commit.outgoing
        if not commit.pushed or busy or idle:
            return None
        if not lane.outbox:
            lane.not_before = None
            return None
        return self._lease(commit.conversation, lane, now, lease)

    def _lease(self, conversation: ConversationId, lane: _Lane, now: datetime, lease: timedelta) -> Leased | None:
        head = lane.outbox[0]
        if head.written < _minutes(now - OUTGOING_LIFE):
            # Out of date: whoever claims it next drops and counts it.
            lane.not_before, lane.leased = now, False
            return None
        lane.not_before, lane.leased = now + lease, True
        leased = Leased(conversation, head.outgoing, head.since)
        head.outgoing = replace(head.outgoing, attempts=head.outgoing.attempts + 1)
        return leased

    def _drop_out_of_date(self, lane: _Lane, now: datetime) -> list[_Entry]:
        oldest = _minutes(now - OUTGOING_LIFE)
        dropped = [entry for entry in lane.outbox if entry.written < oldest]
        lane.outbox = [entry for entry in lane.outbox if entry.written >= oldest]
        return dropped


def _minutes(moment: datetime) -> int:
    return int(moment.timestamp()) // 60


def _lately(askers: dict[bytes, date], today: date) -> dict[bytes, date]:
    """Those who asked within the days that count."""
    return {who: day for who, day in askers.items() if day > today - WONDER_LIFE}
