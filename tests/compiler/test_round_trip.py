"""A file that is changed in one place stays as it is in all others, whatever it is written like."""

import random
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bot.compiler.leaves import Plain
from bot.compiler.round_trip import Document, EditError, TreePath
from tests.conftest import CONTENT

FILES = sorted(CONTENT.rglob("*.yaml"))
HARD_WORDS = (
    *(
        "plain",
        "Ask: them",
        "# x",
        'it\'s "so"',
        "- a",
        "{fact:x} y",
        "[",
        "yes",
        "0123",
        "400",
        "~",
        "a #b",
        "x:",
        "ok?",
    ),
    *("ຂ້ອຍ ບໍ່ໄດ້", "ប្រាក់\u200bខែ", "နေ့ ", "เงินเดือน", "😀", "\\n back", "'q'", "tab\there", " in front"),
    *("two\nlines", "one\n\n  deeper\nlast", "with an end\n", "• dot\n\n• dot", "\nbegins empty"),
)


def _paths(tree: "Plain | None", path: TreePath = ()) -> Iterator[TreePath]:
    yield path
    if isinstance(tree, dict):
        for key, inner in tree.items():
            yield from _paths(inner, (*path, key))
    elif isinstance(tree, list):
        for place, inner in enumerate(tree):
            yield from _paths(inner, (*path, place))


def _texts(document: Document) -> list[TreePath]:
    return [path for path in _paths(document.at(())) if isinstance(document.at(path), str)]


def _changed_lines(before: bytes, after: bytes) -> tuple[range, range]:
    """Which lines of before became which lines of after, counted from one."""
    old, new = before.decode("utf-8-sig").split("\n"), after.decode("utf-8-sig").split("\n")
    same = 0
    while same < min(len(old), len(new)) and old[same] == new[same]:
        same += 1
    tail = 0
    while tail < min(len(old), len(new)) - same and old[-1 - tail] == new[-1 - tail]:
        tail += 1
    return range(same + 1, len(old) - tail + 1), range(same + 1, len(new) - tail + 1)


@pytest.mark.parametrize("path", FILES, ids=lambda path: str(path.relative_to(CONTENT)))
def test_every_file_comes_back_byte_for_byte_and_one_text_changes_only_its_lines(path: Path) -> None:
    source = path.read_bytes()
    document = Document(source)
    assert document.source == source
    texts = _texts(document)
    if not texts:
        return
    chosen = random.Random(path.name).choice(texts)
    whole = document.place_of(chosen)
    assert whole is not None

    changed = document.put(chosen, "other words")

    assert changed.at(chosen) == "other words"
    assert [changed.at(each) for each in texts if each != chosen] == [
        document.at(each) for each in texts if each != chosen
    ]
    old, new = _changed_lines(source, changed.source)
    # The line with `|-` of a long text may stay.
    assert old.start in (whole[0], whole[0] + 1)
    assert len(new) <= 1


def _as_saved(source: bytes, way: str) -> bytes:
    match way:
        case "windows":
            return source.replace(b"\n", b"\r\n")
        case "no last line end":
            return source.rstrip(b"\n")
        case "byte order mark":
            return b"\xef\xbb\xbf" + source
        case _:
            return source


SMALL = [path for path in FILES if 200 < path.stat().st_size < 8_000]
TREES = st.recursive(
    st.sampled_from(HARD_WORDS),
    lambda inner: (
        st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from(("a", "yes", "1", "c d")), inner, max_size=3)
    ),
    max_leaves=5,
)


@settings(max_examples=60, deadline=None)
@given(
    path=st.sampled_from(SMALL),
    way=st.sampled_from(("", "windows", "no last line end", "byte order mark")),
    words=st.sampled_from(HARD_WORDS),
    seed=st.integers(0, 10_000),
)
def test_any_text_can_become_any_words_and_nothing_else_changes(path: Path, way: str, words: str, seed: int) -> None:
    document = Document(_as_saved(path.read_bytes(), way))
    chosen = random.Random(seed).choice(_texts(document))

    changed = document.put(chosen, words)

    assert changed.at(chosen) == words
    # What is not the text has the same bytes: its lines can be cut out of both.
    old, new = _changed_lines(document.source, changed.source)
    before, after = document.source.split(b"\n"), changed.source.split(b"\n")
    assert before[: old.start - 1] + before[old.stop - 1 :] == after[: new.start - 1] + after[new.stop - 1 :]
    place = document.place_of(chosen)
    assert place is not None
    assert not old or old.start >= place[0]
    assert (b"\r\n" in changed.source) == (way == "windows")
    assert changed.source.startswith(b"\xef\xbb\xbf") == (way == "byte order mark")


