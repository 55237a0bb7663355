"""Ids for what one arrival sends, and for what comes of that: the same each time, so that repeating does no harm."""

from hashlib import blake2b

from bot.messages import ArrivalId
from bot.store.contract import OutgoingId

MOST = 255
"""An arrival sends no more than this; what is beyond shares the last number, which no honest turn reaches."""


def outgoing_id(arrival: ArrivalId, place: int) -> OutgoingId:
    """The id of the outgoing at a place in what an arrival sends."""
    return OutgoingId(arrival + bytes((min(place, MOST),)))


def arrival_of(outgoing: OutgoingId, lane: str, what: str = "") -> ArrivalId:
    """The id of what an outgoing becomes when it arrives at a conversation or ticket."""
    return ArrivalId(blake2b(outgoing + f"{lane}\0{what}".encode(), digest_size=8).digest())
