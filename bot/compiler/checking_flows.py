"""Ways through the content: every screen can be reached, nothing goes round without waiting, no menu is empty."""

from collections import Counter
from collections.abc import Iterator, Mapping
from math import ceil
from typing import Final, TypeAlias

from bot.compiler.draft import Draft, FlowDraft
from bot.compiler.linking import Linked, names_in
from bot.compiler.worlds import worlds
from bot.dialogue.conditions import ALWAYS, Condition, holds
from bot.dialogue.presses import Answer, Press, write_press
from bot.dialogue.steps import (
    Ask,
    Call,
    Checklist,
    Choose,
    End,
    FlowId,
    ForgetMe,
    Go,
    ListTopics,
    Remind,
    Screen,
    ScreenId,
    Step,
    Target,
    ToFlow,
    ToScreen,
)
from bot.messages import PRESS_BYTES, Language

MOST_BUTTONS: Final = 7
"""More buttons do not fit on the screen of a small phone."""

_Spot: TypeAlias = tuple[FlowId, ScreenId]
_WIDEST: Final = Language("km")


def check_flows(draft: Draft, linked: Linked) -> None:
    """Write down what is wrong with the ways through all flows."""
    for each in linked.flows.values():
        if each.is_sound:
            _check_reachable(each, draft)
        _check_menus(each, draft)
    _check_used(draft, linked)
    _check_waits(draft, linked)
    _check_answers(draft)


# Every screen can be reached, and every flow


def _check_reachable(each: FlowDraft, draft: Draft) -> None:
    flow = each.flow
    reached: set[ScreenId] = set()
    open_screens = [flow.start]
    while open_screens:
        screen = flow.screens.get(open_screens.pop())
        if screen is None or screen.id in reached:
            continue
        reached.add(screen.id)
        for step in screen.steps:
            open_screens.extend(target.screen for target in targets_of(step) if isinstance(target, ToScreen))
    for screen_id in flow.screens:
        if screen_id not in reached:
            draft.notebook.error(each.screens[screen_id], f"no step leads to the screen '{screen_id}'")


def targets_of(step: Step) -> Iterator[Target]:
    """Everywhere a step may go by itself or by an answer."""
    match step:
        case Go(ways):
            for way in ways:
                yield way.to
        case Choose() | Ask():
            if step.tries is not None:
                yield step.tries.to
            if step.after is not None:
                yield step.after.to
            if isinstance(step, Choose):
                yield from (option.to for option in step.options if option.to is not None)
        case _:
            pass


def _check_used(draft: Draft, linked: Linked) -> None:
    if draft.bot is None:
        return
    used: set[FlowId] = {*draft.bot.special.values(), *draft.bot.asked_by.values()}
    for each in linked.flows.values():
        for screen in each.flow.screens.values():
            for step in screen.steps:
                used.update(_flows_named(step))
    for flow, each in draft.flows.items():
        if flow not in used:
            draft.notebook.warning(each.place, f"no step leads to the flow '{flow}'")


def _flows_named(step: Step) -> Iterator[FlowId]:
    yield from (target.flow for target in targets_of(step) if isinstance(target, ToFlow))
    match step:
        case Call() | Remind():
            yield step.flow
        case Choose():
            yield from (option.opens for option in step.options if option.opens is not None)
        case _:
            pass


# A choice always has a button


def _check_menus(each: FlowDraft, draft: Draft) -> None:
    profile = draft.bot.profile if draft.bot else {}
    for screen in each.flow.screens.values():
        for index, step in enumerate(screen.steps):
            if not isinstance(step, Choose):
                continue
            place = each.steps[screen.id, index]
            rows = ceil(len(step.options) / step.columns)
            if step.save != "language" and rows > MOST_BUTTONS:
                draft.notebook.warning(
                    place, f"{rows} rows of buttons do not fit on a small phone; at most {MOST_BUTTONS} do"
                )
            for option in step.options:
                press = write_press(Press(Answer(step.node, option.value), _WIDEST))
                if len(press.encode()) > PRESS_BYTES:
                    draft.notebook.error(place, f"the value '{option.value}' is too long for a button")
            lonely = _world_without_buttons(step, profile)
            if lonely is not None:
                draft.notebook.error(place, f"no button is left when {_told(lonely)}; add one without 'if'")


def _world_without_buttons(step: Choose, profile: Mapping[str, tuple[str, ...]]) -> Mapping[str, object] | None:
    if any(option.when == ALWAYS for option in step.options):
        return None
    conditions: list[Condition] = [step.when, *(option.when for option in step.options)]
    for known in worlds(conditions, profile) or ({},):
        if holds(step.when, known) and not any(holds(option.when, known) for option in step.options):
            return _with_untold(known, conditions)
    return None


def _with_untold(known: Mapping[str, object], conditions: list[Condition]) -> Mapping[str, object]:
    names = dict.fromkeys(name for condition in conditions for name in names_in(condition))
    return {name: known.get(name, "unknown") for name in names}


def _told(known: Mapping[str, object]) -> str:
    return " and ".join(f"{name} is {value}" for name, value in known.items()) or "nothing is known"


# Nothing goes round without waiting


