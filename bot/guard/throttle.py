"""Bounds guessing: of one name after five mistakes with waits that double, and of all together."""

from datetime import datetime, timedelta
from typing import Final

import msgspec

from bot.store.contract import ConflictError
from bot.store.shelf import Shelf, ShelfKind

FREE: Final = 5
FIRST_WAIT: Final = timedelta(minutes=1)
LONGEST_WAIT: Final = timedelta(minutes=15)
ALL_A_MINUTE: Final = 100
_MOST_DOUBLINGS: Final = 10
_TRIES: Final = 20


class _Row(msgspec.Struct, array_like=True, frozen=True):
    mistakes: int
    until: datetime


_ENCODER: Final = msgspec.msgpack.Encoder()
_DECODER: Final = msgspec.msgpack.Decoder(_Row)


class Throttle:
    """Counts tries before they are looked at, so that many at once do not get past it."""

    def __init__(self, shelf: Shelf) -> None:
        self._shelf = shelf

    async def wait_for(self, name: str, now: datetime, *, is_known: bool = False) -> timedelta:
        """How long somebody has to wait before this try counts; zero lets it through, and counts it.

        Whoever `is_known` is bounded by their own name alone: strangers who fill the minute must not shut them out.
        """
        minute = now.replace(second=0, microsecond=0)
        everybody = timedelta()
        if not is_known:
            everybody = await self._count(f"all\0{minute.isoformat()}", now, ALL_A_MINUTE, None)
        if everybody:
            return everybody
        return await self._count(f"name\0{name.casefold()}", now, FREE, FIRST_WAIT)

    async def succeeded(self, name: str) -> None:
        """It was them: earlier mistakes are forgotten."""
        await self._shelf.drop_shelf(ShelfKind.LOGIN, f"name\0{name.casefold()}")

    async def _count(self, key: str, now: datetime, free: int, wait: timedelta | None) -> timedelta:
        for _ in range(_TRIES):
            found = await self._shelf.read_shelf(ShelfKind.LOGIN, key)
            row = _Row(0, now) if found is None else _DECODER.decode(found[1])
            if row.until > now:
                return row.until - now
            if wait is None and row.mistakes >= free:
                return timedelta(minutes=1)
            until = now
            if wait is not None and row.mistakes + 1 >= free:
                until = now + min(LONGEST_WAIT, wait * 2 ** min(row.mistakes + 1 - free, _MOST_DOUBLINGS))
            try:
                counted = _ENCODER.encode(_Row(row.mistakes + 1, until))
                await self._shelf.write_shelf(ShelfKind.LOGIN, key, counted, 0 if found is None else found[0])
            except ConflictError:
                continue
            return timedelta()
        return FIRST_WAIT
