"""Texts that are missing or out of date in a language.

Languages are counted by file, one line each: four languages times a thousand texts would hide everything else. What
people in danger need is missing as an error, once a language has any texts at all; the rest falls back to English.
"""

from collections import defaultdict
from typing import Final

from bot.compiler.draft import ENGLISH, Draft, SourceText
from bot.compiler.problems import Place
from bot.compiler.translations import Translations
from bot.dialogue.phrasebook import Standing
from bot.messages import Language

FEWEST_EXAMPLES: Final = 6
_NAMED: Final = 5


def check_translations(draft: Draft, translations: Translations, *, unfinished: bool) -> None:
    """Write down what each language lacks."""
    for language in translations.languages():
        _check_missing(language, draft, translations, unfinished=unfinished)
        _check_standing(language, draft, translations)
    _check_examples(draft, translations)


def _check_missing(language: Language, draft: Draft, translations: Translations, *, unfinished: bool) -> None:
    there = translations.of(language)
    vital: dict[str, list[SourceText]] = defaultdict(list)
    ordinary: dict[str, list[SourceText]] = defaultdict(list)
    for source in draft.texts.values():
        if source.id not in there and not source.everywhere:
            (vital if source.vital else ordinary)[source.place.file].append(source)
    for missing in vital.values():
        words = f"{language} lacks {_counted(missing)} that people in danger need: {_named(missing)}"
        write = draft.notebook.warning if unfinished else draft.notebook.error
        write(missing[0].place, words)
    for missing in ordinary.values():
        words = f"{language} lacks {_counted(missing)} and shows English instead: {_named(missing)}"
        draft.notebook.warning(missing[0].place, words)


def _check_standing(language: Language, draft: Draft, translations: Translations) -> None:
    stale: dict[str, list[Place]] = defaultdict(list)
    unstamped: list[Place] = []
    for translated in translations.of(language).values():
        if translated.worded.standing is Standing.STALE:
            stale[translated.place.file].append(translated.place)
        elif not translated.stamped:
            unstamped.append(translated.place)
    for places in stale.values():
        words = f"{language} texts whose English has changed since: {len(places)}; look at them again"
        draft.notebook.warning(places[0], words)
    if unstamped:
        without = f"{language} texts without the hash of their English: {len(unstamped)}"
        draft.notebook.warning(unstamped[0], f"{without}; run 'waymark content stamp {language}'")


def _check_examples(draft: Draft, translations: Translations) -> None:
    english = draft.examples.get(ENGLISH, {})
    for topic in draft.topics.values():
        count = len(english.get(topic.id, ()))
        if not count:
            draft.notebook.error(topic.place, f"'{topic.id}' has no example questions; write 'ask:' with six to eight")
        elif count < FEWEST_EXAMPLES:
            draft.notebook.warning(topic.place, f"'{topic.id}' has {count} example questions; six to eight are needed")
    for language in translations.languages():
        there = draft.examples.get(language, {})
        missing = [topic.id for topic in draft.topics.values() if not there.get(topic.id)]
        if missing and draft.bot is not None:
            named = ", ".join(missing[:_NAMED]) + (" …" if len(missing) > _NAMED else "")
            draft.notebook.warning(draft.bot.place, f"{language} has no example questions for {named}")


def _counted(missing: list[SourceText]) -> str:
    return f"{len(missing)} texts of this file" if len(missing) > 1 else "a text of this file"


def _named(missing: list[SourceText]) -> str:
    names = ", ".join(source.id for source in missing[:_NAMED])
    return f"{names} …" if len(missing) > _NAMED else names
