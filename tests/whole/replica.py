"""Bots as processes of their own over one store, so that one can be killed: `python -m tests.whole.replica` is one."""

import asyncio
import json
import os
import re
import signal
import sys
from asyncio.subprocess import PIPE, Process
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from pathlib import Path

import aiohttp

from bot import logbook
from bot.__main__ import run_to_the_end, run_until_told
from bot.settings import ProcessRole, Settings
from tests.platform.stores import PASSWORD
from tests.store.servers import Server
from tests.telegram_server import FakeTelegram

PATIENCE = 60.0
"""Seconds that starting and ending may take on the busiest machine."""

SAFE = ("--requirepass", PASSWORD)
"""What a server needs for the bot to start on it."""


SECRET = "Only_Telegram-knows-this-secret"


@dataclass(slots=True)
class Replica:
    """One process, and where it answers."""

    process: Process
    port: int

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    async def figure(self, name: str) -> int:
        """A figure that it tells; 0 where it has not counted that yet."""
        async with aiohttp.ClientSession() as session, session.get(f"{self.url}/metrics") as answer:
            found = re.search(rf"^{re.escape(name)} (\d+)$", await answer.text(), re.MULTILINE)
        return int(found[1]) if found else 0

    async def kill(self) -> None:
        """Without a word, as when its machine loses power."""
        self.process.kill()
        await self.process.wait()

    async def stop(self) -> None:
        """As whoever renews it does."""
        if self.process.returncode is None:
            self.process.send_signal(signal.SIGTERM)
            async with asyncio.timeout(PATIENCE):
                await self.process.wait()


@asynccontextmanager
async def a_replica(
    folder: Path, server: Server, telegram: FakeTelegram, role: ProcessRole = ProcessRole.ALL, *, webhook: int = 0
) -> AsyncIterator[Replica]:
    """A bot that is ready; `folder` holds the content and the keys, and `webhook` is the port that Telegram posts to."""
    told = {
        "telegram_token": telegram.token,
        "telegram_api_url": telegram.url,
        "telegram_webhook_url": f"http://127.0.0.1:{webhook}" if webhook else "",
        "store_url": f"unix://:{PASSWORD}@{server.folder}/socket",
        "folder": str(folder),
        "role": role,
    }
    with (folder / "log").open("ab") as log:
        process = await asyncio.create_subprocess_exec(
            *(sys.executable, "-m", "tests.whole.replica", json.dumps(told)),
            stdout=PIPE,
            stderr=log,
            cwd=Path(__file__).parents[2],
            env={name: value for name, value in os.environ.items() if not name.startswith("WAYMARK_")},
        )
    try:
        yield Replica(process, await _port_of(process, folder))
    finally:
        if process.returncode is None:
            process.kill()
            await process.wait()


@asynccontextmanager
async def replicas(
    number: int, folder: Path, server: Server, telegram: FakeTelegram, *, webhook: int = 0
) -> AsyncIterator[list[Replica]]:
    """As many at once, for starting one after the other takes long."""
    async with AsyncExitStack() as stack:
        begun = [stack.enter_async_context(a_replica(folder, server, telegram, webhook=webhook)) for _ in range(number)]
        yield list(await asyncio.gather(*begun))


async def _port_of(process: Process, folder: Path) -> int:
    assert process.stdout is not None
    async with asyncio.timeout(PATIENCE):
        while line := await process.stdout.readline():
            words = line.decode()
            if "answers at" in words or "works behind" in words:
                return int(words.strip().removesuffix("/readyz").rstrip("/").rpartition(":")[2])
    raise AssertionError((folder / "log").read_text("utf-8"))


def _settings(told: dict[str, str]) -> Settings:
    folder = Path(told["folder"])
    return Settings(
        telegram_token=told["telegram_token"],
        telegram_api_url=told["telegram_api_url"],
        telegram_webhook_url=told["telegram_webhook_url"] or None,
        telegram_webhook_secret=SECRET,
        store_url=told["store_url"],
        data_dir=folder / "var",
        content_dir=folder / "content",
        http_port=0,
    )


if __name__ == "__main__":
    logbook.open_logbook()
    said = json.loads(sys.argv[1])
    run_to_the_end(run_until_told(_settings(said), pacing=None, role=ProcessRole(said["role"])))
