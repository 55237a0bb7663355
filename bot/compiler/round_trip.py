"""One YAML file that is changed in places and stays as it is everywhere else.

Each edit writes only the characters that it must, in the file's own way: its quotes, brackets and indentation. The
result is read again and compared with what it was meant to be; an edit that does not come out so is not made.
"""

from collections.abc import Iterable, Sequence
from functools import lru_cache
from typing import Final, NamedTuple, TypeAlias

from bot.compiler.editing import Edit, Editor, Site, new_lines, same
from bot.compiler.leaves import Plain, plain_tree
from bot.compiler.problems import Notebook, Place
from bot.compiler.reading import read_yaml
from bot.compiler.spans import ListSpan, MapSpan, ScalarSpan, Span, plain_of, spans_of
from bot.compiler.writing import STEP, habits_of, write_key

TreePath: TypeAlias = tuple[str | int, ...]
"""Keys of maps and places in lists, from the top of the file: `(3, "source", "url")`."""

_MARK: Final = "\ufeff"


class EditError(Exception):
    """The file cannot be read, or the edit does not come out as meant; the message says why. Nothing was changed."""

    def __init__(self, words: str, place: Place | None = None) -> None:
        super().__init__(words)
        self.place = place


class Document:
    """A file that can be read; a value: each edit gives another document."""

    __slots__ = ("_editor", "_mark", "_newline", "_root", "_text", "_tree")

    def __init__(self, source: bytes) -> None:
        """Raise EditError where this is nothing that `read_yaml` reads without an error."""
        self._text, self._root, self._tree, self._editor = _read(source)
        self._mark = _MARK if source.startswith(_MARK.encode()) else ""
        self._newline = "\r\n" if "\r\n" in self._text else "\n"

    @property
    def source(self) -> bytes:
        """The file as it stands."""
        return (self._mark + self._text).encode()

    def at(self, path: TreePath) -> "Plain | None":
        """What stands there, without its places; None where nothing does. It is only to be looked at."""
        if not path:
            return self._tree
        site = self._find(path)
        return None if site is None else plain_of(site.span)

    def place_of(self, path: TreePath) -> tuple[int, int] | None:
        """Line and column of a value, counted from one."""
        site = self._find(path)
        if site is None:
            return None
        start = site.span.start
        return self._text.count("\n", 0, start) + 1, start - self._text.rfind("\n", 0, start)

    def path_at(self, line: int, column: int) -> TreePath:
        """What stands at a place: the deepest value that begins there or before it, or whose key does."""
        index = self._index(line, column)
        path: list[str | int] = []
        span = self._root
        while span is not None:
            step, span = _step_at(span, index)
            if step is not None:
                path.append(step)
        return tuple(path)

    def put(self, path: TreePath, value: Plain) -> "Document":
        """Write a value, in the place of the one that stands there or behind the last key of its map."""
        if not path and isinstance(value, str):
            raise EditError("a file holds a list or a map, not mere words")
        intended = _placed(self._tree, path, value)
        site = self._find(path)
        if site is not None:
            return self._edited(self._editor.rewrite(site, value), intended)
        if self._root is None:
            gap = "" if not self._text or self._text.endswith("\n") else "\n"
            end = len(self._text)
            return self._edited([Edit(end, end, gap + new_lines(intended, habits_of(None)))], intended)
        parent = self._find(path[:-1])
        match parent, path[-1]:
            case Site(span=MapSpan(entries=entries, is_odd=False)), str() as key if entries:
                edits = self._editor.add_entries(parent, len(entries) - 1, [(key, value)], set())
                return self._edited(edits, intended)
            case _:
                return self._rewritten(path[:-1], intended)

    def insert(self, path: TreePath, index: int, value: Plain) -> "Document":
        """Write an item into a list; an index at its end appends."""
        site = self._find(path)
        items = plain_of(site.span) if site is not None else None
        if not isinstance(items, list):
            raise EditError(f"no list stands at {_told(path)}")
        index = min(max(index, 0), len(items))
        intended = _placed(self._tree, path, [*items[:index], value, *items[index:]])
        if site is None or not items:
            return self._rewritten(path, intended)
        return self._edited(self._editor.add_items(site, index - 1, [value], set()), intended)

    def append(self, path: TreePath, value: Plain) -> "Document":
        """Write an item at the end of a list."""
        items = self.at(path)
        return self.insert(path, len(items) if isinstance(items, list) else 0, value)

    def remove(self, path: TreePath) -> "Document":
        """Take a key with its value, or an item of a list, out."""
        if not path:
            raise EditError("a file cannot be taken out of itself")
        parent, value = self._find(path[:-1]), self.at(path[:-1])
        match value, path[-1]:
            case dict(), str() as key if key in value:
                left: Plain = {name: inner for name, inner in value.items() if name != key}
                index = list(value).index(key)
            case list(), int() as index if 0 <= index < len(value):
                left = [*value[:index], *value[index + 1 :]]
            case _:
                raise EditError(f"nothing stands at {_told(path)}")
        intended = _placed(self._tree, path[:-1], left)
        if parent is None or not left or (isinstance(parent.span, MapSpan) and parent.span.is_odd):
            return self._rewritten(path[:-1], intended)
        return self._edited(self._editor.remove(parent, {index}), intended)

    def rename_key(self, path: TreePath, key: str) -> "Document":
        """Call a key of a map otherwise."""
        parent = self._find(path[:-1]) if path else None
        old = path[-1] if path else ""
        if parent is None or not isinstance(parent.span, MapSpan) or old not in parent.span.entries:
            raise EditError(f"no key stands at {_told(path)}")
        if key in parent.span.entries:
            raise EditError(f"'{key}' stands here already")
        span = parent.span.entries[str(old)].key
        entries = {key if name == old else name: plain_of(entry.value) for name, entry in parent.span.entries.items()}
        intended = _placed(self._tree, path[:-1], entries)
        return self._edited([Edit(span.start, span.end, write_key(key, span.style))], intended)

    def become(self, path: TreePath, value: Plain) -> "Document":
        """Make what stands there equal to a value by the fewest edits: what is the same keeps its bytes."""
        site = self._find(path)
        if site is None:
            return self.put(path, value)
        if same(plain_of(site.span), value):
            return self
        intended = _placed(self._tree, path, value)
        try:
            return self._edited(self._editor.become(site, value), intended)
        except EditError:
            return self._edited(self._editor.rewrite(site, value), intended)

    def _find(self, path: TreePath) -> Site | None:
        if self._root is None:
            return None
        site: Site | None = Site(self._root, ("", ""), -STEP, 0, in_brackets=False, behind_dash=False)
        for step in path:
            site = self._editor.inner(site, step) if site is not None else None
        return site

    def _rewritten(self, path: TreePath, intended: Plain) -> "Document":
        """Write the whole list or map anew that gains its first or loses its last row."""
        site = self._find(path)
        value = _inside(intended, path)
        if site is None or value is None:
            raise EditError(f"nothing stands at {_told(path)}")
        return self._edited(self._editor.rewrite(site, value), intended)

    def _edited(self, edits: Iterable[Edit], intended: Plain) -> "Document":
        text = _apply(self._text, sorted(edits, key=lambda edit: edit[:2]), self._newline)
        try:
            document = Document((self._mark + text).encode())
        except UnicodeEncodeError as error:
            raise EditError("these are no characters that can be written") from error
        if not same(document._tree, intended):
            raise EditError("this cannot be written here without changing something else")
        return document

    def _index(self, line: int, column: int) -> int:
        start = 0
        for _ in range(line - 1):
            found = self._text.find("\n", start)
            if found < 0:
                return len(self._text)
            start = found + 1
        return start + max(column, 1) - 1


