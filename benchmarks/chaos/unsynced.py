"""The machine of the store stops, and everything is gone that was not on its disk yet.

kill -9 does not do that: what a process has written, the system writes to the disk after its death. So the store's own
fsync is noted (fsync_log.c, with the C compiler of this machine), and after each kill its file is cut to what was
synced. With `appendfsync always` everything acknowledged must be in there; with `everysec` the same check finds losses.
"""

import asyncio
import shutil
import subprocess
import tempfile
import time
from collections.abc import Callable
from functools import partial
from pathlib import Path
from random import Random
from typing import Final

from benchmarks.chaos.commits import VAULT, Told, keep_committing, lost_turns
from benchmarks.chaos.findings import Finding, at_least, none_of
from bot.store.redis_store import open_store
from tests.store.servers import Server

PEOPLE: Final = 24
_SOURCE: Final = Path(__file__).with_name("fsync_log.c")


class NoCompilerError(Exception):
    """There is no C compiler here, so nobody can see what is synced."""


async def run(seed: int, rounds: int, say: Callable[[str], None], *, appendfsync: str = "always") -> Finding:
    """Kill so many times and drop what was not synced; "everysec" is the control that loses."""
    began, random, told, dropped = time.monotonic(), Random(seed), Told(), 0
    # On a disk: in memory a sync takes no time, and hardly ever anything is in between.
    with tempfile.TemporaryDirectory(prefix="unsynced-") as name:
        folder = Path(name)
        library = compile_log(folder)
        data = folder / "data"
        data.mkdir()
        server = Server(data, 0, ("--appendfsync", appendfsync), {"LD_PRELOAD": str(library)})
        await asyncio.to_thread(server.start)
        store = open_store(server.url, VAULT)
        working = [asyncio.create_task(keep_committing(store, f"p{number}", told)) for number in range(PEOPLE)]
        try:
            for number in range(rounds):
                known = told.acknowledged
                await asyncio.sleep(random.uniform(0.3, 1.2))
                while told.acknowledged == known:  # noqa: ASYNC110 - a busy machine may need longer
                    await asyncio.sleep(0.1)
                await asyncio.to_thread(server.kill)
                dropped += drop_unsynced(data)
                await asyncio.to_thread(server.start)
                say(f"{number + 1} of {rounds}, {told.acknowledged} turns acknowledged, {dropped} bytes dropped")
            told.stop = True
            await asyncio.gather(*working)
            lost = await lost_turns(store, told) + told.contradicted
        finally:
            for task in working:
                task.cancel()
            await store.close()
            server.kill()
    done: dict[str, float | str] = {
        "rounds": rounds,
        "appendfsync": appendfsync,
        "turns acknowledged": told.acknowledged,
        "bytes dropped": dropped,
    }
    ending = partial(Finding, seed=seed, seconds=time.monotonic() - began, done=done)
    if appendfsync != "always":
        promise = at_least("acknowledged turns lost (so the check can fail)", lost, 1)
        return ending(part="un-synced bytes, control", promises=(promise,))
    return ending(
        part="un-synced bytes",
        promises=(
            none_of("acknowledged turns lost", lost),
            at_least("turns acknowledged in each round", told.acknowledged / rounds, 10),
        ),
    )


def compile_log(folder: Path) -> Path:
    """The library that notes what is synced; raise NoCompilerError where it cannot be made."""
    compiler = shutil.which("cc")
    if compiler is None:
        raise NoCompilerError("no C compiler is installed here (cc), so nobody can see what is synced")
    library = folder / "fsync_log.so"
    subprocess.run([compiler, "-shared", "-fPIC", "-O1", "-o", str(library), str(_SOURCE), "-ldl"], check=True)
    return library


def drop_unsynced(data: Path) -> int:
    """Cut every append-only file to what was on the disk; how many bytes are gone."""
    dropped = 0
    for path in data.glob("appendonlydir/*.incr.aof"):
        note = path.with_name(f"{path.name}.synced")
        synced = int.from_bytes(note.read_bytes(), "little") if note.exists() else 0
        size = path.stat().st_size
        if synced < size:
            with path.open("r+b") as file:
                file.truncate(synced)
            dropped += size - synced
    return dropped
