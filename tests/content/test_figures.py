"""Every figure that people are shown stands in the research dossier, digit for digit.

The dossier itself is not carried; `dossier_figures.json` holds its figures (see `make_dossier_figures.py`).
"""

import json
import re
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import Final, TypeAlias

import pytest
import yaml

CONTENT: Final = Path(__file__).parents[2] / "content"
AREAS: Final = ("thailand", "cambodia", "laos", "myanmar", "international")

# The dossier names these places with an explanation; the others are named like their fact.
WAGE_PLACES: Final = {
    "th-wage-bangkok": "Bangkok (from 1 July 2025)",
    "th-wage-koh-samui": "Koh Samui (Surat Thani)",
    "th-wage-chiang-mai-mueang": "Mueang district, Chiang Mai",
    "th-wage-hat-yai": "Hat Yai district, Songkhla",
    "th-wage-chiang-mai": "Chiang Mai (rest)",
    "th-wage-songkhla": "Songkhla (rest)",
    "th-wage-surat-thani": "Surat Thani (rest)",
}

# An office line of the children's helpline that does not take calls for help.
NOT_FOR_PEOPLE: Final = {"+85523224841"}

# Figures that explain an entry and answer nobody's question; the key is the dossier's entry. Years need no mention.
LEFT_OUT: Final[dict[str, set[str]]] = {
    "cambodian-border-pass-2025": {"64"},
    "cambodian-stay-undecided": {"1"},
    "complain-labour-inspector": {"1"},
    "fee-ci-2025": {"2"},
    "fee-no-embassy-slip": {"2", "7", "11"},
    "fee-re-entry": {"1"},
    "fee-visa-mou": {"11"},
    "forced-labour-definition": {"29"},
    "ilo-11-indicators": {"1"},
    "kh-border-closed-2025": {"2025-06-23", "2026-11-23"},
    "kh-section-64-border-pass": {"11", "64"},
    "la-decree-245": {"68"},
    "la-fee-visa-reduction-request": {"2"},
    "la-permit-licensed-agency": {"245"},
    "la-regularisation-in-thailand-2022": {"1"},
    "la-risk-case-numbers-2024": {"12", "46", "95", "96", "119"},  # the sources disagree
    "la-risk-cyber-scam": {"1"},
    "la-risk-golden-triangle": {"1"},
    "la-risk-marriage-and-debt": {"2"},
    "maternity-leave": {"2", "45", "98", "2025-12-08"},  # told under domestic work
    "minimum-wage-hotels-entertainment": {"2", "3", "4"},
    "mm-departure-permission": {"1"},
    "mm-fee-agency-cap": {"5"},
    "mm-fee-embassy-no-slip": {"2"},
    "mm-fee-paid-in-practice": {"6"},
    "mm-fee-pj-owic-embassy": {"4"},
    "mm-fee-tax-2": {"7", "11"},
    "mm-quota-50-per-agency": {"1"},
    "mm-risk-advance-money": {"1"},
    "mm-suspension-2025-02": {"5", "2025-02-13", "2025-03-25"},
    "mm-visit-passport-not-for-work": {"1"},
    "nrm-15-days": {"45"},  # could not be confirmed
    "social-security-section-33": {"3", "33"},
    "songkran-waiver": {"2024-04-01", "2024-05-15"},
    "telegram-not-private-enough": {"2"},
    "zero-fee-standard": {"3"},
}

# A slip in these could hit another figure of the same dossier entry, so they are written out.
EASILY_MIXED_UP: Final = {
    "th-wage-range": "337..400",
    "th-wage-since": "2025-01-01",
    "th-wage-bangkok-since": "2025-07-01",
    "th-rest-day": "1",
    "th-break": "1",
    "th-pay-interval": "1",
    "th-maternity-spouse": "15",
    "th-maternity-newborn": "15",
    "th-maternity-since": "2025-12-07",
    "th-complaint-extension": "30",
    "th-complaint-payment": "15..30",
    "th-mou-permit": "2",
    "th-mou-extension": "2",
    "th-report-fine": "2000",
    "th-fee-ci-agents": "1000..2000",
    "kh-trafficking-prison": "10..15",
    "kh-trafficking-prison-child": "15..20",
    "kh-trafficking-child-age": "15",
    "la-permit": "2",
    "la-permit-extension": "2",
}

