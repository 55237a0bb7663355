"""Translations: how far each language is, one text beside its English, and files for translators out and in."""

import asyncio
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import groupby
from types import ModuleType
from typing import Final
from urllib.parse import urlencode

from aiohttp import web
from aiohttp.web_request import FileField

from bot.compiler.assembling import Assembled
from bot.compiler.draft import ENGLISH
from bot.compiler.round_trip import EditError
from bot.compiler.translations import hash_of
from bot.dialogue.phrasebook import TextId
from bot.guard.audit import Deed
from bot.guard.rights import Right
from bot.messages import Language
from bot.studio.changes import Change, Edit, EditAll, Refusal
from bot.studio.coverage import Cell, coverage
from bot.studio.exchange import ExchangeError, po, spreadsheet, xliff
from bot.studio.exchange.errors import MOST_BYTES
from bot.studio.glossary import glossary_from, lacking, terms_in
from bot.studio.kinds import Kind
from bot.studio.memory import suggestions
from bot.studio.translating import Rendering, Reviewer, write
from bot.studio.units import Fate, Incoming, Judged, State, Unit, judge, units_of
from handlers.web.console.access import Caller, Guarded, Route
from handlers.web.console.answers import field
from handlers.web.pages import page
from handlers.web.studio.content_pages import edit_address
from handlers.web.studio.studio import Look, Studio, Tab, go

MOST_SHOWN: Final = 60
"""Texts on one page."""

_FORMS: Final[Mapping[str, ModuleType]] = {form.NAME: form for form in (spreadsheet, xliff, po)}
_TYPES: Final = {
    spreadsheet.NAME: "text/csv",
    xliff.NAME: "application/xliff+xml",
    po.NAME: "text/x-gettext-translation",
}
_LARGEST: Final = MOST_BYTES + 64 * 1024
_LARGEST_FORM: Final = 128 * 1024


@dataclass(frozen=True, slots=True)
class Progress:
    """How far a language is: its texts by state."""

    language: Language
    total: int
    states: Mapping[State, int]
    vital: int
    """Missing or out of date, and needed by people in danger."""


@dataclass(frozen=True, slots=True)
class _At:
    """What is looked at, read, and the language that the address names."""

    look: Look
    assembled: Assembled
    language: Language
    units: tuple[Unit, ...]

    @property
    def path(self) -> str:
        return f"{self.look.path}/translate/{self.language}"


@dataclass(frozen=True, slots=True)
class _Tried:
    """What somebody wanted to save and could not."""

    judged: Judged
    refusal: Refusal | None = None

    @property
    def is_overtaken(self) -> bool:
        """Whether nothing is wrong with it but that somebody else wrote meanwhile."""
        return self.judged.fate in (Fate.TAKEN, Fate.SAME) and self.refusal is None


