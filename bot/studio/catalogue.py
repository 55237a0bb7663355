"""What stands where: all topics, dialogues, facts, numbers and sentences of a draft, for lists and for searching.

Each file is read once for its bytes; a tree is put together from what its files say, which takes milliseconds.
"""

import unicodedata
from bisect import bisect_right
from collections import OrderedDict
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from threading import Lock
from typing import Final

from bot.compiler.assembling import take
from bot.compiler.draft import ENGLISH, Draft
from bot.compiler.glancing import parts_of
from bot.compiler.leaves import at, entries_at, entries_of, maps_of, text_at, texts_of, words_at
from bot.compiler.problems import Notebook
from bot.compiler.reading import ListNode, Node, TextNode, read_yaml
from bot.compiler.translations import Translations, hash_of
from bot.language import normal
from bot.messages import Language
from bot.studio.kinds import Kind, kind_in
from bot.studio.tree import BlobId, Tree

MOST_FILES: Final = 2_000
"""Files of before that are remembered."""

LONGEST_QUERY: Final = 200
LONGEST_TITLE: Final = 120
AROUND: Final = 40
"""Characters that are shown before and behind what was found."""

_ORDER: Final = {
    kind: place
    for place, kind in enumerate(
        (
            *(Kind.TOPIC, Kind.HOTLINE, Kind.FACT, Kind.FLOW, Kind.SCREEN),
            *(Kind.PLACE, Kind.HELPLINE, Kind.CARD, Kind.PHRASE, Kind.DANGER),
        )
    )
}
"""What is found stands in this order, where it fits equally well."""

_SIGNS: Final = frozenset({"Mn", "Mc", "Me", "Cf"})
_JOINING: Final = "\u17d2\u1039\u200d"
"""Behind these the letter goes on: the signs that put the next one below."""


@dataclass(frozen=True, slots=True)
class Entry:
    """One thing that can be opened. `stage` is that of a topic, `review_by` the earliest of its parts (ISO)."""

    kind: Kind
    id: str
    title: str
    file: str
    line: int
    stage: str = ""
    review_by: str = ""
    missing: tuple[Language, ...] = ()
    stale: tuple[Language, ...] = ()


@dataclass(frozen=True, slots=True)
class Found:
    """An entry that holds what was searched for: in which language, and the words around it."""

    entry: Entry
    language: Language
    before: str
    match: str
    after: str


@dataclass(frozen=True, slots=True)
class _Said:
    """A text of a file, as people read it and as it is searched; `entry` is the place of its entry in the file."""

    id: str
    words: str
    normal: str
    stamp: str
    entry: int
    language: Language = ENGLISH
    is_translated: bool = True
    """Whether translations of it are wanted."""


@dataclass(frozen=True, slots=True)
class _File:
    """What one file says: things that can be opened and their texts, or translations of texts."""

    entries: tuple[Entry, ...] = ()
    said: tuple[_Said, ...] = ()
    language: Language = ENGLISH


@dataclass(frozen=True, slots=True)
class Catalogue:
    """All entries of a tree."""

    entries: tuple[Entry, ...]
    """In the order of the files and their lines."""
    _said: tuple[tuple[int, _Said], ...] = ()
    _by_id: Mapping[tuple[Kind, str], int] = field(default_factory=dict)

    def of(self, kind: Kind) -> tuple[Entry, ...]:
        """Those of one kind."""
        return tuple(entry for entry in self.entries if entry.kind is kind)

    def entry(self, kind: Kind, entry_id: str) -> Entry | None:
        """One of them; nothing where there is none."""
        place = self._by_id.get((kind, entry_id))
        return None if place is None else self.entries[place]

    def search(self, words: str, kinds: Iterable[Kind] = (), at_most: int = 50) -> tuple[Found, ...]:
        """What holds these words in any language, with the best first; ids count as words, too."""
        asked = words.strip()[:LONGEST_QUERY]
        parts, wanted = normal(asked).split(), frozenset(kinds)
        if not parts:
            return ()
        best: dict[int, tuple[int, Found]] = {}
        for place, entry in enumerate(self.entries):
            if (not wanted or entry.kind in wanted) and asked.casefold() in entry.id:
                is_whole = asked.casefold() == entry.id
                best[place] = (0 if is_whole else 2, Found(entry, ENGLISH, "", "", entry.title))
        for place, said in self._said:
            entry = self.entries[place]
            if (wanted and entry.kind not in wanted) or not all(part in said.normal for part in parts):
                continue
            is_title = said.words.startswith(entry.title[:LONGEST_TITLE].rstrip("…"))
            rank = 1 if is_title or said.id.endswith(".title") else 3
            if place not in best or rank < best[place][0]:
                best[place] = (rank, Found(entry, said.language, *_excerpt(said.words, asked)))
        ordered = sorted(best.items(), key=lambda each: (each[1][0], _ORDER[each[1][1].entry.kind], each[0]))
        return tuple(found for _, (_, found) in ordered[:at_most])


