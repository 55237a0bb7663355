"""Who gets in, who does not, and what somebody who guesses learns: nothing."""

import asyncio
from dataclasses import replace
from datetime import timedelta

import pyotp
import pytest

from bot.casebook import join_shares, make_recovery
from bot.desk.enrolling import leave
from bot.desk.staff import Member, Role, Roster
from bot.desk.ticket import StaffId
from bot.guard.audit import Deed
from bot.guard.locks import Stretching
from bot.guard.one_time_codes import OneTimeCodes, address_for_app, new_secret
from bot.guard.sessions import Session
from bot.guard.sign_in import Denial, Denied
from bot.store.contract import StoreDownError
from bot.store.memory_store import MemoryStore
from bot.store.shelf import MemoryShelf, ShelfKind
from tests.builders import NOW
from tests.fakes import ManualClock
from tests.guard.small_house import KHMER, PASSWORD, House, a_house

ANNA = StaffId("id-Anna")
OTHER_PASSWORD = "nine yellow bicycles"


@pytest.fixture
def house() -> House:
    return a_house()


async def deeds(house: House) -> list[tuple[str, Deed]]:
    entries, fault = await house.chronicle.read()
    assert fault is None
    return [(entry.staff, entry.deed) for entry in entries]


async def test_who_joins_is_in_has_a_key_that_colleagues_seal_for_and_stands_in_the_list(house: House) -> None:
    member = Member(ANNA, "Anna", Role.RESPONDER, frozenset({KHMER}))
    joined = await house.join(await house.invite(member), member)

    assert isinstance(joined, Session)
    assert joined.private is not None
    kept, credential = house.roster.current().members[ANNA], await house.sign_in.credentials.find(ANNA)
    assert credential is not None
    assert kept.key == credential.public
    assert await house.sign_in.sessions.find(joined.cookie, house.clock.now()) == joined
    assert await deeds(house) == [(ANNA, Deed.JOINED), (ANNA, Deed.SIGNED_IN)]


async def test_an_invitation_works_once_in_its_time_and_with_a_code_of_the_app(house: House) -> None:
    member = Member(ANNA, "Anna", Role.RESPONDER, frozenset({KHMER}))
    code = await house.invite(member)
    secret = new_secret()

    assert await house.sign_in.join("made up", PASSWORD, secret, "123456") == Denied(Denial.INVITATION_WRONG)
    assert await house.sign_in.join(code, "too short", secret, "123456") == Denied(Denial.WEAK)
    for bad in (secret, "", "A", "not base 32 at all, but long enough!"):
        wrong = "12345x" if bad == secret else "123456"
        assert await house.sign_in.join(code, PASSWORD, bad, wrong) == Denied(Denial.CODE_WRONG)
    assert await house.sign_in.join(code, PASSWORD, secret, "12345x") == Denied(Denial.CODE_WRONG)
    assert await house.sign_in.join(code, PASSWORD, secret, "12345x") == Denied(Denial.WAIT, 61)
    house.later(minutes=10)
    assert isinstance(await house.join(code, member), Session)
    assert await house.join(code, member) == Denied(Denial.INVITATION_WRONG)

    late = await house.invite(replace(member, id=StaffId("id-Ben"), name="Ben"))
    house.later(minutes=48 * 60)
    assert await house.sign_in.invited(late) == Denied(Denial.INVITATION_EXPIRED)
    assert await house.join(late, member) == Denied(Denial.INVITATION_EXPIRED)


async def test_of_two_who_take_the_same_invitation_at_once_one_is_in(house: House) -> None:
    member = Member(ANNA, "Anna", Role.RESPONDER, frozenset({KHMER}))
    code, secrets = await house.invite(member), (new_secret(), new_secret())

    async def take(secret: str) -> Session | Denied:
        return await house.sign_in.join(code, PASSWORD, secret, pyotp.TOTP(secret).at(house.clock.now()))

    answers = await asyncio.gather(*(take(secret) for secret in secrets))

    assert sorted(isinstance(one, Session) for one in answers) == [False, True]
    kept, credential = house.roster.current().members[ANNA], await house.sign_in.credentials.find(ANNA)
    assert credential is not None
    assert kept.key == credential.public


