"""Who is signed in, for how long; and what a thief of everything but the cookie gets: nothing."""

import asyncio
import base64
import secrets
from dataclasses import replace
from datetime import timedelta

import pytest
from nacl.exceptions import CryptoError
from nacl.secret import SecretBox

from bot.casebook import new_key
from bot.desk.ticket import StaffId
from bot.guard.credentials import Credential, Credentials
from bot.guard.locks import lock_for_recovery, lock_with_password
from bot.guard.sessions import IDLE, LONGEST, Session, Sessions
from bot.store.shelf import MemoryShelf, ShelfKind
from tests.builders import NOW
from tests.fakes import ManualClock
from tests.guard.small_house import LIGHT, PASSWORD, SEED

ANNA, BEN = StaffId("anna"), StaffId("ben")
KEY = new_key()


class Staffed:
    """Anna and Ben with their credentials, and a clock."""

    def __init__(self) -> None:
        self.clock = ManualClock()
        self.shelf = MemoryShelf(self.clock)
        self.credentials = Credentials(self.shelf)
        self.sessions = Sessions(self.shelf, self.credentials)

    async def employ(self) -> None:
        for one in (ANNA, BEN):
            await self.credentials.keep(Credential(one, KEY.public, lock_with_password(KEY.private, PASSWORD, LIGHT)))

    def later(self, time: timedelta) -> None:
        self.clock.set(self.clock.now() + time)

    async def begin(self, member: StaffId = ANNA, private: bytes | None = KEY.private) -> Session:
        return await self.sessions.begin(member, private, self.clock.now())

    async def find(self, session: Session, *, is_use: bool = True) -> Session | None:
        return await self.sessions.find(session.cookie, self.clock.now(), is_use=is_use)


@pytest.fixture
async def staffed() -> Staffed:
    made = Staffed()
    await made.employ()
    return made


async def test_a_session_is_found_by_its_cookie_with_the_members_own_key(staffed: Staffed) -> None:
    session = await staffed.begin()

    assert await staffed.find(session) == session
    assert (session.member, session.private) == (ANNA, KEY.private)
    assert len(base64.urlsafe_b64decode(session.cookie + "==")) == 64


async def test_a_cookie_that_was_changed_anywhere_is_nobodys_or_opens_nothing(staffed: Staffed) -> None:
    session = await staffed.begin()
    material = base64.urlsafe_b64decode(session.cookie + "==")
    for place in range(64):
        other = material[:place] + bytes((material[place] ^ 1,)) + material[place + 1 :]
        cookie = base64.urlsafe_b64encode(other).decode().rstrip("=")
        found = await staffed.sessions.find(cookie, NOW)
        assert found is None if place < 32 else found is not None and found.private is None


@pytest.mark.parametrize("cookie", ["", "x", "é" * 86, "A" * 86, "A" * 85, "A" * 1000, "\x00", "=" * 8])
async def test_a_cookie_that_is_none_of_ours_is_nobodys(staffed: Staffed, cookie: str) -> None:
    await staffed.begin()

    assert await staffed.sessions.find(cookie, NOW) is None
    await staffed.sessions.end(cookie)


async def test_a_session_that_rests_for_twenty_minutes_is_over(staffed: Staffed) -> None:
    session = await staffed.begin()
    staffed.later(IDLE - timedelta(seconds=1))
    assert await staffed.find(session) is not None
    staffed.later(IDLE - timedelta(seconds=1))
    assert await staffed.find(session) is not None
    staffed.later(IDLE)
    assert await staffed.find(session) is None


async def test_a_page_that_only_listens_keeps_no_session_alive(staffed: Staffed) -> None:
    session = await staffed.begin()
    for _ in range(19):
        staffed.later(timedelta(minutes=1))
        assert await staffed.find(session, is_use=False) is not None
    staffed.later(timedelta(minutes=1))

    assert await staffed.find(session, is_use=False) is None
    assert await staffed.find(session) is None


async def test_a_session_ends_after_eight_hours_however_busy(staffed: Staffed) -> None:
    session = await staffed.begin()
    minutes = 0
    while await staffed.find(session) is not None and minutes < 24 * 60:
        staffed.later(timedelta(minutes=1))
        minutes += 1

    assert timedelta(minutes=minutes) == LONGEST


async def test_raising_the_generation_ends_all_of_a_members_sessions_and_nobody_elses(staffed: Staffed) -> None:
    sessions = [await staffed.begin() for _ in range(3)]
    bens = await staffed.begin(BEN)
    await staffed.credentials.end_sessions(ANNA)

    assert [await staffed.find(one) for one in sessions] == [None] * 3
    assert await staffed.find(bens) == bens
    assert await staffed.find(await staffed.begin()) is not None


async def test_whoever_is_forgotten_has_no_session(staffed: Staffed) -> None:
    session = await staffed.begin()
    await staffed.credentials.forget(ANNA)

    assert await staffed.find(session) is None


async def test_signing_out_ends_one_session(staffed: Staffed) -> None:
    one, other = await staffed.begin(), await staffed.begin()
    await staffed.sessions.end(one.cookie)

    assert await staffed.find(one) is None
    assert await staffed.find(other) == other


async def test_an_owed_second_factor_is_no_session(staffed: Staffed) -> None:
    pending = Sessions(staffed.shelf, staffed.credentials, ShelfKind.PENDING)
    owing = await pending.begin(ANNA, KEY.private, NOW)

    assert await staffed.find(owing) is None
    assert await pending.find((await staffed.begin()).cookie, NOW) is None