REQUIRED: Final = {
    "facts": ("fact", "about", "confidence", "source", "dossier", "checked", "review_by"),
    "hotlines": (
        "hotline",
        "name",
        "what",
        "kind",
        "numbers",
        "hours",
        "zone",
        "languages",
        "cost",
        "government",
        "confidence",
        "source",
        "dossier",
        "checked",
        "review_by",
    ),
    "places": (
        "place",
        "name",
        "kind",
        "country",
        "address",
        "confidence",
        "source",
        "dossier",
        "checked",
        "review_by",
    ),
}
LONGEST: Final = {"name": 48, "what": 110, "caution": 110}

Entry: TypeAlias = dict[str, object]


@pytest.mark.parametrize("kind", REQUIRED)
def test_no_key_and_no_id_stands_twice(kind: str) -> None:
    twice = [str(key) for path in _files(kind) for key in _keys_that_stand_twice(yaml.compose(path.read_text("utf-8")))]
    ids = [_id(entry) for entry in _entries(kind)]

    assert twice == []
    assert sorted(ids) == sorted(set(ids))


@pytest.mark.parametrize("kind", REQUIRED)
def test_every_entry_says_where_it_comes_from_and_until_when_it_holds(kind: str) -> None:
    missing = [(_id(entry), name) for entry in _entries(kind) for name in REQUIRED[kind] if name not in entry]
    strangers = [_id(entry) for entry in _entries(kind) if entry["dossier"] not in _dossier()]

    assert missing == []
    assert strangers == []
    assert [_id(entry) for entry in _entries("facts") if ("value" in entry) == ("text" in entry)] == []


@pytest.mark.parametrize("kind", REQUIRED)
def test_words_that_are_translated_hold_no_digits_and_fit(kind: str) -> None:
    too_much = [
        (_id(entry), name)
        for entry in _entries(kind)
        for name in ("name", "what", "caution", "text")
        if re.search(r"\d", str(entry.get(name, ""))) or len(str(entry.get(name, ""))) > LONGEST.get(name, 200)
    ]

    assert too_much == []


def test_every_value_of_a_fact_stands_under_its_dossier_entry() -> None:
    wrong = [
        (_id(entry), value)
        for entry in _entries("facts")
        for value in _values(entry)
        if value not in _list(_known(entry), "numbers") + _list(_known(entry), "dates")
    ]

    assert wrong == []


def test_every_figure_of_a_dossier_entry_is_carried_or_left_out_on_purpose() -> None:
    carried: dict[str, set[str]] = {}
    for entry in _entries("facts"):
        carried.setdefault(str(entry["dossier"]), set()).update(_values(entry))
    forgotten = {
        name: sorted(left)
        for name in carried
        if (left := _figures(_dossier()[name]) - carried[name] - LEFT_OUT.get(name, set()))
    }
    needless = {name for name, left in LEFT_OUT.items() if not left <= _figures(_dossier()[name])}

    assert forgotten == {}
    assert needless == set()


def test_figures_that_are_easily_mixed_up_are_right() -> None:
    found = {_id(entry): entry.get("value") for entry in _entries("facts")}

    assert {name: found.get(name) for name in EASILY_MIXED_UP} == EASILY_MIXED_UP


def test_each_province_has_the_wage_of_the_dossier() -> None:
    wages = _map(_dossier()["minimum-wage-provinces"]["wages"])
    expected = {_wage_id(place): amount for place, amount in wages.items()}
    found = {
        _id(entry): entry["value"]
        for entry in _entries("facts")
        if str(entry["about"]).startswith("Legal minimum wage per day in ") and entry["unit"] == "THB"
    }

    assert found == expected
    assert len(found) == 77 + 3  # the provinces, and the districts with a rate of their own


def test_every_number_stands_in_the_dossier_with_from_where_it_works() -> None:
    wrong = [
        (_id(entry), phone)
        for entry in _entries("hotlines")
        for phone in _phones(entry)
        if phone not in _list(_known(entry), "phones")
    ]

    assert wrong == []


def test_every_dossier_phone_that_may_be_shown_is_carried() -> None:
    carried = [_callable(phone) for entry in _entries("hotlines") for phone in _phones(entry)]
    forgotten = [
        (name, phone)
        for name, known in _dossier().items()
        for phone in map(_map, _list(known, "phones"))
        if phone["confidence"] != "low" and phone["e164"] not in NOT_FOR_PEOPLE and _callable(phone) not in carried
    ]

    assert forgotten == []


