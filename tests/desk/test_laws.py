"""Laws that hold whatever happens to a ticket, in whatever order."""

import sys
from collections import Counter
from dataclasses import replace
from datetime import timedelta
from random import Random
from typing import assert_never, get_args

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, rule

from bot.desk.actions import (
    AcceptReferral,
    AskColleague,
    BreakGlass,
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
    StaffAction,
    Write,
)
from bot.desk.decided import CallDesk, CountDesk, DropCopy, Refusal, TellDesk, TellMember, TellPerson
from bot.desk.decisions import Surroundings
from bot.desk.enrolling import leave
from bot.desk.helplines import HelplineId, Mode
from bot.desk.letters import (
    MediaKind,
    Missed,
    NotShown,
    Original,
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
    ToTicket,
)
from bot.desk.news import Called, ReferralTold
from bot.desk.phrases import CardId
from bot.desk.referring import PENDING
from bot.desk.staff import Roster
from bot.desk.ticket import CloseReason, ReferralState, StaffId, Stage, Ticket, Urgency
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
    a_ticket,
)

STAFF = (ANNA, BEN, SUE, CHAN, LAM, StaffId("stranger"))
DESKS = (THAI, KHMER, LAO)
PERSON_WORDS, STAFF_WORDS = "words of the person", "words of staff"
ACTIONS: tuple[StaffAction, ...] = (
    *(BreakGlass("A reason."), Note("A note."), Remind(timedelta(hours=5)), Remind(None)),
    *(Claim(), Release(), Look(), Reopen(), AcceptReferral(), DeclineReferral("full"), CancelReferral()),
    *(HandOver(BEN), AskColleague(SUE), SetUrgency(Urgency.EMERGENCY), SetUrgency(Urgency.NORMAL), SetLabel("wages")),
    *(Write(STAFF_WORDS, TH, "1"), SendCard(CardId("hurt"), "2"), SendCanned("office", "3")),
    SendMedia(MediaKind.VOICE, Original("telegram", "-1", "5"), "4"),
    *(Refer(KHMER), Refer(LAO), Refer(THAI), Close(CloseReason.HELPED), Close(CloseReason.ERASED)),
)
LETTERS: tuple[ToTicket, ...] = (
    *(PersonWrote(PERSON_WORDS, KM), PersonSent(MediaKind.PHOTO, Original("telegram", "1", PERSON_WORDS))),
    *(PersonAnswered(CardId("hurt"), "yes"), PersonTold("wait", "day", "own"), PersonUrged(), PersonWithdrew()),
    *(PersonHid(), PersonReturned(), PersonReopened(), PersonMoved(SOMEWHERE_ELSE, KM), PersonMoved(PERSON, KM)),
    *(PersonAgreed(helpline, agreed) for helpline in DESKS for agreed in (True, False)),
    *(PersonJudged(helped=True), Showed("1", opened=True)),
    *(NotShown("1", Missed.BLOCKED), NotShown("1", Missed.EXPIRED), PersonFailedCheck()),
)
HAPPENINGS: tuple[Happening, ...] = (
    *(ByPerson(letter) for letter in LETTERS),
    *(DeskUnreachable(THAI), DeskUnreachable(KHMER), MemberLeft(ANNA), MemberLeft(CHAN), Due(NOW)),
)


