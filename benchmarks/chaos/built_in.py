"""Kills one bot and its built-in store under load, and counts what people lost.

The bot runs as users run it, in a process of its own with the built-in store. People write numbers that the bot
repeats, without waiting, and press buttons. Every number must come back, in order; a message may come twice only when
something was killed while it was on its way; every press must be answered.
"""

import asyncio
import os
import re
import signal
import sys
import tempfile
import time
from collections import Counter
from itertools import pairwise
from pathlib import Path
from random import Random
from typing import Final

from benchmarks.chaos.findings import Finding, at_most, none_of
from tests.telegram_server import FakeTelegram, Person

PHRASES: Final = Path(__file__).parents[2] / "content" / "phrases.yaml"
NUMBER: Final = re.compile(r"Heard ([\d,]+)\.")
BOT: Final = """\
name: Waymark
description: Information about working abroad.
short_description: Working abroad.
languages: {en: {name: English}}
profile: {}
special: {welcome: echo, home: echo, language: echo, person: echo, cover: echo}
emergency: {}
keywords: {home: {en: [home]}}
"""
ECHO: Final = """\
flow: echo
title: Echo
screens:
  number:
    - ask: {text: A number?, as: number, hint: A number.}
      save: n
    - set: {told: "1"}
    - say: "Heard {n}."
    - go: number
"""


class Bot:
    """The bot in a process of its own, started again whenever it was killed."""

    def __init__(self, folder: Path, telegram: FakeTelegram) -> None:
        self._folder = folder
        self._telegram = telegram
        self._process: asyncio.subprocess.Process | None = None

    async def start(self) -> None:
        environ = {
            **{name: value for name, value in os.environ.items() if not name.startswith("WAYMARK_")},
            "WAYMARK_TELEGRAM_TOKEN": self._telegram.token,
            "WAYMARK_TELEGRAM_API_URL": self._telegram.url,
            "WAYMARK_DATA_DIR": str(self._folder / "var"),
            "WAYMARK_CONTENT_DIR": str(self._folder / "content"),
            "WAYMARK_HTTP_PORT": "0",
        }
        with (self._folder / "bot.log").open("ab") as log:
            self._process = await asyncio.create_subprocess_exec(
                *(sys.executable, "-m", "benchmarks.worker"), env=environ, stdout=log, stderr=log
            )

    async def kill(self) -> None:
        if self._process is not None:
            self._process.kill()
            await self._process.wait()

    def kill_store(self) -> bool:
        try:
            pid = int((self._folder / "var" / "valkey" / "server.pid").read_text())
            os.kill(pid, signal.SIGKILL)
        except (OSError, ValueError):
            return False
        return True

    async def stop(self) -> None:
        if self._process is not None and self._process.returncode is None:
            self._process.terminate()
            await self._process.wait()


async def find(seed: int, kills: int, people: int = 8, pace: float = 0.15) -> Finding:
    """Kill so many times, at moments drawn from the seed; `pace` is how long a person waits between two numbers."""
    random = Random(seed)
    began = time.monotonic()
    with tempfile.TemporaryDirectory(prefix="waymark-chaos-") as name:
        folder = Path(name)
        _write_content(folder / "content")
        async with FakeTelegram(seed=seed) as telegram:
            bot = Bot(folder, telegram)
            await bot.start()
            crowd = [telegram.person(100 + number, started=True) for number in range(people)]
            talks = [_Talk(telegram, person, pace) for person in crowd]
            talking = [asyncio.create_task(talk.run()) for talk in talks]
            killed: Counter[str] = Counter()
            try:
                await telegram.until(lambda: all(talk.heard() for talk in talks), timeout=60)
                while killed.total() < kills:
                    await asyncio.sleep(random.uniform(0.05, 0.9))
                    if random.random() < 0.5:
                        await bot.kill()
                        killed["bot"] += 1
                        await bot.start()
                    elif bot.kill_store():
                        killed["store"] += 1
                for talk in talks:
                    talk.finish()
                await asyncio.gather(*talking)
                await _settle(telegram, talks)
            finally:
                for task in talking:
                    task.cancel()
                await bot.stop()
            done: dict[str, float | str] = {
                "kills of the bot": killed["bot"],
                "kills of the store": killed["store"],
                "numbers": sum(talk.said for talk in talks),
                "presses": sum(len(talk.taps) for talk in talks),
            }
            promises = (
                none_of("replies lost", sum(len(talk.lost()) for talk in talks)),
                none_of("out of order", sum(talk.out_of_order() for talk in talks)),
                at_most("duplicates", sum(talk.duplicates() for talk in talks), kills),
                none_of("presses without answer", sum(len(talk.unanswered()) for talk in talks)),
                none_of("calls that Telegram refuses", sum(one.refused for one in telegram.violations)),
            )
            return Finding("built-in", seed, time.monotonic() - began, done, promises)


class _Talk:
    """One person who counts aloud, and presses a button now and then."""

    def __init__(self, telegram: FakeTelegram, person: Person, pace: float) -> None:
        self._telegram = telegram
        self._person = person
        self._pace = pace
        self._finished = asyncio.Event()
        self.said = 0
        self.taps: list[str] = []

    async def run(self) -> None:
        self._person.start("en")
        while not self._finished.is_set():
            self.said += 1
            self._person.send(str(self.said))
            if self.said % 5 == 0:
                menu = next((one for one in reversed(self._person.screen()) if one.buttons), None)
                if menu is not None:
                    button = menu.buttons[-1][0]
                    self.taps.append(self._person.tap_data(str(button["callback_data"]), menu))
            try:
                async with asyncio.timeout(self._pace):
                    await self._finished.wait()
            except TimeoutError:
                continue

    def finish(self) -> None:
        self._finished.set()

    def heard(self) -> list[int]:
        """The numbers that came back, in the order in which they came; a menu may have taken their place since."""
        texts = (
            str(call.params.get("text"))
            for call in self._telegram.calls
            if call.params.get("chat_id") == self._person.id and call.method in {"sendMessage", "editMessageText"}
        )
        return [int(match[1].replace(",", "")) for match in map(NUMBER.search, texts) if match]

    def lost(self) -> set[int]:
        return set(range(1, self.said + 1)) - set(self.heard())

    def out_of_order(self) -> int:
        heard = self.heard()
        return sum(1 for before, after in pairwise(heard) if after < before)

    def duplicates(self) -> int:
        return sum(times - 1 for times in Counter(self.heard()).values())

    def unanswered(self) -> set[str]:
        return {tap for tap in self.taps if not self._telegram.world.taps[tap].answered}

    def is_settled(self) -> bool:
        return not self.lost() and not self.unanswered()


async def _settle(telegram: FakeTelegram, talks: list[_Talk]) -> None:
    try:
        await telegram.until(lambda: all(talk.is_settled() for talk in talks), timeout=60)
    except TimeoutError:
        return


def _write_content(folder: Path) -> None:
    (folder / "flows").mkdir(parents=True)
    (folder / "bot.yaml").write_text(BOT, "utf-8")
    (folder / "phrases.yaml").write_text(PHRASES.read_text("utf-8"), "utf-8")
    (folder / "flows" / "echo.yaml").write_text(ECHO, "utf-8")
