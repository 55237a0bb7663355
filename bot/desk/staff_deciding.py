"""What staff may do with a ticket, each as far as their rights go."""

from dataclasses import replace
from datetime import timedelta
from typing import Final, assert_never

from bot.desk import referring
from bot.desk.actions import (
    AcceptReferral,
    AskColleague,
    BreakGlass,
    ByStaff,
    CancelReferral,
    Claim,
    Close,
    DeclineReferral,
    HandOver,
    Look,
    Note,
    Refer,
    Release,
    Remind,
    Reopen,
    SendCanned,
    SendCard,
    SendMedia,
    SetLabel,
    SetUrgency,
    Write,
)
from bot.desk.decided import Refusal
from bot.desk.deciding import Deciding
from bot.desk.letters import (
    Acknowledged,
    StaffAsked,
    StaffSent,
    StaffUsedReply,
    StaffWrote,
    TicketClosed,
    TicketReopened,
    ToPerson,
    WaitsAgain,
)
from bot.desk.news import (
    AlsoAnswering,
    ColleagueAsked,
    Ended,
    GlassBroken,
    HandedOver,
    LabelSet,
    News,
    Opened,
    Released,
    SentToPerson,
    Took,
    UrgencySet,
    WroteElsewhere,
)
from bot.desk.phrases import Cards
from bot.desk.staff import Member
from bot.desk.ticket import CloseReason, StaffId, Stage, Urgency

LONGEST: Final = 3500
"""Characters; with what is put around them they must fit into one message everywhere."""

CONSOLE: Final = "console:"
"""How the door's id of a message begins that was written in the console and not in a group."""

LONGEST_REMINDER: Final = timedelta(days=30)

AT_ONCE: Final = timedelta(seconds=60)
"""Who writes so soon after a colleague may not have seen them."""

STAFF_REASONS: Final = frozenset(
    {
        CloseReason.HELPED,
        CloseReason.REFERRED_OUTSIDE,
        CloseReason.NO_ANSWER,
        CloseReason.NOT_FOR_US,
        CloseReason.DUPLICATE,
    }
)
_WHEN_CLOSED: Final = (Reopen, Look, Note, BreakGlass)
_OF_THE_OTHER_DESK: Final = (AcceptReferral, DeclineReferral)


def take_action(deciding: Deciding, done: ByStaff, cards: Cards) -> Refusal | None:
    """Do it; or say why not, and nothing is done."""
    member = deciding.roster.members.get(done.member)
    if member is None or not _may_touch(deciding, member, done):
        return Refusal.NOT_YOURS
    if done.button is not None and done.button in deciding.ticket.spent:
        return Refusal.PRESSED_BEFORE
    if not deciding.ticket.is_open and not isinstance(done.action, _WHEN_CLOSED):
        return Refusal.CLOSED
    return _act(deciding, member, done, cards)


def member_left(deciding: Deciding, who: StaffId) -> None:
    """Whoever left holds nothing: others are called at once."""
    ticket = deciding.ticket
    deciding.ticket = replace(ticket, helpers=ticket.helpers - {who})
    if ticket.holder == who and ticket.is_open:
        _let_go(deciding, who)


def _may_touch(deciding: Deciding, member: Member, done: ByStaff) -> bool:
    """In the group of a helpline they work for, which has the ticket, is asked to take it, or stands in for who has."""
    ticket, referral = deciding.ticket, deciding.ticket.referral
    if not member.works_for(done.via):
        return False
    if isinstance(done.action, _OF_THE_OTHER_DESK):
        return referral is not None and referral.to == done.via
    if done.via == ticket.helpline:
        return True
    return isinstance(done.action, Claim) and ticket.stage is Stage.ASKED and done.via in deciding.stand_ins


