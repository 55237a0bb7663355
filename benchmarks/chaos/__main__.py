"""`make chaos`: every part one after the other, or one: `python -m benchmarks.chaos --part partition --rounds 20`.

Everything is drawn from a seed, which is printed; what the machine does in between is not, so two runs with one seed
are alike and not the same. It says how far it is, ends within a bounded time, and exits 1 where a promise was not kept.
"""

import argparse
import asyncio
import json
import sys
import time
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Final, TypeAlias

from benchmarks.chaos import (
    built_in,
    cluster,
    crash_points,
    kills,
    machine,
    partition,
    store_gone,
    telegram_gone,
    unsynced,
    unsynced_replica,
)
from benchmarks.chaos.findings import Finding, document, table
from bot.logbook import open_logbook

Say: TypeAlias = Callable[[str], None]


@dataclass(frozen=True, slots=True)
class Part:
    """One way to break things. `rounds` is its full size and `quick` a size to look whether it works."""

    rounds: int
    quick: int
    minutes: int
    """It is given up after so many, at full size."""
    run: Callable[[int, int, Say], Awaitable[Finding]]


PARTS: Final[Mapping[str, Part]] = {
    "calm": Part(4000, 400, 30, lambda seed, rounds, say: kills.run(seed, 0, rounds, 40, say)),
    "kills": Part(200, 12, 90, lambda seed, rounds, say: kills.run(seed, rounds, rounds * 55, 60, say)),
    "built-in": Part(50, 5, 20, lambda seed, rounds, _: built_in.find(seed, rounds)),
    "partition": Part(20, 1, 60, partition.run),
    "partition-control": Part(2, 1, 15, lambda seed, rounds, say: partition.run(seed, rounds, say, proven=False)),
    "unsynced": Part(50, 3, 20, unsynced.run),
    "unsynced-control": Part(
        5, 1, 10, lambda seed, rounds, say: unsynced.run(seed, rounds, say, appendfsync="everysec")
    ),
    "unsynced-replica": Part(20, 2, 20, unsynced_replica.run),
    "unsynced-replica-control": Part(
        3, 1, 10, lambda seed, rounds, say: unsynced_replica.run(seed, rounds, say, proven=False)
    ),
    "crash-points": Part(20, 1, 120, crash_points.run),
    "machine": Part(20, 2, 40, machine.run),
    "telegram-gone": Part(30, 3, 20, telegram_gone.run),
    "store-gone": Part(40, 20, 30, store_gone.run),
    "cluster": Part(10_000, 500, 60, cluster.run),
}
"""What `rounds` counts: kills, times, seconds or minutes of an outage, updates where nothing is broken."""


def main() -> None:
    """Run what is asked for, print what was found, and exit 1 where a promise was not kept."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.chaos", description=__doc__)
    parser.add_argument("--part", choices=[*PARTS], nargs="+", default=[*PARTS], help="only these")
    parser.add_argument("--rounds", type=int, help="how often it is broken, for a part alone")
    parser.add_argument("--quick", action="store_true", help="each part so short that it shows only that it works")
    parser.add_argument("--seed", type=int, default=2026)
    parser.add_argument("--json", type=Path, metavar="FILE", help="write everything that was found")
    asked = parser.parse_args()
    open_logbook()
    findings = []
    for name in asked.part:
        part = PARTS[name]
        rounds = asked.rounds or (part.quick if asked.quick else part.rounds)
        print(f"{datetime.now(UTC):%H:%M:%S} {name}: {rounds} rounds, seed {asked.seed} …", file=sys.stderr, flush=True)
        minutes = part.minutes * max(1.0, rounds / part.rounds)
        findings.append(asyncio.run(_in_time(part.run(asked.seed, rounds, _teller(name)), minutes)))
        print(table(findings[-1:]), file=sys.stderr, flush=True)
        if asked.json is not None:
            asked.json.parent.mkdir(parents=True, exist_ok=True)
            told = {"when": f"{datetime.now(UTC):%Y-%m-%d %H:%M} UTC", **document(findings)}
            asked.json.write_text(json.dumps(told, indent=1) + "\n")
    print(table(findings))
    raise SystemExit(0 if all(finding.is_well for finding in findings) else 1)


async def _in_time(running: Awaitable[Finding], minutes: float) -> Finding:
    async with asyncio.timeout(minutes * 60):
        return await running


def _teller(name: str) -> Say:
    """Says how far a part is, at most every five seconds."""
    began, last = time.monotonic(), 0.0

    def say(words: str) -> None:
        nonlocal last
        now = time.monotonic()
        if now >= last + 5:
            last = now
            print(f"{now - began:5.0f} s  {name}: {words}", file=sys.stderr, flush=True)

    return say


if __name__ == "__main__":
    main()
