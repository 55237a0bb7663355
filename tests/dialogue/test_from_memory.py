"""What is told while the store is away is told to everybody alike, and never says that something was done."""

from dataclasses import replace
from datetime import UTC, datetime

from bot.desk.helplines import Desks
from bot.dialogue.effects import Count, Hush, Send, Wake, Wonder
from bot.dialogue.events import Pressed, Typed, Wish
from bot.dialogue.from_memory import may_call_helpline, numbers_from_memory, turn_from_memory
from bot.dialogue.nodes import FLOW_PART
from bot.dialogue.presses import Answer, Press, write_press
from bot.dialogue.script import Script
from bot.dialogue.steps import Choose, FlowId
from bot.messages import Language, words_of

EN = Language("en")
NOON = datetime(2026, 11, 26, 5, 0, tzinfo=UTC)


def presses(script: Script) -> list[str]:
    """Every button of every menu, as it is pressed."""
    found = []
    for node, spot in script.spots.items():
        for screen in script.flows[spot.flow].screens.values():
            for step in screen.steps:
                if isinstance(step, Choose):
                    for option in step.options:
                        written = write_press(Press(Answer(node, option.value), EN))
                        if len(written.encode()) <= 64:
                            found.append(written)
    return found


def test_no_button_of_the_content_is_answered_with_something_that_was_not_done(real_script: Script) -> None:
    answered = 0
    for press in presses(real_script):
        turn = turn_from_memory(real_script, Pressed(press), NOON)
        if turn is not None:
            answered += 1
            assert turn.conversation is not None
            assert all(isinstance(one, Send | Count | Hush | Wake | Wonder) for one in turn.effects)
    assert answered > 100


def test_buttons_that_can_call_a_helpline_are_known(real_script: Script) -> None:
    calling = {press[3 : 3 + FLOW_PART] for press in presses(real_script) if may_call_helpline(real_script, press)}

    assert calling
    assert not may_call_helpline(real_script, write_press(Press(Wish.HOME, EN)))


def test_words_are_not_answered_for_who_wrote_them_matters(real_script: Script) -> None:
    assert turn_from_memory(real_script, Typed("help"), NOON) is None


def test_numbers_are_there_in_a_language_that_is_known_and_in_all_where_none_is(real_script: Script) -> None:
    for language in real_script.tongues:
        *numbers, kept = numbers_from_memory(real_script, language, NOON)
        assert any(span.dial for message in numbers for span in message.text)
        assert kept.language == language

    *numbers, kept = numbers_from_memory(real_script, None, NOON)
    assert any(span.dial for message in numbers for span in message.text)
    assert words_of(kept.text).count("\n\n") == len(real_script.tongues) - 1


def test_nobody_is_told_of_a_call_that_did_not_go_out(real_script: Script) -> None:
    special = replace(real_script.special, person=FlowId("ask-helpline"))
    desks = Desks(dict.fromkeys(real_script.helplines.all, 0))

    shown = numbers_from_memory(replace(real_script, special=special, desks=desks), EN, NOON)

    assert len(shown) == 1
    assert "Asked at" not in words_of(shown[0].text)
