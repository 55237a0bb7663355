"""The code's own words: every phrase that the engine or the desk may say stands in phrases.yaml.

A phrase of the engine that is missing leaves a person without an answer; one of the desk, a helpline without its alert.
"""

from collections.abc import Iterator

from bot.compiler.draft import Draft, Kind
from bot.compiler.problems import Place
from bot.dialogue.desk_wording import DESK_PHRASES
from bot.dialogue.wording import ENGINE_PHRASES


def check_phrases(draft: Draft, phrases: Place) -> None:
    """Write down the phrases that are missing, at the head of their file."""
    if not any(kind is Kind.PHRASE for kind, _ in draft.stood):
        # The whole file is missing, which has been written down.
        return
    for phrase in dict.fromkeys(_needed(draft)):
        if (Kind.PHRASE, phrase) not in draft.stood:
            draft.notebook.error(phrases, f"the phrase '{phrase}' is missing: the engine says it")
    for phrase in DESK_PHRASES:
        if (Kind.PHRASE, phrase) not in draft.stood:
            draft.notebook.error(phrases, f"the phrase '{phrase}' is missing: staff are told it")


def _needed(draft: Draft) -> Iterator[str]:
    yield from ENGINE_PHRASES
    if draft.bot is not None:
        yield from (
            f"country-{country}" for field in ("origin", "here") for country in draft.bot.profile.get(field, ())
        )
        yield from (f"language-{language}" for language in draft.bot.tongues)
