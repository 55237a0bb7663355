"""What is known for the quick exit, for how long, and that every screen has the way out."""

from dataclasses import replace
from datetime import timedelta

import pytest

from bot.desk.helplines import Desks, HelplineId
from bot.desk.letters import Showed, StaffWrote
from bot.desk.ticket import Stage, TicketId
from bot.dialogue import Conversation
from bot.dialogue.conversation import Calling
from bot.dialogue.effects import Delete, Hold, Send, Wake, WriteTo
from bot.dialogue.events import Elapsed, LetterCame, Opened, Pressed, Reported, Typed, Wish, Wished
from bot.dialogue.own_ticket import SHOWN_ALARM, SHOWN_AT_MOST
from bot.dialogue.presses import Press, write_press
from bot.dialogue.script import Script
from bot.messages import Language, Message, plain
from bot.store.contract import Address, Outgoing, OutgoingId
from bot.turns.holding import hold_again
from tests.dialogue.little_world import NOW
from tests.dialogue.talker import Talker, at_home

HELPLINE = HelplineId("example-thailand")
TICKET = TicketId("~aaaaaaaaaaaaaaaaaaaa07")
EN = Language("en")
HOUR = timedelta(hours=1)


@pytest.fixture(scope="module")
def staffed(real_script: Script) -> Script:
    return replace(real_script, desks=Desks({HELPLINE: 0}))


def in_talk(script: Script, **profile: str) -> Talker:
    known = {"origin": "kh", "here": "th", "contact": "open", **profile}
    calling = Calling(TICKET, HELPLINE, NOW, Stage.TALKING, since=NOW)
    person = Talker(script, Conversation(EN, known, calling=calling, active=NOW))
    person.take(Opened(flow="talk"))
    return person


def deleted(person: Talker) -> set[str]:
    return {one for effect in person.effects if isinstance(effect, Delete) for one in effect.messages}


def known(person: Talker) -> set[str]:
    return {shown.message for shown in person.conversation.shown}


def test_what_somebody_types_is_deleted_with_the_word_by_which_they_leave(real_script: Script) -> None:
    person = at_home(real_script)
    person.take(Typed("my boss has my passport", "31"))

    person.take(Typed("x", "33"))

    assert deleted(person) == {"31", "33"}
    assert person.conversation.shown == ()
    assert "Information about working abroad" in person.words


def test_a_command_to_leave_goes_too(real_script: Script) -> None:
    person = at_home(real_script)

    person.take(Wished(Wish.EXIT, "34"))

    assert deleted(person) == {"34"}


def test_sensitive_screens_and_numbers_are_noted_and_others_are_not(real_script: Script) -> None:
    person = at_home(real_script)
    assert [effect.noted for effect in person.effects if isinstance(effect, Send)] == [False]

    person.take(Opened(flow="person"))
    assert {effect.noted for effect in person.effects if isinstance(effect, Send)} == {True}
    person.take(Reported("", "40", None))
    assert known(person) == {"40"}
    # The screen stood under the button that led out of it.
    person.take(Pressed(write_press(Press(Wish.HOME, EN)), "41", NOW - HOUR))
    assert known(person) == {"40", "41"}


def test_the_cover_is_neither_noted_nor_deleted(real_script: Script) -> None:
    person = at_home(real_script)
    person.take(Opened(flow="person"))

    person.take(Pressed(write_press(Press(Wish.EXIT, EN)), "41", NOW))

    assert [effect.noted for effect in person.effects if isinstance(effect, Send)] == [False]
    assert person.conversation.shown == ()


def test_what_was_on_its_way_when_they_left_is_taken_away_when_it_comes(staffed: Script) -> None:
    person = in_talk(staffed)
    person.take(Wished(Wish.EXIT, "1"))

    person.take(Reported("one", "77", None))

    assert deleted(person) == {"77"}
    assert person.conversation.shown == ()


def test_a_message_is_as_old_as_when_it_was_sent_however_often_it_changes(staffed: Script) -> None:
    person = in_talk(staffed)
    home = write_press(Press(Wish.BACK, EN))
    person.take(Pressed(home, "50", NOW - 40 * HOUR))
    person.now = NOW + 7 * HOUR
    person.take(Pressed(home, "50", NOW + 6 * HOUR))

    assert [shown.at for shown in person.conversation.shown] == [NOW - 40 * HOUR]


def test_of_very_many_the_oldest_are_not_known_any_more(staffed: Script) -> None:
    person = in_talk(staffed)

    for number in range(SHOWN_AT_MOST + 5):
        person.take(Typed("please", str(number)))

    assert len(person.conversation.shown) == SHOWN_AT_MOST
    assert "4" not in known(person)


@pytest.mark.parametrize("stays", [False, True])
def test_what_belongs_to_a_talk_leaves_the_chat_before_two_days_unless_it_is_kept(
    staffed: Script, *, stays: bool
) -> None:
    person = in_talk(staffed, **({"talk_stays": "yes"} if stays else {}))
    person.take(Typed("please", "31"))
    assert {effect.node for effect in person.effects if isinstance(effect, Wake)} >= {SHOWN_ALARM}
    person.take(Reported("one", "77", None))
    person.take(Reported("", "78", None))
    person.now = NOW + 5 * HOUR
    person.take(Typed("please", "32"))

    person.now = NOW + 47 * HOUR
    person.take(Elapsed(SHOWN_ALARM))

    assert deleted(person) == (set() if stays else {"31", "77"})
    assert not any(isinstance(effect, Send) for effect in person.effects)
    # Nothing of that time is known any more, and the rest for as long as it can be deleted.
    assert known(person) == {"32"}
    assert [effect.after for effect in person.effects if isinstance(effect, Wake)] == [5 * HOUR]
    person.now = NOW + 52 * HOUR
    person.take(Elapsed(SHOWN_ALARM))
    assert person.conversation.shown == ()


def test_words_of_staff_that_were_on_their_way_wait_until_they_return(staffed: Script) -> None:
    person = in_talk(staffed)
    words = Message(plain("We come at nine."), keep=True)
    waiting = [
        Outgoing(OutgoingId(b"123456780"), Address("telegram", "7"), Message(plain("Numbers"))),
        Outgoing(OutgoingId(b"123456781"), Address("telegram", "7"), words, ref="two", reports=True),
    ]

    turn = hold_again(person.take(Wished(Wish.EXIT)), waiting)

    assert [effect for effect in turn.effects if isinstance(effect, Hold)] == [Hold(words, "two")]
    assert WriteTo(TICKET, Showed("two", opened=False)) in turn.effects
    assert turn.conversation is not None
    assert turn.conversation.calling is not None
    assert turn.conversation.calling.held == 1
    assert turn.conversation.calling.hidden


def test_nothing_is_shown_after_leaving_until_they_return(staffed: Script) -> None:
    person = in_talk(staffed)
    person.take(Wished(Wish.EXIT))

    person.take(LetterCame(StaffWrote("Are you there?", EN, "three")))

    assert not any(isinstance(effect, Send) for effect in person.effects)


def test_every_screen_on_which_somebody_can_stand_has_the_quick_exit(staffed: Script) -> None:
    exits = {write_press(Press(Wish.EXIT, language)) for language in staffed.tongues}
    lacking = []
    for flow in staffed.flows.values():
        person = at_home(staffed)
        person.take(Opened(flow=flow.id))
        menu = person.shown[-1]
        if not exits & {button.press for row in menu.rows for button in row}:
            lacking.append((flow.id, "start"))
        elif flow.sensitive and menu.rows[-1][0].press not in exits:
            lacking.append((flow.id, "not first"))
    assert lacking == []
