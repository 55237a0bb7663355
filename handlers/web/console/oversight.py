"""For those who lead, who enrol, and who look things up: how it goes, who works here, and who did what."""

import csv
import io
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from datetime import timedelta
from typing import Final
from urllib.parse import urlencode
from zoneinfo import ZoneInfo

from aiohttp import web

from bot.desk.decided import Refusal
from bot.desk.enrolling import CODE_LIFE, EnrolRefusal, leave
from bot.desk.helplines import HelplineId
from bot.desk.staff import Member, Role
from bot.desk.ticket import StaffId, Stage, Ticket
from bot.guard.audit import AuditEntry, Fault
from bot.guard.audit import Deed as Done
from bot.guard.rights import Right, may, may_invite, may_remove
from bot.messages import Language
from bot.studio.exchange.spreadsheet import disarmed
from bot.whole_number import whole_number
from handlers.web.console import views
from handlers.web.console.access import Caller, Guarded, Route, origin_of
from handlers.web.console.answers import field, redirect, told_in
from handlers.web.console.lists import path_of, row_of, since
from handlers.web.console.office import Office
from handlers.web.pages import page

DAYS: Final = 30
ENTRIES: Final = 100
_FEWER: Final = f"<{views.FEWEST}"
_CHAINS: Final = {
    Fault.UNREADABLE: views.Chain.EDITED,
    Fault.FORGED: views.Chain.EDITED,
    Fault.BROKEN: views.Chain.REORDERED,
    Fault.CUT_SHORT: views.Chain.CUT,
    Fault.BEGINS_LATE: views.Chain.DELETED,
}


