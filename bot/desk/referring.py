"""From one helpline to another, also across a border: nothing goes before the person has agreed to it.

Asking → offered → accepted, declined or lapsed. The desk that has the ticket keeps it, and keeps being called, until
the other one has said yes; both desks and the person are told each step. Taking consent back removes the copy.
"""

from dataclasses import replace
from typing import Final

from bot.desk.decided import Refusal, Whom
from bot.desk.deciding import Deciding
from bot.desk.helplines import HelplineId
from bot.desk.letters import PersonAgreed, ReferralNews, Referring
from bot.desk.news import ReferralTold
from bot.desk.staff import Member
from bot.desk.ticket import Referral, ReferralState, Rule, Stage
from bot.desk.timetable import ACCEPT_WITHIN, AGREE_WITHIN

PENDING: Final = (ReferralState.ASKING, ReferralState.OFFERED)


def refer(deciding: Deciding, member: Member, to: HelplineId) -> Refusal | None:
    """Ask the person whether it may be passed on."""
    ticket = deciding.ticket
    if ticket.referral is not None and ticket.referral.state in PENDING:
        return Refusal.REFERRAL_PENDING
    if to == ticket.helpline or not deciding.can_take(to):
        return Refusal.NO_SUCH_HELPLINE
    _ask(deciding, member, to, frozenset())
    return None


def cancel(deciding: Deciding) -> Refusal | None:
    """The desk that asked takes it back."""
    referral = _pending(deciding)
    if referral is None:
        return Refusal.NO_REFERRAL
    _end(deciding, referral, ReferralState.WITHDRAWN)
    return None


def accept(deciding: Deciding, member: Member) -> Refusal | None:
    """The other desk takes it, and whoever said so holds it."""
    referral = _offered(deciding)
    if referral is None:
        return Refusal.NO_REFERRAL
    deciding.move_to(referral.to)
    deciding.ticket = replace(
        deciding.ticket,
        referral=replace(referral, state=ReferralState.ACCEPTED),
        rule=Rule.REFERRED,
        stage=Stage.ACKNOWLEDGED,
        since=deciding.now,
        alerts=0,
        told=0,
        holder=member.id,
        helpers=frozenset(),
    )
    _tell_both(deciding, referral, ReferralState.ACCEPTED)
    deciding.write(ReferralNews(referral.to, ReferralState.ACCEPTED, holds=referral.to))
    deciding.count("referral", ReferralState.ACCEPTED)
    return None


def decline(deciding: Deciding, why: str) -> Refusal | None:
    """The other desk cannot take it; it stays where it is."""
    referral = _offered(deciding)
    if referral is None:
        return Refusal.NO_REFERRAL
    _end(deciding, replace(referral, why=why), ReferralState.DECLINED)
    return None


def stand_in(deciding: Deciding, member: Member, to: HelplineId) -> None:
    """A helpline that was called takes it, as if it had been referred there: the person can take that back, too."""
    pending, now = _pending(deciding), deciding.now
    if pending is not None and pending.to != to:
        _end(deciding, pending, ReferralState.WITHDRAWN)
    origin = deciding.ticket.helpline
    deciding.move_to(to)
    taken = Referral(origin, to, member.id, ReferralState.ACCEPTED, now, now)
    deciding.ticket = replace(deciding.ticket, referral=taken)
    deciding.write(ReferralNews(to, ReferralState.ACCEPTED, holds=to))


def end_with_ticket(deciding: Deciding) -> None:
    """The ticket ends: whoever was asked learns that there is nothing to take any more.

    What was accepted stays as it is, so that the person can take it back after the end, too.
    """
    referral = deciding.ticket.referral
    if referral is None or referral.state is ReferralState.ACCEPTED:
        return
    if referral.state is ReferralState.OFFERED:
        _tell_both(deciding, referral, ReferralState.WITHDRAWN)
        deciding.count("referral", ReferralState.WITHDRAWN)
    deciding.ticket = replace(deciding.ticket, referral=None)


