"""Words of a translation written into the files of its language: only the lines of those texts change.

Every text says of which English it was made and, where somebody reviewed it, who and on which day. Words that nobody
reviewed take an older review away.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date

from bot.compiler.leaves import Plain
from bot.compiler.round_trip import Document
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
    documents: dict[str, Document] = {}
    for rendering in renderings:
        name = rendering.unit.target
        if name not in documents:
            documents[name] = Document(files.get(name) or f"language: {language}\nstatus: draft\n".encode())
        documents[name] = _with(documents[name], rendering)
    return {name: document.source for name, document in documents.items() if document.source != files.get(name)}


def _with(document: Document, rendering: Rendering) -> Document:
    unit = rendering.unit
    here = ("texts", unit.id)
    wanted: dict[str, Plain] = {"from": unit.hash, "text": rendering.words}
    if rendering.reviewer is not None:
        wanted |= {"status": "reviewed", "by": rendering.reviewer.name, "on": rendering.reviewer.on.isoformat()}
    elif document.at(("status",)) == "reviewed":
        wanted["status"] = "draft"
    if document.at(("texts",)) is None:
        return document.put(("texts",), {unit.id: wanted})
    return document.put(here, wanted) if document.at(here) is None else document.become(here, wanted)
