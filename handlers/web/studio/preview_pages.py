"""A phone beside the editor that plays what stands in a change, as whoever and whenever one likes.

One form holds the phone and who looks at it: each press sends all of it, and the whole conversation is played anew. So
nothing has to be kept, the page works without a script, and the script only puts the new phone in the old one's place.
"""

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Final
from zoneinfo import ZoneInfo

from aiohttp import web

from bot.compiler import Problem
from bot.dialogue.events import Pressed, SharedKind, Typed
from bot.dialogue.person import TOPIC
from bot.dialogue.playing import HelplineDoes
from bot.dialogue.steps import FlowId, ScreenId
from bot.guard.rights import Right
from bot.messages import Language, Span, Style
from bot.studio.drafts import Broken, Draft
from bot.studio.kinds import Kind
from bot.studio.marking import FACT, HOTLINE, Piece
from bot.studio.preview import (
    LONGEST_WAIT,
    LONGEST_WORDS,
    Act,
    Begin,
    Guise,
    Own,
    Played,
    Theirs,
    own_name,
    play,
    read_acts,
    sent,
    write_acts,
)
from bot.studio.whence import Whence
from bot.whole_number import whole_number
from handlers.web.chat.articles import Article, article
from handlers.web.console.access import Caller, Guarded, Route
from handlers.web.console.answers import field
from handlers.web.media import MediaFiles
from handlers.web.pages import page
from handlers.web.studio.content_pages import edit_address
from handlers.web.studio.studio import HOME, Look, Studio, Tab

LARGEST: Final = 256 * 1024
FRAGMENTS: Final = "text/x-fragments"
"""What the page's script accepts: the phone alone."""

ZONE: Final = ZoneInfo("Asia/Bangkok")
TOLD: Final = ("origin", "here", "stage")
SENDABLE: Final = (SharedKind.PHOTO, SharedKind.VOICE, SharedKind.LOCATION, SharedKind.DOCUMENT)
WAITS: Final = tuple(timedelta(hours=hours) for hours in (1, 12, 24, 72))
_BULLET: Final = "• "
_DAY: Final = re.compile(r"20[0-9]{2}-[0-9]{2}-[0-9]{2}")
_CLOCK: Final = re.compile(r"[0-9]{2}:[0-9]{2}(:[0-9]{2})?")
_HOME_OF: Final = {"km": "kh", "lo": "la", "my": "mm"}
"""Where somebody comes from who speaks a language, as long as the editor says nothing else."""


@dataclass(frozen=True, slots=True)
class ShownPiece:
    """Words on the phone; with the address where they can be changed, and what is meant by it."""

    span: Span
    address: str
    source: str


@dataclass(frozen=True, slots=True)
class ShownLine:
    """One line of a paragraph."""

    pieces: tuple[ShownPiece, ...]
    item: bool


@dataclass(frozen=True, slots=True)
class ShownParagraph:
    """Lines that belong together."""

    lines: tuple[ShownLine, ...]

    @property
    def calls(self) -> bool:
        """Whether it holds a number to dial."""
        return any(piece.span.style is Style.PHONE for line in self.lines for piece in line.pieces)


@dataclass(frozen=True, slots=True)
class ShownMessage:
    """A message on the phone: its words, and its buttons as the chat page shows them."""

    name: str
    paragraphs: tuple[ShownParagraph, ...]
    article: Article


@dataclass(frozen=True, slots=True)
class _Asked:
    """What one look at the phone asks for."""

    begin: Begin
    guise: Guise
    acts: tuple[Act, ...]
    day: str
    clock: str


