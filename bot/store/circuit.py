"""Whether it is worth asking a server: one that has just failed several times is asked once a second only.

Who asks meanwhile hears at once that the store is away, instead of waiting in a line that only grows.
"""

from collections import deque
from typing import Final

FAILURES: Final = 3
WITHIN: Final = 3.0
"""Long enough to see that each of the calls of one who asks one thing after the other has waited in vain."""

PROBE_EVERY: Final = 1.0


class Circuit:
    """One server's. Moments are seconds on a clock that is never set back."""

    def __init__(self) -> None:
        self._failed: deque[float] = deque(maxlen=FAILURES)
        self._probe_at: float | None = None
        self.has_answered = False
        """Whether it ever did."""

    @property
    def is_down(self) -> bool:
        """Whether only probes go through."""
        return self._probe_at is not None

    def admits(self, now: float) -> bool:
        """Whether one may ask; of those that would while it is down, one a second may."""
        if self._probe_at is None:
            return True
        if now < self._probe_at:
            return False
        self._probe_at = now + PROBE_EVERY
        return True

    def worked(self) -> None:
        """It answered."""
        self.has_answered = True
        self._failed.clear()
        self._probe_at = None

    def failed(self, now: float) -> None:
        """It gave no answer, or none in time."""
        self._failed.append(now)
        if self._probe_at is None and len(self._failed) == FAILURES and now - self._failed[0] <= WITHIN:
            self._probe_at = now + PROBE_EVERY
