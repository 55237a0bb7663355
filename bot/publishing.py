"""The commands `waymark content versions|export|import|diff|publish|rollback`: what the studio is, for people with git.

Whether or not the bot runs. Whoever can give these commands has the machine, so the names they give are believed, also
of people who are not staff; that the second one is somebody else is asked for here as well. In the list of who did what
all of it stands as done by command, with the names that were given: nobody there is said to have done it themselves.
"""

import contextlib
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final, TypeVar

from bot.casebook import load_writers
from bot.clock import Clock, SystemClock
from bot.compiler import Teach
from bot.desk.enrolling import find_member
from bot.desk.staff import Roster
from bot.desk.ticket import StaffId
from bot.guard.audit import COMMAND_LINE, Chronicle, Deed
from bot.store.durability import replicas_to_prove
from bot.store.embedded import EmbeddedValkey, find_running
from bot.store.redis_store import open_store
from bot.store.secrets import load_or_make
from bot.studio.archive import AHEAD, Archive, NotWell, examine_with
from bot.studio.changes import Approve, Change, Drop, Refusal, Submit
from bot.studio.differences import Difference, Piece, PieceKind, differences, pieces
from bot.studio.tree import Gathered, Tree, TreeError, is_content_name, read_tree
from bot.studio.versions import Version, VersionKind
from bot.whole_number import whole_number

_Made = TypeVar("_Made", Change, Version)

MARK: Final = ".waymark-version"
"""A file beside exported content that says from which version it was made; no content itself."""

_KINDS: Final = {
    VersionKind.IMPORTED: "the folder of content, taken in by",
    VersionKind.PUBLISHED: "published by",
    VersionKind.ROLLED_BACK: "rolled back by",
}
_REFUSALS: Final[Mapping[Refusal, str]] = {
    Refusal.OWN_WORK: "whoever wrote it cannot review it: --reviewed-by has to be somebody else",
    Refusal.NOTHING_CHANGED: "nothing in it is different from what it was made from",
    Refusal.MOVED_ON: (
        "what is live has changed in the same lines since this was exported; export it anew, or import it and bring it"
        " up to date in the studio"
    ),
    Refusal.NO_SUCH_VERSION: "there is no such version; see: waymark content versions",
    Refusal.LIVE_ALREADY: "that is live already",
    Refusal.EMPTY: "say why: --why, and what it is called: --title",
    Refusal.TOO_LONG: "say it in fewer words",
    Refusal.NOT_WELL: "this program cannot use that version any more",
    Refusal.NOT_CHECKED: (
        "it could not be checked, so nothing was changed; try again, and where that does not help either: waymark check"
    ),
    Refusal.BAD_NAME: "a file has a name that no content has",
}


class PublishingError(Exception):
    """What was asked for cannot be done; the message says what to do."""


@dataclass(frozen=True, slots=True)
class Press:
    """Everything that the commands need."""

    archive: Archive
    folder: Path
    roster: Roster
    chronicle: Chronicle
    clock: Clock = field(default_factory=SystemClock)

    def person(self, name: str) -> StaffId:
        """Who is meant: somebody who works here, or a name that only this command knows."""
        if not name.strip():
            raise PublishingError("say who: --by, and --reviewed-by for somebody else")
        found = find_member(self.roster, name)
        return StaffId(name.strip()) if found is None else found.id

    def noting(self, deed: Deed, what: str, why: str) -> Callable[[], Awaitable[None]]:
        """Writes a deed down as one of the command line, before it is done."""

        async def note() -> None:
            await self.chronicle.note(self.clock.now(), COMMAND_LINE, deed, what, why)

        return note

    def name_of(self, member: StaffId | None) -> str:
        """How they are called here."""
        found = None if member is None else self.roster.members.get(member)
        return member or "nobody" if found is None else found.name


@asynccontextmanager
async def open_press(content_dir: Path, data_dir: Path, store_url: str | None, teach: Teach) -> AsyncIterator[Press]:
    """The store as it stands: that of a running bot, or its own for this moment."""
    async with contextlib.AsyncExitStack() as stack:
        clock = SystemClock()
        vault = load_or_make(data_dir, clock.now().date()).vault()
        url = store_url or find_running(data_dir)
        if url is None:
            url = (await stack.enter_async_context(EmbeddedValkey(data_dir))).bot_url
        store = open_store(url, vault, replicas=await replicas_to_prove(url))
        stack.push_async_callback(store.close)
        _, roster = await store.load_roster()
        writers = load_writers(data_dir / "keys")
        archive = Archive(store.shelf(), content_dir, data_dir, clock, examine_with(teach, content_dir))
        yield Press(archive, content_dir, roster, Chronicle(store.shelf(), writers.newest, writers.publics), clock)


