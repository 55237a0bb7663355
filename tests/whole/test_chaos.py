"""Parts of `make chaos`, so small that they fit among tests: what they look for is found, and nothing is lost."""

import shutil

import pytest

from benchmarks.chaos import telegram_gone, unsynced
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
