"""Moves every conversation to the id that a new identity key gives it, while no bot runs.

The chat stands sealed in the record, so the new id of each can be worked out at once, and whoever has the key of before
finds nobody any more. All that belongs to a conversation goes along: what waits to be sent, timers, what could not be
handled; tickets and letters learn the new id. Broken off and begun again, it goes on where it stood: the new place is
written before the old one goes, and both keys are known until all is done.

Where nothing is left but that a conversation was erased, or where no key opens it, it stays and ends by itself.
"""

import asyncio
from collections.abc import AsyncIterator, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Final

from bot.desk.letters import PersonMoved
from bot.messages import ConversationId
from bot.store import keys
from bot.store.contract import Address, OutgoingId, lane_of
from bot.store.encoding import (
    UnreadableError,
    decode_outgoing,
    decode_record,
    decode_ticket,
    encode_outgoing,
    encode_ticket,
)
from bot.store.redis_keyring import RESEAL, Lying, lying_in, reading_of
from bot.store.redis_wire import Part, Reply, Wire, as_bytes, as_list
from bot.store.sealing import OUTGOING, RECORD, TICKET, SealError, Vault

_KINDS: Final = frozenset({"l", "o", "q"})
_AT_ONCE: Final = 200
_RUNG_SECONDS: Final = 172_800


@dataclass(frozen=True, slots=True)
class _Key:
    """A key that belongs to a conversation or ticket, as it was read."""

    name: bytes
    kind: str
    rest: str
    """Its name behind the kind."""
    found: Reply
    milliseconds: int
    """How long it is still kept; negative where it has no end."""

    @property
    def lane(self) -> ConversationId:
        """The conversation or ticket."""
        return lane_of(ConversationId(self.rest.partition(":")[0]))

    @property
    def lying(self) -> Sequence[Lying]:
        """What lies in it, sealed."""
        return tuple(lying_in(self.kind, self.rest, self.found))


