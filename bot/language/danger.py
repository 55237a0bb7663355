"""Does this message come from somebody in danger? Three nets, because a list finds only what its author thought of.

The first is the lexicon: ideas of danger add up, calm ideas take away. The second is what the matcher learned from
examples of people in danger. The third is not here: every reply that is not sure carries the line to help anyway.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Final

from bot.language.lexicon import Find, Lexicon, Typed
from bot.language.normal import readings
from bot.language.understood import Danger, Level


class Kind(StrEnum):
    """The kinds of danger; their values are the topics that answer them."""

    HELD_AGAINST_WILL = "held-against-will"
    VIOLENCE = "violence"
    SUICIDE = "suicide"
    MEDICAL_EMERGENCY = "medical-emergency"


CERTAIN_FROM: Final = 1.6
MAYBE_FROM: Final = 0.15
# What the matcher's full conviction is worth, in points of the lexicon; and what a list alone may reach.
MATCHER_POINTS: Final = 4.0
MOST_LISTED: Final = 4.0
# A word that is only found by allowing a slip is less sure.
SLIP_SHARE: Final = 0.6


@dataclass(frozen=True, slots=True)
class Sign:
    """An idea that speaks for a kind of danger; without a kind it calms."""

    kind: Kind | None
    points: float


@dataclass(frozen=True, slots=True)
class Together:
    """Ideas that mean more, or less, in the same message."""

    ideas: frozenset[str]
    kind: Kind | None
    points: float


NO_DANGER: Final = Danger(Level.NONE, None, ())


@dataclass(frozen=True, slots=True)
class DangerLexicon:
    lexicon: Lexicon
    signs: Mapping[str, Sign]
    together: tuple[Together, ...]

    def check(self, text: str, topic_mass: Mapping[str, float]) -> Danger:
        """The danger in a text, given the chances that the matcher gives to the topics of danger."""
        found = [self._check(Typed.of(reading), topic_mass) for reading in readings(text)]
        return max(found, key=lambda danger: (danger.level is Level.CERTAIN, danger.level is Level.MAYBE))

    def _check(self, typed: Typed, topic_mass: Mapping[str, float]) -> Danger:
        finds = {find.idea: find for find in self.lexicon.find(typed)}
        calm = -self._points(finds, None)
        points = {kind: min(MOST_LISTED, self._points(finds, kind)) for kind in Kind}
        convinced = sum(topic_mass.get(kind, 0.0) for kind in Kind)
        score = max(0.0, max(points.values()) - calm) + MATCHER_POINTS * convinced
        if score < MAYBE_FROM:
            return NO_DANGER
        kind = max(Kind, key=lambda one: points[one] + MATCHER_POINTS * topic_mass.get(one, 0.0))
        because = tuple(sorted(idea for idea in finds if idea in self.signs))
        return Danger(Level.CERTAIN if score >= CERTAIN_FROM else Level.MAYBE, kind, because)

    def _points(self, finds: Mapping[str, Find], kind: Kind | None) -> float:
        """What the ideas say for one kind of danger; for none: what they take away, as a negative number."""
        listed = 0.0
        for idea, find in finds.items():
            sign = self.signs.get(idea)
            if sign is not None and sign.kind is kind:
                # A slip of the finger may hide danger, but it must not be what calms us.
                share = (SLIP_SHARE if kind else 0.0) if find.slipped else 1.0
                listed += share * (sign.points if kind else -sign.points)
        return listed + sum(
            group.points for group in self.together if group.kind is kind and group.ideas <= finds.keys()
        )
