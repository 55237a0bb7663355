"""The names of timers: a wait's own token, or the flow that a reminder opens."""

from collections.abc import Iterable, Iterator

from bot.dialogue.script import Script
from bot.dialogue.steps import Ask, Choose, Flow, FlowId, Remind

_FLOW = "flow:"


def flow_alarm(flow: FlowId) -> str:
    """The name of a reminder that opens a flow."""
    return f"{_FLOW}{flow}"


def flow_to_open(alarm: str, script: Script) -> FlowId | None:
    """The flow that a reminder opens, if the content still has such a reminder."""
    return FlowId(alarm.removeprefix(_FLOW)) if alarm.startswith(_FLOW) and alarm in script.alarms else None


def alarms_in(flows: Iterable[Flow]) -> Iterator[str]:
    """Every timer that somebody in these flows may have set."""
    for flow in flows:
        for screen in flow.screens.values():
            for step in screen.steps:
                if isinstance(step, Remind):
                    yield flow_alarm(step.flow)
                elif isinstance(step, Choose | Ask) and step.after is not None:
                    yield step.node
