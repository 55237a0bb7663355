"""A store as a committee runs it, on this machine: a primary, a replica that may take over, and three Sentinels.

Every part is a process of its own, which can be killed and comes back over its own files and its own configuration, so
that it remembers who it was. Where `wires` are asked for, each server is reached through a wire that can be cut.
"""

import asyncio
import os
import signal
import tempfile
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from pathlib import Path
from typing import Final

from redis.asyncio import Redis
from redis.asyncio.retry import Retry
from redis.backoff import NoBackoff
from redis.exceptions import RedisError

from benchmarks.chaos.proxy import Proxy
from tests.store.servers import IN_MEMORY, SERVER, free_ports

PASSWORD: Final = "chaos-only"  # noqa: S105 - of stores that live for minutes
NAME: Final = "people"
PATIENCE: Final = 120.0
"""Seconds that servers may take to find together on the busiest machine."""

_SERVER: Final = """\
port {port}
bind 127.0.0.1
dir {folder}
requirepass {password}
masterauth {password}
appendonly yes
appendfsync always
save ""
maxmemory-policy noeviction
no-appendfsync-on-rewrite no
protected-mode yes
repl-diskless-sync-delay 0
repl-ping-replica-period 1
replica-announce-ip 127.0.0.1
replica-announce-port {announced}
min-replicas-to-write {least}
min-replicas-max-lag 3
"""
_SENTINEL: Final = """\
port {port}
bind 127.0.0.1
dir {folder}
sentinel monitor {name} 127.0.0.1 {watched} 2
sentinel auth-pass {name} {password}
sentinel down-after-milliseconds {name} 2000
sentinel failover-timeout {name} 4000
"""


class Process:
    """One server or Sentinel."""

    def __init__(self, folder: Path, port: int, configuration: str, *, is_sentinel: bool = False) -> None:
        folder.mkdir()
        self.folder = folder
        self.port = port
        self._is_sentinel = is_sentinel
        self._file = folder / "server.conf"
        self._file.write_text(configuration)
        self._process: asyncio.subprocess.Process | None = None

    @property
    def is_running(self) -> bool:
        return self._process is not None and self._process.returncode is None

    async def start(self) -> None:
        arguments = ("--sentinel",) if self._is_sentinel else ()
        with (self.folder / "log").open("ab") as log:
            self._process = await asyncio.create_subprocess_exec(
                SERVER, os.fspath(self._file), *arguments, stdout=log, stderr=log
            )

    def kill_now(self) -> None:
        if self._process is not None and self.is_running:
            self._process.send_signal(signal.SIGKILL)

    async def kill(self) -> None:
        self.kill_now()
        if self._process is not None:
            await self._process.wait()

    async def ask(self, *command: str | int) -> object:
        """Its answer; raise OSError or RedisError where there is none."""
        async with Redis(
            host="127.0.0.1",
            port=self.port,
            password=None if self._is_sentinel else PASSWORD,
            protocol=2,
            socket_timeout=5,
            retry=Retry(NoBackoff(), 0),
            decode_responses=True,
        ) as client:
            # As the server says it, whatever the library would make of it.
            client.response_callbacks.clear()
            answer: object = await client.execute_command(*command)  # type: ignore[no-untyped-call] # not typed there
            return answer


