"""One key for each week: the same for every process, ours alone, and gone for good when its week is over."""

import os
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest

from bot.casebook import CasebookError, Epochs, KeyFileError, Unopened, Week, week_of

W48, W49, W53, W01 = Week("2026-W48"), Week("2026-W49"), Week("2026-W53"), Week("2027-W01")

MAKE_KEYS = """
import sys, time
from pathlib import Path
from bot.casebook import Epochs, Week
folder, begin = Path(sys.argv[1]), float(sys.argv[2])
while time.time() < begin:
    pass
for week in range(1, 53):
    print(Epochs(folder).key_for(Week(f"2027-W{week:02}")).hex())
"""


@pytest.mark.parametrize(
    ("moment", "week"),
    [
        (datetime(2026, 11, 26, 3, tzinfo=UTC), "2026-W48"),
        (datetime(2026, 11, 29, 23, 59, tzinfo=UTC), "2026-W48"),
        (datetime(2026, 11, 30, tzinfo=UTC), "2026-W49"),
        (datetime(2026, 11, 30, 5, tzinfo=ZoneInfo("Asia/Bangkok")), "2026-W48"),
        (datetime(2027, 1, 1, tzinfo=UTC), "2026-W53"),
        (datetime(2027, 1, 4, tzinfo=UTC), "2027-W01"),
    ],
)
def test_a_week_is_the_iso_week_by_universal_time(moment: datetime, week: str) -> None:
    assert week_of(moment) == week


def test_a_key_is_made_once_and_another_process_finds_it(quick_folder: Path) -> None:
    made = Epochs(quick_folder / "epochs").key_for(W48)

    assert Epochs(quick_folder / "epochs").key_of(W48) == made
    assert Epochs(quick_folder / "epochs").key_for(W48) == made
    assert len(made) == 32


def test_each_week_and_each_installation_has_a_key_of_its_own(quick_folder: Path) -> None:
    keys = {Epochs(quick_folder / name).key_for(week) for name in ("a", "b") for week in (W48, W49, W53, W01)}

    assert len(keys) == 8


def test_only_we_may_read_the_keys(quick_folder: Path) -> None:
    before = os.umask(0)
    try:
        Epochs(quick_folder / "epochs").key_for(W48)
    finally:
        os.umask(before)

    assert (quick_folder / "epochs").stat().st_mode & 0o777 == 0o700
    assert {path.name: path.stat().st_mode & 0o777 for path in (quick_folder / "epochs").iterdir()} == {
        "2026-W48.key": 0o600
    }


@pytest.mark.parametrize("mode", [0o640, 0o604, 0o620, 0o602])
def test_a_key_that_others_can_reach_is_refused(quick_folder: Path, mode: int) -> None:
    Epochs(quick_folder).key_for(W48)
    (quick_folder / "2026-W48.key").chmod(mode)

    with pytest.raises(KeyFileError, match=r"2026-W48\.key can be read by others; run: chmod 600"):
        Epochs(quick_folder).key_of(W48)


@pytest.mark.parametrize("mode", [0o750, 0o705, 0o777])
def test_no_key_is_made_in_a_folder_that_others_can_reach(quick_folder: Path, mode: int) -> None:
    (quick_folder / "epochs").mkdir()
    (quick_folder / "epochs").chmod(mode)

    with pytest.raises(KeyFileError, match="can be read by others; run: chmod 700"):
        Epochs(quick_folder / "epochs").key_for(W48)
    assert list((quick_folder / "epochs").iterdir()) == []


@pytest.mark.parametrize("mode", [0o750, 0o705, 0o777])
def test_keys_in_a_folder_that_others_can_reach_are_refused(quick_folder: Path, mode: int) -> None:
    Epochs(quick_folder / "epochs").key_for(W48)
    (quick_folder / "epochs").chmod(mode)

    with pytest.raises(KeyFileError, match="can be read by others; run: chmod 700"):
        Epochs(quick_folder / "epochs").key_of(W48)


def test_a_damaged_key_is_told_and_not_used(quick_folder: Path) -> None:
    Epochs(quick_folder).key_for(W48)
    (quick_folder / "2026-W48.key").write_bytes(b"x" * 31)

    with pytest.raises(KeyFileError, match="damaged"):
        Epochs(quick_folder).key_for(W48)


