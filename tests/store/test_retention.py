"""Whatever is kept ends: each key at most when its class says, and what has ended is gone."""

from collections import Counter
from dataclasses import replace
from datetime import datetime, timedelta

import pytest
from redis.asyncio import Redis

from bot.census import look
from bot.desk.helplines import HelplineId
from bot.desk.letters import Acknowledged
from bot.desk.ticket import Rule, Ticket, TicketId
from bot.figures import Figures
from bot.key_watch import LIFE
from bot.messages import Language
from bot.store import keys
from bot.store.contract import (
    CODE_LIFE,
    HELD_LIFE,
    OUTGOING_LIFE,
    QUARANTINE_LIFE,
    RECORD_LIFE,
    SEALED_LIFE,
    SEEN_LIFE,
    TICKET_LIFE,
    TOPIC_LIFE,
    Address,
    Outgoing,
    OutgoingId,
    TicketCommit,
    Wondering,
    held_of,
)
from bot.store.memory_store import MemoryStore
from bot.store.redis_store import Census, RedisStore
from tests.builders import LEASE, NOW, SOMEBODY, SOMEBODY_ELSE, a_commit, a_record, an_outgoing, arrival
from tests.platform.test_privacy import seconds_in_script
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


async def everything(*, now: datetime = NOW) -> MemoryStore:
    """A store in memory with one of everything that is kept of a call."""
    store = MemoryStore()
    await store.keep_code("ABCDEFGHJK", TICKET)
    await store.keep_topic(TICKET, "somewhere", "17", "-1001")
    opened = Ticket(TICKET, SOMEBODY, HelplineId("x"), Language("km"), now, Rule.LANGUAGE_PLACE_OPEN, due=now)
    await store.commit(replace(a_commit(1), opens=opened, held=(an_outgoing("held"),)), now, LEASE)
    sealed = TicketCommit(TICKET, 1, arrival(5), opened, {}, kept=(b"sealed",), wraps={"reader": b"wrap"})
    await store.commit_ticket(sealed, now)
    return store


async def left_in(store: MemoryStore) -> set[str]:
    """What is left of it."""
    told = await store.read_sealed(TICKET)
    left = {
        "person": (await store.load(SOMEBODY)).record is not None,
        "ticket": (await store.load_ticket(TICKET)).ticket is not None or TICKET in await store.open_tickets(),
        "told": bool(told.records or told.wraps),
        "code": await store.ticket_of_code("ABCDEFGHJK") is not None,
        "topic": (await store.topic_of(TICKET, "somewhere"), await store.ticket_at("-1001", "17")) != (None, None),
        "held": bool(await store.waiting(held_of(SOMEBODY))),
    }
    return {what for what, is_left in left.items() if is_left}


ENDS = {
    "held": HELD_LIFE,
    "person": RECORD_LIFE,
    "ticket": TICKET_LIFE,
    "topic": TOPIC_LIFE,
    "told": SEALED_LIFE,
    "code": CODE_LIFE,
}


@pytest.mark.parametrize("what", ENDS)
@pytest.mark.parametrize("past", [-DAY, DAY])
async def test_in_memory_it_ends_when_its_class_says(what: str, past: timedelta) -> None:
    store = await everything()
    assert await left_in(store) == set(ENDS)

    await store.claim_timers(NOW + ENDS[what] + past, LEASE, 9)

    assert (what in await left_in(store)) is (past < timedelta())


def test_in_memory_it_ends_when_it_ends_on_the_server() -> None:
    assert (
        timedelta(seconds=seconds_in_script("bot/store/desk.lua", "TICKET_SECONDS")),
        timedelta(seconds=seconds_in_script("bot/store/desk.lua", "KEPT_SECONDS")),
    ) == (TICKET_LIFE, SEALED_LIFE)


async def test_past_every_end_nothing_is_left() -> None:
    store = await everything()

    await store.claim_timers(NOW + max(ENDS.values()) + DAY, LEASE, 9)

    assert await left_in(store) == set()
