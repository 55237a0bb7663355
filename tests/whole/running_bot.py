"""The bot as it runs in production, in this process: real wiring, real Valkey, fake Telegram over real HTTP."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

from bot.settings import Settings
from bot.wiring import run_bot
from tests.telegram_server import FakeTelegram

CONTENT = Path(__file__).parents[2] / "content"
_LEARNED: dict[str, bytes] = {}
"""What bots before this one have learned from their content, which takes each of them seconds otherwise."""


@asynccontextmanager
async def running_bot(folder: Path, telegram: FakeTelegram, content: Path = CONTENT) -> AsyncIterator[list[str]]:
    """A bot with an unhurried Telegram; gives what the terminal shows."""
    learned = folder / "var" / "learned"
    learned.mkdir(mode=0o700, parents=True)
    for name, lesson in _LEARNED.items():
        (learned / name).write_bytes(lesson)
    told: list[str] = []
    stop = asyncio.Event()
    settings = Settings(
        telegram_token=telegram.token,
        telegram_api_url=telegram.url,
        data_dir=folder / "var",
        content_dir=content,
        http_port=0,
    )
    task = asyncio.create_task(run_bot(settings, stop, told.append, pacing=None))
    try:
        async with asyncio.timeout(20):
            while not told:
                if task.done():
                    await task
                await asyncio.sleep(0.01)
        _LEARNED.update({path.name: path.read_bytes() for path in learned.iterdir()})
        yield told
    finally:
        stop.set()
        async with asyncio.timeout(20):
            await task
