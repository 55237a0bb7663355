"""The content that is live: compiled at the start, and again when it changes; a bad version never becomes live.

Until something was ever published it is the folder, taken up a moment after a file changes. From then on it is what the
archive says, on every replica from the same moment: announced some seconds ahead, compiled meanwhile, and taken up when
the moment has come.
"""

import asyncio
import logging
from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import Final, Self

from bot import logbook
from bot.clock import Clock
from bot.compiler import CompileScript, ContentError, Folder, folder_of, lent_by
from bot.dialogue.script import Script
from bot.figures import Figures
from bot.store.contract import StoreError
from bot.studio.archive import Archive
from bot.studio.holdings import marks_of
from bot.studio.records import RecordError
from bot.studio.stock import StockError
from bot.studio.tree import Tree, TreeError
from bot.studio.versions import Live

LOOK_EVERY: Final = 1.0
_TOUCH_EVERY: Final = timedelta(minutes=10)
_AWAY: Final = (StoreError, StockError, RecordError)
"""The archive cannot say now what is live."""


@dataclass(frozen=True, slots=True)
class Taken:
    """What a process answers from: a version, or the folder where there is no number."""

    script: Script
    number: int | None = None
    tree: Tree | None = None


class LiveContent:
    """Holds the script of the newest good version; `tell` is given what people at the terminal should read.

    Without an archive it is the folder, always.
    """

    def __init__(
        self,
        directory: Path,
        compile_script: CompileScript,
        clock: Clock,
        tell: Callable[[str], None],
        archive: Archive | None = None,
        figures: Figures | None = None,
        taken: Taken | None = None,
    ) -> None:
        self._directory = directory
        self._compile_script = compile_script
        self._clock = clock
        self._tell = tell
        self._archive = archive
        self._figures = figures or Figures()
        self._seen = marks_of(directory)
        self._taken = taken or Taken(self._compile_folder())
        self._next: tuple[Live, Taken] | None = None
        self._refused: int | None = None
        self._touched = clock.now()
        self._note()

    @classmethod
    async def open(
        cls,
        directory: Path,
        compile_script: CompileScript,
        clock: Clock,
        tell: Callable[[str], None],
        archive: Archive,
        figures: Figures,
    ) -> Self:
        """Begin with what is live now; with what was live here last, or the folder, where that cannot be had."""
        taken = await _begin(directory, compile_script, clock, tell, archive)
        return cls(directory, compile_script, clock, tell, archive, figures, taken)

    def script(self) -> Script:
        """The script that is live now."""
        return self._taken.script

    @property
    def number(self) -> int | None:
        """The version that is live here; None while it is the folder."""
        return self._taken.number

    async def follow(self) -> None:
        """Take up what is new, for as long as it runs; mistakes are told and the good version stays live."""
        while True:
            await self._clock.sleep(self._pause())
            try:
                await self._look()
            except (ContentError, OSError) as error:
                self._tell(f"The content has mistakes; the version from before stays live.\n{error}")
            except Exception as error:  # noqa: BLE001  # whatever stands in a file, people are answered meanwhile
                logbook.note_error("content_not_compiled", error)
                self._tell(f"The content cannot be read ({type(error).__name__}); the version from before stays live.")

    def _pause(self) -> float:
        if self._next is None:
            return LOOK_EVERY
        return max(0.0, min(LOOK_EVERY, (self._next[0].since - self._clock.now()).total_seconds()))

    async def _look(self) -> None:
        live = await self._announced()
        if live is not None:
            await self._look_at(live)
        elif self._taken.number is None:
            await self._look_at_folder()

    async def _announced(self) -> Live | None:
        """What the archive says; while it is away, what it said before."""
        if self._archive is None:
            return None
        try:
            return await self._archive.live()
        except _AWAY as error:
            logbook.note_error("archive_away", error)
            return None if self._next is None else self._next[0]

    async def _look_at_folder(self) -> None:
        seen = await asyncio.to_thread(marks_of, self._directory)
        if seen != self._seen:
            self._seen = seen
            self._take(Taken(await asyncio.to_thread(self._compile_folder)))
            self._tell("Changed content is live.")

    async def _look_at(self, live: Live) -> None:
        if live.version == self._taken.number:
            self._next = None
            await self._stay()
            return
        if live.version == self._refused:
            await self._stay()
            return
        if self._next is None or self._next[0].version != live.version:
            self._next = await self._prepare(live)
        if self._next is not None:
            self._next = live, self._next[1]
            if self._clock.now() >= live.since:
                await self._switch(self._next[1])

    async def _prepare(self, live: Live) -> tuple[Live, Taken] | None:
        """The version, compiled; None where it cannot be had now, or cannot be used here at all."""
        if self._archive is None:
            return None
        try:
            taken = await _compiled(self._archive, live.version, self._compile_version)
        except (*_AWAY, OSError) as error:
            logbook.note_error("archive_away", error)
            return None
        except Exception as error:  # noqa: BLE001  # whatever stands in it, people are answered meanwhile
            self._refused = live.version
            self._figures.add("content_refused")
            self._note()
            logbook.note("content_refused", logging.ERROR, version=f"{live.version}")
            self._tell(_refusal(live.version, self._taken.number, error))
            return None
        return live, taken

    async def _switch(self, taken: Taken) -> None:
        self._take(taken)
        self._next = None
        self._refused = None
        self._note()
        self._tell(f"Version {taken.number} of the content is live.")
        await _remember(self._archive, taken)

    def _take(self, taken: Taken) -> None:
        self._taken = taken
        logbook.note("content_live", version=taken.script.version)

    async def _stay(self) -> None:
        """Pictures and recordings are read from the folder of what is live, so it must stay."""
        tree = self._taken.tree
        if self._archive is not None and tree is not None and self._clock.now() - self._touched >= _TOUCH_EVERY:
            self._touched = self._clock.now()
            await self._archive.checkout(tree)

    def _note(self) -> None:
        self._figures.levels["content_version"] = float(self._taken.number or 0)
        self._figures.levels["content_behind"] = float(self._refused is not None)

    def _compile_folder(self) -> Script:
        return self._compile_script(self._directory, self._clock.now().date())

    def _compile_version(self, folder: Path) -> Script:
        return self._compile_script(of_version(folder, self._directory), self._clock.now().date())


