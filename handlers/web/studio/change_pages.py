"""A change on its way: what it changes, what the check says, what others say, and what may be done with it now."""

import asyncio
from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import MAXYEAR, datetime, timedelta
from functools import lru_cache
from typing import Final
from zoneinfo import ZoneInfo

from aiohttp import web

from bot.guard.audit import Deed
from bot.guard.rights import Right
from bot.studio.archive import Clashing, NotWell
from bot.studio.changes import (
    Action,
    AddComment,
    Approve,
    Change,
    ChangeState,
    Drop,
    Refusal,
    Retitle,
    Schedule,
    SendBack,
    Submit,
    Unschedule,
)
from bot.studio.differences import MEDIA, Difference, Piece, differences, pieces
from bot.studio.kinds import Kind
from bot.studio.merging import Side
from bot.studio.tree import BlobId, Tree, TreeHash
from bot.whole_number import whole_number
from handlers.web.console.access import Caller, Guarded, Route
from handlers.web.console.answers import field
from handlers.web.pages import page
from handlers.web.studio.media_pages import media_address
from handlers.web.studio.studio import HOME, Studio, Tab, go

CHANGES: Final = f"{HOME}/changes"
MOST_SHOWN: Final = 400
"""Differences on one page; the next page has the others, since whoever approves has to be able to see all."""

_SAID: Final = frozenset({"value", "unit", "per", "text", "numbers", "chat"})
_PROVED: Final = frozenset({"source", "checked"})

LATE: Final = timedelta(minutes=1)
"""So long after its moment a change that has not gone live yet is late."""


@dataclass(frozen=True, slots=True)
class Shown:
    """One difference, with the words that came and went, or where a picture or a sound can be looked at."""

    what: Difference
    pieces: tuple[Piece, ...] = ()
    was: str = ""
    now: str = ""


@dataclass(frozen=True, slots=True)
class Part:
    """The differences of one page, how many come after them, and where those begin."""

    shown: tuple[Shown, ...]
    more: int
    following: int
    unproved: frozenset[tuple[str, str]] = frozenset()
    """Facts and numbers by kind and id that say something else, with the source and the day of the check of before."""


