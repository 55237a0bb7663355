"""What all pages of the studio work with, and what stands around each of them."""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Final
from urllib.parse import urlencode

from aiohttp import web

from bot.guard.rights import Right, may
from bot.messages import Language
from handlers.web.console import views
from handlers.web.console.access import Caller
from handlers.web.console.answers import told_in
from handlers.web.console.office import Office
from handlers.web.studio.showing import StudioPages

HOME: Final = "/studio"
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
class Around:
    """What every page needs. `menu` are the pages that this member may open."""

    console: views.Around
    here: Tab | None
    menu: Mapping[Tab, str] = field(default_factory=dict)
    told: Told | None = None

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

    def around(self, caller: Caller, here: Tab | None, request: web.Request | None = None) -> Around:
        """What stands around a page of somebody who is signed in; with the request, what came of their last form."""
        menu = {tab: path for tab, (right, path) in _TABS.items() if may(caller.member, right)}
        told = None if request is None else _told_in(request)
        return Around(self.office.around(caller, views.Place.STUDIO), here, menu, told)


def go(path: str, *, done: str = "", failed: str = "") -> web.Response:
    """Go there, and be told there what came of it, by the name of a notice: it was done, or it was not."""
    told = {"done": done} if done else {"failed": failed} if failed else {}
    query = f"{'&' if '?' in path else '?'}{urlencode(told)}" if told else ""
    return web.Response(status=303, headers={"Location": path + query})


def _told_in(request: web.Request) -> Told | None:
    for name, is_good in (("done", True), ("failed", False)):
        told = request.query.get(name, "")
        if _TOLD.fullmatch(told):
            return Told(told, is_good)
    found = told_in(request)
    return None if found is None else Told(f"console-notice-{found.what}", is_good=found.what in views.GOOD_NOTICES)


_TABS: Final[Mapping[Tab, tuple[Right, str]]] = {
    Tab.OVERVIEW: (Right.SEE_STUDIO, HOME),
}
"""Each owner of a page adds its line."""
