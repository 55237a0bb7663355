"""In a Cluster a commit counts when a replica of its own part has it on its disk: then a primary may die with its disk."""

import asyncio
import time
from collections.abc import AsyncIterator
from contextlib import ExitStack
from dataclasses import dataclass, field
from typing import TypeVar

import pytest

from bot.messages import ConversationId
from bot.store import keys
from bot.store.contract import Committed, Repeated, Snapshot, StoreDownError, StoreFullError
from bot.store.durability import replicas_to_prove
from bot.store.redis_store import RedisStore, open_store
from bot.store.sealing import Vault
from tests.builders import LEASE, NOW, a_commit, a_record
from tests.store.servers import Server, a_cluster, a_server, cluster_url, free_ports, patiently

PRIMARIES = 3
SETTINGS = ("--cluster-enabled", "yes", "--cluster-node-timeout", "2000", "--cluster-replica-validity-factor", "0")
Answer = TypeVar("Answer")


@dataclass
class Pairs:
    """Three primaries, each with a replica."""

    primaries: list[Server] = field(default_factory=list)
    replicas: list[Server] = field(default_factory=list)

    def person_at(self, number: int, place: int = 0) -> ConversationId:
        """Somebody whose conversation lies with this primary."""
        found = []
        for person in (ConversationId(f"person-{one}") for one in range(1000)):
            key = keys.READY[keys.shard_of(person)]
            slot = self.primaries[0].ask("CLUSTER", "KEYSLOT", key)
            if isinstance(slot, int) and slot * PRIMARIES // 16384 == number:
                found.append(person)
                if len(found) > place:
                    return person
        raise AssertionError


@pytest.fixture
async def pairs() -> AsyncIterator[Pairs]:
    with ExitStack() as stack:
        primaries = stack.enter_context(a_cluster(PRIMARIES, SETTINGS[4:]))
        replicas = [stack.enter_context(a_server(*SETTINGS, port=port)) for port in free_ports(PRIMARIES)]
        for primary, replica in zip(primaries, replicas, strict=True):
            replica.ask("CLUSTER", "MEET", "127.0.0.1", primaries[0].port)
            name = str(primary.ask("CLUSTER", "MYID"))
            end = time.monotonic() + 30
            while name not in str(replica.ask("CLUSTER", "NODES")):
                assert time.monotonic() < end
                await asyncio.sleep(0.02)
            replica.ask("CLUSTER", "REPLICATE", name)
        yield Pairs(list(primaries), replicas)


@pytest.fixture
async def store(pairs: Pairs, vault: Vault) -> AsyncIterator[RedisStore]:
    url = cluster_url(pairs.primaries)
    async with asyncio.timeout(30):
        # Each primary has its own: one that has none yet is taken for one that has just taken over.
        while str(pairs.primaries[0].ask("CLUSTER", "NODES")).count("slave") < PRIMARIES:  # noqa: ASYNC110 - nobody tells
            await asyncio.sleep(0.05)
        while await replicas_to_prove(url) != 1:  # noqa: ASYNC110 - nobody tells
            await asyncio.sleep(0.05)
    store = open_store(url, vault, replicas=await replicas_to_prove(url))
    yield store
    await store.close()


async def test_what_is_acknowledged_outlives_its_primary_and_without_its_replica_nothing_is(
    pairs: Pairs, store: RedisStore
) -> None:
    mourned, lonely = pairs.person_at(0), pairs.person_at(1)
    for person in (mourned, lonely):
        written = await patiently(lambda person=person: store.commit(a_commit(1, conversation=person), NOW, LEASE))  # type: ignore[misc]
        assert written in (Committed(1, None), Repeated())

    # Without its replica a part acknowledges nothing, not even what was done before; the others go on.
    pairs.replicas[1].kill()
    for arrival, expected in ((2, 1), (1, 0)):
        with pytest.raises((StoreDownError, StoreFullError)):
            await store.commit(a_commit(arrival, expected=expected, conversation=lonely), NOW, LEASE)
    assert await store.commit(a_commit(2, expected=1, conversation=mourned), NOW, LEASE) == Committed(2, None)

    # A primary dies with its disk: what was acknowledged is with the replica that takes over.
    pairs.primaries[0].kill()
    snapshot = await patiently(lambda: store.load(mourned))
    assert snapshot == Snapshot(2, a_record())

    pairs.replicas[1].start()
    written = await patiently(lambda: store.commit(a_commit(2, expected=1, conversation=lonely), NOW, LEASE))
    assert written in (Repeated(), Committed(2, None))


async def test_a_bot_that_starts_after_a_primary_died_still_has_each_commit_proven(
    pairs: Pairs, store: RedisStore
) -> None:
    orphaned = pairs.person_at(0)
    assert await patiently(lambda: store.load(orphaned)) == Snapshot(0, None)
    pairs.primaries[0].kill()
    assert await patiently(lambda: store.load(orphaned)) == Snapshot(0, None), "its replica took over"

    assert await replicas_to_prove(cluster_url(pairs.primaries[1:])) == 1
