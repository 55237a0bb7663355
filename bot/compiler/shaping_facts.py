"""Files of facts, hotlines and places → what is true outside."""

from datetime import time
from decimal import Decimal
from typing import Final

from bot.compiler.draft import Draft, Kind, Mention, Role
from bot.compiler.forms import FACTS_FILE, HOTLINES_FILE, PLACES_FILE
from bot.compiler.leaves import (
    at,
    day_at,
    day_or_none,
    entries_at,
    is_yes,
    many_at,
    maps_of,
    read_day,
    text_at,
    texts_at,
    words_at,
)
from bot.compiler.reading import MapNode, Node, TextNode
from bot.compiler.shapes import inspect
from bot.facts import (
    ANYWHERE,
    Amount,
    AmountRange,
    Confidence,
    Day,
    Evidence,
    Fact,
    FactId,
    FactValue,
    Hotline,
    HotlineId,
    Hours,
    Number,
    Place,
    PlaceId,
    Position,
    Rule,
    Shift,
    Source,
)

WEEKDAYS: Final = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
_WHOLE_WEEK: Final = frozenset(range(7))


def shape_facts(node: Node, draft: Draft) -> None:
    """Take the facts of one file into the content."""
    inspect(node, FACTS_FILE, draft.notebook)
    for entry in maps_of(node):
        name = text_at(entry, "fact")
        if name is not None and draft.introduce(Kind.FACT, name):
            fact = _shape_fact(entry, FactId(name.words), draft)
            if fact is not None:
                draft.facts[fact.id] = fact


def _shape_fact(entry: MapNode, fact_id: FactId, draft: Draft) -> Fact | None:
    value = _shape_value(entry, draft)
    if value is None:
        return None
    if isinstance(value, Rule):
        draft.write(f"fact.{fact_id}", at(entry, "text"), Role.RULE)
    return Fact(
        id=fact_id,
        about=words_at(entry, "about"),
        value=value,
        evidence=shape_evidence(entry, draft),
        valid_from=day_at(entry, "valid_from"),
        valid_to=day_at(entry, "valid_to"),
    )


def _shape_value(entry: MapNode, draft: Draft) -> FactValue | None:
    value, rule = text_at(entry, "value"), text_at(entry, "text")
    if (value is None) == (rule is None):
        draft.notebook.error(entry.place, "a fact has either 'value:' or 'text:'")
        return None
    if value is None:
        return Rule()
    day = read_day(value.words)
    if day is not None:
        return Day(day)
    unit, per = text_at(entry, "unit"), text_at(entry, "per")
    if unit is None:
        draft.notebook.error(value.place, "a number needs a 'unit:'")
        return None
    draft.mentions.append(Mention(Kind.UNIT, unit.words, unit.place))
    if per is not None:
        draft.mentions.append(Mention(Kind.PER, per.words, per.place))
    return _shape_amount(value, unit.words, per.words if per else "", draft)


def _shape_amount(value: TextNode, unit: str, per: str, draft: Draft) -> FactValue | None:
    low, dots, high = value.words.partition("..")
    try:
        if not dots:
            return Amount(Decimal(low), unit, per)
        both = AmountRange(Decimal(low), Decimal(high), unit, per)
    except ArithmeticError:
        return None
    if both.low >= both.high:
        draft.notebook.error(value.place, f"'{value.words}' runs backwards; write the smaller number first")
    return both


def shape_evidence(entry: MapNode, draft: Draft) -> Evidence:
    """Source, dates and confidence, as facts, hotlines and places have them."""
    source = at(entry, "source") or entry
    word = words_at(entry, "confidence")
    evidence = Evidence(
        source=Source(words_at(source, "title"), words_at(source, "url"), words_at(source, "date")),
        checked=day_or_none(entry, "checked"),
        review_by=day_or_none(entry, "review_by"),
        confidence=Confidence(word) if word in tuple(Confidence) else Confidence.LOW,
        dossier=words_at(entry, "dossier"),
    )
    review = text_at(entry, "review_by")
    if review is not None and read_day(review.words) and evidence.review_by <= evidence.checked:
        draft.notebook.error(review.place, "'review_by' must be later than 'checked'")
    return evidence


def shape_hotlines(node: Node, draft: Draft) -> None:
    """Take the hotlines of one file into the content."""
    inspect(node, HOTLINES_FILE, draft.notebook)
    for entry in maps_of(node):
        name = text_at(entry, "hotline")
        if name is not None and draft.introduce(Kind.HOTLINE, name):
            hotline = _shape_hotline(entry, name, draft)
            draft.hotlines[hotline.id] = hotline


