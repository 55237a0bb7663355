"""A ticket's key opens for those it was wrapped for, where it was put, until its week is over; and for nobody else."""

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.casebook import (
    RECOVERY,
    CasebookError,
    Epochs,
    KeyPair,
    Unopened,
    key_id,
    move_wrap,
    new_key,
    open_wrap,
    week_of,
    week_of_wrap,
    wrap_key,
    wrap_name,
)
from bot.desk.helplines import HelplineId
from tests.casebook.casebook_world import KEY, KHMER, NOW, OTHER_KEY, OTHER_TICKET, TICKET, days

SOON, LATE = week_of(NOW + days(30)), week_of(NOW + days(90))
CHAN_KEY, LAM_KEY, PAPER_KEY = new_key(), new_key(), new_key()
READERS = {"chan": CHAN_KEY.public, "lam": LAM_KEY.public, RECOVERY: PAPER_KEY.public}
CHANS = wrap_name(KHMER, KEY.public, "chan")
LAMS = wrap_name(KHMER, KEY.public, "lam")


@pytest.fixture
def epochs(quick_folder: Path) -> Epochs:
    return Epochs(quick_folder / "epochs")


def why(epochs: Epochs, name: str, wrap: bytes, reader: KeyPair = CHAN_KEY, ticket: str = TICKET) -> Unopened | None:
    """What stands in the way of opening; None where nothing does."""
    try:
        opened = open_wrap(epochs, type(TICKET)(ticket), name, wrap, reader.private)
    except CasebookError as error:
        return error.why
    assert opened == KEY
    return None


def test_each_reader_opens_the_wrap_made_for_them(epochs: Epochs) -> None:
    wraps = wrap_key(epochs, TICKET, KHMER, KEY, READERS, LATE)

    assert set(wraps) == {f"khmer/{key_id(KEY.public)}/{reader}" for reader in READERS}
    opened = {
        name: open_wrap(epochs, TICKET, name, wrap, key.private)
        for (name, wrap), key in zip(wraps.items(), (CHAN_KEY, LAM_KEY, PAPER_KEY), strict=True)
    }
    assert opened == dict.fromkeys(wraps, KEY)


def test_nobody_opens_the_wrap_made_for_another(epochs: Epochs) -> None:
    wraps = wrap_key(epochs, TICKET, KHMER, KEY, READERS, LATE)

    answers = {why(epochs, name, wrap, new_key()) for name, wrap in wraps.items()}
    assert answers | {why(epochs, CHANS, wraps[CHANS], LAM_KEY)} == {Unopened.NOT_FOR_YOU}


def test_a_wrap_that_was_moved_does_not_open(epochs: Epochs) -> None:
    wraps = wrap_key(epochs, TICKET, KHMER, KEY, READERS, LATE)
    elsewhere = wrap_name(HelplineId("lao"), KEY.public, "chan")
    of_another_key = wrap_name(KHMER, OTHER_KEY.public, "chan")

    assert why(epochs, CHANS, wraps[CHANS]) is None
    assert why(epochs, CHANS, wraps[CHANS], ticket=OTHER_TICKET) is Unopened.DAMAGED
    for name in (LAMS, elsewhere, of_another_key, "", "chan"):
        assert why(epochs, name, wraps[CHANS]) is Unopened.DAMAGED
    assert why(epochs, LAMS, wraps[CHANS], LAM_KEY) is Unopened.DAMAGED


def test_a_wrap_whose_week_was_rewritten_does_not_open(epochs: Epochs) -> None:
    wrap = wrap_key(epochs, TICKET, KHMER, KEY, READERS, SOON)[CHANS]
    epochs.key_for(LATE)

    assert why(epochs, CHANS, wrap.replace(SOON.encode(), LATE.encode())) is Unopened.DAMAGED


def test_a_wrap_that_names_another_key_than_it_holds_does_not_open(epochs: Epochs) -> None:
    liar = KeyPair(OTHER_KEY.public, KEY.private)
    name = wrap_name(KHMER, OTHER_KEY.public, "chan")

    assert why(epochs, name, wrap_key(epochs, TICKET, KHMER, liar, READERS, LATE)[name]) is Unopened.DAMAGED


def test_when_the_key_of_its_week_is_destroyed_nobody_opens_a_wrap(epochs: Epochs) -> None:
    wraps = wrap_key(epochs, TICKET, KHMER, KEY, READERS, SOON)
    assert why(epochs, CHANS, wraps[CHANS]) is None

    epochs.destroy_before(LATE)

    for name, reader in zip(wraps, (CHAN_KEY, LAM_KEY, PAPER_KEY), strict=True):
        assert why(epochs, name, wraps[name], reader) is Unopened.EPOCH_OVER


