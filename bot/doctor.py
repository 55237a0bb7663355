"""Looks at everything that a running bot needs, and says what is well and what to do about the rest."""

import asyncio
import errno
import os
from collections.abc import AsyncIterator, Iterator
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from pathlib import Path
from secrets import token_bytes
from typing import Final
from urllib.parse import urlsplit

from bot.casebook import KeyFileError, load_writers
from bot.channel import ChannelError
from bot.clock import SystemClock
from bot.compiler import ContentError, Folder, KeywordsOnly, commands, compile_content, teach_in
from bot.desk.helplines import Helpline, Helplines, Mode
from bot.desk.staff import Roster, can_take
from bot.key_files import (
    IDENTITY_LIFE,
    OLD_KEY_LIFE,
    WORKING_LIFE,
    WRITER_LIFE,
    WRITERS,
    KeyFile,
    look_at_keys,
    readable_by_others,
)
from bot.live import folder_differs, live_folder
from bot.settings import Settings
from bot.store.contract import StoreError
from bot.store.durability import inspect_store, is_read_along, may_do_harm, replicas_of_one
from bot.store.embedded import find_running
from bot.store.redis_store import open_store
from bot.store.sealing import KEY_BYTES, Vault
from bot.store.secrets import FOLDER, Keys, KeysError, are_made, how_they_are_lost, load, load_as_they_are
from bot.store.shared_clock import LOUD, compare
from bot.studio.archive import Archive, examine_with
from bot.studio.records import RecordError
from bot.studio.stock import StockError
from bot.turns.turns import ALERTS
from bot.watch import TOO_LONG
from handlers.telegram import ask_telegram, ask_webhook

_PATIENCE: Final = 3.0
_ON_ALL: Final = {"0.0.0.0": "127.0.0.1", "::": "::1", "": "127.0.0.1"}  # noqa: S104 - compared, not listened at
"""Where whoever listens at every address of this machine is asked."""


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
    for finding in (*_folder(settings.data_dir), *_keys(settings, now), *_environment_file(Path(".env"))):
        yield finding
    yield await _store(settings)
    bots = await _bots(settings, now)
    if bots is not None:
        yield bots
    clock = None if settings.store_url is None else await _clock(settings.store_url)
    if clock is not None:
        yield clock
    yield await _telegram(settings)
    yield await _web(settings)
    published, content_dir = await _published(settings)
    if published is not None:
        yield published
    try:
        helplines = compile_content(content_dir, now.date()).script.helplines
    except ContentError:
        return
    roster = await _roster(settings)
    for helpline in helplines.all.values():
        if not helpline.is_example:
            yield _helpline(helpline, helplines, roster, now)
    examples = [helpline.id for helpline in helplines.all.values() if helpline.is_example]
    if examples:
        yield Finding("examples", f"{', '.join(examples)}: nobody is asked through these; put your own in their place")


def _content(directory: Path, now: datetime) -> Finding:
    # With all that the bot understands, else conversations end otherwise; what is learned is not kept.
    report = commands.check(directory, now.date(), teach_in(None))
    *_, summary = report.lines()
    well = report.is_well(strict=False)
    return Finding("content", summary if well else f"{summary}; see 'waymark check'", is_well=well)


def _folder(data_dir: Path) -> Iterator[Finding]:
    """The keys are written there also where the store is elsewhere."""
    place = data_dir.absolute()
    there = next(one for one in (place, *place.parents) if os.access(one, os.F_OK))
    if not (there.is_dir() and os.access(there, os.W_OK | os.X_OK)):
        words = f"{data_dir} cannot be written; let WAYMARK_DATA_DIR name a folder that the bot may write to"
        yield Finding("folder", words, is_well=False)


def _keys(settings: Settings, now: datetime) -> Iterator[Finding]:
    data_dir = settings.data_dir
    try:
        if not are_made(data_dir):
            lost = how_they_are_lost(data_dir)
            yield Finding("keys", lost or "none yet; the first start makes them", is_well=lost is None)
            return
        keys = load_as_they_are(data_dir)
    except (KeysError, OSError) as error:
        yield Finding("keys", str(error), is_well=False)
        return
    words = f"{len(keys.ring)} working, the newest {_days(now.date() - keys.ring[-1].made)} old"
    words += f"; identity key {_days(now.date() - keys.identity_made)} old"
    due = [*_due(keys, now.date())]
    yield Finding("keys", "; ".join([words, *due]), is_well=not due)
    for file in look_at_keys(data_dir, now):
        found = _writer(data_dir, file, now) if file.name == WRITERS and not file.advice else file
        words = f"{_days(found.age)} old" + (f"; {found.advice}" if found.advice else "")
        yield Finding(f"key {found.name}", words, is_well=not found.advice)


