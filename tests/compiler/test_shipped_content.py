"""The content that is shipped: without an error, and talking as its authors wrote down."""

from datetime import date
from pathlib import Path

import pytest

from bot.compiler import Compiled, Notebook, compile_content, teach_in
from bot.compiler.rehearsal import rehearse_all
from tests.lessons import lessons_of

CONTENT = Path(__file__).parents[2] / "content"
TODAY = date(2026, 11, 26)


@pytest.fixture(scope="module")
def shipped() -> Compiled:
    with lessons_of(CONTENT, "bot") as folder:
        return compile_content(CONTENT, TODAY, teach_in(folder))


def test_the_shipped_content_compiles(shipped: Compiled) -> None:
    assert len(shipped.script.topics) >= 68
    assert set(shipped.script.tongues) == {"km", "lo", "my", "th", "en"}


def test_nothing_is_left_to_warn_of_on_the_day_it_was_checked(shipped: Compiled) -> None:
    """As `waymark check --strict` asks; on a later day it warns of what is due for review, which breaks no build."""
    assert [str(problem) for problem in shipped.problems] == []


def test_each_token_fits_a_button_and_names_one_step(shipped: Compiled) -> None:
    assert all(len(token) == 10 for token in shipped.script.spots)
    assert len(shipped.script.screens) == sum(len(flow.screens) for flow in shipped.script.flows.values())


def test_the_authors_conversations_come_out_as_written(shipped: Compiled) -> None:
    notebook = Notebook()

    count = rehearse_all(shipped.script, CONTENT, notebook)

    assert [str(problem) for problem in notebook.problems()] == []
    assert count > 100
