"""Everything that can be changed, in one list: by kind, and by what it says in any language."""

import asyncio
import re
from collections.abc import Mapping
from typing import Final
from urllib.parse import urlencode

from aiohttp import web

from bot.guard.rights import Right
from bot.studio.catalogue import Catalogue
from bot.studio.kinds import Kind
from bot.whole_number import whole_number
from handlers.web.console.access import Caller, Guarded, Route
from handlers.web.console.answers import field
from handlers.web.pages import page
from handlers.web.studio.studio import HOME, Look, Studio, Tab, go

MOST_ROWS: Final = 60
LISTED: Final = (
    *(Kind.TOPIC, Kind.FACT, Kind.HOTLINE, Kind.FLOW, Kind.SCREEN),
    *(Kind.PLACE, Kind.HELPLINE, Kind.PHRASE, Kind.CARD, Kind.DANGER),
)
ADDED: Final[Mapping[Kind, str]] = {
    Kind.TOPIC: "topics/",
    Kind.FACT: "facts/",
    Kind.HOTLINE: "hotlines/",
    Kind.FLOW: "flows/",
    Kind.HELPLINE: "helplines.yaml",
    Kind.CARD: "cards.yaml",
}
"""What can be begun anew, and where it stands: a file of this folder, or this file."""

NEW_ID: Final = re.compile(r"[a-z0-9][a-z0-9-]{0,49}")


class ContentPages:
    """The list of one state of the content."""

    def __init__(self, studio: Studio) -> None:
        self._studio = studio

    def routes(self) -> list[Route]:
        """Where each answers."""
        return [
            Guarded("GET", f"{HOME}/at/{{at}}/content", Right.SEE_STUDIO, self.show),
            Guarded("POST", f"{HOME}/at/{{at}}/content/add", Right.EDIT_CONTENT, self.add),
        ]

    async def show(self, request: web.Request, caller: Caller, _form: Mapping[str, str]) -> web.Response:
        studio, look = self._studio, await self._studio.look(request)
        query = request.query
        kind = next((one for one in LISTED if one == query.get("kind")), None)
        wanted = query.get("q", "").strip()[:200]
        start = whole_number(query.get("from", "")) or 0
        catalogue = await studio.catalogue(look)
        found = await asyncio.to_thread(_search, catalogue, wanted, kind) if wanted else ()
        entries = () if wanted else catalogue.entries if kind is None else catalogue.of(kind)
        more = {"kind": kind or "", "from": start + MOST_ROWS}
        return page(
            studio.pages.page(
                "content.html",
                studio.around(caller, Tab.CONTENT, request, look),
                kind=kind,
                kinds=LISTED,
                counts={one: len(catalogue.of(one)) for one in LISTED},
                wanted=wanted,
                found=found,
                entries=entries[start : start + MOST_ROWS],
                more=f"{look.path}/content?{urlencode(more)}" if len(entries) > start + MOST_ROWS else None,
                edit=lambda one: edit_address(look, one.file, one.kind, one.id),
                files=_files(look, kind),
                changes=await studio.open_changes() if look.change is None else (),
            )
        )

    async def add(self, request: web.Request, _caller: Caller, form: Mapping[str, str]) -> web.Response:
        studio, look = self._studio, await self._studio.look(request)
        kind = next((one for one in ADDED if one == field(form, "kind")), None)
        entry, file = field(form, "id").strip(), field(form, "file")
        back = f"{look.path}/content?{urlencode({'kind': kind or ''})}"
        if kind is None or not look.is_open or NEW_ID.fullmatch(entry) is None:
            return go(back, failed="id-needed")
        if kind is Kind.FLOW:
            file = f"flows/{entry}.yaml"
        elif file not in _files(look, kind):
            return go(back, failed="id-needed")
        if (await studio.catalogue(look)).entry(kind, entry) is not None:
            return go(back, failed="id-taken")
        return go(edit_address(look, file, kind, entry))


def edit_address(look: Look, file: str, kind: Kind | None = None, entry: str = "", *, text: bool = False) -> str:
    """Where a thing is edited; without a kind, the words of its file."""
    asked = {"file": file} | ({} if kind is None else {"kind": kind, "id": entry}) | ({"as": "text"} if text else {})
    return f"{look.path}/edit?{urlencode(asked)}"


def _search(catalogue: Catalogue, wanted: str, kind: Kind | None) -> tuple[object, ...]:
    return catalogue.search(wanted, LISTED if kind is None else (kind,), MOST_ROWS)


def _files(look: Look, kind: Kind | None) -> list[str]:
    """In which files a new thing of this kind may stand."""
    if kind is None or kind is Kind.FLOW or kind not in ADDED:
        return []
    place = ADDED[kind]
    return sorted(one for one in look.tree.files if one == place or (place.endswith("/") and one.startswith(place)))
