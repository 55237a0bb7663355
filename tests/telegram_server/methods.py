"""What the methods of the Bot API do to the world; a method that nobody taught answers with the smallest true value."""

import ipaddress
import re
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Final
from urllib.parse import urlsplit

from tests.telegram_server.chats import Chat, Message, Topic
from tests.telegram_server.keyboards import check_markup
from tests.telegram_server.marked_text import MarkedText, read_caption, read_message_text
from tests.telegram_server.people import member
from tests.telegram_server.schema import Json, Notes, RefusedError, Table, utf16_length
from tests.telegram_server.updates import Webhook
from tests.telegram_server.world import TAP_ANSWERED_WITHIN, StoredFile, Toast, World, shown

_SAME: Final = (
    "message is not modified: specified new message content and reply markup are exactly the same as a current "
    "content and reply markup of the message"
)
_TOO_OLD: Final = "query is too old and response timeout expired or query ID is invalid"
_EDIT_LIMIT: Final = 48 * 3600
_COMMAND = re.compile(r"[a-z0-9_]{1,32}")
_LANGUAGE = re.compile(r"[a-z]{2}")
_SECRET = re.compile(r"[A-Za-z0-9_-]*")
_WEBHOOK_PORTS: Final = (80, 88, 443, 8443)
_TOPIC_COLORS: Final = (7322096, 16766590, 13338331, 9367192, 16749490, 16478047)


@dataclass(frozen=True, slots=True)
class Upload:
    """A file that came with a call."""

    name: str
    content: bytes


@dataclass(slots=True)
class Call:
    """One call while it is carried out: what was asked, of which world, and what to remark about it."""

    world: World
    method: str
    params: Table
    notes: Notes
    files: dict[str, Upload] = field(default_factory=dict)
    allow_http_webhook: bool = False
    description: str | None = None

    def text(self, name: str, default: str = "") -> str:
        return str(self.params.get(name, default))

    def number(self, name: str, default: int = 0) -> int:
        value = self.params.get(name, default)
        return value if isinstance(value, int) else default

    def table(self, name: str) -> Table | None:
        value = self.params.get(name)
        return value if isinstance(value, dict) else None

    def rows(self, name: str) -> list[Json]:
        value = self.params.get(name)
        return value if isinstance(value, list) else []

    def flag(self, name: str) -> bool:
        return self.params.get(name) is True


def carry_out(call: Call) -> Json:
    """Do what the call asks; raise RefusedError where Telegram would not."""
    behaviour = BEHAVIOURS.get(call.method)
    if behaviour is not None:
        return behaviour(call)
    method = call.world.schema.method(call.method)
    if method is None:
        raise RefusedError("Not Found", code=404)
    if "chat_id" in call.params:
        call.world.find_chat(call.params["chat_id"]).check_open_for_bot()
    return call.world.schema.plausible(method.returns[0])


def _get_me(call: Call) -> Json:
    return call.world.bot


def _send_message(call: Call) -> Json:
    chat = _open_chat(call)
    marked = read_message_text(call.text("text"), call.text("parse_mode"), call.rows("entities"), call.notes)
    body: Table = {"text": marked.text}
    if marked.entities:
        body["entities"] = list(marked.entities)
    options = call.table("link_preview_options")
    if options is not None:
        body["link_preview_options"] = options
    return _send(call, chat, body)


def _send_photo(call: Call) -> Json:
    file = _file(call, "photo")
    photo: Table = _described(file) | {"width": 800, "height": 800}
    return _send(call, _open_chat(call), _caption(call) | {"photo": [photo]})


def _send_voice(call: Call) -> Json:
    voice = _described(_file(call, "voice")) | {
        "duration": call.number("duration", 1),
        "mime_type": "audio/ogg",
    }
    return _send(call, _open_chat(call), _caption(call) | {"voice": voice})


def _send_document(call: Call) -> Json:
    file = _file(call, "document")
    document = _described(file) | {"file_name": file.name}
    return _send(call, _open_chat(call), _caption(call) | {"document": document})


def _send_audio(call: Call) -> Json:
    audio = _described(_file(call, "audio")) | {"duration": call.number("duration", 1)}
    return _send(call, _open_chat(call), _caption(call) | {"audio": audio})


