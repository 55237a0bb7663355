"""What is learned from content takes seconds, and is the same for whoever learns it: it is learned once and kept.

Kept beside pytest's own cache, under a name made of everything that is learned from and of the code that learns. Whoever
comes while another process learns waits for it.
"""

import fcntl
from collections.abc import Iterator
from contextlib import contextmanager
from hashlib import sha256
from pathlib import Path
from shutil import rmtree

PROJECT = Path(__file__).parents[1]
FOLDER = PROJECT / ".pytest_cache" / "lessons"
CODE = ("bot/language/*.py", "bot/compiler/*.py", "tests/language/content.py", "tests/lessons.py", "*.lock")
MOST = 16


@contextmanager
def lessons_of(content: Path, learner: str) -> Iterator[Path]:
    """The folder in which this learner finds, or keeps, what these files teach."""
    kept = FOLDER / f"{learner}-{_fingerprint(content)}"
    if not kept.is_dir():
        FOLDER.mkdir(parents=True, exist_ok=True)
        with (FOLDER / "lock").open("w") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX)
            if not kept.is_dir():
                new = kept.with_suffix(".new")
                rmtree(new, ignore_errors=True)
                new.mkdir()
                yield new
                new.rename(kept)
                _forget_oldest()
                return
    yield kept


def _fingerprint(content: Path) -> str:
    told = sha256()
    files = [path for pattern in CODE for path in PROJECT.glob(pattern)] + list(content.rglob("*.yaml"))
    for path in sorted(files):
        told.update(f"{path.name} {path.stat().st_size} ".encode() + path.read_bytes())
    return told.hexdigest()[:16]


def _forget_oldest() -> None:
    kept = sorted((path for path in FOLDER.iterdir() if path.is_dir()), key=lambda path: path.stat().st_mtime)
    for path in kept[:-MOST]:
        rmtree(path, ignore_errors=True)
