"""A form of the chat page, read once at the door: whatever is not well formed counts as not there."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final
from urllib.parse import parse_qsl, urlencode

from bot.dialogue.events import Event, Opened, Pressed, Typed
from bot.dialogue.links import may_lead_to
from bot.dialogue.script import Script
from bot.dialogue.steps import FlowId
from bot.messages import Language
from bot.store.contract import OutgoingId
from handlers.web.chat.articles import article_id

MOST_CHARACTERS: Final = 4096
MOST_FIELDS: Final = 20
_NONCE: Final = re.compile(r"[A-Za-z0-9_-]{8,64}")
_OUTGOING_ID: Final = re.compile(r"[0-9a-f]{18}")


@dataclass(frozen=True, slots=True)
class Said:
    """What a person pressed or wrote.

    `nonce` is the form's own, `tapped` the article whose button it was, `seen` the last message that was on the screen.
    `opened` is what the form's page opened with, where that turn has only been shown so far.
    """

    event: Event | None
    press: str
    words: str
    nonce: str
    tapped: str | None
    seen: OutgoingId | None
    opened: Opened | None


def read_said(body: bytes, script: Script) -> Said | None:
    """The form in a body, or nothing where it is none."""
    try:
        form = dict(parse_qsl(body.decode("utf-8", "replace"), max_num_fields=MOST_FIELDS))
    except ValueError:
        return None
    press, words = form.get("press", ""), form.get("words", "").strip()[:MOST_CHARACTERS]
    nonce, seen = form.get("nonce", ""), form.get("seen", "")
    return Said(
        event=Pressed(press) if press else Typed(words) if words else None,
        press=press,
        words=words,
        nonce=nonce if _NONCE.fullmatch(nonce) else "",
        tapped=article_id(form.get("at")),
        seen=OutgoingId(bytes.fromhex(seen)) if _OUTGOING_ID.fullmatch(seen) else None,
        opened=read_opened(form, script) if "opening" in form else None,
    )


def read_opened(told: Mapping[str, str], script: Script) -> Opened:
    """What a link names, as far as there is such a thing."""
    language, flow = told.get("lang", ""), told.get("open", "")
    return Opened(
        Language(language) if language in script.tongues else None,
        flow if may_lead_to(script, FlowId(flow)) else None,
    )


def link_fields(opened: Opened) -> dict[str, str]:
    """The other way: what a link or a form says to open with this."""
    told = {"lang": opened.language, "open": opened.flow}
    return {name: value for name, value in told.items() if value is not None}


def link_to(opened: Opened) -> str:
    """The address of the page that opens with this."""
    fields = link_fields(opened)
    return f"/?{urlencode(fields)}" if fields else "/"
