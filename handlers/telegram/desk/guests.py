"""Who is in a helpline's group. While somebody is there whom nobody knows, nothing that people write is shown there.

Telegram tells who comes and goes, and may have told it while nobody listened; so it is counted: as many are in the
group as there are staff we know, and ourselves.
"""

import logging
from functools import partial
from typing import Final

import msgspec
from telegram.error import TelegramError

from bot import logbook
from bot.desk.enrolling import stranger_came, stranger_cleared
from bot.desk.staff import Link
from bot.messages import Button, Language
from handlers.telegram.desk.office import DeskOffice
from handlers.telegram.desk.presses import GroupPress, write_group_press
from handlers.telegram.desk.speaking import Speaker

_IN: Final = frozenset({"creator", "administrator", "member", "restricted"})


class _Count(msgspec.Struct):
    result: int


class _Standing(msgspec.Struct):
    status: str = ""
    is_member: bool = True


class _StandingAnswer(msgspec.Struct):
    result: _Standing


_COUNTS: Final = msgspec.json.Decoder(_Count)
_STANDINGS: Final = msgspec.json.Decoder(_StandingAnswer)


class Guests:
    """Watches who is in the groups."""

    def __init__(self, office: DeskOffice, speaker: Speaker) -> None:
        self._office = office
        self._speaker = speaker

    async def came(self, chat: str, who: str) -> None:
        """Somebody joined: relaying stops unless they work there."""
        roster = self._office.roster()
        link = roster.by_group(chat)
        member = roster.by_telegram(who)
        if link is None or (member is not None and member.works_for(link.helpline)):
            return
        await self._doubt(link)

    async def look_again(self, chat: str) -> None:
        """Somebody left or was enrolled: where only known people are left, all goes on."""
        link = self._office.roster().by_group(chat)
        if link is not None and link.stranger is not None and await self._unknown(link) == 0:
            await self._office.change_roster(partial(stranger_cleared, group=chat))

    async def look_first(self, chat: str) -> None:
        """A group was linked: whoever is there already and is not known is a stranger, too."""
        link = self._office.roster().by_group(chat)
        if link is not None and link.stranger is None and (await self._unknown(link) or 0) > 0:
            await self._doubt(link)

    async def confirm(self, link: Link, press: GroupPress, name: str) -> bool:
        """A supervisor says that all is well; False where somebody else has come since the button was made."""
        if link.stranger is None or int(link.stranger.timestamp()) != press.moment:
            return False
        await self._office.change_roster(partial(stranger_cleared, group=link.group))
        words = self._speaker.words("stranger-confirmed", self._language(link), name=name)
        self._speaker.say(link.group, None, words)
        return True

    async def _doubt(self, link: Link) -> None:
        if link.stranger is not None:
            return
        now = self._office.clock.now()
        await self._office.change_roster(partial(stranger_came, group=link.group, now=now))
        self._office.figures.add("desk_stranger", link.helpline)
        logbook.note("desk_stranger", logging.ERROR)
        language = self._language(link)
        button = Button(
            self._speaker.words("button-confirm", language),
            press=write_group_press(self._office.vault, int(now.timestamp())),
        )
        words = self._speaker.words("stranger-joined", language)
        self._speaker.say(link.group, None, words, rows=((button,),))

    async def _unknown(self, link: Link) -> int | None:
        """How many are in the group of whom nobody knows; None where Telegram does not say."""
        connection, chat = self._office.connection, int(link.group)
        try:
            known = 1
            for member in self._office.roster().staff_of(link.helpline):
                if member.telegram is not None and member.telegram.isdigit():
                    parameters = {"chat_id": chat, "user_id": int(member.telegram)}
                    standing = _STANDINGS.decode(await connection.call("getChatMember", parameters)).result
                    known += standing.status in _IN and standing.is_member
            counted = _COUNTS.decode(await connection.call("getChatMemberCount", {"chat_id": chat})).result
        except (TelegramError, msgspec.DecodeError) as error:
            logbook.note_error("desk_not_counted", error)
            return None
        return max(0, counted - known)

    def _language(self, link: Link) -> Language | None:
        helpline = self._office.script().helplines.all.get(link.helpline)
        return None if helpline is None else helpline.works_in
