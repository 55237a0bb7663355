from datetime import timedelta
from pathlib import Path

import pytest

from bot.dialogue import Conversation, Frame, NodeToken
from bot.dialogue.effects import Send, Wake
from bot.dialogue.engine import rescue_turn
from bot.dialogue.events import (
    Elapsed,
    Looked,
    Opened,
    Pressed,
    Shared,
    SharedKind,
    Wish,
    Wished,
)
from bot.dialogue.script import Script
from bot.messages import Language, Style, plain
from tests.dialogue.little_world import NOW, little_script
from tests.dialogue.talker import Talker, at_home

ALWAYS = ["🗣️ Talk to a person", "🌐 Language", "✖️ Quick exit"]


def test_a_new_person_chooses_a_language_before_reading_a_word_of_one(script: Script) -> None:
    talker = Talker(script)

    talker.take(Opened())

    assert talker.words == "Language"
    assert talker.labels == ["English", "ខ្មែរ", "🏠", "🗣️", "🌐", "✖️"]


def test_the_first_steps_ask_for_language_origin_and_place_and_end_at_home(script: Script) -> None:
    talker = Talker(script)

    talker.take(Opened())
    talker.press("English")
    assert talker.words == "Where are you from?"
    talker.press("Cambodia")
    assert talker.words == "Where are you now?"
    talker.press("Thailand")

    assert talker.words == "What do you want to know?"
    assert talker.conversation.language == "en"
    assert talker.conversation.profile == {"origin": "kh", "here": "th"}


def test_nobody_has_to_say_where_they_are(script: Script) -> None:
    talker = Talker(script)
    talker.take(Opened(language=Language("en")))
    talker.press("English")
    talker.press("rather not say")
    talker.press("rather not say")

    assert talker.words == "What do you want to know?"
    assert talker.conversation.profile == {}


def test_a_link_may_name_a_language_and_a_flow(script: Script) -> None:
    talker = at_home(script)

    talker.take(Opened(flow="check"))
    assert talker.words == "Must you pay first?"

    newcomer = Talker(script)
    newcomer.take(Opened(language=Language("en"), flow="check"))
    newcomer.press("English")
    newcomer.press("Cambodia")
    newcomer.press("Thailand")
    assert newcomer.words == "Must you pay first?"


def test_a_link_to_nowhere_opens_the_start(script: Script) -> None:
    talker = at_home(script)

    talker.take(Opened(language=Language("xx"), flow="no-such-flow"))

    assert talker.words == "What do you want to know?"
    assert talker.conversation.language == "en"


def test_answers_add_up_and_lead_where_their_sum_says(script: Script) -> None:
    talker = at_home(script)

    talker.press("Check an offer")
    talker.press("Yes")

    assert "These are warning signs." in talker.words
    assert talker.labels[0] == "Talk"


def test_hotlines_come_as_messages_that_stay_with_numbers_that_work_here(script: Script) -> None:
    talker = at_home(script)
    talker.press("Check an offer")

    turn = talker.press("Yes")

    sends = [effect for effect in turn.effects if isinstance(effect, Send)]
    assert [send.message.keep for send in sends] == [True, True, False]
    phones = [span.dial for span in sends[1].message.text if span.style is Style.PHONE]
    assert phones == ["191"]
    assert sends[2].message.text == plain("What next?")
    assert not any(send.replaces for send in sends)


def test_a_menu_takes_the_place_of_the_one_that_was_pressed(script: Script) -> None:
    talker = at_home(script)

    turn = talker.press("Check an offer")

    assert [effect.replaces for effect in turn.effects if isinstance(effect, Send)] == [True]


def test_every_wait_has_every_way_out_and_a_sensitive_one_the_exit_first(script: Script) -> None:
    talker = at_home(script)
    assert talker.labels[-3:] == ALWAYS

    talker.press("Check an offer")

    assert talker.labels[-5:] == ["⬅️ Back", "🏠 Home", "✖️ Quick exit", "🗣️ Talk to a person", "🌐 Language"]


