"""The name of every key in the store.

A conversation and all that belongs to it lie in one of 64 shards; the tag in braces puts every key of a shard into one
slot of a Cluster, so that a script touches one node only. Names carry the keyed hash of a chat, never a chat.
"""

from typing import Final
from zlib import crc32

from bot.messages import ArrivalId, ConversationId
from bot.store.contract import HELD, LETTERS

SHARDS: Final = 64

PERMANENT: Final = frozenset(
    {"ready", "due", "open", "recent", "roster", "cr", "ca", "audit", "audited", "cb", "cv", "cc", "ci"}
)
"""The only kinds of key without an end: sets of a shard, whose members go when they are done; who works
here, how they sign in, and which numbers they called; the list of who did what, whose entries go after their time;
and every version of the content, with those who wrote and reviewed it."""

TICKET_MARK: Final = "~"
TICKET_LENGTH: Final = 23
_LINE_MARKS: Final = (LETTERS, HELD)
"""A conversation has only these lines, each of one character."""

_TAGS: Final = tuple(f"{{s{shard:02d}}}:".encode() for shard in range(SHARDS))
READY: Final = tuple(tag + b"ready" for tag in _TAGS)
"""Who waits for a delivery: conversation → not before (ms); a lease ends in .5, a postponement does not."""
DUE: Final = tuple(tag + b"due" for tag in _TAGS)
"""Which timer rings when: conversation:name → ms."""
RUNG: Final = tuple(tag + b"rung" for tag in _TAGS)
"""For timers that are ringing: conversation:name → the moment it was set for (ms)."""
OPEN: Final = tuple(tag + b"open" for tag in _TAGS)
"""Which tickets are open."""
RECENT: Final = tuple(tag + b"recent" for tag in _TAGS)
"""When each ticket was last written, closed ones too: ticket → ms."""
PROBE: Final = tuple(tag + b"probe" for tag in _TAGS)
WONDERS: Final = tuple(tag + b"wonders" for tag in _TAGS)
"""Which questions could not be answered: name of the question → day it was last asked."""
ASKERS: Final = tuple(tag + b"w:" for tag in _TAGS)
"""How the names of these keys begin: keyed hash of a person and a question → day they first asked it."""
WONDERED: Final = tuple(tag + b"wt:" for tag in _TAGS)
"""How the names of these keys begin: the words of a question, sealed, once enough people have asked it."""


def is_ticket_name(name: str) -> bool:
    """Whether it could be a ticket's name, so that looking for it cannot go astray."""
    shard = name[TICKET_LENGTH - 2 :]
    is_formed = len(name) == TICKET_LENGTH and name[0] == TICKET_MARK and name.isascii() and shard.isdecimal()
    return is_formed and int(shard) < SHARDS


def shard_of(conversation: str) -> int:
    """Where a conversation or ticket lies, and every line of it."""
    if conversation[0] == TICKET_MARK:
        return int(conversation[TICKET_LENGTH - 2 : TICKET_LENGTH])
    if conversation[-1] in _LINE_MARKS:
        conversation = conversation[:-1]
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


def kept_key(shard: int, ticket: str) -> bytes:
    """What was told about a ticket, sealed, oldest first."""
    return _TAGS[shard] + b"c:" + ticket.encode()


def wraps_key(shard: int, ticket: str) -> bytes:
    """Who can open it: reader → wrapped key."""
    return _TAGS[shard] + b"x:" + ticket.encode()


def topic_key(shard: int, line: str) -> bytes:
    """The topic in which a ticket's line is told."""
    return _TAGS[shard] + b"tl:" + line.encode()


def ticket_at_key(name: str) -> tuple[int, bytes]:
    """Where it stands which ticket a topic belongs to, with its shard."""
    shard = shard_of(name)
    return shard, _TAGS[shard] + b"tp:" + name.encode()


def code_key(name: str) -> tuple[int, bytes]:
    """Where it stands which ticket a return code belongs to, with its shard."""
    shard = shard_of(name)
    return shard, _TAGS[shard] + b"rc:" + name.encode()


def beat_key(name: str) -> bytes:
    """When something said last that it works; all of these lie in the first shard."""
    return _TAGS[0] + b"b:" + name.encode()


def duty_key(name: str) -> bytes:
    """Which process does something that only one may do; all of these lie in the first shard."""
    return _TAGS[0] + b"d:" + name.encode()


SENDERS: Final = _TAGS[0] + b"senders"
"""Which processes send to a messenger: process → when it said so (ms)."""
RINGS: Final = _TAGS[0] + b"rings"
"""Which processes have told which working keys they know."""


def ring_key(process: str) -> bytes:
    """Which working keys a process knows."""
    return _TAGS[0] + b"kr:" + process.encode()


ROSTER: Final = _TAGS[0] + b"roster"
AUDIT: Final = _TAGS[0] + b"audit"
AUDITED: Final = _TAGS[0] + b"audited"
"""How many entries were ever added to the list."""


def shelf_key(kind: str, name: str) -> tuple[int, bytes]:
    """Where something of the staff's side is kept, with its shard."""
    shard = shard_of(name)
    return shard, _TAGS[shard] + kind.encode() + b":" + name.encode()


def quarantine_key(shard: int, conversation: ConversationId, arrival: ArrivalId) -> bytes:
    """An arrival that could not be handled."""
    return _TAGS[shard] + b"q:" + conversation.encode() + b":" + arrival.hex().encode()


def name_of(shard: int, kind: str, rest: str) -> bytes:
    """The name of a key of this kind, whatever it holds."""
    return _TAGS[shard] + kind.encode() + b":" + rest.encode()


def shard_in(key: bytes) -> int:
    """The shard in which a key of ours lies, by its name."""
    return int(key[2:4])


def kind_of(key: bytes) -> str:
    """What a key of ours holds, by its name: l, o, q, w, wt, c, x, tl, tp, rc, b, d; those of a shelf, a shard."""
    return key.partition(b"}:")[2].partition(b":")[0].decode("ascii", "replace")
