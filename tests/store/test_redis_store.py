"""What only a store with real servers can show: keys, crashes, outages, full disks, replicas, moving shards."""

import asyncio
from collections.abc import Callable, Sequence
from contextlib import ExitStack
from dataclasses import dataclass, field
from datetime import timedelta
from functools import partial
from itertools import count
from typing import TypeVar

import pytest
from redis.asyncio.connection import AbstractConnection

from bot.figures import Figures
from bot.messages import ConversationId
from bot.store import keys
from bot.store.contract import (
    Committed,
    ConflictError,
    Leased,
    Repeated,
    Snapshot,
    Store,
    StoreDownError,
    StoreError,
    StoreFullError,
    StoreRefusesError,
    Timer,
    Wondering,
)
from bot.store.redis_store import RedisStore, open_store
from bot.store.sealing import Vault
from tests.builders import LEASE, NOW, SOMEBODY, SOMEBODY_ELSE, a_commit, a_record, an_outgoing
from tests.store.servers import (
    IS_OLD,
    WITHOUT_WAITAOF,
    Server,
    a_cluster,
    a_sentinel,
    a_server,
    cluster_url,
    free_ports,
    patiently,
)

Answer = TypeVar("Answer")
SOON = timedelta(seconds=0.3)
TEXT = an_outgoing("text")
REMIND = Timer("remind", NOW + timedelta(minutes=5))


async def test_every_key_has_an_end_except_the_two_sets_of_each_shard(redis_store: RedisStore) -> None:
    people = [ConversationId(f"person-{number}") for number in range(30)]
    for person in people:
        full = a_commit(1, TEXT, conversation=person, timers=(REMIND,), quarantined=b"odd")
        await redis_store.commit(full, NOW, LEASE)
        await redis_store.commit(
            a_commit(1, TEXT, conversation=ConversationId(f"web-{person}"), pushed=False), NOW, LEASE
        )
        await redis_store.commit(a_commit(1, record=None, conversation=ConversationId(f"gone-{person}")), NOW, LEASE)
    await redis_store.claim_timers(REMIND.due, LEASE, 10)
    await redis_store.ping()
    for person in people:
        await redis_store.wonder(Wondering("what nobody knows", "km", person), NOW)

    census = await redis_store.census()

    assert census.endless.keys() == {"ready", "due"} <= keys.PERMANENT
    assert census.keys.keys() == {"l", "o", "q", "w", "wt", "wonders", "ready", "due", "rung", "probe"}
    assert census.keys["l"] == 90


async def test_the_ends_are_the_ones_that_were_promised(redis_store: RedisStore, server: Server) -> None:
    await redis_store.commit(a_commit(1, TEXT, quarantined=b"odd"), NOW, LEASE)
    for _ in range(2):
        await redis_store.commit(a_commit(1, record=None, conversation=SOMEBODY_ELSE), NOW, LEASE)
    shard, other = keys.shard_of(SOMEBODY), keys.shard_of(SOMEBODY_ELSE)

    with server.client() as client:
        days = [
            client.ttl(name) / 86400
            for name in (
                keys.lane_key(shard, SOMEBODY),
                keys.lane_key(other, SOMEBODY_ELSE),
                keys.outbox_key(shard, SOMEBODY),
                keys.quarantine_key(shard, SOMEBODY, a_commit(1).answering),
            )
        ]

    assert days == [pytest.approx(end, abs=0.1) for end in (30, 2, 25 / 24, 7)]


async def test_nothing_of_a_person_stays_once_all_is_delivered_and_forgotten(redis_store: RedisStore) -> None:
    await redis_store.commit(a_commit(1, TEXT, timers=(REMIND,)), NOW, LEASE)
    await redis_store.claim_timers(REMIND.due, LEASE, 9)
    await redis_store.settle(SOMEBODY, TEXT.id, NOW, LEASE)
    await redis_store.commit(a_commit(2, record=None, dropped=("remind",)), NOW, LEASE)

    census = await redis_store.census()

    assert dict(census.keys) == {"l": 1}


async def test_the_usual_conversation_takes_less_than_400_bytes(redis_store: RedisStore, server: Server) -> None:
    for turn in range(1, 7):
        await redis_store.commit(a_commit(turn), NOW, LEASE)

    # The server adds some 60 bytes of its own for each key; how many, depends on its memory allocator.
    name = keys.lane_key(keys.shard_of(SOMEBODY), SOMEBODY)
    with server.client() as client:
        assert len(name) + client.strlen(name) < 400


