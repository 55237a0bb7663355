"""Primary and replica stop at once, and the replica has only what was on its disk: what was proved must be there.

`WAITAOF` asks for just that. A Redis before 7.2 knows only `WAIT`, which asks what the replica has taken; that this
comes to the same with `appendfsync always` is shown here, with STORE_SERVER naming such a server.
"""

import asyncio
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from random import Random
from typing import Final

from benchmarks.chaos.commits import VAULT, Told, keep_committing, lost_turns
from benchmarks.chaos.findings import Finding, at_least, none_of
from benchmarks.chaos.unsynced import PEOPLE, compile_log, drop_unsynced
from bot.store.redis_store import open_store
from tests.store.servers import Server, a_server, free_ports

_PATIENCE: Final = 60.0


async def run(seed: int, rounds: int, say: Callable[[str], None], *, proven: bool = True) -> Finding:
    """So many times; where nothing is proved and the replica syncs once a second, the same check finds losses."""
    began, random = time.monotonic(), Random(seed)
    acknowledged = dropped = lost = 0
    # On a disk: in memory a sync takes no time, and hardly ever anything is in between.
    with tempfile.TemporaryDirectory(prefix="unsynced-") as name:
        library = compile_log(Path(name))
        for number in range(rounds):
            data = Path(name) / f"replica-{number}"
            data.mkdir()
            told = await _one_round(data, library, random, proven=proven)
            dropped += drop_unsynced(data)
            alone = Server(data, 0, ())
            try:
                await asyncio.to_thread(alone.start)
                store = open_store(alone.url, VAULT)
                lost += await lost_turns(store, told)
                await store.close()
            finally:
                alone.kill()
            acknowledged += told.acknowledged
            say(f"{number + 1} of {rounds}, {acknowledged} turns acknowledged, {dropped} bytes dropped")
    return Finding(
        "un-synced replica" if proven else "un-synced replica, control",
        seed,
        time.monotonic() - began,
        {"rounds": rounds, "turns acknowledged": acknowledged, "bytes dropped": dropped},
        (
            none_of("acknowledged turns lost", lost)
            if proven
            else at_least("acknowledged turns lost (so the check can fail)", lost, 1),
            at_least("turns acknowledged in each round", acknowledged / rounds, 10),
        ),
    )


async def _one_round(data: Path, library: Path, random: Random, *, proven: bool) -> Told:
    """People write until both servers die at once; gives what was acknowledged."""
    told = Told()
    port, replica_port = free_ports(2)
    follows = ("--replicaof", "127.0.0.1", str(port), "--appendfsync", "always" if proven else "everysec")
    replica = Server(data, replica_port, follows, {"LD_PRELOAD": str(library)})
    with a_server(port=port) as primary:
        await asyncio.to_thread(replica.start)
        store = open_store(primary.url, VAULT, replicas=1 if proven else 0)
        working = [asyncio.create_task(keep_committing(store, f"p{number}", told)) for number in range(PEOPLE)]
        try:
            async with asyncio.timeout(_PATIENCE):
                while told.acknowledged < 10 * PEOPLE:  # noqa: ASYNC110 - a busy machine may need longer
                    await asyncio.sleep(0.05)
            await asyncio.sleep(random.uniform(0.3, 1.2))
        finally:
            replica.kill()
            primary.kill()
            for task in working:
                task.cancel()
            await asyncio.gather(*working, return_exceptions=True)
            await store.close()
    return told
