"""Values survive the way into bytes and back, and the usual record stays small."""

from collections.abc import Callable
from contextlib import suppress
from dataclasses import replace
from decimal import Decimal
from typing import Final

import msgspec
import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from bot.dialogue import Conversation, Frame, Frames, NodeToken, Value
from bot.messages import Button, Language, Message, Rows, Span, Style, Text
from bot.store.contract import Address, Outgoing, OutgoingId, Priority, Record
from bot.store.encoding import (
    SCHEMA,
    UnreadableError,
    decode_outgoing,
    decode_record,
    decode_roster,
    decode_ticket,
    encode_outgoing,
    encode_record,
)
from bot.store.sealing import RECORD, Vault
from tests.builders import SOMEBODY, a_record, an_outgoing

WORDS = st.text(max_size=30)
NODES = st.sampled_from([NodeToken(f"node{letter}00000") for letter in "abcdef"])
VALUES = st.dictionaries(WORDS, WORDS | st.decimals(allow_nan=False, allow_infinity=False), max_size=3)
FRAMES: st.SearchStrategy[Frames] = st.lists(st.builds(Frame, NODES, VALUES), max_size=4).map(tuple)
LANGUAGES = st.sampled_from([Language(code) for code in ("km", "lo", "my", "th", "en")])
CONVERSATIONS = st.builds(
    Conversation,
    language=st.none() | LANGUAGES,
    profile=st.dictionaries(WORDS, WORDS, max_size=4),
    frames=FRAMES,
    trail=st.lists(FRAMES, max_size=8).map(tuple),
    tries=st.integers(0, 100),
    heard=st.none() | LANGUAGES,
)
RECORDS = st.builds(Record, st.builds(Address, WORDS, WORDS), CONVERSATIONS)
TEXTS: st.SearchStrategy[Text] = st.lists(st.builds(Span, WORDS, st.sampled_from(Style), WORDS), max_size=5).map(tuple)
ROWS: st.SearchStrategy[Rows] = st.lists(
    st.lists(st.builds(Button, WORDS, WORDS, WORDS), max_size=3).map(tuple), max_size=4
).map(tuple)
MESSAGES = st.builds(Message, TEXTS, ROWS, st.booleans(), st.none() | LANGUAGES, st.none() | WORDS, st.none() | WORDS)
OUTGOINGS = st.builds(
    Outgoing,
    st.binary(min_size=9, max_size=9).map(OutgoingId),
    st.builds(Address, WORDS, WORDS),
    st.none() | MESSAGES,
    st.none() | WORDS,
    st.none() | WORDS,
    st.booleans(),
    st.sampled_from(Priority),
    st.integers(0, 255),
)


@given(RECORDS)
def test_a_record_survives(record: Record) -> None:
    assert decode_record(encode_record(record)) == record


@given(OUTGOINGS)
def test_an_outgoing_survives(outgoing: Outgoing) -> None:
    assert decode_outgoing(encode_outgoing(outgoing), outgoing.id, outgoing.attempts) == outgoing


def test_a_number_stays_a_number_and_digits_stay_words() -> None:
    values: dict[str, Value] = {"days": Decimal("12.50"), "code": "12.50"}
    record = Record(Address("web", "x"), Conversation(frames=(Frame(NodeToken("wages00000"), values),)))

    [frame] = decode_record(encode_record(record)).conversation.frames

    assert {name: repr(value) for name, value in frame.values.items()} == {
        "days": "Decimal('12.50')",
        "code": "'12.50'",
    }


def test_the_usual_record_with_a_trail_of_six_takes_one_padded_block() -> None:
    menu = Frame(NodeToken("mainmenuaa"))
    wages = [
        Frame(
            NodeToken(f"wagestep{number:02d}"), {"province": "bangkok", "days": Decimal("12.5")} if number > 2 else {}
        )
        for number in range(7)
    ]
    conversation = Conversation(
        Language("km"),
        {"land": "th", "work": "fishing", "papers": "pink"},
        (menu, wages[6]),
        tuple((menu, wages[number]) for number in range(6)),
    )
    encoded = encode_record(Record(Address("telegram", "5123456789"), conversation))

    assert len(encoded) <= 255
    vault = Vault(b"i" * 32, {1: b"w" * 32}, 1)
    assert len(vault.seal(encoded, SOMEBODY, RECORD)) == len(vault.seal(b"", SOMEBODY, RECORD))


def test_what_a_newer_program_wrote_is_refused_with_words() -> None:
    newer = bytes((SCHEMA + 1,)) + encode_record(a_record())[1:]

    with pytest.raises(UnreadableError, match=f"stored with schema {SCHEMA + 1}, and we read up to {SCHEMA}"):
        decode_record(newer)


def test_a_row_that_grew_at_its_end_is_read_by_the_older_program() -> None:
    encoded = encode_record(a_record())
    grown = [*msgspec.msgpack.decode(encoded[1:], type=list[object]), None, "something new"]

    assert decode_record(encoded[:1] + msgspec.msgpack.encode(grown)) == a_record()


def test_a_message_without_a_recording_is_written_as_before_there_were_any() -> None:
    silent, read_out = an_outgoing(), an_outgoing()
    assert silent.message is not None
    read_out = replace(read_out, message=replace(silent.message, recording="home.menu.say"))

    rows = [msgspec.msgpack.decode(encode_outgoing(one)[1:], type=list[object])[2] for one in (silent, read_out)]

    assert [len(row) for row in rows if isinstance(row, list)] == [5, 6]
    assert decode_outgoing(encode_outgoing(read_out), read_out.id, 0).message == read_out.message


@pytest.mark.parametrize("garbage", [b"", b"\x01", b"\x01\xff", b"\x01\x90", bytes(200), b"\x01" + b"\xc1" * 20])
def test_garbage_is_refused(garbage: bytes) -> None:
    with pytest.raises(UnreadableError):
        decode_record(garbage)
    with pytest.raises(UnreadableError):
        decode_outgoing(garbage, an_outgoing().id, 0)


DECODERS: Final[tuple[Callable[[bytes], object], ...]] = (
    decode_record,
    lambda data: decode_outgoing(data, OutgoingId(b"outgoing1"), 0),
    decode_ticket,
    decode_roster,
)


def refuse_or_read(data: bytes) -> None:
    for decode in DECODERS:
        with suppress(UnreadableError):
            decode(data)


@given(st.binary(max_size=300))
@example(b"\x97\xa1\xff")
def test_no_bytes_raise_anything_else(data: bytes) -> None:
    for schema in (b"", bytes((SCHEMA,))):
        refuse_or_read(schema + data)


@given(RECORDS.map(encode_record) | OUTGOINGS.map(encode_outgoing), st.data())
def test_no_damage_raises_anything_else(whole: bytes, data: st.DataObject) -> None:
    damaged = bytearray(whole)
    places = st.integers(1, len(whole) - 1)
    for place, byte in data.draw(st.lists(st.tuples(places, st.integers(0, 255)), min_size=1, max_size=4)):
        damaged[place] = byte
    refuse_or_read(bytes(damaged))


@pytest.mark.parametrize(("part", "damaged"), [(b"node", b"no\xffe"), (b"12.5", b"1x.5")])
def test_words_that_are_no_text_and_figures_that_are_no_number_are_refused(part: bytes, damaged: bytes) -> None:
    values: dict[str, Value] = {"days": Decimal("12.5")}
    encoded = encode_record(Record(Address("web", "x"), Conversation(frames=(Frame(NodeToken("node000000"), values),))))
    assert part in encoded

    with pytest.raises(UnreadableError, match="damaged"):
        decode_record(encoded.replace(part, damaged))
