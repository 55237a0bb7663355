"""The program's own words for content that was made before the program knew them.

A published version outlives the program it was made for, and a program that says something new needs words for it.
They stand in the folder of content that came with the program: what a version lacks is taken from there, with its
translations. What a version says in words of its own stays so.
"""

from collections.abc import Mapping
from dataclasses import replace
from typing import Final

from bot.compiler.draft import Draft, Kind, SourceText
from bot.compiler.folder import Folder
from bot.compiler.problems import Notebook, errors
from bot.compiler.shaping_bot import shape_phrases
from bot.compiler.translations import Translated, Translations, read_translations
from bot.dialogue.phrasebook import TextId, ValueSlot
from bot.messages import Language

PHRASES: Final = "phrases.yaml"


def phrases_in(lender: Folder) -> frozenset[str]:
    """The names of the phrases that a folder can lend."""
    return frozenset(_lendable(lender))


def lend(lender: Folder, draft: Draft, translations: Translations) -> None:
    """Give a draft the phrases that it lacks; a language that lacks one shows what its fallback says."""
    missing = {name: text for name, text in _lendable(lender).items() if (Kind.PHRASE, name) not in draft.stood}
    if not missing:
        return
    translated = _translated(lender, draft, missing)
    for name, text in missing.items():
        draft.stood[Kind.PHRASE, name] = text.place
        draft.texts[text.id] = replace(text, vital=False)
        # A language of which the draft has nothing would be incomplete with these.
        for language, texts in translations.by_language.items():
            if (found := translated.get((language, text.id))) is not None:
                texts[text.id] = found


def _lendable(lender: Folder) -> dict[str, SourceText]:
    """Those in which nothing is to be looked up in the content, which may not have it; none of a file with mistakes."""
    draft = Draft(Notebook())
    node = lender.read(PHRASES, draft.notebook)
    if node is not None:
        shape_phrases(node, draft)
    if errors(draft.notebook.problems()):
        return {}
    return {
        text.id.removeprefix("phrase."): text
        for text in draft.texts.values()
        if all(isinstance(part, str | ValueSlot) for part in text.phrase)
    }


def _translated(
    lender: Folder, draft: Draft, missing: Mapping[str, SourceText]
) -> dict[tuple[Language, TextId], Translated]:
    found: dict[tuple[Language, TextId], Translated] = {}
    for parts, file in lender.listed():
        # Those of flows, facts and hotlines lie a folder deeper.
        if parts[0] != "texts" or len(parts) != 3:
            continue
        one = Draft(Notebook(), draft.bot, {text.id: text for text in missing.values()})
        translations = Translations()
        node = lender.read(file, one.notebook)
        if node is not None:
            read_translations(node, parts[1], one, translations)
        if not errors(one.notebook.problems()):
            found |= {
                (language, text): each
                for language in translations.by_language
                for text, each in translations.of(language).items()
            }
    return found
