"""Who is asking: a random token in a cookie, and proof that a form was sent by one of our own pages.

The token is stored nowhere on our side: the conversation's id is a keyed hash of it. Over https, and on this machine
itself, the cookie is called `__Host-waymark`: browsers then accept it only as Secure and from this very host, and no
neighbouring site can plant one. Over plain http from elsewhere (a phone in the same Wi-Fi while trying things out)
browsers refuse such cookies, so it is called `waymark` there and goes without; likewise for Safari, which refuses them
on this machine too. It has no age: it ends with the browser, because phones are shared.
"""

import re
import secrets
from dataclasses import dataclass
from typing import Final
from urllib.parse import urlsplit

from aiohttp import web

from bot.messages import ConversationId
from bot.store.sealing import Vault

DOOR: Final = "web"
SECURE_COOKIE: Final = "__Host-waymark"
PLAIN_COOKIE: Final = "waymark"
_TOKEN_BYTES: Final = 32
_TOKEN: Final = re.compile(r"[A-Za-z0-9_-]{43}")
_THIS_MACHINE: Final = frozenset({"localhost", "127.0.0.1", "::1"})


@dataclass(frozen=True, slots=True)
class Visitor:
    """One browser, and the conversation it leads to."""

    token: str
    conversation: ConversationId


def read_visitor(request: web.Request, vault: Vault, public_url: str | None) -> Visitor | None:
    """The visitor whose cookie came along, if it could be one of ours."""
    token = request.cookies.get(cookie_name(request, public_url, SECURE_COOKIE, PLAIN_COOKIE), "")
    return _visitor(token, vault) if _TOKEN.fullmatch(token) else None


def new_visitor(vault: Vault) -> Visitor:
    """A visitor nobody has been before."""
    return _visitor(secrets.token_urlsafe(_TOKEN_BYTES), vault)


def give_cookie(response: web.StreamResponse, request: web.Request, visitor: Visitor, public_url: str | None) -> None:
    """Let the browser come back as this visitor."""
    name = cookie_name(request, public_url, SECURE_COOKIE, PLAIN_COOKIE)
    response.set_cookie(name, visitor.token, path="/", secure=name == SECURE_COOKIE, httponly=True, samesite="Strict")


def take_cookie(response: web.StreamResponse) -> None:
    """Let the browser forget who it was."""
    response.del_cookie(SECURE_COOKIE, path="/", secure=True, httponly=True, samesite="Strict")
    response.del_cookie(PLAIN_COOKIE, path="/", httponly=True, samesite="Strict")


def cookie_name(request: web.Request, public_url: str | None, secure: str, plain: str) -> str:
    """`secure` where this browser, the way it reaches us, keeps a cookie that is Secure and of this very host."""
    keeps = is_https(request, public_url) or (_is_this_machine(request) and not _is_safari(request))
    return secure if keeps else plain


def is_https(request: web.BaseRequest, public_url: str | None) -> bool:
    """Whether the person reaches us over https, also where a proxy in front of us ends it.

    A lie here harms only who tells it: their own browser drops a Secure cookie that comes over http.
    """
    public = urlsplit(public_url or "")
    through_proxy = request.headers.get("X-Forwarded-Proto", "").lower() == "https"
    return request.secure or through_proxy or (public.scheme == "https" and public.netloc == request.host)


def is_from_our_page(request: web.Request, public_url: str | None) -> bool:
    """Whether the browser says that one of our own pages sent this.

    Old browsers do not say where a form comes from except in the referrer; one that says nothing at all is refused.
    """
    site = request.headers.get("Sec-Fetch-Site")
    if site is not None:
        return site in ("same-origin", "none")
    claimed = request.headers.get("Origin") or request.headers.get("Referer") or ""
    schemes = ("https",) if is_https(request, public_url) else ("http", "https")
    ours = {f"{scheme}://{request.host}" for scheme in schemes}
    return _origin(claimed) in ours | ({_origin(public_url)} if public_url else set())


def _visitor(token: str, vault: Vault) -> Visitor:
    return Visitor(token, vault.conversation_id(DOOR, token))


def _is_this_machine(request: web.Request) -> bool:
    try:
        return urlsplit(f"//{request.host}").hostname in _THIS_MACHINE
    except ValueError:
        return False


def _is_safari(request: web.Request) -> bool:
    agent = request.headers.get("User-Agent", "")
    return "Safari/" in agent and "Chrom" not in agent


def _origin(address: str) -> str:
    try:
        parts = urlsplit(address)
    except ValueError:
        return ""
    return f"{parts.scheme}://{parts.netloc}"
