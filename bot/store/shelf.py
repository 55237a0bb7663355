"""Small things that are kept by name for a set time: sign-ins, credentials, counters; and the list of who did what.

They lie beside conversations and tickets and have nothing to do with either, so that a door of the staff's side needs
no more of the store than this.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Final, Protocol

from bot.clock import Clock
from bot.store.contract import ConflictError


class ShelfKind(StrEnum):
    """What is kept on the shelf; the value is a part of the key's name."""

    CREDENTIAL = "cr"
    SESSION = "se"
    PENDING = "pe"
    CHALLENGE = "ch"
    USED = "us"
    LOGIN = "lo"
    PRESENCE = "pr"
    GLASS = "gl"
    CALLS = "ca"
    """Which numbers editors called, and who answers for which file: of staff, never of people who write to us."""
    CONTENT_BLOB = "cb"
    """Bytes of a file of the content, by their hash."""
    CONTENT_VERSION = "cv"
    CONTENT_CHANGE = "cc"
    CONTENT_INDEX = "ci"
    TRAFFIC = "tr"
    """How many people took which way through the dialogue on a day."""


LIVES: Final[Mapping[ShelfKind, timedelta | None]] = {
    ShelfKind.CREDENTIAL: None,
    ShelfKind.SESSION: timedelta(minutes=20),
    ShelfKind.PENDING: timedelta(minutes=5),
    ShelfKind.CHALLENGE: timedelta(minutes=5),
    ShelfKind.USED: timedelta(minutes=5),
    ShelfKind.LOGIN: timedelta(hours=1),
    ShelfKind.PRESENCE: timedelta(seconds=20),
    ShelfKind.GLASS: timedelta(hours=8),
    ShelfKind.CALLS: None,
    ShelfKind.CONTENT_BLOB: None,
    ShelfKind.CONTENT_VERSION: None,
    ShelfKind.CONTENT_CHANGE: None,
    ShelfKind.CONTENT_INDEX: None,
    ShelfKind.TRAFFIC: timedelta(days=90),
}
"""How long each kind is kept after it was last written; None until it is dropped."""


class Shelf(Protocol):
    """Named values with versions, and an append-only list. Names are hashed and values sealed where they lie."""

    async def read_shelf(self, kind: ShelfKind, name: str) -> tuple[int, bytes] | None:
        """The version and the value."""
        ...

    async def write_shelf(self, kind: ShelfKind, name: str, value: bytes, expected: int | None = None) -> int:
        """Write it and return its new version; raise ConflictError unless the expected one still holds.

        None takes the place of whatever is there, 0 expects nothing.
        """
        ...

    async def drop_shelf(self, kind: ShelfKind, name: str, expected: int | None = None) -> bool:
        """Take it off; say whether it was there. Raise ConflictError unless the expected version still holds."""
        ...

    async def append_audit(self, entry: bytes, expected: int) -> None:
        """Add to the list; raise ConflictError unless so many were ever added before."""
        ...

    async def last_audit(self) -> tuple[int, bytes | None]:
        """How many were ever added, and the newest."""
        ...

    async def read_audit(self) -> tuple[int, Sequence[bytes]]:
        """The number of the oldest that is kept, and all of them."""
        ...

    async def trim_audit(self, count: int) -> None:
        """Take the oldest off."""
        ...


@dataclass(frozen=True, slots=True)
class _Kept:
    version: int
    value: bytes
    end: datetime | None


@dataclass(slots=True)
class MemoryShelf:
    """The shelf without a server."""

    clock: Clock
    kept: dict[tuple[ShelfKind, str], _Kept] = field(default_factory=dict)
    audit: list[bytes] = field(default_factory=list)
    audited: int = 0

    async def read_shelf(self, kind: ShelfKind, name: str) -> tuple[int, bytes] | None:
        found = self._find(kind, name)
        return None if found is None else (found.version, found.value)

    async def write_shelf(self, kind: ShelfKind, name: str, value: bytes, expected: int | None = None) -> int:
        found = self._find(kind, name)
        version = 0 if found is None else found.version
        if expected is not None and expected != version:
            raise ConflictError("somebody else wrote this first")
        life = LIVES[kind]
        end = None if life is None else self.clock.now() + life
        self.kept[kind, name] = _Kept(version + 1, value, end)
        return version + 1

    async def drop_shelf(self, kind: ShelfKind, name: str, expected: int | None = None) -> bool:
        found = self._find(kind, name)
        if expected is not None and expected != (0 if found is None else found.version):
            raise ConflictError("somebody else wrote this first")
        self.kept.pop((kind, name), None)
        return found is not None

    async def append_audit(self, entry: bytes, expected: int) -> None:
        if expected != self.audited:
            raise ConflictError("somebody else wrote this first")
        self.audit.append(entry)
        self.audited += 1

    async def last_audit(self) -> tuple[int, bytes | None]:
        return self.audited, self.audit[-1] if self.audit else None

    async def read_audit(self) -> tuple[int, Sequence[bytes]]:
        return self.audited - len(self.audit), tuple(self.audit)

    async def trim_audit(self, count: int) -> None:
        del self.audit[:count]

    def _find(self, kind: ShelfKind, name: str) -> _Kept | None:
        found = self.kept.get((kind, name))
        if found is not None and found.end is not None and found.end <= self.clock.now():
            del self.kept[kind, name]
            return None
        return found