async def test_a_password_alone_is_no_session_and_with_a_code_it_opens_the_key(house: House) -> None:
    anna = await house.employ("Anna")
    pending = await house.sign_in.with_password("Anna", PASSWORD)
    assert isinstance(pending, Session)
    assert await house.sign_in.sessions.find(pending.cookie, house.clock.now()) is None

    session = await house.sign_in.with_code(pending.cookie, house.code_of(anna))

    assert isinstance(session, Session)
    credential = await house.sign_in.credentials.find(anna.id)
    assert credential is not None
    assert session.private is not None
    assert credential.lock.sealed.find(session.private) == -1
    assert await house.sign_in.with_code(pending.cookie, house.code_of(anna)) == Denied(Denial.OVER)


@pytest.mark.parametrize("name", ["Anna", "anna", " ANNA ", "id-Anna"])
async def test_a_name_is_taken_however_it_is_written(house: House, name: str) -> None:
    await house.employ("Anna")

    assert isinstance(await house.sign_in.with_password(name, PASSWORD), Session)


async def test_the_second_factor_is_owed_within_five_minutes_however_often_it_is_tried(house: House) -> None:
    anna = await house.employ("Anna")
    pending = await house.sign_in.with_password("Anna", PASSWORD)
    assert isinstance(pending, Session)
    for _ in range(2):
        house.later(minutes=2)
        assert await house.sign_in.with_code(pending.cookie, "12345x") == Denied(Denial.CODE_WRONG)
    house.later(minutes=1)

    assert await house.sign_in.with_code(pending.cookie, house.code_of(anna)) == Denied(Denial.OVER)


async def test_a_one_time_code_works_once_whoever_is_faster(house: House) -> None:
    anna = await house.employ("Anna")
    pending = [await house.sign_in.with_password("Anna", PASSWORD) for _ in range(3)]
    code = house.code_of(anna)
    tries = [house.sign_in.with_code(one.cookie, code) for one in pending if isinstance(one, Session)]
    answers = await asyncio.gather(*tries)

    assert [isinstance(one, Session) for one in answers].count(True) == 1
    assert answers.count(Denied(Denial.CODE_WRONG)) == 2


@pytest.mark.parametrize("seconds", [-90, -60, -30, 0, 30, 60, 90])
async def test_a_code_counts_one_step_early_or_late_and_no_more(seconds: int) -> None:
    clock, secret = ManualClock(), new_secret()
    codes = OneTimeCodes(MemoryShelf(clock))
    code = pyotp.TOTP(secret).at(NOW + timedelta(seconds=seconds))

    assert await codes.accept(ANNA, secret, code, NOW) == (abs(seconds) <= 30)
    assert not await codes.accept(ANNA, secret, code, NOW)


async def test_each_code_of_an_hour_works_once_in_all_the_time_in_which_it_counts() -> None:
    clock, secret = ManualClock(), new_secret()
    codes, accepted = OneTimeCodes(MemoryShelf(clock)), 0
    for step in range(120):
        code = pyotp.TOTP(secret).at(NOW + timedelta(seconds=30 * step))
        for second in range(0, 120, 10):
            clock.set(NOW + timedelta(seconds=30 * step - 40 + second))
            accepted += await codes.accept(ANNA, secret, code, clock.now())

    assert accepted == 120


@pytest.mark.parametrize("code", ["", "12345", "1234567", "abcdef", "１２３４５６", "12 34", "-12345"])
async def test_what_is_no_code_is_refused(code: str) -> None:
    assert not await OneTimeCodes(MemoryShelf(ManualClock())).accept(ANNA, new_secret(), code, NOW)


async def test_a_code_may_be_written_with_a_gap_and_is_another_members_not() -> None:
    secret = new_secret()
    codes = OneTimeCodes(MemoryShelf(ManualClock()))
    code = pyotp.TOTP(secret).at(NOW)

    assert not await codes.accept(StaffId("ben"), new_secret(), code, NOW)
    assert await codes.accept(ANNA, secret, f" {code[:3]} {code[3:]} ", NOW)


def test_an_app_is_told_whose_code_it_is() -> None:
    address = address_for_app("A" * 32, "Sok Dara", "Waymark")

    assert address == f"otpauth://totp/Waymark:Sok%20Dara?secret={'A' * 32}&issuer=Waymark"


