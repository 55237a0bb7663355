"""Finds a way to every screen: the presses and words that lead there, worked out with the pure engine."""

from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from heapq import heappop, heappush
from itertools import count
from typing import TypeAlias

from bot.compiler.linking import names_in
from bot.dialogue import NEW_CONVERSATION, Conversation
from bot.dialogue.effects import Turn
from bot.dialogue.engine import take_turn
from bot.dialogue.events import Opened, Pressed, Typed
from bot.dialogue.nodes import flow_token
from bot.dialogue.script import Script
from bot.dialogue.steps import Ask, Call, Checklist, Choose, ListTopics
from bot.messages import Language

Doing: TypeAlias = Pressed | Typed
WORDS = ("5", "15000", "no number", "ABCDE-FGHJK")
MOST_TURNS_OF_A_FLOW = 4000


@dataclass(frozen=True)
class Way:
    """From a flow's start to a wait: what to press and to type, in order; some only newcomers find."""

    node: str
    flow: str
    doings: tuple[Doing, ...]
    for_newcomers: bool = False


WITH_A_HELPLINE = frozenset({"ask-helpline", "talk", "referral", "ended"})
"""The flows in which somebody stands only where a helpline takes calls."""
BEHIND_A_TALK = frozenset({"secret-check.later"})
"""The screens that only somebody sees who could not prove to be who has talked."""


def waits_of(script: Script, without: frozenset[str] = frozenset()) -> set[str]:
    """Every step at which somebody may stand, but for those of some flows and screens."""
    return {
        str(step.node)
        for flow in script.flows.values()
        if flow.id not in without
        for screen in flow.screens.values()
        if f"{flow.id}.{screen.id}" not in without
        for step in screen.steps
        if isinstance(step, Choose | Ask | ListTopics | Checklist)
        and not (without and {"desk", "ticket"} & set(names_in(step.when)))
    }


def find_ways(script: Script, language: str, profile: dict[str, str], now: datetime) -> list[Way]:
    """A way to every wait that can be reached from the start of some flow."""
    found: dict[str, Way] = {}
    waits = waits_of(script)
    for flow in script.flows:
        missing = {node for node in waits if node.startswith(flow_token(flow))} - found.keys()
        for turn, doings in explore(script, flow, Conversation(Language(language), profile), now):
            node = standing(turn)
            if node is not None:
                found.setdefault(node, Way(node, flow, doings))
                missing.discard(node)
            if not missing:
                break
    welcome = script.special.welcome
    for turn, doings in explore(script, welcome, NEW_CONVERSATION, now):
        node = standing(turn)
        if node is not None:
            found.setdefault(node, Way(node, welcome, doings, for_newcomers=True))
    return list(found.values())


def farthest(ways: Iterable[Way]) -> list[Way]:
    """The ways on which one passes all others."""
    all_ways = list(ways)
    passed = {(way.flow, way.doings[:place]) for way in all_ways for place in range(len(way.doings))}
    return [way for way in all_ways if (way.flow, way.doings) not in passed]


def press_in(language: str, press: str) -> str:
    """The same button where it is shown in another language."""
    return press[0] + language + press[3:]


def standing(turn: Turn) -> str | None:
    """The wait at which a turn leaves the person; none after they were forgotten."""
    frames = turn.conversation.frames if turn.conversation else ()
    return str(frames[-1].node) if frames else None


def explore(script: Script, flow: str, person: Conversation, now: datetime) -> Iterator[tuple[Turn, tuple[Doing, ...]]]:
    """Turns from the start of a flow, each with what led to it; the waits that were seen least are followed first."""
    seen: Counter[str] = Counter()
    tried: set[object] = set()
    order = count()
    ahead: list[tuple[int, int, Turn, tuple[Doing, ...]]] = []
    heappush(ahead, (0, next(order), take_turn(script, person, Opened(flow=flow), now), ()))
    while ahead and next(order) < MOST_TURNS_OF_A_FLOW:
        _, _, turn, doings = heappop(ahead)
        yield turn, doings
        conversation, node = turn.conversation, standing(turn)
        if conversation is None or node is None:
            continue
        seen[node] += 1
        state = (node, conversation.tries, _gathered(conversation))
        # What lies beyond this flow is found from its own start.
        if state in tried or not _is_of(script, flow, conversation):
            continue
        tried.add(state)
        for doing in _doings(script, turn):
            after = take_turn(script, conversation, doing, now)
            heappush(ahead, (seen[node], next(order), after, (*doings, doing)))


def _is_of(script: Script, flow: str, conversation: Conversation) -> bool:
    """Whether somebody stands in a flow, or in one that it calls and that comes back to it."""
    for frame in reversed(conversation.frames):
        if frame.node.startswith(flow_token(flow)):
            return True
        spot = script.spots.get(frame.node)
        below = conversation.frames[: conversation.frames.index(frame)]
        caller = script.spots.get(below[-1].node) if below else None
        if spot is None or caller is None:
            return False
        if not isinstance(script.flows[caller.flow].screens[caller.screen].steps[caller.index], Call):
            return False
    return False


def _doings(script: Script, turn: Turn) -> list[Doing]:
    presses = [button.press for row in turn.messages[-1].rows for button in row if button.press[0] in "ao"]
    if _asks_for_a_secret(script, turn):
        # Which picture somebody chooses leads nowhere else, and comparing pictures is dear on purpose.
        presses = presses[:2]
    return [Pressed(press) for press in presses] or [Typed(words) for words in WORDS]


def _asks_for_a_secret(script: Script, turn: Turn) -> bool:
    spot = script.spots.get(turn.conversation.frames[-1].node) if turn.conversation else None
    step = script.flows[spot.flow].screens[spot.screen].steps[spot.index] if spot else None
    return isinstance(step, Choose) and (step.save or "").startswith("secret")


def _gathered(conversation: Conversation) -> tuple[tuple[str, int], ...]:
    """What tells two visits to a wait apart: small sums exactly, large ones only by being large."""
    values = conversation.frames[-1].values
    return tuple(sorted((name, min(int(value), 20)) for name, value in values.items() if isinstance(value, Decimal)))
