"""Every word that the studio says stands in the content, in the first language at least."""

import re
from pathlib import Path

import pytest

from bot.dialogue.phrasebook import TextId
from bot.dialogue.script import Script
from bot.guard.audit import Deed
from bot.studio.changes import ChangeState, Refusal
from bot.studio.fields import Wrong
from bot.studio.kinds import Kind
from bot.studio.uploads import Unfit
from bot.studio.versions import VersionKind
from handlers.web.studio.offers import DAYS, STEPS
from handlers.web.studio.studio import Tab

PAGES = Path(__file__).parents[3] / "handlers" / "web" / "studio"
SAID = re.compile(r"words\.(say|count)\('([a-z-]+)'(?! ~)")
HINTED = re.compile(r"hint='([a-z0-9-]+)'")
NOTICED = re.compile(r'(?:done|failed)="([a-z-]+)"')


def asked_for() -> set[str]:
    """Names of phrases that stand in the pages as they are, and those made of a closed list."""
    names: set[str] = set()
    for path in (*PAGES.glob("templates/*.html"), *PAGES.glob("*.py")):
        text = path.read_text(encoding="utf-8")
        for how, name in SAID.findall(text):
            names |= {name, f"{name}-one"} if how == "count" else {name}
        names |= {f"hint-{name}" for name in HINTED.findall(text)}
        names |= {f"notice-{name}" for name in NOTICED.findall(text)}
    lists = {
        "kind": Kind, "kinds": Kind, "state": ChangeState, "next": ChangeState, "refused": Refusal,
        "version": VersionKind, "wrong": Wrong, "unfit": Unfit, "tab": Tab, "day": DAYS, "step": STEPS,
    }  # fmt: skip
    return names | {f"{name}-{value}" for name, values in lists.items() for value in values}


@pytest.mark.parametrize("name", sorted(asked_for()))
def test_a_phrase_of_the_studio_exists(name: str, page_script: Script) -> None:
    assert TextId(f"phrase.studio-{name}") in page_script.phrasebook


def test_what_was_done_in_the_studio_can_be_read_by_who_looks_it_up(page_script: Script) -> None:
    deeds = [deed for deed in Deed if deed.startswith("content-")]
    assert len(deeds) >= 8
    assert all(TextId(f"phrase.console-did-{deed}") in page_script.phrasebook for deed in deeds)
