"""Everything that can be wrong with content beyond its shape, found in one go."""

from datetime import date

from bot.compiler.assembling import Assembled
from bot.compiler.checking_facts import check_facts
from bot.compiler.checking_flows import check_flows
from bot.compiler.checking_lessons import check_lessons
from bot.compiler.checking_names import check_names
from bot.compiler.checking_phrases import check_phrases
from bot.compiler.checking_previews import check_previews
from bot.compiler.checking_screens import check_screens
from bot.compiler.checking_texts import check_texts
from bot.compiler.checking_translations import check_translations


def check(assembled: Assembled, today: date, *, unfinished: bool = False) -> None:
    """Write down everything that is wrong today; in unfinished content no text must be there in every language."""
    draft, linked, translations = assembled.draft, assembled.linked, assembled.translations
    check_phrases(draft, assembled.phrases)
    check_flows(draft, linked)
    check_names(draft)
    check_facts(draft, today)
    check_texts(draft, translations)
    check_screens(draft, linked, translations, today)
    check_translations(draft, translations, unfinished=unfinished)
    check_previews(draft, linked, translations, assembled.lessons.safety)
    check_lessons(assembled)
