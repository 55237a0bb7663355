"""The keys with which we sign what we write: one file, made at the first start; the newest signs, all of them count."""

import base64
import binascii
import os
import secrets
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from bot.casebook.errors import KeyFileError
from bot.casebook.records import Writer

FILE: Final = "writer.keys"
_SEED_BYTES: Final = 32
_OTHERS: Final = 0o077
_HEADING: Final = (
    "# Signs what is kept for the console and the list of who did what; the last line signs, all of them count.\n"
)


@dataclass(frozen=True, slots=True)
class Writers:
    """Who signs now, and whose signatures count."""

    newest: Writer
    publics: frozenset[bytes]


def load_writers(folder: Path) -> Writers:
    """The keys in a folder, made when there are none; raise KeyFileError where they cannot be used."""
    path = folder / FILE
    try:
        if not path.exists():
            _make(path)
        if path.stat().st_mode & _OTHERS:
            raise KeyFileError(f"{path} can be read by others; run: chmod 600 {path}")
        lines = [line for line in path.read_text("ascii").splitlines() if line and not line.startswith("#")]
        seeds = [base64.b64decode(line, validate=True) for line in lines]
    except (OSError, ValueError, binascii.Error) as error:
        # Without the cause in the words: it could quote a key.
        raise KeyFileError(f"{path} cannot be used ({type(error).__name__}); bring it back from its copy") from None
    if not seeds or any(len(seed) != _SEED_BYTES for seed in seeds):
        raise KeyFileError(f"{path} is damaged; bring it back from its copy")
    writers = [Writer(seed) for seed in seeds]
    return Writers(writers[-1], frozenset(writer.public for writer in writers))


def _make(path: Path) -> None:
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    fresh = path.with_name(f".{path.name}.{secrets.token_hex(8)}")
    descriptor = os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(descriptor, "w", encoding="ascii") as file:
        file.write(_HEADING + base64.b64encode(secrets.token_bytes(_SEED_BYTES)).decode() + "\n")
        file.flush()
        os.fsync(file.fileno())
    try:
        # Of two first starts at once, both use the key of the one that came first.
        path.hardlink_to(fresh)
    except FileExistsError:
        pass
    finally:
        fresh.unlink(missing_ok=True)
    folder = os.open(path.parent, os.O_RDONLY)
    try:
        os.fsync(folder)
    finally:
        os.close(folder)
