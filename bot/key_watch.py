"""Lets a running bot work with the keys as they lie on disk, and tells the others which it knows.

Keys are changed by commands, one step at a time (`bot.store.secrets`, `bot.casebook.writer`), while bots run. Each bot
reads the files anew every few seconds, and says in the store which keys it knows and which it works with; so a command
can see whether a step is safe, and a bot with an old copy does not start among others that have gone on.
"""

import logging
import secrets
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from datetime import timedelta
from pathlib import Path
from typing import Final, Self

from bot import logbook
from bot.casebook import KeyFileError, Writers
from bot.clock import Clock
from bot.figures import Figures
from bot.store.contract import StoreError
from bot.store.redis_keyring import RedisKeyring, mark_of
from bot.store.sealing import Vault
from bot.store.secrets import KeysError, load

READ_EVERY: Final = 10.0
LIFE: Final = timedelta(minutes=2)
"""A bot that was not heard of for so long does not run any more."""


class KeyWatch:
    """Follows the key files of this process."""

    def __init__(
        self,
        data_dir: Path,
        vault: Vault,
        writers: Writers,
        keyring: RedisKeyring,
        clock: Clock,
        figures: Figures,
    ) -> None:
        self._data_dir = data_dir
        self._vault = vault
        self._writers = writers
        self._keyring = keyring
        self._clock = clock
        self._figures = figures
        self._process = secrets.token_hex(8)

    @asynccontextmanager
    async def told(self) -> AsyncIterator[Self]:
        """From here on the others know of us; raise KeysError where they work with keys that are not here."""
        if await self._foreign_keys():
            raise KeysError(
                "other bots on this store work with a key that is not in keys/ here; "
                "bring that folder from where they run"
            )
        await self._tell()
        try:
            yield self
        finally:
            # Where the store cannot be told, it forgets us by itself.
            with suppress(StoreError):
                await self._keyring.leave(self._process)

    async def run(self) -> None:
        """Look every few seconds, for as long as it runs."""
        while True:
            await self._clock.sleep(READ_EVERY)
            await self.look()

    async def look(self) -> None:
        """Read the files, work with what stands there, and tell the others."""
        before = self._vault.sealing, self._writers.newest.public
        try:
            keys = load(self._data_dir)
            self._vault.learn(keys.opening, keys.sealing)
            self._writers.learn()
        except (KeysError, KeyFileError, OSError) as error:
            # What we have still opens all that we know of.
            self._complain("keys_not_read", error)
        if before != (self._vault.sealing, self._writers.newest.public):
            logbook.note("keys_changed")
        try:
            await self._tell()
            if await self._foreign_keys():
                self._figures.add("keys_differ")
                logbook.note("keys_differ", logging.ERROR)
        except StoreError as error:
            self._complain("keys_not_told", error)

    async def _tell(self) -> None:
        await self._keyring.announce(self._process, LIFE, self._writers.publics)

    async def _foreign_keys(self) -> bool:
        """Whether another bot seals or signs with what we do not know, or knows everybody under another name."""
        vault, ours = self._vault, {mark_of(public) for public in self._writers.publics}
        return any(
            ring.sealing not in vault.known or ring.naming != vault.naming or not ring.writers <= ours
            for ring in (await self._keyring.announced()).values()
        )

    def _complain(self, event: str, error: Exception) -> None:
        self._figures.add(event, type(error).__name__)
        logbook.note_error(event, error)
