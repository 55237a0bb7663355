"""Editors see at a glance for whom there is no answer, and in which language it is not to be trusted."""

from collections import Counter
from dataclasses import replace
from datetime import date

import pytest

from bot.compiler import Notebook, check_content
from bot.compiler.assembling import Assembled
from bot.dialogue.phrasebook import TextId
from bot.messages import Language
from bot.studio.coverage import MOST_VALUES, coverage
from bot.studio.glossary import Term, glossary_from, lacking, terms_in
from bot.studio.memory import suggestions
from bot.studio.units import State, Unit, units_of
from tests.whole.running_bot import CONTENT

THAI = Language("th")


@pytest.fixture(scope="module")
def assembled() -> Assembled:
    found = check_content(CONTENT, date(2026, 11, 26), Notebook())
    assert found is not None
    return found


def test_each_cell_counts_every_topic_of_its_stage_once(assembled: Assembled) -> None:
    cells = coverage(assembled)

    stages = Counter(topic.stage for topic in assembled.draft.topics.values())
    assert len(cells) == len(stages) * 3 * 4 * 5
    for cell in cells:
        assert cell.topics == stages[cell.stage]
        assert cell.empty + sum(cell.states.values()) == cell.topics
        assert len(cell.lacking) == cell.empty


def test_a_draft_with_countless_places_is_still_a_table(assembled: Assembled) -> None:
    bot = assembled.draft.bot
    assert bot is not None
    many = tuple(f"place-{number}" for number in range(100_000))
    draft = replace(assembled.draft, bot=replace(bot, profile={**bot.profile, "origin": ("kh",), "here": many}))

    cells = coverage(replace(assembled, draft=draft))

    assert len({cell.here for cell in cells}) == MOST_VALUES


def test_english_is_the_source_and_so_never_out_of_date(assembled: Assembled) -> None:
    english = [cell for cell in coverage(assembled) if cell.language == "en"]

    assert {state for cell in english for state in cell.states} == {State.REVIEWED}


def test_texts_of_a_language_that_nobody_reviewed_are_drafts(assembled: Assembled) -> None:
    khmer = [cell for cell in coverage(assembled) if cell.language == "km"]

    assert {cell.worst for cell in khmer if not cell.empty} == {State.DRAFT}


def test_what_is_alike_is_offered_and_the_text_itself_is_not(assembled: Assembled) -> None:
    units = units_of(assembled, THAI)
    unit = Unit(
        TextId("new"), "Your boss keeps your passport", "", "", State.MISSING, "flows/x.yaml", "texts/th/flows/x.yaml"
    )
    known = next(one for one in units if one.words and len(one.english) > 30)

    same = suggestions(known.english, unit.id, units)
    itself = suggestions(known.english, known.id, [known])

    assert same[0].words == known.words
    assert same[0].likeness == 1
    assert not itself


GLOSSARY = (Term("hotline", ("hotlines",), "", {THAI: ("สายด่วน", "ฮอตไลน์")}),)


def test_a_translation_that_says_it_otherwise_is_told() -> None:
    assert lacking("Call a hotline.", "โทรสายด่วน", THAI, GLOSSARY) == ()
    assert lacking("Call a hotline.", "โทรฮอตไลน์", THAI, GLOSSARY) == ()
    assert lacking("Two Hotlines.", "โทร", THAI, GLOSSARY) == GLOSSARY
    assert lacking("A hotliner.", "โทร", THAI, GLOSSARY) == ()
    assert lacking("Call a hotline.", "ເບີ", Language("lo"), GLOSSARY) == ()


def test_the_glossary_of_the_content_is_read(assembled: Assembled) -> None:
    glossary = glossary_from(assembled.documents["glossary"])

    assert [term.english for term in terms_in("Call the helpline", glossary)] == ["helpline"]