class Watched(Case):
    """A ticket of which everything that happens is held to the laws. `agreed` is to whom the person has said yes."""

    def __init__(self, ticket: Ticket | None = None, around: Surroundings = AROUND) -> None:
        super().__init__(ticket, around)
        self.agreed: set[HelplineId] = set()

    def hold(self, happening: Happening) -> str:
        """Let it happen and look at all laws; what kind of decision it was."""
        before = self.ticket
        self._note_answer(happening)
        decision = self.happen(happening)
        if isinstance(decision, Refusal):
            assert self.ticket == before
            assert isinstance(happening, ByStaff), "nothing that a person does is refused"
            return f"refused {decision}"
        self._nobody_is_told_too_much(before)
        if self.gone:
            return "gone"
        self._somebody_looks_at_it_in_time(before, happening)
        self._what_it_says_of_itself_is_so()
        return "accepted"

    def never_falls_silent(self) -> None:
        """From where it stands, if nobody did anything: who waits is called for within 40 minutes, whatever it is
        within a day.
        """
        if self.gone or not self.ticket.is_open:
            return
        ahead = Case(self.ticket, self.around)
        ahead.now = self.now
        patience = timedelta(hours=24) if self.ticket.waits_for is None else timedelta(minutes=40)
        while True:
            assert ahead.ticket.due is not None
            assert max(ahead.now, ahead.ticket.due) <= self.now + patience, f"silent: {self.ticket}"
            ahead.ring()
            heard = ahead.ticket.helpline in ahead.calls
            if heard or (self.ticket.waits_for is None and ahead.told):
                return

    def _note_answer(self, happening: Happening) -> None:
        referral = self.ticket.referral
        if referral is None or not isinstance(happening, ByPerson):
            return
        if happening.letter == PersonAgreed(referral.to, agreed=True) and referral.state is ReferralState.ASKING:
            self.agreed.add(referral.to)

    def _nobody_is_told_too_much(self, before: Ticket) -> None:
        after = self.ticket
        lies_at = {copy.helpline for copy in (*before.copies, *after.copies)}
        stand_in = set(HELPLINES.all[before.helpline].fallbacks) | set(HELPLINES.all[after.helpline].fallbacks)
        for effect in self.effects:
            match effect:
                case CallDesk(helpline, news):
                    assert isinstance(news, Called | ReferralTold)
                    assert helpline in lies_at | self.agreed | (stand_in - after.unwanted)
                    assert PERSON_WORDS not in repr(news)
                case TellDesk(helpline, news):
                    assert helpline in lies_at | self.agreed
                    if PERSON_WORDS in repr(news):
                        assert helpline == after.helpline
                        assert HELPLINES.all[helpline].mode is Mode.RELAY
                    assert STAFF_WORDS not in repr(news)
                case TellMember(_, news):
                    assert PERSON_WORDS not in repr(news)
                case TellPerson(letter, _):
                    assert PERSON_WORDS not in repr(letter)
                case DropCopy(helpline):
                    assert self.gone or helpline not in {copy.helpline for copy in after.copies}
                case CountDesk(what, label):
                    assert PERSON_WORDS not in what + label
                case _:
                    assert_never(effect)

    def _somebody_looks_at_it_in_time(self, before: Ticket, happening: Happening) -> None:
        due, referral = self.ticket.due, self.ticket.referral
        assert due is not None
        if self.ticket.is_open:
            assert due <= self.now + timedelta(hours=24)
        else:
            assert due <= self.now + timedelta(days=30)
        if referral is not None and self.ticket.is_open and referral.state in PENDING:
            assert due <= referral.due
        if isinstance(happening, Due) and before.due is not None and before.due <= self.now:
            assert due > self.now, "it would ring without end"

    def _what_it_says_of_itself_is_so(self) -> None:
        ticket = self.ticket
        if ticket.is_open:
            assert ticket.helpline in {copy.helpline for copy in ticket.copies}, "its copy would never be deleted"
            assert all(copy.delete_at is None for copy in ticket.copies)
            assert ticket.closing is None
        else:
            assert ticket.closing is not None
            assert (ticket.holder, ticket.helpers, ticket.waits_for) == (None, frozenset(), None)
            assert all(copy.delete_at is not None for copy in ticket.copies)
        assert ticket.helpline not in ticket.unwanted
        assert (ticket.holder is None) == (ticket.stage in (Stage.ASKED, Stage.CLOSED))
        if ticket.holder is not None:
            assert self.around.roster.members[ticket.holder].works_for(ticket.helpline)


