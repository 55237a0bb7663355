from dataclasses import replace
from datetime import UTC, date, datetime, time

import pytest

from bot.facts import (
    Caller,
    Confidence,
    Directory,
    Evidence,
    Hotline,
    HotlineId,
    Hours,
    Number,
    Shift,
    Source,
    Telling,
    Wanted,
    countries_meant,
)

NOON = datetime(2026, 11, 26, 5, 0, tzinfo=UTC)
EVIDENCE = Evidence(Source("A page"), date(2026, 11, 23), date(2027, 2, 23), Confidence.HIGH)
ALWAYS = Hours("Asia/Bangkok", always=True)
NEVER_NOW = Hours("Asia/Bangkok", shifts=(Shift(frozenset({6}), time(1), time(2)),))
KHMER_IN_THAILAND = Caller(origin="kh", here="th", language="km")


def hotline(name: str, *numbers: Number, **changes: object) -> Hotline:
    plain = Hotline(
        id=HotlineId(name),
        country=name[:2],
        kinds=frozenset({"labour"}),
        numbers=numbers or (Number("1300", frozenset({"th"})),),
        hours=ALWAYS,
        languages=("th",),
        evidence=EVIDENCE,
    )
    return replace(plain, **changes)  # type: ignore[arg-type]  # each test names real fields


def chosen(directory: Directory, wanted: Wanted, caller: Caller = KHMER_IN_THAILAND) -> list[str]:
    return [listing.hotline.id for listing in directory.choose(wanted, caller, NOON)]


LABOUR = Wanted(kinds=("labour",), at_most=9)


@pytest.mark.parametrize(
    ("number", "country", "dialled"),
    [
        (Number("1362", frozenset({"la"})), "la", "1362"),
        (Number("1362", frozenset({"la"})), "th", None),
        (Number("1362", frozenset({"la"})), None, None),
        (Number("02 539 6667", frozenset({"th", "anywhere"}), "+6625396667"), "th", "+6625396667"),
        (Number("02 539 6667", frozenset({"th", "anywhere"}), "+6625396667"), "mm", "+6625396667"),
        (Number("02 539 6667", frozenset({"th"}), "+6625396667"), "mm", None),
        (Number("02 539 6667", frozenset({"th"}), "+6625396667", Confidence.LOW), "th", None),
    ],
)
def test_a_number_is_dialled_only_from_where_it_works(number: Number, country: str | None, dialled: str | None) -> None:
    assert number.dialled_from(country) == dialled


def test_a_short_code_of_another_country_is_never_offered() -> None:
    directory = Directory([hotline("la-1362", Number("1362", frozenset({"la"})))], {})

    assert chosen(directory, LABOUR) == []
    assert chosen(directory, LABOUR, Caller("la", "la", "lo")) == ["la-1362"]


def test_open_hotlines_stand_before_closed_ones() -> None:
    directory = Directory([hotline("th-shut", hours=NEVER_NOW), hotline("th-open")], {})

    assert chosen(directory, LABOUR) == ["th-open", "th-shut"]


def test_the_better_kind_goes_first_and_then_the_persons_language() -> None:
    directory = Directory(
        [
            hotline("th-police", kinds=frozenset({"police"})),
            hotline("th-thai", kinds=frozenset({"trafficking"})),
            hotline("th-khmer", kinds=frozenset({"trafficking"}), languages=("km",)),
        ],
        {},
    )

    assert chosen(directory, Wanted(kinds=("trafficking", "police"))) == ["th-khmer", "th-thai", "th-police"]


def test_named_hotlines_keep_the_authors_order() -> None:
    directory = Directory([hotline("th-a", languages=("km",)), hotline("th-b")], {})

    assert chosen(directory, Wanted(ids=(HotlineId("th-b"), HotlineId("th-a")))) == ["th-b", "th-a"]


def test_a_hotline_for_others_is_not_offered_but_to_everyone_who_has_not_told() -> None:
    directory = Directory([hotline("th-burmese", origins=frozenset({"mm"}))], {})

    assert chosen(directory, LABOUR) == []
    assert chosen(directory, LABOUR, Caller(None, "th", "en")) == ["th-burmese"]


def test_a_chat_is_offered_where_no_number_works() -> None:
    no_number = Number("1280", frozenset({"kh"}))
    with_chat = hotline("kh-child", no_number, chats=(("telegram", "https://t.me/child"),))
    directory = Directory([with_chat, hotline("th-labour"), hotline("kh-silent", no_number)], {})

    assert chosen(directory, LABOUR) == ["th-labour", "kh-child"]


def test_unconfirmed_and_long_unchecked_hotlines_are_not_offered() -> None:
    low = replace(EVIDENCE, confidence=Confidence.LOW)
    old = replace(EVIDENCE, review_by=date(2025, 1, 1))
    directory = Directory([hotline("th-low", evidence=low), hotline("th-old", evidence=old)], {})

    assert chosen(directory, LABOUR) == []


def test_countries_narrow_to_where_the_person_is_and_comes_from() -> None:
    anywhere = Number("1", frozenset({"anywhere"}), "+1")
    directory = Directory([hotline(f"{code}-line", anywhere) for code in ("kh", "la", "mm", "th")], {})
    near = countries_meant(("here", "origin"), KHMER_IN_THAILAND)

    assert near == frozenset({"kh", "th"})
    listings = directory.choose(LABOUR, KHMER_IN_THAILAND, NOON, near)
    assert [listing.hotline.id for listing in listings] == ["th-line", "kh-line"]


def test_what_is_not_told_narrows_to_what_is() -> None:
    assert countries_meant(("here", "origin"), Caller(None, "la", "en")) == frozenset({"la"})
    assert countries_meant(("here", "origin"), Caller("kh", None, "en")) == frozenset({"kh"})
    assert countries_meant(("here", "mm"), Caller(None, None, "en")) == frozenset({"mm"})
    assert countries_meant(("here", "origin"), Caller(None, None, "en")) == frozenset()


@pytest.mark.parametrize(
    ("confidence", "today", "telling"),
    [
        (Confidence.HIGH, date(2027, 2, 23), Telling.PLAIN),
        (Confidence.HIGH, date(2027, 2, 24), Telling.DATED),
        (Confidence.HIGH, date(2028, 2, 24), Telling.WITHHELD),
        (Confidence.MEDIUM, date(2026, 11, 26), Telling.DATED),
        (Confidence.LOW, date(2026, 11, 26), Telling.WITHHELD),
    ],
)
def test_what_is_out_of_date_is_dated_and_then_withheld(confidence: Confidence, today: date, telling: Telling) -> None:
    assert replace(EVIDENCE, confidence=confidence).telling(today) is telling


def test_who_has_not_told_where_from_is_offered_the_line_in_their_language() -> None:
    directory = Directory(
        [
            hotline("th-burmese", origins=frozenset({"mm"}), languages=("my",)),
            hotline("th-khmer", origins=frozenset({"kh"}), languages=("km",)),
        ],
        {},
    )
    named = Wanted(ids=(HotlineId("th-burmese"), HotlineId("th-khmer")))

    assert chosen(directory, named, Caller(None, "th", "km")) == ["th-khmer"]
    assert chosen(directory, named, Caller(None, "th", "en")) == ["th-burmese", "th-khmer"]
