"""The writer's key is made once, is ours alone, and what it has signed can be told from what others have."""

import base64
import os
from concurrent.futures import ThreadPoolExecutor
from datetime import date
from pathlib import Path

import pytest

from bot.casebook import KeyFileError, Writer, add_writer, is_signed, load_writers, open_records, use_coming_writer
from tests.casebook.casebook_world import KEY, ONE_OF_EACH, TICKET, keys_of
from tests.casebook.casebook_world import sealed as sealed_by_the_usual_writer

FILE = "writer.keys"
LATER = date(2027, 11, 26)
SEED = base64.b64encode(b"s" * 32).decode()
BROKEN = (
    f"coming 2026-11-26 {SEED}\n",
    f"signs 2026-11-26 {SEED}\ncoming - {SEED}\ncoming - {SEED}\n",
    f"signs yesterday {SEED}\n",
    f"writes - {SEED}\n",
    f"signs {SEED}\n",
)


def line(seed: bytes) -> str:
    return base64.b64encode(seed).decode() + "\n"


def write(folder: Path, text: str) -> None:
    (folder / FILE).touch(mode=0o600)
    (folder / FILE).write_text(text)


def test_the_first_start_makes_a_key_and_every_later_one_finds_it(quick_folder: Path) -> None:
    made = load_writers(quick_folder / "keys")
    again = load_writers(quick_folder / "keys")

    assert (again.newest.public, again.publics) == (made.newest.public, made.publics)
    assert made.publics == {made.newest.public}


def test_two_installations_have_different_keys(quick_folder: Path) -> None:
    assert load_writers(quick_folder / "a").publics.isdisjoint(load_writers(quick_folder / "b").publics)


def test_only_we_may_read_the_key(quick_folder: Path) -> None:
    before = os.umask(0)
    try:
        load_writers(quick_folder / "keys")
    finally:
        os.umask(before)

    assert (quick_folder / "keys").stat().st_mode & 0o777 == 0o700
    assert {path.name: path.stat().st_mode & 0o777 for path in (quick_folder / "keys").iterdir()} == {FILE: 0o600}


@pytest.mark.parametrize("mode", [0o640, 0o604, 0o620, 0o602])
def test_a_key_that_others_can_reach_is_refused(quick_folder: Path, mode: int) -> None:
    load_writers(quick_folder)
    (quick_folder / FILE).chmod(mode)

    with pytest.raises(KeyFileError, match=r"writer\.keys can be read by others; run: chmod 600"):
        load_writers(quick_folder)


def test_the_last_key_signs_and_all_of_them_count(quick_folder: Path) -> None:
    write(quick_folder, "# a comment\n" + line(b"w" * 32) + line(b"n" * 32))

    writers = load_writers(quick_folder)

    assert writers.newest.public == Writer(b"n" * 32).public
    assert writers.publics == {Writer(b"w" * 32).public, Writer(b"n" * 32).public}
    records = sealed_by_the_usual_writer(ONE_OF_EACH)
    assert open_records(keys_of(KEY), writers.publics, TICKET, records) == ONE_OF_EACH


def test_a_new_key_is_known_first_then_signs_and_the_old_one_signs_no_more(quick_folder: Path) -> None:
    running = load_writers(quick_folder)
    old, held = running.newest.public, running.newest
    before = held.sign(b"before")

    coming = add_writer(quick_folder, LATER)
    running.learn()
    assert (held.public, running.coming, running.publics) == (old, coming, {old, coming})

    assert use_coming_writer(quick_folder) == coming
    running.learn()
    assert (held.public, running.coming, running.made) == (coming, None, LATER)
    afresh = load_writers(quick_folder)
    assert (afresh.newest.public, afresh.publics, afresh.made) == (coming, {old, coming}, LATER)
    assert is_signed(afresh.publics, b"before", before)
    assert is_signed(running.publics, b"after", held.sign(b"after"))


def test_of_a_key_that_signs_no_more_only_the_public_half_is_left(quick_folder: Path) -> None:
    seeds = [b"w" * 32, b"n" * 32]
    write(quick_folder, "".join(map(line, seeds)))
    add_writer(quick_folder, LATER)

    use_coming_writer(quick_folder)

    text = (quick_folder / FILE).read_text()
    assert all(base64.b64encode(seed).decode() not in text for seed in seeds)
    assert {Writer(seed).public for seed in seeds} < load_writers(quick_folder).publics
    assert len(load_writers(quick_folder).publics) == 3
    assert (quick_folder / FILE).stat().st_mode & 0o777 == 0o600


def test_steps_in_a_wrong_order_change_nothing(quick_folder: Path) -> None:
    with pytest.raises(KeyFileError):
        add_writer(quick_folder / "nowhere", LATER)
    made = load_writers(quick_folder)
    with pytest.raises(KeyFileError, match="no writer key is coming; make one with: waymark keys renew-writer"):
        use_coming_writer(quick_folder)
    add_writer(quick_folder, LATER)
    with pytest.raises(KeyFileError, match="is made already"):
        add_writer(quick_folder, LATER)

    assert load_writers(quick_folder).newest.public == made.newest.public
    assert len(load_writers(quick_folder).publics) == 2


def test_while_the_file_is_damaged_what_is_known_goes_on(quick_folder: Path) -> None:
    running = load_writers(quick_folder)
    public = running.newest.public
    (quick_folder / FILE).write_text("nonsense!\n")

    with pytest.raises(KeyFileError):
        running.learn()

    assert (running.newest.public, running.publics) == (public, {public})


@pytest.mark.parametrize(
    "text", ["", "# only a comment\n", "nonsense!\n", line(b"short"), line(b"x" * 33), "é\n", *BROKEN]
)
def test_a_damaged_file_is_told_and_nothing_of_it_is_quoted(quick_folder: Path, text: str) -> None:
    write(quick_folder, text)

    with pytest.raises(KeyFileError, match="bring it back from its copy") as error:
        load_writers(quick_folder)
    assert text.strip() == "" or text.strip() not in str(error.value)


def test_first_starts_at_once_agree(quick_folder: Path) -> None:
    with ThreadPoolExecutor(8) as pool:
        publics = set(pool.map(lambda _: load_writers(quick_folder / "keys").newest.public, range(32)))

    assert len(publics) == 1
    assert [path.name for path in (quick_folder / "keys").iterdir()] == [FILE]
