"""A message as the page shows it: paragraphs, buttons by their weight, and what becomes of earlier messages."""

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from enum import StrEnum
from typing import Final, TypeAlias

from bot.dialogue.events import Wish
from bot.dialogue.presses import Hear, read_press
from bot.dialogue.script import Script
from bot.language import language_of
from bot.messages import Button, Language, Message, Span, Style, Text
from bot.store.contract import Outgoing
from handlers.web.media import address_of
from handlers.web.wordings import words_in_all

NOW: Final = "now-"
"""Begins the ids of articles that were worked out for a page and stand in no outbox."""

_ARTICLE_ID: Final = re.compile(r"[0-9a-f]{18}|now-[0-9]{1,2}")
_DIAL: Final = re.compile(r"\+?[0-9*#]{2,20}")
_BULLET: Final = "• "
_SHOWN_AS_PICTURE: Final = "\ufe0f"
"""Follows a letter that is meant as a picture, as in ℹ️."""

_STATES: Final = frozenset({"✅", "⬜"})
"""Icons that say whether an item is ticked, which must also be heard."""


class Weight(StrEnum):
    """How a button looks: an answer, the call for help, a way out, the quick exit, or a number to dial."""

    ANSWER = "answer"
    DANGER = "danger"
    WAY = "way"
    LEAVE = "leave"
    DIAL = "dial"


@dataclass(frozen=True, slots=True)
class Shown:
    """A button on the page; `spoken` is said in its place where it shows only an icon.

    `language` is told where the message around it has none: a language's own name.
    """

    icon: str
    words: str
    press: str
    dial: str
    weight: Weight
    spoken: str
    language: str | None

    @property
    def icon_speaks(self) -> bool:
        """Whether the icon says something that nothing else says."""
        return self.icon in _STATES or not (self.words or self.spoken)


Row: TypeAlias = tuple[Shown, ...]


@dataclass(frozen=True, slots=True)
class Line:
    """One line of a paragraph; an item's second line is indented."""

    spans: Text
    item: bool


@dataclass(frozen=True, slots=True)
class Paragraph:
    """Lines that belong together; one that calls holds a number to dial, or an address to write to."""

    lines: tuple[Line, ...]

    @property
    def calls(self) -> bool:
        return any(span.style is Style.PHONE or span.address for line in self.lines for span in line.spans)


@dataclass(frozen=True, slots=True)
class Article:
    """One message, ready for the template; with the addresses of its picture and of its recording, if it has them."""

    id: str
    language: Language | None
    paragraphs: tuple[Paragraph, ...]
    rows: tuple[Row, ...]
    ways: Row
    replaces: str | None
    covers: bool
    kept: bool
    picture: str = ""
    recording: str = ""

    @property
    def is_menu(self) -> bool:
        """Whether it takes over from the menus before it."""
        return bool(self.rows or self.ways) and not self.kept

    def without_buttons(self) -> "Article":
        """The same to read only."""
        return replace(self, rows=(), ways=())


def article_id(written: str | None) -> str | None:
    """The id of an article that a browser sent back, if it can be one."""
    return written if written and _ARTICLE_ID.fullmatch(written) else None


def waiting_articles(waiting: Iterable[Outgoing], script: Script, now: datetime) -> list[Article]:
    """What waits in an outbox, as articles."""
    return [
        article(one.message, one.id.hex(), script, now, replaces=one.replaces, covers=one.covers)
        for one in waiting
        if one.message is not None
    ]


def worked_out_articles(messages: Iterable[Message], script: Script, now: datetime) -> list[Article]:
    """Messages of a turn that is written nowhere."""
    return [article(message, f"{NOW}{place}", script, now) for place, message in enumerate(messages)]


def article(
    message: Message, known_as: str, script: Script, now: datetime, *, replaces: str | None = None, covers: bool = False
) -> Article:
    """One message as an article."""
    rows, ways = _buttons(message, script, now)
    media = script.media
    return Article(
        id=known_as,
        language=message.language,
        paragraphs=paragraphs_of(message.text),
        rows=rows,
        ways=ways,
        replaces=article_id(replaces),
        covers=covers,
        kept=message.keep,
        picture=address_of(media.picture(message.picture or "", message.language)),
        recording=address_of(media.recording(message.recording or "", message.language)),
    )


def settled(articles: Sequence[Article]) -> list[Article]:
    """What is left to see of articles that came one after the other, as the page's script would leave it."""
    left: list[Article] = []
    for one in articles:
        if one.covers:
            left.clear()
        place = next((place for place, each in enumerate(left) if each.id == one.replaces), None)
        if place is None:
            left.append(one)
        else:
            left[place] = one
    last_menu = max((place for place, each in enumerate(left) if each.is_menu), default=-1)
    return [each.without_buttons() if each.is_menu and place < last_menu else each for place, each in enumerate(left)]


def paragraphs_of(text: Text) -> tuple[Paragraph, ...]:
    """A text cut at its line ends; an empty line ends a paragraph."""
    lines: list[list[Span]] = [[]]
    for span in text:
        for place, words in enumerate(span.words.split("\n")):
            if place:
                lines.append([])
            if words:
                lines[-1].append(_dialable(replace(span, words=words)))
    paragraphs: list[list[Line]] = [[]]
    for spans in lines:
        if spans:
            paragraphs[-1].append(Line(tuple(spans), spans[0].words.startswith(_BULLET)))
        elif paragraphs[-1]:
            paragraphs.append([])
    return tuple(Paragraph(tuple(lines)) for lines in paragraphs if lines)


def _dialable(span: Span) -> Span:
    if span.style is Style.PHONE and not _DIAL.fullmatch(span.dial):
        return Span(span.words, Style.STRONG)
    return span


def _buttons(message: Message, script: Script, now: datetime) -> tuple[tuple[Row, ...], Row]:
    """The answers in their rows, and the ways out in one."""
    answers: list[Row] = []
    ways: list[Shown] = []
    for row in message.rows:
        shown = [_shown(button, message.language, script, now) for button in row]
        ways += [each for each in shown if each.weight in (Weight.WAY, Weight.LEAVE)]
        if others := tuple(each for each in shown if each.weight not in (Weight.WAY, Weight.LEAVE)):
            answers.append(others)
    return tuple(answers), tuple(ways)


def _shown(button: Button, around: Language | None, script: Script, now: datetime) -> Shown:
    icon, words = _split_icon(button.label)
    weight, wish = _weigh(button)
    spoken = "" if words or wish is None else words_in_all(script, wish, now)
    language = None if around else language_of(words)
    return Shown(icon, words, button.press, button.dial, weight, spoken, language)


def _weigh(button: Button) -> tuple[Weight, Wish | None]:
    if _DIAL.fullmatch(button.dial):
        return Weight.DIAL, None
    press = read_press(button.press)
    if press is not None and isinstance(press.wants, Hear):
        return Weight.WAY, None
    if press is None or not isinstance(press.wants, Wish):
        return Weight.ANSWER, None
    if press.wants is Wish.HELP:
        return Weight.DANGER, press.wants
    if press.wants is Wish.EXIT:
        return Weight.LEAVE, press.wants
    # Under a message that stays, talking to a person is the answer and not a way out.
    return (Weight.ANSWER if press.kept else Weight.WAY), press.wants


def _split_icon(label: str) -> tuple[str, str]:
    first, space, rest = label.partition(" ")
    if first and (_SHOWN_AS_PICTURE in first or not any(character.isalnum() for character in first)):
        return first, rest if space else ""
    return "", label