async def folder_differs(archive: Archive, directory: Path) -> str | None:
    """What is to be said where versions are live and the folder is not; None while the folder is."""
    try:
        live = await archive.live()
        version = None if live is None else await archive.version(live.version)
    except _AWAY as error:
        return f"what is live cannot be asked now ({error})"
    if version is None:
        return None
    words = f"version {version.number} is live, published {version.at:%Y-%m-%d %H:%M} UTC; {directory} is not read"
    try:
        differing = len(version.tree.changed_in(await archive.folder_tree()))
    except (TreeError, OSError):
        return words
    if not differing:
        return f"{words}, and holds the same"
    return f"{words}, and differs in {differing} of its files: waymark content diff live folder"


async def live_folder(archive: Archive, directory: Path) -> Folder:
    """Where the files lie that people are answered from now: for commands that look at them once."""
    live = await archive.live()
    if live is None:
        return folder_of(directory)
    return of_version(await archive.checkout(await archive.present()), directory)


def of_version(checkout: Path, directory: Path) -> Folder:
    """The files of a version; where the program has learned to say more since, its folder lends the words."""
    return Folder(checkout, checkout.name, lender=lent_by(directory))


async def _begin(
    directory: Path, compile_script: CompileScript, clock: Clock, tell: Callable[[str], None], archive: Archive
) -> Taken | None:
    """What a process begins with; None for the folder."""

    def compile_version(folder: Path) -> Script:
        return compile_script(of_version(folder, directory), clock.now().date())

    number: int | None = None
    try:
        live = await archive.live()
        number = None if live is None else live.at(clock.now())
        if number is None:
            return None
        taken = await _compiled(archive, number, compile_version)
        await _remember(archive, taken)
        return taken
    except (*_AWAY, OSError) as error:
        logbook.note_error("archive_away", error)
        tell(f"What is live cannot be asked now ({error}); beginning with what was live here last.")
    except Exception as error:  # noqa: BLE001  # people are answered from something else rather than not at all
        logbook.note("content_refused", logging.ERROR, version=f"{number}")
        tell(_refusal(number, None, error))
    return await _last(archive, number, compile_version, tell)


async def _last(
    archive: Archive, refused: int | None, compile_version: Callable[[Path], Script], tell: Callable[[str], None]
) -> Taken | None:
    """What was live here last, unless that is what was just refused."""
    last = await asyncio.to_thread(archive.checkouts.last_live)
    if last is None or last[0] == refused:
        tell("Nothing was live here before: beginning with the folder of content.")
        return None
    try:
        return Taken(await asyncio.to_thread(compile_version, last[1]), last[0])
    except Exception as error:  # noqa: BLE001  # as above
        tell(_refusal(last[0], None, error))
        return None


async def _compiled(archive: Archive, number: int, compile_version: Callable[[Path], Script]) -> Taken:
    version = await archive.version(number)
    if version is None:
        raise StockError(f"version {number} of the content is not kept")
    folder = await archive.checkout(version.tree)
    return Taken(await asyncio.to_thread(compile_version, folder), number, version.tree)


async def _remember(archive: Archive | None, taken: Taken) -> None:
    if archive is None or taken.number is None or taken.tree is None:
        return
    try:
        await asyncio.to_thread(archive.checkouts.note_live, taken.number, taken.tree)
    except OSError as error:
        logbook.note_error("live_not_noted", error)


def _refusal(number: int | None, stays: int | None, error: Exception) -> str:
    instead = "what was live before stays" if stays is None else f"version {stays} stays live here"
    what = str(error) if isinstance(error, ContentError) else type(error).__name__
    return (
        f"Version {number} of the content CANNOT be used by this program; {instead}. Roll back, or update it.\n{what}"
    )
