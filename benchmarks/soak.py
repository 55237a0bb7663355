"""An hour under load: does it grow, does it hold on to files, does it leave behind what never ends?

`python -m benchmarks.soak --minutes 60` presses buttons at a steady rate and looks at the bot and its store once a
minute. The first minutes, in which memory fills with what is remembered for a while, do not count.
"""

import argparse
import asyncio
import json
import sys
import tempfile
import time
from collections import Counter
from contextlib import AsyncExitStack
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from pathlib import Path
from random import Random
from typing import Final

from redis.asyncio import Redis

from benchmarks.__main__ import load_content
from benchmarks.crowd import BotApi, Crowd
from benchmarks.programs import Program, telegram_bot
from benchmarks.results import Results
from benchmarks.walks import draw_walks
from bot.compiler import teach_in
from bot.logbook import open_logbook
from bot.store.embedded import find_running
from bot.store.keys import PERMANENT, kind_of

RATE: Final = 20
PEOPLE: Final = 400
WARMING: Final = 10
"""Minutes that do not count; a tenth of a shorter run."""

MOST_DRIFT: Final = 0.05


@dataclass(frozen=True, slots=True)
class Sample:
    """What there was to see in one minute."""

    minute: int
    memory_mb: float
    files: int
    store_mb: float
    keys: int
    endless: int
    p50: float
    p99: float
    lost: int


async def soak(minutes: float, seed: int) -> list[Sample]:
    """One sample for each minute."""
    samples: list[Sample] = []
    async with AsyncExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="waymark-soak-")))
        now = datetime.now(UTC)
        content, script = load_content(Results(seed, 1, 1), folder, now, teach_in(folder / "bot" / "learned"))
        walks = draw_walks(script, seed, 40, now)
        api = await stack.enter_async_context(BotApi())
        program, address = await stack.enter_async_context(telegram_bot(folder / "bot", content, api))
        store = Redis.from_url(find_running(folder / "bot") or "")
        stack.push_async_callback(store.aclose)
        crowd = Crowd(api, address, walks, 1_000_000, PEOPLE, patience=60.0)
        stack.push_async_callback(crowd.close)
        await crowd.introduce(talks=True)
        began = time.monotonic()
        while (minute := len(samples)) < minutes:
            until = min(60.0, (minutes - minute) * 60)
            round_ = await crowd.press_at(RATE, until, Random(seed + minute), program.processor)
            sample = await _look(minute + 1, program, store, round_.p50, round_.p99, round_.lost)
            samples.append(sample)
            print(f"{time.monotonic() - began:6.0f} s  {sample}", file=sys.stderr, flush=True)
    return samples


async def _look(minute: int, program: Program, store: Redis, p50: float, p99: float, lost: int) -> Sample:
    endless: Counter[str] = Counter()
    count = 0
    async for key in store.scan_iter(count=1000):
        count += 1
        if await store.ttl(key) == -1:
            endless[kind_of(key)] += 1
    told = await store.info("memory")
    return Sample(
        minute=minute,
        memory_mb=round(program.memory(), 1),
        files=program.process.num_fds(),
        store_mb=round(told["used_memory"] / 1e6, 1),
        keys=count,
        endless=sum(number for kind, number in endless.items() if kind not in PERMANENT),
        p50=round(p50, 1),
        p99=round(p99, 1),
        lost=lost,
    )


def main() -> None:
    """Run, and tell."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.soak", description=__doc__)
    parser.add_argument("--minutes", type=float, default=60)
    parser.add_argument("--seed", type=int, default=2026)
    parser.add_argument("--json", type=Path, metavar="FILE", help="write every sample")
    asked = parser.parse_args()
    open_logbook()
    samples = asyncio.run(soak(asked.minutes, asked.seed))
    if asked.json is not None:
        asked.json.write_text(json.dumps([asdict(one) for one in samples], indent=1) + "\n")
    counting = samples[min(WARMING, len(samples) // 10) :]
    first, last = counting[0], counting[-1]
    drift = last.memory_mb / first.memory_mb - 1
    more_files = last.files - first.files
    endless, lost = max(one.endless for one in samples), sum(one.lost for one in samples)
    print(
        f"seed {asked.seed}, {len(samples)} minutes at {RATE}/s: memory {first.memory_mb} → {last.memory_mb} MB "
        f"({drift:+.1%}), files {first.files} → {last.files}, store {first.store_mb} → {last.store_mb} MB, "
        f"{endless} keys without an end, {lost} lost"
    )
    raise SystemExit(1 if drift > MOST_DRIFT or more_files > 5 or endless or lost else 0)


if __name__ == "__main__":
    main()
