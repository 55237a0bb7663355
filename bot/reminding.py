"""Whoever looks after a part of the content is told once a week how much of it has to be looked at again.

Only in Telegram, only those who have bound their account there, and only how much it is: the rest stands in the studio.
"""

import asyncio
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from hashlib import blake2b
from typing import Final
from zoneinfo import ZoneInfo

from bot import logbook
from bot.channel import Channel, ChannelError
from bot.clock import Clock
from bot.compiler import Notebook
from bot.compiler.assembling import Assembled, assemble
from bot.desk.staff import Member, Roster
from bot.dialogue.phrasebook import TextId
from bot.dialogue.script import Script
from bot.dialogue.wording import Wording
from bot.facts import Caller
from bot.messages import Language, Message, plain
from bot.store.contract import Address, Outgoing, OutgoingId, Priority
from bot.studio.archive import Archive
from bot.studio.calls import CallBook
from bot.studio.keeping import Owed, due_until, owed_by

LOOK_EVERY: Final = 1800.0
AHEAD: Final = timedelta(days=31)
ZONE: Final = ZoneInfo("Asia/Bangkok")
FROM_HOUR: Final = 9
"""On Mondays from this hour on; whoever starts later in the week still tells."""

_DOOR: Final = "telegram"
_ENGLISH: Final = Language("en")


@dataclass(frozen=True, slots=True)
class Reminding:
    """Tells owners through `channel`; `where` is the studio's address, if anybody can reach it."""

    archive: Archive
    book: CallBook
    roster: Callable[[], Roster]
    script: Callable[[], Script]
    channel: Channel
    clock: Clock
    where: str = ""

    async def run(self) -> None:
        """Look again and again, for as long as it runs."""
        while True:
            try:
                await self.look()
            except Exception as error:  # noqa: BLE001  # no reminder is worth that people are not answered
                logbook.note_error("owners_not_reminded", error)
            await self.clock.sleep(LOOK_EVERY)

    async def look(self) -> int:
        """Remind all owners if it is time and nobody has done it this week; how many were told."""
        now = self.clock.now()
        week = week_to_remind(now)
        if week is None or not (owners := await self.book.owners()) or not await self.book.claim_week(week):
            return 0
        folder = await self.archive.checkout(await self.archive.present())
        assembled: Assembled = await asyncio.to_thread(assemble, folder, Notebook())
        today = now.astimezone(ZONE).date()
        owed = owed_by(due_until(assembled, today + AHEAD), owners, today)
        members = self.roster().members
        told = [await self._tell(members[owner], much, week) for owner, much in owed.items() if owner in members]
        # Only now: whoever ends before leaves it to another, and to be told twice is better than never.
        await self.book.week_done(week)
        return sum(told)

    async def _tell(self, member: Member, owed: Owed, week: str) -> bool:
        if member.left is not None or member.telegram is None:
            return False
        name = blake2b(f"{member.id} {week}".encode(), digest_size=16).digest()
        message = Message(plain(self._words(member, owed)), keep=True)
        outgoing = Outgoing(
            OutgoingId(name), Address(_DOOR, member.telegram), message, priority=Priority.OTHER, silent=True
        )
        try:
            await self.channel.deliver(outgoing)
        except ChannelError as error:
            # Once a week is enough: it stands in the studio all the same.
            logbook.note_error("owner_not_reminded", error)
            return False
        return True

    def _words(self, member: Member, owed: Owed) -> str:
        script = self.script()
        wanted = (member.language, *member.languages)
        language = next((one for one in wanted if one is not None and one in script.tongues), _ENGLISH)
        wording = Wording(script, language, Caller(None, None, language), self.clock.now())
        words = wording.words(
            TextId("phrase.studio-reminder"), overdue=str(owed.overdue), soon=str(owed.soon), where=self.where
        )
        return words.strip()


def week_to_remind(now: datetime) -> str | None:
    """The name of this week, once it is time: names of later weeks come later in the order of letters."""
    here = now.astimezone(ZONE)
    year, week, day = here.isocalendar()
    is_time = day > 1 or here.hour >= FROM_HOUR
    return f"{year}-{week:02}" if is_time else None
