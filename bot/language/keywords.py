"""Words that steer the chat by themselves: HELP, STOP, HOME, 0, x, back. They are typed by people in a hurry.

Only a text that is nothing but the word counts: "stop" leaves, "they stop my wage" is a question.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Final, NewType

from bot.language.normal import normal, readable

Wish = NewType("Wish", str)

LONGEST_WISH: Final = 40
_SHORTEST_MISSPELT: Final = 4


@dataclass(frozen=True, slots=True)
class WishTable:
    """What each typed word asks for."""

    exact: Mapping[str, Wish]
    squeezed: Mapping[str, Wish]

    @classmethod
    def build(cls, words: Mapping[str, Mapping[str, Iterable[str]]]) -> "WishTable":
        """From wish → language → words; a word that two wishes claim belongs to the first."""
        exact: dict[str, Wish] = {}
        for wish, by_language in words.items():
            for language_words in by_language.values():
                for word in language_words:
                    exact.setdefault(_said(word), Wish(wish))
        exact.pop("", None)
        squeezed: dict[str, Wish] = {}
        for word, found in exact.items():
            if len(word) >= _SHORTEST_MISSPELT:
                squeezed.setdefault(_squeeze(word), found)
        return cls(exact, squeezed)


def find_wish(text: str, table: WishTable) -> Wish | None:
    """The wish that the whole text names, however loudly ("HELPPP!!!"); None for anything longer."""
    if len(text) > LONGEST_WISH:
        return None
    said = _said(text)
    if said in table.exact:
        return table.exact[said]
    return table.squeezed.get(_squeeze(said)) if len(said) >= _SHORTEST_MISSPELT else None


def _said(text: str) -> str:
    """The bare words; a text of signs only ("?", an emoji) stays what it is."""
    shown = readable(text).strip()
    return normal(shown) or shown


def _squeeze(word: str) -> str:
    return "".join(letter for place, letter in enumerate(word) if place == 0 or letter != word[place - 1])
