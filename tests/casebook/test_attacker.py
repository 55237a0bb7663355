"""What a thief reads, by what they took: everything that lies here, our own keys, a reader's key, a backup.

The thief knows our source and uses none of it: they try every key they have, and every key they find on the way, on
every box they have, and look through all bytes for words in the usual encodings. `pytest -s` prints the figures.
"""

import base64
import shutil
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from hashlib import blake2b
from pathlib import Path

import pytest
from nacl.bindings import crypto_aead_xchacha20poly1305_ietf_decrypt, crypto_sign_ed25519_sk_to_curve25519
from nacl.exceptions import CryptoError
from nacl.public import PrivateKey, SealedBox
from nacl.signing import SigningKey

from bot.casebook import RECOVERY, Epochs, Keeper, KeyPair, join_shares, load_writers, make_recovery, new_key, week_of
from bot.casebook.keeper import NOTHING_SEALED
from bot.desk.actions import ByPerson, ByStaff, Happening, Note, SendCard, Write
from bot.desk.letters import PersonWrote
from bot.desk.phrases import CardId
from bot.desk.staff import Member, Role, Roster
from bot.desk.ticket import CloseReason, Closing, StaffId, Stage, Ticket, TicketId
from bot.figures import Figures
from bot.store.contract import Sealed
from tests.casebook.casebook_world import CHAN, KHMER, KM, NOW, days
from tests.desk.small_world import HELPLINES, a_ticket

TICKETS = tuple(TicketId(f"~{letter * 20}07") for letter in "abcde")
LAM = StaffId("lam")
CHAN_KEY, LAM_KEY = new_key(), new_key()
PAPER, SHARES = make_recovery()
ROSTER = Roster(
    {CHAN: Member(CHAN, "Chan", Role.RESPONDER, frozenset({KHMER}), key=CHAN_KEY.public)},
    recovery=PAPER,
)


def told(ticket: TicketId) -> list[tuple[str, Happening]]:
    """Planted words, and how each comes to be kept; no two are alike."""
    words = [f"canary {ticket[1]}{number} ជំនួយ passport" for number in range(6)]
    return [
        (words[0], ByPerson(PersonWrote(words[0], KM, "1"))),
        (words[1], ByPerson(PersonWrote(words[1], None, "1", is_edit=True))),
        (words[2], ByStaff(CHAN, Write(words[2], KM, "s1"), KHMER)),
        (words[3], ByStaff(CHAN, Note(words[3]), KHMER)),
        (words[4], ByStaff(CHAN, SendCard(CardId("later"), "s2", words[4]), KHMER)),
        (words[5], ByPerson(PersonWrote(words[5] + " long" * 200, KM, "2"))),
    ]


WORDS = frozenset(words for ticket in TICKETS for words, _ in told(ticket))


@dataclass(frozen=True, slots=True)
class Loot:
    """What a thief has: what lies in the store, unsealed as far as our own store keys go; files; keys of people."""

    stored: Mapping[TicketId, Sealed]
    files: Mapping[str, bytes] = field(default_factory=dict)
    keys: tuple[bytes, ...] = ()


