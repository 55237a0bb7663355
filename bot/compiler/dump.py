"""The compiled content as one document of plain values, for whoever wants to read or check it without our code.

Texts stand as people read them, with their facts and numbers filled in.
"""

from collections.abc import Iterator
from datetime import date, datetime, time
from decimal import Decimal
from typing import Final
from zoneinfo import ZoneInfo

from bot.compiler.leaves import Json
from bot.compiler.shaping_facts import WEEKDAYS
from bot.dialogue.phrasebook import TextId
from bot.dialogue.script import Script, Topic, Variant
from bot.dialogue.steps import Ask, Checklist, Choose, Flow, Option, Say, Screen, Step, Target, ToBack, ToFlow, ToScreen
from bot.dialogue.wording import Wording
from bot.facts import Amount, AmountRange, Caller, Day, Evidence, Fact, Hotline, Hours, Place, Shift
from bot.messages import Language

_NOON: Final = time(12, tzinfo=ZoneInfo("Asia/Bangkok"))


def dump(script: Script, today: date) -> dict[str, Json]:
    """All of the content in plain values."""
    teller = _Teller(script, datetime.combine(today, _NOON))
    return {
        "version": script.version,
        "languages": [
            {"code": tongue.code, "name": tongue.name, "fallback": list(tongue.fallbacks)}
            for tongue in script.tongues.values()
        ],
        "topics": [_topic(topic, teller) for topic in script.topics.values()],
        "hotlines": [_hotline(hotline, teller) for hotline in script.directory],
        "facts": [_fact(fact, teller) for fact in script.facts.values()],
        "places": [_place(place, teller) for place in script.places.values()],
        "flows": [_flow(flow, teller) for flow in script.flows.values() if not flow.id.startswith("topic.")],
    }


class _Teller:
    """Words of the content by language, as somebody somewhere reads them."""

    __slots__ = ("_now", "_script")

    def __init__(self, script: Script, now: datetime) -> None:
        self._script = script
        self._now = now

    def by_language(self, text: TextId, origin: str | None = None, here: str | None = None) -> dict[str, Json]:
        """A text in the languages that have it."""
        if text not in self._script.phrasebook:
            return {}
        worded = self._script.phrasebook.worded(text)
        return {language: self._wording(language, origin, here).words(text) for language in worded}

    def told(self, fact: Fact) -> dict[str, Json]:
        """A fact as it is told in each language."""
        return {language: self._wording(language, None, None).tell(fact) for language in self._script.tongues}

    def _wording(self, language: Language, origin: str | None, here: str | None) -> Wording:
        return Wording(self._script, language, Caller(origin, here, language), self._now)


def _topic(topic: Topic, teller: _Teller) -> Json:
    return {
        "id": topic.id,
        "stage": topic.stage,
        "urgency": topic.urgency,
        "title": teller.by_language(topic.title),
        "icon": topic.icon,
        "variants": [_variant(variant, teller) for variant in topic.variants],
        "next": list(topic.next),
    }


def _variant(variant: Variant, teller: _Teller) -> Json:
    origin, here = (variant.said_when.get(name, (None,))[0] for name in ("origin", "here"))
    return {
        "id": variant.id,
        "when": {name: list(values) for name, values in variant.said_when.items()},
        "text": teller.by_language(variant.text, origin, here),
        "sources": list(variant.sources),
        "checked": variant.checked.isoformat(),
        "review_by": variant.review_by.isoformat(),
    }


def _hotline(hotline: Hotline, teller: _Teller) -> Json:
    return {
        "id": hotline.id,
        "country": hotline.country,
        "name": teller.by_language(TextId(f"hotline.{hotline.id}.name")),
        "what": teller.by_language(TextId(f"hotline.{hotline.id}.what")),
        "caution": teller.by_language(TextId(f"hotline.{hotline.id}.caution")) if hotline.has_caution else None,
        "kinds": sorted(hotline.kinds),
        "numbers": [
            {
                "e164": number.e164 or None,
                "dial": number.dial,
                "from": sorted(number.works_from),
                "confidence": number.confidence.value,
            }
            for number in hotline.numbers
        ],
        "hours": _hours(hotline.hours),
        "zone": hotline.hours.zone,
        "closed_on": list(hotline.hours.closed_on),
        "languages": list(hotline.languages),
        "interpreter": hotline.interpreter or None,
        "cost": hotline.cost,
        "for": {"origin": sorted(hotline.origins)} if hotline.origins else {},
        "government": hotline.government,
        "chat": dict(hotline.chats),
        "address": hotline.address or None,
        **_evidence(hotline.evidence),
    }


