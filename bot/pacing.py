"""No faster than a messenger lets us, and what matters most first.

Who sends until the messenger says "too many" is locked out for seconds, and then an alert waits behind menus. The limit
is that of all processes together: each second they count how many of them send, and each takes an equal share.
"""

import asyncio
import heapq
from collections import deque
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from itertools import count
from secrets import token_hex
from typing import Final, NoReturn

from bot import logbook
from bot.clock import Clock
from bot.store.contract import Priority, Store, StoreError

COUNT_EVERY: Final = 1.0
LATELY: Final = timedelta(seconds=10)
"""Who sent nothing for so long takes nothing from the others."""

COUNTS: Final = 3
"""So many counts must allow more before more is taken: who begins in this moment is seen in the next."""

UNKNOWN: Final = 4
"""So many others may be there, as long as nobody has counted."""

_CHATS_AT_MOST: Final = 10_000
_NEAR_SECONDS: Final = 0.001


@dataclass(frozen=True, slots=True)
class Pacing:
    """How much a messenger takes: of all chats together and of each chat, a second and at once.

    Alerts may go `reserve` messages beyond what others may, so that they never wait behind them.
    """

    per_second: float = 25.0
    at_once: int = 5
    chat_per_second: float = 1.0
    chat_at_once: int = 3
    reserve: int = 5

    def shared(self, senders: int) -> "Pacing":
        """What is left for one of several that send."""
        return replace(
            self,
            per_second=self.per_second / senders,
            at_once=max(1, self.at_once // senders),
            reserve=max(1, self.reserve // senders),
        )


class Pacer:
    """The waiting line in front of one messenger; without a Pacing it only keeps pauses."""

    def __init__(self, clock: Clock, pacing: Pacing | None) -> None:
        self._clock = clock
        self._pacing = self._whole = pacing
        self._start = self._latest = clock.now()
        self._full_at = 0.0
        """When, in seconds since the start, all that was sent so far will have drained away."""
        self._sent_at = float("-inf")
        self._chats: dict[str, float] = {}
        self._paused_until = 0.0
        self._line: list[tuple[Priority, int, asyncio.Future[None]]] = []
        self._numbers = count()
        self._usher: asyncio.Task[None] | None = None

    def share(self, senders: int) -> None:
        """Take an equal share beside others who send."""
        self._pacing = None if self._whole is None else self._whole.shared(senders)

    @property
    def has_sent(self) -> bool:
        """Whether anything went through lately, or waits to."""
        return bool(self._line) or self._seconds() - self._sent_at < LATELY.total_seconds()

    def pause(self, until: datetime) -> None:
        """Let nobody through before a moment."""
        self._seconds()
        self._paused_until = max(self._paused_until, (until - self._start).total_seconds())

    def estimate(self, priority: Priority, chat: str) -> timedelta:
        """How long one more would wait."""
        pause = max(0.0, self._paused_until - self._seconds())
        if self._pacing is None:
            return timedelta(seconds=pause)
        ahead = 0 if priority is Priority.ALERT else len(self._line)
        wait = self._free_in(priority) + ahead / self._pacing.per_second
        return timedelta(seconds=max(pause, self._chat_free_in(chat, self._pacing), wait))

    def room(self, patience: timedelta) -> float:
        """How many more can go through within this time."""
        seconds = patience.total_seconds() - max(0.0, self._paused_until - self._seconds())
        if self._pacing is None:
            return float("inf") if seconds > 0 else 0
        return max(0.0, (seconds - self._free_in(Priority.ANSWER)) * self._pacing.per_second - len(self._line))

    async def wait(self, priority: Priority, chat: str) -> None:
        """Return when it is this one's turn."""
        if self._pacing is not None:
            await self._wait_for_chat(chat, self._pacing)
        if (priority is Priority.ALERT or not self._line) and self._free_in(priority) <= 0:
            self._let_through()
            return
        turn: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        heapq.heappush(self._line, (priority, next(self._numbers), turn))
        if self._usher is None or self._usher.done():
            self._usher = asyncio.get_running_loop().create_task(self._usher_in())
        await turn

    async def close(self) -> None:
        """Send everybody home."""
        for _, _, turn in self._line:
            turn.cancel()
        self._line.clear()
        if self._usher is not None:
            self._usher.cancel()
            await asyncio.gather(self._usher, return_exceptions=True)

    async def _usher_in(self) -> None:
        while self._line:
            priority, _, turn = self._line[0]
            wait = 0.0 if turn.done() else self._free_in(priority)
            if wait > 0:
                await self._clock.sleep(wait)
                continue
            heapq.heappop(self._line)
            if not turn.done():
                self._let_through()
                turn.set_result(None)

    def _seconds(self) -> float:
        now = self._clock.now()
        if now < self._latest:
            # The machine's clock was set back; nobody may wait until it is there again.
            self._start -= self._latest - now
        self._latest = now
        return (now - self._start).total_seconds()

    def _free_in(self, priority: Priority) -> float:
        now = self._seconds()
        wait = self._paused_until - now
        if self._pacing is not None:
            at_once = self._pacing.at_once + (self._pacing.reserve if priority is Priority.ALERT else 0)
            wait = max(wait, self._full_at - (at_once - 1) / self._pacing.per_second - now)
        # Moments are whole microseconds, sums of floats are not: who is so near its turn need not sleep.
        return wait if wait > _NEAR_SECONDS else 0.0

    def _let_through(self) -> None:
        self._sent_at = self._seconds()
        if self._pacing is not None:
            self._full_at = max(self._full_at, self._sent_at) + 1 / self._pacing.per_second

    def _chat_free_in(self, chat: str, pacing: Pacing) -> float:
        free = self._chats.get(chat, 0.0) - (pacing.chat_at_once - 1) / pacing.chat_per_second
        return max(0.0, free - self._seconds())

    async def _wait_for_chat(self, chat: str, pacing: Pacing) -> None:
        wait = self._chat_free_in(chat, pacing)
        now = self._seconds()
        if len(self._chats) >= _CHATS_AT_MOST:
            self._chats = {chat: full_at for chat, full_at in self._chats.items() if full_at > now}
        self._chats[chat] = max(self._chats.get(chat, 0.0), now) + 1 / pacing.chat_per_second
        if wait > 0:
            await self._clock.sleep(wait)


async def keep_sharing(pacers: Sequence[Pacer], store: Store, clock: Clock) -> NoReturn:
    """Count who sends, each second, for as long as it runs; while the store is away, what was true last holds.

    At first nobody knows how many there are, so each begins with a part.
    """
    for pacer in pacers:
        pacer.share(UNKNOWN)
    process, parts = token_hex(8), deque([UNKNOWN] * COUNTS, maxlen=COUNTS)
    while True:
        sends = any(pacer.has_sent for pacer in pacers)
        try:
            senders, alive = await store.count_senders(process, clock.now(), LATELY, sends=sends)
        except StoreError as error:
            logbook.note_error("senders_not_counted", error)
        else:
            # Who sends nothing now may begin in the same moment as all the others.
            parts.append(senders if sends else alive)
            for pacer in pacers:
                pacer.share(max(parts))
        await clock.sleep(COUNT_EVERY)
