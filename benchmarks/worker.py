"""The bot as `waymark run` starts it, but without holding back for Telegram's limits, which the crowd has not.

With WRITE_PROFILE set to a file it tells where its time went, for those who look for it.
"""

import asyncio
import cProfile
import os
import signal

from bot import logbook
from bot.__main__ import _settle_down
from bot.settings import Settings
from bot.wiring import run_bot


async def _run() -> None:
    stop = asyncio.Event()
    for name in (signal.SIGINT, signal.SIGTERM):
        asyncio.get_running_loop().add_signal_handler(name, stop.set)
    await run_bot(Settings.from_environ(os.environ), stop, print, _settle_down, pacing=None)


if __name__ == "__main__":
    logbook.open_logbook()
    if "WRITE_PROFILE" in os.environ:
        with cProfile.Profile() as profile:
            asyncio.run(_run())
        profile.dump_stats(os.environ["WRITE_PROFILE"])
    else:
        asyncio.run(_run())
