"""What a person's letters do to their ticket."""

from dataclasses import replace
from typing import assert_never

from bot.desk import referring
from bot.desk.deciding import Deciding
from bot.desk.helplines import Mode
from bot.desk.letters import (
    Missed,
    NotShown,
    PersonAgreed,
    PersonAnswered,
    PersonErased,
    PersonFailedCheck,
    PersonHid,
    PersonJudged,
    PersonMoved,
    PersonReopened,
    PersonReturned,
    PersonSent,
    PersonTold,
    PersonUrged,
    PersonWithdrew,
    PersonWrote,
    Showed,
    TicketJoined,
    TicketMovedAway,
    ToTicket,
)
from bot.desk.news import (
    Answered,
    CheckFailed,
    Ended,
    Judged,
    NewMessage,
    News,
    PersonBack,
    PersonGone,
    Reach,
    Reached,
    Sent,
    UrgencySet,
    Wrote,
)
from bot.desk.ticket import CloseReason, Stage, Urgency


def take_letter(deciding: Deciding, letter: ToTicket) -> None:  # noqa: C901, PLR0912 - one line for each kind
    """Nothing that a person does is refused; what makes no sense any more changes nothing."""
    if not isinstance(letter, NotShown | PersonHid | PersonErased | PersonFailedCheck):
        _hear_from(deciding)
    match letter:
        case PersonWrote(words, language, _, is_edit):
            _pass_on(deciding, Wrote(words, language, is_edit))
        case PersonSent(kind, original):
            _pass_on(deciding, Sent(kind, original))
        case PersonAnswered(card, answer):
            # An answer to a card tells by itself nothing that staff of either kind of desk may not read.
            _wait_for_staff(deciding)
            deciding.tell(Answered(card, answer))
        case PersonTold():
            _note_told(deciding, letter)
        case PersonUrged():
            _urge(deciding)
        case PersonWithdrew():
            if deciding.ticket.is_open:
                _end(deciding, CloseReason.WITHDRAWN)
        case PersonHid():
            deciding.ticket = replace(deciding.ticket, quiet=True)
            deciding.tell(PersonGone())
        case PersonReturned():
            if deciding.ticket.quiet:
                deciding.ticket = replace(deciding.ticket, quiet=False)
                deciding.tell(PersonBack())
        case PersonErased():
            _erase(deciding)
        case PersonReopened():
            if not deciding.ticket.is_open:
                deciding.open_again(None)
        case PersonMoved():
            _move(deciding, letter)
        case PersonAgreed():
            referring.take_answer(deciding, letter)
        case PersonJudged(helped):
            deciding.ticket = replace(deciding.ticket, helped=helped)
            deciding.count("ticket_judged", "yes" if helped else "no")
            deciding.tell(Judged(helped))
        case Showed(ref, opened):
            deciding.ticket = replace(deciding.ticket, missed=0)
            if ref:
                deciding.tell(Reached(ref, Reach.OPENED if opened else Reach.DELIVERED))
        case PersonFailedCheck():
            deciding.tell(CheckFailed())
        case NotShown(ref, why):
            _miss(deciding, ref, why)
        case _:
            assert_never(letter)


def _hear_from(deciding: Deciding) -> None:
    """Whoever is heard of can be reached."""
    if deciding.ticket.unreachable:
        deciding.ticket = replace(deciding.ticket, unreachable=False)
        deciding.tell(PersonBack())


def _pass_on(deciding: Deciding, news: News) -> None:
    """Staff read it where the helpline reads: in its group, or in the console with only a mark in the group.

    To a closed ticket nobody answers, so whoever writes opens it again.
    """
    if not deciding.ticket.is_open:
        deciding.open_again(None)
    _wait_for_staff(deciding)
    home = deciding.helpline
    deciding.tell(news if home is not None and home.mode is Mode.RELAY else NewMessage())


def _wait_for_staff(deciding: Deciding) -> None:
    ticket, now = deciding.ticket, deciding.now
    if ticket.stage is Stage.TALKING and ticket.waits_for is None:
        ticket = replace(ticket, waits_for=now, alerts=0)
    deciding.ticket = replace(ticket, touched=now)


def _note_told(deciding: Deciding, letter: PersonTold) -> None:
    ticket = deciding.ticket
    deciding.ticket = replace(
        ticket, contact=letter.contact, hours=letter.hours, phone=letter.phone, topic=letter.topic or ticket.topic
    )


def _urge(deciding: Deciding) -> None:
    ticket = deciding.ticket
    if not ticket.is_open:
        deciding.open_again(None)
    deciding.ticket = replace(
        deciding.ticket, urgency=Urgency.EMERGENCY, waits_for=deciding.ticket.waits_for or deciding.now
    )
    deciding.tell(UrgencySet(Urgency.EMERGENCY, None))
    deciding.raise_alarm(max(1, deciding.ticket.alerts))


def _end(deciding: Deciding, reason: CloseReason) -> None:
    copies = deciding.ticket.copies
    referring.end_with_ticket(deciding)
    deciding.close(reason, None)
    for copy in copies:
        deciding.tell_desk(copy.helpline, Ended(reason, None))


def _erase(deciding: Deciding) -> None:
    copies = deciding.ticket.copies
    if deciding.ticket.is_open:
        _end(deciding, CloseReason.ERASED)
    for copy in copies:
        deciding.drop(copy.helpline)
    deciding.vanish()


def _move(deciding: Deciding, letter: PersonMoved) -> None:
    ticket = deciding.ticket
    if letter.to != ticket.person:
        if ticket.quiet:
            # They left by the quick exit on the other phone; here they are back.
            deciding.tell(PersonBack())
        deciding.write(TicketMovedAway(), ticket.person)
        deciding.ticket = replace(ticket, person=letter.to, language=letter.language, quiet=False)
    ticket = deciding.ticket
    deciding.write(TicketJoined(ticket.id, ticket.helpline, ticket.asked, ticket.stage), letter.to)


def _miss(deciding: Deciding, ref: str, why: Missed) -> None:
    deciding.ticket = replace(deciding.ticket, missed=deciding.ticket.missed + 1)
    if ref:
        deciding.tell(Reached(ref, Reach.MISSED, why))
    if why is Missed.BLOCKED and not deciding.ticket.unreachable:
        deciding.ticket = replace(deciding.ticket, unreachable=True)
        deciding.tell(PersonGone(unreachable=True))
