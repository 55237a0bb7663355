"""Scripts that were compiled before, kept for the next start: most starts find the content that the last one had.

What is kept goes by a name made of all bytes of the content, of where it lies, of the code that compiles and of the
Python it runs on. So other content, another release and what became live meanwhile each have a script of their own, and
several releases may share a folder. What a script must not say on another day is found by its facts. A file that is
damaged, cut off or of somebody else is told once and compiled anew; where nothing can be written it only takes longer.
"""

import contextlib
import logging
import os
import sys
from collections.abc import Callable
from datetime import date
from functools import cache
from hashlib import sha256
from pathlib import Path
from secrets import token_hex
from typing import Final, TypeAlias

import msgspec
import numpy as np
import yaml

import bot
from bot import logbook
from bot.compiler.checking_facts import finds_the_same_errors
from bot.compiler.compile import compile_content, without_collecting
from bot.compiler.folder import Folder, files_in, folder_of
from bot.compiler.packing import PackingError, pack, unpack
from bot.compiler.teaching import Teach
from bot.dialogue.script import Script

FORMAT: Final = 1
MOST_KEPT: Final = 4
"""Two releases that take turns, each with what is live and what was before."""

ENDING: Final = ".script"
CODE: Final = ("compiler/*.py", "desk/*.py", "dialogue/*.py", "facts/*.py", "language/*.py", "media.py", "messages.py")
"""All that takes part in making a script, or is what it is made of."""

_HASH_BYTES: Final = 32

CompileScript: TypeAlias = Callable[[Path | Folder, date], Script]


class _Kept(msgspec.Struct, frozen=True, array_like=True):
    """A packed script, what it is of, and the day on which it had no errors."""

    name: str
    checked: date
    script: memoryview


class KeptScripts:
    """Called in threads, in several processes at once. Without a folder each is compiled anew."""

    __slots__ = ("_folder", "_teach")

    def __init__(self, folder: Path | None, teach: Teach) -> None:
        self._folder = folder
        self._teach = teach

    def script(self, content: Path | Folder, today: date) -> Script:
        """The script of this content; raise ContentError with everything that is wrong, as `compile_content` does."""
        content = folder_of(content)
        code = _code()
        if self._folder is None or code is None or not content.path.is_dir():
            return compile_content(content, today, self._teach).script
        name = _name(content, code)
        path = self._folder / f"{name}{ENDING}"
        script = _read(path, name, today)
        if script is None:
            marks = _marks(content)
            script = compile_content(content, today, self._teach).script
            # What was changed while it was read is compiled again, under the name of what it is then.
            if (name, marks) == (_name(content, code), _marks(content)):
                _keep(path, name, today, script)
        return script


@cache
def _code() -> bytes | None:
    """The hash of the code; None where it cannot be read, and so nothing tells one release from another."""
    own = Path(bot.__file__).parent
    files = [path for pattern in CODE for path in sorted(own.glob(pattern))]
    if len(files) < len(CODE):
        return None
    whole = sha256(repr((FORMAT, sys.version, sys.byteorder, np.__version__, yaml.__version__)).encode())
    for path in files:
        whole.update(path.name.encode() + b"\0" + sha256(path.read_bytes()).digest())
    return whole.digest()


def _name(content: Folder, code: bytes) -> str:
    # Pictures are found again by where they lie.
    whole = sha256(code + os.fsencode(content.path) + b"\0" + content.digest())
    if content.lender is not None:
        whole.update(content.lender.digest())
    return whole.hexdigest()


def _marks(content: Folder) -> list[tuple[str, int]]:
    """Other ones wherever something was written meanwhile, whatever stands there now."""
    folders = [content.path] if content.lender is None else [content.path, content.lender.path]
    return [(str(path), path.stat().st_mtime_ns) for folder in folders for path in files_in(folder)]


def _read(path: Path, name: str, today: date) -> Script | None:
    try:
        stored = path.read_bytes()
    except FileNotFoundError:
        return None
    except OSError as error:
        logbook.note_error("script_not_read", error)
        return None
    try:
        kept = _checked(stored, name)
        with without_collecting():
            script = unpack(kept.script)
    except (PackingError, msgspec.MsgspecError) as error:
        logbook.note("script_not_read", logging.WARNING, error=type(error).__name__)
        return None
    if not finds_the_same_errors(script.facts.values(), kept.checked, today):
        return None
    with contextlib.suppress(OSError):
        # What is used stays.
        os.utime(path)
    return script


def _checked(stored: bytes, name: str) -> _Kept:
    # They are large: nothing is copied that need not be.
    whole, content = stored[:_HASH_BYTES], memoryview(stored)[_HASH_BYTES:]
    if sha256(content).digest() != whole:
        raise PackingError("the file is damaged")
    kept = msgspec.msgpack.decode(content, type=_Kept)
    if kept.name != name:
        raise PackingError("the file is that of another script")
    return kept


def _keep(path: Path, name: str, today: date, script: Script) -> None:
    """Write it whole or not at all, for us alone."""
    try:
        content = msgspec.msgpack.encode(_Kept(name, today, memoryview(pack(script))))
        for folder in (path.parent.parent, path.parent):
            folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        fresh = path.with_name(token_hex(8))
        try:
            with os.fdopen(os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as file:
                file.writelines((sha256(content).digest(), content))
            fresh.replace(path)
        finally:
            fresh.unlink(missing_ok=True)
        _forget_oldest(path.parent)
    except (PackingError, OSError) as error:
        logbook.note_error("script_not_kept", error)


def _forget_oldest(folder: Path) -> None:
    """Also what was left behind by a process that ended while it wrote."""
    # Another process may do the same now.
    with contextlib.suppress(FileNotFoundError):
        for path in sorted(folder.iterdir(), key=lambda path: path.stat().st_mtime_ns)[:-MOST_KEPT]:
            path.unlink()
