"""How much somebody who guesses gets to try, on a clock that runs as fast as we like."""

import asyncio
import sys
from datetime import timedelta

from bot.desk.ticket import StaffId
from bot.guard.known_browsers import MOST
from bot.guard.sessions import Session
from bot.guard.sign_in import Denial, Denied
from bot.guard.throttle import ALL_A_MINUTE, FREE, LONGEST_WAIT, Throttle
from bot.store.shelf import MemoryShelf, ShelfKind
from tests.builders import NOW
from tests.fakes import ManualClock
from tests.guard.small_house import PASSWORD, House, a_house

DAY = 24 * 60 * 60


def a_throttle() -> tuple[Throttle, ManualClock]:
    clock = ManualClock()
    return Throttle(MemoryShelf(clock)), clock


def seconds(waits: list[timedelta]) -> list[int]:
    return [int(one.total_seconds()) for one in waits]


async def test_five_tries_are_free_and_then_each_wait_is_twice_the_one_before_up_to_a_quarter_of_an_hour() -> None:
    throttle, clock = a_throttle()
    waits = [await throttle.wait_for("anna", clock.now()) for _ in range(FREE + 1)]
    for _ in range(6):
        clock.set(clock.now() + waits[-1])
        assert await throttle.wait_for("anna", clock.now()) == timedelta()
        waits.append(await throttle.wait_for("anna", clock.now()))

    assert seconds(waits) == [0] * FREE + [60, 120, 240, 480, 900, 900, 900]


async def test_who_waits_is_told_how_long_still_and_asking_makes_it_no_longer() -> None:
    throttle, clock = a_throttle()
    for _ in range(FREE):
        await throttle.wait_for("anna", clock.now())
    for passed in (0, 20, 59):
        clock.set(NOW + timedelta(seconds=passed))
        assert await throttle.wait_for("anna", clock.now()) == timedelta(seconds=60 - passed)


async def test_a_success_forgets_the_mistakes_of_that_name_alone() -> None:
    throttle, clock = a_throttle()
    for name in ("anna", "ben"):
        for _ in range(FREE):
            await throttle.wait_for(name, clock.now())
    await throttle.succeeded("Anna")

    assert await throttle.wait_for("ANNA", clock.now()) == timedelta()
    assert await throttle.wait_for("ben", clock.now()) == timedelta(minutes=1)


async def test_an_hour_after_the_last_try_mistakes_are_forgotten() -> None:
    throttle, clock = a_throttle()
    for _ in range(FREE):
        await throttle.wait_for("anna", clock.now())
    clock.set(NOW + timedelta(hours=1))

    assert seconds([await throttle.wait_for("anna", clock.now()) for _ in range(FREE + 1)]) == [0] * FREE + [60]


async def test_a_hundred_tries_at_once_of_one_name_are_five() -> None:
    class Slow(MemoryShelf):
        async def read_shelf(self, kind: ShelfKind, name: str) -> tuple[int, bytes] | None:
            found = await MemoryShelf.read_shelf(self, kind, name)
            await asyncio.sleep(0)
            return found

    throttle = Throttle(Slow(ManualClock()))
    waits = await asyncio.gather(*(throttle.wait_for("anna", NOW) for _ in range(ALL_A_MINUTE)))

    assert sum(not one for one in waits) <= FREE


async def test_everybody_together_has_a_hundred_tries_a_minute() -> None:
    throttle, clock = a_throttle()
    passed = []
    for minute in range(3):
        clock.set(NOW + timedelta(minutes=minute))
        waits = [await throttle.wait_for(f"name {minute} {number}", clock.now()) for number in range(500)]
        passed.append(sum(not one for one in waits))

    assert passed == [ALL_A_MINUTE] * 3


