"""A store that is full takes nothing new; what waits in it is still sent, which makes room."""

from datetime import timedelta

import pytest

from bot.store.contract import Depth, Leased, StoreFullError
from bot.store.redis_store import open_store
from bot.store.sealing import Vault
from tests.builders import LEASE, NOW, SOMEBODY, a_commit, an_outgoing
from tests.store.servers import a_server

FIRST, SECOND = (an_outgoing(f"text {number}", number=number, attempts=1) for number in (0, 1))


async def test_what_waits_in_a_full_store_is_sent(vault: Vault) -> None:
    later = NOW + 2 * LEASE
    with a_server() as server, server.client() as client:
        store = open_store(server.url, vault)
        await store.commit(a_commit(1, FIRST, SECOND), NOW, LEASE)
        client.config_set("maxmemory", "1")
        with pytest.raises(StoreFullError):
            await store.commit(a_commit(2, FIRST), NOW, LEASE)

        assert await store.claim(later, LEASE, 9) == [Leased(SOMEBODY, FIRST)]
        following = await store.settle(SOMEBODY, FIRST.id, later, LEASE)
        assert following is not None
        assert await store.settle(SOMEBODY, following.outgoing.id, later, LEASE) is None
        assert await store.depth(later) == Depth(0, timedelta())
        await store.close()
