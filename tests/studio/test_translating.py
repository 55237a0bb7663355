"""New words stand in the files of their language, and nothing else in those files has changed."""

from datetime import date

import pytest

from bot.compiler import Notebook, check_content
from bot.compiler.assembling import Assembled
from bot.compiler.round_trip import Document
from bot.messages import Language
from bot.studio.translating import Rendering, Reviewer, write
from bot.studio.units import State, Unit, units_of
from tests.whole.running_bot import CONTENT

LAO = Language("lo")
ANNA = Reviewer("Anna", date(2026, 11, 26))


@pytest.fixture(scope="module")
def units() -> tuple[Unit, ...]:
    found: Assembled | None = check_content(CONTENT, date(2026, 11, 26), Notebook())
    assert found is not None
    return units_of(found, LAO)


def _files(*units: Unit) -> dict[str, bytes]:
    return {unit.target: (CONTENT / unit.target).read_bytes() for unit in units}


def _entry(content: bytes, unit: Unit) -> object:
    return Document(content).at(("texts", unit.id))


@pytest.mark.parametrize("words", ["ຄຳໃໝ່", "ແຖວໜຶ່ງ\n\nແຖວສອງ: {x}", "'ວົງຢືມ' \"x\" # no comment", "- ລາຍການ"])
def test_only_the_lines_of_a_text_change(units: tuple[Unit, ...], words: str) -> None:
    for unit in [unit for unit in units if unit.state is State.DRAFT][::150]:
        files = _files(unit)

        changed = write([Rendering(unit, words)], LAO, files)

        assert list(changed) == [unit.target]
        after = changed[unit.target]
        assert _entry(after, unit) == {"from": unit.hash, "text": words}
        before_lines, after_lines = files[unit.target].splitlines(), after.splitlines()
        kept = [line for line in before_lines if line in set(after_lines)]
        assert len(before_lines) - len(kept) <= unit.words.count("\n") + 3


def test_who_reviewed_it_stands_with_it_until_somebody_changes_it(units: tuple[Unit, ...]) -> None:
    unit = next(unit for unit in units if unit.state is State.DRAFT)

    reviewed = write([Rendering(unit, unit.words, ANNA)], LAO, _files(unit))[unit.target]
    changed = write([Rendering(unit, "ໃໝ່")], LAO, {unit.target: reviewed})[unit.target]

    told = {"from": unit.hash, "text": unit.words, "status": "reviewed", "by": "Anna", "on": "2026-11-26"}
    assert _entry(reviewed, unit) == told
    assert _entry(changed, unit) == {"from": unit.hash, "text": "ໃໝ່"}


def test_in_a_file_that_was_reviewed_as_a_whole_new_words_are_a_draft(units: tuple[Unit, ...]) -> None:
    unit = next(unit for unit in units if unit.state is State.DRAFT)
    (content,) = _files(unit).values()
    reviewed = content.replace(b"status: draft", b"status: reviewed", 1)

    changed = write([Rendering(unit, "ໃໝ່")], LAO, {unit.target: reviewed})[unit.target]

    assert _entry(changed, unit) == {"from": unit.hash, "text": "ໃໝ່", "status": "draft"}


def test_a_text_that_was_not_there_gets_a_place_and_a_file_if_need_be(units: tuple[Unit, ...]) -> None:
    unit = units[0]
    new = Unit(unit.id, "x", "0a1b2c3d", "", State.MISSING, "topics/new.yaml", "texts/lo/topics/new.yaml")
    other = Unit(units[1].id, "y", "0a1b2c3e", "", State.MISSING, "topics/new.yaml", "texts/lo/topics/new.yaml")

    changed = write([Rendering(new, "ກ"), Rendering(other, "ຂ", ANNA)], LAO, {})

    (content,) = changed.values()
    assert Document(content).at(()) == {
        "language": "lo",
        "status": "draft",
        "texts": {
            unit.id: {"from": "0a1b2c3d", "text": "ກ"},
            other.id: {"from": "0a1b2c3e", "text": "ຂ", "status": "reviewed", "by": "Anna", "on": "2026-11-26"},
        },
    }


def test_what_says_nothing_new_changes_no_file(units: tuple[Unit, ...]) -> None:
    unit = next(unit for unit in units if unit.state is State.DRAFT)

    assert write([Rendering(unit, unit.words)], LAO, _files(unit)) == {}
