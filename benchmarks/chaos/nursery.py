"""Starts bots quickly: a process that has read all their code forks them, each a process of its own.

Reading the code takes most of a start; where a hundred bots are killed and started again, one reads it for all.
"""

import asyncio
import ctypes
import gc
import json
import os
import signal
import sys
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Final

import uvloop

from bot import logbook
from bot.__main__ import run_until_told
from bot.settings import Settings

_PARENT_DEATH_SIGNAL: Final = 1
_ROOT: Final = Path(__file__).parents[2]


class Nursery:
    """Where they are started."""

    def __init__(self, process: asyncio.subprocess.Process) -> None:
        self._process = process
        self._asking = asyncio.Lock()

    async def start(self, environ: Mapping[str, str], log: Path) -> int:
        """Start a bot with these settings; its process id."""
        async with self._asking:
            assert self._process.stdin is not None
            assert self._process.stdout is not None
            self._process.stdin.write(json.dumps({"environ": dict(environ), "log": str(log)}).encode() + b"\n")
            await self._process.stdin.drain()
            return int(await self._process.stdout.readline())


@asynccontextmanager
async def a_nursery() -> AsyncIterator[Nursery]:
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "benchmarks.chaos.nursery"),
        cwd=_ROOT,
        stdin=asyncio.subprocess.PIPE,
        stdout=asyncio.subprocess.PIPE,
    )
    try:
        yield Nursery(process)
    finally:
        process.kill()
        await process.wait()


def _nurse() -> None:
    """Fork one bot for each line, and say its process id."""
    # Nobody waits for those that die; the system forgets them.
    signal.signal(signal.SIGCHLD, signal.SIG_IGN)
    gc.freeze()
    while line := sys.stdin.buffer.readline():
        asked = json.loads(line)
        pid = os.fork()
        if pid == 0:
            signal.signal(signal.SIGCHLD, signal.SIG_DFL)
            _die_with_parent()
            _be_a_bot(asked["environ"], asked["log"])
        sys.stdout.write(f"{pid}\n")
        sys.stdout.flush()


def _die_with_parent() -> None:
    """Whoever stops the run stops all of it."""
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(_PARENT_DEATH_SIGNAL, signal.SIGKILL)


def _be_a_bot(environ: Mapping[str, str], log: str) -> None:
    """As `benchmarks.worker`; never returns."""
    code = 1
    try:
        file = os.open(log, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
        nothing = os.open(os.devnull, os.O_RDONLY)
        for old, new in ((nothing, 0), (file, 1), (file, 2)):
            os.dup2(old, new)
        logbook.open_logbook()
        uvloop.run(run_until_told(Settings.from_environ(environ), pacing=None))
        code = 0
    except BaseException as error:  # noqa: BLE001 - a fork must never go on as the one it was forked from
        sys.stderr.write(f"{type(error).__name__}: {error}\n")
    finally:
        sys.stdout.flush()
        sys.stderr.flush()
        os._exit(code)


if __name__ == "__main__":
    _nurse()
