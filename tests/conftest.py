from datetime import date
from pathlib import Path

import pytest

from bot.compiler import compile_content
from bot.dialogue.script import Script

CONTENT = Path(__file__).parents[1] / "content"
TODAY = date(2026, 11, 26)


@pytest.fixture(scope="session")
def real_script() -> Script:
    """The content that ships, as it is."""
    return compile_content(CONTENT, TODAY).script
