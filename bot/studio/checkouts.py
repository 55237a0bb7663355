"""Content on this machine's disk: bytes by their hash, and folders of them as the compiler reads them.

All of it can be made anew from the archive at any time, but for the note of what was live last: a bot that starts while
the archive is away goes on with that. Nothing here is trusted by its name: bytes are hashed before they are used.
"""

import contextlib
import json
import os
import secrets
import shutil
import time
from collections.abc import Iterable, Mapping
from datetime import timedelta
from pathlib import Path
from typing import Final

from bot.studio.tree import BlobId, Tree, TreeHash, blob_id, is_content_name

FOLDER: Final = "studio"
CONTENT: Final = "content"
"""What a folder of content is called: findings are told with it."""

KEPT: Final = timedelta(hours=1)
"""Folders and bytes that nobody used for so long are taken away."""

_NOTE: Final = "live.json"


class Checkouts:
    """Never waits for anything but the disk; called in threads, in several processes at once."""

    def __init__(self, data_dir: Path) -> None:
        self._folder = data_dir / FOLDER
        self._blobs = self._folder / "blobs"
        self._trees = self._folder / "trees"

    def read(self, blob: BlobId) -> bytes | None:
        """Bytes that are here, and are what they should be."""
        try:
            content = (self._blobs / blob).read_bytes()
        except FileNotFoundError:
            return None
        return content if blob_id(content) == blob else None

    def keep(self, blobs: Mapping[BlobId, bytes]) -> None:
        """Write bytes down."""
        self._blobs.mkdir(mode=0o700, parents=True, exist_ok=True)
        for blob, content in blobs.items():
            _write(self._blobs / blob, content)

    def missing(self, blobs: Iterable[BlobId]) -> set[BlobId]:
        """Those that are not here; the others are used now."""
        return {blob for blob in blobs if not self._has(blob)}

    def _has(self, blob: BlobId) -> bool:
        try:
            os.utime(self._blobs / blob)
        except FileNotFoundError:
            return False
        return self.read(blob) is not None

    def find(self, tree: TreeHash) -> Path | None:
        """The folder of a tree that was laid out, and is used now."""
        folder = self._trees / tree / CONTENT
        return folder if is_here(folder) else None

    def lay_out(self, tree: Tree) -> Path:
        """A folder of exactly these files, whose bytes are all here."""
        whole, beside = self._trees / tree.hash, self._trees / f"{tree.hash}.{secrets.token_hex(4)}"
        beside.mkdir(mode=0o700, parents=True)
        try:
            for name, blob in tree.files.items():
                if not is_content_name(name):
                    raise ValueError(f"no file of the content is called {name!r}")
                file = beside / CONTENT / name
                file.parent.mkdir(parents=True, exist_ok=True)
                _link(self._blobs / blob, file)
            with contextlib.suppress(OSError):
                # Another process may have done it meanwhile, just as well.
                beside.rename(whole)
        finally:
            shutil.rmtree(beside, ignore_errors=True)
        return whole / CONTENT

    def note_live(self, number: int, tree: Tree) -> None:
        """Remember what is live, for a start while the archive is away."""
        self._folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        _write(self._folder / _NOTE, json.dumps({"version": number, "tree": tree.hash}).encode(), writable=True)

    def last_live(self) -> tuple[int, Path] | None:
        """What was live here last, and its folder."""
        try:
            noted = json.loads((self._folder / _NOTE).read_bytes())
            folder = self.find(TreeHash(str(noted["tree"])))
            return None if folder is None else (int(noted["version"]), folder)
        except (OSError, ValueError, KeyError, TypeError):
            return None

    def sweep(self) -> None:
        """Take away what nobody used for a while, but for what was live last."""
        live = self.last_live()
        lately = time.time() - KEPT.total_seconds()
        for folder in _inside(self._trees):
            if (live is None or folder != live[1].parent) and _changed(folder) < lately:
                # First its name: who is stopped in the middle leaves no half of it for somebody to read.
                gone = folder.with_name(f"{folder.name.partition('.')[0]}.{secrets.token_hex(4)}")
                with contextlib.suppress(OSError):
                    folder.rename(gone)
                    shutil.rmtree(gone)
        for blob in _inside(self._blobs):
            if _changed(blob) < lately and _is_alone(blob):
                blob.unlink(missing_ok=True)


def is_here(folder: Path) -> bool:
    """Whether a folder that was laid out still is, which is used now."""
    try:
        os.utime(folder.parent)
    except FileNotFoundError:
        return False
    return folder.is_dir()


def _write(path: Path, content: bytes, *, writable: bool = False) -> None:
    """Whole or not at all."""
    beside = path.with_name(f"{path.name}.{secrets.token_hex(4)}")
    try:
        beside.write_bytes(content)
        if not writable:
            beside.chmod(0o400)
        beside.replace(path)
    except OSError:
        # A full disk needs the room.
        beside.unlink(missing_ok=True)
        raise


def _link(blob: Path, file: Path) -> None:
    try:
        file.hardlink_to(blob)
    except OSError:
        # Some disks know no links.
        shutil.copyfile(blob, file)


def _inside(folder: Path) -> list[Path]:
    return [*folder.iterdir()] if folder.is_dir() else []


def _changed(path: Path) -> float:
    """When it was written or used last; by now where it has just gone."""
    try:
        return path.stat().st_mtime
    except FileNotFoundError:
        return time.time()


def _is_alone(path: Path) -> bool:
    with contextlib.suppress(FileNotFoundError):
        return path.stat().st_nlink == 1
    return False