class Oversight:
    """The pages beyond the desk."""

    def __init__(self, office: Office) -> None:
        self._office = office

    def routes(self) -> list[Route]:
        """Where each answers."""
        return [
            Guarded("GET", "/desk/overview", Right.SUPERVISE, self.show_overview),
            Guarded("POST", "/desk/overview/counts.csv", Right.EXPORT_COUNTS, self.export),
            Guarded("GET", "/desk/staff", Right.MANAGE_STAFF, self.show_staff),
            Guarded("POST", "/desk/staff/invite", Right.MANAGE_STAFF, self.invite),
            Guarded("POST", "/desk/staff/{member}/again", Right.MANAGE_STAFF, self.invite_again),
            Guarded("GET", "/desk/staff/{member}/remove", Right.MANAGE_STAFF, self.ask_to_remove),
            Guarded("POST", "/desk/staff/{member}/remove", Right.MANAGE_STAFF, self.remove),
            Guarded("GET", "/desk/audit", Right.READ_AUDIT, self.show_audit),
        ]

    # How it goes

    async def show_overview(self, request: web.Request, caller: Caller, _form: Mapping[str, str]) -> web.Response:
        office, member = self._office, caller.member
        tickets = self._supervised(member)
        now, roster = office.clock.now(), office.roster.current()
        recent = [one for one in tickets if now - one.asked <= timedelta(days=DAYS)]
        held = [one for one in tickets if one.is_open and one.holder is not None]
        silent = sorted((one for one in tickets if one.is_open and _is_unanswered(one)), key=since)
        zone = ZoneInfo(office.zone_of(member))
        hours = Counter(one.asked.astimezone(zone).hour for one in recent)
        view = views.SupervisorView(
            office.around(caller, views.Place.SUPERVISOR, told_in(request)),
            tuple(row_of(one, member, roster, office.board) for one in silent),
            _waits(recent),
            DAYS,
            tuple(_told(hours[hour]) for hour in range(24)),
            tuple(_group(name, tickets, recent, "helpline") for name in _names(recent, "helpline")),
            tuple(_group(name, tickets, recent, "language") for name in _names(recent, "language")),
            tuple(row_of(one, member, roster, office.board) for one in sorted(held, key=since)),
            {one.id: f"{path_of(one.id)}/do/{views.Deed.REASSIGN}" for one in held},
            tuple(
                views.Person(one.id, one.name, office.board.is_here(one.id))
                for one in roster.members.values()
                if any(one.works_for(helpline) for helpline in member.helplines)
            ),
            "/desk/overview/counts.csv",
        )
        return page(office.pages.page(view))

    async def export(self, _request: web.Request, caller: Caller, _form: Mapping[str, str]) -> web.Response:
        office, member = self._office, caller.member
        await office.chronicle.note(office.clock.now(), member.id, Done.EXPORTED, "counts")
        zone = ZoneInfo(office.zone_of(member))
        counted: Counter[tuple[str, str, str, str]] = Counter()
        for one in self._supervised(member):
            day = one.asked.astimezone(zone).date().isoformat()
            counted[day, one.helpline, one.language, one.topic or ""] += 1
        rows = [[*name, _FEWER if number < views.FEWEST else str(number)] for name, number in sorted(counted.items())]
        text = _csv([["day", "helpline", "language", "topic", "calls"], *rows])
        response = web.Response(text=text, content_type="text/csv")
        response.headers["Content-Disposition"] = 'attachment; filename="counts.csv"'
        return response

    # Who works here

    async def show_staff(self, request: web.Request, caller: Caller, _form: Mapping[str, str]) -> web.Response:
        return page(self._office.pages.page(self._staff(caller, told_in(request), None)))

    async def invite(self, request: web.Request, caller: Caller, form: Mapping[str, str]) -> web.Response:
        office, member = self._office, caller.member
        name = field(form, "name").strip()[:60]
        role = next((one for one in Role if one == field(form, "role")), Role.RESPONDER)
        declared = office.script().helplines.all
        helplines = frozenset(HelplineId(one) for one in field(form, "helpline").split() if one in declared)
        languages = tuple(Language(one) for one in field(form, "language").split() if one in office.script().tongues)
        if not name:
            return redirect("/desk/staff", views.Notice.NAME_NEEDED)
        if not may_invite(member, role, helplines):
            raise web.HTTPForbidden
        await office.chronicle.note(office.clock.now(), member.id, Done.INVITED, name)
        code = await office.enrolment.invite(name, role, helplines, languages)
        if isinstance(code, EnrolRefusal):
            return redirect("/desk/staff", views.Notice.NAME_TAKEN)
        return page(office.pages.page(self._staff(caller, None, self._invitation(request, name, code))))

    async def invite_again(self, request: web.Request, caller: Caller, _form: Mapping[str, str]) -> web.Response:
        office, other = self._office, self._other(request, caller)
        await office.chronicle.note(office.clock.now(), caller.member.id, Done.INVITED, other.id)
        code = await office.enrolment.invite_again(other)
        if isinstance(code, EnrolRefusal):
            return redirect("/desk/staff", views.Notice.MOVED_ON)
        return page(office.pages.page(self._staff(caller, None, self._invitation(request, other.name, code))))

    async def ask_to_remove(self, request: web.Request, caller: Caller, _form: Mapping[str, str]) -> web.Response:
        other = self._other(request, caller)
        view = views.RemoveView(
            self._office.around(caller, views.Place.STAFF),
            f"/desk/staff/{other.id}/remove",
            other.name,
            sum(one.holder == other.id for one in self._office.board.tickets if one.is_open),
            "/desk/staff",
        )
        return page(self._office.pages.page(view))

    async def remove(self, request: web.Request, caller: Caller, _form: Mapping[str, str]) -> web.Response:
        office, other = self._office, self._other(request, caller)
        now = office.clock.now()
        await office.chronicle.note(now, caller.member.id, Done.REMOVED, other.id)
        await office.roster.change(lambda roster: leave(roster, other.id, now))
        await office.sign_in.credentials.forget(other.id)
        return redirect("/desk/staff", views.Notice.REMOVED)

    # Who did what

    async def show_audit(self, request: web.Request, caller: Caller, _form: Mapping[str, str]) -> web.Response:
        office = self._office
        entries, fault = await office.chronicle.read()
        roster = office.roster.current()
        start = whole_number(request.query.get("from", ""), 9) or 0
        newest = list(reversed(entries))
        shown = newest[start : start + ENTRIES]
        rows = []
        for entry in shown:
            who = roster.members.get(entry.staff)
            rows.append(
                views.AuditRow(
                    entry.number,
                    entry.at,
                    entry.staff if who is None else who.name,
                    entry.deed,
                    entry.what,
                    entry.why,
                    _refusal(entry),
                )
            )
        view = views.AuditView(
            office.around(caller, views.Place.AUDIT, told_in(request)),
            tuple(rows),
            views.Chain.WHOLE if fault is None else _CHAINS[fault[1]],
            None if fault is None else fault[0],
            len(entries),
            f"/desk/audit?{urlencode({'from': start + ENTRIES})}" if len(newest) > start + ENTRIES else None,
            f"/desk/audit?{urlencode({'from': max(0, start - ENTRIES)})}" if start else None,
        )
        return page(office.pages.page(view))

    def _supervised(self, member: Member) -> list[Ticket]:
        return [one for one in self._office.board.tickets if may(member, Right.SUPERVISE, one.helpline)]

    def _other(self, request: web.Request, caller: Caller) -> Member:
        found = self._office.roster.current().members.get(StaffId(request.match_info["member"]))
        if found is None or not may_remove(caller.member, found):
            raise web.HTTPNotFound
        return found

    def _invitation(self, request: web.Request, name: str, code: str) -> views.NewInvitation:
        address = f"{origin_of(request, self._office.public_url)}/desk/join?{urlencode({'code': code})}"
        return views.NewInvitation(name, code, address, self._office.clock.now() + CODE_LIFE)

    def _staff(
        self, caller: Caller, told: views.Told | None, invitation: views.NewInvitation | None
    ) -> views.StaffView:
        office, me = self._office, caller.member
        held = Counter(one.holder for one in office.board.tickets if one.is_open)
        rows = [
            views.StaffRow(
                one.id,
                one.name,
                one.role,
                tuple(sorted(one.helplines)),
                one.languages,
                held[one.id] if one.helplines else None,
                office.board.is_here(one.id),
                one.has_joined,
                one.id == me.id,
                f"/desk/staff/{one.id}/remove" if may_remove(me, one) else None,
                f"/desk/staff/{one.id}/again" if may_remove(me, one) else None,
            )
            for one in sorted(office.roster.current().members.values(), key=lambda member: member.name.casefold())
            if one.left is None and (me.role is Role.OPERATOR or one.helplines & me.helplines or one.id == me.id)
        ]
        declared = office.script().helplines.all
        own = tuple(sorted(declared if me.role is Role.OPERATOR else me.helplines & frozenset(declared)))
        roles = tuple(Role) if me.role is Role.OPERATOR else (Role.RESPONDER,)
        around = office.around(caller, views.Place.STAFF, told)
        return views.StaffView(
            around, tuple(rows), "/desk/staff/invite", roles, own, tuple(office.script().tongues), invitation
        )


