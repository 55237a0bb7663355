"""Whether a store keeps what it acknowledges and lets nobody else in: the bot does not run on one that may lose a call.

Behind Sentinel or in a Cluster every server counts that can become a primary: each is asked by itself.
"""

import asyncio
import logging
from collections.abc import Sequence
from typing import Final
from urllib.parse import parse_qs, unquote, urlsplit

from redis.asyncio import ConnectionPool, Redis, RedisCluster, Sentinel
from redis.asyncio.cluster import ClusterNode
from redis.asyncio.retry import Retry
from redis.backoff import NoBackoff
from redis.exceptions import (
    AskError,
    AuthenticationError,
    ClusterDownError,
    RedisClusterException,
    RedisError,
    ResponseError,
)

from bot import logbook
from bot.store.addresses import Tls, hosts_of
from bot.store.contract import StoreDownError, StoreError
from bot.store.keys import READY
from bot.store.rights import Kind, is_unknown, missing_rights

_PATIENCE: Final = 5.0
_MORE_THAN_THERE_ARE: Final = 1000
_SOON: Final = 1000
"""Milliseconds."""
WANTED: Final = {
    "appendonly": ("yes", "everything is lost when the store stops"),
    "appendfsync": ("always", "the last answers are lost when its machine stops"),
    "maxmemory-policy": ("noeviction", "conversations are thrown away when memory is short"),
    "no-appendfsync-on-rewrite": ("no", "the last answers are lost when its machine stops while it tidies its file"),
    "protected-mode": ("yes", "it is open to everybody once somebody takes its password away"),
}
REPLICATED: Final = "min-replicas-to-write"
"""Must be at least one behind Sentinel: else a primary that is cut off acknowledges what its successor never hears."""


_PRIORITY: Final = "replica-priority"
_ONE_BEFORE_OTHERS: Final = (
    f"the store's servers differ in {_PRIORITY}, so one may take over that lacks what another has acknowledged; "
    "set it alike on all of them"
)
"""Sentinel takes the one that is furthest ahead only among those of one priority."""


class UnsafeStoreError(StoreError):
    """The store may lose what it acknowledges, or lets anybody in; one line for each reason."""


async def inspect_store(url: str) -> list[str]:
    """What is wrong with every server behind a URL that can be reached; raise StoreDownError when there is none."""
    try:
        async with asyncio.timeout(_PATIENCE):
            match urlsplit(url).scheme.partition("+")[2]:
                case "sentinel":
                    return await _inspect_replicated(url)
                case "cluster":
                    return await _inspect_cluster(url)
                case _:
                    return await _inspect_one(_client(url))
    except (RedisError, RedisClusterException, OSError, TimeoutError) as error:
        if _is_refusal(error):
            raise StoreDownError("the store refuses our name or password; see WAYMARK_STORE_URL") from error
        raise StoreDownError("the store does not answer; is it running, and is WAYMARK_STORE_URL right?") from error


async def check_configuration(client: Redis, kind: Kind = Kind.SINGLE) -> list[str]:
    """Tell in plain words what is wrong with one server, nothing when all is well."""
    problems = await _check_settings(client)
    missing = await missing_rights(client, kind)
    if missing:
        # With one of them missing, a script would stop in the middle of what has to be written whole.
        problems.append(
            f"the store does not let the bot run {', '.join(missing)}; "
            "allow its user what SECURITY.md lists under 'A store of your own', and start again"
        )
    return problems


async def _check_settings(client: Redis) -> list[str]:
    try:
        answer = await client.config_get(*WANTED)
    except ResponseError:
        # Refused by its access list, or renamed by its operator.
        settings = ", ".join(f"{name} {value}" for name, (value, _) in WANTED.items())
        problem = (
            "the store does not show its settings, so nobody can tell whether it keeps what it acknowledges; "
            f"allow CONFIG GET to the bot's user, and set a password and {settings}"
        )
        return [problem]
    found = {_text(name): _text(value) for name, value in answer.items()}
    problems = [
        f"the store has {name} {found.get(name) or 'unset'}, so {loss}; set {name} {value}"
        for name, (value, loss) in WANTED.items()
        if found.get(name) != value
    ]
    if await _lets_anybody_in(client):
        problems.append("the store asks for no password, so anybody who reaches it reads it; set requirepass")
    return problems


