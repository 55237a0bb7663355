"""Numbers in addresses, forms and our own files."""

import pytest

from bot.whole_number import whole_number


@pytest.mark.parametrize(("told", "number"), [("0", 0), ("007", 7), ("99999", 99_999)])
def test_figures_are_a_number(told: str, number: int) -> None:
    assert whole_number(told) == number


@pytest.mark.parametrize("told", ["", "-1", "+1", " 1", "1.0", "1_0", "²", "១", "100000", "9" * 5000, "one"])
def test_anything_else_is_none(told: str) -> None:
    assert whole_number(told) is None


def test_somebody_may_need_longer_ones() -> None:
    assert whole_number("123456789", 9) == 123_456_789
