"""The keys with which we sign what we write: one file, made at the first start; one signs, all that ever did count.

A new one is known to every bot before it signs: words that a bot cannot check would look forged there. Of one that
signs no more only the public half stays, so that nobody can sign with it who finds the file.
"""

import base64
import binascii
import os
import secrets
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import date
from enum import StrEnum
from pathlib import Path
from typing import Final

from bot.casebook.errors import KeyFileError
from bot.casebook.records import Writer
from bot.store.key_file import write_key_file
from bot.store.private_folder import take

FILE: Final = "writer.keys"
_LOCK: Final = ".changing"
_KEY_BYTES: Final = 32
_OTHERS: Final = 0o077
_HEADING: Final = (
    "# Sign what is kept for the console and the list of who did what: show them to nobody.\n"
    "# kind, day it was made, key. A coming one signs nothing yet; of one that was public, only that half is left.\n"
)


class _Kind(StrEnum):
    SIGNS = "signs"
    COMING = "coming"
    PUBLIC = "public"


@dataclass(frozen=True, slots=True)
class _Line:
    """One key: a seed, or where only that is left, the public half. Files of before tell no day."""

    kind: _Kind
    made: date | None
    key: bytes = field(repr=False)

    @property
    def public(self) -> bytes:
        return self.key if self.kind is _Kind.PUBLIC else Writer(self.key).public


class Writers:
    """Who signs now, and whose signatures count; whoever holds either of them learns when it changes."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        lines = _read(folder / FILE)
        self.made = _signing(lines).made
        self.coming = _coming(lines)
        self.newest = Writer(_signing(lines).key)
        self.publics = {line.public for line in lines}

    def learn(self) -> None:
        """Take the keys as they lie there now; raise KeyFileError, and keep those there were, where that fails."""
        lines = _read(self._folder / FILE)
        self.made, self.coming = _signing(lines).made, _coming(lines)
        self.publics |= {line.public for line in lines}
        self.newest.take(_signing(lines).key)


def load_writers(folder: Path) -> Writers:
    """The keys in a folder, made when there are none; raise KeyFileError where they cannot be used."""
    path = folder / FILE
    try:
        if not path.exists():
            path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
            _write(path, [_Line(_Kind.SIGNS, None, secrets.token_bytes(_KEY_BYTES))], over=False)
    except OSError as error:
        raise KeyFileError(f"{path} cannot be written ({type(error).__name__})") from None
    return Writers(folder)


def add_writer(folder: Path, today: date) -> bytes:
    """Make a key that will sign, for all bots to know it first; its public half. Raise KeyFileError if one is there."""

    def add(lines: Sequence[_Line]) -> Sequence[_Line]:
        if _coming(lines) is not None:
            raise KeyFileError("a new writer key is made already; let it sign with: waymark keys use-writer")
        return [*lines, _Line(_Kind.COMING, today, secrets.token_bytes(_KEY_BYTES))]

    return _change(folder, add)[-1].public


def use_coming_writer(folder: Path) -> bytes:
    """Let the coming key sign; its public half. Raise KeyFileError if there is none."""

    def use(lines: Sequence[_Line]) -> Sequence[_Line]:
        if _coming(lines) is None:
            raise KeyFileError("no writer key is coming; make one with: waymark keys renew-writer")
        return [
            _Line(_Kind.SIGNS, line.made, line.key)
            if line.kind is _Kind.COMING
            else _Line(_Kind.PUBLIC, line.made, line.public)
            for line in lines
        ]

    return _change(folder, use)[-1].public


def _change(folder: Path, change: Callable[[Sequence[_Line]], Sequence[_Line]]) -> Sequence[_Line]:
    with _alone(folder):
        changed = change(_read(folder / FILE))
        try:
            _write(folder / FILE, changed, over=True)
        except OSError as error:
            raise KeyFileError(f"{folder / FILE} cannot be written ({type(error).__name__})") from None
        return changed


@contextmanager
def _alone(folder: Path) -> Iterator[None]:
    lock = take(folder / _LOCK) if folder.is_dir() else None
    if lock is None:
        raise KeyFileError(f"there are no keys in {folder}, or somebody else is changing them at this moment")
    try:
        yield
    finally:
        os.close(lock)


def _signing(lines: Sequence[_Line]) -> _Line:
    return [line for line in lines if line.kind is _Kind.SIGNS][-1]


def _coming(lines: Sequence[_Line]) -> bytes | None:
    return next((line.public for line in lines if line.kind is _Kind.COMING), None)


def _write(path: Path, lines: Sequence[_Line], *, over: bool) -> None:
    rows = [f"{line.kind} {line.made or '-'} {base64.b64encode(line.key).decode()}\n" for line in lines]
    write_key_file(path, (_HEADING + "".join(rows)).encode("ascii"), replace=over)


def _read(path: Path) -> Sequence[_Line]:
    try:
        if path.stat().st_mode & _OTHERS:
            raise KeyFileError(f"{path} can be read by others; run: chmod 600 {path}")
        rows = [line.split() for line in path.read_text("ascii").splitlines() if line and not line.startswith("#")]
        lines = [_line(row) for row in rows]
    except (OSError, ValueError, binascii.Error) as error:
        # Without the cause in the words: it could quote a key.
        raise KeyFileError(f"{path} cannot be used ({type(error).__name__}); bring it back from its copy") from None
    kinds = [line.kind for line in lines]
    if _Kind.SIGNS not in kinds or kinds.count(_Kind.COMING) > 1 or any(len(line.key) != _KEY_BYTES for line in lines):
        raise KeyFileError(f"{path} is damaged; bring it back from its copy")
    return lines


def _line(row: Sequence[str]) -> _Line:
    # Files of before hold seeds alone; the last of them signs.
    kind, made, key = (_Kind.SIGNS, "-", *row) if len(row) == 1 else row
    return _Line(_Kind(kind), None if made == "-" else date.fromisoformat(made), base64.b64decode(key, validate=True))
