"""Which working keys the running bots know, and how all that lies in the store comes under the newest of them.

A key may go only when nothing needs it. So every kind of key in the store stands here: those that hold nothing sealed
by name, the others with the place that their values are locked to. A kind that is in neither list keeps all keys.
"""

import asyncio
from collections import Counter
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Final

from bot.messages import ConversationId
from bot.store import keys
from bot.store.contract import ASIDE, HELD
from bot.store.redis_shelf import AUDIT_SCRIPT
from bot.store.redis_wire import Part, Reply, Script, Wire, as_bytes, as_list
from bot.store.sealing import (
    AUDIT,
    CODE,
    OUTGOING,
    QUARANTINE,
    RECORD,
    ROSTER,
    SHELF,
    TICKET,
    TOPIC,
    WONDERED,
    SealError,
    Vault,
)
from bot.store.shelf import ShelfKind

PLAIN: Final = frozenset(
    {
        *("ready", "due", "rung", "open", "recent", "probe", "b", "d", "senders", "rings", "kr", "audited"),
        # Names are keyed hashes, values are days.
        *("wonders", "w"),
        # Sealed to the keys of cases, not to ours.
        *("c", "x"),
    }
)
"""Kinds that hold nothing that is sealed with a working key."""

SEALED: Final = frozenset({"l", "o", "q", "wt", "tl", "tp", "rc", "roster", "audit", *map(str, ShelfKind)})
"""All others that there are."""

_LISTS: Final = frozenset({"o", "audit"})
_AT_ONCE: Final = 200
_WRITER: Final = "writer:"
_LANE_HEAD: Final = 9
_SEEN_BYTES: Final = 8
_ENTRY_HEAD: Final = 14
_ID_BYTES: Final = 9
_VERSION_HEAD: Final = 4

RESEAL: Final = Script.read("reseal")

KEYRING_SOURCES: Final = {RESEAL.digest: RESEAL.source}
"""Scripts by their digest, for the wire."""


@dataclass(frozen=True, slots=True)
class Ring:
    """What one running bot knows, by fingerprints: the keys that make names, the one that seals, all that open.

    `writers` are those whose signatures count for it.
    """

    naming: str
    sealing: str
    known: frozenset[str]
    writers: frozenset[str] = frozenset()


@dataclass(slots=True)
class Sweep:
    """What one walk through the store found, by kind of key."""

    sealed_anew: Counter[str] = field(default_factory=Counter)
    changed_meanwhile: Counter[str] = field(default_factory=Counter)
    unreadable: Counter[str] = field(default_factory=Counter)
    """Not sealed with the newest key, and no key that is here opens it at its place."""
    unknown: Counter[str] = field(default_factory=Counter)
    """Kinds of which this version does not know what they hold."""

    @property
    def was_clean(self) -> bool:
        """Nothing but what the newest key opens was there."""
        return not (self.sealed_anew or self.changed_meanwhile or self.unreadable or self.unknown)


@dataclass(frozen=True, slots=True)
class Lying:
    """A sealed value, and the place that it is locked to."""

    index: int
    value: bytes
    place: ConversationId
    purpose: bytes
    entry: bytes = b""


def mark_of(writer: bytes) -> str:
    """What a writer's public half is told by."""
    return f"{_WRITER}{writer[:8].hex()}"


