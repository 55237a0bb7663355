"""One spelling for what people type in many: what is compared must look the same when it reads the same.

`readable` is for people: clean Unicode, and the zero-width characters that Khmer, Lao and Burmese need stay.
`normal` is for comparing and never shown: small letters, one spelling for each sound that a script can write
in two ways, digits in
ASCII, no spaces between letters of a script that is written without them. `skeleton` goes further and drops
what is most often
mistyped: tone marks, silent letters, long against short vowels.
All of it works on at most LONGEST characters and none of its patterns can go back, so the time is bounded.
"""

import re
import unicodedata
from typing import Final

from bot.language.scripts import clusters
from bot.language.zawgyi import LONG_ENOUGH, SURE, to_unicode, zawgyi_probability

LONGEST: Final = 4_096

_DIGIT_ZEROS: Final = (0x0660, 0x06F0, 0x0966, 0x0E50, 0x0ED0, 0x1040, 0x17E0, 0xFF10)
_ASCII_DIGITS: Final = {zero + value: str(value) for zero in _DIGIT_ZEROS for value in range(10)}

_JOINERS: Final = "\u200b\u200c\u200d"
_UNSEEN: Final = re.compile(r"[\u17B4\u17B5\u034F\u115F\u1160\u3164\uFE00-\uFE0F]")
_PILED_MARKS: Final = re.compile(
    r"([\u0300-\u036F\u0E31\u0E34-\u0E3A\u0E47-\u0E4E\u0EB1\u0EB4-\u0EBC\u0EC8-\u0ECE]{8})[\u0300-\u0EFF]*"
)
_COMPATIBLE: Final = re.compile(r"[\u00AA\u00BA\u00C0-\u024F\u1E00-\u1EFF\uFF01-\uFF5E]+")
_ACCENTS: Final = re.compile(r"[\u0300-\u036F]+")
_APOSTROPHES: Final = re.compile(r"[\u0027\u2018\u2019\u02BC\u0060\u00B4]")
_REPEAT_SIGNS: Final = re.compile(r"[\u0E2F\u0E46\u0EAF\u0EC6\u17D7]")
_NATIVE: Final = r"\u0E01-\u0E4E\u0E81-\u0ECE\u0EDC-\u0EDF\u1000-\u103F\u104C-\u109F\u1780-\u17D3\u17DD"
_NOT_A_WORD: Final = re.compile(rf"[^a-z0-9{_NATIVE}\uA9E0-\uA9FF\uAA60-\uAA7F]+")
_GAP_BETWEEN_NATIVE: Final = re.compile(rf"(?<=[{_NATIVE}]) (?=[{_NATIVE}])")
_SEAM: Final = re.compile(
    rf"(?<=[a-z0-9])(?=[{_NATIVE}])|(?<=[{_NATIVE}])(?=[a-z0-9])|(?<=[a-z])(?=[0-9])|(?<=[0-9])(?=[a-z])"
)
_LONG_RUN_LATIN: Final = re.compile(r"([a-z])\1{2,}")
_LONG_RUN_NATIVE: Final = re.compile(rf"([{_NATIVE}])\1{{2,}}")

