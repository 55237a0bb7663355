"""The port to a messenger that messages are pushed to, and what may go wrong there."""

from dataclasses import dataclass
from typing import Protocol

from bot.store.contract import Outgoing


@dataclass(frozen=True, slots=True)
class Delivered:
    """Shown; `reference` is the door's own id of the message, if it made one."""

    reference: str | None = None


class ChannelError(Exception):
    """A delivery did not happen, or may not have."""


class RetryLaterError(ChannelError):
    """The messenger asks for patience, for one chat or for everyone."""

    def __init__(self, seconds: float) -> None:
        super().__init__(f"retry after {seconds} s")
        self.seconds = seconds


class BusyError(ChannelError):
    """We hold it back ourselves, because more would not fit; nothing is wrong with anybody else's."""

    def __init__(self, seconds: float) -> None:
        super().__init__(f"not before {seconds} s")
        self.seconds = seconds


class InDoubtError(ChannelError):
    """The answer was lost: the message may have been shown."""


class ChannelDownError(ChannelError):
    """The messenger is not there or answers with a fault of its own."""


class UnreachableError(ChannelError):
    """This person cannot be written to: blocked, deleted, gone."""


class RefusedError(ChannelError):
    """The messenger refuses this message for good; repeating it is of no use."""


class TokenError(ChannelError):
    """The messenger does not know us any more."""


class Channel(Protocol):
    """One messenger that takes messages."""

    async def deliver(self, outgoing: Outgoing) -> Delivered:
        """Show a message to its person; raise one of the errors above."""
        ...
