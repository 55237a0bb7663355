"""OGG with Opus, MP3, and what browsers record: taken apart, timed by their packets, and put together again.

How long a recording lasts is counted from what is in it, since what a file says about itself may be a lie.
"""

import zlib
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Final

OGG_START: Final = b"OggS"
WEBM_START: Final = b"\x1a\x45\xdf\xa3"
_HEAD, _TAGS = b"OpusHead", b"OpusTags"
_NO_TAGS: Final = _TAGS + (7).to_bytes(4, "little") + b"Waymark" + bytes(4)
_PER_SECOND: Final = 48_000
_MOST_SEGMENTS: Final = 255
_PAGE_ENDS: Final = 48_000
"""Samples in a page: a player can jump to each second."""
_FIRST, _CONTINUED, _LAST = 0x02, 0x01, 0x04
_REVERSED: Final = bytes(int(f"{byte:08b}"[::-1], 2) for byte in range(256))
_FRAME_SAMPLES: Final = (
    *(480, 960, 1920, 2880) * 3,
    *(480, 960) * 2,
    *(120, 240, 480, 960) * 4,
)
"""How long one frame of an Opus packet lasts, by the first five bits of the packet."""
_LONGEST_PACKET: Final = 5760

_CONTAINERS: Final = frozenset({0x18538067, 0x1F43B675, 0x1654AE6B, 0xAE, 0xA0})
"""Segment, cluster, tracks, track and group of blocks: what stands in them is read as if it stood beside them."""
_CODEC, _PRIVATE, _TRACK, _SIMPLE_BLOCK, _BLOCK = 0x86, 0x63A2, 0xAE, 0xA3, 0xA1

_BITRATES: Final = (
    (0, 32, 40, 48, 56, 64, 80, 96, 112, 128, 160, 192, 224, 256, 320),
    (0, 8, 16, 24, 32, 40, 48, 56, 64, 80, 96, 112, 128, 144, 160),
)
_RATES: Final = {3: (44_100, 48_000, 32_000), 2: (22_050, 24_000, 16_000), 0: (11_025, 12_000, 8_000)}
_PADDING: Final = 2048


@dataclass(frozen=True, slots=True)
class Sound:
    """What is kept of a recording, and how long it lasts."""

    content: bytes
    seconds: float


def clean_ogg(content: bytes) -> Sound | None:
    """The sound alone, without what its maker wrote about it; nothing where it is broken or not Opus."""
    packets = list(_ogg_packets(content))
    if len(packets) < 3 or not packets[1].startswith(_TAGS):
        return None
    return _ogg(packets[0], packets[2:])


def ogg_of_webm(content: bytes) -> Sound | None:
    """What a browser recorded, as OGG: the packets are the same. Nothing where it holds more than one sound."""
    codec, head, tracks, packets = b"", b"", 0, []
    for name, data in _elements(content):
        match name:
            case 0xAE:
                tracks += 1
            case 0x86:
                codec = data
            case 0x63A2:
                head = data
            case 0xA3 | 0xA1:
                # One byte for the track, two for the time, one for how several packets share a block: none may.
                if len(data) < 4 or not data[0] & 0x80 or data[3] & 0x06:
                    return None
                packets.append(data[4:])
    if tracks != 1 or codec.rstrip(b"\0") != b"A_OPUS":
        return None
    return _ogg(head, packets)


def is_mp3(content: bytes) -> bool:
    """Whether it begins as MP3 does."""
    return content.startswith(b"ID3") or (content[:1] == b"\xff" and content[1:2] in (b"\xfb", b"\xf3", b"\xf2"))


def clean_mp3(content: bytes) -> Sound | None:
    """The sound alone, without titles and pictures; nothing where it is broken."""
    at = 0
    while content[at : at + 3] == b"ID3" and at + 10 <= len(content):
        size = content[at + 6 : at + 10]
        if max(size) > 0x7F:
            return None
        at += 10 + (size[0] << 21 | size[1] << 14 | size[2] << 7 | size[3])
    start, seconds, frames = at, 0.0, 0
    while at + 4 <= len(content):
        frame = _mp3_frame(content[at : at + 4])
        if frame is None or at + frame[0] > len(content):
            break
        at, seconds, frames = at + frame[0], seconds + frame[1], frames + 1
    left = len(content) - at
    is_tag = content[at : at + 3] in (b"TAG", b"APE", b"LYR") or not content[at:].strip(b"\0")
    if frames < 2 or (left > _PADDING and not is_tag) or not is_mp3(content[start:at]):
        return None
    return Sound(content[start:at], seconds)


def _ogg_packets(content: bytes) -> Iterator[bytes]:
    """The packets of the only stream; ends early where something is broken or a second stream begins."""
    at, serial, number, open_packet = 0, b"", 0, b""
    while content[at : at + 4] == OGG_START and at + 27 <= len(content):
        count = content[at + 26]
        lacing = content[at + 27 : at + 27 + count]
        body = at + 27 + count
        end = body + sum(lacing)
        page = content[at:end]
        serial = serial or page[14:18]
        is_ours = page[14:18] == serial and int.from_bytes(page[18:22], "little") == number
        if end > len(content) or not is_ours or _checksum(page) != page[22:26]:
            return
        for size in lacing:
            open_packet += content[body : body + size]
            body += size
            if size < _MOST_SEGMENTS:
                yield open_packet
                open_packet = b""
        at, number = end, number + 1


