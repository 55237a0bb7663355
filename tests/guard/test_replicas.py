"""Two replicas of the bot on one real store: what ends on one has ended on the other; and what a copy of it gives."""

import base64
from collections.abc import AsyncIterator

import pytest
from nacl.exceptions import CryptoError
from nacl.secret import SecretBox

from bot.desk.enrolling import leave
from bot.guard.sessions import Session
from bot.guard.sign_in import Denial, Denied
from bot.messages import ConversationId
from bot.store.redis_store import open_store
from bot.store.sealing import SHELF, SealError, Vault
from tests.fakes import NAMES, ManualClock
from tests.guard.small_house import PASSWORD, SEED, House, a_house
from tests.store.servers import Server

OURS = (b"i" * 32, b"w" * 32, SEED)
"""All secrets of the bot: names and values of the store, and the writer's."""


@pytest.fixture
async def replicas(server: Server) -> AsyncIterator[tuple[House, House]]:
    with server.client() as client:
        client.flushall()
    stores = [open_store(server.url, NAMES) for _ in range(2)]
    clock = ManualClock()
    one, other = (a_house(store.shelf(), clock, store) for store in stores)
    yield one, other
    for store in stores:
        await store.close()


async def test_who_signs_in_at_one_replica_is_signed_in_at_the_other(replicas: tuple[House, House]) -> None:
    one, other = replicas
    anna = await one.employ("Anna")
    session = await one.enter(anna)
    await other.roster.read()

    found = await other.sign_in.sessions.find(session.cookie, other.clock.now())

    assert found == session
    assert session.private is not None


async def test_what_ends_at_one_replica_has_ended_at_the_other_with_the_next_look(
    replicas: tuple[House, House],
) -> None:
    one, other = replicas
    anna = await one.employ("Anna")
    sessions = []
    for _ in range(2):
        sessions.append(await one.enter(anna))
        one.later(minutes=1)
    now = one.clock.now()

    await one.sign_in.sign_out(sessions[0])
    assert await other.sign_in.sessions.find(sessions[0].cookie, now) is None
    assert await other.sign_in.sessions.find(sessions[1].cookie, now) is not None
    await one.sign_in.credentials.end_sessions(anna.id)
    assert await other.sign_in.sessions.find(sessions[1].cookie, now) is None


async def test_whoever_left_is_nobody_at_the_other_replica_once_it_has_read_the_roster(
    replicas: tuple[House, House],
) -> None:
    one, other = replicas
    anna = await one.employ("Anna")
    session = await one.enter(anna)
    await other.roster.read()
    assert other.sign_in.member(session.member) is not None

    await one.roster.change(lambda roster: leave(roster, anna.id, one.clock.now()))
    await one.sign_in.credentials.forget(anna.id)
    assert await other.sign_in.sessions.find(session.cookie, other.clock.now()) is None
    await other.roster.read()
    assert other.sign_in.member(session.member) is None
    assert await other.sign_in.with_password("Anna", PASSWORD) == Denied(Denial.WRONG)


async def test_a_one_time_code_used_at_one_replica_is_used_at_the_other(replicas: tuple[House, House]) -> None:
    one, other = replicas
    anna = await one.employ("Anna")
    await other.roster.read()
    other.secrets = one.secrets
    await one.enter(anna)
    pending = await other.sign_in.with_password("Anna", PASSWORD)
    assert isinstance(pending, Session)

    assert await other.sign_in.with_code(pending.cookie, other.code_of(anna)) == Denied(Denial.CODE_WRONG)


async def test_both_write_one_list_of_who_did_what(replicas: tuple[House, House]) -> None:
    one, other = replicas
    anna = await one.employ("Anna")
    await other.roster.read()
    other.secrets = one.secrets
    for house in (one, other, one, other):
        await house.enter(anna)
        house.later(minutes=1)
    entries, fault = await other.chronicle.read()

    assert fault is None
    assert [entry.number for entry in entries] == list(range(7))


async def test_a_copy_of_the_store_with_all_our_secrets_opens_no_staff_key(
    replicas: tuple[House, House], server: Server
) -> None:
    """The thief opens everything that our keys open, and tries every 32 bytes in a row as a key for every box."""
    house, _ = replicas
    anna = await house.employ("Anna")
    session = await house.enter(anna)
    await house.sign_in.with_password("Anna", PASSWORD)
    assert session.private is not None
    opened = _opened(server, NAMES)

    half = base64.urlsafe_b64decode(session.cookie + "==")[32:]
    assert len(opened) >= 3
    assert not any(session.private in value for value in opened)
    assert _found([*opened, *OURS], opened, session.private) == 0
    assert _found([half], opened, session.private) == 1


def _opened(server: Server, vault: Vault) -> list[bytes]:
    """Whatever lies on the shelf, opened with our keys at the place that its own name tells."""
    values: list[bytes] = []
    with server.client() as client:
        for key in client.scan_iter(count=1000):
            value = client.get(key) if client.type(key) == b"string" else b""
            assert isinstance(value, bytes)
            try:
                values.append(vault.open(value[4:], ConversationId(key.decode().rpartition(":")[2]), SHELF))
            except SealError:
                continue
    return values


def _found(sources: list[bytes], boxes: list[bytes], wanted: bytes) -> int:
    size = SecretBox.NONCE_SIZE + SecretBox.MACBYTES + len(wanted)
    keys = {source[place : place + 32] for source in sources for place in range(len(source) - 31)}
    sealed = {box[place : place + size] for box in boxes for place in range(len(box) - size + 1)}
    found = 0
    for key in keys:
        for box in sealed:
            try:
                found += SecretBox(key).decrypt(box) == wanted
            except CryptoError:
                continue
    return found