class House:
    """A helpline at work: what it stores for each ticket, and its folder."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.epochs = Epochs(folder / "epochs")
        self.keeper = Keeper(self.epochs, load_writers(folder / "keys").newest, Figures())
        self.stored: dict[TicketId, Sealed] = {}
        self.tickets: dict[TicketId, Ticket] = {}
        for ticket in TICKETS:
            self.tickets[ticket] = a_ticket(id=ticket, helpline=KHMER)
            for _, happening in told(ticket):
                self.happen(self.tickets[ticket], happening)

    def happen(self, after: Ticket, happening: Happening) -> None:
        before, sealed = self.tickets[after.id], self.stored.get(after.id, NOTHING_SEALED)
        keeping = self.keeper.keep(before, after, happening, sealed, HELPLINES, ROSTER, NOW)
        self.tickets[after.id] = keeping.ticket
        self.stored[after.id] = Sealed((*sealed.records, *keeping.kept), {**sealed.wraps, **keeping.wraps})

    def close_all(self) -> None:
        for ticket in TICKETS:
            closing = Closing(CloseReason.WITHDRAWN, NOW)
            closed = replace(self.tickets[ticket], stage=Stage.CLOSED, closing=closing)
            self.happen(closed, ByStaff(CHAN, Note(""), KHMER))

    def files(self) -> dict[str, bytes]:
        return {str(path): path.read_bytes() for path in self.folder.rglob("*") if path.is_file()}

    def taken(self, *keys: KeyPair) -> Loot:
        """Everything that lies here now, with the private keys of people."""
        return Loot(dict(self.stored), self.files(), tuple(key.private for key in keys))


@pytest.fixture
def house(quick_folder: Path) -> House:
    return House(quick_folder)


def stolen_words(loot: Loot) -> frozenset[str]:
    """The planted words that the thief comes to see."""
    keys = set(loot.keys) | set(_keys_in(loot.files))
    boxes = {record[77:] for sealed in loot.stored.values() for record in sealed.records}
    boxes |= {wrap[start:] for sealed in loot.stored.values() for wrap in sealed.wraps.values() for start in (9, 33)}
    plain: set[bytes] = set()
    tried: set[tuple[bytes, bytes]] = set()
    # What is opened may hold keys, and what is unlocked other boxes, so it goes round until nothing new comes.
    while untried := {(key, box) for key in keys for box in boxes} - tried:
        tried |= untried
        opened = {content for key, box in untried for content in _opened(box, key)}
        plain |= opened
        boxes |= {box for key in keys for box in _unlocked(loot, key)}
        keys |= {content[:32] for content in opened if len(content) in range(32, 65)}
    everything = [*plain, *loot.files.values(), *keys]
    for sealed in loot.stored.values():
        everything += [*sealed.records, *sealed.wraps.values(), *(name.encode() for name in sealed.wraps)]
    haystack = b"\n".join(everything)
    return frozenset(words for words in WORDS if any(shape in haystack for shape in _shapes(words)))


def _keys_in(files: Mapping[str, bytes]) -> Iterator[bytes]:
    for content in files.values():
        yield from (content[start : start + 32] for start in range(len(content) - 31))
        for line in content.splitlines():
            try:
                seed = base64.b64decode(line, validate=True)
            except ValueError:
                continue
            if len(seed) == 32:
                signing = SigningKey(seed)
                yield from (seed, bytes(signing.verify_key), blake2b(seed, digest_size=32).digest())
                yield crypto_sign_ed25519_sk_to_curve25519(seed + bytes(signing.verify_key))


def _unlocked(loot: Loot, key: bytes) -> Iterator[bytes]:
    """The insides of wraps whose outer lock this key opens, at any place that a wrap may have been made for."""
    for ticket, sealed in loot.stored.items():
        for name, wrap in sealed.wraps.items():
            try:
                place = f"{ticket}\0{name}\0{wrap[1:9].decode()}".encode()
                yield crypto_aead_xchacha20poly1305_ietf_decrypt(wrap[33:], place, wrap[9:33], key)
            except (CryptoError, ValueError):
                continue


def _opened(box: bytes, key: bytes) -> Iterator[bytes]:
    try:
        yield SealedBox(PrivateKey(key)).decrypt(box)
    except (CryptoError, ValueError, TypeError):
        return


def _shapes(words: str) -> Iterator[bytes]:
    for encoding in ("utf-8", "utf-16-le", "utf-16-be", "utf-32-le"):
        plain = words.encode(encoding)
        yield from (plain, plain[::-1], plain.hex().encode(), plain.hex().upper().encode())
        # In base64 the same bytes look different at each of three offsets; what depends on neighbours is cut off.
        for offset in range(3):
            whole = (b"\0" * offset + plain)[: (offset + len(plain)) // 3 * 3]
            for encode in (base64.b64encode, base64.urlsafe_b64encode):
                yield encode(whole)[4 if offset else 0 :]
    yield words.encode("unicode-escape")
    yield words.encode("ascii", "backslashreplace").replace(b" ", b"\\u0020")


def tell(what: str, stolen: frozenset[str]) -> None:
    print(f"\n{what}: {len(stolen)} of {len(WORDS)} texts", end="")  # noqa: T201 - seen with `pytest -s`


def test_a_reader_who_may_read_opens_everything_so_that_these_tests_can_fail(house: House) -> None:
    stolen = stolen_words(house.taken(CHAN_KEY))

    tell("control: reader's key, in time", stolen)
    assert stolen == WORDS
    assert len(WORDS) == 30


def test_two_shares_on_paper_open_everything_in_time(house: House) -> None:
    stolen = stolen_words(house.taken(join_shares(SHARES[0], SHARES[2])))

    tell("control: two shares on paper, in time", stolen)
    assert stolen == WORDS


@pytest.mark.parametrize("encoding", ["utf-8", "utf-16", "hex", "base64"])
def test_words_that_were_left_lying_about_would_be_found(house: House, encoding: str) -> None:
    (planted, *_) = sorted(WORDS)
    plain = planted.encode()
    lies = {
        "utf-8": plain,
        "utf-16": planted.encode("utf-16-le"),
        "hex": plain.hex().encode(),
        "base64": base64.b64encode(b"xx" + plain + b"y"),
    }
    (house.folder / "left").write_bytes(b"..." + lies[encoding] + b"...")

    assert stolen_words(house.taken()) == {planted}


def test_everything_that_lies_here_with_all_our_own_keys_gives_nothing(house: House) -> None:
    loot = house.taken()

    tell("all records and wraps, the writer's key and all keys of weeks", stolen_words(loot))
    assert stolen_words(loot) == frozenset()
    assert {Path(name).name for name in loot.files} == {"writer.keys", f"{week_of(NOW + days(90))}.key"}
    assert {len(sealed.records) for sealed in loot.stored.values()} == {6}
    assert {name.rpartition("/")[2] for sealed in loot.stored.values() for name in sealed.wraps} == {CHAN, RECOVERY}


def test_a_reader_of_another_helpline_gives_nothing(house: House) -> None:
    stolen = stolen_words(house.taken(LAM_KEY))

    tell("the same, with the key of another helpline's reader", stolen)
    assert stolen == frozenset()


def test_one_share_on_paper_gives_nothing(house: House) -> None:
    loot = house.taken()
    letters = SHARES[1].split(" ", 1)[1].replace(" ", "")
    share = base64.b32decode(letters + "=" * (-len(letters) % 8))

    stolen = stolen_words(replace(loot, files={**loot.files, "paper": share, "as printed": SHARES[1].encode()}))

    tell("the same, with one share on paper", stolen)
    assert stolen == frozenset()


def test_a_readers_key_gives_nothing_after_the_week_is_over(house: House) -> None:
    house.epochs.destroy_before(week_of(NOW + days(97)))
    stolen = stolen_words(house.taken(CHAN_KEY, join_shares(SHARES[0], SHARES[1])))

    tell("all that lies here, a reader's key and the key on paper, after the week is over", stolen)
    assert stolen == frozenset()


def test_a_closed_ticket_ends_earlier_even_for_who_has_a_readers_key(house: House) -> None:
    house.close_all()
    before = stolen_words(house.taken(CHAN_KEY))
    house.epochs.destroy_before(week_of(NOW + days(37)))
    after = stolen_words(house.taken(CHAN_KEY))

    tell("a reader's key after closing, in time", before)
    tell("a reader's key after closing, 37 days later", after)
    assert (before, after) == (WORDS, frozenset())


def test_a_backup_gives_nothing_after_the_week_is_over_even_with_a_readers_key(house: House) -> None:
    backup = dict(house.stored)
    files = {name: content for name, content in house.files().items() if "epochs" not in Path(name).parts}
    house.stored.clear()
    house.epochs.destroy_before(week_of(NOW + days(97)))
    house.epochs.key_for(week_of(NOW + days(187)))

    loot = Loot(backup, files | house.files(), (CHAN_KEY.private, join_shares(SHARES[0], SHARES[1]).private))
    stolen = stolen_words(loot)

    tell("a backup from before the deletion, all keys of people, after the week is over", stolen)
    assert stolen == frozenset()


def test_a_backup_without_the_keys_of_weeks_gives_nothing_even_in_time(house: House) -> None:
    shutil.rmtree(house.folder / "epochs")
    stolen = stolen_words(house.taken(CHAN_KEY))

    tell("a backup, which has no keys of weeks, and a reader's key, in time", stolen)
    assert stolen == frozenset()


def test_a_backup_from_before_erasing_opens_until_its_week_is_over_which_is_the_limit(house: House) -> None:
    """Not what we want, and what is: erasing reaches old copies only when the week's key goes."""
    backup = dict(house.stored)
    house.stored.clear()
    in_time = stolen_words(replace(house.taken(CHAN_KEY), stored=backup))
    house.epochs.destroy_before(week_of(NOW + days(97)))
    after = stolen_words(replace(house.taken(CHAN_KEY), stored=backup))

    tell("limit: erased, but backup, keys of weeks and reader's key taken in time", in_time)
    tell("the same after the week is over", after)
    assert (in_time, after) == (WORDS, frozenset())
