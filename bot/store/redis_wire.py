"""The way to the server: all commands of one turn of the event loop travel together.

One exchange costs the same for one command as for fifty, in our process and in the server (which writes its
file to disk once for all of them). When nothing else is under way, a command leaves at once.

Foreign errors stop here, and so do the differences between one server, Sentinel and a Cluster.
"""

import asyncio
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Final, Protocol, TypeAlias

from redis.asyncio import ConnectionPool, Redis, RedisCluster
from redis.asyncio.connection import AbstractConnection, Connection
from redis.exceptions import (
    AskError,
    AuthenticationError,
    ClusterDownError,
    NoScriptError,
    RedisClusterException,
    RedisError,
    ResponseError,
    TryAgainError,
)

from bot.store.contract import StoreDownError, StoreError, StoreFullError
from bot.store.keys import READY

Part: TypeAlias = bytes | str | int
Reply: TypeAlias = bytes | int | Sequence["Reply"] | None

_FULL: Final = ("OOM", "MISCONF", "NOREPLICAS")
_DOWN: Final = ("READONLY", "LOADING", "MASTERDOWN", "CLUSTERDOWN", "TRYAGAIN", "NOAUTH", "BUSY", "MOVED", "ASK")
_ROUNDS: Final = 3


class Link(Protocol):
    """Connections to one server or to several."""

    def server_of(self, shard: int) -> str:
        """The name of the server that holds a shard."""
        ...

    def borrow(self, server: str) -> AbstractConnection:
        """A connection for one exchange; it may not be open yet."""
        ...

    def give_back(self, server: str, connection: AbstractConnection) -> None: ...

    async def look_again(self, shard: int) -> None:
        """Find out where a shard lies now."""
        ...

    async def prepare(self) -> None: ...

    async def all_keys(self) -> list[bytes]: ...

    async def lost(self) -> None:
        """A server went away: nothing that was known about it holds."""
        ...

    async def close(self) -> None: ...


@dataclass(slots=True)
class _Call:
    shard: int
    parts: tuple[Part, ...]
    proven: bool
    answer: asyncio.Future[Reply]
    """Set once, with the server's answer or with an error of ours."""


@dataclass(slots=True)
class _Waiting:
    calls: list[_Call] = field(default_factory=list)
    scheduled: bool = False
    under_way: set[asyncio.Task[None]] = field(default_factory=set)


