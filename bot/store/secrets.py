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
from bot.store.private_folder import Places, take
from bot.store.sealing import KEY_BYTES, Vault

FOLDER: Final = "keys"
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
    naming: bytes | None = field(default=None, repr=False)
    """Older files have none: there the identity key makes all names."""
    former: bytes | None = field(default=None, repr=False)
    """The identity key of before, while conversations are being moved to their new ids."""

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
        return Vault(self.identity, self.opening, self.sealing, self.naming)

    def former_vault(self) -> Vault | None:
        """The keys as they were before the identity key was changed, while that is under way."""
        return None if self.former is None else Vault(self.former, self.opening, self.sealing, self.naming)


def are_made(data_dir: Path) -> bool:
    """Whether there are keys in the data folder."""
    return (data_dir / FOLDER / _FILE).exists()


def how_they_are_lost(data_dir: Path) -> str | None:
    """What to do where a store lies in the data folder and no keys to it; None where there are some, or no store."""
    places = Places.of(data_dir)
    if are_made(data_dir) or not places.live.exists():
        return None
    return (
        f"a store lies in {places.folder} and no keys to it in {data_dir / FOLDER}: bring keys/ back from its copy. "
        f"Or, to begin anew and lose everything in it, move {places.folder} away"
    )


def load_or_make(data_dir: Path, today: date) -> Keys:
    """The keys in the data folder; made when there are none yet.

    Raise KeysError when others can read them, or when new ones would open nothing of a store that lies there.
    """
    folder = data_dir / FOLDER
    path = folder / _FILE
    if not path.exists():
        if (lost := how_they_are_lost(data_dir)) is not None:
            raise KeysError(lost)
        data_dir.mkdir(parents=True, exist_ok=True)
        folder.mkdir(mode=0o700, exist_ok=True)
        _refuse_if_others_can_read(folder)
        first = Keys(_fresh(), today, (_new_key(1, today),), naming=_fresh())
        _write(path, first, over=False)
    return load(data_dir)


def load(data_dir: Path) -> Keys:
    """The keys in the data folder; raise KeysError where there are none, or they must not be used as they are."""
    keys = load_as_they_are(data_dir)
    if keys.former is not None:
        raise KeysError("the identity key is being changed; finish that first with: waymark keys renew-identity")
    return keys


def load_as_they_are(data_dir: Path) -> Keys:
    """The same, also while the identity key is being changed."""
    if not are_made(data_dir):
        raise KeysError(f"there are no keys in {data_dir / FOLDER} yet; the first start makes them")
    path = data_dir / FOLDER / _FILE
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


def begin_new_identity(data_dir: Path, today: date) -> Keys:
    """Make a new identity key, and keep the one of before until everybody has moved; the same again if it is begun."""
    with _changing(data_dir) as keys:
        if keys.former is not None:
            return keys
        # The names that the first key has made stay as they are.
        naming = keys.naming or keys.identity
        fresh = replace(keys, identity=_fresh(), identity_made=today, naming=naming, former=keys.identity)
        return _put(data_dir, fresh)


def forget_former_identity(data_dir: Path) -> Keys:
    """Everybody has moved."""
    with _changing(data_dir) as keys:
        return _put(data_dir, replace(keys, former=None))


@contextmanager
def _changing(data_dir: Path) -> Iterator[Keys]:
    """The keys as they are, while nobody else changes them."""
    load_as_they_are(data_dir)
    lock = take(data_dir / FOLDER / _LOCK)
    if lock is None:
        raise KeysError("somebody else is changing the keys at this moment")
    try:
        yield load_as_they_are(data_dir)
    finally:
        os.close(lock)


def _put(data_dir: Path, keys: Keys) -> Keys:
    _write(data_dir / FOLDER / _FILE, keys, over=True)
    return keys


def _new_key(number: int, today: date) -> WorkingKey:
    return WorkingKey(number, today, _fresh())


def _fresh() -> bytes:
    return secrets.token_bytes(KEY_BYTES)


def _refuse_if_others_can_read(path: Path) -> None:
    state = path.stat()
    if state.st_mode & _OTHERS:
        wanted = "700" if path.is_dir() else "600"
        raise KeysError(f"{path} can be read by others; run: chmod {wanted} {path}")
    if state.st_uid != os.geteuid():
        raise KeysError(f"{path} belongs to another user; run the bot as its owner or give the file to us")


def _write(path: Path, keys: Keys, *, over: bool) -> None:
    lines = [_line("identity", 0, keys.identity_made, keys.identity)]
    made = {"naming": keys.naming, "former": keys.former}
    lines += [_line(kind, 0, keys.identity_made, key) for kind, key in made.items() if key is not None]
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
    by_kind: dict[str, list[WorkingKey]] = {}
    for kind, entry in entries:
        by_kind.setdefault(kind, []).append(entry)
    ring, coming, identity, naming, former = (
        tuple(by_kind.pop(kind, ())) for kind in ("working", "coming", "identity", "naming", "former")
    )
    single = (identity, naming, former, coming)
    # A line of another kind is from a newer version: without it we would seal, or name, what that one cannot find.
    is_whole = len(identity) == 1 and all(len(one) <= 1 for one in single) and not by_kind
    names = (*identity, *naming, *former)
    if not is_whole or not ring or not _is_ring((*ring, *coming)) or any(len(one.key) != KEY_BYTES for one in names):
        raise KeysError(f"{path} is damaged; bring it back from its copy")
    return Keys(
        identity[0].key,
        identity[0].made,
        ring,
        coming[0] if coming else None,
        naming[0].key if naming else None,
        former[0].key if former else None,
    )


def _is_ring(ring: Iterable[WorkingKey]) -> bool:
    numbers = [key.number for key in ring if 0 <= key.number < _KEY_IDS and len(key.key) == KEY_BYTES]
    return len(set(numbers)) == len(numbers) == len(list(ring))
