import time
from pathlib import Path

import pytest

from bot.compiler.leaves import plain_tree
from bot.compiler.problems import Notebook, Place
from bot.compiler.reading import DEEPEST, MOST_BYTES, MOST_NODES, ListNode, MapNode, TextNode, read_path, read_yaml

QUOTES = "put the words in quotes"
NO_START = f"this character cannot start words; {QUOTES}"
NESTED = f"lists and maps may nest {DEEPEST} deep"
TOO_MANY = f"a file may hold {MOST_NODES} words, lists and maps; split it in two"
ALIAS = "'*' repeats another part of the file; write it out instead"
TAG = f"'!' gives a type; leave it out or {QUOTES}"
NULL = "means nothing here; write words or leave the line out"
NO_KEY = "a list or map cannot be a key; put '{' and '[' in quotes"
DEPTH = "this line stands at the wrong depth, or a quote is missing before it"
BEHIND = "this stands behind the end of the content"
BRACKET = "this bracket is never closed, or a ',' is missing in it"
BOMB = b"a: &a [x, x]\n" + b"".join(b"%c: &%c [*%c, *%c]\n" % (c, c, c - 1, c - 1) for c in range(98, 123))
INVISIBLE = "the invisible character {} may not stand in content"
MERGE = "'<<' merges another part of the file; write it out instead"

