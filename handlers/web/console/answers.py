"""Small things that all answers of the console have in common."""

from collections.abc import Mapping
from datetime import timedelta
from typing import Final
from urllib.parse import urlencode

from aiohttp import web

from bot.desk.decided import Refusal
from bot.whole_number import whole_number
from handlers.web.console.views import Notice, Told

LONGEST: Final = 10_000
_LONGEST_WAIT: Final = 3600


def redirect(path: str, told: Notice | Refusal | None = None) -> web.Response:
    """Go there, and be told there what came of it."""
    query = "" if told is None else f"{'&' if '?' in path else '?'}{urlencode({'told': told})}"
    return web.Response(status=303, headers={"Location": path + query})


def told_in(request: web.Request) -> Told | None:
    """What is to be told on this page, where the address says so in one of our own words."""
    told = request.query.get("told", "")
    notice = next((one for one in Notice if one == told), None)
    refusal = next((one for one in Refusal if one == told), None)
    what = notice or refusal
    wait = request.query.get("wait", "")
    seconds = whole_number(wait) or 0
    if what is None:
        return None
    return Told(what, timedelta(seconds=min(seconds, _LONGEST_WAIT)) if seconds else None)


def field(form: Mapping[str, str], name: str) -> str:
    """A field of a form, empty where it is missing."""
    return form.get(name, "")[:LONGEST]