async def test_unknown_names_and_wrong_passwords_get_the_same_answer_and_ask_the_same_of_the_store() -> None:
    class Counting(MemoryShelf):
        async def read_shelf(self, kind: ShelfKind, name: str) -> tuple[int, bytes] | None:
            CALLS.append("read")
            return await MemoryShelf.read_shelf(self, kind, name)

        async def write_shelf(self, kind: ShelfKind, name: str, value: bytes, expected: int | None = None) -> int:
            CALLS.append("write")
            return await MemoryShelf.write_shelf(self, kind, name, value, expected)

        async def append_audit(self, entry: bytes, expected: int) -> None:
            CALLS.append("write")
            await MemoryShelf.append_audit(self, entry, expected)

        async def last_audit(self) -> tuple[int, bytes | None]:
            CALLS.append("read")
            return await MemoryShelf.last_audit(self)

    clock = ManualClock()
    house = a_house(Counting(clock), clock)
    await house.employ("Anna")
    await house.roster.change(lambda roster: replace(roster, members={**roster.members, StaffId("b"): INVITED}))
    asked = {}
    for name in ("Anna", "Ben", "Nobody"):
        CALLS.clear()
        assert await house.sign_in.with_password(name, OTHER_PASSWORD) == Denied(Denial.WRONG)
        asked[name] = list(CALLS)

    assert asked["Anna"] == asked["Ben"] == asked["Nobody"]
    assert asked["Anna"].count("write") == 4


CALLS: list[str] = []
INVITED = Member(StaffId("b"), "Ben", Role.RESPONDER, frozenset({KHMER}))


async def test_mistakes_of_staff_are_written_down_and_made_up_names_are_not(house: House) -> None:
    await house.employ("Anna")
    before = await deeds(house)
    await house.sign_in.with_password("Anna", OTHER_PASSWORD)
    await house.sign_in.with_password("Nobody", OTHER_PASSWORD)

    assert await deeds(house) == [*before, (ANNA, Deed.SIGN_IN_FAILED)]


async def test_from_telegram_the_password_is_the_second_factor(house: House) -> None:
    anna = await house.employ("Anna")
    await house.roster.change(
        lambda roster: replace(roster, members={**roster.members, anna.id: replace(anna, telegram="4711")})
    )

    assert await house.sign_in.from_telegram("4711", OTHER_PASSWORD) == Denied(Denial.WRONG)
    assert await house.sign_in.from_telegram("4712", PASSWORD) == Denied(Denial.WRONG)
    assert await house.sign_in.from_telegram("", PASSWORD) == Denied(Denial.WRONG)
    session = await house.sign_in.from_telegram("4711", PASSWORD)

    assert isinstance(session, Session)
    assert session.private is not None
    assert await house.sign_in.sessions.find(session.cookie, house.clock.now()) == session


async def test_another_password_opens_the_same_key_and_ends_every_other_session(house: House) -> None:
    anna = await house.employ("Anna")
    phone = await house.enter(anna)
    house.later(minutes=1)
    laptop = await house.enter(anna)

    assert await house.sign_in.change_password(laptop, "wrong password", OTHER_PASSWORD) == Denied(Denial.WRONG)
    assert await house.sign_in.change_password(laptop, PASSWORD, "short") == Denied(Denial.WEAK)
    fresh = await house.sign_in.change_password(laptop, PASSWORD, OTHER_PASSWORD)

    assert isinstance(fresh, Session)
    assert fresh.private == laptop.private
    for old in (phone, laptop):
        assert await house.sign_in.sessions.find(old.cookie, house.clock.now()) is None
    assert await house.sign_in.with_password("Anna", PASSWORD) == Denied(Denial.WRONG)
    house.later(minutes=1)
    assert (await house.enter(anna, OTHER_PASSWORD)).private == phone.private


async def test_signing_out_everywhere_while_the_password_changes_ends_all_the_same(house: House) -> None:
    anna = await house.employ("Anna")
    phone = await house.enter(anna)
    house.later(minutes=1)
    laptop = await house.enter(anna)
    changed, _ = await asyncio.gather(
        house.sign_in.change_password(laptop, PASSWORD, OTHER_PASSWORD),
        house.sign_in.sign_out(phone, everywhere=True),
    )
    credential = await house.sign_in.credentials.find(anna.id)

    assert credential is not None
    assert credential.generation == 3
    assert isinstance(changed, Session)
    for old in (phone, laptop):
        assert await house.sign_in.sessions.find(old.cookie, house.clock.now()) is None


