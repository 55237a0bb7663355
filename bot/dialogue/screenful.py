"""Puts together what one turn shows, within what a message may hold."""

from collections.abc import Sequence
from dataclasses import replace

from bot.dialogue.effects import Effect, Send
from bot.dialogue.phrasebook import TextId
from bot.dialogue.wording import BLANK_LINE
from bot.language import clusters
from bot.messages import MESSAGE_UNITS, Language, Message, Rows, Span, Text, units, words_of


class Screenful:
    """The effects of a turn in the making, and the words that wait for the menu under them."""

    def __init__(self) -> None:
        self.picture: str | None = None
        self.recording: TextId | None = None
        self.covers = False
        self.replaces = False
        self.silent = False
        self._effects: list[Effect] = []
        self._parts: list[Text] = []

    def effects(self) -> tuple[Effect, ...]:
        """All that is to be done, in order."""
        return tuple(self._effects)

    def do(self, effect: Effect) -> None:
        """Ask for something that shows nothing."""
        self._effects.append(effect)

    def add(self, text: Text) -> None:
        """Say this before what comes next."""
        if any(span.words.strip() for span in text):
            self._parts.append(text)

    def is_silent(self) -> bool:
        """Whether nothing waits to be said over the menu."""
        return not self._parts

    def clear(self) -> None:
        """Take back what waits for the menu."""
        self.picture = self.recording = None
        self._parts.clear()

    def show_beside(self, text: Text, rows: Rows, language: Language | None) -> None:
        """Show a message that stays, before what waits for the menu."""
        *earlier, last = _fit([text]) or [()]
        for part in earlier:
            self._effects.append(Send(Message(part, keep=True, language=language)))
        if last:
            self._effects.append(Send(Message(last, rows, keep=True, language=language)))

    def show_apart(self, text: Text, language: Language | None) -> None:
        """Show what was said so far and then this, both to stay."""
        for part in (*_fit(self._parts), *_fit([text])):
            self._effects.append(Send(Message(part, keep=True, language=language)))
        self._parts.clear()

    def show_menu(self, rows: Rows, language: Language | None) -> None:
        """Show what was said with buttons under it."""
        *earlier, last = _fit(self._parts)
        for text in earlier:
            self._effects.append(Send(Message(text, language=language)))
        alone = not any(isinstance(effect, Send) for effect in self._effects)
        menu = Message(last, rows, language=language, picture=self.picture, recording=self.recording)
        self._effects.append(Send(menu, replaces=self.replaces and alone, covers=self.covers, silent=self.silent))
        self._parts.clear()


def _fit(parts: Sequence[Text]) -> list[Text]:
    """Parts with a blank line between, in as few messages as hold them; a part too long is cut between lines."""
    whole = _joined(parts)
    if units(words_of(whole)) <= MESSAGE_UNITS:
        return [whole] if whole else []
    messages: list[list[Span]] = []
    room = 0
    for part in parts:
        for piece, starts_part in _pieces(part) if part else ():
            length = sum(units(span.words) for span in piece)
            joint = (BLANK_LINE,) if starts_part else ()
            if messages and length + len(joint) * 2 <= room:
                messages[-1].extend((*joint, *piece))
                room -= length + len(joint) * 2
            else:
                messages.append(list(piece))
                room = MESSAGE_UNITS - length
    return [tuple(message) for message in messages]


def _joined(parts: Sequence[Text]) -> Text:
    """All of it as one message, as most screenfuls are."""
    whole: list[Span] = []
    for part in parts:
        if whole and part:
            whole.append(BLANK_LINE)
        whole.extend(part)
    return tuple(whole)


def _pieces(part: Text) -> list[tuple[Text, bool]]:
    if sum(units(span.words) for span in part) <= MESSAGE_UNITS:
        return [(part, True)]
    lines = [
        replace(span, words=line)
        for span in part
        for whole in span.words.splitlines(keepends=True)
        for line in _chunks(whole)
    ]
    return [((line,), index == 0) for index, line in enumerate(lines)]


def _chunks(line: str) -> list[str]:
    """Cut between grapheme clusters, for languages without spaces."""
    if units(line) <= MESSAGE_UNITS:
        return [line]
    chunks: list[str] = [""]
    for cluster in clusters(line):
        if units(chunks[-1]) + units(cluster) > MESSAGE_UNITS:
            chunks.append("")
        chunks[-1] += cluster
    return chunks
