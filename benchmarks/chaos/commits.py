"""Clients that commit without a pause, and note what the store has acknowledged.

A turn that was acknowledged and is gone would be a reply, or a call for help, that is lost.
"""

import asyncio
from contextlib import suppress
from dataclasses import dataclass, field
from typing import Final

from bot.messages import ConversationId
from bot.store.contract import ConflictError, OutgoingId, StoreDownError, StoreError
from bot.store.redis_store import RedisStore
from bot.store.sealing import Vault
from tests.builders import LEASE, NOW, a_commit, an_outgoing

VAULT: Final = Vault(b"i" * 32, {7: b"w" * 32}, 7)
TURNS_EACH: Final = 150
"""So many turns one person has; then another one takes their place, so that outboxes stay short."""


ANSWERS_WITHIN: Final = 60.0
"""Seconds after which a store that was started again must answer."""


@dataclass
class Told:
    """What the store has acknowledged: how many turns of each person."""

    turns: dict[ConversationId, int] = field(default_factory=dict)
    refused: int = 0
    contradicted: int = 0
    """Turns that could not follow the one before, which had been acknowledged."""
    stop: bool = False

    @property
    def acknowledged(self) -> int:
        return sum(self.turns.values())


async def keep_committing(store: RedisStore, name: str, told: Told) -> None:
    """Turn after turn, each repeated until it is acknowledged, the way Telegram does it."""
    generation, turn = 0, 1
    while not told.stop:
        person = ConversationId(f"{name}-{generation}")
        commit = a_commit(turn, an_outgoing(str(turn), turn=turn), conversation=person)
        try:
            await store.commit(commit, NOW, LEASE)
        except ConflictError:
            # Only we write here: what we were told was written is not there.
            told.contradicted += 1
            generation, turn = generation + 1, 1
            continue
        except StoreError:
            told.refused += 1
            await asyncio.sleep(0.05)
            continue
        told.turns[person] = turn
        turn += 1
        if turn > TURNS_EACH:
            generation, turn = generation + 1, 1


async def lost_turns(store: RedisStore, told: Told) -> int:
    """How many acknowledged turns the store does not have, or has not in its outbox.

    A store that gives no answer has lost nothing yet: it is asked again. Raise TimeoutError after a minute of that.
    """
    lost = 0
    for person, turns in told.turns.items():
        version, waiting = await _look_patiently(store, person)
        # One more may have taken effect without being acknowledged.
        lost += sum(turn > version or an_outgoing(turn=turn).id not in waiting for turn in range(1, turns + 1))
    return lost


async def _look_patiently(store: RedisStore, person: ConversationId) -> tuple[int, frozenset[OutgoingId]]:
    """The person's version and what waits for them; a client whose server has just come back finds out by and by."""
    async with asyncio.timeout(ANSWERS_WITHIN):
        while True:
            with suppress(StoreDownError):
                version = (await store.load(person)).version
                return version, frozenset(one.id for one in await store.waiting(person))
            await asyncio.sleep(0.1)
