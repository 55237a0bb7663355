import threading
from datetime import date
from pathlib import Path

from bot.compiler import KeywordsOnly, Lessons
from bot.compiler.folder import Folder
from bot.language import Understands
from bot.studio.drafts import Broken, Draft, Drafts
from bot.studio.kinds import Kind
from bot.studio.tree import Tree, blob_id
from bot.studio.whence import Whence
from tests.compiler.content_builder import WHOLE, write_content

TODAY = date(2026, 11, 26)
ASK = """\
flow: ask
title: Ask
screens:
  start:
    - say: "It is {fact:th-wage}."
    - choose: {again: {label: "Again", go: again}}
  again:
    - say: Again
    - go: home
"""


def content(folder: Path, ask: str = ASK) -> Tree:
    files = {**WHOLE, "flows/ask.yaml": ask}
    write_content(folder, files)
    tree = Tree()
    for name, words in files.items():
        tree = tree.put(name, blob_id(words.encode()))
    return tree


def folder_of(path: Path) -> Folder:
    return Folder(path, "content")


class Teacher:
    """Teaches when it is let; counts how often."""

    def __init__(self) -> None:
        self.times = 0
        self.let = threading.Event()

    def __call__(self, lessons: Lessons) -> Understands:
        self.let.wait(10)
        self.times += 1
        return KeywordsOnly(lessons)


async def test_a_draft_can_be_played_before_it_hears_and_is_compiled_and_taught_once(tmp_path: Path) -> None:
    teacher = Teacher()
    drafts, tree = Drafts(teacher, folder_of), content(tmp_path)

    first = await drafts.draft(tree, tmp_path / "content", TODAY)
    again = await drafts.draft(tree, tmp_path / "content", TODAY)
    assert isinstance(first, Draft)
    assert first is again
    assert not first.hears
    teacher.let.set()
    hearing = await drafts.hearing(tree, tmp_path / "content", TODAY)

    assert isinstance(hearing, Draft)
    assert hearing.hears
    assert await drafts.draft(tree, tmp_path / "content", TODAY) is hearing
    assert teacher.times == 1


async def test_what_is_wrong_with_a_draft_is_told_and_it_can_still_be_drawn(tmp_path: Path) -> None:
    tree = content(tmp_path, ASK.replace("go: again", "go: agian"))
    broken = await Drafts(KeywordsOnly, folder_of).draft(tree, tmp_path / "content", TODAY)

    assert isinstance(broken, Broken)
    assert "agian" in broken.problems[0].words
    assert broken.atlas is not None
    assert "ask" in broken.atlas.flows


async def test_a_draft_with_a_file_that_cannot_be_read_has_no_map(tmp_path: Path) -> None:
    broken = await Drafts(KeywordsOnly, folder_of).draft(content(tmp_path, "a: [b"), tmp_path / "content", TODAY)

    assert isinstance(broken, Broken)
    assert broken.problems
    assert broken.atlas is None


async def test_everything_shown_can_be_found_again(tmp_path: Path) -> None:
    draft = await Drafts(KeywordsOnly, folder_of).draft(content(tmp_path), tmp_path / "content", TODAY)

    assert isinstance(draft, Draft)
    assert draft.whence["ask.title"] == Whence(Kind.FLOW, "ask", "flows/ask.yaml")
    assert draft.whence["ask.start.say"] == Whence(Kind.SCREEN, "ask.start", "flows/ask.yaml")
    assert draft.whence["phrase.home"] == Whence(Kind.PHRASE, "home", "phrases.yaml")
    assert draft.whence["fact:th-wage"] == Whence(Kind.FACT, "th-wage", "facts/thailand.yaml")
    assert "bot.name" not in draft.whence
    assert draft.tellers == {"fact:th-wage": "topic.minimum-wage.answer.default"}
