from collections.abc import AsyncIterator

import pytest

from bot.compiler.compile import check_content, script_of
from bot.compiler.problems import Notebook
from bot.dialogue.script import Script
from tests.conftest import CONTENT, TODAY
from tests.web.house import House, Phone


@pytest.fixture(scope="session")
def page_script() -> Script:
    """The content that ships; whether it has mistakes is asked elsewhere."""
    assembled = check_content(CONTENT, TODAY, Notebook())
    assert assembled is not None
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