class AnyTickets(RuleBasedStateMachine):
    """Three people, three helplines, five staff, and whatever they think of, in any order and at any time."""

    def __init__(self) -> None:
        super().__init__()
        self.cases = [Watched(a_ticket(urgency=urgency)) for urgency in Urgency]

    @rule(number=st.integers(0, 2), letter=st.sampled_from(LETTERS))
    def a_person_does_something(self, number: int, letter: ToTicket) -> None:
        self._hold(number, ByPerson(letter))

    @rule(
        number=st.integers(0, 2),
        who=st.sampled_from(STAFF),
        action=st.sampled_from(ACTIONS),
        via=st.sampled_from(DESKS),
        button=st.sampled_from((None, None, "1.claim", "2.close")),
    )
    def staff_do_something(
        self, number: int, who: StaffId, action: StaffAction, via: HelplineId, button: str | None
    ) -> None:
        self._hold(number, ByStaff(who, action, via, button))

    @rule(number=st.integers(0, 2), helpline=st.sampled_from(DESKS))
    def they_are_referred_and_agree(self, number: int, helpline: HelplineId) -> None:
        case = self.cases[number]
        self._hold(number, ByStaff(SUE, Refer(helpline), case.ticket.helpline))
        self._hold(number, ByPerson(PersonAgreed(helpline, agreed=True)))

    @rule(number=st.integers(0, 2), helpline=st.sampled_from(DESKS))
    def a_group_cannot_be_reached(self, number: int, helpline: HelplineId) -> None:
        self._hold(number, DeskUnreachable(helpline))

    @rule(who=st.sampled_from((ANNA, BEN, CHAN)))
    def somebody_leaves(self, who: StaffId) -> None:
        for number, case in enumerate(self.cases):
            roster = leave(case.around.roster, who, case.now)
            if isinstance(roster, Roster):
                case.around = replace(case.around, roster=roster)
                self._hold(number, MemberLeft(who))

    @rule(minutes=st.one_of(st.integers(0, 40), st.integers(0, 60 * 24 * 35)))
    def time_passes(self, minutes: int) -> None:
        for case in self.cases:
            case.wait(minutes=minutes)

    @rule(number=st.integers(0, 2))
    def it_rings(self, number: int) -> None:
        case = self.cases[number]
        assert case.ticket.due is not None
        case.now = max(case.now, case.ticket.due)
        self._hold(number, Due(case.ticket.due))

    @invariant()
    def nobody_is_left_alone(self) -> None:
        for case in self.cases:
            case.never_falls_silent()

    def _hold(self, number: int, happening: Happening) -> None:
        case = self.cases[number]
        case.hold(happening)
        if case.gone:
            self.cases[number] = Watched(around=case.around)


AnyTickets.TestCase.settings = settings(max_examples=100, stateful_step_count=40, deadline=None)
TestAnyTickets = AnyTickets.TestCase


def test_twenty_thousand_steps_on_two_hundred_tickets() -> None:
    random, kinds, done = Random(2026), Counter[str](), Counter[str]()
    cases = [Watched() for _ in range(200)]
    for _ in range(20_000):
        case = random.choice(cases)
        if random.random() < 0.3 and case.ticket.due is not None:
            case.now = max(case.now, case.ticket.due)
            happening: Happening = Due(case.ticket.due)
        else:
            case.wait(minutes=random.choice((0, 0, 1, 5, 20, 200)))
            by_person = _an_answer(random, case.ticket) or random.choice(HAPPENINGS)
            happening = random.choice((by_person, _something_of_staff(random, case.ticket)))
        if random.random() < 0.001:
            happening = ByPerson(PersonErased())
        kind = case.hold(happening)
        kinds[kind] += 1
        if kind == "accepted" and isinstance(happening, ByStaff):
            done[type(happening.action).__name__] += 1
        case.never_falls_silent()
        if case.gone:
            cases[cases.index(case)] = Watched()

    sys.stdout.write(f"20,000 steps: {dict(kinds)}; done by staff: {dict(done)}\n")
    assert min(done[kind.__name__] for kind in get_args(StaffAction)) >= 5
    assert kinds["accepted"] > 12_000
    assert kinds["gone"] > 10
    assert sum(number for kind, number in kinds.items() if kind.startswith("refused")) > 2_000
    assert sum(kind.startswith("refused") for kind in kinds) >= 12


def _something_of_staff(random: Random, ticket: Ticket) -> ByStaff:
    """Mostly what may be: somebody who works where the ticket lies, or where it is to go."""
    if random.random() < 0.2:
        return ByStaff(random.choice(STAFF), random.choice(ACTIONS), random.choice(DESKS))
    referral = ticket.referral
    if referral is not None and referral.state is ReferralState.OFFERED and random.random() < 0.5:
        other = random.choice(AROUND.roster.staff_of(referral.to))
        return ByStaff(other.id, random.choice((AcceptReferral(), DeclineReferral("full"))), referral.to)
    via = ticket.helpline if referral is None or random.random() < 0.6 else referral.to
    staff = [one.id for one in AROUND.roster.staff_of(via)]
    if via == ticket.helpline and ticket.holder is not None and random.random() < 0.8:
        staff = [ticket.holder]
    return ByStaff(random.choice(staff), random.choice(ACTIONS), via)


def _an_answer(random: Random, ticket: Ticket) -> ByPerson | None:
    """Mostly an answer where one is waited for."""
    referral = ticket.referral
    if referral is None or referral.state not in PENDING or random.random() < 0.5:
        return None
    return ByPerson(PersonAgreed(referral.to, random.random() < 0.8))


def test_without_any_staff_a_call_is_still_made() -> None:
    lonely = Case(around=replace(AROUND, roster=replace(AROUND.roster, members={})))

    lonely.ring()

    assert THAI in lonely.calls