_THAI: Final = (
    (re.compile("\u0e40\u0e40"), "\u0e41"),
    (re.compile("\u0e45"), "\u0e32"),
    (re.compile("([\u0e48-\u0e4b])([\u0e31\u0e34-\u0e39\u0e4d])"), r"\2\1"),
    (re.compile("\u0e4d([\u0e48-\u0e4b]?)\u0e32"), "\\1\u0e33"),
    (re.compile("\u0e33([\u0e48-\u0e4b])"), "\\1\u0e33"),
)
_LAO: Final = (
    (re.compile("\u0ec0\u0ec0"), "\u0ec1"),
    (re.compile("([\u0ec8-\u0ecb])([\u0eb1\u0eb4-\u0eb9\u0ebb\u0ebc\u0ecd])"), r"\2\1"),
    (re.compile("\u0ecd([\u0ec8-\u0ecb]?)\u0eb2"), "\\1\u0eb3"),
    (re.compile("\u0eb3([\u0ec8-\u0ecb])"), "\\1\u0eb3"),
    (re.compile("\u0eab\u0e99"), "\u0edc"),
    (re.compile("\u0eab\u0ea1"), "\u0edd"),
    (re.compile("[\u0ebc\u0ea3]"), "\u0ea5"),
    (re.compile("\u0ec3"), "\u0ec4"),
)
_KHMER: Final = (
    (re.compile("\u17c1\u17b8"), "\u17be"),
    (re.compile("\u17c1\u17b6"), "\u17c4"),
    (re.compile("\u17c6([\u17b6\u17bb])"), "\\1\u17c6"),
    (re.compile("([\u17b6-\u17c8])([\u17c9\u17ca])"), r"\2\1"),
    (re.compile("(\u17d2\u179a)(\u17d2[\u1780-\u17a2])"), r"\2\1"),
    (re.compile("\u17d2\u178a"), "\u17d2\u178f"),
    (re.compile("[\u17b1\u17b2](?:\u17d2\u1799|\u1799)?"), "\u17a2\u17c4\u1799"),
    (re.compile("\u17a2\u17c4(?:\u17d2\u1799|\u1799)"), "\u17a2\u17c4\u1799"),
    (re.compile("\u17a5"), "\u17a2\u17b7"),
    (re.compile("\u17a6"), "\u17a2\u17b8"),
    (re.compile("\u17a7"), "\u17a2\u17bb"),
    (re.compile("\u17a9"), "\u17a2\u17bc"),
    (re.compile("\u17aa"), "\u17a2\u17bc\u179c"),
    (re.compile("\u17af"), "\u17a2\u17c2"),
    (re.compile("\u17b0"), "\u17a2\u17c3"),
    (re.compile("\u17b3"), "\u17a2\u17c5"),
    (re.compile("\u17ab"), "\u179a\u17b9"),
    (re.compile("\u17ac"), "\u179a\u17ba"),
    (re.compile("\u17ad"), "\u179b\u17b9"),
    (re.compile("\u17ae"), "\u179b\u17ba"),
)
_MYANMAR: Final = (
    (re.compile("(?<![\u1040-\u1049])\u1040(?=[\u1000-\u1021\u102b-\u103e])"), "\u101d"),
    (re.compile("\u1047(?=[\u102b-\u103e])"), "\u101b"),
    (re.compile("(?<=[\u1000-\u1021\u102b-\u103e])\u1040(?![\u1040-\u1049])"), "\u101d"),
    (re.compile("\u102b"), "\u102c"),
    (re.compile("\u1025\u103a"), "\u1009\u103a"),
    (re.compile("\u101e\u103c(?!\u102d|\u102e|\u102f|\u1030|\u103d|\u103e)"), "\u1029"),
)
_RULES: Final = (
    (re.compile("[\u0e00-\u0e7f]"), _THAI),
    (re.compile("[\u0e80-\u0eff]"), _LAO),
    (re.compile("[\u1780-\u17ff]"), _KHMER),
    (re.compile("[\u1000-\u109f]"), _MYANMAR),
)
"""The spelling of each script, by what shows that it must be looked at."""
_MYANMAR_MARKS: Final = re.compile("[\u102b-\u1032\u1036-\u1038\u103a-\u103e]{2,}")
_MYANMAR_ORDER: Final = {
    mark: place
    for place, mark in enumerate(
        "\u103b\u103c\u103d\u103e\u1031\u102d\u102e\u1032\u102f\u1030\u102b\u102c\u1036\u103a\u1037\u1038"
    )
}

_SILENT_THAI: Final = re.compile("[\u0e01-\u0e2e][\u0e34\u0e38]?\u0e4c")
_SILENT_LAO: Final = re.compile("[\u0e81-\u0eae]\u0ecc")
_SKELETON: Final = str.maketrans(
    {
        # Thai and Lao: tones off, long vowels like short ones, letters of the same sound like one.
        **dict.fromkeys("\u0e47\u0e48\u0e49\u0e4a\u0e4b\u0e4c\u0e4e\u0ec8\u0ec9\u0eca\u0ecb\u0ecc", ""),
        "\u0e35": "\u0e34",
        "\u0e37": "\u0e36",
        "\u0e39": "\u0e38",
        "\u0e43": "\u0e44",
        "\u0e13": "\u0e19",
        "\u0e28": "\u0e2a",
        "\u0e29": "\u0e2a",
        "\u0e0e": "\u0e14",
        "\u0e0f": "\u0e15",
        "\u0e10": "\u0e16",
        "\u0e2c": "\u0e25",
        "\u0e0d": "\u0e22",
        "\u0eb5": "\u0eb4",
        "\u0eb7": "\u0eb6",
        "\u0eb9": "\u0eb8",
        # Khmer: the signs above, and the vowels that are told apart least.
        **dict.fromkeys("\u17c9\u17ca\u17cb\u17cc\u17cd\u17ce\u17cf\u17d0\u17d1\u17dd", ""),
        "\u17b8": "\u17b7",
        "\u17ba": "\u17b9",
        "\u17bc": "\u17bb",
        "\u178e": "\u1793",
        # Burmese: tones off, the two medials and the finals that sound alike.
        "\u1037": "",
        "\u1038": "",
        "\u103c": "\u103b",
        "\u102e": "\u102d",
        "\u1030": "\u102f",
    }
)
_BURMESE_FINALS: Final = (
    (re.compile("\u1019\u103a|\u1036"), "\u1014\u103a"),
    (re.compile("\u1015\u103a"), "\u1010\u103a"),
)


