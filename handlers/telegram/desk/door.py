"""What staff do in Telegram: words in a ticket's topic, commands and buttons, each checked against who works there.

Nothing counts that Telegram's user interface might suggest: who is in the group, who can see a button. The sender's id
is looked up in the roster, the group in its links, and the ticket by its topic or by a mark that only we can make.
"""

import logging
from collections.abc import Awaitable, Callable
from datetime import datetime, timedelta
from functools import partial
from typing import Final, TypeAlias, assert_never

from telegram.error import TelegramError

from bot import logbook
from bot.desk.actions import ByStaff, SendCanned, SendCard, SendMedia, StaffAction, Write
from bot.desk.decided import Accepted, Refusal
from bot.desk.enrolling import group_moved, topics_turned
from bot.desk.helplines import HelplineId, Mode
from bot.desk.letters import Original
from bot.desk.staff import Link, Member
from bot.desk.ticket import ReferralState, Stage, Ticket, TicketId
from bot.dialogue.desk_wording import DeskWording, seen
from bot.language import language_of
from bot.messages import Button, ConversationId, Language, Message, Rows, plain
from bot.turns.ticket_arrival import TicketArrival
from handlers.telegram.channel import DOOR
from handlers.telegram.desk.commands import Command, action_of, listed_commands, read_command
from handlers.telegram.desk.guests import Guests
from handlers.telegram.desk.knocks import Came, Happened, Knock, LetIn, Moved, Said, Tapped, Went, Where, read_knock
from handlers.telegram.desk.menus import MENUS, Menu, find_cards, open_menu, slot_of
from handlers.telegram.desk.office import DeskOffice
from handlers.telegram.desk.posting import Poster, link_of, rendered, signed
from handlers.telegram.desk.presses import GroupPress, TicketPress, read_press, short
from handlers.telegram.desk.speaking import Speaker
from handlers.telegram.rendering import Markup, ReadyButton

_NOTES: Final = ("//", "#note")
_RELAYED: Final = (Write, SendMedia, SendCard, SendCanned)
_FILL: Final = "fill"
_ENGLISH: Final = Language("en")
_TOLD_AGAIN: Final = timedelta(hours=1)
_MOST_TURNED_AWAY: Final = 1_000

TakeTicket: TypeAlias = Callable[[TicketArrival], Awaitable[Accepted | Refusal]]
Bind: TypeAlias = Callable[[str, str], Awaitable[str]]
"""A code, and the account or group that brings it → the phrase that says what came of it, after `desk-`."""


