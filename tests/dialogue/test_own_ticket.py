"""What a person's side of a call must never get wrong, over the content as it is."""

from collections.abc import Mapping
from dataclasses import replace
from datetime import timedelta

import pytest

from bot.desk.helplines import Desks, HelplineId
from bot.desk.letters import (
    CodeUnknown,
    Missed,
    NobodyYet,
    NotShown,
    PersonAgreed,
    PersonErased,
    PersonHid,
    PersonJudged,
    PersonReopened,
    PersonReturned,
    PersonTold,
    PersonUrged,
    PersonWithdrew,
    PersonWrote,
    ReferralNews,
    Referring,
    Showed,
    StaffWrote,
    TicketClosed,
    TicketJoined,
    TicketMovedAway,
)
from bot.desk.ticket import CloseReason, ReferralState, Stage, Ticket, TicketId, Urgency
from bot.desk.timetable import KEPT_AFTER_CLOSE
from bot.dialogue import Conversation
from bot.dialogue.conversation import Calling
from bot.dialogue.effects import Delete, DropHeld, Hold, OpenTicket, Send, Unveil, UseCode, Wake, WriteTo
from bot.dialogue.engine import take_turn
from bot.dialogue.events import Edited, Elapsed, LetterCame, Looked, Opened, Pressed, Reported, Typed, Wish, Wished
from bot.dialogue.script import Script
from bot.dialogue.secrets import seal_secret
from bot.language import Danger, Level, Understood
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


def in_talk(script: Script, **profile: str) -> Talker:
    person = caller(script, Stage.TALKING)
    person.conversation = replace(person.conversation, profile={**person.conversation.profile, **profile})
    person.take(Opened(flow="talk"))
    return person


HELLO = LetterCame(StaffWrote("We are here.", Language("en"), "one"))


class Alarmed:
    """Hears danger in everything."""

    def understand(self, text: str, language: str | None, profile: Mapping[str, str]) -> Understood:
        return Understood(text, language, danger=Danger(Level.CERTAIN, "held-against-will"))


def shown(person: Talker) -> str:
    return person.words


def test_what_is_typed_in_a_talk_goes_to_the_helpline_and_is_matched_with_nothing(staffed: Script) -> None:
    person = in_talk(staffed)

    person.take(Typed("how do I get a passport", "31"))

    assert letters(person) == [PersonWrote("how do I get a passport", Language("en"), "31")]
    assert person.conversation.shown[-1].message == "31"
    assert "passport" not in shown(person)


def test_words_of_danger_in_a_talk_show_numbers_and_make_the_call_urgent(staffed: Script) -> None:
    person = in_talk(replace(staffed, understanding=Alarmed()))

    person.take(Typed("they locked me in and I cannot leave", "32"))

    assert [type(letter) for letter in letters(person)] == [PersonUrged, PersonWrote]
    assert "\U0001f4de" in shown(person)


def test_staff_words_wait_behind_one_neutral_line(staffed: Script) -> None:
    person = in_talk(staffed)

    person.take(HELLO)
    assert [type(effect) for effect in person.effects] == [Hold, WriteTo, Send]
    assert letters(person) == [Showed("one", opened=False)]
    assert "We are here" not in shown(person)
    person.take(LetterCame(StaffWrote("And again.", Language("en"), "two")))

    assert [type(effect) for effect in person.effects] == [Hold, WriteTo], "one neutral line is enough"


def test_who_chose_open_sees_them_at_once_unless_they_come_late(staffed: Script) -> None:
    person = in_talk(staffed, contact="open")

    person.take(HELLO)
    assert "We are here" in shown(person)
    person.now += timedelta(minutes=16)
    person.take(LetterCame(StaffWrote("Late.", Language("en"), "two")))

    assert "Late." not in shown(person)


def test_who_chose_to_come_by_themselves_is_sent_nothing(staffed: Script) -> None:
    person = in_talk(staffed, contact="wait")

    person.take(HELLO)
    assert [effect for effect in person.effects if isinstance(effect, Send)] == []
    person.take(LetterCame(NobodyYet(NOW)))

    assert [effect for effect in person.effects if isinstance(effect, Send)] == []


def test_outside_their_hours_the_neutral_line_waits_too(staffed: Script) -> None:
    person = in_talk(staffed, contact="veiled", contact_hours="night")

    person.take(HELLO)

    assert [effect for effect in person.effects if isinstance(effect, Send)] == []
    assert [effect.node for effect in person.effects if isinstance(effect, Wake)] == ["notice"]


