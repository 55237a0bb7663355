"""A change and what went live meanwhile, brought together: by files, then by lines, and never by guessing."""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum

from bot.studio.tree import Tree


@dataclass(frozen=True, slots=True)
class Clash:
    """Lines that both sides wrote anew: what stood there, what the change says, and what is live."""

    line: int
    base: str
    mine: str
    theirs: str


@dataclass(frozen=True, slots=True)
class Conflict:
    """A file that cannot be brought together; without clashes where one side took it away, or where it is no text."""

    name: str
    clashes: tuple[Clash, ...] = ()


class Side(StrEnum):
    """Whose file stays where there is a conflict."""

    MINE = "mine"
    THEIRS = "theirs"


@dataclass(frozen=True, slots=True)
class Merged:
    """`joined` are files that hold lines of both sides, with their new bytes; conflicts are not in the tree yet."""

    tree: Tree
    joined: Mapping[str, bytes]
    conflicts: tuple[Conflict, ...]
