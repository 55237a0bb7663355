"""What went live meanwhile is never written over, and a change is never lost under it."""

from hypothesis import given
from hypothesis import strategies as st

from bot.studio.merging import Clash, Conflict, Side, join, keep, lay_over
from bot.studio.tree import Tree, blob_id

BASE = b"- fact: a\n  value: 1\n\n- fact: b\n  value: 2\n\n- fact: c\n  value: 3\n"
A, B, C = (blob_id(words) for words in (b"a", b"b", b"c"))


def test_other_files_are_taken_over() -> None:
    origin = Tree({"bot.yaml": A, "facts/a.yaml": A, "facts/b.yaml": A, "flows/old.yaml": A})
    mine = Tree({"bot.yaml": A, "facts/a.yaml": B, "facts/b.yaml": A, "flows/new.yaml": C})
    theirs = Tree({"bot.yaml": C, "facts/a.yaml": A, "facts/b.yaml": B, "flows/old.yaml": A})

    assert lay_over(origin, mine, theirs) == (
        Tree({"bot.yaml": C, "facts/a.yaml": B, "facts/b.yaml": B, "flows/new.yaml": C}),
        (),
    )


def test_a_file_that_both_sides_changed_is_named_and_stays_as_it_is_live() -> None:
    origin, mine, theirs = Tree({"bot.yaml": A}), Tree({"bot.yaml": B}), Tree({"bot.yaml": C})

    assert lay_over(origin, mine, theirs) == (theirs, ("bot.yaml",))
    assert lay_over(origin, Tree(), theirs) == (theirs, ("bot.yaml",))
    assert lay_over(origin, mine, Tree()) == (Tree(), ("bot.yaml",))
    assert lay_over(origin, mine, mine) == (mine, ())


def test_different_lines_of_a_file_are_joined() -> None:
    mine, theirs = BASE.replace(b"value: 1", b"value: 10"), BASE.replace(b"value: 3", b"value: 30")

    assert join("facts/a.yaml", BASE, mine, theirs) == mine.replace(b"value: 3", b"value: 30")


def test_the_same_line_changed_by_both_is_told_with_both() -> None:
    mine, theirs = BASE.replace(b"value: 2", b"value: 20"), BASE.replace(b"value: 2", b"value: 200")
    clash = Clash(5, "  value: 2\n", "  value: 20\n", "  value: 200\n")

    assert join("facts/a.yaml", BASE, mine, theirs) == Conflict("facts/a.yaml", (clash,))
    assert join("facts/a.yaml", BASE, mine, mine) == mine
    assert keep("facts/a.yaml", Side.MINE, BASE, mine, theirs) == mine
    assert keep("facts/a.yaml", Side.THEIRS, BASE, mine, theirs) == theirs


def test_what_both_added_at_the_same_place_can_both_stay() -> None:
    mine, theirs = BASE + b"\n- fact: d\n", BASE + b"\n- fact: e\n"
    conflict = join("facts/a.yaml", BASE, mine, theirs)

    assert isinstance(conflict, Conflict)
    assert conflict.takes_both
    assert keep("facts/a.yaml", Side.BOTH, BASE, mine, theirs) == BASE + b"\n- fact: e\n\n- fact: d\n"


def test_whoever_chooses_a_side_loses_no_line_that_did_not_clash() -> None:
    mine = BASE.replace(b"value: 1", b"value: 10").replace(b"value: 2", b"value: 20")
    theirs = BASE.replace(b"value: 2", b"value: 200").replace(b"value: 3", b"value: 30")
    joined = BASE.replace(b"value: 1", b"value: 10").replace(b"value: 3", b"value: 30")

    assert keep("facts/a.yaml", Side.MINE, BASE, mine, theirs) == joined.replace(b"value: 2", b"value: 20")
    assert keep("facts/a.yaml", Side.THEIRS, BASE, mine, theirs) == joined.replace(b"value: 2", b"value: 200")
    assert keep("media/door.png", Side.THEIRS, BASE, mine, theirs) == theirs
    assert keep("facts/a.yaml", Side.MINE, BASE, None, theirs) is None


def test_what_is_no_text_or_was_taken_away_is_never_joined() -> None:
    assert join("media/door.png", b"1\n2\n", b"0\n2\n", b"1\n3\n") == Conflict("media/door.png")
    assert join("facts/a.yaml", BASE, None, BASE + b"x") == Conflict("facts/a.yaml")


def test_what_repeats_itself_without_end_is_not_joined_and_holds_nobody_up() -> None:
    base, endless = BASE * 50, b"\n" * 1_000_000

    assert join("facts/a.yaml", base, endless, base + b"x\n") == Conflict("facts/a.yaml")
    assert keep("facts/a.yaml", Side.MINE, base, endless, base + b"x\n") == endless


_LINES = st.lists(st.sampled_from([b"a\n", b"b\n", b"c\n", b"d\n"]), max_size=8).map(b"".join)


@given(_LINES, _LINES, _LINES)
def test_joining_loses_nothing_and_does_not_mind_the_sides(base: bytes, mine: bytes, theirs: bytes) -> None:
    joined = join("a.yaml", base, mine, theirs)

    assert join("a.yaml", base, mine, base) == mine
    assert join("a.yaml", base, base, theirs) == theirs
    if isinstance(joined, bytes):
        assert join("a.yaml", base, theirs, mine) == joined
        # Each line that one side brought in is there.
        for side in (mine, theirs):
            for line in set(side.splitlines()) - set(base.splitlines()):
                assert line in joined.splitlines()
