"""Sending, copying, editing and deleting messages, and answering taps, as Telegram does it."""

from collections.abc import Callable
from typing import Final

from tests.telegram_server.calls import Call
from tests.telegram_server.chats import Chat, Message
from tests.telegram_server.keyboards import check_markup
from tests.telegram_server.marked_text import read_caption, read_message_text
from tests.telegram_server.values import Json, RefusedError, Table
from tests.telegram_server.world import TAP_ANSWERED_WITHIN, StoredFile, Toast, shown

_SAME: Final = (
    "message is not modified: specified new message content and reply markup are exactly the same as a current "
    "content and reply markup of the message"
)
_TOO_OLD: Final = "query is too old and response timeout expired or query ID is invalid"
_EDIT_LIMIT: Final = 48 * 3600
_NOT_COPIED: Final = frozenset(
    {"message_id", "date", "chat", "from", "reply_markup", "reply_to_message", "edit_date", "forward_origin"}
    | {"message_thread_id", "is_topic_message"}
)
_PICTURES: Final = (b"\x89PNG\r\n\x1a\n", b"\xff\xd8", b"RIFF")
_SOUNDS: Final = (b"OggS", b"ID3", b"\xff\xfb")
_EDITED_TO_MEDIA: Final = frozenset({"text", "photo", "video", "animation", "audio", "document"})
_COPIED: Final = frozenset({"text", "caption", "photo", "voice", "document", "audio", "sticker", "location", "contact"})


def _send_message(call: Call) -> Json:
    chat = call.open_chat()
    marked = read_message_text(call.text("text"), call.text("parse_mode"), call.rows("entities"), call.notes)
    body: Table = {"text": marked.text}
    if marked.entities:
        body["entities"] = list(marked.entities)
    options = call.table("link_preview_options")
    if options is not None:
        body["link_preview_options"] = options
    return _send(call, chat, body)


def _send_photo(call: Call) -> Json:
    photo = _photo(_file(call, "photo"))
    return _send(call, call.open_chat(), _caption(call) | {"photo": photo})


def _send_voice(call: Call) -> Json:
    file = _file(call, "voice")
    if not file.content.startswith((b"http", *_SOUNDS)):
        call.notes.append(f"people see {file.name!r} as a file: it is neither OGG nor MP3")
    voice = file.described() | {"duration": call.number("duration", 1), "mime_type": "audio/ogg"}
    return _send(call, call.open_chat(), _caption(call) | {"voice": voice})


def _photo(file: StoredFile) -> list[Json]:
    if not file.content.startswith((b"http", *_PICTURES)):
        raise RefusedError("IMAGE_PROCESS_FAILED")
    # The same picture in several sizes, the largest last; each has an id of its own.
    small = file.described() | {"file_id": f"{file.file_id}-small", "width": 90, "height": 90}
    return [small, file.described() | {"width": 800, "height": 800}]


def _send_document(call: Call) -> Json:
    file = _file(call, "document")
    document = file.described() | {"file_name": file.name}
    return _send(call, call.open_chat(), _caption(call) | {"document": document})


def _send_audio(call: Call) -> Json:
    audio = _file(call, "audio").described() | {"duration": call.number("duration", 1)}
    return _send(call, call.open_chat(), _caption(call) | {"audio": audio})


def _send_location(call: Call) -> Json:
    latitude, longitude = call.params["latitude"], call.params["longitude"]
    if not isinstance(latitude, int | float) or not -90 <= latitude <= 90:
        raise RefusedError("wrong latitude specified")
    if not isinstance(longitude, int | float) or not -180 <= longitude <= 180:
        raise RefusedError("wrong longitude specified")
    return _send(call, call.open_chat(), {"location": {"latitude": latitude, "longitude": longitude}})


def _send_contact(call: Call) -> Json:
    if not call.text("first_name").strip():
        raise RefusedError("first name must be non-empty")
    contact: Table = {
        name: call.params[name] for name in ("phone_number", "first_name", "last_name", "vcard") if name in call.params
    }
    return _send(call, call.open_chat(), {"contact": contact})


def _send_chat_action(call: Call) -> Json:
    chat = call.open_chat()
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
    return _send(call, call.open_chat(), kept | {"forward_origin": origin})


