"""What Telegram shows of the bot before anyone has written: its commands and its description, in every language.

Telegram is asked what it shows, and told only what differs: it forbids for hours whoever changes these often.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from telegram import Bot, BotCommand
from telegram.helpers import create_deep_linked_url

from bot.dialogue.phrasebook import TextId
from bot.dialogue.script import Script
from bot.messages import Language
from handlers.telegram.requests import read_by_library

COMMANDS: Final = ("start", "help", "language", "home", "exit", "stop", "privacy")
"""The order in which the messenger lists them; those the content has no words for are left out."""

_DEFAULT: Final = Language("en")
_EVERYWHERE: Final = ""


@dataclass(frozen=True, slots=True)
class Introduction:
    """In one language: what stands beside each command, and what the bot says of itself."""

    commands: Mapping[str, str]
    description: str
    short_description: str


def introductions(script: Script) -> Mapping[str, Introduction]:
    """By the language code of the phone; the empty one is for phones in any other language."""
    by_language = {str(language): _introduction(script, language) for language in script.tongues}
    default = by_language.get(_DEFAULT) or next(iter(by_language.values()))
    return {_EVERYWHERE: default, **by_language}


async def introduce(bot: Bot, wanted: Mapping[str, Introduction]) -> int:
    """Tell Telegram what it does not show yet; say how much that was. Raises the library's errors."""
    told = 0
    for code, introduction in wanted.items():
        commands = tuple(BotCommand(name, words) for name, words in introduction.commands.items())
        if commands != await read_by_library(bot.get_my_commands(language_code=code)):
            await read_by_library(bot.set_my_commands(commands, language_code=code))
            told += 1
        described = await read_by_library(bot.get_my_description(language_code=code))
        if introduction.description != described.description:
            await read_by_library(bot.set_my_description(introduction.description, language_code=code))
            told += 1
        described_shortly = await read_by_library(bot.get_my_short_description(language_code=code))
        if introduction.short_description != described_shortly.short_description:
            await read_by_library(bot.set_my_short_description(introduction.short_description, language_code=code))
            told += 1
    return told


def telegram_link(username: str, start: str = "") -> str:
    """A link that opens the bot, with what /start is to carry; raises ValueError for what Telegram does not take."""
    return create_deep_linked_url(username, start or None)


def _introduction(script: Script, language: Language) -> Introduction:
    def words(text_id: str) -> str:
        phrase, _ = script.phrasebook.find(TextId(text_id), language)
        return "".join(part for part in phrase if isinstance(part, str))

    return Introduction(
        {name: words(f"bot.command.{name}") for name in COMMANDS if f"bot.command.{name}" in script.phrasebook},
        words("bot.description"),
        words("bot.short_description"),
    )
