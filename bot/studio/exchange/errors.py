"""What is wrong with a whole file, so that nothing of it can be read."""

from enum import StrEnum
from typing import Final

MOST_BYTES: Final = 8_000_000


class Fault(StrEnum):
    """Why a file cannot be read."""

    TOO_LARGE = "too-large"
    NOT_TEXT = "not-text"
    NOT_THIS_FORM = "not-this-form"
    """Not a file of this kind, or damaged."""
    NO_COLUMNS = "no-columns"
    WRONG_LANGUAGE = "wrong-language"
    TOO_MANY = "too-many"


class ExchangeError(Exception):
    """A file of a translator cannot be read; `line` is where that shows, where it shows anywhere."""

    def __init__(self, fault: Fault, line: int = 1, what: str = "") -> None:
        super().__init__(f"{fault}:{line}:{what}")
        self.fault = fault
        self.line = line
        self.what = what
