"""Who did what: nothing of it is changed, taken out, put in, moved or cut off without being found."""

import asyncio
import random
import sys
from datetime import timedelta

import pytest

from bot.casebook import Writer
from bot.desk.ticket import StaffId
from bot.guard.audit import KEPT, AuditEntry, Chronicle, Deed, Fault, find_fault, read_entry, write_entry
from bot.store.contract import ConflictError
from bot.store.shelf import MemoryShelf, ShelfKind
from tests.builders import NOW
from tests.fakes import ManualClock
from tests.guard.small_house import SEED

ANNA = StaffId("anna")
WRITER, STRANGER = Writer(SEED), Writer(b"x" * 32)
WRITERS = {WRITER.public}
LENGTH, MUTATIONS = 60, 1000


def a_chain(length: int = LENGTH, writer: Writer = WRITER) -> list[bytes]:
    chain: list[bytes] = []
    for number in range(length):
        entry = AuditEntry(number, NOW + timedelta(minutes=number), ANNA, Deed.OPENED, f"heron-{number}")
        chain.append(write_entry(writer, entry, chain[-1] if chain else None))
    return chain


class Kept:
    """A chronicle on a shelf, whose list can be tampered with."""

    def __init__(self) -> None:
        self.clock = ManualClock()
        self.shelf = MemoryShelf(self.clock)
        self.chronicle = Chronicle(self.shelf, WRITER, WRITERS)

    async def note(self, count: int = 1) -> None:
        for number in range(count):
            await self.chronicle.note(self.clock.now(), ANNA, Deed.ACTED, f"heron-{number}", "because")

    async def fault(self) -> tuple[int, Fault] | None:
        return (await self.chronicle.read())[1]


def test_a_chain_that_nobody_touched_holds() -> None:
    assert find_fault(a_chain(), WRITERS) is None
    assert find_fault([], WRITERS) is None
    assert find_fault(a_chain(1), WRITERS) is None


async def test_a_deed_of_another_version_leaves_the_list_whole_and_the_rest_of_it_readable() -> None:
    kept = Kept()
    await kept.note()
    await kept.chronicle.note(NOW, ANNA, "of-another-version")  # type: ignore[arg-type] # as that version would
    await kept.note()

    entries, fault = await kept.chronicle.read()

    assert fault is None
    assert [(one.number, one.deed) for one in entries] == [(0, Deed.ACTED), (2, Deed.ACTED)]


def edited(chain: list[bytes], choice: random.Random) -> str:
    place = choice.randrange(len(chain))
    data = bytearray(chain[place])
    data[choice.randrange(len(data))] ^= 1 << choice.randrange(8)
    chain[place] = bytes(data)
    return "edit"


def reworded(chain: list[bytes], choice: random.Random) -> str:
    place = choice.randrange(len(chain))
    chain[place] = chain[place].replace(b"heron", b"stork")
    return "reword"


def deleted(chain: list[bytes], choice: random.Random) -> str:
    start = choice.randrange(len(chain))
    del chain[start : start + choice.randint(1, 5)]
    return "delete"


def inserted(chain: list[bytes], choice: random.Random) -> str:
    place = choice.randrange(len(chain) + 1)
    before = chain[place - 1] if place else None
    forged = write_entry(STRANGER, AuditEntry(place, NOW, ANNA, Deed.OPENED, "heron"), before)
    chain.insert(place, choice.choice([forged, choice.choice(chain), b"", choice.randbytes(200)]))
    return "insert"


def swapped(chain: list[bytes], choice: random.Random) -> str:
    one, other = choice.sample(range(len(chain)), 2)
    chain[one], chain[other] = chain[other], chain[one]
    return "swap"


def cut_off(chain: list[bytes], choice: random.Random) -> str:
    del chain[choice.randrange(len(chain)) :]
    return "truncate"


def begun_late(chain: list[bytes], choice: random.Random) -> str:
    del chain[: choice.randint(1, len(chain))]
    return "behead"


def signed_anew(chain: list[bytes], choice: random.Random) -> str:
    chain[:] = a_chain(writer=STRANGER)[: choice.randint(1, len(chain))]
    return "sign anew"


MUTATE = (edited, reworded, deleted, inserted, swapped, cut_off, begun_late, signed_anew)


