"""All tickets as this process sees them, half a second late at most, and who is looking at which.

A list of two hundred tickets must not cost two hundred questions to the store each time somebody looks: the board asks
twice a second what has changed, on whichever replica, and loads only that.
"""

import asyncio
from collections.abc import Collection, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Final

import msgspec

from bot import logbook
from bot.clock import Clock
from bot.desk.ticket import StaffId, Ticket, TicketId
from bot.store.contract import ConflictError, Store, StoreError
from bot.store.shelf import Shelf, ShelfKind

LOOK_EVERY: Final = 0.5
ALL_EVERY: Final = timedelta(seconds=10)
ALL: Final = timedelta(days=32)
_OVERLAP: Final = timedelta(seconds=10)
"""Clocks of replicas differ; what was written so long before the last look is looked at again."""

_JUST_NOW: Final = timedelta(seconds=1)

PRESENT_FOR: Final = timedelta(seconds=15)
_PRESENCE: Final = "all"
_TRIES: Final = 5


class _Looking(msgspec.Struct, array_like=True, frozen=True):
    ticket: str
    member: str
    typing: bool
    at: datetime


_ENCODER: Final = msgspec.msgpack.Encoder()
_DECODER: Final = msgspec.msgpack.Decoder(list[_Looking])


@dataclass(slots=True, eq=False)
class Watcher:
    """A browser that listens: which tickets have changed since it was last told."""

    changed: set[TicketId] = field(default_factory=set)
    woken: asyncio.Event = field(default_factory=asyncio.Event)


class Board:
    """The tickets, kept up to date while `follow` runs."""

    def __init__(self, store: Store, shelf: Shelf, clock: Clock) -> None:
        self._store = store
        self._shelf = shelf
        self._clock = clock
        self._tickets: dict[TicketId, Ticket] = {}
        self._written: dict[TicketId, datetime] = {}
        self._versions: dict[TicketId, int] = {}
        self._looked: datetime | None = None
        self._looked_at_all: datetime | None = None
        self._watchers: set[Watcher] = set()
        self._looking: list[_Looking] = []
        self.is_closed = False
        """Whether the process is about to stop: nobody is to listen any more."""

    @property
    def tickets(self) -> Collection[Ticket]:
        """Every ticket of the last month, open and closed."""
        return self._tickets.values()

    def version(self, ticket: TicketId) -> int:
        """How often a ticket was written, as far as this process has seen."""
        return self._versions.get(ticket, 0)

    def present(self, ticket: TicketId) -> dict[StaffId, bool]:
        """Who is looking at a ticket, and whether they are typing."""
        now = self._clock.now()
        there = [one for one in self._looking if one.ticket == ticket and now - one.at < PRESENT_FOR]
        return {StaffId(one.member): one.typing for one in there}

    def is_here(self, member: StaffId) -> bool:
        """Whether somebody has the console open."""
        now = self._clock.now()
        return any(one.member == member and now - one.at < PRESENT_FOR for one in self._looking)

    @contextmanager
    def watch(self) -> Iterator[Watcher]:
        """Be told of changes for as long as it lasts."""
        watcher = Watcher()
        self._watchers.add(watcher)
        try:
            yield watcher
        finally:
            self._watchers.discard(watcher)

    def close(self) -> None:
        """Let everybody who listens go, or a stop would wait for each open page."""
        self.is_closed = True
        for watcher in self._watchers:
            watcher.woken.set()

    async def follow(self) -> None:
        """Look again and again, for as long as it runs."""
        while True:
            try:
                await self.look()
            except StoreError as error:
                logbook.note_error("board_not_read", error)
            await self._clock.sleep(LOOK_EVERY)

    async def look(self) -> None:
        """Read what has changed since the last look; raise StoreError."""
        now = self._clock.now()
        is_all = self._looked_at_all is None or now - self._looked_at_all >= ALL_EVERY
        since = now - ALL if is_all or self._looked is None else self._looked - _OVERLAP
        written = await self._store.changed_tickets(since)
        # What was written a moment ago may have been written once more within the same thousandth of a second.
        fresh = [one for one, moment in written.items() if self._written.get(one) != moment or now - moment < _JUST_NOW]
        changed = set()
        for name, snapshot in zip(fresh, await self._store.load_tickets(fresh), strict=True):
            self._written[name] = written[name]
            if snapshot.version != self._versions.get(name):
                changed.add(name)
            self._versions[name] = snapshot.version
            if snapshot.ticket is None:
                self._tickets.pop(name, None)
            else:
                self._tickets[name] = snapshot.ticket
        if is_all:
            gone = self._tickets.keys() - written.keys()
            for name in gone:
                del self._tickets[name]
                self._written.pop(name, None)
                self._versions.pop(name, None)
            changed |= gone
            self._looked_at_all = now
        self._looked = now
        changed |= await self._look_who_looks()
        self._tell(changed)

    async def come(self, ticket: TicketId | None, member: StaffId, *, typing: bool) -> None:
        """Somebody is looking at a ticket, or has the list open."""
        now = self._clock.now()
        for _ in range(_TRIES):
            found = await self._shelf.read_shelf(ShelfKind.PRESENCE, _PRESENCE)
            there = [] if found is None else _DECODER.decode(found[1])
            kept = [one for one in there if one.member != member and now - one.at < PRESENT_FOR]
            looking = [*kept, _Looking(ticket or "", member, typing, now)]
            try:
                expected = 0 if found is None else found[0]
                await self._shelf.write_shelf(ShelfKind.PRESENCE, _PRESENCE, _ENCODER.encode(looking), expected)
            except ConflictError:
                continue
            return

    async def _look_who_looks(self) -> set[TicketId]:
        found = await self._shelf.read_shelf(ShelfKind.PRESENCE, _PRESENCE)
        before = {(one.ticket, one.member, one.typing) for one in self._looking}
        self._looking = [] if found is None else _DECODER.decode(found[1])
        after = {(one.ticket, one.member, one.typing) for one in self._looking}
        return {TicketId(ticket) for ticket, _, _ in before ^ after if ticket}

    def _tell(self, changed: set[TicketId]) -> None:
        if not changed:
            return
        for watcher in self._watchers:
            watcher.changed |= changed
            watcher.woken.set()
