"""The first page: what waits for whoever opens it."""

from collections.abc import Mapping

from aiohttp import web

from bot.guard.rights import Right
from handlers.web.console.access import Caller, Guarded, Route
from handlers.web.pages import page
from handlers.web.studio.studio import HOME, Studio, Tab


class OverviewPages:
    """What is there to do."""

    def __init__(self, studio: Studio) -> None:
        self._studio = studio

    def routes(self) -> list[Route]:
        """Where each answers."""
        return [Guarded("GET", HOME, Right.SEE_STUDIO, self.show)]

    async def show(self, request: web.Request, caller: Caller, _form: Mapping[str, str]) -> web.Response:
        studio = self._studio
        return page(studio.pages.page("overview.html", studio.around(caller, Tab.OVERVIEW, request)))
