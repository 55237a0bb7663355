"""How somebody signs in is kept without their password, and no change undoes another."""

import asyncio
from dataclasses import replace
from datetime import timedelta

import pytest
from nacl.pwhash import argon2id

from bot.casebook import new_key
from bot.desk.ticket import StaffId
from bot.guard.credentials import Credential, Credentials, Lock, Passkey
from bot.guard.locks import (
    Stretching,
    is_weak,
    lock_for_recovery,
    lock_with_password,
    lock_with_secret,
    secret_of,
    unlock_for_recovery,
    unlock_with_password,
    unlock_with_secret,
)
from bot.store.contract import StoreError
from bot.store.shelf import MemoryShelf, ShelfKind
from tests.builders import NOW
from tests.fakes import ManualClock
from tests.guard.small_house import LIGHT, PASSWORD

ANNA = StaffId("anna")
LOCK = Lock(b"salt", 1, 8192, b"sealed")
PASSKEY = Passkey(b"id", b"public", 3, "Phone", NOW, b"sealed")
WHOLE = Credential(ANNA, b"public", LOCK, "SECRET", (PASSKEY,), b"paper", 7)


async def test_everything_of_a_credential_comes_back() -> None:
    credentials = Credentials(MemoryShelf(ManualClock()))
    await credentials.keep(WHOLE)

    assert await credentials.find(ANNA) == WHOLE
    assert await credentials.find(StaffId("ben")) is None

    await credentials.forget(ANNA)
    assert await credentials.find(ANNA) is None


async def test_a_credential_stays_however_long_nobody_signs_in() -> None:
    clock = ManualClock()
    credentials = Credentials(MemoryShelf(clock))
    await credentials.keep(WHOLE)
    clock.set(NOW + timedelta(days=400))

    assert await credentials.find(ANNA) == WHOLE


async def test_a_damaged_credential_is_an_error_and_nobody() -> None:
    shelf = MemoryShelf(ManualClock())
    for value in (b"", b"\xff", b"\x93\x01\x02\x03"):
        await shelf.write_shelf(ShelfKind.CREDENTIAL, ANNA, value)
        with pytest.raises(StoreError):
            await Credentials(shelf).find(ANNA)


async def test_changes_at_the_same_time_are_all_kept() -> None:
    class Slow(MemoryShelf):
        async def read_shelf(self, kind: ShelfKind, name: str) -> tuple[int, bytes] | None:
            found = await MemoryShelf.read_shelf(self, kind, name)
            await asyncio.sleep(0)
            return found

    credentials = Credentials(Slow(ManualClock()))
    await credentials.keep(WHOLE)

    def add(one: Credential) -> Credential:
        return replace(one, passkeys=(*one.passkeys, PASSKEY))

    await asyncio.gather(*(credentials.change(ANNA, add) for _ in range(5)), credentials.end_sessions(ANNA))

    found = await credentials.find(ANNA)
    assert found == replace(WHOLE, passkeys=(PASSKEY,) * 6, generation=8)


async def test_nothing_is_written_for_somebody_who_was_forgotten_meanwhile() -> None:
    credentials = Credentials(MemoryShelf(ManualClock()))

    assert await credentials.change(ANNA, lambda one: one) is None
    await credentials.end_sessions(ANNA)
    assert await credentials.find(ANNA) is None


def test_a_secret_does_not_stand_in_what_is_printed() -> None:
    assert "SECRET" not in repr(WHOLE)


def test_a_key_under_a_password_opens_with_that_password_alone() -> None:
    private = new_key().private
    lock = lock_with_password(private, PASSWORD, LIGHT)

    assert unlock_with_password(lock, PASSWORD) == private
    for wrong in ("", PASSWORD + " ", PASSWORD.upper(), PASSWORD[:-1]):
        assert unlock_with_password(lock, wrong) is None
    assert private not in lock.sealed
    assert lock_with_password(private, PASSWORD, LIGHT).salt != lock.salt


def test_the_same_password_opens_whichever_way_a_phone_writes_its_letters() -> None:
    private = new_key().private
    together, apart = "caf\u00e9 caf\u00e9 caf\u00e9", "cafe\u0301 cafe\u0301 cafe\u0301"

    assert together != apart
    assert unlock_with_password(lock_with_password(private, together, LIGHT), apart) == private


def test_letters_that_no_text_may_hold_are_a_wrong_password_and_no_crash() -> None:
    lock = lock_with_password(new_key().private, PASSWORD, LIGHT)

    assert unlock_with_password(lock, "\ud800" * 12) is None


def test_a_guess_costs_three_passes_over_128_mebibytes_where_nothing_else_is_said() -> None:
    assert (Stretching().passes, Stretching().memory) == (3, 128 * 1024 * 1024)
    lock = lock_with_password(bytes(32), PASSWORD, Stretching())
    assert (lock.passes, lock.memory, len(lock.salt)) == (3, 128 * 1024 * 1024, argon2id.SALTBYTES)


def test_a_key_under_a_passkeys_secret_or_sealed_to_paper_opens_with_that_alone() -> None:
    private, paper = new_key().private, new_key()
    sealed, on_paper = (
        lock_with_secret(private, secret_of(b"1" * 32, "passkey")),
        lock_for_recovery(private, paper.public),
    )

    assert unlock_with_secret(sealed, secret_of(b"1" * 32, "passkey")) == private
    assert unlock_with_secret(sealed, secret_of(b"2" * 32, "passkey")) is None
    assert unlock_with_secret(sealed, secret_of(b"1" * 32, "other")) is None
    assert unlock_with_secret(sealed, b"1" * 32) is None
    assert unlock_with_secret(sealed, b"short") is None
    assert unlock_for_recovery(on_paper, paper.private) == private
    assert unlock_for_recovery(on_paper, new_key().private) is None
    assert unlock_for_recovery(on_paper[:-1], paper.private) is None


@pytest.mark.parametrize(
    "password",
    [
        "",
        "short",
        "elevenchars",
        "x" * 257,
        "password1234",
        "PassWord1234",
        "pass word 1234",
        "aaaaaaaaaaaaaaaa",
        "abababababababab",
        "Sok Dara 2026!",
        "sokdara12345",
        "sokdarasokdarasokdara",
    ],
)
def test_a_weak_password_is_refused(password: str) -> None:
    assert is_weak(password, "Sok Dara")


@pytest.mark.parametrize(
    "password",
    [
        "twelve chars",
        "all lower case and nothing else",
        "ខ្ញុំចូលចិត្តញ៉ាំស្វាយ",
        "sok dara likes seven umbrellas",
        "y" + "abcdefghij" * 25,
    ],
)
def test_a_long_password_is_taken_whatever_it_is_made_of(password: str) -> None:
    assert not is_weak(password, "Sok Dara")


def test_a_short_name_does_not_spoil_a_long_password() -> None:
    assert not is_weak("banana and mango trees", "An")
