"""Where the entries of a kind stand in a file."""

from collections.abc import Iterator, Sequence
from typing import Final, NamedTuple

from bot.compiler.leaves import Plain
from bot.compiler.round_trip import TreePath
from bot.studio.forms.naming import field_of
from bot.studio.forms.trees import tree_of, words_in
from bot.studio.kinds import Kind

_LISTS: Final = {
    Kind.TOPIC: ((), "topic"),
    Kind.FACT: ((), "fact"),
    Kind.HOTLINE: ((), "hotline"),
    Kind.PLACE: ((), "place"),
    Kind.HELPLINE: (("helplines",), "id"),
    Kind.CARD: (("cards",), "id"),
}
"""Where the list of a kind stands in its file, and which key of an item is its id."""
_MAPS: Final = {Kind.PHRASE: "phrases", Kind.DANGER: "ideas"}


class Spot(NamedTuple):
    """An entry: its id, where it stands, and what."""

    id: str
    path: TreePath
    value: Plain


def spots_of(kind: Kind, tree: "Plain | None") -> Iterator[Spot]:
    """All entries of a kind in a file, in its order."""
    match kind:
        case Kind.FLOW:
            name = words_in(tree_of(tree), "flow")
            if name and tree is not None:
                yield Spot(name, (), tree)
        case Kind.SCREEN:
            flow = words_in(tree_of(tree), "flow")
            for name, screen in tree_of(tree_of(tree).get("screens")).items():
                yield Spot(f"{flow}.{name}", ("screens", name), screen)
        case Kind.PHRASE | Kind.DANGER:
            top = _MAPS[kind]
            for name, value in tree_of(tree_of(tree).get(top)).items():
                yield Spot(name, (top, name), value)
        case _:
            above, key = _LISTS[kind]
            items = tree_of(tree).get(above[0]) if above else tree
            for place, item in enumerate(items if isinstance(items, list) else ()):
                if isinstance(item, dict) and words_in(item, key):
                    yield Spot(words_in(item, key), (*above, place), item)


def list_of(kind: Kind) -> TreePath | None:
    """The list to which a new entry of a kind is added; nothing where entries stand in no list."""
    return _LISTS[kind][0] if kind in _LISTS else None


def new_path(kind: Kind, entry_id: str) -> TreePath | None:
    """Where a new entry stands that has its id as a key."""
    match kind:
        case Kind.PHRASE | Kind.DANGER:
            return (_MAPS[kind], entry_id)
        case Kind.SCREEN:
            return ("screens", entry_id.partition(".")[2])
        case _:
            return None


class Pointed(NamedTuple):
    """What is edited at a place of a file: the kind and id of its entry, and the field of its form."""

    kind: Kind
    id: str
    field: str


def pointed_at(holds: Kind, tree: "Plain | None", path: Sequence[str | int]) -> Pointed | None:
    """What is edited at a path of a file; nothing where that belongs to no entry."""
    kinds = (Kind.SCREEN, Kind.FLOW) if holds is Kind.FLOW else (holds,)
    for kind in kinds:
        spot = _spot_at(kind, tree, path)
        if spot is not None:
            return Pointed(kind, spot.id, field_of(kind, spot.value, path[len(spot.path) :]))
    return None


def _spot_at(kind: Kind, tree: "Plain | None", path: Sequence[str | int]) -> Spot | None:
    return next((spot for spot in spots_of(kind, tree) if spot.path == tuple(path[: len(spot.path)])), None)
