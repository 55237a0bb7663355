"""The inbox and the ticket: what staff see, and what they do."""

import secrets
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import replace
from typing import Final
from urllib.parse import urlencode

from aiohttp import web

from bot.desk.actions import ByStaff
from bot.desk.decided import Refusal
from bot.desk.helplines import Helpline, HelplineId, Mode
from bot.desk.referring import PENDING
from bot.desk.staff import Member, can_take
from bot.desk.ticket import ReferralState, Stage, Ticket, TicketId
from bot.dialogue.contact import HOURS, are_in_hours
from bot.guard.audit import Deed as Done
from bot.guard.rights import Right, desks_for, holds, may
from bot.messages import ConversationId, Language
from bot.store.contract import ConflictError
from bot.store.keys import is_ticket_name
from bot.store.shelf import ShelfKind
from bot.turns import TicketArrival
from bot.whole_number import whole_number
from handlers.web.console import views
from handlers.web.console.access import Caller, Guarded, Route
from handlers.web.console.answers import field, redirect, told_in
from handlers.web.console.casefile import Casefile
from handlers.web.console.deeds import NOTICES, name_of_deed, read_deed
from handlers.web.console.lists import (
    choices,
    passes,
    path_of,
    present,
    row_of,
    since,
    state_of,
    tabs_of,
    visible,
    why,
)
from handlers.web.console.office import Office
from handlers.web.console.stream import NewsStream
from handlers.web.pages import page

PART: Final = "text/x-part"
"""What the open page accepts: what changes of it, in place of the whole."""

MOST_ROWS: Final = 50
_OF_WHOEVER_HOLDS: Final = (
    *(views.Deed.RELEASE, views.Deed.GIVE, views.Deed.ASK, views.Deed.WRITE, views.Deed.CARD, views.Deed.CANNED),
    *(views.Deed.NOTE, views.Deed.URGENCY, views.Deed.LABEL, views.Deed.CLOSE, views.Deed.REMIND),
)

_FROM_OUTSIDE: Final = (views.Deed.GLASS, views.Deed.ACCEPT, views.Deed.DECLINE)
"""What is done by somebody who may not read the case yet: whoever gives a reason, and the desk that is asked."""


