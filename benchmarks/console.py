"""How fast the console is with 200 open tickets and 20 staff signed in, over a real store: pages, and how soon a change
is seen. `python -m benchmarks.console` prints a table; every page is asked for over real HTTP.
"""

import argparse
import asyncio
import statistics
import time
from collections.abc import Awaitable, Callable
from pathlib import Path
from tempfile import TemporaryDirectory

from bot.desk.ticket import Urgency
from tests.conftest import CONTENT
from tests.web.console.bench_house import BenchHouse, a_bench_house

TICKETS, STAFF, ROUNDS = 200, 20, 60


async def measure(folder: Path) -> dict[str, tuple[float, float]]:
    """Median and ninety-fifth of a hundred, in milliseconds, by page; and of a change until it is in the inbox."""
    async with a_bench_house(folder, CONTENT, STAFF) as house:
        names = [await house.open(number, words=3) for number in range(1, TICKETS + 1)]
        await house.board.look()
        pages: dict[str, Callable[[], Awaitable[object]]] = {
            "inbox": lambda: house.staff[0].get("/desk?tab=unassigned"),
            "ticket": lambda: house.staff[0].get(f"/desk/case/{names[0]}"),
            "phrases": lambda: house.staff[0].get(f"/desk/case/{names[0]}/phrases"),
            "overview": lambda: house.staff[0].get("/desk/overview"),
        }
        found = {name: await _times(ask) for name, ask in pages.items()}
        found["a change, until it is in the inbox"] = await _seen(house)
        return found


async def _times(ask: Callable[[], Awaitable[object]]) -> tuple[float, float]:
    took = []
    for _ in range(ROUNDS):
        began = time.perf_counter()
        await ask()
        took.append((time.perf_counter() - began) * 1000)
    return statistics.median(took), sorted(took)[int(len(took) * 0.95)]


async def _seen(house: BenchHouse) -> tuple[float, float]:
    took = []
    for number in range(20):
        name = await house.open(1000 + number, words=0, urgency=Urgency.EMERGENCY)
        began = time.perf_counter()
        while str(name) not in await house.staff[number % STAFF].get("/desk?tab=unassigned"):  # noqa: ASYNC110 - as people do
            await asyncio.sleep(0.02)
        took.append((time.perf_counter() - began) * 1000)
    return statistics.median(took), max(took)


def main() -> None:
    argparse.ArgumentParser(prog="python -m benchmarks.console", description=__doc__).parse_args()
    with TemporaryDirectory() as folder:
        found = asyncio.run(measure(Path(folder)))
    print(f"{TICKETS} open tickets, {STAFF} staff signed in; milliseconds over HTTP, median and p95 (a change: most)")
    for name, (median, high) in found.items():
        print(f"  {name:36} {median:8.1f} {high:8.1f}")


if __name__ == "__main__":
    main()
