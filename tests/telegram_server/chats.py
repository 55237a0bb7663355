"""Chats as Telegram's servers hold them: messages with their history, members, topics, and what a screen shows."""

from collections.abc import Callable
from dataclasses import dataclass, field

from tests.telegram_server.keyboards import inline_buttons, reply_buttons
from tests.telegram_server.values import Json, RefusedError, Table


@dataclass(slots=True)
class Message:
    """One message; `body` is the Bot API's Message as it is now, `history` what it was before each edit."""

    chat_id: int
    message_id: int
    body: Table
    from_bot: bool
    deleted: bool = False
    deleted_by_person: bool = False
    history: list[Table] = field(default_factory=list)
    reactions: list[str] = field(default_factory=list)
    """What the bot put on it."""

    @property
    def text(self) -> str:
        """Text or caption, "" where there is none."""
        return str(self.body.get("text", self.body.get("caption", "")))

    @property
    def entities(self) -> list[Json]:
        entities = self.body.get("entities", self.body.get("caption_entities", []))
        return entities if isinstance(entities, list) else []

    @property
    def markup(self) -> Table:
        markup = self.body.get("reply_markup", {})
        return markup if isinstance(markup, dict) else {}

    @property
    def buttons(self) -> list[list[Table]]:
        return inline_buttons(self.markup)

    @property
    def labels(self) -> list[str]:
        """What stands on the inline buttons, in reading order."""
        return [str(button["text"]) for row in self.buttons for button in row]

    @property
    def thread_id(self) -> int | None:
        thread = self.body.get("message_thread_id")
        return thread if isinstance(thread, int) else None

    @property
    def date(self) -> int:
        date = self.body["date"]
        return date if isinstance(date, int) else 0

    def change(self, body: Table) -> None:
        self.history.append(self.body)
        self.body = body


@dataclass(slots=True)
class Topic:
    thread_id: int
    name: str
    icon_color: int
    closed: bool = False


@dataclass(slots=True)
class Chat:
    """A private chat or a group, with everything that was ever in it."""

    body: Table
    take_id: Callable[[], int]
    messages: dict[int, Message] = field(default_factory=dict)
    topics: dict[int, Topic] = field(default_factory=dict)
    members: dict[int, str] = field(default_factory=dict)
    deleted_topics: set[int] = field(default_factory=set)
    actions: list[str] = field(default_factory=list)
    pinned: list[int] = field(default_factory=list)
    keyboard: Table | None = None
    started: bool = False
    blocked: bool = False
    deactivated: bool = False
    bot_status: str = "member"
    migrated_to: int | None = None

    @property
    def id(self) -> int:
        number = self.body["id"]
        if not isinstance(number, int):
            raise TypeError(number)
        return number

    @property
    def kind(self) -> str:
        return str(self.body["type"])

    @property
    def is_private(self) -> bool:
        return self.kind == "private"

    @property
    def is_forum(self) -> bool:
        return self.body.get("is_forum") is True

    @property
    def keyboard_labels(self) -> list[str]:
        """What stands on the reply keyboard, if one is up."""
        return [str(button["text"]) for row in reply_buttons(self.keyboard) for button in row]

    def visible(self, thread_id: int | None = None) -> list[Message]:
        """The messages as a screen shows them, oldest first; of one topic if one is named."""
        return [
            message
            for message in self.messages.values()
            if not message.deleted and (thread_id is None or message.thread_id == thread_id)
        ]

    def last(self) -> Message:
        """The newest message on the screen."""
        return self.visible()[-1]

    def texts(self) -> list[str]:
        return [message.text for message in self.visible()]

    def add(self, body: Table, *, from_bot: bool, date: int) -> Message:
        """Put a message into the chat: the chat gives it its id."""
        message_id = self.take_id()
        message = Message(
            self.id,
            message_id,
            {"message_id": message_id, "date": date, "chat": self.body, **body},
            from_bot,
        )
        self.messages[message_id] = message
        return message

    def find(self, message_id: int) -> Message | None:
        message = self.messages.get(message_id)
        return None if message is None or message.deleted else message

    def was_taken_away(self, message_id: int) -> bool:
        """A person deleted it: the bot cannot know."""
        message = self.messages.get(message_id)
        return message is not None and message.deleted_by_person

    def check_open_for_bot(self) -> None:
        """Raise RefusedError when the bot may not write here."""
        if self.migrated_to is not None:
            raise RefusedError(
                "group chat was upgraded to a supergroup chat",
                parameters={"migrate_to_chat_id": self.migrated_to},
                tolerated=True,
            )
        if self.deactivated:
            raise RefusedError("Forbidden: user is deactivated", code=403)
        if self.blocked:
            raise RefusedError("Forbidden: bot was blocked by the user", code=403)
        if self.is_private and not self.started:
            raise RefusedError("Forbidden: bot can't initiate conversation with a user", code=403)
        if self.bot_status in ("kicked", "left"):
            where = "supergroup" if self.kind == "supergroup" else "group"
            words = f"bot was kicked from the {where} chat"
            if self.bot_status == "left":
                words = f"bot is not a member of the {where} chat"
            raise RefusedError(f"Forbidden: {words}", code=403)

    def check_topic(self, thread_id: int) -> None:
        if thread_id not in self.topics:
            raise RefusedError("message thread not found", tolerated=thread_id in self.deleted_topics)
        if self.topics[thread_id].closed:
            raise RefusedError("TOPIC_CLOSED", tolerated=True)
