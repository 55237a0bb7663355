"""The bot as `waymark run` starts it, but without holding back for Telegram's limits, which a fake one has not.

With KEEP_LIMITS set it holds back all the same; with WRITE_PROFILE set to a file it tells where its time went, for
those who look for it.
"""

import cProfile
import os

from bot import logbook
from bot.__main__ import run_to_the_end, run_until_told
from bot.settings import Settings
from bot.wiring import DEFAULT_PACING

if __name__ == "__main__":
    logbook.open_logbook()
    pacing = DEFAULT_PACING if "KEEP_LIMITS" in os.environ else None
    if "WRITE_PROFILE" in os.environ:
        with cProfile.Profile() as profile:
            run_to_the_end(run_until_told(Settings.from_environ(os.environ), pacing=pacing))
        profile.dump_stats(os.environ["WRITE_PROFILE"])
    else:
        run_to_the_end(run_until_told(Settings.from_environ(os.environ), pacing=pacing))
