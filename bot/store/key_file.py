"""Files that hold keys: written whole or not at all, ours alone to read from the first moment, and lasting."""

import os
import secrets
from contextlib import suppress
from pathlib import Path


def write_key_file(path: Path, content: bytes, *, replace: bool = False) -> None:
    """Write a file, also onto the disk; raise OSError. Unless told to replace, what is there already stays.

    Of two processes that make it at once, both use the file of the one that came first.
    """
    fresh = path.with_name(f".{path.name}.{secrets.token_hex(8)}")
    descriptor = os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    try:
        with os.fdopen(descriptor, "wb") as file:
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
        if replace:
            fresh.replace(path)
        else:
            _put_where_nothing_is(fresh, path)
    finally:
        fresh.unlink(missing_ok=True)
    sync_folder(path.parent)


def sync_folder(folder: Path) -> None:
    """Let the disk have what was made in a folder and taken out of it."""
    opened = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(opened)
    finally:
        os.close(opened)


def _put_where_nothing_is(fresh: Path, path: Path) -> None:
    # A link does not replace.
    with suppress(FileExistsError):
        path.hardlink_to(fresh)
