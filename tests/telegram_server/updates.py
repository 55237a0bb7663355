"""Updates on their way to the bot: a queue for each person's texts and one for their taps, fetched or posted.

What Telegram does and bots forget: an update not acknowledged comes again, at once and then after 2, 4, 8 … seconds;
texts and taps of one person overtake each other; a text lives a day and a tap 150 seconds; ids can start anew.
"""

import asyncio
import json
import random
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Final

import aiohttp

from tests.telegram_server.clock import Clock
from tests.telegram_server.faults import Faults
from tests.telegram_server.values import Json, RefusedError, Table

UPDATE_KINDS: Final = frozenset(
    {
        "message",
        "edited_message",
        "channel_post",
        "edited_channel_post",
        "business_connection",
        "business_message",
        "edited_business_message",
        "deleted_business_messages",
        "guest_message",
        "message_reaction",
        "message_reaction_count",
        "inline_query",
        "chosen_inline_result",
        "callback_query",
        "shipping_query",
        "pre_checkout_query",
        "purchased_paid_media",
        "poll",
        "poll_answer",
        "my_chat_member",
        "chat_member",
        "chat_join_request",
        "chat_boost",
        "removed_chat_boost",
        "managed_bot",
    }
)
# A bot gets these only when it names them.
_ON_DEMAND: Final = frozenset({"chat_member", "message_reaction", "message_reaction_count"})
TEXT_LIFE: Final = 24 * 3600.0
TAP_LIFE: Final = 150.0
_LONGEST_WAIT: Final = 60.0
_LONGEST_RETRY_AFTER: Final = 3600.0

Lane = tuple[int, str]


@dataclass(frozen=True, slots=True)
class Pending:
    """An update that the bot has not acknowledged."""

    update_id: int
    kind: str
    lane: Lane
    born: float
    update: Table

    @property
    def life(self) -> float:
        return TAP_LIFE if self.kind == "callback_query" else TEXT_LIFE


@dataclass(frozen=True, slots=True)
class Delivery:
    """One attempt at the webhook; status 0 means that nobody answered."""

    update_id: int
    at: float
    status: int


@dataclass(frozen=True, slots=True)
class Webhook:
    url: str = ""
    secret_token: str = ""
    max_connections: int = 40


