"""The files of the data folder that several processes may share: what one has made, the others use."""

from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from threading import Barrier

import pytest

from bot.store.private_folder import EmbeddedValkeyError, keep_password

AT_ONCE = 8


def test_of_several_that_make_a_secret_at_once_all_have_the_same(tmp_path: Path) -> None:
    for number in range(10):
        path, start = tmp_path / f"secret-{number}", Barrier(AT_ONCE)

        def make(path: Path = path, start: Barrier = start) -> str:
            start.wait(10)
            return keep_password(path)

        with ThreadPoolExecutor(AT_ONCE) as several:
            made = {one.result() for one in [several.submit(make) for _ in range(AT_ONCE)]}

        assert made == {path.read_text("ascii").strip()}
        assert path.stat().st_mode & 0o777 == 0o600
    assert len([*tmp_path.iterdir()]) == 10


def test_an_empty_file_is_nobodys_secret(tmp_path: Path) -> None:
    path = tmp_path / "secret"
    path.touch()

    made = keep_password(path)

    assert len(made) == 64
    assert keep_password(path) == made


def test_a_secret_that_cannot_be_written_is_told_with_what_to_do(tmp_path: Path) -> None:
    with pytest.raises(EmbeddedValkeyError, match=r"cannot write .*WAYMARK_DATA_DIR"):
        keep_password(tmp_path / "nowhere" / "secret")