def _act(deciding: Deciding, member: Member, done: ByStaff, cards: Cards) -> Refusal | None:  # noqa: C901, PLR0911, PLR0912 - one line for each kind
    action = done.action
    match action:
        case Claim():
            return _claim(deciding, member, done)
        case Release():
            return _decide_over(deciding, member) or _release(deciding, member)
        case HandOver(to):
            return _decide_over(deciding, member) or _hand_over(deciding, member, to)
        case AskColleague(colleague):
            return _write_allowed(deciding, member) or _ask_colleague(deciding, member, colleague)
        case SetUrgency(urgency):
            _set_urgency(deciding, member, urgency)
            return None
        case SetLabel(label, on):
            return _set_label(deciding, label, on=on)
        case Write(words, language, ref, is_edit):
            wrong = _wrong_words(words)
            told = (
                WroteElsewhere(member.id, words.strip()) if ref.startswith(CONSOLE) and deciding.reads_along else None
            )
            return wrong or _say(deciding, member, StaffWrote(words.strip(), language, ref, is_edit), told)
        case SendMedia(kind, original, ref):
            return _say(deciding, member, StaffSent(kind, original, ref), None)
        case SendCard():
            return _send_card(deciding, member, action, cards)
        case SendCanned(canned, ref):
            home = deciding.helpline
            if home is None or canned not in home.canned:
                return Refusal.NO_SUCH_CARD
            return _say(deciding, member, StaffUsedReply(canned, ref), SentToPerson(member.id, f"canned:{canned}"))
        case Note(words):
            return _note(deciding, member, words)
        case Remind(after):
            return _remind(deciding, member, after)
        case BreakGlass(why):
            return _break_glass(deciding, member, why.strip())
        case Refer(to):
            return _decide_over(deciding, member) or referring.refer(deciding, member, to)
        case AcceptReferral():
            return referring.accept(deciding, member)
        case DeclineReferral(why):
            return referring.decline(deciding, why)
        case CancelReferral():
            return _decide_over(deciding, member) or referring.cancel(deciding)
        case Close(reason):
            return _decide_over(deciding, member) or _close(deciding, member, reason)
        case Reopen():
            return _reopen(deciding, member)
        case Look():
            deciding.tell(Opened())
            return None
        case _:
            assert_never(action)


def _claim(deciding: Deciding, member: Member, done: ByStaff) -> Refusal | None:
    ticket = deciding.ticket
    if ticket.holder is not None and ticket.holder != member.id:
        return Refusal.HELD_BY_ANOTHER
    if ticket.holder == member.id:
        return None
    if done.via != ticket.helpline:
        deciding.tell(Took(member.id))
        referring.stand_in(deciding, member, done.via)
    deciding.ticket = replace(
        deciding.ticket,
        stage=Stage.ACKNOWLEDGED,
        since=deciding.now,
        holder=member.id,
        alerts=0,
        told=0,
        answered=ticket.answered or deciding.now,
    )
    deciding.tell(Took(member.id))
    deciding.write(Acknowledged(deciding.now))
    deciding.count("ticket_acknowledged")
    return None


def _decide_over(deciding: Deciding, member: Member) -> Refusal | None:
    """Whether they may decide over the ticket: they hold it, nobody does, or they supervise the helpline."""
    holder = deciding.ticket.holder
    if holder in (None, member.id) or member.supervises(deciding.ticket.helpline):
        return None
    return Refusal.HELD_BY_ANOTHER


def _write_allowed(deciding: Deciding, member: Member) -> Refusal | None:
    if member.id in deciding.ticket.helpers:
        return None
    return _decide_over(deciding, member)


def _release(deciding: Deciding, member: Member) -> Refusal | None:
    if deciding.ticket.holder is None:
        return Refusal.NOT_HELD
    _let_go(deciding, member.id)
    return None


def _let_go(deciding: Deciding, who: StaffId) -> None:
    deciding.ask_anew()
    deciding.tell(Released(who))
    deciding.write(WaitsAgain(deciding.now))


def _hand_over(deciding: Deciding, member: Member, to: StaffId) -> Refusal | None:
    colleague = deciding.roster.members.get(to)
    if colleague is None or not colleague.works_for(deciding.ticket.helpline):
        return Refusal.NO_SUCH_COLLEAGUE
    ticket = deciding.ticket
    stage = ticket.stage if ticket.stage is Stage.TALKING else Stage.ACKNOWLEDGED
    deciding.ticket = replace(ticket, holder=to, stage=stage, since=deciding.now, alerts=0)
    deciding.tell(HandedOver(member.id, to))
    deciding.tell_member(to, HandedOver(member.id, to))
    return None


def _ask_colleague(deciding: Deciding, member: Member, colleague: StaffId) -> Refusal | None:
    asked = deciding.roster.members.get(colleague)
    if asked is None or not asked.works_for(deciding.ticket.helpline):
        return Refusal.NO_SUCH_COLLEAGUE
    deciding.ticket = replace(deciding.ticket, helpers=deciding.ticket.helpers | {colleague})
    deciding.tell(ColleagueAsked(member.id, colleague))
    deciding.tell_member(colleague, ColleagueAsked(member.id, colleague))
    return None