@settings(max_examples=60, deadline=None)
@given(path=st.sampled_from(SMALL), tree=TREES, seed=st.integers(0, 10_000))
def test_any_part_can_become_any_tree_and_rows_can_come_and_go(path: Path, tree: Plain, seed: int) -> None:
    document, dice = Document(path.read_bytes()), random.Random(seed)
    places = [each for each in _paths(document.at(())) if each]
    chosen = dice.choice(places)

    assert document.become(chosen, tree).at(chosen) == tree
    shorter = document.remove(chosen)
    parent = shorter.at(chosen[:-1])
    if isinstance(parent, list):
        again = shorter.insert(chosen[:-1], int(chosen[-1]), document.at(chosen) or "")
        assert again.at(()) == document.at(())
        assert shorter.append(chosen[:-1], tree).at((*chosen[:-1], len(parent))) == tree
    else:
        assert isinstance(parent, dict)
        assert chosen[-1] not in parent


FACTS = """\
# Fees and wages

# Wages
- fact: wage   # the lowest
  value: 337..400   # per day
  source: {title: "A law", url: "https://example.org/"}

- fact: fee
  text: |-
    Nobody may
    ask for money.
  source:
    title: A page
# the end
"""


def test_a_changed_value_keeps_the_comments_around_it() -> None:
    changed = Document(FACTS.encode()).put((0, "value"), "400").source.decode()

    assert changed == FACTS.replace("337..400", "400")


def test_a_changed_line_of_a_long_text_changes_that_line() -> None:
    changed = Document(FACTS.encode()).put((1, "text"), "Nobody may\nask for your passport.").source.decode()

    assert changed == FACTS.replace("ask for money.", "ask for your passport.")


def test_becoming_equal_touches_only_what_differs() -> None:
    fact: Plain = {
        "fact": "wage",
        "value": "337..400",
        "unit": "THB",
        "source": {"title": "A law", "url": "https://example.org/", "date": "2026-01-01"},
    }

    changed = Document(FACTS.encode()).become((0,), fact).source.decode()

    expected = FACTS.replace("  # per day\n", "  # per day\n  unit: THB\n")
    assert changed == expected.replace('example.org/"}', 'example.org/", date: 2026-01-01}')


def test_a_new_item_is_written_like_its_neighbours() -> None:
    new: Plain = {"fact": "day", "value": "2026-01-01", "source": {"title": "It", "url": "https://example.com"}}

    changed = Document(FACTS.encode()).insert((), 1, new).source.decode()

    head, tail = FACTS.split("\n- fact: fee")
    item = '\n- fact: day\n  value: 2026-01-01\n  source: {title: "It", url: "https://example.com"}\n'
    assert changed == f"{head}{item}\n- fact: fee{tail}"


def test_a_removed_item_takes_its_empty_line_with_it_and_leaves_comments() -> None:
    changed = Document(FACTS.encode()).remove((0,)).source.decode()

    assert changed == "# Fees and wages\n\n# Wages\n\n- fact: fee" + FACTS.split("- fact: fee")[1]


