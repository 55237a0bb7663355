"""Logistic regression on sparse rows, trained one example after the other in plain numpy.

One model tells the classes apart; a second one, learned in the same pass and kept in the last column, tells what is
alarming from all the rest. It sees more examples of each than any single class has, and knows nothing else.

A few rounds over the examples take half a second and no memory to speak of, where a general library takes half a minute
and 110 MB, and they tell unseen questions apart as well as a training that goes on until nothing moves. The same texts
always give the same weights: the order is fixed.
"""

import math
from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float32]
Integers = NDArray[np.int64]
Truths = NDArray[np.bool_]

ROUNDS: Final = 4
LAST_ROUNDS: Final = 2
FIRST_STEP: Final = 3.0
_SLOWING: Final = 0.5
# Beyond these log odds nothing is left to learn, and the exponential would not be told from infinity.
_STEEP: Final = 30.0
# Multiplying by this odd number mixes the places of the examples, which come topic by topic.
_MIXER: Final = 2_654_435_761


@dataclass(frozen=True, slots=True)
class Rows:
    """Sparse vectors, one after the other: those of row i stand from starts[i] to starts[i + 1]."""

    starts: Integers
    columns: Integers
    values: Floats
    width: int

    def __len__(self) -> int:
        return len(self.starts) - 1

    def row(self, place: int) -> tuple[Integers, Floats]:
        own = slice(self.starts[place], self.starts[place + 1])
        return self.columns[own], self.values[own]


@dataclass(frozen=True, slots=True)
class Lesson:
    """What the rows stand for; how much each counts for the classes; whether it is alarming, and heard at all."""

    labels: Integers
    classes: int
    importance: Floats
    alarming: Truths
    heard: Truths

    def without(self, places: list[int]) -> "Lesson":
        """The same lesson while some rows are held back."""
        importance, heard = self.importance.copy(), self.heard.copy()
        importance[places] = 0
        heard[places] = False
        return Lesson(self.labels, self.classes, importance, self.alarming, heard)


def train(rows: Rows, lesson: Lesson, begun: Floats | None = None) -> Floats:
    """The weight of each feature (row) for each class, and for alarm (columns). What was begun with a part of the rows
    needs only the last rounds with all of them.
    """
    classes = lesson.classes
    table = np.zeros((rows.width, classes + 1), dtype=np.float32) if begun is None else begun.copy()
    used = np.flatnonzero(lesson.heard)
    if not lesson.importance[used].any():
        return table
    weight = (lesson.importance / lesson.importance[used].mean()).tolist()
    loudness = _balanced(lesson, used).tolist()
    labels, alarming = lesson.labels.tolist(), lesson.alarming.astype(float).tolist()
    order = used[np.argsort((used * _MIXER) % 2**32, kind="stable")].tolist()
    for round_ in range(0 if begun is None else ROUNDS - LAST_ROUNDS, ROUNDS):
        step = FIRST_STEP / (1 + _SLOWING * round_)
        for place in order:
            columns, values = rows.row(place)
            own = table[columns]
            scores = values @ own
            alarm = 1 / (1 + math.exp(-max(-_STEEP, min(_STEEP, float(scores[classes])))))
            if not weight[place]:
                table[columns, classes] -= values * np.float32(2 * step * loudness[place] * (alarm - alarming[place]))
                continue
            missed = np.exp(scores - scores[:classes].max())
            missed *= step * weight[place] / missed[:classes].sum()
            missed[labels[place]] -= step * weight[place]
            missed[classes] = 2 * step * loudness[place] * (alarm - alarming[place])
            own -= values[:, None] * missed
            table[columns] = own
    return table


def _balanced(lesson: Lesson, used: Integers) -> Floats:
    """Few examples are alarming: together they count as much as all the others."""
    alarming = lesson.alarming[used]
    loudness = np.zeros(len(lesson.importance), dtype=np.float32)
    if alarming.any() and not alarming.all():
        loudness[used] = np.where(alarming, 0.5 / alarming.sum(), 0.5 / (~alarming).sum()) * len(used)
    return loudness


def chances(scores: Floats) -> Floats:
    """Softmax of each row."""
    raised = np.exp(scores - scores.max(axis=-1, keepdims=True))
    shares: Floats = raised / raised.sum(axis=-1, keepdims=True)
    return shares