def test_what_was_shown_is_covered_after_two_minutes(staffed: Script) -> None:
    person = in_talk(staffed)
    person.take(Reported("one", "77", None))
    wakes = {effect.node: effect.after for effect in person.effects if isinstance(effect, Wake)}
    assert wakes["cover"] == timedelta(minutes=2)
    assert letters(person) == [Showed("one", opened=True)]

    person.now += timedelta(minutes=2)
    person.take(Elapsed("cover"))

    assert [effect.edits for effect in person.effects if isinstance(effect, Send)] == ["77"]


def test_a_quick_exit_deletes_both_sides_and_nothing_comes_until_they_return(staffed: Script) -> None:
    person = in_talk(staffed, contact="open")
    person.take(Typed("help me", "31"))
    person.take(Reported("one", "77", None))

    person.take(Typed("x", "32"))
    assert letters(person) == [PersonHid()]
    assert [effect.messages for effect in person.effects if isinstance(effect, Delete)] == [("31", "77", "32")]
    for letter in (HELLO, LetterCame(NobodyYet(NOW))):
        person.take(letter)
        assert [effect for effect in person.effects if isinstance(effect, Send)] == []
    person.take(Opened(flow="talk"))

    assert PersonReturned() in letters(person)
    assert Unveil() in person.effects


def test_what_was_held_of_an_earlier_talk_is_still_shown_after_a_new_call(staffed: Script) -> None:
    person = in_talk(staffed)
    person.take(HELLO)
    assert person.conversation.calling is not None
    closed = replace(person.conversation.calling, stage=Stage.CLOSED, judged=True)
    person.conversation = replace(person.conversation, calling=closed)

    person.take(Opened(flow="ask-helpline"))
    assert any(isinstance(effect, OpenTicket) for effect in person.effects)
    person.take(Opened(flow="talk"))

    assert Unveil() in person.effects


def test_erasing_everything_reaches_the_helpline(staffed: Script) -> None:
    person = in_talk(staffed)
    person.take(Opened(flow="about"))
    person.press("Erase")

    while not letters(person):
        person.press("Erase" if any("Erase" in label for label in person.labels) else "Yes")

    assert letters(person) == [PersonErased()]


def test_what_is_typed_while_a_referral_is_asked_about_still_goes_to_the_helpline(staffed: Script) -> None:
    person = in_talk(staffed)
    person.take(LetterCame(Referring(HelplineId("example-cambodia"))))
    assert person.conversation.calling is not None
    assert person.conversation.calling.referred == "example-cambodia"

    person.take(Typed("wait, there is more", "33"))

    assert letters(person) == [PersonWrote("wait, there is more", Language("en"), "33")]


def newcomer(script: Script) -> Talker:
    """Somebody who has never called a helpline, at the flow that is about talking to a person."""
    person = Talker(script, Conversation(Language("en"), {"origin": "kh", "here": "th"}, active=NOW))
    person.take(Opened(flow="person"))
    return person


def tickets(person: Talker) -> list[Ticket]:
    return [effect.ticket for effect in person.effects if isinstance(effect, OpenTicket)]


def test_who_asks_has_numbers_before_the_tap_and_in_the_reply_to_it_with_the_ticket_in_the_same_turn(
    staffed: Script,
) -> None:
    person = newcomer(staffed)
    assert "\U0001f4de" in shown(person)

    person.press("Ask them to write to me")

    assert "\U0001f4de" in shown(person)
    assert "Not answered yet" in shown(person)
    assert [
        (one.helpline, one.stage, one.urgency, one.due, one.language, one.here, one.origin) for one in tickets(person)
    ] == [(HELPLINE, Stage.ASKED, Urgency.NORMAL, NOW, "en", "th", "kh")]
    assert person.conversation.calling == Calling(tickets(person)[0].id, HELPLINE, NOW)


def test_an_emergency_asks_nothing_and_is_one_tap_from_a_talk_with_numbers(staffed: Script) -> None:
    person = newcomer(staffed)

    person.press("Emergency: ask them now")

    assert [one.urgency for one in tickets(person)] == [Urgency.EMERGENCY]
    assert "\U0001f4de" in shown(person)
    assert "What you write or send now goes to them" in shown(person)


def test_who_asks_twice_has_one_ticket(staffed: Script) -> None:
    person = newcomer(staffed)
    person.press("Ask them to write to me")

    person.take(Opened(flow="ask-helpline"))

    assert (tickets(person), letters(person)) == ([], [])


def test_where_no_helpline_can_take_it_nothing_is_promised_and_numbers_are_shown(real_script: Script) -> None:
    person = newcomer(replace(real_script, desks=Desks()))

    assert "No person can answer in this chat yet" in shown(person)
    assert not any("Ask them" in label for label in person.labels)
    person.take(Opened(flow="ask-helpline"))

    assert tickets(person) == []
    assert "\U0001f4de" in shown(person)