class RedisRenaming:
    """Knows the keys of before and of now."""

    def __init__(self, wire: Wire, vault: Vault, former: Vault) -> None:
        self._wire = wire
        self._vault = vault
        self._former = former

    async def move_everybody(self) -> tuple[int, int]:
        """Move all there is; how many have moved by now, and how many had to stay. Only while no bot runs."""
        names = [name for name in await self._wire.all_keys() if keys.kind_of(name) in _KINDS]
        ids: dict[ConversationId, ConversationId] = {}
        unnamed: set[ConversationId] = set()
        async for some in self._read(names):
            for key in some:
                if not key.lane.startswith(keys.TICKET_MARK):
                    addresses = tuple(self._addresses_in(key))
                    unnamed |= set() if addresses or key.kind != "l" else {key.lane}
                    ids |= self._ids_of(key.lane, addresses)
        async for some in self._read(names):
            await asyncio.gather(*(self._move(key, ids) for key in some))
        await asyncio.gather(*(self._move_members(shard, ids) for shard in range(keys.SHARDS)))
        return len(ids), len(unnamed - ids.keys() - set(ids.values()))

    def _ids_of(self, lane: ConversationId, addresses: Sequence[Address]) -> dict[ConversationId, ConversationId]:
        """The id of before and the one of now, where they are of these keys: the chats of the web are random."""
        found = {}
        for address in addresses:
            old, new = (vault.conversation_id(address.door, address.chat) for vault in (self._former, self._vault))
            if lane in (old, new):
                found[old] = new
        return found

    async def _read(self, names: Sequence[bytes]) -> AsyncIterator[Sequence[_Key]]:
        """Read them, many at a time; what has ended meanwhile is left out."""
        for start in range(0, len(names), _AT_ONCE):
            some = [(name, keys.kind_of(name)) for name in names[start : start + _AT_ONCE]]
            shards = [keys.shard_in(name) for name, _ in some]
            commands = [reading_of(name, kind) for name, kind in some]
            found = await self._wire.call_all([*zip(shards, commands, strict=True)])
            lives = await self._wire.call_all(
                [(shard, ("PTTL", name)) for shard, (name, _) in zip(shards, some, strict=True)]
            )
            yield [
                _Key(name, kind, name.partition(b"}:")[2].partition(b":")[2].decode(), reply, life)
                for (name, kind), reply, life in zip(some, found, lives, strict=True)
                if reply and isinstance(life, int)
            ]

    def _addresses_in(self, key: _Key) -> Iterator[Address]:
        """Where the person of a conversation is reached, as far as it stands in this key."""
        for one in key.lying:
            try:
                plain = self._vault.open(one.value, one.place, one.purpose, one.entry)
                if one.purpose == RECORD:
                    yield decode_record(plain).address
                elif one.purpose == OUTGOING:
                    outgoing = decode_outgoing(plain, OutgoingId(one.entry), 0)
                    if outgoing.letter is None:
                        yield outgoing.address
            except (SealError, UnreadableError):
                continue

    async def _move(self, key: _Key, ids: Mapping[ConversationId, ConversationId]) -> None:
        """Put one key where it belongs now, with what it says of others by their new ids."""
        lane = ids.get(key.lane, key.lane)
        anew = [self._anew(one, key.lane, lane, ids) for one in key.lying]
        if lane == key.lane:
            changed = [
                (one.index, one.value, new) for one, new in zip(key.lying, anew, strict=True) if new != one.value
            ]
            if changed:
                form = "list" if key.kind == "o" else "value"
                parts: list[Part] = [part for change in changed for part in change]
                await self._ask(key.name, "EVALSHA", RESEAL.digest, 1, key.name, form, *parts)
            return
        rest = lane + key.rest[len(key.lane) :]
        shard = keys.shard_of(lane)
        name = keys.name_of(shard, key.kind, rest)
        seconds = max(1, -(-key.milliseconds // 1000))
        if key.kind == "o":
            entries = [
                as_bytes(entry).removesuffix(one.value) + new
                for entry, one, new in zip(as_list(key.found), key.lying, anew, strict=True)
            ]
            await self._ask(name, "DEL", name)
            await self._ask(name, "RPUSH", name, *entries)
            await self._ask(name, "EXPIRE", name, seconds)
        else:
            found = as_bytes(key.found)
            value = found.removesuffix(key.lying[0].value) + anew[0] if anew else found
            await self._ask(name, "SET", name, value, "EX", seconds)
        await self._ask(key.name, "DEL", key.name)

    def _anew(
        self, one: Lying, old: ConversationId, new: ConversationId, ids: Mapping[ConversationId, ConversationId]
    ) -> bytes:
        """A sealed value for its new place; the same again where nothing changes, or where we cannot read it."""
        try:
            plain = self._vault.open(one.value, one.place, one.purpose, one.entry)
            told = _told_anew(plain, one, ids)
        except (SealError, UnreadableError):
            return one.value
        if old == new and told == plain:
            return one.value
        place = ConversationId(new + one.place[len(old) :])
        return self._vault.seal(told, place, one.purpose, one.entry)

    async def _move_members(self, shard: int, ids: Mapping[ConversationId, ConversationId]) -> None:
        """Who waits for a delivery, and whose timers ring when."""
        for sets in (keys.READY, keys.DUE):
            found = as_list(await self._wire.call(shard, "ZRANGE", sets[shard], 0, -1, "WITHSCORES"))
            for member, score in zip(map(as_bytes, found[::2]), map(as_bytes, found[1::2]), strict=True):
                moved = _member_anew(member, ids)
                if moved != member:
                    there = _shard_of(moved)
                    await self._ask(sets[there], "ZADD", sets[there], score, moved)
                    await self._ask(sets[shard], "ZREM", sets[shard], member)
        found = as_list(await self._wire.call(shard, "HGETALL", keys.RUNG[shard]))
        for member, moment in zip(map(as_bytes, found[::2]), map(as_bytes, found[1::2]), strict=True):
            moved = _member_anew(member, ids)
            if moved != member:
                there = _shard_of(moved)
                await self._ask(keys.RUNG[there], "HSET", keys.RUNG[there], moved, moment)
                await self._ask(keys.RUNG[there], "EXPIRE", keys.RUNG[there], _RUNG_SECONDS)
                await self._ask(keys.RUNG[shard], "HDEL", keys.RUNG[shard], member)

    async def _ask(self, name: bytes, *parts: Part) -> None:
        await self._wire.call(keys.shard_in(name), *parts, proven=True)


def _told_anew(plain: bytes, one: Lying, ids: Mapping[ConversationId, ConversationId]) -> bytes:
    """What is written, with the new ids of those whom it is about."""
    if one.purpose == TICKET:
        ticket = decode_ticket(plain)
        return encode_ticket(replace(ticket, person=ids[ticket.person])) if ticket.person in ids else plain
    if one.purpose != OUTGOING:
        return plain
    outgoing = decode_outgoing(plain, OutgoingId(one.entry), 0)
    letter = outgoing.letter
    if letter is None:
        return plain
    told = outgoing
    if (chat := ConversationId(outgoing.address.chat)) in ids:
        told = replace(told, address=Address(outgoing.address.door, ids[chat]))
    if isinstance(letter, PersonMoved) and letter.to in ids:
        told = replace(told, letter=replace(letter, to=ids[letter.to]))
    return plain if told == outgoing else encode_outgoing(told)


def _member_anew(member: bytes, ids: Mapping[ConversationId, ConversationId]) -> bytes:
    """A line, or a conversation and the name of its timer, under the new id."""
    words = member.decode()
    lane = lane_of(ConversationId(words.partition(":")[0]))
    return (ids[lane] + words[len(lane) :]).encode() if lane in ids else member


def _shard_of(member: bytes) -> int:
    return keys.shard_of(lane_of(ConversationId(member.decode().partition(":")[0])))
