"""What staff may do, and what a ticket does by itself: `decide(ticket, …, happening, now)`.

Pure: the same values give the same decision. Whatever is refused is refused with a reason that is told, and an open
ticket always comes out with a moment at which it is looked at again.
"""

from dataclasses import dataclass, replace
from datetime import datetime
from typing import assert_never

from bot.desk import referring
from bot.desk.actions import ByPerson, ByStaff, DeskUnreachable, Due, Happening, MemberLeft
from bot.desk.decided import Accepted, Refusal, Whom
from bot.desk.deciding import Deciding
from bot.desk.helplines import Helplines
from bot.desk.letters import NobodyYet, WaitsAgain
from bot.desk.news import Called, Reminded, StillOpen, WaitsForAnswer
from bot.desk.person_deciding import take_letter
from bot.desk.phrases import Cards
from bot.desk.staff import Roster
from bot.desk.staff_deciding import member_left, take_action
from bot.desk.ticket import Stage, Ticket
from bot.desk.timetable import (
    ANSWER_WITHIN,
    KEPT_AFTER_CLOSE,
    REMIND_AFTER,
    WRITE_WITHIN,
    alerts_by,
    put_right,
    told_by,
)


@dataclass(frozen=True, slots=True)
class Surroundings:
    """What a decision may look at besides the ticket: the helplines, their sentences, and who works there."""

    helplines: Helplines
    cards: Cards
    roster: Roster


def decide(ticket: Ticket, around: Surroundings, happening: Happening, now: datetime) -> Accepted | Refusal:
    """Decide what becomes of a ticket."""
    deciding = Deciding(ticket, around.helplines, around.roster, now)
    match happening:
        case ByStaff():
            refused = take_action(deciding, happening, around.cards)
            return refused or deciding.accepted(happening.button)
        case ByPerson(letter):
            take_letter(deciding, letter)
        case Due():
            _come_due(deciding)
        case DeskUnreachable(helpline):
            _call_elsewhere(deciding, helpline == ticket.helpline)
        case MemberLeft(member):
            member_left(deciding, member)
        case _:
            assert_never(happening)
    return deciding.accepted()


def _come_due(deciding: Deciding) -> None:
    if deciding.ticket.is_open:
        deciding.ticket = put_right(deciding.ticket, deciding.now)
        referring.lapse(deciding)
        _remind(deciding)
    ticket, now = deciding.ticket, deciding.now
    since = ticket.since or ticket.asked
    match ticket.stage:
        case Stage.ASKED:
            _call(deciding)
        case Stage.ACKNOWLEDGED:
            if now - since >= WRITE_WITHIN:
                _call_again(deciding)
        case Stage.TALKING if ticket.waits_for is not None:
            waited = now - ticket.waits_for
            if waited >= 2 * ANSWER_WITHIN:
                _call_again(deciding)
            elif waited >= ANSWER_WITHIN and ticket.alerts == 0:
                deciding.ticket = replace(ticket, alerts=1)
                deciding.tell(WaitsForAnswer(ticket.waits_for))
        case Stage.TALKING:
            if now - (ticket.touched or since) >= REMIND_AFTER:
                deciding.ticket = replace(ticket, touched=now)
                deciding.tell(StillOpen())
        case Stage.CLOSED:
            _forget_in_time(deciding)
        case _:
            assert_never(ticket.stage)


def _remind(deciding: Deciding) -> None:
    reminder = deciding.ticket.reminder
    if reminder is not None and reminder[1] <= deciding.now:
        deciding.ticket = replace(deciding.ticket, reminder=None)
        deciding.tell_member(reminder[0], Reminded())


def _call(deciding: Deciding, *, again: bool = False) -> None:
    """One alert for all that are due, and the truth to the person."""
    ticket, now = deciding.ticket, deciding.now
    since = ticket.since or ticket.asked
    alerts, told = alerts_by(now - since), told_by(now - since)
    if alerts > ticket.alerts:
        deciding.ticket = replace(deciding.ticket, alerts=alerts)
        is_again = again or ticket.since != ticket.asked
        deciding.raise_alarm(alerts, again=is_again)
    if told > ticket.told:
        deciding.ticket = replace(deciding.ticket, told=told)
        deciding.write(NobodyYet(ticket.waits_for or ticket.asked))


def _call_again(deciding: Deciding) -> None:
    """Who took it has not written: alerts begin anew."""
    deciding.ask_anew()
    deciding.write(WaitsAgain(deciding.now))
    _call(deciding, again=True)


def _call_elsewhere(deciding: Deciding, is_ours: bool) -> None:  # noqa: FBT001 - it says which desk it was
    """Where a group cannot be reached, everybody else is called, without waiting for the next alert."""
    ticket = deciding.ticket
    deciding.count("desk_unreachable")
    if not is_ours or ticket.stage is not Stage.ASKED:
        return
    called = Called(max(1, ticket.alerts), ticket.waits_for or ticket.asked, again=False)
    deciding.call(ticket.helpline, called, Whom.SUPERVISOR, Whom.OUTSIDE)
    for helpline in deciding.stand_ins:
        deciding.call(helpline, replace(called, is_fallback=True), Whom.GROUP, Whom.ON_DUTY)


def _forget_in_time(deciding: Deciding) -> None:
    ticket, now = deciding.ticket, deciding.now
    for copy in ticket.copies:
        if copy.delete_at is not None and copy.delete_at <= now:
            deciding.drop(copy.helpline)
    closed = ticket.closing.at if ticket.closing is not None else ticket.since or ticket.asked
    if now - closed >= KEPT_AFTER_CLOSE:
        for copy in deciding.ticket.copies:
            deciding.drop(copy.helpline)
        deciding.vanish()