async def list_versions(press: Press) -> list[str]:
    """Every version, the newest first, and what goes live by itself."""
    live = await press.archive.live()
    if live is None:
        return [f"Nothing was published yet: {press.folder} is live, and changed files at once."]
    scheduled = [f"  at {one.at:%Y-%m-%d %H:%M} UTC: {one.title}" for one in await press.archive.scheduled()]
    versions = await press.archive.versions()
    return [*scheduled, *(_told(press, version, is_live=version.number == live.version) for version in versions)]


async def export(press: Press, folder: Path, number: int | None) -> list[str]:
    """Write a version into a folder, byte for byte; content that stands there and is not in it goes."""
    version = None if number is None else await _version(press, number)
    tree = await press.archive.present() if version is None else version.tree
    if _holds_something_else(folder):
        raise PublishingError(f"{folder} holds something else than content; choose an empty folder")
    live = await press.archive.live()
    made_from = number if live is None or number is not None else live.at(press.clock.now())
    contents = {name: await press.archive.read(tree, name) for name in sorted(tree.files)}
    written = _write(folder, contents, made_from)
    from_what = "the folder of content" if made_from is None else f"version {made_from}"
    return [f"{folder} holds {from_what}: {len(contents)} files, {written} of them written."]


async def take_in(press: Press, folder: Path, title: str, by: str) -> list[str]:
    """Make a change of what a folder holds, to be reviewed in the studio."""
    person = press.person(by)
    await press.noting(Deed.CONTENT_EDITED, "", f"{person}: {title}")()
    change = await _begun(press, folder, title, person)
    return [
        f"Change {change.id} holds {len(change.files())} changed files; it is reviewed and published in the studio."
    ]


async def publish(press: Press, folder: Path, by: str, reviewed_by: str, why: str) -> list[str]:
    """Make what a folder holds live, checked and with its authors' tests."""
    author, reviewer = press.person(by), press.person(reviewed_by)
    if author.casefold() == reviewer.casefold():
        raise PublishingError(_REFUSALS[Refusal.OWN_WORK])
    change = await _begun(press, folder, why, author)
    approve = Approve(change.tree.hash)
    approving = press.noting(Deed.CONTENT_APPROVED, change.id, f"{author}: {why}; reviewed by {reviewer}")
    publishing = press.noting(Deed.CONTENT_PUBLISHED, change.id, f"{author}: {why}; reviewed by {reviewer}")
    try:
        _accepted(await press.archive.act(change.id, author, Submit()))
        _accepted(await press.archive.act(change.id, reviewer, approve, approving))
        made = await press.archive.publish(change.id, author, why, publishing)
        if isinstance(made, NotWell):
            raise PublishingError("\n".join([*map(str, made.problems), "It was not published: put these right first."]))
        version = _accepted(made)
    except PublishingError:
        await press.archive.act(change.id, author, Drop())
        raise
    with contextlib.suppress(OSError):
        # A folder that cannot be written to is still published.
        (folder / MARK).write_text(f"{version.number}\n", encoding="ascii")
    return [f"Version {version.number} is live in {int(AHEAD.total_seconds())} seconds, on every bot that runs."]


async def roll_back(press: Press, number: int, by: str, why: str) -> list[str]:
    """Make an earlier version live again."""
    person = press.person(by)
    note = press.noting(Deed.CONTENT_ROLLED_BACK, f"{number}", f"{person}: {why}")
    version = _accepted(await press.archive.roll_back(number, person, why, note))
    seconds = int(AHEAD.total_seconds())
    return [f"Version {version.number}, which holds what version {number} does, is live in {seconds} seconds."]


async def tell_differences(press: Press, before: str, after: str) -> list[str]:
    """What is different, in words. Each side is a version's number, `live`, `folder`, or the path of a folder."""
    was, now = await _side(press, before), await _side(press, after)
    changed = was[0].changed_in(now[0])
    told = differences(*({name: side[1][name] for name in changed if name in side[1]} for side in (was, now)))
    return [*map(_line, told), f"{len(told)} differences in {len(changed)} files, from {before} to {after}"]


