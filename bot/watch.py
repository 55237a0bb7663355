"""Looks after the promise that no call is forgotten: every open ticket has a moment at which it is looked at again.

There should never be one without. If there is, it is given one at once, and whoever runs the bot hears of it.
"""

import logging
from collections import Counter
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from hashlib import blake2b
from typing import Final

from bot import logbook
from bot.casebook import Epochs, leavers_of, week_of
from bot.clock import Clock
from bot.desk.actions import MemberLeft
from bot.desk.helplines import HelplineId
from bot.desk.staff import Roster
from bot.desk.ticket import StaffId, Stage, Ticket
from bot.figures import Figures
from bot.messages import ArrivalId
from bot.store.contract import Store, StoreError
from bot.turns import TicketArrival
from bot.turns.turns import ALERTS

LOOK_EVERY: Final = 10.0
PING_EVERY: Final = timedelta(minutes=1)
ALL_TICKETS: Final = timedelta(days=32)
TOO_LONG: Final = timedelta(seconds=60)
"""If that loop was silent for so long on every replica, nobody is being called."""


@dataclass(frozen=True, slots=True)
class Overview:
    """What there was to see at the last look: no ticket can be told from it."""

    open_tickets: Counter[tuple[HelplineId, Stage]] = field(default_factory=Counter)
    longest_wait: timedelta = timedelta()

    def held_by(self) -> dict[HelplineId, int]:
        """How many open tickets each helpline has."""
        held: Counter[HelplineId] = Counter()
        for (helpline, _), number in self.open_tickets.items():
            held[helpline] += number
        return dict(held)


class Watch:
    """Looks every ten seconds. `ping` tells a watcher outside that we are alive, once a minute; it must not raise.

    Whoever left holds nothing: their tickets are given back through `take_ticket`, and what they could open is closed
    to them. `epochs` are the keys of weeks, destroyed when their week is over.
    """

    def __init__(
        self,
        store: Store,
        roster: Callable[[], Roster],
        clock: Clock,
        figures: Figures,
        ping: Callable[[], Awaitable[None]] | None = None,
        epochs: Epochs | None = None,
    ) -> None:
        self._store = store
        self._roster = roster
        self._began = clock.now()
        self._pinged: datetime | None = None
        self._looked_at: Roster | None = None
        self._clock = clock
        self._figures = figures
        self._ping = ping
        self._epochs = epochs
        self.overview = Overview()

    def held_by(self) -> dict[HelplineId, int]:
        """How many open tickets each helpline had at the last look."""
        return self.overview.held_by()

    async def run(self, take_ticket: Callable[[TicketArrival], Awaitable[object]]) -> None:
        """Look again and again, for as long as it runs."""
        await self._again_and_again(lambda: self.look(take_ticket))

    async def follow(self) -> None:
        """Only count what is open, for a process beside which another one looks after tickets."""
        await self._again_and_again(self._count)

    async def look(self, take_ticket: Callable[[TicketArrival], Awaitable[object]]) -> None:
        """Mend what has no moment, count what is open, and tell the watcher outside while alerts go out."""
        now = self._clock.now()
        # First what can be done whatever becomes of the rest.
        self._end_weeks(now)
        await self._hear(now)
        lost = await self._store.mend_due(now)
        if lost:
            self._figures.add("due_mended", by=len(lost))
            logbook.note("due_mended", logging.ERROR, count=len(lost))
        open_tickets, roster = await self._count(), self._roster()
        for ticket in await self._tickets_with_leavers(open_tickets, roster):
            await self._take_back(ticket, roster, take_ticket)
        self._looked_at = roster

    async def _again_and_again(self, look: Callable[[], Awaitable[object]]) -> None:
        while True:
            try:
                await look()
            except StoreError as error:
                self._figures.add("watch_failed")
                logbook.note_error("watch_failed", error)
            await self._clock.sleep(LOOK_EVERY)

    async def _hear(self, now: datetime) -> None:
        """Whether alerts go out, on whichever replica."""
        heard = await self._store.heard(ALERTS)
        if now - (heard or self._began) > TOO_LONG:
            self._figures.add("alerts_silent")
            logbook.note("alerts_silent", logging.ERROR)
        elif (
            heard is not None
            and self._ping is not None
            # In either direction: the clock may have been set back.
            and (self._pinged is None or abs(now - self._pinged) >= PING_EVERY)
        ):
            self._pinged = now
            await self._ping()

    async def _count(self) -> list[Ticket]:
        """The open tickets, counted; one that cannot be read is told elsewhere, and must not hide the others."""
        found = await self._store.load_tickets(await self._store.open_tickets())
        tickets = [one.ticket for one in found if one.ticket is not None]
        waits = [self._clock.now() - one.waits_for for one in tickets if one.waits_for is not None]
        self.overview = Overview(Counter((one.helpline, one.stage) for one in tickets), max(waits, default=timedelta()))
        self._figures.levels["longest_wait_seconds"] = self.overview.longest_wait.total_seconds()
        return tickets

    def _end_weeks(self, now: datetime) -> None:
        """What was to end in a week that is over cannot be read from now on, by anybody and in any copy."""
        if self._epochs is None:
            return
        try:
            over = self._epochs.destroy_before(week_of(now))
        except OSError as error:
            self._figures.add("epoch_not_destroyed")
            logbook.note("epoch_not_destroyed", logging.ERROR, code=type(error).__name__)
            return
        if over:
            logbook.note("epoch_destroyed", count=len(over))

    async def _tickets_with_leavers(self, open_tickets: list[Ticket], roster: Roster) -> list[Ticket]:
        """Those on which somebody who left may still have a hold: closed ones too, once after the roster changed."""
        if roster is self._looked_at:
            return open_tickets
        changed = await self._store.changed_tickets(self._clock.now() - ALL_TICKETS)
        found = [one.ticket for one in await self._store.load_tickets(sorted(changed))]
        return [one for one in found if one is not None]

    async def _take_back(
        self, ticket: Ticket, roster: Roster, take_ticket: Callable[[TicketArrival], Awaitable[object]]
    ) -> None:
        leavers = leavers_of(ticket, roster)
        member = None if ticket.holder is None else roster.members.get(ticket.holder)
        if ticket.holder is not None and (member is None or member.left is not None):
            leavers |= {ticket.holder}
        for leaver in sorted(leavers):
            source = f"{ticket.id}\0{leaver}\0{ticket.step}".encode()
            arrival = ArrivalId(blake2b(source, digest_size=8).digest())
            await take_ticket(TicketArrival(ticket.id, arrival, MemberLeft(StaffId(leaver))))
