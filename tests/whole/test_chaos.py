"""Parts of `make chaos`, so small that they fit among tests: what they look for is found, and nothing is lost."""

import shutil

import pytest

from benchmarks.chaos import crash_points, machine, partition, telegram_gone, unsynced
from benchmarks.chaos.findings import Finding, table

with_a_compiler = pytest.mark.skipif(
    shutil.which("cc") is None, reason="without a C compiler nobody sees what is synced"
)


def say_nothing(words: str) -> None: ...


def assert_kept(finding: Finding) -> None:
    assert finding.is_well, table([finding])


async def test_while_telegram_is_gone_and_fails_nobody_loses_anything() -> None:
    assert_kept(await telegram_gone.run(7, 3, say_nothing))


@with_a_compiler
async def test_what_a_store_acknowledges_is_on_its_disk() -> None:
    assert_kept(await unsynced.run(7, 3, say_nothing))


@with_a_compiler
async def test_a_store_that_syncs_each_second_loses_and_is_found_out() -> None:
    assert_kept(await unsynced.run(7, 2, say_nothing, appendfsync="everysec"))


@with_a_compiler
async def test_a_machine_that_stops_with_all_on_it_loses_nothing() -> None:
    assert_kept(await machine.run(7, 1, say_nothing, people=6))


async def test_a_primary_that_is_cut_off_acknowledges_nothing_that_is_lost() -> None:
    assert_kept(await partition.run(7, 1, say_nothing))


async def test_a_crash_before_the_commit_and_one_after_the_message_lose_nothing() -> None:
    assert_kept(await crash_points.run(7, 1, say_nothing, ("C1", "C6")))
