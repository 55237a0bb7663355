"""A change of the content, from its first edit to the moment it goes live, and who may do what with it when.

Nothing reaches people without a second person: an approval is given for exactly the files that the approver saw, by
somebody who wrote none of them, and any edit takes it away. Nobody's work is lost: an edit names what its author had
before their eyes, and is refused where something else stands there by now.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from enum import StrEnum
from typing import Final, NewType, TypeAlias, assert_never

from bot.desk.ticket import StaffId
from bot.studio.tree import MOST_FILES, BlobId, Tree, TreeHash, is_content_name

ChangeId = NewType("ChangeId", str)

LONGEST_TITLE: Final = 120
LONGEST_COMMENT: Final = 2_000
MOST_COMMENTS: Final = 500


class ChangeState(StrEnum):
    """How far a change has come; `studio-state-<value>` are the words."""

    OPEN = "open"
    SUBMITTED = "submitted"
    APPROVED = "approved"
    SCHEDULED = "scheduled"
    PUBLISHED = "published"
    DROPPED = "dropped"


class Refusal(StrEnum):
    """Why something was not done; `studio-refused-<value>` are the words."""

    CHANGED_MEANWHILE = "changed-meanwhile"
    """Somebody else changed what you had before you."""
    OWN_WORK = "own-work"
    """Whoever wrote some of it cannot approve it."""
    NOT_SUBMITTED = "not-submitted"
    NOT_APPROVED = "not-approved"
    NOT_SCHEDULED = "not-scheduled"
    NOTHING_CHANGED = "nothing-changed"
    CLOSED = "closed"
    """Published or dropped: it stays as it is."""
    BAD_NAME = "bad-name"
    TOO_MANY = "too-many"
    EMPTY = "empty"
    TOO_LONG = "too-long"
    IN_THE_PAST = "in-the-past"
    MOVED_ON = "moved-on"
    """What is live has changed in the same files since: bring it up to date first."""
    NO_SUCH_CHANGE = "no-such-change"
    NO_SUCH_VERSION = "no-such-version"
    LIVE_ALREADY = "live-already"
    NOT_WELL = "not-well"
    """The check has something against it."""
    NOT_CHECKED = "not-checked"
    """The check could not be done, which says nothing against it."""
    REVIEWER_LEFT = "reviewer-left"
    """Whoever approved it may not review any more."""
    PUBLISHER_LEFT = "publisher-left"
    """Whoever set its moment may not publish any more."""


@dataclass(frozen=True, slots=True)
class Comment:
    """What somebody wrote beside a change."""

    by: StaffId
    at: datetime
    words: str


@dataclass(frozen=True, slots=True)
class Change:
    """A draft over the version `base`, whose files are `origin`; 0 is the folder, before anything was published."""

    id: ChangeId
    title: str
    base: int
    origin: Tree
    tree: Tree
    begun_by: StaffId
    begun_at: datetime
    state: ChangeState = ChangeState.OPEN
    authors: tuple[StaffId, ...] = ()
    """Everybody who ever wrote something in it, in the order of their first edit."""
    touched: Mapping[str, StaffId] = field(default_factory=dict)
    """File → who wrote it last."""
    submitted_by: StaffId | None = None
    submitted_at: datetime | None = None
    approved: TreeHash | None = None
    """For which files the approval is."""
    approved_by: StaffId | None = None
    approved_at: datetime | None = None
    scheduled_by: StaffId | None = None
    scheduled_at: datetime | None = None
    comments: tuple[Comment, ...] = ()
    missed: Refusal | None = None
    """Why it did not go live at the moment that was set, or is to be reviewed once more."""
    closed_at: datetime | None = None
    version: int | None = None
    """What it became, once it is published."""

    @property
    def is_closed(self) -> bool:
        """Whether nothing can happen to it any more."""
        return self.state in (ChangeState.PUBLISHED, ChangeState.DROPPED)

    @property
    def is_approved(self) -> bool:
        """Whether somebody else has approved exactly what stands in it."""
        return (
            self.state in (ChangeState.APPROVED, ChangeState.SCHEDULED)
            and self.approved == self.tree.hash
            and self.approved_by not in self.authors
        )

    def files(self) -> dict[str, BlobId | None]:
        """The files that it changes; None where one is gone."""
        return self.origin.changed_in(self.tree)


@dataclass(frozen=True, slots=True)
class Edit:
    """Put bytes under a name, or take the file away. `expects` is what stood there for whoever made the edit."""

    name: str
    blob: BlobId | None
    expects: BlobId | None


@dataclass(frozen=True, slots=True)
class EditAll:
    """Several edits, all of them or none."""

    edits: tuple[Edit, ...]


@dataclass(frozen=True, slots=True)
class Retitle:
    title: str


@dataclass(frozen=True, slots=True)
class AddComment:
    words: str


@dataclass(frozen=True, slots=True)
class Submit:
    """Ask for a review."""


@dataclass(frozen=True, slots=True)
class Approve:
    """`seen` is what the approver had before them."""

    seen: TreeHash


@dataclass(frozen=True, slots=True)
class SendBack:
    """Ask its authors for something else; `why` becomes a comment."""

    why: str


@dataclass(frozen=True, slots=True)
class Schedule:
    """Publish it at a moment to come."""

    at: datetime


@dataclass(frozen=True, slots=True)
class Unschedule:
    """Publish it when somebody says so, after all."""


@dataclass(frozen=True, slots=True)
class CatchUp:
    """Stand on a newer version: `origin` are its files, `tree` those of the change upon them.

    Where the change is still the same on other ground, or less, its approval stays.
    """

    base: int
    origin: Tree
    tree: Tree
    wrote: bool = False
    """Whether whoever does it decided what stands in a file."""


@dataclass(frozen=True, slots=True)
class Publish:
    """It becomes a version."""


@dataclass(frozen=True, slots=True)
class Miss:
    """It could not go live at its moment."""

    why: Refusal


@dataclass(frozen=True, slots=True)
class Lapse:
    """Whoever let it pass has no say any more: it is reviewed once more."""

    why: Refusal


@dataclass(frozen=True, slots=True)
class Drop:
    """Do not go on with it."""


Action: TypeAlias = Edit | EditAll | Retitle | AddComment | Submit | Approve | SendBack | Schedule | Unschedule | Drop
"""What a member may ask for."""

Step: TypeAlias = CatchUp | Publish | Miss | Lapse
"""What the archive does, together with something else."""


def decide(change: Change, member: StaffId, action: Action | Step, now: datetime) -> Change | Refusal:  # noqa: C901, PLR0911, PLR0912  # one way each
    """What becomes of a change. Whether the member has the right to it at all was asked before."""
    if change.is_closed:
        return Refusal.CLOSED
    match action:
        case Edit():
            return _edit(change, member, (action,))
        case EditAll(edits):
            return _edit(change, member, edits)
        case Retitle(title):
            return refuse_words(title, LONGEST_TITLE) or replace(change, title=title.strip())
        case AddComment(words):
            return _comment(change, member, words, now)
        case Submit():
            return _submit(change, member, now)
        case Approve(seen):
            return _approve(change, member, seen, now)
        case SendBack(why):
            return _send_back(change, member, why, now)
        case Schedule(at):
            return _schedule(change, member, at, now)
        case Unschedule():
            if change.state is not ChangeState.SCHEDULED:
                return Refusal.NOT_SCHEDULED
            return replace(change, state=ChangeState.APPROVED, scheduled_by=None, scheduled_at=None)
        case CatchUp():
            return _catch_up(change, member, action)
        case Publish():
            if not change.is_approved:
                return Refusal.NOT_APPROVED
            if not change.files():
                return Refusal.NOTHING_CHANGED
            return replace(change, state=ChangeState.PUBLISHED, closed_at=now)
        case Miss(why):
            if change.state is not ChangeState.SCHEDULED:
                return Refusal.NOT_SCHEDULED
            return replace(change, state=ChangeState.APPROVED, scheduled_by=None, scheduled_at=None, missed=why)
        case Lapse(why):
            if not change.is_approved:
                return Refusal.NOT_APPROVED
            again = replace(_reopened(change), state=ChangeState.SUBMITTED, missed=why)
            return replace(again, submitted_by=change.submitted_by, submitted_at=change.submitted_at)
        case Drop():
            return replace(change, state=ChangeState.DROPPED, closed_at=now)
        case _:
            assert_never(action)


def _edit(change: Change, member: StaffId, edits: tuple[Edit, ...]) -> Change | Refusal:
    files, touched = dict(change.tree.files), dict(change.touched)
    for edit in edits:
        if not is_content_name(edit.name):
            return Refusal.BAD_NAME
        if files.get(edit.name) != edit.expects:
            return Refusal.CHANGED_MEANWHILE
        if edit.blob == edit.expects:
            continue
        touched[edit.name] = member
        if edit.blob is None:
            del files[edit.name]
        else:
            files[edit.name] = edit.blob
    if files == change.tree.files:
        return change
    if len(files) > MOST_FILES:
        return Refusal.TOO_MANY
    return _reopened(replace(change, tree=Tree(files), touched=touched, authors=_with(change.authors, member)))


def _with(authors: tuple[StaffId, ...], member: StaffId) -> tuple[StaffId, ...]:
    return authors if member in authors else (*authors, member)


def _reopened(change: Change) -> Change:
    """Not approved any more, and to be submitted anew."""
    return replace(
        change,
        state=ChangeState.OPEN,
        submitted_by=None,
        submitted_at=None,
        approved=None,
        approved_by=None,
        approved_at=None,
        scheduled_by=None,
        scheduled_at=None,
        missed=None,
    )


def refuse_words(words: str, longest: int) -> Refusal | None:
    """Why a title or a reason cannot stand so."""
    if not words.strip():
        return Refusal.EMPTY
    return Refusal.TOO_LONG if len(words.strip()) > longest else None


def _comment(change: Change, member: StaffId, words: str, now: datetime) -> Change | Refusal:
    refusal = refuse_words(words, LONGEST_COMMENT)
    if refusal is not None:
        return refusal
    if change.comments and (change.comments[-1].by, change.comments[-1].words) == (member, words.strip()):
        # Sent once more, since nobody could say whether it had arrived.
        return change
    if len(change.comments) >= MOST_COMMENTS:
        return Refusal.TOO_MANY
    return replace(change, comments=(*change.comments, Comment(member, now, words.strip())))


def _submit(change: Change, member: StaffId, now: datetime) -> Change | Refusal:
    if change.state is not ChangeState.OPEN:
        return change
    if not change.files():
        return Refusal.NOTHING_CHANGED
    return replace(change, state=ChangeState.SUBMITTED, submitted_by=member, submitted_at=now)


def _approve(change: Change, member: StaffId, seen: TreeHash, now: datetime) -> Change | Refusal:
    if change.state is not ChangeState.SUBMITTED:
        return Refusal.NOT_SUBMITTED
    if seen != change.tree.hash:
        return Refusal.CHANGED_MEANWHILE
    if member in change.authors:
        return Refusal.OWN_WORK
    return replace(change, state=ChangeState.APPROVED, approved=seen, approved_by=member, approved_at=now, missed=None)


def _send_back(change: Change, member: StaffId, why: str, now: datetime) -> Change | Refusal:
    if change.state is ChangeState.OPEN:
        return Refusal.NOT_SUBMITTED
    commented = _comment(change, member, why, now)
    return commented if isinstance(commented, Refusal) else _reopened(commented)


def _schedule(change: Change, member: StaffId, at: datetime, now: datetime) -> Change | Refusal:
    if not change.is_approved:
        return Refusal.NOT_APPROVED
    if at <= now:
        return Refusal.IN_THE_PAST
    return replace(change, state=ChangeState.SCHEDULED, scheduled_by=member, scheduled_at=at, missed=None)


def _catch_up(change: Change, member: StaffId, action: CatchUp) -> Change | Refusal:
    moved = replace(change, base=action.base, origin=action.origin, tree=action.tree)
    if action.wrote:
        moved = replace(moved, authors=_with(change.authors, member))
    if not moved.files().items() <= change.files().items() or action.wrote:
        return _reopened(moved)
    return replace(moved, approved=moved.tree.hash) if change.is_approved else _still_submitted(moved)


def _still_submitted(change: Change) -> Change:
    """An approval that did not hold before does not hold now."""
    if change.state is ChangeState.SUBMITTED:
        return change
    return _reopened(change)
