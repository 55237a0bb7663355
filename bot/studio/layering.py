"""Puts boxes that lead to each other into rows, so that most arrows lead down and few of them cross.

The way of Sugiyama: circles are opened, each box stands below all that lead to it, an arrow over several rows gets a
place of its own in each, and the order within the rows is evened out by looking up and down in turn. All of it is
sums in fixed orders, so that the same dialogue is always the same picture.
"""

from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Final, TypeAlias

Arrow: TypeAlias = tuple[str, str]
_Place: TypeAlias = str | tuple[int, int]
"""A box by its name, or where the arrow of a number passes through a row."""

_SWEEPS: Final = 6
_MOST_PASSES: Final = 3000
_LONGEST: Final = 12
"""Where arrows pass so many rows in all, those over more rows than this go straight: they would cross in any order."""

_THIN: Final = 0.15
"""How wide the place of a passing arrow is, beside that of a box."""


@dataclass(frozen=True, slots=True)
class Layers:
    """Where boxes stand: their row, and how far right, in box widths from the left; and over which points arrows pass.

    `turned` are the arrows that lead up.
    """

    rows: int
    columns: float
    at: Mapping[str, tuple[float, int]]
    over: Mapping[Arrow, tuple[tuple[float, int], ...]]
    turned: frozenset[Arrow]


def layered(boxes: Sequence[str], arrows: Iterable[Arrow]) -> Layers:
    """Lay out boxes, the first of which is where everything begins."""
    ways = [way for way in dict.fromkeys(arrows) if way[0] != way[1]]
    turned = _turned(boxes, ways)
    down = [(way[1], way[0]) if way in turned else way for way in ways]
    row_of = _rows(boxes, down)
    lengths = [row_of[end] - row_of[begin] for begin, end in down]
    longest = max(lengths, default=0) if sum(lengths) <= _MOST_PASSES else _LONGEST
    links = _links(down, row_of, longest)
    rows = _first_order(boxes, row_of, links)
    above, below = _neighbours(links)
    for sweep in range(_SWEEPS):
        _even_out(rows, above if sweep % 2 == 0 else below, upwards=sweep % 2 == 1)
    across = _across(rows, above, below)
    over = {
        way: tuple((across[point], row) for row, point in _passes(number, down[number], row_of, longest))
        for number, way in enumerate(ways)
    }
    over = {way: tuple(reversed(points)) if way in turned else points for way, points in over.items()}
    return Layers(
        len(rows),
        max(across.values(), default=0) + 1,
        {box: (across[box], row_of[box]) for box in boxes},
        over,
        turned,
    )


def _turned(boxes: Sequence[str], ways: Sequence[Arrow]) -> frozenset[Arrow]:
    """The arrows that would close a circle, seen from the first box on."""
    to: dict[str, list[str]] = defaultdict(list)
    for begin, end in ways:
        to[begin].append(end)
    turned: set[Arrow] = set()
    done: set[str] = set()
    for first in boxes:
        if first in done:
            continue
        path, stack = {first}, [(first, iter(to[first]))]
        while stack:
            box, following = stack[-1]
            for other in following:
                if other in path:
                    turned.add((box, other))
                elif other not in done:
                    path.add(other)
                    stack.append((other, iter(to[other])))
                    break
            else:
                stack.pop()
                path.discard(box)
                done.add(box)
    return frozenset(turned)


def _rows(boxes: Sequence[str], down: Sequence[Arrow]) -> dict[str, int]:
    """Each box one row below the lowest of those that lead to it."""
    waits: dict[str, int] = dict.fromkeys(boxes, 0)
    to: dict[str, list[str]] = defaultdict(list)
    for begin, end in down:
        to[begin].append(end)
        waits[end] += 1
    row_of = dict.fromkeys(boxes, 0)
    ready = [box for box in boxes if not waits[box]]
    for box in ready:
        for other in to[box]:
            row_of[other] = max(row_of[other], row_of[box] + 1)
            waits[other] -= 1
            if not waits[other]:
                ready.append(other)
    return row_of


