"""The content that is live: compiled at the start, and again when a file changes; a bad version never becomes live."""

import asyncio
import contextlib
from collections.abc import Callable, Iterator
from itertools import chain
from pathlib import Path
from typing import Final

from bot import logbook
from bot.clock import Clock
from bot.compiler import ContentError, Teach, compile_content
from bot.dialogue.script import Script

LOOK_EVERY: Final = 1.0


class LiveContent:
    """Holds the script of the newest good version; `tell` is given what people at the terminal should read."""

    def __init__(self, directory: Path, teach: Teach, clock: Clock, tell: Callable[[str], None]) -> None:
        self._directory = directory
        self._teach = teach
        self._clock = clock
        self._tell = tell
        self._seen = _fingerprint(directory)
        self._script = self._compile()

    def script(self) -> Script:
        """The script that is live now."""
        return self._script

    async def follow(self) -> None:
        """Take up changed files, for as long as it runs; mistakes are told and the good version stays live."""
        while True:
            await self._clock.sleep(LOOK_EVERY)
            try:
                await self._look()
            except (ContentError, OSError) as error:
                self._tell(f"The content has mistakes; the version from before stays live.\n{error}")
            except Exception as error:  # noqa: BLE001  # whatever stands in a file, people are answered meanwhile
                logbook.note_error("content_not_compiled", error)
                self._tell(f"The content cannot be read ({type(error).__name__}); the version from before stays live.")

    async def _look(self) -> None:
        seen = await asyncio.to_thread(_fingerprint, self._directory)
        if seen != self._seen:
            self._seen = seen
            self._script = await asyncio.to_thread(self._compile)
            logbook.note("content_live", version=self._script.version)
            self._tell("Changed content is live.")

    def _compile(self) -> Script:
        return compile_content(self._directory, self._clock.now().date(), self._teach).script


def _fingerprint(directory: Path) -> frozenset[tuple[str, int, int]]:
    return frozenset(_marks(directory))


def _marks(directory: Path) -> Iterator[tuple[str, int, int]]:
    for path in chain(directory.rglob("*.yaml"), (directory / "media").rglob("*")):
        # An editor puts a new file in the place of the old one; what is gone meanwhile is looked at a second later.
        with contextlib.suppress(FileNotFoundError):
            state = path.stat()
            yield str(path), state.st_mtime_ns, state.st_size
