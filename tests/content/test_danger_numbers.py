"""In danger the numbers shown are of lines that help with that danger where the person is; else no number is promised."""

from datetime import datetime
from zoneinfo import ZoneInfo

import pytest

from bot.dialogue import Conversation
from bot.dialogue.listing import tell_danger
from bot.dialogue.person import Person
from bot.dialogue.script import Script
from bot.messages import Language, Style, Text, words_of

NOW = datetime(2026, 11, 26, 12, tzinfo=ZoneInfo("Asia/Bangkok"))
COUNTRIES = ("kh", "la", "mm", "th")
ORIGINS = ("kh", "la", "mm")
LANGUAGES = ("km", "lo", "my", "th", "en")

ISSARA = {"1800010180", "1800010181", "1800010182"}
POLICE_AGAINST_TRAFFICKING = {"1288", "+85523997919"}
CHAB_DAI = {"+85512532554", "+85512481597"}
HELPS = {
    ("th", "held-against-will"): {"1300", "191"} | ISSARA,
    ("th", "violence"): {"191", "1300", "1669"} | ISSARA,
    ("th", "suicide"): {"1669", "1300"} | ISSARA,
    ("th", "medical-emergency"): {"1669", "191"},
    ("kh", "held-against-will"): {"117"} | POLICE_AGAINST_TRAFFICKING | CHAB_DAI,
    ("kh", "violence"): {"117", "1280"} | POLICE_AGAINST_TRAFFICKING | CHAB_DAI,
    ("kh", "suicide"): {"1280"},
    # No ambulance is known: the general police line, below words that send people to a hospital.
    ("kh", "medical-emergency"): {"117"},
    ("la", "held-against-will"): {"1362"},
    ("la", "violence"): {"1362", "1554"},
    ("la", "suicide"): {"1554", "1362"},
}
"""By the dossier. What is not here has no line at all."""

FROM_AFAR = {"kh": POLICE_AGAINST_TRAFFICKING | CHAB_DAI, "la": {"+6625396667"}}
"""Who can do something from home about somebody who is held or hurt, on a number that works from abroad."""

FIRST = {
    ("th", "held-against-will"): ["1300", "191"],
    ("th", "violence"): ["191", "1300"],
    ("th", "suicide"): ["1669", "1300"],
    ("th", "medical-emergency"): ["1669", "191"],
    ("kh", "held-against-will"): ["1288"],
    ("kh", "violence"): ["117"],
    ("kh", "suicide"): ["1280"],
    ("kh", "medical-emergency"): ["117"],
    ("la", "held-against-will"): ["1362"],
    ("la", "violence"): ["1362"],
    ("la", "suicide"): ["1554"],
}


def warn(script: Script, danger: str, here: str, origin: str, language: str = "en") -> tuple[Text, list[str]]:
    wording = Person(script, Conversation(Language(language), {"here": here, "origin": origin}), NOW).wording()
    text = tell_danger(danger, wording)
    return text, [span.dial for span in text if span.style is Style.PHONE]


def test_the_dangers_are_those_that_are_looked_at_here(real_script: Script) -> None:
    assert set(real_script.emergency_kinds) == {danger for _, danger in HELPS}


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("origin", ORIGINS)
@pytest.mark.parametrize("here", COUNTRIES)
def test_in_danger_only_lines_are_shown_that_help_with_it(
    real_script: Script, here: str, origin: str, language: str
) -> None:
    for danger in real_script.emergency_kinds:
        _, dials = warn(real_script, danger, here, origin, language)
        near = HELPS.get((here, danger), set())
        far = FROM_AFAR.get(origin, set()) if origin != here and danger in {"held-against-will", "violence"} else set()
        assert set(dials) <= near | far, danger
        assert dials[: len(FIRST.get((here, danger), []))] == FIRST.get((here, danger), []), danger


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("origin", ORIGINS)
@pytest.mark.parametrize("here", COUNTRIES)
def test_where_no_line_helps_it_is_said_and_no_number_is_promised(
    real_script: Script, here: str, origin: str, language: str
) -> None:
    for danger in real_script.emergency_kinds:
        text, _ = warn(real_script, danger, here, origin, language)
        wording = Person(real_script, Conversation(Language(language)), NOW).wording()
        head = "danger" if (here, danger) in HELPS else "no-number"
        assert text[0].words == wording.phrase(f"{head}-{danger}"), danger


@pytest.mark.parametrize("danger", ["held-against-will", "violence", "suicide", "medical-emergency"])
def test_somebody_from_myanmar_in_myanmar_is_given_no_number_of_a_state_office(
    real_script: Script, danger: str
) -> None:
    text, dials = warn(real_script, danger, "mm", "mm")

    assert dials == []
    assert "call one of these" not in words_of(text)