class DeskDoor:
    """Takes what happens in helplines' groups.

    `enrol` binds one of the staff to their account, `link` a group to its helpline; each is given a code and Telegram's
    id, and names the phrase that answers.
    """

    def __init__(self, office: DeskOffice, take_ticket: TakeTicket, enrol: Bind, link: Bind) -> None:
        self._office = office
        self._take_ticket = take_ticket
        self._enrol = enrol
        self._link = link
        self._poster = Poster(office)
        self._speaker = Speaker(office, self._poster)
        self._guests = Guests(office, self._speaker)
        self._turned_away: dict[tuple[str, str], datetime] = {}

    async def take(self, knock: Knock) -> None:
        """Let it take effect; raise StoreError where it is not known to have."""
        for happened in read_knock(knock, self._office.connection.bot_id):
            await self._take(knock, happened)

    async def close(self) -> None:
        """Say no more."""
        await self._speaker.close()

    async def _take(self, knock: Knock, happened: Happened) -> None:
        match happened:
            case Said():
                await self._hear(knock, happened)
            case Tapped():
                await self._press(knock, happened)
            case Came(where, who):
                await self._guests.came(where.chat, who)
            case Went(where, _):
                await self._guests.look_again(where.chat)
            case Moved(old, new):
                logbook.note("desk_group_moved")
                await self._office.change_roster(partial(group_moved, old=old, new=new))
            case LetIn(where, is_in):
                await self._let_in(where, is_in=is_in)
            case _:
                assert_never(happened)

    async def _let_in(self, where: Where, *, is_in: bool) -> None:
        link = self._office.roster().by_group(where.chat)
        if link is None:
            return
        if not is_in:
            self._office.figures.add("desk_shut_out", link.helpline)
            logbook.note("desk_shut_out", logging.ERROR)
        await self._note_topics(link, where)

    async def _note_topics(self, link: Link, where: Where) -> None:
        if where.has_topics is not None and where.has_topics != link.has_topics:
            await self._office.change_roster(partial(topics_turned, group=where.chat, on=where.has_topics))

    # Words

    async def _hear(self, knock: Knock, said: Said) -> None:
        command = None if said.is_edit else read_command(said.text)
        if said.where.is_private:
            await self._hear_alone(said, command)
            return
        if command is not None and command.verb == "link":
            await self._link_group(said, command.argument)
            return
        roster = self._office.roster()
        link = roster.by_group(said.where.chat)
        if link is None:
            return
        await self._note_topics(link, said.where)
        thread = said.where.thread
        ticket = None if thread is None else await self._office.store.ticket_at(said.where.chat, thread)
        member = roster.by_telegram(said.sender)
        if member is None or not member.works_for(link.helpline):
            if ticket is not None or command is not None:
                self._turn_away(said, link)
        elif command is not None:
            await self._obey(knock, said, link, member, ticket, command)
        elif await self._fill_in(knock, said, link, member):
            return
        elif ticket is not None:
            await self._pass_on(knock, said, link, member, ticket)

    async def _hear_alone(self, said: Said, command: Command | None) -> None:
        """A code that binds one of the staff to their account; nothing else is for us there."""
        if command is None or command.verb not in ("staff", "start"):
            return
        code = command.argument.removeprefix("staff_").strip()
        answer = await self._enrol(code, said.sender)
        member = self._office.roster().by_telegram(said.sender)
        if answer.removeprefix("desk-") != "enrolled" or member is None:
            self._speaker.say(said.where.chat, None, self._speaker.words(answer))
            return
        script = self._office.script()
        helplines = [script.helplines.all[one] for one in sorted(member.helplines) if one in script.helplines.all]
        language = helplines[0].works_in if helplines else None
        names = ", ".join(self._speaker.text(f"helpline.{one.id}.name", language) for one in helplines)
        role = self._speaker.words(f"role-{member.role}", language)
        words = self._speaker.words("enrolled", language, name=member.name, helpline=names, why=role)
        self._speaker.say(said.where.chat, None, words)
        for helpline in member.helplines:
            link = self._office.roster().links.get(helpline)
            if link is not None:
                await self._guests.look_again(link.group)

    async def _link_group(self, said: Said, code: str) -> None:
        chat = said.where.chat
        answer = await self._link(code, chat)
        link = self._office.roster().by_group(chat)
        if answer.removeprefix("desk-") != "linked" or link is None:
            self._speaker.say(chat, said.where.thread, self._speaker.words(answer))
            return
        await self._note_topics(link, said.where)
        helpline = self._office.script().helplines.all.get(link.helpline)
        language = None if helpline is None else helpline.works_in
        name = "" if helpline is None else self._speaker.text(f"helpline.{helpline.id}.name", language)
        lines = [self._speaker.words("linked", language, helpline=name)]
        if helpline is not None:
            lines.append(self._speaker.words(f"mode-{helpline.mode}", language))
        if said.where.has_topics is False:
            lines.append(self._speaker.words("needs-topics", language))
        if not await self._poster.may_work(chat):
            lines.append(self._speaker.words("needs-rights", language))
        self._speaker.say(chat, said.where.thread, "\n".join(lines))
        await self._guests.look_first(chat)

    def _turn_away(self, said: Said, link: Link) -> None:
        """Say it once an hour, so that whoever talks in there is not talked over."""
        now, place = self._office.clock.now(), (said.where.chat, said.sender)
        told = self._turned_away.get(place)
        if told is None or now - told > _TOLD_AGAIN:
            if len(self._turned_away) >= _MOST_TURNED_AWAY:
                self._turned_away.clear()
            self._turned_away[place] = now
            self._answer(said, self._words(link, "not-enrolled"))

    async def _obey(
        self, knock: Knock, said: Said, link: Link, member: Member, ticket_id: TicketId | None, command: Command
    ) -> None:
        if command.verb == "help":
            self._answer(said, self._help(link))
            return
        if command.verb in ("", "staff", "start"):
            self._answer(said, self._words(link, "command-unknown", command=command.typed))
            return
        ticket = None if ticket_id is None else (await self._office.store.load_ticket(ticket_id)).ticket
        wording = None if ticket is None else self._office.wording(ticket, link.helpline)
        if ticket is None or wording is None:
            self._answer(said, self._words(link, "only-in-case"))
            return
        if command.verb == "phrase" and command.argument:
            self._show_menu(said, wording, find_cards(wording, command.argument))
            return
        action = action_of(command.verb, command.argument, wording, str(said.message))
        if action is None:
            menu = open_menu(command.menu, "", wording, member)
            if menu is None:
                self._answer(said, self._words(link, "command-unknown", command=command.typed))
            else:
                self._show_menu(said, wording, menu)
            return
        decided = action if isinstance(action, Refusal) else await self._do(knock, link, member, ticket.id, action)
        if isinstance(decided, Refusal):
            self._answer(said, self._words(link, f"refused-{decided}"))

    async def _fill_in(self, knock: Knock, said: Said, link: Link, member: Member) -> bool:
        """Whether it answers our question for what belongs into the gap of a phrase."""
        for data in said.answers:
            press = read_press(self._office.vault, data)
            if not isinstance(press, TicketPress) or press.verb != _FILL:
                continue
            cards = self._office.script().cards.all
            card = next((one for one in cards if short(one) == press.argument), None)
            decided: Accepted | Refusal = Refusal.NO_SUCH_CARD
            if card is not None:
                send = SendCard(card, str(said.message), said.text.strip())
                decided = await self._do(knock, link, member, press.ticket, send)
            if isinstance(decided, Refusal):
                self._answer(said, self._words(link, f"refused-{decided}"))
            return True
        return False

    async def _pass_on(self, knock: Knock, said: Said, link: Link, member: Member, ticket: TicketId) -> None:
        """What staff write in a ticket's topic goes to the person, where the helpline works so, and is no note."""
        helpline = self._office.script().helplines.all.get(link.helpline)
        is_note = (said.text or said.caption).lstrip().lower().startswith(_NOTES)
        if helpline is None or helpline.mode is not Mode.RELAY or is_note:
            return
        ref = str(said.message)
        action: StaffAction
        if said.kind is not None:
            action = SendMedia(said.kind, Original(DOOR, said.where.chat, ref), ref)
        else:
            words = seen(said.text)
            language = Language(language_of(words) or "")
            if language not in self._office.script().tongues:
                # Latin letters do not tell; whoever speaks English writes it with them.
                language = _ENGLISH if _ENGLISH in helpline.languages else helpline.works_in
            action = Write(words, language, ref, is_edit=said.is_edit)
        decided = await self._do(knock, link, member, ticket, action)
        if isinstance(decided, Refusal):
            self._answer(said, self._words(link, f"refused-{decided}"))

    async def _do(
        self,
        knock: Knock,
        link: Link | None,
        member: Member,
        ticket: TicketId,
        action: StaffAction,
        *,
        via: HelplineId | None = None,
        button: str | None = None,
    ) -> Accepted | Refusal:
        if link is not None and link.stranger is not None and isinstance(action, _RELAYED):
            return Refusal.RELAY_STOPPED
        helpline = link.helpline if link is not None else via
        if helpline is None:
            return Refusal.NOT_YOURS
        arrival_id = self._office.vault.arrival_id(ConversationId(ticket), f"desk {knock.id}")
        happening = ByStaff(member.id, action, helpline, button)
        return await self._take_ticket(TicketArrival(ticket, arrival_id, happening))

    # Buttons

    async def _press(self, knock: Knock, tapped: Tapped) -> None:
        roster = self._office.roster()
        link = None if tapped.where.is_private else roster.by_group(tapped.where.chat)
        member = roster.by_telegram(tapped.sender)
        press = read_press(self._office.vault, tapped.data)
        language = self._language(link)
        if press is None:
            self._office.figures.add("desk_press_not_ours")
            await self._speaker.toast(tapped.query, self._speaker.words("refused-pressed-before", language))
        elif member is None:
            await self._speaker.toast(tapped.query, self._speaker.words("not-enrolled", language))
        elif link is None and not tapped.where.is_private:
            await self._speaker.toast(tapped.query, self._speaker.words("refused-not-yours", language))
        elif isinstance(press, GroupPress):
            await self._confirm(tapped, link, member, press)
        else:
            await self._press_of_ticket(knock, tapped, link, member, press)

    async def _confirm(self, tapped: Tapped, link: Link | None, member: Member, press: GroupPress) -> None:
        language = self._language(link)
        if link is None or not member.supervises(link.helpline):
            words = self._speaker.words(f"refused-{Refusal.NEEDS_SUPERVISOR}", language)
            await self._speaker.toast(tapped.query, words)
            return
        is_done = await self._guests.confirm(link, press, member.name)
        await self._speaker.toast(
            tapped.query, self._speaker.words("done" if is_done else "refused-pressed-before", language)
        )
        await self._show_buttons(tapped, None)

    async def _press_of_ticket(
        self, knock: Knock, tapped: Tapped, link: Link | None, member: Member, press: TicketPress
    ) -> None:
        ticket = (await self._office.store.load_ticket(press.ticket)).ticket
        via = link.helpline if link is not None else None if ticket is None else ticket.helpline
        wording = None if ticket is None or via is None else self._office.wording(ticket, via)
        if ticket is None or via is None or wording is None:
            words = self._speaker.words("refused-closed", self._language(link))
            await self._speaker.toast(tapped.query, words)
            await self._show_buttons(tapped, None)
            return
        if not member.works_for(via):
            await self._speaker.toast(tapped.query, wording.say("refused-not-yours"))
            return
        if await self._turn_page(tapped, wording, member, press):
            return
        action = action_of(press.verb, press.argument, wording, "" if tapped.message is None else str(tapped.message))
        decided: Accepted | Refusal = Refusal.PRESSED_BEFORE
        if isinstance(action, Refusal):
            decided = action
        elif action is not None:
            decided = await self._do(knock, link, member, ticket.id, action, via=via, button=press.name)
        if isinstance(decided, Refusal):
            await self._speaker.toast(tapped.query, wording.say(f"refused-{decided}"))
            return
        await self._speaker.toast(tapped.query, wording.say("done"))
        await self._show_buttons(tapped, self._rows_after(tapped, ticket.id, decided.ticket, via))

    async def _turn_page(self, tapped: Tapped, wording: DeskWording, member: Member, press: TicketPress) -> bool:
        """Whether the button only leads to others, or to a question."""
        if press.verb == "card":
            card = next((one for one in wording.script.cards.all if short(one) == press.argument), None)
            if card is None or slot_of(wording, card) is None:
                return False
            row = (Button(wording.say("button-back"), press=f"{_FILL}:{card}"),)
            rows = signed(self._office, wording.ticket.id, wording.ticket.step, (row,))
            words = wording.say("fill", card=wording.card(f"card:{card}"))
            self._speaker.say(tapped.where.chat, tapped.where.thread, words, rows=rows)
            await self._speaker.toast(tapped.query)
            return True
        if press.verb == _FILL:
            await self._speaker.toast(tapped.query)
            await self._show_buttons(tapped, None)
            return True
        if press.verb not in MENUS or (press.argument and press.verb != "group"):
            return False
        if press.verb == "back" and not self._is_own_place(tapped.where):
            menu: Menu | None = Menu("", _first_rows(wording))
        else:
            menu = open_menu(press.verb, press.argument, wording, member)
        if menu is not None:
            await self._speaker.toast(tapped.query, menu.question)
            await self._show_buttons(tapped, self._markup(wording, menu.rows))
        return True

    def _rows_after(self, tapped: Tapped, ticket_id: TicketId, ticket: Ticket | None, via: HelplineId) -> Markup | None:
        """The buttons of a message once one of them has been used."""
        wording = None if ticket is None else self._office.wording(ticket, via)
        if self._is_own_place(tapped.where):
            return None if wording is None else self._markup(wording, wording.menu())
        rows: list[list[ReadyButton]] = []
        for row in tapped.rows:
            kept: list[ReadyButton] = []
            for label, data in row:
                press = read_press(self._office.vault, data)
                if isinstance(press, TicketPress) and press.ticket != ticket_id:
                    kept.append({"text": label, "callback_data": data})
            if kept:
                rows.append(kept)
        return {"inline_keyboard": rows} if rows else None

    @staticmethod
    def _is_own_place(where: Where) -> bool:
        """A ticket's topic, or one of the staff alone: there all buttons may stand."""
        return where.is_private or where.thread is not None

    def _markup(self, wording: DeskWording, rows: Rows) -> Markup | None:
        ready = signed(self._office, wording.ticket.id, wording.ticket.step, rows)
        return rendered(Message(plain(wording.ticket.alias)), ready, link_of(self._office, wording))[0].markup

    async def _show_buttons(self, tapped: Tapped, markup: Markup | None) -> None:
        if tapped.message is None:
            return
        try:
            await self._poster.edit_buttons(tapped.where.chat, tapped.message, markup)
        except TelegramError as error:
            # What was pressed has taken effect; these are only the next buttons.
            logbook.note_error("desk_buttons_kept", error)

    def _show_menu(self, said: Said, wording: DeskWording, menu: Menu) -> None:
        rows = signed(self._office, wording.ticket.id, wording.ticket.step, menu.rows)
        self._speaker.say(said.where.chat, said.where.thread, menu.question, reply_to=said.message, rows=rows)

    def _answer(self, said: Said, words: str) -> None:
        self._speaker.say(said.where.chat, said.where.thread, words, reply_to=said.message)

    def _help(self, link: Link) -> str:
        commands = [self._words(link, f"does-{verb}", command=typed) for verb, typed in listed_commands().items()]
        listed = "\n".join((self._words(link, "help"), *commands))
        return "\n\n".join((listed, self._words(link, "help-rule"), self._words(link, "help-marks")))

    def _words(self, link: Link, phrase: str, **slots: str) -> str:
        return self._speaker.words(phrase, self._language(link), **slots)

    def _language(self, link: Link | None) -> Language | None:
        helpline = None if link is None else self._office.script().helplines.all.get(link.helpline)
        return None if helpline is None else helpline.works_in


def _first_rows(wording: DeskWording) -> Rows:
    """What may be done with a ticket from where all the calls are shown."""
    referral = wording.ticket.referral
    is_offered = referral is not None and referral.state is ReferralState.OFFERED
    actions = ("accept", "decline") if is_offered else ("claim",) if wording.ticket.stage is Stage.ASKED else ()
    return (tuple(Button(wording.say(f"button-{action}"), press=action) for action in actions),)