def _send_location(call: Call) -> Json:
    latitude, longitude = call.params["latitude"], call.params["longitude"]
    if not isinstance(latitude, int | float) or not -90 <= latitude <= 90:
        raise RefusedError("wrong latitude specified")
    if not isinstance(longitude, int | float) or not -180 <= longitude <= 180:
        raise RefusedError("wrong longitude specified")
    return _send(call, _open_chat(call), {"location": {"latitude": latitude, "longitude": longitude}})


def _send_contact(call: Call) -> Json:
    if not call.text("first_name").strip():
        raise RefusedError("first name must be non-empty")
    contact: Table = {
        name: call.params[name]
        for name in ("phone_number", "first_name", "last_name", "vcard")
        if name in call.params
    }
    return _send(call, _open_chat(call), {"contact": contact})


def _send_chat_action(call: Call) -> Json:
    chat = _open_chat(call)
    chat.actions.append(call.text("action"))
    return True


def _copy_message(call: Call) -> Json:
    source = _message_to_copy(call, call.number("message_id"))
    return {"message_id": _copy(call, source).message_id}


def _copy_messages(call: Call) -> Json:
    ids = [one for one in call.rows("message_ids") if isinstance(one, int)]
    if ids != sorted(set(ids)):
        raise RefusedError("message identifiers must be in a strictly increasing order")
    found = [source for one in ids if (source := _find_source(call, one)) is not None]
    if not found:
        raise RefusedError("there are no messages to copy")
    return [{"message_id": _copy(call, source).message_id} for source in found]


def _forward_message(call: Call) -> Json:
    source = _message_to_copy(call, call.number("message_id"))
    kept = {key: value for key, value in source.body.items() if key not in _NOT_COPIED}
    sender = source.body.get("from", call.world.bot_user)
    origin: Table = {"type": "user", "date": source.date, "sender_user": sender}
    return _send(call, _open_chat(call), kept | {"forward_origin": origin})


def _edit_message_text(call: Call) -> Json:
    message = _message_to_edit(call)
    if "text" not in message.body:
        raise RefusedError("there is no text in the message to edit")
    marked = read_message_text(
        call.text("text"), call.text("parse_mode"), call.rows("entities"), call.notes, "MESSAGE_TOO_LONG"
    )
    body: Table = {
        key: value for key, value in message.body.items() if key not in ("entities", "reply_markup")
    }
    body["text"] = marked.text
    if marked.entities:
        body["entities"] = list(marked.entities)
    return _edit(call, message, _with_markup(call, body))


def _edit_message_caption(call: Call) -> Json:
    message = _message_to_edit(call)
    if "text" in message.body:
        raise RefusedError("there is no caption in the message to edit")
    dropped = ("caption", "caption_entities", "reply_markup")
    body: Table = {key: value for key, value in message.body.items() if key not in dropped}
    return _edit(call, message, _with_markup(call, body | _caption(call)))


def _edit_message_reply_markup(call: Call) -> Json:
    message = _message_to_edit(call)
    body: Table = {key: value for key, value in message.body.items() if key != "reply_markup"}
    return _edit(call, message, _with_markup(call, body))


def _delete_message(call: Call) -> Json:
    chat = call.world.find_chat(call.params["chat_id"])
    chat.check_open_for_bot()
    message_id = call.number("message_id")
    message = chat.find(message_id)
    if message is None:
        raise RefusedError("message to delete not found", tolerated=chat.was_taken_away(message_id))
    if not _is_deletable(call, chat, message):
        raise RefusedError("message can't be deleted")
    message.deleted = True
    return True


def _delete_messages(call: Call) -> Json:
    """Those not found are passed over."""
    chat = call.world.find_chat(call.params["chat_id"])
    chat.check_open_for_bot()
    for one in call.rows("message_ids"):
        message = chat.find(one) if isinstance(one, int) else None
        if message is not None and _is_deletable(call, chat, message):
            message.deleted = True
    return True


def _answer_callback_query(call: Call) -> Json:
    tap = call.world.taps.get(call.text("callback_query_id"))
    if tap is None or tap.answered or call.world.clock.now() > tap.born + TAP_ANSWERED_WITHIN:
        raise RefusedError(_TOO_OLD, tolerated=True)
    if "url" in call.params:
        raise RefusedError("URL_INVALID")
    tap.answered = True
    if call.text("text"):
        call.world.toasts.append(Toast(tap.person_id, call.text("text"), call.flag("show_alert")))
    return True


