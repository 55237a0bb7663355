"""What all pages of the studio work with, and what stands around each of them."""

import asyncio
import re
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from datetime import date
from enum import StrEnum
from pathlib import Path
from typing import Final
from urllib.parse import urlencode

from aiohttp import web

from bot.compiler.assembling import Assembled
from bot.desk.ticket import StaffId
from bot.guard.audit import Deed
from bot.guard.rights import Right, may
from bot.messages import Language
from bot.studio.archive import Archive
from bot.studio.calls import CallBook
from bot.studio.catalogue import Catalogue, Cataloguer
from bot.studio.changes import Change, ChangeId
from bot.studio.checking import Checked, Checker, CheckError, Examine, Finding
from bot.studio.drafts import Broken, Draft, Drafts
from bot.studio.traffic import TrafficBook
from bot.studio.tree import Tree
from handlers.web.console import views
from handlers.web.console.access import Caller
from handlers.web.console.answers import told_in
from handlers.web.console.office import Office
from handlers.web.studio.showing import StudioPages, StudioWords

HOME: Final = "/studio"
LIVE: Final = "live"
_ID: Final = re.compile(r"[A-Za-z0-9_-]{1,64}")
_TOLD: Final = re.compile(r"[a-z-]{1,40}")


class Tab(StrEnum):
    """The pages that the menu leads to; `studio-tab-<value>` are the words."""

    OVERVIEW = "overview"
    CONTENT = "content"
    CHANGES = "changes"
    TRANSLATE = "translate"
    MEDIA = "media"
    MAP = "map"
    KEEP = "keep"
    LEARN = "learn"
    VERSIONS = "versions"


@dataclass(frozen=True, slots=True)
class Told:
    """What came of the last form: `studio-notice-<name>`, or one of the console's."""

    name: str
    is_good: bool


@dataclass(frozen=True, slots=True)
class Look:
    """Which state of the content somebody looks at: what is live, or a change."""

    at: str
    """As it stands in the address."""
    tree: Tree
    change: Change | None = None

    @property
    def path(self) -> str:
        """Where the pages of this state begin."""
        return f"{HOME}/at/{self.at}"

    @property
    def is_open(self) -> bool:
        """Whether something can be written here."""
        return self.change is not None and not self.change.is_closed


@dataclass(frozen=True, slots=True)
class Around:
    """What every page needs. `menu` are the pages that this member may open."""

    console: views.Around
    here: Tab | None
    menu: Mapping[Tab, str] = field(default_factory=dict)
    told: Told | None = None
    look: Look | None = None
    rights: frozenset[Right] = frozenset()

    def may(self, right: str) -> bool:
        """Whether the member may do something, so that it is offered."""
        return right in self.rights

    @property
    def csrf(self) -> str:
        """The token of each form."""
        return self.console.csrf

    @property
    def language(self) -> Language:
        """In which the member reads."""
        return self.console.language


