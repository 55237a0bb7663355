"""Parts of `make chaos`, so small that they fit among tests: what they look for is found, and nothing is lost."""

import shutil

import pytest

from benchmarks.chaos import telegram_gone, unsynced, unsynced_replica
from benchmarks.chaos.commits import VAULT, Told, lost_turns
from benchmarks.chaos.findings import Finding, table
from bot.messages import ConversationId
from bot.store.contract import StoreDownError
from bot.store.redis_store import open_store
from tests.builders import LEASE, NOW, a_commit, an_outgoing
from tests.store.servers import a_server

with_a_compiler = pytest.mark.skipif(
    shutil.which("cc") is None, reason="without a C compiler nobody sees what is synced"
)


def say_nothing(words: str) -> None: ...


def assert_kept(finding: Finding) -> None:
    assert finding.is_well, table([finding])


async def test_while_telegram_is_gone_and_fails_nobody_loses_anything() -> None:
    assert_kept(await telegram_gone.run(7, 3, say_nothing))


@with_a_compiler
async def test_what_a_store_acknowledges_is_on_its_disk() -> None:
    assert_kept(await unsynced.run(7, 3, say_nothing))


@with_a_compiler
async def test_a_store_that_syncs_each_second_loses_and_is_found_out() -> None:
    assert_kept(await unsynced.run(7, 2, say_nothing, appendfsync="everysec"))


@with_a_compiler
async def test_what_is_proved_is_on_the_disk_of_the_replica_and_without_a_proof_it_is_not() -> None:
    assert_kept(await unsynced_replica.run(7, 2, say_nothing))
    assert_kept(await unsynced_replica.run(7, 1, say_nothing, proven=False))


async def test_a_store_that_has_just_come_back_has_lost_nothing() -> None:
    person = ConversationId("p")
    with a_server() as server:
        store = open_store(server.url, VAULT)
        try:
            await store.commit(a_commit(1, an_outgoing("1", turn=1), conversation=person), NOW, LEASE)
            server.kill()
            # Now its client has given up asking for a second, and the server is back before that is over.
            for _ in range(3):
                with pytest.raises(StoreDownError):
                    await store.load(person)
            server.start()
            assert await lost_turns(store, Told({person: 1})) == 0
            assert await lost_turns(store, Told({person: 2})) == 1
        finally:
            await store.close()
