"""Trees of words, lists and maps, as forms read and write them: what an author left as it was stays as it was."""

from collections.abc import Iterable, Mapping
from typing import Final

from bot.compiler.leaves import Plain, plain_tree
from bot.compiler.problems import Notebook
from bot.compiler.reading import read_yaml
from bot.compiler.writing import Habits, write_inline

Tree = dict[str, Plain]

LONGEST_CONDITION: Final = 2_000


class LineError(Exception):
    """A line of conditions or details that is not written as it must be; the message names its field, if known."""


def tree_of(value: "Plain | None") -> Tree:
    """A map; an empty one where something else stands."""
    return value if isinstance(value, dict) else {}


def words_in(tree: Mapping[str, Plain], key: str) -> str:
    """The words behind a key."""
    found = tree.get(key)
    return found if isinstance(found, str) else ""


def many_in(tree: Mapping[str, Plain], key: str) -> tuple[str, ...]:
    """One or more words behind a key."""
    return many_of(tree.get(key))


def many_of(found: "Plain | None") -> tuple[str, ...]:
    """One or more words."""
    if isinstance(found, str):
        return (found,) if found else ()
    return tuple(each for each in found if isinstance(each, str)) if isinstance(found, list) else ()


def trees_in(tree: Mapping[str, Plain], key: str) -> tuple[Tree, ...]:
    """The maps in a list behind a key."""
    found = tree.get(key)
    return tuple(each for each in found if isinstance(each, dict)) if isinstance(found, list) else ()


def pairs_in(tree: Mapping[str, Plain], key: str) -> tuple[tuple[str, str], ...]:
    """Keys with words, of a map behind a key."""
    return tuple((name, words) for name, words in tree_of(tree.get(key)).items() if isinstance(words, str))


def tidy(words: str) -> str:
    """Words as a browser sends them, with the line ends of our files and nothing around them."""
    return words.replace("\r\n", "\n").strip()


def kept(old: "Plain | None", words: str) -> "Plain | None":
    """Words, or those that stood there if they say the same; nothing where they are empty."""
    new = tidy(words)
    if isinstance(old, str) and tidy(old) == new:
        return old or None
    return new or None


def kept_many(old: "Plain | None", several: Iterable[str]) -> "Plain | None":
    """One or more words, as a list or alone as they stood there; nothing where there are none."""
    new = [word for each in several if (word := tidy(each))]
    if list(many_of(old)) == new:
        return old if new else None
    if len(new) == 1 and isinstance(old, str):
        return new[0]
    return list[Plain](new) or None


def kept_pairs(old: "Plain | None", pairs: Iterable[tuple[str, str]]) -> "Plain | None":
    """A map of words; nothing where it has no entries."""
    before = tree_of(old)
    new: Tree = {}
    for name, words in pairs:
        value = kept(before.get(name), words)
        if value is not None:
            new[name] = value
    return new or None


def merged(old: Mapping[str, Plain], new: "Mapping[str, Plain | None]", order: Iterable[str]) -> Tree:
    """An entry with these keys written or taken out; a new key stands behind the one before it in `order`."""
    left: Tree = {}
    for name, before in old.items():
        value = new.get(name, before)
        if value is not None:
            left[name] = value
    ordered = list(order)
    for name in ordered:
        value = new.get(name)
        if value is None or name in left:
            continue
        before_it = [key for key in ordered[: ordered.index(name)] if key in left]
        names = list(left)
        place = names.index(before_it[-1]) + 1 if before_it else 0
        left = dict([*list(left.items())[:place], (name, value), *list(left.items())[place:]])
    return left


def line_of(value: "Plain | None") -> str:
    """A map on one line without its braces: `origin: [kh, la], risk: 4+`."""
    if not isinstance(value, dict) or not value:
        return ""
    return write_inline(value, ("", ""), Habits())[1:-1]


def tree_in_line(line: str) -> Tree:
    """The map that a line says; raise LineError where it says none."""
    words = tidy(line)
    if not words:
        return {}
    if len(words) > LONGEST_CONDITION or "\n" in words:
        raise LineError
    found = inline(f"{{{words}}}")
    if not isinstance(found, dict):
        raise LineError
    return found


def inline(words: str) -> Plain:
    """What is written in brackets on one line; raise LineError where it cannot be read."""
    notebook = Notebook()
    node = read_yaml(words.encode(errors="replace"), "", notebook)
    if node is None or notebook.problems():
        raise LineError
    return plain_tree(node)


def kept_line(old: "Plain | None", line: str) -> "Plain | None":
    """The map that a line says, as it stood there if it says the same; nothing where it is empty."""
    if tidy(line) == line_of(old):
        return old or None
    return tree_in_line(line) or None


def detail_of(value: Plain) -> str:
    """A detail as one line."""
    return value if isinstance(value, str) else write_inline(value, ("", ""), Habits())


def kept_detail(old: "Plain | None", line: str) -> "Plain | None":
    """A detail, as it stood there if it says the same."""
    words = tidy(line)
    if old is not None and detail_of(old) == words:
        return old
    return inline(words) if words.startswith(("[", "{")) else words or None
