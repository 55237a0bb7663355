from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from bot.dialogue.script import Script
from tests.web.studio.studio_house import StudioHouse, a_studio_house


@pytest.fixture
async def house(page_script: Script, quick_folder: Path) -> AsyncIterator[StudioHouse]:
    async with a_studio_house(page_script, quick_folder) as house:
        yield house
