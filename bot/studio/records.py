"""How versions and changes are written down. Trees are named by their hash and kept beside."""

from dataclasses import dataclass, replace
from datetime import datetime
from typing import Final

import msgspec

from bot.desk.ticket import StaffId
from bot.studio.changes import Change, ChangeId, ChangeState, Comment, Refusal
from bot.studio.tree import BlobId, Tree, TreeHash
from bot.studio.versions import Live, Version, VersionKind

SCHEMA: Final = 1


class RecordError(Exception):
    """What is kept was written by another program than this, or is broken."""


class VersionRow(msgspec.Struct, array_like=True, frozen=True):
    number: int
    tree: TreeHash
    parent: int | None
    at: datetime
    by: StaffId
    reviewed_by: StaffId | None
    why: str
    kind: VersionKind
    change: ChangeId | None = None
    returns_to: int | None = None
    closed: BlobId | None = None
    """The record of the change that became it."""


class ChangeRow(msgspec.Struct, array_like=True, frozen=True):
    id: ChangeId
    title: str
    base: int
    origin: TreeHash
    tree: TreeHash
    begun_by: StaffId
    begun_at: datetime
    state: ChangeState
    authors: tuple[StaffId, ...]
    touched: dict[str, StaffId]
    submitted_by: StaffId | None
    submitted_at: datetime | None
    approved: TreeHash | None
    approved_by: StaffId | None
    approved_at: datetime | None
    scheduled_by: StaffId | None
    scheduled_at: datetime | None
    comments: tuple[Comment, ...]
    missed: Refusal | None
    closed_at: datetime | None


@dataclass(frozen=True, slots=True)
class Index:
    """What counts: versions in their order, by the names of their records; what is live; and changes not published.

    A change that was dropped stays here for a while, so that its author can still look at it.
    """

    versions: tuple[BlobId, ...] = ()
    live: Live | None = None
    changes: tuple[ChangeRow, ...] = ()
    schema: int = SCHEMA

    def change(self, change_id: ChangeId) -> ChangeRow | None:
        """The change of this id."""
        return next((row for row in self.changes if row.id == change_id), None)

    def with_change(self, row: ChangeRow) -> "Index":
        """With the change as it is now."""
        others = tuple(other for other in self.changes if other.id != row.id)
        return replace(self, changes=(*others, row))

    def without(self, change_id: ChangeId) -> "Index":
        """Without a change."""
        return replace(self, changes=tuple(row for row in self.changes if row.id != change_id))


def row_of_version(version: Version, closed: BlobId | None) -> VersionRow:
    """A version as it is written, with the record of the change that became it."""
    return VersionRow(
        *(version.number, version.tree.hash, version.parent, version.at, version.by, version.reviewed_by),
        *(version.why, version.kind, version.change, version.returns_to, closed),
    )


def version_of(row: VersionRow, tree: Tree) -> Version:
    """A version as it was written, with its files."""
    return Version(
        *(row.number, tree, row.parent, row.at, row.by, row.reviewed_by, row.why, row.kind, row.change, row.returns_to)
    )


def row_of_change(change: Change) -> ChangeRow:
    """A change as it is written."""
    return ChangeRow(
        *(change.id, change.title, change.base, change.origin.hash, change.tree.hash, change.begun_by, change.begun_at),
        *(change.state, change.authors, dict(change.touched), change.submitted_by, change.submitted_at),
        *(change.approved, change.approved_by, change.approved_at, change.scheduled_by, change.scheduled_at),
        *(change.comments, change.missed, change.closed_at),
    )


def change_of(row: ChangeRow, origin: Tree, tree: Tree, version: int | None = None) -> Change:
    """A change as it was written, with its files and what it became."""
    return Change(
        *(row.id, row.title, row.base, origin, tree, row.begun_by, row.begun_at, row.state, row.authors, row.touched),
        *(row.submitted_by, row.submitted_at, row.approved, row.approved_by, row.approved_at),
        scheduled_by=row.scheduled_by,
        scheduled_at=row.scheduled_at,
        comments=row.comments,
        missed=row.missed,
        closed_at=row.closed_at,
        version=version,
    )


def encode(record: Index | VersionRow | ChangeRow) -> bytes:
    """A record as bytes."""
    return msgspec.msgpack.encode(record)


def decode_index(written: bytes) -> Index:
    """The index; raise RecordError where this program cannot read it."""
    try:
        index = _INDEX.decode(written)
    except msgspec.MsgspecError as error:
        raise RecordError("the list of the content's versions cannot be read") from error
    if index.schema != SCHEMA:
        raise RecordError(
            f"the list of the content's versions is of schema {index.schema}, and this program reads {SCHEMA}"
        )
    return index


def decode_version(written: bytes) -> VersionRow:
    """A version; raise RecordError where this program cannot read it."""
    try:
        return _VERSION.decode(written)
    except msgspec.MsgspecError as error:
        raise RecordError("a version of the content cannot be read") from error


def decode_change(written: bytes) -> ChangeRow:
    """A change; raise RecordError where this program cannot read it."""
    try:
        return _CHANGE.decode(written)
    except msgspec.MsgspecError as error:
        raise RecordError("a change of the content cannot be read") from error


_INDEX: Final = msgspec.msgpack.Decoder(Index)
_VERSION: Final = msgspec.msgpack.Decoder(VersionRow)
_CHANGE: Final = msgspec.msgpack.Decoder(ChangeRow)
