"""Flow files → flows."""

from bot.compiler.draft import Draft, FlowDraft, Kind, Role
from bot.compiler.forms import FLOW_FILE
from bot.compiler.leaves import at, entries_at, is_yes, text_at, texts_at
from bot.compiler.problems import Notebook, Place
from bot.compiler.reading import ListNode, Node, TextNode
from bot.compiler.shapes import inspect
from bot.compiler.shaping_steps import Pen, shape_step
from bot.dialogue.steps import Flow, FlowId, Screen, ScreenId, Step

_TAKEN = ("home", "back")


def shape_flow(node: Node, name: str, draft: Draft) -> None:
    """Take the flow of one file into the content."""
    found = Notebook()
    inspect(node, FLOW_FILE, found)
    draft.notebook.take(found)
    called = text_at(node, "flow")
    if called is None or not draft.introduce(Kind.FLOW, called):
        return
    if called.words != name:
        draft.notebook.error(called.place, f"the flow '{called.words}' stands in {name}.yaml; give both one name")
    flow = FlowId(called.words)
    sensitive = is_yes(node, "sensitive")
    title = draft.write(f"{flow}.title", at(node, "title"), Role.TITLE, vital=sensitive)
    screens: dict[ScreenId, Screen] = {}
    places: dict[ScreenId, Place] = {}
    were: dict[ScreenId, tuple[TextNode, ...]] = {}
    step_places: dict[tuple[ScreenId, int], Place] = {}
    for key, value in entries_at(node, "screens"):
        screen = ScreenId(key.words)
        if screen in _TAKEN:
            draft.notebook.error(key.place, f"no screen may be called '{screen}': 'go: {screen}' leads elsewhere")
        places[screen] = key.place
        were[screen] = texts_at(value, "was")
        items = value if isinstance(value, ListNode) else at(value, "steps")
        steps: list[Step] = []
        pen = Pen(draft, flow, screen, sensitive)
        for item in items.items if isinstance(items, ListNode) else ():
            step = shape_step(item, pen)
            if step is not None:
                step_places[screen, len(steps)] = item.place
                steps.append(step)
        screens[screen] = Screen(screen, tuple(steps))
    start = text_at(node, "start")
    draft.mention(Kind.SCREEN, start, flow)
    first = ScreenId(start.words) if start else next(iter(screens), ScreenId(""))
    draft.flows[flow] = FlowDraft(
        flow=Flow(flow, title, first, screens, sensitive),
        place=called.place,
        was=texts_at(node, "was"),
        screens=places,
        screens_were=were,
        steps=step_places,
        is_sound=not found.problems(),
    )