def test_a_week_that_is_made_anew_does_not_open_what_was_destroyed(epochs: Epochs) -> None:
    wrap = wrap_key(epochs, TICKET, KHMER, KEY, READERS, SOON)[CHANS]
    epochs.destroy_before(LATE)
    epochs.key_for(SOON)

    assert why(epochs, CHANS, wrap) is Unopened.DAMAGED


def test_the_end_is_moved_without_anybodys_private_key(epochs: Epochs) -> None:
    wraps = wrap_key(epochs, TICKET, KHMER, KEY, READERS, LATE)

    moved = {name: move_wrap(epochs, TICKET, name, wrap, SOON) for name, wrap in wraps.items()}

    assert {week_of_wrap(wrap) for wrap in wraps.values()} == {LATE}
    assert {week_of_wrap(wrap) for wrap in moved.values()} == {SOON}
    assert why(epochs, CHANS, moved[CHANS]) is None
    assert why(epochs, CHANS, move_wrap(epochs, TICKET, CHANS, moved[CHANS], LATE)) is None
    epochs.destroy_before(LATE)
    assert why(epochs, CHANS, moved[CHANS]) is Unopened.EPOCH_OVER


def test_what_is_over_cannot_be_moved_back(epochs: Epochs) -> None:
    wrap = wrap_key(epochs, TICKET, KHMER, KEY, READERS, SOON)[CHANS]
    epochs.destroy_before(LATE)

    with pytest.raises(CasebookError) as error:
        move_wrap(epochs, TICKET, CHANS, wrap, LATE)
    assert error.value.why is Unopened.EPOCH_OVER


def test_moving_the_end_does_not_move_a_wrap_to_another_place(epochs: Epochs) -> None:
    wrap = wrap_key(epochs, TICKET, KHMER, KEY, READERS, SOON)[CHANS]

    for ticket, name in ((OTHER_TICKET, CHANS), (TICKET, LAMS)):
        with pytest.raises(CasebookError) as error:
            move_wrap(epochs, ticket, name, wrap, LATE)
        assert error.value.why is Unopened.DAMAGED


def test_a_colleague_who_comes_later_is_given_the_key_by_one_who_can_open_it(epochs: Epochs) -> None:
    wraps = wrap_key(epochs, TICKET, KHMER, KEY, {"chan": CHAN_KEY.public}, LATE)
    opened = open_wrap(epochs, TICKET, CHANS, wraps[CHANS], CHAN_KEY.private)

    later = wrap_key(epochs, TICKET, KHMER, opened, {"lam": LAM_KEY.public}, LATE)

    assert why(epochs, LAMS, later[LAMS], LAM_KEY) is None


@given(data=st.data())
def test_a_wrap_in_which_anything_is_changed_does_not_open(
    data: st.DataObject, spoilable: tuple[Epochs, bytes]
) -> None:
    epochs, wrap = spoilable
    bit = data.draw(st.integers(0, len(wrap) * 8 - 1))
    changed = bytearray(wrap)
    changed[bit // 8] ^= 1 << bit % 8
    cut = wrap[: data.draw(st.integers(0, len(wrap) - 1))]

    assert why(epochs, CHANS, bytes(changed)) in {Unopened.DAMAGED, Unopened.EPOCH_OVER}
    assert why(epochs, CHANS, cut) is Unopened.DAMAGED
    assert why(epochs, CHANS, data.draw(st.binary(max_size=200))) is Unopened.DAMAGED


@pytest.fixture(scope="module")
def spoilable(tmp_path_factory: pytest.TempPathFactory) -> tuple[Epochs, bytes]:
    epochs = Epochs(tmp_path_factory.mktemp("wraps") / "epochs")
    return epochs, wrap_key(epochs, TICKET, KHMER, KEY, READERS, LATE)[CHANS]


@pytest.mark.parametrize("private", [b"", b"x" * 31, b"\0" * 32])
def test_a_private_key_that_is_none_opens_nothing(epochs: Epochs, private: bytes) -> None:
    wrap = wrap_key(epochs, TICKET, KHMER, KEY, READERS, LATE)[CHANS]

    assert why(epochs, CHANS, wrap, KeyPair(b"", private)) is Unopened.NOT_FOR_YOU


@pytest.mark.parametrize("public", [b"", b"x" * 31, b"\0" * 32, b"\1" + b"\0" * 31])
def test_a_public_key_that_is_none_is_told_as_our_own_error(epochs: Epochs, public: bytes) -> None:
    with pytest.raises(CasebookError):
        wrap_key(epochs, TICKET, KHMER, KEY, {"chan": public}, LATE)


def test_a_private_half_is_never_printed() -> None:
    assert KEY.private.hex() not in repr(KEY)
    assert repr(KEY.private) not in repr(KEY)
