"""Has the whole check done by another process, since people are answered in this one.

A check takes seconds of a processor, and a thread of this process would take the interpreter's lock from every answer
meanwhile. A process that is begun for each check and ends with it needs no memory between them, cannot be broken by
the draft before, and can be ended in the middle. It runs with low priority, and knows neither our settings nor our
keys. There is one at a time, and whoever asks for what is being checked waits for that. What is to go live overtakes
what is only looked at: a check of that is ended and begins anew behind it, since it may last for minutes.
"""

import asyncio
import contextlib
import logging
import os
import signal
import sys
from asyncio.subprocess import PIPE, Process
from collections import OrderedDict
from collections.abc import Sequence
from datetime import date, timedelta
from pathlib import Path
from typing import Final, TypeAlias

import msgspec

import bot
from bot import logbook
from bot.figures import Figures
from bot.studio.checking import Checked, CheckError, Failure
from bot.studio.checkouts import is_here
from bot.studio.tree import TreeHash

PATIENCE: Final = timedelta(minutes=10)
"""By the clock: on a machine full of other work it gets little of the processor, of which it has `MOST_SECONDS`."""
PROGRAM: Final = (sys.executable, "-m", "bot.studio.check_apart")
MOST_BYTES: Final = 8 * 1024 * 1024
"""Twice what it says at most, by its own count."""

LEAVE: Final = timedelta(seconds=10)
"""How long others wait for a child that was ended: one that waits for a broken disk cannot even be killed."""

FIGURE: Final = "content_not_checked"
NOT_ENDED: Final = "check_not_ended"
_NICE: Final = 10
_KEPT: Final = 4
_ROOT: Final = Path(bot.__file__).parents[1]
_LET_THROUGH: Final = ("LD_LIBRARY_PATH", "DYLD_LIBRARY_PATH", "PYTHONHOME", "PYTHONDONTWRITEBYTECODE", "TMPDIR")
"""What a Python may need to start; our environment holds secrets."""

_Name: TypeAlias = tuple[TreeHash, date]
_ONE_THREAD: Final = {"OMP_NUM_THREADS": "1", "OPENBLAS_NUM_THREADS": "1"}