class _Read(NamedTuple):
    text: str
    root: Span | None
    tree: "Plain | None"
    editor: Editor


@lru_cache(maxsize=8)
def _read(source: bytes) -> _Read:
    """Remembered, since the same file is opened to be shown, to be checked and to be written."""
    notebook = Notebook()
    node = read_yaml(source, "", notebook)
    for problem in notebook.problems():
        raise EditError(problem.words, problem.place)
    text = source.decode("utf-8-sig")
    if "\r" in text.replace("\r\n", ""):
        raise EditError("a line ends as on very old computers; save the file with other line ends")
    root = spans_of(text) if node is not None else None
    tree = plain_tree(node) if node is not None else None
    if root is not None and not same(plain_of(root), tree):
        raise EditError("this file is written in a way that only an editor of texts can change")
    return _Read(text, root, tree, Editor(text, habits_of(root)))


def _apply(text: str, edits: Sequence[Edit], newline: str) -> str:
    parts: list[str] = []
    done = 0
    for edit in edits:
        if edit.start < done:
            raise EditError("two edits meet in one place")
        words = edit.words if newline == "\n" else edit.words.replace("\n", newline)
        parts += (text[done : edit.start], words)
        done = edit.end
    return "".join((*parts, text[done:]))


def _step_at(span: Span, index: int) -> tuple[str | int | None, Span | None]:
    """The item or key of a list or map at a place, and what stands behind it if the place is there or behind."""
    match span:
        case ScalarSpan():
            return None, None
        case ListSpan():
            starts = [item.start for item in span.items] if span.is_flow else span.dashes
            found = sum(start <= index for start in starts) - 1
            return (None, None) if found < 0 else (found, span.items[found])
        case MapSpan():
            here = [name for name, entry in span.entries.items() if entry.key.start <= index]
            if not here:
                return None, None
            value = span.entries[here[-1]].value
            return here[-1], value if value.start <= index else None


def _placed(tree: "Plain | None", path: TreePath, value: Plain) -> Plain:
    """A tree with another value at a path."""
    if not path:
        return value
    step, rest = path[0], path[1:]
    match tree, step:
        case dict(), str():
            return {**tree, step: _placed(tree.get(step), rest, value)}
        case list(), int() if 0 <= step < len(tree):
            return [*tree[:step], _placed(tree[step], rest, value), *tree[step + 1 :]]
        case None, str():
            return {step: _placed(None, rest, value)}
        case _:
            raise EditError(f"nothing stands at {_told(path)}")


def _inside(tree: Plain, path: TreePath) -> "Plain | None":
    for step in path:
        match tree, step:
            case (dict(), str()) if step in tree:
                tree = tree[step]
            case (list(), int()) if 0 <= step < len(tree):
                tree = tree[step]
            case _:
                return None
    return tree


def _told(path: TreePath) -> str:
    return ".".join(str(step) for step in path) or "the top"
