"""Groups: who is in them, what is pinned, which topics there are."""

from collections.abc import Callable
from typing import Final

from tests.telegram_server.calls import Call
from tests.telegram_server.chats import Chat, Topic
from tests.telegram_server.people import member
from tests.telegram_server.values import Json, RefusedError, Table

_TOPIC_COLORS: Final = (7322096, 16766590, 13338331, 9367192, 16749490, 16478047)


def _pin_chat_message(call: Call) -> Json:
    chat = call.open_chat()
    call.check_admin(chat, "not enough rights to manage pinned messages in the chat")
    message = chat.find(call.number("message_id"))
    if message is None:
        raise RefusedError("message to pin not found", tolerated=chat.was_taken_away(call.number("message_id")))
    chat.pinned.append(message.message_id)
    return True


def _unpin_chat_message(call: Call) -> Json:
    chat = call.open_chat()
    call.check_admin(chat, "not enough rights to manage pinned messages in the chat")
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
    chat = call.open_chat()
    user_id = call.number("user_id")
    if user_id == call.world.bot_id:
        return member(call.world.bot_user, chat.bot_status)
    person = call.world.people.get(user_id)
    if person is None:
        raise RefusedError("PARTICIPANT_ID_INVALID")
    return member(person, "member" if chat.is_private else chat.members.get(user_id, "left"))


def _get_chat_member_count(call: Call) -> Json:
    chat = call.open_chat()
    if chat.is_private:
        return 2
    return 1 + sum(status not in ("left", "kicked") for status in chat.members.values())


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


GROUP_METHODS: Final[dict[str, Callable[[Call], Json]]] = {
    "pinChatMessage": _pin_chat_message,
    "unpinChatMessage": _unpin_chat_message,
    "leaveChat": _leave_chat,
    "getChat": _get_chat,
    "getChatMember": _get_chat_member,
    "getChatMemberCount": _get_chat_member_count,
    "getChatAdministrators": _get_chat_administrators,
    "createForumTopic": _create_forum_topic,
    "editForumTopic": _edit_forum_topic,
    "closeForumTopic": _close_forum_topic,
    "reopenForumTopic": _reopen_forum_topic,
    "deleteForumTopic": _delete_forum_topic,
}


def _forum(call: Call) -> Chat:
    chat = call.open_chat()
    if not chat.is_forum:
        raise RefusedError("the chat is not a forum")
    call.check_admin(chat, "not enough rights to create a topic")
    return chat


def _topic(call: Call, chat: Chat) -> Topic:
    thread_id = call.number("message_thread_id")
    if thread_id not in chat.topics:
        raise RefusedError("message thread not found", tolerated=thread_id in chat.deleted_topics)
    return chat.topics[thread_id]