class Wire:
    """Sends commands in batches, some batches at once; answers or raises a StoreError."""

    def __init__(
        self,
        link: Link,
        scripts: Mapping[str, str],
        *,
        replicas: int = 0,
        patience: float = 1.0,
        at_once: int = 2,
    ) -> None:
        self._link = link
        self._scripts = scripts
        self._replicas = replicas
        self._patience = patience
        self._at_once = at_once
        self._waiting = _Waiting()
        self._closed = False

    async def call(self, shard: int, *parts: Part, proven: bool = False) -> Reply:
        """Send one command that touches one shard; `proven`: answer only when replicas hold it, too."""
        return await self._enqueue(shard, parts, proven=proven)

    async def call_all(self, commands: Sequence[tuple[int, tuple[Part, ...]]]) -> list[Reply]:
        """Send commands of any shards; raise the first error."""
        answers = [self._enqueue(shard, parts, proven=False) for shard, parts in commands]
        results = await asyncio.gather(*answers, return_exceptions=True)
        replies: list[Reply] = []
        for result in results:
            if isinstance(result, BaseException):
                raise result
            replies.append(result)
        return replies

    async def all_keys(self) -> list[bytes]:
        """The name of every key on every server; slow."""
        return await self._link.all_keys()

    async def close(self) -> None:
        self._closed = True
        await asyncio.gather(*self._waiting.under_way)
        for call in self._waiting.calls:
            _refuse(call, StoreDownError("the store is closed"))
        self._waiting.calls.clear()
        await self._link.close()

    def _enqueue(self, shard: int, parts: tuple[Part, ...], *, proven: bool) -> asyncio.Future[Reply]:
        if self._closed:
            raise StoreDownError("the store is closed")
        answer: asyncio.Future[Reply] = asyncio.get_running_loop().create_future()
        self._waiting.calls.append(_Call(shard, parts, proven, answer))
        self._schedule()
        return answer

    def _schedule(self) -> None:
        waiting = self._waiting
        if waiting.calls and not waiting.scheduled and len(waiting.under_way) < self._at_once:
            waiting.scheduled = True
            asyncio.get_running_loop().call_soon(self._depart)

    def _depart(self) -> None:
        waiting = self._waiting
        waiting.scheduled = False
        calls = [call for call in waiting.calls if not call.answer.done()]
        waiting.calls = []
        if calls:
            task = asyncio.get_running_loop().create_task(self._travel(calls))
            waiting.under_way.add(task)
            task.add_done_callback(self._arrived)

    def _arrived(self, task: asyncio.Task[None]) -> None:
        self._waiting.under_way.discard(task)
        self._schedule()

    async def _travel(self, calls: Sequence[_Call]) -> None:
        error: StoreError
        try:
            async with asyncio.timeout(self._patience):
                await self._exchange_all(calls)
        except TimeoutError:
            error = StoreDownError("the store does not answer in time")
        except AuthenticationError:
            error = StoreDownError("the store refuses our name or password")
        except (RedisError, RedisClusterException, OSError) as cause:
            error = StoreDownError("the connection to the store is lost")
            error.__cause__ = cause
            await self._link.lost()
        else:
            error = StoreDownError("the store gave no answer")
        for call in calls:
            _refuse(call, error)

    async def _exchange_all(self, calls: Sequence[_Call]) -> None:
        await self._link.prepare()
        for _ in range(_ROUNDS):
            by_server: dict[str, list[_Call]] = {}
            for call in calls:
                by_server.setdefault(self._link.server_of(call.shard), []).append(call)
            if len(by_server) == 1:
                [(server, own)] = by_server.items()
                moved = await self._exchange(server, own)
            else:
                exchanges = [self._exchange(server, own) for server, own in by_server.items()]
                moved = [call for left in await asyncio.gather(*exchanges) for call in left]
            if not moved:
                return
            for shard in {call.shard for call in moved}:
                await self._link.look_again(shard)
            calls = moved

    async def _exchange(self, server: str, calls: Sequence[_Call]) -> list[_Call]:
        """Send and read; give back the calls that belong to another server."""
        connection = self._link.borrow(server)
        commands = [call.parts for call in calls]
        prove = self._replicas > 0 and any(call.proven for call in calls)
        whole = False
        try:
            if connection.is_connected and await connection.can_read():
                # The server closed it, or left something on it that is not ours.
                await connection.disconnect(nowait=True)
            replies = await self._ask(connection, commands)
            missing = [number for number, reply in enumerate(replies) if isinstance(reply, NoScriptError)]
            if missing:
                again = [self._with_source(commands[number]) for number in missing]
                for number, reply in zip(missing, await self._ask(connection, again), strict=True):
                    replies[number] = reply
            short = await self._prove_durable(connection) if prove else None
            whole = True
        finally:
            if not whole:
                # Somebody else must not read our late answers.
                await connection.disconnect(nowait=True)
            self._link.give_back(server, connection)
        moved = []
        for call, reply in zip(calls, replies, strict=True):
            if isinstance(reply, (AskError, TryAgainError, ClusterDownError)):
                moved.append(call)
            elif isinstance(reply, ResponseError):
                _refuse(call, _translated(reply))
            elif short is not None and call.proven:
                _refuse(call, short)
            elif not call.answer.done():
                call.answer.set_result(reply)
        return moved

    async def _ask(
        self, connection: AbstractConnection, commands: Sequence[tuple[Part, ...]]
    ) -> list[Reply | ResponseError]:
        await connection.send_packed_command(connection.pack_commands(commands), check_health=False)
        replies: list[Reply | ResponseError] = []
        for _ in commands:
            try:
                replies.append(await connection.read_response(disable_decoding=True))
            except ResponseError as error:
                replies.append(error)
        return replies

    async def _prove_durable(self, connection: AbstractConnection) -> StoreError | None:
        """Wait until enough replicas have what this connection wrote on their disks.

        One server with `appendfsync always` needs no proof: it answers only after its own disk has it.
        """
        limit = int(self._patience * 800)
        [reply] = await self._ask(connection, [("WAITAOF", 1, self._replicas, limit)])
        if isinstance(reply, ResponseError):
            return _translated(reply)
        if isinstance(reply, list) and len(reply) == 2 and reply[0] >= 1 and reply[1] >= self._replicas:
            return None
        return StoreDownError("too few replicas of the store hold the write")

    def _with_source(self, command: tuple[Part, ...]) -> tuple[Part, ...]:
        return ("EVAL", self._scripts[str(command[1])], *command[2:])


