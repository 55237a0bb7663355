"""The safe pictures are kept so that they can be compared and not read."""

from base64 import urlsafe_b64decode, urlsafe_b64encode
from dataclasses import replace
from datetime import datetime, timedelta
from itertools import permutations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.desk.helplines import Desks, HelplineId
from bot.desk.letters import PersonFailedCheck
from bot.desk.ticket import Stage, TicketId
from bot.dialogue import Conversation
from bot.dialogue.conversation import Calling
from bot.dialogue.effects import Unveil, WriteTo
from bot.dialogue.events import Looked, Opened, Pressed
from bot.dialogue.script import Script
from bot.dialogue.secrets import BARRED_FOR, MOST_WRONG, barred_until, is_secret, seal_secret
from bot.messages import Language
from tests.dialogue.little_world import NOW
from tests.dialogue.talker import Talker

CHOSEN = ("sun", "fish", "moon")


def test_only_the_same_pictures_in_the_same_order_are_right() -> None:
    sealed = seal_secret(CHOSEN, NOW)

    assert is_secret(CHOSEN, sealed)
    assert is_secret(list(CHOSEN), sealed)
    for other in permutations(CHOSEN):
        assert is_secret(other, sealed) == (other == CHOSEN)
    assert not is_secret(("sun", "fish", "star"), sealed)
    assert not is_secret(("sun", "fish"), sealed)
    assert not is_secret((), sealed)


def test_pictures_that_run_together_are_not_the_same() -> None:
    sealed = seal_secret(("sun", "fish"), NOW)

    assert not is_secret(("sunf", "ish"), sealed)
    assert not is_secret(("sunfish",), sealed)


def test_what_is_kept_says_nothing_of_the_pictures_and_differs_each_time() -> None:
    sealed = seal_secret(CHOSEN, NOW)
    later = seal_secret(CHOSEN, NOW + timedelta(seconds=1))

    assert sealed != later
    assert urlsafe_b64decode(sealed)[16:] != urlsafe_b64decode(later)[16:]
    assert not any(picture.encode() in urlsafe_b64decode(sealed) for picture in CHOSEN)
    assert is_secret(CHOSEN, later)


def test_parts_of_two_that_were_put_together_fit_nothing() -> None:
    one = urlsafe_b64decode(seal_secret(CHOSEN, NOW))
    other = urlsafe_b64decode(seal_secret(CHOSEN, NOW + timedelta(seconds=1)))

    assert not is_secret(CHOSEN, urlsafe_b64encode(one[:16] + other[16:]).decode())


HELPLINE = HelplineId("example-thailand")
CALLING = Calling(TicketId("~aaaaaaaaaaaaaaaaaaaa07"), HELPLINE, NOW, Stage.TALKING, since=NOW, held=1)
RIGHT, WRONG = ("☀️", "🐟", "🌙"), ("☀️", "🐟", "⭐")


@pytest.fixture(scope="module")
def staffed(real_script: Script) -> Script:
    return replace(real_script, desks=Desks({HELPLINE: 0}))


def silent_for_long(script: Script, calling: Calling = CALLING) -> Talker:
    """Whoever holds the phone of somebody who has said nothing since yesterday."""
    profile = {"origin": "kh", "here": "th"}
    kept = Conversation(Language("en"), profile, calling=calling, active=NOW, secret=seal_secret(CHOSEN, NOW))
    return Talker(script, kept, now=NOW + timedelta(hours=13))


def letters(talker: Talker) -> list[object]:
    return [effect.letter for effect in talker.effects if isinstance(effect, WriteTo)]


def choose(person: Talker, pictures: tuple[str, ...]) -> None:
    for picture in pictures:
        person.press(picture)


def test_wrong_twice_leads_to_the_menu_and_only_staff_hear_of_it(staffed: Script) -> None:
    person = silent_for_long(staffed)
    person.take(Opened(flow="talk"))
    choose(person, WRONG)
    assert letters(person) == []
    assert "try once more" in person.words

    choose(person, WRONG)

    assert letters(person) == [PersonFailedCheck()]
    assert Unveil() not in person.effects
    person.take(Looked())
    at_home = person.words
    person.take(Opened())
    assert person.words == at_home


def test_after_that_even_the_right_ones_open_nothing_for_twelve_hours_but_numbers_are_there(staffed: Script) -> None:
    person = silent_for_long(staffed)
    person.take(Opened(flow="talk"))
    choose(person, WRONG)
    old = person.button("☀️")
    choose(person, WRONG)

    person.take(Opened(flow="talk"))
    assert "Example helpline" not in person.words
    assert "\U0001f4de" in person.words
    assert not any("🐟" in label for label in person.labels)
    person.take(Pressed(old.press))
    assert Unveil() not in person.effects
    person.now += BARRED_FOR
    person.take(Opened(flow="talk"))
    choose(person, RIGHT)

    assert Unveil() in person.effects
    assert person.conversation.wrong == ()


def test_pictures_that_are_still_on_the_screen_are_not_compared_any_more(staffed: Script) -> None:
    person = silent_for_long(staffed)
    person.take(Opened(flow="secret-check"))
    person.press("☀️")
    person.press("🐟")
    person.conversation = replace(person.conversation, wrong=(person.now, person.now))

    person.press("🌙")

    assert (Unveil() in person.effects, letters(person)) == (False, [])
    assert person.conversation.active == NOW


def test_one_wrong_choice_a_day_bars_nobody_and_a_right_one_forgives_it(staffed: Script) -> None:
    person = silent_for_long(staffed)
    for _ in range(3):
        person.take(Opened(flow="talk"))
        choose(person, WRONG)
        assert letters(person) == []
        person.now += BARRED_FOR

    person.take(Opened(flow="talk"))
    choose(person, WRONG)
    choose(person, RIGHT)

    assert Unveil() in person.effects
    assert person.conversation.wrong == ()


def test_new_pictures_cannot_be_chosen_in_place_of_those_that_are_asked_for(staffed: Script) -> None:
    person = silent_for_long(staffed, replace(CALLING, stage=Stage.ASKED))
    secret = person.conversation.secret
    person.take(Opened(flow="ask-helpline"))
    for label in ("Go on", "Go on", "Skip", "Skip", "Skip", "Choose three pictures"):
        person.press(label)

    choose(person, WRONG)

    assert person.conversation.secret == secret
    assert "choose your three pictures" in person.words


def test_the_code_for_another_phone_is_kept_from_who_does_not_know_the_pictures(staffed: Script) -> None:
    person = silent_for_long(staffed, replace(CALLING, stage=Stage.ASKED, held=0))
    person.take(Opened(flow="talk"))
    person.press("Show my code")
    assert "choose your three pictures" in person.words

    person.take(Opened(flow="ask-helpline"))
    for label in ("Go on", "Go on", "Skip", "Skip", "Skip", "Skip", "skip"):
        person.press(label)

    assert "Your code" not in person.words


@given(st.lists(st.timedeltas(timedelta(), timedelta(days=3)), max_size=12))
def test_nobody_can_try_more_than_four_times_a_day(gaps: list[timedelta]) -> None:
    now, wrong, tried = NOW, list[datetime](), list[datetime]()
    for gap in gaps:
        now += gap
        if barred_until(wrong, now) is None:
            wrong = [*wrong, now][-MOST_WRONG:]
            tried.append(now)

    for first in tried:
        assert len([one for one in tried if first <= one < first + timedelta(days=1)]) <= 2 * MOST_WRONG
