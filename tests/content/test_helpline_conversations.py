"""Conversations with a helpline that authors write down: what comes out otherwise is told."""

from pathlib import Path

import pytest

from bot.compiler import Notebook
from bot.compiler.rehearsal import rehearse_all
from bot.dialogue.script import Script


def problems_of(script: Script, folder: Path, talk: str, desk: str = "example-thailand") -> list[str]:
    (folder / "tests").mkdir()
    lines = "".join(f"    - {line}\n" for line in talk.split("; "))
    test = f"- test: it holds\n  as: {{language: en, origin: kh, here: th}}\n  desk: {desk}\n  talk:\n{lines}"
    (folder / "tests" / "some.yaml").write_text(test, encoding="utf-8")
    notebook = Notebook()
    assert rehearse_all(script, folder, notebook) == 1
    return [problem.words for problem in notebook.problems()]


def test_a_helpline_acts_and_what_is_seen_of_it_holds(real_script: Script, tmp_path: Path) -> None:
    talk = (
        "open: ask-helpline; bot: {calls: normal, ticket: asked, held: 0}; tap: skip; helpline: reads; "
        "bot: {calls: no, ticket: acknowledged}; helpline: writes; bot: {ticket: talking, held: 1}; tap: look; "
        "bot: {held: 0, says: We are here.}; tap: danger; bot: {calls: emergency}; helpline: closes; bot: {ticket: closed}"
    )

    assert problems_of(real_script, tmp_path, talk) == []


@pytest.mark.parametrize(
    ("expected", "told"),
    [
        ("calls: emergency", "a helpline is called: normal, not emergency"),
        ("ticket: talking", "the ticket is asked, not talking"),
        ("held: 2", "what waits is counted 0, not 2"),
    ],
)
def test_what_comes_out_otherwise_is_told(real_script: Script, tmp_path: Path, expected: str, told: str) -> None:
    found = problems_of(real_script, tmp_path, f"open: ask-helpline; bot: {{{expected}}}")

    assert found == [f"'it holds' (en): {told}"]


def test_a_helpline_that_is_not_declared_is_told(real_script: Script, tmp_path: Path) -> None:
    [words] = problems_of(real_script, tmp_path, "open: home", desk="example-thailnd")

    assert "no helpline is called 'example-thailnd'" in words