def _set_urgency(deciding: Deciding, member: Member, urgency: Urgency) -> None:
    is_raised = urgency is Urgency.EMERGENCY and deciding.ticket.urgency is not Urgency.EMERGENCY
    deciding.ticket = replace(deciding.ticket, urgency=urgency)
    deciding.tell(UrgencySet(urgency, member.id))
    if is_raised and deciding.ticket.stage is Stage.ASKED:
        deciding.raise_alarm(max(1, deciding.ticket.alerts))


def _set_label(deciding: Deciding, label: str, *, on: bool) -> Refusal | None:
    name = label.strip().lower()
    if not name:
        return Refusal.EMPTY
    if len(name) > 30:
        return Refusal.TOO_LONG
    labels = deciding.ticket.labels
    deciding.ticket = replace(deciding.ticket, labels=labels | {name} if on else labels - {name})
    deciding.tell(LabelSet(name, on))
    return None


def _wrong_words(words: str) -> Refusal | None:
    if not words.strip():
        return Refusal.EMPTY
    return Refusal.TOO_LONG if len(words) > LONGEST else None


def _send_card(deciding: Deciding, member: Member, action: SendCard, cards: Cards) -> Refusal | None:
    card = cards.all.get(action.card)
    if card is None:
        return Refusal.NO_SUCH_CARD
    if card.slot is not None and not action.filled.strip():
        return Refusal.EMPTY
    if len(action.filled) > 60:
        return Refusal.TOO_LONG
    told = SentToPerson(member.id, f"card:{card.id}", action.filled)
    return _say(deciding, member, StaffAsked(card.id, action.ref, action.filled), told)


def _say(deciding: Deciding, member: Member, letter: ToPerson, told: News | None) -> Refusal | None:
    """Words of staff on their way to the person; who writes first takes the ticket by that."""
    ticket, now = deciding.ticket, deciding.now
    refused = _write_allowed(deciding, member)
    if refused is not None:
        return refused
    if ticket.unreachable:
        return Refusal.UNREACHABLE
    if ticket.quiet:
        return Refusal.PERSON_LEFT
    if ticket.holder is None:
        deciding.tell(Took(member.id))
        deciding.count("ticket_acknowledged")
    if ticket.recent is not None and ticket.recent[0] != member.id and now - ticket.recent[1] < AT_ONCE:
        deciding.tell(AlsoAnswering(ticket.recent[0]))
    deciding.ticket = replace(
        ticket,
        stage=Stage.TALKING,
        since=ticket.since if ticket.stage is Stage.TALKING else now,
        holder=ticket.holder or member.id,
        waits_for=None,
        touched=now,
        alerts=0,
        told=0,
        recent=(member.id, now),
        answered=ticket.answered or now,
    )
    if told is not None:
        deciding.tell(told)
    deciding.write(letter)
    return None


def _note(deciding: Deciding, member: Member, words: str) -> Refusal | None:
    """Where the group reads along it is said there; elsewhere it is kept, as with all that is told."""
    refused = _wrong_words(words)
    if refused is None and deciding.reads_along:
        deciding.tell(WroteElsewhere(member.id, words.strip(), is_note=True))
    return refused


def _break_glass(deciding: Deciding, member: Member, why: str) -> Refusal | None:
    """Whoever opens what a colleague holds gives a reason, and those who lead hear of it."""
    refused = _wrong_words(why)
    if refused is None:
        for leader in deciding.roster.staff_of(deciding.ticket.helpline):
            if leader.supervises(deciding.ticket.helpline) and leader.id != member.id:
                deciding.tell_member(leader.id, GlassBroken(member.id, why))
    return refused


def _remind(deciding: Deciding, member: Member, after: timedelta | None) -> Refusal | None:
    if after is not None and not timedelta() < after <= LONGEST_REMINDER:
        return Refusal.TOO_LONG
    reminder = None if after is None else (member.id, deciding.now + after)
    deciding.ticket = replace(deciding.ticket, reminder=reminder)
    return None


def _close(deciding: Deciding, member: Member, reason: CloseReason) -> Refusal | None:
    if reason not in STAFF_REASONS:
        return Refusal.NOT_FOR_STAFF
    referring.end_with_ticket(deciding)
    deciding.close(reason, member.id)
    deciding.tell_all(Ended(reason, member.id))
    deciding.write(TicketClosed(reason, deciding.now))
    return None


def _reopen(deciding: Deciding, member: Member) -> Refusal | None:
    if deciding.ticket.is_open:
        return Refusal.NOT_CLOSED
    deciding.open_again(member.id)
    deciding.write(TicketReopened(deciding.now))
    return None