def _hours(hours: Hours) -> Json:
    if hours.always:
        return "always"
    return [_shift(shift) for shift in hours.shifts] or "unknown"


def _shift(shift: Shift) -> str:
    days = [name for index, name in enumerate(WEEKDAYS) if index in shift.weekdays]
    spoken = "daily" if len(days) == len(WEEKDAYS) else ",".join(days)
    return f"{spoken} {shift.opens:%H:%M}-{shift.closes:%H:%M}"


def _fact(fact: Fact, teller: _Teller) -> Json:
    return {
        "id": fact.id,
        "about": fact.about,
        **_value(fact),
        "told": teller.told(fact),
        "valid_from": fact.valid_from.isoformat() if fact.valid_from else None,
        "valid_to": fact.valid_to.isoformat() if fact.valid_to else None,
        **_evidence(fact.evidence),
    }


def _value(fact: Fact) -> dict[str, Json]:
    match fact.value:
        case Amount(amount, unit, per):
            return {"value": _number(amount), "unit": unit, "per": per or None}
        case AmountRange(low, high, unit, per):
            return {"value": [_number(low), _number(high)], "unit": unit, "per": per or None}
        case Day(day):
            return {"value": day.isoformat(), "unit": "date", "per": None}
        case _:
            return {"value": None, "unit": "rule", "per": None}


def _number(amount: Decimal) -> int | float:
    return int(amount) if amount == amount.to_integral_value() else float(amount)


def _evidence(evidence: Evidence) -> dict[str, Json]:
    return {
        "source": {"title": evidence.source.title, "url": evidence.source.url, "date": evidence.source.date},
        "dossier": evidence.dossier or None,
        "checked": evidence.checked.isoformat(),
        "review_by": evidence.review_by.isoformat(),
        "confidence": evidence.confidence.value,
    }


def _place(place: Place, teller: _Teller) -> Json:
    position = place.position
    return {
        "id": place.id,
        "name": teller.by_language(TextId(f"place.{place.id}.name")),
        "kind": place.kind,
        "country": place.country,
        "address": place.address,
        "position": [position.latitude, position.longitude] if position else None,
        "hotline": place.hotline,
        **_evidence(place.evidence),
    }


def _flow(flow: Flow, teller: _Teller) -> Json:
    return {
        "id": flow.id,
        "title": teller.by_language(flow.title),
        "start": flow.start,
        "sensitive": flow.sensitive,
        "screens": [_screen(screen, teller) for screen in flow.screens.values()],
    }


def _screen(screen: Screen, teller: _Teller) -> Json:
    return {
        "id": screen.id,
        "texts": [{"id": text, "text": teller.by_language(text)} for text in _texts(screen.steps)],
        "options": [
            _option(option, teller) for step in screen.steps if isinstance(step, Choose) for option in step.options
        ],
    }


def _texts(steps: tuple[Step, ...]) -> Iterator[TextId]:
    for step in steps:
        match step:
            case Say() | Ask():
                yield step.text
            case Checklist():
                yield from (text for _, text in step.items)
            case _:
                pass


def _option(option: Option, teller: _Teller) -> Json:
    return {
        "value": option.value,
        "label": teller.by_language(option.label),
        "icon": option.icon,
        "to": option.opens or (_target(option.to) if option.to else None),
    }


def _target(target: Target) -> str:
    match target:
        case ToScreen(screen):
            return screen
        case ToFlow(flow):
            return f"flow:{flow}"
        case ToBack():
            return "back"
        case _:
            return "home"
