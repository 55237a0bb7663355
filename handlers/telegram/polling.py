"""Fetches updates by long polling, for a bot that nobody can reach from outside.

An update is confirmed by asking for later ones, so what is asked for next is the lowest that has not taken effect yet:
whatever happens to this process, Telegram repeats the rest. Updates of one person are taken one after the other, those
of many at once; while the store is away each waits for it, and nobody is told that anything is done. Only who leaves by
the quick exit does not wait behind what they did before: they are covered at once, and again in their turn.
"""

import asyncio
import contextlib
import random
from collections import deque
from collections.abc import Awaitable, Callable, Coroutine
from dataclasses import replace
from hashlib import blake2b
from typing import Final

import msgspec
from telegram.constants import PollingLimit
from telegram.error import Conflict, InvalidToken, RetryAfter, TelegramError

from bot import logbook
from bot.channel import TokenError
from bot.clock import Clock
from bot.figures import Figures
from bot.messages import ArrivalId, ConversationId
from bot.store.contract import ConflictError, StoreDownError, StoreError, StoreFullError
from bot.turns.arrival import Arrival
from handlers.telegram.channel import UNKNOWN_TO_TELEGRAM
from handlers.telegram.requests import TelegramConnection, patience_of
from handlers.telegram.updates import ALLOWED_UPDATES, Reading, Taken

LONG_POLL: Final = 50
POLL_ANSWER_WITHIN: Final = LONG_POLL + 10.0
BATCH: Final = int(PollingLimit.MAX_LIMIT)
AT_ONCE: Final = 64
GIVE_UP_AFTER: Final = 8
"""So often one is tried that the store refuses while it is there: about two minutes."""

CONFLICT_PAUSE: Final = 30.0
LAST_WORDS: Final = 5.0
"""What is under way when we stop has this long to end; the rest comes again."""

_PASSING: Final = (StoreDownError, StoreFullError, ConflictError)
_SETTLE: Final = 1.0
_FIRST_PAUSE: Final = 0.5
_LONGEST_PAUSE: Final = 30.0


class _Batch(msgspec.Struct):
    result: list[msgspec.Raw]


_BATCHES: Final = msgspec.json.Decoder(_Batch)


