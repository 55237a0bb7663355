"""Days on which offices are closed: a line that is called open and does not answer costs a person the call that mattered."""

from datetime import date, timedelta
from pathlib import Path
from typing import Final

import pytest
import yaml

BOT: Final = Path(__file__).parents[2] / "content" / "bot.yaml"
# Those that do not follow the moon.
FIXED: Final = (
    *((1, 1), (4, 6), (4, 13), (4, 14), (4, 15), (5, 4), (6, 3), (7, 28), (8, 12), (10, 13), (10, 23), (12, 5)),
    *((12, 10), (12, 31)),
)
FIRST: Final = date(2026, 11, 27)
SATURDAY: Final = 5


@pytest.mark.parametrize("year", [2026, 2027])
def test_offices_are_closed_on_every_fixed_holiday_and_on_the_monday_after_one_at_a_weekend(year: int) -> None:
    listed = {str(day) for day in yaml.load(BOT.read_text("utf-8"), Loader=yaml.BaseLoader)["holidays"]["th-holidays"]}  # noqa: S506
    days = [day for month, number in FIXED if (day := date(year, month, number)) >= FIRST]
    mondays = [day + timedelta(7 - day.weekday()) for day in days if day.weekday() >= SATURDAY]

    assert [day for day in (*days, *mondays) if day.isoformat() not in listed] == []
