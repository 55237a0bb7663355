"""One thing of the content in a form, or its whole file as text; what the check says stands beside fields and lines.

What is saved goes into a change and reaches nobody. Two people in one file do not get into each other's way; where they
meet in the same thing, both versions are shown and whoever saves last decides.
"""

import asyncio
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Final
from urllib.parse import urlencode

from aiohttp import web

from bot.compiler.round_trip import EditError
from bot.guard.audit import Deed
from bot.guard.rights import Right
from bot.studio.changes import Edit, Refusal
from bot.studio.checking import Finding
from bot.studio.differences import differences
from bot.studio.forms import Form
from bot.studio.kinds import Kind, kind_in
from bot.studio.stock import StockError
from bot.studio.tree import BlobId, is_content_name
from bot.whole_number import whole_number
from handlers.web.console.access import Caller, Guarded, Route
from handlers.web.pages import page
from handlers.web.studio.change_pages import Shown, pieces_of
from handlers.web.studio.content_pages import edit_address
from handlers.web.studio.editing import Crossed, Documents, Thing, Unwritten, Written, form_of, text_as_file, write_form
from handlers.web.studio.offers import offers
from handlers.web.studio.studio import HOME, Look, Studio, Tab, go

LARGEST_FORM: Final = 512 * 1024
LARGEST_TEXT: Final = 4 * 1024 * 1024
_TRIES: Final = 5
_FORM: Final = "form"
"""The field that says of what kind the thing is: numbers and signs of danger have a `kind` of their own."""

_SEEN: Final = frozenset({Kind.TOPIC, Kind.FLOW, Kind.SCREEN, Kind.FACT, Kind.HOTLINE})
_NEW_FLOW: Final = "flow: {id}\ntitle: {id}\nscreens:\n  start:\n    - end\n"


@dataclass(frozen=True, slots=True)
class _Open:
    """What stands on the page. `text` is what somebody wrote into the file's text that could not be saved."""

    look: Look
    file: str
    thing: Thing | None
    source: bytes
    form: Form | None = None
    is_text: bool = False
    text: str | None = None
    wrong: Mapping[str, Sequence[str]] = field(default_factory=dict)
    theirs: Sequence[Shown] = ()
    their_text: str | None = None

    @property
    def expects(self) -> str:
        """Which bytes of the file its editor has before their eyes."""
        return self.look.tree.files.get(self.file, "")

    def address(self, *, text: bool = False) -> str:
        """Where this page stands."""
        if self.thing is None:
            return edit_address(self.look, self.file, text=text)
        return edit_address(self.look, self.file, self.thing.kind, self.thing.id, text=text)


