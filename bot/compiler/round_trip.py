"""One YAML file that is changed in places and stays as it is everywhere else."""

from typing import TypeAlias

from bot.compiler.leaves import Plain

Path: TypeAlias = tuple[str | int, ...]
"""Keys of maps and places in lists, from the top of the file: `(3, "source", "url")`."""


class EditError(Exception):
    """The edit cannot be made, or does not come out as meant; the message says why. Nothing was changed."""


class Document:
    """A file that can be read; a value: each edit gives another document."""

    def __init__(self, source: bytes) -> None:
        """Raise EditError where this is nothing that `read_yaml` reads without an error."""
        raise NotImplementedError

    @property
    def source(self) -> bytes:
        """The file as it stands."""
        raise NotImplementedError

    def at(self, path: Path) -> Plain | None:
        """What stands there, without its places; None where nothing does."""
        raise NotImplementedError

    def place_of(self, path: Path) -> tuple[int, int] | None:
        """Line and column of a value, counted from one."""
        raise NotImplementedError

    def path_at(self, line: int, column: int) -> Path:
        """What stands at a place: the deepest value that begins there or before it, or whose key does."""
        raise NotImplementedError

    def put(self, path: Path, value: Plain) -> "Document":
        """Write a value, in the place of the one that stands there or behind a new last key of its map."""
        raise NotImplementedError

    def insert(self, path: Path, index: int, value: Plain) -> "Document":
        """Write an item into a list; an index at its end appends."""
        raise NotImplementedError

    def append(self, path: Path, value: Plain) -> "Document":
        """Write an item at the end of a list."""
        raise NotImplementedError

    def remove(self, path: Path) -> "Document":
        """Take a key with its value, or an item of a list, out."""
        raise NotImplementedError

    def rename_key(self, path: Path, key: str) -> "Document":
        """Call a key of a map otherwise."""
        raise NotImplementedError

    def become(self, path: Path, value: Plain) -> "Document":
        """Make what stands there equal to a value by the fewest edits: what is the same keeps its bytes."""
        raise NotImplementedError
