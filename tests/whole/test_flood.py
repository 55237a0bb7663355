"""One who floods us keeps nobody else's call for help from a helpline: `python -m benchmarks.flood`, small."""

from pathlib import Path

import pytest

from benchmarks.flood import ALLOWED, measure, told
from bot.pacing import Pacing

CALLERS = 2
QUICK = Pacing(per_second=500, at_once=100, chat_per_second=50, chat_at_once=50)
"""Getting everybody ready would take longest at the pace that a real messenger asks for."""


async def test_a_new_call_beside_a_flood_is_heard_within_five_seconds(
    quick_folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    waits = await measure(quick_folder, CALLERS, QUICK)

    with capsys.disabled():
        print(f"\n{told(waits, CALLERS)}")  # noqa: T201
    assert len(waits) == CALLERS
    assert max(waits) <= ALLOWED
