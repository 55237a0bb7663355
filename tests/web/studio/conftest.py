from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from bot.dialogue.script import Script
from tests.web.studio.studio_house import StudioHouse, a_studio_house, some_content, whole_content


@pytest.fixture
async def house(page_script: Script, quick_folder: Path) -> AsyncIterator[StudioHouse]:
    """With a part of the content, which makes it quick."""
    content = some_content(quick_folder / "content")
    async with a_studio_house(page_script, quick_folder / "data", content) as house:
        yield house


@pytest.fixture
async def whole_house(page_script: Script, quick_folder: Path) -> AsyncIterator[StudioHouse]:
    """With all of the content, so that it can be compiled."""
    content = whole_content(quick_folder / "content")
    async with a_studio_house(page_script, quick_folder / "data", content) as house:
        yield house
