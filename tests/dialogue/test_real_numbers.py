"""Who is in danger gets the right line first: over the real directory, in every country that has one."""

from dataclasses import replace
from datetime import date, timedelta
from typing import Final

import pytest

from bot.dialogue import Conversation
from bot.dialogue.engine import take_turn
from bot.dialogue.events import Wish, Wished
from bot.dialogue.listing import tell_danger, tell_hotlines
from bot.dialogue.person import Person
from bot.dialogue.phrasebook import FactSlot, TextId
from bot.dialogue.script import Script
from bot.dialogue.steps import ListHotlines
from bot.facts import Fact, HotlineId, Telling, Wanted
from bot.facts.evidence import Confidence
from bot.messages import Language, Style, words_of
from tests.dialogue.little_world import NOW

DATED: Final = TextId("topic.dismissal.answer.default")
"""Tells several facts of medium confidence."""


def dials(script: Script, kind: str, profile: dict[str, str], language: str = "en") -> list[str]:
    person = Person(script, Conversation(Language(language), profile), NOW)
    text = tell_hotlines(ListHotlines(Wanted(kinds=script.emergency_kinds[kind], at_most=4)), person.wording())
    return [span.dial for span in text if span.style is Style.PHONE]


@pytest.mark.parametrize("origin", ["kh", "la", "mm"])
@pytest.mark.parametrize(
    ("kind", "first"),
    [("medical-emergency", "1669"), ("violence", "191"), ("held-against-will", "1300")],
)
def test_in_thailand_the_line_that_fits_the_danger_comes_first(
    real_script: Script, origin: str, kind: str, first: str
) -> None:
    found = dials(real_script, kind, {"origin": origin, "here": "th"})

    assert first in found[:2]
    assert "191" in found


def test_a_khmer_speaker_is_shown_the_line_that_speaks_khmer(real_script: Script) -> None:
    assert "1800010181" in dials(real_script, "held-against-will", {"origin": "kh", "here": "th"}, "km")


@pytest.mark.parametrize("language", ["km", "lo", "my", "th", "en"])
@pytest.mark.parametrize("origin", [None, "kh", "la", "mm"])
def test_in_danger_under_the_name_of_a_country_stand_only_its_own_lines(
    real_script: Script, origin: str | None, language: str
) -> None:
    for kind in real_script.emergency_kinds:
        person = Person(real_script, Conversation(Language(language), {"origin": origin} if origin else {}), NOW)
        wording = person.wording()
        country = ""
        for span in tell_danger(kind, wording):
            for code in ("kh", "la", "mm", "th"):
                if span.words.strip() == wording.phrase("in-country", country=wording.country(code)):
                    country = code
            if span.style is Style.PHONE:
                assert country, kind
                assert span.dial in _lines_of(real_script, country), (kind, country, span.dial)


@pytest.mark.parametrize("origin", [None, "kh", "la", "mm"])
@pytest.mark.parametrize("here", ["kh", "la", "th"])
def test_in_danger_the_lines_of_the_country_one_is_in_go_first(
    real_script: Script, here: str, origin: str | None
) -> None:
    profile = {"here": here} | ({"origin": origin} if origin else {})
    for kind in real_script.emergency_kinds:
        if (here, kind) == ("la", "medical-emergency"):
            continue  # No line in Laos helps whoever bleeds: the words send to a hospital.
        wording = Person(real_script, Conversation(Language("en"), profile), NOW).wording()
        shown = [span.dial for span in tell_danger(kind, wording) if span.style is Style.PHONE]
        assert shown, kind
        assert shown[0] in _lines_of(real_script, here), (kind, shown)


def test_a_khmer_who_is_held_in_myanmar_is_shown_a_line_that_works_from_there(real_script: Script) -> None:
    wording = Person(real_script, Conversation(Language("km"), {"origin": "kh", "here": "mm"}), NOW).wording()
    shown = [span.dial for span in tell_danger("held-against-will", wording) if span.style is Style.PHONE]

    assert "+85523997919" in shown


def test_where_no_number_works_the_chats_of_a_line_can_be_tapped_one_a_line(real_script: Script) -> None:
    person = Person(real_script, Conversation(Language("en"), {"origin": "kh", "here": "th"}), NOW)
    text = tell_hotlines(ListHotlines(Wanted(ids=(HotlineId("kh-1280"),))), person.wording())

    assert [(span.words, span.address) for span in text if span.address] == [
        ("t.me/chc1280", "https://t.me/chc1280"),
        ("m.me/chc1280", "https://m.me/chc1280/"),
    ]
    assert "\n💬 Telegram: t.me/chc1280\n💬 Facebook: m.me/chc1280\n" in words_of(text)


