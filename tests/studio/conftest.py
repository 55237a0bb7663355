"""A real server for what the archive keeps, empty at the start of each test."""

from collections.abc import AsyncIterator, Iterator

import pytest

from bot.store.redis_store import open_store
from bot.store.shelf import MemoryShelf, Shelf
from tests.fakes import NAMES, ManualClock
from tests.store.servers import Server, a_server


@pytest.fixture(scope="session")
def valkey() -> Iterator[Server]:
    with a_server() as running:
        yield running


@pytest.fixture
async def shelf(request: pytest.FixtureRequest) -> AsyncIterator[Shelf]:
    """In memory, or on the server where a test asks for it."""
    if getattr(request, "param", "memory") == "memory":
        yield MemoryShelf(ManualClock())
        return
    server: Server = request.getfixturevalue("valkey")
    with server.client() as client:
        client.flushall()
    store = open_store(server.url, NAMES)
    yield store.shelf()
    await store.close()
