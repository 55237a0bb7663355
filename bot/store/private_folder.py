"""The embedded store's files: nobody else's, written whole, and locked by whoever works in them.

A lock belongs to an open file and ends with the process that holds it, however that ends. Process numbers are
given out again, so they only name a holder, and never prove one.
"""

import contextlib
import fcntl
import hashlib
import os
import secrets
import stat
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Final, Self

from bot.store.key_file import write_key_file

SOCKET_PATH_LIMIT: Final = 100
"""Bytes. The system allows 104 (macOS) or 108 (Linux), its closing zero included."""

ELSEWHERE: Final = "set WAYMARK_DATA_DIR to a folder that the bot may write to"


class EmbeddedValkeyError(Exception):
    """Our own store cannot run; the message says why and what to do, the code names the reason for logs."""

    def __init__(self, message: str, code: str = "folder") -> None:
        super().__init__(message)
        self.code = code


@dataclass(frozen=True, slots=True)
class Places:
    """Every file of an embedded store."""

    home: Path
    socket: Path

    @classmethod
    def of(cls, data_dir: Path) -> Self:
        home = data_dir.absolute()
        socket = home / "valkey" / "socket"
        if len(os.fsencode(socket)) > SOCKET_PATH_LIMIT:
            socket = _short_folder(home) / "socket"
        return cls(home, socket)

    @property
    def bot_lock(self) -> Path:
        return self.home / "in-use"

    @property
    def password(self) -> Path:
        return self.home / "keys" / "valkey-password"

    @property
    def folder(self) -> Path:
        return self.home / "valkey"

    @property
    def live(self) -> Path:
        """What is stored; there from the first start on."""
        return self.folder / "appendonlydir"

    @property
    def server_lock(self) -> Path:
        return self.folder / "server.lock"

    @property
    def configuration(self) -> Path:
        return self.folder / "server.conf"

    @property
    def pid_file(self) -> Path:
        return self.folder / "server.pid"

    @property
    def log_file(self) -> Path:
        return self.folder / "server.log"


def make_private(places: Places) -> None:
    """Make the folders ours alone: who can write into them could read or swap what people told us."""
    _make_folder(places.home, parents=True)
    for folder in (places.folder, places.password.parent, places.socket.parent):
        _make_folder(folder, parents=False)
        if stat.S_IMODE(folder.stat().st_mode) != 0o700:
            folder.chmod(0o700)


def remove_short_folder(places: Places) -> None:
    if places.socket.parent != places.folder:
        # What else may lie there is not ours to remove.
        with contextlib.suppress(OSError):
            places.socket.parent.rmdir()


def claim(places: Places) -> int:
    """Take the data folder for this bot, until the lock that is returned is closed."""
    lock = take(places.bot_lock)
    if lock is None:
        holder = read_number(places.bot_lock)
        message = f"{places.home} is already in use by process {holder}; stop it or set WAYMARK_DATA_DIR"
        raise EmbeddedValkeyError(message, "in-use")
    os.truncate(lock, 0)
    os.write(lock, f"{os.getpid()}\n".encode())
    return lock


def take(path: Path) -> int | None:
    """Lock a file, or return None when another holds it; closing the answer, in all who have it, frees it."""
    try:
        lock = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    except OSError as error:
        message = f"cannot write {path}: {error.strerror}; {ELSEWHERE}"
        raise EmbeddedValkeyError(message) from error
    for _ in range(5):
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            # Somebody may only have looked (is_free), which takes a moment.
            time.sleep(0.002)
        else:
            return lock
    os.close(lock)
    return None


def is_free(path: Path) -> bool:
    try:
        lock = os.open(path, os.O_RDONLY | os.O_CLOEXEC)
    except FileNotFoundError:
        return True
    try:
        # Shared, so that two who only look do not see each other.
        fcntl.flock(lock, fcntl.LOCK_SH | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    finally:
        os.close(lock)
    return True


def keep_password(path: Path) -> str:
    """Read a password, or make one that survives restarts; of several that make one at once, all use the first."""
    # Looked for first: one that comes while we look must not be written over.
    is_there = path.exists()
    known = read(path).strip()
    if not known:
        try:
            write_key_file(path, f"{secrets.token_hex(32)}\n".encode("ascii"), replace=is_there)
        except OSError as error:
            raise _unwritten(path, error) from error
        known = read(path).strip()
    path.chmod(0o600)
    return known


def write_private(path: Path, text: str) -> None:
    """Write whole or not at all, readable for us alone from the first moment."""
    draft = path.with_name(path.name + ".new")
    try:
        draft.unlink(missing_ok=True)
        draft.touch(mode=0o600, exist_ok=False)
        with draft.open("w", encoding="utf-8", errors="surrogateescape") as file:
            file.write(text)
            file.flush()
            os.fsync(file.fileno())
        draft.replace(path)
    except OSError as error:
        raise _unwritten(path, error) from error


def read(path: Path) -> str:
    try:
        return path.read_text(encoding="utf-8", errors="surrogateescape")
    except FileNotFoundError:
        return ""


def read_number(path: Path) -> int | None:
    try:
        return int(read(path))
    except ValueError:
        return None


def _unwritten(path: Path, error: OSError) -> EmbeddedValkeyError:
    return EmbeddedValkeyError(f"cannot write {path}: {error.strerror}; make room there, or {ELSEWHERE}")


def _short_folder(home: Path) -> Path:
    """Sockets need short paths: a folder for this data folder and user, where the system keeps such things."""
    name = f"waymark-{os.geteuid()}-{hashlib.sha256(os.fsencode(home)).hexdigest()[:16]}"
    for parent in (os.environ.get("XDG_RUNTIME_DIR", ""), tempfile.gettempdir()):
        folder = Path(parent) / name
        if Path(parent).is_absolute() and len(os.fsencode(folder)) < SOCKET_PATH_LIMIT - len("/socket"):
            return folder
    return Path("/tmp") / name  # noqa: S108 - made private, and its owner checked, before it is used


def _make_folder(folder: Path, *, parents: bool) -> None:
    try:
        folder.mkdir(mode=0o700, parents=parents, exist_ok=True)
        found = folder.lstat() if not parents else folder.stat()
        writable = os.access(folder, os.W_OK | os.X_OK)
    except OSError as error:
        message = f"cannot use {folder}: {error.strerror}; {ELSEWHERE}"
        raise EmbeddedValkeyError(message) from error
    if not stat.S_ISDIR(found.st_mode):
        message = f"{folder} is not a folder; remove it, or {ELSEWHERE}"
        raise EmbeddedValkeyError(message)
    if found.st_uid != os.geteuid():
        owner = f"{folder} belongs to another user (number {found.st_uid})"
        message = f"{owner}; run the bot as that user, or {ELSEWHERE}"
        raise EmbeddedValkeyError(message, "owner")
    if not writable:
        message = f"{folder} is not writable; {ELSEWHERE}"
        raise EmbeddedValkeyError(message)
