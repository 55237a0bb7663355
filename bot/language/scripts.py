"""Which letters a text is written in, and what that says about its language.

The five languages have four scripts of their own and share the Latin one, so a letter tells the language more
surely than any
word list. Shan, Mon and Karen use the Myanmar script too: they count as that script and nothing here changes
them.
"""

import re
import unicodedata
from collections import Counter
from enum import StrEnum
from typing import Final

LANGUAGES: Final = ("km", "lo", "my", "th", "en")


class Script(StrEnum):
    KHMER = "khmer"
    LAO = "lao"
    MYANMAR = "myanmar"
    THAI = "thai"
    LATIN = "latin"


SCRIPT_OF_LANGUAGE: Final = {
    "km": Script.KHMER,
    "lo": Script.LAO,
    "my": Script.MYANMAR,
    "th": Script.THAI,
    "en": Script.LATIN,
}
_LANGUAGE_OF_SCRIPT: Final = {
    Script.KHMER: "km",
    Script.LAO: "lo",
    Script.MYANMAR: "my",
    Script.THAI: "th",
}

_RANGES: Final = (
    (0x0041, 0x005A, Script.LATIN),
    (0x0061, 0x007A, Script.LATIN),
    (0x00AA, 0x00AA, Script.LATIN),
    (0x00BA, 0x00BA, Script.LATIN),
    (0x00C0, 0x024F, Script.LATIN),
    (0x0E01, 0x0E3A, Script.THAI),
    (0x0E40, 0x0E5B, Script.THAI),
    (0x0E81, 0x0EDF, Script.LAO),
    (0x1000, 0x109F, Script.MYANMAR),
    (0x1780, 0x17DA, Script.KHMER),
    (0x17DC, 0x17FF, Script.KHMER),
    (0x19E0, 0x19FF, Script.KHMER),
    (0x1E00, 0x1EFF, Script.LATIN),
    (0xA9E0, 0xA9FF, Script.MYANMAR),
    (0xAA60, 0xAA7F, Script.MYANMAR),
    (0xFF21, 0xFF3A, Script.LATIN),
    (0xFF41, 0xFF5A, Script.LATIN),
)
_SCRIPT_OF_LETTER: Final = {
    code: script
    for first, last, script in _RANGES
    for code in range(first, last + 1)
    if unicodedata.category(chr(code))[0] in "LM"
}
# All but what is surely at home beside a script: its own letters, ASCII, and the joiners.
_MAYBE_FOREIGN: Final = {
    own: re.compile(
        "[^\\x00-\\x7f\u200b-\u200d"
        + "".join(f"{chr(first)}-{chr(last)}" for first, last, script in _RANGES if script is own and first > 0x7F)
        + "]"
    )
    for own in Script
}
# Marks that belong to no script: accents, emoji presentation, the keycap frame.
_SHARED_MARKS: Final = ((0x0300, 0x036F), (0x20D0, 0x20FF), (0xFE00, 0xFE0F))

# One alternative after the other, each starting with a letter of its own and nothing behind it that could
# fail: it cannot
# go back. Thai and Lao take the vowel that stands before its consonant; Burmese takes the killed consonants
# that close a syllable.
_CLUSTER: Final = re.compile(
    r"[\u0E40-\u0E44]?[\u0E01-\u0E2E][\u0E31\u0E34-\u0E3A\u0E47-\u0E4E]*[\u0E30\u0E32\u0E33\u0E45]?"
    r"|[\u0EC0-\u0EC4]?[\u0E81-\u0EAE\u0EDC-\u0EDF][\u0EB1\u0EB4-\u0EBC\u0EC8-\u0ECE]*[\u0EB0\u0EB2\u0EB3\u0EBD]?"
    r"|[\u1780-\u17B3](?:\u17D2[\u1780-\u17B3])*[\u17B4-\u17D1\u17D3\u17DD\u200B-\u200D]*"
    r"|[\u1000-\u102A\u103F\u104C-\u104F\u1050-\u1055\u1075-\u1081]"
    r"(?:\u1039[\u1000-\u1021])*[\u102B-\u1038\u103A-\u103E\u1056-\u1059\u1062-\u1064\u1067-\u106D\u1082-\u108D]*"
    r"(?:[\u1000-\u1021\u1025][\u1037\u1038]*\u103A[\u1037\u1038]*(?:\u1039[\u1000-\u1021][\u102B-\u1038\u103A-\u103E]*)?)*"
    r"|[A-Za-z0-9\u00C0-\u024F\u1E00-\u1EFF]+"
    r"|\s+"
    r"|[\s\S]"
)


def scripts_of(text: str) -> Counter[Script]:
    """How many letters of each script the text has; letters of other scripts are not counted."""
    return Counter(_SCRIPT_OF_LETTER[ord(letter)] for letter in text if ord(letter) in _SCRIPT_OF_LETTER)


def main_script(text: str) -> Script | None:
    """The script of the message: any native script outweighs Latin, since borrowed words are written in Latin
    letters.
    """
    counts = scripts_of(text)
    native = [(count, script) for script, count in counts.items() if script is not Script.LATIN]
    if native:
        return max(native)[1]
    return Script.LATIN if counts else None


def language_of(text: str) -> str | None:
    """The language that the script gives away; None for Latin letters, in which all five are typed."""
    script = main_script(text)
    return None if script is None else _LANGUAGE_OF_SCRIPT.get(script)


def foreign_letters(text: str, language: str) -> str:
    """The letters that do not belong in a text of this language, each once, in order; Latin is at home
    everywhere.
    """
    own = SCRIPT_OF_LANGUAGE.get(language, Script.LATIN)
    found = (
        letter
        for letter in _MAYBE_FOREIGN[own].findall(text)
        if unicodedata.category(letter)[0] in "LM"
        and _SCRIPT_OF_LETTER.get(ord(letter)) not in (own, Script.LATIN)
        and not any(first <= ord(letter) <= last for first, last in _SHARED_MARKS)
    )
    return "".join(dict.fromkeys(found))


def clusters(text: str) -> list[str]:
    """The text cut into what people see as one letter (a syllable in Burmese, a word in Latin letters);
    spaces stay.
    """
    return _CLUSTER.findall(text)