def readable(text: str) -> str:
    """The text as people may see it: bounded, Unicode, without control and direction characters; Zawgyi is
    converted when sure.
    """
    return readings(text)[0]


def readings(text: str) -> tuple[str, ...]:
    """The readable text, and a second one for a short Burmese text that could be Zawgyi as well."""
    plain = _without_controls(text[:LONGEST])
    probability = zawgyi_probability(plain)
    if probability >= SURE:
        return (_tidy(to_unicode(plain)),)
    if probability > 1 - SURE and sum("\u1000" <= letter <= "\u109f" for letter in plain) < LONG_ENOUGH:
        return (_tidy(plain), _tidy(to_unicode(plain)))
    if probability > 0.5:
        return (_tidy(to_unicode(plain)),)
    return (_tidy(plain),)


def ascii_digits(text: str) -> str:
    """The digits of Khmer, Lao, Burmese, Thai and other scripts as 0 to 9."""
    return text.translate(_ASCII_DIGITS)


def normal(text: str) -> str:
    """The readable text in the one spelling that is compared."""
    folded = text[:LONGEST]
    folded = folded.lower() if folded.isascii() else _in_one_spelling(folded)
    folded = _NOT_A_WORD.sub(" ", _APOSTROPHES.sub("", folded))
    folded = _GAP_BETWEEN_NATIVE.sub("", _SEAM.sub(" ", folded))
    return _LONG_RUN_NATIVE.sub(r"\1", _LONG_RUN_LATIN.sub(r"\1\1", folded)).strip()


def skeleton(normal_text: str) -> str:
    """The normal text without what is most often mistyped; words of Latin letters stay."""
    if normal_text.isascii():
        return normal_text
    bare = _SILENT_LAO.sub("", _SILENT_THAI.sub("", normal_text)).translate(_SKELETON)
    for pattern, spelling in _BURMESE_FINALS:
        bare = pattern.sub(spelling, bare)
    return bare


def tokens(normal_text: str) -> list[str]:
    """Grapheme clusters, and whole words where letters are Latin."""
    return [cluster for cluster in clusters(normal_text) if cluster != " "]


def _in_one_spelling(text: str) -> str:
    """What is written in the letters of any script, with each sound that is written in two ways written in one."""
    folded = _UNSEEN.sub("", text)
    for joiner in _JOINERS:
        folded = folded.replace(joiner, "")
    folded = _REPEAT_SIGNS.sub("", folded.lower().replace("\U0001f198", " sos "))
    folded = _COMPATIBLE.sub(_plain_latin, folded)
    for letters, rules in _RULES:
        if letters.search(folded):
            for pattern, spelling in rules:
                folded = pattern.sub(spelling, folded)
    return ascii_digits(_MYANMAR_MARKS.sub(_in_order, folded))


def _without_controls(text: str) -> str:
    kept = (
        letter
        if letter in _JOINERS or unicodedata.category(letter) not in {"Cc", "Cf", "Cs", "Co", "Cn"}
        else _gap(letter)
        for letter in text
    )
    return "".join(kept)


def _gap(control: str) -> str:
    return "\n" if control == "\n" else " " if control in "\t\r\v\f\u0085" else ""


def _tidy(text: str) -> str:
    return _PILED_MARKS.sub(r"\1", unicodedata.normalize("NFC", text))[:LONGEST].strip()


def _plain_latin(found: re.Match[str]) -> str:
    return _ACCENTS.sub("", unicodedata.normalize("NFKD", found.group())).lower()


def _in_order(found: re.Match[str]) -> str:
    return "".join(sorted(dict.fromkeys(found.group()), key=lambda mark: _MYANMAR_ORDER.get(mark, 99)))
