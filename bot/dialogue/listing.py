"""Hotlines and places as a person reads them: the caution first, then the number, then when and in which language."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime
from functools import reduce
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

HELPFUL: Final = (
    *("emergency", "medical", "police", "trafficking", "violence"),
    *("women", "children", "mental-health", "ngo", "legal"),
)
"""Kinds of lines that may stand in for another. An office that only answers questions is no helper: one of labour,
immigration or an embassy is shown where somebody looks for it, never instead of help."""

DANGER_NUMBERS: Final = 4

NEW_LINE: Final = "\n"
_CALL: Final = "📞 "
_HTTPS: Final = "https://"
_DOT: Final = " ·\N{NO-BREAK SPACE}"
"""Stays with what comes after it where a line ends."""
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
        near = countries_meant(step.where or (HERE, ORIGIN), caller)
        listings = wording.script.directory.choose(step.wanted, caller, wording.now, near)
        return _tell_or_console(listings, wording) if listings or step.instead else ()
    spans: list[Span] = []
    for country in dict.fromkeys((DESTINATION, caller.origin or DESTINATION)):
        there = replace(caller, here=country)
        near = countries_meant(step.where or (HERE, ORIGIN), there)
        listings = wording.script.directory.choose(step.wanted, there, wording.now, near)
        if listings:
            _part(spans)
            spans.append(Span(wording.phrase("in-country", country=wording.country(country)) + "\n", Style.STRONG))
            spans.extend(_tell_each(listings, replace(wording, caller=there)))
    return tuple(spans) if spans else _tell_or_console((), replace(wording, caller=replace(caller, here=DESTINATION)))


def tell_danger(danger: str, wording: Wording) -> Text:
    """Who can help somebody in danger, under words that promise no more than is there; without a number, what to do."""
    caller, wanted = wording.caller, _wanted_in(danger, wording.script)
    if caller.here is None:
        numbers = tell_hotlines(ListHotlines(wanted, where=(HERE,)), wording)
        return (Span(wording.phrase(f"danger-{danger}")), BLANK_LINE, *numbers)
    near = tuple(one for one in _callable(wanted, caller.here, wording) if "embassy" not in one.hotline.kinds)
    far = _callable(wanted, caller.origin, wording) if caller.origin not in {None, caller.here} else ()
    if near:
        head = (Span(wording.phrase(f"danger-{danger}")),)
        shown = near if len(near) > 1 else (*near, *far)
        return (*head, BLANK_LINE, *_tell_each(shown[:DANGER_NUMBERS], wording))
    head = (Span(wording.phrase(f"no-number-{danger}")),)
    if not far:
        return head
    return (*head, BLANK_LINE, Span(wording.phrase("numbers-elsewhere")), BLANK_LINE, *_tell_each(far, wording))


def _wanted_in(danger: str, script: Script) -> Wanted:
    """The lines of the topic of this danger as its authors ordered them; else lines of the kinds."""
    named = script.danger_lines.get(danger)
    if named is not None:
        return replace(named, open_first=False, at_most=DANGER_NUMBERS)
    return Wanted(kinds=script.emergency_kinds.get(danger) or URGENT.kinds, at_most=DANGER_NUMBERS)


def _callable(wanted: Wanted, country: str | None, wording: Wording) -> tuple[Listing, ...]:
    """Lines of one country that can be called from where the person is, those that are closed now last."""
    if country is None:
        return ()
    found = wording.script.directory.choose(wanted, wording.caller, wording.now, {country})
    return tuple(
        sorted(
            (listing for listing in found if listing.dials),
            key=lambda listing: listing.availability is Availability.CLOSED,
        )
    )


def tell_wordless(script: Script, now: datetime) -> Text:
    """The most urgent numbers of every country with no word of any language, for people who have not chosen one."""
    spans: list[Span] = []
    for country, flag in _FLAGS.items():
        listings = script.directory.choose(URGENT, Caller(None, country, ""), now, {country})
        dials = tuple(dial for listing in listings for dial in listing.dials)
        if dials:
            spans.append(Span(f"{NEW_LINE if spans else ''}{flag} {_CALL}"))
            spans.extend(phones(dials, f"{NEW_LINE}{flag} {_CALL}"))
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
    """What was looked for; else who helps people in need where the person is, then where they come from."""
    if listings:
        return _tell_each(listings, wording)
    caller, directory = wording.caller, wording.script.directory
    for near in ((HERE,), (HERE, ORIGIN)):
        for others in (URGENT, Wanted(kinds=HELPFUL, at_most=2)):
            found = directory.choose(others, caller, wording.now, countries_meant(near, caller))
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
    offers = wording.script.ready.offers
    offer = (wording.language, listing.hotline.id, listing.dials, listing.availability, listing.speaks, listing.dated)
    told = offers.get(offer)
    if told is None:
        told = _put_in_words(listing, wording)
        if wording.is_for_all:
            offers[offer] = told
    return told


def _put_in_words(listing: Listing, wording: Wording) -> Text:
    hotline = listing.hotline
    spans = [Span(wording.words(TextId(f"hotline.{hotline.id}.name")), Style.STRONG), Span("\n")]
    if hotline.has_caution:
        spans.append(Span("⚠️ " + wording.words(TextId(f"hotline.{hotline.id}.caution")) + "\n"))
    if listing.dials:
        spans += _numbers(listing.dials)
    else:
        spans += _chats(hotline.chats)
    notes = [wording.phrase(_AVAILABILITY[listing.availability])]
    if free := _free_note(listing, wording):
        notes.append(free)
    if listing.dated:
        notes.append(wording.checked(hotline.evidence))
    spans.append(Span("\n" + _DOT.join(notes)))
    spoken = _spoken(hotline.languages, wording)
    if spoken:
        spans.append(Span("\n" + wording.phrase("speaks", languages=spoken)))
    if hotline.interpreter and not listing.speaks:
        spans.append(Span("\n" + wording.phrase("interpreter")))
    return tuple(spans)


def _numbers(dials: tuple[str, ...]) -> Text:
    """One a line: nothing is left hanging between two of them where a line is too short for both."""
    return (Span(_CALL), *phones(dials, NEW_LINE + _CALL))


def _chats(chats: Sequence[tuple[str, str]]) -> Text:
    """Where to write, one a line; what is an https address can be tapped, anything else is words to look for."""
    spans: list[Span] = []
    for kind, handle in chats:
        spans.append(Span(f"{NEW_LINE if spans else ''}💬 {_CHATS.get(kind, kind)}: "))
        place = handle.removeprefix(_HTTPS)
        spans.append(Span(handle) if place == handle else Span(place.rstrip("/"), dial=handle))
    return tuple(spans)


def _free_note(listing: Listing, wording: Wording) -> str:
    """What costs nothing: a short number that is free. A long number of the same line is charged as any other call."""
    long_ones = {number.e164 for number in listing.hotline.numbers}
    short = tuple(dial for dial in listing.dials if dial not in long_ones)
    if listing.hotline.cost != "free" or not short:
        return ""
    free = wording.phrase("free-call")
    return free if short == listing.dials else f"{', '.join(short)}: {free}"


def _spoken(languages: Sequence[str], wording: Wording) -> str:
    names = [
        wording.phrase(f"language-{code}")
        for code in languages
        if TextId(f"phrase.language-{code}") in wording.script.phrasebook
    ]
    # Each language parts the words of a list in its own way.
    return reduce(lambda before, name: wording.phrase("listed", before=before, next=name), names) if names else ""


def _tell_place(place: Place, wording: Wording) -> Text:
    spans = [Span(wording.words(TextId(f"place.{place.id}.name")), Style.STRONG), Span("\n" + place.address)]
    if place.hotline is not None:
        listing = wording.script.directory.list_one(place.hotline, wording.caller, wording.now)
        if listing is not None and listing.dials:
            spans += [Span(NEW_LINE), *_numbers(listing.dials)]
    return tuple(spans)


def _part(spans: list[Span]) -> None:
    if spans:
        spans.append(BLANK_LINE)
