"""Editors do not wait: a short run of `python -m benchmarks.studio`, whose figures are of a thousand screens."""

from pathlib import Path

from benchmarks.results import Results
from benchmarks.studio import measure


async def test_nothing_that_an_editor_waits_for_takes_longer_than_it_may(tmp_path: Path) -> None:
    results = Results(0, rounds=3, slow_rounds=1)

    await measure(results, tmp_path, 60)

    limited = [row for row in results.rows if row.limit]
    assert len(limited) >= 7
    for row in limited:
        # Processor time, so that a busy machine does not count.
        assert int(row.here.removesuffix(" ms")) <= int(row.limit.removesuffix(" ms")), row
