"""Who called which number, when, and what they found; and who answers for which file.

A number that somebody found wrong stands here until it is mended: the next editor sees it first. Nothing here reaches
people: what changes for them goes through a draft and a second person.
"""

from collections.abc import Callable, Mapping, Sequence
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
        return _calls_in((await self._read(_CALLS))[1])

    async def note(self, call: Call) -> None:
        """Write a call down; of each number the newest ones are kept."""

        def added(found: bytes | None) -> bytes:
            counted: dict[HotlineId, int] = {}
            kept = []
            for one in (call, *_calls_in(found)):
                counted[one.hotline] = counted.get(one.hotline, 0) + 1
                if counted[one.hotline] <= KEPT_PER_NUMBER:
                    kept.append(one)
            return msgspec.json.encode(kept)

        await self._change(_CALLS, added)

    async def owners(self) -> Mapping[str, StaffId]:
        """File of the content → who answers for it."""
        return _owners_in((await self._read(_OWNERS))[1])

    async def give(self, file: str, owner: StaffId | None) -> None:
        """Let somebody answer for a file, or nobody."""

        def given(found: bytes | None) -> bytes:
            others = {name: other for name, other in _owners_in(found).items() if name != file}
            return msgspec.json.encode(others if owner is None else {**others, file: owner})

        await self._change(_OWNERS, given)

    async def claim_week(self, week: str) -> bool:
        """Whether we are the one of all processes that reminds in this week.

        Whoever does not say within some minutes that it is done has ended meanwhile, and another one does it.
        """
        _, found = await self._read(_REMINDED)
        if found is not None and found.decode() >= week:
            return False
        try:
            await self._shelf.write_shelf(ShelfKind.USED, f"{_REMINDED} {week}", b"", 0)
        except ConflictError:
            return False
        return True

    async def week_done(self, week: str) -> None:
        """Everybody was told what there is in this week."""
        await self._change(_REMINDED, lambda found: max(week.encode(), found or b""))

    async def _read(self, name: str) -> tuple[int, bytes | None]:
        found = await self._shelf.read_shelf(ShelfKind.CALLS, name)
        return (0, None) if found is None else found

    async def _change(self, name: str, changed: Callable[[bytes | None], bytes]) -> None:
        """Write what becomes of what is there, and begin again where somebody else wrote first."""
        for _ in range(_TRIES):
            version, found = await self._read(name)
            try:
                await self._shelf.write_shelf(ShelfKind.CALLS, name, changed(found), version)
            except ConflictError:
                continue
            return
        raise ConflictError(f"others write the {name} all the time; try again")


def _calls_in(found: bytes | None) -> tuple[Call, ...]:
    return () if found is None else msgspec.json.decode(found, type=tuple[Call, ...])


def _owners_in(found: bytes | None) -> Mapping[str, StaffId]:
    return {} if found is None else msgspec.json.decode(found, type=dict[str, StaffId])


def alarming(calls: Sequence[Call]) -> Mapping[HotlineId, Call]:
    """The numbers that were not right when somebody last called them, with that call."""
    newest: dict[HotlineId, Call] = {}
    for call in calls:
        # The newest stands first: of two in the same moment it is the one that counts.
        if call.hotline not in newest or call.at > newest[call.hotline].at:
            newest[call.hotline] = call
    return {hotline: call for hotline, call in newest.items() if call.heard is not Heard.WORKS}
