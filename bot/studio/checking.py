"""Whether a draft is sound: the whole of it with its conversations, or quickly the one file that is being typed."""

from dataclasses import dataclass
from datetime import date
from pathlib import Path

from bot.compiler.assembling import Assembled
from bot.compiler.problems import Severity
from bot.compiler.teaching import Teach
from bot.dialogue.script import Script
from bot.studio.kinds import Kind
from bot.studio.tree import Tree


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
    """A whole draft. `script` is there unless something in it is an error; `assembled` where all files could be read.

    Findings of the conversations in `tests/` are among the others; `conversations` says how many were walked through.
    """

    findings: tuple[Finding, ...]
    script: Script | None
    assembled: Assembled | None
    conversations: int = 0

    @property
    def is_sound(self) -> bool:
        """Whether it may go live."""
        return self.script is not None and not any(each.severity is Severity.ERROR for each in self.findings)


@dataclass(frozen=True, slots=True)
class Word:
    """What may be written at a place, and what it means."""

    word: str
    about: str = ""


class Checker:
    """Remembers what it has read, by the bytes of each file, and what it found, by the hash of the tree."""

    def __init__(self, teach: Teach) -> None:
        raise NotImplementedError

    async def check(self, tree: Tree, folder: Path, today: date) -> Checked:
        """Everything about a tree, whose files lie in the folder (`Archive.checkout`); in a thread."""
        raise NotImplementedError

    async def look(self, tree: Tree, folder: Path, name: str, source: bytes, today: date) -> tuple[Finding, ...]:
        """What is wrong with one file while somebody types it, as if it stood in the tree; quick, in a thread."""
        raise NotImplementedError

    async def complete(
        self, tree: Tree, folder: Path, name: str, source: bytes, line: int, column: int
    ) -> tuple[Word, ...]:
        """What may be written where the cursor stands: keys, fixed words, and ids that exist."""
        raise NotImplementedError