HOSTILE: dict[str, tuple[bytes, str]] = {
    # Things that say something else than they show.
    "an anchor": (b"a: &x 1", "f.yaml:1:4: '&x' names a part of the file; leave it out"),
    "an anchor on a list": (b"a: &x [1]", "f.yaml:1:4: '&x' names a part of the file; leave it out"),
    "an anchor on a map": (b"a: &x {b: 1}", "f.yaml:1:4: '&x' names a part of the file; leave it out"),
    "an anchor on a key": (b"&x a: 1", "f.yaml:1:1: '&x' names a part of the file; leave it out"),
    "an alias": (b"a: 1\nb: *a", f"f.yaml:2:4: {ALIAS}"),
    "an alias as a key": (b"*a : 1", f"f.yaml:1:1: {ALIAS}"),
    "an alias in a list": (b"- *a", f"f.yaml:1:3: {ALIAS}"),
    "an alias to itself": (b"a: &a [*a]", "f.yaml:1:4: '&a' names a part of the file; leave it out"),
    "an alias bomb": (BOMB, "f.yaml:1:4: '&a' names a part of the file; leave it out"),
    "a tag": (b"a: !!int 3", f"f.yaml:1:4: {TAG}"),
    "a tag of Python": (b"a: !!python/object/apply:os.system [ls]", f"f.yaml:1:4: {TAG}"),
    "a local tag": (b"a: !secret x", f"f.yaml:1:4: {TAG}"),
    "a tag without a name": (b"a: ! x", f"f.yaml:1:4: {TAG}"),
    "a tag on a map": (b"--- !!map\na: 1", f"f.yaml:1:5: {TAG}"),
    "a tag on a key": (b"!!str a: 1", f"f.yaml:1:1: {TAG}"),
    "a very long tag": (b"a: !" + b"t" * 900_000 + b" x", f"f.yaml:1:4: {TAG}"),
    "a merge key": (b"a: 1\n<<: {b: 2}", f"f.yaml:2:1: {MERGE}"),
    "a merge key in a flow map": (b"a: {<<: {b: 2}}", f"f.yaml:1:5: {MERGE}"),
    "a duplicate key": (b"a: 1\nb: 2\na: 3", "f.yaml:3:1: 'a' stands here twice, first in line 1"),
    "a duplicate key in quotes": (b'a: 1\n"a": 2', "f.yaml:2:1: 'a' stands here twice, first in line 1"),
    "a duplicate key in a flow map": (b"x: {a: 1, a: 2}", "f.yaml:1:11: 'a' stands here twice, first in line 1"),
    "a duplicate key by an escape": (b'a: 1\n"\\x61": 2', "f.yaml:2:1: 'a' stands here twice, first in line 1"),
    "two documents": (b"a: 1\n---\nb: 2", "f.yaml:2:1: a file may hold one document; take the line '---' out"),
    "two documents, the first empty": (
        b"---\n---\nb: 2",
        "f.yaml:2:1: a file may hold one document; take the line '---' out",
    ),
    "a document after its end": (b"a: 1\n...\nb: 2", f"f.yaml:3:1: {BEHIND}"),
    "a version line": (b"%YAML 1.1\n---\na: 1", "f.yaml:1:1: lines that start with '%' are not allowed"),
    "a tag line": (b"%TAG ! tag:x,2026:\n---\na: 1", "f.yaml:1:1: lines that start with '%' are not allowed"),
    "a tilde for nothing": (b"a: ~", f"f.yaml:1:4: '~' {NULL}"),
    "null for nothing": (b"a: null", f"f.yaml:1:4: 'null' {NULL}"),
    "NULL for nothing": (b"- NULL", f"f.yaml:1:3: 'NULL' {NULL}"),
    # Keys that are none.
    "a list as a key": (b"? [a]\n: b", f"f.yaml:1:3: {NO_KEY}"),
    "a map as a key": (b"{a: 1}: b", f"f.yaml:1:1: {NO_KEY}"),
    "a slot as a key": (b"{{a}}: b", f"f.yaml:1:1: {NO_KEY}"),
    "a list as a key in a list": (b"- ? [a, b]\n  : c", f"f.yaml:1:5: {NO_KEY}"),
    # Too deep, too much.
    "a nest of lists": (b"[" * 1_000_000, f"f.yaml:1:1001: {NESTED}"),
    "a nest of lists of 200 KB": (b"[" * 100_000 + b"]" * 100_000, f"f.yaml:1:1001: {NESTED}"),
    "a nest of maps": (b"{a: " * 200_000, f"f.yaml:1:{DEEPEST * 4 + 1}: {NESTED}"),
    "a nest of dashes": (b"- " * 400_000, f"f.yaml:1:{DEEPEST * 2 + 1}: {NESTED}"),
    "a nest of question marks": (b"? " * 400_000, f"f.yaml:1:{DEEPEST * 2 + 1}: {NESTED}"),
    "a nest by indentation": (
        "\n".join(" " * depth + "a:" for depth in range(1400)).encode(),
        f"f.yaml:{DEEPEST + 1}:{DEEPEST + 1}: {NESTED}",
    ),
    "a list one too deep": (b"[" * (DEEPEST + 1) + b"]" * (DEEPEST + 1), f"f.yaml:1:{DEEPEST + 1}: {NESTED}"),
    "too many bytes": (b"a" * (MOST_BYTES + 1), f"f.yaml:1:1: a file may hold {MOST_BYTES} bytes; split it in two"),
    "too many words": (b"[" + b"a," * 400_000 + b"]", f"f.yaml:1:{2 * MOST_NODES}: {TOO_MANY}"),
    "too many lists": (b"[" + b"[]," * 300_000 + b"]", f"f.yaml:1:{3 * MOST_NODES - 1}: {TOO_MANY}"),
    "too many keys": (b"{" + b"a: 1," * 150_000 + b"}", f"f.yaml:1:{5 * MOST_NODES // 2}: {TOO_MANY}"),
    "too many maps": (b"- {a: 1}\n" * 100_000, f"f.yaml:{MOST_NODES // 3 + 1}:4: {TOO_MANY}"),
    "too many question marks": (b"{" + b"?," * 200_000 + b"}", f"f.yaml:1:{MOST_NODES + 1}: {TOO_MANY}"),
    "a quote that never closes": (b'a: "' + b"x" * 900_000, "f.yaml:1:4: this quote is opened and never closed"),
    "many anchors": (b"&a " * 300_000, f"f.yaml:1:4: {BEHIND}"),
    "many tags": (b"!a " * 300_000, f"f.yaml:1:4: {BEHIND}"),
    "a long key": (b"a" * 2000 + b": 1", f"f.yaml:1:2001: a ':' stands inside words; {QUOTES}"),
    "many colons": (b"a" + b":" * 500_000, f"f.yaml:1:500001: a ':' stands inside words; {QUOTES}"),
    # Bytes that are no text.
    "Latin-1": ("a: é".encode("latin-1"), "f.yaml:1:4: this is not UTF-8; save the file as UTF-8"),
    "UTF-16": ("a: b".encode("utf-16"), "f.yaml:1:1: this is not UTF-8; save the file as UTF-8"),
    "half a character": ("a: ក".encode()[:-1], "f.yaml:1:4: this is not UTF-8; save the file as UTF-8"),
    "a surrogate": (b"a: \xed\xa0\x80", "f.yaml:1:4: this is not UTF-8; save the file as UTF-8"),
    "an overlong slash": (b"a: \xc0\xaf", "f.yaml:1:4: this is not UTF-8; save the file as UTF-8"),
    "a zero byte": (b"a: b\x00", f"f.yaml:1:5: {INVISIBLE.format('U+0000')}"),
    "a bell": (b"a: 1\nb: \x07", f"f.yaml:2:4: {INVISIBLE.format('U+0007')}"),
    "an escape for the terminal": (b"a: \x1b[31m", f"f.yaml:1:4: {INVISIBLE.format('U+001B')}"),
    "a turn of the writing direction": ("a: b\u202ec".encode(), f"f.yaml:1:5: {INVISIBLE.format('U+202E')}"),
    "an isolate of the writing direction": ("a: \u2066b".encode(), f"f.yaml:1:4: {INVISIBLE.format('U+2066')}"),
    "another line break": ("a: b\u2028c: d".encode(), f"f.yaml:1:5: {INVISIBLE.format('U+2028')}"),
    "the next line of mainframes": ("a: b\u0085".encode(), f"f.yaml:1:5: {INVISIBLE.format('U+0085')}"),
    "a letter that is empty": ("a: b\u3164".encode(), f"f.yaml:1:5: {INVISIBLE.format('U+3164')}"),
    "a joint of words that nobody sees": ("a: b\u2060c".encode(), f"f.yaml:1:5: {INVISIBLE.format('U+2060')}"),
    "words in tags": ("a: b\U000e0041".encode(), f"f.yaml:1:5: {INVISIBLE.format('U+E0041')}"),
    "a byte order mark inside": ("a: \ufeffb".encode(), f"f.yaml:1:4: {INVISIBLE.format('U+FEFF')}"),
    "an escape that turns the writing": (b'a: "x\\u202e"', f"f.yaml:1:4: {INVISIBLE.format('U+202E')}"),
    "an escape that is a zero byte": (b'a: "\\0"', f"f.yaml:1:4: {INVISIBLE.format('U+0000')}"),
    # Mistakes of everyday.
    "a tab": (b"a:\n\tb: 1", "f.yaml:2:1: a tab cannot indent; use spaces"),
    "a colon in words": (b"say: one: two", f"f.yaml:1:9: a ':' stands inside words; {QUOTES}"),
    "an at sign": (b"a: @x", f"f.yaml:1:4: {NO_START}"),
    "a backtick": (b"a: `x`", f"f.yaml:1:4: {NO_START}"),
    "a percent sign": (b"a: %x", f"f.yaml:1:4: {NO_START}"),
    "a star alone": (b"a: *", f"f.yaml:1:5: {NO_START}"),
    "a bracket that never closes": (b"a: [1, 2", f"f.yaml:1:4: {BRACKET}"),
    "a map that never closes": (b"a: {b: 1", f"f.yaml:1:4: {BRACKET}"),
    "a list behind a map": (b"a: 1\n- b", f"f.yaml:2:1: {DEPTH}"),
    "a quote in a quote": (b"a: 'it's'", f"f.yaml:1:8: {DEPTH}"),
    "a letter behind a backslash": (
        b'a: "\\q"',
        "f.yaml:1:5: behind '\\' stands a letter that means nothing; use single quotes",
    ),
    "a key without a colon": (
        b"a: 1\nb\nc: 2",
        "f.yaml:2:1: a ':' is missing behind this word, or a quote before it, or this line must stand deeper",
    ),
}


