"""Files that were read before, by their bytes: where one of a hundred has changed, one is read again."""

from collections import OrderedDict
from collections.abc import Callable
from hashlib import sha256
from threading import Lock
from typing import Final, NamedTuple

from bot.compiler.problems import Notebook
from bot.compiler.reading import Node, read_yaml

MOST_BYTES: Final = 10_000_000
"""Of the files that are remembered: twice what a thousand screens in five languages are."""


class Read(NamedTuple):
    """What a file says, and what is wrong with how it is written."""

    node: Node | None
    found: Notebook
    size: int


class Parsed:
    """Nodes are values, so that many threads may have the same."""

    __slots__ = ("_held", "_lock", "_size")

    def __init__(self) -> None:
        self._held: OrderedDict[tuple[str, str], Read] = OrderedDict()
        self._size = 0
        self._lock = Lock()

    def read(self, shown_as: str, source: bytes) -> Read:
        """What these bytes say in a file of this name."""
        return self.get(shown_as, sha256(source).hexdigest(), lambda: source)

    def held(self, shown_as: str, blob: str) -> Node | None:
        """What the bytes of this hash say, where they were read and are still remembered."""
        with self._lock:
            found = self._held.get((shown_as, blob))
        return None if found is None else found.node

    def get(self, shown_as: str, blob: str, load: Callable[[], bytes]) -> Read:
        """What the bytes of this hash say; they are loaded where nobody has read them before."""
        key = (shown_as, blob)
        with self._lock:
            found = self._held.get(key)
            if found is not None:
                self._held.move_to_end(key)
                return found
        source = load()
        notebook = Notebook()
        read = Read(read_yaml(source, shown_as, notebook), notebook, len(source))
        with self._lock:
            if key not in self._held:
                self._held[key] = read
                self._size += read.size
            while self._size > MOST_BYTES and len(self._held) > 1:
                self._size -= self._held.popitem(last=False)[1].size
        return read
