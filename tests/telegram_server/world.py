"""What stands on Telegram's servers: chats, people, files, what the bot said about itself."""

import itertools
import re
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Final

from tests.telegram_server.chats import Chat, Message
from tests.telegram_server.clock import Clock
from tests.telegram_server.faults import Faults
from tests.telegram_server.keyboards import inline_buttons
from tests.telegram_server.schema import Schema
from tests.telegram_server.updates import Updates
from tests.telegram_server.values import Json, RefusedError, Table

TAP_ANSWERED_WITHIN: Final = 150.0
_NUMBER: Final = re.compile(r"-?[0-9]{1,19}")


@dataclass(slots=True)
class Tap:
    """A button that was pressed and waits for answerCallbackQuery."""

    tap_id: str
    person_id: int
    born: float
    answered: bool = False


@dataclass(frozen=True, slots=True)
class Toast:
    """What a person saw in answer to a tap."""

    person_id: int
    text: str
    alert: bool


@dataclass(frozen=True, slots=True)
class StoredFile:
    file_id: str
    name: str
    content: bytes

    def described(self) -> Table:
        return {
            "file_id": self.file_id,
            "file_unique_id": f"u{self.file_id}",
            "file_size": len(self.content),
        }


@dataclass(slots=True)
class World:
    """All state; methods of the Bot API and people both change it."""

    bot: Table
    clock: Clock
    faults: Faults
    updates: Updates
    schema: Schema
    strict: bool = True
    chats: dict[int, Chat] = field(default_factory=dict)
    people: dict[int, Table] = field(default_factory=dict)
    taps: dict[str, Tap] = field(default_factory=dict)
    toasts: list[Toast] = field(default_factory=list)
    files: dict[str, StoredFile] = field(default_factory=dict)
    commands: dict[tuple[str, str], list[Json]] = field(default_factory=dict)
    profile: dict[tuple[str, str], str] = field(default_factory=dict)
    menu_buttons: dict[int, Table] = field(default_factory=dict)
    on_change: Callable[[], None] = lambda: None
    _ids: "itertools.count[int]" = field(default_factory=lambda: itertools.count(1))
    _numbers: "itertools.count[int]" = field(default_factory=lambda: itertools.count(1))

    @property
    def bot_user(self) -> Table:
        """The bot as others see it."""
        return {name: self.bot[name] for name in ("id", "is_bot", "first_name", "username")}

    @property
    def bot_id(self) -> int:
        number = self.bot["id"]
        return number if isinstance(number, int) else 0

    def moment(self) -> int:
        return int(self.clock.now())

    def number(self) -> int:
        """A number that was never given before."""
        return next(self._numbers)

    def private_chat(self, user: Table) -> Chat:
        body: Table = {"id": user["id"], "type": "private", "first_name": user["first_name"]}
        if "username" in user:
            body["username"] = user["username"]
        # Private chats share one row of message ids, a supergroup has its own.
        return self._keep(Chat(body, lambda: next(self._ids)))

    def group_chat(self, body: Table) -> Chat:
        if body["type"] == "group":
            return self._keep(Chat(body, lambda: next(self._ids)))
        own = itertools.count(1)
        return self._keep(Chat(body, lambda: next(own)))

    def find_chat(self, chat_id: Json) -> Chat:
        """The chat a call names, whether or not the bot may write there."""
        named = str(chat_id)
        if named.startswith("@"):
            found = next((chat for chat in self.chats.values() if chat.body.get("username") == named[1:]), None)
        else:
            found = self.chats.get(int(named)) if _NUMBER.fullmatch(named) else None
        if found is None:
            raise RefusedError("chat not found")
        return found

    def emit(self, kind: str, body: Table, lane_of: int) -> Table | None:
        """Queue an update for the bot; our own updates must be true to the schema."""
        if self.strict:
            mistakes = self.schema.mistakes("Update", {"update_id": 1, kind: body})
            if mistakes:
                raise AssertionError(f"the server made a wrong update: {mistakes}")
        update = self.updates.add(kind, body, lane_of)
        self.on_change()
        return update

    def keep_file(self, name: str, content: bytes) -> StoredFile:
        kept = StoredFile(f"file-{self.number()}", name, content)
        self.files[kept.file_id] = kept
        return kept

    def _keep(self, chat: Chat) -> Chat:
        self.chats[chat.id] = chat
        return chat


def shown(message: Message) -> Table:
    """The message as the Bot API shows it: a reply keyboard is on the screen, never in the message."""
    markup = message.body.get("reply_markup")
    if markup is None or inline_buttons(markup):
        return message.body
    return {key: value for key, value in message.body.items() if key != "reply_markup"}
