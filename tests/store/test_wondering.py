"""What could not be answered is kept only when many ask it, in no way that leads to them, and not for long."""

import asyncio
from dataclasses import replace
from datetime import date, timedelta

import pytest

from bot.figures import Figures
from bot.messages import ConversationId
from bot.store import keys
from bot.store.contract import (
    WONDER_LIFE,
    WONDER_PEOPLE,
    WONDER_PEOPLE_AT_MOST,
    WONDERS_AT_MOST,
    Store,
    Wondered,
    Wondering,
)
from bot.store.memory_store import MemoryStore
from bot.store.redis_store import RedisStore, open_store
from bot.store.sealing import Vault
from tests.builders import LEASE, NOW, SOMEBODY, a_commit
from tests.store.servers import Server, a_server
from tests.store.test_surrender import appearances, taken

QUESTION = "canary can i keep a chicken in the dormitory"
DAY = timedelta(days=1)
TODAY = NOW.date()


def asked(person: int, text: str = QUESTION) -> Wondering:
    return Wondering(text, "km", ConversationId(f"person-{person}"))


async def ask(store: Store, people: int, text: str = QUESTION, *, first: int = 0, days: int = 0) -> None:
    for person in range(first, first + people):
        await store.wonder(asked(person, text), NOW + days * DAY)


async def test_what_five_people_ask_is_listed_and_what_four_ask_is_not(store: Store) -> None:
    await ask(store, WONDER_PEOPLE - 1)
    assert await store.wonders(NOW) == []

    await ask(store, 1, first=WONDER_PEOPLE)
    assert await store.wonders(NOW) == [Wondered(QUESTION, "km", WONDER_PEOPLE, TODAY)]


async def test_one_person_who_asks_again_and_again_stays_one(store: Store) -> None:
    for _ in range(WONDER_PEOPLE * 2):
        await ask(store, 1)

    assert await store.wonders(NOW) == []

    await ask(store, WONDER_PEOPLE - 1, first=1)
    [listed] = await store.wonders(NOW)
    assert listed.people == WONDER_PEOPLE


async def test_the_most_asked_stands_first_with_the_day_it_was_asked_first(store: Store) -> None:
    await ask(store, 5, "asked by five")
    await ask(store, 6, "asked by six")
    await ask(store, 1, "asked by five", first=0, days=3)
    await ask(store, 2, "asked by five", first=5, days=3)

    assert await store.wonders(NOW + 3 * DAY) == [
        Wondered("asked by five", "km", 7, TODAY),
        Wondered("asked by six", "km", 6, TODAY),
    ]


async def test_the_language_is_that_of_whoever_asked_last(store: Store) -> None:
    await ask(store, 5)
    await store.wonder(replace(asked(6), language="lo"), NOW)

    assert [listed.language for listed in await store.wonders(NOW)] == ["lo"]


async def test_after_thirty_days_nothing_is_listed_any_more(store: Store) -> None:
    await ask(store, 5)

    assert len(await store.wonders(NOW + WONDER_LIFE - DAY)) == 1
    assert await store.wonders(NOW + WONDER_LIFE) == []
    assert await store.wonders(NOW + WONDER_LIFE + DAY) == []


async def test_who_asked_long_ago_does_not_count_with_those_of_today(store: Store) -> None:
    await ask(store, 4)
    await ask(store, 4, first=10, days=31)
    assert await store.wonders(NOW + 31 * DAY) == []

    await ask(store, 1, first=20, days=32)
    assert await store.wonders(NOW + 32 * DAY) == [
        Wondered(QUESTION, "km", 5, date.fromordinal(TODAY.toordinal() + 31))
    ]


async def test_no_more_people_are_told_apart_than_need_be(store: Store) -> None:
    await ask(store, WONDER_PEOPLE_AT_MOST + 7)

    assert [listed.people for listed in await store.wonders(NOW)] == [WONDER_PEOPLE_AT_MOST]


async def test_of_too_many_questions_the_one_asked_longest_ago_goes() -> None:
    store = MemoryStore()
    await ask(store, 5, "the oldest")
    await ask(store, 5, "asked again")
    await ask(store, 1, "asked again", days=1)
    for number in range(WONDERS_AT_MOST - 1):
        await ask(store, 1, f"question {number}", days=1)

    assert [listed.text for listed in await store.wonders(NOW + DAY)] == ["asked again"]