async def test_of_two_changes_of_a_password_at_once_one_holds(house: House) -> None:
    anna = await house.employ("Anna")
    session = await house.enter(anna)
    answers = await asyncio.gather(
        house.sign_in.change_password(session, PASSWORD, OTHER_PASSWORD),
        house.sign_in.change_password(session, PASSWORD, "ten purple windows"),
    )

    assert answers.count(Denied(Denial.OVER)) == 1
    opens = [
        isinstance(await house.sign_in.with_password("Anna", one), Session)
        for one in (PASSWORD, OTHER_PASSWORD, "ten purple windows")
    ]
    assert opens == [False, isinstance(answers[0], Session), isinstance(answers[1], Session)]


async def test_signing_out_ends_one_session_or_all(house: House) -> None:
    anna = await house.employ("Anna")
    sessions = []
    for _ in range(3):
        sessions.append(await house.enter(anna))
        house.later(minutes=1)
    now = house.clock.now()

    await house.sign_in.sign_out(sessions[0])
    assert [await house.sign_in.sessions.find(one.cookie, now) is not None for one in sessions] == [False, True, True]
    await house.sign_in.sign_out(sessions[1], everywhere=True)
    assert [await house.sign_in.sessions.find(one.cookie, now) for one in sessions] == [None] * 3


async def test_whoever_has_left_gets_in_by_no_way(house: House) -> None:
    anna = await house.employ("Anna")
    session = await house.enter(anna)
    pending = await house.sign_in.with_password("Anna", PASSWORD)
    assert isinstance(pending, Session)
    await house.roster.change(lambda roster: leave(roster, anna.id, house.clock.now()))
    house.later(minutes=1)

    assert house.sign_in.member(session.member) is None
    assert await house.sign_in.with_password("Anna", PASSWORD) == Denied(Denial.WRONG)
    assert await house.sign_in.with_code(pending.cookie, house.code_of(anna)) == Denied(Denial.OVER)
    assert await house.sign_in.unlock(session, PASSWORD) == Denied(Denial.OVER)
    assert await house.sign_in.change_password(session, PASSWORD, OTHER_PASSWORD) == Denied(Denial.OVER)


async def test_two_of_three_shares_on_paper_give_a_new_password_to_the_same_key() -> None:
    house = a_house()
    public, shares = make_recovery()
    await house.roster.change(lambda roster: replace(roster, recovery=public))
    anna = await house.employ("Anna")
    before = await house.enter(anna)
    paper, other = join_shares(shares[2], shares[0]), make_recovery()[1]

    assert not await house.sign_in.recover(anna.id, join_shares(other[0], other[1]).private, OTHER_PASSWORD)
    assert not await house.sign_in.recover(StaffId("nobody"), paper.private, OTHER_PASSWORD)
    assert await house.sign_in.recover(anna.id, paper.private, OTHER_PASSWORD)

    assert await house.sign_in.sessions.find(before.cookie, house.clock.now()) is None
    assert await house.sign_in.with_password("Anna", PASSWORD) == Denied(Denial.WRONG)
    house.later(minutes=1)
    assert (await house.enter(anna, OTHER_PASSWORD)).private == before.private
    assert (ANNA, Deed.RECOVERED) in await deeds(house)


async def test_without_a_key_on_paper_nothing_is_recovered(house: House) -> None:
    anna = await house.employ("Anna")
    shares = make_recovery()[1]

    assert not await house.sign_in.recover(anna.id, join_shares(shares[0], shares[1]).private, OTHER_PASSWORD)


async def test_what_cannot_be_written_down_does_not_happen() -> None:
    class Full(MemoryShelf):
        async def append_audit(self, entry: bytes, expected: int) -> None:
            if IS_FULL:
                raise StoreDownError("away")
            await MemoryShelf.append_audit(self, entry, expected)

    clock = ManualClock()
    house = a_house(Full(clock), clock)
    anna = await house.employ("Anna")
    session = await house.enter(anna)
    pending = await house.sign_in.with_password("Anna", PASSWORD)
    assert isinstance(pending, Session)
    house.later(minutes=1)
    IS_FULL.append(True)
    with pytest.raises(StoreDownError):
        await house.sign_in.with_code(pending.cookie, house.code_of(anna))
    with pytest.raises(StoreDownError):
        await house.sign_in.change_password(session, PASSWORD, OTHER_PASSWORD)
    IS_FULL.clear()

    assert await house.sign_in.sessions.find(session.cookie, house.clock.now()) is not None
    assert isinstance(await house.sign_in.with_password("Anna", PASSWORD), Session)