class Polling:
    """Asks for updates, for as long as it runs. `is_certain` says whether nobody else of us does."""

    def __init__(
        self,
        connection: TelegramConnection,
        read: Callable[[bytes], Reading],
        take: Callable[[Taken], Awaitable[None]],
        clock: Clock,
        figures: Figures,
        leaves: Callable[[Arrival], bool] = lambda _: False,
        is_certain: Callable[[], bool] = lambda: True,
    ) -> None:
        self._connection = connection
        self._read = read
        self._take = take
        self._leaves = leaves
        self._is_certain = is_certain
        self._waiting: set[ConversationId] = set()
        """Whose first arrival waits for the store."""
        self._clock = clock
        self._figures = figures
        self._next: int | None = None
        self._unfinished: set[int] = set()
        self._finished: set[int] = set()
        self._lanes: dict[ConversationId, deque[tuple[int, Taken]]] = {}
        self._workers: set[asyncio.Task[None]] = set()
        self._under_way = 0
        self._nothing_under_way = asyncio.Event()
        self._nothing_under_way.set()
        self._ending = False
        self._slots = asyncio.Semaphore(AT_ONCE)
        self._all_finished = asyncio.Event()
        self._all_finished.set()

    async def run(self) -> None:
        """Raise TokenError when Telegram does not know the token; whatever else goes wrong is waited for."""
        failures = 0
        try:
            while True:
                try:
                    batch = await self._fetch()
                except TelegramError as error:
                    failures += 1
                    await self._wait_after(error, failures)
                    continue
                failures = 0
                admitted = [self._admit(bytes(raw)) for raw in batch]
                await self._settle()
                if batch and not any(admitted) and not self._unfinished:
                    # Nothing of it can be told apart or confirmed, and it would come again at once.
                    await self._clock.sleep(_SETTLE)
        finally:
            await self._end()

    async def _fetch(self) -> list[msgspec.Raw]:
        parameters: dict[str, object] = {
            # What waits for the store would be handed over again at once: look for later ones now and then instead.
            "timeout": 0 if self._unfinished else LONG_POLL,
            "limit": BATCH,
            "allowed_updates": ALLOWED_UPDATES,
        }
        offset = min(self._unfinished) if self._unfinished else self._next
        if offset is not None:
            parameters["offset"] = offset
        answer = await self._connection.call("getUpdates", parameters, POLL_ANSWER_WITHIN)
        try:
            return _BATCHES.decode(answer).result
        except msgspec.DecodeError:
            raise TelegramError("Invalid server response") from None

    async def _wait_after(self, error: TelegramError, failures: int) -> None:
        match error:
            case InvalidToken():
                raise TokenError(UNKNOWN_TO_TELEGRAM) from error
            case RetryAfter():
                pause = patience_of(error)
            case Conflict():
                # Two that poll take turns at throwing each other out; the one that is patient does least harm.
                logbook.note_error("telegram_polled_by_another", error)
                self._figures.add("telegram_conflict")
                await self._stand_aside()
                return
            case _:
                if failures == 1:
                    logbook.note_error("telegram_away", error)
                pause = _backoff(failures)
        await self._clock.sleep(pause)

    async def _stand_aside(self) -> None:
        """Another polls: one of us who has taken over from us, or somebody else with our token."""
        await self._clock.sleep(CONFLICT_PAUSE)
        while not self._is_certain():
            await self._clock.sleep(_SETTLE)

    def _admit(self, raw: bytes) -> bool:
        """Whether it is one that we have not had yet."""
        reading = self._read(raw)
        if reading.update_id is None or reading.update_id in self._unfinished or reading.update_id in self._finished:
            return False
        # Not the highest ever seen: after a quiet week Telegram starts anew at any number.
        self._next = reading.update_id + 1
        if reading.arrival is None:
            self._finished.add(reading.update_id)
            return True
        self._unfinished.add(reading.update_id)
        self._all_finished.clear()
        lane = self._lanes.setdefault(reading.arrival.conversation, deque())
        lane.append((reading.update_id, reading.arrival))
        if len(lane) == 1:
            self._employ(self._work(reading.arrival.conversation, lane))
        elif reading.arrival.conversation in self._waiting and isinstance(reading.arrival, Arrival):
            self._employ(self._overtake(reading.arrival))
        return True

    def _employ(self, work: Coroutine[None, None, None]) -> None:
        worker = asyncio.ensure_future(work)
        self._workers.add(worker)
        worker.add_done_callback(self._workers.discard)

    async def _overtake(self, arrival: Arrival) -> None:
        """Cover now; as something else, so that in its turn it covers again what comes before it."""
        if self._leaves(arrival):
            first = blake2b(arrival.id, digest_size=8, person=b"overtakes").digest()
            with contextlib.suppress(StoreError):
                await self._take(replace(arrival, id=ArrivalId(first)))

    async def _work(self, conversation: ConversationId, lane: deque[tuple[int, Taken]]) -> None:
        while lane and not self._ending:
            update_id, arrival = lane[0]
            await self._insist(arrival)
            self._waiting.discard(conversation)
            lane.popleft()
            self._finish(update_id)
        del self._lanes[conversation]

    async def _insist(self, arrival: Taken) -> None:
        failures = 0
        while True:
            try:
                await self._take_in_slot(arrival)
                return
            except StoreError as error:
                failures += 1
                self._waiting.add(arrival.conversation)
                if failures == 1:
                    logbook.note_error("arrival_waits_for_store", error)
                self._figures.add("arrival_waits_for_store")
                if failures >= GIVE_UP_AFTER and not isinstance(error, _PASSING):
                    # Telegram gives us nothing that comes long after one that is not confirmed: all would wait for it.
                    logbook.note_error("arrival_given_up", error)
                    self._figures.add("arrival_given_up")
                    return
            await self._clock.sleep(_backoff(failures))

    async def _take_in_slot(self, arrival: Taken) -> None:
        async with self._slots:
            self._under_way += 1
            self._nothing_under_way.clear()
            try:
                await self._take(arrival)
            finally:
                self._under_way -= 1
                if not self._under_way:
                    self._nothing_under_way.set()

    def _finish(self, update_id: int) -> None:
        self._unfinished.discard(update_id)
        if self._unfinished:
            self._finished.add(update_id)
        else:
            self._finished.clear()
            self._all_finished.set()

    async def _settle(self) -> None:
        """Wait until all have taken effect, but not for long: others may have come."""
        if not self._unfinished:
            self._finished.clear()
            return
        waits = [
            asyncio.ensure_future(self._all_finished.wait()),
            asyncio.ensure_future(self._clock.sleep(_SETTLE)),
        ]
        try:
            await asyncio.wait(waits, return_when=asyncio.FIRST_COMPLETED)
        finally:
            for wait in waits:
                wait.cancel()

    async def _end(self) -> None:
        """Let what is under way end, but not what waits for the store."""
        self._ending = True
        with contextlib.suppress(TimeoutError):
            await asyncio.wait_for(self._nothing_under_way.wait(), LAST_WORDS)
        workers = set(self._workers)
        for worker in workers:
            worker.cancel()
        await asyncio.gather(*workers, return_exceptions=True)


def _backoff(failures: int) -> float:
    longest = min(_LONGEST_PAUSE, _FIRST_PAUSE * 2.0 ** min(failures - 1, 10))
    # Many that lost the same thing must not come back at the same moment.
    return longest * random.uniform(0.5, 1.0)  # noqa: S311
