"""The keys with which we sign what we write: one file, made at the first start; the newest signs, all of them count."""

import base64
import binascii
import secrets
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from bot.casebook.errors import KeyFileError
from bot.casebook.records import Writer
from bot.store.key_file import write_key_file

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
    seed = base64.b64encode(secrets.token_bytes(_SEED_BYTES)).decode()
    write_key_file(path, f"{_HEADING}{seed}\n".encode("ascii"))
