"""What is kept is shown to whose it is, and the times told are those that the code keeps."""

from dataclasses import replace
from datetime import timedelta

import pytest

from bot.desk.helplines import Desks, HelplineId
from bot.desk.letters import PersonErased
from bot.desk.ticket import Stage, TicketId
from bot.desk.timetable import KEPT_AFTER_CLOSE
from bot.dialogue import Conversation
from bot.dialogue.conversation import Calling, Shown
from bot.dialogue.effects import WriteTo
from bot.dialogue.events import Opened
from bot.dialogue.own_ticket import SHOWN_LIFE
from bot.dialogue.script import Script
from bot.facts import Amount, FactId
from bot.messages import Language
from bot.store.contract import QUARANTINE_LIFE, RECORD_LIFE
from tests.dialogue.little_world import NOW
from tests.dialogue.talker import Talker

HELPLINE = HelplineId("example-thailand")
TICKET = TicketId("~aaaaaaaaaaaaaaaaaaaa07")
LIVES = {
    "bot-keep-days": RECORD_LIFE,
    "bot-exit-hours": SHOWN_LIFE,
    "bot-quarantine-days": QUARANTINE_LIFE,
    "bot-case-days": KEPT_AFTER_CLOSE,
}


@pytest.fixture(scope="module")
def staffed(real_script: Script) -> Script:
    return replace(real_script, desks=Desks({HELPLINE: 0}))


def with_much(script: Script) -> Talker:
    calling = Calling(TICKET, HELPLINE, NOW, Stage.TALKING, since=NOW, held=2)
    profile = {"origin": "kh", "here": "th", "contact": "open", "stage": "work"}
    shown = tuple(Shown(str(number), NOW) for number in range(3))
    conversation = Conversation(Language("en"), profile, calling=calling, active=NOW, shown=shown, secret="sealed")
    return Talker(script, conversation)


@pytest.mark.parametrize("fact", LIVES)
def test_people_are_told_the_times_that_the_code_keeps(real_script: Script, fact: str) -> None:
    value = real_script.facts[FactId(fact)].value

    assert isinstance(value, Amount)
    assert timedelta(**{f"{value.unit}s": int(value.number)}) == LIVES[fact]


def test_no_time_is_told_that_no_code_keeps(real_script: Script) -> None:
    assert {fact for fact in real_script.facts if fact.startswith("bot-")} == set(LIVES)


def test_all_that_is_kept_is_told(staffed: Script) -> None:
    person = with_much(staffed)

    person.take(Opened(flow="my-data"))
    first = person.words
    person.press("Continue")

    told = first + person.words
    for words in (
        *("your language", "Cambodia", "Thailand", "your other answers", "numbers of messages", "3. Each goes"),
        *("how and when a helpline may write", "secret pictures", "Example helpline in Thailand", "not read: 2"),
        *("30 days", "48 hours", "after one week", "The messenger keeps what was written", "notes of its own"),
    ):
        assert words in told, words


def test_what_is_not_kept_is_not_told(staffed: Script) -> None:
    person = Talker(staffed, Conversation(Language("en"), {}))

    person.take(Opened(flow="my-data"))
    first = person.words
    if any("Continue" in label for label in person.labels):
        person.press("Continue")

    told = first + person.words
    for words in ("the country you are from", "secret pictures", "you asked", "not read", "numbers of messages"):
        assert words not in told, words


def test_all_of_it_is_erased_at_once_and_at_the_helpline(staffed: Script) -> None:
    person = with_much(staffed)
    person.take(Opened(flow="erase-data"))

    turn = person.press("Yes, erase")

    assert turn.conversation is None
    assert WriteTo(TICKET, PersonErased()) in turn.effects
