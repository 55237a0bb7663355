"""Putting messages into a helpline's group: what is sent there, and what Telegram's refusals mean in a group."""

from collections.abc import Mapping
from dataclasses import replace
from typing import Final

import msgspec
from telegram.error import BadRequest, ChatMigrated, RetryAfter, TelegramError

from bot import logbook
from bot.channel import BusyError, ChannelError, UnreachableError
from bot.desk.letters import Original
from bot.desk.ticket import TicketId
from bot.dialogue.desk_wording import DeskWording
from bot.messages import Message, Rows
from handlers.telegram.channel import DOOR, translate
from handlers.telegram.desk.office import DeskOffice
from handlers.telegram.desk.presses import write_press
from handlers.telegram.rendering import Entity, Markup, Rendered, render, utf16_length
from handlers.telegram.requests import AnswerLostError, patience_of

THREAD_GONE: Final = ("message thread not found", "topic_deleted", "topic_id_invalid", "thread_id_invalid")
THREAD_CLOSED: Final = ("topic_closed",)
NO_TOPICS: Final = ("not a forum", "not enough rights to create a topic", "topics_not_enabled", "forum_missing")
NOT_MODIFIED: Final = ("not modified",)
NOT_EDITABLE: Final = ("message to edit not found", "message can't be edited", "message_id_invalid", "no text in")
NOT_COPIED: Final = ("message to copy not found", "message can't be copied", "chat not found")
_SHUT_OUT: Final = ("not enough rights to send", "have no rights to send", "chat_write_forbidden", "chat_restricted")
_NO_PREVIEW: Final = {"is_disabled": True}


class _Sent(msgspec.Struct):
    message_id: int = 0
    message_thread_id: int = 0


class _SentAnswer(msgspec.Struct):
    result: _Sent


class _Rights(msgspec.Struct):
    status: str = ""
    can_manage_topics: bool = False
    can_delete_messages: bool = False


class _RightsAnswer(msgspec.Struct):
    result: _Rights


_RIGHTS: Final = msgspec.json.Decoder(_RightsAnswer)
_ANSWERS: Final = msgspec.json.Decoder(_SentAnswer)


def says(error: BadRequest, words: tuple[str, ...]) -> bool:
    """Whether Telegram refuses for one of these reasons."""
    said = error.message.lower()
    return any(one in said for one in words)


def in_words(office: DeskOffice, error: TelegramError, chat: str) -> ChannelError:
    """What a failure means for whoever delivers to a group; "too many" stops this group, and no other."""
    match error:
        case RetryAfter():
            patience = patience_of(error)
            office.lines.of(chat).pause(patience)
            office.figures.add("desk_told_to_wait")
            return BusyError(patience)
        case ChatMigrated():
            return BusyError(1.0)
        case BadRequest() if says(error, _SHUT_OUT):
            return UnreachableError("we may not write there")
        case _:
            return translate(error)


def signed(office: DeskOffice, ticket: TicketId, step: int, rows: Rows) -> Rows:
    """The same buttons, with data that only we can make."""
    return tuple(
        tuple(replace(button, press=write_press(office.vault, ticket, step, button.press)) for button in row)
        for row in rows
        if row
    )


def rendered(message: Message, rows: Rows, link: tuple[str, str] | None = None) -> tuple[Rendered, ...]:
    """A message with ready buttons as Telegram takes it; `link` is a label and the address that it opens."""
    parts = render(replace(message, rows=rows))
    if link is None:
        return parts
    markup: Markup = {"inline_keyboard": [*((parts[-1].markup or {}).get("inline_keyboard", []))]}
    markup["inline_keyboard"].append([{"text": link[0], "url": link[1]}])
    return (*parts[:-1], replace(parts[-1], markup=markup))


def link_of(office: DeskOffice, wording: DeskWording) -> tuple[str, str] | None:
    """The button that opens the ticket in the console, where there is one."""
    address = None if office.console is None else office.console(wording.ticket.id)
    # Telegram opens nothing else.
    return (wording.say("button-console"), address) if address and address.startswith("https://") else None


