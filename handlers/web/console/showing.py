"""Puts the console's pages together: a view in, a page out. The browser gets it whole, or only what changes of it.

Everything that people wrote is escaped where it is put in, by the templates, and freed of what turns the direction of
writing by `seen`. No style and no program stands in a page: the policy in headers.py lets none run.
"""

import io
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from enum import StrEnum
from functools import cache
from pathlib import Path
from typing import Final, TypeAlias

import segno
from jinja2 import Environment, FileSystemLoader, StrictUndefined

from bot.desk.decided import Refusal
from bot.desk.phrases import Card
from bot.desk.staff_deciding import LONGEST, STAFF_REASONS
from bot.desk.ticket import CloseReason, ReferralState, Stage, Urgency
from bot.dialogue.desk_wording import DECLINE_REASONS, MOST_LABELS, seen
from bot.dialogue.script import Script
from bot.guard.locks import SHORTEST
from handlers.web.assets import Assets
from handlers.web.console import views
from handlers.web.console.wording import ConsoleWords, exact

HERE: Final = Path(__file__).parent
STATIC: Final = HERE / "static"
_TEMPLATES: Final = {
    views.SignInView: "sign-in.html",
    views.CodeView: "code.html",
    views.UnlockView: "unlock.html",
    views.JoinView: "join.html",
    views.PasskeyOfferView: "passkey.html",
    views.InboxView: "inbox.html",
    views.TicketView: "ticket.html",
    views.PhrasesView: "phrases.html",
    views.SupervisorView: "supervisor.html",
    views.StaffView: "staff.html",
    views.RemoveView: "remove.html",
    views.AuditView: "audit.html",
    views.AccountView: "account.html",
    views.ErrorView: "error.html",
}

View: TypeAlias = (
    views.SignInView
    | views.CodeView
    | views.UnlockView
    | views.JoinView
    | views.PasskeyOfferView
    | views.InboxView
    | views.TicketView
    | views.PhrasesView
    | views.SupervisorView
    | views.StaffView
    | views.RemoveView
    | views.AuditView
    | views.AccountView
    | views.ErrorView
)


@dataclass(frozen=True, slots=True)
class ConsolePages:
    """Makes pages out of views."""

    script: Callable[[], Script]
    assets: Assets

    def page(self, view: View) -> str:
        """The whole page."""
        return self._render(view, "whole.html")

    def part(self, view: View) -> str:
        """What the open page puts in place of what it shows, when something has changed."""
        return self._render(view, "part.html")

    def _render(self, view: View, layout: str) -> str:
        around = view.around
        words = ConsoleWords(self.script(), around.language, around.now, around.zone)
        template = _environment().get_template(_TEMPLATES[type(view)])
        return template.render(
            view=view,
            around=around,
            words=words,
            layout=layout,
            told=_told(words, around.told),
            **self._phrases(view),
            stylesheet=self.assets.address("console.css"),
            program=self.assets.address("console.js"),
            passkeys=self.assets.address("passkeys.js"),
            icon=self.assets.address("console-icon.svg"),
        )

    def _phrases(self, view: View) -> dict[str, object]:
        """For the page of phrases: the cards by their groups, and the helpline's ready replies."""
        if not isinstance(view, views.PhrasesView):
            return {}
        script = self.script()
        declared = script.helplines.all.get(view.helpline)
        groups: dict[str, list[Card]] = {}
        for card in script.cards.all.values():
            groups.setdefault(card.group, []).append(card)
        return {"groups": list(groups.items()), "replies": () if declared is None else declared.canned}


def qr_code(what: str) -> str:
    """A picture of it as an address that an <img> takes: dark on light, whatever the page's colours."""
    drawn = io.BytesIO()
    made = segno.make_qr(what, error="m")
    made.save(drawn, kind="svg", border=4, dark="#000", light="#fff", xmldecl=False, svgns=True, omitsize=True)
    return _address(drawn.getvalue().decode())


def _address(svg: str) -> str:
    """An SVG as a data address."""
    escapes = {"%": "%25", '"': "'", "#": "%23", "<": "%3C", ">": "%3E", "&": "%26", "\n": ""}
    return "data:image/svg+xml," + "".join(escapes.get(letter, letter) for letter in svg)


@dataclass(frozen=True, slots=True)
class _Said:
    words: str
    is_good: bool


def _told(words: ConsoleWords, told: views.Told | None) -> _Said | None:
    match told:
        case None:
            return None
        case views.Told(what=Refusal() as refusal):
            return _Said(words.desk(f"refused-{refusal}"), is_good=False)
        case views.Told(what=notice, wait=wait):
            span = "" if wait is None else words.span(wait)
            return _Said(words.say(f"notice-{notice}", time=span, least=SHORTEST), is_good=notice in views.GOOD_NOTICES)


def lines_of(words: str) -> list[str]:
    """Somebody's words, line by line and without what could make them look like others."""
    return seen(words).splitlines() or [""]


def _bar(value: int | None, values: tuple[int | None, ...], longest: int) -> int:
    """How long the bar of a value is, where the largest is `longest`."""
    most = max((one for one in values if one is not None), default=0)
    return round((value or 0) * longest / most) if most else 0


@cache
def _environment() -> Environment:
    environment = Environment(
        loader=FileSystemLoader([HERE / "templates"]),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        auto_reload=False,
    )
    environment.filters |= {"seen": seen, "exact": exact, "lines": lines_of}
    environment.globals |= {"qr_code": qr_code, "bar": _bar, **_ENUMS, **_LISTS}
    return environment


_ENUMS: Final[Mapping[str, type[StrEnum]]] = {
    one.__name__: one
    for one in (
        *(views.Place, views.Tab, views.Why, views.Sent, views.Content, views.Deed, views.Chain, views.Fault),
        *(Urgency, Stage, ReferralState),
    )
}
_LISTS: Final[Mapping[str, object]] = {
    "CLOSE_REASONS": tuple(one for one in CloseReason if one in STAFF_REASONS),
    "DECLINE_REASONS": DECLINE_REASONS,
    "LABELS": MOST_LABELS,
    "LONGEST_MESSAGE": LONGEST,
    "LEAST": SHORTEST,
    "FEWEST": views.FEWEST,
}
