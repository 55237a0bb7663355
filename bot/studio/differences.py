"""What is different between two states of the content, in words for people who never see a file.

Things are compared by their names, wherever they stand, so what only moved to another file or place is no difference.
"""

import json
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from difflib import SequenceMatcher
from enum import StrEnum
from pathlib import PurePosixPath
from typing import Final
from unicodedata import category

from bot.compiler import Notebook
from bot.compiler.leaves import Plain, plain_tree
from bot.compiler.reading import read_yaml
from bot.messages import Language
from bot.studio.comparing import can_be_compared
from bot.studio.kinds import Kind, kind_in

FILE: Final = "file"
MEDIA: Final = "media"
TEST: Final = "test"
TEXT: Final = "text"

_NAMED_BY: Final = ("id", "test")
"""Keys that name a thing in a list."""
_TITLES: Final = ("title", "name", "about", "say", "what")
_OF_TEXTS: Final = frozenset({"language", "status", "by", "on", "texts"})
"""What a file of translations says of its texts; they are told one by one."""
_MOST_CELLS: Final = 4_000_000
"""So many comparisons of pieces take a second; longer texts are shown as a whole."""


class PieceKind(StrEnum):
    SAME = "same"
    ADDED = "added"
    REMOVED = "removed"


@dataclass(frozen=True, slots=True)
class Piece:
    """Some words of a text that stayed, came or went."""

    kind: PieceKind
    words: str


@dataclass(frozen=True, slots=True)
class Difference:
    """One value that is different. `before` is None where it is new, `after` where it is gone.

    `kind` is what it belongs to: one of `Kind`, or text, test, media, file.
    `field` is the way to the value inside of it, such as `numbers.1.dial`; empty where the whole thing came or went.
    """

    kind: str
    id: str
    title: str
    field: str
    language: Language | None
    before: str | None
    after: str | None
    file: str = ""


@dataclass(frozen=True, slots=True)
class _Thing:
    """Something with a name, and what is said of it."""

    title: str
    file: str
    said: Plain


_Name = tuple[str, str, Language | None]
"""Kind, id and language."""


def differences(before: Mapping[str, bytes], after: Mapping[str, bytes]) -> tuple[Difference, ...]:
    """Everything that is different, by kind and id; given are the files that are not the same, each side its own.

    Translations come last: there may be thousands of them, and nothing else must hide behind them.
    """
    mute = {name for side in (before, after) for name, content in side.items() if not _is_readable(name, content)}
    was, now = (_things({name: side[name] for name in side.keys() - mute}) for side in (before, after))
    found = [
        difference
        for name in sorted(was.keys() | now.keys(), key=lambda name: (name[0] == TEXT, *name[:2], name[2] or ""))
        for difference in _compare(name, was.get(name), now.get(name))
    ]
    told = {difference.file for difference in found}
    # Remarks, and how a file is laid out, are only said to those who read it.
    quiet = {name for name in before.keys() & after.keys() - told if not _is_medium(name)}
    for name in sorted(name for name in mute | quiet if before.get(name) != after.get(name)):
        lines = _lines(before.get(name, b""), after.get(name, b""))
        found.append(Difference(FILE, name, name, "", None, *lines, name))
    return tuple(found)


def pieces(before: str, after: str) -> tuple[Piece, ...]:
    """How one text became the other; never cut inside of what people see as one letter."""
    was, now = _tokens(before), _tokens(after)
    if len(was) * len(now) > _MOST_CELLS:
        return _as_pieces([(PieceKind.REMOVED, was), (PieceKind.ADDED, now)])
    parts: list[tuple[PieceKind, Sequence[str]]] = []
    for what, start, end, to_start, to_end in SequenceMatcher(None, was, now, autojunk=False).get_opcodes():
        if what == "equal":
            parts.append((PieceKind.SAME, was[start:end]))
        else:
            parts += [(PieceKind.REMOVED, was[start:end]), (PieceKind.ADDED, now[to_start:to_end])]
    return _as_pieces(parts)


def _as_pieces(parts: Iterable[tuple[PieceKind, Sequence[str]]]) -> tuple[Piece, ...]:
    return tuple(Piece(kind, "".join(tokens)) for kind, tokens in parts if tokens)


# What a file says


def _things(files: Mapping[str, bytes]) -> dict[_Name, _Thing]:
    found: dict[_Name, _Thing] = {}
    times: Counter[_Name] = Counter()
    for name, content in sorted(files.items()):
        for key, thing in _things_in(name, content):
            times[key] += 1
            # A second one of the same name must not hide behind the first.
            kind, named, language = key
            found[key if times[key] == 1 else (kind, f"{named} ({times[key]})", language)] = thing
    return found


