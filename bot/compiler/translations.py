"""Texts in other languages than English, and how far each can be trusted.

A translation carries the hash of the English it was made from. When the English changes, the hash no longer fits and
the translation is stale: still shown, visibly counted, and listed for translators. Whoever changes the English need
not touch the other languages before the change can go live: a stale text may name other facts than the English does,
and the translation of a text that is gone is only told.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from hashlib import sha256
from typing import assert_never

from bot.compiler.draft import ENGLISH, Draft, SourceText, slot_words, slots_of, split_phrase
from bot.compiler.forms import TEXTS_FILE
from bot.compiler.leaves import entries_at, text_at, texts_of, words_at
from bot.compiler.problems import Place, did_you_mean
from bot.compiler.reading import Node, TextNode
from bot.compiler.shapes import inspect
from bot.dialogue.phrasebook import FactSlot, HotlineSlot, Phrase, Slot, Standing, TextId, ValueSlot, Worded
from bot.dialogue.script import TopicId
from bot.messages import Language


@dataclass(frozen=True, slots=True)
class Translated:
    """A text in another language, as it stands in its file."""

    words: str
    place: Place
    worded: Worded
    stamped: bool
    by: str = ""
    """Who reviewed it."""
    on: str = ""
    """The day on which they did."""


@dataclass(slots=True)
class Translations:
    """All texts of all other languages: language → text id → translation."""

    by_language: dict[Language, dict[TextId, Translated]] = field(default_factory=dict)
    hashes: dict[TextId, str] = field(default_factory=dict)

    def languages(self) -> tuple[Language, ...]:
        """The languages that have any text at all."""
        return tuple(language for language, texts in self.by_language.items() if texts)

    def hash_of_source(self, source: SourceText) -> str:
        """The hash of a source, worked out once for all languages."""
        if source.id not in self.hashes:
            self.hashes[source.id] = hash_of(source.words)
        return self.hashes[source.id]

    def of(self, language: Language) -> Mapping[TextId, Translated]:
        """The texts of one language."""
        return self.by_language.get(language, {})


def hash_of(words: str) -> str:
    """The first eight hexadecimal digits of the hash of a text of the source."""
    return sha256(words.encode()).hexdigest()[:8]


def read_translations(node: Node, language: str, draft: Draft, translations: Translations) -> None:
    """Take the texts of one file, which stands in the folder of its language, into the content."""
    inspect(node, TEXTS_FILE, draft.notebook)
    named = text_at(node, "language")
    if named is not None and named.words != language:
        draft.notebook.error(named.place, f"'{named.words}' stands in the folder of '{language}'")
    tongues = draft.bot.tongues if draft.bot else {}
    if language not in tongues or language == ENGLISH:
        draft.notebook.unknown(
            node.place, "language to translate to", language, (each for each in tongues if each != ENGLISH)
        )
        return
    texts = translations.by_language.setdefault(Language(language), {})
    status = words_at(node, "status", "draft")
    by = words_at(node, "by")
    for key, entry in entries_at(node, "texts"):
        source = draft.texts.get(TextId(key.words))
        text = text_at(entry, "text")
        if source is None:
            _unknown_text(key, draft)
        elif key.words in texts:
            first = texts[source.id].place
            draft.notebook.error(key.place, f"'{key.words}' is translated already in {first.file}:{first.line}")
        elif source.everywhere:
            draft.notebook.error(key.place, f"'{key.words}' is the same in all languages; take the translation out")
        elif text is not None:
            stamp = words_at(entry, "from")
            fits = stamp == translations.hash_of_source(source)
            standing = _standing(stamp, words_at(entry, "status", status), fits=fits)
            phrase = split_phrase(text.words, text.place, draft.notebook)
            if not _slots_fit(source, phrase, text.place, draft, is_stale=standing is Standing.STALE):
                continue
            texts[source.id] = Translated(
                *(text.words, text.place, Worded(phrase, standing), bool(stamp)),
                by=words_at(entry, "by", by),
                on=words_at(entry, "on"),
            )
    _read_examples(node, Language(language), draft)


def _standing(stamp: str, status: str, *, fits: bool) -> Standing:
    if stamp and not fits:
        return Standing.STALE
    # Without a hash nobody knows which English it was made from, so a review cannot count.
    return Standing.REVIEWED if stamp and status == "reviewed" else Standing.DRAFT


def _slots_fit(source: SourceText, phrase: Phrase, place: Place, draft: Draft, *, is_stale: bool) -> bool:
    """Whether a translation can be shown; one of an older English as long as its slots can still be filled."""
    if len(source.phrase) == 1 and len(phrase) == 1:
        return True
    wanted, found = slots_of(source.phrase), slots_of(phrase)
    missing, surplus = wanted - found, found - wanted
    if is_stale:
        gone = [slot for slot in surplus if not _is_filled(slot, draft)]
        if gone:
            words = f"the English has no {slot_words(gone)} any more and is shown instead of this; translate it again"
            draft.notebook.warning(place, words)
        return not gone
    if missing:
        draft.notebook.error(place, f"the English has {slot_words(missing)}, this text has not")
    if surplus:
        draft.notebook.error(place, f"this text has {slot_words(surplus)}, the English has not")
    return True


def _is_filled(slot: Slot, draft: Draft) -> bool:
    match slot:
        case FactSlot(fact):
            return fact in draft.facts
        case HotlineSlot(hotline):
            return hotline in draft.hotlines
        case ValueSlot():
            return False
        case _:
            assert_never(slot)


def _unknown_text(key: TextNode, draft: Draft) -> None:
    flow = key.words.partition(".")[0]
    near = [text for text in draft.texts if text.partition(".")[0] == flow]
    hint = did_you_mean(key.words, near or draft.texts)
    draft.notebook.warning(key.place, f"the English has no text '{key.words}'{hint or '; take it out'}")


def _read_examples(node: Node, language: Language, draft: Draft) -> None:
    for key, examples in entries_at(node, "ask"):
        topic = TopicId(key.words)
        if topic not in draft.topics:
            draft.notebook.unknown(key.place, "topic", topic, draft.topics)
            continue
        known = draft.examples.setdefault(language, {})
        known[topic] = (*known.get(topic, ()), *(text.words for text in texts_of(examples)))


def phrases_of(
    texts: Iterable[SourceText], translations: Translations, tongues: Iterable[Language]
) -> dict[TextId, Mapping[Language, Worded]]:
    """All texts by id and language, the source first."""
    others = [(language, translations.of(language)) for language in tongues if language != ENGLISH]
    phrases: dict[TextId, Mapping[Language, Worded]] = {}
    for source in texts:
        worded = Worded(source.phrase, Standing.SOURCE)
        by_language = {ENGLISH: worded}
        for language, translated in others:
            if source.everywhere:
                by_language[language] = worded
            elif (found := translated.get(source.id)) is not None:
                by_language[language] = found.worded
        phrases[source.id] = by_language
    return phrases
