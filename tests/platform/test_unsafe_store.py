"""The bot does not start on a store that may lose a call or lets anybody in; each fault on a real server."""

from collections.abc import Sequence
from pathlib import Path

import pytest
from redis import Redis
from redis.asyncio import Redis as AsyncRedis

from bot.doctor import _store
from bot.settings import Settings
from bot.store.contract import StoreDownError
from bot.store.durability import UnsafeStoreError, inspect_store, is_read_along, may_do_harm, replicas_to_prove
from bot.store.rights import RIGHTS, RIGHTS_BEFORE_WAITAOF, TRIED, TRIED_MORE, Kind, missing_rights
from bot.wiring import run_bot
from tests.platform.stores import PASSWORD, an_address, as_our_user, stopped
from tests.store.servers import IS_OLD, WITHOUT_WAITAOF, a_cluster, a_sentinel, a_server, cluster_url, free_ports

SAFE = ("--requirepass", PASSWORD)
FAULTS: dict[str, tuple[Sequence[str], str]] = {
    "no file": (("--appendonly", "no"), "appendonly no"),
    "a file that is written later": (("--appendfsync", "everysec"), "appendfsync everysec"),
    "a file that the system writes": (("--appendfsync", "no"), "appendfsync no"),
    "eviction": (("--maxmemory-policy", "allkeys-lru"), "maxmemory-policy allkeys-lru"),
    "eviction of what has an end": (("--maxmemory-policy", "volatile-ttl"), "maxmemory-policy volatile-ttl"),
    "a file that rests while it is tidied": (("--no-appendfsync-on-rewrite", "yes"), "no-appendfsync-on-rewrite yes"),
    "no protected mode": (("--protected-mode", "no"), "protected-mode no"),
    "no password": (("--requirepass", ""), "asks for no password"),
}


@pytest.mark.parametrize("fault", FAULTS)
async def test_each_fault_is_told_and_nothing_else(fault: str) -> None:
    settings, words = FAULTS[fault]
    with a_server(*SAFE, *settings) as server:
        (problem,) = await inspect_store(
            f"unix://:{PASSWORD}@{server.folder}/socket" if "pass" not in fault else server.url
        )

    assert words in problem


@pytest.mark.parametrize("fault", ["a file that is written later", "no password"])
async def test_the_bot_does_not_start_on_it(fault: str, quick_folder: Path) -> None:
    settings, words = FAULTS[fault]
    with a_server(*SAFE, *settings) as server:
        url = f"unix://:{PASSWORD}@{server.folder}/socket" if "pass" not in fault else server.url

        with pytest.raises(UnsafeStoreError, match=words):
            await run_bot(Settings(store_url=url, data_dir=quick_folder / "data"), stopped(), lambda words: None)


async def test_a_safe_one_is_taken_over_a_network_address_too() -> None:
    (port,) = free_ports(1)
    with a_server(*SAFE, port=port):
        assert await inspect_store(f"redis://:{PASSWORD}@127.0.0.1:{port}") == []


async def test_a_door_that_is_open_beside_a_user_with_few_rights_is_found() -> None:
    with a_server() as server:
        server.let_in("waymark", PASSWORD)

        (problem,) = await inspect_store(an_address(server))

    assert "asks for no password" in problem


@pytest.mark.parametrize("taken", ["+zrevrange", "+hsetnx", "+set", "+del", "+evalsha", "+scan"])
async def test_a_right_that_is_missing_is_named_before_anything_is_written(taken: str, quick_folder: Path) -> None:
    with a_server() as server:
        server.let_in("waymark", PASSWORD, taken.replace("+", "-"))
        server.ask("ACL", "SETUSER", "default", "off")

        (problem,) = await inspect_store(an_address(server))
        with pytest.raises(UnsafeStoreError, match=f"does not let the bot run {taken[1:].upper()}; allow its user"):
            await run_bot(
                Settings(store_url=an_address(server), data_dir=quick_folder / "data"), stopped(), lambda words: None
            )

    assert f"run {taken[1:].upper()};" in problem


