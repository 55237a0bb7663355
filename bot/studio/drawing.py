"""Where everything on the map stands, in pixels: boxes with their words cut to fit, and arrows as curves.

Only numbers and words come out. The page draws them, so that everything is escaped there, and colours follow its style.
"""

import unicodedata
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import pairwise
from typing import Final, TypeAlias

from bot.language import clusters
from bot.studio.dialogue_map import Box, Chart, Exit, Node, Way
from bot.studio.layering import Layers, layered

WIDTH: Final = 188
_GAP: Final = 28
_ROW_GAP: Final = 58
_MARGIN: Final = 16
_HEAD: Final = 22
_LINE: Final = 18
_FOOT: Final = 8
_EXIT: Final = 24
_ROOM: Final = WIDTH - 24
_MOST_LINES: Final = 3
_STROKE: Final = 1.5
_WIDEST: Final = 7.0
_TIP: Final = 8
_PORT: Final = 22.0


@dataclass(frozen=True, slots=True)
class Walked:
    """How many came to a box, took an arrow, and went no further; only where it is told."""

    seen: Mapping[Node, int] = field(default_factory=dict)
    taken: Mapping[tuple[Node, Node], int] = field(default_factory=dict)
    stopped: Mapping[Node, int] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class DrawnExit:
    """One line of a box that leads out of the picture."""

    exit: Exit
    y: int
    words: str


@dataclass(frozen=True, slots=True)
class DrawnBox:
    """A box with its upper left corner, its height, and its words line by line."""

    box: Box
    x: int
    y: int
    height: int
    lines: tuple[str, ...]
    exits: tuple[DrawnExit, ...]
    seen: int | None
    stopped: int | None


@dataclass(frozen=True, slots=True)
class DrawnArrow:
    """An arrow as the path of its line and that of its tip; the number that took it stands at `x`, `y`."""

    way: Way
    line: str
    tip: str
    width: float
    x: int
    y: int
    taken: int | None


@dataclass(frozen=True, slots=True)
class Picture:
    """All of it."""

    width: int
    height: int
    boxes: tuple[DrawnBox, ...]
    arrows: tuple[DrawnArrow, ...]


def draw(chart: Chart, walked: Walked, names: Mapping[Node, str]) -> Picture:
    """Draw a chart; `names` are words for boxes and ways out that have none of their own."""
    layers = layered([box.node.name for box in chart.boxes], [(way.begin.name, way.end.name) for way in chart.ways])
    worded = {box.node.name: _words_of(box, names) for box in chart.boxes}
    heights = {box.node.name: _height(box, worded[box.node.name]) for box in chart.boxes}
    tops = _tops(layers, heights)
    corners = {name: (_left(across), tops[row]) for name, (across, row) in layers.at.items()}
    boxes = [_box(box, worded[box.node.name], corners[box.node.name], walked, names) for box in chart.boxes]
    frame = _Frame(layers, tops, heights)
    most = max(walked.taken.values(), default=0)
    return Picture(
        round(layers.columns * (WIDTH + _GAP)) - _GAP + 2 * _MARGIN,
        tops[-1] - _ROW_GAP + _MARGIN,
        tuple(boxes),
        tuple(frame.arrows(chart.ways, walked, most)),
    )


def draw_tree(chart: Chart, walked: Walked, names: Mapping[Node, str]) -> Picture:
    """Draw a chart in which one arrow at most leads to each box: what hangs below a box stands to its right."""
    worded = {box.node: _words_of(box, names) for box in chart.boxes}
    below: dict[Node, list[Way]] = defaultdict(list)
    for way in chart.ways:
        below[way.begin].append(way)
    at: dict[Node, tuple[int, int]] = {}
    next_top = _MARGIN
    hanging = [(box.node, 0) for box in reversed(chart.boxes) if box.node not in {way.end for way in chart.ways}]
    heights = {box.node: _height(box, worded[box.node]) for box in chart.boxes}
    lowest = _MARGIN
    while hanging:
        node, depth = hanging.pop()
        at[node] = (_MARGIN + depth * (WIDTH + _ROW_GAP), next_top)
        lowest = max(lowest, next_top + heights[node])
        hanging += [(way.end, depth + 1) for way in reversed(below[node])]
        if not below[node]:
            # A tall box to the left may reach further down than what hangs below it.
            next_top = max(next_top + heights[node], lowest if hanging and hanging[-1][1] < depth else 0) + _LINE
    boxes = tuple(_box(box, worded[box.node], at[box.node], walked, names) for box in chart.boxes)
    most = max(walked.taken.values(), default=0)
    return Picture(
        max((x for x, _ in at.values()), default=0) + WIDTH + _MARGIN,
        lowest + _MARGIN,
        boxes,
        tuple(
            _branch(way, at[way.begin], at[way.end], walked.taken.get((way.begin, way.end)), most) for way in chart.ways
        ),
    )


