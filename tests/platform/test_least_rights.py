"""All that the bot does with a store, done again as a user who may do this and nothing else.

The tests are those of the store's contract; only the store they are given is another.
"""

import re
from collections.abc import AsyncIterator, Iterator, Sequence
from pathlib import Path

import pytest
from redis import Redis
from redis.exceptions import NoPermissionError

from bot.figures import Figures
from bot.store.durability import inspect_store
from bot.store.embedded import EmbeddedValkey
from bot.store.redis_store import RedisStore, open_store
from bot.store.rights import RIGHTS, RIGHTS_BEFORE_WAITAOF
from bot.store.sealing import Vault
from tests.platform.stores import PASSWORD, USER, an_address, as_our_user
from tests.store.servers import Server, a_cluster, a_server, cluster_url
from tests.store.test_keyring import all_there_is, fill
from tests.store.test_renaming import AFTER, BEFORE, CHAT
from tests.store.test_renaming import fill as fill_people
from tests.store.test_store_contract import *  # noqa: F403
from tests.store.test_tickets_contract import *  # noqa: F403

SECURITY = (Path(__file__).parents[2] / "SECURITY.md").read_text("utf-8")
FORBIDDEN = (
    *("FLUSHALL", "FLUSHDB", "KEYS *", "CONFIG SET appendfsync no", "CONFIG REWRITE", "ACL LIST"),
    *("SHUTDOWN", "REPLICAOF localhost 1", "MONITOR", "SAVE", "BGREWRITEAOF", "MODULE LIST"),
    *("SWAPDB 0 1", "RENAME {s00}:a {s00}:b", "MIGRATE localhost 1 {s00}:a 0 1", "DUMP {s00}:a", "CLIENT LIST"),
    *("SUBSCRIBE x", "SCRIPT FLUSH", "FUNCTION LIST", "CLUSTER RESET", "CLUSTER FAILOVER", "RANDOMKEY", "INFO"),
    *("GET other", "SET other 1", "DEL session:1", "SORT {s00}:a"),
)


@pytest.fixture(scope="module")
def closed_server() -> Iterator[Server]:
    with a_server() as server:
        _let_in(server)
        yield server


@pytest.fixture(scope="module")
def closed_cluster() -> Iterator[Sequence[Server]]:
    with a_cluster() as servers:
        for server in servers:
            _let_in(server)
        yield servers


@pytest.fixture(params=["valkey", "cluster"])
async def store(request: pytest.FixtureRequest, vault: Vault, figures: Figures) -> AsyncIterator[RedisStore]:
    if request.param == "valkey":
        servers: Sequence[Server] = [request.getfixturevalue("closed_server")]
        url = servers[0].url
    else:
        servers = request.getfixturevalue("closed_cluster")
        url = cluster_url(servers)
    for server in servers:
        server.ask("FLUSHALL")
        server.ask("ACL", "LOG", "RESET")
    store = open_store(as_our_user(url), vault, figures=figures)
    yield store
    await store.close()
    assert [server.ask("ACL", "LOG") for server in servers] == [[] for _ in servers]


@pytest.fixture
async def redis_store(closed_server: Server, vault: Vault, figures: Figures) -> AsyncIterator[RedisStore]:
    closed_server.ask("FLUSHALL")
    store = open_store(an_address(closed_server), vault, figures=figures)
    yield store
    await store.close()


async def test_changing_the_keys_needs_no_more(store: RedisStore, vault: Vault) -> None:
    await fill(store)
    before = await all_there_is(store)
    vault.learn({7: b"w" * 32, 8: b"n" * 32}, 8)

    sweep = await store.keyring().seal_anew()
    again = await store.keyring().seal_anew()
    await store.keyring().leave("a bot")

    assert sweep.sealed_anew.total() > 20
    assert again.was_clean
    assert await all_there_is(store) == before


async def test_moving_everybody_to_new_ids_needs_no_more(store: RedisStore) -> None:
    former, now = (RedisStore(store._wire._link, one) for one in (BEFORE, AFTER))
    await fill_people(former, BEFORE)

    assert await now.renaming(BEFORE).move_everybody() == (2, 0)
    assert (await now.load(AFTER.conversation_id("telegram", CHAT))).record is not None


@pytest.fixture
def vault() -> Vault:
    return Vault(b"i" * 32, {7: b"w" * 32}, 7)


@pytest.fixture
def figures() -> Figures:
    return Figures()


@pytest.mark.parametrize("command", FORBIDDEN)
def test_what_the_bot_never_does_is_refused(closed_server: Server, command: str) -> None:
    with Redis.from_url(an_address(closed_server)) as client, pytest.raises(NoPermissionError):
        client.execute_command(*command.split())


def test_a_script_can_do_no_more_than_its_user(closed_server: Server) -> None:
    with (
        Redis.from_url(an_address(closed_server)) as client,
        pytest.raises(Exception, match=r"ACL failure|can't run this command"),
    ):
        client.eval("return redis.call('FLUSHALL')", 0)


async def test_the_store_can_still_be_inspected(closed_server: Server) -> None:
    (problem,) = await inspect_store(an_address(closed_server))

    # The default user of these tests has no password; all else could be looked at.
    assert "asks for no password" in problem


def test_the_rules_in_the_guide_are_these() -> None:
    rules = re.findall(r"^user waymark on >LONG-RANDOM-PASSWORD (.+)$", SECURITY, re.MULTILINE)

    assert [one.split() for one in rules] == [RIGHTS.split(), RIGHTS_BEFORE_WAITAOF.split()]


async def test_the_built_in_store_gives_the_bot_no_more(quick_folder: Path) -> None:
    async with EmbeddedValkey(quick_folder / "data") as valkey:
        with Redis.from_url(valkey.bot_url) as client:
            assert valkey.bot_url.startswith(f"unix://{USER}:")
            assert client.set("{s00}:probe", "1")
            for command in ("SHUTDOWN", "FLUSHALL", "CONFIG SET appendfsync no", "KEYS *", "GET other"):
                with pytest.raises(NoPermissionError):
                    client.execute_command(*command.split())


def _let_in(server: Server) -> None:
    server.let_in(USER, PASSWORD)
