"""What is the same for everybody: put together when it is first shown, and gone with its script.

All of it is found by a language and a place in the content, so that there is never more of it than the content has.
What the day, the hour and the country make of a hotline or a fact (open or closed, dated or withheld, what to dial) is
part of the place. Whatever else depends on somebody, or on when they ask, is put together anew each time.
"""

from dataclasses import dataclass, field
from typing import TypeAlias

from bot.dialogue.conversation import NodeToken
from bot.dialogue.events import Wish
from bot.facts import Availability, FactId, HotlineId, Telling
from bot.messages import Button, Language, Rows, Text

Offer: TypeAlias = tuple[Language, HotlineId, tuple[str, ...], Availability, bool, bool]
"""A hotline in a language: what to dial, whether it is open, whether they speak the language, whether it is dated."""


@dataclass(slots=True)
class Ready:
    """What of a script has been shown already."""

    choices: dict[tuple[NodeToken, Language | None], Rows] = field(default_factory=dict)
    """The buttons of a wait."""
    ways: dict[tuple[tuple[Wish, ...], Language | None, bool], tuple[Button, ...]] = field(default_factory=dict)
    """The ways out, with words or without."""
    offers: dict[Offer, Text] = field(default_factory=dict)
    facts: dict[tuple[Language, FactId, Telling], str] = field(default_factory=dict)
