"""Whatever is kept ends: each key at most when its class says, and what has ended is gone."""

from collections import Counter
from dataclasses import replace
from datetime import timedelta

import pytest
from redis.asyncio import Redis

from bot.census import look
from bot.desk.letters import Acknowledged
from bot.desk.ticket import TicketId
from bot.figures import Figures
from bot.key_watch import LIFE
from bot.store import keys
from bot.store.contract import (
    HELD_LIFE,
    OUTGOING_LIFE,
    QUARANTINE_LIFE,
    RECORD_LIFE,
    SEEN_LIFE,
    Address,
    Outgoing,
    OutgoingId,
    TicketCommit,
    Wondering,
)
from bot.store.memory_store import MemoryStore
from bot.store.redis_store import Census, RedisStore
from tests.builders import LEASE, NOW, SOMEBODY, SOMEBODY_ELSE, a_commit, a_record, an_outgoing, arrival
from tests.store.servers import Server

DAY = timedelta(days=1)
TICKET = TicketId("~aaaaaaaaaaaaaaaaaaaa07")
LIVES = {
    "l": max(RECORD_LIFE, 32 * DAY),
    "o": 90 * DAY,
    "q": QUARANTINE_LIFE,
    "c": 90 * DAY,
    "x": 90 * DAY,
    "tl": 40 * DAY,
    "tp": 40 * DAY,
    "rc": 90 * DAY,
    "w": 31 * DAY,
    "wt": 31 * DAY,
    "b": DAY,
    "probe": DAY,
    "rung": RECORD_LIFE + DAY,
    "wonders": 31 * DAY,
    "kr": LIFE,
    "rings": LIFE,
    "d": timedelta(minutes=1),
    "senders": timedelta(minutes=1),
}
"""How long each kind may live, at most."""


async def fill(store: RedisStore) -> None:
    """One of everything that is kept."""
    letter = Outgoing(OutgoingId(b"123456789"), Address("lane", TICKET), None, letter=Acknowledged(NOW))
    first = a_commit(1, an_outgoing(), quarantined=b"as it came")
    await store.commit(replace(first, letters=(letter,), held=(an_outgoing("held"),)), NOW, LEASE)
    await store.commit(a_commit(1, an_outgoing(), conversation=SOMEBODY_ELSE, record=None), NOW, LEASE)
    told = {"somewhere": (an_outgoing("alert"),)}
    sealed = TicketCommit(TICKET, 0, arrival(5), None, told, (letter,), kept=(b"sealed",), wraps={"reader": b"wrap"})
    await store.commit_ticket(sealed, NOW)
    await store.keep_topic(TICKET, "somewhere", "17", "-1001")
    await store.keep_code("ABCDEFGHJK", TICKET)
    await store.beat("alerts", NOW, timedelta(minutes=2))
    await store.keyring().announce("a bot", LIFE)
    await store.hold("polling", "a bot", NOW, timedelta(seconds=5))
    await store.leave("polling", "a bot")
    await store.count_senders("a bot", NOW, timedelta(seconds=10), sends=True)
    await store.ping()
    for number in range(6):
        await store.wonder(Wondering("is it so", "en", type(SOMEBODY)(f"{number}" * 22)), NOW)


def most(kind: str, key: bytes) -> timedelta:
    """A person's own lines end sooner than a ticket's and letters do."""
    if kind == "o" and key.endswith(SOMEBODY.encode()):
        return OUTGOING_LIFE + timedelta(hours=1)
    if kind == "o" and key.endswith(b"?"):
        return HELD_LIFE
    if kind == "o" and b"@" in key:
        return OUTGOING_LIFE + timedelta(hours=1)
    if kind == "l" and key.endswith(SOMEBODY_ELSE.encode()):
        return SEEN_LIFE
    if kind == "l" and key.endswith(SOMEBODY.encode()):
        return RECORD_LIFE
    return LIVES[kind]


async def test_every_key_ends_when_its_class_says(redis_store: RedisStore, server: Server) -> None:
    await fill(redis_store)
    client = Redis.from_url(server.url)
    found: Counter[str] = Counter()
    late = []
    async for key in client.scan_iter():
        kind, left = keys.kind_of(key), await client.pttl(key)
        found[kind] += 1
        if left < 0 and kind not in keys.PERMANENT:
            late.append((kind, "never ends"))
        elif left >= 0 and timedelta(milliseconds=left) > most(kind, key):
            late.append((kind, f"ends in {left} ms"))
    await client.aclose()

    assert late == []
    assert {"l", "o", "q", "c", "x", "tl", "tp", "rc", "w", "wt", "b", "d", "kr", "rings"} <= set(found)
    assert look(await redis_store.census(), Figures()) == Counter()


def test_a_key_without_an_end_is_counted_and_told(caplog: pytest.LogCaptureFixture) -> None:
    figures = Figures()

    wrong = look(Census(Counter(l=3, due=1), Counter(l=2, due=1)), figures)

    assert wrong == Counter(l=2)
    assert figures.counts["keys_without_end", "l"] == 2
    assert [record.levelname for record in caplog.records] == ["ERROR"]


@pytest.mark.parametrize(("age", "left"), [(RECORD_LIFE - DAY, 1), (RECORD_LIFE + DAY, 0)])
async def test_a_person_who_does_not_come_back_is_forgotten(age: timedelta, left: int) -> None:
    store = MemoryStore()
    await store.commit(a_commit(1, an_outgoing(), record=a_record()), NOW, LEASE)

    await store.commit(a_commit(2, expected=left, record=a_record()), NOW + age, LEASE)

    assert (await store.load(SOMEBODY)).version == left + 1
    assert list(await store.claim(NOW + age, LEASE, 9)) == []
