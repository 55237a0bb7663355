"""What the chat page asks of us: the page, taking a press or words, what waits for the person, and the way out.

Nothing is kept about who only looks: the page shows the turn that would be taken. The first press or word makes a
visitor. Each form carries a nonce, so that sending it twice takes effect once, and `seen`, the last message shown, so
that a message leaves the outbox only when it has been on the screen.
"""

import asyncio
import secrets
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from typing import Final

from aiohttp import web

from bot.dialogue.events import Event, Opened, Wish, Wished
from bot.dialogue.from_memory import calls_for_help
from bot.messages import ConversationId, Language
from bot.store.contract import WAITED, Address, Leased, Outgoing, Store, StoreError
from bot.store.sealing import Vault
from bot.turns.arrival import Arrival
from bot.turns.floodgate import Admission, Floodgate
from handlers.web.access import (
    DOOR,
    Visitor,
    give_cookie,
    is_from_our_page,
    new_visitor,
    read_visitor,
    take_cookie,
)
from handlers.web.chat.hub import FullError, Hub
from handlers.web.chat.said import Said, link_to, read_opened, read_said
from handlers.web.chat.showing import Showing
from handlers.web.chat.stream import Pace, Stream, arrival_of
from handlers.web.pages import page, render
from handlers.web.wordings import language_asked_for

HARMLESS: Final = "https://www.google.com/"
"""Where the quick exit leads: a page that many people have open."""

FRAGMENTS: Final = "text/x-fragments"
"""What the page's script accepts: the waiting messages as pieces of the page."""