def test_back_undoes_the_answer_with_its_score(script: Script) -> None:
    talker = at_home(script)
    talker.press("Check an offer")
    talker.press("Yes")
    talker.press("Back")
    assert talker.words == "Must you pay first?"

    talker.press("No")

    assert talker.words == "Is there a contract?"


def test_back_at_the_very_start_is_home(script: Script) -> None:
    talker = at_home(script)

    talker.take(Wished(Wish.BACK))

    assert talker.words == "What do you want to know?"


def test_another_language_keeps_the_place(script: Script) -> None:
    talker = at_home(script)
    talker.press("Check an offer")
    talker.press("🌐")

    talker.press("ខ្មែរ")

    assert talker.conversation.language == "km"
    assert "Must you pay first?" in talker.words


def test_an_old_button_asks_again(script: Script) -> None:
    talker = at_home(script)
    old = talker.button("Check an offer")
    talker.press("Money")

    talker.take(Pressed(old.press))

    assert "That button is from an earlier screen." in talker.words
    assert "What is your wage a month?" in talker.words


def test_a_button_pressed_twice_answers_once(script: Script) -> None:
    talker = at_home(script)
    talker.press("Check an offer")
    no = talker.button("No")

    talker.take(Pressed(no.press))
    talker.take(Pressed(no.press))

    assert "Is there a contract?" in talker.words


@pytest.mark.parametrize(
    "forged", ["", "a", "aen", "zen123", "aen" + "x" * 61, "aenAAAAAAAAAAyes", "oen????", "wen!", "🙂🙂🙂"]
)
def test_a_forged_button_asks_again(script: Script, forged: str) -> None:
    talker = at_home(script)

    talker.take(Pressed(forged))

    assert "What do you want to know?" in talker.words


def test_a_button_of_a_forgotten_conversation_still_speaks_its_language(script: Script) -> None:
    talker = at_home(script)
    person = talker.button("Talk to a person")
    newcomer = Talker(script)

    newcomer.take(Pressed(person.press))

    assert newcomer.conversation.language == "en"
    assert "Call one of these." in newcomer.words


def test_a_person_is_one_tap_away_and_the_way_back_too(script: Script) -> None:
    talker = at_home(script)
    talker.press("Check an offer")

    talker.press("Talk to a person")
    assert "191" in talker.words
    talker.press("Done")

    assert "Must you pay first?" in talker.words


def test_numbers_are_told_by_country_to_those_who_have_not_said_where_they_are(script: Script) -> None:
    talker = at_home(script)
    talker.conversation = Conversation(Language("en"), {"origin": "kh"})

    talker.take(Wished(Wish.PERSON))

    assert "In Thailand:" in talker.words
    assert "In Cambodia:" in talker.words
    assert talker.words.index("191") < talker.words.index("117")


def test_danger_is_heard_before_the_question_and_keeps_the_place(script: Script) -> None:
    talker = at_home(script)
    talker.press("Money")
    before = talker.conversation.frames

    talker.type("!violence")

    warning, question = talker.shown
    assert warning.keep
    assert "If someone is hurting you" in talker.words
    assert "191" in talker.words
    assert [button.label for row in warning.rows for button in row] == ["Talk to a person", "Somebody hurts me"]
    assert "What is your wage a month?" in "".join(span.words for span in question.text)
    assert talker.conversation.frames == before


def test_a_maybe_of_danger_adds_one_button(script: Script) -> None:
    talker = at_home(script)

    talker.type("?violence")

    assert "🆘 I am in danger now" in talker.labels


def test_a_question_inside_a_flow_is_answered_and_the_flow_goes_on(script: Script) -> None:
    talker = at_home(script)
    talker.press("Check an offer")

    talker.type("#pay")
    assert "For Khmer people: 400 baht a day." in talker.words
    talker.press("Back")

    assert "Must you pay first?" in talker.words


