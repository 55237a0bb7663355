"""Every state of the content that was ever live: what, when, by whom, reviewed by whom, and why."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from bot.desk.ticket import StaffId
from bot.studio.changes import ChangeId
from bot.studio.tree import Tree


class VersionKind(StrEnum):
    """How a version came about; `studio-version-<value>` are the words."""

    IMPORTED = "imported"
    """The folder of content as it was before anything was published."""
    PUBLISHED = "published"
    ROLLED_BACK = "rolled-back"


@dataclass(frozen=True, slots=True)
class Version:
    """It never changes. `parent` is what was live before it; `returns_to` is what a roll-back put back."""

    number: int
    tree: Tree
    parent: int | None
    at: datetime
    by: StaffId
    reviewed_by: StaffId | None
    why: str
    kind: VersionKind
    change: ChangeId | None = None
    returns_to: int | None = None


@dataclass(frozen=True, slots=True)
class Live:
    """From `since` on the version is live everywhere; until then it is the one `before`.

    The moment lies a few seconds ahead when it is set, so that every replica has compiled it by then.
    """

    version: int
    since: datetime
    before: int | None = None

    def at(self, now: datetime) -> int | None:
        """The version that is live at a moment; None while that is still the folder."""
        return self.version if now >= self.since else self.before


@dataclass(frozen=True, slots=True)
class Scheduled:
    """A change that goes live by itself."""

    change: ChangeId
    title: str
    at: datetime
