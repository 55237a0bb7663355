"""The only place for sums: bounded, without side effects, in decimals.

simpleeval walks Python's own syntax tree with a list of what it allows, so that an author's formula can be no program.
"""

import ast
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from decimal import ROUND_HALF_UP, Decimal, InvalidOperation, Overflow
from typing import Final, TypeAlias

import simpleeval

from bot.dialogue.conversation import Value, as_number

MOST_CHARACTERS: Final = 200
LARGEST: Final = Decimal(10) ** 12
"""Results beyond this are refused: nobody's wage is, and a runaway sum must not grow."""

LookUpFact: TypeAlias = Callable[[str], Decimal]


class FormulaError(ValueError):
    """A formula that cannot be read, or a sum that cannot be done."""


@dataclass(frozen=True, slots=True)
class Formula:
    """A formula as its author wrote it, and the syntax tree it is worked out from."""

    source: str
    tree: ast.expr
    names: frozenset[str]
    facts: frozenset[str]


def read_formula(source: str) -> Formula:
    """Read a formula; raise FormulaError where it is no sum over names, numbers and facts."""
    if len(source) > MOST_CHARACTERS:
        raise FormulaError(f"a formula may hold {MOST_CHARACTERS} characters")
    try:
        tree = ast.parse(source.strip(), mode="eval").body
    except (SyntaxError, ValueError, RecursionError, MemoryError) as error:
        raise FormulaError("this is not a sum; write for example 'wage * months'") from error
    names: set[str] = set()
    facts: set[str] = set()
    for node in ast.walk(tree):
        if not isinstance(node, _ALLOWED):
            raise FormulaError(f"{type(node).__name__} is not allowed in a formula")
        if isinstance(node, ast.Call):
            facts |= _fact_named(node)
        elif isinstance(node, ast.Constant) and type(node.value) not in (int, float) and node.value not in facts:
            raise FormulaError("a formula holds numbers, names and facts, nothing else")
        elif isinstance(node, ast.Constant) and isinstance(node.value, int | float) and node.value > LARGEST:
            raise FormulaError(f"a number in a formula may be {LARGEST:,} at most")
        elif isinstance(node, ast.Name) and node.id not in _FUNCTIONS and node.id != "fact":
            names.add(node.id)
    return Formula(source, tree, frozenset(names), frozenset(facts))


def work_out(formula: Formula, known: Mapping[str, Value], fact: LookUpFact) -> Decimal:
    """Do the sum; names that are not known count as 0. Raise FormulaError where it cannot be done."""
    numbers = {name: as_number(known.get(name)) for name in formula.names}
    calculator = simpleeval.SimpleEval(operators=_OPERATORS, functions={**_FUNCTIONS, "fact": fact}, names=numbers)
    calculator.nodes[ast.Constant] = _constant
    try:
        result = Decimal(calculator.eval(formula.source, previously_parsed=formula.tree))
    except (
        simpleeval.InvalidExpression,
        InvalidOperation,
        Overflow,
        ArithmeticError,
        TypeError,
        KeyError,
    ) as error:
        raise FormulaError(f"'{formula.source}' cannot be worked out") from error
    if not result.is_finite() or abs(result) > LARGEST:
        raise FormulaError(f"'{formula.source}' is too large")
    return _tidy(result)


def _fact_named(call: ast.Call) -> set[str]:
    if not isinstance(call.func, ast.Name) or (call.func.id not in _FUNCTIONS and call.func.id != "fact"):
        raise FormulaError("only fact(…), min(…), max(…) and round(…) may be called in a formula")
    if call.func.id != "fact":
        return set()
    match call.args:
        case [ast.Constant(value=str(name))]:
            return {name}
        case _:
            raise FormulaError("write fact('the-id-of-a-fact')")


def _constant(node: ast.Constant) -> Decimal | str:
    return node.value if isinstance(node.value, str) else Decimal(str(node.value))


def _tidy(result: Decimal) -> Decimal:
    """At most two places, none that are zero, and no nought below nought."""
    rounded = result.quantize(_CENT, ROUND_HALF_UP) + 0
    whole = rounded.to_integral_value()
    return whole if whole == rounded else rounded


def _round(number: Decimal | bool) -> Decimal:  # noqa: FBT001  # a comparison is a number, too
    return Decimal(number).quantize(Decimal(1), ROUND_HALF_UP)


_CENT: Final = Decimal("0.01")
_FUNCTIONS: Final = {"min": min, "max": max, "round": _round}
_OPERATORS: Final = {
    operator: simpleeval.DEFAULT_OPERATORS[operator]
    for operator in (
        *(ast.Add, ast.Sub, ast.Mult, ast.Div, ast.FloorDiv, ast.Mod, ast.USub, ast.UAdd),
        *(ast.Eq, ast.NotEq, ast.Lt, ast.LtE, ast.Gt, ast.GtE),
    )
}
_ALLOWED: Final = (
    *(ast.BinOp, ast.UnaryOp, ast.Compare, ast.IfExp, ast.BoolOp, ast.And, ast.Or),
    *(ast.Name, ast.Load, ast.Constant, ast.Call, *_OPERATORS),
)
