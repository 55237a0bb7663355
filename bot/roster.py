"""Who works here, as every process sees it: read anew each second, and changed by comparing and setting."""

import asyncio
from collections.abc import Callable
from dataclasses import replace
from typing import Final

from bot import logbook
from bot.clock import Clock
from bot.desk.enrolling import EnrolRefusal
from bot.desk.helplines import Desks, HelplineId, Helplines
from bot.desk.staff import NO_ROSTER, Roster, can_take
from bot.dialogue.script import Script
from bot.store.contract import ConflictError, Store, StoreError

READ_EVERY: Final = 1.0
"""Whoever leaves has no rights any more after this long, on every replica."""

_TRIES: Final = 10


class LiveRoster:
    """The roster that holds now; while the store is away, the last one that was read."""

    def __init__(self, store: Store, clock: Clock) -> None:
        self._store = store
        self._clock = clock
        self._version = 0
        self._roster = NO_ROSTER

    def current(self) -> Roster:
        """Who works here."""
        return self._roster

    async def read(self) -> Roster:
        """Read it now; raise StoreError where that cannot be done."""
        version, roster = await self._store.load_roster()
        if version != self._version:
            self._version, self._roster = version, roster
        return self._roster

    async def follow(self) -> None:
        """Read it each second, for as long as it runs."""
        while True:
            try:
                await self.read()
            except StoreError as error:
                logbook.note_error("roster_not_read", error)
            await self._clock.sleep(READ_EVERY)

    async def change(self, change: Callable[[Roster], Roster | EnrolRefusal]) -> Roster | EnrolRefusal:
        """Change it as a whole; `change` is asked again where somebody else was faster. Raise StoreError."""
        for _ in range(_TRIES):
            changed = change(await self.read())
            if isinstance(changed, EnrolRefusal) or changed == self._roster:
                return changed
            try:
                await self._store.save_roster(changed, self._version)
            except ConflictError:
                await asyncio.sleep(0)
                continue
            return await self.read()
        raise ConflictError("who works here changed faster than it could be written")


class Staffed:
    """The live script, and beside it which helplines can take tickets now."""

    def __init__(
        self, script: Callable[[], Script], roster: Callable[[], Roster], held: Callable[[], dict[HelplineId, int]]
    ) -> None:
        self._script = script
        self._roster = roster
        self._held = held
        self._made: tuple[Script, Roster, Script] | None = None

    def script(self) -> Script:
        """The script with its desks; made anew only where one of them has changed."""
        script, roster = self._script(), self._roster()
        if self._made is None or self._made[0] is not script or self._made[1] is not roster:
            desks = desks_of(roster, script.helplines, self._held())
            self._made = (script, roster, replace(script, desks=desks))
        return self._made[2]


def desks_of(roster: Roster, helplines: Helplines, held: dict[HelplineId, int]) -> Desks:
    """Which helplines can take tickets: declared, linked to a group, and with somebody enrolled who can read."""
    able = [one for one, declared in helplines.all.items() if can_take(declared, roster)]
    return Desks({helpline: held.get(helpline, 0) for helpline in able})
