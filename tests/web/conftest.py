from collections.abc import AsyncIterator, Sequence

import pytest

from bot.compiler import Problem
from bot.compiler.assembling import Assembled
from bot.compiler.compile import script_of
from bot.dialogue.script import Script
from tests.web.house import House, Phone


@pytest.fixture(scope="session")
def page_script(read_content: tuple[Assembled, Sequence[Problem]]) -> Script:
    """The content that ships; whether it has mistakes is asked elsewhere."""
    assembled, _ = read_content
    return script_of(assembled)


@pytest.fixture
def house(page_script: Script) -> House:
    return House(page_script)


@pytest.fixture
async def base(house: House) -> AsyncIterator[str]:
    async with house.open() as base:
        yield base


@pytest.fixture
async def phone(base: str) -> AsyncIterator[Phone]:
    async with Phone(base) as phone:
        yield phone