async def test_a_thousand_mutations_are_all_found() -> None:
    choice = random.Random(20261126)
    kept = Kept()
    await kept.note(LENGTH)
    whole = list(kept.shelf.audit)
    found: dict[str, list[bool]] = {}
    for number in range(MUTATIONS):
        kept.shelf.audit[:] = whole
        kind = MUTATE[number % len(MUTATE)](kept.shelf.audit, choice)
        assert kept.shelf.audit != whole
        found.setdefault(kind, []).append(await kept.fault() is not None)
    kept.shelf.audit[:] = whole

    told = ", ".join(f"{kind} {sum(one)}/{len(one)}" for kind, one in found.items())
    sys.stdout.write(f"\naudit chain: {told}\n")
    assert sum(map(len, found.values())) == MUTATIONS
    assert all(map(all, found.values()))
    assert await kept.fault() is None


async def test_the_head_tells_what_the_entries_alone_do_not() -> None:
    kept = Kept()
    await kept.note(3)
    del kept.shelf.audit[-1]

    assert find_fault(kept.shelf.audit, WRITERS) is None
    assert await kept.fault() == (2, Fault.CUT_SHORT)


@pytest.mark.parametrize("head", [None, b"", b"x" * 64 + b"1 " + b"0" * 64])
async def test_a_head_that_is_gone_or_forged_is_a_fault(head: bytes | None) -> None:
    kept = Kept()
    await kept.note(3)
    if head is None:
        await kept.shelf.drop_shelf(ShelfKind.CREDENTIAL, "audit-head")
    else:
        await kept.shelf.write_shelf(ShelfKind.CREDENTIAL, "audit-head", head)

    assert await kept.fault() == (3, Fault.CUT_SHORT)


async def test_a_list_that_is_gone_with_its_head_is_missed_while_the_store_still_counts() -> None:
    kept = Kept()
    await kept.note(3)
    await kept.shelf.drop_shelf(ShelfKind.CREDENTIAL, "audit-head")
    kept.shelf.audit.clear()

    assert await kept.fault() == (0, Fault.CUT_SHORT)


def test_an_entry_of_ours_from_another_life_of_the_list_does_not_fit_in() -> None:
    """As when the store came back from an older copy: both lives are signed by us, with the same numbers."""
    chain, other = a_chain(5), a_chain(2)
    for number in (2, 3, 4):
        entry = AuditEntry(number, NOW, ANNA, Deed.SIGNED_IN)
        other.append(write_entry(WRITER, entry, other[-1]))

    assert find_fault([*chain[:3], *other[3:]], WRITERS) == (3, Fault.BROKEN)
    assert find_fault([*chain[:2], *other[2:]], WRITERS) is None


async def test_an_entry_is_signed_as_an_entry_and_nothing_else() -> None:
    plain = a_chain(1)[0][64:]

    assert find_fault([WRITER.sign(plain) + plain], WRITERS) == (0, Fault.FORGED)
    assert find_fault([WRITER.sign(b"head\0" + plain) + plain], WRITERS) == (0, Fault.FORGED)


async def test_entries_of_an_older_key_count_while_it_is_known() -> None:
    newer = Writer(b"n" * 32)
    chain = a_chain(2)
    chain.append(write_entry(newer, AuditEntry(2, NOW, ANNA, Deed.OPENED), chain[-1]))

    assert find_fault(chain, {WRITER.public, newer.public}) is None
    assert find_fault(chain, {newer.public}) == (0, Fault.FORGED)


async def test_a_deed_is_kept_with_its_minute_and_comes_back_whole() -> None:
    kept = Kept()
    kept.clock.set(NOW + timedelta(seconds=59))
    await kept.chronicle.note(kept.clock.now(), ANNA, Deed.BROKE_GLASS, "heron-7", "she called again")

    assert await kept.chronicle.read() == (
        (AuditEntry(0, NOW, ANNA, Deed.BROKE_GLASS, "heron-7", "she called again"),),
        None,
    )


async def test_all_who_write_at_once_stand_in_one_chain() -> None:
    class Slow(MemoryShelf):
        async def last_audit(self) -> tuple[int, bytes | None]:
            last = await MemoryShelf.last_audit(self)
            await asyncio.sleep(0)
            return last

        async def read_shelf(self, kind: ShelfKind, name: str) -> tuple[int, bytes] | None:
            found = await MemoryShelf.read_shelf(self, kind, name)
            await asyncio.sleep(0)
            return found

    kept = Kept()
    kept.shelf = Slow(kept.clock)
    kept.chronicle = Chronicle(kept.shelf, WRITER, WRITERS)
    await asyncio.gather(*(kept.note() for _ in range(10)))
    entries, fault = await kept.chronicle.read()

    assert ([one.number for one in entries], fault) == (list(range(10)), None)
    del kept.shelf.audit[-1]
    assert await kept.fault() == (9, Fault.CUT_SHORT)