def _due(keys: Keys, today: date) -> Iterator[str]:
    """What is to be done next with the keys of the store."""
    age = today - keys.ring[-1].made
    if keys.former is not None:
        yield "the change of the identity key is not finished, and no bot starts: waymark keys renew-identity"
    elif today - keys.identity_made > IDENTITY_LIFE:
        yield f"change it every {IDENTITY_LIFE.days} days: stop every bot, waymark keys renew-identity"
    if keys.coming is not None:
        yield f"working key {keys.coming.number} is made and not used: waymark keys use"
    elif age > WORKING_LIFE:
        yield f"a new working key is due every {WORKING_LIFE.days} days: waymark keys renew"
    elif len(keys.ring) > 1 and age > OLD_KEY_LIFE:
        yield "the older ones can go when nothing needs them: waymark keys retire"


def _writer(data_dir: Path, file: KeyFile, now: datetime) -> KeyFile:
    """The key that signs, whose day stands in its file."""
    try:
        writers = load_writers(data_dir / FOLDER)
    except KeyFileError as error:
        return replace(file, advice=str(error))
    age = file.age if writers.made is None else now.date() - writers.made
    advice = ""
    if writers.coming is not None:
        advice = "a new one is made and not used: waymark keys use-writer"
    elif age > WRITER_LIFE:
        advice = f"change it every {WRITER_LIFE.days} days: waymark keys renew-writer"
    return replace(file, age=age, advice=advice)


def _days(age: timedelta) -> str:
    return f"{max(0, age.days)} days"


def _environment_file(path: Path) -> Iterator[Finding]:
    """It may hold the token."""
    if readable_by_others(path):
        yield Finding("settings", f"{path} can be read by others; run: chmod 600 {path}", is_well=False)


def _url(settings: Settings) -> str | None:
    """Where the store answers; None while the built-in one does not run, or its folder cannot be looked into."""
    try:
        return settings.store_url or find_running(settings.data_dir)
    except OSError:
        return None


async def _store(settings: Settings) -> Finding:
    url = _url(settings)
    if url is None:
        return Finding("store", "the built-in one is not running")
    try:
        problems = await inspect_store(url)
        # The built-in one is reached by a socket that nobody else can open.
        if settings.store_url is not None:
            problems += await _cautions(url)
    except StoreError as error:
        return Finding("store", str(error), is_well=False)
    words = "; ".join(problems) or "answers, and keeps what it acknowledges"
    return Finding("store", words, is_well=not problems)


async def _bots(settings: Settings, now: datetime) -> Finding | None:
    """Whether the bots that run on the store have the keys of this folder, and one of them calls helplines."""
    url = _url(settings)
    if url is None:
        return None
    try:
        vault = load_as_they_are(settings.data_dir).vault()
    except (KeysError, OSError):
        vault = None
    store = open_store(url, vault or Vault(token_bytes(KEY_BYTES), {1: token_bytes(KEY_BYTES)}, 1))
    try:
        rings, heard = (await store.keyring().announced()).values(), await store.heard(ALERTS)
    except StoreError:
        return None
    finally:
        await store.close()
    if not rings:
        return None
    problems = []
    if vault is None or any(ring.naming != vault.naming or ring.sealing not in vault.known for ring in rings):
        problems.append("they work with keys that are not here; bring keys/ from where they run")
    if heard is None or now - heard > TOO_LONG:
        problems.append("none of them looks whom to call and sends what was left behind; start one with --role worker")
    return Finding("bots", "; ".join([f"{len(rings)} run on the store", *problems]), is_well=not problems)


async def _clock(url: str) -> Finding | None:
    """What there is to say of this machine's clock; nothing where the store does not answer, which is told already."""
    store = open_store(url, Vault(token_bytes(KEY_BYTES), {1: token_bytes(KEY_BYTES)}, 1))
    try:
        ahead = -(await compare(store.server_time, SystemClock())).ahead
    except StoreError:
        return None
    finally:
        await store.close()
    words = f"{abs(ahead.total_seconds()):.1f} s {'ahead of' if ahead > timedelta() else 'behind'} the store's"
    if abs(ahead) <= LOUD:
        return Finding("clock", words)
    return Finding("clock", f"{words}; let a time server set the clocks of all machines", is_well=False)


async def _cautions(url: str) -> list[str]:
    """What does not keep the bot from starting, and is better put right."""
    cautions = []
    if is_read_along(url):
        cautions.append("others can read along between here and the store; use rediss://")
    if replicas := await replicas_of_one(url):
        cautions.append(
            f"it has {replicas} replicas, and nothing tells the bot which server is the primary: each write waits for "
            "those that were there when the bot started; use redis+sentinel:// or redis+cluster://"
        )
    if await may_do_harm(url):
        cautions.append("the bot's user could wipe the store; give it only what SECURITY.md lists")
    return cautions


