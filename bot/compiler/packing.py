"""A script as bytes, and back: what was compiled once need not be compiled again at the next start.

The bytes must not be able to run anything, whoever wrote them: so no pickle and no marshal, but leaves (words, numbers,
bytes) and below them only values of the kinds that are listed here, each made of others by its own class. Whoever can
write where they are kept could as well write what stands beside them: the content that was published, what was learned
of it, and the keys. So they carry a check against accidents (see `keeping`) and no signature.

Making a hundred thousand values one by one would take as long as reading the content. So all values of one kind that
stand equally high above the leaves are made in one go, from a column for each of their parts that says by number which
values these are. What is the same is made once, which also takes less memory than the compiled script does.
"""

from array import array
from collections import Counter
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, fields
from datetime import date, time, timedelta
from decimal import Decimal
from enum import StrEnum
from itertools import repeat, starmap
from pathlib import Path
from typing import Final, Protocol, TypeAlias

import msgspec
import numpy as np

from bot.compiler.teaching import KeywordsOnly
from bot.desk.helplines import Desks, Helpline, Helplines, Mode
from bot.desk.phrases import Card, Cards
from bot.desk.ticket import Urgency
from bot.dialogue.arithmetic import Formula, read_formula
from bot.dialogue.conditions import All, AnyOf, Between, Not, OneOf, Told
from bot.dialogue.phrasebook import FactSlot, HotlineSlot, Phrasebook, Standing, ValueSlot, Worded
from bot.dialogue.script import Script, Special, Spot, Tongue, Topic, Variant
from bot.dialogue.steps import (
    About,
    Act,
    ActOnTicket,
    AnswerKind,
    Ask,
    Call,
    CallHelpline,
    Checklist,
    Choose,
    End,
    Flow,
    ForgetMe,
    Go,
    ListHotlines,
    ListPlaces,
    ListTopics,
    Option,
    Patience,
    Remind,
    Reminder,
    Say,
    Screen,
    Set,
    Show,
    ToBack,
    ToFlow,
    ToHome,
    ToScreen,
    Way,
)
from bot.facts import Directory, Wanted
from bot.facts.evidence import Confidence, Evidence, Source
from bot.facts.facts import Amount, AmountRange, Day, Fact, Rule
from bot.facts.hotlines import Hotline, Number
from bot.facts.hours import Hours, Shift
from bot.facts.places import Place, Position
from bot.language.anonymous import Vocabulary
from bot.language.danger import DangerLexicon, Kind, Sign, Together
from bot.language.keywords import WishTable
from bot.language.lexicon import Lexicon, Listed
from bot.language.matching import Matcher, Thresholds
from bot.language.slips import Half, Slips
from bot.language.understanding import Understanding
from bot.media import Media, MediaFile, MediaKind

Parts: TypeAlias = tuple[object, ...]

VALUES: Final[tuple[type, ...]] = (
    *(Script, Tongue, Special, Spot, Topic, Variant, Media, MediaFile, Helplines, Helpline, Desks, Cards, Card),
    *(Flow, Screen, Say, Show, Choose, Option, Ask, Set, Call, Go, Way, End, Patience, Reminder),
    *(ToScreen, ToFlow, ToHome, ToBack),
    *(CallHelpline, ActOnTicket, ListHotlines, ListTopics, ListPlaces, Checklist, Remind, ForgetMe, About),
    *(All, AnyOf, Not, OneOf, Between, Told),
    *(Worded, FactSlot, HotlineSlot, ValueSlot),
    *(Fact, Amount, AmountRange, Day, Rule, Evidence, Source, Hotline, Number, Hours, Shift, Wanted, Place, Position),
    *(Understanding, WishTable, Matcher, Thresholds, Lexicon, Listed, Slips, Half, Vocabulary),
    *(DangerLexicon, Sign, Together),
)
"""Made of their fields."""

HOLDERS: Final[Mapping[type, tuple[str, ...]]] = {
    kind: kind.__slots__ for kind in (Phrasebook, Directory, KeywordsOnly)
}
"""Made of what they hold, which is not what they are made of at first."""