async def _begun(press: Press, folder: Path, title: str, by: StaffId) -> Change:
    gathered = _gathered(folder)
    change = _accepted(await press.archive.begin_from(title, by, gathered, _made_from(folder)))
    if not change.files():
        await press.archive.act(change.id, by, Drop())
        raise PublishingError(_REFUSALS[Refusal.NOTHING_CHANGED])
    return change


def _gathered(folder: Path) -> Gathered:
    try:
        return read_tree(folder)
    except TreeError as error:
        raise PublishingError(str(error)) from error


def _made_from(folder: Path) -> int | None:
    """The version that a folder was exported from, where it says so."""
    try:
        said = (folder / MARK).read_text("utf-8", errors="replace").strip()
    except FileNotFoundError:
        return None
    if not _is_number(said):
        raise PublishingError(f"{folder / MARK} has to hold the number of a version; export anew")
    return int(said)


def _is_number(told: str) -> bool:
    # Of more digits nobody has so many versions.
    return whole_number(told, 8) is not None


def _accepted(outcome: _Made | Refusal) -> _Made:
    if isinstance(outcome, Refusal):
        raise PublishingError(_REFUSALS.get(outcome, outcome))
    return outcome


def _holds_something_else(folder: Path) -> bool:
    return folder.is_dir() and any(folder.iterdir()) and not (folder / "bot.yaml").is_file()


async def _version(press: Press, number: int) -> Version:
    version = await press.archive.version(number)
    if version is None:
        raise PublishingError(_REFUSALS[Refusal.NO_SUCH_VERSION])
    return version


def _write(folder: Path, contents: Mapping[str, bytes], made_from: int | None) -> int:
    """Write what is not so already, and take out content that is not among it; say how many were written."""
    written = 0
    for name, content in contents.items():
        file = folder / name
        if not file.is_file() or file.read_bytes() != content:
            file.parent.mkdir(parents=True, exist_ok=True)
            file.write_bytes(content)
            written += 1
    for file in sorted(folder.rglob("*")):
        name = file.relative_to(folder).as_posix()
        if file.is_file() and is_content_name(name) and name not in contents:
            file.unlink()
    if made_from is not None:
        (folder / MARK).write_text(f"{made_from}\n", encoding="ascii")
    return written


def _told(press: Press, version: Version, *, is_live: bool) -> str:
    words = f"{version.number:>5}  {version.at:%Y-%m-%d %H:%M} UTC  {_KINDS[version.kind]} {press.name_of(version.by)}"
    if version.returns_to is not None:
        words += f" to version {version.returns_to}"
    elif version.reviewed_by is not None:
        words += f", reviewed by {press.name_of(version.reviewed_by)}"
    return f"{words}{f': {version.why}' if version.why else ''}{'  (live)' if is_live else ''}"


async def _side(press: Press, name: str) -> tuple[Tree, Mapping[str, bytes]]:
    """The files of a version, of what is live, or of a folder."""
    if name == "folder" or not (name == "live" or _is_number(name)):
        gathered = _gathered(press.folder if name == "folder" else Path(name))
        return gathered.tree, {file: gathered.blobs[blob] for file, blob in gathered.tree.files.items()}
    tree = await press.archive.present() if name == "live" else (await _version(press, int(name))).tree
    return tree, {file: await press.archive.read(tree, file) for file in tree.files}


def _line(one: Difference) -> str:
    what = " ".join(part for part in (one.kind, one.id, one.language or "", one.field) if part)
    if one.before is None:
        return f"+ {what}: {_flat(one.after or '')}"
    if one.after is None:
        return f"- {what}: {_flat(one.before)}"
    return f"* {what}: {''.join(map(_marked, pieces(one.before, one.after)))}"


def _marked(piece: Piece) -> str:
    words = _flat(piece.words)
    match piece.kind:
        case PieceKind.SAME:
            return words
        case PieceKind.ADDED:
            return f"{{+{words}+}}"
        case PieceKind.REMOVED:
            return f"[-{words}-]"


def _flat(words: str) -> str:
    return words.replace("\n", " ⏎ ")
