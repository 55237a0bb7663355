"""Words that somebody else could read over a shoulder: nothing that a phone shows unasked says more than "information
about working abroad".
"""

from collections.abc import Iterator, Mapping, Sequence
from typing import Final

from bot.compiler.draft import ENGLISH, Draft
from bot.compiler.leaves import Plain
from bot.compiler.linking import Linked
from bot.compiler.problems import Place
from bot.compiler.translations import Translations
from bot.dialogue.phrasebook import TextId
from bot.dialogue.steps import Ask, Choose, Flow, FlowId, Remind, Say, ToFlow, ToScreen
from bot.language import clusters

PREVIEW: Final = 120
"""Characters of a message that a locked phone may show."""


def check_previews(draft: Draft, linked: Linked, translations: Translations, safety: Plain) -> None:
    """Write down forbidden words in what is shown unasked; they are listed in bot.yaml and in safety.yaml."""
    forbidden = _forbidden(draft, safety)
    if not forbidden:
        return
    for text_id in dict.fromkeys(_previewed(draft, linked)):
        source = draft.texts.get(text_id)
        if source is None:
            continue
        _check_preview(source.words, source.place, forbidden.get(ENGLISH, ()), draft)
        for language in translations.languages():
            translated = translations.of(language).get(text_id)
            if translated is not None:
                _check_preview(translated.words, translated.place, forbidden.get(language, ()), draft)


def _forbidden(draft: Draft, safety: Plain) -> Mapping[str, Sequence[str]]:
    words: dict[str, list[str]] = {}
    for language, listed in (draft.bot.preview_words if draft.bot else {}).items():
        words.setdefault(language, []).extend(listed)
    also = safety.get("preview", {}) if isinstance(safety, dict) else {}
    for language, told in (also if isinstance(also, dict) else {}).items():
        words.setdefault(language, []).extend(word for word in told if isinstance(word, str))
    return words


def _check_preview(words: str, place: Place, forbidden: Sequence[str], draft: Draft) -> None:
    start = words[:PREVIEW].casefold()
    pieces = clusters(start)
    for word in dict.fromkeys(forbidden):
        if _stands_in(word.casefold(), start, pieces):
            told = f"'{word}' may be read on a locked phone here; say no more than information about working abroad"
            draft.notebook.error(place, told)


def _stands_in(word: str, start: str, pieces: list[str]) -> bool:
    if word.isascii():
        return word in start
    # A short word must not be found in the middle of a letter with its signs: Burmese for "police" begins "of".
    wanted = clusters(word)
    return any(pieces[at : at + len(wanted)] == wanted for at in range(len(pieces) - len(wanted) + 1))


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