async def test_of_a_user_who_may_do_nothing_all_is_named_at_once() -> None:
    with a_server() as server:
        server.let_in("waymark", PASSWORD, "-@all", "+config|get")
        server.ask("ACL", "SETUSER", "default", "off")

        (problem,) = await inspect_store(an_address(server))

    assert all(command[0] in problem for command in TRIED if isinstance(command[0], str))


async def test_trying_the_rights_leaves_nothing_behind() -> None:
    with a_server() as server:
        for taken in ("+set", "-set", "-expire"):
            server.let_in("waymark", PASSWORD, taken)
            await inspect_store(an_address(server))

            assert server.ask("DBSIZE") == 0


@pytest.mark.skipif(IS_OLD, reason="a rule about a command that a server does not know is refused")
async def test_what_proves_a_write_must_be_allowed_as_long_as_a_server_knows_it() -> None:
    with a_server() as server:
        for rule, missing in (("-wait", []), ("-waitaof", ["WAITAOF"])):
            server.let_in("waymark", PASSWORD, rule)
            async with AsyncRedis.from_url(an_address(server), protocol=2) as client:
                assert await missing_rights(client, Kind.REPLICATED) == missing


async def test_where_a_server_does_not_know_the_better_proof_the_other_one_must_be_allowed() -> None:
    with a_server(*WITHOUT_WAITAOF) as server:
        for rule, missing in (("+wait", []), ("-wait", ["WAIT"])):
            server.ask("ACL", "SETUSER", "waymark", "on", f">{PASSWORD}", *RIGHTS_BEFORE_WAITAOF.split(), rule)
            async with AsyncRedis.from_url(an_address(server), protocol=2) as client:
                assert await missing_rights(client, Kind.REPLICATED) == missing


def test_every_right_is_tried_that_the_bot_cannot_do_without() -> None:
    tried = {str(command[0]) for commands in (TRIED, *TRIED_MORE.values()) for command in commands}
    rights = {right[1:].replace("|", " ").upper() for right in RIGHTS.split() if right.startswith("+")}

    # Without the first three nobody is let in at all; CONFIG GET is told of in words of its own.
    assert rights - {name.replace(" COUNT", "") for name in tried} == {
        *("AUTH", "HELLO", "CLIENT SETNAME", "CLIENT SETINFO", "CONFIG GET", "TIME")
    }


async def test_a_store_without_anybody_there_or_with_another_password_is_told() -> None:
    with a_server(*SAFE) as server:
        with pytest.raises(StoreDownError, match="refuses our name or password"):
            await inspect_store(f"unix://:wrong@{server.folder}/socket")
        server.kill()
        with pytest.raises(StoreDownError, match="is it running"):
            await inspect_store(server.url)


@pytest.fixture(scope="module")
def ports() -> Sequence[int]:
    return free_ports(3)


@pytest.mark.parametrize("settings", [(), WITHOUT_WAITAOF], ids=["as it is", "without WAITAOF"])
async def test_behind_sentinel_the_replica_counts_as_well(ports: Sequence[int], settings: tuple[str, ...]) -> None:
    primary, replica, guide = ports
    follows = ("--replicaof", f"127.0.0.1 {primary}", "--masterauth", PASSWORD, "--appendfsync", "everysec")
    with (
        a_server(*SAFE, *settings, port=primary) as first,
        a_server(*SAFE, *settings, *follows, port=replica),
        a_sentinel(guide, primary) as sentinel,
    ):
        sentinel.ask("SENTINEL", "SET", "people", "auth-pass", PASSWORD)
        sentinel.until_it_knows_replicas(1)
        url = f"redis+sentinel://:{PASSWORD}@127.0.0.1:{guide}/people"

        problems = await inspect_store(url)

        assert [problem.split(",")[0] for problem in problems] == [
            f"127.0.0.1:{primary}: the store has min-replicas-to-write 0",
            f"127.0.0.1:{replica}: the store has appendfsync everysec",
        ]
        with Redis.from_url(f"unix://:{PASSWORD}@{first.folder}/socket") as client:
            client.config_set("min-replicas-to-write", "1")
        assert len(await inspect_store(url)) == 1


