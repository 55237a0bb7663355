"""What the documents on safety point at is there."""

import re
from pathlib import Path

ROOT = Path(__file__).parents[2]


def test_files_that_are_named_exist() -> None:
    for document in ("PRIVACY.md", "SECURITY.md", "docs/threats.md"):
        text = (ROOT / document).read_text("utf-8")
        links = re.findall(r"\]\(([^)#:]+)\)", text)
        assert links, document
        assert [link for link in links if not (ROOT / document).parent.joinpath(link).exists()] == [], document
