"""The store for real: Redis or Valkey, as one server, behind Sentinel or as a Cluster."""

import logging
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from hashlib import sha1
from importlib.resources import files
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
from bot.figures import Figures
from bot.messages import ConversationId
from bot.store import keys
from bot.store.contract import (
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
    StoreError,
    Timer,
    Wondered,
    Wondering,
)
from bot.store.encoding import (
    UnreadableError,
    decode_outgoing,
    decode_record,
    encode_outgoing,
    encode_record,
    from_milliseconds,
    to_milliseconds,
)
from bot.store.redis_wire import ClusterLink, Link, Part, Reply, SingleLink, Wire
from bot.store.sealing import OUTGOING, QUARANTINE, RECORD, WONDERED, SealError, Vault

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
_UNREADABLE_AT_MOST: Final = 12
"""So often it was handed out in vain: two minutes, in which a process with the right keys or form may have come."""


@dataclass(frozen=True, slots=True)
class _Script:
    source: str
    digest: str


def _script(name: str) -> _Script:
    source = (files("bot.store") / f"{name}.lua").read_text("utf-8")
    # Redis names its scripts by this digest; it protects nothing.
    return _Script(source, sha1(source.encode(), usedforsecurity=False).hexdigest())


_COMMIT: Final = _script("commit")
_SETTLE: Final = _script("settle")
_LEASE: Final = _script("lease")
_RING: Final = _script("ring")
_FETCHED: Final = _script("fetched")
_ABANDON: Final = _script("abandon")
_RELEASE: Final = _script("release")
_WONDER: Final = _script("wonder")
_SOURCES: Final = {
    script.digest: script.source for script in (_COMMIT, _SETTLE, _LEASE, _RING, _FETCHED, _ABANDON, _RELEASE, _WONDER)
}