def _refusal(entry: AuditEntry) -> Refusal | None:
    is_refused = entry.deed is Done.REFUSED
    return next((one for one in Refusal if is_refused and one == entry.why), None)


def _is_unanswered(ticket: Ticket) -> bool:
    return ticket.stage is Stage.ASKED or ticket.waits_for is not None


def _waits(tickets: Iterable[Ticket]) -> views.Waits:
    waited = sorted(one.answered - one.asked for one in tickets if one.answered is not None)
    if len(waited) < views.FEWEST:
        return views.Waits(None, None, None)
    return views.Waits(len(waited), waited[(len(waited) - 1) // 2], waited[(len(waited) - 1) * 9 // 10])


def _names(tickets: Iterable[Ticket], what: str) -> list[str]:
    return sorted({one.helpline if what == "helpline" else one.language for one in tickets})


def _group(name: str, tickets: Sequence[Ticket], recent: Sequence[Ticket], what: str) -> views.Group:
    def belongs(ticket: Ticket) -> bool:
        return name == (ticket.helpline if what == "helpline" else ticket.language)

    here = [one for one in tickets if belongs(one) and one.is_open]
    return views.Group(
        name,
        _told(len(here)),
        _told(sum(_is_unanswered(one) for one in here)),
        _waits(one for one in recent if belongs(one)),
    )


def _told(number: int) -> int | None:
    """A figure, where it is none at all or large enough."""
    return None if 0 < number < views.FEWEST else number


def _csv(rows: Iterable[Sequence[str]]) -> str:
    """Rows that no spreadsheet takes for formulas."""
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\r\n")
    for row in rows:
        writer.writerow([disarmed(cell) for cell in row])
    return out.getvalue()
