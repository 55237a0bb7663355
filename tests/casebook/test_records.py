"""What is shown of a talk is what was told, in its order; whatever else lies there is shown as doubtful."""

from dataclasses import fields
from itertools import pairwise
from typing import get_args

import pytest
from hypothesis import given
from hypothesis import strategies as st
from nacl.bindings import sodium_pad
from nacl.public import PublicKey, SealedBox

from bot.casebook import Doubt, Doubtful, Entry, Noted, Opened, PersonSaid, Writer, key_id, open_records, seal_entry
from bot.casebook.records import _signed
from tests.casebook.casebook_world import (
    ANY_ENTRY,
    CHAN,
    KEY,
    KM,
    NOW,
    ONE_OF_EACH,
    OTHER_KEY,
    OTHER_TICKET,
    STRANGER,
    TICKET,
    WRITER,
    keys_of,
    sealed,
)

ONE, TWO, THREE, FOUR = TOLD = tuple(PersonSaid(NOW, words, KM) for words in ("one", "two", "three", "four"))
FORGED, LOCKED = Doubtful(Doubt.FORGED), Doubtful(Doubt.LOCKED)
MISSING, OUT_OF_ORDER = Doubtful(Doubt.MISSING), Doubtful(Doubt.OUT_OF_ORDER)


def shown(records: list[bytes], keys: dict[str, bytes] | None = None, count: int = 0) -> tuple[Opened, ...]:
    opening = keys_of(KEY) if keys is None else keys
    return open_records(opening, [WRITER.public], TICKET, records, {key_id(KEY.public): count})


def planted(plain: bytes, number: int = 0, writer: Writer = WRITER) -> bytes:
    """A record as a thief of the writer's key could make it, with anything inside."""
    box = SealedBox(PublicKey(KEY.public)).encrypt(sodium_pad(plain, 768))
    head = bytes((1,)) + bytes.fromhex(key_id(KEY.public)) + number.to_bytes(4, "big")
    return head + writer.sign(_signed(TICKET, head, box)) + box


def test_each_kind_of_entry_comes_back_as_it_was() -> None:
    assert {type(entry) for entry in ONE_OF_EACH} == set(get_args(Entry))
    assert shown(sealed(ONE_OF_EACH)) == ONE_OF_EACH


@given(st.lists(ANY_ENTRY, max_size=6))
def test_whatever_is_told_comes_back_whole_and_in_order(entries: list[Entry]) -> None:
    assert shown(sealed(entries)) == tuple(entries)


@given(st.lists(ANY_ENTRY, min_size=1, max_size=6), st.data())
def test_whatever_is_done_to_the_records_nothing_is_shown_that_was_not_told(
    entries: list[Entry], data: st.DataObject
) -> None:
    records = sealed(entries)
    spoilt = data.draw(st.lists(st.sampled_from(records).flatmap(_perhaps_spoilt), max_size=8))

    real = [one for one in shown(spoilt) if not isinstance(one, Doubtful)]

    # What is left of the talk stands in the order in which it was told, each once.
    rest = iter(entries)
    assert all(any(one == entry and type(one) is type(entry) for entry in rest) for one in real)


def _perhaps_spoilt(record: bytes) -> st.SearchStrategy[bytes]:
    edited = st.integers(0, len(record) * 8 - 1).map(lambda bit: _with_bit_turned(record, bit))
    cut = st.integers(0, len(record) - 1).map(lambda length: record[:length])
    return st.just(record) | edited | cut | st.binary(max_size=len(record))


