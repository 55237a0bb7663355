"""The first page, what waits for whoever opens it; and what the whole check says."""

import asyncio
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Final

from aiohttp import web

from bot.compiler.problems import Severity
from bot.guard.rights import Right
from bot.messages import Language
from bot.studio.calls import alarming
from bot.studio.catalogue import Catalogue
from bot.studio.changes import Change, ChangeState
from bot.studio.checking import Finding
from bot.studio.kinds import Kind, kind_in
from handlers.web.console.access import Caller, Guarded, Route
from handlers.web.pages import page
from handlers.web.studio.content_pages import edit_address
from handlers.web.studio.studio import HOME, Look, Studio, Tab

SOON: Final = timedelta(days=30)
MOST_FINDINGS: Final = 300


@dataclass(frozen=True, slots=True)
class Waiting:
    """What there is to do: reviews that this member can give, changes of their own, and what could go live."""

    reviews: Sequence[Change]
    mine: Sequence[Change]
    approved: Sequence[Change]
    due: int
    overdue: int
    stale: Mapping[Language, int]
    missing: Mapping[Language, int]


class OverviewPages:
    """What is there to do."""

    def __init__(self, studio: Studio) -> None:
        self._studio = studio

    def routes(self) -> list[Route]:
        """Where each answers."""
        return [
            Guarded("GET", HOME, Right.SEE_STUDIO, self.show),
            Guarded("GET", f"{HOME}/at/{{at}}/findings", Right.SEE_STUDIO, self.show_findings),
        ]

    async def show(self, request: web.Request, caller: Caller, _form: Mapping[str, str]) -> web.Response:
        studio = self._studio
        changes = await studio.archive.changes()
        catalogue = await studio.catalogue(await studio.present())
        waiting = await asyncio.to_thread(self._waiting, caller, changes, catalogue)
        wrong = alarming(await studio.calls.calls())
        return page(
            studio.pages.page(
                "overview.html",
                studio.around(caller, Tab.OVERVIEW, request),
                waiting=waiting,
                wrong=sum(entry.kind is Kind.HOTLINE and entry.id in wrong for entry in catalogue.entries),
                scheduled=await studio.archive.scheduled(),
                name_of=studio.name_of,
            )
        )

    async def show_findings(self, request: web.Request, caller: Caller, _form: Mapping[str, str]) -> web.Response:
        """Everything is compiled and all conversations are walked through, which takes seconds the first time."""
        studio, look = self._studio, await self._studio.look(request)
        checked = await studio.check(look)
        # What keeps it from going live stands first.
        found = () if checked is None else checked.findings
        findings = sorted(found, key=lambda one: one.severity is not Severity.ERROR)
        return page(
            studio.pages.page(
                "findings.html",
                studio.around(caller, Tab.CHANGES, request, look),
                checked=checked,
                findings=findings[:MOST_FINDINGS],
                more=max(0, len(findings) - MOST_FINDINGS),
                address=lambda one: finding_address(look, one),
            )
        )

    def _waiting(self, caller: Caller, changes: Sequence[Change], catalogue: Catalogue) -> Waiting:
        me, today = caller.member.id, self._studio.today()
        stale: Counter[Language] = Counter()
        missing: Counter[Language] = Counter()
        due = overdue = 0
        for entry in catalogue.entries:
            stale.update(entry.stale)
            missing.update(entry.missing)
            overdue += bool(entry.review_by) and entry.review_by < today.isoformat()
            due += bool(entry.review_by) and today.isoformat() <= entry.review_by <= (today + SOON).isoformat()
        return Waiting(
            [one for one in changes if one.state is ChangeState.SUBMITTED and me not in one.authors],
            [one for one in changes if me in one.authors or me == one.begun_by],
            [one for one in changes if one.state is ChangeState.APPROVED],
            due,
            overdue,
            stale,
            missing,
        )


def finding_address(look: Look, one: Finding) -> str | None:
    """Where what is wrong can be put right; nowhere for a file that has no words."""
    if not one.file.endswith(".yaml") or one.file not in look.tree.files:
        return None
    if one.kind is not None and one.id and kind_in(one.file) is not None:
        return edit_address(look, one.file, one.kind, one.id)
    return f"{edit_address(look, one.file, text=True)}#L{one.line}"
