"""Three shares on paper: any two give the key, one gives nothing, and a mistake in copying is told."""

import secrets
from collections import Counter
from itertools import combinations, permutations

import pytest
from hypothesis import given
from hypothesis import strategies as st
from nacl.public import PrivateKey

from bot.casebook import ShareError, join_shares, make_recovery, new_key
from bot.casebook.recovery import PAIRS, _check, _key_mark, _read, _write, _xor

PUBLIC, SHARES = make_recovery()
LETTERS = "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567"


def test_any_two_shares_give_the_key_in_either_order() -> None:
    joined = [join_shares(one, other) for one, other in permutations(SHARES, 2)]

    assert len(joined) == 6
    assert {key.public for key in joined} == {PUBLIC}
    assert {bytes(PrivateKey(key.private).public_key) for key in joined} == {PUBLIC}


def test_shares_are_short_groups_of_letters_that_can_be_printed_and_read_aloud() -> None:
    for number, share in enumerate(SHARES, 1):
        mark, *groups = share.split(" ")
        assert mark == f"WR1-{number}"
        assert {len(group) for group in groups[:-1]} == {5}
        assert set("".join(groups)) <= set(LETTERS)
        assert len(share) < 150


def test_small_letters_line_breaks_and_zero_for_o_are_read_all_the_same() -> None:
    one, two, _ = SHARES
    mark, letters = one.split(" ", 1)
    scrawled = f"  {mark} \n {letters.lower().replace('o', '0').replace('i', '1').replace(' ', chr(10))}\t"

    assert join_shares(scrawled, two).public == PUBLIC


@pytest.mark.parametrize("share", SHARES)
def test_the_same_share_twice_is_told(share: str) -> None:
    with pytest.raises(ShareError, match="twice"):
        join_shares(share, share)


def test_shares_of_different_keys_are_told() -> None:
    _, others = make_recovery()

    for one, other in ((0, 1), (1, 2), (0, 2)):
        with pytest.raises(ShareError, match="different keys"):
            join_shares(SHARES[one], others[other])


@given(
    st.integers(0, 2),
    st.integers(0, 112),
    st.sampled_from(LETTERS),
)
def test_one_letter_copied_wrongly_is_told(number: int, place: int, letter: str) -> None:
    share, other = SHARES[number], SHARES[(number + 1) % 3]
    mark, groups = share.split(" ", 1)
    letters = groups.replace(" ", "")
    wrong = f"{mark} {letters[:place]}{letter}{letters[place + 1 :]}"
    if letter == letters[place]:
        assert join_shares(wrong, other).public == PUBLIC
        return

    with pytest.raises(ShareError, match=r"not copied rightly|different keys|twice"):
        join_shares(wrong, other)


@given(st.integers(0, 111))
def test_two_neighbours_that_changed_places_are_told(place: int) -> None:
    mark, groups = SHARES[0].split(" ", 1)
    letters = groups.replace(" ", "")
    swapped = letters[:place] + letters[place + 1] + letters[place] + letters[place + 2 :]
    if swapped == letters:
        return

    with pytest.raises(ShareError):
        join_shares(f"{mark} {swapped}", SHARES[1])


@given(st.text(max_size=200) | st.text(LETTERS + " ", max_size=200).map(lambda letters: f"WR1-1 {letters}"))
def test_whatever_else_is_typed_is_told_and_raises_nothing_else(typed: str) -> None:
    for pair in ((typed, SHARES[1]), (SHARES[1], typed)):
        with pytest.raises(ShareError):
            join_shares(*pair)


def test_a_share_with_a_group_left_out_or_doubled_is_told() -> None:
    mark, *groups = SHARES[0].split(" ")

    for changed in (groups[1:], groups[:-1], [groups[0], *groups], []):
        with pytest.raises(ShareError):
            join_shares(" ".join([mark, *changed]), SHARES[1])


def test_nothing_of_the_key_stands_in_an_error() -> None:
    mark, groups = SHARES[0].split(" ", 1)
    with pytest.raises(ShareError) as error:
        join_shares(f"{mark} {'A' if groups[9] != 'A' else 'B'}{groups}", SHARES[1])

    assert not any(group in str(error.value) for group in groups.split(" "))


@pytest.mark.parametrize("number", [1, 2, 3])
def test_one_share_alone_goes_with_every_key_there_is(number: int) -> None:
    """For any other key there is a second share with which this one gives that key: so it rules out none."""
    held = _read(SHARES[number - 1])
    for _ in range(20):
        wanted = new_key()
        for pair in (pair for pair in PAIRS if number in pair):
            (partner,) = set(pair) - {number}
            fitting = _xor(held.parts[pair], wanted.private)
            parts = b"".join(fitting if one == pair else secrets.token_bytes(32) for one in PAIRS if partner in one)
            # The mark of the key, a hash of its public half, is the same on both: that half is known to everybody.
            mark = _key_mark(wanted.public)
            mine = _write(number, mark, b"".join(held.parts[one] for one in PAIRS if number in one))
            assert join_shares(mine, _write(partner, mark, parts)).private == wanted.private


def test_the_parts_of_one_share_are_pads_that_never_come_again_and_lean_to_no_side() -> None:
    """Over many sets of shares, no bit of a share goes with the same bit of the key more often than chance has it."""
    sets = [make_recovery()[1] for _ in range(400)]
    agreeing: Counter[tuple[int, tuple[int, int]]] = Counter()
    seen: list[bytes] = []
    for shares in sets:
        private = join_shares(shares[0], shares[1]).private
        for number, share in enumerate(shares, 1):
            for pair, part in _read(share).parts.items():
                seen.append(part)
                agreeing[number, pair] += 256 - int.from_bytes(_xor(part, private)).bit_count()
                assert private not in part

    bits = len(sets) * 256
    assert len(set(seen)) == len(seen) == 6 * len(sets)
    # Six standard deviations: about one run in a hundred million fails by chance.
    assert {place: count for place, count in agreeing.items() if abs(count - bits / 2) > 3 * bits**0.5} == {}


def test_the_key_stands_in_no_share_and_in_no_sum_of_the_parts_of_one() -> None:
    private = join_shares(SHARES[0], SHARES[1]).private

    for share in SHARES:
        one, other = _read(share).parts.values()
        assert private not in {one, other, _xor(one, other)}
    pads = [(_read(SHARES[a - 1]).parts[a, b], _read(SHARES[b - 1]).parts[a, b]) for a, b in combinations((1, 2, 3), 2)]
    assert {_xor(pad, masked) for pad, masked in pads} == {private}


def test_a_share_of_a_false_number_is_told() -> None:
    body = bytes((4,)) + _key_mark(PUBLIC) + b"p" * 64
    assert len(_check(body)) == 3

    with pytest.raises(ShareError):
        join_shares(_write(4, _key_mark(PUBLIC), b"p" * 64), SHARES[1])
