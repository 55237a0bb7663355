"""The commands `waymark keys …`: each is one step that changes the keys, and is refused where that would do harm.

Whether or not the bot runs: what running bots know, they have told in the store.
"""

import asyncio
from collections import Counter
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import date, timedelta
from pathlib import Path
from typing import Final

from bot.casebook import add_writer, load_writers, use_coming_writer
from bot.key_watch import LIFE, READ_EVERY
from bot.store.durability import replicas_to_prove
from bot.store.embedded import EmbeddedValkey, find_running
from bot.store.redis_keyring import RedisKeyring, Ring, Sweep, mark_of
from bot.store.redis_store import RedisStore, open_store
from bot.store.sealing import Vault, fingerprint
from bot.store.secrets import (
    FOLDER,
    Keys,
    KeysError,
    add_working_key,
    begin_new_identity,
    forget_former_identity,
    forget_old_keys,
    load,
    load_as_they_are,
    use_coming_key,
)

SETTLING: Final = 2 * READ_EVERY
"""What a bot had begun to write with an older key has arrived after this long, and it has read the keys anew."""

_WALKS: Final = 10
_MOVER: Final = "waymark-keys"
_MOVING_LIFE: Final = timedelta(hours=12)
_COPIES: Final = "Where bots run on several machines, bring keys/ to each of them now."


@dataclass(frozen=True, slots=True)
class Place:
    """Where the keys and the store are, and what day it is."""

    data_dir: Path
    store_url: str | None
    today: date


def renew(place: Place) -> list[str]:
    """Make a working key that opens only: the first of three steps."""
    number = _number(add_working_key(place.data_dir, place.today))
    return [
        f"Working key {number} is made. Running bots learn it within seconds and seal nothing with it yet.",
        _COPIES,
        "Then let it seal: waymark keys use",
    ]


async def use(place: Place) -> list[str]:
    """Let the new key seal, once every bot that runs knows it: the second step."""
    keys = load(place.data_dir)
    coming = keys.coming
    if coming is None:
        raise KeysError("no working key is coming; make one with: waymark keys renew")
    wanted = fingerprint(coming.number, coming.key)
    async with _keyring(place, keys) as keyring:
        rings = await keyring.announced()
        _refuse_unless(
            sum(wanted not in ring.known for ring in rings.values()), rings, f"do not know working key {coming.number}"
        )
    use_coming_key(place.data_dir)
    return [
        f"Working key {coming.number} seals from now on; the older ones open what was sealed before.",
        _COPIES,
        "Some days later, take the old ones out: waymark keys retire",
    ]


async def _settle() -> None:
    await asyncio.sleep(SETTLING)


async def retire(place: Place, settle: Callable[[], Awaitable[None]] = _settle) -> list[str]:
    """Seal all that lies in the store with the newest key, and take the old ones out: the third step.

    `settle` waits until nothing is on its way any more that a bot has sealed with an older key. Raise KeysError, and
    keep them all, unless nothing needs an old one.
    """
    keys = load(place.data_dir)
    old = [key.number for key in keys.ring[:-1]]
    if not old:
        return ["There is no old working key."]
    sealed: Counter[str] = Counter()
    async with _keyring(place, keys) as keyring:
        await _refuse_if_any_seals_otherwise(keyring, keys)
        sealed += await _seal_all(keyring)
        await settle()
        # Once more from the beginning: now nobody seals with an old key, and nothing of theirs is on its way.
        await _refuse_if_any_seals_otherwise(keyring, keys)
        sealed += await _seal_all(keyring)
    forget_old_keys(place.data_dir, keys.sealing)
    numbers = ", ".join(map(str, old))
    return [
        f"{sealed.total()} values were sealed anew with working key {keys.sealing}; nothing needs another one now.",
        f"Taken out: {numbers}. A copy of the store from before can be read only with a copy of the keys from before.",
        _COPIES,
    ]


async def renew_identity(place: Place) -> list[str]:
    """Make a new identity key and move everybody to the id that it gives them, while every bot stands still.

    May be begun again after it was broken off; until it has ended no bot starts.
    """
    before = load_as_they_are(place.data_dir)
    async with _address(place) as url:
        async with _opened(url, before.vault()) as store:
            await _refuse_if_any_runs(store.keyring())
            unknown = await store.keyring().unknown_kinds()
            if unknown:
                _refuse_if_in_doubt(Sweep(unknown=unknown))
        keys = begin_new_identity(place.data_dir, place.today)
        async with _opened(url, keys.vault()) as store:
            # A bot that has an old copy of the file does not start now.
            await store.keyring().announce(_MOVER, _MOVING_LIFE)
            moved, stayed = await store.renaming(keys.former_vault() or keys.vault()).move_everybody()
            await _refuse_if_any_runs(store.keyring())
            await store.keyring().leave(_MOVER)
    forget_former_identity(place.data_dir)
    lines = [f"{moved} conversations are found under new ids; the identity key of before is gone."]
    if stayed:
        lines.append(f"{stayed} that were erased or cannot be read stay as they are, and end by themselves.")
    return [*lines, _COPIES, "Then start the bots."]


