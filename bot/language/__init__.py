"""What a person wrote: scripts, digits, dates, wishes, topics, danger. Pure: texts in, values out."""

from bot.language.answers import read_phone, read_yes_no
from bot.language.days import read_date
from bot.language.digits import Money, read_money, read_number
from bot.language.keywords import Wish, WishTable, find_wish
from bot.language.normal import ascii_digits, normal, readable
from bot.language.scripts import (
    LANGUAGES,
    Script,
    clusters,
    foreign_letters,
    language_of,
    main_script,
    scripts_of,
)
from bot.language.understood import Danger, Level, Matching, Mode, Understands, Understood

__all__ = [
    "LANGUAGES",
    "Danger",
    "Level",
    "Matching",
    "Mode",
    "Money",
    "Script",
    "Understands",
    "Understood",
    "Wish",
    "WishTable",
    "ascii_digits",
    "clusters",
    "find_wish",
    "foreign_letters",
    "language_of",
    "main_script",
    "normal",
    "read_date",
    "read_money",
    "read_number",
    "read_phone",
    "read_yes_no",
    "readable",
    "scripts_of",
]