def _branch(way: Way, begin: tuple[int, int], end: tuple[int, int], taken: int | None, most: int) -> DrawnArrow:
    x, y, to_x, to_y = begin[0] + WIDTH, begin[1] + _HEAD, end[0], end[1] + _HEAD
    half = (x + to_x) // 2
    line = f"M{x} {y}" + (f"L{to_x} {to_y}" if y == to_y else f"C{half} {y} {half} {to_y} {to_x} {to_y}")
    tip = f"M{to_x - _TIP} {to_y - 4}L{to_x} {to_y}L{to_x - _TIP} {to_y + 4}Z"
    return DrawnArrow(way, line, tip, _thickness(taken, most), half, to_y - 6, taken)


def _thickness(taken: int | None, most: int) -> float:
    return round(_STROKE + (_WIDEST - _STROKE) * taken / most, 1) if taken else _STROKE


def fitted(words: str, room: float = _ROOM, most: int = _MOST_LINES) -> tuple[str, ...]:
    """Words in at most so many lines of this width, cut where no letter is torn apart."""
    lines: list[str] = []
    line, used = "", 0.0
    for cluster in (piece for whole in clusters(" ".join(words.split())) for piece in _short_enough(whole, room)):
        width = _wide(cluster)
        if used + width > room and line.strip():
            lines.append(line.strip())
            line, used = "", 0.0
            if len(lines) == most:
                lines[-1] = _with_dots(lines[-1], room)
                return tuple(lines)
        line += cluster
        used += width
    return tuple((*lines, line.strip()) if line.strip() else lines)


def _with_dots(line: str, room: float) -> str:
    pieces = clusters(line)
    while pieces and _wide("".join(pieces)) + _wide("…") > room:
        pieces.pop()
    return "".join(pieces).rstrip() + "…"


def _short_enough(cluster: str, room: float) -> Iterator[str]:
    """Words of Latin letters are one cluster, however long."""
    if _wide(cluster) <= room:
        yield cluster
    else:
        yield from cluster


def _wide(words: str) -> float:
    """How wide words are about, in pixels; rather too much, since what stands over the edge is not read."""
    return sum(_letter(letter) for letter in words)


def _letter(letter: str) -> float:
    if letter == " ":
        return 4.0
    if letter.isascii():
        return 10.0 if letter in "MWmw" else 7.2
    if unicodedata.category(letter) in ("Mn", "Cf"):
        # Signs above and below take no room, but for the letters that Khmer and Burmese write below others.
        return 1.0
    if "\u1780" <= letter <= "\u17ff" or "\u1000" <= letter <= "\u109f":
        return 11.0
    return 9.0 if "\u0e00" <= letter <= "\u0eff" else 15.0


def _words_of(box: Box, names: Mapping[Node, str]) -> tuple[str, ...]:
    return fitted(box.words or names.get(box.node, ""))


def _height(box: Box, lines: Sequence[str]) -> int:
    return _HEAD + _LINE * len(lines) + _FOOT + _EXIT * len(box.exits)


def _tops(layers: Layers, heights: Mapping[str, int]) -> list[int]:
    """Where each row begins, and at last where one more would."""
    tallest: dict[int, int] = defaultdict(int)
    for name, (_, row) in layers.at.items():
        tallest[row] = max(tallest[row], heights[name])
    tops = [_MARGIN]
    for row in range(layers.rows):
        tops.append(tops[-1] + tallest[row] + _ROW_GAP)
    return tops