@dataclass(frozen=True, slots=True)
class Studio:
    """The parts of the bot that the studio uses."""

    office: Office
    pages: StudioPages
    archive: Archive
    checker: Checker
    examine: Examine
    cataloguer: Cataloguer
    calls: CallBook
    drafts: Drafts
    traffic: TrafficBook
    tables: Path | None = None
    """Where tables of questions lie by which the understanding is measured, if the project brings them."""

    def around(
        self, caller: Caller, here: Tab | None, request: web.Request | None = None, look: Look | None = None
    ) -> Around:
        """What stands around a page of somebody who is signed in; with the request, what came of their last form."""
        rights = frozenset(right for right in Right if may(caller.member, right))
        at = LIVE if look is None else look.at
        menu = {tab: path.replace("{at}", at) for tab, (right, path) in _TABS.items() if right in rights}
        told = None if request is None else _told_in(request)
        return Around(self.office.around(caller, views.Place.STUDIO), here, menu, told, look, rights)

    async def look(self, request: web.Request) -> Look:
        """What the address says is looked at; raise HTTPNotFound where there is no such change."""
        at = request.match_info["at"]
        if at == LIVE:
            return await self.present()
        return self.look_at(await self.change(at))

    async def present(self) -> Look:
        """What people are answered from now."""
        return Look(LIVE, await self.archive.present())

    def look_at(self, change: Change) -> Look:
        """A change as what is looked at."""
        return Look(change.id, change.tree, change)

    async def change(self, change_id: str) -> Change:
        """A change; raise HTTPNotFound where there is none of this id."""
        found = await self.archive.change(ChangeId(change_id)) if _ID.fullmatch(change_id) else None
        if found is None:
            raise web.HTTPNotFound
        return found

    async def open_changes(self) -> tuple[Change, ...]:
        """Those into which something may be written."""
        return tuple(one for one in await self.archive.changes() if not one.is_closed)

    async def catalogue(self, look: Look) -> Catalogue:
        """What stands where in what is looked at."""
        folder = await self.archive.checkout(look.tree)
        return await asyncio.to_thread(self.cataloguer.catalogue, look.tree, folder)

    async def assembled(self, look: Look) -> Assembled | None:
        """All that the files of it say, unchecked; None where one of them cannot be read."""
        return await self.checker.assembled(look.tree, await self.archive.checkout(look.tree))

    async def readable(self, look: Look) -> Assembled:
        """The same; where a file cannot be read, lead to the page that says which."""
        found = await self.assembled(look)
        if found is None:
            raise web.HTTPSeeOther(f"{look.path}/findings")
        return found

    async def draft(self, look: Look, *, hears: bool = False) -> Draft | Broken:
        """What is looked at, to be played and drawn; what is typed is understood only where it is wanted."""
        compiled = self.drafts.hearing if hears else self.drafts.draft
        return await compiled(look.tree, await self.archive.checkout(look.tree), self.today())

    async def check(self, look: Look) -> Checked | None:
        """Everything about what is looked at; None where it could not be checked."""
        folder = await self.archive.checkout(look.tree)
        try:
            return await self.examine(look.tree.hash, folder, self.today())
        except CheckError:
            return None

    async def check_file(self, look: Look, name: str, source: bytes) -> tuple[Finding, ...]:
        """What is wrong with a file as if it stood in what is looked at."""
        folder = await self.archive.checkout(look.tree)
        return await self.checker.look(look.tree, folder, name, source, self.today())

    def words_for(self, caller: Caller) -> StudioWords:
        """The studio's words in the language of somebody who is signed in."""
        return self.pages.words(self.office.around(caller, views.Place.STUDIO))

    def today(self) -> date:
        """The day."""
        return self.office.clock.now().date()

    def name_of(self, member: StaffId | None) -> str:
        """The working name of somebody, who may have left."""
        found = None if member is None else self.office.roster.current().members.get(member)
        return member or "" if found is None else found.name

    async def note(self, caller: Caller, deed: Deed, what: str, why: str = "") -> None:
        """Write down who did what."""
        await self.office.chronicle.note(self.office.clock.now(), caller.member.id, deed, what, why)

    def noting(self, caller: Caller, deed: Deed, what: str, why: str = "") -> Callable[[], Awaitable[None]]:
        """The same, for the archive to do as soon as nothing stands against the deed and before it is done."""

        async def note() -> None:
            await self.note(caller, deed, what, why)

        return note


def go(path: str, *, done: str = "", failed: str = "") -> web.Response:
    """Go there, and be told there what came of it, by the name of a notice: it was done, or it was not."""
    told = {"done": done} if done else {"failed": failed} if failed else {}
    address, mark, part = path.partition("#")
    query = f"{'&' if '?' in address else '?'}{urlencode(told)}" if told else ""
    return web.Response(status=303, headers={"Location": f"{address}{query}{mark}{part}"})


def _told_in(request: web.Request) -> Told | None:
    for name, is_good in (("done", True), ("failed", False)):
        told = request.query.get(name, "")
        if _TOLD.fullmatch(told):
            return Told(told, is_good)
    found = told_in(request)
    return None if found is None else Told(f"console-notice-{found.what}", is_good=found.what in views.GOOD_NOTICES)


_TABS: Final[Mapping[Tab, tuple[Right, str]]] = {
    Tab.OVERVIEW: (Right.SEE_STUDIO, HOME),
    Tab.CONTENT: (Right.SEE_STUDIO, f"{HOME}/at/{{at}}/content"),
    Tab.CHANGES: (Right.SEE_STUDIO, f"{HOME}/changes"),
    Tab.TRANSLATE: (Right.SEE_STUDIO, f"{HOME}/at/{{at}}/translate"),
    Tab.MEDIA: (Right.SEE_STUDIO, f"{HOME}/at/{{at}}/media"),
    Tab.MAP: (Right.SEE_STUDIO, f"{HOME}/at/{{at}}/map"),
    Tab.KEEP: (Right.SEE_STUDIO, f"{HOME}/keep"),
    Tab.LEARN: (Right.SEE_STUDIO, f"{HOME}/learn"),
    Tab.VERSIONS: (Right.SEE_STUDIO, f"{HOME}/versions"),
}
"""Each owner of a page adds its line."""
