"""Every phrase for staff is said somewhere: what nobody says would be translated and reviewed for nothing."""

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import bot
import handlers
from bot.dialogue.desk_wording import DESK_PHRASES
from bot.dialogue.script import Script

FOLDERS = tuple(Path(str(one.__file__)).parent for one in (bot, handlers))
QUOTED = re.compile(r"'([^'\n]*)'")
STAFF = ("desk-", "console-", "studio-")
OPTIONS = ("studio-confidence-", "studio-cost-", "studio-interpreter-", "studio-step-", "studio-help-")
YES = ("studio-government-yes", "studio-example-yes", "studio-sensitive-yes")
"""Options of a form are called after the field and the value: `option(field, value)`."""


def test_every_phrase_for_staff_is_said_somewhere(real_script: Script) -> None:
    said = frozenset(_written())
    starts = tuple(sorted(one for one in said if one.endswith("-") and len(one) > 1))
    phrases = [str(text).removeprefix("phrase.") for text in real_script.phrasebook if str(text).startswith("phrase.")]
    staff = [phrase for phrase in phrases if phrase.startswith(STAFF)]

    assert len(staff) > 1000
    assert [phrase for phrase in staff if not _is_said(phrase, said, starts)] == []


def _is_said(phrase: str, said: frozenset[str], starts: tuple[str, ...]) -> bool:
    bare = phrase.partition("-")[2]
    whole = {phrase, bare, bare.removesuffix("-one")}
    if phrase.startswith("desk-"):
        return phrase in DESK_PHRASES or bool(whole & said)
    return bool(whole & said) or bare.startswith(starts) or phrase.startswith(OPTIONS) or phrase in YES


def _written() -> Iterator[str]:
    """Every string of the code, and every quoted word of the pages."""
    for folder in FOLDERS:
        for path in folder.rglob("*.py"):
            for node in ast.walk(ast.parse(path.read_text("utf-8"))):
                if isinstance(node, ast.Constant) and isinstance(node.value, str):
                    yield node.value
        for path in (*folder.rglob("*.html"), *folder.rglob("*.js")):
            yield from QUOTED.findall(path.read_text("utf-8"))