def _box(
    box: Box, lines: tuple[str, ...], corner: tuple[int, int], walked: Walked, names: Mapping[Node, str]
) -> DrawnBox:
    below = _HEAD + _LINE * len(lines) + _FOOT
    exits = tuple(
        DrawnExit(one, below + _EXIT * number, "".join(fitted(_exit_words(one, names), _ROOM - 20, 1)))
        for number, one in enumerate(box.exits)
    )
    seen, stopped = walked.seen.get(box.node), walked.stopped.get(box.node)
    return DrawnBox(box, *corner, _height(box, lines), lines, exits, seen, stopped)


def _exit_words(one: Exit, names: Mapping[Node, str]) -> str:
    return one.words or names.get(one.node, "") or one.node.screen or one.node.flow


def _left(across: float) -> int:
    return _MARGIN + round(across * (WIDTH + _GAP))


_Point: TypeAlias = tuple[float, float]


@dataclass(frozen=True, slots=True)
class _Frame:
    """Draws arrows between rows."""

    layers: Layers
    tops: Sequence[int]
    heights: Mapping[str, int]

    def arrows(self, ways: Sequence[Way], walked: Walked, most: int) -> Iterator[DrawnArrow]:
        drawn = [way for way in ways if way.begin != way.end]
        begins = self._ports(drawn, [(way.begin, way.end) for way in drawn])
        ends = self._ports(drawn, [(way.end, way.begin) for way in drawn])
        for way, begin, end in zip(drawn, begins, ends, strict=True):
            taken = walked.taken.get((way.begin, way.end))
            points, is_up = self._points(way, begin, end)
            x, y = points[-1]
            beside = round(x) + 7, round(y) + (14 if is_up else -6)
            yield DrawnArrow(
                way, _curve(points), _tip(x, y, _TIP if is_up else -_TIP), _thickness(taken, most), *beside, taken
            )

    def _ports(self, ways: Sequence[Way], sides: Sequence[tuple[Node, Node]]) -> list[float]:
        """How far from the middle of its box each arrow has its end: side by side, as their others stand."""
        groups: dict[tuple[Node, bool], list[int]] = defaultdict(list)
        for number, (here, _) in enumerate(sides):
            groups[here, self._is_up(ways[number])].append(number)
        ports = [0.0] * len(ways)
        for group in groups.values():
            group.sort(key=lambda number: self._middle(sides[number][1]))
            step = min(_PORT, (WIDTH - 40) / len(group))
            for place, number in enumerate(group):
                ports[number] = (place - (len(group) - 1) / 2) * step
        return ports

    def _points(self, way: Way, begin: float, end: float) -> tuple[list[_Point], bool]:
        is_up = self._is_up(way)
        points = [(self._middle(way.begin) + begin, self._edge(way.begin, below=not is_up))]
        for across, row in self.layers.over.get((way.begin.name, way.end.name), ()):
            x = _left(across) + 0.075 * (WIDTH + _GAP)
            through = [(x, float(self.tops[row])), (x, float(self.tops[row + 1] - _ROW_GAP))]
            points += reversed(through) if is_up else through
        points.append((self._middle(way.end) + end, self._edge(way.end, below=is_up)))
        return points, is_up

    def _is_up(self, way: Way) -> bool:
        return (way.begin.name, way.end.name) in self.layers.turned

    def _middle(self, node: Node) -> float:
        return _left(self.layers.at[node.name][0]) + WIDTH / 2

    def _edge(self, node: Node, *, below: bool) -> float:
        top = self.tops[self.layers.at[node.name][1]]
        return float(top + self.heights[node.name]) if below else float(top)


def _tip(x: float, y: float, back: float) -> str:
    return f"M{x - 4:.0f} {y + back:.0f}L{x:.0f} {y:.0f}L{x + 4:.0f} {y + back:.0f}Z"


def _curve(points: Sequence[_Point]) -> str:
    """A line that leaves and comes in upright at each point."""
    first = points[0]
    path = f"M{first[0]:.0f} {first[1]:.0f}"
    for (x, y), (to_x, to_y) in pairwise(points):
        half = (y + to_y) / 2
        straight = f"L{to_x:.0f} {to_y:.0f}"
        path += straight if x == to_x else f"C{x:.0f} {half:.0f} {to_x:.0f} {half:.0f} {to_x:.0f} {to_y:.0f}"
    return path