async def test_scripts_that_the_server_forgot_are_taught_again(redis_store: RedisStore, server: Server) -> None:
    await redis_store.commit(a_commit(1, TEXT), NOW, LEASE)
    with server.client() as client:
        client.script_flush()

    settled, outcome = await asyncio.gather(
        redis_store.settle(SOMEBODY, TEXT.id, NOW, LEASE), redis_store.commit(a_commit(2), NOW, LEASE)
    )

    assert settled is None
    assert outcome == Committed(2, None)


async def test_a_record_moved_to_another_person_is_not_read_and_they_start_anew(
    redis_store: RedisStore, server: Server, figures: Figures
) -> None:
    await redis_store.commit(a_commit(1), NOW, LEASE)
    with server.client() as client:
        lane = client.get(keys.lane_key(keys.shard_of(SOMEBODY), SOMEBODY))
        client.set(keys.lane_key(keys.shard_of(SOMEBODY_ELSE), SOMEBODY_ELSE), lane)

    assert await redis_store.load(SOMEBODY_ELSE) == Snapshot(1, None)
    assert figures.counts["record_unreadable", "SealError"] == 1


async def test_a_message_we_cannot_open_holds_up_nobody_else(
    redis_store: RedisStore, server: Server, figures: Figures
) -> None:
    stranger = open_store(server.url, Vault(b"i" * 32, {9: b"other key of 32 bytes..........."}, 9))
    await stranger.commit(a_commit(1, TEXT), NOW, LEASE)
    await stranger.close()
    await redis_store.commit(a_commit(1, TEXT, conversation=SOMEBODY_ELSE), NOW, LEASE)

    assert await redis_store.claim(NOW + LEASE, LEASE, 9) == [Leased(SOMEBODY_ELSE, an_outgoing("text", attempts=1))]
    assert figures.counts["outgoing_unreadable", "SealError"] == 1
    assert await redis_store.commit(a_commit(2), NOW + 2 * LEASE, LEASE) == Committed(2, None)


async def test_a_message_we_cannot_open_holds_up_its_own_person_for_two_minutes(
    redis_store: RedisStore, server: Server, figures: Figures
) -> None:
    stranger = open_store(server.url, Vault(b"i" * 32, {9: b"other key of 32 bytes..........."}, 9))
    await stranger.commit(a_commit(1, TEXT), NOW, LEASE)
    await stranger.close()
    ours = an_outgoing("ours", turn=2)
    await redis_store.commit(a_commit(2, ours), NOW, LEASE)

    tries = [await redis_store.claim(NOW + number * LEASE, LEASE, 9) for number in range(1, 13)]

    assert tries == [*[[]] * 11, [Leased(SOMEBODY, ours)]]
    assert figures.counts["outgoing_given_up", ""] == 1


async def test_a_lane_in_a_newer_form_is_left_as_it_is(redis_store: RedisStore, server: Server) -> None:
    name = keys.lane_key(keys.shard_of(SOMEBODY), SOMEBODY)
    with server.client() as client:
        client.set(name, b"\x09" + bytes(40))

        with pytest.raises(StoreError):
            await redis_store.load(SOMEBODY)
        with pytest.raises(StoreError):
            await redis_store.commit(a_commit(1), NOW, LEASE)

        assert client.get(name) == b"\x09" + bytes(40)


@dataclass
class Acknowledged:
    """What a crowd of persons was told: how many turns of each took effect."""

    versions: dict[ConversationId, int] = field(default_factory=dict)
    stop: bool = False
    changed: asyncio.Condition = field(default_factory=asyncio.Condition)

    async def tell(self, person: ConversationId, turn: int) -> None:
        async with self.changed:
            self.versions[person] = turn
            self.changed.notify_all()

    def are(self, turns: int) -> bool:
        return sum(self.versions.values()) >= turns

    async def reach(self, enough: Callable[[], bool]) -> None:
        async with asyncio.timeout(60), self.changed:
            await self.changed.wait_for(enough)


async def _keep_committing(store: Store, person: ConversationId, told: Acknowledged) -> None:
    """Turn after turn, each repeated until it is acknowledged, the way messengers do it."""
    for turn in count(1):
        if told.stop:
            return
        commit = a_commit(turn, an_outgoing(str(turn), turn=turn), conversation=person)
        await patiently(partial(store.commit, commit, NOW, LEASE))
        await told.tell(person, turn)


