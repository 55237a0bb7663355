"""Files that somebody uploads: what is kept of them, and why others are refused, whatever stands in them."""

import struct
import sys
import zlib
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bot.media import MediaKind
from bot.studio.pictures import PNG_START
from bot.studio.sounds import OGG_START, WEBM_START, _checksum, _ogg_packets
from bot.studio.uploads import Fit, Unfit, read_picture, read_sound

REAL = Path(__file__).parents[2] / "content" / "media" / "passport.png"
SECOND = [b"\x78" + bytes((number, 7, 7)) for number in range(50)]
"""Fifty packets of twenty milliseconds."""

HEAD = b"OpusHead\x01\x01\x38\x01\x80\xbb\x00\x00\x00\x00\x00"


def chunk(name: bytes, data: bytes) -> bytes:
    return struct.pack(">I", len(data)) + name + data + struct.pack(">I", zlib.crc32(name + data))


def png(width: int, height: int, packed: bytes, *more: bytes) -> bytes:
    head = struct.pack(">IIBBBBB", width, height, 8, 0, 0, 0, 0)
    return PNG_START + chunk(b"IHDR", head) + b"".join(more) + chunk(b"IDAT", packed) + chunk(b"IEND", b"")


def grey(width: int, height: int) -> bytes:
    return zlib.compress((b"\0" + b"\x80" * width) * height)


def segment(marker: int, data: bytes) -> bytes:
    return bytes((0xFF, marker)) + struct.pack(">H", len(data) + 2) + data


def jpeg(width: int, height: int, *more: bytes, behind: bytes = b"") -> bytes:
    frame = segment(0xC0, struct.pack(">BHHB", 8, height, width, 1) + b"\x01\x11\x00")
    scan = segment(0xDA, b"\x01\x01\x00\x00\x3f\x00") + b"\x12\xff\x00\x34\xff\xd0\x56"
    return b"\xff\xd8" + b"".join(more) + segment(0xDB, b"\0" * 65) + frame + scan + b"\xff\xd9" + behind


def exif(orientation: int) -> bytes:
    told = b"MM\0*\0\0\0\x08\0\x02" + struct.pack(">HHIHH", 0x0112, 3, 1, orientation, 0)
    return segment(0xE1, b"Exif\0\0" + told + struct.pack(">HHII", 0x8825, 4, 1, 99) + b"GPS 13.7563 100.5018")


def element(name: str, data: bytes, *, unknown: bool = False) -> bytes:
    size = b"\x01" + b"\xff" * 7 if unknown else (1 << 56 | len(data)).to_bytes(8, "big")
    return bytes.fromhex(name) + size + data


def webm(packets: list[bytes], codec: bytes = b"A_OPUS", tracks: int = 1) -> bytes:
    track = element("ae", element("d7", b"\x01") + element("86", codec) + element("63a2", HEAD))
    blocks = b"".join(element("a3", b"\x81\x00\x00\x80" + one) for one in packets)
    cluster = element("1f43b675", element("e7", b"\0") + blocks, unknown=True)
    return WEBM_START + b"\x80" + element("18538067", element("1654ae6b", track * tracks) + cluster, unknown=True)


def ogg(packets: list[bytes]) -> bytes:
    made = read_sound(webm(packets))
    assert isinstance(made, Fit)
    return made.content


def mp3(frames: int, front: bytes = b"", behind: bytes = b"") -> bytes:
    # 64 kbit/s at 44.1 kHz: 208 bytes and 26 milliseconds each.
    return front + (b"\xff\xfb\x50\xc0" + b"\x01" * 204) * frames + behind


def slow_checksum(page: bytes) -> bytes:
    value = 0
    for byte in page[:22] + bytes(4) + page[26:]:
        value ^= byte << 24
        for _ in range(8):
            value = (value << 1 ^ 0x04C11DB7 if value & 1 << 31 else value << 1) & 0xFFFFFFFF
    return value.to_bytes(4, "little")


def test_a_picture_of_ours_is_kept_as_it_is_seen() -> None:
    content = REAL.read_bytes()
    made = read_picture(content)
    assert isinstance(made, Fit)
    assert made.kind is MediaKind.PNG
    assert len(made.content) <= len(content)
    assert read_picture(made.content) == made


def test_nothing_but_the_picture_is_kept_of_a_png() -> None:
    told = chunk(b"tEXt", b"Comment\0<script>alert(1)</script>")
    made = read_picture(png(9, 9, grey(9, 9), told, chunk(b"eXIf", b"13.7563")) + b"PK\x03\x04 a whole archive")
    assert made == Fit(MediaKind.PNG, png(9, 9, grey(9, 9)))


def test_where_and_when_a_photo_was_taken_is_not_kept_but_how_it_was_held_is() -> None:
    made = read_picture(jpeg(40, 30, exif(6), segment(0xFE, b"<?php"), behind=b"<script>"))
    assert isinstance(made, Fit)
    assert made.kind is MediaKind.JPEG
    assert b"GPS" not in made.content
    assert b"<" not in made.content
    assert struct.pack(">HHIH", 0x0112, 3, 1, 6) in made.content
    assert read_picture(made.content) == made


