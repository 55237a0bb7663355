"""A server on a real port with a store in memory, and a phone that reaches it over HTTP."""

import asyncio
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from http.cookies import SimpleCookie
from types import TracebackType
from typing import Self

from aiohttp import ClientResponse, ClientSession
from multidict import CIMultiDictProxy
from yarl import URL

from bot.clock import Clock, SystemClock
from bot.dialogue.script import Script
from bot.figures import Figures
from bot.messages import ConversationId
from bot.store.contract import (
    Commit,
    Committed,
    Leased,
    Outcome,
    Outgoing,
    OutgoingId,
    Snapshot,
    StoreDownError,
    StoreFullError,
)
from bot.store.memory_store import MemoryStore
from bot.store.sealing import KEY_BYTES, Vault
from bot.turns.floodgate import Floodgate
from bot.turns.turns import Turns
from handlers.web.chat.hub import Hub
from handlers.web.chat.routes import FRAGMENTS
from handlers.web.chat.stream import Pace
from handlers.web.errors import Handler
from handlers.web.server import Surroundings, build_application, serve
from tests.fakes import NAMES, nobody_takes
from tests.web.reading import SeenPage, read_page

LIMIT = 60.0
"""What is waited for comes much sooner; a busy machine may take its time."""
QUICK = Pace(look=0.05, breath=0.2)


class MoodyStore(MemoryStore):
    """A store that answers nothing while it is down, and remembers what it wrote."""

    def __init__(self) -> None:
        super().__init__()
        self.is_down = False
        self.is_stuck = False
        self.is_full = False
        self.pings = 0
        self.commits: list[Commit] = []

    async def load(self, conversation: ConversationId) -> Snapshot:
        self._look()
        return await super().load(conversation)

    async def commit(self, commit: Commit, now: datetime, lease: timedelta) -> Outcome:
        self._look()
        outcome = await super().commit(commit, now, lease)
        if isinstance(outcome, Committed):
            self.commits.append(commit)
        return outcome

    async def waiting(self, conversation: ConversationId) -> Sequence[Outgoing]:
        self._look()
        return await super().waiting(conversation)

    async def waiting_since(self, conversation: ConversationId) -> Sequence[Leased]:
        self._look()
        return await super().waiting_since(conversation)

    async def fetched(self, conversation: ConversationId, last: OutgoingId) -> None:
        self._look()
        await super().fetched(conversation, last)

    async def heard(self, name: str) -> datetime | None:
        self._look()
        return await super().heard(name)

    async def ping(self) -> None:
        self.pings += 1
        self._look()
        if self.is_full:
            raise StoreFullError("the store takes no more")
        if self.is_stuck:
            await asyncio.Event().wait()

    def _look(self) -> None:
        if self.is_down:
            raise StoreDownError("the store is away")


class HubOnly:
    """Messengers without any that push."""

    def __init__(self, hub: Hub) -> None:
        self._hub = hub

    def hand_over(self, leased: Leased) -> None:
        raise AssertionError("nothing is pushed to the web")

    def call(self, conversation: ConversationId) -> None:
        self._hub.call(conversation)

    def call_lines(self, lane: str) -> None:
        """There are none."""


@dataclass
class House:
    """What stays when the server is started again: the script, the store and the keys."""

    script: Script
    store: MoodyStore = field(default_factory=MoodyStore)
    figures: Figures = field(default_factory=Figures)
    clock: Clock = field(default_factory=SystemClock)
    public_url: str | None = None
    pace: Pace = QUICK
    hub: Hub = field(default_factory=Hub)
    is_leaving: bool = False
    alerts: int = 0
    vault: Vault = field(default_factory=lambda: Vault(b"i" * 32, {1: b"k" * KEY_BYTES}, 1))
    port: int = 0
    silence: float = 60.0
    most: int = 1000
    gate: Floodgate | None = None

    async def _alert(self) -> None:
        self.alerts += 1

    @asynccontextmanager
    async def open(self, more: Mapping[str, Handler] | None = None) -> AsyncIterator[str]:
        """Serve; gives the address. A second time it is the same one."""
        self.hub = Hub()
        turns = Turns(self.store, lambda: self.script, HubOnly(self.hub), self.clock, self.figures, NAMES, nobody_takes)
        application = build_application(
            Surroundings(
                take=turns.take,
                store=self.store,
                vault=self.vault,
                script=lambda: self.script,
                hub=self.hub,
                clock=self.clock,
                figures=self.figures,
                public_url=self.public_url,
                is_leaving=lambda: self.is_leaving,
                pace=self.pace,
                alert=self._alert,
                gate=self.gate,
                let_go=turns.lets_go,
            ),
            more,
        )
        address = ("127.0.0.1", self.port)
        async with serve(application, *address, silence=self.silence, most=self.most) as self.port:
            yield f"http://127.0.0.1:{self.port}"


