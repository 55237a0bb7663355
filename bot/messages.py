"""The words everyone shares: what is said to a person, and where it goes.

A text is a row of spans instead of marked-up words, because every door marks up differently and words that come
from outside must never be read as markup.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Final, NewType, TypeAlias

Language = NewType("Language", str)
"""A language of the content by its two-letter code: km, lo, my, th, en."""

ConversationId = NewType("ConversationId", str)
"""The keyed hash that stands for one person's chat; it never holds a messenger's own id."""

ArrivalId = NewType("ArrivalId", bytes)
"""Eight bytes that are the same each time the same thing arrives, so that it takes effect once."""

MESSAGE_UNITS = 4096
"""The most a message may hold, in UTF-16 code units: the smallest limit of all doors (Telegram's)."""

LABEL_CHARACTERS = 64
PRESS_BYTES = 64
"""The most a button may carry back, in UTF-8 bytes (Telegram's callback data)."""


_ADDRESS: Final = re.compile(r"https://[a-z0-9.-]+(?:/[A-Za-z0-9._~%/?=&+-]*)?")


class Style(StrEnum):
    """How a span looks."""

    PLAIN = "plain"
    STRONG = "strong"
    PHONE = "phone"


@dataclass(frozen=True, slots=True)
class Span:
    """Words in one style; a phone span carries what to dial, digits with an optional leading plus.

    A plain one may carry there the https address that it names. Only our content makes such, never what somebody
    wrote. It is no style of its own, so that a program from before it, which runs beside, still shows the words.
    """

    words: str
    style: Style = Style.PLAIN
    dial: str = ""

    @property
    def address(self) -> str:
        """Where a tap on the words leads, if it leads anywhere."""
        return self.dial if self.style is Style.PLAIN and _ADDRESS.fullmatch(self.dial) else ""


Text: TypeAlias = tuple[Span, ...]


@dataclass(frozen=True, slots=True)
class Button:
    """Carries a press back to us, or dials a number on the person's own phone."""

    label: str
    press: str = ""
    dial: str = ""


Rows: TypeAlias = tuple[tuple[Button, ...], ...]


@dataclass(frozen=True, slots=True)
class Message:
    """One message to a person; what is kept is never edited away by walking on.

    A picture is named, and a recording by the text that is read out; both are looked up in the message's language.
    """

    text: Text
    rows: Rows = ()
    keep: bool = False
    language: Language | None = None
    picture: str | None = None
    recording: str | None = None


def plain(words: str) -> Text:
    """Words without any style, as a text."""
    return (Span(words),)


def words_of(text: Text) -> str:
    """Only the words of a text."""
    return "".join(span.words for span in text)


def units(words: str) -> int:
    """The length of words in UTF-16 code units, as Telegram counts."""
    return len(words) if words.isascii() else len(words.encode("utf-16-le", "surrogatepass")) // 2


Profile: TypeAlias = Mapping[str, str]
"""What a person told about themselves: field → one of its declared values."""
