"""The engine's own words: every phrase that it may say stands in phrases.yaml, so that it is never lost for words."""

from collections.abc import Iterator

from bot.compiler.draft import Draft, Kind
from bot.compiler.problems import Place
from bot.dialogue.wording import ENGINE_PHRASES


def check_phrases(draft: Draft, phrases: Place) -> None:
    """Write down the phrases that are missing, at the head of their file."""
    if not any(kind is Kind.PHRASE for kind, _ in draft.stood):
        # The whole file is missing, which has been written down.
        return
    for phrase in dict.fromkeys(_needed(draft)):
        if (Kind.PHRASE, phrase) not in draft.stood:
            draft.notebook.error(phrases, f"the phrase '{phrase}' is missing: the engine says it")


def _needed(draft: Draft) -> Iterator[str]:
    yield from ENGINE_PHRASES
    if draft.bot is not None:
        yield from (
            f"country-{country}" for field in ("origin", "here") for country in draft.bot.profile.get(field, ())
        )
        yield from (f"language-{language}" for language in draft.bot.tongues)
