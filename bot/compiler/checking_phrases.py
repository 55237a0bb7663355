"""The code's own words: every phrase that the engine, the desk or a page may say stands in phrases.yaml.

A phrase of the engine that is missing leaves a person without an answer; one of the desk, a helpline without its alert;
one of a page, whoever opens it without that page. Content that was made without any words for a page is for bots that
nobody opens it on.
"""

from collections.abc import Collection, Iterator
from typing import Final

from bot.compiler.draft import Draft, Kind
from bot.compiler.problems import Place
from bot.dialogue.desk_wording import DESK_PHRASES
from bot.dialogue.page_phrases import PAGE_PHRASES
from bot.dialogue.wording import ENGINE_PHRASES

_PAGES: Final = {"page": "the chat page", "console": "the console", "studio": "the studio"}


def check_phrases(draft: Draft, phrases: Place, lent: Collection[str] = ()) -> None:
    """Write down the phrases that are missing, at the head of their file, but for those that are lent to it."""
    if not any(kind is Kind.PHRASE for kind, _ in draft.stood):
        # The whole file is missing, which has been written down.
        return
    there = {name for kind, name in draft.stood if kind is Kind.PHRASE}.union(lent)
    for phrase in dict.fromkeys(_needed(draft)):
        if phrase not in there:
            draft.notebook.error(phrases, f"the phrase '{phrase}' is missing: the engine says it")
    for phrase in DESK_PHRASES:
        if phrase not in there:
            draft.notebook.error(phrases, f"the phrase '{phrase}' is missing: staff are told it")
    for page, needed in PAGE_PHRASES.items():
        missing = [phrase for phrase in needed if phrase not in there]
        if any(phrase.startswith(f"{page}-") and phrase not in missing for phrase in needed):
            for phrase in missing:
                draft.notebook.error(phrases, f"the phrase '{phrase}' is missing: {_PAGES[page]} says it")


def _needed(draft: Draft) -> Iterator[str]:
    yield from ENGINE_PHRASES
    if draft.bot is not None:
        yield from (
            f"country-{country}" for field in ("origin", "here") for country in draft.bot.profile.get(field, ())
        )
        yield from (f"language-{language}" for language in draft.bot.tongues)
