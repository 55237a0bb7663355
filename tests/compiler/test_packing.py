"""What was packed and unpacked is what was packed, to the last value, and says the same."""

import ast
import contextlib
import inspect
import types
import typing
from collections.abc import Iterator
from dataclasses import fields, is_dataclass, replace
from datetime import date
from pathlib import Path
from random import Random
from typing import Final

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from benchmarks.walks import wander
from bot.compiler import KeywordsOnly, compile_content, teach_in
from bot.compiler.packing import HOLDERS, NAMES, VALUES, PackingError, pack, unpack
from bot.dialogue.arithmetic import Formula
from bot.dialogue.phrasebook import Worded
from bot.dialogue.script import Script
from bot.dialogue.steps import Say
from bot.facts import Directory
from bot.facts.hotlines import Hotline
from bot.language import Understands
from bot.language.danger import Kind
from bot.language.slips import Half
from bot.language.understanding import Understanding
from tests.builders import NOW
from tests.compiler.content_builder import HOME, TODAY, generate_content, write_content
from tests.compiler.test_teaching import FILES
from tests.lessons import lessons_of

CONTENT: Final = Path(__file__).parents[2] / "content"
ASKED: Final = (
    *("how much is the minimum wage", "my boss took my passport", "they locked me in", "menu", "HELPPP"),
    *("ប្រាក់ខែ", "ນາຍຈ້າງຍຶດໜັງສືຜ່ານແດນ", "ပတ်စပို့", "ค่าแรงขั้นต่ำเท่าไร", "knhom chang tver ka", "salry", "xyzzy"),
)
FLOW: Final = HOME.replace("screens:", "sensitive: yes\nscreens:").replace(
    "    - choose:",
    """\
    - set: {months: 2.5 * 3, risk: "min(months, 1)"}
    - choose:""",
)


def differences(one: object, other: object, place: str = "script") -> Iterator[str]:
    """Where two values are not the same, whatever they themselves think of it."""
    if type(one) is not type(other):
        yield f"{place}: {type(one).__name__} is now {type(other).__name__}"
    elif isinstance(one, dict) and isinstance(other, dict):
        yield from differences(tuple(one), tuple(other), f"{place} (keys)")
        for key in one.keys() & other.keys():
            yield from differences(one[key], other[key], f"{place}[{key}]")
    elif isinstance(one, tuple | list) and isinstance(other, tuple | list):
        if len(one) != len(other):
            yield f"{place}: {len(one)} are now {len(other)}"
        for number, (own, others) in enumerate(zip(one, other, strict=False)):
            yield from differences(own, others, f"{place}[{number}]")
    elif is_dataclass(one) or type(one) in HOLDERS:
        names = [field.name for field in fields(one)] if is_dataclass(one) else HOLDERS[type(one)]
        for name in names:
            yield from differences(getattr(one, name), getattr(other, name), f"{place}.{name}")
    elif _plain(one) != _plain(other):
        yield f"{place}: {one!r} is now {other!r}"


def _plain(value: object) -> object:
    """What can be compared as a whole."""
    match value:
        case np.ndarray():
            return value.dtype.str, value.shape, value.tobytes()
        case ast.AST():
            return ast.dump(value)
        case float():
            return value.hex()
        case _:
            return value


@pytest.fixture(scope="module")
def shipped() -> Script:
    with lessons_of(CONTENT, "bot") as folder:
        return compile_content(CONTENT, date(2026, 11, 26), teach_in(folder)).script


@pytest.fixture(scope="module")
def again(shipped: Script) -> Script:
    return unpack(pack(shipped))


@pytest.fixture(scope="module")
def small(tmp_path_factory: pytest.TempPathFactory) -> Script:
    folder = tmp_path_factory.mktemp("small")
    return compile_content(write_content(folder, FILES), TODAY, teach_in(None)).script


@pytest.fixture(scope="module")
def packed(small: Script) -> bytes:
    return pack(small)


def test_the_shipped_content_is_the_same_in_every_value(shipped: Script, again: Script) -> None:
    assert list(differences(shipped, again)) == []
    assert again.ready == replace(shipped).ready


def test_whoever_talks_to_it_hears_the_same(shipped: Script, again: Script) -> None:
    for seed in range(150):
        assert list(wander(again, Random(seed), 40, NOW)) == list(wander(shipped, Random(seed), 40, NOW))