NAMES: Final[tuple[type[StrEnum], ...]] = (Act, AnswerKind, Confidence, Kind, MediaKind, Mode, Standing, Urgency)

_LEAVES: Final = frozenset({type(None), bool, int, float, str, bytes})
_LEAF: Final = -1
_ONE_OF_NOTHING: Final[tuple[Parts, ...]] = ((),)
"""Without parts there is only one of a kind."""
_CHANGING: Final = frozenset({dict, list, Counter})
"""Two of these are two, though they hold the same."""


class PackingError(ValueError):
    """A value of a kind that is not listed here, or bytes that are not those of a script."""


class _Make(Protocol):
    def __call__(self, *parts: object) -> object: ...


@dataclass(frozen=True, slots=True)
class _Kind:
    """How a value is taken apart, and how it is made of the same parts."""

    apart: Callable[[object], Parts]
    make: type | _Make


class _Row(msgspec.Struct, frozen=True, array_like=True):
    """Values of one kind, with equally many parts; the numbers of all these parts, one value after the other."""

    kind: int
    width: int
    parts: bytes


class _Packed(msgspec.Struct, frozen=True, array_like=True):
    """The leaves, and then all that is made of them, in the order of making; what is made last is the whole."""

    leaves: list[object]
    rows: list[_Row]


def pack(script: Script) -> bytes:
    """Raise PackingError where something in it is of no kind that is listed here."""
    packer = _Packer()
    packer.number(script)
    try:
        return msgspec.msgpack.encode(packer.packed())
    except OverflowError as error:
        raise PackingError("a number is too large") from error


def unpack(packed: bytes | memoryview) -> Script:
    """What `pack` was given; raise PackingError for anything else."""
    try:
        read = msgspec.msgpack.decode(packed, type=_Packed)
        made: list[object] = list(read.leaves)
        for row in read.rows:
            parts = map(made.__getitem__, array("I", row.parts))
            # The same iterator again and again: each takes its parts where the one before has stopped.
            whole = zip(*repeat(parts, row.width), strict=True) if row.width else _ONE_OF_NOTHING
            made += list(whole if row.kind == _TUPLE else starmap(_KINDS[row.kind].make, whole))
        script = made[-1]
    except (ValueError, TypeError, LookupError, ArithmeticError) as error:
        raise PackingError(f"this is no script ({type(error).__name__})") from error
    if not isinstance(script, Script):
        raise PackingError("this is something else than a script")
    return script


class _Packer:
    """Gives every value a number; equal ones the same."""

    __slots__ = ("_known", "_leaves", "_made", "_same")

    def __init__(self) -> None:
        self._known: dict[int, tuple[int, object]] = {}
        """Numbers by identity; with the value, so that nothing else gets its identity meanwhile."""
        self._same: dict[object, int] = {}
        self._leaves: list[object] = []
        self._made: list[tuple[int, int, tuple[int, ...]]] = []
        """How high each value stands, its kind, and the numbers of its parts."""

    def number(self, value: object) -> int:
        # By its very type: a name of an enumeration is a string as well.
        if type(value) in _LEAVES:
            return self._leaf(value)
        known = self._known.get(id(value))
        if known is None:
            known = self._known[id(value)] = self._node(value), value
        return known[0]

    def _leaf(self, value: object) -> int:
        # To Python True is 1, 1.0 is 1 and -0.0 is 0.
        same = value if isinstance(value, str) else (type(value), value.hex() if isinstance(value, float) else value)
        number = self._same.get(same)
        if number is None:
            number = self._same[same] = len(self._made)
            self._made.append((0, _LEAF, ()))
            self._leaves.append(value)
        return number

    def _node(self, value: object) -> int:
        kind = _KIND_OF.get(type(value))
        if kind is None:
            raise PackingError(f"{type(value).__name__} is no kind of value that is kept")
        parts = tuple([self.number(part) for part in _KINDS[kind].apart(value)])
        number = None if type(value) in _CHANGING else self._same.get((kind, parts))
        if number is None:
            number = self._same[kind, parts] = len(self._made)
            made = self._made
            made.append((1 + max([made[part][0] for part in parts], default=0), kind, parts))
        return number

    def packed(self) -> _Packed:
        """Everything that has a number, in rows of one kind and height."""
        alike: dict[tuple[int, int, int], list[int]] = {}
        for number, (height, kind, parts) in enumerate(self._made):
            alike.setdefault((height, kind, len(parts)), []).append(number)
        # What is made comes behind what it is made of; leaves stand in their own order already.
        place = [0] * len(self._made)
        for new, old in enumerate(number for key in sorted(alike) for number in alike[key]):
            place[old] = new
        rows = [
            _Row(kind, width, array("I", self._parts(numbers, place)).tobytes())
            for (_, kind, width), numbers in sorted(alike.items())
            if kind != _LEAF
        ]
        return _Packed(self._leaves, rows)

    def _parts(self, numbers: Iterable[int], place: Sequence[int]) -> Iterator[int]:
        return (place[part] for number in numbers for part in self._made[number][2])


