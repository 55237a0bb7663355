"""What has to be looked at again, the numbers that somebody calls today, and how a value came to be what it is."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Final

from aiohttp import web

from bot.compiler.assembling import Assembled
from bot.compiler.round_trip import Document, EditError
from bot.desk.staff import Member, Role
from bot.desk.ticket import StaffId
from bot.dialogue.phrasebook import TextId
from bot.facts import Hotline, HotlineId
from bot.guard.audit import Deed
from bot.guard.rights import Right
from bot.studio.calls import LONGEST_NOTE, Call, Heard, alarming
from bot.studio.changes import Change, Edit, Refusal
from bot.studio.keeping import Due, Kept, due_until, everything_kept, owner_of
from bot.studio.kinds import Kind
from bot.studio.tree import BlobId
from bot.studio.versions import Version
from handlers.web.console.access import Caller, Guarded, Route
from handlers.web.console.answers import field
from handlers.web.pages import page
from handlers.web.studio.content_pages import edit_address
from handlers.web.studio.studio import HOME, Look, Studio, Tab, go

KEEP: Final = f"{HOME}/keep"
AHEAD: Final = timedelta(days=31)
MOST_SHOWN: Final = 300


@dataclass(frozen=True, slots=True)
class Number:
    """One hotline to be called: what to dial, when somebody last did, and what they found."""

    hotline: Hotline
    name: str
    file: str
    last: Call | None
    is_alarming: bool
    is_due: bool


@dataclass(frozen=True, slots=True)
class Past:
    """How something stood from one version on."""

    version: Version
    words: Sequence[tuple[str, str]]
    """Field and value."""


class KeepingPages:
    """What is due, and the numbers."""

    def __init__(self, studio: Studio) -> None:
        self._studio = studio

    def routes(self) -> list[Route]:
        """Where each answers."""
        return [
            Guarded("GET", KEEP, Right.SEE_STUDIO, self.show_due),
            Guarded("POST", f"{KEEP}/owner", Right.EDIT_CONTENT, self.give),
            Guarded("GET", f"{KEEP}/numbers", Right.SEE_STUDIO, self.show_numbers),
            Guarded("POST", f"{KEEP}/numbers", Right.CALL_NUMBERS, self.note_call),
            Guarded("GET", f"{KEEP}/history", Right.SEE_STUDIO, self.show_history),
        ]

    async def show_due(self, request: web.Request, caller: Caller, _form: Mapping[str, str]) -> web.Response:
        studio = self._studio
        look, assembled = await self._present()
        today = self._studio.today()
        owners = await studio.calls.owners()
        due = due_until(assembled, today + AHEAD)
        is_mine = request.query.get("mine", "") == "yes"
        shown = [one for one in due if not is_mine or owner_of(one, owners) == caller.member.id]
        files = sorted({one.file for one in shown})
        return self._page(
            *("due.html", request, caller, look),
            today=today,
            files=[(file, owners.get(file), [one for one in shown if one.file == file]) for file in files],
            counted=(len([one for one in shown if one.is_overdue(today)]), len(shown)),
            is_mine=is_mine,
            following=min((one.review_by for one in everything_kept(assembled) if one not in due), default=None),
            editors=self._editors(),
            name_of=studio.name_of,
            path_of=lambda one: _path_of(one, look),
        )

    async def give(self, _request: web.Request, caller: Caller, form: Mapping[str, str]) -> web.Response:
        studio = self._studio
        owner = field(form, "owner")
        file = field(form, "file")
        if file not in (await studio.archive.present()).files:
            return go(KEEP, failed="no-such-file")
        if owner and owner not in {member.id for member in self._editors()}:
            return go(KEEP, failed="no-such-member")
        await studio.note(caller, Deed.CONTENT_EDITED, file, f"owner: {owner or 'nobody'}")
        await studio.calls.give(file, StaffId(owner) if owner else None)
        return go(KEEP, done="saved")

    # The numbers

    async def show_numbers(self, request: web.Request, caller: Caller, _form: Mapping[str, str]) -> web.Response:
        look, assembled = await self._present()
        today = self._studio.today()
        calls = await self._studio.calls.calls()
        wrong = alarming(calls)
        kept = {one.id: one for one in everything_kept(assembled) if one.kind is Kept.HOTLINE}
        numbers = [
            Number(
                hotline,
                assembled.draft.texts[TextId(f"hotline.{hotline.id}.name")].words,
                kept[hotline.id].file,
                next((call for call in calls if call.hotline == hotline.id), None),
                hotline.id in wrong,
                kept[hotline.id].review_by <= today + AHEAD,
            )
            for hotline in assembled.draft.hotlines.values()
            if hotline.numbers
        ]
        numbers.sort(key=lambda one: (not one.is_alarming, not one.is_due))
        return self._page(
            *("numbers.html", request, caller, look),
            numbers=numbers,
            heard=list(Heard),
            longest=LONGEST_NOTE,
            name_of=self._studio.name_of,
            path_of=lambda one: edit_address(look, one.file, Kind.HOTLINE, one.hotline.id),
        )

    async def note_call(self, request: web.Request, caller: Caller, form: Mapping[str, str]) -> web.Response:
        studio, member = self._studio, caller.member
        _, assembled = await self._present()
        hotline = assembled.draft.hotlines.get(HotlineId(field(form, "hotline")))
        heard = next((one for one in Heard if one == field(form, "heard")), None)
        if hotline is None or heard is None:
            raise web.HTTPNotFound
        now = studio.office.clock.now()
        await studio.note(caller, Deed.CALLED, hotline.id, heard)
        await studio.calls.note(Call(hotline.id, heard, member.id, now, field(form, "note").strip()[:LONGEST_NOTE]))
        here = f"{KEEP}/numbers"
        if heard is not Heard.WORKS:
            return go(f"{here}#n-{hotline.id}", done="call-told")
        written = await self._confirm(hotline, caller, request)
        return go(f"{here}#n-{hotline.id}", done="call-noted" if written else "call-noted-only")

    async def _confirm(self, hotline: Hotline, caller: Caller, request: web.Request) -> bool:
        """Put today's check into the change in which this member gathers them; a second person publishes it.

        Whoever may not write has said that it works all the same.
        """
        studio, member = self._studio, caller.member
        if not studio.around(caller, None, request).may(Right.EDIT_CONTENT):
            return False
        title = studio.words_for(caller).say("change-called")
        change = next((one for one in await studio.archive.changes() if _gathers(one, title, member)), None)
        if change is None:
            begun = await studio.archive.begin(title, member.id)
            if isinstance(begun, Refusal):
                return False
            change = begun
        for name in (name for name in change.tree.files if name.startswith("hotlines/")):
            content = await studio.archive.read(change.tree, name)
            edited = confirmed(content, hotline.id, self._studio.today())
            if edited is not None:
                edit = Edit(name, await studio.archive.put(edited), change.tree.files[name])
                return not isinstance(await studio.archive.act(change.id, member.id, edit), Refusal)
        return False

    # How it came to be

    async def show_history(self, request: web.Request, caller: Caller, _form: Mapping[str, str]) -> web.Response:
        studio = self._studio
        file, wanted = request.query.get("file", ""), request.query.get("id", "")
        look, _ = await self._present()
        past: list[Past] = []
        read: BlobId | None = None
        # The oldest first: what changed nothing is left out, and a file that stayed as it was is not read again.
        for version in reversed(await studio.archive.versions()):
            blob = version.tree.files.get(file)
            if past and blob == read:
                continue
            read = blob
            words = () if blob is None else _entry(await studio.archive.blob(blob), wanted)
            if not past or tuple(past[-1].words) != words:
                past.append(Past(version, words))
        calls = [call for call in await studio.calls.calls() if call.hotline == wanted]
        return self._page(
            *("history.html", request, caller, look),
            id=wanted,
            file=file,
            past=[one for one in reversed(past) if one.words],
            calls=calls,
            name_of=studio.name_of,
        )

    # What all of them need

    async def _present(self) -> tuple[Look, Assembled]:
        look = await self._studio.present()
        return look, await self._studio.readable(look)

    def _editors(self) -> list[Member]:
        members = self._studio.office.roster.current().members.values()
        return sorted(
            (one for one in members if one.role is Role.EDITOR and one.left is None),
            key=lambda one: one.name.casefold(),
        )

    def _page(self, template: str, request: web.Request, caller: Caller, look: Look, **view: object) -> web.Response:
        studio = self._studio
        around = studio.around(caller, Tab.KEEP, request, look)
        return page(studio.pages.page(template, around, look=look, **view))


def confirmed(content: bytes, hotline: HotlineId, today: date) -> bytes | None:
    """A file of hotlines in which one was checked today; None where it has none of this name.

    Until it is to be looked at again there is as much time as there was before.
    """
    try:
        document = Document(content)
        entries = document.at(())
        if not isinstance(entries, list):
            return None
        for index, entry in enumerate(entries):
            if isinstance(entry, dict) and entry.get("hotline") == hotline:
                checked, review = entry.get("checked"), entry.get("review_by")
                span = _day(review) - _day(checked)
                edited = document.put((index, "checked"), today.isoformat())
                return edited.put((index, "review_by"), (today + span).isoformat()).source
    except (EditError, ValueError):
        return None
    return None


def _day(told: object) -> date:
    return date.fromisoformat(told if isinstance(told, str) else "")


def _gathers(change: Change, title: str, member: Member) -> bool:
    return change.title == title and change.begun_by == member.id and not change.is_closed


def _entry(content: bytes, wanted: str) -> tuple[tuple[str, str], ...]:
    """The fields of a fact or a hotline as they stand in a file, one line each."""
    try:
        entries = Document(content).at(())
    except EditError:
        return ()
    for entry in entries if isinstance(entries, list) else []:
        if isinstance(entry, dict) and wanted in (entry.get("fact"), entry.get("hotline"), entry.get("place")):
            return tuple((name, value if isinstance(value, str) else _flat(value)) for name, value in entry.items())
    return ()


def _flat(value: object) -> str:
    match value:
        case str():
            return value
        case list():
            return ", ".join(_flat(one) for one in value)
        case dict():
            return "; ".join(f"{name}: {_flat(one)}" for name, one in value.items())
        case _:
            return ""


def _path_of(due: Due, look: Look) -> str:
    if due.kind is Kept.ANSWER:
        return edit_address(look, due.file, Kind.TOPIC, due.id.partition(".")[0])
    return edit_address(look, due.file, Kind(due.kind.value), due.id)
