"""A page fails whole for one phrase that is missing: content without it does not go live."""

from pathlib import Path

import pytest

from bot.dialogue.page_phrases import PAGE_PHRASES
from bot.dialogue.script import Script
from bot.dialogue.wording import ENGINE_PHRASES
from tests.compiler.content_builder import PHRASES, problems_of, without


def with_page(page: str) -> str:
    """The phrases of a small content, and all that this page says."""
    missing = [name for name in PAGE_PHRASES[page] if f"  {name}:" not in PHRASES]
    return PHRASES + "".join(f"  {name}: Words\n" for name in missing)


@pytest.mark.parametrize(
    ("page", "phrase", "who"),
    [
        ("page", "page-call", "the chat page"),
        ("console", "console-trouble-hint-store-away", "the console"),
        ("console", "unit-hour", "the console"),
        ("studio", "studio-title", "the studio"),
    ],
)
def test_a_page_without_one_of_its_phrases_is_a_mistake(tmp_path: Path, page: str, phrase: str, who: str) -> None:
    whole = with_page(page)
    lacking = without(whole, f"{phrase}:")

    assert problems_of(tmp_path / "whole", {"phrases.yaml": whole}) == []
    assert problems_of(tmp_path / "lacking", {"phrases.yaml": lacking}) == [
        f"content/phrases.yaml:1:1: the phrase '{phrase}' is missing: {who} says it"
    ]


@pytest.mark.parametrize("page", PAGE_PHRASES)
def test_the_content_that_ships_has_what_the_pages_say_and_nothing_else(page: str, real_script: Script) -> None:
    """A phrase that a page is given is written into page_phrases.py, too, and taken out of it with the last that says it."""
    ours = {str(one).removeprefix("phrase.") for one in real_script.phrasebook}

    assert len(PAGE_PHRASES[page]) == len(set(PAGE_PHRASES[page]))
    assert set(PAGE_PHRASES[page]) - ours == set()
    assert {one for one in ours if one.startswith(f"{page}-")} - {*PAGE_PHRASES[page], *ENGINE_PHRASES} == set()
