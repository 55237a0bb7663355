"""Nobody loses their place: detours, renamed and vanished screens, and values of other days."""

from collections.abc import Mapping
from dataclasses import replace
from datetime import date
from itertools import pairwise
from pathlib import Path

import pytest

from bot.dialogue import Conversation, Frame, NodeToken
from bot.dialogue.effects import Hush, Wake
from bot.dialogue.events import Elapsed, Looked, Opened, Pressed, Wish, Wished
from bot.dialogue.person import MOST_FRAMES, MOST_TRAIL
from bot.dialogue.presses import Press, Return, write_press
from bot.dialogue.script import Script
from bot.facts import FactId
from bot.messages import Language
from tests.dialogue.little_world import FLOWS, little_script
from tests.dialogue.talker import Talker, at_home

PATIENT = """\
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
LETTERS = "abcdefghijkl"
"""One flow for each; each calls the next."""


def test_back_after_a_detour_leads_to_before_it(script: Script) -> None:
    talker = at_home(script)
    talker.press("Check an offer")
    talker.press("Talk to a person")
    talker.press("Done")
    assert talker.words == "Must you pay first?"

    talker.press("Back")

    assert talker.words == "What do you want to know?"


def test_back_after_another_language_leads_to_before_it(script: Script) -> None:
    talker = at_home(script)
    talker.press("Check an offer")
    talker.press("🌐")
    talker.press("ខ្មែរ")

    talker.take(Wished(Wish.BACK))

    assert "What do you want to know?" in talker.words


def test_an_old_way_back_does_not_lead_out_of_another_flow(script: Script) -> None:
    talker = at_home(script)
    talker.press("Check an offer")
    talker.type("#pay")
    talker.press("Somebody hurts me")
    old = talker.button("↩️ Check an offer")
    talker.press("Home")
    talker.press("Money")

    talker.take(Pressed(old.press))

    assert "What is your wage a month?" in talker.words
    assert "That button is from an earlier screen." in talker.words


def test_a_forged_way_back_does_not_skip_the_first_questions(script: Script) -> None:
    talker = Talker(script)
    talker.take(Wished(Wish.HOME))
    talker.press("English")
    asked = talker.words

    talker.take(Pressed(write_press(Press(Return("abcd"), Language("en")))))

    assert asked in talker.words


def test_a_renamed_screen_below_a_detour_takes_its_people_along(script: Script, tmp_path: Path) -> None:
    talker = at_home(script)
    talker.press("Check an offer")
    talker.press("Talk to a person")
    renamed = FLOWS["check"].replace("  first:\n", "  opening:\n    was: [first]\n    steps:\n", 1)
    head, tail = renamed.split("    steps:\n")
    steps, rest = tail.split("  second:\n")
    indented = "".join(f"  {line}\n" for line in steps.splitlines())
    talker.script = little_script(tmp_path, check=f"{head}    steps:\n{indented}  second:\n{rest}")

    talker.press("Done")

    assert talker.words == "Must you pay first?"


def test_a_screen_that_is_gone_below_a_detour_leads_to_the_nearest_one(script: Script, tmp_path: Path) -> None:
    talker = at_home(script)
    talker.press("Check an offer")
    talker.press("No")
    talker.press("Talk to a person")
    changed = """\
flow: check
title: Check an offer
screens:
  start:
    - say: A new first question.
    - choose: {"yes": {label: {phrase: "yes"}}}
"""
    talker.script = little_script(tmp_path, check=changed)

    talker.press("Done")

    assert "This part has changed" in talker.words
    assert "A new first question." in talker.words


def test_wrong_answers_count_for_one_question_only(script: Script) -> None:
    talker = at_home(script)
    talker.press("Money")
    talker.type("a lot")
    talker.type("not much")
    talker.take(Opened(flow="money"))

    talker.type("enough")

    assert "What is your wage a month?" in talker.words


def test_sums_of_one_step_build_on_each_other(tmp_path: Path) -> None:
    money = FLOWS["money"].replace('{yearly: "wage * 12"}', '{half: "wage / 2", yearly: "half * 12"}')
    talker = at_home(little_script(tmp_path, money=money))
    talker.press("Money")

    talker.type("1000")

    assert "That is 6,000 a year." in talker.words


def test_a_sum_that_cannot_be_done_is_not_told_as_nothing(tmp_path: Path) -> None:
    money = FLOWS["money"].replace("wage * 12", "wage / months")
    talker = at_home(little_script(tmp_path, money=money.replace("wage / months", "wage / (wage - wage)")))
    talker.press("Money")

    talker.type("1000")

    assert "That is … a year." in talker.words


def test_an_answer_that_opens_another_flow_is_kept(tmp_path: Path) -> None:
    check = """\
flow: check
title: Check an offer
screens:
  first:
    - say: "What do you want? {wish}"
    - choose: {pay: {topic: pay}}
      save: wish