def _edit_message_text(call: Call) -> Json:
    message = _message_to_edit(call)
    if "text" not in message.body:
        raise RefusedError("there is no text in the message to edit")
    marked = read_message_text(
        call.text("text"), call.text("parse_mode"), call.rows("entities"), call.notes, "MESSAGE_TOO_LONG"
    )
    body: Table = {key: value for key, value in message.body.items() if key not in ("entities", "reply_markup")}
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


def _edit_message_media(call: Call) -> Json:
    """Words and most media become a photo; a voice never does."""
    message = _message_to_edit(call)
    media = call.table("media") or {}
    if media.get("type") != "photo":
        raise NotImplementedError("nobody has needed to turn a message into anything else yet")
    if not message.body.keys() & _EDITED_TO_MEDIA:
        raise RefusedError("message can't be edited")
    entities = media.get("caption_entities")
    caption = read_caption(
        str(media.get("caption", "")),
        str(media.get("parse_mode", "")),
        entities if isinstance(entities, list) else [],
        call.notes,
    )
    dropped = {*_EDITED_TO_MEDIA, "entities", "link_preview_options", "caption", "caption_entities", "reply_markup"}
    body: Table = {key: value for key, value in message.body.items() if key not in dropped}
    body["photo"] = _photo(_find_file(call, "photo", str(media["media"])))
    if caption.text:
        body["caption"] = caption.text
    if caption.entities:
        body["caption_entities"] = list(caption.entities)
    return _edit(call, message, _with_markup(call, body))


def _edit_message_reply_markup(call: Call) -> Json:
    message = _message_to_edit(call)
    body: Table = {key: value for key, value in message.body.items() if key != "reply_markup"}
    return _edit(call, message, _with_markup(call, body))


def _delete_message(call: Call) -> Json:
    chat = call.open_chat()
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
    chat = call.open_chat()
    for one in call.rows("message_ids"):
        message = chat.find(one) if isinstance(one, int) else None
        if message is not None and _is_deletable(call, chat, message):
            message.deleted = True
    return True


def _set_message_reaction(call: Call) -> Json:
    """A bot may put one emoji on a message; an empty row takes it away."""
    chat = call.open_chat()
    message_id = call.number("message_id")
    message = chat.find(message_id)
    if message is None:
        raise RefusedError("message to react not found", tolerated=chat.was_taken_away(message_id))
    reactions = [str(one["emoji"]) for one in call.rows("reaction") if isinstance(one, dict) and "emoji" in one]
    if len(reactions) > 1:
        raise RefusedError("REACTIONS_TOO_MANY")
    message.reactions = reactions
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


MESSAGE_METHODS: Final[dict[str, Callable[[Call], Json]]] = {
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
    "editMessageMedia": _edit_message_media,
    "editMessageReplyMarkup": _edit_message_reply_markup,
    "deleteMessage": _delete_message,
    "deleteMessages": _delete_messages,
    "setMessageReaction": _set_message_reaction,
    "answerCallbackQuery": _answer_callback_query,
}


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
        sent["reply_to_message"] = {key: value for key, value in shown(original).items() if key != "reply_to_message"}
    elif reply.get("allow_sending_without_reply") is not True:
        gone = isinstance(message_id, int) and chat.was_taken_away(message_id)
        raise RefusedError("message to be replied not found", tolerated=gone)


def _caption(call: Call) -> Table:
    marked = read_caption(call.text("caption"), call.text("parse_mode"), call.rows("caption_entities"), call.notes)
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
    chat = call.open_chat()
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
    if not _COPIED & source.body.keys():
        raise RefusedError("message can't be copied")
    body = {key: value for key, value in source.body.items() if key not in _NOT_COPIED}
    if "caption" in call.params and "text" not in body:
        body = {key: value for key, value in body.items() if key not in ("caption", "caption_entities")} | _caption(
            call
        )
    return _put(call, call.open_chat(), body)


def _file(call: Call, name: str) -> StoredFile:
    return _find_file(call, name, call.text(name))


def _find_file(call: Call, name: str, given: str) -> StoredFile:
    """An upload, a file known from before, or an address that Telegram would fetch."""
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
