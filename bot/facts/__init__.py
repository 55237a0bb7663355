"""What is true outside: dated facts, hotlines with the hours and places where they work, places to go to."""

from bot.facts.evidence import Confidence, Evidence, Source, Telling
from bot.facts.facts import Amount, AmountRange, Day, Fact, FactId, FactValue, Rule
from bot.facts.hotlines import (
    ANYWHERE,
    HERE,
    ORIGIN,
    Caller,
    Directory,
    Hotline,
    HotlineId,
    Listing,
    Number,
    Wanted,
    countries_meant,
)
from bot.facts.hours import Availability, Hours, Shift
from bot.facts.places import Place, PlaceId, Position

__all__ = [
    "ANYWHERE",
    "HERE",
    "ORIGIN",
    "Amount",
    "AmountRange",
    "Availability",
    "Caller",
    "Confidence",
    "Day",
    "Directory",
    "Evidence",
    "Fact",
    "FactId",
    "FactValue",
    "Hotline",
    "HotlineId",
    "Hours",
    "Listing",
    "Number",
    "Place",
    "PlaceId",
    "Position",
    "Rule",
    "Shift",
    "Source",
    "Telling",
    "Wanted",
    "countries_meant",
]