async def test_what_was_acknowledged_survives_any_number_of_kills_and_took_effect_once(vault: Vault) -> None:
    with a_server() as server:
        store = open_store(server.url, vault)
        people = [ConversationId(f"person-{number}") for number in range(20)]
        told = Acknowledged()
        crowd = asyncio.gather(*[_keep_committing(store, person, told) for person in people])
        for enough in (100, 200, 300, 400):
            await told.reach(partial(told.are, enough))
            await asyncio.to_thread(server.kill)
            await asyncio.to_thread(server.start)
        told.stop = True
        await asyncio.wait_for(crowd, 20)

        # Each turn gave its version its number, so a turn lost or done twice would show.
        assert {person: (await store.load(person)).version for person in people} == told.versions
        for person in people:
            waiting = [outgoing.id for outgoing in await store.waiting(person)]
            assert waiting == [an_outgoing(turn=turn).id for turn in range(1, told.versions[person] + 1)]
        await store.close()


async def test_a_server_that_is_away_is_told_apart_from_one_that_is_back(vault: Vault) -> None:
    with a_server() as server:
        store = open_store(server.url, vault)
        await store.commit(a_commit(1), NOW, LEASE)
        server.kill()

        for question in (store.load(SOMEBODY), store.commit(a_commit(2), NOW, LEASE), store.ping()):
            with pytest.raises(StoreDownError):
                await question

        server.start()
        # It is asked once a second only.
        assert await patiently(lambda: store.load(SOMEBODY)) == Snapshot(1, a_record())
        assert await store.commit(a_commit(2), NOW, LEASE) == Committed(2, None)
        await store.close()


async def test_a_server_that_hangs_counts_as_down_and_its_late_answers_reach_nobody(vault: Vault) -> None:
    with a_server() as server:
        store = open_store(server.url, vault, patience=SOON)
        await patiently(lambda: store.commit(a_commit(1), NOW, LEASE))
        server.freeze()
        with pytest.raises(StoreDownError, match="does not answer in time"):
            await store.commit(a_commit(2), NOW, LEASE)
        server.thaw()

        # So little patience is soon at its end on a busy machine, too.
        outcome = await patiently(lambda: store.commit(a_commit(2), NOW, LEASE))
        assert outcome in (Repeated(), Committed(2, None))
        assert await patiently(lambda: store.load(SOMEBODY_ELSE)) == Snapshot(0, None)
        assert await patiently(lambda: store.load(SOMEBODY)) == Snapshot(2, a_record())
        await store.close()


async def test_who_stops_waiting_does_not_disturb_the_others(redis_store: RedisStore) -> None:
    people = [ConversationId(f"person-{number}") for number in range(40)]
    commits = [
        asyncio.ensure_future(redis_store.commit(a_commit(1, conversation=person), NOW, LEASE)) for person in people
    ]
    await asyncio.sleep(0)
    for commit in commits[::2]:
        commit.cancel()

    outcomes = await asyncio.gather(*commits, return_exceptions=True)

    assert outcomes[1::2] == [Committed(1, None)] * 20
    assert all(isinstance(outcome, asyncio.CancelledError) for outcome in outcomes[::2])
    assert await redis_store.load(people[1]) == Snapshot(1, a_record())


@pytest.mark.parametrize("setting", [("maxmemory", "1"), ("min-replicas-to-write", "1")], ids=lambda pair: pair[0])
async def test_a_server_that_takes_no_more_writes_still_reads(vault: Vault, setting: tuple[str, str]) -> None:
    with a_server() as server, server.client() as client:
        store = open_store(server.url, vault)
        await store.commit(a_commit(1, TEXT), NOW, LEASE)
        client.config_set(*setting)

        with pytest.raises(StoreFullError):
            await store.commit(a_commit(2, TEXT, timers=(REMIND,)), NOW, LEASE)
        with pytest.raises(StoreFullError):
            await store.ping()
        assert await store.load(SOMEBODY) == Snapshot(1, a_record())

        client.config_set(setting[0], "0")
        assert await store.commit(a_commit(2), NOW, LEASE) == Committed(2, None)
        await store.ping()
        assert (await store.census()).keys["due"] == 0
        await store.close()