@pytest.mark.parametrize("store", ["valkey", "cluster"], indirect=True)
async def test_in_a_full_shard_the_one_asked_longest_ago_goes_with_all_its_keys(store: Store, vault: Vault) -> None:
    assert isinstance(store, RedisStore)
    room = WONDERS_AT_MOST // keys.SHARDS
    shard = keys.shard_of_question(vault.question_id("the oldest"))
    crowd = [f"question {number}" for number in range(room * keys.SHARDS * 2)]
    crowd = [text for text in crowd if keys.shard_of_question(vault.question_id(text)) == shard][:room]
    assert len(crowd) == room
    await ask(store, 5, "the oldest")
    for text in crowd[:-1]:
        await ask(store, 5, text, days=1)
    assert len(await store.wonders(NOW + DAY)) == room

    await ask(store, 5, crowd[-1], days=1)

    assert {listed.text for listed in await store.wonders(NOW + DAY)} == set(crowd)
    census = await store.census()
    assert (census.keys["w"], census.keys["wt"], census.keys["wonders"]) == (room, room, 1)


async def test_the_newest_question_has_room_even_among_many_of_the_same_day(
    redis_store: RedisStore, vault: Vault
) -> None:
    room = WONDERS_AT_MOST // keys.SHARDS
    shard = keys.shard_of_question(vault.question_id(QUESTION))
    crowd = [f"question {number}" for number in range(room * keys.SHARDS * 2)]
    for text in [text for text in crowd if keys.shard_of_question(vault.question_id(text)) == shard][: room + 9]:
        await ask(redis_store, 1, text)

    await ask(redis_store, 5)

    assert [listed.text for listed in await redis_store.wonders(NOW)] == [QUESTION]


async def test_everything_about_questions_has_an_end_of_thirty_days_or_less(
    redis_store: RedisStore, server: Server
) -> None:
    await ask(redis_store, 5)
    await ask(redis_store, 1, "asked once")
    await ask(redis_store, 1, first=9, days=20)

    census = await redis_store.census()
    assert dict(census.keys) == {"w": 2, "wt": 1, "wonders": len({*_shards(server)})}
    assert census.endless.total() == 0
    with server.client() as client:
        ends = {name: client.ttl(name) for name in client.keys("*")}
    assert all(0 < end <= WONDER_LIFE.total_seconds() for end in ends.values())
    # The words end when too few of those who asked count any more: the fifth newest asked twenty days before.
    [words] = [end for name, end in ends.items() if keys.kind_of(name) == "wt"]
    assert words <= timedelta(days=10).total_seconds()


def _shards(server: Server) -> list[bytes]:
    with server.client() as client:
        return [name for name in client.keys("*") if keys.kind_of(name) == "wonders"]


async def test_what_four_people_asked_stands_nowhere_and_what_five_asked_nowhere_in_the_clear(vault: Vault) -> None:
    with a_server() as own_server:
        store = open_store(own_server.url, vault)
        await ask(store, 4)
        with own_server.client() as client:
            assert [name for name in client.keys("*") if keys.kind_of(name) == "wt"] == []
        await _is_nowhere_readable(own_server)

        await ask(store, 1, first=4)
        assert len(await store.wonders(NOW)) == 1
        await _is_nowhere_readable(own_server)
        await store.close()


async def _is_nowhere_readable(server: Server) -> None:
    haystacks = await asyncio.to_thread(taken, server)
    assert haystacks["keys and values"]
    for words in (QUESTION, "canary", "chicken", "dormitory", "person-1"):
        for appearance in appearances(words):
            assert not [where for where, haystack in haystacks.items() if appearance in haystack], words


async def test_the_same_person_is_somebody_else_at_each_question(redis_store: RedisStore, server: Server) -> None:
    await redis_store.commit(a_commit(1), NOW, LEASE)
    for text in ("one question", "another question"):
        await redis_store.wonder(Wondering(text, "km", SOMEBODY), NOW)

    with server.client() as client:
        askers = [client.zrange(name, 0, -1) for name in client.keys("*") if keys.kind_of(name) == "w"]
    assert len(askers) == 2
    assert askers[0] != askers[1]
    assert {len(asker) for [asker] in askers} == {8}


async def test_words_that_cannot_be_opened_do_not_hide_the_others(
    redis_store: RedisStore, server: Server, vault: Vault
) -> None:
    await ask(redis_store, 5)
    figures = Figures()
    other = open_store(server.url, Vault(b"i" * 32, {8: b"x" * 32}, 8), figures=figures)
    await ask(other, 5, "sealed with a newer key")

    assert [listed.text for listed in await other.wonders(NOW)] == ["sealed with a newer key"]
    assert figures.counts["wondered_unreadable", "SealError"] == 1
    await other.close()


@pytest.mark.parametrize("text", ["a", "ក" * 80])
async def test_sealed_words_of_any_length_look_alike(redis_store: RedisStore, server: Server, text: str) -> None:
    await ask(redis_store, 5, text)

    with server.client() as client:
        [size] = [client.strlen(name) for name in client.keys("*") if keys.kind_of(name) == "wt"]
    assert size == 2 + 24 + 256 + 16
    assert [listed.text for listed in await redis_store.wonders(NOW)] == [text]
