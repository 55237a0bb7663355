"""How soon a helpline hears of calls while one person sends 200 updates a second: `python -m benchmarks.flood`.

The whole bot over the strict Bot API server.
"""

import asyncio
import tempfile
from pathlib import Path
from time import monotonic

from benchmarks.alerts import ask_button, waits_of
from tests.telegram_server import Person
from tests.whole.test_helplines import a_town

CALLERS = 20
A_SECOND = 200
ALLOWED = 5.0


async def measure() -> list[float]:
    """Seconds from each tap until the group's screen names the ticket."""
    with tempfile.TemporaryDirectory() as folder:
        async with a_town(Path(folder)) as town:
            people = [await town.newcomer(1_000 + number, "en") for number in range(CALLERS)]
            for person in people:
                await town.wish(person, "person")
            flooding = asyncio.create_task(_flood(town.telegram.person(9_000, started=True)))
            await asyncio.sleep(2)
            asked: list[float] = []
            for person in people:
                asked.append(monotonic())
                person.tap(ask_button(person))
                await asyncio.sleep(0.5)
            await asyncio.sleep(ALLOWED + 1)
            flooding.cancel()
            return waits_of(town, asked)


async def _flood(person: Person) -> None:
    began, sent = monotonic(), 0
    while True:
        while sent < (monotonic() - began) * A_SECOND:
            person.send(f"minimum wage {sent}")
            sent += 1
        await asyncio.sleep(0.01)


def main() -> None:
    waits = sorted(asyncio.run(measure()))
    longest = waits[-1] if waits else float("inf")
    print(
        f"{len(waits)} of {CALLERS} calls heard beside a flood of {A_SECOND} updates/s, the last after {longest:.2f} s"
    )
    raise SystemExit(0 if len(waits) == CALLERS and longest <= ALLOWED else 1)


if __name__ == "__main__":
    main()
