"""Laws that hold whatever happens to a ticket, in whatever order."""

import sys
from collections import Counter
from dataclasses import replace
from datetime import timedelta
from random import Random

from hypothesis import given, settings
from hypothesis import strategies as st

from bot.desk.actions import (
    AcceptReferral,
    AskColleague,
    ByPerson,
    ByStaff,
    CancelReferral,
    Claim,
    Close,
    DeclineReferral,
    DeskUnreachable,
    Due,
    HandOver,
    Happening,
    Look,
    MemberLeft,
    Refer,
    Release,
    Reopen,
    SendCanned,
    SendCard,
    SetLabel,
    SetUrgency,
    StaffAction,
    Write,
)
from bot.desk.decided import CallDesk, Refusal, TellDesk
from bot.desk.letters import (
    MediaKind,
    Missed,
    NotShown,
    Original,
    PersonAgreed,
    PersonAnswered,
    PersonErased,
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
    ToTicket,
)
from bot.desk.news import Called, ReferralTold, Sent, Wrote
from bot.desk.phrases import CardId
from bot.desk.ticket import CloseReason, StaffId, Ticket, Urgency
from tests.desk.small_world import (
    ANNA,
    AROUND,
    BEN,
    CHAN,
    HELPLINES,
    KHMER,
    KM,
    LAM,
    LAO,
    NOW,
    PERSON,
    SOMEWHERE_ELSE,
    SUE,
    TH,
    THAI,
    Case,
)

STAFF = (ANNA, BEN, SUE, CHAN, LAM, StaffId("stranger"))
ACTIONS: tuple[StaffAction, ...] = (
    *(Claim(), Release(), Look(), Reopen(), AcceptReferral(), DeclineReferral("full"), CancelReferral()),
    *(HandOver(BEN), AskColleague(SUE), SetUrgency(Urgency.EMERGENCY), SetUrgency(Urgency.NORMAL), SetLabel("wages")),
    *(Write("words of staff", TH, "1"), SendCard(CardId("hurt"), "2"), SendCanned("office", "3")),
    *(Refer(KHMER), Refer(LAO), Refer(THAI), Close(CloseReason.HELPED), Close(CloseReason.ERASED)),
)
LETTERS: tuple[ToTicket, ...] = (
    *(PersonWrote("words of the person", KM), PersonSent(MediaKind.PHOTO, Original("telegram", "1", "2"))),
    *(PersonAnswered(CardId("hurt"), "yes"), PersonTold("wait", "day", "own"), PersonUrged(), PersonWithdrew()),
    *(PersonHid(), PersonReturned(), PersonReopened(), PersonMoved(SOMEWHERE_ELSE, KM), PersonMoved(PERSON, KM)),
    *(PersonAgreed(KHMER, agreed=True), PersonAgreed(KHMER, agreed=False), PersonAgreed(LAO, agreed=True)),
    *(
        PersonJudged(helped=True),
        Showed("1", opened=True),
        NotShown("1", Missed.BLOCKED),
        NotShown("1", Missed.EXPIRED),
    ),
)
HAPPENINGS: tuple[Happening, ...] = (
    *(ByPerson(letter) for letter in LETTERS),
    *(DeskUnreachable(THAI), DeskUnreachable(KHMER), MemberLeft(ANNA), MemberLeft(CHAN), Due(NOW)),
)
DOINGS = st.one_of(
    st.sampled_from(HAPPENINGS),
    st.builds(ByStaff, st.sampled_from(STAFF), st.sampled_from(ACTIONS), st.sampled_from((THAI, KHMER, LAO))),
)


def check(case: Case, before: Ticket, happening: Happening) -> str:
    """Let it happen and look at all laws; what kind of decision it was."""
    told_yes = _agreed_to(before, happening)
    decision = case.happen(happening)
    if isinstance(decision, Refusal):
        assert case.ticket == before
        return f"refused {decision}"
    ticket = case.ticket
    if case.gone:
        return "gone"
    assert ticket.due is not None
    assert ticket.due <= case.now + (timedelta(days=31) if not ticket.is_open else timedelta(hours=24))
    if isinstance(happening, Due) and (before.due or case.now) <= case.now:
        assert ticket.due > case.now, "it would ring without end"
    for effect in case.effects:
        match effect:
            case CallDesk(helpline, news):
                assert isinstance(news, Called | ReferralTold)
                home = HELPLINES.all[ticket.helpline]
                assert helpline in {ticket.helpline, before.helpline, *home.fallbacks, *told_yes}
            case TellDesk(helpline, Wrote() | Sent()):
                assert helpline == ticket.helpline
            case TellDesk(helpline, _):
                allowed = {copy.helpline for copy in (*ticket.copies, *before.copies)} | told_yes | {ticket.helpline}
                assert helpline in allowed
            case _:
                pass
    return "accepted"


def _agreed_to(ticket: Ticket, happening: Happening) -> set[str]:
    """The helplines to which the person has said yes."""
    referral = ticket.referral
    if referral is None:
        return set()
    agrees = isinstance(happening, ByPerson) and happening.letter == PersonAgreed(referral.to, agreed=True)
    has_agreed = referral.state.value in ("offered", "accepted", "declined", "lapsed", "refused", "withdrawn")
    return {referral.to} if agrees or has_agreed else set()


@settings(max_examples=150, deadline=None)
@given(st.lists(st.tuples(DOINGS, st.integers(0, 3_000)), max_size=40))
def test_whatever_happens_the_laws_hold(steps: list[tuple[Happening, int]]) -> None:
    case = Case()
    for happening, minutes in steps:
        case.wait(minutes=minutes)
        check(case, case.ticket, happening)
        if case.gone:
            return


def test_twenty_thousand_steps_on_two_hundred_tickets() -> None:
    random, kinds = Random(2026), Counter[str]()
    cases = [Case() for _ in range(200)]
    for _ in range(20_000):
        case = random.choice(cases)
        if random.random() < 0.3 and case.ticket.due is not None:
            case.now = max(case.now, case.ticket.due)
            happening: Happening = Due(case.ticket.due)
        else:
            case.wait(minutes=random.choice((0, 0, 1, 5, 20, 200)))
            happening = random.choice(
                (
                    random.choice(HAPPENINGS),
                    ByStaff(random.choice(STAFF), random.choice(ACTIONS), random.choice((THAI, KHMER, LAO))),
                )
            )
        kinds[check(case, case.ticket, happening)] += 1
        if case.gone or (random.random() < 0.001 and isinstance(happening, ByPerson)):
            case.person(PersonErased())
            cases[cases.index(case)] = Case()

    sys.stdout.write(f"20,000 steps: {dict(kinds)}\n")
    assert kinds["accepted"] > 8_000
    assert sum(number for kind, number in kinds.items() if kind.startswith("refused")) > 2_000


def test_without_any_staff_a_call_is_still_made() -> None:
    lonely = Case(around=replace(AROUND, roster=replace(AROUND.roster, members={})))

    lonely.ring()

    assert THAI in lonely.calls
