"""What is wrong with a whole file, so that nothing of it can be read."""

from enum import StrEnum
from typing import Final

MOST_BYTES: Final = 8_000_000
UTF_8: Final = "utf-8-sig"
"""With the mark at the front that some programs write."""


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


def refuse_large(content: bytes) -> None:
    """Raise ExchangeError where it is more than anybody sends."""
    if len(content) > MOST_BYTES:
        raise ExchangeError(Fault.TOO_LARGE, 1, str(MOST_BYTES))


def words_of(content: bytes, encoding: str = UTF_8) -> str:
    """A file as text; raise ExchangeError where it is too large or none."""
    refuse_large(content)
    try:
        return content.decode(encoding)
    except UnicodeDecodeError as error:
        raise ExchangeError(Fault.NOT_TEXT, content[: error.start].count(b"\n") + 1) from error
