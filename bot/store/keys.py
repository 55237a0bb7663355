"""The name of every key in the store.

A conversation and all that belongs to it lie in one of 64 shards; the tag in braces puts every key of a shard into one
slot of a Cluster, so that a script touches one node only. Names carry the keyed hash of a chat, never a chat.
"""

from typing import Final
from zlib import crc32

from bot.messages import ArrivalId, ConversationId

SHARDS: Final = 64

PERMANENT: Final = frozenset({"ready", "due"})
"""The only kinds of key without an end: one set of each a shard, whose members go when they are done."""

_TAGS: Final = tuple(f"{{s{shard:02d}}}:".encode() for shard in range(SHARDS))
READY: Final = tuple(tag + b"ready" for tag in _TAGS)
"""Who waits for a delivery: conversation → not before (ms); a lease ends in .5, a postponement does not."""
DUE: Final = tuple(tag + b"due" for tag in _TAGS)
"""Which timer rings when: conversation:name → ms."""
RUNG: Final = tuple(tag + b"rung" for tag in _TAGS)
"""For timers that are ringing: conversation:name → the moment it was set for (ms)."""
PROBE: Final = tuple(tag + b"probe" for tag in _TAGS)
WONDERS: Final = tuple(tag + b"wonders" for tag in _TAGS)
"""Which questions could not be answered: name of the question → day it was last asked."""
ASKERS: Final = tuple(tag + b"w:" for tag in _TAGS)
"""How the names of these keys begin: keyed hash of a person and a question → day they first asked it."""
WONDERED: Final = tuple(tag + b"wt:" for tag in _TAGS)
"""How the names of these keys begin: the words of a question, sealed, once enough people have asked it."""


def shard_of(conversation: ConversationId) -> int:
    """Where a conversation lies."""
    return crc32(conversation.encode()) % SHARDS


def shard_of_question(name: str) -> int:
    """Where a question that could not be answered lies."""
    return crc32(name.encode()) % SHARDS


def lane_key(shard: int, conversation: ConversationId) -> bytes:
    """The record of a conversation, with its version and the arrivals it has seen."""
    return _TAGS[shard] + b"l:" + conversation.encode()


def outbox_key(shard: int, conversation: ConversationId) -> bytes:
    """What waits to be delivered, oldest first."""
    return _TAGS[shard] + b"o:" + conversation.encode()


def quarantine_key(shard: int, conversation: ConversationId, arrival: ArrivalId) -> bytes:
    """An arrival that could not be handled."""
    return _TAGS[shard] + b"q:" + conversation.encode() + b":" + arrival.hex().encode()


def kind_of(key: bytes) -> str:
    """What a key of ours holds, by its name: l, o, q, w, wt, wonders, ready, due, rung, probe."""
    return key.partition(b"}:")[2].partition(b":")[0].decode("ascii", "replace")