class DeskPages:
    """What responders and supervisors work with."""

    def __init__(self, office: Office) -> None:
        self._office = office

    def routes(self) -> list[Route]:
        """Where each answers."""
        see, touch = Right.SEE_INBOX, Right.OPEN_TICKET
        return [
            Guarded("GET", "/desk", see, self.show_inbox),
            Guarded("GET", "/desk/stream", see, self.stream),
            Guarded("POST", "/desk/presence", see, self.come),
            Guarded("GET", "/desk/case/{ticket}", touch, self.show_ticket),
            Guarded("GET", "/desk/case/{ticket}/phrases", touch, self.show_phrases),
            Guarded("POST", "/desk/case/{ticket}/do/{deed}", touch, self.do, comes_back=True),
            Guarded("POST", "/desk/case/{ticket}/media/{number}", touch, self.show_media),
        ]

    # The inbox

    async def show_inbox(self, request: web.Request, caller: Caller, _form: Mapping[str, str]) -> web.Response:
        office, member = self._office, caller.member
        query = request.query
        wanted = views.Filters(
            Language(query["language"]) if query.get("language") else None,
            query.get("topic") or None,
            HelplineId(query["helpline"]) if query.get("helpline") else None,
            alias=query.get("alias", "").strip().upper(),
        )
        mine = visible(office.board.tickets, member)
        tab = next((one for one in views.Tab if one == query.get("tab")), None) or _first_tab(mine, member)
        counts = {one: sum(one in tabs_of(ticket, member) for ticket in mine) for one in views.Tab}
        # Who looks for one case may not know where it stands; what a colleague holds may stand in no list of theirs.
        inside = [ticket for ticket in mine if wanted.alias or tab in tabs_of(ticket, member)]
        listed = [ticket for ticket in inside if passes(ticket, wanted)]
        if tab is views.Tab.CLOSED:
            listed.sort(key=since, reverse=True)
        start = whole_number(query.get("from", "")) or 0
        roster = office.roster.current()
        rows = tuple(row_of(ticket, member, roster, office.board) for ticket in listed[start : start + MOST_ROWS])
        further = {**query, "tab": tab, "from": str(start + MOST_ROWS)}
        more = f"/desk?{urlencode(further)}" if len(listed) > start + MOST_ROWS else None
        around = office.around(caller, views.Place.INBOX, told_in(request))
        view = views.InboxView(around, tab, counts, rows, choices(mine, wanted), "/desk", more)
        return self._answer(request, view)

    async def stream(self, request: web.Request, caller: Caller, _form: Mapping[str, str]) -> web.StreamResponse:
        return await NewsStream(self._office, caller).run(request)

    async def come(self, _request: web.Request, caller: Caller, form: Mapping[str, str]) -> web.Response:
        told = field(form, "ticket")
        found = None if not told else await self._find(TicketId(told), caller.member)
        where = None if found is None else found[0].id
        await self._office.board.come(where, caller.member.id, typing=field(form, "state") == "typing")
        return web.Response(status=204)

    # One ticket

    async def show_ticket(self, request: web.Request, caller: Caller, _form: Mapping[str, str]) -> web.Response:
        ticket, version = await self._found(request, caller)
        view = await self._view(caller, ticket, version, told_in(request))
        return self._answer(request, view)

    async def show_phrases(self, request: web.Request, caller: Caller, _form: Mapping[str, str]) -> web.Response:
        ticket = await self._ticket(request, caller)
        path = path_of(ticket.id)
        view = views.PhrasesView(
            self._office.around(caller, None, told_in(request)),
            ticket.alias,
            f"{path}/phrases",
            path,
            ticket.helpline,
            ticket.language,
            secrets.token_urlsafe(9),
            self._contact(ticket),
            {one: f"{path}/do/{one}" for one in (views.Deed.CARD, views.Deed.CANNED)},
            request.query.get("search", "")[:80],
            self._office.zone_of_helpline(ticket.helpline),
        )
        return self._answer(request, view)

    async def do(self, request: web.Request, caller: Caller, form: Mapping[str, str]) -> web.Response:
        ticket, member = await self._ticket(request, caller), caller.member
        deed = next((one for one in views.Deed if one == request.match_info["deed"]), None)
        if deed is None:
            raise web.HTTPNotFound
        path, told = path_of(ticket.id), NOTICES.get(deed, views.Notice.DONE)
        if field(form, "draft"):
            return await self._in_the_box(caller, ticket, deed, field(form, "words"))
        action = read_deed(deed, form, self._office.language_of(member))
        if isinstance(action, views.Notice):
            return redirect(path, action)
        via = self._via(ticket, member, deed)
        arrival = self._office.vault.arrival_id(ConversationId(ticket.id), name_of_deed(member.id, deed, form))
        # A reason counts from when it was last given, so the form that brings one is taken each time.
        if deed is not views.Deed.GLASS and await self._office.tickets.has_happened(ticket, arrival):
            return redirect(path, _told_again(ticket, member, deed, told))
        if deed not in _FROM_OUTSIDE and not await self._is_open_to(ticket, member):
            return await self._refused(caller, ticket, Refusal.HELD_BY_ANOTHER, deed, form)
        done = Done.BROKE_GLASS if deed is views.Deed.GLASS else Done.ACTED
        why_given = field(form, "why") if deed is views.Deed.GLASS else ""
        now = self._office.clock.now()
        await self._office.chronicle.note(now, member.id, done, f"{ticket.alias} {deed}", why_given[:200])
        decision = await self._office.tickets.take(TicketArrival(ticket.id, arrival, ByStaff(member.id, action, via)))
        if isinstance(decision, Refusal):
            if await self._office.tickets.has_happened(ticket, arrival):
                # What they did is why it cannot be done now: the same form came twice at once.
                return redirect(path, told)
            await self._office.chronicle.note(now, member.id, Done.REFUSED, f"{ticket.alias} {deed}", decision)
            return await self._refused(caller, ticket, decision, deed, form)
        if deed is views.Deed.GLASS:
            await self._office.shelf.write_shelf(ShelfKind.GLASS, f"{member.id} {ticket.id}", b"broken")
        await self._office.board.look()
        return redirect(path, told)

    async def show_media(self, request: web.Request, caller: Caller, _form: Mapping[str, str]) -> web.Response:
        """Have something copied into this member's own chat with the bot: it is never fetched, and names nobody."""
        ticket, member = await self._ticket(request, caller), caller.member
        path = path_of(ticket.id)
        if member.telegram is None or not await self._is_open_to(ticket, member):
            return redirect(path, Refusal.NOT_YOURS)
        casefile = await self._casefile(caller, ticket)
        asked = whole_number(request.match_info["number"])
        original = None if asked is None else casefile.media.get(asked)
        if original is None:
            return redirect(path, views.Notice.MOVED_ON)
        arrival = self._office.vault.arrival_id(ConversationId(ticket.id), f"media:{secrets.token_urlsafe(9)}")
        is_shown = await self._office.tickets.show(ticket.id, arrival, member.id, original)
        return redirect(path, views.Notice.SENT if is_shown else views.Notice.MOVED_ON)

    # Finding

    async def _ticket(self, request: web.Request, caller: Caller) -> Ticket:
        ticket, _ = await self._found(request, caller)
        return ticket

    async def _found(self, request: web.Request, caller: Caller) -> tuple[Ticket, int]:
        """The ticket and its version, where it is this member's to see; whatever else there is does not exist."""
        found = await self._find(TicketId(request.match_info["ticket"]), caller.member)
        if found is None:
            raise web.HTTPNotFound
        return found

    async def _find(self, name: TicketId, member: Member) -> tuple[Ticket, int] | None:
        if not is_ticket_name(name):
            return None
        snapshot = await self._office.store.load_ticket(name)
        ticket = snapshot.ticket
        return (ticket, snapshot.version) if ticket is not None and desks_for(member, ticket) else None

    async def _is_open_to(self, ticket: Ticket, member: Member) -> bool:
        """Whether it is theirs to read: by right, or because they gave a reason a while ago."""
        if holds(member, ticket) or not ticket.is_open:
            return True
        return await self._has_broken_glass(ticket, member)

    async def _has_broken_glass(self, ticket: Ticket, member: Member) -> bool:
        return await self._office.shelf.read_shelf(ShelfKind.GLASS, f"{member.id} {ticket.id}") is not None

    def _via(self, ticket: Ticket, member: Member, deed: views.Deed) -> HelplineId:
        """The helpline for which somebody acts: the one that is asked, for its answer; or the one that has it."""
        referral = ticket.referral
        if deed in (views.Deed.ACCEPT, views.Deed.DECLINE) and referral is not None:
            return referral.to
        return ticket.helpline if member.works_for(ticket.helpline) else desks_for(member, ticket)[0]

    # Opening

    async def _casefile(self, caller: Caller, ticket: Ticket) -> Casefile:
        declared = self._office.script().helplines.all.get(ticket.helpline)
        sealed = await self._office.store.read_sealed(ticket.id)
        if declared is not None and declared.mode is Mode.RELAY and not sealed.records:
            return Casefile(views.Content.IN_GROUP)
        member, private = caller.member, caller.session.private
        casefile = self._office.cabinet.open(ticket, sealed, member.id, private, path_of(ticket.id))
        if casefile.keys:
            await self._note_opened(ticket, member)
            arrival = self._office.vault.arrival_id(ConversationId(ticket.id), f"rewrap:{secrets.token_urlsafe(9)}")
            # Somebody else is just changing it: the key is given when it is next opened.
            with suppress(ConflictError):
                await self._office.tickets.give_key(ticket.id, arrival, casefile.keys, sealed)
        return casefile

    async def _note_opened(self, ticket: Ticket, member: Member) -> None:
        """Who read what is written down, once for some hours."""
        try:
            await self._office.shelf.write_shelf(ShelfKind.GLASS, f"opened {member.id} {ticket.id}", b"opened", 0)
        except ConflictError:
            return
        await self._office.chronicle.note(self._office.clock.now(), member.id, Done.OPENED, ticket.alias)

    # Views

    async def _view(
        self, caller: Caller, ticket: Ticket, version: int, told: views.Told | None, draft: str = ""
    ) -> views.TicketView:
        office, member = self._office, caller.member
        path, roster = path_of(ticket.id), office.roster.current()
        is_open = await self._is_open_to(ticket, member)
        is_broken = is_open and ticket.is_open and not holds(member, ticket)
        casefile = await self._casefile(caller, ticket) if is_open else Casefile(views.Content.NOT_FOR_YOU)
        home = office.script().helplines.all.get(ticket.helpline)
        holder = None if ticket.holder is None else roster.members.get(ticket.holder)
        closing = ticket.closing
        deletions = [copy.delete_at for copy in ticket.copies if copy.delete_at is not None]
        names = (roster.members.get(one) for one in sorted(ticket.helpers))
        reminder = ticket.reminder
        return views.TicketView(
            office.around(caller, None, told),
            ticket.id,
            ticket.alias,
            path,
            ticket.helpline,
            ticket.language,
            ticket.urgency,
            ticket.stage,
            ticket.asked,
            why(ticket, member),
            since(ticket),
            zone=office.zone_of_helpline(ticket.helpline),
            content=casefile.content,
            lines=casefile.lines,
            contact=self._contact(ticket),
            profile=views.Profile(ticket.here, ticket.origin, ticket.topic, ticket.rule),
            holder=None if holder is None else holder.name,
            is_mine=ticket.holder == member.id,
            helpers=tuple(one.name for one in names if one is not None),
            present=present(office.board.present(ticket.id), member, roster),
            labels=tuple(sorted(ticket.labels)),
            quiet=ticket.quiet,
            unreachable=ticket.unreachable,
            referral=_referral(ticket, member),
            closed=None if closing is None else closing.reason,
            closed_at=None if closing is None else closing.at,
            delete_at=max(deletions, default=None),
            reminder=reminder[1] if reminder is not None and reminder[0] == member.id else None,
            broken_glass=is_broken,
            deeds={deed: f"{path}/do/{deed}" for deed in self._deeds(ticket, member, is_open=is_open)},
            phrases=f"{path}/phrases" if is_open and ticket.is_open else None,
            ref=secrets.token_urlsafe(9),
            state=state_of(version),
            draft=draft,
            colleagues=tuple(
                views.Person(one.id, one.name, office.board.is_here(one.id))
                for one in roster.staff_of(ticket.helpline)
                if one.id != member.id
            ),
            helplines=tuple(
                one.id for one in _others(home, tuple(office.script().helplines.all.values())) if can_take(one, roster)
            ),
        )

    def _deeds(self, ticket: Ticket, member: Member, *, is_open: bool) -> list[views.Deed]:
        """What is offered. The desk decides once more when it is asked for."""
        deeds: list[views.Deed] = []
        missing: set[views.Deed] = set()
        referral = ticket.referral
        if referral is not None and referral.state is ReferralState.OFFERED and member.works_for(referral.to):
            deeds += [views.Deed.ACCEPT, views.Deed.DECLINE]
        if not member.works_for(ticket.helpline):
            return deeds
        if not ticket.is_open:
            return [views.Deed.REOPEN, views.Deed.NOTE]
        if not is_open:
            return [views.Deed.GLASS] if may(member, Right.BREAK_GLASS) else []
        if ticket.holder is None:
            deeds.append(views.Deed.CLAIM)
            missing.add(views.Deed.RELEASE)
        if member.telegram is None:
            # A reminder is told there and nowhere else.
            missing.add(views.Deed.REMIND)
        deeds += [one for one in _OF_WHOEVER_HOLDS if one not in missing]
        pending = referral is not None and referral.state in PENDING
        deeds.append(views.Deed.CANCEL_REFERRAL if pending else views.Deed.REFER)
        if may(member, Right.SUPERVISE, ticket.helpline) and ticket.holder not in (None, member.id):
            deeds.append(views.Deed.REASSIGN)
        return deeds

    def _contact(self, ticket: Ticket) -> views.SafeContact:
        told = next((one for one in views.Contact if one == ticket.contact), views.Contact.UNKNOWN)
        asked = {HOURS: ticket.hours or "", "here": ticket.here or ""}
        outside = not are_in_hours(asked, self._office.clock.now())
        return views.SafeContact(
            told, ticket.hours, ticket.phone, outside, will_be_veiled=told is not views.Contact.OPEN or outside
        )

    async def _refused(
        self, caller: Caller, ticket: Ticket, refusal: Refusal, deed: views.Deed, form: Mapping[str, str]
    ) -> web.Response:
        """Say why, and keep what was written."""
        words = field(form, "words")
        if not words:
            return redirect(path_of(ticket.id), refusal)
        return await self._in_the_box(caller, ticket, deed, words, refusal)

    async def _in_the_box(
        self, caller: Caller, ticket: Ticket, deed: views.Deed, words: str, refusal: Refusal | None = None
    ) -> web.Response:
        """The ticket, with words to go on with: they were refused, or were being written when a session ended."""
        fresh, version = await self._find(ticket.id, caller.member) or (ticket, 0)
        view = await self._view(caller, fresh, version, None if refusal is None else views.Told(refusal), words)
        view = replace(view, draft_of=deed)
        return page(self._office.pages.page(view), status=200 if refusal is None else 409)

    def _answer(
        self, request: web.Request, view: views.InboxView | views.TicketView | views.PhrasesView
    ) -> web.Response:
        pages = self._office.pages
        is_part = PART in request.headers.get("Accept", "")
        return page(pages.part(view) if is_part else pages.page(view))


