"""The primary is cut off from replica and Sentinels, which promote the replica; its clients still reach it.

Clients commit without a pause, turn after turn for each person, and note what was acknowledged. In the end the store
must hold exactly that: a turn that was acknowledged and is gone would be a reply, or a call for help, that is lost.
With plain acknowledgements, and a primary that needs no replica, the same check finds losses: so it can.
"""

import asyncio
import time
from collections.abc import Callable
from dataclasses import dataclass
from random import Random
from typing import Final

from benchmarks.chaos.commits import VAULT, Told, keep_committing, lost_turns
from benchmarks.chaos.findings import Finding, Promise, at_least, none_of
from benchmarks.chaos.guarded_store import GuardedStore, Process, a_guarded_store
from benchmarks.chaos.proxy import Line, Verdict, Way
from bot.store.redis_store import open_store

PEOPLE: Final = 24
CLIENTS: Final = 3
TAKE_OVER: Final = 90.0
_BETWEEN_SERVERS: Final = (b"REPLCONF", b"PSYNC")
_OF_SENTINELS: Final = (b"sentinel-", b"__sentinel__")


@dataclass
class Cut:
    """Holds what passes between the primary and the rest of the store, and lets clients through."""

    held: int = 0

    def look(self, line: Line, way: Way, chunk: bytes) -> Verdict:  # noqa: ARG002 - who speaks decides
        if any(word in line.head for word in (*_BETWEEN_SERVERS, *_OF_SENTINELS)):
            self.held += len(chunk)
            return Verdict.HOLD
        return Verdict.PASS


async def run(seed: int, rounds: int, say: Callable[[str], None], *, proven: bool = True) -> Finding:
    """Cut off and heal so many times; `proven` False is the control that loses."""
    began, random = time.monotonic(), Random(seed)
    told, promoted, held = Told(), 0, 0
    async with a_guarded_store(wires=True, least_replicas=int(proven)) as store:
        clients = [open_store(store.url, VAULT, replicas=int(proven)) for _ in range(CLIENTS)]
        working = [
            asyncio.create_task(keep_committing(clients[number % CLIENTS], f"p{number}", told))
            for number in range(PEOPLE)
        ]
        try:
            for number in range(rounds):
                await asyncio.sleep(random.uniform(0.5, 2))
                cut = await _cut_off_once(store, random)
                promoted += 1
                held += cut.held
                say(f"{number + 1} of {rounds} cut off, {told.acknowledged} turns acknowledged")
            if rounds > 1:
                # The last one heals as well; one alone shows what the cut does.
                await store.until_whole()
            told.stop = True
            await asyncio.gather(*working)
            lost = await lost_turns(clients[0], told)
        finally:
            for task in working:
                task.cancel()
            for client in clients:
                await client.close()
    done: dict[str, float | str] = {
        "rounds": rounds,
        "times the replica took over": promoted,
        "turns acknowledged": told.acknowledged,
        "tries that were not acknowledged": told.refused,
        "bytes that did not cross": held,
    }
    lost_in_all = lost + told.contradicted
    if not proven:
        promise: Promise = at_least("acknowledged turns lost (so the check can fail)", lost_in_all, 1)
        return Finding("partition, control", seed, time.monotonic() - began, done, (promise,))
    return Finding(
        "partition",
        seed,
        time.monotonic() - began,
        done,
        (
            none_of("acknowledged turns lost", lost_in_all),
            at_least("turns acknowledged in each round", told.acknowledged / rounds, 100),
            at_least("times the replica took over", promoted, rounds),
        ),
    )


async def _cut_off_once(store: GuardedStore, random: Random) -> Cut:
    await store.until_whole()
    primary = await store.primary()
    number = next(place for place, server in enumerate(store.servers) if server is primary)
    cut = Cut()
    store.wires[number].look = cut.look
    # What the other server and the primary say to each other when they change roles is cut as well.
    store.wires[1 - number].look = _only_from(store.servers[number])
    try:
        async with asyncio.timeout(TAKE_OVER):
            while await store.primary() in (primary, None):  # noqa: ASYNC110 - servers have no events
                await asyncio.sleep(0.1)
        # Its clients go on talking to the one that does not know yet that it is none any more.
        await asyncio.sleep(random.uniform(0.5, 4))
    finally:
        for wire in store.wires:
            wire.look = _pass
            # A network that is back does not bring what was lost: both ends begin anew.
            for line in list(wire.lines):
                if any(word in line.head for word in (*_BETWEEN_SERVERS, *_OF_SENTINELS)):
                    line.close()
    return cut


def _only_from(cut_off: Process) -> Callable[[Line, Way, bytes], Verdict]:
    def look(line: Line, way: Way, chunk: bytes) -> Verdict:  # noqa: ARG001 - who speaks decides
        is_cut_off = f"listening-port\r\n${len(str(cut_off.port))}\r\n{cut_off.port}".encode() in line.head
        return Verdict.HOLD if is_cut_off else Verdict.PASS

    return look


def _pass(line: Line, way: Way, chunk: bytes) -> Verdict:  # noqa: ARG001 - looks at nothing
    return Verdict.PASS