def _of(kind: type, names: Collection[str]) -> _Kind:
    """Made of what it holds under these names."""
    return _Kind(lambda value: tuple([getattr(value, name) for name in names]), kind)


def _holder(kind: type, names: Collection[str]) -> _Kind:
    def make(*held: object) -> object:
        made: object = object.__new__(kind)
        for name, part in zip(names, held, strict=True):
            setattr(made, name, part)
        return made

    return _Kind(_of(kind, names).apart, make)


def _written(read: Callable[[str], object]) -> _Kind:
    """Made of its words."""
    return _Kind(lambda value: (str(value),), lambda *parts: read(str(parts[0])))


def _listed(kind: type) -> _Kind:
    """Made of what stands in it."""
    return _Kind(_inside, kind)


def _inside(value: object) -> Parts:
    match value:
        case tuple():
            return value
        case list():
            return (tuple(value),)
        case frozenset():
            return (tuple(sorted(value)),)
        case Counter():
            return (dict(value),)
        case dict():
            return tuple(value), tuple(value.values())
        case _:
            raise PackingError(f"nothing stands in a {type(value).__name__}")


def _dict(*parts: object) -> object:
    match parts:
        case (tuple() as keys, tuple() as values):
            return dict(zip(keys, values, strict=True))
        case _:
            raise PackingError("these are no keys and values")


def _array(*parts: object) -> object:
    """It cannot be changed, and its numbers stay where they were read."""
    match parts:
        case (str() as kind, tuple() as shape, bytes() as content):
            return np.frombuffer(content, dtype=np.dtype(kind)).reshape(shape)
        case _:
            raise PackingError("this is no array")


def _array_apart(value: object) -> Parts:
    if not isinstance(value, np.ndarray):
        raise PackingError("this is no array")
    return value.dtype.str, value.shape, value.tobytes()


_ALL: Final[Mapping[type, _Kind]] = {
    tuple: _Kind(_inside, lambda *parts: parts),
    list: _listed(list),
    frozenset: _listed(frozenset),
    Counter: _listed(Counter),
    dict: _Kind(_inside, _dict),
    np.ndarray: _Kind(_array_apart, _array),
    Decimal: _written(Decimal),
    date: _written(date.fromisoformat),
    time: _written(time.fromisoformat),
    timedelta: _of(timedelta, ("days", "seconds", "microseconds")),
    type(Path()): _written(Path),
    Formula: _Kind(_of(Formula, ("source",)).apart, lambda *parts: read_formula(str(parts[0]))),
    **{kind: _of(kind, [field.name for field in fields(kind) if field.init]) for kind in VALUES},
    **{kind: _holder(kind, names) for kind, names in HOLDERS.items()},
    **{kind: _written(kind) for kind in NAMES},
}
_KINDS: Final = tuple(_ALL.values())
_KIND_OF: Final = {kind: number for number, kind in enumerate(_ALL)}
_TUPLE: Final = _KIND_OF[tuple]
