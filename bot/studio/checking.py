"""Whether a draft is sound: the whole of it with its conversations, or quickly the one file that is being typed.

The whole takes seconds of a processor, so a bot that answers people has it done elsewhere (`examining`).
"""

import asyncio
from collections import OrderedDict
from collections.abc import Awaitable, Callable, Hashable, Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import date
from enum import StrEnum
from pathlib import Path, PurePosixPath
from threading import Lock
from typing import Final, Generic, TypeAlias, TypeVar

from bot.compiler.assembling import Assembled, assemble
from bot.compiler.commands import check
from bot.compiler.compile import check_content, script_of, without_collecting
from bot.compiler.folder import NOT_CONTENT, Folder, lent_by
from bot.compiler.glancing import BOT, Whole, beside_of, exchange, glance, whole_of
from bot.compiler.lending import PHRASES, phrases_in
from bot.compiler.parsed import Parsed
from bot.compiler.problems import Notebook, Place, Problem, Severity, errors
from bot.compiler.reading import Node, read_yaml
from bot.compiler.rehearsal import read_rehearsals
from bot.compiler.round_trip import Document, EditError
from bot.compiler.teaching import Teach
from bot.studio.completing import Word, complete
from bot.studio.forms.places import pointed_at
from bot.studio.kinds import Kind, kind_in
from bot.studio.tree import Tree, TreeHash

SHOWN_AS: Final = "content"
_PICTURES: Final = frozenset({".png", ".jpg", ".jpeg"})
_MOST_CHANGED: Final = 12
"""Between two states of the content that differ in more files, everything is put together anew."""

Held = TypeVar("Held")


@dataclass(frozen=True, slots=True)
class Finding:
    """What is wrong at a place of a file, and which field of which form that is, where there is one."""

    file: str
    """As the tree names it: `facts/thailand.yaml`."""
    line: int
    column: int
    words: str
    severity: Severity
    kind: Kind | None = None
    id: str = ""
    field: str = ""


@dataclass(frozen=True, slots=True)
class Checked:
    """A whole draft. Findings of the conversations in `tests/` are among the others.

    `conversations` says how many were walked through: none of them where something else is an error.
    """

    findings: tuple[Finding, ...]
    conversations: int = 0

    @property
    def is_sound(self) -> bool:
        """Whether it may go live."""
        return not any(each.severity is Severity.ERROR for each in self.findings)


Examine: TypeAlias = Callable[[TreeHash, Path, date], Awaitable[Checked]]
"""The whole check of a tree, whose files lie in the folder; raises CheckError where it cannot be had."""


class Failure(StrEnum):
    """Why something could not be checked, which says nothing about what stands in it."""

    NOT_STARTED = "not_started"
    CRASHED = "crashed"
    LATE = "late"
    NO_ANSWER = "no_answer"
    """It ended well and said nothing that can be read."""
    GONE = "gone"
    """The folder with its files was taken away before it was read."""
    STOPPED = "stopped"
    """The bot stops."""


class CheckError(Exception):
    """It could not be checked."""

    def __init__(self, failure: Failure, code: int | None = None) -> None:
        super().__init__(failure.value)
        self.failure = failure
        self.code = code
        """With which code the check ended; of a signal it is the negative number."""


def check_whole(content: Folder, today: date, teach: Teach) -> Checked:
    """Everything about a folder of content: all of it is compiled, and all conversations are walked through."""
    report = check(content, today, teach)
    return Checked(findings_of(report.problems, content.source), dict(report.counts).get("conversations", 0))


def check_compiled(content: Folder, today: date) -> Checked:
    """Only whether this program can use it: no conversation is walked through, and nothing is learned for them."""
    notebook = Notebook()
    with without_collecting():
        assembled = check_content(content, today, notebook)
        if assembled is not None and not errors(notebook.problems()):
            script_of(assembled)
    return Checked(findings_of(notebook.problems(), content.source))


