"""How soon a helpline hears of calls while one person sends 200 updates a second: `python -m benchmarks.flood`.

The whole bot as it runs for people, over the strict Bot API server.
"""

import asyncio
import tempfile
from pathlib import Path
from time import monotonic

from benchmarks.alerts import ask_button, waits_of
from bot.pacing import Pacing
from tests.telegram_server import Person
from tests.whole.test_helplines import a_town

CALLERS = 20
A_SECOND = 200
ALLOWED = 5.0


async def measure(folder: Path, callers: int = CALLERS, pacing: Pacing | None = None) -> list[float]:
    """Seconds from each tap until the group's screen names the ticket; who was not heard has none."""
    async with a_town(folder, pacing=pacing or Pacing()) as town:
        people = [await town.newcomer(1_000 + number, "en") for number in range(callers)]
        for person in people:
            await town.wish(person, "person")
        flooding = asyncio.create_task(_flood(town.telegram.person(9_000, started=True)))
        await asyncio.sleep(2)
        asked: list[float] = []
        for person in people:
            asked.append(monotonic())
            person.tap(ask_button(person))
            await asyncio.sleep(0.5)
        for _ in range(int(ALLOWED * 10) + 10):
            if len(waits_of(town, asked)) == callers:
                break
            await asyncio.sleep(0.1)
        flooding.cancel()
        return waits_of(town, asked)


async def _flood(person: Person) -> None:
    began, sent = monotonic(), 0
    while True:
        while sent < (monotonic() - began) * A_SECOND:
            person.send(f"minimum wage {sent}")
            sent += 1
        await asyncio.sleep(0.01)


def told(waits: list[float], callers: int) -> str:
    """What was measured, in one line."""
    longest = max(waits, default=float("inf"))
    return (
        f"{len(waits)} of {callers} calls heard beside a flood of {A_SECOND} updates/s, the last after {longest:.2f} s"
    )


def main() -> None:
    with tempfile.TemporaryDirectory() as folder:
        waits = asyncio.run(measure(Path(folder)))
    print(told(waits, CALLERS))
    raise SystemExit(0 if len(waits) == CALLERS and max(waits) <= ALLOWED else 1)


if __name__ == "__main__":
    main()