class Poster:
    """Calls the methods that put something into a chat; each raises the library's errors."""

    def __init__(self, office: DeskOffice) -> None:
        self._office = office

    async def send(
        self, chat: str, thread: str | None, parts: tuple[Rendered, ...], reply_to: int | None = None
    ) -> int | None:
        """Send a message, perhaps in several parts; the id of the last."""
        sent: int | None = None
        for part in parts:
            sent = await self._put(
                "sendMessage",
                chat,
                thread,
                {
                    "text": part.text,
                    "entities": part.entities,
                    "link_preview_options": _NO_PREVIEW,
                    "reply_markup": part.markup,
                    "reply_parameters": _reply(reply_to),
                },
            )
        return sent

    async def copy(self, chat: str, thread: str | None, original: Original) -> int | None:
        """Copy a message: a forwarded one would tell whose it is."""
        if original.door != DOOR:
            raise BadRequest("message to copy not found")
        source = {"from_chat_id": int(original.chat), "message_id": int(original.message)}
        return await self._put("copyMessage", chat, thread, source)

    async def edit(self, chat: str, message_id: int, part: Rendered) -> None:
        """Change the words and buttons of a message; one that is so already is changed, too."""
        await self._quietly(
            "editMessageText",
            {
                "chat_id": int(chat),
                "message_id": message_id,
                "text": part.text,
                "entities": part.entities,
                "link_preview_options": _NO_PREVIEW,
                "reply_markup": part.markup,
            },
            NOT_MODIFIED,
        )

    async def edit_buttons(self, chat: str, message_id: int, markup: Markup | None) -> None:
        """Change only the buttons."""
        parameters = {"chat_id": int(chat), "message_id": message_id, "reply_markup": markup or {"inline_keyboard": []}}
        await self._quietly("editMessageReplyMarkup", parameters, NOT_MODIFIED)

    async def mark(self, chat: str, message_id: int, emoji: str) -> None:
        """Put an emoji on a message."""
        reaction = [{"type": "emoji", "emoji": emoji}]
        parameters = {"chat_id": int(chat), "message_id": message_id, "reaction": reaction}
        await self._quietly("setMessageReaction", parameters, ("message to react not found", "message_not_modified"))

    async def create_topic(self, chat: str, name: str) -> str:
        """A new topic; its thread."""
        answer = await self._office.connection.call("createForumTopic", {"chat_id": int(chat), "name": name[:128]})
        try:
            return str(_ANSWERS.decode(answer).result.message_thread_id)
        except msgspec.DecodeError:
            raise AnswerLostError("an answer that cannot be read") from None

    async def reopen_topic(self, chat: str, thread: str) -> None:
        await self._quietly("reopenForumTopic", {"chat_id": int(chat), "message_thread_id": int(thread)}, NOT_MODIFIED)

    async def delete_topic(self, chat: str, thread: str) -> None:
        """Delete it with all that stands in it; one that is gone is deleted, too."""
        parameters = {"chat_id": int(chat), "message_thread_id": int(thread)}
        await self._quietly("deleteForumTopic", parameters, THREAD_GONE)

    async def may_work(self, chat: str) -> bool:
        """Whether we may do in a group what we need to: manage topics, delete messages."""
        parameters = {"chat_id": int(chat), "user_id": self._office.connection.bot_id}
        try:
            rights = _RIGHTS.decode(await self._office.connection.call("getChatMember", parameters)).result
        except (TelegramError, msgspec.DecodeError) as error:
            logbook.note_error("desk_rights_unknown", error)
            return True
        return rights.status == "administrator" and rights.can_manage_topics and rights.can_delete_messages

    async def _put(self, method: str, chat: str, thread: str | None, parameters: Mapping[str, object]) -> int | None:
        where = {"chat_id": int(chat), "message_thread_id": None if thread is None else int(thread)}
        filled = {name: value for name, value in {**where, **parameters}.items() if value not in (None, (), "")}
        answer = await self._office.connection.call(method, filled)
        self._office.lines.of(chat).was_sent()
        try:
            return _ANSWERS.decode(answer).result.message_id
        except msgspec.DecodeError:
            logbook.note("telegram_answer_odd")
            return None

    async def _quietly(self, method: str, parameters: Mapping[str, object], harmless: tuple[str, ...]) -> None:
        filled = {name: value for name, value in parameters.items() if value not in (None, (), "")}
        try:
            await self._office.connection.call(method, filled)
        except BadRequest as error:
            if not says(error, harmless):
                raise


def mentions(text: str, names: Mapping[str, str], after: int) -> tuple[Entity, ...]:
    """Entities that let the phones of these people ring: their names, from a place in the text on, and their ids."""
    found: list[Entity] = []
    for name, telegram in names.items():
        place = text.find(name, after)
        if place >= 0 and name.strip():
            user: dict[str, str | int] = {"id": int(telegram), "is_bot": False, "first_name": name}
            found.append(
                {
                    "type": "text_mention",
                    "offset": utf16_length(text[:place]),
                    "length": utf16_length(name),
                    "user": user,
                }
            )
    return tuple(found)


def _reply(message_id: int | None) -> dict[str, int | bool] | None:
    if message_id is None:
        return None
    return {"message_id": message_id, "allow_sending_without_reply": True}
