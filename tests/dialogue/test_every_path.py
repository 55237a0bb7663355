"""Every path of every flow, for everyone: no dead end, numbers within a tap, and only such as work from there.

Paths are worked out once for each place and origin; what they show is then looked at in all languages. Where in the
migration cycle somebody is changes no path, which is proved first.
"""

from dataclasses import replace
from itertools import product

import pytest

from bot.compiler.linking import names_in
from bot.dialogue import Conversation
from bot.dialogue.engine import take_turn
from bot.dialogue.events import Looked
from bot.dialogue.script import Script
from bot.dialogue.steps import Choose, Go
from bot.messages import Language
from tests.dialogue.laws import holds_a_number, keeps_limits, stands_somewhere, works_here
from tests.dialogue.little_world import NOW
from tests.whole.ways import explore, standing, waits_of

ORIGINS = ("kh", "la", "mm")
PLACES = ("kh", "la", "mm", "th")


def test_no_path_depends_on_the_stage(real_script: Script) -> None:
    asked: set[str] = set()
    for flow in real_script.flows.values():
        for screen in flow.screens.values():
            for step in screen.steps:
                if isinstance(step, Go):
                    asked.update(name for way in step.ways for name in names_in(way.when))
                else:
                    asked.update(names_in(step.when))
                if isinstance(step, Choose):
                    asked.update(name for option in step.options for name in names_in(option.when))

    assert "here" in asked
    assert "stage" not in asked


@pytest.mark.parametrize(("origin", "here"), list(product(ORIGINS, PLACES)))
def test_every_path_ends_at_a_wait_with_numbers_that_work_there(real_script: Script, origin: str, here: str) -> None:
    profile = {"origin": origin, "here": here}
    reached: dict[str, Conversation] = {}
    told = Conversation(Language("en"), profile)
    starts = [*((flow, told) for flow in real_script.flows), (real_script.special.welcome, Conversation(None, profile))]
    for flow, person in starts:
        for turn, _ in explore(real_script, flow, person, NOW):
            stands_somewhere(real_script, turn)
            keeps_limits(turn)
            if turn.conversation is not None:
                works_here(real_script, turn.conversation, turn)
                reached.setdefault(standing(turn) or "", turn.conversation)

    assert reached.keys() >= waits_of(real_script)
    for language, conversation in product(real_script.tongues, reached.values()):
        reader = replace(conversation, language=language)
        turn = take_turn(real_script, reader, Looked(), NOW)
        stands_somewhere(real_script, turn)
        keeps_limits(turn)
        works_here(real_script, reader, turn)
        shown = [button.press for message in turn.messages for row in message.rows for button in row]
        holds_a_number(real_script, turn.conversation or reader, shown)
