"""From one helpline to another: nothing goes before the person agrees, and nobody is left alone meanwhile."""

from datetime import timedelta

from bot.desk.actions import AcceptReferral, CancelReferral, DeclineReferral, Refer, Write
from bot.desk.decided import CallDesk, DropCopy, Refusal
from bot.desk.helplines import HelplineId
from bot.desk.letters import PersonAgreed, PersonWrote, ReferralNews, Referring
from bot.desk.news import ReferralTold, Wrote
from bot.desk.ticket import ReferralState, Rule, Stage
from tests.desk.small_world import ANNA, CHAN, KHMER, KM, LAO, TH, THAI, Case

HELLO = Write("Hello", TH, "1")


def asked_of(case: Case) -> list[HelplineId]:
    return [effect.helpline for effect in case.effects if isinstance(effect, CallDesk)]


def a_referral() -> Case:
    case = Case()
    case.staff(ANNA, HELLO)
    case.staff(ANNA, Refer(KHMER))
    return case


def test_the_person_is_asked_before_the_other_desk_hears_anything() -> None:
    case = a_referral()

    assert case.letters == [Referring(KHMER)]
    assert {helpline for helpline, _ in case.told} == {THAI}
    assert asked_of(case) == []
    assert case.staff(ANNA, Refer(LAO)) is Refusal.REFERRAL_PENDING


def test_it_is_offered_once_they_agree_and_taken_by_who_accepts() -> None:
    case = a_referral()

    case.person(PersonAgreed(KHMER, agreed=True))
    assert asked_of(case) == [KHMER]
    case.staff(CHAN, AcceptReferral(), via=KHMER)

    ticket = case.ticket
    assert (ticket.helpline, ticket.holder, ticket.rule, ticket.stage) == (
        KHMER,
        CHAN,
        Rule.REFERRED,
        Stage.ACKNOWLEDGED,
    )
    assert case.letters == [ReferralNews(KHMER, ReferralState.ACCEPTED, holds=KHMER)]
    assert {helpline for helpline, _ in case.told} == {THAI, KHMER}


def test_what_was_written_before_stays_with_the_desk_that_had_it() -> None:
    case = a_referral()
    case.person(PersonWrote("before", KM))
    assert case.told == [(THAI, Wrote("before", KM))]
    case.person(PersonAgreed(KHMER, agreed=True))
    case.staff(CHAN, AcceptReferral(), via=KHMER)

    assert all(not isinstance(news, Wrote) for _, news in case.told)
    case.person(PersonWrote("after", KM))

    assert {helpline for helpline, _ in case.told} == {KHMER}


def test_a_no_of_the_person_ends_it_and_the_other_desk_never_knew() -> None:
    case = a_referral()

    case.person(PersonAgreed(KHMER, agreed=False))

    assert case.ticket.helpline == THAI
    assert asked_of(case) == []
    assert case.told == [(THAI, ReferralTold(THAI, KHMER, ReferralState.REFUSED))]


def test_a_decline_leaves_it_where_it_was_with_the_reason() -> None:
    case = a_referral()
    case.person(PersonAgreed(KHMER, agreed=True))

    case.staff(CHAN, DeclineReferral("full"), via=KHMER)

    assert (case.ticket.helpline, case.ticket.holder) == (THAI, ANNA)
    assert (THAI, ReferralTold(THAI, KHMER, ReferralState.DECLINED, why="full")) in case.told
    assert case.letters == [ReferralNews(KHMER, ReferralState.DECLINED, holds=THAI)]


def test_an_offer_nobody_answers_lapses_and_the_person_is_asked_about_the_next() -> None:
    case = a_referral()
    case.person(PersonAgreed(KHMER, agreed=True))
    offered = case.now

    while case.ticket.referral is not None and case.ticket.referral.to == KHMER:
        case.ring()

    assert case.now - offered == timedelta(minutes=30)
    assert case.letters == [ReferralNews(KHMER, ReferralState.LAPSED, holds=THAI), Referring(LAO)]
    assert case.ticket.helpline == THAI


def test_a_question_the_person_leaves_open_lapses_after_a_day() -> None:
    case = a_referral()

    while case.ticket.referral is not None and case.ticket.referral.state is ReferralState.ASKING:
        case.ring()

    assert case.ticket.referral is not None
    assert case.ticket.referral.state is ReferralState.LAPSED


def test_the_desk_can_take_it_back_before_it_is_accepted() -> None:
    case = a_referral()
    case.person(PersonAgreed(KHMER, agreed=True))

    case.staff(ANNA, CancelReferral())

    assert case.staff(CHAN, AcceptReferral(), via=KHMER) is Refusal.NO_REFERRAL
    assert case.ticket.helpline == THAI


def test_taking_consent_back_removes_the_copy_and_calls_the_first_desk_again() -> None:
    case = a_referral()
    case.person(PersonAgreed(KHMER, agreed=True))
    case.staff(CHAN, AcceptReferral(), via=KHMER)

    case.person(PersonAgreed(KHMER, agreed=False))

    assert DropCopy(KHMER) in case.effects
    assert (case.ticket.helpline, case.ticket.stage) == (THAI, Stage.ASKED)
    assert [copy.helpline for copy in case.ticket.copies] == [THAI]
    case.ring()
    assert THAI in case.calls


def test_a_pending_referral_stops_no_alert() -> None:
    case = Case()
    case.ring()
    case.staff(ANNA, Refer(KHMER))

    case.ring()

    assert THAI in case.calls