def read(source: bytes) -> tuple[object, list[str]]:
    notebook = Notebook()
    node = read_yaml(source, "f.yaml", notebook)
    return (None if node is None else plain_tree(node)), [str(problem) for problem in notebook.problems()]


@pytest.mark.parametrize("name", HOSTILE)
def test_what_is_hostile_or_wrong_is_refused_with_its_place_in_less_than_a_second(name: str) -> None:
    source, expected = HOSTILE[name]
    started = time.process_time()

    _, problems = read(source)

    assert expected in problems
    assert time.process_time() - started < 1


def test_there_are_at_least_sixty_hostile_files() -> None:
    assert len(HOSTILE) >= 60


@pytest.mark.parametrize(
    "words", ["yes", "NO", "on", "20:30", "0123456", "1_000", "0x1F", "1e3", "2026-11-23", ".inf", "=", "0o17", "True"]
)
def test_a_scalar_stays_the_text_it_is(words: str) -> None:
    assert read(f"a: {words}".encode()) == ({"a": words}, [])


def test_text_list_and_map_remember_where_they_stand() -> None:
    node = read_yaml("a:\n  - ក: [x, 'y']\n".encode(), "f.yaml", Notebook())

    assert isinstance(node, MapNode)
    (entry,) = node.entries.values()
    assert entry.key == TextNode(Place("f.yaml", 1, 1), "a")
    assert isinstance(entry.value, ListNode)
    assert entry.value.place == Place("f.yaml", 2, 3)
    (inner,) = entry.value.items
    assert isinstance(inner, MapNode)
    assert inner.place == Place("f.yaml", 2, 5)
    assert inner.entries["ក"].value == ListNode(
        Place("f.yaml", 2, 8),
        (TextNode(Place("f.yaml", 2, 9), "x"), TextNode(Place("f.yaml", 2, 12), "y", plain=False)),
    )


