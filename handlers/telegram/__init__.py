"""The Telegram door: lets people in who write to the bot, and brings them its messages."""

from handlers.telegram.application import TelegramDoor, ask_telegram, ask_webhook
from handlers.telegram.channel import DOOR, TelegramChannel
from handlers.telegram.introduction import telegram_link
from handlers.telegram.requests import TelegramConnection
from handlers.telegram.without_store import WithoutStore

__all__ = [
    "DOOR",
    "TelegramChannel",
    "TelegramConnection",
    "TelegramDoor",
    "WithoutStore",
    "ask_telegram",
    "ask_webhook",
    "telegram_link",
]
