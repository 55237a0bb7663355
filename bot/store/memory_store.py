"""The store without a server, with the same behaviour: for tests and for trying things out."""

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, date, datetime, timedelta
from hashlib import blake2b
from secrets import token_bytes

from bot.figures import Figures
from bot.messages import ArrivalId, ConversationId
from bot.store.contract import (
    OUTBOX_AT_MOST,
    OUTGOING_LIFE,
    RECORD_LIFE,
    SEEN_AT_MOST,
    SEEN_LIFE,
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
    Snapshot,
    Timer,
    Wondered,
    Wondering,
)


@dataclass(slots=True)
class _Entry:
    outgoing: Outgoing
    written: int
    """In minutes, as the other store counts it."""


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
        self._lanes: dict[ConversationId, _Lane] = {}
        self._alarms: dict[tuple[ConversationId, str], _Alarm] = {}
        self._questions: dict[bytes, _Question] = {}
        self._secret = token_bytes(32)
        self._figures = figures or Figures()

    async def load(self, conversation: ConversationId) -> Snapshot:
        lane = self._lane(conversation)
        return Snapshot(lane.version, lane.record)

    async def commit(self, commit: Commit, now: datetime, lease: timedelta) -> Outcome:
        lane = self._lane(commit.conversation)
        self._expire(lane, now)
        if commit.answering in lane.seen:
            return Repeated()
        if lane.version != commit.expected:
            raise ConflictError("somebody else wrote this conversation first")
        self._see(lane, commit.answering, now)
        lane.version += 1
        lane.record = commit.record
        lane.touched = now
        if commit.record is None:
            # Only what is being sent right now stays, so that it is settled.
            in_hand = commit.pushed and lane.leased and lane.not_before is not None and lane.not_before > now
            del lane.outbox[1 if in_hand else 0 :]
        elif not commit.pushed:
            self._drop_out_of_date(lane, now)
        lane.outbox += [_Entry(replace(outgoing, attempts=0), _minutes(now)) for outgoing in commit.outgoing]
        self._crowd_out(lane, commit, now)
        self._set_alarms(commit)
        if commit.quarantined is not None:
            self.quarantined[commit.conversation, commit.answering] = commit.quarantined
        return Committed(lane.version, self._head_after(commit, lane, now, lease))

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
        due = sorted(
            (lane.not_before, conversation)
            for conversation, lane in self._lanes.items()
            if lane.not_before is not None and lane.not_before <= now
        )
        claimed = []
        for _, conversation in due[:at_most]:
            lane = self._lanes[conversation]
            dropped = self._drop_out_of_date(lane, now)
            if dropped:
                self._figures.add("outgoing_out_of_date", by=dropped)
            if lane.outbox:
                leased = self._lease(conversation, lane, now, lease)
                claimed += [] if leased is None else [leased]
            else:
                lane.not_before = None
        return claimed

    async def claim_timers(self, now: datetime, lease: timedelta, at_most: int) -> Sequence[Rung]:
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
        return [entry.outgoing for entry in self._lane(conversation).outbox]

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

    async def ping(self) -> None:
        return

    async def close(self) -> None:
        return

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
        leased = Leased(conversation, head.outgoing)
        head.outgoing = replace(head.outgoing, attempts=head.outgoing.attempts + 1)
        return leased

    def _drop_out_of_date(self, lane: _Lane, now: datetime) -> int:
        fresh = [entry for entry in lane.outbox if entry.written >= _minutes(now - OUTGOING_LIFE)]
        dropped = len(lane.outbox) - len(fresh)
        lane.outbox = fresh
        return dropped


def _minutes(moment: datetime) -> int:
    return int(moment.timestamp()) // 60


def _lately(askers: dict[bytes, date], today: date) -> dict[bytes, date]:
    """Those who asked within the days that count."""
    return {who: day for who, day in askers.items() if day > today - WONDER_LIFE}