def _shape_hotline(entry: MapNode, name: TextNode, draft: Draft) -> Hotline:
    hotline = HotlineId(name.words)
    country = name.words.partition("-")[0]
    if country not in ("kh", "la", "mm", "th", "int"):
        draft.notebook.error(name.place, "the id of a hotline starts with kh-, la-, mm-, th- or int-")
    caution = at(entry, "caution")
    # A number under an English name helps more than no number; what it may do to somebody must be understood.
    draft.write(f"hotline.{hotline}.name", at(entry, "name"), Role.NAME)
    draft.write(f"hotline.{hotline}.what", at(entry, "what"), Role.NAME)
    draft.write(f"hotline.{hotline}.caution", caution, Role.NAME, vital=True)
    for language in texts_at(entry, "languages"):
        draft.mentions.append(Mention(Kind.PHRASE, f"language-{language.words}", language.place))
    return Hotline(
        id=hotline,
        country=country,
        kinds=frozenset(many_at(entry, "kind")),
        numbers=tuple(_shape_number(number, draft) for number in maps_of(at(entry, "numbers"))),
        hours=shape_hours(entry, draft),
        languages=many_at(entry, "languages"),
        evidence=shape_evidence(entry, draft),
        origins=_origins(entry),
        cost=words_at(entry, "cost", "unknown"),
        interpreter=words_at(entry, "interpreter"),
        government=is_yes(entry, "government"),
        has_caution=caution is not None,
        chats=tuple(
            (key.words, value.words) for key, value in entries_at(entry, "chat") if isinstance(value, TextNode)
        ),
        address=words_at(entry, "address"),
    )


def _shape_number(entry: MapNode, draft: Draft) -> Number:
    dial, e164 = text_at(entry, "dial"), text_at(entry, "e164")
    works_from = frozenset(many_at(entry, "from"))
    if dial is not None and e164 is None:
        if ANYWHERE in works_from:
            draft.notebook.error(dial.place, "a number that works anywhere needs 'e164:'")
        if not dial.words.isdigit():
            draft.notebook.error(dial.place, "a short number is written with digits only; a long one needs 'e164:'")
    if dial is not None and e164 is not None:
        local = _digits(dial.words)
        if not _digits(e164.words).endswith(local.lstrip("0")) and local != _digits(e164.words):
            draft.notebook.error(e164.place, f"'{e164.words}' and '{dial.words}' are two different numbers")
    word = words_at(entry, "confidence")
    return Number(
        dial=dial.words if dial else "",
        works_from=works_from,
        e164=e164.words if e164 else "",
        confidence=Confidence(word) if word in tuple(Confidence) else Confidence.HIGH,
    )


def _digits(words: str) -> str:
    return "".join(character for character in words if character.isdigit())


def shape_hours(entry: MapNode, draft: Draft) -> Hours:
    """`hours:` in a `zone:`, without the holidays it is `closed_on`."""
    closed_on = tuple(draft.mention(Kind.HOLIDAYS, name) for name in texts_at(entry, "closed_on"))
    zone = words_at(entry, "zone", "UTC")
    hours = texts_at(entry, "hours")
    if any(text.words == "always" for text in hours):
        return Hours(zone, always=True, closed_on=closed_on)
    shifts = tuple(shift for text in hours if (shift := read_shift(text.words)) is not None)
    return Hours(zone, shifts=shifts, closed_on=closed_on)


def read_shift(words: str) -> Shift | None:
    """`mon-fri 08:30-16:30`, `daily 08:00-20:00`, `fri,sat 20:00-04:00`; nothing where it is no shift."""
    days, _, clock = words.partition(" ")
    opens, _, closes = clock.partition("-")
    try:
        return Shift(_read_weekdays(days), _read_clock(opens), _read_clock(closes))
    except ValueError:
        return None


def _read_weekdays(words: str) -> frozenset[int]:
    if words == "daily":
        return _WHOLE_WEEK
    days: set[int] = set()
    for part in words.split(","):
        first, _, last = part.partition("-")
        start = WEEKDAYS.index(first)
        span = (WEEKDAYS.index(last or first) - start) % 7
        days.update((start + step) % 7 for step in range(span + 1))
    return frozenset(days)


def _read_clock(words: str) -> time:
    return time(0) if words == "24:00" else time.fromisoformat(words)


def _origins(entry: MapNode) -> frozenset[str]:
    wanted = at(entry, "for")
    return frozenset(many_at(wanted, "origin")) if wanted is not None else frozenset()


def shape_places(node: Node, draft: Draft) -> None:
    """Take the places of one file into the content."""
    inspect(node, PLACES_FILE, draft.notebook)
    for entry in maps_of(node):
        name = text_at(entry, "place")
        if name is None or not draft.introduce(Kind.PLACE, name):
            continue
        hotline = text_at(entry, "hotline")
        draft.write(f"place.{name.words}.name", at(entry, "name"), Role.NAME)
        place = Place(
            id=PlaceId(name.words),
            kind=words_at(entry, "kind"),
            country=words_at(entry, "country"),
            address=words_at(entry, "address"),
            evidence=shape_evidence(entry, draft),
            position=_shape_position(entry, draft),
            hotline=HotlineId(draft.mention(Kind.HOTLINE, hotline)) if hotline else None,
            origins=_origins(entry),
        )
        draft.places[place.id] = place


def _shape_position(entry: MapNode, draft: Draft) -> Position | None:
    latitude, longitude = text_at(entry, "lat"), text_at(entry, "lon")
    if latitude is None and longitude is None:
        return None
    try:
        position = Position(float(latitude.words if latitude else ""), float(longitude.words if longitude else ""))
    except ValueError:
        draft.notebook.error(entry.place, "a position has both 'lat:' and 'lon:'")
        return None
    # The four countries lie between these degrees: more precise than any number would be to guess swapped ones.
    if not (5 <= position.latitude <= 29 and 92 <= position.longitude <= 108):
        draft.notebook.error(entry.place, "this position lies outside the four countries; are lat and lon swapped?")
    return position