class Cataloguer:
    """Remembers what each file says by its bytes, so that the next tree costs only what has changed."""

    def __init__(self) -> None:
        self._files: OrderedDict[tuple[str, BlobId], _File] = OrderedDict()
        self._last: tuple[Tree, Catalogue] | None = None
        self._lock = Lock()

    def catalogue(self, tree: Tree, folder: Path) -> Catalogue:
        """The catalogue of a tree, whose files lie in the folder; waits for the disk, so call it in a thread."""
        with self._lock:
            if self._last is None or self._last[0] != tree:
                files = [self._file(name, blob, folder) for name, blob in tree.files.items() if name.endswith(".yaml")]
                self._last = tree, _put_together(files)
            return self._last[1]

    def _file(self, name: str, blob: BlobId, folder: Path) -> _File:
        found = self._files.get((name, blob))
        if found is None:
            found = read_file(name, (folder / name).read_bytes())
            self._files[name, blob] = found
            while len(self._files) > MOST_FILES:
                self._files.popitem(last=False)
        else:
            self._files.move_to_end((name, blob))
        return found


def read_file(name: str, source: bytes) -> _File:
    """What one file says by itself; nothing where it cannot be read."""
    node = read_yaml(source, name, Notebook())
    if node is None:
        return _File()
    if name.startswith("texts/"):
        return _translated(node, Language(name.split("/")[1]))
    kind = kind_in(name)
    if kind is None:
        return _File()
    entries = tuple(_entries(kind, node, name))
    return _File(entries, tuple(_said(kind, node, name, entries)))


# What one file says


def _entries(kind: Kind, node: Node, name: str) -> Iterator[Entry]:
    match kind:
        case Kind.FLOW:
            flow = text_at(node, "flow")
            if flow is not None:
                yield Entry(Kind.FLOW, flow.words, _title(words_at(node, "title")), name, flow.place.line)
                for screen, value in entries_at(node, "screens"):
                    title = _title(next(_words_of_screen(value), ""))
                    yield Entry(Kind.SCREEN, f"{flow.words}.{screen.words}", title, name, screen.place.line)
        case Kind.PHRASE:
            for key, value in entries_at(node, "phrases"):
                words = value.words if isinstance(value, TextNode) else ""
                yield Entry(kind, key.words, _title(words), name, key.place.line)
        case Kind.DANGER:
            for key, value in entries_at(node, "ideas"):
                yield Entry(kind, key.words, words_at(value, "kind"), name, key.place.line)
        case Kind.HELPLINE:
            yield from _listed(kind, at(node, "helplines"), ("id", "name"), name)
        case Kind.CARD:
            yield from _listed(kind, at(node, "cards"), ("id", "say"), name)
        case Kind.FACT:
            yield from _listed(kind, node, ("fact", "about"), name)
        case Kind.HOTLINE | Kind.PLACE:
            yield from _listed(kind, node, (kind.value, "name"), name)
        case Kind.TOPIC:
            stage = parts_of(name)[-1]
            yield from (replace(entry, stage=stage) for entry in _listed(kind, node, ("topic", "title"), name))
        case Kind.SCREEN:
            return


def _listed(kind: Kind, node: Node | None, keys: tuple[str, str], name: str) -> Iterator[Entry]:
    for item in maps_of(node):
        found = text_at(item, keys[0])
        if found is not None and found.words:
            days = [words_at(item, "review_by"), *(words_at(each, "review_by") for each in maps_of(at(item, "answer")))]
            review_by = min((day for day in days if day), default="")
            yield Entry(kind, found.words, _title(words_at(item, keys[1])), name, item.place.line, review_by=review_by)


def _words_of_screen(node: Node) -> Iterator[str]:
    steps = node if isinstance(node, ListNode) else at(node, "steps")
    for step in maps_of(steps):
        for words in (words_at(step, "say"), words_at(at(step, "ask") or step, "text")):
            if words:
                yield words


def _title(words: str) -> str:
    line = " ".join(words.split())
    return line if len(line) <= LONGEST_TITLE else line[: LONGEST_TITLE - 1] + "…"


