"""How soon a helpline hears of a call, while people write 50 times a second: `python -m benchmarks.alerts`.

The whole bot over the strict Bot API server. With `--kills 8` it is a process of its own, killed hard right after
somebody asked, and started again: it must hear of that call all the same.
"""

import argparse
import asyncio
import statistics
import tempfile
from functools import partial
from pathlib import Path
from random import Random
from time import monotonic

from benchmarks.chaos.built_in import Bot
from tests.telegram_server import Person
from tests.whole.test_helplines import HOME_GROUP, Town, a_town

PEOPLE = 60
A_SECOND = 50


async def measure() -> list[float]:
    """Seconds from each tap until the group's screen names the ticket."""
    with tempfile.TemporaryDirectory() as folder:
        async with a_town(Path(folder)) as town:
            people = [await town.newcomer(1_000 + number, "en") for number in range(PEOPLE)]
            for person in people:
                await town.wish(person, "person")
            noise = asyncio.create_task(_chatter(town))
            asked: list[float] = []
            for person in people:
                asked.append(monotonic())
                person.tap(ask_button(person))
                await asyncio.sleep(0.2)
            await asyncio.sleep(8)
            noise.cancel()
            return waits_of(town, asked)


async def measure_kills(kills: int, seed: int) -> list[float]:
    """Seconds from a tap until the group's screen names the ticket, where the bot is killed in between."""
    random = Random(seed)
    waits: list[float] = []
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        async with a_town(folder, Bot) as town:
            people = [await town.newcomer(1_000 + number, "en") for number in range(kills)]
            for person in people:
                await town.wish(person, "person")
                known = len(_heard(town))
                asked = monotonic()
                person.tap(ask_button(person))
                await asyncio.sleep(random.uniform(0.02, 0.4))
                assert town.bot is not None
                await town.bot.kill()
                await town.bot.start()
                await town.telegram.until(partial(_more_heard, town, known), timeout=60)
                waits.append(monotonic() - asked)
    return waits


def _more_heard(town: Town, known: int) -> bool:
    return len(_heard(town)) > known


def ask_button(person: Person) -> str:
    for message in reversed(person.screen()):
        for row in message.buttons:
            for button in row:
                data = str(button.get("callback_data", ""))
                if data[:1].lower() == "a" and data[13:] == "ask":
                    return data
    raise AssertionError("nothing to ask with")


async def _chatter(town: Town) -> None:
    talkers = [town.telegram.person(5_000 + number, language_code="km", started=True) for number in range(100)]
    turn = 0
    while True:
        talkers[turn % len(talkers)].send("ប្រាក់ឈ្នួល")
        turn += 1
        await asyncio.sleep(1 / A_SECOND)


def waits_of(town: Town, asked: list[float]) -> list[float]:
    """Calls come in the order of the taps; each is in the first message that holds another alias than those before."""
    moments = sorted(_heard(town).values())
    return [max(0.0, later - earlier) for earlier, later in zip(asked, moments, strict=False)]


def _heard(town: Town) -> dict[str, float]:
    """When each ticket was first named in the group."""
    heard: dict[str, float] = {}
    for call in town.telegram.calls_of("sendMessage"):
        if call.ok and str(call.params.get("chat_id")) == str(HOME_GROUP) and not call.params.get("message_thread_id"):
            for alias in _aliases(str(call.params.get("text"))):
                heard.setdefault(alias, call.at)
    return heard


def _aliases(text: str) -> list[str]:
    words = "".join(letter if letter.isalnum() else " " for letter in text).split()
    return [word for word in words if len(word) == 4 and word.isupper() and word.isalnum()]


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.alerts", description=__doc__)
    parser.add_argument("--kills", type=int, default=0)
    parser.add_argument("--seed", type=int, default=2026)
    told = parser.parse_args()
    if told.kills:
        waits = asyncio.run(measure_kills(told.kills, told.seed))
        print(
            f"seed {told.seed}: {len(waits)} calls, the bot killed right after each: heard after "
            f"{statistics.median(waits):.1f} s (median), {max(waits):.1f} s at most"
        )
        raise SystemExit(0 if max(waits) <= 15 else 1)
    waits = asyncio.run(measure())
    ordered = sorted(waits)
    p99 = ordered[min(len(ordered) - 1, int(len(ordered) * 0.99))]
    print(
        f"{len(waits)} of {PEOPLE} calls heard while {A_SECOND} updates a second came in: "
        f"median {statistics.median(ordered):.2f} s, p99 {p99:.2f} s, longest {ordered[-1]:.2f} s"
    )
    raise SystemExit(0 if len(waits) == PEOPLE and p99 <= 5 else 1)


if __name__ == "__main__":
    main()
