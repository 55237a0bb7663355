"""Copies the built-in store into one file while the bot runs, and makes a store of such a file again.

What is copied is what lies there: sealed. The keys are not in it, nor the password, nor the keys of weeks; whoever has
the file alone learns nothing from it, and whoever restores it needs the folder of keys as well.
"""

import asyncio
import os
import shutil
from contextlib import AsyncExitStack
from pathlib import Path
from typing import Final

from redis.asyncio import Redis
from redis.asyncio.retry import Retry
from redis.backoff import NoBackoff
from redis.exceptions import RedisError

from bot.store.contract import StoreDownError, StoreError
from bot.store.embedded import EmbeddedValkey, find_running
from bot.store.private_folder import EmbeddedValkeyError, Places, is_free, make_private

_PATIENCE: Final = 600.0
_LOOK_EVERY: Final = 0.05
_DUMP: Final = "dump.rdb"
_BASE: Final = "appendonly.aof.1.base.rdb"
_MANIFEST: Final = "appendonly.aof.manifest"
_MAGIC: Final = (b"REDIS", b"VALKEY")


class BackupError(Exception):
    """It was not done; the words say what to do."""


async def back_up(data_dir: Path, file: Path) -> int:
    """Write all that the built-in store holds at one moment into a new file; how many keys that were."""
    _look_before_copying(data_dir, file)
    async with AsyncExitStack() as stack:
        url = find_running(data_dir)
        if url is None:
            url = (await stack.enter_async_context(EmbeddedValkey(data_dir))).url
        client = await stack.enter_async_context(_client(url))
        dump = Places.of(data_dir).folder / _DUMP
        try:
            count = await _save(client)
            await asyncio.to_thread(_copy, dump, file)
        except RedisError as error:
            raise StoreDownError("the store does not write a copy of itself") from error
        finally:
            # What people have erased must not lie here for longer than in the store itself.
            dump.unlink(missing_ok=True)
    return count


async def restore(data_dir: Path, file: Path) -> int:
    """Make the built-in store of a file, where there is none; how many keys it has."""
    places = Places.of(data_dir)
    await asyncio.to_thread(_lay_out, places, file)
    try:
        # Only a server that has read it shows that it can be read.
        async with EmbeddedValkey(data_dir) as valkey, _client(valkey.url) as client:
            return int(await client.dbsize())
    except EmbeddedValkeyError:
        # Half a store must not be taken for one at the next start.
        await asyncio.to_thread(shutil.rmtree, places.live, ignore_errors=True)
        raise


def _look_before_copying(data_dir: Path, file: Path) -> None:
    if file.exists():
        raise BackupError(f"{file} is there already; name another file")
    if not Places.of(data_dir).live.exists():
        raise BackupError(f"there is no built-in store in {data_dir}; see WAYMARK_DATA_DIR")


def _lay_out(places: Places, file: Path) -> None:
    """Put the copy where a server looks for its own file."""
    live = places.live
    with file.open("rb") as copied:
        if not copied.read(9).startswith(_MAGIC):
            raise BackupError(f"{file} is no backup of a store")
    if not is_free(places.bot_lock):
        raise BackupError(f"a bot runs in {places.home}; stop it first")
    if live.exists():
        raise BackupError(f"there is a store in {live}; move that folder away first, it is not overwritten")
    make_private(places)
    draft = places.live.with_suffix(".new")
    shutil.rmtree(draft, ignore_errors=True)
    draft.mkdir(mode=0o700)
    _copy(file, draft / _BASE)
    (draft / _MANIFEST).write_text(f"file {_BASE} seq 1 type b\n", "ascii")
    draft.rename(live)


async def _save(client: Redis) -> int:
    """Let the server write its copy; while it tidies its own file, the copy comes after that."""
    saved = (await client.info("persistence"))["rdb_saves"]
    count = int(await client.dbsize())
    await client.bgsave(schedule=True)
    failed = False
    async with asyncio.timeout(_PATIENCE):
        while not failed:
            await asyncio.sleep(_LOOK_EVERY)
            status = await client.info("persistence")
            if status["rdb_saves"] > saved:
                return count
            failed = not status["rdb_bgsave_in_progress"] and status["rdb_last_bgsave_status"] != "ok"
    raise StoreError("the store cannot write a copy of itself; is there room on the disk?")


def _copy(source: Path, target: Path) -> None:
    """Whole or not at all, and readable for us alone."""
    draft = target.with_name(f"{target.name}.new")
    draft.unlink(missing_ok=True)
    draft.touch(mode=0o600, exist_ok=False)
    try:
        with source.open("rb") as read, draft.open("wb") as written:
            shutil.copyfileobj(read, written)
            written.flush()
            os.fsync(written.fileno())
        draft.rename(target)
    finally:
        draft.unlink(missing_ok=True)


def _client(url: str) -> Redis:
    return Redis.from_url(
        url, socket_timeout=None, socket_connect_timeout=None, protocol=2, retry=Retry(NoBackoff(), 0)
    )