def _ogg(head: bytes, packets: Iterable[bytes]) -> Sound | None:
    if not head.startswith(_HEAD) or len(head) < 19 or head[8] & 0xF0 or head[9] not in (1, 2) or head[18]:
        return None
    # The first sample that is heard, and the packets with their lengths.
    skipped, timed = int.from_bytes(head[10:12], "little"), [(one, _samples(one)) for one in packets]
    total = sum(samples for _, samples in timed)
    if not timed or any(samples == 0 for _, samples in timed):
        return None
    pages = [_page(0, 0, _FIRST, [head[:19]]), _page(1, 0, 0, [_NO_TAGS])]
    waiting: list[bytes] = []
    granule = begun = segments = 0
    for place, (packet, samples) in enumerate(timed):
        granule += samples
        waiting.append(packet)
        # Counted along: a file may hold packets by the hundred thousand.
        segments += len(packet) // _MOST_SEGMENTS + 1
        is_last = place == len(timed) - 1
        following = 0 if is_last else len(timed[place + 1][0]) // _MOST_SEGMENTS + 1
        if is_last or segments + following > _MOST_SEGMENTS or granule - begun >= _PAGE_ENDS:
            pages.append(_page(len(pages), granule, _LAST if is_last else 0, waiting))
            waiting, begun, segments = [], granule, 0
    return Sound(b"".join(pages), max(0, total - skipped) / _PER_SECOND)


def _samples(packet: bytes) -> int:
    """How long a packet lasts; 0 where it is none."""
    if not packet or len(packet) > _MOST_SEGMENTS * (_MOST_SEGMENTS - 1):
        return 0
    match packet[0] & 0x03:
        case 0:
            frames = 1
        case 1 | 2:
            frames = 2
        case _:
            frames = packet[1] & 0x3F if len(packet) > 1 else 0
    samples = frames * _FRAME_SAMPLES[packet[0] >> 3]
    return samples if samples <= _LONGEST_PACKET else 0


def _page(number: int, granule: int, kind: int, packets: Iterable[bytes]) -> bytes:
    packets = list(packets)
    lacing = b"".join(b"\xff" * (len(one) // _MOST_SEGMENTS) + bytes((len(one) % _MOST_SEGMENTS,)) for one in packets)
    front = OGG_START + bytes((0, kind)) + granule.to_bytes(8, "little") + b"Wayk" + number.to_bytes(4, "little")
    page = front + bytes(4) + bytes((len(lacing),)) + lacing + b"".join(packets)
    return page[:22] + _checksum(page) + page[26:]


def _checksum(page: bytes) -> bytes:
    """Ogg counts its bits from the other end than zlib, and begins with nothing."""
    turned = (page[:22] + bytes(4) + page[26:]).translate(_REVERSED)
    return (zlib.crc32(turned, 0xFFFFFFFF) ^ 0xFFFFFFFF).to_bytes(4, "big").translate(_REVERSED)


def _elements(content: bytes) -> Iterator[tuple[int, bytes]]:
    """The elements of a WebM file with what stands in them, containers without; ends early where one is broken."""
    at = 0
    while at < len(content):
        name, at = _vint(content, at, keep=True)
        size, at = _vint(content, at)
        if name is None or size is None:
            return
        if name in _CONTAINERS:
            yield name, b""
            continue
        # All ones: nobody knew how long it would become.
        if size < 0 or at + size > len(content):
            return
        yield name, content[at : at + size]
        at += size


def _vint(content: bytes, at: int, *, keep: bool = False) -> tuple[int | None, int]:
    """A number that says itself how long it is; -1 where it says that nobody knows."""
    first = content[at] if at < len(content) else 0
    length = 9 - first.bit_length()
    if length > 8 or at + length > len(content):
        return None, at
    value = int.from_bytes(content[at : at + length], "big")
    if keep:
        return value, at + length
    value &= (1 << 7 * length) - 1
    return (-1 if value == (1 << 7 * length) - 1 else value), at + length


def _mp3_frame(head: bytes) -> tuple[int, float] | None:
    """Bytes and seconds of a frame."""
    if head[0] != 0xFF or head[1] & 0xE0 != 0xE0:
        return None
    version, layer = head[1] >> 3 & 3, head[1] >> 1 & 3
    bitrate, rate = head[2] >> 4, head[2] >> 2 & 3
    if version == 1 or layer != 1 or bitrate in (0, 15) or rate == 3:
        return None
    is_first = version == 3
    per_second = _RATES[version][rate]
    samples = 1152 if is_first else 576
    size = samples // 8 * _BITRATES[0 if is_first else 1][bitrate] * 1000 // per_second + (head[2] >> 1 & 1)
    return size, samples / per_second
