"""The age of each key on disk, and whether others can read it: for whoever looks after the bot. Nothing is opened.

The keys of the store and of writers know the day they were made; of the others the file's own date is told.
"""

import re
import stat
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Final

KEYS: Final = "keys"
EPOCHS: Final = "epochs"
STORE_KEYS: Final = "store.keys"
WRITERS: Final = "writer.keys"
WORKING_LIFE: Final = timedelta(days=90)
"""A working key is to have a successor after this long; it opens on for what it has sealed."""

OLD_KEY_LIFE: Final = timedelta(days=14)
"""So long after it has a successor, all that it has sealed is to be sealed anew."""

IDENTITY_LIFE: Final = timedelta(days=365)
WRITER_LIFE: Final = timedelta(days=365)

LIVES: Final = {"webhook-secret": timedelta(days=365), "valkey-password": timedelta(days=365)}
"""How old the others may grow that are made anew at the start when they are gone."""

_OTHERS: Final = 0o077
_WEEK: Final = re.compile(r"(\d{4}-W\d{2})\.key")


@dataclass(frozen=True, slots=True)
class KeyFile:
    """One file or folder of keys; `advice` says what to do, and is empty when all is well."""

    name: str
    age: timedelta
    advice: str


def look_at_keys(data_dir: Path, now: datetime) -> list[KeyFile]:
    """Each key file but the keys of the store, whose days stand in them; of the keys of weeks those that stand out."""
    return [*_named(data_dir / KEYS, now), *_weeks(data_dir / EPOCHS, now)]


def readable_by_others(path: Path) -> bool:
    """Whether a file that is there can be read or changed by anybody but its owner."""
    try:
        return bool(stat.S_IMODE(path.stat().st_mode) & _OTHERS)
    except OSError:
        return False


def _named(folder: Path, now: datetime) -> Iterator[KeyFile]:
    if not folder.is_dir():
        return
    for path in sorted(folder.iterdir()):
        if path.name == STORE_KEYS or path.name.startswith(".") or not path.is_file():
            continue
        age = now - datetime.fromtimestamp(path.stat().st_mtime, UTC)
        life = LIVES.get(path.name)
        if readable_by_others(path):
            yield KeyFile(path.name, age, f"can be read by others; run: chmod 600 {path}, and change it")
        elif life is not None and age > life:
            yield KeyFile(
                path.name, age, f"change it every {life.days} days: stop the bot, delete {path}, start it again"
            )
        else:
            yield KeyFile(path.name, age, "")


def _weeks(folder: Path, now: datetime) -> Iterator[KeyFile]:
    """A key of a week that is over opens what should be gone everywhere."""
    if not folder.is_dir():
        return
    if readable_by_others(folder):
        yield KeyFile(EPOCHS, timedelta(), f"can be read by others; run: chmod 700 {folder}")
    year, week, _ = date.isocalendar(now.astimezone(UTC).date())
    this = f"{year:04}-W{week:02}"
    for path in sorted(folder.iterdir()):
        told = _WEEK.fullmatch(path.name)
        if told is None:
            continue
        age = now - datetime.fromtimestamp(path.stat().st_mtime, UTC)
        if readable_by_others(path):
            yield KeyFile(path.name, age, f"can be read by others; run: chmod 600 {path}")
        if told.group(1) < this:
            yield KeyFile(path.name, age, "its week is over, so it should be destroyed; is the bot running?")
