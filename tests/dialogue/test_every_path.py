"""Every path of every flow, for everyone: no dead end, numbers within a tap, and only such as work from there.

Paths are worked out once for each place and origin; what they show is then looked at in all languages. Where in the
migration cycle somebody is changes no path, which is proved first.
"""

from dataclasses import replace
from itertools import product

import pytest

from bot.compiler.linking import names_in
from bot.desk.helplines import Desks, HelplineId
from bot.desk.ticket import ReferralState, Stage, TicketId
from bot.dialogue import Conversation
from bot.dialogue.conversation import Calling
from bot.dialogue.engine import take_turn
from bot.dialogue.events import Looked
from bot.dialogue.script import Script
from bot.dialogue.secrets import seal_secret
from bot.dialogue.steps import Choose, Go
from bot.messages import Language
from tests.dialogue.laws import holds_a_number, keeps_limits, stands_somewhere, works_here
from tests.dialogue.little_world import NOW
from tests.whole.ways import WITH_A_HELPLINE, explore, standing, waits_of

ORIGINS = ("kh", "la", "mm")
PLACES = ("kh", "la", "mm", "th")
OF_TICKETS = ("person", "emergency", *sorted(WITH_A_HELPLINE))
HERE, THERE = HelplineId("example-thailand"), HelplineId("example-cambodia")
TICKET = TicketId("~aaaaaaaaaaaaaaaaaaaa07")
CALLINGS = (
    *(Calling(TICKET, HERE, NOW, stage) for stage in Stage),
    *(Calling(TICKET, HERE, NOW, Stage.TALKING, referred=THERE, referral=state) for state in ReferralState),
)
"""Everything that may have become of somebody's call."""


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
    reached: dict[tuple[str, str], tuple[Script, Conversation]] = {}
    told = Conversation(Language("en"), profile)
    staffed = replace(real_script, desks=Desks(dict.fromkeys(real_script.helplines.all, 0)))
    # What became of a call changes the same ways everywhere: all of it is tried where most callers are.
    states = (None, *CALLINGS) if (origin, here) == ("kh", "th") else (None, *CALLINGS[:7])
    barred = replace(told, calling=CALLINGS[0], secret=seal_secret(("sun", "fish", "moon"), NOW), wrong=(NOW, NOW))
    starts = [
        (staffed, real_script.special.secret, barred),
        *((real_script, flow, told) for flow in real_script.flows),
        (real_script, real_script.special.welcome, Conversation(None, profile)),
        *((staffed, flow, replace(told, calling=calling)) for flow in OF_TICKETS for calling in states),
    ]
    for script, flow, person in starts:
        for turn, _ in explore(script, flow, person, NOW):
            stands_somewhere(script, turn)
            keeps_limits(turn)
            if turn.conversation is not None:
                works_here(script, turn.conversation, turn)
                calling = turn.conversation.calling
                state = "" if calling is None else f"{calling.stage} {calling.referral}"
                reached.setdefault((standing(turn) or "", state), (script, turn.conversation))

    assert {node for node, _ in reached} >= waits_of(real_script)
    for language, (script, conversation) in product(real_script.tongues, reached.values()):
        reader = replace(conversation, language=language)
        turn = take_turn(script, reader, Looked(), NOW)
        stands_somewhere(script, turn)
        keeps_limits(turn)
        works_here(script, reader, turn)
        shown = [button.press for message in turn.messages for row in message.rows for button in row]
        holds_a_number(script, turn.conversation or reader, shown)