def test_staff_words_are_shown_after_a_look_and_the_line_says_nothing_of_them(staffed: Script) -> None:
    person = in_talk(staffed)
    person.take(HELLO)
    line = shown(person)
    assert "helpline" not in line.lower()
    assert person.conversation.calling is not None
    assert person.conversation.calling.held == 1

    person.press("Look")

    assert Unveil() in person.effects
    assert person.conversation.calling.held == 0
    person.take(LetterCame(StaffWrote("And again.", Language("en"), "two")))
    assert "Look" in " ".join(person.labels), "what comes after that has a line of its own"


def test_what_is_changed_later_is_changed_for_the_helpline_and_what_was_never_sent_is_not(staffed: Script) -> None:
    person = in_talk(staffed)
    person.take(Typed("help me", "31"))

    person.take(Edited("help me please", "31"))
    assert letters(person) == [PersonWrote("help me please", Language("en"), "31", is_edit=True)]
    person.take(Edited("something else", "12"))

    assert letters(person) == []


REFERRING = LetterCame(Referring(HelplineId("example-cambodia")))


def test_a_referral_is_asked_about_in_words_that_say_what_is_passed_on_and_to_whom(staffed: Script) -> None:
    person = in_talk(staffed)

    person.take(REFERRING)

    assert "would like to pass your question on to" in shown(person)
    assert "They would be told only: your language" in shown(person)
    assert letters(person) == [], "nothing is answered for them"
    person.press("Yes, pass it on")
    assert letters(person) == [PersonAgreed(HelplineId("example-cambodia"), agreed=True)]


def test_a_referral_that_is_refused_stays_where_it_was(staffed: Script) -> None:
    person = in_talk(staffed)
    person.take(REFERRING)

    person.press("No, do not pass it on")

    assert letters(person) == [PersonAgreed(HelplineId("example-cambodia"), agreed=False)]
    assert person.conversation.calling is not None
    assert person.conversation.calling.helpline == HELPLINE


@pytest.mark.parametrize("accepted", [False, True])
def test_a_yes_to_a_referral_can_be_taken_back_before_and_after_it_was_accepted(
    staffed: Script, *, accepted: bool
) -> None:
    other = HelplineId("example-cambodia")
    person = in_talk(staffed)
    person.take(REFERRING)
    person.press("Yes, pass it on")
    if accepted:
        person.take(LetterCame(ReferralNews(other, ReferralState.ACCEPTED, holds=other)))
    person.take(Opened(flow="talk"))

    person.press("Passing on to another helpline")
    person.press("Take it back")

    assert letters(person) == [PersonAgreed(other, agreed=False)]


def test_a_question_about_a_referral_is_not_put_on_the_screen_of_who_has_left(staffed: Script) -> None:
    person = in_talk(staffed)
    person.take(Typed("x", "32"))

    person.take(REFERRING)
    assert [effect for effect in person.effects if isinstance(effect, Send)] == []
    assert person.conversation.calling is not None
    assert person.conversation.calling.referral is ReferralState.ASKING
    person.take(Opened(flow="talk"))

    assert any("Passing on" in label for label in person.labels)


def test_a_code_opens_the_talk_on_another_phone_and_ends_it_on_the_first(staffed: Script) -> None:
    other = newcomer(staffed)
    other.press("I have a code")
    other.take(Typed("ABCDE-FGHJK", "1"))
    assert [effect.code for effect in other.effects if isinstance(effect, UseCode)] == ["ABCDE-FGHJK"]
    assert "ABCDE" not in repr(other.conversation), "the code is kept nowhere"

    other.take(LetterCame(TicketJoined(TICKET, HELPLINE, NOW, Stage.TALKING)))
    assert "You are in a talk with" in shown(other)
    other.take(Typed("it is me", "2"))
    assert letters(other) == [PersonWrote("it is me", Language("en"), "2")]

    first = in_talk(staffed)
    first.take(Typed("help me", "31"))
    first.take(LetterCame(TicketMovedAway()))
    assert [effect.messages for effect in first.effects if isinstance(effect, Delete)] == [("31",)]
    assert first.conversation.calling is None
    first.take(Typed("hello", "33"))

    assert letters(first) == []


def test_the_phone_that_a_talk_has_left_is_covered_with_one_line_that_says_nothing_of_it(staffed: Script) -> None:
    first = in_talk(staffed)
    first.take(Typed("help me", "31"))

    first.take(LetterCame(TicketMovedAway()))

    [line] = [effect for effect in first.effects if isinstance(effect, Send)]
    assert (line.covers, line.silent) == (True, True)
    assert "What was open here is closed now." in first.words
    assert not any(word in first.words.lower() for word in ("helpline", "talk", "phone", "answer", "code"))
    assert letters(first) == [], "nobody has left, so that staff are not told to wait"
    first.take(Wished(Wish.BACK))
    assert "You are in a talk" not in first.words