async def test_a_session_without_a_key_is_unlocked_later_and_stays_so(staffed: Staffed) -> None:
    locked = await staffed.begin(private=None)
    assert locked.private is None

    opened = await staffed.sessions.unlock(locked, KEY.private)

    assert opened == replace(locked, private=KEY.private)
    assert await staffed.find(locked) == opened


class Interrupted(MemoryShelf):
    """Lets something happen right after the next session was read: once."""

    async def read_shelf(self, kind: ShelfKind, name: str) -> tuple[int, bytes] | None:
        found = await MemoryShelf.read_shelf(self, kind, name)
        if kind is ShelfKind.SESSION and WAITS:
            read, go_on = WAITS.pop()
            read.set()
            await go_on.wait()
        return found


WAITS: list[tuple[asyncio.Event, asyncio.Event]] = []


async def interrupted() -> tuple[Staffed, Session]:
    staffed = Staffed()
    staffed.shelf = Interrupted(staffed.clock)
    staffed.credentials = Credentials(staffed.shelf)
    staffed.sessions = Sessions(staffed.shelf, staffed.credentials)
    await staffed.employ()
    session = await staffed.begin(private=None)
    staffed.later(timedelta(minutes=2))
    return staffed, session


async def test_being_seen_does_not_bring_back_a_session_that_was_ended_meanwhile() -> None:
    staffed, session = await interrupted()
    read, go_on = asyncio.Event(), asyncio.Event()
    WAITS.append((read, go_on))
    looking = asyncio.create_task(staffed.find(session))
    await read.wait()
    await staffed.sessions.end(session.cookie)
    go_on.set()
    await looking

    assert await staffed.find(session) is None


async def test_being_seen_does_not_lock_a_session_that_was_unlocked_meanwhile() -> None:
    staffed, session = await interrupted()
    read, go_on = asyncio.Event(), asyncio.Event()
    WAITS.append((read, go_on))
    looking = asyncio.create_task(staffed.find(session))
    await read.wait()
    await staffed.sessions.unlock(session, KEY.private)
    go_on.set()
    await looking
    found = await staffed.find(session)

    assert found is not None
    assert found.private == KEY.private


async def test_unlocking_takes_hold_though_the_session_was_seen_meanwhile() -> None:
    staffed, session = await interrupted()
    read, go_on = asyncio.Event(), asyncio.Event()
    WAITS.append((read, go_on))
    unlocking = asyncio.create_task(staffed.sessions.unlock(session, KEY.private))
    await read.wait()
    await staffed.find(session)
    go_on.set()
    await unlocking
    found = await staffed.find(session)

    assert found is not None
    assert found.private == KEY.private


async def test_a_form_is_believed_only_from_its_own_session(staffed: Staffed) -> None:
    one, other = await staffed.begin(), await staffed.begin()
    again = await staffed.find(one)

    assert again is not None
    assert one.csrf == again.csrf != other.csrf
    assert len(one.csrf) == 32


def test_neither_cookie_nor_key_stands_in_what_is_printed() -> None:
    session = Session(ANNA, NOW, "csrf", b"private", "cookie-of-anna")

    assert "private" not in repr(session).replace("private=", "")
    assert "cookie-of-anna" not in repr(session)


async def test_who_has_the_shelf_and_all_of_our_secrets_but_no_cookie_does_not_get_the_staff_key() -> None:
    """The thief tries every 32 bytes in a row that lie anywhere as a key for every box that lies anywhere."""
    staffed, paper = Staffed(), new_key()
    key = new_key()
    lock = lock_with_password(key.private, PASSWORD, LIGHT)
    on_paper = lock_for_recovery(key.private, paper.public)
    await staffed.credentials.keep(Credential(ANNA, key.public, lock, "A" * 32, recovery=on_paper))
    session = await staffed.begin(private=key.private)
    pending = Sessions(staffed.shelf, staffed.credentials, ShelfKind.PENDING)
    await pending.begin(ANNA, key.private, NOW)
    stolen = [kept.value for kept in staffed.shelf.kept.values()]
    names = [name.encode() for _, name in staffed.shelf.kept] + [bytes.fromhex(name) for _, name in _hashed(staffed)]
    ours = [SEED, b"i" * 32, b"w" * 32, b"A" * 32, key.public, paper.public]

    tried, found = _break_open([*stolen, *names, *ours], stolen, key.private)
    half = base64.urlsafe_b64decode(session.cookie + "==")[32:]
    with_cookie = _break_open([half], stolen, key.private)

    assert not any(key.private in value for value in [*stolen, *names])
    assert (found, tried > 100_000) == (0, True)
    assert with_cookie[1] == 1


def _hashed(staffed: Staffed) -> list[tuple[ShelfKind, str]]:
    return [(kind, name) for kind, name in staffed.shelf.kept if kind is not ShelfKind.CREDENTIAL]


def _break_open(sources: list[bytes], boxes: list[bytes], wanted: bytes) -> tuple[int, int]:
    size = SecretBox.NONCE_SIZE + SecretBox.MACBYTES + len(wanted)
    keys = {source[place : place + 32] for source in sources for place in range(len(source) - 31)}
    sealed = {box[place : place + size] for box in boxes for place in range(len(box) - size + 1)}
    opened = set()
    for key in keys:
        for box in sealed:
            try:
                opened.add((key, SecretBox(key).decrypt(box)))
            except CryptoError:
                continue
    return len(keys) * len(sealed), len([one for _, one in opened if one == wanted])


async def test_ten_thousand_random_cookies_are_nobodys(staffed: Staffed) -> None:
    await staffed.begin()
    cookies = (base64.urlsafe_b64encode(secrets.token_bytes(64)).decode().rstrip("=") for _ in range(10_000))

    assert [await staffed.sessions.find(cookie, NOW) for cookie in cookies] == [None] * 10_000
