"""Drafts that can be played: compiled once for each state of the files, first without ears, then with what they teach.

Learning takes seconds, and who only presses buttons needs none of it. So a draft can be played once it is compiled; it
learns when somebody types.
"""

import asyncio
from collections import OrderedDict
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from datetime import date
from pathlib import Path
from typing import Final, TypeAlias

from bot import logbook
from bot.compiler import KeywordsOnly, Notebook, Problem, Teach, check_content, errors
from bot.compiler.compile import script_of, without_collecting
from bot.compiler.folder import Folder
from bot.compiler.teaching import Lessons
from bot.dialogue.script import Script
from bot.studio.dialogue_map import Atlas
from bot.studio.marking import Marked
from bot.studio.tree import Tree
from bot.studio.whence import Whence, tellers_in, whence_in

_MOST_KEPT: Final = 4


@dataclass(frozen=True, slots=True)
class Draft:
    """A draft without errors. `hears` says whether it understands what is typed by now."""

    script: Script
    marked: Marked
    lessons: Lessons
    atlas: Atlas
    whence: Mapping[str, Whence]
    tellers: Mapping[str, str]
    """Facts and hotlines as slots → a text that tells them."""
    hears: bool = False


@dataclass(frozen=True, slots=True)
class Broken:
    """Why a draft cannot be played; it can still be drawn, unless a file of it cannot be read."""

    problems: tuple[Problem, ...]
    atlas: Atlas | None = None
    whence: Mapping[str, Whence] = field(default_factory=dict)


_Name: TypeAlias = tuple[str, date]


class Drafts:
    """Compiles in threads, one after the other; the last few are remembered by the hash of their files."""

    def __init__(self, teach: Teach, read: Callable[[Path], Folder]) -> None:
        self._teach = teach
        self._read = read
        self._kept: OrderedDict[_Name, Draft | Broken] = OrderedDict()
        self._busy = asyncio.Lock()
        self._learning: dict[_Name, asyncio.Task[None]] = {}

    async def draft(self, tree: Tree, folder: Path, today: date) -> Draft | Broken:
        """A draft, whose files lie in the folder; it may not hear yet."""
        name = (tree.hash, today)
        async with self._busy:
            if name not in self._kept:
                self._keep(name, await asyncio.to_thread(_compile, self._read(folder), today))
            self._kept.move_to_end(name)
            return self._kept[name]

    async def hearing(self, tree: Tree, folder: Path, today: date) -> Draft | Broken:
        """The same once it understands what is typed, which may take seconds."""
        found, name = await self.draft(tree, folder, today), (tree.hash, today)
        if isinstance(found, Broken) or found.hears:
            return found
        if name not in self._learning:
            task = self._learning[name] = asyncio.create_task(self._learn(name, found))
            task.add_done_callback(lambda _: self._learning.pop(name, None))
        await asyncio.wait([self._learning[name]])
        return self._kept.get(name, found)

    async def _learn(self, name: _Name, draft: Draft) -> None:
        try:
            understanding = await asyncio.to_thread(self._teach, draft.lessons)
        except Exception as error:  # noqa: BLE001  # whatever a draft teaches, it can be played by its buttons
            logbook.note_error("draft_not_learned", error)
            return
        if name in self._kept:
            script = replace(draft.script, understanding=understanding)
            marked = replace(draft.marked, script=replace(draft.marked.script, understanding=understanding))
            self._keep(name, replace(draft, script=script, marked=marked, hears=True))

    def _keep(self, name: _Name, draft: Draft | Broken) -> None:
        self._kept[name] = draft
        if len(self._kept) > _MOST_KEPT:
            self._kept.popitem(last=False)


def _compile(folder: Folder, today: date) -> Draft | Broken:
    with without_collecting():
        return _compiled(folder, today)


def _compiled(folder: Folder, today: date) -> Draft | Broken:
    notebook = Notebook()
    assembled = check_content(folder, today, notebook, unfinished=True)
    problems = errors(notebook.problems())
    if assembled is None or not assembled.is_whole:
        return Broken(problems)
    atlas, whence = Atlas.of(assembled), whence_in(assembled.draft)
    if problems:
        return Broken(problems, atlas, whence)
    script = script_of(assembled, KeywordsOnly)
    return Draft(script, Marked.of(script), assembled.lessons, atlas, whence, tellers_in(assembled.draft))