"""
    talker = at_home(little_script(tmp_path, check=check))
    talker.press("Check an offer")
    talker.press("lowest wage")

    talker.press("Back")

    assert "What do you want? pay" in talker.words


@pytest.mark.parametrize(
    "profile",
    [{"here": "xx", "origin": "kh"}, {"shoes": "41"}, {"packed": "passport,shoes"}, {"origin": ""}],
)
def test_what_is_not_declared_any_more_is_not_kept(script: Script, profile: Mapping[str, str]) -> None:
    talker = Talker(script, Conversation(Language("en"), profile))

    talker.take(Looked())

    assert talker.conversation.profile == {
        field: "passport" if field == "packed" else value
        for field, value in profile.items()
        if (field, value) in {("origin", "kh"), ("packed", "passport,shoes")}
    }


def test_who_speaks_a_language_that_is_gone_chooses_again(script: Script) -> None:
    talker = Talker(script, Conversation(Language("xx"), {}, (Frame(NodeToken("gonegonego")),)))

    talker.take(Wished(Wish.HOME))

    assert talker.conversation.language is None
    assert "Language" in talker.words


def test_a_long_chain_of_calls_keeps_the_innermost_place(tmp_path: Path) -> None:
    names = [f"call{letter}" for letter in LETTERS]
    flows = {
        name: f"""\
flow: {name}
title: Part {name[-1]}
screens:
  ask:
    - say: Question {name[-1]}.
    - choose: {{on: {{label: Go on}}}}
    - call: {following}
"""
        for name, following in pairwise([*names, "cover"])
    }
    home = FLOWS["home"].replace("flow:check", "flow:calla")
    talker = at_home(little_script(tmp_path, home=home, **flows))
    talker.press("Check an offer")
    for letter in LETTERS[:-1]:
        assert talker.words == f"Question {letter}."
        assert len(talker.conversation.frames) <= MOST_FRAMES
        talker.press("Go on")

    talker.press("Talk to a person")
    assert len(talker.conversation.frames) == MOST_FRAMES
    assert len(talker.conversation.trail) == MOST_TRAIL
    talker.press("Done")

    assert talker.words == f"Question {LETTERS[-1]}."


@pytest.mark.parametrize("wish", [Wish.BACK, Wish.HOME])
def test_who_has_no_language_yet_is_led_to_the_choice_of_one(script: Script, wish: Wish) -> None:
    talker = Talker(script)

    talker.take(Wished(wish))

    assert talker.words == "Language"


def test_an_alarm_of_a_flow_that_nobody_set_is_not_heard(script: Script) -> None:
    talker = at_home(script)

    turn = talker.take(Elapsed("flow:check"))

    assert turn.effects == ()


def test_a_fact_out_of_its_time_is_neither_told_nor_counted_with(script: Script, tmp_path: Path) -> None:
    money = FLOWS["money"].replace("wage * 12", "wage * fact('wage')")
    counting = little_script(tmp_path, money=money)
    wage = counting.facts[FactId("wage")]
    over = replace(counting, facts={wage.id: replace(wage, valid_to=date(2026, 11, 25))})
    talker = at_home(over)
    talker.press("lowest wage")
    assert "400" not in talker.words
    assert "this may have changed" in talker.words
    talker.press("Home")
    talker.press("Money")

    talker.type("1000")

    assert "That is … a year." in talker.words


def test_an_old_button_of_a_renamed_screen_still_answers(script: Script, tmp_path: Path) -> None:
    talker = at_home(script)
    talker.press("Check an offer")
    old = talker.button("No")
    renamed = """\
flow: check
title: Check an offer
screens:
  opening:
    was: [first]
    steps:
      - say: Must you pay first?
      - choose: {"yes": {label: {phrase: "yes"}}, "no": {label: {phrase: "no"}}}
      - say: Good.
      - choose: {more: {label: More, go: home}}
"""
    talker.script = little_script(tmp_path, check=renamed)

    talker.take(Pressed(old.press))

    assert "Good." in talker.words


@pytest.mark.parametrize("wish", [Wish.STOP, Wish.EXIT])
def test_who_stops_is_not_written_to_by_a_reminder(tmp_path: Path, wish: Wish) -> None:
    talker = at_home(little_script(tmp_path, check=PATIENT))
    talker.press("Check an offer")
    wakes = {effect.node for effect in talker.effects if isinstance(effect, Wake)}

    talker.take(Wished(wish))

    assert [effect.nodes for effect in talker.effects if isinstance(effect, Hush)] == [wakes]


def test_who_is_forgotten_is_not_reminded(tmp_path: Path) -> None:
    talker = at_home(little_script(tmp_path, check=PATIENT))
    talker.press("Erase")

    talker.press("Yes")

    assert [len(effect.nodes) for effect in talker.effects if isinstance(effect, Hush)] == [1]