def test_a_key_that_was_never_made_is_not_made_by_looking(quick_folder: Path) -> None:
    with pytest.raises(CasebookError) as error:
        Epochs(quick_folder / "epochs").key_of(W48)

    assert error.value.why is Unopened.EPOCH_OVER
    assert not (quick_folder / "epochs").exists()


@pytest.mark.parametrize("week", ["../keys/x", "2026-W4", "2026-W48/..", "", "2026-w48", "2026-W48\0"])
def test_no_name_leads_out_of_the_folder(quick_folder: Path, week: str) -> None:
    with pytest.raises(CasebookError) as error:
        Epochs(quick_folder / "epochs").key_for(Week(week))

    assert error.value.why is Unopened.DAMAGED
    assert list(quick_folder.iterdir()) == []


def test_weeks_that_are_over_are_destroyed_and_the_others_stay(quick_folder: Path) -> None:
    epochs = Epochs(quick_folder)
    keys = {week: epochs.key_for(week) for week in (W48, W49, W53, W01)}

    assert epochs.destroy_before(W53) == (W48, W49)

    for week in (W48, W49):
        with pytest.raises(CasebookError) as error:
            epochs.key_of(week)
        assert error.value.why is Unopened.EPOCH_OVER
    assert {week: epochs.key_of(week) for week in (W53, W01)} == {W53: keys[W53], W01: keys[W01]}
    assert epochs.destroy_before(W53) == ()


def test_the_turn_of_the_year_is_no_week_too_early(quick_folder: Path) -> None:
    epochs = Epochs(quick_folder)
    epochs.key_for(W53)

    assert epochs.destroy_before(week_of(datetime(2027, 1, 3, 23, tzinfo=UTC))) == ()
    assert epochs.destroy_before(week_of(datetime(2027, 1, 4, tzinfo=UTC))) == (W53,)


def test_nothing_is_destroyed_where_there_is_nothing(quick_folder: Path) -> None:
    assert Epochs(quick_folder / "epochs").destroy_before(W48) == ()
    assert not (quick_folder / "epochs").exists()


def test_what_lay_in_the_file_is_overwritten_before_the_file_goes(quick_folder: Path) -> None:
    epochs = Epochs(quick_folder / "epochs")
    key = epochs.key_for(W48)
    witness = quick_folder / "witness"
    witness.hardlink_to(quick_folder / "epochs" / "2026-W48.key")

    epochs.destroy_before(W49)

    assert len(witness.read_bytes()) == 32
    assert witness.read_bytes() != key


def test_a_key_that_another_process_destroyed_is_not_remembered(quick_folder: Path) -> None:
    ours, other = Epochs(quick_folder), Epochs(quick_folder)
    old = ours.key_for(W48)

    other.destroy_before(W49)

    with pytest.raises(CasebookError):
        ours.key_of(W48)
    assert ours.key_for(W48) != old


def test_a_key_that_another_process_made_anew_is_the_one_that_is_used(quick_folder: Path) -> None:
    ours, other = Epochs(quick_folder), Epochs(quick_folder)
    ours.key_for(W48)
    other.destroy_before(W49)
    anew = other.key_for(W48)

    assert ours.key_of(W48) == anew


def test_two_processes_that_make_the_same_keys_at_once_agree(tmp_path: Path) -> None:
    begin = str(datetime.now(UTC).timestamp() + 1.5)
    command = [sys.executable, "-c", MAKE_KEYS, str(tmp_path / "epochs"), begin]
    processes = [subprocess.Popen(command, stdout=subprocess.PIPE, text=True) for _ in range(2)]
    one, other = (process.communicate(timeout=60)[0].split() for process in processes)

    assert one == other
    assert len(set(one)) == 52
    assert len(list((tmp_path / "epochs").iterdir())) == 52


def test_many_threads_that_make_the_same_key_at_once_agree(quick_folder: Path) -> None:
    with ThreadPoolExecutor(16) as pool:
        keys = set(pool.map(lambda _: Epochs(quick_folder / "epochs").key_for(W48), range(64)))

    assert len(keys) == 1
    assert [path.name for path in (quick_folder / "epochs").iterdir()] == ["2026-W48.key"]
