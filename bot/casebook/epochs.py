"""One key for each week; whoever may read something needs the key of the week in which it ends.

When a week is over, its key is destroyed, and all that was to end in it is unreadable in every copy there is: of the
store, of its file, of its backups. So these keys must never be in a backup: they lie in a folder of their own. Who
loses the folder loses what was told, and no call for help.
"""

import contextlib
import os
import re
import secrets
from datetime import date, datetime, timedelta
from pathlib import Path
from typing import Final, NewType

from bot.casebook.errors import CasebookError, KeyFileError, Unopened
from bot.store.key_file import sync_folder, write_key_file

Week = NewType("Week", str)
"""An ISO week, like 2026-W48; weeks sort as texts."""

KEY_BYTES: Final = 32
FOLDER: Final = "epochs"
_SUFFIX: Final = ".key"
_NAME: Final = re.compile(r"\d{4}-W\d{2}")
_OTHERS: Final = 0o077


def week_of(moment: datetime) -> Week:
    """The week of an aware moment, by UTC."""
    year, week, _ = date.isocalendar((moment - (moment.utcoffset() or timedelta())).date())
    return Week(f"{year:04}-W{week:02}")


class Epochs:
    """The keys in a folder that only we may read, made when they are first needed.

    None is remembered: another process may destroy it at any time.
    """

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def key_for(self, week: Week) -> bytes:
        """The key of a week, made if there is none; raise KeyFileError where that cannot be done."""
        found = self._read(week)
        if found is None:
            self._make(week)
            found = self._read(week)
        if found is None:
            raise KeyFileError(f"the key of {week} went away while it was made; look at {self._folder}")
        return found

    def key_of(self, week: Week) -> bytes:
        """The key of a week that something was sealed in; raise CasebookError where it is over."""
        found = self._read(week)
        if found is None:
            raise CasebookError(Unopened.EPOCH_OVER)
        return found

    def destroy_before(self, week: Week) -> tuple[Week, ...]:
        """Destroy the keys of all weeks before this one; which these were."""
        over = [one for one in self._weeks() if one < week]
        for one in over:
            # Another process may do the same at this moment.
            with contextlib.suppress(FileNotFoundError):
                _destroy(self._path(one))
        if over:
            sync_folder(self._folder)
        return tuple(over)

    def _weeks(self) -> list[Week]:
        if not self._folder.is_dir():
            return []
        return sorted(Week(path.stem) for path in self._folder.glob(f"*{_SUFFIX}") if _NAME.fullmatch(path.stem))

    def _path(self, week: Week) -> Path:
        if not _NAME.fullmatch(week):
            raise CasebookError(Unopened.DAMAGED)
        return self._folder / f"{week}{_SUFFIX}"

    def _read(self, week: Week) -> bytes | None:
        path = self._path(week)
        try:
            around, state = self._folder.stat(), path.stat()
            key = path.read_bytes()
        except FileNotFoundError:
            return None
        except OSError as error:
            raise KeyFileError(f"{path} cannot be read") from error
        if around.st_mode & _OTHERS:
            raise KeyFileError(f"{self._folder} can be read by others; run: chmod 700 {self._folder}")
        if state.st_mode & _OTHERS:
            raise KeyFileError(f"{path} can be read by others; run: chmod 600 {path}")
        if len(key) != KEY_BYTES:
            raise KeyFileError(f"{path} is damaged")
        return key

    def _make(self, week: Week) -> None:
        path = self._path(week)
        try:
            self._folder.mkdir(mode=0o700, parents=True, exist_ok=True)
            if self._folder.stat().st_mode & _OTHERS:
                raise KeyFileError(f"{self._folder} can be read by others; run: chmod 700 {self._folder}")
            write_key_file(path, secrets.token_bytes(KEY_BYTES))
        except OSError as error:
            raise KeyFileError(f"{path} cannot be written") from error


def _destroy(path: Path) -> None:
    # What a file system keeps of it is out of our hands; what we can reach is overwritten.
    with path.open("r+b") as file:
        file.write(secrets.token_bytes(KEY_BYTES))
        file.flush()
        os.fsync(file.fileno())
    path.unlink()
