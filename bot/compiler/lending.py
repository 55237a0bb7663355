"""The program's own words for content that was made before the program knew them.

A published version outlives the program it was made for, and a program that says something new needs words for it.
They stand in the folder of content that came with the program: what a version lacks is taken from there, with its
translations. What a version says in words of its own stays so.
"""

from typing import Final

from bot.compiler.draft import Draft, Kind, SourceText
from bot.compiler.folder import Folder
from bot.compiler.problems import Notebook
from bot.compiler.shaping_bot import shape_phrases
from bot.compiler.translations import Translations, read_translations
from bot.dialogue.phrasebook import TextId, ValueSlot

PHRASES: Final = "phrases.yaml"


def phrases_in(lender: Folder) -> frozenset[str]:
    """The names of the phrases that a folder can lend."""
    return frozenset(_lendable(_read(lender)))


def lend(lender: Folder, draft: Draft, translations: Translations) -> None:
    """Give a draft the phrases that it lacks."""
    own = _read(lender)
    missing = {name: text for name, text in _lendable(own).items() if (Kind.PHRASE, name) not in draft.stood}
    if not missing:
        return
    own.bot = draft.bot
    translated = Translations()
    for parts, file in lender.listed():
        # Those of flows, facts and hotlines lie a folder deeper.
        if parts[0] == "texts" and len(parts) == 3 and (node := lender.read(file, own.notebook)) is not None:
            read_translations(node, parts[1], own, translated)
    for name, text in missing.items():
        draft.stood[Kind.PHRASE, name] = text.place
        draft.texts[text.id] = text
        # A language of which the draft has nothing would be incomplete with these.
        for language, texts in translations.by_language.items():
            if text.id in translated.of(language):
                texts[text.id] = translated.of(language)[text.id]


def _read(lender: Folder) -> Draft:
    draft = Draft(Notebook())
    node = lender.read(PHRASES, draft.notebook)
    if node is not None:
        shape_phrases(node, draft)
    return draft


def _lendable(draft: Draft) -> dict[str, SourceText]:
    """Those in which nothing is to be looked up in the content, which may not have it."""
    found = {name: draft.texts.get(TextId(f"phrase.{name}")) for kind, name in draft.stood if kind is Kind.PHRASE}
    return {
        name: text
        for name, text in found.items()
        if text is not None and all(isinstance(part, str | ValueSlot) for part in text.phrase)
    }
