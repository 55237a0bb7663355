from pathlib import Path

import pytest

from bot.dialogue.script import Script
from tests.dialogue.little_world import little_script


@pytest.fixture(scope="session")
def script(tmp_path_factory: pytest.TempPathFactory) -> Script:
    folder: Path = tmp_path_factory.mktemp("content")
    return little_script(folder)
