"""Words of a translation written into the files of its language: only the lines of those texts change.

Every text says of which English it was made and, where somebody reviewed it, who and on which day. Words that nobody
reviewed take an older review away.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date

from bot.compiler.leaves import Plain
from bot.compiler.round_trip import Document, EditError
from bot.messages import Language
from bot.studio.units import Unit


@dataclass(frozen=True, slots=True)
class Reviewer:
    """Who says that words are right, and the day on which they did."""

    name: str
    on: date


@dataclass(frozen=True, slots=True)
class Rendering:
    """New words for a unit; `reviewer` is nobody while they are a draft."""

    unit: Unit
    words: str
    reviewer: Reviewer | None = None


def write(renderings: Iterable[Rendering], language: Language, files: Mapping[str, bytes]) -> Mapping[str, bytes]:
    """The files that change, with the new words in them; `files` are those of the language as they are.

    Raise EditError where a file is not written so that it can be changed.
    """
    by_file: dict[str, list[Rendering]] = {}
    for rendering in renderings:
        by_file.setdefault(rendering.unit.target, []).append(rendering)
    written = {}
    for name, of_file in by_file.items():
        document = Document(files.get(name) or f"language: {language}\nstatus: draft\n".encode())
        # All of a file at once: each edit reads the file again to see that it came out as meant.
        changed = document.become((), _with(document.at(()), of_file)).source
        if changed != files.get(name):
            written[name] = changed
    return written


def _with(tree: "Plain | None", renderings: Iterable[Rendering]) -> Plain:
    """The whole of a file with the new words in it."""
    if not isinstance(tree, dict) or not isinstance(texts := tree.get("texts", {}), dict):
        raise EditError("this is no file of translations")
    is_reviewed = tree.get("status") == "reviewed"
    new: dict[str, Plain] = {rendering.unit.id: _entry(rendering, is_reviewed=is_reviewed) for rendering in renderings}
    return {**tree, "texts": {**texts, **new}}


def _entry(rendering: Rendering, *, is_reviewed: bool) -> dict[str, Plain]:
    entry: dict[str, Plain] = {"from": rendering.unit.hash, "text": rendering.words}
    if rendering.reviewer is not None:
        return entry | {"status": "reviewed", "by": rendering.reviewer.name, "on": rendering.reviewer.on.isoformat()}
    return entry | {"status": "draft"} if is_reviewed else entry