@pytest.mark.parametrize(
    ("content", "why"),
    [
        (b"", Unfit.NOTHING),
        (b"<svg xmlns='http://www.w3.org/2000/svg' onload='alert(1)'/>", Unfit.DRAWING),
        (b"\xef\xbb\xbf  <?xml version='1.0'?><svg/>", Unfit.DRAWING),
        (b"<!-- x --><SVG onload=alert(1)>", Unfit.DRAWING),
        (b"<!doctype html><script>alert(1)</script>", Unfit.KIND),
        (b"GIF89a\x01\0\x01\0", Unfit.KIND),
        (b"PK\x03\x04" + b"../../etc/passwd", Unfit.KIND),
        (b"MZ\x90\0", Unfit.KIND),
        (b"%PDF-1.7", Unfit.KIND),
        (ogg(SECOND), Unfit.NO_PICTURE),
        (PNG_START, Unfit.BROKEN),
        (PNG_START + b"<script>alert(1)</script>", Unfit.BROKEN),
        (png(9, 9, grey(9, 9))[:-1], Unfit.BROKEN),
        (png(9, 9, grey(9, 9)).replace(b"IDAT", b"IDAX"), Unfit.BROKEN),
        (png(9, 9, grey(9, 8)), Unfit.BROKEN),
        (png(9, 9, zlib.compress(bytes(20_000_000), 9)), Unfit.BROKEN),
        (png(50_000, 50_000, zlib.compress(b"\0", 9)), Unfit.TOO_MANY_PIXELS),
        (png(0, 9, grey(9, 9)), Unfit.BROKEN),
        (b"\xff\xd8\xff\xe0", Unfit.BROKEN),
        (jpeg(9, 9)[:-2], Unfit.BROKEN),
        (jpeg(60_000, 9), Unfit.TOO_MANY_PIXELS),
        (jpeg(9, 9, segment(0xE2, bytes(60_000)) * 5), Unfit.TOO_LARGE),
    ],
)
def test_what_is_no_picture_for_people_is_refused_and_why(content: bytes, why: Unfit) -> None:
    assert read_picture(content) is why


def test_what_a_browser_records_becomes_what_phones_play() -> None:
    made = read_sound(webm(SECOND))
    assert isinstance(made, Fit)
    assert made.kind is MediaKind.OGG
    assert made.content[28:].startswith(b"OpusHead")
    assert list(_ogg_packets(made.content))[2:] == SECOND
    assert read_sound(made.content) == made


@given(st.binary(min_size=30, max_size=400))
def test_pages_are_summed_up_as_the_format_says(page: bytes) -> None:
    assert _checksum(page) == slow_checksum(page)


def test_titles_and_pictures_in_an_mp3_are_not_kept() -> None:
    front = b"ID3\x04\0\0\0\0\0\x15<script>alert</script>"[: 10 + 21]
    made = read_sound(mp3(100, front, b"TAG" + b"somebody's name".ljust(125, b"\0")))
    assert made == Fit(MediaKind.MP3, mp3(100))


@pytest.mark.parametrize(
    ("content", "why"),
    [
        (b"", Unfit.NOTHING),
        (b"<svg onload='alert(1)'/>", Unfit.DRAWING),
        (REAL.read_bytes(), Unfit.NO_SOUND),
        (b"RIFF\0\0\0\0WAVEfmt ", Unfit.KIND),
        (b"\0\0\0\x1cftypmp42", Unfit.KIND),
        (OGG_START, Unfit.BROKEN),
        (ogg(SECOND)[:-1] + b"\0", Unfit.BROKEN),
        (ogg(SECOND)[:200], Unfit.BROKEN),
        (OGG_START + b"\0\x02" + bytes(20) + b"\x01\x1e\x01vorbis" + bytes(23), Unfit.BROKEN),
        (webm(SECOND, b"V_VP8"), Unfit.BROKEN),
        (webm(SECOND, tracks=2), Unfit.BROKEN),
        (webm([]), Unfit.BROKEN),
        (webm([b""]), Unfit.BROKEN),
        (webm(SECOND[:5]), Unfit.TOO_SHORT),
        (webm([b"\x7b\x06"] * 10_000), Unfit.TOO_LONG),
        (webm([b"\x78" + bytes(1_300)] * 1_000), Unfit.TOO_LARGE),
        (mp3(1), Unfit.BROKEN),
        (mp3(5), Unfit.TOO_SHORT),
        (mp3(8_000), Unfit.TOO_LONG),
        (mp3(100, behind=b"<script>" * 1_000), Unfit.BROKEN),
        (b"ID3\x04\0\0\xff\xff\xff\xff", Unfit.BROKEN),
    ],
)
def test_what_is_no_recording_for_people_is_refused_and_why(content: bytes, why: Unfit) -> None:
    assert read_sound(content) is why


@settings(max_examples=150, deadline=None)
@given(st.data())
def test_no_broken_file_gets_further_than_a_refusal(data: st.DataObject) -> None:
    whole = data.draw(
        st.sampled_from([REAL.read_bytes()[:3000], jpeg(9, 9, exif(3)), webm(SECOND), mp3(30), ogg(SECOND)])
    )
    broken = bytearray(whole)
    for _ in range(data.draw(st.integers(1, 8))):
        broken[data.draw(st.integers(0, len(broken) - 1))] = data.draw(st.integers(0, 255))
    cut = bytes(broken[: data.draw(st.integers(0, len(broken)))])
    for read in (read_picture, read_sound):
        made = read(cut)
        assert isinstance(made, (Fit, Unfit))
        if isinstance(made, Fit):
            assert read(made.content) == made


def test_a_bomb_takes_next_to_no_memory() -> None:
    import tracemalloc  # noqa: PLC0415 - only here

    bomb = png(2_000, 2_000, zlib.compress(bytes(60_000_000), 9))
    tracemalloc.start()
    assert read_picture(bomb) is Unfit.BROKEN
    _, most = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    sys.stdout.write(f"{len(bomb) // 1024} KB that would unpack into 57 MB: at most {most // 1024} KB were held\n")
    assert most < 4_000_000
