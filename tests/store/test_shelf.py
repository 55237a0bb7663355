"""What both shelves do: the same tests in memory and on a real server."""

from collections.abc import AsyncIterator

import pytest

from bot.store.contract import ConflictError
from bot.store.keys import PERMANENT
from bot.store.redis_store import RedisStore, open_store
from bot.store.sealing import Vault
from bot.store.shelf import LIVES, MemoryShelf, Shelf, ShelfKind
from tests.fakes import ManualClock
from tests.store.servers import Server


@pytest.fixture(params=["memory", "valkey"])
async def shelf(request: pytest.FixtureRequest, server: Server, vault: Vault) -> AsyncIterator[Shelf]:
    if request.param == "memory":
        yield MemoryShelf(ManualClock())
        return
    with server.client() as client:
        client.flushall()
    store = open_store(server.url, vault)
    yield store.shelf()
    await store.close()


async def test_a_value_is_kept_by_name_and_kind_until_it_is_dropped(shelf: Shelf) -> None:
    assert await shelf.read_shelf(ShelfKind.SESSION, "one") is None
    assert await shelf.write_shelf(ShelfKind.SESSION, "one", b"value") == 1
    assert await shelf.write_shelf(ShelfKind.CREDENTIAL, "one", b"other") == 1

    assert await shelf.read_shelf(ShelfKind.SESSION, "one") == (1, b"value")
    assert await shelf.read_shelf(ShelfKind.CREDENTIAL, "one") == (1, b"other")

    assert await shelf.drop_shelf(ShelfKind.SESSION, "one")
    assert not await shelf.drop_shelf(ShelfKind.SESSION, "one")
    assert await shelf.read_shelf(ShelfKind.SESSION, "one") is None


async def test_whoever_read_an_older_version_does_not_write(shelf: Shelf) -> None:
    assert await shelf.write_shelf(ShelfKind.CREDENTIAL, "one", b"1", 0) == 1
    with pytest.raises(ConflictError):
        await shelf.write_shelf(ShelfKind.CREDENTIAL, "one", b"2", 0)
    assert await shelf.write_shelf(ShelfKind.CREDENTIAL, "one", b"3", 1) == 2
    assert await shelf.write_shelf(ShelfKind.CREDENTIAL, "one", b"4") == 3

    assert await shelf.read_shelf(ShelfKind.CREDENTIAL, "one") == (3, b"4")


async def test_whoever_read_an_older_version_does_not_take_it_off(shelf: Shelf) -> None:
    await shelf.write_shelf(ShelfKind.CONTENT_BLOB, "one", b"1")
    await shelf.write_shelf(ShelfKind.CONTENT_BLOB, "one", b"2")
    with pytest.raises(ConflictError):
        await shelf.drop_shelf(ShelfKind.CONTENT_BLOB, "one", 1)

    assert await shelf.read_shelf(ShelfKind.CONTENT_BLOB, "one") == (2, b"2")
    assert await shelf.drop_shelf(ShelfKind.CONTENT_BLOB, "one", 2)
    assert await shelf.read_shelf(ShelfKind.CONTENT_BLOB, "one") is None
    assert not await shelf.drop_shelf(ShelfKind.CONTENT_BLOB, "one", 0)


async def test_what_is_in_memory_ends_after_its_life() -> None:
    clock = ManualClock()
    shelf = MemoryShelf(clock)
    for kind in ShelfKind:
        await shelf.write_shelf(kind, "one", b"value")

    for kind, life in LIVES.items():
        if life is not None:
            clock.set(max(clock.now(), ManualClock().now() + life))
        assert (await shelf.read_shelf(kind, "one") is None) == (life is not None)


async def test_every_key_on_the_server_has_its_end_and_tells_nothing(redis_store: RedisStore, server: Server) -> None:
    shelf = redis_store.shelf()
    for kind in ShelfKind:
        await shelf.write_shelf(kind, "canary-name", b"canary-value")
    await shelf.append_audit(b"canary-entry", 0)

    assert set((await redis_store.census()).endless) <= PERMANENT
    with server.client() as client:
        for kind, life in LIVES.items():
            (key,) = client.keys(f"*:{kind}:*")
            assert client.pttl(key) == -1 if life is None else 0 < client.pttl(key) <= life.total_seconds() * 1000
            assert b"canary" not in key + client.get(key)
        assert b"canary" not in client.lindex("{s00}:audit", 0)


async def test_the_list_grows_at_its_end_only_and_is_shortened_at_its_beginning(shelf: Shelf) -> None:
    assert await shelf.last_audit() == (0, None)
    await shelf.append_audit(b"a", 0)
    await shelf.append_audit(b"b", 1)
    with pytest.raises(ConflictError):
        await shelf.append_audit(b"c", 1)
    await shelf.append_audit(b"c", 2)
    assert await shelf.last_audit() == (3, b"c")
    assert await shelf.read_audit() == (0, (b"a", b"b", b"c"))

    await shelf.trim_audit(2)

    assert await shelf.read_audit() == (2, (b"c",))
    await shelf.append_audit(b"d", 3)
    assert await shelf.read_audit() == (2, (b"c", b"d"))
