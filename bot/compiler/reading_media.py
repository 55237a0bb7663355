"""The folder `media` → pictures by name and language, and recordings by the text that somebody reads out.

What a file holds is read off its first bytes, never believed from its name. An SVG is refused: a browser runs what
stands in it; the drawings that pictures are made from lie in a folder of their own, which nothing is shown from.
"""

import re
from collections.abc import Iterable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

from bot.compiler.draft import ENGLISH, Draft
from bot.compiler.forms import MEDIA, RECORDINGS_FILE
from bot.compiler.leaves import entries_at, text_at, words_at
from bot.compiler.problems import Notebook, Place
from bot.compiler.reading import TextNode, read_path
from bot.compiler.shapes import inspect
from bot.compiler.translations import Translations, hash_of
from bot.dialogue.phrasebook import Phrase, TextId
from bot.media import ALL_LANGUAGES, Media, MediaFile, MediaKind
from bot.media import hash_of as hash_of_bytes
from bot.messages import Language

DRAWINGS: Final = "svg"
MOST_PICTURE_BYTES: Final = 200 * 1024
MOST_RECORDING_BYTES: Final = 1024 * 1024
_RECORDINGS: Final = "recordings.yaml"
_RECORDING_NAME: Final = re.compile(r"[a-z0-9][a-z0-9.-]{0,149}")
_OPUS_AT: Final = 28


@dataclass(frozen=True, slots=True)
class _Recorded:
    """A line of a `recordings.yaml`."""

    text: TextNode
    file: TextNode
    made_from: str


@dataclass(slots=True)
class MediaFolder:
    """What lies in the folder; what a recording reads out is looked for once all texts are known."""

    pictures: dict[str, dict[str, MediaFile]] = field(default_factory=dict)
    sounds: dict[str, dict[str, MediaFile]] = field(default_factory=dict)
    recorded: dict[Language, list[_Recorded]] = field(default_factory=dict)
    named: set[str] = field(default_factory=set)
    """Pictures that authors may name, those among them that cannot be shown yet."""
    shown_as: str = ""


def read_media(folder: Path, files: Iterable[Path], shown_as: str, draft: Draft) -> MediaFolder:
    """Take all files of the folder; write down those that cannot be shown to people."""
    media = MediaFolder(shown_as=shown_as)
    languages = draft.bot.tongues if draft.bot else {}
    for path in files:
        relative = path.relative_to(folder)
        place = Place(f"{shown_as}/{relative.as_posix()}", 1, 1)
        match relative.parts:
            case (str(first), *_) if first == DRAWINGS or path.name.startswith("."):
                continue
            case (_,):
                _take_file(path, ALL_LANGUAGES, place, media, draft.notebook)
            case (language, _) if language in languages and path.name == _RECORDINGS:
                _read_list(path, Language(language), place, media, draft.notebook)
            case (language, _) if language in languages:
                _take_file(path, language, place, media, draft.notebook)
            case _:
                draft.notebook.warning(place, "nothing reads this file; is it in the right folder?")
    _check_languages(media, languages, draft.notebook)
    return media


def _take_file(path: Path, language: str, place: Place, media: MediaFolder, notebook: Notebook) -> None:
    ending = path.suffix.removeprefix(".").lower().replace("jpeg", "jpg")
    if ending not in set(MediaKind):
        kinds = (
            "it would run in people's browsers; make a PNG of it" if ending == "svg" else "make it PNG, JPG, OGG or MP3"
        )
        notebook.error(place, f"'.{ending}' cannot be shown: {kinds}")
        return
    kind = MediaKind(ending)
    if kind.is_picture:
        media.named.add(path.stem)
    name = MEDIA.pattern if kind.is_picture else _RECORDING_NAME
    most = MOST_PICTURE_BYTES if kind.is_picture else MOST_RECORDING_BYTES
    # One byte more than may be is enough to know.
    with path.open("rb") as stream:
        content = stream.read(most + 1)
    if name.fullmatch(path.stem if kind.is_picture else path.name) is None:
        notebook.error(place, f"'{path.stem}' is no name here: small letters, digits and '-' only")
    elif len(content) > most:
        notebook.error(place, f"it may hold {most // 1024} KB; people pay for each of them")
    elif _kind_of(content) is not kind:
        notebook.error(place, _wrong_kind(content, kind))
    elif not kind.is_picture and not language:
        notebook.error(place, "people hear a language: put it into the folder of that language")
    else:
        shelf = media.pictures.setdefault(path.stem, {}) if kind.is_picture else media.sounds.setdefault(language, {})
        key = language if kind.is_picture else path.name
        if key in shelf:
            notebook.error(place, f"there is another picture '{path.stem}' beside it; take one of them out")
        shelf[key] = MediaFile(path, kind, hash_of_bytes(content))


