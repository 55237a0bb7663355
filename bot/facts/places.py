"""Where to go: embassies, resource centres, arrival centres, checkpoints."""

from dataclasses import dataclass
from math import asin, cos, radians, sin, sqrt
from typing import Final, NewType

from bot.facts.evidence import Evidence
from bot.facts.hotlines import HotlineId

PlaceId = NewType("PlaceId", str)

_EARTH_RADIUS_KM: Final = 6371.0


@dataclass(frozen=True, slots=True)
class Position:
    """Degrees north and east."""

    latitude: float
    longitude: float

    def km_to(self, other: "Position") -> float:
        """The distance over the ground, as the crow flies."""
        north, other_north = radians(self.latitude), radians(other.latitude)
        half_north = sin((other_north - north) / 2)
        half_east = sin(radians(other.longitude - self.longitude) / 2)
        chord = half_north**2 + cos(north) * cos(other_north) * half_east**2
        return 2 * _EARTH_RADIUS_KM * asin(sqrt(chord))


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
