"""Everything that can be wrong with content beyond its shape, found in one go."""

from datetime import date

from bot.compiler.checking_facts import check_facts
from bot.compiler.checking_flows import check_flows
from bot.compiler.checking_names import check_names
from bot.compiler.checking_phrases import check_phrases
from bot.compiler.checking_screens import check_screens
from bot.compiler.checking_texts import check_texts
from bot.compiler.checking_translations import check_translations
from bot.compiler.draft import Draft
from bot.compiler.linking import Linked
from bot.compiler.problems import Place
from bot.compiler.translations import Translations


def check(draft: Draft, linked: Linked, translations: Translations, today: date, phrases: Place) -> None:
    """Write down everything that is wrong today; `phrases` is where missing phrases should stand."""
    check_phrases(draft, phrases)
    check_flows(draft, linked)
    check_names(draft)
    check_facts(draft, today)
    check_texts(draft, translations)
    check_screens(draft, linked, translations, today)
    check_translations(draft, linked, translations)
