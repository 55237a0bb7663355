"""The way in and out: name and password, code, passkey, invitation, Telegram; and one's own account."""

import base64
import binascii
from collections.abc import Mapping
from dataclasses import replace
from datetime import timedelta
from typing import Final

from aiohttp import web

from bot.desk.staff import Roster
from bot.dialogue.script import Script
from bot.guard.one_time_codes import address_for_app, new_secret
from bot.guard.passkeys import NAME
from bot.guard.rights import Right
from bot.guard.sessions import Session
from bot.guard.sign_in import Denial, Denied
from bot.guard.telegram_login import read_init_data
from bot.messages import Language
from handlers.web.console import views
from handlers.web.console.access import (
    KNOWN,
    PENDING,
    Caller,
    Guarded,
    Route,
    Unguarded,
    give_cookie,
    origin_of,
    read_cookie,
    take_cookies,
)
from handlers.web.console.answers import field, redirect, told_in
from handlers.web.console.office import FALLBACK_ZONE, Office
from handlers.web.pages import page
from handlers.web.wordings import SOURCE, language_asked_for

_NOTICES: Final = {
    Denial.WRONG: views.Notice.WRONG_SIGN_IN,
    Denial.WAIT: views.Notice.TOO_MANY,
    Denial.CODE_WRONG: views.Notice.WRONG_CODE,
    Denial.INVITATION_WRONG: views.Notice.INVITATION_WRONG,
    Denial.INVITATION_EXPIRED: views.Notice.INVITATION_OLD,
    Denial.WEAK: views.Notice.TOO_SHORT,
    Denial.PASSKEY_WRONG: views.Notice.PASSKEY_FAILED,
    Denial.TOO_MANY: views.Notice.TOO_MANY,
    Denial.OVER: views.Notice.SESSION_OVER,
}
_LONGEST_NAME: Final = 60