class EditPages:
    """The editor."""

    def __init__(self, studio: Studio) -> None:
        self._studio = studio
        self._documents = Documents()

    def routes(self) -> list[Route]:
        """Where each answers."""
        at, edit = f"{HOME}/at/{{at}}", Right.EDIT_CONTENT
        return [
            Guarded("GET", f"{at}/edit", Right.SEE_STUDIO, self.show),
            Guarded("POST", f"{at}/edit", edit, self.save, LARGEST_FORM, comes_back=True),
            Guarded("POST", f"{at}/edit/text", edit, self.save_text, LARGEST_TEXT, comes_back=True),
            Guarded("POST", f"{at}/edit/remove", edit, self.remove),
            Guarded("POST", f"{at}/check", edit, self.check, LARGEST_TEXT),
            Guarded("POST", f"{at}/complete", edit, self.complete, LARGEST_TEXT),
        ]

    async def show(self, request: web.Request, caller: Caller, _form: Mapping[str, str]) -> web.Response:
        look = await self._studio.look(request)
        thing, file = _asked(request.query)
        source = await self._source(look, file, thing)
        form = None if thing is None else await asyncio.to_thread(thing.form_in, source, self._documents)
        if form is None and thing is not None and look.is_open:
            form = thing.new_form()
        is_text = form is None or request.query.get("as") == "text"
        return await self._page(request, caller, _Open(look, file, thing, source, form, is_text))

    async def save(self, request: web.Request, caller: Caller, told: Mapping[str, str]) -> web.Response:
        thing, file = _asked(told, _FORM)
        form = None if thing is None else await asyncio.to_thread(form_of, thing, await request.post())
        if thing is None or form is None:
            raise web.HTTPNotFound
        look = await self._studio.look(request)
        for _ in range(_TRIES):
            now = await self._source(look, file, thing)
            opened = _Open(look, file, thing, now, form)
            if not look.is_open:
                return go(opened.address(), failed="begin-first")
            try:
                outcome = await asyncio.to_thread(
                    write_form, thing, form, await self._seen(told, now), now, self._documents
                )
            except EditError as error:
                unwritten = _Open(look, file, thing, now, form, wrong={"": [str(error)]})
                return await self._page(request, caller, unwritten, 422)
            match outcome:
                case Unwritten(_, problems):
                    wrong: dict[str, list[str]] = {}
                    words = self._studio.words_for(caller)
                    for one in problems:
                        wrong.setdefault(one.field, []).append(words.say(f"wrong-{one.wrong}", **one.slots))
                    return await self._page(request, caller, _Open(look, file, thing, now, form, wrong=wrong), 422)
                case Crossed(_, mine):
                    theirs = () if mine is None else _between(file, now, mine)
                    return await self._page(request, caller, _Open(look, file, thing, now, form, theirs=theirs), 409)
                case Written(document):
                    answer = await self._write(caller, opened, self._documents.keep(document).source)
                    if answer is not None:
                        return answer
            look = await self._studio.look(request)
        return go(edit_address(look, file, thing.kind, thing.id), failed=f"refused-{Refusal.CHANGED_MEANWHILE}")

    async def save_text(self, request: web.Request, caller: Caller, told: Mapping[str, str]) -> web.Response:
        thing, file = _asked(told, _FORM)
        look = await self._studio.look(request)
        now = await self._source(look, file, thing)
        opened = _Open(look, file, thing, now, is_text=True)
        if not look.is_open:
            return go(opened.address(text=True), failed="begin-first")
        source = text_as_file(told.get("source", ""), now)
        if told.get("expects", "") == opened.expects:
            answer = await self._write(caller, opened, source, text=True)
            if answer is not None:
                return answer
            look = await self._studio.look(request)
            now = await self._source(look, file, thing)
        crossed = _Open(look, file, thing, now, None, is_text=True, text=source.decode(), their_text=_text(now))
        return await self._page(request, caller, crossed, 409)

    async def remove(self, request: web.Request, caller: Caller, told: Mapping[str, str]) -> web.Response:
        thing, file = _asked(told, _FORM)
        look = await self._studio.look(request)
        now = await self._source(look, file, thing)
        opened = _Open(look, file, thing, now)
        if thing is None or await asyncio.to_thread(thing.form_in, now, self._documents) is None:
            raise web.HTTPNotFound
        if not look.is_open:
            return go(opened.address(), failed="begin-first")
        if told.get("expects", "") != opened.expects:
            return go(opened.address(), failed=f"refused-{Refusal.CHANGED_MEANWHILE}")
        try:
            source = await asyncio.to_thread(thing.removed_from, now, self._documents)
        except EditError as error:
            return await self._page(request, caller, _Open(look, file, thing, now, wrong={"": [str(error)]}), 422)
        gone = thing.kind is Kind.FLOW
        answer = await self._write(caller, opened, None if gone else source)
        if answer is None:
            return go(opened.address(), failed=f"refused-{Refusal.CHANGED_MEANWHILE}")
        return go(f"{look.path}/content?kind={thing.kind}", done="taken-out") if answer.status == 303 else answer

    # While somebody types

    async def check(self, request: web.Request, caller: Caller, told: Mapping[str, str]) -> web.Response:
        studio, look = self._studio, await self._studio.look(request)
        thing, file = _asked(told, _FORM)
        now = await self._source(look, file, thing)
        if "source" in told:
            found = await studio.check_file(look, file, text_as_file(told["source"], now))
            return web.json_response({"wrong": {}, "findings": [_told(one) for one in found]})
        form = None if thing is None else await asyncio.to_thread(form_of, thing, await request.post())
        if thing is None or form is None:
            raise web.HTTPNotFound
        try:
            outcome = await asyncio.to_thread(write_form, thing, form, now, now, self._documents)
        except EditError as error:
            return web.json_response({"wrong": {"": [str(error)]}, "findings": []})
        words = studio.words_for(caller)
        wrong: dict[str, list[str]] = {}
        found = ()
        match outcome:
            case Unwritten(_, problems):
                for one in problems:
                    wrong.setdefault(one.field, []).append(words.say(f"wrong-{one.wrong}", **one.slots))
            case Written(document):
                found = await studio.check_file(look, file, document.source)
            case Crossed():
                raise AssertionError("it was written over what stands there")
        return web.json_response({"wrong": wrong, "findings": [_told(one) for one in found if _is_of(one, thing)]})

    async def complete(self, request: web.Request, _caller: Caller, told: Mapping[str, str]) -> web.Response:
        studio, look = self._studio, await self._studio.look(request)
        thing, file = _asked(told, _FORM)
        source = text_as_file(told.get("source", ""), await self._source(look, file, thing))
        line, column = _number(told.get("line", "")), _number(told.get("column", ""))
        folder = await studio.archive.checkout(look.tree)
        found = await studio.checker.complete(look.tree, folder, file, source, line, column)
        return web.json_response([{"word": one.word, "about": one.about} for one in found])

    # How it is read and written

    async def _write(
        self, caller: Caller, opened: _Open, source: bytes | None, *, text: bool = False
    ) -> web.Response | None:
        """Put the file into the change; nothing where somebody else was faster."""
        studio, change = self._studio, opened.look.change
        if change is None:
            raise AssertionError("only a change is written to")
        if source == opened.source:
            return go(opened.address(text=text), done="nothing-new")
        blob = None if source is None else await studio.archive.put(source)
        edit = Edit(opened.file, blob, opened.look.tree.files.get(opened.file))
        note = studio.noting(caller, Deed.CONTENT_EDITED, f"{change.id} {opened.file}")
        made = await studio.archive.act(change.id, caller.member.id, edit, note)
        if made is Refusal.CHANGED_MEANWHILE:
            return None
        if isinstance(made, Refusal):
            return go(opened.address(text=text), failed=f"refused-{made}")
        return go(opened.address(text=text), done="saved")

    async def _source(self, look: Look, file: str, thing: Thing | None) -> bytes:
        """The file as it stands; a dialogue that does not exist yet begins with as little as it can."""
        if file in look.tree.files:
            return await self._studio.archive.read(look.tree, file)
        if thing is not None and thing.kind is Kind.FLOW and file == f"flows/{thing.id}.yaml" and look.is_open:
            return _NEW_FLOW.format(id=thing.id).encode()
        raise web.HTTPNotFound

    async def _seen(self, told: Mapping[str, str], now: bytes) -> bytes:
        """The file that the editor had before their eyes; where it is gone, they see what stands there now."""
        expects = told.get("expects", "")
        if not (len(expects) == 64 and expects.isascii() and expects.isalnum()):
            return now if not expects else b""
        try:
            return await self._studio.archive.blob(BlobId(expects))
        except StockError:
            # It stood there hours ago, and nothing names it any more.
            return b""

    async def _page(self, request: web.Request, caller: Caller, opened: _Open, status: int = 200) -> web.Response:
        studio, look = self._studio, opened.look
        around = studio.around(caller, Tab.CONTENT, request if status == 200 else None, look)
        # A script asks for it once the page is there; without one it takes a click.
        is_checked = status == 200 and request.query.get("check") == "1"
        findings = await studio.check_file(look, opened.file, opened.source) if is_checked else ()
        wrong = {name: list(told) for name, told in opened.wrong.items()}
        for one in findings:
            if opened.thing is not None and _is_of(one, opened.thing):
                wrong.setdefault(one.field, []).append(one.words)
        catalogue = await studio.catalogue(look)
        return page(
            studio.pages.page(
                "edit.html",
                around,
                opened=opened,
                kind=None if opened.thing is None else opened.thing.kind,
                id="" if opened.thing is None else opened.thing.id,
                entry=None if opened.thing is None else catalogue.entry(opened.thing.kind, opened.thing.id),
                form=opened.form,
                text=_text(opened.source) if opened.text is None else opened.text,
                wrong=wrong,
                findings=findings,
                is_checked=is_checked,
                changes=await studio.open_changes() if look.change is None else (),
                phone=_phone(look, opened.thing),
                offers=offers(studio.office.script(), catalogue),
                address=opened.address,
                edit=lambda kind, entry: edit_address(look, opened.file, kind, entry),
            ),
            status,
        )