async def replicas_to_prove(url: str) -> int:
    """How many replicas must have a commit on their disks before it counts: behind Sentinel the one that may take over.

    In a Cluster, as many as each of its primaries has, for any of them may take over; those that are away count, too.
    Of one server that is named alone, all that follow it: nobody tells which of them will take over.
    Where no primary has any, its own disk is what counts. Raise StoreDownError when the Cluster cannot be asked.
    """
    match urlsplit(url).scheme.partition("+")[2]:
        case "sentinel":
            return 1
        case "cluster":
            try:
                async with asyncio.timeout(_PATIENCE), _cluster(url) as client:
                    return _fewest_replicas(await client.execute_command("CLUSTER NODES"))
            except (RedisError, RedisClusterException, OSError, TimeoutError) as error:
                raise StoreDownError("the Cluster does not tell which replicas it has") from error
        case _:
            replicas = await replicas_of_one(url)
            if replicas:
                # One of them may take over behind the same address: what is acknowledged must be on all of them.
                logbook.note("store_replicas_without_sentinel", logging.ERROR, count=replicas)
            return replicas


async def replicas_of_one(url: str) -> int:
    """How many replicas follow the one server that a URL names; 0 where that cannot be found out."""
    if "+" in urlsplit(url).scheme:
        return 0
    async with _client(url) as client:
        try:
            async with asyncio.timeout(_PATIENCE):
                return await _count_replicas(client)
        except (RedisError, OSError, TimeoutError):
            return 0


async def _count_replicas(client: Redis) -> int:
    try:
        # A connection that has written nothing hears at once how many are connected.
        answer = await client.execute_command("WAITAOF", 0, 0, 0)  # type: ignore[no-untyped-call] # as redis-py has it
    except ResponseError as error:
        if not is_unknown(error):
            raise
        # A Redis before 7.2: it asks them, and counts those that answer in time.
        return int(await client.wait(_MORE_THAN_THERE_ARE, _SOON))
    return int(answer[1])


def _fewest_replicas(nodes: object) -> int:
    """Of all primaries that hold something and have any, as CLUSTER NODES tells of them.

    One that has none beside others that do has just taken over from one that died; until that is back, it takes no
    writes, as behind Sentinel.
    """
    if not isinstance(nodes, dict):
        raise StoreDownError("the Cluster does not tell which replicas it has")
    primaries = {node["node_id"]: 0 for node in nodes.values() if "master" in node["flags"] and node["slots"]}
    for node in nodes.values():
        if node["master_id"] in primaries:
            primaries[node["master_id"]] += 1
    return min((count for count in primaries.values() if count), default=0)


async def may_do_harm(url: str) -> bool:
    """Whether the user of a URL could also wipe the store; False where that cannot be found out."""
    if "+" in urlsplit(url).scheme:
        return False
    async with _client(url) as client:
        try:
            async with asyncio.timeout(_PATIENCE):
                answer = await client.acl_dryrun(_text(await client.acl_whoami()), "FLUSHALL")
        except (RedisError, OSError, TimeoutError):
            # Who has few rights may not even ask.
            return False
    return _text(answer) == "OK"


def is_read_along(url: str) -> bool:
    """Whether what goes to and fro leaves this machine without encryption."""
    parts = urlsplit(url)
    if parts.scheme.startswith(("rediss", "unix")):
        return False
    return any(not _is_here(host) for host, _ in hosts_of(parts, 6379))


async def _inspect_one(client: Redis) -> list[str]:
    async with client:
        return await check_configuration(client)


async def _inspect_replicated(url: str) -> list[str]:
    """The primary that Sentinel names, and its replicas: any of them may be the primary tomorrow."""
    parts = urlsplit(url)
    secret = parse_qs(parts.query).get("sentinel_password", [None])[0]
    sentinel = Sentinel(  # type: ignore[no-untyped-call] # not typed there
        hosts_of(parts, 26379),
        sentinel_kwargs={"password": secret, "socket_timeout": 1.0, **Tls.of(parts).settings()},
    )
    service = parts.path.strip("/")
    try:
        primary = await sentinel.discover_master(service)
        replicas = await sentinel.discover_slaves(service)
    finally:
        await asyncio.gather(*(guide.aclose() for guide in sentinel.sentinels))
    problems = []
    async with _client(url, primary) as client:
        problems += _at(primary, await check_configuration(client, Kind.REPLICATED))
        problems += _at(primary, await _check_replicated(client))
    followers = [(str(host), int(port)) for host, port in replicas]
    for replica in followers:
        problems += await _inspect_if_there(url, replica, Kind.REPLICATED)
    priorities = {await _priority_of(url, server) for server in (primary, *followers)} - {""}
    has_choice = len(followers) > 1
    return [*problems, _ONE_BEFORE_OTHERS] if has_choice and len(priorities) > 1 else problems