def test_after_more_reading_the_way_back_to_the_flow_is_still_there(script: Script) -> None:
    talker = at_home(script)
    talker.press("Check an offer")
    talker.type("#pay")
    talker.press("Somebody hurts me")

    talker.press("↩️ Check an offer")

    assert "Must you pay first?" in talker.words


def test_an_unsure_match_offers_topics_and_something_else(script: Script) -> None:
    talker = at_home(script)

    talker.type("#pay,violence")

    assert "Did you mean one of these?" in talker.words
    assert talker.labels[:3] == ["What is the lowest wage?", "Somebody hurts me", "Something else"]
    talker.press("Something else")
    assert talker.words == "What do you want to know?"


def test_words_without_meaning_get_a_way_out(script: Script) -> None:
    talker = at_home(script)

    talker.type("qwerty")

    assert "I did not understand that." in talker.words
    assert "🆘 I am in danger now" in talker.labels


def test_an_answer_that_was_read_is_not_told_twice(script: Script) -> None:
    talker = at_home(script)
    talker.press("lowest wage")

    talker.type("qwerty")

    assert "For Khmer people" not in talker.words
    talker.press("🔁 What is the lowest wage?")
    assert "For Khmer people" in talker.words


def test_a_variant_is_for_whom_it_is_for(script: Script) -> None:
    assert "For Khmer people" in _pay(script, "kh")
    assert "For all" in _pay(script, "la")


def _pay(script: Script, origin: str) -> str:
    talker = at_home(script, origin=origin)
    talker.press("lowest wage")
    return talker.words


def test_a_button_may_be_typed(script: Script) -> None:
    talker = at_home(script)

    talker.type("check an OFFER")

    assert talker.words == "Must you pay first?"


def test_a_sum_is_worked_out_in_the_digits_a_person_writes(script: Script) -> None:
    talker = at_home(script)
    talker.press("Money")

    talker.type("១០០០០")

    assert "That is 120,000 a year." in talker.words


def test_a_number_out_of_range_is_asked_again(script: Script) -> None:
    talker = at_home(script)
    talker.press("Money")

    talker.type("5")

    assert "too small or too large" in talker.words
    assert "What is your wage a month?" in talker.words


def test_after_three_wrong_answers_help_is_offered(script: Script) -> None:
    talker = at_home(script)
    talker.press("Money")

    talker.type("a lot")
    assert "Please write only the amount of money, as a number." in talker.words
    assert "Only the number." in talker.words
    talker.type("not much")
    talker.type("enough")

    assert "Look at your pay slip." in talker.words


def test_a_photo_is_not_kept_and_the_question_is_asked_again(script: Script) -> None:
    talker = at_home(script)
    talker.press("Money")

    talker.take(Shared(SharedKind.PHOTO))

    assert "I have not kept what you sent." in talker.words
    assert "What is your wage a month?" in talker.words


def test_a_checklist_is_ticked_and_comes_back(script: Script) -> None:
    talker = at_home(script)
    talker.press("Pack")
    talker.press("⬜ Passport")
    assert talker.labels[:3] == ["✅ Passport", "⬜ Money", "Done"]
    talker.press("🏠")
    talker.press("Pack")
    assert talker.labels[0] == "✅ Passport"
    talker.press("✅ Passport")
    assert talker.labels[0] == "⬜ Passport"

    talker.press("Done")

    assert "Well done." in talker.words


def test_exit_covers_the_screen_and_keeps_nothing_of_the_place(script: Script) -> None:
    talker = at_home(script)
    talker.press("Check an offer")

    turn = talker.press("✖️")

    assert [effect.covers for effect in turn.effects if isinstance(effect, Send)] == [True]
    assert talker.words == "Keep a copy of your contract."
    assert talker.conversation.trail == ()
    assert len(talker.conversation.frames) == 1


def test_stop_says_so_and_covers(script: Script) -> None:
    talker = at_home(script)

    talker.take(Wished(Wish.STOP))

    assert talker.words.startswith("Stopped.")


