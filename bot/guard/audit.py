"""Who did what: a list that is only ever added to, each entry bound to the one before it and signed.

Whoever changes, takes out, puts in or reorders an entry breaks the chain; whoever cuts off its end is found out by the
signed head, which is kept apart. No content, no names of people, and the minute is all of the time there is.
"""

import hashlib
from collections.abc import Collection, Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Final

import msgspec

from bot import logbook
from bot.casebook import Writer, is_signed
from bot.clock import Clock
from bot.desk.ticket import StaffId
from bot.store.contract import ConflictError, StoreError
from bot.store.shelf import Shelf, ShelfKind

COMMAND_LINE: Final = StaffId("command-line")
"""Whoever gives commands on the machine: nobody can say who it was."""

KEPT: Final = timedelta(days=180)
TRIM_EVERY: Final = 3600.0
_SIGNATURE_BYTES: Final = 64
_FIRST: Final = "0" * 64
_HEAD: Final = "audit-head"
_NOBODYS_HEAD: Final = (2**62, "")
"""A head that is gone, or that nobody signed, is worse than a wrong one: no list is as long as it says."""

_TRIES: Final = 20


class Deed(StrEnum):
    """What can be done that others must be able to look up."""

    SIGNED_IN = "signed-in"
    SIGN_IN_FAILED = "sign-in-failed"
    SIGNED_OUT = "signed-out"
    JOINED = "joined"
    PASSWORD_CHANGED = "password-changed"  # noqa: S105 - a deed, and no password
    PASSKEY_ADDED = "passkey-added"
    PASSKEY_REMOVED = "passkey-removed"
    OPENED = "opened"
    BROKE_GLASS = "broke-glass"
    ACTED = "acted"
    """Asked for: it is written down before it is done."""
    REFUSED = "refused"
    """What had been asked for just before was not done; `why` is the desk's refusal."""
    EXPORTED = "exported"
    INVITED = "invited"
    REMOVED = "removed"
    RECOVERED = "recovered"
    TRIMMED = "trimmed"
    CONTENT_EDITED = "content-edited"
    CONTENT_SUBMITTED = "content-submitted"
    CONTENT_APPROVED = "content-approved"
    CONTENT_SENT_BACK = "content-sent-back"
    CONTENT_SCHEDULED = "content-scheduled"
    CONTENT_PUBLISHED = "content-published"
    CONTENT_ROLLED_BACK = "content-rolled-back"
    CONTENT_DROPPED = "content-dropped"
    CALLED = "called"


class Fault(StrEnum):
    """What is wrong with the chain."""

    UNREADABLE = "unreadable"
    FORGED = "forged"
    BROKEN = "broken"
    """An entry does not follow from the one before it: something was changed, taken out, put in or moved."""
    CUT_SHORT = "cut-short"
    BEGINS_LATE = "begins-late"


class _Row(msgspec.Struct, array_like=True, frozen=True):
    number: int
    at: datetime
    staff: str
    deed: str
    what: str
    why: str
    before: str


@dataclass(frozen=True, slots=True)
class AuditEntry:
    """One deed. `what` is an alias or a member's id, `why` the reason that was given."""

    number: int
    at: datetime
    staff: StaffId
    deed: Deed
    what: str = ""
    why: str = ""


_ENCODER: Final = msgspec.json.Encoder()
_DECODER: Final = msgspec.json.Decoder(_Row)


def write_entry(writer: Writer, entry: AuditEntry, before: bytes | None) -> bytes:
    """An entry that follows on another one's bytes."""
    row = _Row(entry.number, entry.at, entry.staff, entry.deed, entry.what, entry.why, _hash(before))
    plain = _ENCODER.encode(row)
    return writer.sign(b"audit\0" + plain) + plain


def read_entry(data: bytes) -> AuditEntry | None:
    """The deed in these bytes, whether or not the chain holds; None where there is none."""
    row = _row(data)
    if row is None:
        return None
    try:
        return AuditEntry(row.number, row.at, StaffId(row.staff), Deed(row.deed), row.what, row.why)
    except ValueError:
        return None


def find_fault(
    entries: Sequence[bytes], writers: Collection[bytes], head: tuple[int, str] | None = None
) -> tuple[int, Fault] | None:
    """The place of the first entry with which something is wrong, and what; None where the chain holds.

    `head` is how many were ever added and the hash of the last: without it a chain that was cut off looks whole.
    """
    before: bytes | None = None
    rows: list[_Row] = []
    for place, data in enumerate(entries):
        row = _row(data)
        if row is None:
            return place, Fault.UNREADABLE
        if not _is_signed(data, writers):
            return place, Fault.FORGED
        follows = rows and (row.number, row.before) == (rows[-1].number + 1, _hash(before))
        if rows and not follows:
            return place, Fault.BROKEN
        rows.append(row)
        before = data
    if rows and rows[0].number > 0 and not _was_trimmed(rows):
        return 0, Fault.BEGINS_LATE
    if not rows and head is not None and head[0] == 0:
        return None
    if head is not None:
        return _against_head(entries, rows, head)
    return None


