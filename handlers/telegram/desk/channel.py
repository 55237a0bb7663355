"""Brings the desk's messages into helplines' groups and to their staff.

Each ticket has a topic of its own, made when it is first needed; a topic begins with what is known of the ticket. What
people send is copied, never forwarded, so that nobody's name or id comes along.
"""

from collections.abc import Sequence
from dataclasses import replace
from functools import partial
from typing import Final

from telegram.error import BadRequest, ChatMigrated, TelegramError

from bot import logbook
from bot.channel import BusyError, ChannelDownError, Delivered, RefusedError, UnreachableError
from bot.desk.enrolling import group_moved
from bot.desk.helplines import HelplineId
from bot.desk.staff import Link
from bot.desk.ticket import StaffId, Ticket
from bot.dialogue.desk_wording import DeskWording
from bot.messages import MESSAGE_UNITS, Button, ConversationId, Message, Rows, Span, Style, plain, units, words_of
from bot.store.contract import Outgoing, Priority, StoreError, desk_line
from handlers.telegram.desk.addresses import DeskAddress, Place, read_address
from handlers.telegram.desk.calls import MOST_BUTTONS, Call, Calls
from handlers.telegram.desk.office import DeskOffice
from handlers.telegram.desk.posting import (
    NO_TOPICS,
    NOT_COPIED,
    NOT_EDITABLE,
    THREAD_CLOSED,
    THREAD_GONE,
    Poster,
    in_words,
    link_of,
    mentions,
    rendered,
    says,
    signed,
)
from handlers.telegram.rendering import Rendered
from handlers.telegram.tapped import read_tapped

STRANGER_PATIENCE: Final = 15.0
"""While somebody unknown is in the group, what belongs into topics waits."""

MOST_MERGED: Final = 10
_TOPIC_COST: Final = 2
"""A new topic is a message of Telegram's own, and its head one of ours."""


