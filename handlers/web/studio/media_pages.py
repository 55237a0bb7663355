"""Pictures, and texts that somebody reads aloud: looked at, taken in, and taken out of a change."""

import asyncio
import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final
from urllib.parse import urlencode

from aiohttp import web

from bot.compiler.assembling import Assembled
from bot.compiler.draft import ENGLISH
from bot.compiler.leaves import Plain
from bot.compiler.round_trip import Document, EditError
from bot.compiler.translations import hash_of
from bot.dialogue.phrasebook import Phrase, TextId
from bot.guard.audit import Deed
from bot.guard.rights import Right
from bot.media import ALL_LANGUAGES, MediaKind
from bot.messages import Language
from bot.studio.changes import Edit, EditAll, Refusal
from bot.studio.kinds import Kind
from bot.studio.stock import StockError
from bot.studio.tree import BlobId, Tree, is_content_name
from bot.studio.uploads import LARGEST_UPLOAD, Fit, Unfit, read_picture, read_sound
from handlers.web.console.access import Caller, Guarded, Route
from handlers.web.headers import MICROPHONE_HERE
from handlers.web.pages import page
from handlers.web.studio.content_pages import NEW_ID
from handlers.web.studio.studio import HOME, Look, Studio, Tab, go

_LARGEST: Final = LARGEST_UPLOAD + 64 * 1024
_FOLDER: Final = "media/"
_NEW_LIST: Final = "recordings:\n"
_HASH: Final = re.compile("[0-9a-f]{64}")


@dataclass(frozen=True, slots=True)
class Shown:
    """A picture, or what reads a text aloud."""

    file: str
    name: str
    language: str
    kind: MediaKind


@dataclass(frozen=True, slots=True)
class Recorded:
    """A text that is read aloud; `file` is None where the list names one that is not there."""

    text: str
    language: Language
    file: str
    by: str
    is_fresh: bool


@dataclass(frozen=True, slots=True)
class Spoken:
    """A text that could be read aloud, in one language."""

    text: str
    language: Language
    words: str
    phrase: Phrase

    @property
    def is_fixed(self) -> bool:
        """Whether it always says the same; else a recording would say something else."""
        return all(isinstance(part, str) for part in self.phrase)