IS_FULL: list[bool] = []


async def test_no_password_key_or_cookie_lies_readable_on_the_shelf_or_in_the_list(house: House) -> None:
    anna = await house.employ("Anna")
    session = await house.enter(anna)
    assert isinstance(house.shelf, MemoryShelf)
    assert session.private is not None
    everything = b"".join([*(kept.value for kept in house.shelf.kept.values()), *house.shelf.audit])

    for secret in (PASSWORD.encode(), session.private, session.cookie.encode()):
        assert secret not in everything


async def test_who_is_stopped_halfway_through_joining_joins_again_with_the_same_invitation() -> None:
    class Away(MemoryStore):
        async def save_roster(self, roster: Roster, expected: int) -> None:
            if IS_AWAY:
                raise StoreDownError("away")
            await MemoryStore.save_roster(self, roster, expected)

    house = a_house(store=Away())
    member = Member(ANNA, "Anna", Role.RESPONDER, frozenset({KHMER}))
    code = await house.invite(member)
    IS_AWAY.append(True)
    with pytest.raises(StoreDownError):
        await house.join(code, member)
    IS_AWAY.clear()
    assert house.roster.current().members[ANNA].key is None
    house.later(minutes=1)

    assert isinstance(await house.join(code, member, OTHER_PASSWORD), Session)
    credential = await house.sign_in.credentials.find(ANNA)
    assert credential is not None
    assert house.roster.current().members[ANNA].key == credential.public
    house.later(minutes=1)
    assert (await house.enter(member, OTHER_PASSWORD)).private is not None


IS_AWAY: list[bool] = []


async def test_whose_invitation_is_taken_back_while_they_join_is_as_before() -> None:
    class Busy(MemoryStore):
        async def load_roster(self) -> tuple[int, Roster]:
            version, roster = await MemoryStore.load_roster(self)
            if IS_AWAY:
                await self.save_roster(replace(roster, invitations=()), version)
                IS_AWAY.clear()
            return await MemoryStore.load_roster(self)

    house = a_house(store=Busy())
    anna = await house.employ("Anna")
    before = await house.sign_in.credentials.find(ANNA)
    code = await house.invite(anna)
    IS_AWAY.append(True)
    assert await house.join(code, anna) == Denied(Denial.INVITATION_WRONG)
    assert await house.sign_in.credentials.find(ANNA) == before
    ben = replace(anna, id=StaffId("id-Ben"), name="Ben")
    code = await house.invite(ben)
    IS_AWAY.append(True)
    assert await house.join(code, ben) == Denied(Denial.INVITATION_WRONG)

    assert await house.sign_in.credentials.find(ben.id) is None


async def test_who_is_invited_again_begins_anew_and_their_old_sessions_and_password_are_over(house: House) -> None:
    anna = await house.employ("Anna")
    old = await house.enter(anna)
    house.later(minutes=1)
    fresh = await house.join(await house.invite(anna), anna, OTHER_PASSWORD)

    assert isinstance(fresh, Session)
    assert fresh.private != old.private
    assert await house.sign_in.sessions.find(old.cookie, house.clock.now()) is None
    assert await house.sign_in.with_password("Anna", PASSWORD) == Denied(Denial.WRONG)
    assert isinstance(await house.sign_in.with_password("Anna", OTHER_PASSWORD), Session)


async def test_the_bot_goes_on_with_everything_else_while_a_password_is_tried(house: House) -> None:
    house.sign_in._stretching = Stretching(3, 64 * 1024 * 1024)
    await house.employ("Anna")
    trying = asyncio.create_task(house.sign_in.with_password("Anna", PASSWORD))
    turns = 0
    while not trying.done():
        await asyncio.sleep(0.001)
        turns += 1

    assert isinstance(await trying, Session)
    assert turns > 10
