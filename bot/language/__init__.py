"""What a person wrote: scripts, digits, dates, wishes, topics, danger. Pure: texts in, values out."""

from bot.language.answers import read_phone, read_yes_no
from bot.language.danger import DangerLexicon, Kind
from bot.language.days import read_date
from bot.language.digits import Money, read_money, read_number
from bot.language.documents import Concepts, Safety, Tree, concepts_from, lexicon_from, safety_from
from bot.language.keywords import Wish, WishTable, find_wish
from bot.language.lexicon import Lexicon
from bot.language.matching import Example, Explanation, Matcher
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
from bot.language.understanding import Understanding
from bot.language.understood import Danger, Level, Matching, Mode, Understands, Understood

__all__ = [
    "LANGUAGES",
    "Concepts",
    "Danger",
    "DangerLexicon",
    "Example",
    "Explanation",
    "Kind",
    "Level",
    "Lexicon",
    "Matcher",
    "Matching",
    "Mode",
    "Money",
    "Safety",
    "Script",
    "Tree",
    "Understanding",
    "Understands",
    "Understood",
    "Wish",
    "WishTable",
    "ascii_digits",
    "clusters",
    "concepts_from",
    "find_wish",
    "foreign_letters",
    "language_of",
    "lexicon_from",
    "main_script",
    "normal",
    "read_date",
    "read_money",
    "read_number",
    "read_phone",
    "read_yes_no",
    "readable",
    "safety_from",
    "scripts_of",
]