class MediaPages:
    """The media of one state of the content."""

    def __init__(self, studio: Studio) -> None:
        self._studio = studio

    def routes(self) -> list[Route]:
        """Where each answers."""
        at, see, edit = f"{HOME}/at/{{at}}", Right.SEE_STUDIO, Right.EDIT_CONTENT
        return [
            Guarded("GET", f"{at}/media", see, self.show),
            Guarded("GET", f"{at}/media/file", see, self.send),
            Guarded("GET", f"{HOME}/media/{{blob}}/{{name}}", see, self.send_bytes),
            Guarded("POST", f"{at}/media/picture", edit, self.take_picture, _LARGEST),
            Guarded("POST", f"{at}/media/remove", edit, self.remove),
            Guarded("GET", f"{at}/record", see, self.show_text),
            Guarded("POST", f"{at}/record", edit, self.take_recording, _LARGEST),
        ]

    async def show(self, request: web.Request, caller: Caller, _form: Mapping[str, str]) -> web.Response:
        return await self._page(request, caller, await self._studio.look(request))

    async def send(self, request: web.Request, _caller: Caller, _form: Mapping[str, str]) -> web.Response:
        """A file of a draft; only what was looked through when it came, and only as what it is."""
        look, name = await self._studio.look(request), request.query.get("name", "")
        kind = _kind_of(name)
        if kind is None or name not in look.tree.files:
            raise web.HTTPNotFound
        content = await self._studio.archive.read(look.tree, name)
        return web.Response(
            body=content, content_type=kind.content_type, headers={"Cache-Control": "private, no-cache"}
        )

    async def send_bytes(self, request: web.Request, _caller: Caller, _form: Mapping[str, str]) -> web.Response:
        """A picture or a sound that stands somewhere or stood there, for whoever reviews its change."""
        blob, name = request.match_info["blob"], request.match_info["name"]
        kind = _kind_of(f"{_FOLDER}{name}")
        if kind is None or _HASH.fullmatch(blob) is None:
            raise web.HTTPNotFound
        try:
            content = await self._studio.archive.blob(BlobId(blob))
        except StockError:
            raise web.HTTPNotFound from None
        return web.Response(
            body=content, content_type=kind.content_type, headers={"Cache-Control": "private, max-age=3600"}
        )

    async def take_picture(self, request: web.Request, caller: Caller, form: Mapping[str, str]) -> web.Response:
        look = await self._studio.look(request)
        name, language = form.get("name", "").strip(), form.get("language", "")
        if not look.is_open:
            return go(f"{look.path}/media", failed="begin-first")
        if NEW_ID.fullmatch(name) is None or language not in {ALL_LANGUAGES, *self._languages()}:
            return go(f"{look.path}/media", failed="id-needed")
        made = await asyncio.to_thread(read_picture, await _uploaded(request))
        if isinstance(made, Unfit):
            return await self._page(request, caller, look, made)
        stem = f"{_FOLDER}{language}/{name}" if language else f"{_FOLDER}{name}"
        edits = [await self._put(look, f"{stem}.{made.kind}", made.content)]
        # One name, one picture: the one that was there in the other form goes.
        edits += [
            Edit(other, None, look.tree.files[other])
            for other in (f"{stem}.{ending}" for ending in ("png", "jpg", "jpeg") if ending != made.kind)
            if other in look.tree.files
        ]
        return await self._write(caller, look, edits, f"{look.path}/media", "taken-in")

    async def remove(self, request: web.Request, caller: Caller, form: Mapping[str, str]) -> web.Response:
        look, name = await self._studio.look(request), form.get("file", "")
        if not look.is_open:
            return go(f"{look.path}/media", failed="begin-first")
        if _kind_of(name) is None or name not in look.tree.files:
            raise web.HTTPNotFound
        edits = [Edit(name, None, look.tree.files[name])]
        listing = f"{name.rpartition('/')[0]}/recordings.yaml"
        text = form.get("text", "")
        if text and listing in look.tree.files:
            try:
                document = Document(await self._studio.archive.read(look.tree, listing))
                if document.at(("recordings", text)) is not None:
                    edits.append(await self._put(look, listing, document.remove(("recordings", text)).source))
            except EditError:
                return go(f"{look.path}/media", failed="not-written")
        return await self._write(caller, look, edits, f"{look.path}/media", "taken-out")

    # A text that is read aloud

    async def show_text(self, request: web.Request, caller: Caller, _form: Mapping[str, str]) -> web.Response:
        look = await self._studio.look(request)
        query = request.query
        spoken = await self._spoken(look, query.get("text", "").strip(), query.get("language", ""))
        if spoken is None:
            return go(f"{look.path}/media", failed="no-such-text")
        return await self._recorder(request, caller, look, spoken)

    async def take_recording(self, request: web.Request, caller: Caller, form: Mapping[str, str]) -> web.Response:
        look = await self._studio.look(request)
        spoken = await self._spoken(look, form.get("text", ""), form.get("language", ""))
        if spoken is None:
            raise web.HTTPNotFound
        path = f"{look.path}/record?{urlencode({'text': spoken.text, 'language': spoken.language})}"
        if not look.is_open:
            return go(path, failed="begin-first")
        if not spoken.is_fixed:
            return go(path, failed="has-slots")
        made = await asyncio.to_thread(read_sound, await _uploaded(request))
        if isinstance(made, Unfit):
            return await self._recorder(request, caller, look, spoken, made)
        try:
            edits = await self._recording(look, spoken, made, self._studio.name_of(caller.member.id))
        except EditError:
            return go(path, failed="not-written")
        return await self._write(caller, look, edits, path, "taken-in")

    async def _recording(self, look: Look, spoken: Spoken, made: Fit, by: str) -> list[Edit]:
        folder = f"{_FOLDER}{spoken.language}"
        file = f"{spoken.text.lower()}.{made.kind}"
        listing = f"{folder}/recordings.yaml"
        entry: dict[str, Plain] = {"file": file, "from": hash_of(spoken.words), "by": by}
        if listing in look.tree.files:
            document = Document(await self._studio.archive.read(look.tree, listing))
            source = document.put(("recordings", spoken.text), entry).source
        else:
            lines = [f"  {spoken.text}:", *(f'    {name}: "{value}"' for name, value in entry.items())]
            source = (_NEW_LIST + "\n".join(lines) + "\n").encode()
            Document(source)
        return [await self._put(look, f"{folder}/{file}", made.content), await self._put(look, listing, source)]

    async def _spoken(self, look: Look, text: str, language: str) -> Spoken | None:
        assembled = await self._studio.assembled(look)
        if assembled is None or language not in self._languages():
            return None
        return _text_of(assembled, TextId(text), Language(language))

    # How it is read and written

    def _languages(self) -> tuple[Language, ...]:
        return tuple(self._studio.office.script().tongues)

    async def _put(self, look: Look, name: str, content: bytes) -> Edit:
        return Edit(name, await self._studio.archive.put(content), look.tree.files.get(name))

    async def _write(self, caller: Caller, look: Look, edits: list[Edit], path: str, done: str) -> web.Response:
        if look.change is None:
            raise AssertionError("only a change is written to")
        note = self._studio.noting(caller, Deed.CONTENT_EDITED, f"{look.change.id} {edits[0].name}")
        made = await self._studio.archive.act(look.change.id, caller.member.id, EditAll(tuple(edits)), note)
        if isinstance(made, Refusal):
            return go(path, failed=f"refused-{made}")
        return go(path, done=done)

    async def _page(self, request: web.Request, caller: Caller, look: Look, unfit: Unfit | None = None) -> web.Response:
        studio = self._studio
        catalogue = await studio.catalogue(look)
        return page(
            studio.pages.page(
                "media.html",
                studio.around(caller, Tab.MEDIA, request, look),
                pictures=_pictures(look),
                recorded=await self._all_recorded(look),
                languages=self._languages(),
                texts=[f"{one.id}.say" for one in catalogue.of(Kind.SCREEN)],
                unfit=unfit,
                changes=await studio.open_changes() if look.change is None else (),
                address=lambda name: f"{look.path}/media/file?{urlencode({'name': name})}",
            ),
            200 if unfit is None else 422,
        )

    async def _recorder(
        self, request: web.Request, caller: Caller, look: Look, spoken: Spoken, unfit: Unfit | None = None
    ) -> web.Response:
        studio = self._studio
        assembled = await studio.assembled(look)
        recorded = [] if assembled is None else await self._recorded(look, assembled)
        mine = [one for one in recorded if (one.text, one.language) == (spoken.text, spoken.language)]
        answer = page(
            studio.pages.page(
                "record.html",
                studio.around(caller, Tab.MEDIA, request, look),
                spoken=spoken,
                recorded=mine[0] if mine else None,
                most=LARGEST_UPLOAD,
                unfit=unfit,
                changes=await studio.open_changes() if look.change is None else (),
                address=lambda name: f"{look.path}/media/file?{urlencode({'name': name})}",
            ),
            200 if unfit is None else 422,
        )
        answer.headers.update(MICROPHONE_HERE)
        return answer

    async def _all_recorded(self, look: Look) -> list[Recorded]:
        if not any(name.startswith(_FOLDER) and name.endswith("/recordings.yaml") for name in look.tree.files):
            return []
        assembled = await self._studio.assembled(look)
        return [] if assembled is None else await self._recorded(look, assembled)

    async def _recorded(self, look: Look, assembled: Assembled) -> list[Recorded]:
        found = []
        for language in self._languages():
            listing = f"{_FOLDER}{language}/recordings.yaml"
            if listing not in look.tree.files:
                continue
            try:
                told = Document(await self._studio.archive.read(look.tree, listing)).at(("recordings",))
            except EditError:
                continue
            for text, entry in told.items() if isinstance(told, dict) else ():
                if not isinstance(entry, dict):
                    continue
                spoken = _text_of(assembled, TextId(text), language)
                is_fresh = spoken is not None and hash_of(spoken.words) == entry.get("from")
                file = f"{_FOLDER}{language}/{entry.get('file')}"
                found.append(Recorded(text, language, file, str(entry.get("by") or ""), is_fresh))
        return found