class ChangePages:
    """Changes, and one of them."""

    def __init__(self, studio: Studio) -> None:
        self._studio = studio

    def routes(self) -> list[Route]:
        """Where each answers."""
        one = f"{CHANGES}/{{change}}"
        edit, review, publish = Right.EDIT_CONTENT, Right.REVIEW_CONTENT, Right.PUBLISH_CONTENT
        return [
            Guarded("GET", CHANGES, Right.SEE_STUDIO, self.show_all),
            Guarded("POST", CHANGES, edit, self.begin),
            Guarded("GET", one, Right.SEE_STUDIO, self.show),
            Guarded("POST", f"{one}/retitle", edit, self.retitle),
            Guarded("POST", f"{one}/submit", edit, self.submit),
            Guarded("POST", f"{one}/drop", edit, self.drop),
            Guarded("POST", f"{one}/catch-up", edit, self.catch_up),
            Guarded("POST", f"{one}/comment", review, self.comment, comes_back=True),
            Guarded("POST", f"{one}/approve", review, self.approve),
            Guarded("POST", f"{one}/send-back", review, self.send_back, comes_back=True),
            Guarded("POST", f"{one}/schedule", publish, self.schedule),
            Guarded("POST", f"{one}/unschedule", publish, self.unschedule),
            Guarded("POST", f"{one}/publish", publish, self.publish),
        ]

    async def show_all(self, request: web.Request, caller: Caller, _form: Mapping[str, str]) -> web.Response:
        studio = self._studio
        changes = await studio.archive.changes()
        around = studio.around(caller, Tab.CHANGES, request)
        return page(studio.pages.page("changes.html", around, changes=changes, name_of=studio.name_of))

    async def begin(self, _request: web.Request, caller: Caller, form: Mapping[str, str]) -> web.Response:
        studio = self._studio
        begun = await studio.archive.begin(field(form, "title"), caller.member.id)
        if isinstance(begun, Refusal):
            return go(CHANGES, failed=f"refused-{begun}")
        # Whoever began it from a page goes on there, in the change.
        wanted = field(form, "next")
        path = studio.look_at(begun).path
        is_ours = wanted.startswith(("edit?", "media", "translate")) and wanted.isprintable()
        return go(f"{path}/{wanted if is_ours else 'content'}")

    async def show(self, request: web.Request, caller: Caller, _form: Mapping[str, str]) -> web.Response:
        studio = self._studio
        change = await studio.change(request.match_info["change"])
        around = studio.around(caller, Tab.CHANGES, request, studio.look_at(change))
        live = await studio.archive.present()
        found = await shown_differences(studio, change.origin, change.tree)
        return page(
            studio.pages.page(
                "change.html",
                around,
                change=change,
                differences=part_of(found, request),
                is_behind=not change.is_closed and change.origin.hash != live.hash,
                is_late=self._is_late(change),
                is_mine=caller.member.id in change.authors,
                authors=[studio.name_of(one) for one in change.authors],
                name_of=studio.name_of,
            )
        )

    # What may be done with it

    async def retitle(self, request: web.Request, caller: Caller, form: Mapping[str, str]) -> web.Response:
        # A version is called by it: whoever names it otherwise, even after a review, stands with it in the list.
        title = field(form, "title").strip()
        return await self._act(request, caller, Retitle(title), "saved", Deed.CONTENT_EDITED, title)

    async def comment(self, request: web.Request, caller: Caller, form: Mapping[str, str]) -> web.Response:
        return await self._act(request, caller, AddComment(field(form, "words")), "commented")

    async def submit(self, request: web.Request, caller: Caller, _form: Mapping[str, str]) -> web.Response:
        return await self._act(request, caller, Submit(), "submitted", Deed.CONTENT_SUBMITTED)

    async def approve(self, request: web.Request, caller: Caller, form: Mapping[str, str]) -> web.Response:
        seen = TreeHash(field(form, "seen"))
        return await self._act(request, caller, Approve(seen), "approved", Deed.CONTENT_APPROVED)

    async def send_back(self, request: web.Request, caller: Caller, form: Mapping[str, str]) -> web.Response:
        why = SendBack(field(form, "words"))
        return await self._act(request, caller, why, "sent-back", Deed.CONTENT_SENT_BACK)

    async def schedule(self, request: web.Request, caller: Caller, form: Mapping[str, str]) -> web.Response:
        at = self._moment(field(form, "at"), caller)
        if at is None:
            change = await self._studio.change(request.match_info["change"])
            return go(f"{CHANGES}/{change.id}", failed="moment-needed")
        return await self._act(request, caller, Schedule(at), "scheduled", Deed.CONTENT_SCHEDULED, at.isoformat())

    async def unschedule(self, request: web.Request, caller: Caller, _form: Mapping[str, str]) -> web.Response:
        return await self._act(request, caller, Unschedule(), "unscheduled", Deed.CONTENT_SCHEDULED, "taken back")

    async def drop(self, request: web.Request, caller: Caller, _form: Mapping[str, str]) -> web.Response:
        return await self._act(request, caller, Drop(), "dropped", Deed.CONTENT_DROPPED)

    async def publish(self, request: web.Request, caller: Caller, form: Mapping[str, str]) -> web.Response:
        studio = self._studio
        change = await studio.change(request.match_info["change"])
        why = field(form, "why").strip()
        note = studio.noting(caller, Deed.CONTENT_PUBLISHED, change.id, why or change.title)
        made = await studio.archive.publish(change.id, caller.member.id, why, note)
        if isinstance(made, Refusal):
            return go(self._path(request), failed=f"refused-{made}")
        if isinstance(made, NotWell):
            return go(self._path(request), failed="not-well")
        return go(f"{HOME}/versions", done="published")

    async def catch_up(self, request: web.Request, caller: Caller, form: Mapping[str, str]) -> web.Response:
        studio = self._studio
        change = await studio.change(request.match_info["change"])
        choices = {
            name.removeprefix("side:"): Side(side)
            for name, side in form.items()
            if name.startswith("side:") and side in set(Side)
        }
        told = " ".join(f"{name}: {side}" for name, side in choices.items())
        note = studio.noting(caller, Deed.CONTENT_EDITED, change.id, told) if choices else None
        done = await studio.archive.catch_up(change.id, caller.member.id, choices, note)
        if isinstance(done, Refusal):
            return go(self._path(request), failed=f"refused-{done}")
        if isinstance(done, Clashing):
            around = studio.around(caller, Tab.CHANGES, None, studio.look_at(change))
            return page(studio.pages.page("clash.html", around, change=change, conflicts=done.conflicts), 409)
        return go(self._path(request), done="caught-up")

    async def _act(
        self, request: web.Request, caller: Caller, action: Action, done: str, deed: Deed | None = None, why: str = ""
    ) -> web.Response:
        studio = self._studio
        change = await studio.change(request.match_info["change"])
        note = None if deed is None else studio.noting(caller, deed, change.id, why)
        decided = await studio.archive.act(change.id, caller.member.id, action, note)
        if isinstance(decided, Refusal):
            return go(self._path(request), failed=f"refused-{decided}")
        return go(CHANGES if decided.state is ChangeState.DROPPED else self._path(request), done=done)

    def _path(self, request: web.Request) -> str:
        return f"{CHANGES}/{request.match_info['change']}"

    def _is_late(self, change: Change) -> bool:
        return change.scheduled_at is not None and change.scheduled_at + LATE < self._studio.office.clock.now()

    def _moment(self, told: str, caller: Caller) -> datetime | None:
        """What a field for day and hour holds, by the member's clock."""
        try:
            at = datetime.fromisoformat(told).replace(tzinfo=ZoneInfo(self._studio.office.zone_of(caller.member)))
        except ValueError:
            return None
        # The last year that there is cannot be told in every zone.
        return at if at.year < MAXYEAR else None