def _check_waits(draft: Draft, linked: Linked) -> None:
    """Find circles of screens that a person could be led through without ever being asked anything."""
    ways = _SilentWays(draft, linked)
    done: set[_Spot] = set()
    for each in linked.flows.values():
        for screen in each.flow.screens:
            circle = _find_circle((each.flow.id, screen), ways, done)
            if circle and all(linked.flows[flow].is_sound for flow, _ in circle):
                names = " → ".join(_spot_name(spot, circle[0][0]) for spot in (*circle, circle[0]))
                place = linked.flows[circle[0][0]].screens[circle[0][1]]
                draft.notebook.error(place, f"this goes round without ever waiting: {names}")


def _spot_name(spot: _Spot, at_home: FlowId) -> str:
    return spot[1] if spot[0] == at_home else f"{spot[0]}.{spot[1]}"


class _SilentWays:
    """Where each screen may lead before the person is asked anything."""

    __slots__ = ("_bot", "_flows", "_sure")

    def __init__(self, draft: Draft, linked: Linked) -> None:
        self._bot = draft.bot
        self._flows = linked.flows
        self._sure: dict[FlowId, bool] = {}

    def of(self, spot: _Spot) -> list[_Spot]:
        """The screens that may come next without a wait."""
        found: list[_Spot] = []
        each = self._flows.get(spot[0])
        screen = each.flow.screens.get(spot[1]) if each is not None else None
        if screen is None:
            return found
        for step in screen.steps:
            match step:
                case Choose() | Ask() | ListTopics() | Checklist() | End() | ForgetMe() if step.when == ALWAYS:
                    return found
                case Call():
                    self._enter(step.flow, found)
                    if step.when == ALWAYS and self._surely_waits(step.flow):
                        return found
                case Go(ways):
                    for way in ways:
                        self._aim(way.to, spot[0], found)
                    if any(way.when == ALWAYS for way in ways):
                        return found
                case _:
                    pass
        if self._bot is not None and "home" in self._bot.special:
            self._enter(self._bot.special["home"], found)
        return found

    def _aim(self, target: Target, flow: FlowId, found: list[_Spot]) -> None:
        match target:
            case ToScreen(screen):
                found.append((flow, screen))
            case ToFlow(other):
                self._enter(other, found)
            case _:
                # Home waits or is found out by itself; back leads to a wait.
                pass

    def _enter(self, flow: FlowId, found: list[_Spot]) -> None:
        if flow in self._flows:
            found.append((flow, self._flows[flow].flow.start))

    def _surely_waits(self, flow: FlowId) -> bool:
        """Whether a flow asks something whatever is known; only the first screen is looked at."""
        if flow not in self._sure:
            each = self._flows.get(flow)
            first = each.flow.screens.get(each.flow.start) if each is not None else None
            self._sure[flow] = first is not None and _waits_first(first)
        return self._sure[flow]


def _waits_first(screen: Screen) -> bool:
    for step in screen.steps:
        match step:
            case Choose() | Ask() | ListTopics() | Checklist():
                if step.when == ALWAYS:
                    return True
            case Go() | End() | Call():
                return False
            case _:
                pass
    return False


def _find_circle(start: _Spot, ways: _SilentWays, done: set[_Spot]) -> list[_Spot]:
    """A circle that can be reached from a screen, found by walking depth first; each screen is walked once."""
    path: list[_Spot] = []
    stack: list[tuple[_Spot, Iterator[_Spot]]] = []
    on_path: set[_Spot] = set()

    def enter(spot: _Spot) -> None:
        path.append(spot)
        on_path.add(spot)
        stack.append((spot, iter(ways.of(spot))))

    if start not in done:
        enter(start)
    while stack:
        spot, following = stack[-1]
        for other in following:
            if other in on_path:
                done.update(path)
                return path[path.index(other) :]
            if other not in done:
                enter(other)
                break
        else:
            stack.pop()
            path.pop()
            on_path.discard(spot)
            done.add(spot)
    return []


# Every asker of a topic gets an answer


def _check_answers(draft: Draft) -> None:
    profile = draft.bot.profile if draft.bot else {}
    for topic in draft.topics.values():
        conditions = [variant.when for variant in topic.variants]
        names = {name for condition in conditions for name in names_in(condition)}
        chosen: Counter[int] = Counter()
        lonely: dict[bool, str] = {}
        for known in worlds(conditions, profile) or ():
            first = next((index for index, when in enumerate(conditions) if holds(when, known)), None)
            if first is None:
                lonely.setdefault(names <= known.keys(), _told(_with_untold(known, conditions)))
            else:
                chosen[first] += 1
        if True in lonely:
            words = f"nobody answers when {lonely[True]}; end with an answer without 'when:'"
            draft.notebook.error(topic.place, words)
        elif False in lonely:
            words = f"whoever does not tell gets no answer when {lonely[False]}; end with one without 'when:'"
            draft.notebook.warning(topic.place, words)
        for index, variant in enumerate(topic.variants):
            if chosen and not chosen[index]:
                words = f"the answer '{variant.id}' is never shown: an earlier one always holds first"
                draft.notebook.error(variant.place, words)
