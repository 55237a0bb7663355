"""What the person's letters do, and what is kept of a ticket that is over."""

from dataclasses import replace
from datetime import timedelta

import pytest

from bot.desk.actions import Close, Refer, Write
from bot.desk.decided import Accepted, DropCopy, TellPerson
from bot.desk.helplines import Helplines
from bot.desk.letters import (
    MediaKind,
    Missed,
    NotShown,
    Original,
    PersonAnswered,
    PersonErased,
    PersonFailedCheck,
    PersonJudged,
    PersonMoved,
    PersonReopened,
    PersonSent,
    PersonTold,
    PersonUrged,
    PersonWithdrew,
    PersonWrote,
    Showed,
    TicketJoined,
    TicketMovedAway,
)
from bot.desk.news import (
    Answered,
    CheckFailed,
    Ended,
    Judged,
    NewMessage,
    OpenAgain,
    PersonBack,
    PersonGone,
    Reach,
    Reached,
    Sent,
    Wrote,
)
from bot.desk.phrases import CardId
from bot.desk.ticket import CloseReason, Copy, Stage, TicketId, Urgency, alias_of
from tests.desk.small_world import (
    ANNA,
    AROUND,
    HELPLINES,
    KHMER,
    KM,
    PERSON,
    SOMEWHERE_ELSE,
    TH,
    THAI,
    TICKET,
    Case,
    a_ticket,
)

HELLO = Write("Hello", TH, "1")
PICTURE = Original("telegram", "7", "12")


def test_words_and_pictures_stand_in_the_topic_where_the_helpline_reads_there() -> None:
    case = Case()

    case.person(PersonWrote("words", KM))
    assert case.told == [(THAI, Wrote("words", KM))]
    case.person(PersonSent(MediaKind.PHOTO, PICTURE))

    assert case.told == [(THAI, Sent(MediaKind.PHOTO, PICTURE))]


def test_where_the_helpline_reads_in_the_console_the_group_learns_only_that_there_is_something() -> None:
    case = Case(a_ticket(helpline=KHMER, copies=(Copy(KHMER),)))

    case.person(PersonWrote("words", KM))
    assert case.told == [(KHMER, NewMessage())]
    case.person(PersonAnswered(CardId("hurt"), "yes"))

    assert case.told == [(KHMER, Answered(CardId("hurt"), "yes"))]


def test_how_they_may_be_written_to_is_known_to_staff() -> None:
    case = Case()

    case.person(PersonTold("wait", "night", "shared", "papers"))

    ticket = case.ticket
    assert (ticket.contact, ticket.hours, ticket.phone, ticket.topic) == ("wait", "night", "shared", "papers")


def test_marks_say_how_far_a_message_came() -> None:
    case = Case()
    case.staff(ANNA, HELLO)

    case.person(Showed("1", opened=False))
    assert case.told == [(THAI, Reached("1", Reach.DELIVERED))]
    case.person(Showed("1", opened=True))

    assert case.told == [(THAI, Reached("1", Reach.OPENED))]


def test_it_can_be_taken_back_and_asked_for_again() -> None:
    case = Case()

    case.person(PersonWithdrew())
    assert (case.ticket.stage, case.told) == (Stage.CLOSED, [(THAI, Ended(CloseReason.WITHDRAWN, None))])
    case.wait(days=2)
    case.person(PersonReopened())

    assert case.ticket.stage is Stage.ASKED
    assert (THAI, OpenAgain(None)) in case.told
    assert case.ticket.due == case.now


def test_who_writes_to_a_closed_ticket_opens_it() -> None:
    case = Case()
    case.staff(ANNA, Close(CloseReason.HELPED))

    case.person(PersonWrote("it began again", KM))

    assert case.ticket.stage is Stage.ASKED


def test_whether_it_helped_is_told() -> None:
    case = Case()
    case.staff(ANNA, Close(CloseReason.HELPED))

    case.person(PersonJudged(helped=False))

    assert (case.ticket.helped, case.told) == (False, [(THAI, Judged(helped=False))])


def test_what_lies_at_the_helpline_goes_after_its_time_and_the_rest_after_thirty_days() -> None:
    case = Case()
    case.staff(ANNA, Close(CloseReason.HELPED))
    closed = case.now

    case.ring()
    assert (case.now - closed, case.effects) == (timedelta(days=7), (DropCopy(THAI),))
    case.ring()

    assert case.now - closed == timedelta(days=30)
    assert case.gone


def test_who_has_all_erased_leaves_nothing() -> None:
    case = Case()

    case.person(PersonErased())

    assert case.gone
    assert DropCopy(THAI) in case.effects


