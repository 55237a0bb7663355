import asyncio
import gc
from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import date
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest
import uvloop
from hypothesis import HealthCheck, settings

from bot.compiler import ContentError, Notebook, Problem, check_content, errors
from bot.compiler.assembling import Assembled
from bot.compiler.compile import script_of
from bot.dialogue.script import Script

# As the bot does once it runs: the content fills the memory with what stays, and looking for garbage there takes time.
gc.set_threshold(20_000, 50, 50)

# How long one example may take says more about what else runs on this machine than about us.
settings.register_profile("patient", deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("patient")

CONTENT = Path(__file__).parents[1] / "content"
TODAY = date(2026, 11, 26)


def pytest_asyncio_loop_factories() -> Mapping[str, Callable[[], asyncio.AbstractEventLoop]]:
    """On the loop that the bot runs on."""
    return {"uvloop": uvloop.new_event_loop}


@pytest.fixture
def quick_folder() -> Iterator[Path]:
    """A folder in memory where there is such a thing: for tests that are about anything but what a disk keeps."""
    memory = Path("/dev/shm")
    with TemporaryDirectory(prefix="waymark-", dir=memory if memory.is_dir() else None) as folder:
        yield Path(folder)


@pytest.fixture(scope="session")
def read_content() -> tuple[Assembled, Sequence[Problem]]:
    """The content that ships, read once, and what is wrong with it."""
    notebook = Notebook()
    assembled = check_content(CONTENT, TODAY, notebook)
    assert assembled is not None
    return assembled, notebook.problems()


@pytest.fixture(scope="session")
def real_script(read_content: tuple[Assembled, Sequence[Problem]]) -> Script:
    """The content that ships, as it is."""
    assembled, problems = read_content
    if errors(problems):
        raise ContentError(problems)
    return script_of(assembled)
