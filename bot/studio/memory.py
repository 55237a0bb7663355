"""What was translated before and is alike: translators start from it instead of from nothing."""

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from difflib import SequenceMatcher
from functools import lru_cache
from typing import Final

from bot.dialogue.phrasebook import TextId
from bot.studio.units import State, Unit

LIKE: Final = 0.6
"""From this likeness on (0 to 1, by characters) an earlier text is of help."""

_COMPARED: Final = 40
_WORD: Final = re.compile(r"\w+")


@dataclass(frozen=True, slots=True)
class Suggestion:
    """An earlier translation; `likeness` says how near its English is, 1 for the same words."""

    id: TextId
    english: str
    words: str
    likeness: float


def suggestions(english: str, own: TextId, units: Iterable[Unit], most: int = 3) -> Sequence[Suggestion]:
    """The earlier translations of one language whose English is nearest, the nearest first, each wording once."""
    wanted = _words(english)
    shared = sorted(
        ((_overlap(wanted, _words(unit.english)), unit) for unit in units if _is_of_help(unit, own)),
        key=lambda pair: pair[0],
        reverse=True,
    )[:_COMPARED]
    found: dict[str, Suggestion] = {}
    for overlap, unit in shared:
        if overlap == 0:
            break
        likeness = SequenceMatcher(None, english, unit.english, autojunk=False).ratio()
        if likeness >= LIKE and (unit.words not in found or found[unit.words].likeness < likeness):
            found[unit.words] = Suggestion(unit.id, unit.english, unit.words, likeness)
    return sorted(found.values(), key=lambda one: one.likeness, reverse=True)[:most]


def _is_of_help(unit: Unit, own: TextId) -> bool:
    return unit.id != own and unit.state in (State.DRAFT, State.REVIEWED)


def _overlap(wanted: frozenset[str], there: frozenset[str]) -> float:
    return len(wanted & there) / (len(wanted | there) or 1)


@lru_cache(maxsize=8192)
def _words(english: str) -> frozenset[str]:
    return frozenset(_WORD.findall(english.casefold()))
