"""Records that a release wrote are read by the next one, and what the next one writes by this one, with nothing lost."""

from pathlib import Path

import msgspec
import pytest

from bot.store.encoding import UnreadableError
from tests.store.samples import FOLDER, SAMPLES, write_samples

RELEASES = sorted(folder.name for folder in FOLDER.iterdir())
STORED = [(release, file.stem) for release in RELEASES for file in sorted((FOLDER / release).glob("*.hex"))]
PLAIN = [one for one in STORED if "sealed" not in one[1]]


def stored(release: str, name: str) -> bytes:
    return bytes.fromhex((FOLDER / release / f"{name}.hex").read_text("ascii"))


def test_there_are_some_of_each_kind() -> None:
    assert RELEASES != []
    assert {name for _, name in STORED} == set(SAMPLES)


@pytest.mark.parametrize(("release", "name"), STORED)
def test_what_a_release_wrote_is_read(release: str, name: str) -> None:
    assert SAMPLES[name].read(stored(release, name)) == SAMPLES[name].value


@pytest.mark.parametrize(("release", "name"), PLAIN)
def test_what_the_next_release_adds_takes_nothing_away(release: str, name: str) -> None:
    """It may add fields: at the end of a row, or by name."""
    schema, row = stored(release, name)[:1], msgspec.msgpack.decode(stored(release, name)[1:])
    grown = {**row, "a_new_field": [1, "two"]} if isinstance(row, dict) else [*row, None, {"a": "new field"}]

    assert SAMPLES[name].read(schema + msgspec.msgpack.encode(grown)) == SAMPLES[name].value


@pytest.mark.parametrize(("release", "name"), PLAIN)
def test_a_schema_that_we_do_not_know_is_refused_and_not_guessed(release: str, name: str) -> None:
    whole = stored(release, name)

    with pytest.raises(UnreadableError, match="start the newer program again"):
        SAMPLES[name].read(bytes((whole[0] + 1,)) + whole[1:])


def test_samples_are_never_written_anew(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("tests.store.samples.FOLDER", tmp_path)
    write_samples("x")
    first = (tmp_path / "x" / "ticket.hex").read_bytes()
    (tmp_path / "x" / "ticket.hex").write_bytes(b"as it was")

    write_samples("x")

    assert first != b"as it was"
    assert (tmp_path / "x" / "ticket.hex").read_bytes() == b"as it was"
