"""Short words to staff: what became of a button, why something was not done. They go as soon as the group has room."""

import asyncio
from collections.abc import Coroutine
from typing import Final

from telegram.error import BadRequest, TelegramError

from bot import logbook
from bot.dialogue.phrasebook import TextId
from bot.dialogue.wording import Wording
from bot.facts import Caller
from bot.messages import Language, Message, Rows, plain
from handlers.telegram.desk.office import DeskOffice
from handlers.telegram.desk.posting import Poster, rendered
from handlers.telegram.rendering import ELLIPSIS

TOAST_AT_MOST: Final = 200
LONGEST_WAIT: Final = 90.0
MOST_WAITING: Final = 200


class Speaker:
    """Answers staff. What it says is lost when the process stops: nothing hangs on it."""

    def __init__(self, office: DeskOffice, poster: Poster) -> None:
        self._office = office
        self._poster = poster
        self._waiting: set[asyncio.Task[None]] = set()

    def words(self, phrase: str, language: Language | None = None, **slots: str) -> str:
        """One of the staff's phrases; in the content's first language where no helpline says which."""
        return self._wording(language).words(TextId(f"phrase.desk-{phrase.removeprefix('desk-')}"), **slots)

    def text(self, text: str, language: Language | None = None) -> str:
        """Any words of the content."""
        return self._wording(language).words(TextId(text))

    def say(self, chat: str, thread: str | None, words: str, *, reply_to: int | None = None, rows: Rows = ()) -> None:
        """Say it when there is room."""
        if words and len(self._waiting) < MOST_WAITING:
            self._begin(self._say(chat, thread, words, reply_to, rows))

    async def toast(self, query: str, words: str = "") -> None:
        """Answer a button: a line on the screen of whoever pressed it, for nobody else to see."""
        text = words if len(words) <= TOAST_AT_MOST else words[: TOAST_AT_MOST - 1] + ELLIPSIS
        parameters = {"callback_query_id": query, **({"text": text, "show_alert": len(text) > 60} if text else {})}
        try:
            await self._office.connection.call("answerCallbackQuery", parameters)
        except TelegramError as error:
            if not isinstance(error, BadRequest):
                logbook.note_error("desk_toast_lost", error)

    async def close(self) -> None:
        """Say no more."""
        waiting = set(self._waiting)
        for task in waiting:
            task.cancel()
        await asyncio.gather(*waiting, return_exceptions=True)

    def _wording(self, language: Language | None) -> Wording:
        script = self._office.script()
        spoken = language or next(iter(script.tongues))
        return Wording(script, spoken, Caller(None, None, spoken), self._office.clock.now())

    def _begin(self, saying: Coroutine[object, object, None]) -> None:
        task = asyncio.get_running_loop().create_task(saying)
        self._waiting.add(task)
        task.add_done_callback(self._waiting.discard)

    async def _say(self, chat: str, thread: str | None, words: str, reply_to: int | None, rows: Rows) -> None:
        line = self._office.lines.of(chat)
        waited = 0.0
        while (wait := line.call_free_in()) > 0 and waited < LONGEST_WAIT:
            waited += wait
            await self._office.clock.sleep(wait)
        line.count(1)
        try:
            await self._poster.send(chat, thread, rendered(Message(plain(words)), rows), reply_to)
        except TelegramError as error:
            logbook.note_error("desk_words_lost", error)
