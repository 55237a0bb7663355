"""What a place in an entry is called as a field of its form."""

from collections.abc import Mapping, Sequence
from typing import Final

from bot.compiler.leaves import Plain
from bot.studio.forms.judging import KEY
from bot.studio.forms.screens import STEPS, steps_of
from bot.studio.forms.topics import ASKED
from bot.studio.forms.trees import tree_of
from bot.studio.kinds import Kind

_ASK: Final[Mapping[str, str]] = {"text": "words", "as": "answer_as", "min": "low", "max": "high", "hint": "hint"}
_OPTION: Final[Mapping[str, str]] = {"add": "adds", "set": "sets", "if": "condition", KEY: "value"}
_NAMED: Final = frozenset({"chat", "canned", "answers", "words", "source", "for"})
"""Maps in an entry whose keys are fields of their own."""


def field_of(kind: Kind, entry: "Plain | None", way: Sequence[str | int]) -> str:
    """The field in which a place of an entry is edited; `entry` is what stands there as a whole."""
    if kind is Kind.SCREEN:
        return _field_of_screen(entry, way)
    match way:
        case ():
            return "text" if kind is Kind.PHRASE else ""
        case ("answer", int() as place, "when", str() as name, *_):
            return f"answer.{place}.{name if name in ASKED else 'more'}"
        case ("answer", int() as place, "when"):
            return f"answer.{place}.more"
        case ("answer" | "numbers" as rows, int() as place, str() as name, *_):
            return f"{rows}.{place}.{name}"
        case ("answer" | "numbers" | "hours" as rows, int() as place):
            return f"{rows}.{place}"
        case ("hotlines", str() as name, *_) if kind is Kind.TOPIC:
            return f"hotlines.{name}"
        case (str() as name, str() as inner, *_) if name in _NAMED:
            return f"{name}.{inner}"
        case (first, *_):
            return str(first)
        case _:
            return ""


def _field_of_screen(entry: "Plain | None", way: Sequence[str | int]) -> str:
    if way and way[0] == "steps":
        way = way[1:]
    if not way or not isinstance(way[0], int):
        return ""
    steps = steps_of(entry)
    step = tree_of(steps[way[0]]) if way[0] < len(steps) else {}
    inner = _field_of_step(step, tuple(way[1:]))
    return f"steps.{way[0]}.{inner}" if inner else f"steps.{way[0]}"


def _field_of_step(step: Mapping[str, Plain], way: tuple[str | int, ...]) -> str:
    match way:
        case ():
            return "does"
        case ("choose", str() as value, *rest):
            options = list(tree_of(step.get("choose")))
            place = options.index(value) if value in options else 0
            name = str(rest[0]) if rest else "label"
            if rest[:2] == ["label", "phrase"]:
                name = "phrase"
            return f"options.{place}.{_OPTION.get(name, name)}"
        case ("ask", str() as name, *_):
            return _ASK.get(name, "words")
        case ("go", int() as place, *rest):
            return f"ways.{place}.{'condition' if rest[:1] == ['if'] else 'to'}"
        case ("go",):
            return "ways.0.to"
        case ("with" | "set", str() as name, *_):
            return f"details.{name}"
        case ("tries" | "after" as first, str() as name):
            return f"{first}_{name}"
        case ("if", *_):
            return "condition"
        case (str() as first, *_):
            return "words" if first in STEPS else first
        case _:
            return "does"
