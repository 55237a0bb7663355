"""Looks at everything that a running bot needs, and says what is well and what to do about the rest."""

import os
from collections.abc import AsyncIterator
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from bot.channel import ChannelError
from bot.compiler import commands
from bot.settings import Settings
from bot.store.contract import StoreError
from bot.store.durability import inspect_store
from bot.store.embedded import find_running
from bot.store.secrets import KeysError, are_made, load_or_make
from handlers.telegram import ask_telegram


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing that was looked at."""

    what: str
    words: str
    is_well: bool = True

    def __str__(self) -> str:
        return f"{'ok  ' if self.is_well else 'LOOK'} {self.what}: {self.words}"


async def examine(settings: Settings, now: datetime) -> list[Finding]:
    """Look at all of it; nothing is changed."""
    return [finding async for finding in _findings(settings, now)]


async def _findings(settings: Settings, now: datetime) -> AsyncIterator[Finding]:
    yield _content(settings.content_dir, now)
    yield _keys(settings.data_dir, now)
    yield await _store(settings)
    yield await _telegram(settings)
    yield _web(settings)


def _content(directory: Path, now: datetime) -> Finding:
    report = commands.check(directory, now.date())
    *_, summary = report.lines()
    well = report.is_well(strict=False)
    return Finding("content", summary if well else f"{summary}; see 'waymark check'", is_well=well)


def _keys(data_dir: Path, now: datetime) -> Finding:
    if not are_made(data_dir):
        return Finding("keys", "none yet; the first start makes them")
    try:
        keys = load_or_make(data_dir, now.date())
    except (KeysError, OSError) as error:
        return Finding("keys", str(error), is_well=False)
    age = (now.date() - keys.ring[-1].made).days
    return Finding("keys", f"{len(keys.ring)} working, the newest {age} days old")


async def _store(settings: Settings) -> Finding:
    url = settings.store_url or find_running(settings.data_dir)
    if url is None:
        writable = os.access(settings.data_dir if settings.data_dir.exists() else settings.data_dir.parent, os.W_OK)
        words = "the built-in one is not running" if writable else f"{settings.data_dir} cannot be written"
        return Finding("store", words, is_well=writable)
    try:
        problems = await inspect_store(url)
    except StoreError as error:
        return Finding("store", str(error), is_well=False)
    words = "; ".join(problems) or "answers, and keeps what it acknowledges"
    return Finding("store", words, is_well=not problems)


async def _telegram(settings: Settings) -> Finding:
    if settings.telegram_token is None:
        return Finding("telegram", "off; set WAYMARK_TELEGRAM_TOKEN to add it")
    try:
        name = await ask_telegram(settings.telegram_token, settings.telegram_api_url)
    except ChannelError as error:
        return Finding("telegram", str(error), is_well=False)
    return Finding("telegram", f"knows us as @{name}")


def _web(settings: Settings) -> Finding:
    if settings.public_url is None:
        return Finding("web", f"listens at {settings.http_host}:{settings.http_port}, on this machine's address")
    is_safe = settings.public_url.startswith("https://")
    words = settings.public_url if is_safe else f"{settings.public_url} is not https: others can read along"
    return Finding("web", words, is_well=is_safe)
