"""Where to go: embassies, resource centres, arrival centres, checkpoints."""

from dataclasses import dataclass
from typing import NewType

from bot.facts.evidence import Evidence
from bot.facts.hotlines import HotlineId

PlaceId = NewType("PlaceId", str)


@dataclass(frozen=True, slots=True)
class Position:
    """Degrees north and east."""

    latitude: float
    longitude: float


@dataclass(frozen=True, slots=True)
class Place:
    """One place; its name stands in the phrasebook as `place.<id>.name`."""

    id: PlaceId
    kind: str
    country: str
    address: str
    evidence: Evidence
    position: Position | None = None
    hotline: HotlineId | None = None
    origins: frozenset[str] = frozenset()
