"""Brings messages to people in Telegram; answers a tap at the same time, so that a screen takes one round trip.

Telegram has no way to say "once only". Editing and answering are harmless when repeated, and "not modified" and "query
is too old" mean that it was done before; only a new message can be shown twice.
"""

import asyncio
import contextlib
from collections.abc import Callable, Mapping
from dataclasses import replace
from enum import Enum, auto
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
from bot.desk.letters import Original
from bot.media import Media
from bot.messages import MESSAGE_UNITS, Message
from bot.store.contract import Outgoing
from handlers.telegram.rendering import Attachment, Rendered, render, without_styles
from handlers.telegram.requests import UPLOADED, AnswerLostError, TelegramConnection, patience_of
from handlers.telegram.tapped import Holds, Tapped, read_tapped

UNKNOWN_TO_TELEGRAM: Final = "WAYMARK_TELEGRAM_TOKEN is not valid; BotFather gives you one"
DOOR: Final = "telegram"
DELETED_AT_ONCE: Final = 100
_NO_PREVIEW: Final = {"is_disabled": True}

_UNCHANGED: Final = "message is not modified"
_ANSWERED: Final = "query is too old"
_NOT_EDITABLE: Final = (
    "message to edit not found",
    "message can't be edited",
    "message_id_invalid",
    "message identifier is not specified",
)
_HOLDS_NO_WORDS: Final = "no text in the message to edit"
_NOBODY_THERE: Final = (
    "chat not found",
    "peer_id_invalid",
    "user not found",
    "user_is_blocked",
    "input_user_deactivated",
)


class _File(msgspec.Struct):
    file_id: str


class _Sent(msgspec.Struct):
    message_id: int
    photo: list[_File] = []
    voice: _File | None = None


class _SentAnswer(msgspec.Struct):
    result: _Sent


class _Taken(msgspec.Struct):
    ok: bool = False


_ANSWERS: Final = msgspec.json.Decoder(_SentAnswer)
_TAKEN: Final = msgspec.json.Decoder(_Taken)


class _Place(Enum):
    """What became of the message that was to be changed."""

    CHANGED = auto()
    LEFT = auto()
    IN_THE_WAY = auto()
    """Another kind of message takes its place, and it is taken away: it may hold what the person wants to hide."""


