"""Every version that was ever live: who made it, who reviewed it, why, what it changed, and the way back to it."""

from collections.abc import Mapping
from typing import Final

from aiohttp import web

from bot.guard.audit import Deed
from bot.guard.rights import Right
from bot.studio.changes import Refusal
from bot.studio.tree import Tree
from bot.whole_number import whole_number
from handlers.web.console.access import Caller, Guarded, Route
from handlers.web.console.answers import field
from handlers.web.pages import page
from handlers.web.studio.change_pages import part_of, shown_differences
from handlers.web.studio.studio import HOME, Studio, Tab, go

VERSIONS: Final = f"{HOME}/versions"
MOST_ROWS: Final = 100


class VersionPages:
    """Versions, and one of them."""

    def __init__(self, studio: Studio) -> None:
        self._studio = studio

    def routes(self) -> list[Route]:
        """Where each answers."""
        one = f"{VERSIONS}/{{number}}"
        return [
            Guarded("GET", VERSIONS, Right.SEE_STUDIO, self.show_all),
            Guarded("GET", one, Right.SEE_STUDIO, self.show),
            Guarded("POST", f"{one}/roll-back", Right.ROLL_BACK, self.roll_back),
        ]

    async def show_all(self, request: web.Request, caller: Caller, _form: Mapping[str, str]) -> web.Response:
        studio, archive = self._studio, self._studio.archive
        start = _number(request.query.get("from") or "0")
        versions = await archive.versions()
        return page(
            studio.pages.page(
                "versions.html",
                studio.around(caller, Tab.VERSIONS, request),
                versions=versions[start : start + MOST_ROWS],
                older=start + MOST_ROWS if len(versions) > start + MOST_ROWS else None,
                live=await archive.live(),
                scheduled=await archive.scheduled(),
                name_of=studio.name_of,
            )
        )

    async def show(self, request: web.Request, caller: Caller, _form: Mapping[str, str]) -> web.Response:
        studio, archive = self._studio, self._studio.archive
        number = _number(request.match_info["number"])
        version = await archive.version(number)
        if version is None:
            raise web.HTTPNotFound
        parent = None if version.parent is None else await archive.version(version.parent)
        found = () if parent is None else await shown_differences(studio, parent.tree, version.tree)
        return page(
            studio.pages.page(
                "version.html",
                studio.around(caller, Tab.VERSIONS, request),
                version=version,
                live=await archive.live(),
                differences=part_of(found, request),
                back=await self._back(version.tree),
                name_of=studio.name_of,
            )
        )

    async def roll_back(self, request: web.Request, caller: Caller, form: Mapping[str, str]) -> web.Response:
        studio = self._studio
        number = _number(request.match_info["number"])
        why = field(form, "why")
        note = studio.noting(caller, Deed.CONTENT_ROLLED_BACK, f"{number}", why.strip())
        made = await studio.archive.roll_back(number, caller.member.id, why, note)
        if isinstance(made, Refusal):
            return go(f"{VERSIONS}/{number}", failed=f"refused-{made}")
        return go(VERSIONS, done="rolled-back")

    async def _back(self, tree: Tree) -> int:
        """How many files would change if this were live again."""
        return len((await self._studio.archive.present()).changed_in(tree))


def _number(told: str) -> int:
    number = whole_number(told, 8)
    if number is None:
        raise web.HTTPNotFound
    return number