def _text_of(assembled: Assembled, text: TextId, language: Language) -> Spoken | None:
    source = assembled.draft.texts.get(text)
    if source is None:
        return None
    if language == ENGLISH or source.everywhere:
        return Spoken(text, language, source.words, source.phrase)
    translated = assembled.translations.of(language).get(text)
    return None if translated is None else Spoken(text, language, translated.words, translated.worded.phrase)


def media_address(tree: Tree, name: str) -> str:
    """Where the file of a tree can be seen or heard; nowhere if it has none of this name."""
    return f"{HOME}/media/{tree.files[name]}/{name.rpartition('/')[2]}" if name in tree.files else ""


def _pictures(look: Look) -> list[Shown]:
    found = []
    for name in sorted(look.tree.files):
        kind = _kind_of(name)
        if kind is not None and kind.is_picture:
            folder, _, file = name.removeprefix(_FOLDER).rpartition("/")
            found.append(Shown(name, file.rpartition(".")[0], folder, kind))
    return found


def _kind_of(name: str) -> MediaKind | None:
    """What a file of the media is; nothing for every other name."""
    if not name.startswith(_FOLDER) or not is_content_name(name):
        return None
    ending = name.rpartition(".")[2].replace("jpeg", "jpg")
    return next((kind for kind in MediaKind if kind == ending), None)


async def _uploaded(request: web.Request) -> bytes:
    """The bytes of the file that came; none where no file did."""
    told = (await request.post()).get("file")
    return told.file.read(LARGEST_UPLOAD + 1) if isinstance(told, web.FileField) else b""