def _pin_chat_message(call: Call) -> Json:
    chat = call.world.find_chat(call.params["chat_id"])
    chat.check_open_for_bot()
    _check_admin(chat, "not enough rights to manage pinned messages in the chat")
    message = chat.find(call.number("message_id"))
    if message is None:
        raise RefusedError(
            "message to pin not found", tolerated=chat.was_taken_away(call.number("message_id"))
        )
    chat.pinned.append(message.message_id)
    return True


def _unpin_chat_message(call: Call) -> Json:
    chat = call.world.find_chat(call.params["chat_id"])
    chat.check_open_for_bot()
    _check_admin(chat, "not enough rights to manage pinned messages in the chat")
    message_id = call.number("message_id", chat.pinned[-1] if chat.pinned else 0)
    if message_id not in chat.pinned:
        raise RefusedError("message to unpin not found")
    chat.pinned.remove(message_id)
    return True


def _leave_chat(call: Call) -> Json:
    chat = call.world.find_chat(call.params["chat_id"])
    if chat.is_private:
        raise RefusedError("chat member status can't be changed in private chats")
    chat.check_open_for_bot()
    chat.bot_status = "left"
    return True


def _get_chat(call: Call) -> Json:
    chat = call.world.find_chat(call.params["chat_id"])
    gifts = dict.fromkeys(
        ("unlimited_gifts", "limited_gifts", "unique_gifts", "premium_subscription", "gifts_from_channels"),
        True,
    )
    return chat.body | {
        "accent_color_id": 1,
        "max_reaction_count": 11,
        "accepted_gift_types": dict[str, Json](gifts),
    }


def _get_chat_member(call: Call) -> Json:
    chat = call.world.find_chat(call.params["chat_id"])
    chat.check_open_for_bot()
    user_id = call.number("user_id")
    if user_id == call.world.bot_id:
        return member(call.world.bot_user, chat.bot_status)
    person = call.world.people.get(user_id)
    if person is None:
        raise RefusedError("PARTICIPANT_ID_INVALID")
    return member(person, "member" if chat.is_private else chat.members.get(user_id, "left"))


def _get_chat_administrators(call: Call) -> Json:
    chat = call.world.find_chat(call.params["chat_id"])
    if chat.is_private:
        raise RefusedError("there are no administrators in the private chat")
    chat.check_open_for_bot()
    leading = [
        member(call.world.people[user_id], status)
        for user_id, status in chat.members.items()
        if status in ("creator", "administrator")
    ]
    if chat.bot_status == "administrator":
        leading.append(member(call.world.bot_user, "administrator"))
    return list[Json](leading)


def _create_forum_topic(call: Call) -> Json:
    chat = _forum(call)
    color = call.number("icon_color", _TOPIC_COLORS[0])
    if color not in _TOPIC_COLORS:
        raise RefusedError("TOPIC_ICON_COLOR_INVALID")
    name = call.text("name")
    created: Table = {"name": name, "icon_color": color}
    message = chat.add(
        {"from": call.world.bot_user, "forum_topic_created": created}, from_bot=True, date=call.world.moment()
    )
    message.body |= {"message_thread_id": message.message_id, "is_topic_message": True}
    chat.topics[message.message_id] = Topic(message.message_id, name, color)
    return {"message_thread_id": message.message_id, **created}


def _edit_forum_topic(call: Call) -> Json:
    topic = _topic(call, _forum(call))
    if call.text("name") == topic.name:
        raise RefusedError("TOPIC_NOT_MODIFIED", tolerated=True)
    topic.name = call.text("name") or topic.name
    return True


def _close_forum_topic(call: Call) -> Json:
    topic = _topic(call, _forum(call))
    if topic.closed:
        raise RefusedError("TOPIC_NOT_MODIFIED", tolerated=True)
    topic.closed = True
    return True


def _reopen_forum_topic(call: Call) -> Json:
    topic = _topic(call, _forum(call))
    if not topic.closed:
        raise RefusedError("TOPIC_NOT_MODIFIED", tolerated=True)
    topic.closed = False
    return True


def _delete_forum_topic(call: Call) -> Json:
    chat = _forum(call)
    topic = _topic(call, chat)
    del chat.topics[topic.thread_id]
    chat.deleted_topics.add(topic.thread_id)
    for message in chat.messages.values():
        if message.thread_id == topic.thread_id:
            message.deleted = True
    return True


