"""Brings messages to people in Telegram; answers a tap at the same time, so that a screen takes one round trip.

Telegram has no way to say "once only". Editing and answering are harmless when repeated, and "not modified" and "query
is too old" mean that it was done before; only a new message can be shown twice.
"""

import asyncio
from typing import Final

import msgspec
from telegram.error import (
    BadRequest,
    ChatMigrated,
    Forbidden,
    InvalidToken,
    NetworkError,
    RetryAfter,
    TelegramError,
)

from bot import logbook
from bot.channel import (
    ChannelDownError,
    ChannelError,
    Delivered,
    InDoubtError,
    RefusedError,
    RetryLaterError,
    TokenError,
    UnreachableError,
)
from bot.messages import MESSAGE_UNITS, Message
from bot.store.contract import Outgoing
from handlers.telegram.rendering import Rendered, render, without_styles
from handlers.telegram.requests import AnswerLostError, TelegramConnection, patience_of

UNKNOWN_TO_TELEGRAM: Final = "WAYMARK_TELEGRAM_TOKEN is not valid; BotFather gives you one"
_NO_PREVIEW: Final = {"is_disabled": True}

_UNCHANGED: Final = "message is not modified"
_ANSWERED: Final = "query is too old"
_NOT_EDITABLE: Final = (
    "message to edit not found",
    "message can't be edited",
    "message_id_invalid",
    "message identifier is not specified",
    "no text in the message to edit",
)
_NOBODY_THERE: Final = (
    "chat not found",
    "peer_id_invalid",
    "user not found",
    "user_is_blocked",
    "input_user_deactivated",
)


class _Sent(msgspec.Struct):
    message_id: int


class _SentAnswer(msgspec.Struct):
    result: _Sent


_ANSWERS: Final = msgspec.json.Decoder(_SentAnswer)


class TelegramChannel:
    """Private chats with people."""

    def __init__(self, connection: TelegramConnection, call_page: str | None = None) -> None:
        self._connection = connection
        self._call_page = call_page

    async def deliver(self, outgoing: Outgoing) -> Delivered:
        """Show a message to its person; raise a ChannelError."""
        try:
            if outgoing.message is None:
                if outgoing.acknowledges is not None:
                    await self._acknowledge(outgoing.acknowledges)
                return Delivered()
            if outgoing.acknowledges is None:
                return await self._show(outgoing, outgoing.message)
            return await self._show_and_acknowledge(outgoing, outgoing.message, outgoing.acknowledges)
        except TelegramError as error:
            raise translate(error) from error

    async def _show_and_acknowledge(self, outgoing: Outgoing, message: Message, press: str) -> Delivered:
        acknowledging = asyncio.ensure_future(self._acknowledge(press))
        try:
            return await self._show(outgoing, message)
        except asyncio.CancelledError:
            acknowledging.cancel()
            raise
        finally:
            # It only stops the little clock on the button: whatever becomes of it, the message counts.
            await asyncio.gather(acknowledging, return_exceptions=True)

    async def _acknowledge(self, press: str) -> None:
        try:
            await self._connection.call("answerCallbackQuery", {"callback_query_id": press})
        except BadRequest as error:
            if not _says(error, _ANSWERED):
                raise

    async def _show(self, outgoing: Outgoing, message: Message) -> Delivered:
        try:
            return await self._put(outgoing, render(message, self._call_page))
        except BadRequest as error:
            if _says(error, *_NOBODY_THERE):
                raise
            logbook.note_error("telegram_refused", error)
        # Words reach the person even if Telegram does not like how they were dressed.
        plain = render(without_styles(message), self._call_page, MESSAGE_UNITS // 2)
        try:
            return await self._put(outgoing, plain)
        except BadRequest as error:
            logbook.note_error("telegram_refused", error)
        return await self._put(outgoing, tuple(Rendered(one.text) for one in plain))

    async def _put(self, outgoing: Outgoing, parts: tuple[Rendered, ...]) -> Delivered:
        chat = int(outgoing.address.chat)
        if outgoing.replaces is not None and len(parts) == 1:
            edited = await self._edit(chat, outgoing.replaces, parts[0])
            if edited is not None:
                return edited
        reference = None
        for part in parts:
            answer = await self._connection.call("sendMessage", {"chat_id": chat, **_parameters(part)})
            try:
                reference = str(_ANSWERS.decode(answer).result.message_id)
            except msgspec.DecodeError as error:
                raise AnswerLostError("an answer that cannot be read") from error
        return Delivered(reference)

    async def _edit(self, chat: int, message_id: str, part: Rendered) -> Delivered | None:
        """Put it in the place of a message; nothing where that one cannot be changed any more."""
        parameters = {"chat_id": chat, "message_id": int(message_id), **_parameters(part)}
        try:
            try:
                await self._connection.call("editMessageText", parameters)
            except AnswerLostError:
                # Repeating an edit is harmless, and sooner than the next attempt of a delivery in doubt.
                await self._connection.call("editMessageText", parameters)
        except BadRequest as error:
            if _says(error, *_NOT_EDITABLE):
                return None
            if not _says(error, _UNCHANGED):
                raise
        return Delivered(message_id)


def _parameters(part: Rendered) -> dict[str, object]:
    parameters: dict[str, object] = {"text": part.text, "link_preview_options": _NO_PREVIEW}
    if part.entities:
        parameters["entities"] = part.entities
    if part.markup is not None:
        parameters["reply_markup"] = part.markup
    return parameters


def _says(error: BadRequest, *words: str) -> bool:
    said = error.message.lower()
    return any(one in said for one in words)


def translate(error: TelegramError) -> ChannelError:
    """What an error of the library means to us."""
    match error:
        case RetryAfter():
            return RetryLaterError(patience_of(error))
        case Forbidden():
            return UnreachableError("blocked, deleted or never opened")
        case InvalidToken():
            return TokenError(UNKNOWN_TO_TELEGRAM)
        case ChatMigrated():
            # Only groups move, and we write to people.
            logbook.note("telegram_chat_moved")
            return UnreachableError("the chat has moved")
        case AnswerLostError():
            return InDoubtError("the answer was lost")
        case BadRequest():
            if _says(error, *_NOBODY_THERE):
                return UnreachableError("no such chat")
            return RefusedError("Telegram refuses this message")
        case NetworkError():
            return ChannelDownError("Telegram is not there")
        case _:
            return InDoubtError("an answer that cannot be read")