class TranslatingPages:
    """All pages for translators."""

    def __init__(self, studio: Studio) -> None:
        self._studio = studio

    def routes(self) -> list[Route]:
        """Where each answers."""
        base = "/studio/at/{at}"
        see, edit = Right.SEE_STUDIO, Right.EDIT_CONTENT
        return [
            Guarded("GET", f"{base}/translate", see, self.show_languages),
            Guarded("GET", f"{base}/coverage/{{language}}", see, self.show_coverage),
            Guarded("GET", f"{base}/translate/{{language}}", see, self.show_texts),
            Guarded("GET", f"{base}/translate/{{language}}/text", see, self.show_text),
            Guarded("POST", f"{base}/translate/{{language}}/text", edit, self.save, _LARGEST_FORM, comes_back=True),
            Guarded("GET", f"{base}/translate/{{language}}/file", see, self.send_file),
            Guarded("POST", f"{base}/translate/{{language}}/file", edit, self.take_file, largest=_LARGEST),
        ]

    # How far it is

    async def show_languages(self, request: web.Request, caller: Caller, _form: Mapping[str, str]) -> web.Response:
        look, assembled = await self._at(request)
        rows = [_progress(assembled, language) for language in _languages(assembled)]
        return self._page("languages.html", request, caller, look, rows=rows)

    async def show_coverage(self, request: web.Request, caller: Caller, _form: Mapping[str, str]) -> web.Response:
        look, assembled = await self._at(request)
        language = self._language(request, assembled, with_english=True)
        cells = [cell for cell in await asyncio.to_thread(coverage, assembled) if cell.language == language]
        stages = [(stage, _rows(list(of_stage))) for stage, of_stage in groupby(cells, key=lambda cell: cell.stage)]
        places = list(dict.fromkeys(cell.here for cell in cells))
        return self._page(
            *("coverage.html", request, caller, look),
            language=language,
            languages=[ENGLISH, *_languages(assembled)],
            places=places,
            stages=stages,
            path_of=lambda stage, topic: edit_address(look, f"topics/{stage}.yaml", Kind.TOPIC, topic),
            title_of=lambda topic: assembled.draft.texts[TextId(f"topic.{topic}.title")].words,
        )

    # One text beside the other

    async def show_texts(self, request: web.Request, caller: Caller, _form: Mapping[str, str]) -> web.Response:
        at = await self._in_language(request)
        units = at.units
        wanted, words = request.query.get("state", ""), request.query.get("find", "").strip()
        found = [
            unit
            for unit in units
            if (not wanted or unit.state == wanted) and (not words or _holds(unit, words.casefold()))
        ]
        return self._page(
            *("texts.html", request, caller, at.look),
            language=at.language,
            counted=Counter(unit.state for unit in units),
            state=wanted,
            find=words,
            total=len(found),
            units=found[:MOST_SHOWN],
            forms=list(_FORMS),
            most=MOST_BYTES,
        )

    async def show_text(self, request: web.Request, caller: Caller, _form: Mapping[str, str]) -> web.Response:
        at = await self._in_language(request)
        return self._text(request, caller, at, request.query.get("id", ""))

    async def save(self, request: web.Request, caller: Caller, form: Mapping[str, str]) -> web.Response:
        at = await self._in_language(request)
        told = Incoming(
            field(form, "id"),
            form.get("words", "").replace("\r\n", "\n").strip(),
            1,
            hash=field(form, "from"),
            is_reviewed=form.get("reviewed", "") == "yes",
        )
        units = at.units
        unit = next((one for one in units if one.id == told.id), None)
        if unit is None:
            raise web.HTTPNotFound
        (judged,) = judge([told], units, at.language, at.assembled.draft.texts)
        is_overtaken = judged.fate is Fate.TAKEN and field(form, "was") != hash_of(unit.words)
        if judged.fate not in (Fate.TAKEN, Fate.SAME) or is_overtaken:
            # Somebody else wrote meanwhile, or the check is against it: what was typed stays in the field.
            return self._text(request, caller, at, unit.id, _Tried(judged))
        if judged.fate is Fate.TAKEN:
            written = await self._write([judged], caller, at)
            if isinstance(written, Refusal):
                return self._text(request, caller, at, unit.id, _Tried(judged, written))
            at = replace(at, look=self._studio.look_at(written))
        following = _after(units, unit)
        query = "" if following is None else f"/text?{urlencode({'id': following.id})}"
        return go(f"{at.path}{query}", done="saved")

    def _text(
        self, request: web.Request, caller: Caller, at: _At, text_id: str, tried: _Tried | None = None
    ) -> web.Response:
        units, language = at.units, at.language
        unit = next((one for one in units if one.id == text_id), None)
        if unit is None:
            raise web.HTTPNotFound
        glossary = glossary_from(at.assembled.documents.get("glossary"))
        words = unit.words if tried is None else tried.judged.incoming.words
        return self._page(
            *("text.html", request, caller, at.look),
            status=200 if tried is None else 409,
            language=language,
            unit=unit,
            was=hash_of(unit.words),
            words_now=words,
            tried=tried,
            following=_after(units, unit),
            suggestions=suggestions(unit.english, unit.id, units),
            terms=[(term, term.words.get(language, ())) for term in terms_in(unit.english, glossary)],
            lacking=lacking(unit.english, words, language, glossary) if words else (),
        )

    # Files for translators

    async def send_file(self, request: web.Request, _caller: Caller, _form: Mapping[str, str]) -> web.Response:
        at = await self._in_language(request)
        name, wanted = request.query.get("form", ""), request.query.get("state", "")
        form = _FORMS.get(name)
        if form is None:
            raise web.HTTPNotFound
        units = [unit for unit in at.units if not wanted or unit.state == wanted]
        state = wanted if wanted in set(State) else ""
        what = "-".join(filter(None, ("waymark", at.language, state, at.look.tree.hash[:8])))
        return web.Response(
            body=form.write(units, at.language),
            headers={
                "Content-Type": f"{_TYPES[name]}; charset=utf-8",
                "Content-Disposition": f"attachment; filename={what}.{name}",
            },
        )

    async def take_file(self, request: web.Request, caller: Caller, form: Mapping[str, str]) -> web.Response:
        at = await self._in_language(request)
        sent = (await request.post()).get("file")
        if not isinstance(sent, FileField):
            return go(at.path, failed="no-file")
        reader = _FORMS.get(sent.filename.rpartition(".")[2].casefold().replace("xliff", xliff.NAME))
        if reader is None:
            return go(at.path, failed="file-form")
        try:
            incoming = await asyncio.to_thread(reader.read, sent.file.read(MOST_BYTES + 1), at.language)
        except ExchangeError as error:
            return self._report(request, caller, at, fault=error)
        if not form.get("reviewed", ""):
            incoming = tuple(_as_draft(one) for one in incoming)
        judged = await asyncio.to_thread(judge, incoming, at.units, at.language, at.assembled.draft.texts)
        taken = [one for one in judged if one.fate is Fate.TAKEN]
        if not taken:
            return self._report(request, caller, at, judged)
        written = await self._write(taken, caller, at)
        if isinstance(written, Refusal):
            return go(at.path, failed=f"refused-{written}")
        return self._report(request, caller, replace(at, look=self._studio.look_at(written)), judged)

    def _report(
        self,
        request: web.Request,
        caller: Caller,
        at: _At,
        judged: Sequence[Judged] = (),
        *,
        fault: ExchangeError | None = None,
    ) -> web.Response:
        counted = Counter(one.fate for one in judged)
        against = [one for one in judged if one.fate not in (Fate.TAKEN, Fate.SAME, Fate.EMPTY)]
        return self._page(
            *("report.html", request, caller, at.look),
            status=200 if fault is None else 422,
            language=at.language,
            counted=[(fate, counted[fate]) for fate in Fate if counted[fate]],
            against=against[:MOST_SHOWN],
            more=max(0, len(against) - MOST_SHOWN),
            fault=fault,
        )

    # What all of them need

    async def _write(self, judged: Sequence[Judged], caller: Caller, at: _At) -> Change | Refusal:
        """Write what was taken into the change; where what is live is looked at, into a new one."""
        studio, member, tree = self._studio, caller.member, at.look.tree
        known = {unit.id: unit for unit in at.units}
        reviewer = Reviewer(member.name, studio.today())
        renderings = [
            Rendering(
                known[TextId(one.incoming.id)], one.incoming.words, reviewer if one.incoming.is_reviewed else None
            )
            for one in judged
        ]
        names = {rendering.unit.target for rendering in renderings} & tree.files.keys()
        try:
            files = write(renderings, at.language, {name: await studio.archive.read(tree, name) for name in names})
        except EditError:
            return Refusal.BAD_NAME
        change = at.look.change
        if change is None:
            words = studio.words_for(caller)
            title = words.say("change-translate", language=words.console.tongue(at.language))
            begun = await studio.archive.begin(title, member.id)
            if isinstance(begun, Refusal):
                return begun
            change = begun
        edits = [Edit(name, await studio.archive.put(content), tree.files.get(name)) for name, content in files.items()]
        note = studio.noting(caller, Deed.CONTENT_EDITED, change.id, f"{at.language}: {len(renderings)}")
        return await studio.archive.act(change.id, member.id, EditAll(tuple(edits)), note)

    async def _in_language(self, request: web.Request) -> _At:
        look, assembled = await self._at(request)
        language = self._language(request, assembled)
        return _At(look, assembled, language, units_of(assembled, language))

    async def _at(self, request: web.Request) -> tuple[Look, Assembled]:
        look = await self._studio.look(request)
        return look, await self._studio.readable(look)

    def _language(self, request: web.Request, assembled: Assembled, *, with_english: bool = False) -> Language:
        language = Language(request.match_info["language"])
        if language in _languages(assembled) or (with_english and language == ENGLISH):
            return language
        raise web.HTTPNotFound

    def _page(
        self, template: str, request: web.Request, caller: Caller, look: Look, *, status: int = 200, **view: object
    ) -> web.Response:
        studio = self._studio
        around = studio.around(caller, Tab.TRANSLATE, request, look)
        return page(studio.pages.page(template, around, look=look, **view), status)


