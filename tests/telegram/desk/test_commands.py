"""The list that staff get for `/help` names every command there is, in every language, and none that there is not."""

import re
from collections.abc import AsyncIterator

import pytest

from bot.dialogue.desk_wording import COMMANDS
from bot.dialogue.phrasebook import TextId
from bot.dialogue.script import Script
from bot.messages import Language
from handlers.telegram.desk.commands import listed_commands, read_command
from tests.telegram.desk.house import House, a_house, a_script

TYPED = re.findall(r"/\w+", " ".join(listed_commands().values()))


@pytest.fixture
async def house(real_script: Script) -> AsyncIterator[House]:
    async with a_house(a_script(real_script)) as house:
        yield house
        assert house.violations() == []


def test_each_command_has_words_and_no_words_are_left_of_one_that_is_gone() -> None:
    assert sorted(listed_commands()) == sorted(COMMANDS)


@pytest.mark.parametrize("typed", TYPED)
def test_whatever_is_listed_is_understood(typed: str) -> None:
    command = read_command(typed)

    assert command is not None
    assert command.verb


def test_what_helplines_need_most_is_listed() -> None:
    wanted = "/look /accept /decline /cancel /staff /emergency /claim /take /release /give /ask /urgent /reopen /link"

    assert set(wanted.split()) <= set(TYPED)


@pytest.mark.parametrize("language", ["en", "km", "lo", "my", "th"])
def test_the_words_for_a_command_begin_with_it_in_every_language(real_script: Script, language: str) -> None:
    for command in COMMANDS:
        phrase, found = real_script.phrasebook.find(TextId(f"phrase.desk-does-{command}"), Language(language))
        assert found == language
        assert not isinstance(phrase[0], str), (language, command)


async def test_staff_are_shown_all_of_it(house: House) -> None:
    ticket = await house.open()
    thread = await house.topic(ticket)

    house.anna.send("/help", to=house.group, topic=thread)
    await house.until(lambda: any("/claim" in one.text for one in house.group.visible() if one.from_bot), within=90)

    [shown] = [one.text for one in house.group.visible() if one.from_bot and "/claim" in one.text]
    assert "{" not in shown
    for typed in TYPED:
        assert re.search(rf"{typed}\b", shown), typed
    assert "👍 – the person has opened it" in shown