def _get_file(call: Call) -> Json:
    kept = call.world.files.get(call.text("file_id"))
    if kept is None:
        raise RefusedError("invalid file_id")
    return _described(kept) | {"file_path": f"documents/{kept.file_id}"}


def _set_my_commands(call: Call) -> Json:
    for command in call.rows("commands"):
        if not isinstance(command, dict) or _COMMAND.fullmatch(str(command["command"])) is None:
            raise RefusedError("BOT_COMMAND_INVALID")
    call.world.commands[_scope(call), _language(call)] = call.rows("commands")
    return True


def _delete_my_commands(call: Call) -> Json:
    call.world.commands.pop((_scope(call), _language(call)), None)
    return True


def _get_my_commands(call: Call) -> Json:
    return call.world.commands.get((_scope(call), _language(call)), [])


def _set_my(what: str) -> Callable[[Call], Json]:
    def set_my(call: Call) -> Json:
        call.world.profile[what, _language(call)] = call.text(what)
        return True

    return set_my


def _get_my(what: str) -> Callable[[Call], Json]:
    def get_my(call: Call) -> Json:
        profile = call.world.profile
        return {what: profile.get((what, _language(call))) or profile.get((what, ""), "")}

    return get_my


def _set_chat_menu_button(call: Call) -> Json:
    call.world.menu_buttons[call.number("chat_id")] = call.table("menu_button") or {"type": "default"}
    return True


def _get_chat_menu_button(call: Call) -> Json:
    buttons = call.world.menu_buttons
    return buttons.get(call.number("chat_id")) or buttons.get(0) or {"type": "commands"}


def _set_webhook(call: Call) -> Json:
    updates = call.world.updates
    url = call.text("url")
    if url:
        _check_webhook_url(call, url)
    secret = call.text("secret_token")
    if _SECRET.fullmatch(secret) is None:
        raise RefusedError("secret token contains unallowed characters")
    updates.allow(call.params.get("allowed_updates"), call.notes.append)
    webhook = Webhook(url, secret, call.number("max_connections", 40))
    drop = call.flag("drop_pending_updates")
    if webhook == updates.webhook and not drop:
        call.description = "Webhook is already set" if url else "Webhook is already deleted"
        return True
    updates.set_webhook(webhook, drop_pending=drop)
    call.description = "Webhook was set" if url else "Webhook was deleted"
    return True


def _delete_webhook(call: Call) -> Json:
    was_set = bool(call.world.updates.webhook.url)
    call.world.updates.set_webhook(Webhook(), drop_pending=call.flag("drop_pending_updates"))
    call.description = "Webhook was deleted" if was_set else "Webhook is already deleted"
    return True


def _get_webhook_info(call: Call) -> Json:
    updates = call.world.updates
    info: Table = {
        "url": updates.webhook.url,
        "has_custom_certificate": False,
        "pending_update_count": len(updates.pending),
    }
    if updates.webhook.url:
        info |= {"max_connections": updates.webhook.max_connections, "ip_address": "127.0.0.1"}
        if updates.last_error is not None:
            info |= {"last_error_date": updates.last_error[0], "last_error_message": updates.last_error[1]}
    if updates.allowed_as_sent:
        info["allowed_updates"] = updates.allowed_as_sent
    return info


BEHAVIOURS: Final[dict[str, Callable[[Call], Json]]] = {
    "getMe": _get_me,
    "sendMessage": _send_message,
    "sendPhoto": _send_photo,
    "sendVoice": _send_voice,
    "sendDocument": _send_document,
    "sendAudio": _send_audio,
    "sendLocation": _send_location,
    "sendContact": _send_contact,
    "sendChatAction": _send_chat_action,
    "copyMessage": _copy_message,
    "copyMessages": _copy_messages,
    "forwardMessage": _forward_message,
    "editMessageText": _edit_message_text,
    "editMessageCaption": _edit_message_caption,
    "editMessageReplyMarkup": _edit_message_reply_markup,
    "deleteMessage": _delete_message,
    "deleteMessages": _delete_messages,
    "answerCallbackQuery": _answer_callback_query,
    "pinChatMessage": _pin_chat_message,
    "unpinChatMessage": _unpin_chat_message,
    "leaveChat": _leave_chat,
    "getChat": _get_chat,
    "getChatMember": _get_chat_member,
    "getChatAdministrators": _get_chat_administrators,
    "createForumTopic": _create_forum_topic,
    "editForumTopic": _edit_forum_topic,
    "closeForumTopic": _close_forum_topic,
    "reopenForumTopic": _reopen_forum_topic,
    "deleteForumTopic": _delete_forum_topic,
    "getFile": _get_file,
    "setMyCommands": _set_my_commands,
    "deleteMyCommands": _delete_my_commands,
    "getMyCommands": _get_my_commands,
    "setMyName": _set_my("name"),
    "getMyName": _get_my("name"),
    "setMyDescription": _set_my("description"),
    "getMyDescription": _get_my("description"),
    "setMyShortDescription": _set_my("short_description"),
    "getMyShortDescription": _get_my("short_description"),
    "setChatMenuButton": _set_chat_menu_button,
    "getChatMenuButton": _get_chat_menu_button,
    "setWebhook": _set_webhook,
    "deleteWebhook": _delete_webhook,
    "getWebhookInfo": _get_webhook_info,
}

