"""Lets through what one person can mean, so that nobody else waits behind a flood; a call for help always gets in.

Nobody is held up here, for what waits would hold up what a messenger brings after it: a flood is answered so many times
a second, and what is beyond that is passed over. Of calls for help only those are, that come right behind another one
and repeat what was let in a moment ago, so that it is being answered.

To find a call among all that is beyond, words have to be understood, which takes time that others need. So what only
repeats what was understood a moment ago, as floods do, is not understood again; and what is new is, far faster than a
messenger lets one person write.
"""

import re
from collections import OrderedDict
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from enum import Enum, auto
from typing import Final

from bot.clock import Clock
from bot.dialogue.events import Event, Shared, Typed
from bot.dialogue.script import Script
from bot.dialogue.urgency import urgency_of
from bot.messages import ConversationId

AT_ONCE: Final = 60
A_SECOND: Final = 2.0
LOOKS_AT_ONCE: Final = 250
LOOKS_A_SECOND: Final = 250.0
"""Of all people together; it takes about an eighth of a processor."""

URGENT_APART: Final = timedelta(seconds=0.2)
SAME_APART: Final = timedelta(seconds=10)
"""A call of a kind that was not let in for so long is let in whatever else was."""

NOTICE_APART: Final = timedelta(minutes=1)
_PEOPLE: Final = 10_000
_UNDERSTOOD: Final = 64
_FIGURES: Final = re.compile(r"\d+")
_SURELY_WORDS: Final = 8
"""So many letters tell a text from the short words that steer, among which each letter and figure counts."""


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
    called: datetime | None = None
    calls: dict[str, datetime] = field(default_factory=dict)
    noticed: datetime | None = None
    understood: OrderedDict[int, str] = field(default_factory=OrderedDict)
    """What was found in texts, by a hash of them: the texts themselves are not kept."""

    def lets_call_in(self, kind: str, now: datetime) -> bool:
        is_new = kind not in self.calls or now - self.calls[kind] >= SAME_APART
        if not is_new and self.called is not None and now - self.called < URGENT_APART:
            return False
        self.called = self.calls[kind] = now
        return True


class Floodgate:
    """A bucket for each person who wrote lately."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._buckets: OrderedDict[ConversationId, _Bucket] = OrderedDict()
        self._looks_end = clock.now()

    def admit(self, person: ConversationId, event: Event, script: Script) -> Admission:
        """What becomes of something that this person did."""
        now = self._clock.now()
        bucket = self._bucket(person, now)
        if _fill(bucket, now):
            return Admission.IN
        urgency = self._look(bucket, event, lambda: urgency_of(event, script), now)
        if urgency and bucket.lets_call_in(urgency, now):
            return Admission.IN
        if bucket.noticed is None or now - bucket.noticed >= NOTICE_APART:
            bucket.noticed = now
            return Admission.NOTICE
        return Admission.OVER

    def _bucket(self, person: ConversationId, now: datetime) -> _Bucket:
        bucket = self._buckets.pop(person, None) or _Bucket(now)
        self._buckets[person] = bucket
        if len(self._buckets) > _PEOPLE:
            self._buckets.popitem(last=False)
        return bucket

    def _look(self, bucket: _Bucket, event: Event, find: Callable[[], str], now: datetime) -> str:
        """What kind of call it is, if it is one: only words take time to understand."""
        if not isinstance(event, Typed | Shared) or not event.words:
            return find()
        mark = hash(_gist(event.words))
        found = bucket.understood.get(mark)
        if found is None and self._may_look(now):
            found = bucket.understood[mark] = find()
            if len(bucket.understood) > _UNDERSTOOD:
                bucket.understood.popitem(last=False)
        return found or ""

    def _may_look(self, now: datetime) -> bool:
        end = max(self._looks_end, now) + timedelta(seconds=1 / LOOKS_A_SECOND)
        if end - now > timedelta(seconds=LOOKS_AT_ONCE / LOOKS_A_SECOND):
            return False
        self._looks_end = end
        return True


def _fill(bucket: _Bucket, now: datetime) -> bool:
    """Whether there is room for one more; what comes in counts."""
    filled = max(bucket.empty_at, now) + timedelta(seconds=1 / A_SECOND)
    if filled - now > timedelta(seconds=AT_ONCE / A_SECOND):
        return False
    bucket.empty_at = filled
    return True


def _gist(words: str) -> str:
    """What two texts of a flood share that only count on; a text of few letters is itself."""
    if sum(letter.isalpha() for letter in words) < _SURELY_WORDS:
        return words
    return _FIGURES.sub("0", words)
