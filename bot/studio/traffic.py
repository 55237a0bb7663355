"""How many people took which way through the dialogue, day by day, and nothing about any of them.

A way is counted in memory, and each minute what was counted is added to the day's sums in the store. Whoever takes the
same way again on the same day counts once: each way that was taken is remembered under a hash that nobody can work out,
in the memory of this process alone, until the day is over. What is read are sums of many days, and of those only such
as are large enough that they point at nobody.
"""

import asyncio
from collections import Counter
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from hashlib import blake2b
from typing import Final, TypeAlias

import msgspec

from bot import logbook
from bot.clock import Clock
from bot.dialogue.conversation import Conversation
from bot.dialogue.person import TOPIC
from bot.dialogue.script import Script
from bot.dialogue.steps import FlowId, ScreenId
from bot.messages import ConversationId
from bot.store.contract import ConflictError, StoreError
from bot.store.shelf import Shelf, ShelfKind

FEWEST: Final = 5
"""Smaller sums are told to nobody."""

SHOWN_DAYS: Final = 28
FLUSH_EVERY: Final = 60.0
_MOST_REMEMBERED: Final = 200_000
_MOST_WAYS: Final = 5_000
_MOST_CONFLICTS: Final = 10
_BETWEEN: Final = ">"

Stop: TypeAlias = tuple[FlowId, ScreenId]
"""A screen; the two empty words stand for outside, where people come from and where those go who are forgotten."""

OUTSIDE: Final[Stop] = (FlowId(""), ScreenId(""))

Taken: TypeAlias = tuple[Stop, Stop]


class Tally:
    """Counts ways until somebody takes the sums away. The salt lives and dies with the process."""

    def __init__(self, script: Callable[[], Script], clock: Clock, salt: bytes) -> None:
        self._script = script
        self._clock = clock
        self._salt = salt
        self._counts: dict[date, Counter[Taken]] = {}
        self._day: date | None = None
        self._remembered: set[bytes] = set()

    def note(self, who: ConversationId, before: Conversation, after: Conversation) -> None:
        """Somebody's turn led from here to there; whoever stays where they are takes no way."""
        script, day = self._script(), self._clock.now().date()
        way = (_stop(script, before), _stop(script, after))
        if way[0] == way[1]:
            return
        if day != self._day:
            self._day = day
            self._remembered.clear()
        step = blake2b(repr((who, way)).encode(), key=self._salt, digest_size=8).digest()
        if step not in self._remembered and len(self._remembered) < _MOST_REMEMBERED:
            self._remembered.add(step)
            self._counts.setdefault(day, Counter())[way] += 1

    def take(self) -> dict[date, Counter[Taken]]:
        """All sums since the last time."""
        counts, self._counts = self._counts, {}
        return counts

    def put_back(self, day: date, counts: Counter[Taken]) -> None:
        """These could not be kept."""
        self._counts.setdefault(day, Counter()).update(counts)


@dataclass(frozen=True, slots=True)
class Topical:
    """What people did after an answer: how many read it, and how many of them asked for a person right after."""

    topic: str
    read: int
    asked: int

    @property
    def share(self) -> float:
        """The part of those who read it that needed a person."""
        return self.asked / self.read if self.read else 0.0


@dataclass(frozen=True, slots=True)
class Traffic:
    """Sums of some days."""

    taken: Mapping[Taken, int]

    def arrivals(self) -> Counter[Stop]:
        """How many came to each screen."""
        found: Counter[Stop] = Counter()
        for (_, end), count in self.taken.items():
            found[end] += count
        return found

    def stopped(self) -> Counter[Stop]:
        """How many came to each screen and took no way from it."""
        found = self.arrivals()
        for (begin, _), count in self.taken.items():
            found[begin] -= count
        del found[OUTSIDE]
        return +found

    def topical(self, help_flows: Iterable[FlowId]) -> tuple[Topical, ...]:
        """What came of each answer, those that helped least first; a sum that is too small counts as none."""
        helping = frozenset(help_flows)
        asked: Counter[FlowId] = Counter()
        for (begin, end), count in self.taken.items():
            if begin[0].startswith(TOPIC) and end[0] in helping:
                asked[begin[0]] += count
        read: Counter[FlowId] = Counter()
        for stop, count in self.arrivals().items():
            if stop[0].startswith(TOPIC):
                read[stop[0]] += count
        found = [
            Topical(flow.removeprefix(TOPIC), count, told(asked[flow]) or 0)
            for flow, count in read.items()
            if count >= FEWEST
        ]
        return tuple(sorted(found, key=lambda one: (-one.share, -one.read, one.topic)))


def told(count: int) -> int | None:
    """A sum, where it is large enough to be told."""
    return count if count >= FEWEST else None


class TrafficBook:
    """The sums of each day, in the store."""

    def __init__(self, shelf: Shelf, clock: Clock) -> None:
        self._shelf = shelf
        self._clock = clock

    async def follow(self, tally: Tally) -> None:
        """Add what was counted again and again, for as long as it runs."""
        while True:
            await self._clock.sleep(FLUSH_EVERY)
            await self.flush(tally)

    async def flush(self, tally: Tally) -> None:
        """Add what was counted; where the store is away it waits."""
        for day, counts in tally.take().items():
            try:
                await self._add(day, counts)
            except StoreError as error:
                logbook.note_error("traffic_not_kept", error)
                tally.put_back(day, counts)

    async def read(self, days: int = SHOWN_DAYS) -> Traffic:
        """The sums of the last days, today among them."""
        today = self._clock.now().date()
        summed: Counter[Taken] = Counter()
        for back in range(days):
            _, counts = await self._day(today - timedelta(days=back))
            summed.update(counts)
        return Traffic(summed)

    async def _add(self, day: date, counts: Counter[Taken]) -> None:
        for _ in range(_MOST_CONFLICTS):
            version, kept = await self._day(day)
            kept.update({way: count for way, count in counts.items() if way in kept or len(kept) < _MOST_WAYS})
            value = _JSON.encode({_written(way): count for way, count in sorted(kept.items())})
            try:
                await self._shelf.write_shelf(ShelfKind.TRAFFIC, day.isoformat(), value, version)
            except ConflictError:
                # Another replica was quicker. None waits for another, so that one of them always gets on.
                await asyncio.sleep(0)
            else:
                return
        raise ConflictError("the day's sums changed faster than they could be written")

    async def _day(self, day: date) -> tuple[int, Counter[Taken]]:
        found = await self._shelf.read_shelf(ShelfKind.TRAFFIC, day.isoformat())
        if found is None:
            return 0, Counter()
        version, value = found
        return version, Counter({_read(way): count for way, count in _SUMS.decode(value).items()})


def _stop(script: Script, conversation: Conversation) -> Stop:
    spot = script.spots.get(conversation.frames[-1].node) if conversation.frames else None
    return (spot.flow, spot.screen) if spot is not None else OUTSIDE


def _written(way: Taken) -> str:
    return _BETWEEN.join("/".join(stop) for stop in way)


def _read(written: str) -> Taken:
    begin, _, end = written.partition(_BETWEEN)
    return _read_stop(begin), _read_stop(end)


def _read_stop(written: str) -> Stop:
    flow, _, screen = written.partition("/")
    return FlowId(flow), ScreenId(screen)


_JSON: Final = msgspec.json.Encoder()
_SUMS: Final = msgspec.json.Decoder(dict[str, int])
