"""Hotlines and places as a person reads them: the caution first, then the number, then when and in which language."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime
from typing import Final

from bot.dialogue.phrasebook import TextId
from bot.dialogue.script import Script
from bot.dialogue.steps import ListHotlines, ListPlaces
from bot.dialogue.wording import BLANK_LINE, Wording, phones
from bot.facts import HERE, ORIGIN, Availability, Caller, Listing, Place, Telling, Wanted, countries_meant
from bot.messages import Span, Style, Text

DESTINATION: Final = "th"
"""Where people are most likely to be when they have not told."""

URGENT: Final = Wanted(kinds=("emergency", "medical", "police"), at_most=2)
"""What is offered when nothing fits better, so that nobody is left without a number."""

DANGER_NUMBERS: Final = 4

NEW_LINE: Final = "\n"
_FLAGS: Final = {"th": "🇹🇭", "kh": "🇰🇭", "la": "🇱🇦", "mm": "🇲🇲"}
_AVAILABILITY: Final = {
    Availability.OPEN: "open-now",
    Availability.CLOSED: "closed-now",
    Availability.UNKNOWN: "hours-unknown",
}

_CHATS: Final = {"line": "LINE", "telegram": "Telegram", "facebook": "Facebook", "web": "Web", "email": "E-mail"}


def tell_hotlines(step: ListHotlines, wording: Wording) -> Text:
    """Hotlines for this person; by country where they have not told where they are."""
    caller = wording.caller
    if caller.here is not None:
        wanted = replace(step.wanted, countries=countries_meant(step.where or (HERE, ORIGIN), caller))
        return _tell_or_console(wording.script.directory.choose(wanted, caller, wording.now), wording)
    spans: list[Span] = []
    for country in dict.fromkeys((DESTINATION, caller.origin or DESTINATION)):
        there = replace(caller, here=country)
        near = replace(step.wanted, countries=countries_meant(step.where or (HERE, ORIGIN), there))
        listings = wording.script.directory.choose(near, there, wording.now)
        if listings:
            _part(spans)
            spans.append(Span(wording.phrase("in-country", country=wording.country(country)) + "\n", Style.STRONG))
            spans.extend(_tell_each(listings, replace(wording, caller=there)))
    return tuple(spans) if spans else _tell_or_console((), replace(wording, caller=replace(caller, here=DESTINATION)))


def tell_danger(kinds: tuple[str, ...], wording: Wording) -> Text:
    """Who can help somebody in danger: first who can come to where they are, then who can do something from home."""
    wanted, caller = Wanted(kinds=kinds or URGENT.kinds, at_most=DANGER_NUMBERS), wording.caller
    if caller.here is None:
        return tell_hotlines(ListHotlines(wanted, where=(HERE,)), wording)
    near = replace(wanted, countries=frozenset({caller.here}))
    listings = wording.script.directory.choose(near, caller, wording.now)
    if caller.origin is not None:
        from_afar = tuple(kind for kind in wanted.kinds if kind not in URGENT.kinds)
        far = replace(wanted, kinds=from_afar, countries=frozenset({caller.origin}))
        listings += wording.script.directory.choose(far, caller, wording.now)
    callable_ones = [listing for listing in dict.fromkeys(listings) if listing.dials]
    return _tell_or_console(callable_ones[:DANGER_NUMBERS], wording)


def tell_wordless(script: Script, now: datetime) -> Text:
    """The most urgent numbers of every country with no word of any language, for people who have not chosen one."""
    spans: list[Span] = []
    for country, flag in _FLAGS.items():
        there = replace(URGENT, countries=frozenset({country}))
        listings = script.directory.choose(there, Caller(None, country, ""), now)
        dials = tuple(dial for listing in listings for dial in listing.dials)
        if dials:
            spans.append(Span(f"{NEW_LINE if spans else ''}{flag} 📞 "))
            spans.extend(phones(dials))
    return tuple(spans)


def tell_places(step: ListPlaces, wording: Wording) -> Text:
    """Places of a kind for this person: those of the country they are in first."""
    caller = wording.caller
    places = [
        place
        for place in wording.script.places.values()
        if place.kind == step.kind
        and (not place.origins or caller.origin is None or caller.origin in place.origins)
        and place.evidence.telling(wording.now.date()) is not Telling.WITHHELD
    ]
    places.sort(key=lambda place: place.country != (caller.here or DESTINATION))
    spans: list[Span] = []
    for place in places[: step.at_most]:
        _part(spans)
        spans.extend(_tell_place(place, wording))
    return tuple(spans)


def _tell_or_console(listings: Sequence[Listing], wording: Wording) -> Text:
    """What was looked for; else what is most urgent or of any use where the person is, then where they come from."""
    if listings:
        return _tell_each(listings, wording)
    caller, directory = wording.caller, wording.script.directory
    for near in ((HERE,), (HERE, ORIGIN)):
        for others in (URGENT, Wanted(kinds=directory.kinds, at_most=2)):
            wanted = replace(others, countries=countries_meant(near, caller))
            found = directory.choose(wanted, caller, wording.now)
            if found:
                return (Span(wording.phrase("no-number-here")), BLANK_LINE, *_tell_each(found, wording))
    return (Span(wording.phrase("no-number-known")),)


def _tell_each(listings: Sequence[Listing], wording: Wording) -> Text:
    spans: list[Span] = []
    for listing in listings:
        _part(spans)
        spans.extend(_tell_one(listing, wording))
    return tuple(spans)


def _tell_one(listing: Listing, wording: Wording) -> Text:
    hotline = listing.hotline
    spans = [Span(wording.words(TextId(f"hotline.{hotline.id}.name")), Style.STRONG), Span("\n")]
    if hotline.has_caution:
        spans.append(Span("⚠️ " + wording.words(TextId(f"hotline.{hotline.id}.caution")) + "\n"))
    if listing.dials:
        spans += [Span("📞 "), *phones(listing.dials)]
    else:
        spans.append(Span("💬 " + " · ".join(f"{_CHATS.get(kind, kind)}: {handle}" for kind, handle in hotline.chats)))
    notes = [wording.phrase(_AVAILABILITY[listing.availability])]
    if hotline.cost == "free":
        notes.append(wording.phrase("free-call"))
    if listing.dated:
        notes.append(wording.checked(hotline.evidence))
    spans.append(Span("\n" + " · ".join(notes)))
    spoken = _spoken(hotline.languages, wording)
    if spoken:
        spans.append(Span("\n" + wording.phrase("speaks", languages=spoken)))
    if hotline.interpreter and not listing.speaks:
        spans.append(Span("\n" + wording.phrase("interpreter")))
    return tuple(spans)


def _spoken(languages: Sequence[str], wording: Wording) -> str:
    names = [
        wording.phrase(f"language-{code}")
        for code in languages
        if TextId(f"phrase.language-{code}") in wording.script.phrasebook
    ]
    return ", ".join(names)


def _tell_place(place: Place, wording: Wording) -> Text:
    spans = [Span(wording.words(TextId(f"place.{place.id}.name")), Style.STRONG), Span("\n" + place.address)]
    if place.hotline is not None:
        listing = wording.script.directory.list_one(place.hotline, wording.caller, wording.now)
        if listing is not None and listing.dials:
            spans.append(Span("\n📞 "))
            spans.extend(phones(listing.dials))
    return tuple(spans)


def _part(spans: list[Span]) -> None:
    if spans:
        spans.append(BLANK_LINE)
