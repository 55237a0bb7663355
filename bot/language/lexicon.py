"""Finds the listed words of many ideas in a text, in one pass, however they are spelt.

Words are looked up as whole clusters (or whole Latin words), never inside one: the Burmese word for "month" is not
found in the one for "come". A word that is not found as it stands is looked for by its skeleton; a Latin word by its
stem, its sound, and one slip of the finger. What lies inside a longer find of the same text does not count: "no
salary" is not "salary".
"""

import re
from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from functools import lru_cache
from typing import Final

from bot.language.normal import normal, skeleton, tokens
from bot.language.slips import Slips

SHORTEST_WITH_SLIP: Final = 5
# Each ending with the shortest stem it may leave: "apply" is no form of "app".
_ENDINGS: Final = (("ing", 3), ("ed", 3), ("es", 3), ("s", 3), ("d", 3), ("ly", 4))
_SHORTEST_JOINED: Final = 6
_SHORTEST_HEARD: Final = 5
_FEWEST_BLURRED_CLUSTERS: Final = 3
_SOUNDS: Final = (
    ("ph", "p"), ("th", "t"), ("kh", "k"), ("ch", "j"), ("sh", "s"), ("ht", "t"), ("hs", "s"), ("hl", "l"), ("hm", "m"),
    ("hn", "n"), ("ou", "u"), ("oo", "u"), ("ee", "i"), ("ea", "i"), ("ae", "e"), ("oe", "o"), ("aw", "o"), ("au", "o"),
    ("ay", "ai"), ("ey", "ai"), ("ei", "ai"), ("uy", "ui"), ("y", "i"), ("w", "v"), ("q", "k"), ("c", "k"), ("z", "s"),
    ("r", ""), ("h", ""),
)  # fmt: skip
# Enough for the words of the content; what people type passes through and is forgotten.
_SOUNDS_KEPT: Final = 4_096
_DOUBLED: Final = re.compile(r"(.)\1+")
_LATIN: Final = re.compile(r"[a-z]+")


@dataclass(frozen=True, slots=True)
class Typed:
    """A text made ready for comparing, once."""

    normal: str
    tokens: tuple[str, ...]
    bare: tuple[str, ...]

    @classmethod
    def of(cls, readable_text: str) -> "Typed":
        folded = normal(readable_text)
        return cls(folded, tuple(tokens(folded)), tuple(tokens(skeleton(folded))))


@dataclass(frozen=True, slots=True)
class Find:
    """An idea, and which tokens of the text gave it; a word with a slip inside has no place."""

    idea: str
    start: int
    end: int
    word: str
    exact: bool

    @property
    def slipped(self) -> bool:
        return self.end == 0


@dataclass(frozen=True, slots=True)
class Listed:
    """Words by their tokens, with spaces between: a tree with a branch for each token took three times the room."""

    ideas: dict[str, tuple[str, ...]] = field(default_factory=dict)
    longest: dict[str, int] = field(default_factory=dict)
    """How many tokens the longest word has, by the two that it begins with."""

    def add(self, path: tuple[str, ...], idea: tuple[str]) -> None:
        word = " ".join(path)
        known = self.ideas.get(word)
        if known is None:
            # Most words give one idea, and all words of an idea share this.
            self.ideas[word] = idea
        elif idea[0] not in known:
            self.ideas[word] = known + idea
        if len(path) > 1:
            opening = f"{path[0]} {path[1]}"
            self.longest[opening] = max(len(path), self.longest.get(opening, 0))

    def find(self, path: tuple[str, ...], *, exact: bool) -> Iterator[Find]:
        """All that is listed, also within each other."""
        for start, word in enumerate(path):
            for idea in self.ideas.get(word, ()):
                yield Find(idea, start, start + 1, word, exact)
            longer = " ".join(path[start : start + 2])
            for end in range(start + 2, min(start + self.longest.get(longer, 0), len(path)) + 1):
                if end > start + 2:
                    longer = f"{longer} {path[end - 1]}"
                for idea in self.ideas.get(longer, ()):
                    yield Find(idea, start, end, longer, exact)


