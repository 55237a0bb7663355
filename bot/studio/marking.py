"""Says which text of the content stands behind each word on a screen.

The engine fills texts into messages and forgets where they came from, as it should: nobody but an editor wants to know.
So the phrases of a script are put between marks that no content holds, the engine takes its turns with them as with any
other words, and the marks are taken off again before anybody sees them.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Final

from bot.dialogue.phrasebook import FactSlot, HotlineSlot, Phrase, Phrasebook, Slot, TextId, ValueSlot, Worded
from bot.dialogue.script import Script
from bot.messages import Button, Span, Text

FACT: Final = "fact:"
HOTLINE: Final = "hotline:"
"""How slots that were filled are called, beside texts by their ids."""

_FIRST: Final = 0xF0000
_LAST: Final = 0x10FFFC
_END: Final = "\U0010fffd"
"""Marks are letters of the private planes: one for each text, and one that ends them all."""

_PHRASE: Final = "phrase."


@dataclass(frozen=True, slots=True)
class Piece:
    """Words in one style, and the text or slot they came from; empty where the engine made them."""

    span: Span
    source: str


@dataclass(frozen=True, slots=True)
class Marked:
    """A script with marks in its phrases, and what the marks stand for."""

    script: Script
    names: tuple[str, ...]

    @classmethod
    def of(cls, script: Script) -> "Marked":
        """Mark all phrases of a script, in all languages."""
        book = script.phrasebook
        slots = {_slot_name(slot) for text in book for one in book.worded(text).values() for slot in _slots(one.phrase)}
        names = (*book, *sorted(slots - {""}))[: _LAST - _FIRST]
        places = {name: place for place, name in enumerate(names)}
        phrases = {text: {code: _marked(text, one, places) for code, one in book.worded(text).items()} for text in book}
        fallbacks = {code: tongue.fallbacks for code, tongue in script.tongues.items()}
        return cls(replace(script, phrasebook=Phrasebook(phrases, fallbacks)), names)

    def pieces(self, text: Text) -> tuple[Piece, ...]:
        """A text of the marked script without its marks, cut where words come from elsewhere."""
        inside: list[str] = []
        pieces: list[Piece] = []
        for span in text:
            for mark, words in _cut(span.words):
                if mark == _END:
                    del inside[-1:]
                elif mark:
                    inside.append(self._name(mark))
                if words:
                    pieces.append(Piece(replace(span, words=words), _nearest(inside)))
        return tuple(pieces)

    def button(self, button: Button) -> tuple[Button, str]:
        """A button of the marked script without its marks, and the text that is its label."""
        pieces = self.pieces((Span(button.label),))
        source = next((piece.source for piece in pieces if piece.source), "")
        return replace(button, label="".join(piece.span.words for piece in pieces)), source

    def _name(self, mark: str) -> str:
        place = ord(mark) - _FIRST
        return self.names[place] if place < len(self.names) else ""


def _marked(text: TextId, worded: Worded, places: Mapping[str, int]) -> Worded:
    marked: list[str | Slot] = []
    if text in places:
        marked.append(_mark(places[text]))
    for part in worded.phrase:
        name = "" if isinstance(part, str) else _slot_name(part)
        marked += [_mark(places[name]), part, _END] if name in places else [part]
    if text in places:
        marked.append(_END)
    return replace(worded, phrase=_joined(marked))


def _joined(parts: list[str | Slot]) -> Phrase:
    """Words that stand beside each other as one: a phrase without slots is filled in faster."""
    joined: list[str | Slot] = []
    for part in parts:
        last = joined[-1] if joined else None
        if isinstance(part, str) and isinstance(last, str):
            joined[-1] = last + part
        else:
            joined.append(part)
    return tuple(joined)


def _mark(place: int) -> str:
    return chr(_FIRST + place)


def _slots(phrase: Phrase) -> Iterator[Slot]:
    return (part for part in phrase if not isinstance(part, str))


def _slot_name(slot: Slot) -> str:
    match slot:
        case FactSlot(fact):
            return f"{FACT}{fact}"
        case HotlineSlot(hotline):
            return f"{HOTLINE}{hotline}"
        case ValueSlot():
            return ""


def _cut(words: str) -> Iterator[tuple[str, str]]:
    """Words at their marks: each mark with what follows it; the first piece may have none."""
    mark, start = "", 0
    for place, letter in enumerate(words):
        if ord(letter) >= _FIRST:
            yield mark, words[start:place]
            mark, start = letter, place + 1
    yield mark, words[start:]


def _nearest(inside: list[str]) -> str:
    """The innermost text; units and other small words of the engine count only where nothing else is around them."""
    own = next((name for name in reversed(inside) if name and not name.startswith(_PHRASE)), "")
    return own or (inside[-1] if inside else "")
