"""Pictures and recordings that go with the words: which there are, by name, text and language.

Only where a file lies and what is in it is held here; a door reads the bytes when it shows them, and shows nothing
when they are not those that were checked.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from hashlib import sha256
from pathlib import Path
from typing import Final

HASH_CHARACTERS: Final = 16


class MediaKind(StrEnum):
    """What a file holds; its value is how the file's name ends."""

    PNG = "png"
    JPEG = "jpg"
    OGG = "ogg"
    MP3 = "mp3"

    @property
    def content_type(self) -> str:
        """As it is called on the way to a browser or a messenger."""
        return _CONTENT_TYPES[self]

    @property
    def is_picture(self) -> bool:
        """Whether it is looked at; all else is listened to."""
        return self in (MediaKind.PNG, MediaKind.JPEG)


_CONTENT_TYPES: Final = {
    MediaKind.PNG: "image/png",
    MediaKind.JPEG: "image/jpeg",
    MediaKind.OGG: "audio/ogg",
    MediaKind.MP3: "audio/mpeg",
}


@dataclass(frozen=True, slots=True)
class MediaFile:
    """One file, as it was when the content was compiled."""

    path: Path
    kind: MediaKind
    hash: str

    @property
    def public_name(self) -> str:
        """A name that changes with the bytes and says nothing about what they show."""
        return f"{self.hash}.{self.kind}"

    def read(self) -> bytes | None:
        """Its bytes; nothing where they are gone or others by now."""
        try:
            content = self.path.read_bytes()
        except OSError:
            return None
        return content if hash_of(content) == self.hash else None


@dataclass(frozen=True, slots=True)
class Media:
    """All pictures by name and all recordings by the text that is read out, each by language.

    A picture without words in it stands under no language, and is for all of them.
    """

    pictures: Mapping[str, Mapping[str, MediaFile]] = field(default_factory=dict)
    recordings: Mapping[str, Mapping[str, MediaFile]] = field(default_factory=dict)

    def picture(self, name: str, language: str | None) -> MediaFile | None:
        """The picture of this name for people who read a language."""
        by_language = self.pictures.get(name, {})
        return by_language.get(language or ALL_LANGUAGES) or by_language.get(ALL_LANGUAGES)

    def recording(self, text_id: str, language: str | None) -> MediaFile | None:
        """Somebody reading this text in a language."""
        return self.recordings.get(text_id, {}).get(language or ALL_LANGUAGES)

    def files(self) -> Iterator[MediaFile]:
        """Every file that may be shown."""
        for by_language in (*self.pictures.values(), *self.recordings.values()):
            yield from by_language.values()


ALL_LANGUAGES: Final = ""


def hash_of(content: bytes) -> str:
    """Names bytes."""
    return sha256(content).hexdigest()[:HASH_CHARACTERS]