def take_answer(deciding: Deciding, answer: PersonAgreed) -> None:
    """The person said yes or no, or takes their yes back."""
    referral = deciding.ticket.referral
    if referral is None or referral.to != answer.to:
        return
    if not answer.agreed:
        deciding.ticket = replace(deciding.ticket, unwanted=deciding.ticket.unwanted | {answer.to})
    if referral.state is ReferralState.ASKING and answer.agreed:
        _offer(deciding, referral)
    elif referral.state is ReferralState.ASKING:
        _end(deciding, referral, ReferralState.REFUSED)
    elif referral.state is ReferralState.OFFERED and not answer.agreed:
        _end(deciding, referral, ReferralState.REFUSED)
        deciding.drop(referral.to)
    elif referral.state is ReferralState.ACCEPTED and not answer.agreed:
        _take_back(deciding, referral)


def lapse(deciding: Deciding) -> None:
    """Nobody answered in time. Where the other desk has a fallback, the person is asked about that one next."""
    referral = _pending(deciding)
    if referral is None or referral.due > deciding.now:
        return
    silent = referral.declined_by | {referral.to}
    was_offered = referral.state is ReferralState.OFFERED
    _end(deciding, referral, ReferralState.LAPSED)
    receiver = deciding.helplines.all.get(referral.to)
    member = deciding.roster.members.get(referral.by)
    if not was_offered or receiver is None or member is None:
        return
    for following in receiver.fallbacks:
        is_left_out = following in silent | deciding.ticket.unwanted or following == deciding.ticket.helpline
        if not is_left_out and deciding.can_take(following):
            _ask(deciding, member, following, silent)
            return


def _ask(deciding: Deciding, member: Member, to: HelplineId, declined_by: frozenset[HelplineId]) -> None:
    ticket, now = deciding.ticket, deciding.now
    referral = Referral(
        ticket.helpline, to, member.id, ReferralState.ASKING, now, now + AGREE_WITHIN, declined_by=declined_by
    )
    deciding.ticket = replace(ticket, referral=referral)
    deciding.tell(ReferralTold(referral.origin, to, ReferralState.ASKING))
    deciding.write(Referring(to))


def _offer(deciding: Deciding, referral: Referral) -> None:
    offered = replace(referral, state=ReferralState.OFFERED, due=deciding.now + ACCEPT_WITHIN)
    unwanted = deciding.ticket.unwanted - {referral.to}
    deciding.ticket = replace(deciding.ticket, referral=offered, unwanted=unwanted)
    deciding.tell_desk(referral.origin, ReferralTold(referral.origin, referral.to, ReferralState.OFFERED))
    told = ReferralTold(referral.origin, referral.to, ReferralState.OFFERED, is_receiver=True)
    # In the other desk's general place: a topic of its own there is a copy, and comes only when they take it.
    deciding.call(referral.to, told, Whom.GROUP, Whom.ON_DUTY)


def _end(deciding: Deciding, referral: Referral, state: ReferralState) -> None:
    deciding.ticket = replace(deciding.ticket, referral=replace(referral, state=state))
    _tell_both(deciding, referral, state)
    deciding.write(ReferralNews(referral.to, state, holds=deciding.ticket.helpline))
    deciding.count("referral", state)


def _take_back(deciding: Deciding, referral: Referral) -> None:
    _tell_both(deciding, referral, ReferralState.WITHDRAWN)
    if deciding.ticket.is_open:
        deciding.move_to(referral.origin)
        deciding.ask_anew()
    deciding.drop(referral.to)
    withdrawn = replace(referral, state=ReferralState.WITHDRAWN)
    deciding.ticket = replace(deciding.ticket, helpline=referral.origin, referral=withdrawn)
    deciding.write(ReferralNews(referral.to, ReferralState.WITHDRAWN, holds=referral.origin))
    deciding.count("referral", ReferralState.WITHDRAWN)


def _tell_both(deciding: Deciding, referral: Referral, state: ReferralState) -> None:
    deciding.tell_desk(referral.origin, ReferralTold(referral.origin, referral.to, state, why=referral.why))
    if referral.state is not ReferralState.ASKING:
        # Who was never offered it learns nothing of it.
        told = ReferralTold(referral.origin, referral.to, state, is_receiver=True, why=referral.why)
        if state is ReferralState.ACCEPTED:
            deciding.tell_desk(referral.to, told)
        elif deciding.may_hear(referral.to):
            deciding.call(referral.to, told, Whom.GROUP)


def _pending(deciding: Deciding) -> Referral | None:
    referral = deciding.ticket.referral
    return referral if referral is not None and referral.state in PENDING else None


def _offered(deciding: Deciding) -> Referral | None:
    referral = _pending(deciding)
    return referral if referral is not None and referral.state is ReferralState.OFFERED else None
