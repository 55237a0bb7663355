"""Several processes of the bot on one store, and whoever spreads Telegram's updates over them.

They share the folder with the keys, as replicas of one bot must; everything else of theirs lies in the store.
"""

import asyncio
import os
import signal
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import AsyncExitStack, asynccontextmanager, suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime
from itertools import count
from pathlib import Path
from typing import Final
from urllib.parse import urlsplit

import aiohttp
import psutil

from benchmarks.chaos.nursery import Nursery, a_nursery
from benchmarks.chaos.proxy import Proxy
from benchmarks.programs import free_port
from bot.casebook import load_writers
from bot.store.secrets import load_or_make
from tests.telegram_server import FakeTelegram

WEBHOOK: Final = "https://bot.example"
SECRET: Final = "chaos-only-secret"  # noqa: S105 - of a pretended Telegram
PATIENCE: Final = 180.0
"""Seconds that a bot may take to start on the busiest machine."""

_LOOK_EVERY: Final = 0.1


@dataclass
class Replica:
    """One process of the bot. What it asks of Telegram and what Telegram posts to it goes through wires."""

    number: int
    port: int
    environ: Mapping[str, str]
    log: Path
    to_telegram: Proxy | None = None
    from_telegram: Proxy | None = None
    nursery: Nursery | None = None
    is_ready: bool = False
    pid: int = 0
    _starting: asyncio.Lock = field(default_factory=asyncio.Lock)

    @property
    def is_running(self) -> bool:
        return self.pid > 0 and psutil.pid_exists(self.pid)

    @property
    def door(self) -> int:
        """The port at which it takes updates."""
        return self.port if self.from_telegram is None else self.from_telegram.port

    async def start(self) -> None:
        """Start it, unless it runs."""
        async with self._starting:
            if not self.is_running and self.nursery is not None:
                self.pid = await self.nursery.start(self.environ, self.log)

    async def until_ready(self, limit: float = PATIENCE) -> None:
        """Wait until it takes updates; a bot that does not find its store ends, and is started again as any is."""
        try:
            async with asyncio.timeout(limit), aiohttp.ClientSession() as session:
                while not self.is_ready:
                    await self.start()
                    self.is_ready = await self._says_ready(session)
                    await asyncio.sleep(_LOOK_EVERY)
        except TimeoutError:
            raise RuntimeError(f"a bot does not start:\n{self.log.read_text()[-3000:]}") from None

    async def _says_ready(self, session: aiohttp.ClientSession) -> bool:
        try:
            async with session.get(
                f"http://127.0.0.1:{self.port}/readyz", timeout=aiohttp.ClientTimeout(total=2)
            ) as answer:
                return answer.status == 200
        except (aiohttp.ClientError, TimeoutError):
            return False

    def kill_now(self) -> None:
        """As kill -9: at once, whatever it is doing."""
        self.is_ready = False
        self._signal(signal.SIGKILL)

    async def kill(self) -> None:
        self.kill_now()
        await self._until_gone(PATIENCE)

    async def stop(self) -> None:
        """As whoever runs it does it: let it finish."""
        self._signal(signal.SIGTERM)
        if not await self._until_gone(30):
            await self.kill()

    def _signal(self, number: signal.Signals) -> None:
        if self.pid:
            with suppress(ProcessLookupError):
                os.kill(self.pid, number)

    async def _until_gone(self, limit: float) -> bool:
        end = asyncio.get_running_loop().time() + limit
        while self.is_running:
            if asyncio.get_running_loop().time() > end:
                return False
            await asyncio.sleep(0.02)
        return True


@dataclass
class Replicas:
    """All of them, and who gets the next update: each in turn, those that are known to be away left out."""

    all: Sequence[Replica]
    only: Replica | None = None
    """Who gets all updates for now."""
    _turn: "count[int]" = field(default_factory=count)

    def route(self, url: str) -> str:
        """Where an update for a webhook's address is posted."""
        ready = [replica for replica in self.all if replica.is_ready] or list(self.all)
        chosen = self.only or ready[next(self._turn) % len(ready)]
        return f"http://127.0.0.1:{chosen.door}{urlsplit(url).path}"

    def owner(self, port: int) -> Replica | None:
        """Whose connection from this port of ours it is."""
        return next((replica for replica in self.all if replica.is_running and _holds(replica.pid, port)), None)

    async def until_ready(self) -> None:
        await asyncio.gather(*(replica.until_ready() for replica in self.all))


@asynccontextmanager
async def replicas_of_a_bot(
    folder: Path, telegram: FakeTelegram, store_url: str, *, number: int = 3, wires: bool = False, **more: str
) -> AsyncIterator[Replicas]:
    """So many of them, ready; `folder` holds the content, and comes to hold keys and logs."""
    home = folder / "var"
    load_or_make(home, datetime.now(UTC).date())
    load_writers(home / "keys")
    async with AsyncExitStack() as stack:
        nursery = await stack.enter_async_context(a_nursery())
        every = []
        for place in range(number):
            port = free_port()
            to_telegram = from_telegram = None
            if wires:
                to_telegram = await stack.enter_async_context(Proxy(urlsplit(telegram.url).port or 0))
                from_telegram = await stack.enter_async_context(Proxy(port))
            environ = {
                "WAYMARK_TELEGRAM_TOKEN": telegram.token,
                "WAYMARK_TELEGRAM_API_URL": telegram.url
                if to_telegram is None
                else f"http://127.0.0.1:{to_telegram.port}",
                "WAYMARK_TELEGRAM_WEBHOOK_URL": WEBHOOK,
                "WAYMARK_TELEGRAM_WEBHOOK_SECRET": SECRET,
                "WAYMARK_STORE_URL": store_url,
                "WAYMARK_DATA_DIR": str(home),
                "WAYMARK_CONTENT_DIR": str(folder / "content"),
                "WAYMARK_HTTP_PORT": str(port),
                **more,
            }
            log = folder / f"replica-{place}.log"
            every.append(Replica(place, port, environ, log, to_telegram, from_telegram, nursery))
        replicas = Replicas(every)
        telegram.updates.route = replicas.route
        try:
            # What the first one learns from its content, the others need not learn again.
            await every[0].until_ready()
            await replicas.until_ready()
            yield replicas
        finally:
            await asyncio.gather(*(replica.stop() for replica in every))


def _holds(pid: int, port: int) -> bool:
    try:
        connections = psutil.Process(pid).net_connections("tcp")
    except psutil.Error:
        return False
    return any(one.laddr.port == port for one in connections)
