"""How much of the store one conversation takes, sealed and padded, with its key and the arrivals that it has seen."""

import asyncio
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from random import Random
from typing import Final

import orjson
from redis import Redis

from benchmarks.results import Results, Row, middle
from benchmarks.walks import wander
from bot.dialogue.events import Event
from bot.dialogue.script import Script
from bot.figures import Figures
from bot.messages import ConversationId
from bot.store.contract import Address, Leased
from bot.store.redis_store import open_store
from bot.store.sealing import Vault
from bot.turns import Arrival, Turns
from tests.fakes import NAMES, nobody_takes
from tests.store.servers import a_server

PEOPLE: Final = 150
MOST_PRESSES: Final = 30
_FLOOR: Final = datetime(2026, 11, 26, 6, tzinfo=UTC)


class _Hands:
    """Takes messages, and leaves them."""

    def hand_over(self, leased: Leased) -> None:
        """They are dropped below."""

    def call(self, conversation: ConversationId) -> None:
        """Nobody waits."""

    def call_lines(self, lane: str) -> None:
        """There are none."""


class _Clock:
    """A minute a press."""

    def __init__(self) -> None:
        self._now = _FLOOR

    def now(self) -> datetime:
        self._now += timedelta(seconds=20)
        return self._now

    async def sleep(self, seconds: float) -> None:
        """Nobody sleeps."""


async def measure(results: Results, script: Script) -> None:
    """Random conversations of 1 to 30 presses, as they lie in the store after the last message was delivered."""
    random, clock = Random(results.seed), _Clock()
    vault = Vault(b"i" * 32, {1: b"w" * 32}, 1)
    with a_server() as server, Redis(unix_socket_path=f"{server.folder}/socket") as client:
        store = open_store(server.url, vault)
        turns = Turns(store, lambda: script, _Hands(), clock, Figures(), NAMES, nobody_takes)
        await store.ping()
        people = [Address("telegram", str(100_000_000 + number)) for number in range(PEOPLE)]
        walks = [list(wander(script, random, random.randint(1, MOST_PRESSES), clock.now())) for _ in people]

        async def talk(address: Address, events: Sequence[Event]) -> None:
            conversation = vault.conversation_id(address.door, address.chat)
            for number, event in enumerate(events):
                arrival = vault.arrival_id(conversation, str(number))
                await turns.take(Arrival(conversation, arrival, address, event, tapped="5", acknowledges="7"))
            await store.abandon(conversation)

        talks = (talk(address, [event for _, event, _ in walk]) for address, walk in zip(people, walks, strict=True))
        await asyncio.gather(*talks)
        await store.close()
        lanes = [name for name in client.scan_iter(count=1000) if b"l:" in name]
        sizes = [float(client.memory_usage(name, samples=0)) for name in lanes]
        state = {
            "language": "km",
            "profile": {"origin": "kh", "here": "th"},
            "turns": 20,
            "trail": ["akmuDyobDUGbu"] * 10,
        }
        client.set("bare:100000000", orjson.dumps(state), ex=2_592_000)
        bare = float(client.memory_usage("bare:100000000"))
    results.raw["conversation bytes"] = {"each": sizes, "bare": bare}
    results.rows.append(
        Row(
            "Store for one conversation (bare: plain JSON)",
            f"{middle(sizes):.0f} B",
            f"{bare:.0f} B",
            f"{middle(sizes) / bare:.1f}",
            "700 B",
            "450 B",
        )
    )
