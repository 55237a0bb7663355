"""What a person's side of a call must never get wrong, over the content as it is."""

from dataclasses import replace
from datetime import timedelta

import pytest

from bot.desk.helplines import Desks, HelplineId
from bot.desk.letters import PersonReopened, PersonTold, StaffWrote
from bot.desk.ticket import Stage, TicketId, Urgency
from bot.desk.timetable import KEPT_AFTER_CLOSE
from bot.dialogue import Conversation
from bot.dialogue.conversation import Calling
from bot.dialogue.effects import OpenTicket, Unveil, WriteTo
from bot.dialogue.engine import take_turn
from bot.dialogue.events import LetterCame, Opened, Pressed, Wish, Wished
from bot.dialogue.script import Script
from bot.dialogue.secrets import seal_secret
from bot.messages import Language
from tests.dialogue.little_world import NOW
from tests.dialogue.talker import Talker

HELPLINE = HelplineId("example-thailand")
TICKET = TicketId("~aaaaaaaaaaaaaaaaaaaa07")


@pytest.fixture(scope="module")
def staffed(real_script: Script) -> Script:
    return replace(real_script, desks=Desks({HELPLINE: 0}))


def caller(script: Script, stage: Stage = Stage.ASKED, secret: str | None = None) -> Talker:
    profile = {"origin": "kh", "here": "th"}
    calling = Calling(TICKET, HELPLINE, NOW, stage, since=NOW)
    return Talker(script, Conversation(Language("en"), profile, calling=calling, active=NOW, secret=secret))


def letters(talker: Talker) -> list[object]:
    return [effect.letter for effect in talker.effects if isinstance(effect, WriteTo)]


def test_what_it_is_about_reaches_the_helpline_that_was_asked_already(staffed: Script) -> None:
    person = caller(staffed)
    person.take(Opened(flow="ask-helpline"))
    for label in ("Go on", "Go on", "Yes, it is safe", "Only I use it", "Skip", "Skip"):
        person.press(label)

    person.press("My pay")

    assert letters(person) == [PersonTold(None, None, "own", "wage-unpaid")]


def test_an_answer_is_never_shown_beside_words_that_nobody_has_answered(staffed: Script) -> None:
    person = caller(staffed)
    person.take(Opened(flow="talk"))
    person.take(LetterCame(StaffWrote("We are here.", Language("en"), "one")))

    person.press("Look")

    assert Unveil() in person.effects
    assert "You are in a talk with" in person.words
    assert "Not answered yet" not in person.words


@pytest.mark.parametrize(
    ("passed", "reopens"), [(KEPT_AFTER_CLOSE - timedelta(days=2), True), (KEPT_AFTER_CLOSE, False)]
)
def test_a_ticket_that_may_be_deleted_is_not_opened_again_but_called_anew(
    staffed: Script, passed: timedelta, *, reopens: bool
) -> None:
    person = caller(staffed, Stage.CLOSED)
    person.now = NOW + passed
    person.take(Opened(flow="ended"))

    person.press("I need it again")

    assert (PersonReopened() in letters(person)) is reopens
    opened = [effect.ticket.urgency for effect in person.effects if isinstance(effect, OpenTicket)]
    assert opened == ([] if reopens else [Urgency.NORMAL])
    assert person.conversation.calling is not None
    assert person.conversation.calling.stage is Stage.ASKED


def test_the_safe_pictures_cannot_be_gone_around(staffed: Script) -> None:
    person = caller(staffed, secret=seal_secret(("sun", "fish", "moon"), NOW))
    person.take(Opened(flow="talk"))
    person.now = NOW + timedelta(hours=13)
    person.take(LetterCame(StaffWrote("We are here.", Language("en"), "one")))
    person.press("Look")
    person.take(Wished(Wish.HOME))
    person.take(Wished(Wish.PERSON))

    person.press("My talk with the helpline")

    assert Unveil() not in person.effects
    assert "choose your three pictures" in person.words
    for picture in ("☀️", "🐟", "🌙"):
        turn = take_turn(staffed, person.conversation, Pressed(person.button(picture).press), person.now)
        person.conversation, person.effects, person.shown = (
            turn.conversation or person.conversation,
            turn.effects,
            turn.messages,
        )
    assert Unveil() in person.effects
