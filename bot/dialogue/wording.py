"""Words for one person at one moment: phrases with their slots filled, facts with their units and dates.

Facts and hotlines are filled in here and nowhere else, so that what is out of date is dated or withheld everywhere.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from decimal import Decimal
from typing import Final, assert_never

from bot.dialogue.conversation import Value
from bot.dialogue.events import Wish
from bot.dialogue.phrasebook import FactSlot, HotlineSlot, Phrase, Slot, TextId, ValueSlot
from bot.dialogue.script import Script
from bot.dialogue.steps import AnswerKind
from bot.facts import Amount, AmountRange, Caller, Day, Evidence, Fact, HotlineId, Rule, Telling
from bot.messages import Language, Span, Style, Text, plain, words_of

BLANK_LINE: Final = Span("\n\n")

ENGINE_PHRASES: Final = (
    # ways out
    *("back", "home", "language", "person", "exit"),
    # menus
    *("check-step-by-step", "done", "other", "what-next", "switch-language", "danger-now"),
    # when an answer does not fit
    *("stale-button", "moved", "went-wrong", "not-understood", "did-you-mean", "out-of-range", "cannot-read"),
    *(f"ask-again-{kind}" for kind in AnswerKind),
    # danger and numbers
    *(
        "danger-unneeded",
        "no-number-here",
        "no-number-known",
        "numbers-elsewhere",
        "in-country",
        "open-now",
        "closed-now",
        "hours-unknown",
        "free-call",
    ),
    *("speaks", "listed", "interpreter"),
    # facts and languages
    *("range", "checked-on", "may-have-changed", "fallback-note", "reviewed-share"),
    # endings
    *("stopped", "exit-limits", "forgotten", "times-up", "too-fast", "page-busy"),
    # with a helpline
    *("held-neutral", "held-look", "covered", "staff-says", "staff-wrote-in", "edited-mark", "passed-on"),
    *("cannot-pass-on", "not-passed-on", "acknowledged-now", "waits-again", "ticket-reopened"),
    *("code-joined", "code-unknown", "moved-away", "opens-again"),
    *("no-desk-now", "referral-accepted", "referral-declined", "referral-lapsed", "referral-refused"),
    *("referral-withdrawn", "call-kept"),
)
"""What the engine says whatever the content is; content without one of these does not go live."""

WISH_ICONS: Final = {
    Wish.BACK: "⬅️",
    Wish.HOME: "🏠",
    Wish.LANGUAGE: "🌐",
    Wish.PERSON: "🗣️",
    Wish.EXIT: "✖️",
}


@dataclass(slots=True)
class Wording:
    """The words of a script in one language, for a caller, over what is known of them, at a moment."""

    script: Script
    language: Language
    caller: Caller
    now: datetime
    known: Mapping[str, Value] = field(default_factory=dict)
    is_for_all: bool = field(default=True, init=False, compare=False)
    """Whether all that was said so far is the same for everybody, on any day."""

    def text(self, text_id: TextId, **more: str) -> Text:
        """A phrase of the content with its slots filled."""
        phrase, language = self.script.phrasebook.find(text_id, self.language)
        filled = self._fill_dated_once(phrase, more)
        if language == self.language or text_id.startswith("phrase."):
            return filled
        note = self.phrase("fallback-note")
        return (Span(f"({note})\n"), *filled)

    def words(self, text_id: TextId, **more: str) -> str:
        """A phrase of the content as mere words."""
        phrase, _ = self.script.phrasebook.find(text_id, self.language)
        return "".join([part if isinstance(part, str) else words_of(self._slot(part, more)) for part in phrase])

    def phrase(self, name: str, **more: str) -> str:
        """One of the engine's own phrases."""
        return self.words(TextId(f"phrase.{name}"), **more)

    def country(self, code: str) -> str:
        """A country's name."""
        return self.phrase(f"country-{code}")

    def checked(self, evidence: Evidence) -> str:
        """`checked 11/2026`."""
        return self.phrase("checked-on", month=f"{evidence.checked.month:02}", year=str(evidence.checked.year))

    def tell(self, fact: Fact, *, dates: bool = True) -> str:
        """A fact's value with its unit; dated, unless the date is told elsewhere, or withheld, as its evidence asks."""
        telling, ready = fact.telling(self.now.date()), self.script.ready.facts
        if telling is Telling.DATED and not dates:
            telling = Telling.PLAIN
        told = ready.get((self.language, fact.id, telling))
        if told is None:
            # Here only what the fact itself says counts.
            self.is_for_all = True
            told = self._tell(fact, telling)
            if self.is_for_all:
                ready[self.language, fact.id, telling] = told
        # How it is told depends on the day.
        self.is_for_all = False
        return told

    def reviewed_share(self) -> Text:
        """How much of this language has been reviewed by a speaker; nothing where all of it has."""
        reviewed, total = self.script.phrasebook.reviewed(self.language)
        if reviewed == total:
            return ()
        return plain(self.phrase("reviewed-share", reviewed=str(reviewed), total=str(total)))

    def _fill_dated_once(self, phrase: Phrase, more: Mapping[str, str]) -> Text:
        """With one date under all, where several facts need one and all that are told were checked in its month.

        Else each has its own: one date would be read as that of a fact which was checked at another time.
        """
        today = self.now.date()
        facts = [self.script.facts[part.fact] for part in phrase if isinstance(part, FactSlot)]
        told = [fact.evidence for fact in facts if fact.telling(today) is not Telling.WITHHELD]
        dated = sum(fact.telling(today) is Telling.DATED for fact in facts)
        if dated < 2 or len({self.checked(evidence) for evidence in told}) > 1:
            return self._fill(phrase, more)
        undated = tuple(
            self.tell(self.script.facts[part.fact], dates=False) if isinstance(part, FactSlot) else part
            for part in phrase
        )
        return (*self._fill(undated, more), Span(f"\n\n({self.checked(told[0])})"))

    def _fill(self, phrase: Phrase, more: Mapping[str, str]) -> Text:
        spans: list[Span] = []
        for part in phrase:
            if isinstance(part, str):
                spans.append(Span(part))
            else:
                spans.extend(self._slot(part, more))
        return tuple(spans)

    def _slot(self, slot: Slot, more: Mapping[str, str]) -> Text:
        match slot:
            case FactSlot(fact):
                return (Span(self.tell(self.script.facts[fact])),)
            case HotlineSlot(hotline):
                return self._hotline(hotline)
            case ValueSlot(name):
                return (Span(more[name] if name in more else self._told(name)),)
            case _:
                assert_never(slot)

    def _hotline(self, hotline_id: HotlineId) -> Text:
        self.is_for_all = False
        listing = self.script.directory.list_one(hotline_id, self.caller, self.now)
        name = Span(self.words(TextId(f"hotline.{hotline_id}.name")))
        if listing is None or not listing.dials:
            return (name,)
        return (name, Span(" "), *phones(listing.dials))

    def _tell(self, fact: Fact, telling: Telling) -> str:
        if telling is Telling.WITHHELD:
            return self.phrase("may-have-changed")
        told = self._value(fact)
        return f"{told} ({self.checked(fact.evidence)})" if telling is Telling.DATED else told

    def _told(self, name: str) -> str:
        self.is_for_all = False
        value = self.known.get(name)
        if value is None:
            return "…"
        if isinstance(value, Decimal):
            return number(value)
        if name in ("origin", "here"):
            return self.country(value)
        return value

    def _value(self, fact: Fact) -> str:
        match fact.value:
            case Amount(amount, unit, per):
                return self._per(self._unit(unit, number(amount), one=amount == 1), per)
            case AmountRange(low, high, unit, per):
                both = self.phrase("range", low=number(low), high=number(high))
                return self._per(self._unit(unit, both, one=False), per)
            case Day(day):
                return written_date(day)
            case Rule():
                return self.words(TextId(f"fact.{fact.id}"))
            case _:
                assert_never(fact.value)

    def _unit(self, unit: str, counted: str, *, one: bool) -> str:
        single = f"unit-{unit}-one"
        name = single if one and TextId(f"phrase.{single}") in self.script.phrasebook else f"unit-{unit}"
        return self.phrase(name, n=counted)

    def _per(self, amount: str, per: str) -> str:
        if TextId(f"phrase.per-{per}") in self.script.phrasebook:
            return self.phrase(f"per-{per}", amount=amount)
        return amount


def number(amount: Decimal) -> str:
    """A number as people write it: thousands apart, no needless places."""
    return f"{amount:,f}"


def written_date(day: date) -> str:
    """Day, month and year in the order that all five languages use."""
    return f"{day.day}/{day.month}/{day.year}"


def phones(dials: tuple[str, ...], between: str = ", ") -> Text:
    """Numbers to dial: within a sentence, or with something between that begins a line for each."""
    spans: list[Span] = []
    for dial in dials:
        if spans:
            spans.append(Span(between))
        spans.append(Span(dial, Style.PHONE, dial))
    return tuple(spans)
