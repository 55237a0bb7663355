"""What happens in helplines' groups, read from Telegram's updates: who said or pressed what, who came and who left."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final, TypeAlias

import msgspec
from telegram.constants import ChatType

from bot.desk.letters import MediaKind
from bot.messages import ConversationId
from handlers.telegram.attachments import kind_of

_IN: Final = frozenset({"creator", "administrator", "member", "restricted"})


@dataclass(frozen=True, slots=True)
class Knock:
    """An update that is for the desk; those of one chat (`conversation`) are taken one after the other."""

    conversation: ConversationId
    id: str
    raw: bytes


@dataclass(frozen=True, slots=True)
class Where:
    """In which chat, and in which topic of it. `is_private` is one of the staff's own chat with the bot."""

    chat: str
    thread: str | None = None
    is_private: bool = False
    has_topics: bool | None = None
    """What Telegram says of the group with this very update; None where it says nothing."""


@dataclass(frozen=True, slots=True)
class Said:
    """Somebody wrote or sent something. `answers` are the data of the buttons under the message it answers."""

    where: Where
    sender: str
    message: int
    text: str = ""
    kind: MediaKind | None = None
    caption: str = ""
    is_edit: bool = False
    answers: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Tapped:
    """Somebody pressed a button. `others` are the rows of buttons of that message, each as label and data."""

    where: Where
    sender: str
    query: str
    data: str
    message: int | None = None
    rows: tuple[tuple[tuple[str, str], ...], ...] = ()


@dataclass(frozen=True, slots=True)
class Came:
    """Somebody is in the group now."""

    where: Where
    who: str


@dataclass(frozen=True, slots=True)
class Went:
    """Somebody is not in the group any more."""

    where: Where
    who: str


@dataclass(frozen=True, slots=True)
class Moved:
    """The group has another id from now on."""

    old: str
    new: str


@dataclass(frozen=True, slots=True)
class LetIn:
    """We were let into a group, or are not in it any more."""

    where: Where
    is_in: bool


Happened: TypeAlias = Said | Tapped | Came | Went | Moved | LetIn


class _User(msgspec.Struct):
    id: int
    is_bot: bool = False


class _Chat(msgspec.Struct):
    id: int
    type: str
    is_forum: bool = False


class _Button(msgspec.Struct):
    text: str = ""
    callback_data: str = ""


class _Markup(msgspec.Struct):
    inline_keyboard: list[list[_Button]] = []


class _Answered(msgspec.Struct, rename={"sender": "from"}):
    sender: _User | None = None
    reply_markup: _Markup | None = None


class _Message(msgspec.Struct, rename={"sender": "from"}):
    message_id: int
    chat: _Chat
    date: int = 0
    sender: _User | None = None
    message_thread_id: int | None = None
    is_topic_message: bool = False
    text: str = ""
    caption: str = ""
    reply_to_message: _Answered | None = None
    reply_markup: _Markup | None = None
    new_chat_members: list[_User] = []
    left_chat_member: _User | None = None
    migrate_to_chat_id: int | None = None


class _Query(msgspec.Struct, rename={"sender": "from"}):
    id: str
    sender: _User
    message: _Message | None = None
    data: str = ""


class _Standing(msgspec.Struct):
    status: str
    user: _User


class _Change(msgspec.Struct):
    chat: _Chat
    new_chat_member: _Standing


class _Update(msgspec.Struct):
    message: _Message | None = None
    edited_message: _Message | None = None
    callback_query: _Query | None = None
    my_chat_member: _Change | None = None
    chat_member: _Change | None = None


class _Named(msgspec.Struct):
    message: dict[str, msgspec.Raw] = {}


_UPDATES: Final = msgspec.json.Decoder(_Update)
_NAMES: Final = msgspec.json.Decoder(_Named)
_UNREADABLE: Final = (msgspec.DecodeError, UnicodeDecodeError, RecursionError)


def read_knock(knock: Knock, bot_id: int) -> tuple[Happened, ...]:
    """What an update says happened; nothing where it cannot be read or means nothing to the desk."""
    try:
        update = _UPDATES.decode(knock.raw)
        return tuple(_read(update, knock.raw, bot_id))
    except _UNREADABLE:
        return ()


def _read(update: _Update, raw: bytes, bot_id: int) -> Iterator[Happened]:
    if update.callback_query is not None:
        yield from _tapped(update.callback_query)
    elif update.message is not None:
        yield from _said(update.message, raw, bot_id)
    elif update.edited_message is not None:
        message = update.edited_message
        if message.sender is not None and not message.sender.is_bot and message.text:
            yield Said(_where(message), str(message.sender.id), message.message_id, message.text, is_edit=True)
    elif update.my_chat_member is not None:
        change = update.my_chat_member
        yield LetIn(_place(change.chat), change.new_chat_member.status in _IN)
    elif update.chat_member is not None:
        change = update.chat_member
        user = change.new_chat_member.user
        if user.id != bot_id:
            is_in = change.new_chat_member.status in _IN
            yield (Came if is_in else Went)(_place(change.chat), str(user.id))


def _tapped(query: _Query) -> Iterator[Happened]:
    if query.sender.is_bot:
        return
    message = query.message
    if message is None:
        yield Tapped(Where(str(query.sender.id), is_private=True), str(query.sender.id), query.id, query.data)
        return
    # A message that cannot be reached any more has no date, and cannot be changed.
    rows = () if message.reply_markup is None else message.reply_markup.inline_keyboard
    yield Tapped(
        _where(message),
        str(query.sender.id),
        query.id,
        query.data,
        message.message_id if message.date else None,
        tuple(tuple((button.text, button.callback_data) for button in row) for row in rows),
    )


def _said(message: _Message, raw: bytes, bot_id: int) -> Iterator[Happened]:
    where = _where(message)
    if message.migrate_to_chat_id is not None:
        yield Moved(where.chat, str(message.migrate_to_chat_id))
    for user in message.new_chat_members:
        if user.id != bot_id:
            yield Came(where, str(user.id))
    if message.left_chat_member is not None:
        if message.left_chat_member.id != bot_id:
            yield Went(where, str(message.left_chat_member.id))
        return
    if message.sender is None or message.sender.is_bot or message.new_chat_members:
        return
    sender = str(message.sender.id)
    if message.text:
        yield Said(where, sender, message.message_id, message.text, answers=tuple(_answers(message)))
        return
    kind = kind_of(_NAMES.decode(raw).message)
    if kind is not None:
        yield Said(where, sender, message.message_id, kind=MediaKind(kind.value), caption=message.caption)


def _answers(message: _Message) -> Iterator[str]:
    answered = message.reply_to_message
    if answered is None or answered.reply_markup is None or answered.sender is None or not answered.sender.is_bot:
        return
    for row in answered.reply_markup.inline_keyboard:
        for button in row:
            if button.callback_data:
                yield button.callback_data


def _where(message: _Message) -> Where:
    place = _place(message.chat)
    thread = message.message_thread_id if message.is_topic_message else None
    return Where(place.chat, None if thread is None else str(thread), place.is_private, place.has_topics)


def _place(chat: _Chat) -> Where:
    if chat.type == ChatType.PRIVATE:
        return Where(str(chat.id), is_private=True)
    return Where(str(chat.id), has_topics=chat.is_forum)
