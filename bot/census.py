"""Counts, once an hour, the keys of the store that have no end: nothing about a person may lie there for ever.

There should be none but those that `keys.PERMANENT` names. If there are, whoever runs the bot hears of it.
"""

import logging
from collections import Counter
from collections.abc import Awaitable, Callable
from typing import Final, Protocol

from bot import logbook
from bot.clock import Clock
from bot.figures import Figures
from bot.store.contract import StoreError
from bot.store.keys import PERMANENT

COUNT_EVERY: Final = 3600.0


class Counted(Protocol):
    """How many keys there are of each kind, and how many of them have no end."""

    @property
    def keys(self) -> Counter[str]: ...

    @property
    def endless(self) -> Counter[str]: ...


async def keep_counting(count: Callable[[], Awaitable[Counted]], clock: Clock, figures: Figures) -> None:
    """Count again and again, for as long as it runs; `count` looks at every key of the store."""
    while True:
        await clock.sleep(COUNT_EVERY)
        try:
            look(await count(), figures)
        except StoreError as error:
            logbook.note_error("census_failed", error)


def look(counted: Counted, figures: Figures) -> Counter[str]:
    """Tell of keys without an end that should have one: how many of each kind."""
    wrong = Counter({kind: number for kind, number in counted.endless.items() if kind not in PERMANENT})
    figures.add("census")
    for kind, number in sorted(wrong.items()):
        figures.add("keys_without_end", kind, by=number)
        logbook.note("keys_without_end", logging.ERROR, code=kind, count=number)
    return wrong
