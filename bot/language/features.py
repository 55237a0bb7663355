"""What a text is compared by: ideas, pairs of ideas, and the letters themselves.

Ideas carry over between languages and letters do not, so each of the three kinds is scaled to a length of its
own first: a text of
which only the letters are known still has a whole vector.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import combinations, pairwise
from typing import Final

from bot.language.lexicon import Find, Lexicon, Typed, sound

MOST_TOKENS: Final = 120
MOST_IDEAS: Final = 12
KINDS: Final = ("ideas", "pairs", "letters")
# How much each kind counts; measured on questions written by other hands than the examples.
SHARE_OF_KIND: Final = {"ideas": 1.0, "pairs": 0.5, "letters": 1.3}


@dataclass(frozen=True, slots=True)
class Heard:
    """A text made ready for comparing, and the ideas in it: found once, used for topics and for danger."""

    typed: Typed
    finds: tuple[Find, ...]

    @classmethod
    def of(cls, readable_text: str, concepts: Lexicon, *, forgiving: bool = True) -> "Heard":
        typed = Typed.of(readable_text)
        return cls(typed, concepts.find(typed, forgiving=forgiving))


@dataclass(frozen=True, slots=True)
class Features:
    ideas: tuple[str, ...]
    pairs: tuple[str, ...]
    letters: tuple[str, ...]

    @classmethod
    def of(cls, heard: Heard) -> "Features":
        ideas = tuple(dict.fromkeys(find.idea for find in heard.finds))[:MOST_IDEAS]
        return cls(
            tuple(f"={idea}" for idea in ideas),
            tuple(f"{one}+{other}" for one, other in combinations(sorted(ideas), 2)),
            tuple(dict.fromkeys(_letters(heard.typed))),
        )

    def of_kind(self, kind: str) -> tuple[str, ...]:
        return {"ideas": self.ideas, "pairs": self.pairs, "letters": self.letters}[kind]


def _letters(typed: Typed) -> Iterator[str]:
    yield from _native("", typed.tokens[:MOST_TOKENS])
    yield from _native("~", typed.bare[:MOST_TOKENS])
    words = [token for token in typed.tokens[:MOST_TOKENS] if token.isascii()]
    for word in words:
        yield f"w:{word}"
        yield f"s:{sound(word)}"
        framed = f" {word[:24]} "
        for size in (3, 4):
            yield from (f"c:{framed[start : start + size]}" for start in range(len(framed) - size + 1))
    yield from (f"w:{one} {other}" for one, other in pairwise(words))


def _native(mark: str, path: tuple[str, ...]) -> Iterator[str]:
    clusters = [token for token in path if not token.isascii()]
    for size in (1, 2, 3):
        for start in range(len(clusters) - size + 1):
            yield mark + "".join(clusters[start : start + size])