@dataclass(frozen=True, slots=True)
class Census:
    """How many keys there are of each kind, and how many of them have no end."""

    keys: Counter[str]
    endless: Counter[str]


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
        self._wire = Wire(link, _SOURCES, replicas=replicas, patience=patience.total_seconds())
        self._vault = vault
        self._figures = figures or Figures()
        self._probed = 0

    async def load(self, conversation: ConversationId) -> Snapshot:
        shard = keys.shard_of(conversation)
        lane = await self._wire.call(shard, "GET", keys.lane_key(shard, conversation))
        if lane is None:
            return Snapshot(0, None)
        lane = _bytes(lane)
        form, version, seen = _LANE.unpack_from(lane)
        if form != _LANE_FORM:
            raise UnreadableError("a conversation lies in the store in a newer form; update the program")
        sealed = lane[_LANE.size + seen * _SEEN_BYTES :]
        return Snapshot(int.from_bytes(version, "big"), self._record(sealed, conversation) if sealed else None)

    async def commit(self, commit: Commit, now: datetime, lease: timedelta) -> Outcome:
        shard = keys.shard_of(commit.conversation)
        names, arguments = self._commit_parts(commit, shard, now, lease)
        answer = await self._wire.call(shard, "EVALSHA", _COMMIT.digest, len(names), *names, *arguments, proven=True)
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
                version, Leased(commit.conversation, replace(first, attempts=0) if first.attempts else first)
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
        return None if entry is None else self._leased(conversation, _bytes(entry))

    async def postpone(self, conversation: ConversationId, until: datetime) -> None:
        shard = keys.shard_of(conversation)
        await self._wire.call(shard, "ZADD", keys.READY[shard], "XX", to_milliseconds(until), conversation)

    async def abandon(self, conversation: ConversationId) -> int:
        shard = keys.shard_of(conversation)
        outbox = keys.outbox_key(shard, conversation)
        held = await self._wire.call(shard, "EVALSHA", _ABANDON.digest, 2, outbox, keys.READY[shard], conversation)
        return _int(held)

    async def claim(self, now: datetime, lease: timedelta, at_most: int) -> Sequence[Leased]:
        milliseconds = to_milliseconds(now)
        due = await self._due(keys.READY, milliseconds, at_most)
        answers = await self._wire.call_all(
            [
                (
                    shard,
                    (
                        "EVALSHA",
                        _LEASE.digest,
                        2,
                        keys.outbox_key(shard, ConversationId(member)),
                        keys.READY[shard],
                        member,
                        milliseconds // _MINUTE,
                        milliseconds,
                        _lease_score(now + lease),
                    ),
                )
                for _, member, shard in due
            ]
        )
        claimed = []
        for (_, member, _), answer in zip(due, answers, strict=True):
            dropped, *entries = _list(answer)
            if dropped:
                self._figures.add("outgoing_out_of_date", by=_int(dropped))
            for entry in entries:
                leased = await self._leased_at_last(ConversationId(member), _bytes(entry), now, lease)
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
        shard = keys.shard_of(conversation)
        entries = await self._wire.call(shard, "LRANGE", keys.outbox_key(shard, conversation), 0, -1)
        leased = [self._leased(conversation, _bytes(entry)) for entry in _list(entries)]
        return [one.outgoing for one in leased if one is not None]

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
        counts = await self._wire.call_all([(shard, ("ZCARD", keys.READY[shard])) for shard in range(keys.SHARDS)])
        due = await self._due(keys.READY, milliseconds, 1)
        overdue = milliseconds - ceil(due[0][0]) if due else 0
        return Depth(sum(_int(count) for count in counts), timedelta(milliseconds=overdue))

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
        names = [(shard, _bytes(name)) for shard, index in enumerate(indexes) for name in _list(index)]
        texts = await self._wire.call_all([(shard, ("GET", keys.WONDERED[shard] + name)) for shard, name in names])
        asked = [
            (shard, name, _bytes(text)) for (shard, name), text in zip(names, texts, strict=True) if text is not None
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
            days = [int(float(_bytes(day))) for day in _list(scored)[1::2]]
            if len(days) >= WONDER_PEOPLE:
                found += self._wondered(name, text, days)
        return sorted(found, key=lambda one: (-one.people, one.first_day, one.text))

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
            int(commit.pushed),
            len(commit.outgoing),
        ]
        for outgoing in commit.outgoing:
            payload = vault.seal(encode_outgoing(outgoing), conversation, OUTGOING, outgoing.id)
            arguments += (outgoing.id, payload)
        if commit.timers or commit.dropped:
            names += (keys.DUE[shard], keys.RUNG[shard])
            arguments.append(len(commit.timers))
            for timer in commit.timers:
                arguments += (timer.name, to_milliseconds(timer.due))
            arguments += (len(commit.dropped), *commit.dropped)
        else:
            arguments.append(-1)
        if commit.quarantined is not None:
            names.append(keys.quarantine_key(shard, conversation, commit.answering))
            arguments.append(vault.seal(commit.quarantined, conversation, QUARANTINE, commit.answering))
        return names, arguments

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
            return Leased(conversation, decode_outgoing(payload, outgoing, entry[_ID_BYTES]))
        except (SealError, UnreadableError) as error:
            self._figures.add("outgoing_unreadable", type(error).__name__)
            logbook.note("outgoing_unreadable", logging.ERROR, code=type(error).__name__)
            return None

    async def _due(self, sets: Sequence[bytes], now: int, at_most: int) -> list[tuple[float, str, int]]:
        """Of all shards, what is due: the longest overdue first, as moment, member and shard."""
        answers = await self._wire.call_all(
            [
                (shard, ("ZRANGE", name, "-inf", now, "BYSCORE", "LIMIT", 0, at_most, "WITHSCORES"))
                for shard, name in enumerate(sets)
            ]
        )
        found = [
            (float(_bytes(score)), _bytes(member).decode(), shard)
            for shard, answer in enumerate(answers)
            for member, score in zip(_list(answer)[::2], _list(answer)[1::2], strict=True)
        ]
        return sorted(found)[:at_most]


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
    `replicas` is how many of them must hold a commit before it counts.
    """
    parts = urlsplit(url)
    name = username or (unquote(parts.username) if parts.username else None)
    secret = password or (unquote(parts.password) if parts.password else None)
    scheme, _, kind = parts.scheme.partition("+")
    if kind == "cluster":
        link: Link = _cluster_link(parts, name, secret, tls=scheme == "rediss")
    elif kind == "sentinel":
        link = _sentinel_link(parts, name, secret, tls=scheme == "rediss")
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


def _sentinel_link(parts: SplitResult, username: str | None, password: str | None, *, tls: bool) -> SingleLink:
    service = parts.path.strip("/")
    if not service:
        raise ValueError("a Sentinel URL ends with the name of the service: redis+sentinel://host:26379/mymaster")
    secret = parse_qs(parts.query).get("sentinel_password", [None])[0]
    sentinel = Sentinel(  # type: ignore[no-untyped-call] # not typed there
        _hosts(parts, 26379),
        sentinel_kwargs={"password": secret, "ssl": tls, "socket_timeout": 1.0},
    )
    client: Redis = sentinel.master_for(
        service,
        username=username,
        password=password,
        protocol=2,
        retry=Retry(NoBackoff(), 0),
        socket_timeout=None,
        socket_connect_timeout=1.0,
        ssl=tls,
    )
    return SingleLink(client.connection_pool, sentinel.sentinels)


def _cluster_link(parts: SplitResult, username: str | None, password: str | None, *, tls: bool) -> ClusterLink:
    client = RedisCluster(
        startup_nodes=[ClusterNode(host, port) for host, port in _hosts(parts, 6379)],
        username=username,
        password=password,
        protocol=2,
        retry=Retry(NoBackoff(), 0),
        socket_timeout=None,
        socket_connect_timeout=1.0,
        ssl=tls,
    )
    return ClusterLink(client)


def _hosts(parts: SplitResult, port: int) -> list[tuple[str, int]]:
    places = parts.netloc.rpartition("@")[2].split(",")
    split = [urlsplit(f"//{place}") for place in places]
    return [(place.hostname or "localhost", place.port or port) for place in split]


def _lease_score(end: datetime) -> str:
    # Just before the end, so that at its very end the lease has ended.
    return f"{to_milliseconds(end) - 1}.5"


def _bytes(reply: Reply) -> bytes:
    if isinstance(reply, bytes):
        return reply
    raise StoreError("the store gave an answer we do not understand")


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
