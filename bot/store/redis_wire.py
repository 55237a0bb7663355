"""The way to the server: all commands of one turn of the event loop travel together.

One exchange costs the same for one command as for fifty, in our process and in the server (which writes its
file to disk once for all of them). When nothing else is under way, a command leaves at once.

Whoever reads waits for less time than whoever writes, and nobody for longer: a server that gives no answer again and
again is left alone but for a probe each second, and so much waits for it and no more.

Foreign errors stop here, and so do the differences between one server, Sentinel and a Cluster.
"""

import asyncio
import logging
import re
from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from hashlib import sha1
from importlib.resources import files
from typing import Final, Protocol, Self, TypeAlias

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
from redis.exceptions import TimeoutError as RedisTimeoutError

from bot import logbook
from bot.store.circuit import Circuit
from bot.store.contract import StoreDownError, StoreError, StoreFullError, StoreRefusesError
from bot.store.keys import READY
from bot.store.rights import is_refusal, is_unknown

Part: TypeAlias = bytes | str | int
Reply: TypeAlias = bytes | int | Sequence["Reply"] | None

_FULL: Final = ("OOM", "MISCONF", "NOREPLICAS")
_DOWN: Final = ("READONLY", "LOADING", "MASTERDOWN", "CLUSTERDOWN", "TRYAGAIN", "NOAUTH", "BUSY", "MOVED", "ASK")
_COMMAND: Final = re.compile(r"'([a-z|]{1,20})'", re.IGNORECASE)
_ROUNDS: Final = 3
READ_SECONDS: Final = 0.3
"""Whoever only wants to know waits for so long at most."""

MOST_WAITING: Final = 10_000
_READS: Final = frozenset({"GET", "LRANGE"})
_OUR_OWN_DELAY: Final = 0.05
_ALL_OF_THEM: Final = "all"
"""For the time in which no server of a Cluster is known."""
_ASK_AGAIN_SECONDS: Final = 1.0
_FOREIGN: Final = (RedisError, RedisClusterException, OSError, TimeoutError)


@dataclass(frozen=True, slots=True)
class Script:
    """A script of ours, and the digest by which the server knows it."""

    source: str
    digest: str

    @classmethod
    def of(cls, source: str) -> Self:
        # Redis names its scripts by this digest; it protects nothing.
        return cls(source, sha1(source.encode(), usedforsecurity=False).hexdigest())

    @classmethod
    def read(cls, name: str) -> Self:
        """The script in a file beside this module."""
        return cls.of((files("bot.store") / f"{name}.lua").read_text("utf-8"))


def as_bytes(reply: Reply) -> bytes:
    """An answer that must be bytes."""
    if isinstance(reply, bytes):
        return reply
    raise StoreError("the store gave an answer we do not understand")


