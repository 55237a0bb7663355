"""Wakes the streams of a conversation in this process; other replicas' streams find out by looking at the store.

The number of streams is bounded, so that forgotten tabs cannot use up the process: of one conversation the newest win,
and when all places are taken a new one is turned away and asks in intervals instead.
"""

import asyncio
from collections.abc import Iterator
from contextlib import contextmanager
from enum import StrEnum
from typing import Final

from bot.messages import ArrivalId, ConversationId

MOST_OF_ONE: Final = 3
MOST_IN_ALL: Final = 2_000


class Ending(StrEnum):
    """Why a stream ends; the page is told, except when the process stops: then it is to come again."""

    OUSTED = "ousted"
    LEFT = "left"
    STOPPED = "stopped"


class FullError(Exception):
    """All places for streams are taken."""


class Watch:
    """One stream's ear: `stirred` is set when there may be something new, `ending` when it has to end, and why.

    What the arrivals in `shown` caused stands on the page already.
    """

    __slots__ = ("ending", "shown", "stirred")

    def __init__(self) -> None:
        self.stirred = asyncio.Event()
        self.ending: Ending | None = None
        self.shown: set[ArrivalId] = set()

    def end(self, ending: Ending) -> None:
        self.ending = ending
        self.stirred.set()


class Hub:
    """All streams that are open in this process."""

    def __init__(self, most_of_one: int = MOST_OF_ONE, most_in_all: int = MOST_IN_ALL) -> None:
        self._most_of_one = most_of_one
        self._most_in_all = most_in_all
        self._watches: dict[ConversationId, list[Watch]] = {}
        self._count = 0
        self._closed = False

    @property
    def count(self) -> int:
        """How many streams are open."""
        return self._count

    def call(self, conversation: ConversationId) -> None:
        """Let the streams of a conversation look at once."""
        for watch in self._watches.get(conversation, ()):
            watch.stirred.set()

    def keep_back(self, conversation: ConversationId, arrival: ArrivalId) -> None:
        """Let no stream say what this arrival causes: the page has shown that turn before it was taken."""
        for watch in self._watches.get(conversation, ()):
            watch.shown.add(arrival)

    @contextmanager
    def watch(self, conversation: ConversationId) -> Iterator[Watch]:
        """Listen for one stream; raise FullError where there is no place for it."""
        watches = self._watches.setdefault(conversation, [])
        try:
            if self._closed or (self._count >= self._most_in_all and not watches):
                raise FullError
            while len(watches) >= self._most_of_one:
                watches.pop(0).end(Ending.OUSTED)
            watch = Watch()
            watches.append(watch)
            self._count += 1
            try:
                yield watch
            finally:
                self._count -= 1
                if watch in watches:
                    watches.remove(watch)
        finally:
            if not watches and self._watches.get(conversation) is watches:
                del self._watches[conversation]

    def leave(self, conversation: ConversationId) -> None:
        """End the streams of one conversation: the person has left, on whichever of their pages."""
        for watch in self._watches.get(conversation, ()):
            watch.end(Ending.LEFT)

    def close(self) -> None:
        """End all streams, and let no new ones in."""
        self._closed = True
        for watches in self._watches.values():
            for watch in watches:
                watch.end(Ending.STOPPED)