def test_who_comes_by_another_phone_takes_the_ticket_along() -> None:
    case = Case()

    case.person(PersonMoved(SOMEWHERE_ELSE, KM))

    assert case.ticket.person == SOMEWHERE_ELSE
    assert [effect for effect in case.effects if isinstance(effect, TellPerson)] == [
        TellPerson(TicketMovedAway(), PERSON),
        TellPerson(TicketJoined(TICKET, THAI, case.ticket.asked, Stage.ASKED), SOMEWHERE_ELSE),
    ]


@pytest.mark.parametrize("letter", [PersonWithdrew(), PersonJudged(helped=True), Showed("9", opened=True)])
def test_what_comes_late_does_no_harm(letter: PersonWithdrew | PersonJudged | Showed) -> None:
    case = Case()
    case.staff(ANNA, Close(CloseReason.HELPED))

    case.person(letter)

    assert case.ticket.stage is Stage.CLOSED


def test_a_referral_that_is_pending_ends_with_the_ticket() -> None:
    case = Case()
    case.staff(ANNA, Refer(KHMER))

    case.person(PersonWithdrew())

    assert case.ticket.referral is None


def test_what_nobody_can_be_told_of_is_not_told() -> None:
    case = Case()

    case.person(Showed("", opened=True))
    assert case.effects == ()
    case.person(NotShown("", Missed.EXPIRED))
    assert case.effects == ()
    case.person(NotShown("", Missed.BLOCKED))

    assert case.told == [(THAI, PersonGone(unreachable=True))]


def test_a_message_that_came_too_late_is_marked_and_the_person_can_still_be_written_to() -> None:
    case = Case()
    case.staff(ANNA, HELLO)

    case.person(NotShown("1", Missed.EXPIRED))

    assert case.told == [(THAI, Reached("1", Reach.MISSED, Missed.EXPIRED))]
    assert isinstance(case.staff(ANNA, HELLO), Accepted)


def test_who_is_heard_of_again_can_be_written_to_again() -> None:
    case = Case()
    case.staff(ANNA, HELLO)
    case.person(NotShown("1", Missed.BLOCKED))
    case.person(NotShown("1", Missed.BLOCKED))
    assert case.told == [(THAI, Reached("1", Reach.MISSED, Missed.BLOCKED))], "that they are gone is said once"

    case.person(PersonWrote("I am here", KM))

    assert case.told == [(THAI, PersonBack()), (THAI, Wrote("I am here", KM))]
    assert isinstance(case.staff(ANNA, HELLO), Accepted)


def test_what_would_stay_longer_than_the_ticket_goes_with_it() -> None:
    for_months = replace(HELPLINES.all[THAI], kept=timedelta(days=90))
    case = Case(around=replace(AROUND, helplines=Helplines({**HELPLINES.all, THAI: for_months})))
    case.staff(ANNA, Close(CloseReason.HELPED))
    closed = case.now

    case.ring()

    assert case.now - closed == timedelta(days=30)
    assert (case.gone, case.effects) == (True, (DropCopy(THAI),))


def test_the_same_topic_stays_when_only_the_way_to_be_written_to_is_told() -> None:
    case = Case()

    case.person(PersonTold("open"))

    assert (case.ticket.contact, case.ticket.topic) == ("open", "wages-unpaid")


def test_who_joins_again_from_the_same_phone_is_only_shown_where_it_stands() -> None:
    case = Case()

    case.person(PersonMoved(PERSON, KM))

    assert case.effects == (TellPerson(TicketJoined(TICKET, THAI, case.ticket.asked, Stage.ASKED), PERSON),)


def test_who_is_in_danger_after_the_end_is_called_for_again() -> None:
    case = Case()
    case.staff(ANNA, Close(CloseReason.HELPED))

    case.person(PersonUrged())

    assert (case.ticket.stage, case.ticket.urgency) == (Stage.ASKED, Urgency.EMERGENCY)
    assert THAI in case.calls


def test_nothing_is_opened_twice_nor_ended_twice() -> None:
    case = Case()
    since = case.ticket.since
    case.wait(minutes=2)

    case.person(PersonReopened())
    assert (case.ticket.since, case.effects) == (since, ())
    case.person(PersonWithdrew())
    case.person(PersonWithdrew())

    assert case.effects == ()


def test_staff_call_a_ticket_by_four_letters_that_tell_nothing() -> None:
    first, second = a_ticket(), a_ticket(id=TicketId(f"~{'u' * 20}07"))

    assert len(first.alias) == 4
    assert first.alias.isalnum()
    assert first.alias == alias_of(first.id) != second.alias
    assert alias_of(TicketId(f"{first.id[:-2]}12")) == first.alias, "where it is stored does not show"


def test_wrong_pictures_are_told_to_staff_alone_and_say_nothing_of_who_can_be_reached() -> None:
    case = Case(a_ticket(unreachable=True))

    case.person(PersonFailedCheck())

    assert case.told == [(THAI, CheckFailed())]
    assert case.letters == []
    assert case.ticket.unreachable
