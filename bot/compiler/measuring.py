"""How long a text becomes when its slots are filled, close enough to keep it on one small screen."""

from datetime import date
from typing import Final

from bot.compiler.draft import Draft
from bot.compiler.translations import Translations
from bot.dialogue.phrasebook import FactSlot, HotlineSlot, Phrase, Slot, TextId
from bot.dialogue.wording import number, written_date
from bot.facts import Amount, AmountRange, Day, Fact, HotlineId, Telling
from bot.messages import Language

_AN_ANSWER: Final = "……………………"
"""What a person told before is short: a country, a number, a date."""
_PART_OF_A_DATE: Final = "2026"
"""A month or a year, as the day of a check is told beside a fact."""


class Measure:
    """Fills slots with the longest that may stand in them."""

    __slots__ = ("_draft", "_facts", "_today", "_translations")

    def __init__(self, draft: Draft, translations: Translations, today: date) -> None:
        self._draft = draft
        self._translations = translations
        self._today = today
        self._facts: dict[tuple[str, Language], str] = {}

    def words(self, text_id: TextId, language: Language) -> str:
        """A text as people will read it, in the language or else in English; empty where there is no such text."""
        phrase = self._phrase(text_id, language)
        if len(phrase) == 1 and isinstance(phrase[0], str):
            return phrase[0]
        return "".join(part if isinstance(part, str) else self._slot(part, language) for part in phrase)

    def _phrase(self, text_id: TextId, language: Language) -> Phrase:
        translated = self._translations.of(language).get(text_id)
        if translated is not None:
            return translated.worded.phrase
        source = self._draft.texts.get(text_id)
        return source.phrase if source is not None else ()

    def _slot(self, slot: Slot, language: Language) -> str:
        match slot:
            case FactSlot(fact_id):
                key = (str(fact_id), language)
                if key not in self._facts:
                    fact = self._draft.facts.get(fact_id)
                    self._facts[key] = "" if fact is None else self._told(fact, language)
                return self._facts[key]
            case HotlineSlot(hotline):
                return self._hotline(hotline, language)
            case _:
                return _AN_ANSWER

    def _told(self, fact: Fact, language: Language) -> str:
        told = self._value(fact, language)
        if fact.evidence.telling(self._today) is Telling.DATED:
            checked = self.words(TextId("phrase.checked-on"), language)
            told += f" ({checked.replace(_AN_ANSWER, _PART_OF_A_DATE)})"
        return told

    def _value(self, fact: Fact, language: Language) -> str:
        match fact.value:
            case Amount(amount, unit, per):
                counted = number(amount)
            case AmountRange(low, high, unit, per):
                counted = f"{number(low)}–{number(high)}"
            case Day(day):
                return written_date(day)
            case _:
                return self.words(TextId(f"fact.{fact.id}"), language)
        # The slots of these phrases are counted as a short answer, which is about what the number takes.
        around = self.words(TextId(f"phrase.unit-{unit}"), language) + self.words(TextId(f"phrase.per-{per}"), language)
        return counted + around.replace(_AN_ANSWER, "")

    def _hotline(self, hotline_id: HotlineId, language: Language) -> str:
        hotline = self._draft.hotlines.get(hotline_id)
        dials = [each.e164 or each.dial for each in hotline.numbers] if hotline is not None else []
        return " ".join((self.words(TextId(f"hotline.{hotline_id}.name"), language), *dials))
