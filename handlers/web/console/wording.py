"""The words of the console in one member's language: its own phrases, the desk's, and what the content calls things.

Moments stand by a helpline's clock, since that is the one staff look at; spans are as short as can be.
"""

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Final
from zoneinfo import ZoneInfo

from bot.desk.helplines import HelplineId
from bot.dialogue.desk_wording import MOST_LABELS, seen
from bot.dialogue.phrasebook import TextId
from bot.dialogue.script import Script, TopicId
from bot.dialogue.wording import Wording
from bot.facts import Caller
from bot.messages import Language

_NONE: Final = "–"
_HOUR: Final = timedelta(hours=1)
_DAY: Final = timedelta(days=1)


@dataclass(frozen=True, slots=True)
class ConsoleWords:
    """Words in `language` at one moment; times by the clock of `zone`."""

    script: Script
    language: Language
    now: datetime
    zone: str

    def say(self, name: str, /, **slots: object) -> str:
        """One of the console's own phrases."""
        return self.phrase(f"console-{name}", **slots)

    def count(self, name: str, number: int, /, **slots: object) -> str:
        """A phrase that tells how many; the one for exactly one has `-one` behind its name."""
        return self.say(f"{name}-one" if number == 1 else name, count=number, **slots)

    def desk(self, name: str, /, **slots: object) -> str:
        """One of the phrases that staff read in their groups, too, without the picture in front of it."""
        return without_picture(self.phrase(f"desk-{name}", **slots))

    def phrase(self, name: str, /, **slots: object) -> str:
        """Any phrase of the content."""
        return self._words(self.language, f"phrase.{name}", **slots)

    def has(self, name: str) -> bool:
        """Whether the console has a phrase of this name."""
        return TextId(f"phrase.console-{name}") in self.script.phrasebook

    def tongue(self, code: Language | None) -> str:
        """A language by its name, in the member's."""
        if code is None:
            return self.say("language-unknown")
        known = TextId(f"phrase.language-{code}") in self.script.phrasebook
        return self.phrase(f"language-{code}") if known else code

    def own_name(self, code: Language) -> str:
        """A language by the name that its own speakers give it."""
        tongue = self.script.tongues.get(code)
        return code if tongue is None else tongue.name

    def country(self, code: str | None) -> str:
        known = code is not None and TextId(f"phrase.country-{code}") in self.script.phrasebook
        return self.phrase(f"country-{code}") if known else self.desk("country-unknown")

    def topic(self, topic: str | None) -> str:
        """What a ticket is about, by the title of the topic."""
        found = self.script.topics.get(TopicId(topic or ""))
        return self.say("topic-unknown") if found is None else self._words(self.language, found.title)

    def helpline(self, helpline: HelplineId) -> str:
        known = helpline in self.script.helplines.all
        return self._words(self.language, f"helpline.{helpline}.name") if known else helpline

    def card(self, what: str, helpline: HelplineId, language: Language | None = None, filled: str = "") -> str:
        """The words of `card:<id>` or `canned:<id>`, in the member's language or in another."""
        kind, _, name = what.partition(":")
        text = f"canned.{helpline}.{name}" if kind == "canned" else f"card.{name}"
        if TextId(text) not in self.script.phrasebook:
            return _NONE
        card = next((one for one in self.script.cards.all.values() if kind == "card" and one.id == name), None)
        slots = {card.slot: filled or "…"} if card is not None and card.slot is not None else {}
        return self._words(language or self.language, text, **slots)

    def answer(self, card: str, answer: str, language: Language | None = None) -> str:
        """The label of an answer to a card; one that is not in the content any more stands as it was kept."""
        text = f"card.{card}.{answer}"
        known = TextId(text) in self.script.phrasebook
        return self._words(language or self.language, text) if known else answer

    def group(self, group: str) -> str:
        """A chapter of the phrases."""
        return self._words(self.language, f"card-group.{group}")

    def label(self, label: str) -> str:
        """A label in words; one that staff made up stands as they wrote it."""
        return self.desk(f"label-{label}") if label in MOST_LABELS else seen(label)

    def clock(self, moment: datetime, zone: str = "") -> str:
        """`14:05`, with the day in front where it is another one."""
        there = ZoneInfo(zone or self.zone)
        shown = moment.astimezone(there)
        same_day = shown.date() == self.now.astimezone(there).date()
        return shown.strftime("%H:%M" if same_day else "%d/%m %H:%M")

    def span(self, length: timedelta) -> str:
        """How long, in the two largest units."""
        if length < timedelta(minutes=1):
            return self.say("span-now")
        if length < _HOUR:
            return self.say("span-minutes", n=int(length.total_seconds()) // 60)
        if length < _DAY:
            minutes = int(length.total_seconds()) // 60
            return self.say("span-hours", h=minutes // 60, n=minutes % 60)
        hours = int(length.total_seconds()) // 3600
        return self.say("span-days", d=hours // 24, h=hours % 24)

    def minutes(self, minutes: int) -> str:
        """A span of so many minutes, in its largest unit alone."""
        hours, left = divmod(minutes, 60)
        if left:
            return self.phrase("unit-minute", n=minutes)
        unit, many = ("day", hours // 24) if hours >= 24 else ("hour", hours)
        return self.phrase(f"unit-{unit}-one" if many == 1 else f"unit-{unit}", n=many)

    def ago(self, moment: datetime) -> str:
        """How long ago."""
        return self.span(max(self.now - moment, timedelta()))

    def _words(self, language: Language, text: str, /, **slots: object) -> str:
        wording = Wording(self.script, language, Caller(None, None, language), self.now)
        return wording.words(TextId(text), **{name: str(value) for name, value in slots.items()})


def exact(moment: datetime) -> str:
    """A moment as machines read it."""
    return moment.astimezone(UTC).strftime("%Y-%m-%dT%H:%MZ")


def without_picture(words: str) -> str:
    """The same without a picture sign in front: a page has its own signs, and they are not read out."""
    first, space, rest = words.partition(" ")
    return rest if space and first and not any(character.isalnum() for character in first) else words
