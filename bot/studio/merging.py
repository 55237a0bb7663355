"""A change and what went live meanwhile, brought together: by files, then by lines, and never by guessing."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from difflib import SequenceMatcher
from enum import StrEnum
from typing import Final

from bot.studio.comparing import can_be_compared
from bot.studio.tree import BlobId, Tree

_TEXTS: Final = (".yaml", ".md", ".json")


@dataclass(frozen=True, slots=True)
class Clash:
    """Lines that both sides wrote anew: what stood there, what the change says, and what is live."""

    line: int
    """Where it stood, counted from one."""
    base: str
    mine: str
    theirs: str


@dataclass(frozen=True, slots=True)
class Conflict:
    """A file that cannot be brought together; without clashes where it is gone on a side, or no text to be joined."""

    name: str
    clashes: tuple[Clash, ...] = ()

    @property
    def takes_both(self) -> bool:
        """Whether each side only added something at the same place, so that both can stay."""
        return bool(self.clashes) and not any(clash.base for clash in self.clashes)


class Side(StrEnum):
    """Whose lines stay where there is a conflict."""

    MINE = "mine"
    THEIRS = "theirs"
    BOTH = "both"
    """Theirs and then mine."""


def lay_over(origin: Tree, mine: Tree, theirs: Tree) -> tuple[Tree, tuple[str, ...]]:
    """What is live with the files of a change upon it, and the files that both sides changed, each otherwise.

    Those stand in the tree as they are live.
    """
    live = origin.changed_in(theirs)
    files: dict[str, BlobId] = dict(theirs.files)
    both: list[str] = []
    for name, blob in origin.changed_in(mine).items():
        if name in live and live[name] != blob:
            both.append(name)
        elif blob is None:
            files.pop(name, None)
        else:
            files[name] = blob
    return Tree(files), tuple(both)


def join(name: str, base: bytes | None, mine: bytes | None, theirs: bytes | None) -> bytes | Conflict:
    """One file of lines from both sides, where they changed different ones."""
    sides = _lines(name, base, mine, theirs)
    if sides is None:
        return Conflict(name)
    parts = [*_parts(*sides)]
    clashes = tuple(part for part in parts if isinstance(part, Clash))
    return Conflict(name, clashes) if clashes else b"".join(part for part in parts if isinstance(part, bytes))


def keep(name: str, side: Side, base: bytes | None, mine: bytes | None, theirs: bytes | None) -> bytes | None:
    """The file as somebody wants it who has seen both; lines that do not clash come from both sides."""
    sides = _lines(name, base, mine, theirs)
    if sides is None:
        return theirs if side is Side.THEIRS else mine
    return b"".join(_kept(side, part).encode() if isinstance(part, Clash) else part for part in _parts(*sides))


def _lines(
    name: str, base: bytes | None, mine: bytes | None, theirs: bytes | None
) -> tuple[list[bytes], list[bytes], list[bytes]] | None:
    """The lines of all sides; nothing where there are none to be joined, or it would take too long."""
    if base is None or mine is None or theirs is None or not name.endswith(_TEXTS):
        return None
    was, my, their = (side.splitlines(keepends=True) for side in (base, mine, theirs))
    return (was, my, their) if can_be_compared(was, my) and can_be_compared(was, their) else None


def _kept(side: Side, clash: Clash) -> str:
    match side:
        case Side.MINE:
            return clash.mine
        case Side.THEIRS:
            return clash.theirs
        case Side.BOTH:
            return _ended(clash.theirs) + clash.mine


def _ended(words: str) -> str:
    return words if not words or words.endswith("\n") else words + "\n"


def _parts(base: Sequence[bytes], mine: Sequence[bytes], theirs: Sequence[bytes]) -> Iterator[bytes | Clash]:
    """The file from its beginning to its end: what can stand, and what both sides wrote anew."""
    at_base = at_mine = at_theirs = 0
    for start, in_mine, in_theirs, length in _agreed(base, mine, theirs):
        yield from _between(at_base, base[at_base:start], mine[at_mine:in_mine], theirs[at_theirs:in_theirs])
        yield b"".join(base[start : start + length])
        at_base, at_mine, at_theirs = start + length, in_mine + length, in_theirs + length


def _between(
    start: int, base: Sequence[bytes], mine: Sequence[bytes], theirs: Sequence[bytes]
) -> Iterator[bytes | Clash]:
    if theirs in (base, mine):
        yield b"".join(mine)
    elif mine == base:
        yield b"".join(theirs)
    else:
        was, my, their = (b"".join(lines).decode("utf-8", "replace") for lines in (base, mine, theirs))
        yield Clash(start + 1, was, my, their)


def _agreed(
    base: Sequence[bytes], mine: Sequence[bytes], theirs: Sequence[bytes]
) -> Iterator[tuple[int, int, int, int]]:
    """Stretches that neither side changed: where they lie in each, and how long they are; the end is one of them."""
    ours, others = (SequenceMatcher(None, base, side, autojunk=False).get_matching_blocks() for side in (mine, theirs))
    one = other = 0
    while one < len(ours) and other < len(others):
        start = max(ours[one].a, others[other].a)
        end = min(ours[one].a + ours[one].size, others[other].a + others[other].size)
        if start < end:
            yield start, ours[one].b + start - ours[one].a, others[other].b + start - others[other].a, end - start
        if ours[one].a + ours[one].size < others[other].a + others[other].size:
            one += 1
        else:
            other += 1
    yield len(base), len(mine), len(theirs), 0
