"""Signs that cheap phones can draw: a box instead of a picture tells nobody anything, least of all a secret picture."""

import re
from pathlib import Path
from typing import Final

import pytest

CONTENT: Final = Path(__file__).parents[2] / "content"
# What came with Unicode 11 and later, so with Android 9 and later; phones with Android 8 and older show boxes for it.
TOO_NEW: Final = re.compile(
    "[\U0001f6d5-\U0001f6df\U0001f6f9-\U0001f6ff\U0001f7e0-\U0001f7ff\U0001f90c-\U0001f90f\U0001f93f"
    "\U0001f94d-\U0001f94f\U0001f96c-\U0001f97f\U0001f998-\U0001f9bf\U0001f9c1-\U0001f9cf\U0001f9e7-\U0001faff]"
)


@pytest.mark.parametrize("path", sorted(CONTENT.rglob("*.yaml")), ids=lambda path: str(path.relative_to(CONTENT)))
def test_old_phones_can_draw_every_sign(path: Path) -> None:
    boxes = [
        f"{path.name}:{number}: {line.strip()}"
        for number, line in enumerate(path.read_text("utf-8").splitlines(), start=1)
        if TOO_NEW.search(line)
    ]

    assert boxes == []