def _things_in(name: str, content: bytes) -> Iterator[tuple[_Name, _Thing]]:
    if _is_medium(name):
        yield (MEDIA, name, None), _Thing(PurePosixPath(name).stem, name, f"{-(-len(content) // 1024)} KB")
        return
    read = _read(name, content)
    parts = name.split("/")
    kind = kind_in(name)
    if parts[0] == "texts" and isinstance(read, dict):
        yield from _texts(name, Language(parts[1]), read)
    elif parts[0] == "tests":
        yield from _listed(TEST, TEST, name, read if isinstance(read, list) else [read])
    elif kind is Kind.FLOW and isinstance(read, dict):
        yield from _flow(name, read)
    elif kind is not None and isinstance(read, list):
        yield from _listed(kind, kind, name, read)
    elif kind is not None and isinstance(read, dict):
        yield from _chapters(kind, name, read)
    else:
        yield (FILE, name, None), _Thing(name, name, read)


def _is_readable(name: str, content: bytes) -> bool:
    if _is_medium(name):
        return True
    notebook = Notebook()
    return name.endswith(".yaml") and read_yaml(content, name, notebook) is not None and not notebook.problems()


def _read(name: str, content: bytes) -> Plain:
    return plain_tree(read_yaml(content, name, Notebook()))


def _listed(kind: str, key: str, file: str, entries: Sequence[Plain]) -> Iterator[tuple[_Name, _Thing]]:
    """Entries that say their own name: `- fact: th-wage`."""
    for number, entry in enumerate(entries, 1):
        name = entry.get(key) if isinstance(entry, dict) else None
        named = name if isinstance(name, str) else f"{file}:{number}"
        yield (kind, named, None), _Thing(_title(entry, named), file, entry)


def _flow(file: str, flow: dict[str, Plain]) -> Iterator[tuple[_Name, _Thing]]:
    name = flow.get("flow")
    named = name if isinstance(name, str) else file
    screens = flow.get("screens")
    title = _title(flow, named)
    yield (
        (Kind.FLOW, named, None),
        _Thing(title, file, {key: value for key, value in flow.items() if key != "screens"}),
    )
    for screen, steps in screens.items() if isinstance(screens, dict) else ():
        yield (Kind.SCREEN, f"{named}.{screen}", None), _Thing(f"{title}: {screen}", file, steps)


def _chapters(kind: Kind, file: str, document: dict[str, Plain]) -> Iterator[tuple[_Name, _Thing]]:
    """A document of things: `phrases:`, `helplines:`, `ideas:`; what else it says is the file's own."""
    rest: dict[str, Plain] = {}
    for chapter, entries in document.items():
        if chapter not in {"phrases", "helplines", "cards", "ideas"}:
            rest[chapter] = entries
        elif isinstance(entries, dict):
            for name, said in entries.items():
                yield (kind, name, None), _Thing(_title(said, name), file, said)
        elif isinstance(entries, list):
            yield from _listed(kind, "id", file, entries)
    if rest:
        yield (FILE, file, None), _Thing(file, file, rest)


def _texts(file: str, language: Language, document: dict[str, Plain]) -> Iterator[tuple[_Name, _Thing]]:
    """Translations: their words and how far they are; from which English they were made says nothing to people."""
    texts = document.get("texts")
    for text, said in texts.items() if isinstance(texts, dict) else ():
        told: dict[str, Plain] = {key: value for key in ("status", "by") if isinstance(value := document.get(key), str)}
        if isinstance(said, dict):
            told.update({key: value for key, value in said.items() if key != "from"})
        else:
            told["text"] = said
        yield (TEXT, text, language), _Thing(text, file, told)
    rest = {chapter: said for chapter, said in document.items() if chapter not in _OF_TEXTS}
    if rest:
        # How people ask in this language: it decides which answer they get.
        yield (FILE, file, language), _Thing(file, file, rest)


def _title(said: Plain, otherwise: str) -> str:
    if isinstance(said, str):
        return said if len(said) <= 80 else otherwise
    if isinstance(said, dict):
        return next((title for key in _TITLES if isinstance(title := said.get(key), str)), otherwise)
    return otherwise


def _is_medium(name: str) -> bool:
    return name.startswith("media/") and not name.endswith(".yaml")


# What is different in it


def _compare(name: _Name, was: _Thing | None, now: _Thing | None) -> Iterator[Difference]:
    kind, id_, language = name
    thing = now or was
    if thing is None:
        return
    if kind == MEDIA and was is not None and now is not None:
        # Another picture of the same size is another picture.
        yield Difference(kind, id_, thing.title, "", language, _told(was.said), _told(now.said), thing.file)
        return
    if was is None or now is None:
        before, after = (None if side is None else _told(side.said) for side in (was, now))
        yield Difference(kind, id_, thing.title, "", language, before, after, thing.file)
        return
    for field, before, after in _values(was.said, now.said, ()):
        yield Difference(kind, id_, thing.title, ".".join(field), language, before, after, thing.file)


