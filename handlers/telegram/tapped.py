"""A message whose button was tapped, as the store keeps it until the answer takes its place: `12`, `12p`, `12o`.

What it holds decides what it can become: Telegram turns words into a photo and a photo into another, and neither back.
"""

import re
from dataclasses import dataclass
from enum import StrEnum
from typing import Final

_WRITTEN: Final = re.compile(r"(-?[0-9]{1,19})([po]?)")


class Holds(StrEnum):
    """What there is to change in a message."""

    WORDS = ""
    PHOTO = "p"
    OTHER = "o"


@dataclass(frozen=True, slots=True)
class Tapped:
    """One message in a chat."""

    message_id: int
    holds: Holds = Holds.WORDS

    def __str__(self) -> str:
        return f"{self.message_id}{self.holds}"


def read_tapped(written: str | None) -> Tapped | None:
    """The other way; nothing where it is no message of Telegram's."""
    found = _WRITTEN.fullmatch(written or "")
    return Tapped(int(found[1]), Holds(found[2])) if found else None
