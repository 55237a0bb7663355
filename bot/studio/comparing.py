"""Whether two texts can be compared line by line while somebody waits."""

from collections import Counter
from collections.abc import Hashable, Iterable
from typing import Final

_MOST_PAIRS: Final = 8_000_000


def can_be_compared(one: Iterable[Hashable], other: Iterable[Hashable]) -> bool:
    """What stands there again and again takes ever longer: each time is held beside each of the other side."""
    times = Counter(other)
    return sum(times[line] for line in one) <= _MOST_PAIRS
