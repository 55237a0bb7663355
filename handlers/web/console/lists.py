"""The lists of tickets: which stand in which, why each waits, and who comes first."""

from collections.abc import Iterable
from dataclasses import replace
from datetime import datetime
from typing import Final

from bot.desk.helplines import HelplineId
from bot.desk.referring import PENDING
from bot.desk.staff import Member, Roster
from bot.desk.ticket import ReferralState, StaffId, Stage, Ticket, TicketId, Urgency
from bot.guard.rights import desks_for
from handlers.web.console.board import Board
from handlers.web.console.views import Filters, Present, Row, Tab, Why

_ORDER: Final = {Urgency.EMERGENCY: 0, Urgency.HIGH: 1, Urgency.NORMAL: 2}


def path_of(ticket: TicketId) -> str:
    """Where a ticket's page stands."""
    return f"/desk/case/{ticket}"


def tabs_of(ticket: Ticket, member: Member) -> tuple[Tab, ...]:
    """The lists in which a ticket stands for somebody."""
    if not ticket.is_open:
        return (Tab.CLOSED,)
    tabs = []
    if ticket.holder == member.id or member.id in ticket.helpers:
        tabs.append(Tab.MINE)
    if ticket.holder is None or _is_offered_to(ticket, member):
        tabs.append(Tab.UNASSIGNED)
    elif ticket.stage is Stage.TALKING and ticket.waits_for is None:
        tabs.append(Tab.WAITING)
    return tuple(tabs)


def why(ticket: Ticket, member: Member) -> Why:
    """Why it waits: what somebody has to know first."""
    if not ticket.is_open:
        return Why.CLOSED
    if _is_offered_to(ticket, member):
        return Why.REFERRAL
    if ticket.unreachable:
        return Why.UNREACHABLE
    if ticket.quiet:
        return Why.QUIET
    if ticket.missed:
        return Why.UNDELIVERED
    if ticket.stage is Stage.ASKED:
        return Why.NOBODY_TOOK
    if ticket.stage is Stage.ACKNOWLEDGED:
        return Why.NOBODY_WROTE
    if ticket.waits_for is not None:
        return Why.PERSON_WROTE
    if ticket.referral is not None and ticket.referral.state in PENDING:
        return Why.REFERRAL_OUT
    return Why.FOR_PERSON


def since(ticket: Ticket) -> datetime:
    """Since when it waits."""
    if ticket.closing is not None:
        return ticket.closing.at
    return ticket.waits_for or ticket.touched or ticket.since or ticket.asked


def state_of(version: int) -> str:
    """The `ref` of what is done once with a ticket as it stands."""
    return f"v{version}"


def row_of(ticket: Ticket, member: Member, roster: Roster, board: Board) -> Row:
    """One line of a list."""
    holder = None if ticket.holder is None else roster.members.get(ticket.holder)
    may_take = ticket.stage is Stage.ASKED and member.works_for(ticket.helpline)
    return Row(
        ticket.id,
        path_of(ticket.id),
        ticket.alias,
        ticket.helpline,
        ticket.language,
        ticket.urgency,
        ticket.stage,
        why(ticket, member),
        since(ticket),
        ticket.asked,
        ticket.topic,
        None if holder is None else holder.name,
        ticket.holder == member.id,
        present(board.present(ticket.id), member, roster),
        ticket.missed,
        ticket.waits_for is not None and ticket.stage is Stage.TALKING,
        tuple(sorted(ticket.labels)),
        f"{path_of(ticket.id)}/do/claim" if may_take else None,
        state_of(board.version(ticket.id)),
    )


def present(there: dict[StaffId, bool], member: Member, roster: Roster) -> tuple[Present, ...]:
    """Colleagues who are looking at a ticket, by name."""
    found = ((roster.members.get(one), typing) for one, typing in there.items() if one != member.id)
    return tuple(Present(one.name, typing) for one, typing in found if one is not None)


def visible(tickets: Iterable[Ticket], member: Member) -> list[Ticket]:
    """The tickets that are somebody's to see, the most urgent first, then whoever waits longest."""
    mine = [one for one in tickets if desks_for(member, one)]
    return sorted(mine, key=lambda one: (_ORDER[one.urgency] if one.is_open else 9, since(one), one.id))


def passes(ticket: Ticket, filters: Filters) -> bool:
    """Whether a ticket is among what the list is narrowed to."""
    return (
        filters.language in (None, ticket.language)
        and filters.topic in (None, ticket.topic)
        and filters.helpline in (None, ticket.helpline)
        and ticket.alias.startswith(filters.alias)
    )


def choices(tickets: Iterable[Ticket], wanted: Filters) -> Filters:
    """What the list could be narrowed to."""
    found = list(tickets)
    languages = tuple(sorted({one.language for one in found}))
    topics = tuple(sorted({one.topic for one in found if one.topic is not None}))
    helplines: tuple[HelplineId, ...] = tuple(sorted({one.helpline for one in found}))
    return replace(wanted, languages=languages, topics=topics, helplines=helplines)


def urgent(tickets: Iterable[Ticket], member: Member) -> list[TicketId]:
    """The urgent ones that nobody has taken and that are somebody's to see."""
    return sorted(
        one.id
        for one in tickets
        if one.stage is Stage.ASKED and one.urgency is not Urgency.NORMAL and desks_for(member, one)
    )


def _is_offered_to(ticket: Ticket, member: Member) -> bool:
    referral = ticket.referral
    return referral is not None and referral.state is ReferralState.OFFERED and member.works_for(referral.to)
