"""What is sealed opens with our keys, at its place, and nowhere else."""

from itertools import product

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.messages import ConversationId
from bot.store.sealing import OUTGOING, QUARANTINE, RECORD, SealError, Vault
from tests.builders import SOMEBODY, SOMEBODY_ELSE

VAULT = Vault(b"i" * 32, {1: b"a" * 32}, 1)
LARGEST_TELEGRAM_ID = 2**52


@given(st.binary(max_size=2000))
def test_what_is_sealed_opens_at_its_place(plain: bytes) -> None:
    sealed = VAULT.seal(plain, SOMEBODY, OUTGOING, b"123456789")

    assert VAULT.open(sealed, SOMEBODY, OUTGOING, b"123456789") == plain


def test_what_was_moved_does_not_open() -> None:
    places = list(product((SOMEBODY, SOMEBODY_ELSE), (RECORD, OUTGOING, QUARANTINE), (b"", b"123456789", b"12345678")))
    for place in places:
        sealed = VAULT.seal(b"secret", *place)
        for other in places:
            if other != place:
                with pytest.raises(SealError):
                    VAULT.open(sealed, *other)


def test_what_was_changed_anywhere_does_not_open() -> None:
    sealed = VAULT.seal(b"secret", SOMEBODY, RECORD)
    for position in range(len(sealed)):
        changed = bytearray(sealed)
        changed[position] ^= 1
        with pytest.raises(SealError):
            VAULT.open(bytes(changed), SOMEBODY, RECORD)
    for length in range(len(sealed)):
        with pytest.raises(SealError):
            VAULT.open(sealed[:length], SOMEBODY, RECORD)


def test_lengths_do_not_tell_texts_apart() -> None:
    sizes = {len(VAULT.seal(b"x" * length, SOMEBODY, RECORD)) for length in range(256)}

    assert len(sizes) == 1
    assert len(VAULT.seal(b"x" * 256, SOMEBODY, RECORD)) == sizes.pop() + 256


def test_the_same_value_never_looks_the_same_twice() -> None:
    assert len({VAULT.seal(b"same", SOMEBODY, RECORD) for _ in range(100)}) == 100


def test_after_a_rotation_the_old_opens_and_the_new_seals() -> None:
    old = VAULT.seal(b"before", SOMEBODY, RECORD)
    rotated = Vault(b"i" * 32, {1: b"a" * 32, 2: b"b" * 32}, 2)
    new = rotated.seal(b"after", SOMEBODY, RECORD)

    assert rotated.open(old, SOMEBODY, RECORD) == b"before"
    assert rotated.open(new, SOMEBODY, RECORD) == b"after"
    with pytest.raises(SealError, match="working key 2 is gone"):
        VAULT.open(new, SOMEBODY, RECORD)


def test_another_key_of_the_same_number_does_not_open() -> None:
    with pytest.raises(SealError):
        Vault(b"i" * 32, {1: b"z" * 32}, 1).open(VAULT.seal(b"secret", SOMEBODY, RECORD), SOMEBODY, RECORD)


def test_a_chat_has_the_same_id_each_time_and_another_one_under_another_key() -> None:
    one = VAULT.conversation_id("telegram", "5123456789")

    assert one == VAULT.conversation_id("telegram", "5123456789")
    others = {
        VAULT.conversation_id("telegram", "5123456780"),
        VAULT.conversation_id("web", "5123456789"),
        VAULT.conversation_id("telegram\0", "5123456789"),
        Vault(b"j" * 32, {1: b"a" * 32}, 1).conversation_id("telegram", "5123456789"),
    }
    assert len(others) == 4
    assert one not in others


@given(st.text(max_size=20), st.text(max_size=30))
def test_an_id_of_a_conversation_is_short_and_safe_in_a_key(door: str, chat: str) -> None:
    conversation = VAULT.conversation_id(door, chat)

    assert len(conversation) == 22
    assert set(conversation) <= set("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_")


def test_an_arrival_has_eight_bytes_that_depend_on_who_and_what() -> None:
    ids = {
        VAULT.arrival_id(ConversationId(who), what)
        for who, what in (("a", "1"), ("a", "2"), ("b", "1"), ("a1", ""), ("", "a1"))
    }

    assert len(ids) == 5
    assert {len(arrival) for arrival in ids} == {8}
    assert VAULT.arrival_id(SOMEBODY, "1") == VAULT.arrival_id(SOMEBODY, "1")
