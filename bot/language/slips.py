"""Finds listed words that were typed with one slip of the finger, in scripts without spaces too.

With one slip, one half of the word is still whole. So the halves are looked up, and the other half is compared next
to each find.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

# Letters of Khmer and Burmese pile up: a word of nine is as short as one of seven in Thai or Lao.
SHORTEST_NATIVE: Final = 7
SHORTEST_PILED: Final = 9
SHORTEST_LATIN: Final = 9
_LONGEST_HALF: Final = 8


@dataclass(frozen=True, slots=True)
class Half:
    """One half of a word; the other stands behind it, or before it."""

    idea: str
    word: str
    other: str
    first: bool


@dataclass(frozen=True, slots=True)
class Slips:
    halves: dict[str, tuple[Half, ...]]
    lengths: tuple[int, ...]

    @classmethod
    def build(cls, words: list[tuple[str, str]]) -> "Slips":
        """From (idea, word without spaces); words too short to be sure of are left out."""
        halves: dict[str, tuple[Half, ...]] = {}
        for idea, word in dict.fromkeys(words):
            if len(word) >= _shortest(word):
                middle = min(len(word) // 2, _LONGEST_HALF)
                end = max(len(word) - len(word) // 2, len(word) - _LONGEST_HALF)
                for half in (Half(idea, word, word[middle:], first=True), Half(idea, word, word[:end], first=False)):
                    piece = word[:middle] if half.first else word[end:]
                    halves[piece] = (*halves.get(piece, ()), half)
        return cls(halves, tuple(sorted({len(piece) for piece in halves})))

    def find(self, text: str) -> Iterator[tuple[str, str]]:
        """Ideas with the words that were meant."""
        for start in range(len(text)):
            for length in self.lengths:
                for half in self.halves.get(text[start : start + length], ()):
                    if (
                        half.first and _opens(text[start + length : start + length + len(half.other) + 1], half.other)
                    ) or (
                        not half.first
                        and _opens(text[max(0, start - len(half.other) - 1) : start][::-1], half.other[::-1])
                    ):
                        yield half.idea, half.word


def _shortest(word: str) -> int:
    if word.isascii():
        return SHORTEST_LATIN
    return SHORTEST_PILED if word >= "\u1000" else SHORTEST_NATIVE


def _opens(text: str, word: str) -> bool:
    """Whether the text begins with the word, one slip allowed."""
    shared = 0
    while shared < len(word) and shared < len(text) and text[shared] == word[shared]:
        shared += 1
    if shared == len(word):
        return True
    rest, wanted = text[shared:], word[shared:]
    if not rest:
        return len(wanted) == 1
    swapped = rest[:2] == wanted[:2][::-1] and rest[2:].startswith(wanted[2:])
    return rest[1:].startswith((wanted, wanted[1:])) or rest.startswith(wanted[1:]) or swapped