class Chronicle:
    """Writes deeds down, each once and in order, whoever writes at the same time."""

    def __init__(self, shelf: Shelf, writer: Writer, writers: Collection[bytes]) -> None:
        self._shelf = shelf
        self._writer = writer
        self._writers = writers

    async def note(self, now: datetime, staff: StaffId, deed: Deed, what: str = "", why: str = "") -> None:
        """Write a deed down; raise StoreError where that cannot be done: then it must not be done either."""
        for _ in range(_TRIES):
            if await self._append(AuditEntry(0, now, staff, deed, what, why), *await self._shelf.last_audit()):
                return
        raise ConflictError("the list of who did what grew faster than it could be written")

    async def note_once(self, now: datetime, staff: StaffId, deed: Deed, what: str, why: str) -> None:
        """The same for what several processes do as one: where all but the time stands there, it is not added again."""
        for _ in range(_TRIES):
            first, entries = await self._shelf.read_audit()
            known = (read_entry(data) for data in entries)
            told = (staff, deed, what, why)
            if any(one is not None and (one.staff, one.deed, one.what, one.why) == told for one in known):
                return
            # Nobody may have added anything since: it could have been this.
            count, last = first + len(entries), entries[-1] if entries else None
            if await self._append(AuditEntry(0, now, staff, deed, what, why), count, last):
                return
        raise ConflictError("the list of who did what grew faster than it could be written")

    async def _append(self, entry: AuditEntry, count: int, last: bytes | None) -> bool:
        minute = entry.at.replace(second=0, microsecond=0)
        data = write_entry(self._writer, replace(entry, number=count, at=minute), last)
        try:
            await self._shelf.append_audit(data, count)
        except ConflictError:
            return False
        await self._keep_head(count + 1, data)
        return True

    async def pretend(self, now: datetime) -> None:
        """Ask of the store what noting a deed asks, and note nothing: who waits cannot tell which it was."""
        count, last = await self._shelf.last_audit()
        data = write_entry(self._writer, AuditEntry(count, now, StaffId(""), Deed.SIGN_IN_FAILED), last)
        await self._shelf.write_shelf(ShelfKind.USED, _HEAD, data)
        await self._shelf.read_shelf(ShelfKind.CREDENTIAL, _HEAD)
        await self._shelf.write_shelf(ShelfKind.USED, _HEAD, self._writer.sign(data))

    async def read(self) -> tuple[tuple[AuditEntry, ...], tuple[int, Fault] | None]:
        """All that is kept, oldest first, and what is wrong with it, if anything."""
        # The head first: what is added meanwhile must not look cut off.
        found = await self._shelf.read_shelf(ShelfKind.CREDENTIAL, _HEAD)
        first, entries = await self._shelf.read_audit()
        head = (0, _FIRST) if found is None else _read_head(found[1], self._writers)
        if found is None and first + len(entries):
            head = _NOBODYS_HEAD
        readable = [entry for entry in map(read_entry, entries) if entry is not None]
        return tuple(readable), find_fault(entries, self._writers, head)

    async def follow(self, clock: Clock) -> None:
        """Forget what is too old, every hour, for as long as it runs."""
        while True:
            try:
                await self.trim(clock.now())
            except StoreError as error:
                logbook.note_error("audit_not_trimmed", error)
            await clock.sleep(TRIM_EVERY)

    async def trim(self, now: datetime) -> int:
        """Forget what is older than it is kept for, and write down that this was done; how many went."""
        first, entries = await self._shelf.read_audit()
        old = 0
        for data in entries[:-1]:
            row = _row(data)
            if row is None or row.at > now - KEPT:
                break
            old += 1
        if old and await self._claim(first):
            last = _row(entries[old - 1])
            number = -1 if last is None else last.number
            await self.note(now, StaffId(""), Deed.TRIMMED, f"{number} {_hash(entries[old - 1])}")
            await self._shelf.trim_audit(old)
            return old
        return 0

    async def _claim(self, first: int) -> bool:
        """Be the only one who shortens the list at this place: twice would take what is still to be kept."""
        try:
            await self._shelf.write_shelf(ShelfKind.USED, f"{_HEAD} {first}", b"trimmed", 0)
        except ConflictError:
            return False
        return True

    async def _keep_head(self, count: int, data: bytes) -> None:
        plain = f"{count} {_hash(data)}".encode()
        signed = self._writer.sign(b"head\0" + plain) + plain
        for _ in range(_TRIES):
            found = await self._shelf.read_shelf(ShelfKind.CREDENTIAL, _HEAD)
            if found is not None and _read_head(found[1], self._writers)[0] >= count:
                return
            with suppress(ConflictError):
                await self._shelf.write_shelf(ShelfKind.CREDENTIAL, _HEAD, signed, 0 if found is None else found[0])
                return


def _read_head(data: bytes, writers: Collection[bytes]) -> tuple[int, str]:
    signature, plain = data[:_SIGNATURE_BYTES], data[_SIGNATURE_BYTES:]
    if not is_signed(writers, b"head\0" + plain, signature):
        return _NOBODYS_HEAD
    count, _, digest = plain.decode().partition(" ")
    return int(count), digest


def _against_head(entries: Sequence[bytes], rows: Sequence[_Row], head: tuple[int, str]) -> tuple[int, Fault] | None:
    count, digest = head
    by_number = {row.number: data for row, data in zip(rows, entries, strict=True)}
    last = by_number.get(count - 1)
    if last is None:
        return len(entries), Fault.CUT_SHORT
    return None if _hash(last) == digest else (len(entries) - 1, Fault.BROKEN)


def _was_trimmed(rows: Sequence[_Row]) -> bool:
    wanted = f"{rows[0].number - 1} {rows[0].before}"
    return any(row.deed == Deed.TRIMMED and row.what == wanted for row in rows)


def _row(data: bytes) -> _Row | None:
    try:
        return _DECODER.decode(data[_SIGNATURE_BYTES:])
    except (msgspec.DecodeError, UnicodeDecodeError):
        return None


def _is_signed(data: bytes, writers: Collection[bytes]) -> bool:
    message = b"audit\0" + data[_SIGNATURE_BYTES:]
    return is_signed(writers, message, data[:_SIGNATURE_BYTES])


def _hash(data: bytes | None) -> str:
    return _FIRST if data is None else hashlib.sha256(data).hexdigest()
