"""Multinomial logistic regression, trained in the dual with plain numpy.

There are far fewer examples than features, so the weights are sought as sums of examples: everything happens
on the square table of
how alike two examples are, and a few dozen steps take about a second where a general library takes half a
minute and 110 MB.
The same texts always give the same weights: there is no randomness.
"""

from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float32]
Integers = NDArray[np.int64]

# A second training that starts from a first one needs fewer.
STEPS: Final = 26
FURTHER_STEPS: Final = 10
SHRINKAGE: Final = 1e-4


@dataclass(frozen=True, slots=True)
class Rows:
    """Sparse vectors, one after the other: those of row i stand from starts[i] to starts[i + 1]."""

    starts: Integers
    columns: Integers
    values: Floats
    width: int

    def __len__(self) -> int:
        return len(self.starts) - 1


def likeness(rows: Rows) -> Floats:
    """The product of every row with every other."""
    count = len(rows)
    row_of = np.repeat(np.arange(count), np.diff(rows.starts))
    order = np.argsort(rows.columns, kind="stable")
    members, shares = row_of[order], rows.values[order]
    edges = np.searchsorted(rows.columns[order], np.arange(rows.width + 1))
    table = np.empty((count, count), dtype=np.float32)
    for row in range(count):
        own = slice(rows.starts[row], rows.starts[row + 1])
        first = edges[rows.columns[own]]
        length = edges[rows.columns[own] + 1] - first
        before = np.concatenate([[0], np.cumsum(length)[:-1]])
        places = np.repeat(first - before, length) + np.arange(length.sum())
        product = shares[places] * np.repeat(rows.values[own], length)
        table[row] = np.bincount(members[places], weights=product, minlength=count)
    return table


def train(
    table: Floats, labels: Integers, classes: int, importance: Floats, start: Floats, steps: int = STEPS
) -> Floats:
    """How much each example (row) speaks for each class (column); by accelerated gradient steps.

    An example of no importance is left out; start is what an earlier training gave, or zeros.
    """
    count = len(labels)
    wanted = np.zeros((count, classes), dtype=np.float32)
    wanted[np.arange(count), labels] = 1
    weight = (importance / importance.sum())[:, None].astype(np.float32)
    step = np.float32(1 / (0.5 * _largest_eigenvalue(table) * float(weight.max()) + SHRINKAGE))
    votes = ahead = start
    pace = 1.0
    for _ in range(steps):
        slope = (chances(table @ ahead) - wanted) * weight + np.float32(SHRINKAGE) * ahead
        moved = ahead - step * slope
        quicker = (1 + (1 + 4 * pace * pace) ** 0.5) / 2
        ahead = moved + np.float32((pace - 1) / quicker) * (moved - votes)
        votes, pace = moved, quicker
    return votes


def chances(scores: Floats) -> Floats:
    """Softmax of each row."""
    raised = np.exp(scores - scores.max(axis=-1, keepdims=True))
    shares: Floats = raised / raised.sum(axis=-1, keepdims=True)
    return shares


def weights(rows: Rows, votes: Floats) -> Floats:
    """The weight of each feature for each class."""
    table = np.zeros((rows.width, votes.shape[1]), dtype=np.float32)
    for row in range(len(rows)):
        own = slice(rows.starts[row], rows.starts[row + 1])
        table[rows.columns[own]] += rows.values[own, None] * votes[row]
    return table


def _largest_eigenvalue(table: Floats) -> float:
    direction = np.ones(len(table), dtype=np.float32)
    for _ in range(8):
        direction = table @ direction
        direction /= np.linalg.norm(direction) or 1
    return float(direction @ (table @ direction))
