"""What stands where: all topics, dialogues, facts, numbers and sentences of a draft, for lists and for searching."""

from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from bot.messages import Language
from bot.studio.kinds import Kind
from bot.studio.tree import Tree


@dataclass(frozen=True, slots=True)
class Entry:
    """One thing that can be opened. `stage` is that of a topic, `review_by` the earliest of its parts (ISO)."""

    kind: Kind
    id: str
    title: str
    file: str
    line: int
    stage: str = ""
    review_by: str = ""
    missing: tuple[Language, ...] = ()
    stale: tuple[Language, ...] = ()


@dataclass(frozen=True, slots=True)
class Found:
    """An entry that holds what was searched for: in which language, and the words around it."""

    entry: Entry
    language: Language
    before: str
    match: str
    after: str


class Catalogue:
    """All entries of a tree; made quickly from what was read before."""

    @property
    def entries(self) -> tuple[Entry, ...]:
        """In the order of the files and their lines."""
        raise NotImplementedError

    def of(self, kind: Kind) -> tuple[Entry, ...]:
        """Those of one kind."""
        raise NotImplementedError

    def entry(self, kind: Kind, entry_id: str) -> Entry | None:
        """One of them; nothing where there is none."""
        raise NotImplementedError

    def search(self, words: str, kinds: Iterable[Kind] = (), at_most: int = 50) -> tuple[Found, ...]:
        """What holds these words in any language, with the best first; ids count as words, too."""
        raise NotImplementedError


class Cataloguer:
    """Remembers what each file says by its bytes, so that the next tree costs only what has changed."""

    def catalogue(self, tree: Tree, folder: Path) -> Catalogue:
        """The catalogue of a tree, whose files lie in the folder; waits for the disk, so call it in a thread."""
        raise NotImplementedError