@dataclass(frozen=True, slots=True)
class Lexicon:
    exact: Listed
    bare: Listed
    latin: frozenset[str]
    misspelt: Mapping[str, tuple[str, ...]]
    slips: Slips

    @classmethod
    def build(cls, words: Mapping[str, Iterable[str]], forgiven: Collection[str] = ()) -> "Lexicon":
        """From idea → words of any language; those of the forgiven ideas are also found with a slip
        inside.
        """
        exact, bare = Listed(), Listed()
        latin: set[str] = set()
        claimed: dict[tuple[str, ...], set[str]] = {}
        alone = {idea: (idea,) for idea in words}
        typed = [(idea, Typed.of(word)) for idea, spellings in words.items() for word in spellings]
        for idea, word in typed:
            if word.tokens:
                exact.add(word.tokens, alone[idea])
                claimed.setdefault(word.tokens, set()).add(idea)
                latin.update(token for token in word.tokens if _LATIN.fullmatch(token))
            joined = "".join(word.tokens)
            if len(word.tokens) > 1 and len(joined) >= _SHORTEST_JOINED and _LATIN.fullmatch(joined):
                exact.add((joined,), alone[idea])
                latin.add(joined)
        for idea, word in typed:
            heard = _heard(word.bare)
            # A skeleton must not turn one listed word into another, and one cluster says too little without
            # its tone.
            if _says_enough(heard) and not claimed.get(word.bare, set()) - {idea}:
                bare.add(heard, alone[idea])
        run_on = [(idea, "".join(_heard(word.bare))) for idea, word in typed if idea in forgiven]
        return cls(exact, bare, frozenset(latin), _misspelt(latin), Slips.build(run_on))

    def find(self, typed: Typed, *, forgiving: bool = True) -> tuple[Find, ...]:
        """All ideas in the text, in order; a find inside a longer one is left out. Forgiving: with slips, too."""
        known = tuple(self.known(token) for token in typed.tokens)
        exact = _outermost(self.exact.find(known, exact=True))
        heard = _heard(tuple(self.known(token) for token in typed.bare))
        seen = {find.idea for find in exact}
        blurred = [find for find in _outermost(self.bare.find(heard, exact=False)) if find.idea not in seen]
        seen.update(find.idea for find in blurred)
        if not forgiving:
            return (*exact, *blurred)
        slipped = {idea: word for idea, word in self.slips.find("".join(heard)) if idea not in seen}
        return (*exact, *blurred, *(Find(idea, 0, 0, word, exact=False) for idea, word in slipped.items()))

    def known(self, token: str) -> str:
        """The listed spelling of a Latin word, or the token itself."""
        if token in self.latin or not _LATIN.fullmatch(token):
            return token
        for ending, shortest in _ENDINGS:
            stem = token.removesuffix(ending)
            if stem != token and len(stem) >= shortest and stem in self.latin:
                return stem
        if len(token) >= SHORTEST_WITH_SLIP:
            for shorter in (token, *_with_one_less(token)):
                for listed in self.misspelt.get(shorter, ()):
                    if _one_slip(token, listed):
                        return listed
        return token


@lru_cache(maxsize=_SOUNDS_KEPT)
def sound(word: str) -> str:
    """How a romanised word is heard: spellings that differ by habit ("chai", "jai") come out the same."""
    heard = word
    for written, spoken in _SOUNDS:
        heard = heard.replace(written, spoken)
    return _DOUBLED.sub(r"\1", heard) or word


def _heard(path: tuple[str, ...]) -> tuple[str, ...]:
    return tuple(sound(token) if _LATIN.fullmatch(token) else token for token in path)


def _says_enough(path: tuple[str, ...]) -> bool:
    """Blurred, a short word is too easily another."""
    if all(token.isascii() for token in path):
        return sum(map(len, path)) >= _SHORTEST_HEARD
    return len(path) >= _FEWEST_BLURRED_CLUSTERS


def _misspelt(latin: set[str]) -> dict[str, tuple[str, ...]]:
    slips: dict[str, tuple[str, ...]] = {}
    for word in sorted(latin):
        if len(word) >= SHORTEST_WITH_SLIP:
            alone = (word,)
            for shorter in {word, *_with_one_less(word)}:
                slips[shorter] = slips[shorter] + alone if shorter in slips else alone
    return slips


def _with_one_less(word: str) -> list[str]:
    return [word[:place] + word[place + 1 :] for place in range(min(len(word), 24))]


def _one_slip(typed: str, listed: str) -> bool:
    """One letter too many, missing or wrong, or two neighbours swapped."""
    if abs(len(typed) - len(listed)) > 1 or typed[0] != listed[0]:
        return False
    shared = 0
    while shared < min(len(typed), len(listed)) and typed[shared] == listed[shared]:
        shared += 1
    left, right = typed[shared:], listed[shared:]
    swapped = left[:2] == right[:2][::-1] and left[2:] == right[2:]
    return left[1:] == right or left == right[1:] or left[1:] == right[1:] or swapped


def _outermost(finds: Iterable[Find]) -> list[Find]:
    """In order of place; those that lie within a longer find are dropped."""
    kept: list[Find] = []
    reached = -1
    for find in sorted(finds, key=lambda find: (find.start, -find.end, find.idea)):
        within = find.end < reached or (find.end == reached and kept and find.start > kept[-1].start)
        if not within:
            kept.append(find)
            reached = max(reached, find.end)
    return kept
