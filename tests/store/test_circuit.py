"""A server that gives no answer is left alone but for a probe each second, and whoever asks meanwhile hears it at once."""

import asyncio
import time
from collections.abc import AsyncIterator, Awaitable

import pytest

from bot.figures import Figures
from bot.store.circuit import FAILURES, PROBE_EVERY, WITHIN, Circuit
from bot.store.contract import StoreDownError
from bot.store.redis_store import RedisStore, open_store
from bot.store.redis_wire import MOST_WAITING, READ_SECONDS
from bot.store.sealing import Vault
from tests.builders import LEASE, NOW, SOMEBODY, a_commit
from tests.store.servers import Server, a_server

BUSY = 0.25
"""So much later than it should be anything may be on a busy machine."""


def test_three_failures_in_three_seconds_and_it_is_asked_once_a_second() -> None:
    circuit = Circuit()
    for moment in (0.0, 1.0, 2.0):
        assert circuit.admits(moment)
        circuit.failed(moment)

    assert circuit.is_down
    assert [circuit.admits(moment) for moment in (2.0, 2.9, 3.0, 3.1, 3.9, 4.0)] == [
        *(False, False, True, False, False, True),
    ]


def test_failures_that_are_far_apart_are_no_reason_and_neither_are_some_between_which_it_answered() -> None:
    apart, answering = Circuit(), Circuit()
    for number in range(20):
        apart.failed(number * (WITHIN / (FAILURES - 1) + 0.01))
        answering.failed(number * 0.01)
        answering.worked()

    assert not apart.is_down
    assert not answering.is_down


def test_a_probe_that_works_lets_everybody_in_again_and_one_that_fails_nobody() -> None:
    circuit = Circuit()
    for _ in range(FAILURES):
        circuit.failed(0.0)
    assert circuit.admits(PROBE_EVERY)
    circuit.failed(PROBE_EVERY)
    assert not circuit.admits(PROBE_EVERY + 0.5)

    circuit.worked()

    assert all(circuit.admits(PROBE_EVERY + 0.5) for _ in range(9))


@pytest.fixture
async def frozen(vault: Vault, figures: Figures) -> AsyncIterator[tuple[Server, RedisStore]]:
    """A store whose server has fallen asleep."""
    with a_server() as server:
        store = open_store(server.url, vault, figures=figures)
        await store.commit(a_commit(1), NOW, LEASE)
        server.freeze()
        yield server, store
        server.thaw()
        await store.close()


async def seconds_until_refused(question: Awaitable[object]) -> float:
    began = time.monotonic()
    with pytest.raises(StoreDownError):
        await question
    return time.monotonic() - began


async def test_reading_waits_less_than_writing_and_neither_for_long(frozen: tuple[Server, RedisStore]) -> None:
    _, store = frozen

    reading, writing = await asyncio.gather(
        seconds_until_refused(store.load(SOMEBODY)), seconds_until_refused(store.commit(a_commit(2), NOW, LEASE))
    )

    assert READ_SECONDS <= reading < READ_SECONDS + BUSY
    assert 1.0 <= writing < 1.0 + BUSY


async def test_after_some_failures_nobody_waits_and_when_it_wakes_all_is_well_within_seconds(
    frozen: tuple[Server, RedisStore], figures: Figures
) -> None:
    server, store = frozen
    began = time.monotonic()
    while not figures.levels.get("store_down"):
        await seconds_until_refused(store.load(SOMEBODY))
    assert time.monotonic() - began < 3 + BUSY

    waits = [await seconds_until_refused(store.load(SOMEBODY)) for _ in range(50)]
    # One of them may have been the probe.
    assert sum(wait > 0.05 for wait in waits) <= 1

    server.thaw()
    async with asyncio.timeout(3):
        while True:
            try:
                assert (await store.load(SOMEBODY)).version == 1
                break
            except StoreDownError:
                await asyncio.sleep(0.02)
    assert figures.levels["store_down"] == 0


async def test_when_three_have_waited_one_after_the_other_nobody_else_does(
    frozen: tuple[Server, RedisStore], figures: Figures
) -> None:
    _, store = frozen
    for number in range(4):
        await seconds_until_refused(store.commit(a_commit(2 + number), NOW, LEASE))

    waits = await asyncio.gather(*(seconds_until_refused(store.load(SOMEBODY)) for _ in range(9)))

    # One of them may have been the probe.
    assert sum(wait > 0.05 for wait in waits) <= 1
    assert figures.levels["store_down"] == 1


async def test_so_many_wait_and_no_more(frozen: tuple[Server, RedisStore]) -> None:
    _, store = frozen

    async def ask() -> str:
        with pytest.raises(StoreDownError) as refused:
            await store.load(SOMEBODY)
        return str(refused.value)

    said = await asyncio.gather(*(ask() for _ in range(MOST_WAITING + 5)))

    assert said.count("too much waits for the store") == 5
