import gc
from collections.abc import Iterator
from datetime import date
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest
from hypothesis import HealthCheck, settings

from bot.compiler import compile_content
from bot.dialogue.script import Script

# As the bot does once it runs: the content fills the memory with what stays, and looking for garbage there takes time.
gc.set_threshold(20_000, 50, 50)

# How long one example may take says more about what else runs on this machine than about us.
settings.register_profile("patient", deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("patient")

CONTENT = Path(__file__).parents[1] / "content"
TODAY = date(2026, 11, 26)


@pytest.fixture
def quick_folder() -> Iterator[Path]:
    """A folder in memory where there is such a thing: for tests that are about anything but what a disk keeps."""
    memory = Path("/dev/shm")
    with TemporaryDirectory(prefix="waymark-", dir=memory if memory.is_dir() else None) as folder:
        yield Path(folder)


@pytest.fixture(scope="session")
def real_script() -> Script:
    """The content that ships, as it is."""
    return compile_content(CONTENT, TODAY).script