_NOT_COPIED: Final = frozenset(
    {"message_id", "date", "chat", "from", "reply_markup", "reply_to_message", "edit_date", "forward_origin"}
    | {"message_thread_id", "is_topic_message"}
)


def _open_chat(call: Call) -> Chat:
    chat = call.world.find_chat(call.params["chat_id"])
    chat.check_open_for_bot()
    return chat


def _send(call: Call, chat: Chat, body: Table) -> Json:
    return shown(_put(call, chat, body))


def _put(call: Call, chat: Chat, body: Table) -> Message:
    """The end of every sending: markup, topic, reply and limits, then the message stands in the chat."""
    world = call.world
    sent: Table = {"from": world.bot_user, **body}
    markup = call.table("reply_markup")
    if markup is not None:
        check_markup(markup, private=chat.is_private, notes=call.notes)
        if "inline_keyboard" in markup:
            sent["reply_markup"] = markup
    thread_id = call.number("message_thread_id")
    if thread_id:
        chat.check_topic(thread_id)
        sent |= {"message_thread_id": thread_id, "is_topic_message": True}
    reply = call.table("reply_parameters")
    if reply is not None:
        _reply(call, chat, reply, sent)
    world.faults.count(chat.id, group=not chat.is_private, now=world.clock.now())
    if markup is not None and "inline_keyboard" not in markup:
        chat.keyboard = markup if "keyboard" in markup else None
    if call.flag("protect_content"):
        sent["has_protected_content"] = True
    return chat.add(sent, from_bot=True, date=world.moment())


def _reply(call: Call, chat: Chat, reply: Table, sent: Table) -> None:
    message_id = reply["message_id"]
    original = chat.find(message_id) if isinstance(message_id, int) else None
    if original is not None:
        sent["reply_to_message"] = {
            key: value for key, value in shown(original).items() if key != "reply_to_message"
        }
    elif reply.get("allow_sending_without_reply") is not True:
        gone = isinstance(message_id, int) and chat.was_taken_away(message_id)
        raise RefusedError("message to be replied not found", tolerated=gone)


def _caption(call: Call) -> Table:
    marked: MarkedText = read_caption(
        call.text("caption"), call.text("parse_mode"), call.rows("caption_entities"), call.notes
    )
    made: Table = {"caption": marked.text} if marked.text else {}
    if marked.entities:
        made["caption_entities"] = list(marked.entities)
    return made


def _with_markup(call: Call, body: Table) -> Table:
    markup = call.table("reply_markup")
    if markup is None:
        return body
    check_markup(markup, private=True, notes=call.notes)
    return body | {"reply_markup": markup} if markup.get("inline_keyboard") else body


def _message_to_edit(call: Call) -> Message:
    if "inline_message_id" in call.params:
        raise RefusedError("MESSAGE_ID_INVALID")
    if "chat_id" not in call.params:
        raise RefusedError("chat_id is empty")
    if "message_id" not in call.params:
        raise RefusedError("message identifier is not specified")
    chat = _open_chat(call)
    message_id = call.number("message_id")
    message = chat.find(message_id)
    if message is None:
        raise RefusedError("message to edit not found", tolerated=chat.was_taken_away(message_id))
    if not message.from_bot:
        raise RefusedError("message can't be edited")
    return message