class PreviewPages:
    """The phone."""

    def __init__(self, studio: Studio) -> None:
        self._studio = studio

    def routes(self) -> list[Route]:
        """Where each answers."""
        at = f"{HOME}/at/{{at}}/preview"
        return [
            Guarded("GET", at, Right.SEE_STUDIO, self.show),
            Guarded("POST", at, Right.SEE_STUDIO, self.act, LARGEST),
            Guarded("GET", f"{at}/media/{{name}}", Right.SEE_STUDIO, self.serve),
        ]

    async def show(self, request: web.Request, caller: Caller, _form: Mapping[str, str]) -> web.Response:
        look = await self._studio.look(request)
        draft = await self._studio.draft(look)
        told = dict(request.query)
        if isinstance(draft, Draft):
            told |= _begin_fields(draft, told.get("kind", ""), told.get("id", ""))
        return self._page(request, caller, look, draft, told)

    async def act(self, request: web.Request, caller: Caller, form: Mapping[str, str]) -> web.Response:
        look = await self._studio.look(request)
        acts = _acts(form)
        draft = await self._studio.draft(look, hears=any(isinstance(act, Typed) for act in acts))
        return self._page(request, caller, look, draft, {**form, "acts": write_acts(acts)})

    async def serve(self, request: web.Request, _caller: Caller, _form: Mapping[str, str]) -> web.StreamResponse:
        """A picture or a recording of the draft."""
        draft = await self._studio.draft(await self._studio.look(request))
        if isinstance(draft, Broken):
            raise web.HTTPNotFound
        response = await MediaFiles(lambda: draft.script).serve(request)
        response.headers["Cache-Control"] = "private, max-age=3600"
        return response

    def _page(
        self, request: web.Request, caller: Caller, look: Look, draft: Draft | Broken, told: Mapping[str, str]
    ) -> web.Response:
        studio = self._studio
        around = studio.around(caller, Tab.CONTENT, request, look)
        template = "preview-phone.html" if FRAGMENTS in request.headers.get("Accept", "") else "preview.html"
        if isinstance(draft, Broken):
            problems = [(one, _place_address(look, one)) for one in draft.problems]
            return page(studio.pages.page(template, around, look=look, broken=problems))
        asked = _asked(told, draft, around.language, studio.office.clock.now())
        played = play(draft.marked, asked.guise, asked.begin, asked.acts)
        phone = _Phone(look, draft, played)
        return page(
            studio.pages.page(
                template,
                around,
                look=look,
                broken=(),
                asked=asked,
                played=played,
                lines=list(phone.lines()),
                sources=list(phone.sources()),
                stands=phone.stands(),
                acts=write_acts(asked.acts),
                script=draft.script,
                told_fields={name: draft.script.profile[name] for name in TOLD if name in draft.script.profile},
                sendable=SENDABLE,
                waits=WAITS,
                helpline_does=tuple(HelplineDoes),
                longest=LONGEST_WORDS,
                clock=played.moment.astimezone(ZONE),
            )
        )


@dataclass(frozen=True, slots=True)
class _Phone:
    """What was played, made ready for the page."""

    look: Look
    draft: Draft
    played: Played

    def lines(self) -> Iterator[ShownMessage | Own]:
        for line in self.played.lines:
            yield self._message(line) if isinstance(line, Theirs) else line

    def sources(self) -> Iterator[tuple[Whence, str]]:
        """Everything whose words are on the screen, each once, with its address."""
        named = [
            name
            for line in self.played.lines
            if isinstance(line, Theirs)
            for name in (
                *(piece.source for piece in line.pieces),
                *(key.source for row in line.rows for key in row),
            )
        ]
        found = dict.fromkeys(self.draft.whence[name] for name in named if name in self.draft.whence)
        return ((whence, self._edit(whence)) for whence in found)

    def stands(self) -> str | None:
        """Where the screen that is shown last can be changed."""
        stand = self.played.stand
        if stand is None:
            return None
        name = f"{stand.flow}.title"
        whence = self.draft.whence.get(name)
        if whence is not None and whence.kind is Kind.FLOW:
            whence = Whence(Kind.SCREEN, f"{stand.flow}.{stand.screen}", whence.file)
        return None if whence is None else self._edit(whence)

    def _message(self, line: Theirs) -> ShownMessage:
        shown = article(line.message, f"now-{line.name}", self.draft.script, self.played.moment)
        here = f"{self.look.path}/preview"
        own = replace(shown, picture=_own_media(shown.picture, here), recording=_own_media(shown.recording, here))
        return ShownMessage(line.name, tuple(self._paragraphs(line.pieces)), own)

    def _paragraphs(self, pieces: Sequence[Piece]) -> Iterator[ShownParagraph]:
        """The text cut at its line ends; an empty line ends a paragraph."""
        lines: list[list[Piece]] = [[]]
        for piece in pieces:
            first, *others = piece.span.words.split("\n")
            lines[-1].append(replace(piece, span=replace(piece.span, words=first)))
            lines += [[replace(piece, span=replace(piece.span, words=words))] for words in others]
        paragraph: list[ShownLine] = []
        for line in (*lines, []):
            shown = tuple(self._piece(piece) for piece in line if piece.span.words)
            if shown:
                paragraph.append(ShownLine(shown, shown[0].span.words.startswith(_BULLET)))
            elif paragraph:
                yield ShownParagraph(tuple(paragraph))
                paragraph = []

    def _piece(self, piece: Piece) -> ShownPiece:
        whence = self.draft.whence.get(piece.source)
        return ShownPiece(piece.span, "" if whence is None else self._edit(whence), piece.source)

    def _edit(self, whence: Whence) -> str:
        return edit_address(self.look, whence.file, whence.kind, whence.id)


