"""At night it is said before anybody asks, and whoever asks is called for all the same, again and again."""

from dataclasses import replace
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from bot.desk.actions import Due
from bot.desk.decided import Accepted, CallDesk, Whom
from bot.desk.decisions import Surroundings, decide
from bot.desk.helplines import Desks, HelplineId
from bot.desk.staff import Link, Member, Role, Roster
from bot.desk.ticket import StaffId, Ticket
from bot.dialogue import Conversation
from bot.dialogue.effects import OpenTicket
from bot.dialogue.events import Opened
from bot.dialogue.script import Script
from bot.messages import Language
from tests.dialogue.talker import Talker

HELPLINE = HelplineId("example-thailand")
ANNA = StaffId("anna")
NIGHT = datetime(2026, 11, 25, 23, 30, tzinfo=ZoneInfo("Asia/Bangkok"))
ROSTER = Roster(
    {ANNA: Member(ANNA, "Anna", Role.SUPERVISOR, frozenset({HELPLINE}), telegram="7")},
    {HELPLINE: Link(HELPLINE, "-100", NIGHT)},
)


@pytest.fixture(scope="module")
def staffed(real_script: Script) -> Script:
    return replace(real_script, desks=Desks({HELPLINE: 0}))


def at_the_page_for_people(script: Script, now: datetime) -> Talker:
    person = Talker(script, Conversation(Language("en"), {"origin": "kh", "here": "th"}), now=now)
    person.take(Opened(flow="person"))
    return person


def called(script: Script, ticket: Ticket, hours: int) -> list[tuple[datetime, frozenset[Whom]]]:
    """When the helpline itself is called in so many hours in which nobody answers, and whom."""
    calls = []
    around, end = Surroundings(script.helplines, script.cards, ROSTER), ticket.asked + timedelta(hours=hours)
    while ticket.due is not None and ticket.due <= end:
        now = ticket.due
        decision = decide(ticket, around, Due(now), now)
        assert isinstance(decision, Accepted)
        assert decision.ticket is not None
        ticket = decision.ticket
        calls += [
            (now, effect.whom)
            for effect in decision.effects
            if isinstance(effect, CallDesk) and effect.helpline == HELPLINE
        ]
    return calls


def test_it_is_said_before_they_ask_that_nobody_is_there_and_when_somebody_is(staffed: Script) -> None:
    person = at_the_page_for_people(staffed, NIGHT)

    assert "nobody is at work there now" in person.words
    assert "somebody is at work there again from 26/11 08:00" in person.words
    assert "\U0001f4de" in person.words
    assert not any(isinstance(effect, OpenTicket) for effect in person.effects)


def test_on_duty_nothing_is_said_of_opening(staffed: Script) -> None:
    person = at_the_page_for_people(staffed, NIGHT.replace(hour=10))

    assert "somebody is at work there now" in person.words
    assert "again from" not in person.words


@pytest.mark.parametrize("language", ["en", "km", "lo", "my", "th"])
def test_the_emergency_page_says_so_before_the_tap_that_asks_a_helpline(staffed: Script, language: str) -> None:
    stands = Conversation(Language(language), {"origin": "kh", "here": "th"})
    by_night, by_day = Talker(staffed, stands, now=NIGHT), Talker(staffed, stands, now=NIGHT.replace(hour=10))
    for person in (by_night, by_day):
        person.take(Opened(flow="emergency"))

    assert "26/11 08:00" in by_night.words
    assert by_night.words.index("\U0001f4de") < by_night.words.index("26/11 08:00"), "numbers come first"
    assert "26/11 08:00" not in by_day.words
    assert [label for label in by_night.labels if label.startswith("🆘")]
    assert not any(isinstance(effect, OpenTicket) for effect in by_night.effects)


@pytest.mark.parametrize("button", ["Ask them to write to me", "Emergency: ask them now"])
def test_alerts_go_out_at_night_from_the_first_second_and_by_the_second_channel(staffed: Script, button: str) -> None:
    person = at_the_page_for_people(staffed, NIGHT)

    person.press(button)
    [ticket] = [effect.ticket for effect in person.effects if isinstance(effect, OpenTicket)]
    calls = called(staffed, ticket, hours=8)

    assert calls[0][0] == NIGHT
    assert [moment - NIGHT for moment, _ in calls[:5]] == [timedelta(minutes=one) for one in (0, 1, 3, 6, 10)]
    assert len(calls) == 5 + 47
    assert all(Whom.GROUP in whom and Whom.OUTSIDE in whom for _, whom in calls)
