"""A folder of content → one checked Script, or every mistake in it at once."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import date
from hashlib import sha256
from pathlib import Path
from typing import Final

from bot.compiler.checking import check
from bot.compiler.draft import Draft
from bot.compiler.forms import STAGES, TESTS_FILE
from bot.compiler.leaves import plain_tree
from bot.compiler.linking import Linked, link, make_script
from bot.compiler.problems import ContentError, Notebook, Place, Problem, errors
from bot.compiler.reading import Node, read_path
from bot.compiler.shapes import inspect
from bot.compiler.shaping_bot import shape_bot, shape_phrases
from bot.compiler.shaping_facts import shape_facts, shape_hotlines, shape_places
from bot.compiler.shaping_flows import shape_flow
from bot.compiler.shaping_topics import EMERGENCY, shape_topics
from bot.compiler.teaching import KeywordsOnly, Lessons, Teach
from bot.compiler.translations import Translations, read_translations
from bot.dialogue.script import Script

VERSION_CHARACTERS: Final = 16
_NOT_CONTENT: Final = frozenset({"schema", "media"})


@dataclass(frozen=True, slots=True)
class Compiled:
    """A script without errors, and the warnings that came up."""

    script: Script
    problems: tuple[Problem, ...]


@dataclass(frozen=True, slots=True)
class ContentFile:
    """A file of the content by its place in the folder, as authors are told about it, and what it says."""

    path: Path
    parts: tuple[str, ...]
    shown_as: str
    node: Node | None


@dataclass(frozen=True, slots=True)
class Assembled:
    """Everything that the files say, linked but not yet checked."""

    draft: Draft
    linked: Linked
    translations: Translations
    version: str
    lessons: Lessons


def compile_content(directory: Path, today: date, teach: Teach = KeywordsOnly) -> Compiled:
    """Read, link and check all of the content; raise ContentError with everything found if any of it is an error."""
    notebook = Notebook()
    assembled = check_content(directory, today, notebook)
    problems = notebook.problems()
    if assembled is None or errors(problems):
        raise ContentError(problems)
    understanding = teach(assembled.lessons)
    script = make_script(assembled.draft, assembled.linked, assembled.translations, assembled.version, understanding)
    return Compiled(script, problems)


def check_content(directory: Path, today: date, notebook: Notebook) -> Assembled | None:
    """Write down everything that is wrong with the content; nothing is put together where there is no such folder."""
    if not directory.is_dir():
        notebook.error(Place(str(directory), 1, 1), "there is no such folder")
        return None
    assembled = assemble(directory, notebook)
    check(assembled.draft, assembled.linked, assembled.translations, today)
    return assembled


def assemble(directory: Path, notebook: Notebook) -> Assembled:
    """Read and link all files of a folder; write down what is wrong on the way."""
    draft = Draft(notebook)
    draft.media = frozenset(path.name.partition(".")[0] for path in _files(directory / "media", "*"))
    files = tuple(_read_all(directory, notebook))
    unread = {file.shown_as: file for file in files}
    for shape in _IN_ORDER:
        for file in files:
            if shape.fits(file.parts):
                unread.pop(file.shown_as)
                if file.node is None:
                    notebook.warning(Place(file.shown_as, 1, 1), "there is nothing in this file")
                else:
                    shape.take(file.node, file.parts, draft)
    translations = Translations()
    for file in files:
        if len(file.parts) > 2 and file.parts[0] == "texts":
            unread.pop(file.shown_as)
            if file.node is not None:
                read_translations(file.node, file.parts[1], draft, translations)
        elif file.parts[0] == "tests" and file.node is not None:
            inspect(file.node, TESTS_FILE, notebook)
    for shown_as, file in unread.items():
        if file.parts[0] not in {"tests", "safety", "concepts"}:
            notebook.warning(Place(shown_as, 1, 1), "nothing reads this file; is it in the right folder?")
    _miss_needed(directory, files, draft)
    return Assembled(draft, link(draft), translations, version_of(directory), _lessons(files, draft))


@dataclass(frozen=True, slots=True)
class _Taker:
    """Which files are of a kind, and what takes them into the content."""

    fits: Callable[[tuple[str, ...]], bool]
    take: Callable[[Node, tuple[str, ...], Draft], None]


def _in_folder(name: str) -> Callable[[tuple[str, ...]], bool]:
    return lambda parts: len(parts) == 2 and parts[0] == name


_IN_ORDER: Final = (
    _Taker(lambda parts: parts == ("bot",), lambda node, _, draft: shape_bot(node, draft)),
    _Taker(lambda parts: parts == ("phrases",), lambda node, _, draft: shape_phrases(node, draft)),
    _Taker(_in_folder("facts"), lambda node, _, draft: shape_facts(node, draft)),
    _Taker(_in_folder("hotlines"), lambda node, _, draft: shape_hotlines(node, draft)),
    _Taker(_in_folder("places"), lambda node, _, draft: shape_places(node, draft)),
    _Taker(_in_folder("topics"), lambda node, parts, draft: shape_topics(node, parts[1], draft)),
    _Taker(_in_folder("flows"), lambda node, parts, draft: shape_flow(node, parts[1], draft)),
)


def version_of(directory: Path) -> str:
    """A name for exactly these bytes of content."""
    whole = sha256()
    for path in _files(directory, "*"):
        parts = path.relative_to(directory).parts
        if parts[0] not in {"schema", "tests"} and path.suffix != ".md":
            whole.update("/".join(parts).encode() + b"\0" + sha256(path.read_bytes()).digest())
    return whole.hexdigest()[:VERSION_CHARACTERS]


def _read_all(directory: Path, notebook: Notebook) -> Iterator[ContentFile]:
    for path in _files(directory, "*.yaml"):
        relative = path.relative_to(directory)
        if relative.parts[0] in _NOT_CONTENT:
            continue
        shown_as = f"{directory.name}/{relative.as_posix()}"
        parts = (*relative.parts[:-1], relative.stem)
        yield ContentFile(path, parts, shown_as, read_path(path, shown_as, notebook))


def _files(directory: Path, pattern: str) -> list[Path]:
    """Files in a fixed order; topics in the order of the way of a migrant."""
    inside = directory.resolve()
    found = [path for path in directory.rglob(pattern) if path.is_file() and path.resolve().is_relative_to(inside)]
    return sorted(found, key=lambda path: (_stage_order(path), path.relative_to(directory).as_posix()))


def _stage_order(path: Path) -> int:
    in_topics = path.parent.name == "topics" and path.parent.parent.name != "texts"
    return STAGES.index(path.stem) if in_topics and path.stem in STAGES else -1


def _lessons(files: tuple[ContentFile, ...], draft: Draft) -> Lessons:
    trees = {file.parts[0]: plain_tree(file.node) for file in files if len(file.parts) == 1}
    return Lessons(
        keywords=draft.bot.keywords if draft.bot else {},
        examples=draft.examples,
        emergencies=tuple(topic.id for topic in draft.topics.values() if topic.urgency == EMERGENCY),
        concepts=trees.get("concepts", {}),
        safety=trees.get("safety", {}),
    )


def _miss_needed(directory: Path, files: tuple[ContentFile, ...], draft: Draft) -> None:
    for name in ("bot", "phrases"):
        if not any(file.parts == (name,) for file in files):
            draft.notebook.error(Place(f"{directory.name}/{name}.yaml", 1, 1), "this file is missing")
