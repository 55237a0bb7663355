from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from bot.dialogue.script import Script
from tests.web.console.desk_house import DeskHouse, a_desk_house, a_script


@pytest.fixture
async def desk(page_script: Script, quick_folder: Path) -> AsyncIterator[DeskHouse]:
    async with a_desk_house(a_script(page_script), quick_folder) as house:
        yield house
