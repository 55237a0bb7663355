"""A call to the Bot API while it is carried out: what was asked, of which world, and what to remark about it."""

from dataclasses import dataclass, field

from tests.telegram_server.chats import Chat
from tests.telegram_server.values import Json, Notes, RefusedError, Table
from tests.telegram_server.world import World


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

    def open_chat(self) -> Chat:
        """The chat the call is for; raise RefusedError when the bot may not act there."""
        chat = self.world.find_chat(self.params["chat_id"])
        chat.check_open_for_bot()
        return chat

    def check_admin(self, chat: Chat, words: str) -> None:
        if not chat.is_private and chat.bot_status != "administrator":
            raise RefusedError(words)
