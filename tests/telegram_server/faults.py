"""What can go wrong between a bot and Telegram, at rates that a seed makes repeatable."""

import asyncio
import math
import random
from collections import defaultdict, deque
from collections.abc import Callable, Collection
from dataclasses import dataclass, field

from tests.telegram_server.values import RefusedError

Now = Callable[[], float]


@dataclass(frozen=True, slots=True)
class Chance:
    """A fault that strikes a share of the calls, of all methods or of those named."""

    rate: float = 0.0
    methods: frozenset[str] = frozenset()

    def strikes(self, method: str, dice: random.Random) -> bool:
        return bool(self.rate) and (not self.methods or method in self.methods) and dice.random() < self.rate


NEVER = Chance()


@dataclass(frozen=True, slots=True)
class Limits:
    """Telegram's own: a chat takes one message a second (bursts pass), a group 20 a minute, all together 30 a second."""

    chat_per_second: float = 1.0
    chat_burst: int = 3
    group_per_minute: int = 20
    all_per_second: int = 30


@dataclass(slots=True)
class Faults:
    """Switches; all off in the beginning."""

    seed: int = 0
    latency_seconds: float = 0.0
    struck: dict[str, int] = field(default_factory=lambda: defaultdict(int))
    _dice: random.Random = field(init=False)
    _up: asyncio.Event = field(default_factory=asyncio.Event)
    _too_many: Chance = NEVER
    _retry_after: int = 1
    _broken: Chance = NEVER
    _broken_code: int = 502
    _slow: Chance = NEVER
    _slow_seconds: float = 0.0
    _lost: Chance = NEVER
    _duplicates: Chance = NEVER
    _duplicates_at_once: bool = False
    _limits: Limits | None = None
    _sent: deque[float] = field(default_factory=deque)
    _sent_to_group: dict[int, deque[float]] = field(default_factory=lambda: defaultdict(deque))
    _chat_credit: dict[int, tuple[float, float]] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self._dice = random.Random(self.seed)
        self._up.set()

    @property
    def is_down(self) -> bool:
        return not self._up.is_set()

    def answer_429(self, rate: float, retry_after: int = 1, methods: Collection[str] = ()) -> None:
        self._too_many, self._retry_after = Chance(rate, frozenset(methods)), retry_after

    def answer_5xx(self, rate: float, code: int = 502, methods: Collection[str] = ()) -> None:
        """The call takes no effect."""
        self._broken, self._broken_code = Chance(rate, frozenset(methods)), code

    def slow(self, seconds: float, rate: float = 1.0, methods: Collection[str] = ()) -> None:
        """The call takes effect at once, the answer comes late."""
        self._slow, self._slow_seconds = Chance(rate, frozenset(methods)), seconds

    def lose_answer(self, rate: float, methods: Collection[str] = ()) -> None:
        """The call takes effect, the connection closes without an answer."""
        self._lost = Chance(rate, frozenset(methods))

    def duplicate_updates(self, rate: float, *, at_once: bool = False) -> None:
        """Webhook updates come twice, one after the other or at the same time."""
        self._duplicates, self._duplicates_at_once = Chance(rate), at_once

    def latency(self, milliseconds: float) -> None:
        """Every call takes this long before it takes effect."""
        self.latency_seconds = milliseconds / 1000

    def limits(self, limits: Limits | None = Limits()) -> None:
        """Hold the bot to Telegram's limits; None switches them off."""
        self._limits = limits

    def down(self) -> None:
        """Telegram is gone: connections close without an answer, no update leaves."""
        self._up.clear()

    def up(self) -> None:
        self._up.set()

    async def wait_up(self) -> None:
        await self._up.wait()

    def off(self) -> None:
        """No fault any more; the dice keep their place."""
        self._too_many = self._broken = self._slow = self._lost = self._duplicates = NEVER
        self.latency_seconds = 0.0
        self._limits = None
        self._up.set()

    def strike_before(self, method: str) -> None:
        """Raise RefusedError for a call that Telegram turns away."""
        if self._broken.strikes(method, self._dice):
            self.struck["5xx"] += 1
            words = {
                500: "Internal Server Error",
                502: "Bad Gateway",
                503: "Service Unavailable",
                504: "Gateway Timeout",
            }
            raise RefusedError(words.get(self._broken_code, "Server Error"), code=self._broken_code)
        if self._too_many.strikes(method, self._dice):
            self.struck["429"] += 1
            raise _too_many(self._retry_after)

    def count(self, chat_id: int, *, group: bool, now: float) -> None:
        """Raise RefusedError when a message to this chat is one too many."""
        limits = self._limits
        if limits is None:
            return
        wait = max(self._wait_all(limits, now), self._wait_chat(limits, chat_id, group=group, now=now))
        if wait > 0:
            self.struck["limit"] += 1
            raise _too_many(math.ceil(wait))
        self._sent.append(now)
        if group:
            self._sent_to_group[chat_id].append(now)
        else:
            credit = self._credit(limits, chat_id, now)
            self._chat_credit[chat_id] = (credit - 1, now)

    def loses_answer(self, method: str) -> bool:
        lost = self._lost.strikes(method, self._dice)
        self.struck["lost"] += lost
        return lost

    def delay_of_answer(self, method: str) -> float:
        slow = self._slow.strikes(method, self._dice)
        self.struck["slow"] += slow
        return self._slow_seconds if slow else 0.0

    def copies_of_update(self) -> tuple[int, bool]:
        """How often an update is delivered, and whether at once."""
        twice = self._duplicates.strikes("", self._dice)
        self.struck["duplicate"] += twice
        return (2 if twice else 1), self._duplicates_at_once

    def _wait_all(self, limits: Limits, now: float) -> float:
        while self._sent and self._sent[0] <= now - 1:
            self._sent.popleft()
        return self._sent[0] + 1 - now if len(self._sent) >= limits.all_per_second else 0.0

    def _wait_chat(self, limits: Limits, chat_id: int, *, group: bool, now: float) -> float:
        if group:
            sent = self._sent_to_group[chat_id]
            while sent and sent[0] <= now - 60:
                sent.popleft()
            return sent[0] + 60 - now if len(sent) >= limits.group_per_minute else 0.0
        credit = self._credit(limits, chat_id, now)
        return (1 - credit) / limits.chat_per_second if credit < 1 else 0.0

    def _credit(self, limits: Limits, chat_id: int, now: float) -> float:
        credit, since = self._chat_credit.get(chat_id, (float(limits.chat_burst), now))
        return min(float(limits.chat_burst), credit + (now - since) * limits.chat_per_second)


def _too_many(retry_after: int) -> RefusedError:
    return RefusedError(
        f"Too Many Requests: retry after {retry_after}", code=429, parameters={"retry_after": retry_after}
    )
