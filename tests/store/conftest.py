"""One server and one Cluster for all tests of the store, empty at the start of each."""

from collections.abc import AsyncIterator, Iterator, Sequence

import pytest

from bot.figures import Figures
from bot.store.memory_store import MemoryStore
from bot.store.redis_store import RedisStore, open_store
from bot.store.sealing import Vault
from tests.store.servers import Server, a_cluster, a_server, cluster_url


@pytest.fixture(scope="session")
def server() -> Iterator[Server]:
    with a_server() as running:
        yield running


@pytest.fixture(scope="session")
def cluster() -> Iterator[Sequence[Server]]:
    with a_cluster() as running:
        yield running


@pytest.fixture
def vault() -> Vault:
    return Vault(b"i" * 32, {7: b"w" * 32}, 7)


@pytest.fixture
def figures() -> Figures:
    return Figures()


@pytest.fixture
async def redis_store(server: Server, vault: Vault, figures: Figures) -> AsyncIterator[RedisStore]:
    _empty(server)
    store = open_store(server.url, vault, figures=figures)
    yield store
    await store.close()


@pytest.fixture(params=["memory", "valkey", "cluster"])
async def store(
    request: pytest.FixtureRequest, vault: Vault, figures: Figures
) -> AsyncIterator[MemoryStore | RedisStore]:
    if request.param == "memory":
        yield MemoryStore(figures)
        return
    if request.param == "valkey":
        servers: Sequence[Server] = [request.getfixturevalue("server")]
        url = servers[0].url
    else:
        servers = request.getfixturevalue("cluster")
        url = cluster_url(servers)
    for running in servers:
        _empty(running)
    store = open_store(url, vault, figures=figures)
    yield store
    await store.close()


def _empty(server: Server) -> None:
    with server.client() as client:
        client.flushall()
