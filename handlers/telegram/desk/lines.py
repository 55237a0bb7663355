"""A group takes 20 messages a minute. Five of them are kept for calls for help; the rest goes one after the other.

What does not fit is told when to come again, each line at a moment of its own, so that they do not all come at once and
the longest wait is over first. We count ourselves: Telegram's "too many" would lock out the calls as well.
"""

from datetime import datetime, timedelta
from typing import Final

from bot.clock import Clock

A_MINUTE: Final = 20
KEPT_FOR_CALLS: Final = 5
WINDOW: Final = timedelta(seconds=62)
"""A little more than Telegram's minute: it counts from when a message arrives, we from when its answer did."""

EVERY: Final = timedelta(seconds=4)
AT_ONCE: Final = 6
"""What is not urgent goes so many at once, and then one by one, so that room comes free steadily."""

ALONE_EVERY: Final = timedelta(seconds=1.1)
ALONE_AT_ONCE: Final = 2
"""One of the staff alone is written to once a second. Three at once would pass, but one may be longer on its way."""

MISSED_AFTER: Final = timedelta(seconds=30)
MOST_GROUPS: Final = 1_000


class GroupLine:
    """The line in front of one group, or of one of the staff."""

    def __init__(self, clock: Clock, *, is_alone: bool = False) -> None:
        self._clock = clock
        self._gap = ALONE_EVERY if is_alone else timedelta()
        self._rested_at = clock.now()
        self._sent: list[datetime] = []
        self._calls: list[datetime] = []
        self._full_until = clock.now()
        self._paused_until = clock.now()
        self._turns: dict[str, datetime] = {}
        self.calls_waiting = 0
        """While calls wait, nothing else takes their place."""

    def pause(self, seconds: float) -> None:
        """Telegram asks for patience."""
        self._paused_until = max(self._paused_until, self._clock.now() + timedelta(seconds=seconds))

    def call_free_in(self) -> float:
        """Seconds until one more call may go."""
        now = self._clock.now()
        return (self._free(A_MINUTE, 1, now) - now).total_seconds()

    @property
    def calls_left(self) -> int:
        """How many more calls fit now."""
        self._forget(self._clock.now())
        return A_MINUTE - len(self._sent)

    def recent_calls(self, within: timedelta) -> int:
        """How many calls went lately."""
        since = self._clock.now() - within
        return sum(moment > since for moment in self._calls)

    def take_for_call(self) -> None:
        """A call goes now."""
        now = self._clock.now()
        self._count(1, now)
        self._calls = [*self._calls[-A_MINUTE:], now]

    def turn(self, line: str, cost: int) -> float:
        """Seconds until this line may send; 0 says that it is its turn, and counts what it sends."""
        now = self._clock.now()
        free = max(self._free(A_MINUTE - KEPT_FOR_CALLS, cost, now), self._full_until - (AT_ONCE - 1) * EVERY)
        if self.calls_waiting:
            free = max(free, now + EVERY)
        self._turns = {one: moment for one, moment in self._turns.items() if moment + MISSED_AFTER > now}
        mine = self._turns.get(line)
        if mine is None and (self._turns or free > now):
            # Others came before; they have their moments, and this one gets the next.
            mine = self._turns[line] = max([free, *(moment + EVERY for moment in self._turns.values())])
        if mine is not None and mine <= now < free:
            mine = self._turns[line] = free
        if mine is not None and mine > now:
            return (mine - now).total_seconds()
        self._turns.pop(line, None)
        self._full_until = max(self._full_until, now) + cost * EVERY
        self._count(cost, now)
        return 0.0

    def count(self, messages: int) -> None:
        """So many more had to go, whether or not there was room."""
        self._count(messages, self._clock.now())

    def was_sent(self) -> None:
        """An answer came: from now on the last one counts as sent now, as Telegram may count it."""
        if self._sent:
            self._sent[-1] = self._clock.now()

    @property
    def is_busy(self) -> bool:
        """Whether several were sent a moment ago, or wait."""
        return bool(self._turns) or self._full_until > self._clock.now() + EVERY

    def _free(self, room: int, cost: int, now: datetime) -> datetime:
        """The moment from which so many more fit. Time passes while we count, so there is one `now` for all of it."""
        self._forget(now)
        must_go = len(self._sent) + cost - room
        free = now if must_go <= 0 else sorted(self._sent)[min(must_go, len(self._sent)) - 1] + WINDOW
        return max(free, self._paused_until, self._rested_at - (ALONE_AT_ONCE - 1) * self._gap)

    def _count(self, messages: int, now: datetime) -> None:
        self._sent += [now] * messages
        self._rested_at = max(self._rested_at, now) + messages * self._gap

    def _forget(self, now: datetime) -> None:
        since = now - WINDOW
        self._sent = [moment for moment in self._sent if moment > since]


class GroupLines:
    """One for each group or member; the channel and the door count in the same."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._lines: dict[str, GroupLine] = {}

    def of(self, chat: str) -> GroupLine:
        """The line in front of a chat."""
        line = self._lines.get(chat)
        if line is None:
            if len(self._lines) >= MOST_GROUPS:
                del self._lines[next(iter(self._lines))]
            line = self._lines[chat] = GroupLine(self._clock, is_alone=not chat.startswith("-"))
        return line