@pytest.mark.parametrize("profile", [{"contact": "wait"}, {"contact_hours": "night"}])
def test_whoever_wants_nothing_to_be_written_is_not_written_to_about_that_either(
    staffed: Script, profile: dict[str, str]
) -> None:
    first = in_talk(staffed, **profile)

    first.take(LetterCame(TicketMovedAway()))

    assert [effect for effect in first.effects if isinstance(effect, Send)] == []
    first.take(Looked())
    assert "You are in a talk" not in first.words


def test_staff_learn_what_was_still_held_on_the_phone_that_a_talk_has_left(staffed: Script) -> None:
    first = in_talk(staffed)
    first.take(HELLO)
    first.press("Look")
    first.take(LetterCame(StaffWrote("Second.", Language("en"), "two")))
    first.take(LetterCame(StaffWrote("Second, changed.", Language("en"), "two", is_edit=True)))
    first.take(LetterCame(StaffWrote("Third.", Language("en"), "three")))

    first.take(LetterCame(TicketMovedAway()))

    assert letters(first) == [NotShown("two", Missed.EXPIRED), NotShown("three", Missed.EXPIRED)]


def test_a_new_talk_begins_without_the_pictures_of_the_last_unless_something_of_it_waits(staffed: Script) -> None:
    for held in (0, 1):
        person = caller(staffed, Stage.CLOSED, seal_secret(("sun", "fish", "moon"), NOW))
        assert person.conversation.calling is not None
        kept = replace(person.conversation.calling, held=held)
        person.conversation = replace(person.conversation, calling=kept)
        person.now += timedelta(days=3)

        person.take(Opened(flow="ask-helpline"))

        assert len(tickets(person)) == 1
        assert (person.conversation.secret is None) == (held == 0)


def test_a_wrong_code_says_so_and_shows_a_way_on(staffed: Script) -> None:
    person = newcomer(staffed)
    person.press("I have a code")
    person.take(Typed("ABCDE-FGHJK", "1"))

    person.take(LetterCame(CodeUnknown()))

    assert "No talk was found" in shown(person)
    assert any("numbers" in label for label in person.labels)


def test_the_end_asks_once_whether_it_helped_and_says_what_is_kept(staffed: Script) -> None:
    person = in_talk(staffed)

    person.take(LetterCame(TicketClosed(CloseReason.HELPED, NOW)))
    assert "did this help you?" in shown(person)
    assert "we keep" in shown(person)
    person.press("Yes, it helped")
    assert letters(person) == [PersonJudged(helped=True)]
    person.take(Opened(flow="ended"))

    assert "did this help you?" not in shown(person)


def test_who_withdraws_is_written_to_no_more_and_asked_nothing_twice(staffed: Script) -> None:
    person = in_talk(staffed)

    person.press("I do not need this any more")
    person.press("Yes, end it")

    assert letters(person) == [PersonWithdrew()]
    assert "They do not write to you any more" in shown(person)


def test_the_end_names_who_the_talk_was_with_and_not_who_would_take_the_next_call(staffed: Script) -> None:
    other = HelplineId("example-laos")
    only_other = replace(staffed, desks=Desks({other: 0}))
    person = caller(only_other, Stage.CLOSED)

    person.take(Opened(flow="ended"))

    assert "Your talk with Example helpline in Thailand is closed." in person.words


def test_the_end_names_nobody_who_is_not_declared_any_more(staffed: Script) -> None:
    person = caller(staffed, Stage.CLOSED)
    assert person.conversation.calling is not None
    gone = replace(person.conversation.calling, helpline=HelplineId("gone"))
    person.conversation = replace(person.conversation, calling=gone)

    person.take(Opened(flow="ended"))

    assert "Your talk with the helpline is closed." in person.words


def test_what_was_held_is_forgotten_at_once_when_the_talk_goes_on_from_another_phone(staffed: Script) -> None:
    person = caller(staffed)
    person.take(LetterCame(StaffWrote("We are here.", Language("en"), "one")))
    person.take(LetterCame(TicketMovedAway()))
    assert DropHeld() in person.effects


def test_who_leaves_finds_what_staff_wrote_when_they_return(staffed: Script) -> None:
    person = caller(staffed)
    person.take(LetterCame(StaffWrote("We are here.", Language("en"), "one")))

    person.take(Wished(Wish.EXIT))

    assert DropHeld() not in person.effects
