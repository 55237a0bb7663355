"""What an editor has sent, and the file as it then stands: with the work of others in it, never in place of it.

A form is written into the file as it is now, unless somebody has meanwhile changed the very thing that it is about. A
file that was edited as text is joined line by line, as far as that can be done without guessing.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from threading import Lock
from typing import Final, TypeAlias

from aiohttp import web
from multidict import MultiDictProxy

from bot.compiler.round_trip import Document, EditError
from bot.studio.fields import FieldProblem, Posted
from bot.studio.forms import Form, NotApplied, apply_form, new_form, posted_form, read_form, remove_entry
from bot.studio.kinds import Kind
from bot.whole_number import whole_number

_KEPT: Final = 64
_DEEPEST: Final = 8
"""No form has rows within rows within more rows than that."""

OUT: Final = "out"
"""The field that names rows which are to be taken out, such as `numbers.1`."""

MOVED: Final = ("answer", "steps")
"""Rows whose order says something, and which have a field for their place."""


@dataclass(frozen=True, slots=True)
class Written:
    """The file as it would stand."""

    document: Document


@dataclass(frozen=True, slots=True)
class Unwritten:
    """Nothing was written: these fields are wrong."""

    form: Form
    problems: tuple[FieldProblem, ...]


@dataclass(frozen=True, slots=True)
class Crossed:
    """Somebody else has changed the same thing: what one wrote oneself, and the file as it is now."""

    form: Form
    mine: bytes | None
    """The file with one's own words over theirs, where they could be written."""


Outcome: TypeAlias = Written | Unwritten | Crossed


class Documents:
    """Files that can be edited, by their bytes: reading a long one takes a while, and it is opened again and again."""

    def __init__(self) -> None:
        self._kept: dict[bytes, Document] = {}
        self._lock = Lock()

    def of(self, source: bytes) -> Document:
        """The document of these bytes; raise EditError where they are none. To be called in a thread."""
        with self._lock:
            found = self._kept.get(source)
        return self.keep(Document(source)) if found is None else found

    def keep(self, document: Document) -> Document:
        """Remember what was read or written."""
        with self._lock:
            self._kept.pop(document.source, None)
            self._kept[document.source] = document
            while len(self._kept) > _KEPT:
                del self._kept[next(iter(self._kept))]
        return document


@dataclass(frozen=True, slots=True)
class Thing:
    """What is edited."""

    kind: Kind
    id: str

    def form_in(self, source: bytes, documents: Documents) -> Form | None:
        """Its form in a file; nothing where it does not stand there, or the file cannot be read."""
        try:
            return read_form(self.kind, documents.of(source), self.id)
        except EditError:
            return None

    def removed_from(self, source: bytes, documents: Documents) -> bytes:
        """The file without it; raise EditError where that cannot be done."""
        return remove_entry(self.kind, documents.of(source), self.id).source

    def new_form(self) -> Form | None:
        """An empty one."""
        return new_form(self.kind, self.id)


def write_form(thing: Thing, form: Form, seen: bytes, now: bytes, documents: Documents) -> Outcome:
    """Write a form, made over the file `seen`, into the file as it is `now`; raise EditError where that fails."""
    applied = apply_form(documents.of(now), form)
    if now != seen and thing.form_in(now, documents) != thing.form_in(seen, documents):
        return Crossed(form, None if isinstance(applied, NotApplied) else applied.document.source)
    if isinstance(applied, NotApplied):
        return Unwritten(form, applied.problems)
    return Written(applied.document)


def form_of(thing: Thing, told: "MultiDictProxy[str | bytearray | bytes | web.FileField]") -> Form | None:
    """The form as the browser sent it, with rows taken out and moved as it says."""
    posted = {name: tuple(one for one in told.getall(name) if isinstance(one, str)) for name in dict.fromkeys(told)}
    out = frozenset(row for rows in posted.get(OUT, ()) for row in rows.split())
    posted = {name: values for name, values in posted.items() if out.isdisjoint(_rows_around(name))}
    for rows in MOVED:
        posted = _in_place(posted, rows)
    return posted_form(thing.kind, thing.id, posted)


def _rows_around(name: str) -> Iterator[str]:
    """The rows that a field stands in: `numbers` and `numbers.1` for `numbers.1.dial`."""
    parts = name.split(".", _DEEPEST)
    return (".".join(parts[:end]) for end in range(1, len(parts)))


def _in_place(posted: Posted, rows: str) -> dict[str, tuple[str, ...]]:
    """The rows in the order that their `place` fields say; of two at one place the one that was moved there wins."""
    found: dict[int, int] = {}
    for name, values in posted.items():
        number, _, last = name.removeprefix(f"{rows}.").partition(".")
        if name.startswith(f"{rows}.") and last == "place" and _is_number(number):
            found[int(number)] = int(values[0]) if values and _is_number(values[0]) else int(number) + 1
    ordered = sorted(found, key=lambda number: (found[number], _sign(found[number] - number - 1), number))
    new = {f"{rows}.{number}.": f"{rows}.{place}." for place, number in enumerate(ordered)}
    moved: dict[str, tuple[str, ...]] = {}
    for name, values in posted.items():
        parts = name.split(".")
        start = ".".join(parts[:2]) + "."
        moved[new.get(start, start) + ".".join(parts[2:]) if len(parts) > 2 else name] = values
    return moved


def _sign(number: int) -> int:
    return (number > 0) - (number < 0)


def _is_number(told: str) -> bool:
    return whole_number(told, 4) is not None


def text_as_file(told: str, before: bytes) -> bytes:
    """The text of an edited file with the line ends that the file had: browsers send their own."""
    plain = told.replace("\r\n", "\n").replace("\r", "\n")
    if plain and not plain.endswith("\n") and before.endswith(b"\n"):
        plain += "\n"
    return (plain.replace("\n", "\r\n") if b"\r\n" in before else plain).encode()
