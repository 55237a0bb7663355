"""What was counted, laid over a picture of the dialogue: numbers for boxes and arrows, where they may be told."""

from collections import Counter
from collections.abc import Callable

from bot.dialogue.steps import FlowId
from bot.studio.dialogue_map import Atlas, Node, overall, stage_of
from bot.studio.drawing import Walked
from bot.studio.traffic import OUTSIDE, Stop, Traffic, told


def walked_in_flow(traffic: Traffic, flow: FlowId) -> Walked:
    """For the screens of one flow."""
    return _walked(traffic, lambda stop: Node(*stop) if stop[0] == flow else None)


def walked_in_stage(traffic: Traffic, stage: str, atlas: Atlas) -> Walked:
    """For the topics of one stage."""
    return _walked(traffic, lambda stop: Node(stop[0]) if stage_of(stop[0], atlas) == stage else None)


def walked_over_all(traffic: Traffic, atlas: Atlas) -> Walked:
    """For flows, and for the topics of each stage together."""
    return _walked(traffic, lambda stop: None if stop == OUTSIDE else overall(stop[0], atlas))


def _walked(traffic: Traffic, node_of: Callable[[Stop], Node | None]) -> Walked:
    seen: Counter[Node] = Counter()
    left: Counter[Node] = Counter()
    taken: Counter[tuple[Node, Node]] = Counter()
    for (begin, end), count in traffic.taken.items():
        before, after = node_of(begin), node_of(end)
        if before == after:
            continue
        if before is not None:
            left[before] += count
        if after is not None:
            seen[after] += count
        if before is not None and after is not None:
            taken[before, after] += count
    return Walked(
        {node: shown for node, count in seen.items() if (shown := told(count)) is not None},
        {way: shown for way, count in taken.items() if (shown := told(count)) is not None},
        {node: shown for node, count in (seen - left).items() if (shown := _stopped(count, seen[node])) is not None},
    )


def _stopped(stopped: int, seen: int) -> int | None:
    """How many went no further: not where it would tell how few went on."""
    went_on = seen - stopped
    return told(stopped) if went_on == 0 or told(went_on) is not None else None
