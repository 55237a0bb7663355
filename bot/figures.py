"""Figures for the people who run the bot: counts of events and how long they took, never anything about a person."""

from bisect import bisect_left
from collections import Counter
from collections.abc import Mapping
from contextlib import AbstractContextManager
from dataclasses import dataclass, field
from time import perf_counter
from types import TracebackType
from typing import Final

from bot.tracing import Trace, no_trace

BOUNDS: Final = (0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0)
"""Seconds up to which each step of a span counts; what took longer is in the last step, which has no bound."""

FROM_ZERO: Final[Mapping[str, tuple[str, ...]]] = {
    "alerts_silent": ("",),
    "arrival_failed": ("1", "2"),
    "arrival_given_up": ("",),
    "away_alert_failed": ("",),
    "content_not_checked": ("not_started", "crashed", "late", "no_answer", "gone"),
    "delivered": ("telegram", "desk", "outside", "lane"),
    "delivery_put_off": ("no_door",),
    "desk_not_told": ("",),
    "due_mended": ("",),
    "epoch_not_destroyed": ("",),
    "keys_differ": ("",),
    "keys_without_end": ("",),
    "outgoing_given_up": ("",),
    "page_failed": ("",),
    "record_unreadable": ("SealError", "UnreadableError"),
    "telegram_conflict": ("",),
    "telegram_token_refused": ("",),
    "telegram_update": ("forged",),
    "telegram_webhook": ("foreign", "gone", "error", "pending"),
    "ticket_unreadable": ("SealError", "UnreadableError"),
    "timer_failed": ("",),
    "told_not_kept": ("",),
    "turn_failed": ("1", "2", "3"),
    "watch_failed": ("",),
}
"""What an alarm waits for, with each label it can have: told from the start, for nobody sees a count rise that is
first told as 1."""

SPANS_FROM_ZERO: Final[Mapping[str, tuple[str, ...]]] = {
    "commit": ("",),
    "delivery": ("telegram", "desk", "outside", "lane"),
}


@dataclass(slots=True)
class Spans:
    """How long something took each time: so many within each bound, and all of them together in seconds."""

    within: list[int] = field(default_factory=lambda: [0] * (len(BOUNDS) + 1))
    seconds: float = 0.0


class Figures:
    """Counts since the start, by what happened and a label from a closed list (a door, a kind of error).

    `levels` are what was measured last, such as the age of the oldest call without an answer. `trace` is given each
    step that is timed, too.
    """

    def __init__(self, trace: Trace = no_trace) -> None:
        self._trace = trace
        self.counts: Counter[tuple[str, str]] = Counter()
        self.levels: dict[str, float] = {}
        self.spans: dict[tuple[str, str], Spans] = {}

    def add(self, what: str, label: str = "", by: int = 1) -> None:
        self.counts[what, label] += by

    def took(self, what: str, seconds: float, label: str = "") -> None:
        """Something has taken so long."""
        spans = self.spans.get((what, label))
        if spans is None:
            spans = self.spans[what, label] = Spans()
        spans.within[bisect_left(BOUNDS, seconds)] += 1
        spans.seconds += seconds

    def timed(self, what: str, label: str = "") -> AbstractContextManager[None]:
        """Take the time of what happens inside, however it ends."""
        return _Timed(self, what, label, self._trace(what, label))


class _Timed(AbstractContextManager[None]):
    """A class and not a generator: this is entered several times in every turn."""

    __slots__ = ("_began", "_figures", "_label", "_step", "_what")

    def __init__(self, figures: Figures, what: str, label: str, step: AbstractContextManager[None]) -> None:
        self._figures, self._what, self._label, self._step = figures, what, label, step

    def __enter__(self) -> None:
        self._began = perf_counter()
        self._step.__enter__()

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        try:
            self._step.__exit__(kind, error, trace)
        finally:
            self._figures.took(self._what, perf_counter() - self._began, self._label)