class SignInPages:
    """Everything before the desk, and the account."""

    def __init__(self, office: Office) -> None:
        self._office = office

    def routes(self) -> list[Route]:
        """Where each answers."""
        own = Right.OWN_ACCOUNT
        return [
            Unguarded("GET", "/desk/sign-in", self.show),
            Unguarded("POST", "/desk/sign-in", self.enter),
            Unguarded("GET", "/desk/code", self.show_code),
            Unguarded("POST", "/desk/code", self.enter_code),
            Unguarded("POST", "/desk/passkey/options", self.ask_passkey),
            Unguarded("POST", "/desk/passkey", self.enter_passkey),
            Unguarded("GET", "/desk/join", self.show_join),
            Unguarded("POST", "/desk/join", self.join),
            Guarded("GET", "/desk/unlock", own, self.show_unlock),
            Guarded("POST", "/desk/unlock", own, self.unlock),
            Guarded("POST", "/desk/sign-out", own, self.sign_out),
            Guarded("GET", "/desk/account", own, self.show_account),
            Guarded("POST", "/desk/account/language", own, self.change_language),
            Guarded("POST", "/desk/account/password", own, self.change_password),
            Guarded("POST", "/desk/account/everywhere", own, self.sign_out_everywhere),
            Guarded("POST", "/desk/account/passkey/options", own, self.ask_new_passkey),
            Guarded("POST", "/desk/account/passkey", own, self.add_passkey),
            Guarded("POST", "/desk/account/passkey/remove", own, self.remove_passkey),
        ]

    # The way in

    async def show(self, request: web.Request, _form: Mapping[str, str]) -> web.Response:
        return self._sign_in(request, told_in(request))

    async def enter(self, request: web.Request, form: Mapping[str, str]) -> web.Response:
        name, password, telegram = field(form, "name"), field(form, "password"), field(form, "telegram")
        if telegram and self._office.telegram_token is not None:
            who = read_init_data(telegram, self._office.telegram_token, self._office.clock.now())
            found = await self._office.sign_in.from_telegram(who or "", password, self._mark(request))
            if isinstance(found, Denied):
                return self._sign_in(request, _told(found), name)
            return await self._begin(request, found)
        found = await self._office.sign_in.with_password(name, password, self._mark(request))
        if isinstance(found, Denied):
            return self._sign_in(request, _told(found), name)
        response = redirect("/desk/code")
        give_cookie(response, request, self._office.public_url, found.cookie, PENDING)
        return response

    async def show_code(self, request: web.Request, _form: Mapping[str, str]) -> web.Response:
        return self._code(request, None)

    async def enter_code(self, request: web.Request, form: Mapping[str, str]) -> web.Response:
        pending = read_cookie(request, self._office.public_url, PENDING)
        found = await self._office.sign_in.with_code(pending, field(form, "code"), self._mark(request))
        if isinstance(found, Denied):
            if found.why is Denial.OVER:
                return self._sign_in(request, _told(found))
            return self._code(request, _told(found))
        return await self._begin(request, found)

    async def ask_passkey(self, request: web.Request, _form: Mapping[str, str]) -> web.Response:
        asked = self._office.sign_in.passkeys.ask_who(origin_of(request, self._office.public_url))
        return web.Response(text=asked, content_type="application/json")

    async def enter_passkey(self, request: web.Request, form: Mapping[str, str]) -> web.Response:
        found = await self._office.sign_in.with_passkey(
            field(form, "answer"),
            origin_of(request, self._office.public_url),
            _secret(field(form, "prf")),
        )
        if isinstance(found, Denied):
            return self._sign_in(request, _told(found))
        return await self._begin(request, found)

    async def show_join(self, request: web.Request, _form: Mapping[str, str]) -> web.Response:
        return await self._join(request, request.query.get("code", ""), "", None)

    async def join(self, request: web.Request, form: Mapping[str, str]) -> web.Response:
        code, secret, password = field(form, "code"), field(form, "secret"), field(form, "password")
        if not secret:
            return await self._join(request, code, "", None)
        if password != field(form, "again"):
            return await self._join(request, code, secret, views.Told(views.Notice.NOT_THE_SAME))
        found = await self._office.sign_in.join(code, password, secret, field(form, "totp"))
        if isinstance(found, Denied):
            return await self._join(request, code, secret, _told(found))
        member = self._office.sign_in.member(found.member)
        if member is None:
            raise web.HTTPForbidden
        response = page(
            self._office.pages.page(
                views.PasskeyOfferView(
                    self._office.around(Caller(member, found), None),
                    "/desk/account/passkey/options",
                    "/desk/account/passkey",
                )
            )
        )
        self._let_in(response, request, found)
        return response

    async def show_unlock(self, request: web.Request, caller: Caller, _form: Mapping[str, str]) -> web.Response:
        return self._unlock(caller, told_in(request))

    async def unlock(self, _request: web.Request, caller: Caller, form: Mapping[str, str]) -> web.Response:
        found = await self._office.sign_in.unlock(caller.session, field(form, "password"))
        return self._unlock(caller, _told(found)) if isinstance(found, Denied) else redirect("/desk")

    # The way out

    async def sign_out(self, _request: web.Request, caller: Caller, _form: Mapping[str, str]) -> web.Response:
        await self._office.sign_in.sign_out(caller.session)
        return _left(views.Notice.SIGNED_OUT)

    async def sign_out_everywhere(
        self, _request: web.Request, caller: Caller, _form: Mapping[str, str]
    ) -> web.Response:
        await self._office.sign_in.sign_out(caller.session, everywhere=True)
        return _left(views.Notice.SIGNED_OUT)

    # The account

    async def show_account(self, request: web.Request, caller: Caller, _form: Mapping[str, str]) -> web.Response:
        return await self._account(caller, told_in(request))

    async def change_language(self, _request: web.Request, caller: Caller, form: Mapping[str, str]) -> web.Response:
        wanted = Language(field(form, "language"))
        if wanted in self._office.script().tongues:
            member = caller.member.id

            def change(roster: Roster) -> Roster:
                found = roster.members[member]
                return replace(roster, members={**roster.members, member: replace(found, language=wanted)})

            await self._office.roster.change(change)
        return redirect("/desk/account", views.Notice.CHANGED)

    async def change_password(self, request: web.Request, caller: Caller, form: Mapping[str, str]) -> web.Response:
        if field(form, "new") != field(form, "again"):
            return await self._account(caller, views.Told(views.Notice.NOT_THE_SAME))
        found = await self._office.sign_in.change_password(caller.session, field(form, "old"), field(form, "new"))
        if isinstance(found, Denied):
            is_wrong = found.why is Denial.WRONG
            return await self._account(caller, views.Told(views.Notice.WRONG_OLD) if is_wrong else _told(found))
        response = redirect("/desk/account", views.Notice.CHANGED)
        give_cookie(response, request, self._office.public_url, found.cookie)
        return response

    async def ask_new_passkey(self, request: web.Request, caller: Caller, _form: Mapping[str, str]) -> web.Response:
        credential = await self._office.sign_in.credentials.find(caller.member.id)
        known = () if credential is None else credential.passkeys
        origin = origin_of(request, self._office.public_url)
        asked = self._office.sign_in.passkeys.ask_for_new(caller.member, known, origin)
        return web.Response(text=asked, content_type="application/json")

    async def add_passkey(self, request: web.Request, caller: Caller, form: Mapping[str, str]) -> web.Response:
        name = field(form, "label").strip()[:_LONGEST_NAME] or "–"
        denied = await self._office.sign_in.add_passkey(
            caller.session,
            field(form, "answer"),
            origin_of(request, self._office.public_url),
            name,
            _secret(field(form, "prf")),
        )
        if denied is not None:
            return await self._account(caller, _told(denied))
        return redirect("/desk/account", views.Notice.DONE)

    async def remove_passkey(self, request: web.Request, caller: Caller, _form: Mapping[str, str]) -> web.Response:
        passkey = _secret(request.query.get("id", "")) or b""
        await self._office.sign_in.remove_passkey(caller.session, passkey)
        return redirect("/desk/account", views.Notice.REMOVED)

    # Pages

    def _around(self, request: web.Request, told: views.Told | None) -> views.Around:
        script = self._office.script()
        wanted = Language(request.query.get("lang", ""))
        language = wanted if wanted in script.tongues else _asked(request, script)
        return views.Around(language, self._office.clock.now(), FALLBACK_ZONE, told=told)

    def _sign_in(self, request: web.Request, told: views.Told | None, name: str = "") -> web.Response:
        languages = {one: f"/desk/sign-in?lang={one}" for one in self._office.script().tongues}
        view = views.SignInView(
            self._around(request, told),
            "/desk/sign-in",
            "/desk/passkey/options",
            "/desk/passkey",
            name[:_LONGEST_NAME],
            languages,
        )
        return page(self._office.pages.page(view), status=_status(told))

    def _code(self, request: web.Request, told: views.Told | None) -> web.Response:
        view = views.CodeView(self._around(request, told), "/desk/code", "/desk/sign-in")
        return page(self._office.pages.page(view), status=_status(told))

    async def _join(self, request: web.Request, code: str, secret: str, told: views.Told | None) -> web.Response:
        member = await self._office.sign_in.invited(code) if code else None
        around = self._around(request, told)
        if member is None or isinstance(member, Denied):
            if isinstance(member, Denied):
                around = replace(around, told=_told(member))
            view = views.JoinView(around, "/desk/join")
            return page(self._office.pages.page(view), status=_status(around.told))
        around = replace(around, language=self._office.language_of(member))
        secret = secret or new_secret()
        view = views.JoinView(
            around,
            "/desk/join",
            code,
            member.name,
            tuple(sorted(member.helplines)),
            address_for_app(secret, member.name, NAME),
            secret,
        )
        return page(self._office.pages.page(view), status=_status(told))

    def _unlock(self, caller: Caller, told: views.Told | None) -> web.Response:
        around = replace(self._office.around(caller, None, told), unlock=None)
        return page(self._office.pages.page(views.UnlockView(around, "/desk/unlock")), status=_status(told))

    async def _account(self, caller: Caller, told: views.Told | None) -> web.Response:
        credential = await self._office.sign_in.credentials.find(caller.member.id)
        passkeys = tuple(
            views.PasskeyRow(
                one.name,
                one.added,
                opens=one.sealed is not None,
                remove=f"/desk/account/passkey/remove?id={base64.urlsafe_b64encode(one.id).decode()}",
            )
            for one in (() if credential is None else credential.passkeys)
        )
        view = views.AccountView(
            self._office.around(caller, views.Place.ACCOUNT, told),
            tuple(sorted(caller.member.helplines)),
            tuple(self._office.script().tongues),
            "/desk/account/language",
            "/desk/account/password",
            "/desk/account/everywhere",
            passkeys,
            "/desk/account/passkey/options",
            "/desk/account/passkey",
        )
        return page(self._office.pages.page(view), status=_status(told))

    async def _begin(self, request: web.Request, session: Session) -> web.Response:
        response = redirect("/desk" if session.private is not None else "/desk/unlock")
        take_cookies(response)
        self._let_in(response, request, session)
        return response

    def _let_in(self, response: web.Response, request: web.Request, session: Session) -> None:
        give_cookie(response, request, self._office.public_url, session.cookie)
        mark = self._office.sign_in.browsers.mark(session.member, self._mark(request))
        give_cookie(response, request, self._office.public_url, mark, KNOWN)

    def _mark(self, request: web.Request) -> str:
        """The mark of a browser in which somebody has signed in before."""
        return read_cookie(request, self._office.public_url, KNOWN)


def _left(notice: views.Notice) -> web.Response:
    response = redirect("/desk/sign-in", notice)
    take_cookies(response)
    return response


def _told(denied: Denied) -> views.Told:
    wait = timedelta(seconds=denied.wait) if denied.wait else None
    return views.Told(_NOTICES[denied.why], wait)


def _status(told: views.Told | None) -> int:
    return 200 if told is None or told.what in views.GOOD_NOTICES else 422


def _asked(request: web.Request, script: Script) -> Language:
    return language_asked_for(request.headers.get("Accept-Language", ""), script) or SOURCE


def _secret(text: str) -> bytes | None:
    if not text:
        return None
    try:
        return base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))
    except (ValueError, binascii.Error):
        return None