def test_all_mistakes_of_a_file_are_told_at_once() -> None:
    _, problems = read(b"a: &x 1\nb: *x\nc: !t 1\nc: ~\n")

    assert problems == [
        "f.yaml:1:4: '&x' names a part of the file; leave it out",
        f"f.yaml:2:4: {ALIAS}",
        f"f.yaml:3:4: {TAG}",
        "f.yaml:4:1: 'c' stands here twice, first in line 3",
        f"f.yaml:4:4: '~' {NULL}",
    ]


@pytest.mark.parametrize("source", [b"", b"# only words for authors\n", b"---\n", b"\n" * 900_000])
def test_an_empty_file_is_nothing_and_no_mistake(source: bytes) -> None:
    tree, problems = read(source)

    assert tree in (None, "")
    assert problems == []


def test_a_byte_order_mark_at_the_start_is_fine() -> None:
    assert read("\ufeffa: b".encode()) == ({"a": "b"}, [])


def test_the_joiners_that_our_scripts_need_stay() -> None:
    assert read("a: ក\u200bខ\u200cគ\u200d".encode()) == ({"a": "ក\u200bខ\u200cគ\u200d"}, [])


def test_a_quoted_null_is_a_word() -> None:
    assert read(b"a: 'null'\nb: \"~\"") == ({"a": "null", "b": "~"}, [])


def test_a_list_as_deep_as_allowed_is_read() -> None:
    tree, problems = read(b"[" * DEEPEST + b"]" * DEEPEST)

    assert problems == []
    assert tree is not None


def test_a_folder_is_no_file(tmp_path: Path) -> None:
    notebook = Notebook()

    assert read_path(tmp_path, "content/x.yaml", notebook) is None
    assert [str(problem) for problem in notebook.problems()] == ["content/x.yaml:1:1: this is no file that can be read"]