def as_list(reply: Reply) -> Sequence[Reply]:
    """An answer that must be a list."""
    if isinstance(reply, list):
        return reply
    raise StoreError("the store gave an answer we do not understand")


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
    limit: asyncio.TimerHandle | None = None


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
        when_down: Callable[[bool], None] = lambda _: None,
        when_refused: Callable[[str | None], None] = lambda _: None,
    ) -> None:
        self._link = link
        self._scripts = scripts
        self._replicas = replicas
        self._patience = patience
        self._at_once = at_once
        self._waiting = _Waiting()
        self._circuits: defaultdict[str, Circuit] = defaultdict(Circuit)
        self._when_down = when_down
        self._when_refused = when_refused
        self._refused: set[tuple[Part, ...]] = set()
        self._without_waitaof: set[str] = set()
        self._closed = False

    async def call(self, shard: int, *parts: Part, proven: bool = False) -> Reply:
        """Send one command that touches one shard; `proven`: answer only when replicas hold it, too."""
        server = self._server_of(shard)
        self._look_whether_they_are_there({server})
        return await self._enqueue(shard, parts, self._limit_for(server, parts[0]), proven=proven)

    async def call_all(self, commands: Sequence[tuple[int, tuple[Part, ...]]]) -> list[Reply]:
        """Send commands of any shards; raise the first error."""
        servers = {self._server_of(shard) for shard in {shard for shard, _ in commands}}
        self._look_whether_they_are_there(servers)
        limit = max((self._limit_for(server, "") for server in servers), default=self._patience)
        answers = [self._enqueue(shard, parts, limit, proven=False) for shard, parts in commands]
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
        await asyncio.gather(*self._waiting.under_way, return_exceptions=True)
        for call in self._waiting.calls:
            _refuse(call, StoreDownError("the store is closed"))
        self._waiting.calls.clear()
        await self._link.close()

    def _enqueue(self, shard: int, parts: tuple[Part, ...], limit: float, *, proven: bool) -> asyncio.Future[Reply]:
        if self._closed:
            raise StoreDownError("the store is closed")
        answer: asyncio.Future[Reply] = asyncio.get_running_loop().create_future()
        call = _Call(shard, parts, proven, answer)
        if len(self._waiting.calls) >= MOST_WAITING:
            _refuse(call, StoreDownError("too much waits for the store"))
            return answer
        self._limit(call, limit)
        self._waiting.calls.append(call)
        self._schedule()
        return answer

    def _look_whether_they_are_there(self, servers: Iterable[str]) -> None:
        """Raise StoreDownError where a server is known to be away and it is not time to probe it."""
        now = asyncio.get_running_loop().time()
        if not all(self._circuits[server].admits(now) for server in servers):
            raise StoreDownError("the store is away")

    def _limit_for(self, server: str, command: Part) -> float:
        """How long one may wait; a server that has never answered has to be found, and hands to be shaken."""
        if not self._circuits[server].has_answered:
            return 2 * self._patience
        return min(READ_SECONDS, self._patience) if command in _READS else self._patience

    def _server_of(self, shard: int) -> str:
        try:
            return self._link.server_of(shard)
        except (*_FOREIGN, LookupError):
            # Nobody knows the servers yet; whoever asks finds out what is wrong.
            return _ALL_OF_THEM

    def _limit(self, call: _Call, seconds: float) -> None:
        loop = asyncio.get_running_loop()
        end = loop.time() + seconds

        def give_up() -> None:
            if call.answer.done():
                return
            if loop.time() - end > _OUR_OWN_DELAY:
                # We were busy ourselves; the answer may have come meanwhile and only waits to be read.
                self._limit(call, _OUR_OWN_DELAY)
            else:
                _refuse(call, StoreDownError("the store does not answer in time"))

        call.limit = loop.call_at(end, give_up)

    def _schedule(self) -> None:
        waiting = self._waiting
        if waiting.calls and not waiting.scheduled and len(waiting.under_way) < self._at_once:
            # The task begins in the next turn of the loop and takes along whatever is there by then.
            waiting.scheduled = True
            task = asyncio.get_running_loop().create_task(self._travel())
            waiting.under_way.add(task)
            task.add_done_callback(self._arrived)

    def _arrived(self, task: asyncio.Task[None]) -> None:
        self._waiting.under_way.discard(task)
        if not task.cancelled() and (fault := task.exception()) is not None:
            logbook.note("store_fault", logging.ERROR, code=type(fault).__name__)
        self._schedule()

    async def _travel(self) -> None:
        waiting = self._waiting
        waiting.scheduled = False
        # Who gave up waiting need not travel.
        calls = [call for call in waiting.calls if not call.answer.done()]
        waiting.calls = []
        try:
            await self._bring(calls)
        finally:
            # Whatever happened: nobody waits for ever.
            _refuse_all(calls, StoreDownError("the store gave no answer"))
            for call in calls:
                if call.limit is not None:
                    call.limit.cancel()

    async def _bring(self, calls: Sequence[_Call]) -> None:
        for _ in range(_ROUNDS):
            by_server: dict[str, list[_Call]] = {}
            try:
                await self._link.prepare()
                for call in calls:
                    by_server.setdefault(self._link.server_of(call.shard), []).append(call)
            except _FOREIGN as error:
                _refuse_all(calls, _foreign(error))
                self._note(_ALL_OF_THEM, worked=False)
                return
            if self._circuits[_ALL_OF_THEM].is_down:
                self._note(_ALL_OF_THEM, worked=True)
            exchanges = [self._exchange_in_time(server, own) for server, own in by_server.items()]
            if len(exchanges) == 1:
                calls = await exchanges[0]
            else:
                calls = [call for left in await asyncio.gather(*exchanges) for call in left]
            if not calls:
                return
            await self._find_again({call.shard for call in calls})
        _refuse_all(calls, StoreDownError("the store is moving its data between servers"))

    async def _find_again(self, shards: Iterable[int]) -> None:
        for shard in shards:
            try:
                async with asyncio.timeout(self._patience):
                    await self._link.look_again(shard)
            except _FOREIGN:
                # The next round tells its callers.
                continue

    async def _exchange_in_time(self, server: str, calls: Sequence[_Call]) -> list[_Call]:
        """Exchange with one server; its trouble is the trouble of its own calls only."""
        try:
            async with asyncio.timeout(self._patience):
                moved = await self._exchange(server, calls)
        except _FOREIGN as error:
            _refuse_all(calls, _foreign(error))
            self._note(server, worked=False)
            await self._link.lost()
            return []
        self._note(server, worked=True)
        return moved

    def _note(self, server: str, *, worked: bool) -> None:
        circuit = self._circuits[server]
        was_down = circuit.is_down
        if worked:
            circuit.worked()
        else:
            circuit.failed(asyncio.get_running_loop().time())
        if circuit.is_down != was_down:
            self._when_down(any(one.is_down for one in self._circuits.values()))

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
            if not connection.is_connected:
                # Said here, because a connection through Sentinel finds its server only when it is said.
                await connection.connect()  # type: ignore[no-untyped-call] # not typed there
            replies = await self._ask(connection, commands)
            missing = [number for number, reply in enumerate(replies) if isinstance(reply, NoScriptError)]
            if missing:
                again = [self._with_source(commands[number]) for number in missing]
                for number, reply in zip(missing, await self._ask(connection, again), strict=True):
                    replies[number] = reply
            short = await self._prove_durable(server, connection) if prove else None
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
                error = _translated(reply)
                if isinstance(error, StoreRefusesError) and call.parts[0] != "TIME":
                    self._note_refused(call, _command_in(reply))
                _refuse(call, error)
            elif short is not None and call.proven:
                _refuse(call, short)
            elif not call.answer.done():
                call.answer.set_result(reply)
                if self._refused:
                    self._note_allowed(call)
        return moved

    def _note_refused(self, call: _Call, command: str) -> None:
        if not self._refused:
            self._when_refused(command)
        self._refused.add(call.parts[:2])

    def _note_allowed(self, call: _Call) -> None:
        self._refused.discard(call.parts[:2])
        if not self._refused:
            self._when_refused(None)

    async def _ask(
        self, connection: AbstractConnection, commands: Sequence[tuple[Part, ...]]
    ) -> list[Reply | ResponseError]:
        await connection.send_packed_command(_packed(commands), check_health=False)
        replies: list[Reply | ResponseError] = []
        for _ in commands:
            try:
                replies.append(await connection.read_response(disable_decoding=True))
            except ResponseError as error:
                replies.append(error)
        return replies

    async def _prove_durable(self, server: str, connection: AbstractConnection) -> StoreError | None:
        """Wait until enough replicas have what this connection wrote on their disks.

        One server with `appendfsync always` needs no proof: it answers only after its own disk has it. A Redis before
        7.2 knows only WAIT, which asks what the replicas have taken. With `appendfsync always` on all of them, without
        which the bot does not run, they say so only after their disks have it.
        """
        # The server looks at its clock only now and then, and the answer must still reach us in time.
        limit = int(self._patience * 600)
        if server not in self._without_waitaof:
            [reply] = await self._ask(connection, [("WAITAOF", 1, self._replicas, limit)])
            if not is_unknown(reply):
                holds = isinstance(reply, list) and len(reply) == 2 and reply[0] >= 1 and reply[1] >= self._replicas
                return self._judge(reply, holds=holds)
            self._without_waitaof.add(server)
        [reply] = await self._ask(connection, [("WAIT", self._replicas, limit)])
        return self._judge(reply, holds=isinstance(reply, int) and reply >= self._replicas)

    @staticmethod
    def _judge(proof: Reply | ResponseError, *, holds: bool) -> StoreError | None:
        if isinstance(proof, ResponseError):
            return _translated(proof)
        return None if holds else StoreDownError("too few replicas of the store hold the write")

    def _with_source(self, command: tuple[Part, ...]) -> tuple[Part, ...]:
        return ("EVAL", self._scripts[str(command[1])], *command[2:])


