"""The proxy in front of several bots: one that ends, hangs or is replaced costs nobody an answer.

Caddy runs on our very Caddyfile; the names that Compose would tell it are told by a tiny name server, and the bots stand
at addresses of this machine.
"""

import os
import re
import shutil
import socket
import subprocess
import time
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import dataclass, field
from http.client import HTTPConnection
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread
from typing import Self

import pytest

from tests.store.servers import free_ports

CADDYFILE = Path(__file__).parents[2] / "deploy" / "Caddyfile"
CADDY = shutil.which("caddy")
FIRST, SECOND, THIRD = "127.0.0.2", "127.0.0.3", "127.0.0.4"

needs_caddy = pytest.mark.skipif(CADDY is None, reason="no caddy here")


def version_of(words: str) -> tuple[int, ...]:
    return tuple(int(number) for number in re.findall(r"\d+", words)[:3])


# Those before close what is sent when they find nobody, and cannot send it to the next one: there it is sent empty.
KEEPS_WHAT_IS_SENT = (2, 11, 2)


def what_is_sent() -> bytes:
    done = subprocess.run([CADDY or "", "version"], capture_output=True, text=True, check=True)
    return b"an update" if version_of(done.stdout) >= KEEPS_WHAT_IS_SENT else b""


def test_the_proxy_of_compose_can_send_to_the_next_bot_what_the_first_did_not_take() -> None:
    (version,) = re.findall(r"image: caddy:(\S+)", (CADDYFILE.parent / "compose.yaml").read_text("utf-8"))

    assert version_of(version) >= KEEPS_WHAT_IS_SENT


@dataclass
class Names:
    """A name server that knows one name, and at which addresses it is to be found now."""

    port: int
    addresses: Sequence[str]
    ear: socket.socket = field(default_factory=lambda: socket.socket(type=socket.SOCK_DGRAM))

    def __enter__(self) -> Self:
        self.ear.bind(("127.0.0.1", self.port))
        Thread(target=self._answer, daemon=True).start()
        return self

    def __exit__(self, *_: object) -> None:
        self.ear.close()

    def _answer(self) -> None:
        while True:
            try:
                question, asker = self.ear.recvfrom(512)
            except OSError:
                return
            end = question.index(b"\0", 12) + 5
            found = self.addresses if question[end - 4 : end - 2] == b"\0\1" else ()
            head = question[:2] + b"\x85\x80\0\1" + len(found).to_bytes(2, "big") + b"\0\0\0\0"
            records = [b"\xc0\x0c\0\1\0\1\0\0\0\0\0\4" + socket.inet_aton(address) for address in found]
            self.ear.sendto(head + question[12:end] + b"".join(records), asker)


class Bot(BaseHTTPRequestHandler):
    """Says which of them it is."""

    protocol_version = "HTTP/1.1"

    def do_POST(self) -> None:
        self.rfile.read(int(self.headers["Content-Length"]))
        own = str(self.connection.getsockname()[0]).encode()
        self.send_response(200)
        self.send_header("Content-Length", str(len(own)))
        self.end_headers()
        self.wfile.write(own)

    def log_message(self, *_: object) -> None:
        """Say nothing."""


class Server(ThreadingHTTPServer):
    """Remembers whom it talks to, so that its end is theirs too."""

    daemon_threads = True

    def __init__(self, address: tuple[str, int]) -> None:
        self.talks: list[socket.socket] = []
        super().__init__(address, Bot)

    def get_request(self) -> tuple[socket.socket, object]:
        talk, who = super().get_request()
        self.talks.append(talk)
        return talk, who


@contextmanager
def bot(address: str, port: int) -> Iterator[Callable[[], None]]:
    """One bot; gives how to end it as a container ends: nobody listens any more, and every talk is over."""
    server = Server((address, port))
    thread = Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02})
    thread.start()

    def end() -> None:
        server.shutdown()
        thread.join()
        server.server_close()
        for talk in server.talks:
            with suppress(OSError):
                talk.shutdown(socket.SHUT_RDWR)

    try:
        yield end
    finally:
        end()


