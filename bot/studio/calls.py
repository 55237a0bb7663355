"""Who called which number, when, and what they found; and who answers for which file.

A number that somebody found wrong stands here until it is mended: the next editor sees it first. Nothing here reaches
people: what changes for them goes through a draft and a second person.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Final

import msgspec

from bot.desk.ticket import StaffId
from bot.facts import HotlineId
from bot.store.contract import ConflictError
from bot.store.shelf import Shelf, ShelfKind

LONGEST_NOTE: Final = 300
KEPT_PER_NUMBER: Final = 20
_CALLS: Final = "calls"
_OWNERS: Final = "owners"
_REMINDED: Final = "reminded"
_TRIES: Final = 10


class Heard(StrEnum):
    """What somebody found who called."""

    WORKS = "works"
    WRONG = "wrong"
    CHANGED = "changed"


@dataclass(frozen=True, slots=True)
class Call:
    """Somebody called a hotline today."""

    hotline: HotlineId
    heard: Heard
    by: StaffId
    at: datetime
    note: str = ""


class CallBook:
    """The calls and the owners, kept beside the versions of the content."""

    def __init__(self, shelf: Shelf) -> None:
        self._shelf = shelf

    async def calls(self) -> Sequence[Call]:
        """All that are kept, the newest first."""
        return (await self._read_calls())[1]

    async def note(self, call: Call) -> None:
        """Write a call down; of each number the newest ones are kept."""
        for _ in range(_TRIES):
            version, calls = await self._read_calls()
            counted: dict[HotlineId, int] = {}
            kept = []
            for one in (call, *calls):
                counted[one.hotline] = counted.get(one.hotline, 0) + 1
                if counted[one.hotline] <= KEPT_PER_NUMBER:
                    kept.append(one)
            try:
                await self._shelf.write_shelf(ShelfKind.CALLS, _CALLS, msgspec.json.encode(kept), version)
            except ConflictError:
                continue
            return
        raise ConflictError("others write calls down all the time; try again")

    async def owners(self) -> Mapping[str, StaffId]:
        """File of the content → who answers for it."""
        found = await self._shelf.read_shelf(ShelfKind.CALLS, _OWNERS)
        return {} if found is None else msgspec.json.decode(found[1], type=dict[str, StaffId])

    async def give(self, file: str, owner: StaffId | None) -> None:
        """Let somebody answer for a file, or nobody."""
        for _ in range(_TRIES):
            found = await self._shelf.read_shelf(ShelfKind.CALLS, _OWNERS)
            owners = {} if found is None else msgspec.json.decode(found[1], type=dict[str, StaffId])
            owners.pop(file, None)
            if owner is not None:
                owners[file] = owner
            try:
                version = 0 if found is None else found[0]
                await self._shelf.write_shelf(ShelfKind.CALLS, _OWNERS, msgspec.json.encode(owners), version)
            except ConflictError:
                continue
            return
        raise ConflictError("others change the owners all the time; try again")

    async def claim_week(self, week: str) -> bool:
        """Whether we are the one of all processes that reminds in this week; each week somebody is, once."""
        found = await self._shelf.read_shelf(ShelfKind.CALLS, _REMINDED)
        if found is not None and found[1].decode() >= week:
            return False
        try:
            version = 0 if found is None else found[0]
            await self._shelf.write_shelf(ShelfKind.CALLS, _REMINDED, week.encode(), version)
        except ConflictError:
            return False
        return True

    async def _read_calls(self) -> tuple[int, Sequence[Call]]:
        found = await self._shelf.read_shelf(ShelfKind.CALLS, _CALLS)
        return (0, ()) if found is None else (found[0], msgspec.json.decode(found[1], type=tuple[Call, ...]))


def alarming(calls: Sequence[Call]) -> Mapping[HotlineId, Call]:
    """The numbers that were not right when somebody last called them, with that call."""
    newest: dict[HotlineId, Call] = {}
    for call in calls:
        # The newest stands first: of two in the same moment it is the one that counts.
        if call.hotline not in newest or call.at > newest[call.hotline].at:
            newest[call.hotline] = call
    return {hotline: call for hotline, call in newest.items() if call.heard is not Heard.WORKS}