@dataclass(slots=True)
class Updates:
    """Everything queued for the bot, and the two ways it takes."""

    clock: Clock
    faults: Faults
    dice: random.Random
    retry_scale: float = 1.0
    allowed: frozenset[str] = UPDATE_KINDS - _ON_DEMAND
    allowed_as_sent: list[Json] = field(default_factory=list)
    webhook: Webhook = Webhook()
    pending: dict[int, Pending] = field(default_factory=dict)
    deliveries: list[Delivery] = field(default_factory=list)
    expired: list[Pending] = field(default_factory=list)
    last_error: tuple[int, str] | None = None
    on_change: Callable[[], None] = lambda: None
    answer_in_webhook: Callable[[Json], None] = lambda _: None
    route: Callable[[str], str] = lambda url: url
    """Where an update for the webhook's address really goes: what stands in front of several bots may choose."""
    _next_id: int = 0
    _poller: asyncio.Future[bool] | None = None
    _lanes: dict[Lane, deque[Pending]] = field(default_factory=dict)
    _pumps: set[asyncio.Task[None]] = field(default_factory=set)
    _free: asyncio.Semaphore = field(default_factory=lambda: asyncio.Semaphore(40))
    _browser: aiohttp.ClientSession | None = None

    def __post_init__(self) -> None:
        self._next_id = self.dice.randrange(100_000_000, 900_000_000)

    def add(self, kind: str, body: Table, lane_of: int) -> Table | None:
        """Queue an update; None when the bot has not asked for its kind."""
        if kind not in self.allowed:
            return None
        update: Table = {"update_id": self._next_id, kind: body}
        lane = (lane_of, "tap" if kind == "callback_query" else "text")
        pending = Pending(self._next_id, kind, lane, self.clock.now(), update)
        self._next_id += 1
        self.pending[pending.update_id] = pending
        if self.webhook.url:
            self._enqueue(pending)
        elif self._poller is not None and not self._poller.done():
            self._poller.set_result(True)
        return update

    @property
    def is_polled(self) -> bool:
        """A getUpdates is waiting."""
        return self._poller is not None and not self._poller.done()

    def restart_ids(self, first_id: int | None = None) -> None:
        """As after a week without updates: the next id is a new random number, perhaps a smaller one."""
        self._next_id = first_id or self.dice.randrange(100_000_000, 900_000_000)

    def allow(self, kinds: Json, note: Callable[[str], None]) -> None:
        """Remember which kinds the bot wants; nothing said leaves it as it was."""
        if not isinstance(kinds, list):
            return
        for unknown in sorted(str(kind) for kind in kinds if kind not in UPDATE_KINDS):
            note(f"allowed_updates: Telegram knows no {unknown!r}")
        self.allowed_as_sent = kinds
        self.allowed = frozenset(str(kind) for kind in kinds) & UPDATE_KINDS if kinds else UPDATE_KINDS - _ON_DEMAND

    async def poll(self, offset: int, limit: int, timeout: float) -> list[Json]:  # noqa: ASYNC109 -- Telegram's word
        """What getUpdates answers: waits for an update, gives way to a newer call."""
        if self.webhook.url:
            raise RefusedError(
                "Conflict: can't use getUpdates method while webhook is active; "
                "use deleteWebhook to delete the webhook first",
                code=409,
            )
        if self._poller is not None and not self._poller.done():
            self._poller.set_result(False)
        self._confirm(offset)
        self._drop_expired()
        if not self.pending and timeout > 0:
            poller: asyncio.Future[bool] = asyncio.get_running_loop().create_future()
            self._poller = poller
            self.on_change()
            await asyncio.wait((poller,), timeout=timeout)
            if poller.done() and not poller.result():
                raise RefusedError(
                    "Conflict: terminated by other getUpdates request; make sure that only one bot instance is running",
                    code=409,
                )
            if self._poller is poller:
                self._poller = None
        return [pending.update for pending in list(self.pending.values())[:limit]]

    def set_webhook(self, webhook: Webhook, *, drop_pending: bool) -> None:
        self._stop_pumps()
        if drop_pending:
            self.pending.clear()
        self.webhook = webhook
        if not webhook.url:
            return
        if self._poller is not None and not self._poller.done():
            self._poller.set_result(False)
        self._free = asyncio.Semaphore(webhook.max_connections)
        for pending in list(self.pending.values()):
            self._enqueue(pending)

    async def close(self) -> None:
        """Stop posting and waiting."""
        pumps = set(self._pumps)
        self._stop_pumps()
        await asyncio.gather(*pumps, return_exceptions=True)
        if self._poller is not None and not self._poller.done():
            self._poller.set_result(True)
        if self._browser is not None:
            await self._browser.close()

    def _confirm(self, offset: int) -> None:
        if offset < 0:
            for update_id in list(self.pending)[:offset]:
                del self.pending[update_id]
            return
        newest = max(self.pending, default=self._next_id)
        if offset > max(newest, self._next_id) + 10:
            return  # An offset from before the ids started anew confirms nothing.
        for update_id in [update_id for update_id in self.pending if update_id < offset]:
            del self.pending[update_id]
        self.on_change()

    def _drop_expired(self) -> None:
        now = self.clock.now()
        for pending in [one for one in self.pending.values() if now >= one.born + one.life]:
            self._expire(pending)

    def _expire(self, pending: Pending) -> None:
        self.pending.pop(pending.update_id, None)
        self.expired.append(pending)
        self.on_change()

    def _enqueue(self, pending: Pending) -> None:
        queue = self._lanes.get(pending.lane)
        if queue is not None:
            queue.append(pending)
            return
        self._lanes[pending.lane] = deque((pending,))
        pump = asyncio.get_running_loop().create_task(self._pump(pending.lane))
        self._pumps.add(pump)
        pump.add_done_callback(self._pumps.discard)

    def _stop_pumps(self) -> None:
        for pump in self._pumps:
            pump.cancel()
        self._lanes.clear()

    async def _pump(self, lane: Lane) -> None:
        """One update of a lane at a time: the next one waits until this one is acknowledged."""
        queue = self._lanes[lane]
        while queue:
            await self._deliver(queue[0])
            queue.popleft()
        del self._lanes[lane]

    async def _deliver(self, pending: Pending) -> None:
        failures = 0
        delay = 1.0
        await self.faults.wait_up()
        while self.clock.now() < pending.born + pending.life:
            status, retry_after = await self._post_copies(pending)
            self.deliveries.append(Delivery(pending.update_id, self.clock.now(), status))
            if 200 <= status < 300:
                self.pending.pop(pending.update_id, None)
                self.on_change()
                return
            self.last_error = (int(self.clock.now()), f"Wrong response from the webhook: {status}")
            self.on_change()
            wait = min(retry_after, _LONGEST_RETRY_AFTER)
            if not retry_after and failures:
                delay = wait = min(delay * 2, _LONGEST_WAIT)
            failures += 1
            await self.clock.sleep(wait * self.retry_scale)
            await self.faults.wait_up()
        self._expire(pending)

    async def _post_copies(self, pending: Pending) -> tuple[int, float]:
        copies, at_once = self.faults.copies_of_update()
        if at_once:
            answers = await asyncio.gather(*(self._post(pending) for _ in range(copies)))
        else:
            answers = [await self._post(pending) for _ in range(copies)]
        return min(answers, key=lambda answer: (not 200 <= answer[0] < 300, answer))

    async def _post(self, pending: Pending) -> tuple[int, float]:
        """Status and Retry-After; 0 when there was no answer."""
        headers = {"Content-Type": "application/json"}
        if self.webhook.secret_token:
            headers["X-Telegram-Bot-Api-Secret-Token"] = self.webhook.secret_token
        if self._browser is None:
            self._browser = aiohttp.ClientSession(connector=aiohttp.TCPConnector(limit=0, ssl=False))
        data = json.dumps(pending.update, ensure_ascii=False).encode()
        async with self._free:
            try:
                async with self._browser.post(
                    self.route(self.webhook.url), data=data, headers=headers, timeout=aiohttp.ClientTimeout(total=60)
                ) as answer:
                    body = await answer.read()
                    retry_after = answer.headers.get("Retry-After", "0")
                    if body and 200 <= answer.status < 300:
                        self._answer_in_webhook(body)
                    return answer.status, float(retry_after) if retry_after.isdigit() else 0.0
            except (aiohttp.ClientError, OSError, TimeoutError):
                return 0, 0.0

    def _answer_in_webhook(self, body: bytes) -> None:
        try:
            answer: Json = json.loads(body)
        except ValueError:
            return
        self.answer_in_webhook(answer)
