"""Fakes that behave: a messenger that shows what it gets, and a clock that moves when told."""

import asyncio
import heapq
from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from itertools import count

from bot.channel import ChannelError, Delivered
from bot.desk.decided import Refusal
from bot.messages import words_of
from bot.store.contract import Outgoing
from bot.store.sealing import Vault
from bot.turns import TicketArrival
from tests.builders import NOW

NAMES = Vault(b"i" * 32, {1: b"w" * 32}, 1)
"""Makes ids and codes that nobody can guess, the same in every test."""


async def nobody_takes(arrival: TicketArrival) -> Refusal:
    """Where a test has no desk, nothing happens to tickets."""
    return Refusal.CLOSED


class ManualClock:
    """Stands still until it is moved; who sleeps wakes in order of time."""

    def __init__(self, start: datetime = NOW) -> None:
        self._now = start
        self._numbers = count()
        self._sleepers: list[tuple[datetime, int, asyncio.Future[None]]] = []

    def now(self) -> datetime:
        return self._now

    def set(self, moment: datetime) -> None:
        """Be at a moment; nobody sleeps yet."""
        self._now = moment

    def set_back(self, seconds: float) -> None:
        """The machine's clock is put right: it is earlier now, and who sleeps sleeps no longer for that."""
        step = timedelta(seconds=seconds)
        self._now -= step
        self._sleepers = [(moment - step, number, woken) for moment, number, woken in self._sleepers]

    async def sleep(self, seconds: float) -> None:
        if seconds <= 0:
            await asyncio.sleep(0)
            return
        woken: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        heapq.heappush(self._sleepers, (self._now + timedelta(seconds=seconds), next(self._numbers), woken))
        await woken

    async def advance(self, seconds: float) -> None:
        """Move on, stopping at each moment at which somebody wakes, and let everybody get their work done."""
        end = self._now + timedelta(seconds=seconds)
        await settle_down()
        while self._sleepers and self._sleepers[0][0] <= end:
            moment, _, woken = heapq.heappop(self._sleepers)
            self._now = max(self._now, moment)
            if not woken.done():
                woken.set_result(None)
                await settle_down()
        self._now = end
        await settle_down()


async def settle_down() -> None:
    """Let everything run that can run without waiting for time or the world."""
    for _ in range(50):
        await asyncio.sleep(0)


class RecordingChannel:
    """A messenger that keeps what it shows, and first answers what it was told to, per chat or for all."""

    def __init__(
        self, *answers: ChannelError | Exception, by_chat: Mapping[str, Sequence[ChannelError]] | None = None
    ) -> None:
        self.shown: list[Outgoing] = []
        self.asked: list[Outgoing] = []
        self.at_once = 0
        self.most_at_once = 0
        self.hold = asyncio.Event()
        self.hold.set()
        self._answers = list(answers)
        self._by_chat = {chat: list(answers) for chat, answers in (by_chat or {}).items()}
        self._changed = asyncio.Condition()

    async def deliver(self, outgoing: Outgoing) -> Delivered:
        self.asked.append(outgoing)
        self.at_once += 1
        self.most_at_once = max(self.most_at_once, self.at_once)
        try:
            await self.hold.wait()
        finally:
            self.at_once -= 1
        answers = self._by_chat.get(outgoing.address.chat, self._answers)
        if answers:
            raise answers.pop(0)
        async with self._changed:
            self.shown.append(outgoing)
            self._changed.notify_all()
        return Delivered(str(len(self.shown)))

    async def wait_shown(self, number: int) -> None:
        async with self._changed:
            await self._changed.wait_for(lambda: len(self.shown) >= number)

    def words(self, chat: str | None = None) -> list[str]:
        """What was shown, in order; of one chat or of all."""
        return [
            words_of(outgoing.message.text)
            for outgoing in self.shown
            if outgoing.message is not None and chat in {None, outgoing.address.chat}
        ]
