"""Which poster brought how many people: told only once several have come by it, for a link may be for one alone.

Anybody can make up a tag. What few have come by makes way for what is new, so that made-up tags hide no real poster;
nothing of it outlives the process.
"""

from collections import OrderedDict
from typing import Final

from bot.figures import Figures
from bot.messages import ConversationId

PEOPLE: Final = 5
"""So many different people must have come by a poster before it is told of."""

TOLD_APART: Final = 100
TRIED_AT_MOST: Final = 1000
"""So many posters are remembered that few have come by, those that somebody came by last."""


class Posters:
    """Counts whoever comes by a poster among the figures."""

    def __init__(self, figures: Figures) -> None:
        self._figures = figures
        self._told: set[str] = set()
        self._tried: OrderedDict[str, set[ConversationId]] = OrderedDict()

    def count(self, poster: str, person: ConversationId) -> None:
        """Somebody came by this poster."""
        if poster in self._told:
            self._figures.add("telegram_source", poster)
            return
        if len(self._told) >= TOLD_APART:
            return
        people = self._tried.pop(poster, set()) | {person}
        if len(people) >= PEOPLE:
            self._told.add(poster)
            self._figures.add("telegram_source", poster, by=len(people))
            return
        self._tried[poster] = people
        if len(self._tried) > TRIED_AT_MOST:
            self._tried.popitem(last=False)
