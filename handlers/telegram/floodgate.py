"""Lets through what one person can mean, so that nobody else waits behind a flood; a call for help always gets in.

Nobody is held up here, for what waits would hold up what Telegram brings after it: a flood is answered so many times a
second, and what is beyond that is passed over. Of calls for help only those are, that come right behind another one
of the same person, which is being answered.
"""

from collections import OrderedDict
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import Enum, auto
from typing import Final

from bot.clock import Clock
from bot.messages import ConversationId

AT_ONCE: Final = 60
A_SECOND: Final = 2.0
URGENT_APART: Final = timedelta(seconds=0.2)
LOOKS_APART: Final = timedelta(seconds=0.1)
NOTICE_APART: Final = timedelta(minutes=1)
_PEOPLE: Final = 10_000


class Admission(Enum):
    """What becomes of something that arrived."""

    IN = auto()
    NOTICE = auto()
    """Passed over, and the person is told why, with numbers to call."""
    OVER = auto()


@dataclass(slots=True)
class _Bucket:
    empty_at: datetime
    """When all that was let in will have drained away."""
    urgent: datetime | None = None
    noticed: datetime | None = None
    looked: datetime | None = None


class Floodgate:
    """A bucket for each person who wrote lately."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._buckets: OrderedDict[ConversationId, _Bucket] = OrderedDict()

    def has_room(self, person: ConversationId) -> bool:
        """Whether this person writes as people do; what comes in counts."""
        now = self._clock.now()
        bucket = self._buckets.pop(person, None) or _Bucket(now)
        self._buckets[person] = bucket
        if len(self._buckets) > _PEOPLE:
            self._buckets.popitem(last=False)
        filled = max(bucket.empty_at, now) + timedelta(seconds=1 / A_SECOND)
        if filled - now > timedelta(seconds=AT_ONCE / A_SECOND):
            return False
        bucket.empty_at = filled
        return True

    def may_look(self, person: ConversationId) -> bool:
        """Whether to look if what is beyond is a call for help: to understand words takes time that others need."""
        now, bucket = self._clock.now(), self._buckets[person]
        if bucket.looked is not None and now - bucket.looked < LOOKS_APART:
            return False
        bucket.looked = now
        return True

    def admit_beyond(self, person: ConversationId, *, is_urgent: bool) -> Admission:
        """What becomes of something for which there is no room."""
        now, bucket = self._clock.now(), self._buckets[person]
        if is_urgent and (bucket.urgent is None or now - bucket.urgent >= URGENT_APART):
            bucket.urgent = now
            return Admission.IN
        if bucket.noticed is None or now - bucket.noticed >= NOTICE_APART:
            bucket.noticed = now
            return Admission.NOTICE
        return Admission.OVER
