"""Whatever came between a person and their talk with a helpline, nothing that they type is lost in silence.

Either it goes to the helpline and they are told so, or they are told that it did not, or it answers a question of ours.
Nothing goes there from where it was never said that it would.
"""

from dataclasses import replace
from datetime import timedelta
from typing import Final, TypeAlias

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from bot.desk.helplines import Desks, HelplineId
from bot.desk.letters import (
    Acknowledged,
    MediaKind,
    NobodyYet,
    Original,
    PersonSent,
    PersonWrote,
    ReferralNews,
    Referring,
    StaffWrote,
    TicketClosed,
    TicketReopened,
    ToPerson,
    WaitsAgain,
)
from bot.desk.ticket import CloseReason, ReferralState, Stage, TicketId
from bot.dialogue import Conversation
from bot.dialogue.conversation import Calling
from bot.dialogue.effects import WriteTo
from bot.dialogue.events import Event, LetterCame, Opened, Pressed, Shared, SharedKind, Typed, Wish, Wished
from bot.dialogue.person import Person
from bot.dialogue.phrasebook import TextId
from bot.dialogue.script import Script
from bot.dialogue.secrets import seal_secret
from bot.dialogue.steps import Ask, Choose
from bot.messages import Language
from tests.dialogue.little_world import NOW
from tests.dialogue.talker import Talker

HELPLINE, OTHER = HelplineId("example-thailand"), HelplineId("example-cambodia")
CALLING: Final = Calling(TicketId("~aaaaaaaaaaaaaaaaaaaa07"), HELPLINE, NOW, Stage.TALKING, since=NOW)
SECRET: Final = seal_secret(("sun", "fish", "moon"), NOW)
WHERE_IT_IS_SAID: Final = frozenset({"talk", "referral", "ended"})
WORDS: Final = (
    "please come to the yellow house by the river",
    "how do I get a passport",
    "he hits me and I cannot leave",
    "xyzzy 4711",
    "ជួយខ្ញុំផង គេយកលិខិតឆ្លងដែនខ្ញុំ",
)
LETTERS: Final[tuple[ToPerson, ...]] = (
    Acknowledged(NOW),
    NobodyYet(NOW),
    WaitsAgain(NOW),
    StaffWrote("We are here.", Language("en"), "one"),
    Referring(OTHER),
    ReferralNews(OTHER, ReferralState.ACCEPTED, OTHER),
    ReferralNews(OTHER, ReferralState.DECLINED, HELPLINE),
    TicketClosed(CloseReason.HELPED, NOW),
    TicketReopened(NOW),
)
FLOWS: Final = (
    "talk",
    "person",
    "emergency",
    "ended",
    "referral",
    "ask-helpline",
    "have-code",
    "cost-calculator",
    "about",
)

Doing: TypeAlias = Event | timedelta | str | int
"""Something that happens, time that passes, words that are typed, or the n-th button that was seen lately."""

doings: st.SearchStrategy[Doing] = st.one_of(
    st.integers(0, 29),
    st.integers(0, 29),
    st.sampled_from(WORDS),
    st.sampled_from(LETTERS).map(LetterCame),
    st.sampled_from(FLOWS).map(lambda flow: Opened(flow=flow)),
    st.sampled_from(Wish).map(Wished),
    st.sampled_from((timedelta(minutes=3), timedelta(hours=13))),
)


@pytest.fixture(scope="module")
def staffed(real_script: Script) -> Script:
    return replace(real_script, desks=Desks({HELPLINE: 0, OTHER: 0}))


def somebody(script: Script, stage: Stage = Stage.TALKING, secret: str | None = None) -> Talker:
    profile = {"origin": "kh", "here": "th"}
    kept = Conversation(Language("en"), profile, calling=replace(CALLING, stage=stage), active=NOW, secret=secret)
    return Talker(script, kept)


def says(person: Talker, phrase: str) -> bool:
    """Whether it is said, in whichever language they are spoken to."""
    found = (
        person.script.phrasebook.find(TextId(f"phrase.{phrase}"), language)[0] for language in person.script.tongues
    )
    return any(str(words[0]) in person.words for words in found)


def do(person: Talker, doing: Doing) -> None:
    match doing:
        case timedelta():
            person.now += doing
        case int():
            lately = [button for button in person.seen[-30:] if button.press]
            if lately:
                person.take(Pressed(lately[doing % len(lately)].press))
        case str():
            say(person, doing)
        case _:
            person.take(doing)


