"""The storm of `python -m benchmarks.tickets`, small: with crashes and repeats nothing is lost, astray or forgotten."""

import sys

from benchmarks.tickets import storm
from tests.store.servers import a_server


async def test_in_a_storm_nothing_is_lost_astray_or_forgotten() -> None:
    with a_server() as server:
        report = await storm(server.url, steps=1_500, seed=7, people=60, crash_every=150)

    sys.stdout.write(f"{report}\n")
    assert report.words > 100
    assert report.crashes == 10
    assert (report.lost, report.astray, report.without_moment) == (0, 0, 0), report.missing