def _languages(assembled: Assembled) -> list[Language]:
    bot = assembled.draft.bot
    return [] if bot is None else [language for language in bot.tongues if language != ENGLISH]


def _progress(assembled: Assembled, language: Language) -> Progress:
    units = units_of(assembled, language)
    behind = (State.MISSING, State.STALE)
    return Progress(
        language,
        len(units),
        Counter(unit.state for unit in units),
        sum(unit.vital and unit.state in behind for unit in units),
    )


def _rows(cells: Sequence[Cell]) -> list[tuple[str, list[Cell]]]:
    """The cells of one stage by origin, with one for each place."""
    return [(origin, list(of_origin)) for origin, of_origin in groupby(cells, key=lambda cell: cell.origin)]


def _holds(unit: Unit, words: str) -> bool:
    return words in unit.id or words in unit.english.casefold() or words in unit.words.casefold()


def _after(units: Sequence[Unit], unit: Unit) -> Unit | None:
    """The next text of the same state, for whoever goes on."""
    there = [one for one in units if one.state is unit.state]
    at = there.index(unit) + 1
    return there[at] if at < len(there) else None


def _as_draft(one: Incoming) -> Incoming:
    """A file says by itself that texts are reviewed; it counts only where the one who takes it in says so, too."""
    return Incoming(one.id, one.words, one.line, one.english, one.hash)