@dataclass
class Answered:
    """A response as it came."""

    status: int
    headers: CIMultiDictProxy[str]
    text: str

    @property
    def page(self) -> SeenPage:
        return read_page(self.text)

    @property
    def cookies(self) -> list[str]:
        return self.headers.getall("Set-Cookie", [])


class Phone:
    """One browser, which keeps cookies as browsers do on this machine."""

    def __init__(self, base: str, headers: Mapping[str, str] | None = None) -> None:
        self.base = base
        self.cookies: dict[str, str] = {}
        self.headers = {"Origin": base, "Accept": "text/html", **(headers or {})}
        self.http = ClientSession()
        self._nonces = 0

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self.http.close()

    async def ask(
        self, method: str, path: str, fields: Mapping[str, str] | None = None, **headers: str | None
    ) -> Answered:
        """One request; a header of None is left out."""
        sent = {**self._sent(), **{name.replace("_", "-"): value for name, value in headers.items()}}
        async with self.http.request(
            method,
            URL(self.base + path, encoded=True),
            data=fields,
            headers={name: value for name, value in sent.items() if value is not None},
            allow_redirects=False,
        ) as response:
            self._keep(response)
            return Answered(response.status, response.headers, await response.text())

    async def get(self, path: str = "/", **headers: str | None) -> Answered:
        return await self.ask("GET", path, None, **headers)

    async def look(self, path: str = "/") -> SeenPage:
        answer = await self.get(path)
        assert answer.status == 200
        return answer.page

    async def press(self, page: SeenPage, means: str, **headers: str | None) -> Answered:
        """Press the button that means this, in the form as it stands on the page."""
        article = page.article_with(means)
        return await self.ask("POST", "/chat/say", {**article.fields, "press": article.button(means).press}, **headers)

    async def walk(self, *ways: str) -> SeenPage:
        """Press one button after the other, each on the page that came of the one before."""
        page = await self.look()
        for means in ways:
            answer = await self.press(page, means)
            assert (answer.status, answer.headers["Location"]) == (303, "/")
            page = await self.look()
        return page

    async def say(self, words: str, **headers: str | None) -> Answered:
        """Write words the way the page's script sends them."""
        self._nonces += 1
        fields = {"words": words, "nonce": f"nonce-{self._nonces:04}"}
        return await self.ask("POST", "/chat/say", fields, **{"Accept": FRAGMENTS, **headers})

    @asynccontextmanager
    async def stream(self) -> AsyncIterator["Streamed"]:
        """Hold the stream of messages."""
        async with self.http.get(self.base + "/chat/stream", headers=self._sent()) as response:
            yield Streamed(response)

    def _sent(self) -> dict[str, str]:
        kept = "; ".join(f"{name}={value}" for name, value in self.cookies.items())
        return {**self.headers, **({"Cookie": kept} if kept else {})}

    def _keep(self, response: ClientResponse) -> None:
        for line in response.headers.getall("Set-Cookie", []):
            for name, morsel in SimpleCookie(line).items():
                if morsel["max-age"] == "0":
                    self.cookies.pop(name, None)
                else:
                    self.cookies[name] = morsel.value


@dataclass
class Streamed:
    """Server-sent events as they come."""

    response: ClientResponse

    async def lines(self) -> list[str]:
        """The lines of the next event or comment."""
        lines: list[str] = []
        async with asyncio.timeout(LIMIT):
            while True:
                line = (await self.response.content.readline()).decode()
                if line in ("\n", ""):
                    return lines
                lines.append(line.rstrip("\n"))

    async def event(self) -> dict[str, str]:
        """The next event that is not a comment: its id and data."""
        while True:
            told: dict[str, str] = {}
            lines = await self.lines()
            if not lines:
                return told
            for line in lines:
                name, _, value = line.partition(": ")
                told[name] = f"{told[name]}\n{value}" if name in told else value
            if "data" in told:
                return told