class Checker:
    """Looks at one file. Remembers what it has read, by the bytes of each file and by the hash of the tree."""

    def __init__(self, lender: Path | None = None) -> None:
        self._parsed = Parsed()
        self._lender = None if lender is None else lent_by(lender, Parsed())
        self._assembled = _Last[TreeHash, Assembled | None](2)
        self._wholes = _Last[TreeHash, tuple[Tree, Whole]](4)

    async def assembled(self, tree: Tree, folder: Path) -> Assembled | None:
        """All that the files of a tree say, unchecked; nothing where one of them cannot be read."""
        return await asyncio.to_thread(self._assembled.get, tree.hash, lambda: self._assemble(folder))

    async def look(self, tree: Tree, folder: Path, name: str, source: bytes, today: date) -> tuple[Finding, ...]:
        """What is wrong with one file while somebody types it, as if it stood in the tree; quick, in a thread."""
        return await asyncio.to_thread(self._look, tree, folder, name, source, today)

    async def complete(
        self, tree: Tree, folder: Path, name: str, source: bytes, line: int, column: int
    ) -> tuple[Word, ...]:
        """What may be written where the cursor stands: keys, fixed words, and ids that exist."""
        return await asyncio.to_thread(self._complete, tree, folder, name, source, line, column)

    # The whole

    def folder(self, folder: Path, instead: Mapping[str, bytes] | None = None) -> Folder:
        """A folder of content of which nothing is read that was read before."""
        return Folder(folder, SHOWN_AS, instead or {}, self._parsed, self._lender)

    def _assemble(self, folder: Path) -> Assembled | None:
        with without_collecting():
            # As it stands: what is lent to it cannot be worked on in it.
            assembled = assemble(replace(self.folder(folder), lender=None), Notebook())
        return assembled if assembled.is_whole else None

    # One file

    def _look(self, tree: Tree, folder: Path, name: str, source: bytes, today: date) -> tuple[Finding, ...]:
        notebook = Notebook()
        node = read_yaml(source, f"{SHOWN_AS}/{name}", notebook)
        problems: Iterable[Problem] = ()
        if node is None:
            if not notebook.problems():
                notebook.warning(Place(_shown(name), 1, 1), "nothing stands in this file")
        elif name.startswith("tests/"):
            list(read_rehearsals(node, notebook))
        elif name == BOT:
            check_content(self.folder(folder, {name: source}), today, notebook)
        elif name.partition("/")[0] not in NOT_CONTENT:
            whole = self._exchanged(self._whole(tree, folder), tree, folder, name, node, notebook)
            lent = frozenset[str]() if self._lender is None or name != PHRASES else phrases_in(self._lender)
            problems = glance(whole, name, today, lent)
        here = {problem for problem in (*notebook.problems(), *problems) if problem.place.file == _shown(name)}
        return findings_of(sorted(here, key=lambda problem: (problem.place, problem.words)), lambda _: source)

    def _complete(self, tree: Tree, folder: Path, name: str, source: bytes, line: int, column: int) -> tuple[Word, ...]:
        return complete(self._whole(tree, folder).draft, name, source, line, column)

    def _whole(self, tree: Tree, folder: Path) -> Whole:
        return self._wholes.get(tree.hash, lambda: (tree, self._put_together(tree, folder)))[1]

    def _put_together(self, tree: Tree, folder: Path) -> Whole:
        pictures = _pictures_of(tree)
        for known, whole in self._wholes.held():
            changed = [name for name in known.changed_in(tree) if _says_something(name)]
            if len(changed) <= _MOST_CHANGED and BOT not in changed:
                # English files first: the others say something about what stands there.
                now = whole
                for name in sorted(changed, key=lambda name: name.startswith("texts/")):
                    node = self._node(tree, folder, name)
                    before = self._parsed.held(_shown(name), known.files.get(name, ""))
                    now = self._exchanged(now, tree, folder, name, node, Notebook(), before)
                return replace(now, draft=replace(now.draft, pictures=pictures))
        with without_collecting():
            names = [name for name in tree.files if _says_something(name)]
            nodes = {name: node for name in names if (node := self._node(tree, folder, name)) is not None}
            return whole_of(nodes, SHOWN_AS, pictures)

    def _exchanged(
        self,
        whole: Whole,
        tree: Tree,
        folder: Path,
        name: str,
        node: Node | None,
        notebook: Notebook,
        before: Node | None = None,
    ) -> Whole:
        beside = {
            other: found
            for other in beside_of(name, tree.files)
            if (found := self._node(tree, folder, other)) is not None
        }
        return exchange(whole, name, before or self._node(tree, folder, name), node, beside, notebook)

    def _node(self, tree: Tree, folder: Path, name: str) -> Node | None:
        blob = tree.files.get(name)
        return None if blob is None else self._parsed.get(_shown(name), blob, (folder / name).read_bytes).node


def findings_of(problems: Iterable[Problem], source: Callable[[str], bytes]) -> tuple[Finding, ...]:
    """Problems with the fields in which they can be put right; `source` gives the bytes of a file."""
    documents: dict[str, Document | None] = {}
    findings: list[Finding] = []
    for problem in problems:
        name = problem.place.file.removeprefix(f"{SHOWN_AS}/")
        finding = Finding(name, problem.place.line, problem.place.column, problem.words, problem.severity)
        holds = kind_in(name)
        if holds is not None:
            if name not in documents:
                documents[name] = _document(name, source)
            document = documents[name]
            if document is not None:
                path = document.path_at(finding.line, finding.column)
                pointed = pointed_at(holds, document.at(()), path)
                if pointed is not None:
                    finding = replace(finding, kind=pointed.kind, id=pointed.id, field=pointed.field)
        findings.append(finding)
    return tuple(findings)


def _document(name: str, source: Callable[[str], bytes]) -> Document | None:
    try:
        return Document(source(name))
    except (EditError, OSError):
        return None


def _shown(name: str) -> str:
    return f"{SHOWN_AS}/{name}"


def _says_something(name: str) -> bool:
    return name.endswith(".yaml") and name.partition("/")[0] not in NOT_CONTENT


def _pictures_of(tree: Tree) -> frozenset[str]:
    paths = (PurePosixPath(name) for name in tree.files if name.startswith("media/"))
    return frozenset(path.stem for path in paths if path.suffix in _PICTURES)


Name = TypeVar("Name", bound=Hashable)


class _Last(Generic[Name, Held]):
    """The last few of what takes long to make; whoever asks for one that is being made waits for it."""

    __slots__ = ("_held", "_lock", "_most")

    def __init__(self, most: int) -> None:
        self._held: OrderedDict[Name, Held] = OrderedDict()
        self._most = most
        self._lock = Lock()

    def get(self, name: Name, make: Callable[[], Held]) -> Held:
        """What is held under a name, made where it is not there."""
        with self._lock:
            if name not in self._held:
                self._held[name] = make()
            self._held.move_to_end(name)
            while len(self._held) > self._most:
                self._held.popitem(last=False)
            return self._held[name]

    def held(self) -> list[Held]:
        """All of them, the last one first; for whoever is asked to make another one."""
        return list(reversed(self._held.values()))


__all__ = ["CheckError", "Checked", "Checker", "Examine", "Failure", "Finding", "Word", "check_whole", "findings_of"]