def _refuse(call: _Call, error: StoreError) -> None:
    if not call.answer.done():
        call.answer.set_exception(error)


def _translated(error: ResponseError) -> StoreError:
    words = f"{error.status_code or ''} {error}".split() or [""]
    if words[0] in _FULL:
        return StoreFullError("the store takes no more writes; make room for it or bring its replicas back")
    if words[0] in _DOWN:
        return StoreDownError("the store is not ready")
    return StoreError(f"the store refuses a command ({words[0]})")


class SingleLink:
    """One server, or the one that Sentinel names at the moment."""

    def __init__(self, pool: ConnectionPool) -> None:
        self._pool = pool
        self._idle: list[AbstractConnection] = []

    def server_of(self, shard: int) -> str:  # noqa: ARG002 - there is one
        return ""

    def borrow(self, server: str) -> AbstractConnection:  # noqa: ARG002 - there is one
        if self._idle:
            return self._idle.pop()
        fresh: AbstractConnection = self._pool.make_connection()  # type: ignore[no-untyped-call] # not typed there
        return fresh

    def give_back(self, server: str, connection: AbstractConnection) -> None:  # noqa: ARG002 - there is one
        self._idle.append(connection)

    async def look_again(self, shard: int) -> None:  # noqa: ARG002 - there is one
        return

    async def prepare(self) -> None:
        return

    async def lost(self) -> None:
        return

    async def all_keys(self) -> list[bytes]:
        return [name async for name in Redis(connection_pool=self._pool).scan_iter(count=1000)]

    async def close(self) -> None:
        for connection in self._idle:
            await connection.disconnect()
        self._idle.clear()
        await self._pool.aclose()


class ClusterLink:
    """The servers of a Cluster."""

    def __init__(self, client: RedisCluster) -> None:
        self._client = client

    def server_of(self, shard: int) -> str:
        node = self._client.get_node_from_key(READY[shard].decode())
        if node is None:
            raise RedisClusterException("no server of the Cluster holds a shard")
        return str(node.name)

    def borrow(self, server: str) -> AbstractConnection:
        node = self._client.get_node(node_name=server)
        if node is None:
            raise RedisClusterException("a server has left the Cluster")
        return node.acquire_connection()

    def give_back(self, server: str, connection: AbstractConnection) -> None:
        node = self._client.get_node(node_name=server)
        if node is not None and isinstance(connection, Connection):
            node.release(connection)

    async def look_again(self, shard: int) -> None:
        # The client follows the redirection of a harmless command, and remembers it.
        await self._client.execute_command("EXISTS", READY[shard])

    async def prepare(self) -> None:
        await self._client.initialize()

    async def lost(self) -> None:
        # Closed, it asks for the servers anew at the next use.
        await self._client.aclose()

    async def all_keys(self) -> list[bytes]:
        return [name async for name in self._client.scan_iter(count=1000)]

    async def close(self) -> None:
        await self._client.aclose()
