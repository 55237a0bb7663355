"""What it costs that the bot is there: how long until it answers, and what it uses while nobody talks to it."""

import asyncio
from pathlib import Path
from typing import Final

import psutil

from benchmarks.programs import bot_settings, free_port, other_bot, running
from benchmarks.results import Results, Row, middle, middle_ratio
from tests.store.servers import a_server

IDLE_SECONDS: Final = 3.0


async def measure(results: Results, folder: Path, content: Path) -> None:
    """Start it again and again, and let the last one stand."""
    cold, again, bare = list[float](), list[float](), list[float]()
    screens = folder / "none.json"
    screens.write_text("{}")
    with a_server() as server:
        for number in range(results.slow_rounds):
            port, home = free_port(), folder / f"start-{number}"
            # As an installed bot starts, whose code was compiled when it was installed.
            settings = {**bot_settings(home, content, port), "PYTHONDONTWRITEBYTECODE": ""}
            for times in (cold, again):
                async with running(("-m", "bot", "run"), port, settings) as program:
                    times.append(program.ready_after)
                    if times is again and number + 1 == results.slow_rounds:
                        await _stand(results, program.process)
            async with other_bot("reference", "http://127.0.0.1:9", server.url, str(screens)) as (program, _):
                bare.append(program.ready_after)
                if number + 1 == results.slow_rounds:
                    results.raw["bare memory"] = program.memory()
    results.raw["start"] = {"cold": cold, "again": again, "bare": bare}
    for what, times in (
        ("First start to ready: makes keys, store and what it learns", cold),
        ("Start to ready", again),
    ):
        results.rows.append(
            Row(what, f"{middle(times):.2f} s", f"{middle(bare):.2f} s", f"{middle_ratio(times, bare):.1f}")
        )
    _tell_idle(results)


async def _stand(results: Results, process: psutil.Process) -> None:
    store = next(child for child in process.children() if "valkey" in child.name())
    await asyncio.sleep(0.5)
    before = [_used(one) for one in (process, store)]
    await asyncio.sleep(IDLE_SECONDS)
    after = [_used(one) for one in (process, store)]
    results.raw["idle"] = {
        "memory": process.memory_info().rss / 1e6,
        "store memory": store.memory_info().rss / 1e6,
        "processor": (after[0] - before[0]) / IDLE_SECONDS,
        "store processor": (after[1] - before[1]) / IDLE_SECONDS,
    }


def _used(process: psutil.Process) -> float:
    times = process.cpu_times()
    return float(times.user + times.system)


def _tell_idle(results: Results) -> None:
    idle, bare = results.raw["idle"], results.raw["bare memory"]
    assert isinstance(idle, dict)
    assert isinstance(bare, float)
    results.rows += [
        Row(
            "Idle memory with all content and the matcher",
            f"{idle['memory']:.0f} MB",
            f"{bare:.0f} MB",
            f"{idle['memory'] / bare:.1f}",
            "170 MB",
            "120 MB",
        ),
        Row("Idle memory of the store", f"{idle['store memory']:.0f} MB"),
        Row(
            "Idle processor: bot, store",
            f"{idle['processor']:.1%}, {idle['store processor']:.1%} of a core",
        ),
    ]