def _with_bit_turned(record: bytes, bit: int) -> bytes:
    spoilt = bytearray(record)
    spoilt[bit // 8] ^= 1 << bit % 8
    return bytes(spoilt)


def test_a_change_of_any_single_byte_shows() -> None:
    record = sealed([ONE])[0]

    assert {shown([_with_bit_turned(record, 8 * place)]) for place in range(len(record))} == {(FORGED,)}


@pytest.mark.parametrize("length", [0, 1, 12, 13, 76, 77, 78, 124, 125, 200])
def test_a_record_that_was_cut_off_shows(length: int) -> None:
    assert shown([sealed([ONE])[0][:length], *sealed([ONE])]) == (FORGED, ONE)


def test_a_record_of_another_ticket_is_not_taken_for_one_of_this() -> None:
    moved = seal_entry(WRITER, OTHER_TICKET, KEY.public, 0, ONE)

    assert shown([moved, *sealed([TWO])]) == (FORGED, TWO)
    assert open_records(keys_of(KEY), [WRITER.public], OTHER_TICKET, [moved]) == (ONE,)


def test_words_that_only_a_thief_has_signed_are_not_taken_for_real() -> None:
    planted_words = seal_entry(STRANGER, TICKET, KEY.public, 0, ONE)

    assert shown([planted_words]) == (FORGED,)
    assert open_records(keys_of(KEY), [STRANGER.public], TICKET, [planted_words]) == (ONE,)


def test_what_an_earlier_writer_signed_still_counts() -> None:
    earlier = seal_entry(STRANGER, TICKET, KEY.public, 0, ONE)
    later = seal_entry(WRITER, TICKET, KEY.public, 1, TWO)

    assert open_records(keys_of(KEY), [STRANGER.public, WRITER.public], TICKET, [earlier, later]) == (ONE, TWO)


def test_a_record_under_another_keys_name_is_not_taken_for_real() -> None:
    record = sealed([ONE])[0]
    renamed = record[:1] + bytes.fromhex(key_id(OTHER_KEY.public)) + record[9:]

    assert shown([renamed], keys_of(KEY, OTHER_KEY)) == (FORGED,)


def test_a_record_that_is_given_another_number_is_not_taken_for_real() -> None:
    first, second = sealed([ONE, TWO])
    renumbered = second[:9] + (2).to_bytes(4, "big") + second[13:]

    assert shown([first, second, renumbered]) == (ONE, TWO, FORGED)


def test_a_thief_of_the_writers_key_cannot_give_old_words_another_place() -> None:
    record = sealed([ONE])[0]
    box = record[77:]
    head = record[:9] + (1).to_bytes(4, "big")
    again = head + WRITER.sign(_signed(TICKET, head, box)) + box

    assert shown([record, again]) == (ONE, FORGED)


def test_a_record_that_is_gone_leaves_a_gap() -> None:
    first, second, third, fourth = sealed(TOLD)

    assert shown([first, third, fourth]) == (ONE, MISSING, THREE, FOUR)
    assert shown([second, third, fourth]) == (MISSING, TWO, THREE, FOUR)
    assert shown([first, fourth]) == (ONE, Doubtful(Doubt.MISSING, 2), FOUR)


def test_records_that_changed_places_show() -> None:
    first, second, third, fourth = sealed(TOLD)

    assert shown([first, third, second, fourth]) == (ONE, MISSING, THREE, OUT_OF_ORDER, FOUR)
    assert shown([fourth, third, second, first]) == (
        Doubtful(Doubt.MISSING, 3),
        FOUR,
        Doubtful(Doubt.OUT_OF_ORDER, 3),
    )


def test_a_record_that_is_put_in_twice_shows_once() -> None:
    first, second = sealed([ONE, TWO])

    assert shown([first, first, second, first]) == (ONE, OUT_OF_ORDER, TWO, OUT_OF_ORDER)


def test_an_edited_record_shows_and_so_does_that_the_real_one_is_gone() -> None:
    first, second, third = sealed([ONE, TWO, THREE])

    assert shown([first, _with_bit_turned(second, 900), third]) == (ONE, FORGED, MISSING, THREE)


def test_what_is_sealed_to_a_key_one_does_not_have_is_counted_and_not_left_out() -> None:
    records = [*sealed([ONE, TWO], OTHER_KEY), *sealed([THREE])]

    assert shown(records) == (Doubtful(Doubt.LOCKED, 2), THREE)
    assert shown(records, keys_of(KEY, OTHER_KEY)) == (ONE, TWO, THREE)


def test_numbers_begin_anew_with_a_new_key_and_gaps_show_in_each() -> None:
    old, new = sealed([ONE, TWO], OTHER_KEY), sealed([THREE, FOUR])

    assert shown([*old, *new], keys_of(KEY, OTHER_KEY)) == (ONE, TWO, THREE, FOUR)
    assert shown([old[1], new[1]], keys_of(KEY, OTHER_KEY)) == (MISSING, TWO, MISSING, FOUR)


def test_that_the_last_record_is_gone_shows() -> None:
    assert shown(sealed([ONE, TWO, THREE])[:2], count=3) == (ONE, TWO, MISSING)
    assert shown([], count=3) == (Doubtful(Doubt.MISSING, 3),)
    assert shown(sealed([ONE, TWO, THREE]), count=3) == (ONE, TWO, THREE)


@pytest.mark.parametrize(
    "keys",
    [
        {key_id(KEY.public): OTHER_KEY.private},
        {key_id(KEY.public): b""},
        {key_id(KEY.public): b"\0" * 32},
    ],
    ids=["another", "none", "zeros"],
)
def test_a_wrong_key_opens_nothing_and_raises_nothing(keys: dict[str, bytes]) -> None:
    assert shown(sealed([ONE]), keys) == (FORGED,)


def test_a_writer_that_is_none_is_not_believed_and_raises_nothing() -> None:
    assert open_records(keys_of(KEY), [b"", b"x" * 31, b"\0" * 32], TICKET, sealed([ONE])) == (FORGED,)


INSIDE = f'[1,"{TICKET}",0,"PersonSaid",%s]'


@pytest.mark.parametrize(
    "inside",
    [
        "",
        "[]",
        "nonsense",
        "\x00\xff",
        INSIDE % "{}",
        INSIDE % '{"at":"yesterday","words":"x"}',
        INSIDE % '{"at":"2026-11-26T03:00:00Z","words":5}',
        INSIDE % '{"at":"2026-11-26T03:00:00Z","words":"\\ud800"}',
        f'[2,"{TICKET}",0,"PersonSaid",{{"at":"2026-11-26T03:00:00Z","words":"x"}}]',
        f'[1,"{OTHER_TICKET}",0,"PersonSaid",{{"at":"2026-11-26T03:00:00Z","words":"x"}}]',
        f'[1,"{TICKET}",1,"PersonSaid",{{"at":"2026-11-26T03:00:00Z","words":"x"}}]',
        f'[1,"{TICKET}",0,"Ordered",{{"at":"2026-11-26T03:00:00Z","words":"x"}}]',
        INSIDE % ("[" * 400 + "]" * 400),
    ],
)
def test_what_a_thief_of_the_writers_key_seals_raises_nothing(inside: str) -> None:
    assert shown([planted(inside.encode("latin-1"))]) == (FORGED,)


def test_the_thief_of_these_tests_writes_as_we_do() -> None:
    assert shown([planted((INSIDE % '{"at":"2026-11-26T03:00:00Z","words":"x"}').encode())]) == (PersonSaid(NOW, "x"),)


def test_even_brackets_without_end_raise_nothing() -> None:
    assert shown([planted((INSIDE % ("[" * 20_000 + "]" * 20_000)).encode())]) == (FORGED,)


def test_a_moment_without_a_time_zone_is_not_taken() -> None:
    assert shown([planted((INSIDE % '{"at":"2026-11-26T03:00:00","words":"x"}').encode())]) == (FORGED,)


@pytest.mark.parametrize("letter", ["a", pytest.param("ស", id="km"), pytest.param("မ", id="my")])
def test_one_letter_and_a_long_sentence_look_alike(letter: str) -> None:
    lengths = {len(sealed([PersonSaid(NOW, letter * count, KM, "1234567")])[0]) for count in (1, 100, 180)}

    assert len(lengths) == 1


def test_sizes_come_in_few_steps() -> None:
    lengths = sorted({len(sealed([PersonSaid(NOW, "a" * count, KM)])[0]) for count in range(0, 4000, 7)})

    assert len(lengths) <= 17
    assert {later - earlier for earlier, later in pairwise(lengths)} <= {256, 512, 768, 1024}


def test_the_same_words_look_different_each_time() -> None:
    assert sealed([ONE])[0][77:] != sealed([ONE])[0][77:]


def test_nothing_of_an_entry_stands_outside_in_clear() -> None:
    records = b"".join(sealed([Noted(NOW, CHAN, "planted words of a note"), *ONE_OF_EACH]))

    texts = [
        str(getattr(entry, field.name))
        for entry in (Noted(NOW, CHAN, "planted words of a note"), *ONE_OF_EACH)
        for field in fields(entry)
    ]
    assert [text for text in texts if len(text) > 3 and text.encode() in records] == []


def test_a_writers_public_half_differs_from_its_seed() -> None:
    assert WRITER.public != b"w" * 32
    assert WRITER.public == Writer(b"w" * 32).public != STRANGER.public
