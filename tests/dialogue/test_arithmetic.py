from collections.abc import Mapping
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.dialogue import Value
from bot.dialogue.arithmetic import LARGEST, FormulaError, read_formula, work_out
from bot.dialogue.conditions import Between, OneOf, holds
from bot.dialogue.conversation import as_number

FACTS = {"wage": Decimal(400)}


def worked_out(source: str, **known: Value) -> Decimal:
    return work_out(read_formula(source), known, FACTS.__getitem__)


@pytest.mark.parametrize(
    ("source", "known", "result"),
    [
        ("wage * days", {"wage": Decimal(400), "days": Decimal(3)}, "1200"),
        ("wage / 3", {"wage": Decimal(400)}, "133.33"),
        ("fact('wage') * 30", {}, "12000"),
        ("max(a - b, 0)", {"a": Decimal(1), "b": Decimal(2)}, "0"),
        ("round(2.5) + round(0.5)", {}, "4"),
        ("round(2 > 1)", {}, "1"),
        ("a if b > 1 else 7", {"b": Decimal(1)}, "7"),
        ("unknown + 1", {}, "1"),
        ("words + 1", {"words": "told"}, "1"),
        ("-a", {"a": Decimal("0.001")}, "0"),
    ],
)
def test_a_sum_is_worked_out_in_decimals(source: str, known: Mapping[str, Value], result: str) -> None:
    assert str(worked_out(source, **known)) == result


@pytest.mark.parametrize(
    "source",
    [
        "",
        "a b",
        "a ** 9",
        "a.b",
        "a[0]",
        "(lambda: 1)()",
        "open('x')",
        "fact(a)",
        "fact('wage', 'x')",
        "'%99999999d' % a",
        "'told'",
        "None",
        "True",
        "1j",
        "...",
        "[a for a in b]",
        "a" * 201,
        "(" * 150,
    ],
)
def test_what_is_no_sum_is_refused_when_it_is_read(source: str) -> None:
    with pytest.raises(FormulaError):
        read_formula(source)


@pytest.mark.parametrize(
    "source", ["1 / a", "1 % a", "9999999999999 * 9", "1e999", "max(1)", "round(1, 2)", "min", "fact('gone')"]
)
def test_a_sum_that_cannot_be_done_says_so(source: str) -> None:
    with pytest.raises(FormulaError):
        worked_out(source)


@given(st.decimals(allow_nan=True, allow_infinity=True) | st.text(max_size=9))
def test_whatever_was_kept_a_sum_ends_in_a_number_or_is_refused(kept: Value) -> None:
    for source in ("a + 1", "a * a", "1 / a", "round(a)", "a if a > 2 else a / 3", "max(a, 3)"):
        try:
            result = worked_out(source, a=kept)
        except FormulaError:
            continue
        assert result.is_finite()
        assert abs(result) <= LARGEST


@pytest.mark.parametrize("kept", ["NaN", "sNaN", "-inf", "", "told", "2026-11-26", None])
def test_what_is_no_number_counts_as_nothing(kept: str | None) -> None:
    assert as_number(kept) == 0
    assert holds(Between("a", None, Decimal(0)), {} if kept is None else {"a": kept})


def test_a_number_is_one_of_its_words() -> None:
    assert holds(OneOf("a", frozenset({"2"})), {"a": Decimal(2)})
    assert not holds(OneOf("a", frozenset({"2"})), {})
