"""Lets helplines hear that somebody asked for help while the store is away: that somebody did, and nothing else."""

import asyncio
from datetime import datetime, timedelta
from typing import Final

from telegram.error import TelegramError

from bot import logbook
from bot.desk.helplines import Helpline
from bot.dialogue.wording import Wording
from bot.facts import Caller
from bot.messages import Message, plain
from handlers.telegram.desk.office import DeskOffice
from handlers.telegram.desk.posting import Poster, rendered

APART: Final = timedelta(minutes=1)
"""A group hears it no more often than this: it is the same words each time, and the group has other calls to hear."""


class AwayAlerts:
    """Writes to the group of every helpline: without the store nobody knows whom the person would have asked."""

    def __init__(self, office: DeskOffice) -> None:
        self._office = office
        self._poster = Poster(office)
        self._told: dict[str, datetime] = {}
        self._under_way: set[asyncio.Task[None]] = set()

    async def alert(self) -> None:
        """Begin to tell every group that has not just been told; nobody waits for it."""
        now = self._office.clock.now()
        helplines = self._office.script().helplines.all
        for link in self._office.roster().links.values():
            helpline = helplines.get(link.helpline)
            told = self._told.get(link.group)
            if helpline is None or (told is not None and told <= now < told + APART):
                continue
            self._told[link.group] = now
            task = asyncio.get_running_loop().create_task(self._tell(link.group, helpline, now))
            self._under_way.add(task)
            task.add_done_callback(self._under_way.discard)

    async def close(self) -> None:
        """Let what is under way end."""
        await asyncio.gather(*self._under_way, return_exceptions=True)

    async def _tell(self, group: str, helpline: Helpline, now: datetime) -> None:
        language = helpline.works_in
        words = Wording(self._office.script(), language, Caller(None, None, language), now).phrase("desk-called-away")
        try:
            await self._poster.send(group, None, rendered(Message(plain(words), language=language), ()))
        except TelegramError as error:
            # It is told again to whoever asks next.
            self._told.pop(group, None)
            self._office.figures.add("away_alert_failed", type(error).__name__)
            logbook.note_error("away_alert_failed", error)
        else:
            self._office.figures.add("away_alert")