def test_hours_and_accounts_of_a_hotline_stand_in_the_dossier() -> None:
    channels = " ; ".join(str(channel) for known in _dossier().values() for channel in _list(known, "channels"))
    wrong_hours = [
        (_id(entry), time)
        for entry in _entries("hotlines")
        for time in re.findall(r"\d\d:\d\d", str(entry["hours"]))
        if time not in _list(_known(entry), "times")
    ]
    wrong_accounts = [
        (_id(entry), account)
        for entry in _entries("hotlines")
        for account in _map(entry.get("chat")).values()
        if str(account) not in channels
    ]

    assert wrong_hours == []
    assert wrong_accounts == []


def test_facts_and_places_carry_the_confidence_of_the_dossier() -> None:
    wrong = [
        (_id(entry), entry["confidence"])
        for kind in ("facts", "places")
        for entry in _entries(kind)
        if entry["confidence"] != _known(entry)["confidence"]
    ]

    assert wrong == []


@pytest.mark.parametrize("kind", ["hotlines", "places"])
def test_every_figure_of_an_address_stands_in_the_dossier(kind: str) -> None:
    wrong = [
        (_id(entry), figure)
        for entry in _entries(kind)
        for figure in re.findall(r"\d+", str(entry.get("address", "")))
        if figure not in re.findall(r"\d+", str(_known(entry).get("address", "")))
    ]

    assert wrong == []


def _figures(known: Entry) -> set[str]:
    """Numbers and dates of a dossier entry, without bare years and mentions of a hotline."""
    numbers = {str(number) for number in _list(known, "numbers")} - _short_codes()
    days = {str(day) for day in _list(known, "dates")}
    return {number for number in numbers if not re.fullmatch(r"(?:19|20)\d\d", number)} | days


@cache
def _short_codes() -> set[str]:
    return {
        str(phone["dial"])
        for known in _dossier().values()
        for phone in map(_map, _list(known, "phones"))
        if not phone["e164"]
    }


def _values(entry: Entry) -> list[str]:
    """The ends of a range, or the one value; and the days from which and to which it holds."""
    days = [str(entry[name]) for name in ("valid_from", "valid_to") if name in entry]
    return [*str(entry["value"]).split(".."), *days] if "value" in entry else days


def _wage_id(place: str) -> str:
    named = {name: fact for fact, name in WAGE_PLACES.items()}
    return named.get(place, "th-wage-" + place.lower().replace(" ", "-"))


def _phones(entry: Entry) -> list[Entry]:
    """The numbers of a hotline, written as the index writes them."""
    return [
        {
            "dial": number["dial"],
            "e164": number.get("e164", ""),
            "from": number["from"],
            "confidence": number.get("confidence", entry["confidence"]),
        }
        for number in map(_map, _list(entry, "numbers"))
    ]


def _callable(phone: Entry) -> tuple[object, ...]:
    """What tells one number from another: two entries of the dossier may hold the same line."""
    return phone["dial"], phone["e164"], *_list(phone, "from")


def _known(entry: Entry) -> Entry:
    return _dossier()[str(entry["dossier"])]


def _id(entry: Entry) -> str:
    return str(next(iter(entry.values())))


@cache
def _dossier() -> dict[str, Entry]:
    index: object = json.loads(Path(__file__).with_name("dossier_figures.json").read_text("utf-8"))
    return {name: _map(known) for name, known in _map(index).items()}


@cache
def _entries(kind: str) -> tuple[Entry, ...]:
    return tuple(_map(entry) for path in _files(kind) for entry in _list({"": _read(path)}, ""))


def _read(path: Path) -> object:
    # BaseLoader builds texts, lists and maps only: a number stays as it was written.
    document: object = yaml.load(path.read_text("utf-8"), Loader=yaml.BaseLoader)  # noqa: S506
    return document


def _files(kind: str) -> list[Path]:
    return [path for area in AREAS if (path := CONTENT / kind / f"{area}.yaml").exists()]


def _keys_that_stand_twice(node: yaml.Node | None) -> Iterator[object]:
    if isinstance(node, yaml.MappingNode):
        seen: set[object] = set()
        for key, value in node.value:
            if key.value in seen:
                yield f"{key.start_mark.line + 1}: {key.value}"
            seen.add(key.value)
            yield from _keys_that_stand_twice(value)
    elif isinstance(node, yaml.SequenceNode):
        for part in node.value:
            yield from _keys_that_stand_twice(part)


def _map(value: object) -> Entry:
    return {str(key): part for key, part in value.items()} if isinstance(value, dict) else {}


def _list(entry: Entry, name: str) -> list[object]:
    value = entry.get(name)
    return list(value) if isinstance(value, list) else []
