"""What translators need: hashes written into their files, lists of what is missing, and how far each language is."""

from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from bot.compiler.assembling import Assembled
from bot.compiler.draft import ENGLISH, SourceText
from bot.compiler.leaves import at, entries_at, text_at
from bot.compiler.problems import Notebook
from bot.compiler.reading import MapNode, Node, read_yaml
from bot.compiler.translations import Translated, hash_of
from bot.dialogue.phrasebook import Standing, TextId
from bot.messages import Language

_BYTE_ORDER_MARK: Final = b"\xef\xbb\xbf"


@dataclass(frozen=True, slots=True)
class Progress:
    """How far one language is; `vital` counts those of the missing that people in danger need."""

    language: Language
    total: int
    reviewed: int
    draft: int
    stale: int
    missing: int
    vital: int


def progress(assembled: Assembled) -> tuple[Progress, ...]:
    """How far each language is, in the order of bot.yaml."""
    bot = assembled.draft.bot
    languages = [language for language in bot.tongues if language != ENGLISH] if bot is not None else []
    sources = [source for source in assembled.draft.texts.values() if not source.everywhere]
    return tuple(_progress_of(language, sources, assembled) for language in languages)


def _progress_of(language: Language, sources: list[SourceText], assembled: Assembled) -> Progress:
    there = assembled.translations.of(language)
    standings = [there[source.id].worded.standing for source in sources if source.id in there]
    missing = [source for source in sources if source.id not in there]
    return Progress(
        language=language,
        total=len(sources),
        reviewed=standings.count(Standing.REVIEWED),
        draft=standings.count(Standing.DRAFT),
        stale=standings.count(Standing.STALE),
        missing=len(missing),
        vital=sum(source.vital for source in missing),
    )


def skeletons(assembled: Assembled, language: Language) -> dict[str, str]:
    """What is missing or stale in a language: files to fill in, by their path, with the English as comments."""
    wanted: dict[str, list[SourceText]] = defaultdict(list)
    there = assembled.translations.of(language)
    for source in assembled.draft.texts.values():
        translated = there.get(source.id)
        is_fresh = translated is not None and translated.worded.standing is not Standing.STALE
        if not is_fresh and not source.everywhere:
            inside = source.place.file.partition("/")[2]
            wanted[f"texts/{language}/{inside}"].append(source)
    return {
        path: "".join(_skeleton(language, sources, {source.id: there.get(source.id) for source in sources}))
        for path, sources in wanted.items()
    }


def _skeleton(language: Language, sources: list[SourceText], there: dict[TextId, Translated | None]) -> Iterator[str]:
    yield f"language: {language}\nstatus: draft\ntexts:\n"
    for source in sources:
        yield from _commented("", source.words)
        old = there[source.id]
        if old is not None:
            yield from _commented("so far: ", old.words)
        yield f'  {source.id}: {{from: {hash_of(source.words)}, text: ""}}\n'


def _commented(start: str, words: str) -> Iterator[str]:
    for line in words.splitlines():
        yield f"  # {start}{line}".rstrip() + "\n"


def stamp_folder(directory: Path, language: Language, assembled: Assembled) -> dict[str, int]:
    """Write missing hashes into all files of a language; how many, by file."""
    stamped: dict[str, int] = {}
    for path in sorted((directory / "texts" / language).rglob("*.yaml")):
        before = path.read_bytes()
        after, count = stamp(before, assembled)
        if count:
            path.write_bytes(after)
            stamped[path.relative_to(directory).as_posix()] = count
    return stamped


def stamp(source: bytes, assembled: Assembled) -> tuple[bytes, int]:
    """A file with the missing hashes in it and every other byte as it was; and how many were missing."""
    node = read_yaml(source, "", Notebook())
    if node is None:
        return source, 0
    bare = source.removeprefix(_BYTE_ORDER_MARK)
    lines = bare.decode().splitlines(keepends=True)
    found = list(_unstamped(node, assembled))
    # From the end, so that what is written does not move what is still to come.
    for entry, stamped in reversed(found):
        line, column = entry.place.line - 1, entry.place.column - 1
        whole = lines[line]
        if whole[column] == "{":
            lines[line] = f"{whole[: column + 1]}from: {stamped}, {whole[column + 1 :].lstrip()}"
        else:
            ending = whole[len(whole.rstrip("\r\n")) :] or "\n"
            lines[line] = f"{whole[:column]}from: {stamped}{ending}{' ' * column}{whole[column:]}"
    return source[: len(source) - len(bare)] + "".join(lines).encode(), len(found)


def _unstamped(node: Node, assembled: Assembled) -> Iterator[tuple[MapNode, str]]:
    for key, entry in entries_at(node, "texts"):
        english = assembled.draft.texts.get(TextId(key.words))
        needs_one = at(entry, "from") is None and text_at(entry, "text") is not None
        if english is not None and needs_one and isinstance(entry, MapNode):
            yield entry, hash_of(english.words)