def _edit(call: Call, message: Message, body: Table) -> Json:
    unchanged = {key: value for key, value in message.body.items() if key != "edit_date"}
    if unchanged == {key: value for key, value in body.items() if key != "edit_date"}:
        raise RefusedError(_SAME, tolerated=True)
    message.change(body | {"edit_date": call.world.moment()})
    return shown(message)


def _is_deletable(call: Call, chat: Chat, message: Message) -> bool:
    """A bot takes back its own, in a private chat the person's too, for 48 hours; an admin of a group anything."""
    if not chat.is_private and chat.bot_status == "administrator":
        return True
    young = call.world.moment() - message.date < _EDIT_LIMIT
    return young and (message.from_bot or chat.is_private)


def _find_source(call: Call, message_id: int) -> Message | None:
    return call.world.find_chat(call.params["from_chat_id"]).find(message_id)


def _message_to_copy(call: Call, message_id: int) -> Message:
    source = _find_source(call, message_id)
    if source is None:
        gone = call.world.find_chat(call.params["from_chat_id"]).was_taken_away(message_id)
        what = "copy" if call.method == "copyMessage" else "forward"
        raise RefusedError(f"message to {what} not found", tolerated=gone)
    return source


def _copy(call: Call, source: Message) -> Message:
    if not (
        {"text", "caption", "photo", "voice", "document", "audio", "sticker", "location", "contact"}
        & source.body.keys()
    ):
        raise RefusedError("message can't be copied")
    body = {key: value for key, value in source.body.items() if key not in _NOT_COPIED}
    if "caption" in call.params and "text" not in body:
        body = {
            key: value for key, value in body.items() if key not in ("caption", "caption_entities")
        } | _caption(call)
    return _put(call, _open_chat(call), body)


def _file(call: Call, name: str) -> StoredFile:
    """An upload, a file known from before, or an address that Telegram would fetch."""
    given = call.text(name)
    if given.startswith("attach://"):
        upload = call.files.get(given.removeprefix("attach://"))
        if upload is None:
            raise RefusedError(f"there is no {name} in the request")
        if not upload.content:
            raise RefusedError("file must be non-empty")
        return call.world.keep_file(upload.name, upload.content)
    if given.startswith(("http://", "https://")):
        return call.world.keep_file(given.rpartition("/")[2], given.encode())
    kept = call.world.files.get(given)
    if kept is None:
        raise RefusedError("wrong file identifier/HTTP URL specified")
    return kept


def _described(file: StoredFile) -> Table:
    return {"file_id": file.file_id, "file_unique_id": f"u{file.file_id}", "file_size": len(file.content)}


def _check_admin(chat: Chat, words: str) -> None:
    if not chat.is_private and chat.bot_status != "administrator":
        raise RefusedError(words)


def _forum(call: Call) -> Chat:
    chat = _open_chat(call)
    if not chat.is_forum:
        raise RefusedError("the chat is not a forum")
    _check_admin(chat, "not enough rights to create a topic")
    return chat


def _topic(call: Call, chat: Chat) -> Topic:
    thread_id = call.number("message_thread_id")
    if thread_id not in chat.topics:
        raise RefusedError("message thread not found", tolerated=thread_id in chat.deleted_topics)
    return chat.topics[thread_id]


def _scope(call: Call) -> str:
    scope = call.table("scope") or {"type": "default"}
    return " ".join(str(value) for _, value in sorted(scope.items(), reverse=True))


def _language(call: Call) -> str:
    code = call.text("language_code")
    if code and _LANGUAGE.fullmatch(code) is None:
        raise RefusedError("invalid language code specified")
    return code


def _check_webhook_url(call: Call, url: str) -> None:
    parts = urlsplit(url)
    if call.allow_http_webhook and parts.scheme in ("http", "https"):
        return
    if parts.scheme != "https":
        raise RefusedError("bad webhook: An HTTPS URL must be provided for webhook")
    if (parts.port or 443) not in _WEBHOOK_PORTS:
        raise RefusedError("bad webhook: Webhook can be set up only on ports 80, 88, 443 or 8443")
    host = parts.hostname or ""
    try:
        reserved = not ipaddress.ip_address(host).is_global
    except ValueError:
        if "." not in host:
            raise RefusedError("bad webhook: Failed to resolve host: Name or service not known") from None
    else:
        if reserved:
            raise RefusedError(f"bad webhook: IP address {host} is reserved")
    if utf16_length(url) > 2048:
        raise RefusedError("bad webhook: URL is too long")
