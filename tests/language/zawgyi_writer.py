"""Writes Burmese the Zawgyi way, so that tests can type it: the reverse of what the converter undoes, for common words."""

import re

_STACKED = dict(
    zip(
        "ကခဂဃစဇဈဋဌတထဒဓနပဖဗဘမလ",
        "\u1060\u1061\u1062\u1063\u1065\u1068\u1069\u106c\u106d\u1071\u1073\u1075\u1076\u1077\u1078\u1079\u107a\u107b\u107c\u1085",
        strict=True,
    )
)
_SYLLABLE = re.compile(
    "([\u1000-\u1021\u103f])((?:\u1039[\u1000-\u1021])?)(\u103b?)(\u103c?)(\u103d?)(\u103e?)(\u1031?)([\u102d\u102e\u1032]?)([\u102f\u1030]?)"
)


def zawgyi(text: str) -> str:
    """The same text in Zawgyi."""
    # Kinzi stands before its letter in Unicode and after it in Zawgyi.
    moved = re.sub("\u1004\u103a\u1039([\u1000-\u1021])", "\\1\u1064", text)
    written = _SYLLABLE.sub(_reorder, moved)
    return written.replace("\u1009\u103a", "\u1025\u1039").replace("\u103a", "\u1039").replace("\ue001", "\u103a")


def _reorder(found: re.Match[str]) -> str:
    base, stacked, ya, ra, wa, ha, e, upper, lower = found.groups()
    below = _STACKED.get(stacked[1:], "") if stacked else ""
    medials = ("\ue001" if ya else "") + ("\u103c" if wa else "") + ("\u103d" if ha else "")
    before = ("\u1031" if e else "") + ("\u103b" if ra else "")
    return before + base + below + medials + upper + _lower(lower, deep=bool(ra or ya))


def _lower(vowel: str, *, deep: bool) -> str:
    """Under a deep medial the vowel has a longer form."""
    return {"\u102f": "\u1033", "\u1030": "\u1034"}.get(vowel, vowel) if deep else vowel