def _said(kind: Kind, node: Node, name: str, entries: tuple[Entry, ...]) -> Iterator[_Said]:
    """All texts of a file, each with the entry in whose lines it stands."""
    lines = [entry.line for entry in entries]

    def entry_at(line: int) -> int:
        return max(bisect_right(lines, line) - 1, 0)

    if not entries:
        return
    draft = Draft(Notebook())
    # What is wrong or unknown in it is told by the check.
    take(node, parts_of(name), draft, Translations(), {})
    for source in draft.texts.values():
        told = source.id, source.words, normal(source.words), hash_of(source.words)
        yield _Said(*told, entry_at(source.place.line), is_translated=not source.everywhere)
    for language, text in _more(kind, node):
        place = entry_at(text.place.line)
        yield _Said("", text.words, normal(text.words), "", place, language, is_translated=False)


def _more(kind: Kind, node: Node) -> Iterator[tuple[Language, TextNode]]:
    """What is no text of the bot and yet searched: example questions, what a fact is about, numbers, danger."""
    match kind:
        case Kind.TOPIC:
            for topic in maps_of(node):
                yield from ((ENGLISH, text) for text in texts_of(at(topic, "ask")))
        case Kind.FACT:
            for fact in maps_of(node):
                yield from ((ENGLISH, text) for key in ("about", "value") if (text := text_at(fact, key)) is not None)
        case Kind.HOTLINE:
            for hotline in maps_of(node):
                for number in maps_of(at(hotline, "numbers")):
                    yield from (
                        (ENGLISH, text) for key in ("dial", "e164") if (text := text_at(number, key)) is not None
                    )
        case Kind.DANGER:
            for _, idea in entries_at(node, "ideas"):
                for language, words in entries_at(idea, "words"):
                    yield from ((Language(language.words), text) for text in texts_of(words))
        case _:
            return


def _translated(node: Node, language: Language) -> _File:
    said: list[_Said] = []
    for key, value in entries_at(node, "texts"):
        words = words_at(value, "text")
        said.append(_Said(key.words, words, normal(words), words_at(value, "from"), 0, language))
    for key, value in entries_of(at(node, "ask")):
        asked = " · ".join(text.words for text in texts_of(value))
        if asked:
            said.append(_Said(f"topic.{key.words}.title", asked, normal(asked), "", 0, language, is_translated=False))
    return _File((), tuple(said), language)


# A tree


def _put_together(files: Iterable[_File]) -> Catalogue:
    english = [file for file in files if file.entries]
    translations: dict[Language, dict[str, _Said]] = {}
    asked: list[_Said] = []
    for file in files:
        for said in file.said if not file.entries else ():
            if said.is_translated:
                translations.setdefault(file.language, {})[said.id] = said
            else:
                asked.append(said)
    entries: list[Entry] = []
    all_said: list[tuple[int, _Said]] = []
    places: dict[str, int] = {}
    for file in english:
        begin = len(entries)
        missing: dict[int, dict[Language, None]] = {}
        stale: dict[int, dict[Language, None]] = {}
        for said in file.said:
            place = begin + said.entry
            all_said.append((place, said))
            if not said.id:
                continue
            places[said.id] = place
            for language, there in translations.items():
                found = there.get(said.id)
                if found is not None:
                    all_said.append((place, found))
                if said.is_translated and (found is None or not found.words):
                    missing.setdefault(said.entry, {})[language] = None
                elif found is not None and found.stamp and found.stamp != said.stamp:
                    stale.setdefault(said.entry, {})[language] = None
        entries += [
            replace(entry, missing=tuple(missing.get(place, ())), stale=tuple(stale.get(place, ())))
            if place in missing or place in stale
            else entry
            for place, entry in enumerate(file.entries)
        ]
    all_said += [(places[said.id], said) for said in asked if said.id in places]
    by_id = {(entry.kind, entry.id): place for place, entry in reversed(list(enumerate(entries)))}
    return Catalogue(tuple(entries), tuple(all_said), by_id)


def _excerpt(words: str, asked: str) -> tuple[str, str, str]:
    """The words around what was asked for; where they are written otherwise, how the text begins."""
    line = " ".join(words.split())
    start = line.casefold().find(asked.casefold())
    if start < 0 or len(line.casefold()) != len(line):
        return "", "", line if len(line) <= 3 * AROUND else line[: 3 * AROUND] + "…"
    end = _behind_letter(line, start + len(asked))
    first, last = _behind_letter(line, max(0, start - AROUND)), _behind_letter(line, end + AROUND)
    before, after = line[first:start], line[end:last]
    return ("…" if first else "") + before, line[start:end], after + ("…" if last < len(line) else "")


def _behind_letter(line: str, index: int) -> int:
    """The same place, or behind the signs of the letter in whose middle it lies."""
    while 0 < index < len(line) and (unicodedata.category(line[index]) in _SIGNS or line[index - 1] in _JOINING):
        index += 1
    return index