@pytest.mark.parametrize("language", ["km", "lo", "my", "th", "en"])
def test_between_two_numbers_of_a_list_a_line_ends(real_script: Script, language: str) -> None:
    person = Person(real_script, Conversation(Language(language), {"origin": "kh", "here": "kh"}), NOW)
    for hotline in real_script.directory:
        text = tell_hotlines(ListHotlines(Wanted(ids=(hotline.id,))), person.wording())
        for before, between, after in zip(text, text[1:], text[2:], strict=False):
            if before.style is after.style is Style.PHONE:
                assert between.words.startswith("\n")


@pytest.mark.parametrize(
    ("language", "spoken"),
    [
        ("km", "ខ្មែរ អង់គ្លេស"),
        ("lo", "ຂະແມ, ອັງກິດ"),
        ("my", "ခမာ၊ အင်္ဂလိပ်"),
        ("th", "เขมร อังกฤษ"),
        ("en", "Khmer, English"),
    ],
)
def test_the_languages_of_a_line_are_parted_as_each_language_does(
    real_script: Script, language: str, spoken: str
) -> None:
    person = Person(real_script, Conversation(Language(language), {"origin": "kh", "here": "kh"}), NOW)
    text = tell_hotlines(ListHotlines(Wanted(ids=(HotlineId("kh-117"),))), person.wording())

    assert spoken in words_of(text)


@pytest.mark.parametrize("language", ["km", "lo", "my", "th", "en"])
def test_facts_of_one_month_in_one_text_are_dated_once_below_it(real_script: Script, language: str) -> None:
    person = Person(real_script, Conversation(Language(language), {"origin": "kh", "here": "th"}), NOW)
    wording = person.wording()
    checked = wording.checked(_dated(real_script, DATED)[0].evidence)

    text = words_of(wording.text(DATED))

    assert len(_dated(real_script, DATED)) > 1
    assert text.count("11/2026") == 1
    assert text.endswith(f"\n\n({checked})")
    for fact in _dated(real_script, DATED):
        assert wording.tell(fact, dates=False) in text


@pytest.mark.parametrize("confidence", list(Confidence)[:2])
def test_facts_of_two_months_in_one_text_are_each_dated(real_script: Script, confidence: Confidence) -> None:
    """A date for all would also be read as that of a fact that needs none."""
    *others, other = _dated(real_script, DATED)
    evidence = replace(other.evidence, checked=date(2026, 9, 30), confidence=confidence)
    script = replace(real_script, facts={**real_script.facts, other.id: replace(other, evidence=evidence)})
    person = Person(script, Conversation(Language("en"), {"origin": "kh", "here": "th"}), NOW)

    text = words_of(person.wording().text(DATED))

    assert text.count("(as of 11/2026)") == len(others)
    assert text.count("(as of 09/2026)") == (confidence is Confidence.MEDIUM)
    assert not text.endswith("\n\n(as of 11/2026)")


def test_what_is_too_old_to_be_told_has_no_date_below_it(real_script: Script) -> None:
    person = Person(real_script, Conversation(Language("en"), {}), NOW + timedelta(days=2000))

    text = words_of(person.wording().text(DATED))

    assert "may have changed" in text
    assert "as of" not in text


def _dated(script: Script, text: TextId) -> list[Fact]:
    facts = [
        script.facts[part.fact]
        for part in script.phrasebook.find(text, Language("en"))[0]
        if isinstance(part, FactSlot)
    ]
    return [fact for fact in facts if fact.telling(NOW.date()) is Telling.DATED]


def _lines_of(script: Script, country: str) -> set[str]:
    return {
        dial
        for hotline in script.directory
        if hotline.country in {country, "int"}
        for number in hotline.numbers
        if (dial := number.dialled_from(country))
    }


@pytest.mark.parametrize("here", ["kh", "la", "mm", "th"])
@pytest.mark.parametrize("origin", ["kh", "la", "mm"])
def test_nobody_is_given_a_line_of_a_third_country(real_script: Script, origin: str, here: str) -> None:
    turn = take_turn(
        real_script, Conversation(Language("en"), {"origin": origin, "here": here}), Wished(Wish.PERSON), NOW
    )
    shown = {span.dial for message in turn.messages for span in message.text if span.style is Style.PHONE}
    near = {
        dial
        for hotline in real_script.directory
        if hotline.country in {origin, here}
        for number in hotline.numbers
        if (dial := number.dialled_from(here))
    }

    # In Myanmar only a state office is known, which is no helper.
    assert shown or (here, origin) == ("mm", "mm")
    assert shown <= near
