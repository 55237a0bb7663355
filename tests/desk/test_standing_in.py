"""When another helpline has a ticket, or had it: consent can be taken back, and nothing is left lying where it was."""

from dataclasses import replace
from datetime import timedelta

from bot.desk.actions import AcceptReferral, Claim, Close, DeskUnreachable, Due, Refer, Reopen, Write
from bot.desk.decided import CallDesk, DropCopy, Refusal
from bot.desk.decisions import Surroundings
from bot.desk.helplines import Helplines
from bot.desk.letters import (
    Acknowledged,
    PersonAgreed,
    PersonErased,
    PersonHid,
    PersonMoved,
    PersonWithdrew,
    ReferralNews,
)
from bot.desk.news import PersonBack, ReferralTold
from bot.desk.ticket import CloseReason, Copy, ReferralState, Stage
from tests.desk.small_world import (
    ANNA,
    AROUND,
    CHAN,
    HELPLINES,
    KHMER,
    KM,
    LAM,
    LAO,
    SOMEWHERE_ELSE,
    TH,
    THAI,
    Case,
)

HELLO = Write("Hello", TH, "1")


def copies(case: Case) -> list[str]:
    return [copy.helpline for copy in case.ticket.copies]


def accepted() -> Case:
    """Referred from the Thai to the Khmer helpline, which has taken it."""
    case = Case()
    case.staff(ANNA, HELLO)
    case.staff(ANNA, Refer(KHMER))
    case.person(PersonAgreed(KHMER, agreed=True))
    case.staff(CHAN, AcceptReferral(), via=KHMER)
    return case


def test_who_was_helped_by_another_helpline_can_take_that_back_like_a_referral() -> None:
    case = Case()
    case.ring()

    case.staff(CHAN, Claim(), via=KHMER)
    assert case.letters == [ReferralNews(KHMER, ReferralState.ACCEPTED, holds=KHMER), Acknowledged(case.now)]
    case.person(PersonAgreed(KHMER, agreed=False))

    assert (case.ticket.helpline, case.ticket.stage, case.ticket.holder) == (THAI, Stage.ASKED, None)
    assert copies(case) == [THAI]
    assert DropCopy(KHMER) in case.effects


def test_a_helpline_that_takes_what_it_was_also_asked_for_keeps_it() -> None:
    case = Case()
    case.ring()
    case.staff(ANNA, Refer(KHMER))
    case.person(PersonAgreed(KHMER, agreed=True))

    case.staff(CHAN, Claim(), via=KHMER)
    case.staff(CHAN, HELLO, via=KHMER)
    assert case.staff(CHAN, AcceptReferral(), via=KHMER) is Refusal.NO_REFERRAL
    case.wait(hours=1)
    case.happen(Due(case.now))

    assert case.letters == [], "nothing lapses that was taken"
    assert (case.ticket.helpline, case.ticket.holder) == (KHMER, CHAN)


def test_where_a_helpline_that_stands_in_takes_it_a_question_about_another_is_over() -> None:
    case = Case()
    case.ring()
    case.staff(ANNA, Refer(LAO))
    case.person(PersonAgreed(LAO, agreed=True))

    case.staff(CHAN, Claim(), via=KHMER)

    assert case.letters == [
        ReferralNews(LAO, ReferralState.WITHDRAWN, holds=THAI),
        ReferralNews(KHMER, ReferralState.ACCEPTED, holds=KHMER),
        Acknowledged(case.now),
    ]
    assert LAO in case.calls, "who was asked learns that it is over"


def test_what_another_has_taken_since_stays_with_it_when_consent_to_an_earlier_one_is_taken_back() -> None:
    case = accepted()
    case.ring()
    case.staff(LAM, Claim(), via=LAO)

    case.person(PersonAgreed(KHMER, agreed=False))

    assert (case.ticket.helpline, case.ticket.holder) == (LAO, LAM)


def test_consent_can_be_taken_back_after_the_end_too() -> None:
    case = accepted()
    case.staff(CHAN, Close(CloseReason.HELPED), via=KHMER)

    case.person(PersonAgreed(KHMER, agreed=False))

    assert DropCopy(KHMER) in case.effects
    assert (case.ticket.helpline, case.ticket.stage, copies(case)) == (THAI, Stage.CLOSED, [THAI])
    case.staff(ANNA, Reopen())
    case.ring()
    assert THAI in case.calls


def test_a_helpline_that_the_person_does_not_want_is_not_called_to_stand_in() -> None:
    case = Case()
    case.ring()
    case.staff(ANNA, Refer(KHMER))
    case.person(PersonAgreed(KHMER, agreed=False))

    for _ in range(9):
        case.ring()
        assert KHMER not in case.calls
    case.happen(DeskUnreachable(THAI))
    assert KHMER not in case.calls
    assert case.staff(CHAN, Claim(), via=KHMER) is Refusal.NOT_YOURS

    case.staff(ANNA, Refer(KHMER))
    case.person(PersonAgreed(KHMER, agreed=True))
    case.ring()
    assert KHMER in case.calls, "a later yes counts"


def test_who_took_their_yes_back_is_not_asked_about_that_helpline_when_another_is_silent() -> None:
    case = Case()
    case.staff(ANNA, HELLO)
    for helpline, agreed in ((LAO, False), (KHMER, True)):
        case.staff(ANNA, Refer(helpline))
        case.person(PersonAgreed(helpline, agreed))

    case.wait(minutes=31)
    case.happen(Due(case.now))

    assert case.letters == [ReferralNews(KHMER, ReferralState.LAPSED, holds=THAI)]


def test_a_helpline_that_was_asked_learns_that_the_ticket_is_over() -> None:
    told = ReferralTold(THAI, KHMER, ReferralState.WITHDRAWN, is_receiver=True)
    for ending in (PersonWithdrew(), PersonErased()):
        case = Case()
        case.staff(ANNA, Refer(KHMER))
        case.person(PersonAgreed(KHMER, agreed=True))
        case.person(ending)
        assert CallDesk(KHMER, told) in case.effects

    case = Case()
    case.staff(ANNA, Refer(KHMER))
    case.person(PersonAgreed(KHMER, agreed=True))
    case.staff(ANNA, Close(CloseReason.HELPED))

    assert KHMER in case.calls
    assert case.ticket.referral is None


def test_a_helpline_whose_copy_was_deleted_has_one_again_when_the_ticket_is_opened_again() -> None:
    longer = Helplines({**HELPLINES.all, THAI: replace(HELPLINES.all[THAI], kept=timedelta(days=20))})
    case = accepted()
    case.around = Surroundings(longer, AROUND.cards, AROUND.roster)
    case.staff(CHAN, Close(CloseReason.HELPED), via=KHMER)
    case.ring()
    assert copies(case) == [THAI]

    case.staff(CHAN, Reopen(), via=KHMER)
    assert copies(case) == [THAI, KHMER]
    case.staff(CHAN, Close(CloseReason.HELPED), via=KHMER)

    assert case.ticket.copies == (
        Copy(THAI, case.now + timedelta(days=20)),
        Copy(KHMER, case.now + timedelta(days=7)),
    )


def test_staff_learn_that_who_left_quickly_is_back_on_another_phone() -> None:
    case = Case()
    case.staff(ANNA, HELLO)
    case.person(PersonHid())

    case.person(PersonMoved(SOMEWHERE_ELSE, KM))

    assert (THAI, PersonBack()) in case.told
    assert not case.ticket.quiet