class TelegramChannel:
    """Private chats with people. Files are uploaded once, and then named by the id that Telegram gave them."""

    def __init__(
        self, connection: TelegramConnection, call_page: str | None = None, media: Callable[[], Media] = Media
    ) -> None:
        self._connection = connection
        self._call_page = call_page
        self._media = media
        self._file_ids: dict[str, str] = {}

    async def deliver(self, outgoing: Outgoing) -> Delivered:
        """Show a message to its person; raise a ChannelError."""
        try:
            delivered = await self._bring(outgoing)
            if outgoing.deletes:
                # What covers stands first: an empty chat is a sign, too.
                await self._delete(outgoing, delivered)
            return delivered
        except TelegramError as error:
            raise translate(error) from error

    async def _bring(self, outgoing: Outgoing) -> Delivered:
        if outgoing.copies is not None:
            return await self._copy(outgoing, outgoing.copies)
        if outgoing.message is None:
            if outgoing.acknowledges is not None:
                await self._acknowledge(outgoing.acknowledges)
            return Delivered()
        if outgoing.acknowledges is None:
            return await self._show(outgoing, outgoing.message)
        return await self._show_and_acknowledge(outgoing, outgoing.message, outgoing.acknowledges)

    async def _copy(self, outgoing: Outgoing, original: Original) -> Delivered:
        """Something of staff's, without its sender; what stood under it comes along.

        Nothing is put before it: it must be one message, which can be taken away as one.
        """
        if original.door != DOOR:
            raise RefusedError("it lies with another messenger")
        parameters = {
            "chat_id": int(outgoing.address.chat),
            "from_chat_id": int(original.chat),
            "message_id": int(original.message),
            "disable_notification": outgoing.silent or None,
        }
        answer = await self._connection.call("copyMessage", _filled(parameters))
        try:
            return Delivered(str(Tapped(_ANSWERS.decode(answer).result.message_id, Holds.OTHER)))
        except msgspec.DecodeError:
            logbook.note("telegram_answer_odd")
            return Delivered()

    async def _delete(self, outgoing: Outgoing, delivered: Delivered) -> None:
        """Take messages away, but not the one that now covers; those that are gone are passed over."""
        stays = read_tapped(delivered.reference)
        found = [read_tapped(one) for one in outgoing.deletes]
        doomed = sorted({one.message_id for one in found if one is not None} - {stays.message_id if stays else 0})
        for start in range(0, len(doomed), DELETED_AT_ONCE):
            some = doomed[start : start + DELETED_AT_ONCE]
            try:
                await self._connection.call(
                    "deleteMessages", {"chat_id": int(outgoing.address.chat), "message_ids": some}
                )
            except BadRequest as error:
                # The rest is to go all the same.
                logbook.note_error("telegram_not_deleted", error)

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
        attached = await self._attachment(message)
        try:
            return await self._put(outgoing, render(message, self._call_page, attached=attached))
        except BadRequest as error:
            if _says(error, *_NOBODY_THERE):
                raise
            logbook.note_error("telegram_refused", error)
        if attached is not None:
            # It may have been the id that Telegram did not like: the next time the file itself is sent.
            self._file_ids.pop(attached.file.hash, None)
        # Words reach the person even if Telegram does not like how they were dressed.
        plain = render(without_styles(message), self._call_page, MESSAGE_UNITS // 2)
        try:
            return await self._put(outgoing, plain)
        except BadRequest as error:
            logbook.note_error("telegram_refused", error)
        # Nor must it matter what Telegram has against changing the message whose place they were to take.
        return await self._put(replace(outgoing, replaces=None), tuple(Rendered(one.text) for one in plain))

    async def _attachment(self, message: Message) -> Attachment | None:
        """What goes with the words; of both, what the person has asked to hear."""
        media = self._media()
        file = media.recording(message.recording or "", message.language) or media.picture(
            message.picture or "", message.language
        )
        if file is None:
            return None
        file_id = self._file_ids.get(file.hash)
        if file_id is not None:
            return Attachment(file, file_id)
        content = await asyncio.to_thread(file.read)
        return None if content is None else Attachment(file, content=content)

    async def _put(self, outgoing: Outgoing, parts: tuple[Rendered, ...]) -> Delivered:
        chat, old = int(outgoing.address.chat), read_tapped(outgoing.replaces)
        place = _Place.LEFT if old is None else await self._edit(chat, old, parts)
        if place is _Place.CHANGED and old is not None:
            return Delivered(outgoing.replaces)
        reference = None
        for part in parts:
            reference = await self._send(chat, part, silent=outgoing.silent)
        if place is _Place.IN_THE_WAY and old is not None:
            await self._take_away(chat, old.message_id)
        return Delivered(reference)

    async def _send(self, chat: int, part: Rendered, *, silent: bool) -> str | None:
        file = part.attached
        if file is None:
            parameters = {"text": part.text, "entities": part.entities, "link_preview_options": _NO_PREVIEW}
            method = "sendMessage"
        else:
            method, field = ("sendPhoto", "photo") if file.file.kind.is_picture else ("sendVoice", "voice")
            parameters = {field: file.file_id or UPLOADED, "caption": part.text, "caption_entities": part.entities}
        whole = {"chat_id": chat, **parameters, "reply_markup": part.markup, "disable_notification": silent or None}
        answer = await self._call(method, whole, file)
        try:
            return str(_ANSWERS.decode(answer).result.message_id)
        except msgspec.DecodeError:
            if not _is_taken(answer):
                raise AnswerLostError("an answer that cannot be read") from None
            # Shown, whatever else the answer says: in doubt it would be shown again and again, for a day.
            logbook.note("telegram_answer_odd")
            return None

    async def _edit(self, chat: int, old: Tapped, parts: tuple[Rendered, ...]) -> _Place:
        """Put it in the place of a message, as far as that one can become it."""
        first = parts[0]
        otherwise = _Place.LEFT if old.holds is Holds.WORDS and first.attached is None else _Place.IN_THE_WAY
        if len(parts) > 1 or not _can_become(old, first.attached):
            return otherwise
        if first.attached is None:
            method = "editMessageText"
            parameters = {"text": first.text, "entities": first.entities, "link_preview_options": _NO_PREVIEW}
        else:
            method = "editMessageMedia"
            photo = {"type": "photo", "media": first.attached.file_id or UPLOADED}
            parameters = {"media": _filled({**photo, "caption": first.text, "caption_entities": first.entities})}
        whole = {"chat_id": chat, "message_id": old.message_id, **parameters, "reply_markup": first.markup}
        try:
            try:
                await self._call(method, whole, first.attached)
            except AnswerLostError:
                # Repeating an edit is harmless, and sooner than the next attempt of a delivery in doubt.
                await self._call(method, whole, first.attached)
        except BadRequest as error:
            if _says(error, _HOLDS_NO_WORDS):
                # Of two taps the first has made a photo of it meanwhile.
                return _Place.IN_THE_WAY
            if _says(error, *_NOT_EDITABLE):
                return otherwise
            if not _says(error, _UNCHANGED):
                raise
        return _Place.CHANGED

    async def _call(self, method: str, parameters: Mapping[str, object], attached: Attachment | None) -> bytes:
        """Call a method that shows a message; a file that Telegram does not know yet goes with it."""
        if attached is None or attached.file_id is not None:
            return await self._connection.call(method, _filled(parameters))
        kind = attached.file.kind.content_type
        answer = await self._connection.upload(method, _filled(parameters), attached.content, kind)
        # Where this cannot be read, the file is only uploaded once more.
        with contextlib.suppress(msgspec.DecodeError):
            sent = _ANSWERS.decode(answer).result
            known_as = sent.photo[-1] if sent.photo else sent.voice
            if known_as is not None:
                self._file_ids[attached.file.hash] = known_as.file_id
        return answer

    async def _take_away(self, chat: int, message_id: int) -> None:
        """Delete a message whose place another has taken; the new one stands in any case."""
        try:
            await self._connection.call("deleteMessage", {"chat_id": chat, "message_id": message_id})
        except TelegramError as error:
            logbook.note_error("telegram_kept_old", error)


def _is_taken(answer: bytes) -> bool:
    try:
        return _TAKEN.decode(answer).ok
    except (msgspec.DecodeError, UnicodeDecodeError):
        return False


def _can_become(old: Tapped, attached: Attachment | None) -> bool:
    if attached is None:
        return old.holds is Holds.WORDS
    return attached.file.kind.is_picture and old.holds is not Holds.OTHER


def _filled(parameters: Mapping[str, object]) -> dict[str, object]:
    """Without what is empty, which Telegram would find wrong."""
    return {name: value for name, value in parameters.items() if value not in (None, (), "")}


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
