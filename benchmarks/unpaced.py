"""The bot as `waymark run` starts it, but without holding back for Telegram's limits, which a fake one has not."""

import asyncio
import os
import signal

from bot import logbook
from bot.settings import Settings
from bot.wiring import run_bot


async def _run() -> None:
    stop = asyncio.Event()
    for name in (signal.SIGINT, signal.SIGTERM):
        asyncio.get_running_loop().add_signal_handler(name, stop.set)
    await run_bot(Settings.from_environ(os.environ), stop, print, pacing=None)


if __name__ == "__main__":
    logbook.open_logbook()
    asyncio.run(_run())