def _kind_of(content: bytes) -> MediaKind | None:
    if content.startswith(b"\x89PNG\r\n\x1a\n"):
        return MediaKind.PNG
    if content.startswith(b"\xff\xd8\xff"):
        return MediaKind.JPEG
    # Telegram plays no other OGG than Opus as a voice.
    if content.startswith(b"OggS") and content[_OPUS_AT:].startswith(b"OpusHead"):
        return MediaKind.OGG
    if content.startswith(b"ID3") or (content[:1] == b"\xff" and content[1:2] in (b"\xfb", b"\xf3", b"\xf2")):
        return MediaKind.MP3
    return None


def _wrong_kind(content: bytes, kind: MediaKind) -> str:
    found = _kind_of(content)
    wanted = "OGG with Opus inside" if kind is MediaKind.OGG else kind.upper()
    return f"this is no {wanted}{f' but {found.upper()}' if found else ''}: save it again, or end its name rightly"


def _read_list(path: Path, language: Language, place: Place, media: MediaFolder, notebook: Notebook) -> None:
    node = read_path(path, place.file, notebook)
    if node is None:
        return
    inspect(node, RECORDINGS_FILE, notebook)
    for text, entry in entries_at(node, "recordings"):
        file = text_at(entry, "file")
        if file is not None:
            media.recorded.setdefault(language, []).append(_Recorded(text, file, words_at(entry, "from")))


def _check_languages(media: MediaFolder, languages: Iterable[Language], notebook: Notebook) -> None:
    for name, by_language in media.pictures.items():
        without = [language for language in languages if language not in by_language]
        if ALL_LANGUAGES not in by_language and without:
            file = next(iter(by_language.values())).path
            place = Place(f"{media.shown_as}/{file.parent.name}/{file.name}", 1, 1)
            notebook.warning(place, f"people who read {', '.join(without)} see no picture '{name}'")


def check_recordings(folder: MediaFolder, draft: Draft, translations: Translations) -> Media:
    """The media that can be shown; write down recordings that say something else than the text does today."""
    recordings: dict[str, dict[str, MediaFile]] = {}
    heard: set[Path] = set()
    for language, lines in folder.recorded.items():
        for line in lines:
            sound = folder.sounds.get(language, {}).get(line.file.words)
            if sound is None:
                draft.notebook.unknown(line.file.place, "recording", line.file.words, folder.sounds.get(language, {}))
                continue
            heard.add(sound.path)
            if _is_fresh(line, language, draft, translations):
                recordings.setdefault(line.text.words, {})[language] = sound
    for sound in (sound for sounds in folder.sounds.values() for sound in sounds.values()):
        if sound.path not in heard:
            file = f"{sound.path.parent.name}/{sound.path.name}"
            told = f"nobody hears it: say in '{_RECORDINGS}' beside it which text it reads out"
            draft.notebook.warning(Place(f"{folder.shown_as}/{file}", 1, 1), told)
    return Media(folder.pictures, recordings)


def _is_fresh(line: _Recorded, language: Language, draft: Draft, translations: Translations) -> bool:
    found = _text(TextId(line.text.words), language, draft, translations)
    if found is None:
        draft.notebook.warning(line.text.place, f"there is no text '{line.text.words}' in {language}")
        return False
    words, phrase = found
    if any(not isinstance(part, str) for part in phrase):
        told = f"'{line.text.words}' has slots, and a recording cannot change with what fills them; it is not offered"
        draft.notebook.warning(line.text.place, told)
        return False
    if line.made_from != hash_of(words):
        told = "the words have changed since" if line.made_from else "nobody has said that these are the words"
        then = f"listen, record again if need be, then write 'from: {hash_of(words)}'"
        draft.notebook.warning(line.text.place, f"{told}; {then}")
        return False
    return True


def _text(text: TextId, language: Language, draft: Draft, translations: Translations) -> tuple[str, Phrase] | None:
    source = draft.texts.get(text)
    if source is not None and (language == ENGLISH or source.everywhere):
        return source.words, source.phrase
    translated = translations.of(language).get(text)
    return None if translated is None else (translated.words, translated.worded.phrase)
