"""People and groups as a test moves them: each thing a person does becomes an update true to the Bot API."""

from dataclasses import dataclass

from tests.telegram_server.chats import Chat, Message, Topic
from tests.telegram_server.values import Json, Table, utf16_length
from tests.telegram_server.world import Tap, World, shown


class NotOnScreenError(AssertionError):
    """A person cannot tap what their screen does not show."""


@dataclass(slots=True)
class Group:
    """A group or supergroup that the bot is in."""

    world: World
    chat: Chat

    @property
    def id(self) -> int:
        return self.chat.id

    def visible(self, topic: int | None = None) -> list[Message]:
        return self.chat.visible(topic)

    def add_bot(self, by: "Person", *, admin: bool = False) -> None:
        self._set_bot_status("administrator" if admin else "member", by)

    def kick_bot(self, by: "Person") -> None:
        self._set_bot_status("kicked", by)

    def join(self, person: "Person") -> None:
        """A person joins: a service message, and a chat_member update where the bot asked for those."""
        self._set_member(person, "member")
        self._service({"from": person.user, "new_chat_members": [person.user]})

    def leave(self, person: "Person") -> None:
        self._set_member(person, "left")
        self._service({"from": person.user, "left_chat_member": person.user})

    def migrate(self, new_id: int) -> "Group":
        """Turn the group into a supergroup with another id: the old one is refused from now on."""
        body: Table = {**self.chat.body, "id": new_id, "type": "supergroup"}
        new = Group(self.world, self.world.group_chat(body))
        new.chat.members = dict(self.chat.members)
        new.chat.bot_status = self.chat.bot_status
        self._service({"migrate_to_chat_id": new_id})
        self.chat.migrated_to = new_id
        new._service({"migrate_from_chat_id": self.chat.id})
        return new

    def open_topic(self, name: str, by: "Person") -> Topic:
        topic = Topic(0, name, 7322096)
        message = self.chat.add(
            {"from": by.user, "forum_topic_created": {"name": name, "icon_color": topic.icon_color}},
            from_bot=False,
            date=self.world.moment(),
        )
        topic.thread_id = message.message_id
        message.body |= {"message_thread_id": topic.thread_id, "is_topic_message": True}
        self.chat.topics[topic.thread_id] = topic
        self.world.emit("message", shown(message), self.chat.id)
        return topic

    def close_topic(self, thread_id: int, by: "Person") -> None:
        self.chat.topics[thread_id].closed = True
        self._service(
            {
                "from": by.user,
                "message_thread_id": thread_id,
                "is_topic_message": True,
                "forum_topic_closed": {},
            }
        )

    def delete_topic(self, thread_id: int) -> None:
        """By hand of an admin: Telegram tells the bot nothing."""
        del self.chat.topics[thread_id]
        self.chat.deleted_topics.add(thread_id)
        for message in self.chat.messages.values():
            if message.thread_id == thread_id:
                message.deleted = message.deleted_by_person = True

    def _service(self, body: Table) -> Message:
        message = self.chat.add(body, from_bot=False, date=self.world.moment())
        self.world.emit("message", shown(message), self.chat.id)
        return message

    def _set_member(self, person: "Person", status: str) -> None:
        old = self.chat.members.get(person.id, "left")
        self.chat.members[person.id] = status
        self.world.emit("chat_member", _change(self.world, self.chat, person, person.user, old, status), self.chat.id)

    def _set_bot_status(self, status: str, by: "Person") -> None:
        old = self.chat.bot_status
        self.chat.bot_status = status
        self.world.emit(
            "my_chat_member",
            _change(self.world, self.chat, by, self.world.bot_user, old, status),
            self.chat.id,
        )