async def test_what_is_added_while_the_list_is_read_does_not_look_cut_off() -> None:
    class Busy(MemoryShelf):
        async def read_shelf(self, kind: ShelfKind, name: str) -> tuple[int, bytes] | None:
            found = await MemoryShelf.read_shelf(self, kind, name)
            for _ in range(ADDED.pop() if ADDED else 0):
                await kept.note()
            return found

    kept = Kept()
    kept.shelf = Busy(kept.clock)
    kept.chronicle = Chronicle(kept.shelf, WRITER, WRITERS)
    await kept.note(2)
    ADDED.append(1)

    assert await kept.fault() is None
    assert kept.shelf.audited == 3


ADDED: list[int] = []


async def test_what_never_gets_in_is_an_error() -> None:
    class Taken(MemoryShelf):
        async def append_audit(self, entry: bytes, expected: int) -> None:
            raise ConflictError("somebody else wrote this first")

    with pytest.raises(ConflictError):
        await Chronicle(Taken(ManualClock()), WRITER, WRITERS).note(NOW, ANNA, Deed.OPENED)


async def test_what_is_older_than_180_days_goes_and_this_is_written_down() -> None:
    kept = Kept()
    await kept.note(5)
    kept.clock.set(NOW + timedelta(days=100))
    await kept.note(3)
    kept.clock.set(NOW + KEPT - timedelta(minutes=1))
    assert await kept.chronicle.trim(kept.clock.now()) == 0
    kept.clock.set(NOW + KEPT)

    assert await kept.chronicle.trim(kept.clock.now()) == 5
    entries, fault = await kept.chronicle.read()
    assert fault is None
    assert [(one.number, one.deed) for one in entries] == [*((n, Deed.ACTED) for n in (5, 6, 7)), (8, Deed.TRIMMED)]

    kept.clock.set(NOW + timedelta(days=100) + KEPT)
    assert await kept.chronicle.trim(kept.clock.now()) == 3
    entries, fault = await kept.chronicle.read()
    assert fault is None
    assert [(one.number, one.deed) for one in entries] == [(8, Deed.TRIMMED), (9, Deed.TRIMMED)]


async def test_more_than_was_trimmed_is_missed() -> None:
    kept = Kept()
    await kept.note(5)
    kept.clock.set(NOW + timedelta(days=100))
    await kept.note(3)
    kept.clock.set(NOW + KEPT)
    await kept.chronicle.trim(kept.clock.now())
    del kept.shelf.audit[0]

    assert await kept.fault() == (0, Fault.BEGINS_LATE)


async def test_two_who_trim_at_once_take_nothing_that_is_to_be_kept() -> None:
    class Slow(MemoryShelf):
        async def read_audit(self) -> tuple[int, tuple[bytes, ...]]:
            first, entries = await MemoryShelf.read_audit(self)
            await asyncio.sleep(0)
            return first, tuple(entries)

    kept = Kept()
    kept.shelf = Slow(kept.clock)
    kept.chronicle = Chronicle(kept.shelf, WRITER, WRITERS)
    await kept.note(3)
    kept.clock.set(NOW + timedelta(days=100))
    await kept.note(3)
    kept.clock.set(NOW + KEPT)
    gone = await asyncio.gather(*(kept.chronicle.trim(kept.clock.now()) for _ in range(3)))
    entries, fault = await kept.chronicle.read()

    assert sorted(gone) == [0, 0, 3]
    assert ([one.number for one in entries], fault) == ([3, 4, 5, 6], None)


async def test_an_empty_list_is_trimmed_and_read() -> None:
    kept = Kept()

    assert await kept.chronicle.trim(NOW) == 0
    assert await kept.chronicle.read() == ((), None)


def test_bytes_that_are_no_entry_are_none() -> None:
    for data in (b"", b"x" * 63, b"x" * 64 + b"{}", b"x" * 64 + b"\xff", b"x" * 64 + b'[0,"",1]'):
        assert read_entry(data) is None


def test_an_entry_holds_staff_deed_alias_reason_and_minute_and_nothing_more() -> None:
    entry = write_entry(WRITER, AuditEntry(0, NOW, ANNA, Deed.OPENED, "heron-7", "why"), None)

    assert entry[64:] == b'[0,"2026-11-26T09:00:00Z","anna","opened","heron-7","why","' + b"0" * 64 + b'"]'
