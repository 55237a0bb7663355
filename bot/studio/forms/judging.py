"""What is wrong with an entry before it is written: said for each field, in words that can be translated."""

import re
from collections.abc import Iterator, Mapping
from typing import Final, TypeAlias, assert_never

from bot.compiler.leaves import Plain, read_day
from bot.compiler.reading import FORBIDDEN
from bot.compiler.shapes import (
    NAME,
    Action,
    Condition,
    Either,
    Kinds,
    ListOf,
    MapOf,
    OneOf,
    Record,
    Shape,
    Words,
    Written,
)
from bot.studio.fields import Wrong
from bot.studio.forms.trees import Tree, many_of, tree_of, words_in

Way: TypeAlias = tuple[str | int, ...]
Fault: TypeAlias = tuple[Way, Wrong, Mapping[str, str]]
"""Where in the entry something is wrong, and what."""

KEY: Final = ""
"""Behind a name that the author chose: it is the name itself that is wrong, not what stands behind it."""

LONGEST: Final = 4_000
"""Characters of one text; what people read is far shorter, which the check tells."""

_LINK: Final = re.compile(r"https?://[^\s/]+\.[^\s/]+(/\S*)?")
_NOTHING: Final[Mapping[str, str]] = {}


def judge(value: Plain, shape: Shape, way: Way = ()) -> Iterator[Fault]:  # noqa: C901, PLR0912 - one case for each shape
    """Everything in a value that does not fit a shape."""
    match shape:
        case Words() | Written() | OneOf():
            yield from _judge_words(value, shape, way)
        case ListOf():
            if not isinstance(value, list):
                yield way, Wrong.UNREADABLE, _NOTHING
                return
            for place, item in enumerate(value):
                yield from judge(item, shape.item, (*way, place))
            if len(value) < shape.at_least:
                yield way, Wrong.TOO_FEW, {"count": str(shape.at_least)}
            if len(value) > shape.at_most:
                yield way, Wrong.TOO_MANY, {"count": str(shape.at_most)}
        case MapOf():
            entries = tree_of(value)
            for name, inner in entries.items():
                yield from _judge_words(name, shape.key, (*way, name, KEY))
                yield from judge(inner, shape.value, (*way, name))
            if len(entries) < shape.at_least:
                yield way, Wrong.TOO_FEW, {"count": str(shape.at_least)}
        case Record():
            yield from _judge_record(value, shape, way)
        case Either():
            chosen = (
                shape.words if isinstance(value, str) else shape.items if isinstance(value, list) else shape.entries
            )
            if chosen is None:
                yield way, Wrong.UNREADABLE, _NOTHING
            else:
                yield from judge(value, chosen, way)
        case Kinds():
            found = [name for name in tree_of(value) if name in shape.kinds]
            if len(found) == 1:
                yield from judge(value, shape.kinds[found[0]], way)
            elif not (isinstance(value, str) and value in shape.mere):
                yield way, Wrong.NEEDED, _NOTHING
        case Action():
            yield from _judge_action(value, shape, way)
        case Condition():
            yield from _judge_condition(value, way)
        case _:
            assert_never(shape)


def _judge_words(value: Plain, shape: Words | Written | OneOf, way: Way) -> Iterator[Fault]:
    if not isinstance(value, str):
        yield way, Wrong.UNREADABLE, _NOTHING
    elif not value.strip():
        yield way, Wrong.NEEDED, _NOTHING
    elif (forbidden := FORBIDDEN.search(value)) is not None:
        yield way, Wrong.INVISIBLE, {"code": f"U+{ord(forbidden.group()):04X}"}
    elif len(value) > LONGEST:
        yield way, Wrong.TOO_LONG, {"count": str(LONGEST)}
    elif isinstance(shape, OneOf) and value not in shape.words:
        yield way, Wrong.ONE_OF, {"choices": ", ".join(shape.words)}
    elif isinstance(shape, Written):
        fits = shape.pattern.fullmatch(value) is not None and (shape.fits is None or shape.fits(value))
        if not fits:
            yield way, Wrong.WRITTEN, {"example": shape.example}


def _judge_record(value: Plain, shape: Record, way: Way) -> Iterator[Fault]:
    if not isinstance(value, dict):
        yield way, Wrong.UNREADABLE, _NOTHING
        return
    for name, inner in value.items():
        known = shape.named.get(name)
        if known is None:
            yield (*way, name), Wrong.UNREADABLE, _NOTHING
        else:
            yield from judge(inner, known.shape, (*way, name))
    for needed in shape.needed:
        if needed not in value:
            yield (*way, needed), Wrong.NEEDED, _NOTHING


def _judge_action(value: Plain, shape: Action, way: Way) -> Iterator[Fault]:
    yield from judge(value, shape.record, way)
    tree = tree_of(value)
    form = shape.forms.get(words_in(tree, shape.selector))
    if form is not None:
        yield from judge(tree.get(shape.details, {}), form, (*way, shape.details))


def _judge_condition(value: Plain, way: Way) -> Iterator[Fault]:
    if not isinstance(value, dict):
        yield way, Wrong.UNREADABLE, _NOTHING
        return
    for name, inner in value.items():
        match name, inner:
            case "not", _:
                yield from _judge_condition(inner, (*way, name))
            case "any", list():
                for item in inner:
                    yield from _judge_condition(item, (*way, name))
            case _ if NAME.pattern.fullmatch(name) is None or not inner or isinstance(inner, dict):
                yield (*way, name), Wrong.UNREADABLE, _NOTHING
            case _ if isinstance(inner, list) and not all(isinstance(each, str) for each in inner):
                yield (*way, name), Wrong.UNREADABLE, _NOTHING
            case _:
                for each in many_of(inner):
                    yield from _judge_words(each, Words(), (*way, name))


def judge_evidence(new: Tree, old: Tree) -> Iterator[Fault]:
    """A source has a link, unless the entry has always stood without one; days stand in their order."""
    url = words_in(tree_of(new.get("source")), "url")
    had_none = bool(old) and not words_in(tree_of(old.get("source")), "url")
    if not url and not had_none:
        yield ("source", "url"), Wrong.NEEDED, _NOTHING
    elif url and _LINK.fullmatch(url) is None:
        yield ("source", "url"), Wrong.NO_LINK, _NOTHING
    yield from judge_days(new)


def judge_days(new: Tree, way: Way = ()) -> Iterator[Fault]:
    """What is looked at again is looked at later than it was."""
    for first, second in (("checked", "review_by"), ("valid_from", "valid_to")):
        earlier, later = read_day(words_in(new, first)), read_day(words_in(new, second))
        if earlier is not None and later is not None and later <= earlier:
            yield (*way, second), Wrong.ORDER, _NOTHING
