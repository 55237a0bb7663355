"""From the trees of concepts.yaml and safety.yaml to values: all mistakes at once, each with the path to it.

The trees hold only mappings, lists and texts. What the keys mean stands at the head of the two files.
"""

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Final, TypeAlias

from bot.language.danger import Kind, Sign, Together
from bot.language.lexicon import Lexicon
from bot.language.matching import NOTHING, Example
from bot.language.scripts import LANGUAGES, foreign_letters

Tree: TypeAlias = Mapping[str, "Tree"] | Sequence["Tree"] | str

ROMANISED: Final = "romanised"
_WORD_LANGUAGES: Final = (*LANGUAGES, ROMANISED)


@dataclass(frozen=True, slots=True)
class Concepts:
    """The ideas with their words, and the lines that no topic answers."""

    words: Mapping[str, tuple[str, ...]]
    off_topic: tuple[Example, ...]


@dataclass(frozen=True, slots=True)
class Safety:
    """What speaks for danger, with words of its own; examples for the matcher; calm lines, which only teach what is no
    danger; words that stay out of previews.
    """

    words: Mapping[str, tuple[str, ...]]
    signs: Mapping[str, Sign]
    together: tuple[Together, ...]
    examples: tuple[Example, ...]
    preview: Mapping[str, tuple[str, ...]]
    calm: tuple[Example, ...] = ()


def concepts_from(tree: Tree) -> Concepts:
    """Raise ValueError with all mistakes, one a line."""
    mistakes = _Mistakes()
    top = mistakes.mapping(tree, "", allowed=("concepts", "off_topic"), needed=("concepts",))
    words = {
        idea: tuple(word for _, word in mistakes.words(by_language, f"concepts.{idea}"))
        for idea, by_language in mistakes.mapping(top.get("concepts", {}), "concepts").items()
    }
    off_topic = tuple(
        Example(NOTHING, language, line)
        for language, line in mistakes.words(top.get("off_topic", {}), "off_topic", romanised=False)
    )
    mistakes.raise_if_any()
    return Concepts(words, off_topic)


def safety_from(tree: Tree, concepts: Concepts) -> Safety:
    """Raise ValueError with all mistakes, one a line; ideas without words are those of concepts.yaml."""
    mistakes = _Mistakes()
    allowed = ("ideas", "together", "examples", "look_alikes", "calm", "preview")
    top = mistakes.mapping(tree, "", allowed=allowed, needed=("ideas",))
    signs: dict[str, Sign] = {}
    words: dict[str, tuple[str, ...]] = {}
    for idea, entry in mistakes.mapping(top.get("ideas", {}), "ideas").items():
        path = f"ideas.{idea}"
        fields = mistakes.mapping(entry, path, allowed=("kind", "points", "words"), needed=("points",))
        points = mistakes.points(fields.get("points", "0"), path)
        signs[idea] = Sign(mistakes.kind(fields.get("kind"), path), points)
        if "words" in fields:
            words[idea] = tuple(word for _, word in mistakes.words(fields["words"], f"{path}.words"))
        elif idea not in concepts.words:
            mistakes.add(path, "no such idea in concepts.yaml; write it there or give it words here")
    known = {*words, *concepts.words}
    together = tuple(
        mistakes.together(entry, f"together[{place}]", known)
        for place, entry in enumerate(mistakes.sequence(top.get("together", ()), "together"))
    )
    examples = (*mistakes.examples(top.get("examples", {})), *mistakes.look_alikes(top.get("look_alikes", {})))
    preview: dict[str, tuple[str, ...]] = {}
    for language, word in mistakes.words(top.get("preview", {}), "preview", romanised=False):
        preview[language] = (*preview.get(language, ()), word)
    calm = tuple(
        Example(NOTHING, language, line)
        for language, line in mistakes.words(top.get("calm", {}), "calm", romanised=False)
    )
    mistakes.raise_if_any()
    return Safety(words, signs, together, examples, preview, calm)