def test_forgetting_leaves_nothing_but_a_way_in(script: Script) -> None:
    talker = at_home(script)
    talker.press("Erase")

    turn = talker.press("Yes")

    assert turn.conversation is None
    assert "is erased" in talker.words
    assert talker.labels == ["🏠 Home", "🗣️ Talk to a person"]


def test_coming_back_shows_where_one_stands(script: Script) -> None:
    talker = at_home(script)
    talker.press("Check an offer")

    talker.take(Looked())

    assert talker.words == "Must you pay first?"


def test_a_person_whose_screen_is_gone_lands_at_the_nearest_one(script: Script, tmp_path: Path) -> None:
    talker = at_home(script)
    talker.press("Check an offer")
    talker.press("No")
    changed = """\
flow: check
title: Check an offer
screens:
  start:
    - say: A new first question.
    - choose: {"yes": {label: {phrase: "yes"}}}
"""
    talker.script = little_script(tmp_path, check=changed)

    talker.take(Looked())

    assert "This part has changed" in talker.words
    assert "A new first question." in talker.words


def test_a_person_whose_flow_is_gone_lands_at_home(script: Script) -> None:
    talker = at_home(script)
    talker.conversation = Conversation(Language("en"), {}, (Frame(NodeToken("gonegonego")),))

    talker.take(Looked())

    assert "This part has changed" in talker.words
    assert "What do you want to know?" in talker.words


def test_a_renamed_screen_takes_its_people_along(script: Script, tmp_path: Path) -> None:
    talker = at_home(script)
    talker.press("Check an offer")
    renamed = """\
flow: check
title: Check an offer
screens:
  opening:
    was: [first]
    steps:
      - say: Must you pay first?
      - choose: {"yes": {label: {phrase: "yes"}}}
        save: paid
"""
    talker.script = little_script(tmp_path, check=renamed)

    talker.take(Looked())

    assert talker.words == "Must you pay first?"


def test_a_wait_that_waited_long_enough_goes_on_by_itself(tmp_path: Path) -> None:
    patient = """\
flow: check
title: Check an offer
screens:
  first:
    - say: Must you pay first?
    - choose: {"yes": {label: {phrase: "yes"}}}
      after: {wait: 2h, go: late}
  late:
    - say: Take your time.
    - choose: {"yes": {label: {phrase: "yes"}}}
"""
    talker = at_home(little_script(tmp_path, check=patient))
    talker.press("Check an offer")
    wake = next(effect for effect in talker.effects if isinstance(effect, Wake))
    assert wake.after == timedelta(hours=2)

    talker.take(Elapsed(wake.node))
    assert "Take your time." in talker.words
    turn = talker.take(Elapsed(wake.node))

    assert turn.effects == ()


def test_a_failed_turn_apologises_with_numbers(script: Script) -> None:
    talker = at_home(script)
    talker.press("Money")

    turn = rescue_turn(script, talker.conversation, NOW)

    words = "".join(span.words for message in turn.messages for span in message.text)
    assert "Something went wrong on our side" in words
    assert "191" in words
    assert "What do you want to know?" in words


def test_who_has_no_language_yet_gets_numbers_without_words(script: Script) -> None:
    talker = Talker(script)
    talker.take(Opened())

    talker.press("🗣️")

    assert talker.words == "🇹🇭 📞 191\n🇰🇭 📞 117\n---\nLanguage"


def test_who_came_by_a_link_in_their_language_is_not_asked_for_it_again(tmp_path: Path) -> None:
    welcome = """\
flow: welcome
title: Welcome
screens:
  all:
    - call: language
      if: {language: unknown}
    - call: origin
    - call: here
    - end
"""
    newcomer = Talker(little_script(tmp_path, welcome=welcome))

    newcomer.take(Opened(language=Language("km")))

    assert "Where are you from?" in newcomer.words
    assert newcomer.conversation.language == "km"