class DeskChannel:
    """The channel of door "desk"."""

    def __init__(self, office: DeskOffice) -> None:
        self._office = office
        self._poster = Poster(office)
        self._calls: dict[str, Calls] = {}

    async def deliver(self, outgoing: Outgoing) -> Delivered:
        """Show it where it belongs; raise a ChannelError."""
        address = read_address(outgoing.address.chat)
        if address is None:
            raise RefusedError("no address of the desk")
        try:
            if address.place is Place.MEMBER:
                return await self._tell_member(StaffId(address.name), address, outgoing)
            return await self._in_group(HelplineId(address.name), address, outgoing)
        except StoreError as error:
            raise ChannelDownError("the store does not answer") from error

    async def close(self) -> None:
        """Stop gathering calls."""
        for calls in self._calls.values():
            await calls.close()

    # Into a group

    async def _in_group(self, helpline: HelplineId, address: DeskAddress, outgoing: Outgoing) -> Delivered:
        link = self._office.roster().links.get(helpline)
        if link is None:
            raise UnreachableError("no group is linked")
        try:
            return await self._show(link, address, outgoing)
        except ChatMigrated as error:
            new = str(error.new_chat_id)
            logbook.note("desk_group_moved")
            await self._office.change_roster(partial(group_moved, old=link.group, new=new))
            link = replace(link, group=new)
        except TelegramError as error:
            raise in_words(self._office, error, link.group) from error
        try:
            return await self._show(link, address, outgoing)
        except TelegramError as error:
            raise in_words(self._office, error, link.group) from error

    async def _show(self, link: Link, address: DeskAddress, outgoing: Outgoing) -> Delivered:
        if address.place is Place.CALL:
            return await self._call(link.group, link.helpline, address, outgoing)
        if outgoing.drops_topic:
            return await self._drop(link, address)
        if outgoing.marks:
            return await self._mark(link, outgoing)
        if link.stranger is not None:
            raise BusyError(STRANGER_PATIENCE)
        return await self._tell(link, address, outgoing)

    async def _drop(self, link: Link, address: DeskAddress) -> Delivered:
        known = await self._office.store.topic_of(address.ticket, link.helpline)
        if known is not None:
            group, thread = known
            await self._poster.delete_topic(group, thread)
            await self._office.store.forget_topic(address.ticket, link.helpline)
        return Delivered()

    async def _mark(self, link: Link, outgoing: Outgoing) -> Delivered:
        """A mark on what staff wrote; only those of this group can be marked here."""
        old = read_tapped(outgoing.ref)
        if old is not None:
            try:
                await self._poster.mark(link.group, old.message_id, outgoing.marks)
            except BadRequest as error:
                logbook.note_error("desk_not_marked", error)
        return Delivered()

    async def _tell(self, link: Link, address: DeskAddress, outgoing: Outgoing) -> Delivered:
        message = outgoing.message
        ticket = (await self._office.store.load_ticket(address.ticket)).ticket
        thread = await self._thread(link, address)
        if message is None or (ticket is None and thread is None):
            # Of a ticket that is erased nothing is begun any more.
            return Delivered()
        line, waits_as = self._office.lines.of(link.group), outgoing.address.chat
        is_busy = line.is_busy
        makes_topic = thread is None and link.has_topics
        wait = line.turn(waits_as, 1 + (_TOPIC_COST if makes_topic else 0))
        if wait > 0:
            raise BusyError(wait)
        following = await self._following(address, outgoing) if is_busy and outgoing.merges else []
        for one in following:
            if one.message is not None:
                message = replace(message, text=(*message.text, Span("\n\n"), *one.message.text))
        delivered = await self._tell_in_topic(link, address, ticket, thread, replace(outgoing, message=message))
        if following:
            await self._office.store.fetched(_line_of(address), following[-1].id)
        return delivered

    async def _following(self, address: DeskAddress, outgoing: Outgoing) -> list[Outgoing]:
        """What waits behind it and is to be read after it anyway: where a group is busy, it is shown as one."""
        if outgoing.message is None:
            return []
        waiting = [one for one in await self._office.store.waiting(_line_of(address)) if one.id != outgoing.id]
        room = MESSAGE_UNITS - units(words_of(outgoing.message.text))
        merged: list[Outgoing] = []
        for one in waiting:
            if not one.merges or one.message is None or one.message.rows or len(merged) + 1 >= MOST_MERGED:
                break
            room -= units(words_of(one.message.text)) + 2
            if room < 0:
                break
            merged.append(one)
        return merged

    async def _tell_in_topic(
        self, link: Link, address: DeskAddress, ticket: Ticket | None, thread: str | None, outgoing: Outgoing
    ) -> Delivered:
        is_new = thread is None
        if thread is None and ticket is not None:
            thread = await self._make_topic(link, ticket, outgoing)
        try:
            return await self._put(link, ticket, thread, outgoing)
        except BadRequest as error:
            if thread is None or is_new or not says(error, (*THREAD_GONE, *THREAD_CLOSED)):
                raise
            if says(error, THREAD_CLOSED) and await self._reopened(link, thread):
                return await self._put(link, ticket, thread, outgoing)
        logbook.note("desk_topic_gone")
        self._office.lines.of(link.group).count(1 + _TOPIC_COST)
        await self._office.store.forget_topic(address.ticket, link.helpline)
        thread = None if ticket is None else await self._make_topic(link, ticket, outgoing, is_again=True)
        return await self._put(link, ticket, thread, outgoing)

    async def _reopened(self, link: Link, thread: str) -> bool:
        try:
            await self._poster.reopen_topic(link.group, thread)
        except BadRequest:
            return False
        return True

    async def _thread(self, link: Link, address: DeskAddress) -> str | None:
        known = await self._office.store.topic_of(address.ticket, link.helpline)
        return known[1] if known is not None and known[0] == link.group else None

    async def _make_topic(
        self, link: Link, ticket: Ticket, outgoing: Outgoing, *, is_again: bool = False
    ) -> str | None:
        """A topic that begins with what is known; none where the group has no topics."""
        wording = self._office.wording(ticket, link.helpline)
        if wording is None or not link.has_topics:
            return None
        try:
            thread = await self._poster.create_topic(link.group, wording.topic_name())
        except BadRequest as error:
            if not says(error, NO_TOPICS):
                raise
            logbook.note_error("desk_without_topics", error)
            self._office.figures.add("desk_without_topics")
            return None
        await self._office.store.keep_topic(ticket.id, link.helpline, thread, link.group)
        head = wording.head()
        if is_again:
            head = (Span(wording.say("case-topic-gone", alias=ticket.alias) + "\n"), *head)
        if outgoing.message is None or outgoing.message.text != wording.head():
            parts = self._rendered(wording, Message(head, wording.menu()))
            await self._poster.send(link.group, thread, parts)
        return thread

    async def _put(self, link: Link, ticket: Ticket | None, thread: str | None, outgoing: Outgoing) -> Delivered:
        message = outgoing.message or Message(())
        wording = None if ticket is None else self._office.wording(ticket, link.helpline)
        if outgoing.copies is not None and thread is not None:
            try:
                return _delivered(await self._poster.copy(link.group, thread, outgoing.copies))
            except BadRequest as error:
                if not says(error, NOT_COPIED):
                    raise
                logbook.note_error("desk_not_copied", error)
        if thread is None and ticket is not None:
            # In the general place nothing else tells of whom it speaks.
            message = replace(message, text=(Span(f"{ticket.alias} · ", Style.STRONG), *message.text))
        parts = self._rendered(wording, message)
        old = read_tapped(outgoing.replaces)
        if old is not None and len(parts) == 1:
            try:
                await self._poster.edit(link.group, old.message_id, parts[0])
                return Delivered(str(old.message_id))
            except BadRequest as error:
                if not says(error, NOT_EDITABLE):
                    raise
        sent = await self._poster.send(link.group, thread, parts)
        if outgoing.copies is not None and thread is None:
            sent = await self._poster.copy(link.group, None, outgoing.copies)
        return _delivered(sent)

    def _rendered(self, wording: DeskWording | None, message: Message) -> tuple[Rendered, ...]:
        if wording is None:
            return rendered(message, ())
        rows = signed(self._office, wording.ticket.id, wording.ticket.step, message.rows)
        return rendered(message, rows, link_of(self._office, wording) if message.rows else None)

    # Calls

    async def _call(self, chat: str, helpline: HelplineId, address: DeskAddress, outgoing: Outgoing) -> Delivered:
        ticket = (await self._office.store.load_ticket(address.ticket)).ticket
        if ticket is None or outgoing.message is None:
            return Delivered()
        calls = self._calls.get(f"{chat} {helpline}")
        if calls is None:
            line = self._office.lines.of(chat)
            show = partial(self._show_calls, chat, helpline)
            calls = self._calls[f"{chat} {helpline}"] = Calls(line, self._office.clock, show)
        return await calls.bring(Call(ticket.id, ticket.alias, ticket.urgency, ticket.step, outgoing.message))

    async def _show_calls(self, chat: str, helpline: HelplineId, calls: Sequence[Call]) -> Delivered:
        """One call as it is, or several as one message."""
        ticket = (await self._office.store.load_ticket(calls[0].ticket)).ticket
        wording = None if ticket is None else self._office.wording(ticket, helpline)
        names = "" if wording is None else wording.names_on_duty()
        link = link_of(self._office, wording) if wording is not None and len(calls) == 1 else None
        digest, rows = self._digest(calls, wording, names)
        parts = rendered(digest, rows, link)
        place = parts[-1].text.rfind(names) if names else -1
        if place >= 0:
            ids = {
                one.name: one.telegram
                for one in self._office.roster().staff_of(helpline)
                if one.telegram is not None and one.telegram.isdigit()
            }
            named = replace(parts[-1], entities=(*parts[-1].entities, *mentions(parts[-1].text, ids, place)))
            parts = (*parts[:-1], named)
        return _delivered(await self._poster.send(chat, None, parts))

    def _digest(self, calls: Sequence[Call], wording: DeskWording | None, names: str) -> tuple[Message, Rows]:
        first = calls[0]
        if len(calls) == 1 or wording is None:
            return first.message, signed(self._office, first.ticket, first.step, first.message.rows)
        told = [words_of(call.message.text) for call in calls]
        lines = [wording.say("digest", count=str(len(calls))), *(words.removesuffix(f"\n{names}") for words in told)]
        if names and any(words.endswith(names) for words in told):
            lines.append(names)
        rows: list[tuple[Button, ...]] = []
        for call in calls[:MOST_BUTTONS]:
            button = next((one for row in call.message.rows for one in row), None)
            if button is not None:
                named = replace(button, label=f"{call.alias} · {button.label}")
                rows += signed(self._office, call.ticket, call.step, ((named,),))
        return Message(plain("\n".join(lines))), tuple(rows)

    # To one of the staff

    async def _tell_member(self, staff: StaffId, address: DeskAddress, outgoing: Outgoing) -> Delivered:
        member = self._office.roster().members.get(staff)
        if member is None or member.telegram is None or member.left is not None:
            raise UnreachableError("they have not bound a Telegram account, or do not work here any more")
        chat = member.telegram
        try:
            ticket = (await self._office.store.load_ticket(address.ticket)).ticket
            if ticket is None or outgoing.message is None:
                return Delivered()
            if outgoing.priority is Priority.ALERT:
                return await self._call(chat, ticket.helpline, address, outgoing)
            wait = self._office.lines.of(chat).turn(outgoing.address.chat, 1)
            if wait > 0:
                raise BusyError(wait)
            if outgoing.copies is not None:
                return _delivered(await self._poster.copy(chat, None, outgoing.copies))
            parts = self._rendered(self._office.wording(ticket, ticket.helpline), outgoing.message)
            return _delivered(await self._poster.send(chat, None, parts))
        except TelegramError as error:
            raise in_words(self._office, error, chat) from error


def _line_of(address: DeskAddress) -> ConversationId:
    return desk_line(address.ticket, address.name)


def _delivered(message_id: int | None) -> Delivered:
    return Delivered(None if message_id is None else str(message_id))