def _own_media(address: str, here: str) -> str:
    return f"{here}{address}" if address else ""


def _acts(form: Mapping[str, str]) -> tuple[Act, ...]:
    """What was done before, and what the form asks for now."""
    acts = read_acts(form.get("acts", ""))
    match field(form, "do"):
        case "again":
            return ()
        case "undo":
            return acts[:-1]
        case done:
            now = _act(form, done, len(acts))
            return acts if now is None else (*acts, now)


def _act(form: Mapping[str, str], done: str, number: int) -> Act | None:
    pressed, words = form.get("press", ""), field(form, "words").strip()[:LONGEST_WORDS]
    if pressed:
        name, _, press = pressed.partition("|")
        return Pressed(press, name)
    kind = next((one for one in SENDABLE if one == form.get("send")), None)
    if kind is not None:
        return sent(kind, number)
    match done:
        case "say" if words:
            return Typed(words, own_name(number))
        case "wait":
            hours = whole_number(field(form, "hours"))
            return None if hours is None else min(timedelta(hours=hours), LONGEST_WAIT)
        case "help":
            return next((one for one in HelplineDoes if one == form.get("helpline")), None)
        case _:
            return None


def _begin_fields(draft: Draft, kind: str, entry: str) -> dict[str, str]:
    """Where to begin so that a thing is seen: at itself, or where a fact or a number is told."""
    match kind:
        case Kind.SCREEN:
            flow, _, screen = entry.partition(".")
            return {"flow": flow, "screen": screen}
        case Kind.FLOW:
            return {"flow": entry, "screen": ""}
        case Kind.TOPIC:
            return {"flow": f"{TOPIC}{entry}", "screen": ""}
        case Kind.FACT | Kind.HOTLINE:
            teller = draft.tellers.get(f"{FACT if kind == Kind.FACT else HOTLINE}{entry}", "")
            whence = draft.whence.get(teller)
            return {} if whence is None else _begin_fields(draft, whence.kind, whence.id)
        case _:
            return {}


def _asked(told: Mapping[str, str], draft: Draft, own: Language, now: datetime) -> _Asked:
    script = draft.script
    wanted = Language(told.get("language", own))
    language = None if wanted == "none" else wanted if wanted in script.tongues else own
    profile = {name: value for name in TOLD if (value := told.get(name, "")) in script.profile.get(name, ())}
    if "origin" not in told and "here" not in told:
        profile |= {"origin": _HOME_OF.get(language or "", "kh"), "here": "th"}
    here = now.astimezone(ZONE)
    day, clock = told.get("day", ""), told.get("clock", "")
    day = day if _DAY.fullmatch(day) else here.date().isoformat()
    clock = clock[:5] if _CLOCK.fullmatch(clock) else f"{here:%H:%M}"
    helplines = "helplines" in told or "day" not in told
    return _Asked(
        Begin(
            FlowId(told["flow"]) if told.get("flow") else None, ScreenId(told["screen"]) if told.get("screen") else None
        ),
        Guise(_moment(day, clock, here), language, profile, helplines),
        read_acts(told.get("acts", "")),
        day,
        clock,
    )


def _moment(day: str, clock: str, otherwise: datetime) -> datetime:
    try:
        return datetime.fromisoformat(f"{day}T{clock}").replace(tzinfo=ZONE)
    except ValueError:
        return otherwise


def _place_address(look: Look, problem: Problem) -> str:
    file = problem.place.file.partition("/")[2]
    return f"{edit_address(look, file, text=True)}#L{problem.place.line}" if file in look.tree.files else ""
