"""C9: the one machine on which everything runs stops: bots and store die at once, and with them what no disk holds yet.

See `unsynced` for how it is known what is on the disk.
"""

import asyncio
import tempfile
import time
from collections.abc import Callable
from contextlib import AsyncExitStack
from pathlib import Path
from random import Random
from typing import Final

from benchmarks.chaos.findings import Finding
from benchmarks.chaos.guarded_store import PASSWORD
from benchmarks.chaos.kills import RETRY_SCALE
from benchmarks.chaos.replicas import replicas_of_a_bot
from benchmarks.chaos.talks import Crowd
from benchmarks.chaos.town import link_helpline, tickets_in, vault_of, write_content
from benchmarks.chaos.unsynced import compile_log, drop_unsynced
from bot.delivery import LEASE
from tests.store.servers import Server
from tests.telegram_server import FakeTelegram

PEOPLE: Final = 20
REPLICAS: Final = 2


async def run(seed: int, rounds: int, say: Callable[[str], None], *, people: int = PEOPLE) -> Finding:
    """Stop the machine so many times while people talk."""
    began, random, dropped = time.monotonic(), Random(seed), 0
    with tempfile.TemporaryDirectory(prefix="waymark-chaos-") as name:
        folder = Path(name)
        write_content(folder / "content")
        data = folder / "store"
        data.mkdir()
        server = Server(data, 0, ("--requirepass", PASSWORD), {"LD_PRELOAD": str(compile_log(folder))})
        url = f"unix://:{PASSWORD}@{data}/socket"
        async with AsyncExitStack() as stack:
            telegram = await stack.enter_async_context(FakeTelegram(seed=seed, retry_scale=RETRY_SCALE))
            stack.callback(server.kill)
            await asyncio.to_thread(server.start)
            await link_helpline(url, folder, telegram)
            replicas = await stack.enter_async_context(replicas_of_a_bot(folder, telegram, url, number=REPLICAS))
            crowd = Crowd(telegram, seed, people, people // 2, within=rounds * 4)
            await crowd.begin()
            for number in range(rounds):
                talking = asyncio.create_task(crowd.talk(0.4, 3))
                await asyncio.sleep(random.uniform(0.5, 2.5))
                # The store first and the bots in the same breath, or the other way round.
                if random.random() < 0.5:
                    server.kill()
                for replica in replicas.all:
                    replica.kill_now()
                server.kill()
                dropped += drop_unsynced(data)
                await talking
                await asyncio.to_thread(server.start)
                await replicas.until_ready()
                crowd.ears.listen()
                say(f"{number + 1} of {rounds} stopped")
            crowd.finish()
            await crowd.settle()
            # A lease later whatever comes a second time has come.
            await asyncio.sleep(LEASE.total_seconds() + 2)
            outcome = crowd.outcome(await tickets_in(url, folder), vault_of(folder))
    done = {"rounds": rounds, "bytes dropped": dropped, **outcome.done()}
    # Each bot that dies may double what it has in hand.
    promises = outcome.promises(duplicates=rounds * (REPLICAS + 1))
    return Finding("C9: the machine stops", seed, time.monotonic() - began, done, promises, outcome.odd[:20])
