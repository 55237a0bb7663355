"""Writes `dossier_figures.json`: the figures of the research dossier, so that the tests need no dossier.

    python tests/content/make_dossier_figures.py FOLDER

FOLDER holds the dossier, one YAML file for each area. Of each entry we keep what a slip of the pen could spoil: phones with
from where they work, amounts, counts, dates, times and the confidence. Words are left behind, except addresses and accounts.
"""

import json
import re
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Final

import yaml

AREAS: Final = ("thailand", "cambodia", "laos", "myanmar", "international")
OUTPUT: Final = Path(__file__).with_name("dossier_figures.json")

# fmt: off
MONTHS: Final = (
    "January", "February", "March", "April", "May", "June",
    "July", "August", "September", "October", "November", "December",
)
WORDS: Final = (
    "one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten",
    "eleven", "twelve", "thirteen", "fourteen", "fifteen", "sixteen", "seventeen", "eighteen", "nineteen", "twenty",
)
# fmt: on

_MONTH: Final = "|".join(MONTHS)
_LONG_DATE: Final = re.compile(rf"(?:\b(\d{{1,2}})-)?\b(\d{{1,2}}) ({_MONTH})\b(?: (\d{{4}}))?")
_SHORT_DATE: Final = re.compile(r"\b\d{4}-\d{2}-\d{2}\b")
_YEAR: Final = re.compile(r"\b(?:19|20)\d{2}\b")
_TIME: Final = re.compile(r"\b\d{2}:\d{2}\b")
_NUMBER: Final = re.compile(r"\d+(?:,\d{3})*(?:\.\d+)?")


def main(folder: Path) -> None:
    """Read the dossier and write the index, one entry a line."""
    entries = {as_text(entry["id"]): figures(entry) for area in AREAS for entry in entries_of(folder / f"{area}.yaml")}
    lines = (f"{json.dumps(name)}: {json.dumps(entry, ensure_ascii=False)}" for name, entry in sorted(entries.items()))
    OUTPUT.write_text("{\n" + ",\n".join(lines) + "\n}\n", encoding="utf-8")


def entries_of(path: Path) -> Iterator[dict[str, object]]:
    """Every entry that has an id, in the order of the file."""
    # BaseLoader builds texts, lists and maps only: a phone number stays as it was written.
    document: object = yaml.load(path.read_text(encoding="utf-8"), Loader=yaml.BaseLoader)  # noqa: S506
    for section in as_map(document).values():
        for entry in as_list(section):
            if "id" in as_map(entry):
                yield as_map(entry)


def figures(entry: dict[str, object]) -> dict[str, object]:
    """What the tests compare with; empty parts are left out."""
    confidence = as_text(entry["confidence"])
    told = list(_told(entry))
    kept: dict[str, object] = {
        "confidence": confidence,
        "phones": list(_phones(entry, confidence)),
        "channels": [*map(as_text, as_list(entry.get("other_channels"))), *_texts(entry, "email", "website")],
        "address": " ".join(_texts(entry, "address")),
        "times": _TIME.findall(as_text(entry.get("hours", ""))),
        "dates": sorted({day for part in told for day in dates_in(part, " ".join(told))}),
        "numbers": sorted(
            {number for part in told for number in numbers_in(part)}, key=lambda number: (len(number), number)
        ),
        "wages": {
            as_text(place): amount
            for amount, places in as_map(entry.get("amount_per_day_thb")).items()
            for place in as_list(places)
        },
    }
    return {name: value for name, value in kept.items() if value}


def dates_in(told: str, whole: str) -> Iterator[str]:
    """Dates as 2025-06-24; one without a year takes the next year named, else every year named near it."""
    yield from _SHORT_DATE.findall(told)
    for found in _LONG_DATE.finditer(told):
        first, last, month, year = found.groups()
        years = [year] if year else _YEAR.findall(told, found.end())[:1]
        years = years or _YEAR.findall(told) or _YEAR.findall(whole)
        for number in filter(None, (first, last)):
            yield from (f"{of}-{MONTHS.index(month) + 1:02}-{int(number):02}" for of in years)


def numbers_in(told: str) -> Iterator[str]:
    """Numbers in digits or small words, without thousands commas and without the days of dates."""
    without_dates = _LONG_DATE.sub(" ", _SHORT_DATE.sub(" ", told))
    yield from (number.replace(",", "") for number in _NUMBER.findall(without_dates))
    for word in re.findall(r"[a-z]+", without_dates.lower()):
        if word in WORDS:
            yield str(WORDS.index(word) + 1)


def _told(entry: dict[str, object]) -> Iterator[str]:
    yield from _texts(entry, "fact", "note", "effective")
    # "day, maximum 20000" and "worker (100 application + 225 permit)" hold figures too.
    yield from _texts(as_map(entry.get("amount")), "value", "per", "paid_by")
    for item in as_list(entry.get("items")):
        yield as_text(as_map(item)["value"])
    yield from as_map(entry.get("amount_per_day_thb"))


def _phones(entry: dict[str, object], confidence: str) -> Iterator[dict[str, object]]:
    if as_map(entry.get("phone")):
        yield _phone(as_map(entry["phone"]), confidence)
    # What two sources agree on is the main number; the others stand in one of them.
    weaker = "medium" if confidence == "high" else confidence
    for phone in as_list(entry.get("other_phones")):
        yield _phone(as_map(phone), weaker)


def _phone(phone: dict[str, object], confidence: str) -> dict[str, object]:
    e164 = as_text(phone.get("e164", "null"))
    # The dossier writes "abroad" and "anywhere" for the same thing.
    works_from = [as_text(code).lower().replace("abroad", "anywhere") for code in as_list(phone["from"])]
    return {
        "dial": as_text(phone["dial"]),
        "e164": "" if e164 == "null" else e164,
        "from": works_from,
        "confidence": as_text(phone.get("confidence", confidence)),
    }


def _texts(entry: dict[str, object], *names: str) -> list[str]:
    return [as_text(entry[name]) for name in names if name in entry]


def as_map(value: object) -> dict[str, object]:
    """A map, or an empty one in place of anything else."""
    return {str(key): part for key, part in value.items()} if isinstance(value, dict) else {}


def as_list(value: object) -> list[object]:
    """A list, or an empty one in place of anything else."""
    return list(value) if isinstance(value, list) else []


def as_text(value: object) -> str:
    """A scalar as it was written."""
    if not isinstance(value, str):
        raise TypeError(f"expected a text, found {type(value).__name__}; mend the dossier")
    return value


if __name__ == "__main__":
    main(Path(sys.argv[1]))