def _packed(commands: Sequence[tuple[Part, ...]]) -> bytes:
    """Commands as the server reads them; a third of the client's work when its library does it."""
    pieces = []
    for command in commands:
        pieces.append(b"*%d\r\n" % len(command))
        for part in command:
            data = part if isinstance(part, bytes) else str(part).encode()
            pieces.append(b"$%d\r\n%b\r\n" % (len(data), data))
    return b"".join(pieces)


def _foreign(error: Exception) -> StoreError:
    if isinstance(error, (TimeoutError, RedisTimeoutError)):
        ours = StoreDownError("the store does not answer in time")
    elif any(isinstance(cause, AuthenticationError) for cause in (error, error.__cause__)):
        ours = StoreDownError("the store refuses our name or password")
    else:
        ours = StoreDownError("the connection to the store is lost")
    ours.__cause__ = error
    return ours


def _refuse_all(calls: Sequence[_Call], error: StoreError) -> None:
    for call in calls:
        _refuse(call, error)


def _refuse(call: _Call, error: StoreError) -> None:
    if not call.answer.done():
        call.answer.set_exception(error)


def _translated(error: ResponseError) -> StoreError:
    words = f"{error.status_code or ''} {error}".split() or [""]
    if words[0] in _FULL:
        return StoreFullError("the store takes no more writes; make room for it or bring its replicas back")
    if words[0] in _DOWN:
        return StoreDownError("the store is not ready")
    if is_refusal(error):
        refused = f"the store does not let the bot run {_command_in(error)}"
        return StoreRefusesError(f"{refused}; allow its user what SECURITY.md lists")
    return StoreError(f"the store refuses a command ({words[0]})")


