"""Why something that was sealed cannot be opened."""

from enum import StrEnum


class Unopened(StrEnum):
    """What stands in the way."""

    EPOCH_OVER = "epoch-over"
    """Its time is over: its week's key was destroyed, and with it the way to read it, for everybody and for good."""
    NOT_FOR_YOU = "not-for-you"
    DAMAGED = "damaged"
    """Moved to another place, changed, or not written by us."""


class CasebookError(Exception):
    """It does not open; `why` says what stands in the way."""

    def __init__(self, why: Unopened) -> None:
        super().__init__(why)
        self.why = why


class KeyFileError(Exception):
    """A key on the disk cannot be used as it lies there."""