@pytest.mark.parametrize(
    ("source", "path", "value", "expected"),
    [
        ("a: [x, y]\n", ("a",), ["x", "z", "y"], "a: [x, z, y]\n"),
        ("a: [x, y, ]\n", ("a",), ["y"], "a: [y, ]\n"),
        ("a: [\n  x, # one\n  y\n]\n", ("a",), ["y"], None),
        ("a: {k: v}\n", ("a",), {"k": "a, b"}, 'a: {k: "a, b"}\n'),
        ("a:\nb: 1\n", ("a",), "x", "a: x\nb: 1\n"),
        ("a: # note\nb: 1\n", ("a",), "x", "a: x # note\nb: 1\n"),
        ("a: old # note\n", ("a",), "x\ny", "a: |- # note\n  x\n  y\n"),
        ("a: |- # note\n  x\n  y\nb: 1\n", ("a",), "z", "a: |- # note\n  z\nb: 1\n"),
        ("a: |+\n  x\n\nb: 1\n", ("a",), "z", "a: |-\n  z\nb: 1\n"),
        ("a: >-\n  x\n  y\nb: 1\n", ("a",), "z z", "a: |-\n  z z\nb: 1\n"),
        ("a:\n- x\n- y\n", ("a",), ["x", "y", "z"], "a:\n- x\n- y\n- z\n"),
        ("a:\n    - x\n", ("b",), ["x\ny", "z"], "a:\n    - x\nb:\n    - |-\n      x\n      y\n    - z\n"),
        ("- - x\n  - y\n", (0,), ["y"], "- - y\n"),
        ("- a: 1\n  b: 2\n", (0,), {"b": "2"}, "- b: 2\n"),
        ("- a: 1\n  b: 2\n", (0,), {"c": "3", "b": "2"}, "- c: 3\n  b: 2\n"),
        ("a: x\nb: y", ("b",), "z", "a: x\nb: z"),
        ("a: x\nb: y", ("c",), "z", "a: x\nb: y\nc: z"),
        ("a: 'it''s'\n", ("a",), "he's", "a: 'he''s'\n"),
        ('a: "x"\n', ("a",), 'say "no"\\', 'a: "say \\"no\\"\\\\"\n'),
        ("a: x\n", ("a",), {}, "a: {}\n"),
        ("a:\n  - x # one\nb: 1\n", ("a",), [], "a: []\nb: 1\n"),
        ("a: {}\n", ("a", "k"), "v", "a: {k: v}\n"),
        ("? a\n: x\nb: y\n", ("b",), "z", "? a\n: x\nb: z\n"),
        ("a: 'x\n  y'\nb: 1\n", ("a",), "z", "a: 'z'\nb: 1\n"),
        ('{"a":"b"}\n', ("a",), "c", '{"a": "c"}\n'),
        ("# only a comment\n", ("a",), "x", "# only a comment\na: x\n"),
        ("", ("a",), "x", "a: x\n"),
    ],
)
def test_each_way_of_writing_is_kept(source: str, path: TreePath, value: Plain, expected: str | None) -> None:
    changed = Document(source.encode()).become(path, value)

    assert changed.at(path) == value
    if expected is not None:
        assert changed.source.decode() == expected


def test_a_key_gets_another_name_and_keeps_its_place() -> None:
    document = Document(b'a: 1\n"yes": {x: y}  # note\nc: 3\n').rename_key(("yes",), "no")

    assert document.source == b'a: 1\n"no": {x: y}  # note\nc: 3\n'
    with pytest.raises(EditError, match="stands here already"):
        document.rename_key(("no",), "c")


def test_a_place_in_the_file_leads_to_what_stands_there() -> None:
    document = Document(FACTS.encode())

    assert document.path_at(4, 3) == (0, "fact")
    assert document.path_at(6, 12) == (0, "source", "title")
    assert document.path_at(9, 9) == (1, "text")
    assert document.path_at(1, 1) == ()
    for path in _paths(document.at(())):
        place = document.place_of(path)
        assert place is not None
        assert document.path_at(*place)[: len(path)] == path


@pytest.mark.parametrize(
    "source",
    [
        b"a: &x 1\nb: *x\n",
        b"a: !!python/object:os.system x\n",
        b"<<: {a: b}\n",
        b"[" * 5_000,
        b"- " * 40 + b"x",
        b"a: [" + b"x," * 60_000 + b"]",
        b"x" * 1_000_001,
        b"a: 1\na: 2\n",
        b"a: \xff\n",
        b"a: x\rb: y\r",
        "a: \u202e\n".encode(),
        b"a: 1\n---\nb: 2\n",
        b"[a, b]: c\n",
        b"a: 'x\n",
    ],
    ids=lambda source: repr(source[:20]),
)
def test_what_is_no_content_is_refused_with_a_reason(source: bytes) -> None:
    with pytest.raises(EditError) as refused:
        Document(source)

    assert str(refused.value)


@pytest.mark.parametrize("words", ["\ud800", "\x00", "\u202e", "\x07", "\u2028"])
def test_words_that_may_not_stand_in_content_are_not_written(words: str) -> None:
    document = Document(FACTS.encode())

    with pytest.raises(EditError):
        document.put((0, "value"), words)

    assert document.source == FACTS.encode()


def test_nothing_is_written_where_nothing_stands() -> None:
    document = Document(FACTS.encode())

    edits: tuple[Callable[[], Document], ...] = (
        lambda: document.put((9, "value"), "x"),
        lambda: document.remove((0, "gone")),
        lambda: document.remove(()),
        lambda: document.insert((0, "value"), 0, "x"),
        lambda: document.rename_key((0,), "x"),
        lambda: document.put((), "mere words"),
    )
    for edit in edits:
        with pytest.raises(EditError):
            edit()