class RedisKeyring:
    """The working keys, as the store and the bots that share it have them."""

    def __init__(self, wire: Wire, vault: Vault) -> None:
        self._wire = wire
        self._vault = vault

    async def announce(self, process: str, life: timedelta, writers: Collection[bytes] = ()) -> None:
        """Tell which keys this process knows, and the public halves of writers; forgotten after `life`."""
        marks = sorted(map(mark_of, writers))
        told = " ".join((self._vault.naming, self._vault.sealing, *sorted(self._vault.known), *marks))
        seconds = max(1, int(life.total_seconds()))
        await self._wire.call(0, "SET", keys.ring_key(process), told, "EX", seconds)
        await self._wire.call(0, "SADD", keys.RINGS, process)
        await self._wire.call(0, "EXPIRE", keys.RINGS, seconds)

    async def leave(self, process: str) -> None:
        """This process ends."""
        await self._wire.call(0, "DEL", keys.ring_key(process))
        await self._wire.call(0, "SREM", keys.RINGS, process)

    async def announced(self) -> Mapping[str, Ring]:
        """What each process that runs has told."""
        found = await self._wire.call(0, "SMEMBERS", keys.RINGS)
        names = sorted(as_bytes(name).decode() for name in as_list(found))
        told = await self._wire.call_all([(0, ("GET", keys.ring_key(name))) for name in names])
        rings = {}
        for name, one in zip(names, told, strict=True):
            if one is not None:
                naming, sealing, *known = as_bytes(one).decode().split()
                marks = frozenset(one for one in known if one.startswith(_WRITER))
                rings[name] = Ring(naming, sealing, frozenset(known) - marks, marks)
        return rings

    async def unknown_kinds(self) -> Counter[str]:
        """Kinds of keys that lie in the store, and of which this version does not know what they hold; slow."""
        kinds = Counter(keys.kind_of(name) for name in await self._wire.all_keys() if name.startswith(b"{s"))
        return Counter({kind: number for kind, number in kinds.items() if kind not in PLAIN | SEALED})

    async def seal_anew(self) -> Sweep:
        """Walk through the whole store and seal with the newest key what is not; slow, for operators."""
        sweep = Sweep()
        names = [name for name in await self._wire.all_keys() if name.startswith(b"{s")]
        for start in range(0, len(names), _AT_ONCE):
            await self._seal_some(names[start : start + _AT_ONCE], sweep)
        return sweep

    async def _seal_some(self, names: Sequence[bytes], sweep: Sweep) -> None:
        wanted = []
        for name in names:
            kind = keys.kind_of(name)
            if kind in PLAIN:
                continue
            if kind not in SEALED:
                sweep.unknown[kind] += 1
                continue
            wanted.append((name, kind))
        found = await self._wire.call_all([(keys.shard_in(name), reading_of(name, kind)) for name, kind in wanted])
        await asyncio.gather(
            *(self._seal_one(name, kind, reply, sweep) for (name, kind), reply in zip(wanted, found, strict=True))
        )

    async def _seal_one(self, name: bytes, kind: str, found: Reply, sweep: Sweep) -> None:
        arguments: list[Part] = []
        for one in lying_in(kind, name.partition(b"}:")[2].partition(b":")[2].decode(), found):
            if self._vault.is_ours_now(one.value):
                continue
            try:
                plain = self._vault.open(one.value, one.place, one.purpose, one.entry)
            except SealError:
                sweep.unreadable[kind] += 1
                continue
            anew = self._vault.seal(plain, one.place, one.purpose, one.entry)
            arguments += (one.index, one.value, anew)
        # A list of many years travels in parts.
        for start in range(0, len(arguments), 3 * _AT_ONCE):
            part = arguments[start : start + 3 * _AT_ONCE]
            form = "list" if kind in _LISTS else "value"
            put = await self._wire.call(
                keys.shard_in(name), "EVALSHA", RESEAL.digest, 1, name, form, *part, proven=True
            )
            written = put if isinstance(put, int) else 0
            sweep.sealed_anew += Counter({kind: written})
            sweep.changed_meanwhile += Counter({kind: len(part) // 3 - written})


def reading_of(name: bytes, kind: str) -> tuple[Part, ...]:
    """The command that reads a key as `lying_in` takes it."""
    if kind == "audit":
        return ("EVALSHA", AUDIT_SCRIPT.digest, 2, keys.AUDIT, keys.AUDITED, "all")
    return ("LRANGE", name, 0, -1) if kind in _LISTS else ("GET", name)


def lying_in(kind: str, name: str, found: Reply) -> Iterator[Lying]:
    """What lies in a key of this kind and name, as the store answered; nothing where it is gone by now."""
    if found is None:
        return
    match kind:
        case "o":
            # What is held has its place in the outbox later, and is sealed for there.
            place = ConversationId(name.removesuffix(HELD).removesuffix(ASIDE))
            for index, entry in enumerate(map(as_bytes, as_list(found))):
                yield Lying(index, entry[_ENTRY_HEAD:], place, OUTGOING, entry[:_ID_BYTES])
        case "audit":
            count, entries = as_list(found)
            listed = as_list(entries)
            first = (count if isinstance(count, int) else 0) - len(listed)
            for index, entry in enumerate(map(as_bytes, listed)):
                yield Lying(index, entry, ConversationId(kind), AUDIT, (first + index).to_bytes(8, "big"))
        case "roster":
            yield Lying(0, as_bytes(found)[_VERSION_HEAD:], ConversationId(kind), ROSTER)
        case "l":
            value = as_bytes(found)
            sealed = value[_LANE_HEAD + int.from_bytes(value[7:_LANE_HEAD], "big") * _SEEN_BYTES :]
            if sealed:
                yield Lying(0, sealed, ConversationId(name), TICKET if name.startswith(keys.TICKET_MARK) else RECORD)
        case "q":
            conversation, _, arrival = name.partition(":")
            yield Lying(0, as_bytes(found), ConversationId(conversation), QUARANTINE, bytes.fromhex(arrival))
        case "wt" | "tl" | "tp" | "rc":
            purpose = {"wt": WONDERED, "rc": CODE}.get(kind, TOPIC)
            yield Lying(0, as_bytes(found), ConversationId(name), purpose)
        case _:
            yield Lying(0, as_bytes(found)[_VERSION_HEAD:], ConversationId(name), SHELF)
