"""What staff may do, and why something is refused."""

from datetime import timedelta

import pytest

from bot.desk.actions import (
    AskColleague,
    BreakGlass,
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
    SetLabel,
    SetUrgency,
    StaffAction,
    Write,
)
from bot.desk.decided import Accepted, Refusal, TellMember
from bot.desk.helplines import HelplineId
from bot.desk.letters import (
    Missed,
    NotShown,
    PersonHid,
    PersonReturned,
    Showed,
    StaffAsked,
    StaffUsedReply,
    StaffWrote,
    TicketClosed,
)
from bot.desk.news import (
    AlsoAnswering,
    ColleagueAsked,
    Ended,
    GlassBroken,
    HandedOver,
    LabelSet,
    Opened,
    PersonBack,
    PersonGone,
    Reminded,
    SentToPerson,
    Took,
    WroteElsewhere,
)
from bot.desk.phrases import CardId
from bot.desk.ticket import CloseReason, StaffId, Stage, Urgency
from tests.desk.small_world import ANNA, BEN, CHAN, KHMER, LAM, SUE, TH, THAI, Case, a_ticket

HELLO = Write("Hello", TH, "1")
LATER = Write("Hello again", TH, "2")


def test_who_writes_first_takes_it_by_that() -> None:
    case = Case()

    case.staff(ANNA, HELLO)

    assert (case.ticket.stage, case.ticket.holder) == (Stage.TALKING, ANNA)
    assert case.letters == [StaffWrote("Hello", TH, "1")]
    assert (THAI, Took(ANNA)) in case.told


@pytest.mark.parametrize(
    ("who", "action", "via", "refused"),
    [
        (StaffId("nobody"), Claim(), THAI, Refusal.NOT_YOURS),
        (CHAN, HELLO, KHMER, Refusal.NOT_YOURS),
        (CHAN, Claim(), THAI, Refusal.NOT_YOURS),
        (LAM, Claim(), HelplineId("lao"), Refusal.NOT_YOURS),
        (ANNA, Release(), THAI, Refusal.NOT_HELD),
        (ANNA, HandOver(CHAN), THAI, Refusal.NO_SUCH_COLLEAGUE),
        (ANNA, AskColleague(StaffId("nobody")), THAI, Refusal.NO_SUCH_COLLEAGUE),
        (ANNA, Write("  ", TH, "1"), THAI, Refusal.EMPTY),
        (ANNA, Write("a" * 3501, TH, "1"), THAI, Refusal.TOO_LONG),
        (ANNA, SendCard(CardId("none"), "1"), THAI, Refusal.NO_SUCH_CARD),
        (ANNA, SendCard(CardId("later"), "1"), THAI, Refusal.EMPTY),
        (ANNA, SendCard(CardId("later"), "1", "x" * 61), THAI, Refusal.TOO_LONG),
        (ANNA, SendCanned("none", "1"), THAI, Refusal.NO_SUCH_CARD),
        (ANNA, SetLabel(" "), THAI, Refusal.EMPTY),
        (ANNA, SetLabel("x" * 31), THAI, Refusal.TOO_LONG),
        (ANNA, Refer(THAI), THAI, Refusal.NO_SUCH_HELPLINE),
        (ANNA, Refer(HelplineId("none")), THAI, Refusal.NO_SUCH_HELPLINE),
        (ANNA, CancelReferral(), THAI, Refusal.NO_REFERRAL),
        (CHAN, DeclineReferral("full"), KHMER, Refusal.NOT_YOURS),
        (ANNA, Close(CloseReason.WITHDRAWN), THAI, Refusal.NOT_FOR_STAFF),
        (ANNA, Reopen(), THAI, Refusal.NOT_CLOSED),
    ],
)
def test_what_may_not_be_is_refused_and_changes_nothing(
    who: StaffId, action: StaffAction, via: HelplineId, refused: Refusal
) -> None:
    case = Case()
    before = case.ticket

    assert case.staff(who, action, via) is refused
    assert case.ticket == before


@pytest.mark.parametrize("action", [HELLO, Release(), HandOver(BEN), Close(CloseReason.HELPED), Refer(KHMER), Claim()])
def test_nobody_takes_over_what_a_colleague_holds(action: StaffAction) -> None:
    case = Case()
    case.staff(ANNA, HELLO)

    assert case.staff(BEN, action) is Refusal.HELD_BY_ANOTHER


def test_a_supervisor_and_a_colleague_who_was_asked_may_write_too_and_both_see_each_other() -> None:
    case = Case()
    case.staff(ANNA, HELLO)
    case.staff(ANNA, AskColleague(BEN))
    assert (THAI, ColleagueAsked(ANNA, BEN)) in case.told

    case.staff(BEN, LATER)
    assert (THAI, AlsoAnswering(ANNA)) in case.told
    assert case.ticket.holder == ANNA
    case.wait(minutes=2)
    case.staff(SUE, LATER)

    assert not any(isinstance(news, AlsoAnswering) for _, news in case.told)
    assert case.letters == [StaffWrote("Hello again", TH, "2")]


def test_it_can_be_handed_over() -> None:
    case = Case()
    case.staff(ANNA, HELLO)

    case.staff(ANNA, HandOver(BEN))

    assert case.ticket.holder == BEN
    assert (THAI, HandedOver(ANNA, BEN)) in case.told
    assert case.staff(ANNA, LATER) is Refusal.HELD_BY_ANOTHER


