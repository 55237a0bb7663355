"""A strict Telegram Bot API server for tests, the chaos run and the benchmarks; `server.py` tells how to use it."""

from tests.telegram_server.chats import Chat, Message
from tests.telegram_server.faults import Limits
from tests.telegram_server.people import Group, NotOnScreenError, Person
from tests.telegram_server.server import FakeTelegram, RecordedCall, Violation
from tests.telegram_server.values import Json, Table

__all__ = [
    "Chat",
    "FakeTelegram",
    "Group",
    "Json",
    "Limits",
    "Message",
    "NotOnScreenError",
    "Person",
    "RecordedCall",
    "Table",
    "Violation",
]
