"""Does this message come from somebody in danger? Three nets, because a list finds only what its author thought of.

The first is the lexicon: ideas of danger add up, calm ideas take away. The second is what the matcher learned from
examples of people in danger and of people who only sound like it. The third is not here: every reply that is not sure
carries the line to help anyway.

The two are added up as log odds. The list weighs less than the examples: its words also stand in calm questions, while
the examples know what stood around them. So it decides where the examples are unsure.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Final

from bot.language.features import Heard
from bot.language.lexicon import Find, Lexicon
from bot.language.matching import Opinion
from bot.language.understood import Danger, Level, Mode


class Kind(StrEnum):
    """The kinds of danger; their values are the topics that answer them."""

    HELD_AGAINST_WILL = "held-against-will"
    VIOLENCE = "violence"
    SUICIDE = "suicide"
    MEDICAL_EMERGENCY = "medical-emergency"


CERTAIN_FROM: Final = -1.2
MAYBE_FROM: Final = -4.5
# What a point of the lexicon is worth in log odds; and what a list alone may reach, up or down.
POINT: Final = 0.5
MOST_LISTED: Final = 4.0
# A text without any sign, of which the examples know fewer features than this, is judged by chance: at most "maybe".
KNOWN_WELL: Final = 25
# To tell which kind of danger it is: what the matcher's full conviction is worth in points.
MATCHER_POINTS: Final = 4.0
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

    def check(self, readings_heard: Sequence[Heard], opinion: Opinion) -> Danger:
        """The danger in a text, given what the matcher thinks of it."""
        found = [self._check(heard, opinion) for heard in readings_heard]
        return max(
            found,
            key=lambda danger: (danger.level is Level.CERTAIN, danger.level is Level.MAYBE),
            default=NO_DANGER,
        )

    def _check(self, heard: Heard, opinion: Opinion) -> Danger:
        finds = {find.idea: find for find in heard.finds}
        points = {kind: min(MOST_LISTED, self._points(finds, kind)) for kind in Kind}
        listed = max(-MOST_LISTED, max(points.values()) + self._points(finds, None))
        score = opinion.alarm + POINT * listed
        if score < MAYBE_FROM:
            return NO_DANGER
        chances = dict(opinion.matching.topics)
        kind = max(Kind, key=lambda one: points[one] + MATCHER_POINTS * chances.get(one, 0.0))
        because = tuple(sorted(idea for idea in finds if idea in self.signs))
        sure = score >= CERTAIN_FROM and (listed > 0 or _speaks_for_itself(opinion))
        return Danger(Level.CERTAIN if sure else Level.MAYBE, kind, because)

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


def _speaks_for_itself(opinion: Opinion) -> bool:
    """Whether what the matcher thinks is enough without any sign: it knows the text well, and the topic is not clearly
    a calm one.
    """
    matching = opinion.matching
    calm = matching.mode is Mode.ANSWER and matching.topics[0][0] not in set(Kind)
    return opinion.known >= KNOWN_WELL and not calm