class Examiner:
    """Remembers the last few answers; `learned` is a folder for what drafts teach, `lender` the program's content."""

    def __init__(
        self,
        learned: Path,
        lender: Path,
        figures: Figures,
        patience: timedelta = PATIENCE,
        program: Sequence[str] = PROGRAM,
        leave: timedelta = LEAVE,
    ) -> None:
        self._folders = learned.absolute(), lender.absolute()
        self._figures = figures
        self._patience = patience
        self._program = program
        self._leave = leave
        self._known: OrderedDict[_Name, Checked] = OrderedDict()
        self._running: dict[tuple[TreeHash, date, bool], asyncio.Task[Checked]] = {}
        self._busy = asyncio.Lock()
        self._looking = asyncio.Lock()
        """Of those that are looked at one at most waits for the other lock, so that what comes first is next."""
        self._looked_at: tuple[_Name, asyncio.Task[Checked]] | None = None
        """What is being checked and gives way."""
        self._closed = False

    async def examine(self, tree: TreeHash, folder: Path, today: date) -> Checked:
        """The whole check of a tree, whose files lie in the folder; raise CheckError where it cannot be had."""
        return await self._examine((tree, today), folder, first=False)

    async def examine_first(self, tree: TreeHash, folder: Path, today: date) -> Checked:
        """The same for what is to go live, before everything that is only looked at."""
        return await self._examine((tree, today), folder, first=True)

    async def close(self) -> None:
        """End what is being checked; nothing is checked any more."""
        self._closed = True
        running = list(self._running.values())
        for task in running:
            task.cancel()
        if running:
            await asyncio.wait(running)

    async def _examine(self, name: _Name, folder: Path, *, first: bool) -> Checked:
        if name in self._known:
            self._known.move_to_end(name)
            return self._known[name]
        if self._closed:
            raise CheckError(Failure.STOPPED)
        task = self._running.get((*name, first))
        if task is None:
            task = self._running[*name, first] = asyncio.create_task(self._check(name, folder, first=first))
            task.add_done_callback(_heard)
        # Whoever leaves does not end it for the others.
        await asyncio.wait([task])
        if task.cancelled():
            raise CheckError(Failure.STOPPED)
        return task.result()

    async def _check(self, name: _Name, folder: Path, *, first: bool) -> Checked:
        try:
            checked = await (self._check_first if first else self._check_behind)(name, folder)
        except CheckError as error:
            self._figures.add(FIGURE, error.failure)
            code = {} if error.code is None else {"code": error.code}
            logbook.note(FIGURE, logging.ERROR, kind=error.failure, **code)
            raise
        finally:
            del self._running[*name, first]
        self._known[name] = checked
        if len(self._known) > _KEPT:
            self._known.popitem(last=False)
        return checked

    async def _check_first(self, name: _Name, folder: Path) -> Checked:
        if self._looked_at is not None and self._looked_at[0] != name:
            self._looked_at[1].cancel()
        async with self._busy:
            # The other kind may have asked for the same.
            return self._known.get(name) or await self._ask(folder, name[1])

    async def _check_behind(self, name: _Name, folder: Path) -> Checked:
        async with self._looking:
            while True:
                async with self._busy:
                    if name in self._known:
                        return self._known[name]
                    asked = asyncio.create_task(self._ask(folder, name[1]))
                    asked.add_done_callback(_heard)
                    self._looked_at = name, asked
                    try:
                        await asyncio.wait([asked])
                    finally:
                        self._looked_at = None
                        asked.cancel()
                        # Nothing else is begun before this one has ended.
                        await asyncio.wait([asked])
                if not asked.cancelled():
                    return asked.result()

    async def _ask(self, folder: Path, today: date) -> Checked:
        # Now, since it may have waited for longer than a folder is kept that nobody uses.
        if not await asyncio.to_thread(is_here, folder):
            raise CheckError(Failure.GONE)
        process = await self._begin(folder, today)
        try:
            async with asyncio.timeout(self._patience.total_seconds()):
                answer = await _answer(process)
                code = await process.wait()
        except TimeoutError:
            raise CheckError(Failure.LATE) from None
        finally:
            await _end(process, self._leave)
        if code == -signal.SIGXCPU:
            raise CheckError(Failure.LATE, code)
        if code != 0:
            raise CheckError(Failure.CRASHED, code)
        try:
            return msgspec.json.decode(answer, type=Checked)
        except msgspec.MsgspecError:
            raise CheckError(Failure.NO_ANSWER) from None

    async def _begin(self, folder: Path, today: date) -> Process:
        try:
            process = await asyncio.create_subprocess_exec(
                *self._command(folder, today),
                stdin=PIPE,
                stdout=PIPE,
                cwd=_ROOT,
                env={name: os.environ[name] for name in _LET_THROUGH if name in os.environ} | _ONE_THREAD,
            )
        except OSError:
            raise CheckError(Failure.NOT_STARTED) from None
        with contextlib.suppress(OSError):
            os.setpriority(os.PRIO_PROCESS, process.pid, _NICE)
        return process

    def _command(self, folder: Path, today: date) -> tuple[str, ...]:
        return *self._program, f"{folder.absolute()}", today.isoformat(), *map(str, self._folders)


async def _answer(process: Process) -> bytes:
    """All that it says; raise CheckError where that has no end."""
    if process.stdout is not None:
        try:
            await process.stdout.readexactly(MOST_BYTES + 1)
        except asyncio.IncompleteReadError as error:
            return error.partial
    raise CheckError(Failure.NO_ANSWER)


async def _end(process: Process, leave: timedelta) -> None:
    if process.returncode is None:
        with contextlib.suppress(ProcessLookupError):
            process.kill()
    if process.stdin is not None:
        process.stdin.close()
    try:
        async with asyncio.timeout(leave.total_seconds()):
            if process.stdout is not None:
                # What is left in the pipe would keep it open.
                await process.stdout.read()
            await process.wait()
    except TimeoutError:
        logbook.note(NOT_ENDED, logging.ERROR)


def _heard(task: asyncio.Task[Checked]) -> None:
    """Whoever asked may be gone, and then nobody else hears that it failed."""
    if not task.cancelled():
        task.exception()
