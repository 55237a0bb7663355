"""Names of values: each is kept somewhere before it is asked for, and asked only for values it can have."""

from collections import defaultdict
from collections.abc import Iterable
from typing import Final

from bot.compiler.draft import Asked, BotDraft, Draft, Kept, Kind
from bot.compiler.problems import did_you_mean
from bot.dialogue.own_ticket import KNOWN

LANGUAGE: Final = "language"
"""Saving under this name sets the language, and conditions may ask for it; it is no field of the profile."""


def check_names(draft: Draft) -> None:
    """Write down names and values that nothing keeps, and fields of the profile that nobody asks for."""
    bot = draft.bot
    if bot is None:
        return
    kept: dict[str, dict[str, list[Kept]]] = defaultdict(lambda: defaultdict(list))
    for each in draft.kept:
        kept[each.within][each.name].append(each)
        _check_kept(each, bot, draft)
    for asked in draft.asked:
        _check_asked(asked, kept[asked.within], bot, draft)
    asked_for = {each.name for each in draft.kept}
    for name in bot.profile:
        if name not in asked_for:
            draft.notebook.error(
                draft.stood[Kind.FIELD, name], f"nobody asks for '{name}'; keep an answer with 'save: {name}'"
            )


def _check_kept(each: Kept, bot: BotDraft, draft: Draft) -> None:
    if each.name in KNOWN:
        draft.notebook.error(each.place, f"'{each.name}' is worked out by the bot; keep the answer under another name")
        return
    if each.name == LANGUAGE:
        allowed: Iterable[str] = bot.tongues
    elif each.name in bot.profile:
        allowed = bot.profile[each.name]
    else:
        return
    if not each.values:
        draft.notebook.error(each.place, f"'{each.name}' keeps only {_listed(allowed)}; a free answer cannot go there")
    for value in each.values:
        if value not in allowed and value not in each.declined:
            near = did_you_mean(value, allowed)
            draft.notebook.error(each.place, f"'{value}' is no value of '{each.name}'{near or _one_of(allowed)}")


def _check_asked(asked: Asked, kept: dict[str, list[Kept]], bot: BotDraft, draft: Draft) -> None:
    if asked.name == LANGUAGE:
        allowed: Iterable[str] | None = bot.tongues
    elif asked.name in bot.profile:
        allowed = bot.profile[asked.name]
    elif asked.name in KNOWN:
        allowed = KNOWN[asked.name] or None
    elif asked.name in kept:
        sources = kept[asked.name]
        open_ended = any(not source.values for source in sources)
        allowed = None if open_ended else [value for source in sources for value in source.values]
    else:
        known = [*bot.profile, *kept]
        near = did_you_mean(asked.name, known) or "; keep it before with 'save', 'set' or 'add'"
        draft.notebook.error(asked.place, f"nothing here is called '{asked.name}'{near}")
        return
    for value in asked.values:
        if allowed is not None and value not in allowed:
            near = did_you_mean(value, allowed) or _one_of(allowed)
            draft.notebook.error(asked.place, f"'{asked.name}' is never '{value}'{near}")


def _one_of(allowed: Iterable[str]) -> str:
    return f"; it may be {_listed(allowed)}"


def _listed(words: Iterable[str]) -> str:
    return ", ".join(words)
