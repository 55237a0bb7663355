"""Texts that are missing or out of date in a language, and words that somebody else could read over a shoulder.

Languages are counted by file, one line each: four languages times a thousand texts would hide everything else. What
people in danger need is missing as an error, once a language has any texts at all; the rest falls back to English.
"""

from collections import defaultdict
from collections.abc import Iterable, Iterator
from typing import Final

from bot.compiler.draft import ENGLISH, Draft, SourceText
from bot.compiler.linking import Linked
from bot.compiler.problems import Place
from bot.compiler.translations import Translations
from bot.dialogue.phrasebook import Standing, TextId
from bot.dialogue.steps import Ask, Choose, Flow, FlowId, Remind, Say, ToFlow, ToScreen
from bot.messages import Language

FEWEST_EXAMPLES: Final = 6
PREVIEW: Final = 120
"""Characters of a message that a locked phone may show."""

_NAMED: Final = 5


def check_translations(draft: Draft, linked: Linked, translations: Translations, *, unfinished: bool) -> None:
    """Write down what each language lacks, and what may not stand in a preview."""
    for language in translations.languages():
        _check_missing(language, draft, translations, unfinished=unfinished)
        _check_standing(language, draft, translations)
    _check_examples(draft, translations)
    _check_previews(draft, linked, translations)


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


# Previews


def _check_previews(draft: Draft, linked: Linked, translations: Translations) -> None:
    """Nothing that a phone shows unasked says more than "information about working abroad"."""
    bot = draft.bot
    if bot is None or not bot.preview_words:
        return
    forbidden = {language: [word.casefold() for word in words] for language, words in bot.preview_words.items()}
    for text_id in dict.fromkeys(_previewed(draft, linked)):
        source = draft.texts.get(text_id)
        if source is None:
            continue
        _check_preview(source.words, source.place, forbidden.get(ENGLISH, ()), draft)
        for language in translations.languages():
            translated = translations.of(language).get(text_id)
            if translated is not None:
                _check_preview(translated.words, translated.place, forbidden.get(language, ()), draft)


def _check_preview(words: str, place: Place, forbidden: Iterable[str], draft: Draft) -> None:
    start = words[:PREVIEW].casefold()
    for word in forbidden:
        if word in start:
            told = f"'{word}' may be read on a locked phone here; say no more than information about working abroad"
            draft.notebook.error(place, told)


def _previewed(draft: Draft, linked: Linked) -> Iterator[TextId]:
    """Texts that are shown unasked: what messengers say of the bot, the cover, and where we write first."""
    yield from (text for text in draft.texts if text.startswith("bot."))
    if draft.bot is not None:
        cover = linked.flows.get(draft.bot.special.get("cover", FlowId("")))
        if cover is not None:
            yield from (text for text in draft.texts if text.startswith(f"{cover.flow.id}."))
    for each in linked.flows.values():
        for screen in each.flow.screens.values():
            for step in screen.steps:
                if isinstance(step, Remind):
                    yield from _first_words(step.flow, linked)
                elif isinstance(step, Choose | Ask) and step.after is not None:
                    match step.after.to:
                        case ToScreen(target):
                            yield from _words_of(each.flow, target)
                        case ToFlow(flow):
                            yield from _first_words(flow, linked)
                        case _:
                            pass


def _first_words(flow: FlowId, linked: Linked) -> Iterator[TextId]:
    each = linked.flows.get(flow)
    if each is not None:
        yield from _words_of(each.flow, each.flow.start)


def _words_of(flow: Flow, screen: str) -> Iterator[TextId]:
    for each in flow.screens.values():
        if each.id == screen:
            yield from (step.text for step in each.steps if isinstance(step, Say | Ask))


def _counted(missing: list[SourceText]) -> str:
    return f"{len(missing)} texts of this file" if len(missing) > 1 else "a text of this file"


def _named(missing: list[SourceText]) -> str:
    names = ", ".join(source.id for source in missing[:_NAMED])
    return f"{names} …" if len(missing) > _NAMED else names
