"""The keys on disk: made once, ours alone, and never lost half-written."""

import os
from concurrent.futures import ThreadPoolExecutor
from datetime import date
from pathlib import Path

import pytest

from bot.store.sealing import RECORD, SealError
from bot.store.secrets import (
    KeysError,
    _changing,
    add_working_key,
    forget_old_keys,
    load,
    load_or_make,
    use_coming_key,
)
from tests.builders import SOMEBODY

TODAY = date(2026, 11, 26)
LATER = date(2027, 2, 24)


def key_file(data_dir: Path) -> Path:
    return data_dir / "keys" / "store.keys"


def test_the_first_start_makes_keys_and_every_later_one_finds_them(tmp_path: Path) -> None:
    data_dir = tmp_path / "var" / "data"

    made = load_or_make(data_dir, TODAY)

    assert load_or_make(data_dir, LATER) == made
    assert (made.identity_made, [key.made for key in made.ring]) == (TODAY, [TODAY])


def test_where_a_store_lies_without_its_keys_no_new_ones_are_made(tmp_path: Path) -> None:
    (tmp_path / "valkey" / "appendonlydir").mkdir(parents=True)

    with pytest.raises(KeysError, match=r"no keys to it in .*/keys: bring keys/ back"):
        load_or_make(tmp_path, TODAY)

    assert not key_file(tmp_path).exists()


def test_two_installations_have_different_keys(tmp_path: Path) -> None:
    one, other = (load_or_make(tmp_path / name, TODAY) for name in "ab")

    assert one.identity != other.identity
    assert one.ring[0].key != other.ring[0].key
    assert one.identity != one.ring[0].key


def test_only_we_may_read_the_keys(tmp_path: Path) -> None:
    before = os.umask(0)
    try:
        load_or_make(tmp_path, TODAY)
    finally:
        os.umask(before)

    assert key_file(tmp_path).stat().st_mode & 0o777 == 0o600
    assert key_file(tmp_path).parent.stat().st_mode & 0o777 == 0o700
    assert [path.name for path in key_file(tmp_path).parent.iterdir()] == ["store.keys"]


@pytest.mark.parametrize("mode", [0o640, 0o604, 0o620, 0o602])
def test_keys_that_others_can_reach_are_refused(tmp_path: Path, mode: int) -> None:
    load_or_make(tmp_path, TODAY)
    key_file(tmp_path).chmod(mode)

    with pytest.raises(KeysError, match=r"store\.keys can be read by others; run: chmod 600"):
        load_or_make(tmp_path, TODAY)


def test_a_folder_that_others_can_reach_is_refused_before_keys_are_put_into_it(tmp_path: Path) -> None:
    folder = tmp_path / "keys"
    folder.mkdir()
    folder.chmod(0o755)

    with pytest.raises(KeysError, match="keys can be read by others; run: chmod 700"):
        load_or_make(tmp_path, TODAY)

    assert list(folder.iterdir()) == []


def test_many_first_starts_at_once_end_up_with_the_same_keys(tmp_path: Path) -> None:
    with ThreadPoolExecutor(8) as threads:
        found = list(threads.map(lambda _: load_or_make(tmp_path, TODAY), range(32)))

    assert len({keys.identity for keys in found}) == 1


def test_a_new_key_opens_first_then_seals_and_then_the_old_one_goes(tmp_path: Path) -> None:
    before = load_or_make(tmp_path, TODAY).vault()
    sealed = before.seal(b"before", SOMEBODY, RECORD)

    coming = add_working_key(tmp_path, LATER)
    assert load(tmp_path) == coming
    assert coming.vault().seal(b"meanwhile", SOMEBODY, RECORD)[1] == 1
    after = use_coming_key(tmp_path)
    assert load(tmp_path) == after
    assert [(key.number, key.made) for key in after.ring] == [(1, TODAY), (2, LATER)]
    anew = after.vault().seal(b"after", SOMEBODY, RECORD)
    assert anew[1] == 2
    assert coming.vault().open(anew, SOMEBODY, RECORD) == b"after"
    assert after.vault().open(sealed, SOMEBODY, RECORD) == b"before"

    alone = forget_old_keys(tmp_path, 2)
    assert load(tmp_path) == alone
    assert alone.vault().open(anew, SOMEBODY, RECORD) == b"after"
    with pytest.raises(SealError, match="working key 1 is gone"):
        alone.vault().open(sealed, SOMEBODY, RECORD)


def test_numbers_go_round_and_none_is_given_twice(quick_folder: Path) -> None:
    load_or_make(quick_folder, TODAY)
    for _ in range(255):
        add_working_key(quick_folder, LATER)
        use_coming_key(quick_folder)
    assert load(quick_folder).sealing == 0
    with pytest.raises(KeysError, match="working key 1 is still there; take the old ones out"):
        add_working_key(quick_folder, LATER)

    forget_old_keys(quick_folder, 0)
    assert add_working_key(quick_folder, LATER).opening.keys() == {0, 1}


def test_nothing_is_taken_out_when_the_keys_were_changed_meanwhile(tmp_path: Path) -> None:
    load_or_make(tmp_path, TODAY)
    add_working_key(tmp_path, LATER)
    use_coming_key(tmp_path)

    with pytest.raises(KeysError, match="nothing is taken out"):
        forget_old_keys(tmp_path, 1)

    assert load(tmp_path).opening.keys() == {1, 2}


def test_two_who_change_the_keys_at_once_do_not_undo_each_other(tmp_path: Path) -> None:
    load_or_make(tmp_path, TODAY)
    with _changing(tmp_path), pytest.raises(KeysError, match="somebody else is changing the keys"):
        add_working_key(tmp_path, LATER)

    assert load(tmp_path).coming is None


@pytest.mark.parametrize(
    "content",
    [
        "",
        "identity 0 2026-11-26 AAAA\n",
        "nonsense\n",
        "identity 0 2026-11-26 " + "A" * 43 + "=\n",
        "identity 0 2026-11-26 " + "A" * 43 + "=\nworking 300 2026-11-26 " + "A" * 43 + "=\n",
        "identity 0 2026-11-26 " + "A" * 43 + "=\n" + 2 * ("working 1 2026-11-26 " + "A" * 43 + "=\n"),
        "identity 0 2026-11-26 " + "A" * 43 + "=\ncoming 1 2026-11-26 " + "A" * 43 + "=\n",
        "identity 0 2026-11-26 "
        + "A" * 43
        + "=\nworking 1 2026-11-26 "
        + "A" * 43
        + "=\ncoming 1 2026-11-26 "
        + "A" * 43
        + "=\n",
        "identity 0 2026-13-26 " + "A" * 43 + "=\nworking 1 2026-11-26 " + "A" * 43 + "=\n",
    ],
)
def test_damaged_keys_are_refused_and_never_replaced(tmp_path: Path, content: str) -> None:
    load_or_make(tmp_path, TODAY)
    key_file(tmp_path).write_text(content)

    with pytest.raises(KeysError, match="damaged") as refusal:
        load_or_make(tmp_path, TODAY)

    assert key_file(tmp_path).read_text() == content
    assert "AAAA" not in str(refusal.value)


def test_keys_are_not_shown_by_accident(tmp_path: Path) -> None:
    keys = load_or_make(tmp_path, TODAY)

    assert repr(keys.identity) not in repr(keys)
    assert repr(keys.ring[0].key) not in repr(keys)
