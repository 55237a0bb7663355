"""What is done with a question that nobody here can answer: counted always, wondered at where that is safe."""

from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path

import pytest

from bot.compiler import compile_content
from bot.dialogue.effects import Count, Wonder
from bot.dialogue.events import Opened
from bot.dialogue.script import Script
from bot.language import Danger, Level, Understood
from tests.dialogue.little_world import TODAY, PlainEars, little_script
from tests.dialogue.talker import Talker, at_home


class CarelessEars(PlainEars):
    """Would let anything be shared, also what it must not; "danger" is one of no listed kind."""

    def understand(self, text: str, language: str | None, profile: Mapping[str, str]) -> Understood:
        """What is spelled out, and all of it to be shared."""
        heard = super().understand(text, language, profile)
        if text == "danger":
            heard = replace(heard, danger=Danger(Level.CERTAIN, "unheard-of"))
        return replace(heard, shareable=text)


@pytest.fixture
def careless(tmp_path: Path) -> Script:
    little_script(tmp_path)
    return compile_content(tmp_path, TODAY, CarelessEars).script


def wonders(talker: Talker) -> list[Wonder]:
    return [effect for effect in talker.effects if isinstance(effect, Wonder)]


def unanswered(talker: Talker) -> list[str]:
    return [effect.label for effect in talker.effects if isinstance(effect, Count) and effect.what == "match_none"]


def test_a_question_nobody_can_answer_is_counted_and_wondered_at(careless: Script) -> None:
    talker = at_home(careless)

    talker.type("may i keep chickens")

    assert wonders(talker) == [Wonder("may i keep chickens", "en")]
    assert unanswered(talker) == ["en"]


def test_it_is_wondered_at_in_the_language_it_is_asked_in(careless: Script) -> None:
    talker = at_home(careless)

    talker.type("ចិញ្ចឹមមាន់")

    assert [wonder.language for wonder in wonders(talker)] == ["km"]
    assert unanswered(talker) == ["km"]


def test_what_points_at_somebody_is_counted_only(tmp_path: Path) -> None:
    talker = at_home(little_script(tmp_path))

    talker.type("my name is Dara")

    assert wonders(talker) == []
    assert unanswered(talker) == ["en"]


@pytest.mark.parametrize("words", ["!violence", "?violence", "danger"])
def test_words_of_danger_are_never_wondered_at(careless: Script, words: str) -> None:
    talker = at_home(careless)

    talker.type(words)

    assert wonders(talker) == []


@pytest.mark.parametrize("words", ["#pay", "#pay,violence", "home"])
def test_what_is_understood_is_neither_counted_nor_wondered_at(careless: Script, words: str) -> None:
    talker = at_home(careless)

    talker.type(words)

    assert wonders(talker) == []
    assert unanswered(talker) == []


def test_an_answer_that_we_asked_for_is_not_wondered_at(careless: Script) -> None:
    talker = at_home(careless)
    talker.take(Opened(flow="money"))

    talker.type("about what my brother has")

    assert "Only the number." in talker.words
    assert wonders(talker) == []
    assert unanswered(talker) == ["en"]