async def _telegram(settings: Settings) -> Finding:
    if settings.telegram_token is None:
        return Finding("telegram", "off; set WAYMARK_TELEGRAM_TOKEN to add it")
    try:
        name = await ask_telegram(settings.telegram_token, settings.telegram_api_url)
        webhook, trouble = await ask_webhook(settings.telegram_token, settings.telegram_api_url)
    except ChannelError as error:
        return Finding("telegram", str(error), is_well=False)
    ours = settings.telegram_webhook_url
    problems = []
    if webhook and (ours is None or not webhook.startswith(f"{ours}/")):
        # Only its host: the path may be somebody's secret.
        problems.append(
            f"it brings what people write to {urlsplit(webhook).hostname}, not to us; a bot puts that right when it "
            "starts. If it comes back, somebody else uses the token: let @BotFather change it"
        )
    elif trouble:
        problems.append(f"messages wait there, since it does not get through to our webhook: {trouble}")
    return Finding("telegram", "; ".join([f"knows us as @{name}", *problems]), is_well=not problems)


async def _web(settings: Settings) -> Finding:
    place = f"{settings.http_host}:{settings.http_port}"
    if hindrance := await _hindrance(settings.http_host, settings.http_port):
        to_do = "set WAYMARK_HTTP_PORT to a free port and WAYMARK_HTTP_HOST to an address of this machine"
        return Finding("web", f"cannot listen at {place} ({hindrance}); {to_do}", is_well=False)
    if settings.public_url is None:
        return Finding("web", f"listens at {place}, on this machine's address")
    is_safe = settings.public_url.startswith("https://")
    words = settings.public_url if is_safe else f"{settings.public_url} is not https: others can read along"
    return Finding("web", words, is_well=is_safe)


async def _hindrance(host: str, port: int) -> str:
    """What keeps a bot from listening there; nothing where one does so already."""
    try:
        listener = await asyncio.get_running_loop().create_server(asyncio.Protocol, host, port)
    except OSError as error:
        if error.errno != errno.EADDRINUSE:
            return os.strerror(error.errno or 0)
        return "" if await _is_a_bot(_ON_ALL.get(host, host), port) else "another program does"
    listener.close()
    return ""


async def _is_a_bot(host: str, port: int) -> bool:
    try:
        async with asyncio.timeout(_PATIENCE):
            reader, writer = await asyncio.open_connection(host, port)
            try:
                writer.write(b"GET /healthz HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n")
                return (await reader.read(4096)).endswith(b"alive")
            finally:
                writer.close()
    except (OSError, TimeoutError):
        return False


async def _published(settings: Settings) -> tuple[Finding | None, Path | Folder]:
    """What is live, once something was published, and the folder that people are answered from."""
    url = _url(settings)
    if url is None:
        return None, settings.content_dir
    try:
        store = open_store(url, load(settings.data_dir).vault())
    except (KeysError, OSError):
        return None, settings.content_dir
    archive = Archive(store.shelf(), settings.content_dir, settings.data_dir, SystemClock(), examine_with(KeywordsOnly))
    try:
        words = await folder_differs(archive, settings.content_dir)
        if words is None:
            return None, settings.content_dir
        return Finding("published", words), await live_folder(archive, settings.content_dir)
    except (StoreError, StockError, RecordError) as error:
        return Finding("published", str(error), is_well=False), settings.content_dir
    finally:
        await store.close()


async def _roster(settings: Settings) -> Roster | None:
    """Who works here; None where that cannot be read now."""
    url = _url(settings)
    if url is None:
        return None
    try:
        store = open_store(url, load(settings.data_dir).vault())
    except (KeysError, OSError):
        return None
    try:
        _, roster = await store.load_roster()
    except StoreError:
        return None
    finally:
        await store.close()
    return roster


def _helpline(helpline: Helpline, helplines: Helplines, roster: Roster | None, now: datetime) -> Finding:
    what = f"helpline {helpline.id}"
    duty = "on duty now" if helplines.is_open(helpline.id, now) else "not on duty now"
    if roster is None:
        return Finding(what, f"{duty}; whether it is linked, and who works there, is known while the bot runs")
    link, staff = roster.links.get(helpline.id), roster.staff_of(helpline.id)
    enrolled = sum(member.telegram is not None or member.key is not None for member in staff)
    words = ["linked" if link else "not linked", f"{enrolled} enrolled", f"{len(staff) - enrolled} invited", duty]
    to_do = [*_to_do(helpline, roster, enrolled)]
    return Finding(what, "; ".join([", ".join(words), *to_do]), is_well=not to_do)


def _to_do(helpline: Helpline, roster: Roster, enrolled: int) -> Iterator[str]:
    link = roster.links.get(helpline.id)
    if link is None:
        yield f"link its group: waymark helpline link {helpline.id}"
    if not enrolled:
        yield f"let somebody enrol: waymark staff invite --name NAME --helpline {helpline.id}"
    elif helpline.mode is Mode.ALERT and link is not None and not can_take(helpline, roster):
        yield "nobody there can read yet: somebody has to sign in to the console"
    if link is not None and helpline.mode is Mode.RELAY and not link.has_topics:
        yield "turn Topics on in its group"
    if link is not None and link.stranger is not None:
        yield "somebody who is not enrolled is in its group: a supervisor has to confirm or remove them there"
