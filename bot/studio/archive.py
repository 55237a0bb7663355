"""Keeps every version of the content and every change that is worked on; the only part of them that waits.

Files and trees lie under the hash of their bytes and are never written over; one value, the index, says which of them
count. It is written last and only where nobody wrote it since it was read, so that everything happens whole or not
at all, whichever replica does it and whenever it is stopped.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from pathlib import Path
from typing import Final, TypeAlias

from bot.clock import Clock
from bot.compiler import Problem
from bot.desk.ticket import StaffId
from bot.store.shelf import Shelf
from bot.studio.changes import Action, Change, ChangeId, Refusal
from bot.studio.merging import Conflict, Side
from bot.studio.tree import BlobId, Gathered, Tree
from bot.studio.versions import Live, Scheduled, Version

AHEAD: Final = timedelta(seconds=10)
"""How long before it goes live a version is announced: every replica compiles it meanwhile."""

Examine: TypeAlias = Callable[[Path, date], Sequence[Problem]]
"""Everything that is wrong with a folder of content, its authors' tests too; called in a thread."""


class ArchiveError(Exception):
    """What is kept is not what it should be; the message says what."""


@dataclass(frozen=True, slots=True)
class NotWell:
    """It was not published, since people would have met these mistakes."""

    problems: tuple[Problem, ...]


@dataclass(frozen=True, slots=True)
class Clashing:
    """It was not brought up to date: for these files somebody has to say whose stays."""

    conflicts: tuple[Conflict, ...]


class Archive:
    """All versions and changes. `folder` is the content that is live before anything was published."""

    def __init__(self, shelf: Shelf, folder: Path, data_dir: Path, clock: Clock, examine: Examine) -> None: ...

    async def live(self) -> Live | None:
        """What is live, or will be in a moment; None as long as nothing was ever published."""
        raise NotImplementedError

    async def version(self, number: int) -> Version | None:
        raise NotImplementedError

    async def versions(self) -> tuple[Version, ...]:
        """All of them, the newest first."""
        raise NotImplementedError

    async def scheduled(self) -> tuple[Scheduled, ...]:
        raise NotImplementedError

    async def changes(self) -> tuple[Change, ...]:
        """Those that are worked on, the newest first."""
        raise NotImplementedError

    async def change(self, change_id: ChangeId) -> Change | None:
        """A change, those that are closed too."""
        raise NotImplementedError

    async def begin(self, title: str, by: StaffId) -> Change | Refusal:
        """A new change over what is live."""
        raise NotImplementedError

    async def begin_from(self, title: str, by: StaffId, gathered: Gathered) -> Change | Refusal:
        """A new change over what is live that holds what a folder holds."""
        raise NotImplementedError

    async def act(self, change_id: ChangeId, by: StaffId, action: Action) -> Change | Refusal:
        """Do something with a change."""
        raise NotImplementedError

    async def catch_up(
        self, change_id: ChangeId, by: StaffId, choices: Mapping[str, Side]
    ) -> Change | Refusal | Clashing:
        """Bring a change up to what is live; `choices` say for files that clash whose stays: mine or theirs."""
        raise NotImplementedError

    async def publish(self, change_id: ChangeId, by: StaffId, why: str = "") -> Version | Refusal | NotWell:
        """Make a new version of an approved change, live everywhere AHEAD from now; `why` is its title unless given."""
        raise NotImplementedError

    async def roll_back(self, number: int, by: StaffId, why: str) -> Version | Refusal:
        """Make what a version holds live again, as a new version. It was reviewed before: one person may do this."""
        raise NotImplementedError

    async def put(self, content: bytes) -> BlobId:
        """Keep bytes; an edit names them after. What no change and no version names is gone some hours later."""
        raise NotImplementedError

    async def read(self, tree: Tree, name: str) -> bytes:
        """The bytes of a file; raise KeyError where the tree has none of that name."""
        raise NotImplementedError

    async def blob(self, blob: BlobId) -> bytes:
        raise NotImplementedError

    async def checkout(self, tree: Tree) -> Path:
        """A folder of exactly these files, for the compiler; nobody may write to it."""
        raise NotImplementedError

    async def present(self) -> Tree:
        """The files that people are answered from now: of the live version, or of the folder."""
        raise NotImplementedError