def test_a_button_works_once() -> None:
    case = Case()

    assert isinstance(case.staff(ANNA, Claim(), button="0.claim"), Accepted)
    assert case.staff(ANNA, Claim(), button="0.claim") is Refusal.PRESSED_BEFORE


def test_a_card_and_a_ready_reply_reach_the_person_in_their_own_words() -> None:
    case = Case()

    case.staff(ANNA, SendCard(CardId("hurt"), "1"))
    assert case.letters == [StaffAsked(CardId("hurt"), "1")]
    assert (THAI, SentToPerson(ANNA, "card:hurt")) in case.told
    case.staff(ANNA, SendCanned("office", "2"))

    assert case.letters == [StaffUsedReply("office", "2")]


def test_nobody_writes_to_who_has_left_quickly_until_they_are_back() -> None:
    case = Case()
    case.staff(ANNA, HELLO)
    case.person(PersonHid())
    assert case.told == [(THAI, PersonGone())]

    assert case.staff(ANNA, LATER) is Refusal.PERSON_LEFT
    case.person(PersonReturned())
    assert (THAI, PersonBack()) in case.told

    assert isinstance(case.staff(ANNA, LATER), Accepted)


def test_nobody_writes_to_who_cannot_be_reached() -> None:
    case = Case()
    case.staff(ANNA, HELLO)

    case.person(NotShown("1", Missed.BLOCKED))

    assert (THAI, PersonGone(unreachable=True)) in case.told
    assert case.staff(ANNA, LATER) is Refusal.UNREACHABLE


def test_it_is_closed_with_a_reason_and_can_be_opened_again() -> None:
    case = Case()
    case.staff(ANNA, HELLO)

    case.staff(ANNA, Close(CloseReason.HELPED))
    assert case.letters == [TicketClosed(CloseReason.HELPED, case.now)]
    assert (THAI, Ended(CloseReason.HELPED, ANNA)) in case.told
    assert case.staff(ANNA, LATER) is Refusal.CLOSED
    case.staff(BEN, Reopen())

    assert case.ticket.stage is Stage.ASKED
    assert case.ticket.due == case.now


def test_labels_urgency_and_a_look() -> None:
    case = Case()

    case.staff(ANNA, SetLabel("Wages "))
    assert case.told == [(THAI, LabelSet("wages", on=True))]
    case.staff(ANNA, SetLabel("wages", on=False))
    assert case.ticket.labels == frozenset()
    case.staff(ANNA, SetUrgency(Urgency.EMERGENCY))
    assert THAI in case.calls
    case.staff(ANNA, Look())

    assert case.told == [(THAI, Opened())]


def test_what_is_written_in_the_console_stands_in_a_group_that_reads_along_and_a_note_stays_inside() -> None:
    case = Case()
    case.staff(ANNA, Write(" Hello ", TH, "console:1"))
    assert (THAI, WroteElsewhere(ANNA, "Hello")) in case.told
    assert case.letters == [StaffWrote("Hello", TH, "console:1")]

    case.staff(BEN, Note(" Call the office first "))
    assert case.told == [(THAI, WroteElsewhere(BEN, "Call the office first", is_note=True))]
    assert case.letters == []
    assert case.staff(BEN, Note("  ")) is Refusal.EMPTY


def test_a_group_that_only_hears_alerts_reads_neither() -> None:
    case = Case(a_ticket(helpline=KHMER))

    for action in (Write("Hello", TH, "console:1"), Note("Call the office first")):
        case.staff(CHAN, action, KHMER)
        assert not any(isinstance(news, WroteElsewhere) for _, news in case.told)


def test_who_wants_to_be_reminded_is_once() -> None:
    case = Case()
    case.staff(ANNA, HELLO)
    case.staff(ANNA, Remind(timedelta(hours=2)))
    case.wait(hours=1)
    case.staff(BEN, Look())
    assert case.ticket.due == case.now + timedelta(hours=1)

    case.ring()
    assert case.effects == (TellMember(ANNA, Reminded()),)
    assert case.ticket.reminder is None

    case.staff(ANNA, Remind(timedelta(hours=2)))
    case.staff(ANNA, Remind(None))
    assert case.ticket.reminder is None
    assert case.staff(ANNA, Remind(timedelta(days=31))) is Refusal.TOO_LONG


def test_who_opens_what_a_colleague_holds_gives_a_reason_and_the_supervisor_hears_of_it() -> None:
    case = Case()
    case.staff(ANNA, HELLO)

    assert case.staff(BEN, BreakGlass(" ")) is Refusal.EMPTY
    case.staff(BEN, BreakGlass("Anna is ill"))

    assert case.effects == (TellMember(SUE, GlassBroken(BEN, "Anna is ill")),)
    assert case.ticket.holder == ANNA


def test_when_it_was_first_answered_stays_known_and_what_missed_the_person_is_counted() -> None:
    case = Case()
    case.staff(ANNA, HELLO)
    first = case.now
    case.wait(minutes=5)
    case.staff(ANNA, LATER)
    case.person(NotShown("2", Missed.EXPIRED))
    assert (case.ticket.answered, case.ticket.missed) == (first, 1)

    case.person(Showed("2", opened=True))
    assert case.ticket.missed == 0
