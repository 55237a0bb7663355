"""A call for help is never forgotten: who is called when, how loud, and what the person is told."""

from dataclasses import replace
from datetime import timedelta

import pytest

from bot.desk.actions import AskColleague, Claim, Close, DeskUnreachable, Due, MemberLeft, Write
from bot.desk.decided import CallDesk, DropCopy, Refusal, Whom
from bot.desk.helplines import Helplines
from bot.desk.letters import Acknowledged, NobodyYet, PersonUrged, PersonWrote, WaitsAgain
from bot.desk.news import Called, StillOpen, WaitsForAnswer
from bot.desk.ticket import CloseReason, Copy, Stage, Urgency
from tests.desk.small_world import ANNA, AROUND, BEN, CHAN, HELPLINES, KHMER, NOW, TH, THAI, Case, a_ticket

MINUTE = timedelta(minutes=1)
HELLO = Write("Hello", TH, "1")


def test_seventy_two_hours_without_an_answer_alerts_never_end_and_never_drift() -> None:
    case = Case()
    alerts: list[timedelta] = []
    told: list[timedelta] = []
    while case.now - NOW <= timedelta(hours=72):
        case.ring()
        if THAI in case.calls:
            alerts.append(case.now - NOW)
        told += [case.now - NOW for letter in case.letters if isinstance(letter, NobodyYet)]

    assert alerts[:8] == [minutes * MINUTE for minutes in (0, 1, 3, 6, 10, 20, 30, 40)]
    assert alerts[5:] == [(20 + 10 * step) * MINUTE for step in range(len(alerts) - 5)]
    assert alerts[-1] >= timedelta(hours=72)
    assert told[:4] == [minutes * MINUTE for minutes in (3, 15, 75, 135)]
    assert case.ticket.stage is Stage.ASKED


def test_what_was_missed_while_nobody_ran_is_made_up_for_by_one_alert() -> None:
    case = Case()
    while case.now - NOW < timedelta(hours=30):
        case.ring()
    case.wait(hours=5)

    case.ring()
    own = [effect for effect in case.effects if isinstance(effect, CallDesk) and effect.helpline == THAI]
    assert [type(effect.news) for effect in own] == [Called], "one alert for thirty that were missed"
    assert [letter for letter in case.letters if isinstance(letter, NobodyYet)] == [NobodyYet(NOW)]
    assert case.ticket.due == NOW + timedelta(hours=35, minutes=10), "and then on as if nothing had been"

    alerts = []
    while case.now - NOW < timedelta(hours=72):
        case.ring()
        if THAI in case.calls:
            alerts.append(case.now - NOW)
    assert alerts == [timedelta(hours=35) + 10 * step * MINUTE for step in range(1, len(alerts) + 1)]
    assert alerts[-1] == timedelta(hours=72)


@pytest.mark.parametrize("alerts", [1, 3, 12])
def test_a_clock_that_is_set_back_silences_no_call(alerts: int) -> None:
    case = Case()
    while case.ticket.alerts < alerts:
        case.ring()
    case.wait(hours=-7)

    case.happen(Due(case.now))
    case.ring()

    assert case.now <= NOW - timedelta(hours=7) + alerts * 10 * MINUTE + 10 * MINUTE
    assert THAI in case.calls


@pytest.mark.parametrize("is_taken", [True, False])
def test_a_clock_that_is_set_back_lets_nobody_wait_for_an_answer_for_hours(*, is_taken: bool) -> None:
    case = Case()
    case.staff(ANNA, Claim())
    if not is_taken:
        case.staff(ANNA, HELLO)
        case.person(PersonWrote("still there?", None))
    case.wait(hours=-7)

    case.happen(Due(case.now))

    assert case.ticket.due is not None
    assert case.ticket.due <= case.now + 15 * MINUTE


def test_each_alert_is_louder_than_the_one_before() -> None:
    case = Case()
    heard = []
    for _ in range(5):
        case.ring()
        while THAI not in case.calls:
            case.ring()
        heard.append(dict(case.calls))

    assert heard[0] == {THAI: {Whom.GROUP}}
    assert heard[1] == {THAI: {Whom.GROUP, Whom.ON_DUTY}}
    assert heard[2][KHMER] == {Whom.GROUP, Whom.ON_DUTY}
    assert Whom.SUPERVISOR in heard[3][THAI]
    assert Whom.OUTSIDE not in heard[3][THAI]
    assert Whom.OUTSIDE in heard[4][THAI]


def test_an_emergency_is_loud_from_the_first() -> None:
    case = Case(a_ticket(Urgency.EMERGENCY))

    case.ring()

    assert case.calls == {THAI: {Whom.GROUP, Whom.ON_DUTY, Whom.OUTSIDE}}


def test_who_takes_it_and_does_not_write_is_passed_over_after_ten_minutes() -> None:
    case = Case()
    case.ring()
    case.staff(ANNA, Claim())
    assert case.letters == [Acknowledged(NOW)]

    case.ring()

    assert case.now == NOW + 10 * MINUTE
    assert (case.ticket.stage, case.ticket.holder) == (Stage.ASKED, None)
    assert WaitsAgain(case.now) in case.letters
    assert THAI in case.calls


