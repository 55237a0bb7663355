"""Asks Telegram now and then how it sees our webhook: whoever else has the token could have led people's words away.

Where the address or the kinds of updates are not ours any more they are set anew at once, and so is the secret, which
nobody can look at, when Telegram says that we turn it away. Whoever runs the bot hears of it; no log tells an address.
"""

import logging
import re
from collections.abc import Awaitable, Callable, Sequence
from datetime import datetime
from typing import Final, NoReturn

from telegram import WebhookInfo
from telegram.error import InvalidToken, RetryAfter, TelegramError

from bot import logbook
from bot.channel import TokenError
from bot.clock import Clock
from bot.figures import Figures
from handlers.telegram.channel import UNKNOWN_TO_TELEGRAM
from handlers.telegram.requests import TelegramConnection, patience_of, read_by_library

LOOK_EVERY: Final = 180.0
MANY_PENDING: Final = 200
"""So many updates wait with Telegram only when we do not keep up or are not reached."""

FIGURE: Final = "telegram_webhook"
_TURNED_AWAY: Final = "403"
_KINDS_OF_ERROR: Final = {
    "timeout": ("timed out", "timeout"),
    "refused": ("refused", "reset", "unreachable"),
    "tls": ("ssl", "certificate", "tls"),
    "name": ("resolve", "host"),
}


class WebhookWatch:
    """Looks every few minutes. `set_anew` tells Telegram our address, secret and kinds of updates again."""

    def __init__(
        self,
        connection: TelegramConnection,
        url: str,
        kinds: Sequence[str],
        set_anew: Callable[[], Awaitable[None]],
        clock: Clock,
        figures: Figures,
    ) -> None:
        self._connection = connection
        self._url = url
        self._kinds = frozenset(kinds)
        self._set_anew = set_anew
        self._clock = clock
        self._figures = figures
        self._has_looked = False
        self._last_error: datetime | None = None

    async def run(self) -> NoReturn:
        """Raise TokenError when Telegram does not know the token any more; while it is away, wait."""
        pause = LOOK_EVERY
        while True:
            await self._clock.sleep(pause)
            pause = LOOK_EVERY
            try:
                await self._look()
            except InvalidToken as error:
                raise TokenError(UNKNOWN_TO_TELEGRAM) from error
            except TelegramError as error:
                logbook.note_error("telegram_webhook_unseen", error)
                self._figures.add(FIGURE, "unseen")
                if isinstance(error, RetryAfter):
                    pause = max(pause, patience_of(error))

    async def _look(self) -> None:
        info = await read_by_library(self._connection.bot.get_webhook_info())
        is_ours = self._is_ours(info)
        if info.pending_update_count > MANY_PENDING:
            self._tell("pending", logging.WARNING, count=info.pending_update_count)
        error = self._fresh_error(info)
        if error is not None:
            self._tell("error", logging.WARNING, code=error)
        if not is_ours or error == _TURNED_AWAY:
            await self._set_anew()
            self._tell("set_anew", logging.WARNING)

    def _is_ours(self, info: WebhookInfo) -> bool:
        if info.url != self._url:
            self._tell("foreign" if info.url else "gone", logging.ERROR)
            return False
        if not self._kinds <= frozenset(info.allowed_updates):
            self._tell("deaf", logging.ERROR)
            return False
        return True

    def _fresh_error(self, info: WebhookInfo) -> str | None:
        """What went wrong since the last look; the first one only learns what was before us."""
        before, self._last_error = self._last_error, info.last_error_date
        had_looked, self._has_looked = self._has_looked, True
        if not had_looked or info.last_error_date is None or info.last_error_date == before:
            return None
        return _kind_of_error(info.last_error_message or "")

    def _tell(self, what: str, level: int, **fields: str | float) -> None:
        logbook.note(f"telegram_webhook_{what}", level, **fields)
        self._figures.add(FIGURE, what)


def _kind_of_error(message: str) -> str:
    """A status or a word from a short list: Telegram's own words may quote an address."""
    status = re.search(r"\b[1-5]\d\d\b", message)
    if status is not None:
        return status.group()
    words = message.lower()
    return next((kind for kind, signs in _KINDS_OF_ERROR.items() if any(sign in words for sign in signs)), "other")
