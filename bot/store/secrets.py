"""The keys of the store on disk: one file that only we may read, made at the first start.

Whoever has this file and the store has everything the bot can read; whoever loses it loses all conversations. Keep the
copy of it apart from the copies of the store.

One file, written whole: a half-written set of keys would lock us out of our own store.
"""

import base64
import binascii
import os
import secrets
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path
from typing import Final

from bot.store.key_file import write_key_file
from bot.store.sealing import KEY_BYTES, Vault

_FOLDER: Final = "keys"
_FILE: Final = "store.keys"
_OTHERS: Final = 0o077
_KEY_IDS: Final = 256
_HEADING: Final = (
    "# Keys of the store: keep a copy apart from the copies of the store, and show them to nobody.\n"
    "# kind, number, day it was made, key. The last working key seals; all of them open.\n"
)


class KeysError(Exception):
    """The keys cannot be used as they lie there."""


@dataclass(frozen=True, slots=True)
class WorkingKey:
    """One key of the ring."""

    number: int
    made: date
    key: bytes = field(repr=False)


@dataclass(frozen=True, slots=True)
class Keys:
    """All keys of the store; the last of the ring seals."""

    identity: bytes = field(repr=False)
    identity_made: date
    ring: tuple[WorkingKey, ...]

    def vault(self) -> Vault:
        """The keys, ready for work."""
        return Vault(self.identity, {key.number: key.key for key in self.ring}, self.ring[-1].number)


def are_made(data_dir: Path) -> bool:
    """Whether there are keys in the data folder."""
    return (data_dir / _FOLDER / _FILE).exists()


def load_or_make(data_dir: Path, today: date) -> Keys:
    """The keys in the data folder; made when there are none yet. Raise KeysError when others can read them."""
    folder = data_dir / _FOLDER
    path = folder / _FILE
    if not path.exists():
        data_dir.mkdir(parents=True, exist_ok=True)
        folder.mkdir(mode=0o700, exist_ok=True)
        _refuse_if_others_can_read(folder)
        first = Keys(secrets.token_bytes(KEY_BYTES), today, (_new_key(1, today),))
        _write(path, first, replace=False)
    _refuse_if_others_can_read(folder)
    _refuse_if_others_can_read(path)
    return _read(path)


def add_working_key(data_dir: Path, today: date) -> Keys:
    """Put a new key at the end of the ring: from the next start on it seals, and the older ones still open.

    Nothing sealed lives for longer than 30 days without being sealed anew, so a key may go 31 days after its successor
    came.
    """
    keys = load_or_make(data_dir, today)
    number = (keys.ring[-1].number + 1) % _KEY_IDS
    if any(key.number == number for key in keys.ring):
        raise KeysError(f"working key {number} is still there; remove the oldest keys from {_FILE} first")
    grown = Keys(keys.identity, keys.identity_made, (*keys.ring, _new_key(number, today)))
    _write(data_dir / _FOLDER / _FILE, grown, replace=True)
    return grown


def _new_key(number: int, today: date) -> WorkingKey:
    return WorkingKey(number, today, secrets.token_bytes(KEY_BYTES))


def _refuse_if_others_can_read(path: Path) -> None:
    state = path.stat()
    if state.st_mode & _OTHERS:
        wanted = "700" if path.is_dir() else "600"
        raise KeysError(f"{path} can be read by others; run: chmod {wanted} {path}")
    if state.st_uid != os.geteuid():
        raise KeysError(f"{path} belongs to another user; run the bot as its owner or give the file to us")


def _write(path: Path, keys: Keys, *, replace: bool) -> None:
    lines = [_line("identity", 0, keys.identity_made, keys.identity)]
    lines += [_line("working", key.number, key.made, key.key) for key in keys.ring]
    write_key_file(path, (_HEADING + "".join(lines)).encode("ascii"), replace=replace)


def _line(kind: str, number: int, made: date, key: bytes) -> str:
    return f"{kind} {number} {made.isoformat()} {base64.b64encode(key).decode()}\n"


def _read(path: Path) -> Keys:
    rows = [line.split() for line in path.read_text("ascii").splitlines() if line and not line.startswith("#")]
    try:
        entries = [
            (kind, WorkingKey(int(number), date.fromisoformat(made), base64.b64decode(key, validate=True)))
            for kind, number, made, key in rows
        ]
    except (ValueError, binascii.Error):
        # Without the cause: its message could quote a key.
        raise KeysError(f"{path} is damaged; bring it back from its copy") from None
    identities = [entry for kind, entry in entries if kind == "identity"]
    ring = tuple(entry for kind, entry in entries if kind == "working")
    if len(identities) != 1 or not _is_ring(ring) or len(identities[0].key) != KEY_BYTES:
        raise KeysError(f"{path} is damaged; bring it back from its copy")
    return Keys(identities[0].key, identities[0].made, ring)


def _is_ring(ring: Iterable[WorkingKey]) -> bool:
    numbers = [key.number for key in ring if 0 <= key.number < _KEY_IDS and len(key.key) == KEY_BYTES]
    return len(numbers) > 0 and len(set(numbers)) == len(numbers) == len(list(ring))
