"""Source, dates and confidence, and hours: what facts, hotlines and helplines have in common."""

import re
from collections.abc import Mapping
from typing import Final

from bot.compiler.leaves import Plain
from bot.compiler.shaping_facts import WEEKDAYS, read_shift
from bot.studio.forms.trees import Tree, kept, kept_many, many_in, merged, tree_of, words_in
from bot.studio.forms.values import EvidenceForm, HoursForm, ShiftForm

ALWAYS, UNKNOWN, SHIFTS = "always", "unknown", "shifts"
_SHIFT: Final = re.compile(r"([a-z,-]+) +([0-9:]+)-([0-9:]+)")


def read_evidence(tree: Mapping[str, Plain]) -> EvidenceForm:
    """The evidence of an entry."""
    source = tree_of(tree.get("source"))
    return EvidenceForm(
        title=words_in(source, "title"),
        url=words_in(source, "url"),
        date=words_in(source, "date"),
        checked=words_in(tree, "checked"),
        review_by=words_in(tree, "review_by"),
        confidence=words_in(tree, "confidence"),
    )


def evidence_tree(form: EvidenceForm, old: Mapping[str, Plain]) -> "dict[str, Plain | None]":
    """The keys of an entry that say where it is from and until when it holds."""
    before = tree_of(old.get("source"))
    told = {name: kept(before.get(name), words) for name, words in _source(form).items()}
    return {
        "source": merged(before, told, ("title", "url", "date")) or None,
        "checked": kept(old.get("checked"), form.checked),
        "review_by": kept(old.get("review_by"), form.review_by),
        "confidence": kept(old.get("confidence"), form.confidence),
    }


def _source(form: EvidenceForm) -> dict[str, str]:
    return {"title": form.title, "url": form.url, "date": form.date}


def read_hours(tree: Mapping[str, Plain]) -> HoursForm:
    """The hours of an entry."""
    told = many_in(tree, "hours")
    when = next((word for word in told if word in (ALWAYS, UNKNOWN)), SHIFTS if told else UNKNOWN)
    return HoursForm(
        when=when,
        shifts=tuple(_read_shift(words) for words in told) if when == SHIFTS else (),
        closed_on=many_in(tree, "closed_on"),
        zone=words_in(tree, "zone"),
    )


def _read_shift(words: str) -> ShiftForm:
    found, shift = _SHIFT.fullmatch(words), read_shift(words)
    if found is None or shift is None:
        # Somebody sees what is wrong and can put it right.
        days, _, clock = words.partition(" ")
        opens, _, closes = clock.partition("-")
        return ShiftForm(tuple(days.split(",")), opens, closes)
    return ShiftForm(tuple(WEEKDAYS[day] for day in sorted(shift.weekdays)), found[2], found[3])


def hours_tree(form: HoursForm, old: Tree) -> "dict[str, Plain | None]":
    """The keys of an entry that say when somebody is there."""
    hours: Plain | None
    if form.when in (ALWAYS, UNKNOWN):
        hours = old["hours"] if many_in(old, "hours") == (form.when,) else form.when
    else:
        before = {_read_shift(words): words for words in many_in(old, "hours")}
        written = [before.get(shift) or write_shift(shift) for shift in form.shifts]
        # Shifts are a list, also when there is one.
        hours = old["hours"] if list(many_in(old, "hours")) == written and written else list[Plain](written)
    return {
        "hours": hours,
        "closed_on": kept_many(old.get("closed_on"), form.closed_on),
        "zone": kept(old.get("zone"), form.zone),
    }


def write_shift(shift: ShiftForm) -> str:
    """A shift as it stands in a file: `mon-fri 08:30-16:30`, `daily 08:00-20:00`, `fri,sun 20:00-04:00`."""
    known = [WEEKDAYS.index(day) for day in shift.days if day in WEEKDAYS]
    days = sorted(set(known))
    clock = f"{shift.opens.strip()}-{shift.closes.strip()}"
    if len(known) < len(shift.days) or not days:
        return f"{','.join(shift.days)} {clock}"
    if len(days) == len(WEEKDAYS):
        return f"daily {clock}"
    spans: list[list[int]] = []
    for day in days:
        if spans and day == spans[-1][-1] + 1:
            spans[-1].append(day)
        else:
            spans.append([day])
    told = (f"{WEEKDAYS[span[0]]}-{WEEKDAYS[span[-1]]}" if len(span) > 1 else WEEKDAYS[span[0]] for span in spans)
    return f"{','.join(told)} {clock}"
