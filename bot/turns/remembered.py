"""Snapshots of recent conversations, for some minutes: what another process erased must not live on in this one."""

from collections import OrderedDict
from datetime import datetime, timedelta
from typing import Final

from bot.messages import ConversationId
from bot.store.contract import Snapshot

LIFE: Final = timedelta(minutes=15)
"""Far shorter than the days for which versions count on: a version that begins anew is never taken for an old one."""

AT_MOST: Final = 5_000

TRUSTED_BELOW: Final = 0.15
"""The share of snapshots that were out of date: above it, asking first is cheaper than deciding twice."""

WEIGHT: Final = 0.05
"""Of the last one in that share: some twenty presses tell whether other processes answer the same people."""


class Remembered:
    """Of too many, the oldest is forgotten."""

    def __init__(self) -> None:
        self._snapshots: OrderedDict[ConversationId, tuple[datetime, Snapshot]] = OrderedDict()
        self._outdated = 0.0

    @property
    def is_trusted(self) -> bool:
        """Whether what is remembered is nearly always what is kept: whether this process answers these people alone."""
        return self._outdated < TRUSTED_BELOW

    def judge(self, *, is_right: bool) -> None:
        """Learn whether a snapshot was what is kept."""
        self._outdated += WEIGHT * ((not is_right) - self._outdated)

    def __len__(self) -> int:
        return len(self._snapshots)

    def find(self, conversation: ConversationId, now: datetime) -> Snapshot | None:
        """What is remembered, unless that is too long ago."""
        since, snapshot = self._snapshots.get(conversation, (now, None))
        return snapshot if _lives(since, now) else None

    def keep(self, conversation: ConversationId, snapshot: Snapshot, now: datetime) -> None:
        """Remember it from now on."""
        self._snapshots[conversation] = now, snapshot
        self._snapshots.move_to_end(conversation)
        if len(self._snapshots) > AT_MOST:
            self._snapshots.popitem(last=False)

    def forget(self, conversation: ConversationId) -> None:
        """It is not to be used any more."""
        self._snapshots.pop(conversation, None)

    def forget_old(self, now: datetime) -> None:
        """Let nothing be left of what is too long ago."""
        for conversation in [one for one, (since, _) in self._snapshots.items() if not _lives(since, now)]:
            del self._snapshots[conversation]


def _lives(since: datetime, now: datetime) -> bool:
    return since <= now < since + LIFE
