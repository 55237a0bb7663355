"""A folder of content: which files stand in it, and what each says."""

import os
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from hashlib import sha256
from pathlib import Path
from typing import Final

from bot.compiler.parsed import Parsed
from bot.compiler.problems import Notebook
from bot.compiler.reading import Node, read_path

VERSION_CHARACTERS: Final = 16
NOT_CONTENT: Final = frozenset({"schema", "media", "tests"})
"""Folders that say nothing which the bot says; `tests` are walked through by `rehearsal`."""


@dataclass(frozen=True, slots=True)
class Folder:
    """Files may be given in place of those on the disk, by name; media are always read from there."""

    path: Path
    shown_as: str
    """What authors are told before the name of a file."""
    instead: Mapping[str, bytes] = field(default_factory=dict)
    parsed: Parsed | None = None
    lender: "Folder | None" = None
    """What came with the program, for words of its own that this one lacks (see `lending`)."""

    def listed(self) -> Iterator[tuple[tuple[str, ...], str]]:
        """The files that say something, by their place and name: `("texts", "km", "bot")` is `texts/km/bot.yaml`."""
        for name in self.names(".yaml"):
            *above, last = name.split("/")
            if name.partition("/")[0] not in NOT_CONTENT:
                yield (*above, last.removesuffix(".yaml")), name

    def names(self, ending: str) -> list[str]:
        """All files whose names end so, in a fixed order."""
        there = (path.relative_to(self.path).as_posix() for path in files_in(self.path, ending))
        return sorted(
            {*there, *(name for name in self.instead if name.endswith(ending))}, key=lambda name: name.split("/")
        )

    def read(self, name: str, notebook: Notebook) -> Node | None:
        """What a file says; nothing where it is empty or cannot be read, which is written down."""
        shown_as = f"{self.shown_as}/{name}"
        if self.parsed is None and name not in self.instead:
            return read_path(self.path / name, shown_as, notebook)
        read = (self.parsed or Parsed()).read(shown_as, self.source(name))
        notebook.take(read.found)
        return read.node

    def source(self, name: str) -> bytes:
        """The bytes of a file."""
        return self.instead[name] if name in self.instead else (self.path / name).read_bytes()

    def version(self) -> str:
        """A name for exactly these bytes of content."""
        return self.digest().hex()[:VERSION_CHARACTERS]

    def digest(self) -> bytes:
        """The hash of all bytes that say something."""
        whole = sha256()
        for name in self.names(""):
            if name.partition("/")[0] not in {"schema", "tests"} and not name.endswith(".md"):
                whole.update(name.encode() + b"\0" + sha256(self.source(name)).digest())
        return whole.digest()


def lent_by(lender: Path, parsed: Parsed | None = None) -> Folder:
    """A folder that lends: no place in it is one of the content that is read."""
    return Folder(lender, f"{lender.name} of the program", parsed=parsed)


def folder_of(directory: Path | Folder) -> Folder:
    """A folder as it lies on the disk, unless it says otherwise."""
    return directory if isinstance(directory, Folder) else Folder(directory, directory.name)


def files_in(directory: Path, ending: str = "") -> list[Path]:
    """Files inside of the folder in a fixed order; a link to elsewhere is none of them."""
    inside = directory.resolve()
    paths = (Path(above, name) for above, _, names in os.walk(directory) for name in names if name.endswith(ending))
    # Folders that are links are not walked into, so that only a file that is one may lie elsewhere.
    return sorted(
        path for path in paths if path.is_file() and (not path.is_symlink() or path.resolve().is_relative_to(inside))
    )
