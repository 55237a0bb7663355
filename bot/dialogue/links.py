"""Where a link may lead. Anybody can write one and send it to somebody else, who then does only one tap: so nothing may
happen there before the person has answered. A call for help, too, must be their own.
"""

from collections.abc import Iterator

from bot.dialogue.conditions import ALWAYS
from bot.dialogue.script import Script
from bot.dialogue.steps import (
    ActOnTicket,
    Ask,
    Call,
    CallHelpline,
    Checklist,
    Choose,
    FlowId,
    ForgetMe,
    Go,
    ListTopics,
    Remind,
    ScreenId,
    Step,
    ToFlow,
    ToScreen,
)


def may_lead_to(script: Script, flow: FlowId) -> bool:
    """Whether there is such a flow, and it only shows and asks before the first answer."""
    return flow in script.flows and not any(
        isinstance(step, CallHelpline | ActOnTicket | ForgetMe | Remind) for step in _before_first_answer(script, flow)
    )


def _before_first_answer(script: Script, flow: FlowId) -> Iterator[Step]:
    """All steps that could be taken, whatever the conditions on the way say."""
    open_screens = [(flow, script.flows[flow].start)]
    seen = set(open_screens)
    while open_screens:
        here, screen = open_screens.pop()
        for step in _until_answer(script, here, screen):
            yield step
            for place in _places_after(script, here, step):
                if place not in seen:
                    seen.add(place)
                    open_screens.append(place)


def _until_answer(script: Script, flow: FlowId, screen: ScreenId) -> Iterator[Step]:
    found = script.flows[flow].screens.get(screen)
    for step in () if found is None else found.steps:
        yield step
        if isinstance(step, Choose | Ask | ListTopics | Checklist) and step.when == ALWAYS:
            return


def _places_after(script: Script, flow: FlowId, step: Step) -> Iterator[tuple[FlowId, ScreenId]]:
    match step:
        case Go(ways):
            for way in ways:
                if isinstance(way.to, ToScreen):
                    yield flow, way.to.screen
                elif isinstance(way.to, ToFlow) and way.to.flow in script.flows:
                    yield way.to.flow, script.flows[way.to.flow].start
        case Call(flow=called) if called in script.flows:
            yield called, script.flows[called].start
        case _:
            pass