def _passes(number: int, way: Arrow, row_of: Mapping[str, int], longest: int) -> Iterator[tuple[int, _Place]]:
    """The rows in which an arrow that passes them has a place of its own, from top to bottom."""
    first, last = row_of[way[0]] + 1, row_of[way[1]]
    return ((row, (number, row)) for row in range(first, last if last - first < longest else first))


def _links(down: Sequence[Arrow], row_of: Mapping[str, int], longest: int) -> list[tuple[_Place, _Place]]:
    """Arrows cut into pieces from one row to the next."""
    links: list[tuple[_Place, _Place]] = []
    for number, way in enumerate(down):
        points: list[_Place] = [way[0], *(point for _, point in _passes(number, way, row_of, longest)), way[1]]
        links += pairwise(points)
    return links


def _first_order(
    boxes: Sequence[str], row_of: Mapping[str, int], links: Sequence[tuple[_Place, _Place]]
) -> list[list[_Place]]:
    rows: list[list[_Place]] = [[] for _ in range(max(row_of.values(), default=0) + 1)]
    for box in boxes:
        rows[row_of[box]].append(box)
    for _, end in links:
        if isinstance(end, tuple):
            rows[end[1]].append(end)
    return rows


_Neighbours: TypeAlias = Mapping[_Place, Sequence[_Place]]


def _neighbours(links: Sequence[tuple[_Place, _Place]]) -> tuple[_Neighbours, _Neighbours]:
    above: dict[_Place, list[_Place]] = defaultdict(list)
    below: dict[_Place, list[_Place]] = defaultdict(list)
    for begin, end in links:
        above[end].append(begin)
        below[begin].append(end)
    return above, below


def _even_out(rows: list[list[_Place]], beside: _Neighbours, *, upwards: bool) -> None:
    """Order each row by the middle of those it is tied to in the row before; who is tied to none stays."""
    order = list(reversed(rows)) if upwards else rows
    for before, row in pairwise(order):
        place_of = {one: place for place, one in enumerate(before)}
        own = {one: place for place, one in enumerate(row)}
        row.sort(key=_by_middle(place_of, own, beside))


def _by_middle(
    place_of: Mapping[_Place, int], own: Mapping[_Place, int], beside: _Neighbours
) -> Callable[[_Place], tuple[float, int]]:
    def middle(one: _Place) -> tuple[float, int]:
        tied = [place_of[other] for other in beside.get(one, ()) if other in place_of]
        return (sum(tied) / len(tied) if tied else own[one], own[one])

    return middle


def _across(rows: Sequence[Sequence[_Place]], above: _Neighbours, below: _Neighbours) -> dict[_Place, float]:
    """How far right each stands: near the middle of those it is tied to, and none over another."""
    across: dict[_Place, float] = {}
    for row in rows:
        right = 0.0
        for one in row:
            across[one] = right
            right += _width(one)
    for sweep in range(_SWEEPS):
        beside, order = (above, rows) if sweep % 2 == 0 else (below, rows[::-1])
        for row in order:
            wanted = [_middle(one, beside, across) for one in row]
            across.update(zip(row, _apart(row, wanted), strict=True))
    least = min(across.values(), default=0.0)
    return {one: round(place - least, 3) for one, place in across.items()}


def _middle(one: _Place, beside: _Neighbours, across: Mapping[_Place, float]) -> float:
    tied = beside.get(one, ())
    if not tied:
        return across[one]
    return sum(across[other] + _width(other) / 2 for other in tied) / len(tied) - _width(one) / 2


def _apart(row: Sequence[_Place], wanted: Sequence[float]) -> list[float]:
    """As near to what is wanted as can be, in this order, with none over another: groups that touch share the way."""
    groups: list[tuple[float, list[int], float]] = []
    for number, place in enumerate(wanted):
        start, members, width = place, [number], _width(row[number])
        while groups and groups[-1][0] + groups[-1][2] > start:
            before, others, wide = groups.pop()
            share = len(others) / (len(others) + len(members))
            start = before * share + (start - wide) * (1 - share)
            members, width = [*others, *members], wide + width
        groups.append((start, members, width))
    placed = [0.0] * len(row)
    for start, members, _ in groups:
        right = start
        for number in members:
            placed[number] = right
            right += _width(row[number])
    return placed


def _width(one: _Place) -> float:
    return _THIN if isinstance(one, tuple) else 1.0