async def a_day_of(house: House, every: int, guess: str) -> int:
    """Guess a password of Anna's the whole day, each time by another way to write her name; how many were looked at."""
    names = ("Anna", "anna", "ANNA", "id-Anna", " Anna", "Anna ", "\tid-ANNA\n")
    looked_at = 0
    for number in range(DAY // every):
        name = names[number % len(names)] + " " * (number // len(names))
        answer = await house.sign_in.with_password(name, guess)
        assert isinstance(answer, Denied)
        looked_at += answer.why is Denial.WRONG
        house.later(seconds=every)
    return looked_at


async def test_a_day_of_guessing_one_password_is_a_hundred_guesses_however_the_name_is_written() -> None:
    house = a_house()
    await house.employ("Anna")
    looked_at = await a_day_of(house, 10, "not the password")

    sys.stdout.write(f"\n{DAY // 10} passwords sent in a day, {looked_at} looked at\n")
    assert looked_at <= FREE + 4 + timedelta(days=1) // LONGEST_WAIT
    house.later(minutes=15)
    assert isinstance(await house.sign_in.with_password("Anna", PASSWORD), Session)


async def test_a_day_of_guessing_codes_with_the_right_password_is_a_hundred_guesses() -> None:
    house = a_house()
    anna = await house.employ("Anna")
    looked_at = 0
    for number in range(DAY // 20):
        pending = await house.sign_in.with_password("Anna", PASSWORD)
        if isinstance(pending, Session):
            # Never the right one, so that the day is not over early.
            wrong = f"{(int(house.code_of(anna)) + 7 + number) % 1_000_000:06}"
            answer = await house.sign_in.with_code(pending.cookie, wrong)
            looked_at += answer == Denied(Denial.CODE_WRONG)
        house.later(seconds=20)

    sys.stdout.write(f"\n{DAY // 20} codes sent in a day, {looked_at} looked at\n")
    assert 0 < looked_at <= FREE + 4 + timedelta(days=1) // LONGEST_WAIT


async def test_a_session_is_no_place_to_guess_the_password_from() -> None:
    house = a_house()
    anna = await house.employ("Anna")
    session = await house.enter(anna)
    answers = [await house.sign_in.change_password(session, f"guess {number}", "x" * 12) for number in range(FREE + 1)]
    answers += [await house.sign_in.unlock(session, "guess")]

    assert answers == [Denied(Denial.WRONG)] * FREE + [Denied(Denial.WAIT, 61)] * 2


async def test_whoever_guesses_keeps_nobody_out_of_a_browser_that_they_know() -> None:
    house = a_house()
    anna, ben = await house.employ("Anna"), await house.employ("Ben")
    browsers = house.sign_in.browsers
    mark = browsers.mark(ben.id, browsers.mark(anna.id, ""))
    for _ in range(FREE):
        await house.sign_in.with_password("Anna", "guess")
    assert await house.sign_in.with_password("Anna", "guess") == Denied(Denial.WAIT, 61)
    for number in range(ALL_A_MINUTE):
        await house.sign_in.with_password(f"Made up {number}", "guess")

    for member in (anna, ben):
        pending = await house.sign_in.with_password(member.name, PASSWORD, mark)
        assert isinstance(pending, Session)
        session = await house.sign_in.with_code(pending.cookie, house.code_of(member), mark)
        assert isinstance(session, Session)
        assert isinstance(await house.sign_in.unlock(session, PASSWORD), Session)
    assert await house.sign_in.with_password("Anna", PASSWORD) == Denied(Denial.WAIT, 61)


async def test_a_mark_of_a_browser_is_good_for_its_own_members_and_bounds_guesses_too() -> None:
    house = a_house()
    anna, ben = await house.employ("Anna"), await house.employ("Ben")
    browsers = house.sign_in.browsers
    mark = browsers.mark(anna.id, "")
    changed = [mark[:-1] + other for other in "AB" if not mark.endswith(other)]
    strange = ["", "x", ".", mark[:22], mark + ".", mark + "\udc80", f"{mark[:22]}.{'A' * 10}", *changed]
    assert [browsers.counter("code", anna.id, one)[1] for one in strange] == [False] * len(strange)
    assert browsers.counter("code", ben.id, mark) == (f"code\0{ben.id}", False)
    assert len(mark) == len(browsers.mark(anna.id, mark))

    for number in range(MOST + 5):
        mark = browsers.mark(StaffId(f"id-{number}"), mark)
    assert mark.count(".") == MOST
    assert not browsers.counter("code", anna.id, mark)[1], "whoever was there long ago is not known any more"

    mark = browsers.mark(anna.id, mark)
    for _ in range(FREE):
        assert await house.sign_in.with_password("Anna", "guess", mark) == Denied(Denial.WRONG)
    assert await house.sign_in.with_password("Anna", PASSWORD, mark) == Denied(Denial.WAIT, 61)
    assert await house.sign_in.with_password("Anna", "guess", "") == Denied(Denial.WRONG)


async def test_who_knows_only_the_password_cannot_wipe_out_the_count_of_codes() -> None:
    house = a_house()
    await house.employ("Anna")
    answers = []
    for _ in range(FREE):
        pending = await house.sign_in.with_password("Anna", PASSWORD)
        assert isinstance(pending, Session)
        answers.append(await house.sign_in.with_code(pending.cookie, "12345x"))

    assert answers == [Denied(Denial.CODE_WRONG)] * FREE
    assert await house.sign_in.with_password("Anna", PASSWORD) == Denied(Denial.WAIT, 61)
