"""The content that is live: compiled at the start, and again when a file changes; a bad version never becomes live."""

import asyncio
from collections.abc import Callable
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
            seen = await asyncio.to_thread(_fingerprint, self._directory)
            if seen == self._seen:
                continue
            self._seen = seen
            try:
                self._script = await asyncio.to_thread(self._compile)
                logbook.note("content_live", version=self._script.version)
                self._tell("Changed content is live.")
            except (ContentError, OSError) as error:
                self._tell(f"The content has mistakes; the version from before stays live.\n{error}")

    def _compile(self) -> Script:
        return compile_content(self._directory, self._clock.now().date(), self._teach).script


def _fingerprint(directory: Path) -> frozenset[tuple[str, int, int]]:
    files = (path for path in directory.rglob("*.yaml") if path.is_file())
    return frozenset((str(path), stat.st_mtime_ns, stat.st_size) for path in files for stat in (path.stat(),))