def _asked(told: Mapping[str, str], named: str = "kind") -> tuple[Thing | None, str]:
    """What is to be edited, and in which file; raise HTTPNotFound where the content has no such place."""
    file = told.get("file", "")
    if not is_content_name(file) or not file.endswith(".yaml"):
        raise web.HTTPNotFound
    kind = next((one for one in Kind if one == told.get(named)), None)
    if kind is None:
        return None, file
    holds = kind_in(file)
    if holds is not kind and not (holds is Kind.FLOW and kind is Kind.SCREEN):
        raise web.HTTPNotFound
    return Thing(kind, told.get("id", "")[:120]), file


def _phone(look: Look, thing: Thing | None) -> str | None:
    """Where it is seen as people see it."""
    if thing is None or thing.kind not in _SEEN:
        return None
    return f"{look.path}/preview?{urlencode({'kind': thing.kind, 'id': thing.id})}"


def _between(file: str, theirs: bytes, mine: bytes) -> tuple[Shown, ...]:
    return tuple(Shown(one, pieces_of(one)) for one in differences({file: theirs}, {file: mine}))


def _is_of(one: Finding, thing: Thing) -> bool:
    return one.kind is thing.kind and one.id == thing.id


def _told(one: Finding) -> dict[str, str | int]:
    return {
        "line": one.line,
        "column": one.column,
        "words": one.words,
        "severity": one.severity.value,
        "field": one.field,
    }


def _number(told: str) -> int:
    number = whole_number(told, 7)
    return 1 if number is None else number


def _text(source: bytes) -> str:
    return source.decode(errors="replace")