def renew_writer(place: Place) -> list[str]:
    """Make a key that will sign what we write: the first of two steps."""
    add_writer(_folder(place), place.today)
    return [
        "A new writer key is made. Running bots learn it within seconds and sign nothing with it yet.",
        _COPIES,
        "Then let it sign: waymark keys use-writer",
    ]


async def use_writer(place: Place) -> list[str]:
    """Let the new writer key sign, once every bot that runs can check it: the second step."""
    coming = load_writers(_folder(place)).coming
    if coming is not None:
        async with _keyring(place, load(place.data_dir)) as keyring:
            rings = await keyring.announced()
            ignorant = sum(mark_of(coming) not in ring.writers for ring in rings.values())
            _refuse_unless(ignorant, rings, "do not know the new writer key")
    use_coming_writer(_folder(place))
    return [
        "The new writer key signs from now on. What the one before signed counts on: its public half stays.",
        _COPIES,
    ]


def _folder(place: Place) -> Path:
    load(place.data_dir)
    return place.data_dir / FOLDER


async def _refuse_if_any_runs(keyring: RedisKeyring) -> None:
    running = len((await keyring.announced()).keys() - {_MOVER})
    if running:
        raise KeysError(
            f"{running} bots run; stop all of them first, for some minutes. Messengers keep what people write until "
            f"then. One that was killed counts for {LIFE.seconds // 60} minutes"
        )


async def _seal_all(keyring: RedisKeyring) -> Counter[str]:
    sealed: Counter[str] = Counter()
    for _ in range(_WALKS):
        sweep = await keyring.seal_anew()
        sealed += sweep.sealed_anew
        _refuse_if_in_doubt(sweep)
        if sweep.was_clean:
            return sealed
    raise KeysError("the store changes faster than it can be sealed anew; try again at a quiet hour; all keys are kept")


def _refuse_if_in_doubt(sweep: Sweep) -> None:
    if sweep.unknown:
        raise KeysError(
            f"the store holds what this version does not know ({_counted(sweep.unknown)}); update it; all keys are kept"
        )
    if sweep.unreadable:
        raise KeysError(
            f"the store holds what none of these keys opens ({_counted(sweep.unreadable)}); all keys are kept. "
            "Bring back the keys it was sealed with, or wait until it ends"
        )


async def _refuse_if_any_seals_otherwise(keyring: RedisKeyring, keys: Keys) -> None:
    newest = keys.ring[-1]
    ours = fingerprint(newest.number, newest.key)
    rings = await keyring.announced()
    others = sum(ring.sealing != ours for ring in rings.values())
    _refuse_unless(others, rings, f"do not seal with working key {newest.number}")


def _refuse_unless(number: int, rings: Mapping[str, Ring], what: str) -> None:
    if number:
        raise KeysError(
            f"{number} of {len(rings)} running bots {what} yet; wait half a minute. Where bots run on several "
            "machines, bring keys/ to each of them. Nothing is changed"
        )


def _number(keys: Keys) -> int:
    return keys.sealing if keys.coming is None else keys.coming.number


def _counted(kinds: Counter[str]) -> str:
    return ", ".join(f"{kind}: {number}" for kind, number in sorted(kinds.items()))


@asynccontextmanager
async def _keyring(place: Place, keys: Keys) -> AsyncIterator[RedisKeyring]:
    async with _address(place) as url, _opened(url, keys.vault()) as store:
        yield store.keyring()


@asynccontextmanager
async def _address(place: Place) -> AsyncIterator[str]:
    """Where the store is: that of a running bot, or the built-in one, started for this moment."""
    url = place.store_url or find_running(place.data_dir)
    if url is not None:
        yield url
        return
    async with EmbeddedValkey(place.data_dir) as valkey:
        yield valkey.bot_url


@asynccontextmanager
async def _opened(url: str, vault: Vault) -> AsyncIterator[RedisStore]:
    store = open_store(url, vault, replicas=await replicas_to_prove(url))
    try:
        yield store
    finally:
        await store.close()
