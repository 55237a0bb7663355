"""Who is asking, and whether they may: every page of the console needs a right, or is open to say who one is.

A route without a rule cannot be made, and a test walks all of them with every role.
"""

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Final, TypeAlias
from urllib.parse import urlsplit

from aiohttp import web

from bot.desk.staff import Member
from bot.guard.known_browsers import KNOWN_FOR
from bot.guard.rights import Right
from bot.guard.sessions import Session
from handlers.web.access import cookie_name, is_https

SECURE_COOKIE: Final = "__Host-desk"
PLAIN_COOKIE: Final = "desk"
PENDING: Final = "-pending"
"""What stands behind the cookie's name while the second factor is owed."""

KNOWN: Final = "-known"
"""What stands behind the name of the mark of a browser in which somebody has signed in before."""


class Open(StrEnum):
    """Pages for people who have not said yet who they are."""

    ANYBODY = "anybody"


Rule: TypeAlias = Right | Open


@dataclass(frozen=True, slots=True)
class Caller:
    """Who is signed in, as far as this request goes."""

    member: Member
    session: Session


Answer: TypeAlias = Callable[[web.Request, Caller, Mapping[str, str]], Awaitable[web.StreamResponse]]
"""Answers a request of somebody who may; the fields of the form are empty for GET."""

OpenAnswer: TypeAlias = Callable[[web.Request, Mapping[str, str]], Awaitable[web.StreamResponse]]


@dataclass(frozen=True, slots=True)
class Guarded:
    """One route for who is signed in and has this right."""

    method: str
    path: str
    right: Right
    answer: Answer
    largest: int | None = None
    """How many bytes a form may hold, where it brings more than words; else as many as any request."""
    comes_back: bool = False
    """Whether a form that the store could not take is handed back, to be sent once more; it takes effect once."""


@dataclass(frozen=True, slots=True)
class Unguarded:
    """One route for anybody."""

    method: str
    path: str
    answer: OpenAnswer
    rule: Open = Open.ANYBODY


Route: TypeAlias = Guarded | Unguarded


def read_cookie(request: web.Request, public_url: str | None, suffix: str = "") -> str:
    """The cookie of a session, empty where there is none."""
    return request.cookies.get(_name(request, public_url) + suffix, "")


def give_cookie(
    response: web.StreamResponse, request: web.Request, public_url: str | None, value: str, suffix: str = ""
) -> None:
    """Let the browser come back in this session. A link in a message must lead in, so it is not `Strict`."""
    name = _name(request, public_url)
    age = int(KNOWN_FOR.total_seconds()) if suffix == KNOWN else None
    response.set_cookie(
        name + suffix, value, path="/", secure=name == SECURE_COOKIE, httponly=True, samesite="Lax", max_age=age
    )


def take_cookies(response: web.StreamResponse) -> None:
    """Let the browser forget who is signed in; that somebody was before it keeps."""
    for suffix in ("", PENDING):
        response.del_cookie(SECURE_COOKIE + suffix, path="/", secure=True, httponly=True, samesite="Lax")
        response.del_cookie(PLAIN_COOKIE + suffix, path="/", httponly=True, samesite="Lax")


def origin_of(request: web.Request, public_url: str | None) -> str:
    """How this page is reached: what a passkey is bound to."""
    if public_url is not None:
        parts = urlsplit(public_url)
        return f"{parts.scheme}://{parts.netloc}"
    return f"{'https' if is_https(request, public_url) else 'http'}://{request.host}"


def _name(request: web.Request, public_url: str | None) -> str:
    return cookie_name(request, public_url, SECURE_COOKIE, PLAIN_COOKIE)