@pytest.mark.parametrize("priority", ["0", "10"])
async def test_a_replica_that_takes_over_before_others_whatever_they_hold_is_told(priority: str) -> None:
    primary, replica, other, guide = free_ports(4)
    follows = ("--replicaof", f"127.0.0.1 {primary}", "--masterauth", PASSWORD)
    with (
        a_server(*SAFE, "--min-replicas-to-write", "1", port=primary),
        a_server(*SAFE, *follows, port=replica),
        a_server(*SAFE, *follows, "--replica-priority", priority, port=other) as differs,
        a_sentinel(guide, primary) as sentinel,
    ):
        sentinel.ask("SENTINEL", "SET", "people", "auth-pass", PASSWORD)
        sentinel.until_it_knows_replicas(2)
        url = f"redis+sentinel://:{PASSWORD}@127.0.0.1:{guide}/people"

        (problem,) = await inspect_store(url)
        with Redis.from_url(f"unix://:{PASSWORD}@{differs.folder}/socket") as client:
            client.config_set("replica-priority", "100")
        assert await inspect_store(url) == []

    assert "replica-priority" in problem
    assert "set it alike on all of them" in problem


@pytest.mark.parametrize("settings", [(), WITHOUT_WAITAOF], ids=["as it is", "without WAITAOF"])
async def test_replicas_of_a_server_that_is_named_alone_have_to_hold_each_write(
    caplog: pytest.LogCaptureFixture, settings: tuple[str, ...]
) -> None:
    primary, replica = free_ports(2)
    with a_server(*SAFE, *settings, port=primary) as first:
        url = f"redis://:{PASSWORD}@127.0.0.1:{primary}"
        assert await replicas_to_prove(url) == 0
        with a_server(*SAFE, "--replicaof", f"127.0.0.1 {primary}", "--masterauth", PASSWORD, port=replica):
            with Redis.from_url(f"unix://:{PASSWORD}@{first.folder}/socket") as client:
                assert client.wait(1, 10_000) == 1

            assert await replicas_to_prove(url) == 1
            finding = await _store(Settings(store_url=url))

    assert [record.msg for record in caplog.records] == ["store_replicas_without_sentinel"]
    assert not finding.is_well
    assert "it has 1 replicas" in finding.words


async def test_of_a_cluster_each_server_is_asked_for_its_rights() -> None:
    with a_cluster(3) as servers:
        for server, taken in zip(servers, ("+set", "-zadd", "-cluster|nodes"), strict=True):
            server.let_in("waymark", PASSWORD, taken)
            server.ask("ACL", "SETUSER", "default", "off")

        problems = sorted(await inspect_store(as_our_user(cluster_url(servers))))

    ports = [server.port for server in servers]
    assert problems == sorted(
        f"127.0.0.1:{port}: the store does not let the bot run {command}; allow its user what SECURITY.md lists under "
        "'A store of your own', and start again"
        for port, command in ((ports[1], "ZADD"), (ports[2], "CLUSTER NODES"))
    )


async def test_of_a_cluster_each_server_is_asked() -> None:
    with a_cluster(3) as servers:
        servers[1].ask("CONFIG", "SET", "appendfsync", "everysec")

        problems = await inspect_store(cluster_url(servers))

    (problem,) = [problem for problem in problems if "appendfsync" in problem]
    assert problem.startswith(f"127.0.0.1:{servers[1].port}: the store has appendfsync everysec")
    assert sum("asks for no password" in problem for problem in problems) == 3


async def test_an_administrator_is_told_from_a_user_with_few_rights() -> None:
    with a_server() as server:
        server.let_in("waymark", PASSWORD)

        assert await may_do_harm(server.url)
        assert not await may_do_harm(an_address(server))


@pytest.mark.parametrize(
    ("url", "is_so"),
    [
        ("redis://:x@10.0.0.7:6379", True),
        ("redis+sentinel://127.0.0.1:1,store.example:26379/people", True),
        ("rediss://:x@store.example", False),
        ("rediss+cluster://store.example:6379", False),
        ("redis://127.0.0.1", False),
        ("redis://localhost:6379", False),
        ("redis://[::1]:6379", False),
        ("unix:///run/valkey/socket", False),
    ],
)
def test_a_way_that_others_can_read_along_is_told(url: str, *, is_so: bool) -> None:
    assert is_read_along(url) == is_so