@dataclass
class Proxy:
    port: int
    bots: int
    names: Names
    sent: bytes

    def post(self) -> tuple[int, str]:
        connection = HTTPConnection("127.0.0.1", self.port, timeout=20)
        connection.request("POST", "/telegram", self.sent)
        answer = connection.getresponse()
        words = (answer.status, answer.read().decode())
        connection.close()
        return words

    def post_all(self, times: int) -> Counter[tuple[int, str]]:
        return Counter(self.post() for _ in range(times))


@pytest.fixture
def proxy(tmp_path: Path) -> Iterator[Proxy]:
    own, bots, names = free_ports(3)
    text = CADDYFILE.read_text("utf-8")
    for was, becomes in (
        # Unknown to the Caddy of some distributions; it only spares a file.
        (r"persist_config off", ""),
        (r"name bot$", f"name bot\n\t\t\tresolvers udp/127.0.0.1:{names}"),
        (r"port 8080$", f"port {bots}"),
    ):
        text, found = re.subn(was, becomes, text, flags=re.MULTILINE)
        assert found == 1, was
    configuration = tmp_path / "Caddyfile"
    configuration.write_text(text)
    environment = {
        "PATH": os.environ["PATH"],
        "SITE": f"http://127.0.0.1:{own}",
        "XDG_DATA_HOME": os.fspath(tmp_path),
        "XDG_CONFIG_HOME": os.fspath(tmp_path),
    }
    command = [CADDY or "", "run", "--adapter", "caddyfile", "--config", os.fspath(configuration)]
    with Names(names, (FIRST, SECOND)) as known, (tmp_path / "log").open("wb") as log:
        process = subprocess.Popen(command, env=environment, stdout=log, stderr=log)
        try:
            await_listener(own, process)
            yield Proxy(own, bots, known, what_is_sent())
        finally:
            process.terminate()
            process.wait(10)


def await_listener(port: int, process: "subprocess.Popen[bytes]") -> None:
    end = time.monotonic() + 20
    while True:
        try:
            socket.create_connection(("127.0.0.1", port), 1).close()
        except OSError:
            assert process.poll() is None, "the proxy ended at once"
            assert time.monotonic() < end, "the proxy did not start"
            time.sleep(0.05)
        else:
            return


@needs_caddy
def test_nobody_is_told_of_a_bot_that_has_just_ended(proxy: Proxy) -> None:
    with bot(FIRST, proxy.bots) as end_first, bot(SECOND, proxy.bots):
        before = proxy.post_all(8)
        end_first()
        after = proxy.post_all(16)

    assert before == {(200, FIRST): 4, (200, SECOND): 4}
    assert after == {(200, SECOND): 16}


@needs_caddy
def test_a_bot_whose_machine_says_nothing_any_more_holds_nobody_up_for_long(proxy: Proxy) -> None:
    with ExitStack() as stack, bot(SECOND, proxy.bots):
        # Full, and nobody takes anybody off: who knocks hears nothing, as from an address that is gone.
        silent = stack.enter_context(socket.socket())
        silent.bind((FIRST, proxy.bots))
        silent.listen(0)
        for _ in range(4):
            waiting = stack.enter_context(socket.socket())
            waiting.setblocking(False)  # noqa: FBT003 - its only argument
            waiting.connect_ex((FIRST, proxy.bots))
        began = time.monotonic()
        answers = proxy.post_all(4)

    assert answers == {(200, SECOND): 4}
    assert time.monotonic() - began < 4 * 2


@needs_caddy
def test_a_bot_that_was_replaced_is_found_at_its_new_address(proxy: Proxy) -> None:
    with bot(FIRST, proxy.bots) as end_first, bot(SECOND, proxy.bots) as end_second:
        assert proxy.post()[0] == 200
        end_first()
        end_second()
        proxy.names.addresses = (THIRD,)
        with bot(THIRD, proxy.bots):
            answers = proxy.post_all(8)

    assert answers == {(200, THIRD): 8}