def _cluster(url: str) -> RedisCluster:
    parts = urlsplit(url)
    tls = Tls.of(parts)
    return RedisCluster(
        startup_nodes=[ClusterNode(host, port) for host, port in hosts_of(parts, 6379)],
        username=unquote(parts.username) if parts.username else None,
        password=unquote(parts.password) if parts.password else None,
        ssl=tls.is_on,
        ssl_ca_certs=tls.authority,
        ssl_certfile=tls.certificate,
        ssl_keyfile=tls.key,
        protocol=2,
        retry=_ONCE,
    )


async def _inspect_cluster(url: str) -> list[str]:
    async with _cluster(url) as client:
        servers = [(str(node.host), int(node.port)) for node in client.get_nodes()]
    found = await asyncio.gather(*(_inspect_if_there(url, server, Kind.CLUSTER) for server in servers))
    return [problem for problems in found for problem in problems]


async def _inspect_if_there(url: str, server: tuple[str, int], kind: Kind) -> list[str]:
    """One that is away now says nothing, and keeps nobody from starting."""
    try:
        async with _client(url, server) as client:
            return _at(server, await check_configuration(client, kind))
    except (RedisError, OSError) as error:
        if _is_refusal(error):
            return _at(server, ["the store refuses our name or password, which another of its servers takes"])
        return []


async def _priority_of(url: str, server: tuple[str, int]) -> str:
    """Which of the replicas is to take over; empty where it is away or does not tell."""
    try:
        async with _client(url, server) as client:
            answer = await client.config_get(_PRIORITY)
    except (RedisError, OSError):
        return ""
    return next(map(_text, answer.values()), "")


async def _check_replicated(client: Redis) -> list[str]:
    try:
        answer = await client.config_get(REPLICATED)
    except ResponseError:
        return []
    if any(_text(value) not in {"", "0"} for value in answer.values()):
        return []
    loss = "a server that is cut off takes answers that are lost when another takes over"
    return [f"the store has {REPLICATED} 0, so {loss}; set {REPLICATED} 1"]


async def _lets_anybody_in(client: Redis) -> bool:
    """Whether somebody without name and password may read a key of ours: the one test that no setting can fool."""
    pool = client.connection_pool
    known = {name: value for name, value in pool.connection_kwargs.items() if name in _PLACE}
    kind = pool.connection_class
    settings = {**known, "retry": _ONCE, "socket_timeout": None, "protocol": 2}
    stranger = Redis(connection_pool=ConnectionPool(connection_class=kind, **settings))
    try:
        await stranger.exists(READY[0])
    except (AskError, ClusterDownError):
        # It sends them on to where the key lies: they are in.
        return True
    except RedisError as error:
        if any(isinstance(cause, AuthenticationError | ResponseError) for cause in (error, error.__cause__)):
            # It wants a password, or lets strangers do nothing.
            return False
        raise
    finally:
        await stranger.aclose()
        await stranger.connection_pool.disconnect()
    return True


_ONCE: Final = Retry(NoBackoff(), 0)
_PLACE: Final = frozenset(
    {"host", "port", "path", "ssl_cert_reqs", "ssl_ca_certs", "ssl_ca_path", "ssl_certfile", "ssl_keyfile"}
)


def _client(url: str, server: tuple[str, int] | None = None) -> Redis:
    """A client for the server at a URL, or for one that Sentinel or the Cluster has named, with the URL's name.

    Without time limits of its own: on Python 3.11 those can swallow a cancellation, ours do not.
    """
    parts = urlsplit(url)
    tls = Tls.of(parts)
    if server is None:
        return Redis.from_url(url, socket_timeout=None, socket_connect_timeout=None, protocol=2, retry=_ONCE)
    return Redis(
        host=server[0],
        port=server[1],
        username=unquote(parts.username) if parts.username else None,
        password=unquote(parts.password) if parts.password else None,
        socket_timeout=None,
        socket_connect_timeout=None,
        protocol=2,
        retry=_ONCE,
        ssl=tls.is_on,
        ssl_ca_certs=tls.authority,
        ssl_certfile=tls.certificate,
        ssl_keyfile=tls.key,
    )


def _is_here(host: str) -> bool:
    return host in {"localhost", "::1"} or host.startswith("127.")


def _is_refusal(error: Exception) -> bool:
    return any(isinstance(cause, AuthenticationError) for cause in (error, error.__cause__))


def _at(server: tuple[str, int], problems: Sequence[str]) -> list[str]:
    return [f"{server[0]}:{server[1]}: {problem}" for problem in problems]


def _text(value: object) -> str:
    return value.decode() if isinstance(value, bytes) else str(value or "")