@pytest.mark.parametrize("right", ["evalsha", "get", "zrevrange"])
async def test_what_the_server_lets_us_no_longer_do_passes_and_is_told(
    vault: Vault, figures: Figures, caplog: pytest.LogCaptureFixture, right: str
) -> None:
    with a_server() as server:
        server.let_in("waymark", "secret")
        store = open_store(f"unix://waymark:secret@{server.folder}/socket", vault, figures=figures)
        assert figures.levels["store_refuses"] == 0
        server.ask("ACL", "SETUSER", "waymark", f"-{right}")

        async def read_and_run_a_script() -> None:
            await store.load(SOMEBODY)
            await store.wonder(Wondering("what nobody knows", "km", SOMEBODY), NOW)

        # Of a command within a script an old server does not say which it was.
        named = "a command" if IS_OLD and right == "zrevrange" else right
        for _ in range(2):
            with pytest.raises(StoreRefusesError, match=f"does not let the bot run {named}; allow its user"):
                await read_and_run_a_script()
            assert figures.levels["store_refuses"] == 1

        server.ask("ACL", "SETUSER", "waymark", f"+{right}")
        await read_and_run_a_script()
        assert figures.levels["store_refuses"] == 0
        await store.close()
    told = [(record.msg, getattr(record, "fields", {})) for record in caplog.records]
    assert told == [("store_refuses", {"code": named}), ("store_allows_again", {})]


async def test_a_wrong_password_is_named(vault: Vault) -> None:
    with a_server("--requirepass", "right") as server:
        right = open_store(f"{server.url}?password=right", vault)
        assert await right.load(SOMEBODY) == Snapshot(0, None)
        await right.close()
        apart = open_store(server.url, vault, password="right")
        assert await apart.load(SOMEBODY) == Snapshot(0, None)
        await apart.close()
        for wrong in (open_store(server.url, vault), open_store(server.url, vault, password="wrong")):
            with pytest.raises(StoreDownError, match="refuses our name or password"):
                await wrong.load(SOMEBODY)
            await wrong.close()


@pytest.mark.parametrize("settings", [(), WITHOUT_WAITAOF], ids=["as it is", "without WAITAOF"])
async def test_a_commit_counts_only_when_a_replica_holds_it_and_so_does_a_repetition(
    vault: Vault, settings: tuple[str, ...]
) -> None:
    [port, replica_port] = free_ports(2)
    with ExitStack() as stack:
        primary = stack.enter_context(a_server(*settings, port=port))
        store = open_store(primary.url, vault, replicas=1)
        for _ in range(2):
            # The second is a repetition: acknowledged, it would be lost with the primary's disk.
            with pytest.raises(StoreDownError, match="too few replicas"):
                await store.commit(a_commit(1, TEXT), NOW, LEASE)

        follows = ("--replicaof", "127.0.0.1", str(port))
        replica = stack.enter_context(a_server(*follows, *settings, port=replica_port))
        outcome = await patiently(lambda: store.commit(a_commit(1, TEXT), NOW, LEASE))

        assert outcome == Repeated()
        with replica.client() as client:
            assert client.exists(keys.lane_key(keys.shard_of(SOMEBODY), SOMEBODY)) == 1
        assert await store.commit(a_commit(2), NOW, LEASE) == Committed(2, None)
        await store.close()


async def test_a_shard_may_move_to_another_server_while_people_talk(vault: Vault) -> None:
    with a_cluster() as servers:
        store = open_store(cluster_url(servers), vault)
        people = [ConversationId(f"person-{number}") for number in range(200)]
        told = Acknowledged()
        crowd = asyncio.gather(*[_keep_committing(store, person, told) for person in people])
        await told.reach(lambda: min(told.versions.get(person, 0) for person in people) >= 2)

        await asyncio.to_thread(_move_shard, servers, keys.shard_of(people[0]))
        await told.reach(lambda: min(told.versions.get(person, 0) for person in people) >= 5)
        told.stop = True
        await asyncio.wait_for(crowd, 20)

        assert {person: (await store.load(person)).version for person in people} == told.versions
        await store.close()


def _move_shard(servers: Sequence[Server], shard: int) -> None:
    slot = int(str(servers[0].ask("CLUSTER", "KEYSLOT", keys.READY[shard])))
    names = [str(server.ask("CLUSTER", "MYID")) for server in servers]
    source = next(
        number for number, server in enumerate(servers) if server.ask("CLUSTER", "COUNTKEYSINSLOT", slot) != 0
    )
    target = (source + 1) % len(servers)
    servers[target].ask("CLUSTER", "SETSLOT", slot, "IMPORTING", names[source])
    servers[source].ask("CLUSTER", "SETSLOT", slot, "MIGRATING", names[target])
    while isinstance(left := servers[source].ask("CLUSTER", "GETKEYSINSLOT", slot, 10), list) and left:
        servers[source].ask("MIGRATE", "127.0.0.1", servers[target].port, "", 0, 5000, "KEYS", *left)
    for number in (target, source, *range(len(servers))):
        servers[number].ask("CLUSTER", "SETSLOT", slot, "NODE", names[target])


