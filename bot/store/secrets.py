"""The keys of the store on disk: one file that only we may read, made at the first start.

Whoever has this file and the store has everything the bot can read; whoever loses it loses all conversations. Keep the
copy of it apart from the copies of the store.

One file, written whole: a half-written set of keys would lock us out of our own store.

A working key goes three steps, so that no running bot is ever handed what it cannot read. It is made and only opens,
until every bot knows it; it seals, and the older ones open; these go when nothing in the store needs them any more.
Each step is a line of the file that changes, and running bots read the file anew (`bot.key_watch`).
"""

import base64
import binascii
import os
import secrets
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from datetime import date
from pathlib import Path
from typing import Final

from bot.store.key_file import write_key_file
from bot.store.private_folder import take
from bot.store.sealing import KEY_BYTES, Vault

_FOLDER: Final = "keys"
_FILE: Final = "store.keys"
_LOCK: Final = ".changing"
_OTHERS: Final = 0o077
_KEY_IDS: Final = 256
_HEADING: Final = (
    "# Keys of the store: keep a copy apart from the copies of the store, and show them to nobody.\n"
    "# kind, number, day it was made, key. The last working key seals; all of them open, and so does a coming one.\n"
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
    """All keys of the store; the last of the ring seals. One that is coming opens, and seals nothing yet."""

    identity: bytes = field(repr=False)
    identity_made: date
    ring: tuple[WorkingKey, ...]
    coming: WorkingKey | None = None

    @property
    def opening(self) -> dict[int, bytes]:
        """Every working key by its number."""
        coming = () if self.coming is None else (self.coming,)
        return {key.number: key.key for key in (*self.ring, *coming)}

    @property
    def sealing(self) -> int:
        """The number of the key that seals."""
        return self.ring[-1].number

    def vault(self) -> Vault:
        """The keys, ready for work."""
        return Vault(self.identity, self.opening, self.sealing)


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
        _write(path, first, over=False)
    return load(data_dir)


def load(data_dir: Path) -> Keys:
    """The keys in the data folder; raise KeysError where there are none, or others can read them."""
    if not are_made(data_dir):
        raise KeysError(f"there are no keys in {data_dir / _FOLDER} yet; the first start makes them")
    path = data_dir / _FOLDER / _FILE
    _refuse_if_others_can_read(path.parent)
    _refuse_if_others_can_read(path)
    return _read(path)


def add_working_key(data_dir: Path, today: date) -> Keys:
    """Make a key that opens and does not seal yet, for all bots to know it first; raise KeysError if one is there."""
    with _changing(data_dir) as keys:
        if keys.coming is not None:
            raise KeysError(f"working key {keys.coming.number} is made already; let it seal with: waymark keys use")
        number = (keys.sealing + 1) % _KEY_IDS
        if number in keys.opening:
            raise KeysError(f"working key {number} is still there; take the old ones out with: waymark keys retire")
        return _put(data_dir, replace(keys, coming=_new_key(number, today)))


def use_coming_key(data_dir: Path) -> Keys:
    """Let the coming key seal; raise KeysError if there is none."""
    with _changing(data_dir) as keys:
        if keys.coming is None:
            raise KeysError("no working key is coming; make one with: waymark keys renew")
        return _put(data_dir, replace(keys, ring=(*keys.ring, keys.coming), coming=None))


def forget_old_keys(data_dir: Path, sealing: int) -> Keys:
    """Keep only the key that seals, and one that is coming; raise KeysError unless it is the one with this number."""
    with _changing(data_dir) as keys:
        if keys.sealing != sealing:
            raise KeysError("the keys were changed meanwhile; nothing is taken out")
        return _put(data_dir, replace(keys, ring=keys.ring[-1:]))


@contextmanager
def _changing(data_dir: Path) -> Iterator[Keys]:
    """The keys as they are, while nobody else changes them."""
    load(data_dir)
    lock = take(data_dir / _FOLDER / _LOCK)
    if lock is None:
        raise KeysError("somebody else is changing the keys at this moment")
    try:
        yield load(data_dir)
    finally:
        os.close(lock)


def _put(data_dir: Path, keys: Keys) -> Keys:
    _write(data_dir / _FOLDER / _FILE, keys, over=True)
    return keys


def _new_key(number: int, today: date) -> WorkingKey:
    return WorkingKey(number, today, secrets.token_bytes(KEY_BYTES))


def _refuse_if_others_can_read(path: Path) -> None:
    state = path.stat()
    if state.st_mode & _OTHERS:
        wanted = "700" if path.is_dir() else "600"
        raise KeysError(f"{path} can be read by others; run: chmod {wanted} {path}")
    if state.st_uid != os.geteuid():
        raise KeysError(f"{path} belongs to another user; run the bot as its owner or give the file to us")


def _write(path: Path, keys: Keys, *, over: bool) -> None:
    lines = [_line("identity", 0, keys.identity_made, keys.identity)]
    lines += [_line("working", key.number, key.made, key.key) for key in keys.ring]
    if keys.coming is not None:
        lines.append(_line("coming", keys.coming.number, keys.coming.made, keys.coming.key))
    write_key_file(path, (_HEADING + "".join(lines)).encode("ascii"), replace=over)


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
    coming = tuple(entry for kind, entry in entries if kind == "coming")
    is_whole = len(identities) == 1 and len(identities[0].key) == KEY_BYTES
    if not is_whole or not ring or not _is_ring((*ring, *coming)) or len(coming) > 1:
        raise KeysError(f"{path} is damaged; bring it back from its copy")
    return Keys(identities[0].key, identities[0].made, ring, *coming)


def _is_ring(ring: Iterable[WorkingKey]) -> bool:
    numbers = [key.number for key in ring if 0 <= key.number < _KEY_IDS and len(key.key) == KEY_BYTES]
    return len(set(numbers)) == len(numbers) == len(list(ring))
