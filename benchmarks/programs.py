"""The programs that are measured, each in a process of its own."""

import asyncio
import os
import socket
import sys
import time
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Final
from urllib.parse import urlsplit

import aiohttp
import psutil

from benchmarks.crowd import TOKEN, Address, BotApi

START_PATIENCE: Final = 60.0
STOP_PATIENCE: Final = 15.0
_NOWHERE: Final = asyncio.subprocess.DEVNULL
_ROOT: Final = Path(__file__).parents[1]


@dataclass(frozen=True, slots=True)
class Program:
    """A running program, and how long it took to be ready."""

    process: psutil.Process
    port: int
    ready_after: float

    def processor(self) -> float:
        """Processor time that it has used so far, in seconds."""
        times = self.process.cpu_times()
        return float(times.user + times.system)

    def memory(self) -> float:
        """Resident memory in MB."""
        return float(self.process.memory_info().rss) / 1e6


@asynccontextmanager
async def running(
    arguments: Sequence[str], port: int, environ: Mapping[str, str] | None = None
) -> AsyncIterator[Program]:
    """Run `python` with these arguments until the block ends; it is ready once /readyz says 200."""
    clean = {name: value for name, value in os.environ.items() if not name.startswith("WAYMARK_")}
    began = time.monotonic()
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, *arguments), cwd=_ROOT, env={**clean, **(environ or {})}, stdout=_NOWHERE, stderr=_NOWHERE
    )
    try:
        await _wait_until_ready(process, port)
        yield Program(psutil.Process(process.pid), port, time.monotonic() - began)
    finally:
        if process.returncode is None:
            process.terminate()
            try:
                async with asyncio.timeout(STOP_PATIENCE):
                    await process.wait()
            except TimeoutError:
                process.kill()
                await process.wait()


def bot_settings(folder: Path, content: Path, port: int) -> dict[str, str]:
    """The settings of a bot that keeps everything in a folder of its own."""
    return {
        "WAYMARK_DATA_DIR": str(folder),
        "WAYMARK_CONTENT_DIR": str(content),
        "WAYMARK_HTTP_PORT": str(port),
    }


@asynccontextmanager
async def telegram_bot(folder: Path, content: Path, api: BotApi, **more: str) -> AsyncIterator[tuple[Program, Address]]:
    """Our bot at a webhook, and where that is."""
    port = free_port()
    settings = {
        **bot_settings(folder, content, port),
        "WAYMARK_TELEGRAM_TOKEN": TOKEN,
        "WAYMARK_TELEGRAM_API_URL": api.url,
        "WAYMARK_TELEGRAM_WEBHOOK_URL": "https://bot.example",
        **more,
    }
    async with running(("-m", "benchmarks.worker"), port, settings) as program:
        async with asyncio.timeout(START_PATIENCE):
            url, secret = await api.webhooks.get()
        yield program, Address(port, urlsplit(url).path, secret)


@asynccontextmanager
async def other_bot(module: str, *arguments: str) -> AsyncIterator[tuple[Program, Address]]:
    """One of the programs that ours is compared with."""
    port = free_port()
    async with running(("-m", f"benchmarks.{module}", str(port), *arguments), port) as program:
        yield program, Address(port, "/update")


def free_port() -> int:
    """A port that nobody uses now."""
    with socket.socket() as one:
        one.bind(("127.0.0.1", 0))
        return int(one.getsockname()[1])


async def _wait_until_ready(process: asyncio.subprocess.Process, port: int) -> None:
    async with asyncio.timeout(START_PATIENCE), aiohttp.ClientSession() as session:
        while True:
            try:
                async with session.get(f"http://127.0.0.1:{port}/readyz") as answer:
                    if answer.status == 200:
                        return
            except aiohttp.ClientError:
                if process.returncode is not None:
                    raise RuntimeError("a program that is to be measured does not start") from None
            await asyncio.sleep(0.005)
