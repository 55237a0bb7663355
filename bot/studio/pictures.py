"""PNG and JPEG, taken apart and put together again with only what is seen of them."""

import struct
import zlib
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

PNG_START: Final = b"\x89PNG\r\n\x1a\n"
JPEG_START: Final = b"\xff\xd8\xff"
_PNG_KEPT: Final = frozenset({b"IHDR", b"PLTE", b"IDAT", b"IEND", b"tRNS", b"gAMA", b"cHRM", b"sRGB", b"pHYs"})
_CHANNELS: Final = {0: 1, 2: 3, 3: 1, 4: 2, 6: 4}
_STEP: Final = 64 * 1024
_SOI, _EOI, _SOS, _APP1 = b"\xff\xd8", 0xD9, 0xDA, 0xE1
_FRAMES: Final = frozenset(set(range(0xC0, 0xD0)) - {0xC4, 0xC8, 0xCC})
_APPS_KEPT: Final = frozenset({0xE0, 0xE2, 0xEE})
"""What a picture needs to look right: its density, its colours, and how they are turned into others."""
_ORIENTATION: Final = 0x0112


@dataclass(frozen=True, slots=True)
class Picture:
    """What is kept of a picture, and how large it is shown."""

    content: bytes
    width: int
    height: int


def clean_png(content: bytes, most_pixels: int) -> Picture | None:
    """The picture alone; nothing where it is broken, or unpacks into more than it says."""
    chunks = list(_chunks(content))
    if not chunks or chunks[0][0] != b"IHDR" or len(chunks[0][1]) != 13 or chunks[-1][0] != b"IEND":
        return None
    width, height, depth, colours, packing, filtering, interlaced = struct.unpack(">IIBBBBB", chunks[0][1])
    if not (width and height) or colours not in _CHANNELS or packing or filtering or interlaced > 1:
        return None
    if max(width, height) <= most_pixels:
        row = (width * _CHANNELS[colours] * depth + 7) // 8 + 1
        # Seven passes of an interlaced picture have more beginnings of rows, and their rows end in part of a byte.
        most = row * height + (16 * height + 16 if interlaced else 0)
        least = 1 if interlaced else row * height
        if not _unpacks(b"".join(data for name, data in chunks if name == b"IDAT"), least, most):
            return None
    kept = b"".join(_chunk(name, data) for name, data in chunks if name in _PNG_KEPT)
    return Picture(PNG_START + kept, width, height)


def _chunks(content: bytes) -> Iterator[tuple[bytes, bytes]]:
    """Up to the end of the picture; ends early, without it, where something is broken."""
    at = len(PNG_START)
    while at + 12 <= len(content):
        size = int.from_bytes(content[at : at + 4], "big")
        name, data = content[at + 4 : at + 8], content[at + 8 : at + 8 + size]
        told = content[at + 8 + size : at + 12 + size]
        if len(told) != 4 or zlib.crc32(name + data) != int.from_bytes(told, "big"):
            return
        yield name, data
        if name == b"IEND":
            return
        at += 12 + size


def _chunk(name: bytes, data: bytes) -> bytes:
    return len(data).to_bytes(4, "big") + name + data + zlib.crc32(name + data).to_bytes(4, "big")


def _unpacks(packed: bytes, least: int, most: int) -> bool:
    """Whether it unpacks into that much; never more of it than a step is held."""
    unpacking, unpacked = zlib.decompressobj(), 0
    try:
        while packed and not unpacking.eof:
            unpacked += len(unpacking.decompress(packed, _STEP))
            packed = unpacking.unconsumed_tail
            if unpacked > most:
                return False
    except zlib.error:
        return False
    return unpacking.eof and unpacked >= least


def clean_jpeg(content: bytes) -> Picture | None:
    """The picture alone, turned as it was; nothing where it is broken."""
    kept, at, size, turned = [_SOI], 2, (0, 0), 1
    while at + 4 <= len(content):
        if content[at] != 0xFF:
            return None
        marker = content[at + 1]
        if marker == 0xFF:
            at += 1
            continue
        length = int.from_bytes(content[at + 2 : at + 4], "big")
        segment = content[at : at + 2 + length]
        if length < 2 or len(segment) != 2 + length or marker <= 0x01 or 0xD0 <= marker <= 0xD9:
            return None
        at += len(segment)
        if marker in _FRAMES:
            if len(segment) < 9 or size != (0, 0):
                return None
            size = int.from_bytes(segment[7:9], "big"), int.from_bytes(segment[5:7], "big")
        if marker == _APP1:
            turned = _turned(segment[4:]) or turned
        if marker < 0xE0 or marker in _APPS_KEPT:
            kept.append(segment)
        if marker == _SOS:
            end = _end_of_scan(content, at)
            kept.append(content[at:end])
            at = end
            if content[at : at + 2] == bytes((0xFF, _EOI)):
                break
    else:
        return None
    if not (size[0] and size[1]):
        return None
    if turned != 1:
        kept.insert(1, _turning(turned))
    return Picture(b"".join(kept) + bytes((0xFF, _EOI)), *size)


def _end_of_scan(content: bytes, at: int) -> int:
    """Where the next marker stands that is not part of the picture's dots."""
    while (at := content.find(b"\xff", at)) >= 0 and at + 1 < len(content):
        following = content[at + 1]
        if following not in (0xFF, 0) and not 0xD0 <= following <= 0xD7:
            return at
        at += 1 if following == 0xFF else 2
    return len(content)


def _turned(exif: bytes) -> int | None:
    """How a camera was held, from 1 to 8; nothing where that is not said."""
    if not exif.startswith(b"Exif\0\0") or exif[6:8] not in (b"II", b"MM"):
        return None
    told = exif[6:]
    order = "<" if told[:2] == b"II" else ">"
    try:
        (start,) = struct.unpack_from(f"{order}I", told, 4)
        (count,) = struct.unpack_from(f"{order}H", told, start)
        for entry in range(min(count, 200)):
            tag, _, _, value = struct.unpack_from(f"{order}HHIH", told, start + 2 + 12 * entry)
            if tag == _ORIENTATION:
                return value if 1 <= value <= 8 else None
    except struct.error:
        return None
    return None


def _turning(turned: int) -> bytes:
    exif = b"Exif\0\0MM\0*\0\0\0\x08\0\x01" + struct.pack(">HHIHH", _ORIENTATION, 3, 1, turned, 0) + b"\0\0\0\0"
    return bytes((0xFF, _APP1)) + (len(exif) + 2).to_bytes(2, "big") + exif
