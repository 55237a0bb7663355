"""Single texts in every language: no figure of their own, in the right script, short enough for their place."""

import re
import unicodedata
from typing import Final

from bot.compiler.draft import ENGLISH, Draft, Role, SourceText
from bot.compiler.problems import Notebook, Place
from bot.compiler.translations import Translations
from bot.language import foreign_letters
from bot.messages import Language

LONGEST_LABEL: Final = 40
LONG_LABEL: Final = 32
_LONGEST_OF_BOT: Final = {"bot.description": 512, "bot.short_description": 120, "bot.name": 64}
_LONGEST_COMMAND: Final = 256

# \d is every decimal digit of every script; the others are figures that are written as one character.
_DIGIT: Final = re.compile(
    r"[\d\u00b2\u00b3\u00b9\u00bc-\u00be\u2070-\u2079\u2080-\u2089\u2150-\u218b\u2460-\u249b\u24ea-\u24ff\u2776-\u2793]+"
)
# What a phone makes a link of by itself: an address, with or without its scheme, and somebody's name in a messenger.
_LINK: Final = re.compile(
    r"[A-Za-z][A-Za-z0-9+.-]*://|(?:javascript|data|mailto|tel|tg):|[A-Za-z0-9-]+\.[A-Za-z]{2,}|@[A-Za-z]\w{3,}"
)
_NAMES: Final = {"km": "Khmer", "lo": "Lao", "my": "Burmese", "th": "Thai", "en": "English"}
_MAYBE_LINK: Final = re.compile(r"[:.@]\w|:/")
_LATIN: Final = re.compile("[A-Za-z]")
_SLOT: Final = re.compile(r"\{[^{}]*\}")
_NO_WIDTH: Final = frozenset({"Mn", "Cf"})
# What any text may hold: Latin letters, punctuation, signs and pictures.
_SHARED: Final = "\\x00-\u024f\u0300-\u036f\u1e00-\u1eff\u2000-\u2bff\u3000-\u303f\ufe00-\ufe0f\U0001f000-\U0001faff"
_OWN: Final = {
    "km": "\u1780-\u17ff\u19e0-\u19ff",
    "lo": "\u0e80-\u0eff",
    "my": "\u1000-\u109f\ua9e0-\ua9ff\uaa60-\uaa7f",
    "th": "\u0e00-\u0e7f",
    "en": "",
}
_STRANGE: Final = {language: re.compile(f"[^{_SHARED}{own}]+") for language, own in _OWN.items()}


def check_texts(draft: Draft, translations: Translations, *, english: bool = True) -> None:
    """Write down what is wrong with single texts, in any language, or in all but English."""
    notebook = draft.notebook
    for source in draft.texts.values() if english else ():
        check_text(source, ENGLISH, source.words, source.place, notebook)
    for language in translations.languages():
        for text_id, translated in translations.of(language).items():
            source = draft.texts[text_id]
            check_text(source, language, translated.words, translated.place, notebook)
            is_copied = translated.words == source.words and translated.words.isascii()
            if is_copied and _LATIN.search(_SLOT.sub("", translated.words)):
                words = "this is still the English text"
                notebook.warning(translated.place, words)


def check_text(source: SourceText, language: Language, words: str, place: Place, notebook: Notebook) -> None:
    """Write down what is wrong with the words of one text in one language, whoever they came from."""
    if _DIGIT.search(words) is not None:
        _check_digits(words, place, notebook)
    if _MAYBE_LINK.search(words) is not None:
        _check_links(words, place, notebook)
    if not source.everywhere and language in _STRANGE:
        _check_script(source, language, words, place, notebook)
    if source.role is Role.LABEL:
        _check_label(words, place, notebook)
    elif source.role is Role.BOT:
        most = _LONGEST_OF_BOT.get(source.id, _LONGEST_COMMAND)
        if len(words) > most:
            notebook.error(place, f"{len(words)} characters are too many; messengers show {most}")


def _check_digits(words: str, place: Place, notebook: Notebook) -> None:
    # The id in a slot may hold digits: only what people read counts.
    found = _DIGIT.search(_SLOT.sub("", words))
    if found is not None:
        told = f"the figure '{found.group()}' stands in the text; make it a fact and write {{fact:…}}"
        notebook.error(place, told)


def _check_links(words: str, place: Place, notebook: Notebook) -> None:
    found = _LINK.search(_SLOT.sub("", words))
    if found is not None:
        told = f"'{found.group()}' would be a link; say in words where to go, or write {{hotline:…}}"
        notebook.error(place, told)


def _check_script(source: SourceText, language: Language, words: str, place: Place, notebook: Notebook) -> None:
    """Sentences to show to somebody, such as a Thai one in an English text, stand the same in all languages."""
    runs = _STRANGE[language].findall(words)
    if not runs:
        return
    if language == ENGLISH:
        found = "" if _LATIN.search(words) else foreign_letters(words, language)
    else:
        found = foreign_letters("".join(run for run in runs if run not in source.words), language)
    if found:
        told = f"'{found[:12]}' does not belong in a text in {_NAMES[language]}; is it another language?"
        notebook.error(place, told)


def _check_label(words: str, place: Place, notebook: Notebook) -> None:
    if len(words) <= LONG_LABEL:
        return
    # Vowel signs and tones stand above or below their letters and take no room.
    width = sum(1 for character in words if unicodedata.category(character) not in _NO_WIDTH)
    if width > LONGEST_LABEL:
        notebook.error(place, f"{width} characters do not fit on a button; at most {LONGEST_LABEL} do")
    elif width > LONG_LABEL:
        notebook.warning(place, f"{width} characters are long for a button; better at most {LONG_LABEL}")
