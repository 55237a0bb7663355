"""Where one server of a Cluster is away, calls and messages that lie on the others go on."""

from datetime import timedelta

from bot.messages import ConversationId
from bot.store.contract import Timer
from bot.store.redis_store import open_store
from bot.store.sealing import Vault
from tests.builders import LEASE, NOW, a_commit, an_outgoing
from tests.store.servers import a_cluster, cluster_url
from tests.store.test_redis_store import SOON


async def test_what_lies_on_the_other_servers_rings_and_is_sent(vault: Vault) -> None:
    people = [ConversationId(f"person-{number}") for number in range(30)]
    timer, later = Timer("remind", NOW), NOW + timedelta(minutes=1)
    with a_cluster(settings=("--cluster-require-full-coverage", "no")) as servers:
        store = open_store(cluster_url(servers), vault, patience=SOON)
        for person in people:
            await store.commit(a_commit(1, an_outgoing(), conversation=person, timers=(timer,)), NOW, LEASE)
        servers[0].kill()

        rung = {one.conversation for _ in range(5) for one in await store.claim_timers(later, LEASE, 99)}
        claimed = {one.conversation for _ in range(5) for one in await store.claim(later, LEASE, 99)}

        assert rung == claimed
        assert 10 <= len(rung) < 30
        assert (await store.depth(later)).conversations == len(claimed)
        await store.close()