def say(person: Talker, words: str) -> list[PersonWrote]:
    """Type it, and hold what becomes of it to the law."""
    calling = person.conversation.calling
    stood = Person(person.script, person.conversation, person.now)
    found = stood.waiting()
    step = None if found is None else found[1]

    person.take(Typed(words, "31"))

    letters = [effect.letter for effect in person.effects if isinstance(effect, WriteTo)]
    wrote = [letter for letter in letters if isinstance(letter, PersonWrote)]
    assert [letter.words for letter in wrote] in ([], [words])
    assert says(person, "passed-on") == bool(wrote)
    if calling is None or calling.stage is Stage.CLOSED:
        assert not wrote
    elif wrote:
        assert stood.flow_here() in WHERE_IT_IS_SAID or (isinstance(step, Choose) and step.talks)
    elif not isinstance(step, Ask):
        # After a quick exit nothing on the screen may speak of a helpline, and they know that nobody reads.
        assert says(person, "not-passed-on") != calling.hidden
    return wrote


@given(st.sampled_from(Stage), st.booleans(), st.lists(doings, max_size=12), st.sampled_from(WORDS))
@settings(max_examples=400, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_nothing_typed_is_lost_in_silence_whatever_came_between(
    staffed: Script,
    stage: Stage,
    has_pictures: bool,  # noqa: FBT001 - drawn like the others
    before: list[Doing],
    words: str,
) -> None:
    person = somebody(staffed, stage, SECRET if has_pictures else None)
    for doing in before:
        do(person, doing)

    say(person, words)


@pytest.mark.parametrize("button", ["What can I send?", "Show my code", "I do not need this any more"])
def test_what_is_typed_beside_the_talk_goes_to_the_helpline(staffed: Script, button: str) -> None:
    person = somebody(staffed)
    person.take(Opened(flow="talk"))
    person.press(button)

    assert say(person, WORDS[0])


@pytest.mark.parametrize("screen", [None, "Someone is hurt", "I am locked in", "I do not want to live"])
def test_what_is_typed_in_an_emergency_goes_to_the_helpline_that_was_asked(staffed: Script, screen: str | None) -> None:
    person = somebody(staffed)
    person.take(Opened(flow="emergency"))
    assert "What you write here goes to Example helpline" in person.words
    if screen is not None:
        person.press(screen)

    assert say(person, WORDS[0])


def test_whoever_has_asked_nobody_is_told_nothing_of_helplines_in_an_emergency(staffed: Script) -> None:
    person = Talker(staffed, Conversation(Language("en"), {"origin": "kh", "here": "th"}))
    person.take(Opened(flow="emergency"))

    person.type(WORDS[3])

    assert "goes to" not in person.words
    assert not says(person, "not-passed-on")


def test_what_is_typed_in_a_menu_is_answered_there_with_the_way_to_the_helpline(staffed: Script) -> None:
    person = somebody(staffed)
    person.take(Opened())

    assert not say(person, WORDS[1])
    person.press("My talk with the helpline")

    assert say(person, WORDS[1])


def test_a_talk_that_goes_on_is_not_shown_as_closed(staffed: Script) -> None:
    person = somebody(staffed)
    person.take(LetterCame(TicketClosed(CloseReason.HELPED, NOW)))
    assert "is closed" in person.words

    person.take(LetterCame(TicketReopened(NOW)))

    assert "open again" in person.words
    assert "is closed" not in person.words
    assert say(person, WORDS[0])


def test_what_is_typed_after_the_end_is_said_to_have_reached_nobody(staffed: Script) -> None:
    person = somebody(staffed)
    person.take(LetterCame(TicketClosed(CloseReason.HELPED, NOW)))

    assert not say(person, WORDS[3])

    assert says(person, "not-passed-on")
    assert any("I need it again" in label for label in person.labels)


def test_a_photo_in_an_emergency_goes_to_the_helpline_too(staffed: Script) -> None:
    person = somebody(staffed)
    person.take(Opened(flow="emergency"))
    photo = Original("telegram", "5", "77")

    person.take(Shared(SharedKind.PHOTO, original=photo))

    letters = [effect.letter for effect in person.effects if isinstance(effect, WriteTo)]
    assert letters == [PersonSent(MediaKind.PHOTO, photo)]


def test_to_look_for_numbers_is_not_to_come_back_after_a_quick_exit(staffed: Script) -> None:
    person = somebody(staffed)
    person.take(Wished(Wish.EXIT))

    person.take(Opened(flow="emergency"))

    assert person.conversation.calling is not None
    assert person.conversation.calling.hidden