@dataclass(slots=True)
class Person:
    """Someone with a phone. What they do in a group names the group, else it is the private chat with the bot."""

    world: World
    user: Table
    chat: Chat

    @property
    def id(self) -> int:
        return self.chat.id

    def screen(self) -> list[Message]:
        """What the private chat shows."""
        return self.chat.visible()

    def last(self) -> Message:
        return self.chat.last()

    def texts(self) -> list[str]:
        return self.chat.texts()

    def labels(self) -> list[str]:
        """All buttons that can be tapped: inline ones of every message, then the reply keyboard."""
        return [label for message in self.screen() for label in message.labels] + self.chat.keyboard_labels

    @property
    def toasts(self) -> list[str]:
        """What taps were answered with."""
        return [toast.text for toast in self.world.toasts if toast.person_id == self.id]

    def start(self, payload: str = "") -> Message:
        return self.send(f"/start {payload}".strip())

    def send(
        self, text: str, *, to: Group | None = None, topic: int | None = None, reply_to: Message | None = None
    ) -> Message:
        body: Table = {"text": text}
        if entities := _entities(text):
            body["entities"] = entities
        return self._say(body, to, topic, reply_to)

    def share_location(
        self, latitude: float, longitude: float, *, to: Group | None = None, topic: int | None = None
    ) -> Message:
        return self._say({"location": {"latitude": latitude, "longitude": longitude}}, to, topic)

    def send_photo(
        self, content: bytes = b"\xff\xd8photo", caption: str = "", *, to: Group | None = None, topic: int | None = None
    ) -> Message:
        file = self._file("photo.jpg", content)
        sizes: list[Json] = [file | {"width": width, "height": width} for width in (90, 800)]
        return self._say(_captioned(caption) | {"photo": sizes}, to, topic)

    def send_voice(
        self, content: bytes = b"OggSvoice", duration: int = 3, *, to: Group | None = None, topic: int | None = None
    ) -> Message:
        voice = self._file("voice.oga", content) | {"duration": duration, "mime_type": "audio/ogg"}
        return self._say({"voice": voice}, to, topic)

    def send_sticker(self, emoji: str = "🙏", *, to: Group | None = None, topic: int | None = None) -> Message:
        sticker = self._file("sticker.webp", b"RIFFsticker") | {
            "type": "regular",
            "width": 512,
            "height": 512,
            "is_animated": False,
            "is_video": False,
            "emoji": emoji,
        }
        return self._say({"sticker": sticker}, to, topic)

    def send_document(
        self, name: str, content: bytes, caption: str = "", *, to: Group | None = None, topic: int | None = None
    ) -> Message:
        document = self._file(name, content) | {"file_name": name}
        return self._say(_captioned(caption) | {"document": document}, to, topic)

    def share_contact(self, phone_number: str, *, to: Group | None = None, topic: int | None = None) -> Message:
        contact: Table = {
            "phone_number": phone_number,
            "first_name": self.user["first_name"],
            "user_id": self.user["id"],
        }
        return self._say({"contact": contact}, to, topic)

    def edit_message(self, message: Message, text: str) -> None:
        chat = self.world.chats[message.chat_id]
        body: Table = {**message.body, "text": text, "edit_date": self.world.moment()}
        body.pop("entities", None)
        if entities := _entities(text):
            body["entities"] = entities
        message.change(body)
        self.world.emit("edited_message", shown(message), chat.id)

    def delete_message(self, message: Message) -> None:
        """For both sides; Telegram tells the bot nothing."""
        message.deleted = message.deleted_by_person = True
        self.world.on_change()

    def tap(self, what: str, *, message: Message | None = None, on: Group | None = None) -> str | None:
        """Tap a button by its label or data, on this message or the newest that shows it; the id of the tap.

        A button of the reply keyboard sends its label; one that only opens a link sends nothing and gives None.
        """
        chat = self.chat if on is None else on.chat
        for candidate in [message] if message is not None else reversed(chat.visible()):
            if candidate.deleted:
                continue
            for button in (button for row in candidate.buttons for button in row):
                if what in (button["text"], button.get("callback_data")):
                    data = button.get("callback_data")
                    return None if data is None else self.tap_data(str(data), candidate)
        if message is None and what in chat.keyboard_labels:
            self.send(what, to=on)
            return None
        raise NotOnScreenError(f"no button {what!r} among {self.labels()}")

    def tap_data(self, data: str, message: Message) -> str:
        """Send a tap as it is, even one that the message does not show any more."""
        tap = Tap(f"{self.id}{self.world.number():09}", self.id, self.world.clock.now())
        self.world.taps[tap.tap_id] = tap
        query: Table = {
            "id": tap.tap_id,
            "from": self.user,
            "message": shown(message),
            "chat_instance": str(7_000_000 + message.chat_id),
            "data": data,
        }
        self.world.emit("callback_query", query, self.id)
        return tap.tap_id

    def block(self) -> None:
        self.chat.blocked = True
        self._my_member("member", "kicked")

    def unblock(self) -> None:
        self.chat.blocked = False
        self._my_member("kicked", "member")

    def delete_account(self) -> None:
        """Telegram tells the bot nothing until it writes."""
        self.chat.deactivated = True

    def _my_member(self, old: str, new: str) -> None:
        change = _change(self.world, self.chat, self, self.world.bot_user, old, new)
        self.world.emit("my_chat_member", change, self.id)

    def _say(self, body: Table, to: Group | None, topic: int | None = None, reply_to: Message | None = None) -> Message:
        chat = self.chat if to is None else to.chat
        if chat.is_private:
            # Whoever writes has opened the chat, and lifted their block.
            chat.started, chat.blocked = True, False
        elif chat.members.get(self.id) in (None, "left", "kicked"):
            chat.members[self.id] = "member"
        said: Table = {"from": self.user, **body}
        if topic is not None:
            said |= {"message_thread_id": topic, "is_topic_message": True}
        if reply_to is not None:
            said["reply_to_message"] = {
                key: value for key, value in shown(reply_to).items() if key != "reply_to_message"
            }
        message = chat.add(said, from_bot=False, date=self.world.moment())
        self.world.emit("message", shown(message), chat.id)
        return message

    def _file(self, name: str, content: bytes) -> Table:
        return self.world.keep_file(name, content).described()


def _captioned(caption: str) -> Table:
    return {"caption": caption} if caption else {}


def _entities(text: str) -> list[Json]:
    """Telegram marks a command by itself."""
    if not text.startswith("/") or len(text) < 2:
        return []
    return [{"type": "bot_command", "offset": 0, "length": utf16_length(text.split(maxsplit=1)[0])}]


def _change(world: World, chat: Chat, by: Person, who: Table, old: str, new: str) -> Table:
    return {
        "chat": chat.body,
        "from": by.user,
        "date": world.moment(),
        "old_chat_member": member(who, old),
        "new_chat_member": member(who, new),
    }


_RIGHTS: tuple[str, ...] = (
    "can_manage_chat",
    "can_delete_messages",
    "can_manage_video_chats",
    "can_restrict_members",
    "can_promote_members",
    "can_change_info",
    "can_invite_users",
    "can_post_stories",
    "can_edit_stories",
    "can_delete_stories",
    "can_pin_messages",
    "can_manage_topics",
)


def member(who: Table, status: str) -> Table:
    """A ChatMember of this status."""
    made: Table = {"status": status, "user": who}
    if status == "kicked":
        made["until_date"] = 0
    elif status == "creator":
        made["is_anonymous"] = False
    elif status == "administrator":
        made |= {"can_be_edited": False, "is_anonymous": False}
        made |= dict.fromkeys(_RIGHTS, True)
    return made