class GuardedStore:
    """The five of them. Ports of servers are those that others know: of their wire where there is one."""

    def __init__(self, servers: Sequence[Process], sentinels: Sequence[Process], wires: Sequence[Proxy]) -> None:
        self.servers = servers
        self.sentinels = sentinels
        self.wires = wires

    @property
    def url(self) -> str:
        places = ",".join(f"127.0.0.1:{sentinel.port}" for sentinel in self.sentinels)
        return f"redis+sentinel://:{PASSWORD}@{places}/{NAME}"

    async def primary(self) -> Process | None:
        """The server that most Sentinels name now."""
        named = await asyncio.gather(*(self._named_by(sentinel) for sentinel in self.sentinels))
        for number, server in enumerate(self.servers):
            announced = self.wires[number].port if self.wires else server.port
            if named.count(announced) >= 2:
                return server
        return None

    async def is_replicating(self) -> bool:
        """Whether the other server has what the primary takes."""
        primary = await self.primary()
        if primary is None:
            return False
        try:
            if "role:master" not in str(await primary.ask("INFO", "replication")):
                return False
            other = next(server for server in self.servers if server is not primary)
            told = str(await other.ask("INFO", "replication"))
        except (RedisError, OSError):
            return False
        return "role:slave" in told and "master_link_status:up" in told

    async def is_whole(self) -> bool:
        """Whether all five run and know of each other."""
        if not all(process.is_running for process in (*self.servers, *self.sentinels)):
            return False
        try:
            return await self.is_replicating() and await self._all_know_all()
        except (RedisError, OSError):
            return False

    async def until_whole(self) -> None:
        await self._until(self.is_whole)

    async def until_replicating(self) -> None:
        await self._until(self.is_replicating)

    async def _until(self, is_so: Callable[[], Awaitable[bool]]) -> None:
        try:
            async with asyncio.timeout(PATIENCE):
                while not await is_so():  # noqa: ASYNC110 - servers have no events
                    await asyncio.sleep(0.1)
        except TimeoutError:
            tails = [(process.folder / "log").read_text()[-3000:] for process in (*self.servers, *self.sentinels)]
            raise RuntimeError("the store did not come together:\n" + "\n--\n".join(tails)) from None

    async def start_all(self) -> None:
        for process in (*self.servers, *self.sentinels):
            if not process.is_running:
                await process.start()

    async def kill_all(self) -> None:
        for process in (*self.sentinels, *self.servers):
            await process.kill()

    async def _named_by(self, sentinel: Process) -> int:
        try:
            answer = await sentinel.ask("SENTINEL", "GET-MASTER-ADDR-BY-NAME", NAME)
        except (RedisError, OSError):
            return 0
        return int(answer[1]) if isinstance(answer, list) else 0

    async def _all_know_all(self) -> bool:
        for sentinel in self.sentinels:
            known = _pairs(await sentinel.ask("SENTINEL", "MASTER", NAME))
            if known.get("num-other-sentinels") != str(len(self.sentinels) - 1) or known.get("flags") != "master":
                return False
            replicas = await sentinel.ask("SENTINEL", "REPLICAS", NAME)
            states = [_pairs(one) for one in replicas] if isinstance(replicas, list) else []
            if not any(one.get("flags") == "slave" and one.get("master-link-status") == "ok" for one in states):
                return False
        return True


@asynccontextmanager
async def a_guarded_store(*, wires: bool = False, least_replicas: int = 1) -> AsyncIterator[GuardedStore]:
    """The store, whole and empty; `least_replicas` 0 is the setting that loses, to show that it does."""
    ports = free_ports(5)
    async with AsyncExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="guarded-", dir=IN_MEMORY)))
        proxies = [await stack.enter_async_context(Proxy(port)) for port in ports[:2]] if wires else []
        announced = [proxy.port for proxy in proxies] or ports[:2]
        servers = []
        for number, port in enumerate(ports[:2]):
            place = folder / f"server-{number}"
            text = _SERVER.format(
                port=port, folder=place, password=PASSWORD, announced=announced[number], least=least_replicas
            )
            if number:
                text += f"replicaof 127.0.0.1 {announced[0]}\n"
            servers.append(Process(place, port, text))
        sentinels = []
        for number, port in enumerate(ports[2:]):
            place = folder / f"sentinel-{number}"
            text = _SENTINEL.format(port=port, folder=place, name=NAME, watched=announced[0], password=PASSWORD)
            sentinels.append(Process(place, port, text, is_sentinel=True))
        store = GuardedStore(servers, sentinels, proxies)
        stack.push_async_callback(store.kill_all)
        for server in servers:
            await server.start()
        await asyncio.sleep(0.5)
        for sentinel in sentinels:
            await sentinel.start()
        await store.until_whole()
        yield store


def _pairs(answer: object) -> dict[str, str]:
    if isinstance(answer, dict):
        return {str(name): str(value) for name, value in answer.items()}
    items = [str(one) for one in answer] if isinstance(answer, list) else []
    return dict(zip(items[::2], items[1::2], strict=False))
