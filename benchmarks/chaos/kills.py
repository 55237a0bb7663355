"""Processes die at any instant: replicas of the bot, the store's primary and replica, and its Sentinels.

A server of the store dies only while the other one has everything: of two disks gone at once nothing is promised.
"""

import asyncio
import tempfile
import time
from collections import Counter
from collections.abc import Callable, Coroutine
from contextlib import AsyncExitStack
from pathlib import Path
from random import Random
from typing import Final

from benchmarks.chaos.findings import Finding
from benchmarks.chaos.guarded_store import GuardedStore, a_guarded_store
from benchmarks.chaos.replicas import Replica, Replicas, replicas_of_a_bot
from benchmarks.chaos.talks import Crowd
from benchmarks.chaos.town import link_helpline, tickets_in, vault_of, write_content
from bot.delivery import LEASE
from tests.telegram_server import FakeTelegram

RETRY_SCALE: Final = 0.25
"""Telegram's pauses between two tries, shortened: a server that is back for a while would else be asked too seldom."""

_SHARE_OF_STORE: Final = 0.3
_SHOWS: Final = ("sendMessage", "editMessageText")
"""What may fail: that a press was heard is told once and no more, for it only stops a clock on a button."""


async def run(
    seed: int,
    kills: int,
    updates: int,
    people: int,
    say: Callable[[str], None],
    *,
    share_of_store: float = _SHARE_OF_STORE,
) -> Finding:
    """Kill so many processes while people talk, until so many updates were sent."""
    began = time.monotonic()
    calls = max(2, people // 3)
    with tempfile.TemporaryDirectory(prefix="waymark-chaos-") as name:
        folder = Path(name)
        write_content(folder / "content")
        async with AsyncExitStack() as stack:
            telegram = await stack.enter_async_context(FakeTelegram(seed=seed, retry_scale=RETRY_SCALE))
            store = await stack.enter_async_context(a_guarded_store())
            await link_helpline(store.url, folder, telegram)
            replicas = await stack.enter_async_context(replicas_of_a_bot(folder, telegram, store.url))
            crowd = Crowd(telegram, seed, people, calls)
            await crowd.begin()
            telegram.faults.answer_429(0.01 if kills else 0, methods=_SHOWS)
            telegram.faults.answer_5xx(0.01 if kills else 0, methods=_SHOWS)
            killer = _Killer(seed, kills, store, replicas, share_of_store)
            task = asyncio.create_task(killer.run(say))
            # Nobody waits for what takes a moment longer: people talk for as long as there is killing.
            pace = people * max(3 * kills, updates / 40) / updates
            while not task.done() or crowd.said < updates * 0.8:
                await crowd.talk(pace, max(10, 4 * pace))
                crowd.ears.listen()
            crowd.finish()
            await task
            telegram.faults.off()
            await asyncio.gather(*killer.coming_back)
            await store.until_whole()
            await crowd.settle()
            # What may still come without anybody waiting for it: duplicates.
            await asyncio.sleep(LEASE.total_seconds() + 2)
            outcome = crowd.outcome(await tickets_in(store.url, folder), vault_of(folder))
    done = {"kills": sum(killer.killed.values()), **dict(killer.killed), **outcome.done()}
    done["duplicates for each kill"] = round(outcome.duplicates / max(1, kills), 3)
    return Finding(
        "kills" if kills else "no kills",
        seed,
        time.monotonic() - began,
        done,
        outcome.promises(duplicates=kills),
        outcome.odd[:20],
    )


class _Killer:
    def __init__(self, seed: int, kills: int, store: GuardedStore, replicas: Replicas, share: float) -> None:
        self._random = Random(seed)
        self._kills = kills
        self._store = store
        self._replicas = replicas
        self._share = share
        self.killed: Counter[str] = Counter()
        self.coming_back: set[asyncio.Task[None]] = set()
        self._is_mending = False

    async def run(self, say: Callable[[str], None]) -> None:
        while self.killed.total() < self._kills:
            await asyncio.sleep(self._random.uniform(0.3, 2.5))
            if self._random.random() < self._share:
                await self._kill_of_store()
            else:
                await self._kill_replica()
            say(f"{self.killed.total()} of {self._kills} killed")

    async def _kill_replica(self) -> None:
        ready = [replica for replica in self._replicas.all if replica.is_ready]
        # One is left: where nobody works, nothing is interrupted.
        if len(ready) > 1:
            chosen = self._random.choice(ready)
            await chosen.kill()
            self.killed["replicas of the bot"] += 1
            self._later(self._start(chosen))

    async def _kill_of_store(self) -> None:
        if self._is_mending or not await self._store.is_whole():
            return
        self._is_mending = True
        what = self._random.choice(("primary", "primary", "replica", "sentinel"))
        primary = await self._store.primary()
        victim = self._random.choice(self._store.sentinels)
        if what != "sentinel":
            victim = next(one for one in self._store.servers if (one is primary) == (what == "primary"))
        await victim.kill()
        self.killed[f"store: {what}"] += 1
        # Back at once it is what it was before; later somebody else has taken over.
        wait = self._random.choice((0.1, 8.0)) if what == "primary" else self._random.uniform(0.1, 3)

        async def mend() -> None:
            await asyncio.sleep(wait)
            await victim.start()
            await self._store.until_whole()
            self._is_mending = False

        self._later(mend())

    async def _start(self, replica: Replica) -> None:
        await asyncio.sleep(self._random.uniform(0, 1))
        await replica.until_ready()

    def _later(self, work: Coroutine[None, None, None]) -> None:
        task = asyncio.create_task(work)
        self.coming_back.add(task)
        task.add_done_callback(self.coming_back.discard)