@dataclass(frozen=True, slots=True)
class ChatDoor:
    """The chat page's handlers. `take` is what an arrival is given to, and returns when it has taken effect."""

    take: Callable[[Arrival], Awaitable[None]]
    store: Store
    vault: Vault
    hub: Hub
    showing: Showing
    public_url: str | None = None
    pace: Pace = field(default_factory=Pace)
    let_go: Callable[[Leased], Awaitable[bool]] | None = None
    """Asked about what nobody had asked for and has waited: whether it may still be shown as it is."""
    alert: Callable[[], Awaitable[None]] | None = None
    """Lets helplines hear that somebody asked for help while the store is away."""
    gate: Floodgate | None = None
    """Puts off what a visitor sends beyond what people do; calls for help and the ways out are never put off."""

    def routes(self) -> list[web.RouteDef]:
        """Where each handler answers."""
        return [
            web.get("/", self.show),
            web.post("/chat/say", self.say),
            web.post("/chat/seen", self.see),
            web.get("/chat/poll", self.poll, allow_head=False),
            web.get("/chat/stream", self.stream, allow_head=False),
            web.get("/chat/exit", self.leave, allow_head=False),
            web.post("/chat/exit", self.leave),
        ]

    async def show(self, request: web.Request) -> web.Response:
        """The page: what waits for this visitor, and where they stand."""
        visitor = self._visitor(request)
        link = read_opened(request.query, self.showing.script())
        if visitor is None and request.headers.get("Sec-Fetch-Site") == "cross-site":
            # A link on another site brings no strict cookie along, even if there is one; a step of our own does.
            return page(render("step.html", address=link_to(link)))
        try:
            known = await self.store.load(visitor.conversation) if visitor else None
            waiting = await self._waiting(visitor.conversation) if visitor else ()
        except StoreError:
            return self._away(request, None, link)
        record = known.record if known else None
        return page(self.showing.page(waiting, record, None if link == Opened() else link))

    async def say(self, request: web.Request) -> web.Response:
        """Take a press or words, once."""
        said = await self._read(request)
        if not said.nonce:
            raise web.HTTPBadRequest
        if self._floods(request, said):
            # Nothing is lost: the page comes again with the same form.
            return self._away(request, said, said.opened or Opened(), web.HTTPTooManyRequests.status_code)
        try:
            visitor, is_new = await self._recognise(request)
            await self._take(visitor, said, is_new=is_new)
            waiting = await self._waiting(visitor.conversation) if _wants_fragments(request) else ()
        except StoreError:
            await self._alert(said)
            return self._away(request, said, said.opened or Opened())
        if _wants_fragments(request):
            response = page(self.showing.fragments(waiting))
        elif "text/html" in request.headers.get("Accept", ""):
            response = web.Response(status=303, headers={"Location": "/"})
        else:
            response = web.Response(status=204)
        if is_new and said.event is not None:
            give_cookie(response, request, visitor, self.public_url)
        return response

    async def see(self, request: web.Request) -> web.Response:
        """Take what has been on the screen off the outbox."""
        said = await self._read(request)
        visitor = self._visitor(request)
        if visitor is not None and said.seen is not None:
            try:
                await self.store.fetched(visitor.conversation, said.seen)
            except StoreError:
                return web.Response(status=503)
        return web.Response(status=204)

    async def poll(self, request: web.Request) -> web.Response:
        """All that waits, for pages that cannot hold a stream, or that ask whether they still belong to somebody."""
        visitor = self._visitor(request)
        if visitor is None:
            raise web.HTTPGone
        try:
            waiting = await self._waiting(visitor.conversation)
        except StoreError:
            return web.Response(status=503)
        return page(self.showing.fragments(waiting))

    async def stream(self, request: web.Request) -> web.StreamResponse:
        """A stream of what waits and what comes."""
        visitor = self._visitor(request)
        if visitor is None:
            # No content: a browser does not come again.
            return web.Response(status=204)
        try:
            with self.hub.watch(visitor.conversation) as watch:
                stream = Stream(self._waiting, visitor.conversation, watch, self.showing.fragment, self.pace)
                return await stream.run(request)
        except FullError:
            return web.Response(status=503, headers={"Retry-After": "5"})

    async def leave(self, request: web.Request) -> web.Response:
        """The quick exit: cover, forget the browser, and show something harmless."""
        visitor = self._visitor(request)
        if visitor is not None and is_from_our_page(request, self.public_url):
            await self._cover(visitor)
        if request.method == "GET":
            response = web.Response(status=303, headers={"Location": HARMLESS})
        else:
            # Browsers do not let a form of ours lead to another site; a page may.
            response = page(render("left.html", harmless=HARMLESS))
        take_cookie(response)
        return response

    # Taking turns

    async def _recognise(self, request: web.Request) -> tuple[Visitor, bool]:
        """The visitor, and whether they are new.

        A token that we never gave, or have forgotten, is not taken over: whoever planted it would know it too.
        """
        visitor = self._visitor(request)
        if visitor is None or (await self.store.load(visitor.conversation)).version == 0:
            return new_visitor(self.vault), True
        return visitor, False

    async def _take(self, visitor: Visitor, said: Said, *, is_new: bool) -> None:
        if said.event is None:
            return
        if said.seen is not None and not is_new:
            await self.store.fetched(visitor.conversation, said.seen)
        if is_new or said.opened is not None:
            await self._open(visitor, said.opened or Opened(), said.nonce)
        await self.take(self._arrival(visitor, said.nonce, said.event, said))

    async def _open(self, visitor: Visitor, opened: Opened, nonce: str) -> None:
        """Take the turn that the page has shown already; its messages need not be shown again."""
        arrival = self._arrival(visitor, f"opened:{nonce}", opened)
        self.hub.keep_back(visitor.conversation, arrival.id)
        await self.take(arrival)
        waiting = await self.store.waiting(visitor.conversation)
        if waiting and all(arrival_of(outgoing.id) == arrival.id for outgoing in waiting):
            await self.store.fetched(visitor.conversation, waiting[-1].id)

    async def _cover(self, visitor: Visitor) -> None:
        try:
            if (await self.store.load(visitor.conversation)).record is not None:
                await self.take(self._arrival(visitor, secrets.token_urlsafe(12), Wished(Wish.EXIT)))
                waiting = await self.store.waiting(visitor.conversation)
                if waiting:
                    await self.store.fetched(visitor.conversation, waiting[-1].id)
        except StoreError:
            # The cookie goes in any case, and with it the way back here.
            pass
        self.hub.leave(visitor.conversation)

    def _arrival(self, visitor: Visitor, source: str, event: Event, said: Said | None = None) -> Arrival:
        return Arrival(
            conversation=visitor.conversation,
            id=self.vault.arrival_id(visitor.conversation, source),
            address=Address(DOOR, ""),
            event=event,
            tapped=said.tapped if said else None,
            pushed=False,
            raw=(said.press or said.words).encode() if said else b"",
        )

    async def _waiting(self, conversation: ConversationId) -> list[Outgoing]:
        """What may be shown to whoever looks at the page now.

        What they asked for they come for themselves. Of the rest, what has waited is looked at anew: in place of what
        must not be shown now stands what comes of that.
        """
        shown: list[Outgoing] = []
        for _ in (1, 2):
            waiting = await self.store.waiting_since(conversation)
            shown = [one.outgoing for one in waiting if await self._may_show(one)]
            if len(shown) == len(waiting):
                break
        return shown

    async def _may_show(self, leased: Leased) -> bool:
        now, written = self.showing.clock.now(), leased.written
        if self.let_go is None or not leased.outgoing.unasked or written is None or now - written <= WAITED:
            return True
        return await self.let_go(leased)

    # Reading and answering

    def _visitor(self, request: web.Request) -> Visitor | None:
        return read_visitor(request, self.vault, self.public_url)

    async def _read(self, request: web.Request) -> Said:
        if not is_from_our_page(request, self.public_url):
            raise web.HTTPForbidden
        if request.content_type != "application/x-www-form-urlencoded":
            raise web.HTTPUnsupportedMediaType
        try:
            async with asyncio.timeout(self.pace.upload):
                body = await request.read()
        except TimeoutError:
            raise web.HTTPRequestTimeout from None
        said = read_said(body, self.showing.script())
        if said is None:
            raise web.HTTPBadRequest
        return said

    def _floods(self, request: web.Request, said: Said) -> bool:
        visitor = self._visitor(request)
        if self.gate is None or visitor is None or said.event is None:
            return False
        return self.gate.admit(visitor.conversation, said.event, self.showing.script()) is not Admission.IN

    async def _alert(self, said: Said) -> None:
        script = self.showing.script()
        if self.alert is not None and said.event is not None and calls_for_help(script, said.event):
            await self.alert()

    def _away(
        self,
        request: web.Request,
        said: Said | None,
        link: Opened,
        status: int = web.HTTPServiceUnavailable.status_code,
    ) -> web.Response:
        if _wants_fragments(request):
            response = page(self.showing.fragments_from_memory(said))
        else:
            response = page(self.showing.page_away(said, link, self._wanted(request)))
        response.set_status(status)
        response.headers["Retry-After"] = "5"
        return response

    def _wanted(self, request: web.Request) -> Language | None:
        return language_asked_for(request.headers.get("Accept-Language", ""), self.showing.script())


def _wants_fragments(request: web.Request) -> bool:
    return FRAGMENTS in request.headers.get("Accept", "")