def test_an_unanswered_word_in_a_talk_is_reminded_of_and_then_called_for() -> None:
    case = Case()
    case.ring()
    case.staff(ANNA, HELLO)
    case.person(PersonWrote("still there?", None))
    wrote = case.now

    case.ring()
    assert (case.now - wrote, case.told) == (15 * MINUTE, [(THAI, WaitsForAnswer(wrote))])
    case.ring()

    assert case.now - wrote == 30 * MINUTE
    assert case.ticket.stage is Stage.ASKED
    assert THAI in case.calls


def test_a_talk_without_a_word_for_a_day_is_brought_up_and_never_closed_by_itself() -> None:
    case = Case()
    case.staff(ANNA, HELLO)

    for day in (1, 2, 3):
        case.ring()
        assert (case.now - NOW, case.told) == (timedelta(days=day), [(THAI, StillOpen())])

    assert case.ticket.stage is Stage.TALKING


def test_who_leaves_holds_nothing_and_others_are_called() -> None:
    case = Case()
    case.staff(ANNA, HELLO)

    case.happen(MemberLeft(BEN))
    assert THAI not in case.calls
    case.happen(MemberLeft(ANNA))

    assert (case.ticket.stage, case.ticket.holder) == (Stage.ASKED, None)
    case.ring()
    assert THAI in case.calls


def test_a_group_that_cannot_be_reached_does_not_keep_anybody_waiting() -> None:
    case = Case()
    case.ring()

    case.happen(DeskUnreachable(THAI))

    assert case.calls[THAI] == {Whom.SUPERVISOR, Whom.OUTSIDE}
    assert case.calls[KHMER] == {Whom.GROUP, Whom.ON_DUTY}


def test_who_says_that_they_are_in_danger_is_called_for_at_once_also_in_a_talk() -> None:
    case = Case()
    case.staff(ANNA, HELLO)

    case.person(PersonUrged())

    assert case.ticket.urgency is Urgency.EMERGENCY
    assert Whom.OUTSIDE in case.calls[THAI]


def test_a_fallback_that_takes_it_has_it() -> None:
    case = Case()
    for _ in range(3):
        case.ring()

    case.staff(CHAN, Claim(), via=KHMER)

    assert (case.ticket.helpline, case.ticket.holder) == (KHMER, CHAN)
    assert [copy.helpline for copy in case.ticket.copies] == [THAI, KHMER]


def test_alerts_hold_no_word_of_the_person() -> None:
    case = Case()
    case.person(PersonWrote("secret words", None))
    case.ring()

    called = [effect for effect in case.effects if hasattr(effect, "whom")]
    assert called
    assert all(isinstance(effect.news, Called) for effect in called)  # type: ignore[union-attr] # those have news


def test_a_moment_that_comes_too_early_changes_nothing_that_counts() -> None:
    case = Case()
    case.ring()
    case.staff(ANNA, Claim())

    case.wait(minutes=4)
    case.happen(Due(case.now))
    assert (case.ticket.stage, case.ticket.holder, case.effects) == (Stage.ACKNOWLEDGED, ANNA, ())

    case.staff(ANNA, HELLO)
    case.person(PersonWrote("and now?", None))
    case.wait(minutes=4)
    case.happen(Due(case.now))
    assert (case.ticket.stage, case.effects) == (Stage.TALKING, ())

    case.staff(ANNA, Close(CloseReason.HELPED))
    case.happen(Due(case.now))
    assert (case.gone, case.effects) == (False, ())


def test_where_one_is_in_a_talk_a_group_that_cannot_be_reached_calls_nobody_else_yet() -> None:
    case = Case()
    case.staff(ANNA, HELLO)

    case.happen(DeskUnreachable(THAI))
    assert case.calls == {}
    case.happen(DeskUnreachable(KHMER))

    assert case.calls == {}


def test_a_helpline_that_is_not_declared_any_more_still_has_its_ticket_called_for() -> None:
    case = Case(around=replace(AROUND, helplines=Helplines({KHMER: HELPLINES.all[KHMER]})))
    case.ring()
    assert case.calls == {THAI: {Whom.GROUP, Whom.OUTSIDE}}

    case.happen(DeskUnreachable(THAI))
    assert case.calls == {THAI: {Whom.SUPERVISOR, Whom.OUTSIDE}}
    case.staff(ANNA, Close(CloseReason.HELPED))

    assert case.ticket.copies == (Copy(THAI, case.now),), "nobody says how long to keep it"
    case.ring()
    assert case.effects == (DropCopy(THAI),)


def test_the_holder_who_leaves_and_the_colleague_who_was_asked_have_no_say_any_more() -> None:
    case = Case()
    case.staff(ANNA, HELLO)
    case.staff(ANNA, AskColleague(BEN))

    case.happen(MemberLeft(BEN))
    assert case.staff(BEN, HELLO) is Refusal.HELD_BY_ANOTHER
    case.staff(ANNA, Close(CloseReason.HELPED))
    case.happen(MemberLeft(ANNA))

    assert case.ticket.stage is Stage.CLOSED, "who leaves opens nothing again"
