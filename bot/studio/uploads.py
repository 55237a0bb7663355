"""What somebody uploads, looked through byte by byte before it is kept: what it is, how large, how long.

Nothing is believed but the bytes. Only what is seen or heard of a file is kept: where and when a photo was taken, names
in a recording, programs and other files behind the end all stay out.
"""

from dataclasses import dataclass
from enum import StrEnum
from typing import Final

from bot.compiler.reading_media import MOST_PICTURE_BYTES, MOST_RECORDING_BYTES
from bot.media import MediaKind
from bot.studio.pictures import JPEG_START, PNG_START, Picture, clean_jpeg, clean_png
from bot.studio.sounds import OGG_START, WEBM_START, Sound, clean_mp3, clean_ogg, is_mp3, ogg_of_webm

LARGEST_UPLOAD: Final = 2 * 1024 * 1024
MOST_PIXELS: Final = 2_000
"""Each way. A phone shows less, and a small file may unpack into an endless one."""

LONGEST_SECONDS: Final = 180.0
SHORTEST_SECONDS: Final = 0.3


class Unfit(StrEnum):
    """Why a file cannot be shown to people; `studio-unfit-<value>` are the words."""

    NOTHING = "nothing"
    DRAWING = "drawing"
    """An SVG, which browsers run."""
    KIND = "kind"
    """Something else than a picture or a recording that everybody can see or hear."""
    NO_PICTURE = "no-picture"
    NO_SOUND = "no-sound"
    BROKEN = "broken"
    TOO_LARGE = "too-large"
    TOO_MANY_PIXELS = "too-many-pixels"
    TOO_LONG = "too-long"
    TOO_SHORT = "too-short"


@dataclass(frozen=True, slots=True)
class Fit:
    """A file that can be shown: its kind, and the bytes that are kept of it."""

    kind: MediaKind
    content: bytes


def read_picture(content: bytes) -> Fit | Unfit:
    """A picture for people, or why it is none."""
    if not content:
        return Unfit.NOTHING
    if content.startswith(PNG_START):
        kind, picture = MediaKind.PNG, clean_png(content, MOST_PIXELS)
    elif content.startswith(JPEG_START):
        kind, picture = MediaKind.JPEG, clean_jpeg(content)
    elif _is_drawing(content):
        return Unfit.DRAWING
    else:
        return Unfit.NO_PICTURE if _is_sound(content) else Unfit.KIND
    match picture:
        case None:
            return Unfit.BROKEN
        case Picture(width=width, height=height) if max(width, height) > MOST_PIXELS:
            return Unfit.TOO_MANY_PIXELS
        case Picture(content=clean):
            return Unfit.TOO_LARGE if len(clean) > MOST_PICTURE_BYTES else Fit(kind, clean)


def read_sound(content: bytes) -> Fit | Unfit:
    """A recording for people, or why it is none."""
    if not content:
        return Unfit.NOTHING
    if content.startswith(OGG_START):
        kind, sound = MediaKind.OGG, clean_ogg(content)
    elif content.startswith(WEBM_START):
        # What most browsers record: the same sound in another wrapping.
        kind, sound = MediaKind.OGG, ogg_of_webm(content)
    elif is_mp3(content):
        kind, sound = MediaKind.MP3, clean_mp3(content)
    elif _is_drawing(content):
        return Unfit.DRAWING
    else:
        return Unfit.NO_SOUND if content.startswith((PNG_START, JPEG_START)) else Unfit.KIND
    match sound:
        case None:
            return Unfit.BROKEN
        case Sound(seconds=seconds) if seconds > LONGEST_SECONDS:
            return Unfit.TOO_LONG
        case Sound(seconds=seconds) if seconds < SHORTEST_SECONDS:
            return Unfit.TOO_SHORT
        case Sound(content=clean):
            return Unfit.TOO_LARGE if len(clean) > MOST_RECORDING_BYTES else Fit(kind, clean)


def _is_sound(content: bytes) -> bool:
    return content.startswith((OGG_START, WEBM_START)) or is_mp3(content)


def _is_drawing(content: bytes) -> bool:
    start = content[:1000].lstrip(b"\xef\xbb\xbf \t\r\n").lower()
    return start.startswith((b"<svg", b"<?xml", b"<!doctype svg", b"<!--")) or b"<svg" in start
