"""Figures for the people who run the bot: counts of events, never anything about a person."""

from collections import Counter


class Figures:
    """Counts since the start, by what happened and a label from a closed list (a door, a kind of error).

    `levels` are what was measured last, such as the age of the oldest call without an answer.
    """

    def __init__(self) -> None:
        self.counts: Counter[tuple[str, str]] = Counter()
        self.levels: dict[str, float] = {}

    def add(self, what: str, label: str = "", by: int = 1) -> None:
        self.counts[what, label] += by