_Way = tuple[str, ...]
_Value = tuple[_Way, str | None, str | None]


def _values(was: "Plain | None", now: "Plain | None", way: _Way) -> Iterator[_Value]:
    if was == now:
        return
    if isinstance(was, dict) and isinstance(now, dict):
        for key in (*was, *(key for key in now if key not in was)):
            yield from _values(was.get(key), now.get(key), (*way, key))
    elif isinstance(was, list) and isinstance(now, list):
        yield from _entries(was, now, way)
    else:
        yield way, None if was is None else _told(was), None if now is None else _told(now)


def _entries(was: Sequence[Plain], now: Sequence[Plain], way: _Way) -> Iterator[_Value]:
    """By name where they have names, else by what stands between entries that are the same."""
    by_name = _by_name(was), _by_name(now)
    if by_name[0] and by_name[1]:
        if was != now and by_name[0] == by_name[1]:
            yield way, ", ".join(by_name[0]), ", ".join(by_name[1])
        yield from _values(dict(by_name[0]), dict(by_name[1]), way)
        return
    before, after = ([json.dumps(entry, ensure_ascii=False) for entry in side] for side in (was, now))
    for what, start, end, to_start, to_end in SequenceMatcher(None, before, after, autojunk=False).get_opcodes():
        if what == "equal":
            continue
        pairs = min(end - start, to_end - to_start)
        for step in range(pairs):
            yield from _values(was[start + step], now[to_start + step], (*way, str(to_start + step + 1)))
        for place in range(start + pairs, end):
            yield (*way, str(place + 1)), _told(was[place]), None
        for place in range(to_start + pairs, to_end):
            yield (*way, str(place + 1)), None, _told(now[place])


def _by_name(entries: Sequence[Plain]) -> dict[str, Plain]:
    """Entries by their names; nothing where one has none, or two have the same."""
    named: dict[str, Plain] = {}
    for entry in entries:
        name = next((entry[key] for key in _NAMED_BY if key in entry), None) if isinstance(entry, dict) else None
        if not isinstance(name, str) or name in named:
            return {}
        named[name] = entry
    return named


def _told(said: Plain) -> str:
    """A value in words: one line for each thing that is said."""
    match said:
        case str():
            return said
        case list():
            if all(isinstance(entry, str) for entry in said):
                return ", ".join(_told(entry) for entry in said)
            return "\n".join(_told(entry) for entry in said)
        case dict():
            return "\n".join(f"{key}: {_told(value)}" for key, value in said.items())


def _lines(was: bytes, now: bytes) -> tuple[str, str]:
    """Only the lines that are different; all of them where that would take too long to say."""
    before, after = (side.decode("utf-8", "replace").splitlines() for side in (was, now))
    if not can_be_compared(before, after):
        return "\n".join(before), "\n".join(after)
    gone: list[str] = []
    new: list[str] = []
    for what, start, end, to_start, to_end in SequenceMatcher(None, before, after, autojunk=False).get_opcodes():
        if what != "equal":
            gone += before[start:end]
            new += after[to_start:to_end]
    return "\n".join(gone), "\n".join(new)


# Words and letters


_ASIAN: Final = (
    (0x0E00, 0x0EFF),
    (0x1000, 0x109F),
    (0x1780, 0x17FF),
    (0x19E0, 0x19FF),
    (0xA9E0, 0xA9FF),
    (0xAA60, 0xAA7F),
)
"""Thai, Lao, Burmese, Khmer: written without spaces between words."""
_BINDS_NEXT: Final = frozenset("\u17d2\u1039\u200d" + "เแโใไ" + "ເແໂໃໄ")
"""What joins itself to the letter after it: the signs that stack letters, and vowels that are written before."""
_BINDS_BEFORE: Final = frozenset("\u0e33\u0eb3\u200c\u200d")
_MARKS: Final = frozenset({"Mn", "Mc", "Me", "Sk"})


def _tokens(words: str) -> list[str]:
    """Words of Latin letters and digits; single letters, with all that belongs to them, of scripts without spaces."""
    found: list[str] = []
    for character in words:
        if found and _belongs(found[-1], character):
            found[-1] += character
        else:
            found.append(character)
    return found


def _belongs(before: str, character: str) -> bool:
    if character in _BINDS_BEFORE or category(character) in _MARKS or before[-1] in _BINDS_NEXT:
        return not before[-1].isspace()
    if before == "\r" and character == "\n":
        return True
    return _is_of_word(character) and _is_of_word(before[0])


def _is_of_word(character: str) -> bool:
    return character.isalnum() and not any(first <= ord(character) <= last for first, last in _ASIAN)