def _command_in(error: ResponseError) -> str:
    """The command that was refused; of what a server says nothing else is shown."""
    found = _COMMAND.search(str(error))
    return "a command" if found is None else found[1].lower()


class SingleLink:
    """One server, or the one that Sentinel names at the moment."""

    def __init__(self, pool: ConnectionPool, guides: Sequence[Redis] = ()) -> None:
        self._pool = pool
        self._guides = guides
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
        for guide in self._guides:
            await guide.aclose()


class ClusterLink:
    """The servers of a Cluster."""

    def __init__(self, client: RedisCluster) -> None:
        self._client = client
        self._asked = 0.0

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
        async with asyncio.timeout(_ASK_AGAIN_SECONDS):
            await self._client.initialize()

    async def lost(self) -> None:
        """Ask who serves what now, at most once a second; connections to the other servers stay."""
        now = asyncio.get_running_loop().time()
        if now < self._asked + _ASK_AGAIN_SECONDS:
            return
        self._asked = now
        try:
            async with asyncio.timeout(_ASK_AGAIN_SECONDS):
                await self._client.nodes_manager.initialize()
        except _FOREIGN:
            # Nobody answers; the next exchange says so.
            return

    async def all_keys(self) -> list[bytes]:
        return [name async for name in self._client.scan_iter(count=1000)]

    async def close(self) -> None:
        await self._client.aclose()
