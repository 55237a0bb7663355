"""What a person sees when a page cannot be shown: a sentence, numbers to call, and a way to the start."""

from collections.abc import Awaitable, Callable
from datetime import datetime
from typing import Final

from aiohttp import web
from aiohttp.typedefs import Middleware

from bot import logbook
from bot.clock import Clock
from bot.dialogue.script import Script
from bot.figures import Figures
from bot.messages import Language
from handlers.web.pages import render
from handlers.web.wordings import SOURCE, language_asked_for, page_words, urgent_numbers

Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]
_WORDS: Final = ("page-title", "page-call", "went-wrong", "page-missing", "page-busy", "home")


class ErrorPages:
    """Turns every failure into a page; `stylesheet` is where that page finds its looks."""

    def __init__(self, script: Callable[[], Script], clock: Clock, figures: Figures, stylesheet: str) -> None:
        self._script = script
        self._clock = clock
        self._figures = figures
        self._stylesheet = stylesheet

    @property
    def middleware(self) -> Middleware:
        """To be put around every handler."""

        @web.middleware
        async def guard(request: web.Request, handler: Handler) -> web.StreamResponse:
            try:
                return await handler(request)
            except web.HTTPException as error:
                if error.status < web.HTTPBadRequest.status_code:
                    raise
                return self._page(request, error.status, error.headers.get("Allow"))
            except Exception as error:  # noqa: BLE001  # whatever it is, the person gets numbers and we get a line
                logbook.note_error("page_failed", error)
                self._figures.add("page_failed")
                return self._page(request, web.HTTPInternalServerError.status_code, None)

        return guard

    def refuse(self, request: web.BaseRequest, status: int) -> web.Response:
        """The page for a request that is no proper one."""
        return self._page(request, status, None)

    def _page(self, request: web.BaseRequest, status: int, allow: str | None) -> web.Response:
        script, now = self._script(), self._clock.now()
        language = language_asked_for(request.headers.get("Accept-Language", ""), script) or SOURCE
        response = web.Response(
            status=status,
            text=error_page(script, language, now, status, self._stylesheet),
            content_type="text/html",
        )
        if allow is not None:
            response.headers["Allow"] = allow
        return response


def error_page(script: Script, language: Language, now: datetime, status: int, stylesheet: str) -> str:
    """A short page in one language."""
    missing = status in (web.HTTPNotFound.status_code, web.HTTPMethodNotAllowed.status_code)
    busy = status == web.HTTPServiceUnavailable.status_code
    words = page_words(script, language, now, _WORDS)
    return render(
        "error.html",
        language=language,
        words=words,
        sentence=words["page-missing" if missing else "page-busy" if busy else "went-wrong"],
        urgent=urgent_numbers(script, language, now),
        stylesheet=stylesheet,
    )