def lexicon_from(concepts: Concepts, safety: Safety) -> Lexicon:
    """All ideas of both documents in one lexicon, so that a longer phrase of one covers a shorter one of the
    other.
    """
    words = {
        idea: (*concepts.words.get(idea, ()), *safety.words.get(idea, ()))
        for idea in (*concepts.words, *(own for own in safety.words if own not in concepts.words))
    }
    return Lexicon.build(words, forgiven=words)


@dataclass(slots=True)
class _Mistakes:
    """Reads pieces of a tree and remembers what was wrong instead of stopping."""

    found: list[str] = field(default_factory=list)

    def add(self, path: str, what: str) -> None:
        self.found.append(f"{path or 'the file'}: {what}")

    def raise_if_any(self) -> None:
        if self.found:
            raise ValueError("\n".join(self.found))

    def mapping(
        self, tree: Tree | None, path: str, allowed: Sequence[str] = (), needed: Sequence[str] = ()
    ) -> Mapping[str, Tree]:
        if not isinstance(tree, Mapping):
            self.add(path, "names with values are expected here")
            return {}
        for key in tree:
            if allowed and key not in allowed:
                self.add(f"{path}.{key}".lstrip("."), f"unknown word; known are {', '.join(allowed)}")
        for key in needed:
            if key not in tree:
                self.add(path, f"'{key}' is missing")
        return tree

    def sequence(self, tree: Tree, path: str) -> Sequence[Tree]:
        if isinstance(tree, str) or not isinstance(tree, Sequence):
            self.add(path, "a list is expected here")
            return ()
        return tree

    def text(self, tree: Tree, path: str) -> str:
        if isinstance(tree, str) and tree.strip():
            return tree
        self.add(path, "a text is expected here")
        return ""

    def words(self, tree: Tree, path: str, *, romanised: bool = True) -> Iterator[tuple[str, str]]:
        allowed = _WORD_LANGUAGES if romanised else LANGUAGES
        for language, listed in self.mapping(tree, path, allowed=allowed).items():
            for place, entry in enumerate(self.sequence(listed, f"{path}.{language}")):
                yield language, self._word(entry, f"{path}.{language}[{place}]", language)

    def kind(self, tree: Tree | None, path: str) -> Kind | None:
        if tree is None:
            return None
        if isinstance(tree, str) and tree in set(Kind):
            return Kind(tree)
        self.add(f"{path}.kind", f"unknown kind; known are {', '.join(Kind)}")
        return None

    def together(self, tree: Tree, path: str, known: Collection[str]) -> Together:
        fields = self.mapping(tree, path, allowed=("ideas", "kind", "points"), needed=("ideas", "points"))
        listed = self.sequence(fields.get("ideas", ()), f"{path}.ideas")
        ideas = [self.text(idea, f"{path}.ideas") for idea in listed]
        for idea in ideas:
            if idea not in known:
                self.add(path, f"no idea is called '{idea}'")
        points = self.points(fields.get("points", "0"), path)
        return Together(frozenset(ideas), self.kind(fields.get("kind"), path), points)

    def points(self, tree: Tree, path: str) -> float:
        written = tree if isinstance(tree, str) else ""
        if written.removeprefix("-").replace(".", "", 1).isdecimal() and written.isascii():
            return float(written)
        self.add(f"{path}.points", "a number is expected here")
        return 0.0

    def examples(self, tree: Tree) -> Iterator[Example]:
        for name, by_language in self.mapping(tree, "examples").items():
            path = f"examples.{name}"
            kind = self.kind(name, path)
            for language, line in self.words(by_language, path, romanised=False):
                yield Example(kind or NOTHING, language, line)

    def look_alikes(self, tree: Tree) -> Iterator[Example]:
        for language, by_topic in self.mapping(tree, "look_alikes", allowed=LANGUAGES).items():
            path = f"look_alikes.{language}"
            for topic, lines in self.mapping(by_topic, path).items():
                for place, line in enumerate(self.sequence(lines, f"{path}.{topic}")):
                    yield Example(topic, language, self._word(line, f"{path}.{topic}[{place}]", language))

    def _word(self, tree: Tree, path: str, language: str) -> str:
        word = self.text(tree, path)
        strange = foreign_letters(word, "en" if language == ROMANISED else language)
        if strange:
            self.add(path, f"letters of another script: {strange}")
        return word