@pytest.mark.parametrize("text", ASKED)
def test_it_understands_the_same(shipped: Script, again: Script, text: str) -> None:
    before, now = shipped.understanding, again.understanding
    assert isinstance(before, Understanding)
    assert isinstance(now, Understanding)
    for language in (None, *shipped.tongues):
        assert now.understand(text, language, {"here": "th"}) == before.understand(text, language, {"here": "th"})
    assert now.explain(text) == before.explain(text)


def test_generated_content_is_the_same_and_takes_less_room(tmp_path: Path) -> None:
    script = compile_content(generate_content(tmp_path, 40), TODAY).script

    packed = pack(script)

    assert isinstance(script.understanding, KeywordsOnly)
    assert list(differences(script, unpack(packed))) == []
    assert pack(unpack(packed)) == packed


def test_sums_are_done_as_before(tmp_path: Path) -> None:
    script = compile_content(write_content(tmp_path, {"flows/home.yaml": FLOW}), TODAY).script

    assert list(differences(script, unpack(pack(script)))) == []


def test_what_is_the_same_is_made_once(small: Script) -> None:
    words = [str(number) + "1000" for number in (7, 7)]
    assert words[0] is not words[1]

    again = unpack(pack(replace(small, version=words[0], alarms=frozenset(words[1:]))))

    assert again.version is next(iter(again.alarms))


def test_numbers_that_python_takes_for_the_same_stay_what_they_are(small: Script) -> None:
    numbers = {"profile": {"a": (True, 1, 1.0, 0.0, -0.0, False, 0)}}
    again = unpack(pack(replace(small, **numbers)))  # type: ignore[arg-type]  # what stands there is never asked

    assert repr(again.profile) == repr(numbers["profile"])


def test_maps_that_hold_the_same_stay_two(small: Script) -> None:
    again = unpack(pack(replace(small, renamed={}, emergency_kinds={})))

    assert (again.renamed, again.emergency_kinds) == ({}, {})
    assert id(again.renamed) != id(again.emergency_kinds)


def test_a_value_of_another_kind_is_refused(small: Script) -> None:
    with pytest.raises(PackingError, match="complex"):
        pack(replace(small, version=1j))  # type: ignore[arg-type]  # that is what is refused
    with pytest.raises(PackingError, match="too large"):
        pack(replace(small, version=2**64))  # type: ignore[arg-type]  # that is what is refused


@settings(deadline=None)
@given(st.data())
def test_damaged_bytes_are_refused_or_make_a_script(packed: bytes, data: st.DataObject) -> None:
    at = data.draw(st.integers(0, len(packed) - 1))
    others = data.draw(st.binary(max_size=4))
    with contextlib.suppress(PackingError):
        assert isinstance(unpack(packed[:at] + others + packed[at + len(others) :]), Script)
    with pytest.raises(PackingError):
        unpack(packed[:at])


@pytest.mark.parametrize("foreign", [b"", b"\x92\x90\x90", b"\x92\x91\x01\x90", b"cos\nsystem\n(S'true'\ntR."])
def test_bytes_of_somebody_else_are_refused(foreign: bytes) -> None:
    with pytest.raises(PackingError):
        unpack(foreign)


def test_every_kind_of_value_that_a_script_may_hold_is_listed() -> None:
    # Understanding is one of two, and a directory does not say what it holds.
    reached = {*_reached(Script), *_reached(Understanding), *_reached(Directory.__init__)}

    ours = {kind for kind in reached if kind.__module__.startswith("bot.")} - {Understands, Formula}
    assert {Say, Worded, Hotline, Half, Kind} <= ours
    assert ours - {*VALUES, *HOLDERS, *NAMES} == set()


def _reached(kind: object, seen: set[object] | None = None) -> Iterator[type]:
    """All classes that are named by the fields of a class, and by theirs."""
    seen = set() if seen is None else seen
    if kind in seen:
        return
    seen.add(kind)
    for part in typing.get_args(kind):
        yield from _reached(part, seen)
    if isinstance(kind, typing.NewType):
        yield from _reached(kind.__supertype__, seen)
    elif isinstance(kind, types.FunctionType):
        for part in typing.get_type_hints(kind).values():
            yield from _reached(part, seen)
    elif inspect.isclass(kind) and not isinstance(kind, types.GenericAlias):
        yield kind
        if is_dataclass(kind):
            hints = typing.get_type_hints(kind)
            for field in fields(kind):
                if field.init:
                    yield from _reached(hints[field.name], seen)
        elif kind in HOLDERS:
            yield from _reached(kind.__init__, seen)