def _told_again(ticket: Ticket, member: Member, deed: views.Deed, told: views.Notice) -> views.Notice:
    """What is said of a form that comes once more: as the first time, but nobody may think that they hold a ticket."""
    is_undone = deed is views.Deed.CLAIM and ticket.holder != member.id
    return views.Notice.MOVED_ON if is_undone else told


def _first_tab(tickets: list[Ticket], member: Member) -> views.Tab:
    """Where there is something to do: with nothing of one's own, what nobody has."""
    has_own = any(views.Tab.MINE in tabs_of(ticket, member) for ticket in tickets)
    is_urgent = any(ticket.stage is Stage.ASKED for ticket in tickets)
    return views.Tab.MINE if has_own and not is_urgent else views.Tab.UNASSIGNED


def _referral(ticket: Ticket, member: Member) -> views.ReferralView | None:
    referral = ticket.referral
    if referral is None:
        return None
    is_receiver = member.works_for(referral.to) and not member.works_for(referral.origin)
    return views.ReferralView(
        referral.origin,
        referral.to,
        referral.state,
        referral.due if referral.state in PENDING else None,
        is_receiver,
        referral.why,
    )


def _others(home: Helpline | None, declared: tuple[Helpline, ...]) -> list[Helpline]:
    return [one for one in declared if home is None or one.id != home.id]
