"""The files of one state of the content, each named by what stands in it, so that nothing is ever kept twice.

Bytes are kept as they are: what is taken in comes out again byte for byte.
"""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from hashlib import sha256
from pathlib import Path
from sys import intern
from typing import Final, NewType, Self

BlobId = NewType("BlobId", str)
"""SHA-256 of a file's bytes, as hex."""

TreeHash = NewType("TreeHash", str)
"""Names exactly these files with exactly these bytes."""

MOST_FILES: Final = 20_000
MOST_BYTES: Final = 4 * 1024 * 1024
"""Of one file. Pictures and recordings have lower bounds of their own, which the check tells."""

MOST_CHARACTERS: Final = 120
_HASH_CHARACTERS: Final = 64
_NAME: Final = r"[a-z0-9](?:[a-z0-9_-]|\.(?=[a-z0-9]))*"
_LANGUAGE: Final = r"[a-z]{2,3}(?:-[a-z0-9]{2,8})?"
_PLACES: Final = re.compile(
    rf"""
    README\.md
    | (?:bot|phrases|cards|concepts|safety|glossary|helplines)\.yaml
    | (?:facts|hotlines|places|topics|flows|tests)/{_NAME}\.yaml
    | texts/{_LANGUAGE}/(?:{_NAME}/){{0,2}}{_NAME}\.yaml
    | media/(?:{_LANGUAGE}/)?{_NAME}\.(?:png|jpg|jpeg|ogg|mp3)
    | media/{_LANGUAGE}/recordings\.yaml
    | schema/{_NAME}\.json
    """,
    re.VERBOSE,
)


class TreeError(Exception):
    """A folder that cannot be taken in; the message says why."""


@dataclass(frozen=True, slots=True)
class Tree:
    """Which bytes stand under which name, such as `facts/thailand.yaml`."""

    files: Mapping[str, BlobId] = field(default_factory=dict)

    @property
    def hash(self) -> TreeHash:
        """The same for the same files, whatever order they were put in."""
        return TreeHash(blob_id(self.to_bytes()))

    def to_bytes(self) -> bytes:
        """One line for each file; the tree's hash is that of these bytes."""
        return "".join(f"{blob} {name}\n" for name, blob in sorted(self.files.items())).encode()

    @classmethod
    def from_bytes(cls, written: bytes) -> Self:
        """What was written so."""
        # Versions have most of their files in common.
        lines = ((line[_HASH_CHARACTERS + 1 :], line[:_HASH_CHARACTERS]) for line in written.decode().splitlines())
        return cls({intern(name): BlobId(intern(blob)) for name, blob in lines})

    def put(self, name: str, blob: BlobId) -> "Tree":
        """With this file, in the place of one that has the name."""
        return Tree({**self.files, name: blob})

    def without(self, name: str) -> "Tree":
        """Without this file."""
        return Tree({other: blob for other, blob in self.files.items() if other != name})

    def changed_in(self, later: "Tree") -> dict[str, BlobId | None]:
        """What stands elsewhere in the later tree: file → its bytes there, None where it is gone."""
        return {
            name: later.files.get(name)
            for name in sorted(self.files.keys() | later.files.keys())
            if self.files.get(name) != later.files.get(name)
        }


@dataclass(frozen=True, slots=True)
class Gathered:
    """What a folder holds, but for files that are no content, such as drawings and notes."""

    tree: Tree
    blobs: Mapping[BlobId, bytes]


def blob_id(content: bytes) -> BlobId:
    """The name of these bytes."""
    return BlobId(sha256(content).hexdigest())


def is_content_name(name: str) -> bool:
    """Whether a file of the content may be called so: its own folders and endings, and no way out of them."""
    return len(name) <= MOST_CHARACTERS and _PLACES.fullmatch(name) is not None


def read_tree(folder: Path) -> Gathered:
    """Read all content of a folder; raise TreeError where there is none, or more than anybody writes."""
    if not folder.is_dir():
        raise TreeError(f"there is no folder {folder}")
    files: dict[str, BlobId] = {}
    blobs: dict[BlobId, bytes] = {}
    for name, path in _files(folder):
        if not is_content_name(name):
            continue
        if path.stat().st_size > MOST_BYTES:
            raise TreeError(f"{path} holds more than {MOST_BYTES // 1024} KB")
        content = path.read_bytes()
        files[name] = blob_id(content)
        blobs[files[name]] = content
    if not files:
        raise TreeError(f"there is no content in {folder}")
    if len(files) > MOST_FILES:
        raise TreeError(f"{folder} holds more than {MOST_FILES} files")
    return Gathered(Tree(files), blobs)


def _files(folder: Path) -> Iterator[tuple[str, Path]]:
    """Files inside of the folder in a fixed order; a link to elsewhere is none of them."""
    inside = folder.resolve()
    for path in sorted(folder.rglob("*")):
        if path.is_file() and path.resolve().is_relative_to(inside):
            yield path.relative_to(folder).as_posix(), path
