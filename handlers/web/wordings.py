"""Words of the pages themselves, and numbers to call, straight from the script: they need no store and no visitor."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from bot.dialogue.listing import URGENT
from bot.dialogue.phrasebook import TextId
from bot.dialogue.script import Script
from bot.dialogue.wording import Wording
from bot.facts import Caller
from bot.messages import Language

SOURCE: Final = Language("en")
"""The language of pages whose visitor has not chosen one and whose browser asks for none of ours."""

_FIRST_FLAG_LETTER: Final = 0x1F1E6


@dataclass(frozen=True, slots=True)
class Urgent:
    """Whom to call in one country, by name."""

    flag: str
    country: str
    numbers: tuple[tuple[str, str], ...]


def wording_in(script: Script, language: Language, now: datetime) -> Wording:
    """Words for nobody in particular."""
    return Wording(script, language, Caller(None, None, language), now)


def page_words(script: Script, language: Language, now: datetime, names: Iterable[str]) -> dict[str, str]:
    """Some of the page's own words, by name."""
    wording = wording_in(script, language, now)
    return {name: wording.phrase(name) for name in names}


def words_in_all(script: Script, phrase: str, now: datetime) -> str:
    """One phrase in every language, for who has not chosen one."""
    said = [wording_in(script, language, now).phrase(phrase) for language in script.tongues]
    return " · ".join(dict.fromkeys(said))


def urgent_numbers(script: Script, language: Language, now: datetime) -> tuple[Urgent, ...]:
    """Police and emergency of every country where people may be: who cannot be asked must find their own."""
    found = []
    for country in script.profile.get("here", ()):
        caller = Caller(None, country, language)
        wording = Wording(script, language, caller, now)
        numbers = tuple(
            (wording.words(TextId(f"hotline.{listing.hotline.id}.name")), listing.dials[0])
            for listing in script.directory.choose(URGENT, caller, now, {country})
        )
        if numbers:
            found.append(Urgent(_flag(country), wording.country(country), numbers))
    return tuple(found)


def language_asked_for(accepted: str, script: Script) -> Language | None:
    """The first of our languages that a browser's Accept-Language names, most wanted first."""
    weighed = []
    for place, part in enumerate(accepted[:500].split(",")):
        tag, _, weight = part.strip().partition(";q=")
        language = Language(tag.split("-")[0].lower())
        if language in script.tongues:
            weighed.append((-_weight(weight), place, language))
    return min(weighed)[2] if weighed else None


def _weight(written: str) -> float:
    try:
        return float(written or "1")
    except ValueError:
        return 0.0


def _flag(country: str) -> str:
    return "".join(chr(_FIRST_FLAG_LETTER + ord(letter) - ord("a")) for letter in country)
