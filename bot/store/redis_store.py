"""The store for real: Redis or Valkey, as one server, behind Sentinel or as a Cluster."""

import asyncio
import logging
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from functools import partial
from math import ceil
from struct import Struct
from typing import Final
from urllib.parse import SplitResult, parse_qs, unquote, urlsplit

from redis.asyncio import ConnectionPool, Redis, RedisCluster
from redis.asyncio.cluster import ClusterNode
from redis.asyncio.retry import Retry
from redis.asyncio.sentinel import Sentinel
from redis.backoff import NoBackoff

from bot import logbook
from bot.desk.staff import NO_ROSTER, Roster
from bot.desk.ticket import TicketId
from bot.figures import Figures
from bot.messages import ConversationId
from bot.store import keys
from bot.store.addresses import Tls, hosts_of
from bot.store.contract import (
    ASIDE,
    CODE_LIFE,
    DESK,
    DESK_LINE_AT_MOST,
    HELD_AT_MOST,
    LINE_LIFE,
    OUTBOX_AT_MOST,
    OUTGOING_LIFE,
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
    StoreDownError,
    StoreError,
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
from bot.store.encoding import (
    UnreadableError,
    decode_outgoing,
    decode_record,
    decode_roster,
    decode_ticket,
    due_milliseconds,
    encode_outgoing,
    encode_record,
    encode_roster,
    encode_ticket,
    from_milliseconds,
    to_milliseconds,
)
from bot.store.redis_keyring import KEYRING_SOURCES, RedisKeyring
from bot.store.redis_renaming import RedisRenaming
from bot.store.redis_shelf import SHELF_SOURCES, RedisShelf
from bot.store.redis_wire import ClusterLink, Link, Part, Reply, Script, SingleLink, Wire, as_bytes
from bot.store.sealing import CODE, OUTGOING, QUARANTINE, RECORD, ROSTER, TICKET, TOPIC, WONDERED, SealError, Vault

PATIENCE: Final = timedelta(seconds=1)
"""A server that does not answer for this long counts as down."""

_MINUTE: Final = 60_000
_DAY_SECONDS: Final = 86_400
_EPOCH: Final = date(1970, 1, 1)
_PROBE_SECONDS: Final = 10
_CONFLICT: Final = -1
_REPEATED: Final = -2
_OURS: Final = 1
_LANE_FORM: Final = 1
_LANE: Final = Struct(">B6sH")
_SEEN_BYTES: Final = 8
_ID_BYTES: Final = 9
_ENTRY_HEAD_BYTES: Final = 14
_DUE: Final = "due"
_NEVER_OLD: Final = 2**32 - 1
_ROSTER_HEAD: Final = 4
_NO_PLACE: Final = ConversationId("roster")
_TOPIC_SECONDS: Final = int(TOPIC_LIFE.total_seconds())
_OUTBOX_SECONDS: Final = int((OUTGOING_LIFE + timedelta(hours=1)).total_seconds())
_LINE_SECONDS: Final = int(LINE_LIFE.total_seconds())
_CODE_SECONDS: Final = int(CODE_LIFE.total_seconds())
_READ_AT_MOST: Final = OUTBOX_AT_MOST + HELD_AT_MOST
_UNREADABLE_AT_MOST: Final = 12
"""So often it was handed out in vain: two minutes, in which a process with the right keys or form may have come."""


_COMMIT: Final = Script.read("commit")
_SETTLE: Final = Script.read("settle")
_LEASE: Final = Script.read("lease")
_RING: Final = Script.read("ring")
_FETCHED: Final = Script.read("fetched")
_ABANDON: Final = Script.read("abandon")
_RELEASE: Final = Script.read("release")
_WONDER: Final = Script.read("wonder")
_SAVE_ROSTER: Final = Script.read("roster")
_DUTY: Final = Script.read("duty")
_SENDERS: Final = Script.read("senders")
_TENURES: Final = (None, Tenure.KEPT, Tenure.GIVEN, Tenure.LAPSED)


def _joined() -> Script:
    """The commit with what goes beyond one conversation behind it, as one script."""
    outer = Script.read("desk").source
    return Script.of(f"local function commit(KEYS, ARGV)\n{_COMMIT.source}\nend\n{outer}")


_DESK_COMMIT: Final = _joined()
_SOURCES: Final = (
    {
        script.digest: script.source
        for script in (
            *(_COMMIT, _DESK_COMMIT, _DUTY, _SENDERS, _SETTLE, _LEASE, _RING, _FETCHED, _ABANDON, _RELEASE, _WONDER),
            _SAVE_ROSTER,
        )
    }
    | SHELF_SOURCES
    | KEYRING_SOURCES
)


@dataclass(frozen=True, slots=True)
class Census:
    """How many keys there are of each kind, and how many of them have no end."""

    keys: Counter[str]
    endless: Counter[str]


@dataclass(frozen=True, slots=True)
class _Line:
    """What comes onto a line."""

    key: bytes
    name: ConversationId
    seconds: int
    entries: Sequence[bytes]
    forgotten: tuple[bytes, ...] = ()
    """Where else something of it lies, if all that came before is to be forgotten."""


class _Beyond:
    """Puts the keys and arguments of desk.lua together, in the order in which it takes them."""

    def __init__(self, names: Sequence[bytes], arguments: Sequence[Part], held: bytes) -> None:
        self.names: list[bytes] = [*names, held]
        self.arguments: list[Part] = [len(names), len(arguments), *arguments]
        self._has_held = False

    def hold(self, entries: Sequence[bytes], *, unveils: bool, erases: bool) -> None:
        self.arguments += [int(unveils), int(erases), len(entries), *entries]
        self._has_held = True

    def add_lines(self, lines: Sequence["_Line"]) -> None:
        if not self._has_held:
            self.hold((), unveils=False, erases=False)
        self.arguments.append(len(lines))
        for line in lines:
            self.names += [line.key, *line.forgotten]
            at_most = DESK_LINE_AT_MOST if DESK in line.name else 0
            self.arguments += [line.name, line.seconds, len(line.forgotten), at_most, len(line.entries), *line.entries]


class RedisStore:
    """Keeps everything sealed; see `keys` for what lies where."""

    def __init__(
        self,
        link: Link,
        vault: Vault,
        *,
        replicas: int = 0,
        patience: timedelta = PATIENCE,
        figures: Figures | None = None,
    ) -> None:
        self._vault = vault
        self._has_parts = isinstance(link, ClusterLink)
        self._figures = figures or Figures()
        self._figures.levels["store_refuses"] = 0.0
        self._wire = Wire(
            link,
            _SOURCES,
            replicas=replicas,
            patience=patience.total_seconds(),
            when_down=self._note_down,
            when_refused=self._note_refused,
        )
        self._probed = 0
        self._doubt = 0

    async def load(self, conversation: ConversationId) -> Snapshot:
        version, sealed = await self._load(conversation)
        return Snapshot(version, self._record(sealed, conversation) if sealed else None)

    async def _load(self, lane: ConversationId) -> tuple[int, bytes]:
        """The version of a conversation or ticket and its sealed record, empty where there is none."""
        shard = keys.shard_of(lane)
        found = await self._wire.call(shard, "GET", keys.lane_key(shard, lane))
        if found is None:
            return 0, b""
        found = as_bytes(found)
        form, version, seen = _LANE.unpack_from(found)
        if form != _LANE_FORM:
            raise UnreadableError("a conversation lies in the store in a newer form; update the program")
        return int.from_bytes(version, "big"), found[_LANE.size + seen * _SEEN_BYTES :]

    async def commit(self, commit: Commit, now: datetime, lease: timedelta) -> Outcome:
        shard = keys.shard_of(commit.conversation)
        names, arguments = self._commit_parts(commit, shard, now, lease)
        script = _COMMIT
        forgets_held = commit.drops_held or commit.record is None
        if commit.letters or commit.held or commit.unveils or commit.opens or forgets_held:
            script = _DESK_COMMIT
            beyond = self._beyond(commit, shard, names, arguments, to_milliseconds(now))
            names, arguments = beyond.names, beyond.arguments
        answer = await self._wire.call(shard, "EVALSHA", script.digest, len(names), *names, *arguments, proven=True)
        if answer == _REPEATED:
            return Repeated()
        if answer == _CONFLICT:
            raise ConflictError("somebody else wrote this conversation first")
        if isinstance(answer, list):
            answer, crowded_out = answer
            self._figures.add("outgoing_crowded_out", by=_int(crowded_out))
        version = commit.expected + 1
        if answer == _OURS:
            first = commit.outgoing[0]
            return Committed(
                version, Leased(commit.conversation, replace(first, attempts=0) if first.attempts else first, now)
            )
        if isinstance(answer, bytes):
            return Committed(version, self._leased(commit.conversation, answer))
        return Committed(version, None)

    async def settle(
        self, conversation: ConversationId, outgoing: OutgoingId, now: datetime, lease: timedelta
    ) -> Leased | None:
        shard = keys.shard_of(conversation)
        milliseconds = to_milliseconds(now)
        entry = await self._wire.call(
            shard,
            "EVALSHA",
            _SETTLE.digest,
            2,
            keys.outbox_key(shard, conversation),
            keys.READY[shard],
            outgoing,
            conversation,
            milliseconds // _MINUTE,
            milliseconds,
            _lease_score(now + lease),
        )
        return None if entry is None else self._leased(conversation, as_bytes(entry))

    async def postpone(self, conversation: ConversationId, until: datetime) -> None:
        shard = keys.shard_of(conversation)
        await self._wire.call(shard, "ZADD", keys.READY[shard], "XX", to_milliseconds(until), conversation)

    async def abandon(self, conversation: ConversationId) -> int:
        shard = keys.shard_of(conversation)
        outbox = keys.outbox_key(shard, conversation)
        held = await self._wire.call(shard, "EVALSHA", _ABANDON.digest, 2, outbox, keys.READY[shard], conversation)
        return _int(held)

    async def claim(self, now: datetime, lease: timedelta, at_most: int) -> Sequence[Leased]:
        due = await self._due(keys.READY, to_milliseconds(now), at_most)
        return await self._claim_each([(shard, ConversationId(member)) for _, member, shard in due], now, lease)

    async def _claim_each(
        self, lines: Sequence[tuple[int, ConversationId]], now: datetime, lease: timedelta
    ) -> list[Leased]:
        milliseconds = to_milliseconds(now)
        answers = await self._wire.call_all(
            [
                (
                    shard,
                    (
                        "EVALSHA",
                        _LEASE.digest,
                        *_keys_of(shard, line),
                        line,
                        (milliseconds - self._doubt) // _MINUTE,
                        milliseconds,
                        _lease_score(now + lease),
                    ),
                )
                for shard, line in lines
            ]
        )
        claimed = []
        for (_, line), answer in zip(lines, answers, strict=True):
            dropped, *entries = _list(answer)
            if dropped:
                self._figures.add("outgoing_out_of_date", by=_int(dropped))
                if DESK in line:
                    self._note_not_told(_int(dropped))
            for entry in entries:
                leased = await self._leased_at_last(line, as_bytes(entry), now, lease)
                claimed += [] if leased is None else [leased]
        return claimed

    async def claim_timers(self, now: datetime, lease: timedelta, at_most: int) -> Sequence[Rung]:
        due = await self._due(keys.DUE, to_milliseconds(now), at_most)
        until = to_milliseconds(now + lease)
        answers = await self._wire.call_all(
            [
                (
                    shard,
                    ("EVALSHA", _RING.digest, 2, keys.DUE[shard], keys.RUNG[shard], member, f"{score:.0f}", until),
                )
                for score, member, shard in due
            ]
        )
        rung = []
        for (_, member, _), answer in zip(due, answers, strict=True):
            if answer is not None:
                conversation, _, name = member.partition(":")
                rung.append(Rung(ConversationId(conversation), Timer(name, from_milliseconds(_int(answer)))))
        return rung

    async def waiting(self, conversation: ConversationId) -> Sequence[Outgoing]:
        return [one.outgoing for one in await self.waiting_since(conversation)]

    async def waiting_since(self, conversation: ConversationId) -> Sequence[Leased]:
        shard = keys.shard_of(conversation)
        entries = await self._wire.call(shard, "LRANGE", keys.outbox_key(shard, conversation), 0, _READ_AT_MOST - 1)
        leased = [self._leased(conversation, as_bytes(entry)) for entry in _list(entries)]
        return [one for one in leased if one is not None]

    async def fetched(self, conversation: ConversationId, last: OutgoingId) -> None:
        shard = keys.shard_of(conversation)
        outbox = keys.outbox_key(shard, conversation)
        await self._wire.call(shard, "EVALSHA", _FETCHED.digest, 1, outbox, last)

    async def release_leases(self, now: datetime, *, postponed_too: bool = False) -> None:
        milliseconds = to_milliseconds(now)
        await self._wire.call_all(
            [
                (
                    shard,
                    (
                        "EVALSHA",
                        _RELEASE.digest,
                        3,
                        keys.READY[shard],
                        keys.DUE[shard],
                        keys.RUNG[shard],
                        milliseconds,
                        int(postponed_too),
                    ),
                )
                for shard in range(keys.SHARDS)
            ]
        )

    async def depth(self, now: datetime) -> Depth:
        milliseconds = to_milliseconds(now)
        counts = await self._ask_each_shard([("ZCARD", name) for name in keys.READY])
        due = await self._due(keys.READY, milliseconds, 1)
        overdue = milliseconds - ceil(due[0][0]) if due else 0
        return Depth(sum(_int(count) for count in counts.values()), timedelta(milliseconds=overdue))

    async def wonder(self, wondering: Wondering, now: datetime) -> None:
        name = self._vault.question_id(wondering.text)
        shard = keys.shard_of_question(name)
        askers, wondered = keys.ASKERS[shard], keys.WONDERED[shard]
        words = f"{wondering.language}\0{wondering.text}".encode()
        await self._wire.call(
            shard,
            "EVALSHA",
            _WONDER.digest,
            3,
            keys.WONDERS[shard],
            askers + name.encode(),
            wondered + name.encode(),
            name,
            self._vault.asker_id(wondering.conversation, wondering.text),
            int(now.timestamp()),
            self._vault.seal(words, ConversationId(name), WONDERED),
            WONDER_LIFE.days,
            WONDER_PEOPLE,
            WONDER_PEOPLE_AT_MOST,
            WONDERS_AT_MOST // keys.SHARDS,
            askers,
            wondered,
        )

    async def wonders(self, now: datetime) -> Sequence[Wondered]:
        indexes = await self._wire.call_all(
            [(shard, ("ZRANGE", keys.WONDERS[shard], 0, -1)) for shard in range(keys.SHARDS)]
        )
        names = [(shard, as_bytes(name)) for shard, index in enumerate(indexes) for name in _list(index)]
        texts = await self._wire.call_all([(shard, ("GET", keys.WONDERED[shard] + name)) for shard, name in names])
        asked = [
            (shard, name, as_bytes(text)) for (shard, name), text in zip(names, texts, strict=True) if text is not None
        ]
        # Those who asked too long ago do not count any more.
        after = f"({int(now.timestamp()) // _DAY_SECONDS - WONDER_LIFE.days}"
        people = await self._wire.call_all(
            [
                (shard, ("ZRANGE", keys.ASKERS[shard] + name, after, "+inf", "BYSCORE", "WITHSCORES"))
                for shard, name, _ in asked
            ]
        )
        found = []
        for (_, name, text), scored in zip(asked, people, strict=True):
            days = [int(float(as_bytes(day))) for day in _list(scored)[1::2]]
            if len(days) >= WONDER_PEOPLE:
                found += self._wondered(name, text, days)
        return sorted(found, key=lambda one: (-one.people, one.first_day, one.text))

    async def load_ticket(self, ticket: TicketId) -> TicketSnapshot:
        version, sealed = await self._load(ConversationId(ticket))
        if not sealed:
            return TicketSnapshot(version, None)
        # One that cannot be read is an error: a call for help must not look as if it had never been.
        return TicketSnapshot(version, decode_ticket(self._vault.open(sealed, ConversationId(ticket), TICKET)))

    async def commit_ticket(self, commit: TicketCommit, now: datetime) -> Outcome:
        lane = ConversationId(commit.ticket_id)
        shard, milliseconds = keys.shard_of(lane), to_milliseconds(now)
        ticket = commit.ticket
        due = None if ticket is None else ticket.due
        names: list[bytes] = [
            *(keys.lane_key(shard, lane), keys.outbox_key(shard, lane), keys.READY[shard]),
            *(keys.DUE[shard], keys.RUNG[shard]),
        ]
        sealed = b"" if ticket is None else self._vault.seal(encode_ticket(ticket), lane, TICKET)
        arguments: list[Part] = [
            *(commit.answering, commit.expected, milliseconds // _MINUTE, milliseconds, 0, sealed, lane, 0, 0),
            *((0, 1, _DUE) if due is None else (1, _DUE, due_milliseconds(due), 0)),
        ]
        lines = {desk_line(commit.ticket_id, target): sent for target, sent in commit.outgoing.items() if sent}
        if commit.letters:
            lines[letters_of(lane)] = commit.letters
        beyond = _Beyond(names, arguments, keys.outbox_key(shard, held_of(lane)))
        beyond.add_lines(self._lines(lines, shard, milliseconds))
        beyond.arguments.append(0)
        beyond.names += [
            *(keys.OPEN[shard], keys.kept_key(shard, lane), keys.wraps_key(shard, lane)),
            *(keys.lane_key(shard, lane), keys.RECENT[shard]),
        ]
        state = 3 if ticket is None else 1 if ticket.is_open else 2
        beyond.arguments += [state, lane, int(commit.shreds), len(commit.kept), *commit.kept, len(commit.wraps)]
        for name, wrap in commit.wraps.items():
            beyond.arguments += [name, wrap]
        answer = await self._wire.call(
            shard,
            "EVALSHA",
            _DESK_COMMIT.digest,
            len(beyond.names),
            *beyond.names,
            *beyond.arguments,
            proven=True,
        )
        if answer == _REPEATED:
            return Repeated()
        if answer == _CONFLICT:
            raise ConflictError("somebody else wrote this ticket first")
        if isinstance(answer, list):
            self._note_not_told(_int(answer[1]))
        return Committed(commit.expected + 1, None)

    async def claim_lines(self, lane: str, now: datetime, lease: timedelta) -> Sequence[Leased]:
        shard, milliseconds = keys.shard_of(lane), to_milliseconds(now)
        due = await self._wire.call(shard, "ZRANGE", keys.READY[shard], "-inf", milliseconds, "BYSCORE")
        # A conversation's id holds none of the marks of lines, so none of another begins like this one's.
        members = [as_bytes(member).decode() for member in _list(due)]
        lines = [ConversationId(one) for one in members if one != lane and lane_of(ConversationId(one)) == lane]
        return await self._claim_each([(shard, line) for line in lines], now, lease)

    async def open_tickets(self) -> Sequence[TicketId]:
        answers = await self._wire.call_all([(shard, ("SMEMBERS", keys.OPEN[shard])) for shard in range(keys.SHARDS)])
        return sorted(TicketId(as_bytes(ticket).decode()) for answer in answers for ticket in _list(answer))

    async def changed_tickets(self, since: datetime) -> Mapping[TicketId, datetime]:
        first = to_milliseconds(since)
        answers = await self._wire.call_all(
            [
                (shard, ("ZRANGE", keys.RECENT[shard], first, "+inf", "BYSCORE", "WITHSCORES"))
                for shard in range(keys.SHARDS)
            ]
        )
        parts = [as_bytes(part) for answer in answers for part in _list(answer)]
        pairs = zip(parts[::2], parts[1::2], strict=True)
        return {TicketId(ticket.decode()): from_milliseconds(int(float(moment))) for ticket, moment in pairs}

    async def load_tickets(self, tickets: Sequence[TicketId]) -> Sequence[TicketSnapshot]:
        return await asyncio.gather(*(self._load_shown(ticket) for ticket in tickets))

    async def _load_shown(self, ticket: TicketId) -> TicketSnapshot:
        try:
            return await self.load_ticket(ticket)
        except (SealError, UnreadableError) as error:
            # Of a list, one that cannot be read must not take the others along; alone it stays an error.
            logbook.note("ticket_unreadable", logging.ERROR, code=type(error).__name__)
            self._figures.add("ticket_unreadable", type(error).__name__)
            return TicketSnapshot(0, None)

    def shelf(self) -> RedisShelf:
        """The shelf on the same servers."""
        return RedisShelf(self._wire, self._vault)

    def renaming(self, former: Vault) -> RedisRenaming:
        """What moves every conversation from the id of the former identity key to that of ours."""
        return RedisRenaming(self._wire, self._vault, former)

    def keyring(self) -> RedisKeyring:
        """The working keys, as this store and the bots that share it have them."""
        return RedisKeyring(self._wire, self._vault)

    async def mend_due(self, now: datetime) -> Sequence[TicketId]:
        tickets = await self.open_tickets()
        places = [(keys.shard_of(ticket), ticket) for ticket in tickets]
        scores = await self._wire.call_all(
            [(shard, ("ZSCORE", keys.DUE[shard], f"{ticket}:{_DUE}")) for shard, ticket in places]
        )
        lost = [place for place, score in zip(places, scores, strict=True) if score is None]
        moment = to_milliseconds(now)
        await self._wire.call_all(
            [(shard, ("ZADD", keys.DUE[shard], "NX", moment, f"{ticket}:{_DUE}")) for shard, ticket in lost]
        )
        return [ticket for _, ticket in lost]

    async def read_sealed(self, ticket: TicketId) -> Sealed:
        shard = keys.shard_of(ticket)
        records, wraps = await self._wire.call_all(
            [
                (shard, ("LRANGE", keys.kept_key(shard, ticket), 0, -1)),
                (shard, ("HGETALL", keys.wraps_key(shard, ticket))),
            ]
        )
        pairs = [as_bytes(part) for part in _list(wraps)]
        by_reader = {reader.decode(): wrap for reader, wrap in zip(pairs[::2], pairs[1::2], strict=True)}
        return Sealed(tuple(as_bytes(record) for record in _list(records)), by_reader)

    async def load_roster(self) -> tuple[int, Roster]:
        found = await self._wire.call(0, "GET", keys.ROSTER)
        if found is None:
            return 0, NO_ROSTER
        return decode_roster(self._vault.open(as_bytes(found)[_ROSTER_HEAD:], _NO_PLACE, ROSTER))

    async def save_roster(self, roster: Roster, expected: int) -> None:
        sealed = self._vault.seal(encode_roster(roster, expected + 1), _NO_PLACE, ROSTER)
        answer = await self._wire.call(
            0, "EVALSHA", _SAVE_ROSTER.digest, 1, keys.ROSTER, expected, expected + 1, sealed, proven=True
        )
        if answer != 1:
            raise ConflictError("somebody else changed who works here first")

    async def keep_topic(self, ticket: TicketId, target: str, topic: str, group: str) -> None:
        line, name = desk_line(ticket, target), self._vault.topic_name(group, topic)
        there, reverse = keys.ticket_at_key(name)
        here = keys.shard_of(ticket)
        topic_of = self._vault.seal(f"{group}\0{topic}".encode(), line, TOPIC)
        ticket_at = self._vault.seal(ticket.encode(), ConversationId(name), TOPIC)
        # The way back first: what is written in a topic that we have told must find its ticket.
        await self._wire.call(there, "SET", reverse, ticket_at, "EX", _TOPIC_SECONDS, proven=True)
        await self._wire.call(here, "SET", keys.topic_key(here, line), topic_of, "EX", _TOPIC_SECONDS, proven=True)

    async def topic_of(self, ticket: TicketId, target: str) -> tuple[str, str] | None:
        line, shard = desk_line(ticket, target), keys.shard_of(ticket)
        found = await self._wire.call(shard, "GET", keys.topic_key(shard, line))
        if found is None:
            return None
        group, _, topic = self._vault.open(as_bytes(found), line, TOPIC).decode().partition("\0")
        return group, topic

    async def ticket_at(self, group: str, topic: str) -> TicketId | None:
        name = self._vault.topic_name(group, topic)
        shard, key = keys.ticket_at_key(name)
        found = await self._wire.call(shard, "GET", key)
        if found is None:
            return None
        return TicketId(self._vault.open(as_bytes(found), ConversationId(name), TOPIC).decode())

    async def forget_topic(self, ticket: TicketId, target: str) -> None:
        shard = keys.shard_of(ticket)
        await self._wire.call(shard, "DEL", keys.topic_key(shard, desk_line(ticket, target)))

    async def keep_code(self, code: str, ticket: TicketId) -> None:
        name = self._vault.code_name(code)
        shard, key = keys.code_key(name)
        sealed = self._vault.seal(ticket.encode(), ConversationId(name), CODE)
        await self._wire.call(shard, "SET", key, sealed, "EX", _CODE_SECONDS, proven=True)

    async def ticket_of_code(self, code: str) -> TicketId | None:
        name = self._vault.code_name(code)
        shard, key = keys.code_key(name)
        found = await self._wire.call(shard, "GET", key)
        return (
            None if found is None else TicketId(self._vault.open(as_bytes(found), ConversationId(name), CODE).decode())
        )

    async def beat(self, name: str, now: datetime, life: timedelta) -> None:
        seconds = max(1, int(life.total_seconds()))
        await self._wire.call(0, "SET", keys.beat_key(name), to_milliseconds(now), "EX", seconds)

    async def heard(self, name: str) -> datetime | None:
        found = await self._wire.call(0, "GET", keys.beat_key(name))
        return None if found is None else from_milliseconds(_int(found))

    async def server_time(self) -> datetime:
        """The moment, by the clock of the server that holds the first shard."""
        seconds, microseconds = _list(await self._wire.call(0, "TIME"))
        return from_milliseconds(_int(seconds) * 1000) + timedelta(microseconds=_int(microseconds))

    def doubt_clock(self, by: timedelta) -> None:
        """Throw nothing away as out of date that is not so by a clock that is behind by so much."""
        self._doubt = by // timedelta(milliseconds=1)

    async def hold(self, name: str, holder: str, now: datetime, life: timedelta) -> Tenure | None:  # noqa: ARG002
        # The server's clock counts: those of the machines that share it may differ.
        milliseconds = int(life.total_seconds() * 1000)
        answer = await self._wire.call(
            0, "EVALSHA", _DUTY.digest, 1, keys.duty_key(name), holder, milliseconds, proven=True
        )
        return _TENURES[_int(answer)]

    async def leave(self, name: str, holder: str) -> None:
        await self._wire.call(0, "EVALSHA", _DUTY.digest, 1, keys.duty_key(name), holder)

    async def count_senders(self, process: str, now: datetime, life: timedelta, *, sends: bool) -> tuple[int, int]:
        milliseconds = int(life.total_seconds() * 1000)
        arguments = (process, "+" if sends else "-", to_milliseconds(now), milliseconds)
        counted = await self._wire.call(0, "EVALSHA", _SENDERS.digest, 1, keys.SENDERS, *arguments)
        senders, alive = _list(counted)
        return _int(senders), _int(alive)

    async def ping(self) -> None:
        # Another shard each time, so that each server of a Cluster has its turn.
        self._probed = (self._probed + 1) % keys.SHARDS
        await self._wire.call(self._probed, "SET", keys.PROBE[self._probed], b"", "EX", _PROBE_SECONDS, proven=True)

    async def census(self) -> Census:
        """Count the keys; slow, for tests and for operators."""
        census = Census(Counter(), Counter())
        for name in await self._wire.all_keys():
            kind = keys.kind_of(name)
            census.keys[kind] += 1
            shard = int(name[2:4]) if name.startswith(b"{s") else 0
            if _int(await self._wire.call(shard, "PTTL", name)) == -1:
                census.endless[kind] += 1
        return census

    async def close(self) -> None:
        await self._wire.close()

    def _note_down(self, is_down: bool) -> None:  # noqa: FBT001 - it is what has changed
        self._figures.levels["store_down"] = float(is_down)
        logbook.note("store_down" if is_down else "store_back", logging.ERROR if is_down else logging.WARNING)

    def _note_not_told(self, count: int) -> None:
        self._figures.add("desk_not_told", by=count)
        logbook.note("desk_not_told", logging.ERROR, count=count)

    def _note_refused(self, command: str | None) -> None:
        self._figures.levels["store_refuses"] = float(command is not None)
        if command is not None:
            logbook.note("store_refuses", logging.ERROR, code=command)
        else:
            logbook.note("store_allows_again", logging.WARNING)

    def _commit_parts(
        self, commit: Commit, shard: int, now: datetime, lease: timedelta
    ) -> tuple[list[bytes], list[Part]]:
        conversation, vault = commit.conversation, self._vault
        milliseconds = to_milliseconds(now)
        names = [
            keys.lane_key(shard, conversation),
            keys.outbox_key(shard, conversation),
            keys.READY[shard],
        ]
        sealed = b"" if commit.record is None else vault.seal(encode_record(commit.record), conversation, RECORD)
        arguments: list[Part] = [
            commit.answering,
            commit.expected,
            milliseconds // _MINUTE,
            milliseconds,
            _lease_score(now + lease),
            sealed,
            conversation,
            int(commit.pushed) + 2 * int(commit.clears) + 4 * int(not commit.renews),
            len(commit.outgoing),
        ]
        for outgoing in commit.outgoing:
            payload = vault.seal(encode_outgoing(outgoing), conversation, OUTGOING, outgoing.id)
            arguments += (outgoing.id, payload)
        if commit.timers or commit.dropped:
            names += (keys.DUE[shard], keys.RUNG[shard])
            arguments.append(len(commit.timers))
            for timer in commit.timers:
                arguments += (timer.name, due_milliseconds(timer.due))
            arguments += (len(commit.dropped), *commit.dropped)
        else:
            arguments.append(-1)
        if commit.quarantined is not None:
            names.append(keys.quarantine_key(shard, conversation, commit.answering))
            arguments.append(vault.seal(commit.quarantined, conversation, QUARANTINE, commit.answering))
        return names, arguments

    def _beyond(
        self, commit: Commit, shard: int, names: list[bytes], arguments: list[Part], milliseconds: int
    ) -> "_Beyond":
        """What a turn does beyond its own outbox, behind the parts of the commit itself."""
        held = held_of(commit.conversation)
        beyond = _Beyond(names, arguments, keys.outbox_key(shard, held))
        # What is held has its place in the outbox later, and is sealed for there.
        entries = [self._entry(outgoing, commit.conversation, milliseconds // _MINUTE) for outgoing in commit.held]
        beyond.hold(entries, unveils=commit.unveils, erases=commit.record is None or commit.drops_held)
        lines = {letters_of(commit.conversation): commit.letters} if commit.letters else {}
        beyond.add_lines(self._lines(lines, shard, milliseconds))
        ticket = commit.opens
        if ticket is None:
            beyond.arguments.append(0)
        else:
            lane = ConversationId(ticket.id)
            beyond.names += [keys.lane_key(shard, lane), keys.DUE[shard], keys.OPEN[shard], keys.RECENT[shard]]
            sealed = self._vault.seal(encode_ticket(ticket), lane, TICKET)
            beyond.arguments += [1, lane, sealed, due_milliseconds(ticket.due or ticket.asked)]
        beyond.arguments.append(0)
        return beyond

    def _lines(
        self, lines: Mapping[ConversationId, Sequence[Outgoing]], shard: int, milliseconds: int
    ) -> list["_Line"]:
        """Each line by its key and name, with how long it is kept and its entries."""
        found = []
        for line, outgoing in lines.items():
            old = [grows_old(line, one) for one in outgoing]
            minutes = [milliseconds // _MINUTE if one else _NEVER_OLD for one in old]
            entries = [self._entry(one, line, minute) for one, minute in zip(outgoing, minutes, strict=True)]
            seconds = _OUTBOX_SECONDS if all(old) else _LINE_SECONDS
            drops = any(one.drops_topic for one in outgoing)
            forgotten = (keys.outbox_key(shard, ConversationId(line + ASIDE)),) if drops else ()
            found.append(_Line(keys.outbox_key(shard, line), line, seconds, entries, forgotten))
        return found

    def _entry(self, outgoing: Outgoing, line: ConversationId, minute: int) -> bytes:
        payload = self._vault.seal(encode_outgoing(outgoing), line, OUTGOING, outgoing.id)
        return outgoing.id + b"\0" + minute.to_bytes(4, "big") + payload

    def _record(self, sealed: bytes, conversation: ConversationId) -> Record | None:
        """What is sealed; None if we cannot read it: a person who starts anew is better off than one without answer."""
        try:
            return decode_record(self._vault.open(sealed, conversation, RECORD))
        except (SealError, UnreadableError) as error:
            self._figures.add("record_unreadable", type(error).__name__)
            logbook.note("record_unreadable", logging.ERROR, code=type(error).__name__)
            return None

    def _wondered(self, name: bytes, sealed: bytes, days: Sequence[int]) -> list[Wondered]:
        """The question, or nothing if we cannot read it: the others are worth telling."""
        try:
            words = self._vault.open(sealed, ConversationId(name.decode()), WONDERED).decode()
        except SealError as error:
            self._figures.add("wondered_unreadable", type(error).__name__)
            return []
        language, _, text = words.partition("\0")
        return [Wondered(text, language, len(days), _EPOCH + timedelta(days=min(days)))]

    async def _leased_at_last(
        self, conversation: ConversationId, entry: bytes, now: datetime, lease: timedelta
    ) -> Leased | None:
        """The outgoing in an entry; one that nobody could read so often makes way for what the person waits for."""
        leased = self._leased(conversation, entry)
        if leased is None and entry[_ID_BYTES] >= _UNREADABLE_AT_MOST:
            self._figures.add("outgoing_given_up")
            logbook.note("outgoing_given_up", logging.ERROR)
            return await self.settle(conversation, OutgoingId(entry[:_ID_BYTES]), now, lease)
        return leased

    def _leased(self, conversation: ConversationId, entry: bytes) -> Leased | None:
        """The outgoing in an entry, or None if we cannot read it: its neighbours must not wait for our keys."""
        outgoing = OutgoingId(entry[:_ID_BYTES])
        try:
            payload = self._vault.open(entry[_ENTRY_HEAD_BYTES:], conversation, OUTGOING, outgoing)
            return Leased(conversation, decode_outgoing(payload, outgoing, entry[_ID_BYTES]), _written(entry))
        except (SealError, UnreadableError) as error:
            self._figures.add("outgoing_unreadable", type(error).__name__)
            logbook.note("outgoing_unreadable", logging.ERROR, code=type(error).__name__)
            return None

    async def _due(self, sets: Sequence[bytes], now: int, at_most: int) -> list[tuple[float, str, int]]:
        """Of all shards, what is due: the longest overdue first, as moment, member and shard."""
        answers = await self._ask_each_shard(
            [("ZRANGE", name, "-inf", now, "BYSCORE", "LIMIT", 0, at_most, "WITHSCORES") for name in sets]
        )
        found = [
            (float(as_bytes(score)), as_bytes(member).decode(), shard)
            for shard, answer in answers.items()
            for member, score in zip(_list(answer)[::2], _list(answer)[1::2], strict=True)
        ]
        return sorted(found)[:at_most]

    async def _ask_each_shard(self, commands: Sequence[tuple[Part, ...]]) -> dict[int, Reply]:
        """What those servers answer that are there: no call waits because somebody else's lies on one that is away."""
        if not self._has_parts:
            return dict(enumerate(await self._wire.call_all([*enumerate(commands)])))
        asked = [self._wire.call(shard, *parts) for shard, parts in enumerate(commands)]
        answers: dict[int, Reply] = {}
        away: StoreError | None = None
        for shard, answer in enumerate(await asyncio.gather(*asked, return_exceptions=True)):
            if isinstance(answer, StoreDownError):
                away = answer
            elif isinstance(answer, BaseException):
                raise answer
            else:
                answers[shard] = answer
        if away is not None and not answers:
            raise away
        return answers


def open_store(
    url: str,
    vault: Vault,
    *,
    username: str | None = None,
    password: str | None = None,
    replicas: int = 0,
    patience: timedelta = PATIENCE,
    figures: Figures | None = None,
) -> RedisStore:
    """The store at a URL; nothing is connected before the first command.

    unix:///path, redis://host, rediss://host (with TLS) for one server;
    redis+sentinel://host:26379,host:26379/name (rediss+sentinel) for the server that Sentinel names;
    redis+cluster://host:6379,host:6379 (rediss+cluster) for a Cluster.
    With TLS, ?ssl_ca_certs=…&ssl_certfile=…&ssl_keyfile=… name files: whom to trust, and by what to be known.
    `replicas` is how many of them must hold a commit before it counts.
    """
    parts = urlsplit(url)
    name = username or (unquote(parts.username) if parts.username else None)
    secret = password or (unquote(parts.password) if parts.password else None)
    scheme, _, kind = parts.scheme.partition("+")
    if kind == "cluster":
        link: Link = _cluster_link(parts, name, secret, Tls.of(parts))
    elif kind == "sentinel":
        link = _sentinel_link(parts, name, secret, Tls.of(parts))
    elif scheme in {"unix", "redis", "rediss"} and not kind:
        link = _single_link(url, name, secret)
    else:
        raise ValueError("a store URL begins with unix://, redis://, rediss://, redis+sentinel:// or redis+cluster://")
    return RedisStore(link, vault, replicas=replicas, patience=patience, figures=figures)


def _single_link(url: str, username: str | None, password: str | None) -> SingleLink:
    given = {"username": username, "password": password}
    pool = ConnectionPool.from_url(
        url,
        protocol=2,
        retry=Retry(NoBackoff(), 0),
        socket_timeout=None,
        **{name: value for name, value in given.items() if value is not None},
    )
    return SingleLink(pool)


def _sentinel_link(parts: SplitResult, username: str | None, password: str | None, tls: Tls) -> SingleLink:
    service = parts.path.strip("/")
    if not service:
        raise ValueError("a Sentinel URL ends with the name of the service: redis+sentinel://host:26379/mymaster")
    secret = parse_qs(parts.query).get("sentinel_password", [None])[0]
    sentinel = Sentinel(  # type: ignore[no-untyped-call] # not typed there
        hosts_of(parts, 26379),
        sentinel_kwargs={"password": secret, "socket_timeout": 1.0, **tls.settings()},
    )
    primary = partial(
        sentinel.master_for,
        service,
        username=username,
        password=password,
        protocol=2,
        retry=Retry(NoBackoff(), 0),
        socket_timeout=None,
        socket_connect_timeout=1.0,
    )
    client: Redis = primary()
    if tls.is_on:
        client = primary(ssl=True, ssl_ca_certs=tls.authority, ssl_certfile=tls.certificate, ssl_keyfile=tls.key)
    return SingleLink(client.connection_pool, sentinel.sentinels)


def _cluster_link(parts: SplitResult, username: str | None, password: str | None, tls: Tls) -> ClusterLink:
    client = RedisCluster(
        startup_nodes=[ClusterNode(host, port) for host, port in hosts_of(parts, 6379)],
        username=username,
        password=password,
        protocol=2,
        retry=Retry(NoBackoff(), 0),
        socket_timeout=None,
        socket_connect_timeout=1.0,
        ssl=tls.is_on,
        ssl_ca_certs=tls.authority,
        ssl_certfile=tls.certificate,
        ssl_keyfile=tls.key,
    )
    return ClusterLink(client)


def _lease_score(end: datetime) -> str:
    # Just before the end, so that at its very end the lease has ended.
    return f"{to_milliseconds(end) - 1}.5"


def _keys_of(shard: int, line: ConversationId) -> tuple[Part, ...]:
    """The keys for leasing the head of a line, and how many they are; only what a desk was not told is set aside."""
    names = (keys.outbox_key(shard, line), keys.READY[shard])
    if DESK not in line:
        return (len(names), *names)
    return (len(names) + 1, *names, keys.outbox_key(shard, ConversationId(line + ASIDE)))


def _written(entry: bytes) -> datetime | None:
    """The minute in which an entry was written; none where that does not count."""
    minute = int.from_bytes(entry[_ID_BYTES + 1 : _ENTRY_HEAD_BYTES], "big")
    return None if minute == _NEVER_OLD else from_milliseconds(minute * _MINUTE)


def _int(reply: Reply) -> int:
    if isinstance(reply, int):
        return reply
    if isinstance(reply, bytes):
        return int(reply)
    raise StoreError("the store gave an answer we do not understand")


def _list(reply: Reply) -> Sequence[Reply]:
    if isinstance(reply, list):
        return reply
    raise StoreError("the store gave an answer we do not understand")
