"""What an editor has sent, and the file as it then stands: with the work of others in it, never in place of it.

A form is written into the file as it is now, unless somebody has meanwhile changed the very thing that it is about. A
file that was edited as text is joined line by line, as far as that can be done without guessing.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Final, TypeAlias

from aiohttp import web
from multidict import MultiDictProxy

from bot.compiler.round_trip import Document, EditError
from bot.studio.fields import FieldProblem
from bot.studio.forms import Form, NotApplied, apply_form, new_form, posted_form, read_form, remove_entry
from bot.studio.kinds import Kind

BY_LINE: Final = frozenset({"ask", "sources"})
"""Fields in which each line is one of several."""


@dataclass(frozen=True, slots=True)
class Written:
    """The file as it would stand."""

    source: bytes


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


@dataclass(frozen=True, slots=True)
class Thing:
    """What is edited."""

    kind: Kind
    id: str

    def form_in(self, source: bytes) -> Form | None:
        """Its form in a file; nothing where it does not stand there, or the file cannot be read."""
        try:
            return read_form(self.kind, Document(source), self.id)
        except EditError:
            return None

    def removed_from(self, source: bytes) -> bytes:
        """The file without it; raise EditError where that cannot be done."""
        return remove_entry(self.kind, Document(source), self.id).source

    def new_form(self) -> Form | None:
        """An empty one."""
        return new_form(self.kind, self.id)


def write_form(thing: Thing, form: Form, seen: bytes, now: bytes) -> Outcome:
    """Write a form, made over the file `seen`, into the file as it is `now`; raise EditError where that fails."""
    applied = apply_form(Document(now), form)
    if now != seen and thing.form_in(now) != thing.form_in(seen):
        return Crossed(form, None if isinstance(applied, NotApplied) else applied.document.source)
    if isinstance(applied, NotApplied):
        return Unwritten(form, applied.problems)
    return Written(applied.document.source)


def form_of(thing: Thing, told: "MultiDictProxy[str | bytearray | bytes | web.FileField]") -> Form | None:
    """The form as the browser sent it."""
    posted: dict[str, tuple[str, ...]] = {}
    for name in dict.fromkeys(told):
        values = [one.replace("\r\n", "\n") for one in told.getall(name) if isinstance(one, str)]
        posted[name] = tuple(_lines(values) if name.rsplit(".", 1)[-1] in BY_LINE else values)
    return posted_form(thing.kind, thing.id, posted)


def text_as_file(told: str, before: bytes) -> bytes:
    """The text of an edited file with the line ends that the file had: browsers send their own."""
    plain = told.replace("\r\n", "\n").replace("\r", "\n")
    if plain and not plain.endswith("\n") and before.endswith(b"\n"):
        plain += "\n"
    return (plain.replace("\n", "\r\n") if b"\r\n" in before else plain).encode()


def _lines(values: Iterable[str]) -> list[str]:
    return [line.strip() for value in values for line in value.split("\n") if line.strip()]
