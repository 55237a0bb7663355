"""The way to every page of the console: who is signed in, whether they may, and whether the form was ours.

The list of routes is the list of rules: a page that names no right cannot be put into it.
"""

import hmac
from collections.abc import Awaitable, Callable, Iterable, Mapping
from typing import Final

from aiohttp import web

from bot import logbook
from bot.guard.rights import may
from bot.store.contract import StoreError
from bot.studio.records import RecordError
from bot.studio.stock import StockError
from handlers.web.access import is_from_our_page
from handlers.web.console import views
from handlers.web.console.access import Caller, Guarded, Route, Unguarded, read_cookie
from handlers.web.console.answers import redirect
from handlers.web.console.desk_pages import DeskPages
from handlers.web.console.office import FALLBACK_ZONE, Office
from handlers.web.console.oversight import Oversight
from handlers.web.console.sign_in_pages import SignInPages
from handlers.web.pages import page
from handlers.web.wordings import SOURCE, language_asked_for

_SIGN_IN: Final = "/desk/sign-in"
_HANDLER = Callable[[web.Request], Awaitable[web.StreamResponse]]


class ConsoleDoor:
    """All of `/desk`; `more` are routes of other doors for the same people, let in by the same rules."""

    def __init__(self, office: Office, more: Iterable[Route] = ()) -> None:
        self._office = office
        self.rules: tuple[Route, ...] = (
            *SignInPages(office).routes(),
            *DeskPages(office).routes(),
            *Oversight(office).routes(),
            *more,
        )

    def routes(self) -> list[web.RouteDef]:
        """Where each handler answers."""
        return [web.route(rule.method, rule.path, self._handler(rule)) for rule in self.rules]

    def close(self) -> None:
        """Let go whoever listens."""
        self._office.board.close()

    def _handler(self, rule: Route) -> _HANDLER:
        async def answer(request: web.Request) -> web.StreamResponse:
            try:
                if isinstance(rule, Guarded):
                    return await self._guarded(rule, request)
                return await self._unguarded(rule, request)
            except (StockError, RecordError) as error:
                logbook.note_error("content_not_readable", error)
                return self._trouble(request, None, views.Trouble.BROKEN, 500)
            except StoreError as error:
                logbook.note_error("console_store_away", error)
                return await self._away(rule, request)

        return answer

    async def _unguarded(self, rule: Unguarded, request: web.Request) -> web.StreamResponse:
        if request.method != "POST":
            return await rule.answer(request, {})
        form = await self._form(request)
        return await rule.answer(request, form)

    async def _guarded(self, rule: Guarded, request: web.Request) -> web.StreamResponse:
        office = self._office
        cookie = read_cookie(request, office.public_url)
        session = await office.sign_in.sessions.find(cookie, office.clock.now()) if cookie else None
        member = None if session is None else office.sign_in.member(session.member)
        if session is None or member is None:
            if request.method == "GET" and "text/html" in request.headers.get("Accept", ""):
                return redirect(_SIGN_IN, views.Notice.SESSION_OVER if cookie else None)
            if rule.comes_back and "text/html" in request.headers.get("Accept", ""):
                again = views.Again(request.path, await self._form(request))
                return self._trouble(request, None, views.Trouble.SIGNED_OUT, 401, again)
            raise web.HTTPUnauthorized
        caller = Caller(member, session)
        if not may(member, rule.right):
            if rule.path == "/desk":
                # Who has no inbox begins where they have something.
                return redirect(next((path for path in office.around(caller, None).menu.values()), _SIGN_IN))
            return self._trouble(request, caller, views.Trouble.FORBIDDEN, 403)
        form: Mapping[str, str] = {}
        is_post = request.method == "POST"
        if is_post:
            if rule.largest is not None:
                request = request.clone(client_max_size=rule.largest)
            form = await self._form(request)
        try:
            if is_post and not _same(form.get("csrf", ""), session.csrf):
                if rule.comes_back and form.get("words"):
                    again = views.Again(request.path, {**form, "csrf": session.csrf})
                    return self._trouble(request, caller, views.Trouble.PAGE_OLD, 409, again)
                return redirect("/desk", views.Notice.PAGE_OLD)
            return await rule.answer(request, caller, form)
        except web.HTTPNotFound:
            return self._trouble(request, caller, views.Trouble.MISSING, 404)
        except web.HTTPForbidden:
            return self._trouble(request, caller, views.Trouble.FORBIDDEN, 403)
        finally:
            if is_post:
                await _let_go(request)

    async def _form(self, request: web.Request) -> Mapping[str, str]:
        """The fields of a form of ours; several values of one field with spaces between."""
        if not is_from_our_page(request, self._office.public_url):
            raise web.HTTPForbidden
        try:
            told = await request.post()
        except (LookupError, ValueError) as error:
            # In letters that nobody knows, or in no form at all: not sent by a page of ours.
            raise web.HTTPBadRequest from error
        form: dict[str, list[str]] = {}
        for name, value in told.items():
            if isinstance(value, str):
                form.setdefault(name, []).append(value)
        return {name: " ".join(values) for name, values in form.items()}

    async def _away(self, rule: Route, request: web.Request) -> web.Response:
        """Say that the store is away; who it is cannot be asked, so nothing is said but what they sent themselves."""
        if request.method != "POST":
            return self._trouble(request, None, views.Trouble.STORE_AWAY, 503, views.Again(request.path_qs))
        again = None
        if isinstance(rule, Guarded) and rule.comes_back:
            again = views.Again(request.path, await self._form(request))
        return self._trouble(request, None, views.Trouble.STORE_AWAY, 503, again, is_unsure=isinstance(rule, Guarded))

    def _trouble(
        self,
        request: web.Request,
        caller: Caller | None,
        trouble: views.Trouble,
        status: int,
        again: views.Again | None = None,
        *,
        is_unsure: bool = False,
    ) -> web.Response:
        office = self._office
        if caller is None:
            language = language_asked_for(request.headers.get("Accept-Language", ""), office.script()) or SOURCE
            around = views.Around(language, office.clock.now(), FALLBACK_ZONE)
        else:
            around = office.around(caller, None)
        view = views.ErrorView(around, trouble, again=again, is_unsure=is_unsure)
        return page(office.pages.page(view), status=status)


async def _let_go(request: web.Request) -> None:
    """Close the files that came with a form, whoever read them."""
    for one in (await request.post()).values():
        if isinstance(one, web.FileField):
            one.file.close()


def _same(told: str, wanted: str) -> bool:
    return hmac.compare_digest(told.encode(), wanted.encode())
