"""A folder of content → one checked Script, or every mistake in it at once."""

import gc
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import date
from pathlib import Path

from bot.compiler.assembling import Assembled, assemble
from bot.compiler.checking import check
from bot.compiler.folder import Folder, folder_of
from bot.compiler.linking import make_script
from bot.compiler.problems import ContentError, Notebook, Place, Problem, errors
from bot.compiler.teaching import KeywordsOnly, Teach
from bot.dialogue.script import Script


@dataclass(frozen=True, slots=True)
class Compiled:
    """A script without errors, and the warnings that came up."""

    script: Script
    problems: tuple[Problem, ...]


def compile_content(
    directory: Path | Folder, today: date, teach: Teach = KeywordsOnly, *, unfinished: bool = False
) -> Compiled:
    """Read, link and check all of the content; raise ContentError with everything found if any of it is an error.

    Unfinished content, which authors may look at and nobody else, may lack texts that people in danger need.
    """
    notebook = Notebook()
    assembled = check_content(directory, today, notebook, unfinished=unfinished)
    problems = notebook.problems()
    if assembled is None or errors(problems):
        raise ContentError(problems)
    script, lessons = script_of(assembled), assembled.lessons
    # A bot stays as large as it was while it started: what was only needed on the way goes before anything is learned.
    del assembled
    return Compiled(replace(script, understanding=teach(lessons)), problems)


def script_of(assembled: Assembled, teach: Teach = KeywordsOnly) -> Script:
    """The script of content that has no errors."""
    understanding = teach(assembled.lessons)
    return make_script(
        assembled.draft, assembled.linked, assembled.translations, assembled.version, understanding, assembled.media
    )


def check_content(
    directory: Path | Folder, today: date, notebook: Notebook, *, unfinished: bool = False
) -> Assembled | None:
    """Write down everything that is wrong with the content; nothing is put together where there is no such folder."""
    folder = folder_of(directory)
    if not folder.path.is_dir():
        notebook.error(Place(str(folder.path), 1, 1), "there is no such folder")
        return None
    with without_collecting():
        assembled = assemble(folder, notebook)
        if assembled.is_whole:
            check(assembled, today, unfinished=unfinished)
    return assembled


@contextmanager
def without_collecting() -> Iterator[None]:
    """Hundreds of thousands of values come to stay: looking for garbage among them takes half of the time."""
    was_on = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if was_on:
            gc.enable()
