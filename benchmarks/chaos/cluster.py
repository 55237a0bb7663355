"""A load run on a Cluster of three primaries, on which every part of the store's contract holds as well.

The contract's own tests run on a Cluster wherever tests run (tests/store); here three replicas of the bot talk to it.
"""

import asyncio
import os
import sys
import tempfile
import time
from collections.abc import Callable
from contextlib import AsyncExitStack
from pathlib import Path
from typing import Final

from benchmarks.chaos.findings import Finding, none_of
from benchmarks.chaos.guarded_store import PASSWORD
from benchmarks.chaos.kills import RETRY_SCALE
from benchmarks.chaos.replicas import replicas_of_a_bot
from benchmarks.chaos.talks import Crowd
from benchmarks.chaos.town import link_helpline, tickets_in, vault_of, write_content
from tests.store.servers import a_cluster
from tests.telegram_server import FakeTelegram

PEOPLE: Final = 60
_TRIES: Final = 3
_ROOT: Final = Path(__file__).parents[2]


async def run(seed: int, updates: int, say: Callable[[str], None], *, suite: bool = True) -> Finding:
    """Let people send so many updates; with `suite` the store's tests run first."""
    began = time.monotonic()
    failed = await _run_suite(say) if suite else 0
    with tempfile.TemporaryDirectory(prefix="waymark-chaos-") as name:
        folder = Path(name)
        write_content(folder / "content")
        async with AsyncExitStack() as stack:
            servers = stack.enter_context(a_cluster())
            for server in servers:
                server.ask("CONFIG", "SET", "requirepass", PASSWORD)
            places = ",".join(f"127.0.0.1:{server.port}" for server in servers)
            url = f"redis+cluster://:{PASSWORD}@{places}"
            telegram = await stack.enter_async_context(FakeTelegram(seed=seed, retry_scale=RETRY_SCALE))
            await link_helpline(url, folder, telegram)
            await stack.enter_async_context(replicas_of_a_bot(folder, telegram, url))
            crowd = Crowd(telegram, seed, PEOPLE, PEOPLE // 3, within=max(2, updates // PEOPLE // 2))
            await crowd.begin()
            while crowd.said < updates * 0.8:
                await crowd.talk(PEOPLE / 50, 5)
                crowd.ears.listen()
                say(f"{crowd.said} numbers said")
            crowd.finish()
            await crowd.settle()
            await asyncio.sleep(2)
            outcome = crowd.outcome(await tickets_in(url, folder), vault_of(folder))
    promises = outcome.promises(duplicates=0)
    if suite:
        promises = (none_of("the store's tests that fail on a Cluster", failed), *promises)
    return Finding("cluster", seed, time.monotonic() - began, outcome.done(), promises, outcome.odd[:20])


async def _run_suite(say: Callable[[str], None]) -> int:
    """0 where all tests of the store's contract pass on a Cluster, else pytest's own code.

    On a busy machine a store may not answer in the one second that it has: what failed is tried again, alone.
    """
    code = 1
    with tempfile.TemporaryDirectory(prefix="waymark-chaos-") as cache:
        for attempt in range(_TRIES):
            say("the store's contract" if not attempt else f"what failed of it, try {attempt + 1}")
            process = await asyncio.create_subprocess_exec(
                *(sys.executable, "-m", "pytest", "-q", "--no-header", "--tb=line", "-o", f"cache_dir={cache}"),
                *("tests/store", "-k", "cluster", *(("--last-failed",) if attempt else ())),
                cwd=_ROOT,
                env={**os.environ, "PYTHONPATH": str(_ROOT)},
                stdout=sys.stderr,
            )
            code = await process.wait()
            if code == 0:
                break
        return code