async def test_behind_sentinel_the_new_primary_is_found_and_nothing_is_lost(vault: Vault) -> None:
    [port, sentinel_port, *replica_ports] = free_ports(4)
    with ExitStack() as stack:
        stack.enter_context(a_server(port=port))
        for replica_port in replica_ports:
            stack.enter_context(a_server("--replicaof", "127.0.0.1", str(port), port=replica_port))
        direct = open_store(f"redis://127.0.0.1:{port}", vault, replicas=1)
        await patiently(lambda: direct.commit(a_commit(1, TEXT), NOW, LEASE))
        await direct.close()
        sentinel = stack.enter_context(a_sentinel(sentinel_port, port))
        store = open_store(f"redis+sentinel://127.0.0.1:{sentinel_port}/people", vault, replicas=1)
        assert await patiently(lambda: store.commit(a_commit(2), NOW, LEASE)) in (Committed(2, None), Repeated())

        await patiently(lambda: asyncio.to_thread(sentinel.fail_over))
        await asyncio.to_thread(sentinel.wait_for_new_primary)

        again = await patiently(lambda: store.commit(a_commit(1, TEXT), NOW, LEASE))
        assert again == Repeated()
        assert await patiently(lambda: store.load(SOMEBODY)) == Snapshot(2, a_record())
        await store.close()


async def test_of_a_cluster_only_the_part_whose_server_is_away_stands_still(vault: Vault) -> None:
    with a_cluster(settings=("--cluster-require-full-coverage", "no")) as servers:
        store = open_store(cluster_url(servers), vault, patience=SOON)
        people = [ConversationId(f"person-{number}") for number in range(60)]
        for person in people:
            await patiently(partial(store.commit, a_commit(1, conversation=person), NOW, LEASE))
        servers[0].kill()

        loads = await asyncio.gather(*[store.load(person) for person in people], return_exceptions=True)
        served = [person for person, load in zip(people, loads, strict=True) if isinstance(load, Snapshot)]
        assert 20 <= len(served) < 60
        assert all(isinstance(load, (Snapshot, StoreDownError)) for load in loads)
        outcome = await patiently(partial(store.commit, a_commit(2, conversation=served[0]), NOW, LEASE))
        assert outcome in (Repeated(), Committed(2, None))

        servers[0].start()
        for person in people:
            assert await patiently(partial(store.load, person)) != Snapshot(0, None)
        await store.close()


async def test_a_closed_store_says_so(server: Server, vault: Vault) -> None:
    store = open_store(server.url, vault)
    await store.close()

    with pytest.raises(StoreDownError, match="closed"):
        await store.load(SOMEBODY)


class BrokenLink:
    """A link with a bug."""

    def server_of(self, shard: int) -> str:
        raise KeyError("bug")

    def borrow(self, server: str) -> AbstractConnection:
        raise KeyError("bug")

    def give_back(self, server: str, connection: AbstractConnection) -> None: ...

    async def look_again(self, shard: int) -> None: ...

    async def prepare(self) -> None: ...

    async def all_keys(self) -> list[bytes]:
        return []

    async def lost(self) -> None: ...

    async def close(self) -> None: ...


async def test_even_when_we_have_a_bug_nobody_waits_for_ever(vault: Vault, caplog: pytest.LogCaptureFixture) -> None:
    store = RedisStore(BrokenLink(), vault)

    with pytest.raises(StoreDownError, match="gave no answer"):
        await asyncio.wait_for(store.load(SOMEBODY), timeout=60)
    await asyncio.sleep(0)
    await store.close()

    assert [record.message for record in caplog.records] == ["store_fault"]


async def test_a_conflict_is_not_an_outage(redis_store: RedisStore) -> None:
    with pytest.raises(ConflictError):
        await redis_store.commit(a_commit(5), NOW, LEASE)


@pytest.mark.parametrize("url", ["http://host", "host:6379", "redis+magic://host", "redis+sentinel://host:26379", ""])
def test_a_url_that_names_no_store_is_refused(vault: Vault, url: str) -> None:
    with pytest.raises(ValueError, match="URL"):
        open_store(url, vault)
