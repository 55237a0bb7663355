"""Every path of every flow, for everyone: no dead end, numbers within a tap, and only such as work from there.

Paths are worked out once for each place and origin; what they show is then looked at in all languages. Where in the
migration cycle somebody is changes no path, which is proved first.
"""

from collections.abc import Iterable, Iterator
from dataclasses import replace
from itertools import product

import pytest

from bot.compiler.linking import names_in
from bot.desk.helplines import Desks, HelplineId
from bot.desk.ticket import ReferralState, Stage, TicketId
from bot.dialogue import Conversation
from bot.dialogue.conversation import Calling
from bot.dialogue.effects import Turn
from bot.dialogue.engine import take_turn
from bot.dialogue.events import Looked, Opened
from bot.dialogue.script import Script
from bot.dialogue.secrets import seal_secret
from bot.dialogue.steps import Choose, Go, Screen
from bot.messages import Language
from tests.dialogue.laws import holds_a_number, keeps_limits, person_among, stands_somewhere, works_here
from tests.dialogue.little_world import NOW
from tests.whole.ways import WITH_A_HELPLINE, Doing, explore, standing, waits_of

ORIGINS = ("kh", "la", "mm")
PLACES = ("kh", "la", "mm", "th")
MOST = ("kh", "th")
"""Where most callers come from, and where they are."""
TELLS_WHAT_IS_KEPT = "my-data"
"""It shows the stage where one is kept, and leads nowhere by it."""
OF_TICKETS = ("person", "emergency", *sorted(WITH_A_HELPLINE))
HERE, THERE = HelplineId("example-thailand"), HelplineId("example-cambodia")
TICKET = TicketId("~aaaaaaaaaaaaaaaaaaaa07")
CALLINGS = (
    *(Calling(TICKET, HERE, NOW, stage) for stage in Stage),
    *(Calling(TICKET, HERE, NOW, Stage.TALKING, referred=THERE, referral=state) for state in ReferralState),
)
"""Everything that may have become of somebody's call."""


def test_no_path_depends_on_the_stage(real_script: Script) -> None:
    flows = [flow for flow in real_script.flows.values() if flow.id != TELLS_WHAT_IS_KEPT]
    asked = _asked(screen for flow in flows for screen in flow.screens.values())

    assert len(flows) == len(real_script.flows) - 1
    assert "here" in asked
    assert "stage" not in asked


@pytest.fixture(scope="module")
def long_walks(real_script: Script) -> dict[str, list[tuple[Turn, tuple[Doing, ...]]]]:
    """The walks through flows with very many paths of which none depends on where somebody is or comes from."""
    person = Conversation(Language("en"), dict(zip(("origin", "here"), MOST, strict=True)))
    return {
        flow.id: walk
        for flow in real_script.flows.values()
        if not {"origin", "here"} & _asked(flow.screens.values())
        and len(walk := list(explore(real_script, flow.id, person, NOW))) > 500
    }


@pytest.mark.parametrize(("origin", "here"), list(product(ORIGINS, PLACES)))
def test_every_path_ends_at_a_wait_with_numbers_that_work_there(
    real_script: Script, long_walks: dict[str, list[tuple[Turn, tuple[Doing, ...]]]], origin: str, here: str
) -> None:
    profile = {"origin": origin, "here": here}
    reached: dict[tuple[str, str], tuple[Script, Conversation]] = {}
    told = Conversation(Language("en"), profile)
    staffed = replace(real_script, desks=Desks(dict.fromkeys(real_script.helplines.all, 0)))
    # What became of a call changes the same ways everywhere: all of it is tried where most callers are.
    is_most = (origin, here) == MOST
    states = (None, *CALLINGS) if is_most else (None, *CALLINGS[:7])
    barred = replace(told, calling=CALLINGS[0], secret=seal_secret(("sun", "fish", "moon"), NOW), wrong=(NOW, NOW))
    starts = [
        (staffed, real_script.special.secret, barred),
        *((real_script, flow, told) for flow in real_script.flows if flow not in long_walks),
        (real_script, real_script.special.welcome, Conversation(None, profile)),
        *((staffed, flow, replace(told, calling=calling)) for flow in OF_TICKETS for calling in states),
    ]
    walks = [
        *((script, (turn for turn, _ in explore(script, flow, person, NOW))) for script, flow, person in starts),
        *(
            (real_script, (turn for turn, _ in walk) if is_most else _again(real_script, flow, told, walk))
            for flow, walk in long_walks.items()
        ),
    ]
    for script, turns in walks:
        for turn in turns:
            stands_somewhere(script, turn)
            keeps_limits(turn)
            if turn.conversation is not None:
                works_here(script, turn.conversation, turn)
                calling = turn.conversation.calling
                state = "" if calling is None else f"{calling.stage} {calling.referral}"
                reached.setdefault((standing(turn) or "", state), (script, turn.conversation))

    assert {node for node, _ in reached} >= waits_of(real_script)
    for place, (script, conversation) in enumerate(reached.values()):
        for number, language in enumerate(real_script.tongues):
            reader = replace(conversation, language=language)
            turn = take_turn(script, reader, Looked(), NOW)
            stands_somewhere(script, turn)
            keeps_limits(turn)
            works_here(script, reader, turn)
            shown = [button.press for message in turn.messages for row in message.rows for button in row]
            assert person_among(shown)
            # The numbers behind that button are the same in all languages: each wait has its turn in another one.
            if is_most or language == "en" or number == place % len(real_script.tongues):
                holds_a_number(script, turn.conversation or reader, shown)


def _again(
    script: Script, flow: str, person: Conversation, walk: list[tuple[Turn, tuple[Doing, ...]]]
) -> Iterator[Turn]:
    """A way to each wait to which a walk through this flow has led, for somebody else: it leads there, too."""
    seen: set[str | None] = set()
    for walked, doings in walk:
        if standing(walked) in seen:
            continue
        seen.add(standing(walked))
        turn = take_turn(script, person, Opened(flow=flow), NOW)
        yield turn
        for doing in doings:
            assert turn.conversation is not None
            turn = take_turn(script, turn.conversation, doing, NOW)
            yield turn
        assert standing(turn) == standing(walked)


def _asked(screens: Iterable[Screen]) -> set[str]:
    """What the steps of these screens ask about the person."""
    asked: set[str] = set()
    for screen in screens:
        for step in screen.steps:
            if isinstance(step, Go):
                asked.update(name for way in step.ways for name in names_in(way.when))
            else:
                asked.update(names_in(step.when))
            if isinstance(step, Choose):
                asked.update(name for option in step.options for name in names_in(option.when))
    return asked