async def shown_differences(studio: Studio, before: Tree, after: Tree) -> tuple[Shown, ...]:
    """Everything that is different between two states, in words."""
    names = before.changed_in(after)
    found = await asyncio.to_thread(_shown, await _read(studio, before, names), await _read(studio, after, names))
    return tuple(
        replace(one, was=media_address(before, one.what.id), now=media_address(after, one.what.id))
        if one.what.kind == MEDIA
        else one
        for one in found
    )


def part_of(found: tuple[Shown, ...], request: web.Request) -> Part:
    """Those that the address asks for."""
    start = whole_number(request.query.get("from", ""), 8) or 0
    following = start + MOST_SHOWN
    return Part(found[start:following], max(0, len(found) - following), following, _unproved(found))


def _unproved(found: tuple[Shown, ...]) -> frozenset[tuple[str, str]]:
    changed: dict[tuple[str, str], set[str]] = {}
    for one in found:
        if one.what.kind in (Kind.FACT, Kind.HOTLINE):
            changed.setdefault((one.what.kind, one.what.id), set()).add(one.what.field.partition(".")[0])
    return frozenset(name for name, fields in changed.items() if fields & _SAID and not fields & _PROVED)


@lru_cache(maxsize=32)
def _shown(before: tuple[tuple[str, bytes], ...], after: tuple[tuple[str, bytes], ...]) -> tuple[Shown, ...]:
    """Reading long files takes a while, and everybody who looks at a change looks at the same."""
    return tuple(Shown(one, pieces_of(one)) for one in differences(dict(before), dict(after)))


def pieces_of(one: Difference) -> tuple[Piece, ...]:
    """The words of a difference that stayed, came and went."""
    return () if one.before is None or one.after is None else pieces(one.before, one.after)


async def _read(studio: Studio, tree: Tree, names: Mapping[str, BlobId | None]) -> tuple[tuple[str, bytes], ...]:
    return tuple([(name, await studio.archive.read(tree, name)) for name in names if name in tree.files])
