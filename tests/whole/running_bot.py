"""The bot as it runs in production, in this process: real wiring, real Valkey, fake Telegram over real HTTP."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from shutil import copy

from bot.pacing import Pacing
from bot.settings import Settings
from bot.wiring import run_bot
from tests.lessons import lessons_of
from tests.telegram_server import FakeTelegram

CONTENT = Path(__file__).parents[2] / "content"
PATIENCE = 120.0
"""Seconds that starting and ending may take on the busiest machine."""


@asynccontextmanager
async def running_bot(
    folder: Path, telegram: FakeTelegram, content: Path = CONTENT, pacing: Pacing | None = None
) -> AsyncIterator[list[str]]:
    """A bot; gives what the terminal shows. Without a pace it is unhurried, and holds nobody's flood back."""
    told: list[str] = []
    stop, ready = asyncio.Event(), asyncio.Event()
    settings = Settings(
        telegram_token=telegram.token,
        telegram_api_url=telegram.url,
        data_dir=folder / "var",
        content_dir=content,
        http_port=0,
    )
    learned = folder / "var" / "learned"
    learned.mkdir(mode=0o700, parents=True)
    task: asyncio.Task[None] | None = None
    try:
        # What bots before this one have learned from their content takes each of them seconds otherwise.
        with lessons_of(content, "bot") as lessons:
            for lesson in lessons.iterdir():
                (learned / lesson.name).symlink_to(lesson)
            task = asyncio.create_task(run_bot(settings, stop, told.append, ready.set, pacing=pacing))
            await _until_ready(task, ready)
            for lesson in learned.iterdir():
                if not lesson.is_symlink():
                    copy(lesson, lessons)
        yield told
    finally:
        stop.set()
        if task is not None:
            async with asyncio.timeout(PATIENCE):
                await task


async def _until_ready(task: asyncio.Task[None], ready: asyncio.Event) -> None:
    waiting = asyncio.create_task(ready.wait())
    try:
        async with asyncio.timeout(PATIENCE):
            await asyncio.wait([task, waiting], return_when=asyncio.FIRST_COMPLETED)
    finally:
        waiting.cancel()
    if task.done():
        await task
