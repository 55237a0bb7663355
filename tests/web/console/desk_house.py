"""The console with two helplines, real decisions and real sealing, over real HTTP; people write to it by letters."""

import asyncio
import json
import re
from collections.abc import AsyncIterator, Callable, Iterable, Mapping
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field, replace
from datetime import timedelta
from hashlib import blake2b
from itertools import count
from pathlib import Path
from types import TracebackType
from typing import Self
from urllib.parse import urlsplit

import pyotp
from aiohttp import ClientResponse, ClientSession, CookieJar
from yarl import URL

from bot.casebook import Epochs, Keeper, load_writers
from bot.desk.actions import ByPerson, Due
from bot.desk.decided import Accepted, Refusal
from bot.desk.helplines import Helpline, HelplineId, Helplines, Mode
from bot.desk.letters import PersonWrote, ToTicket
from bot.desk.staff import Link, Member, Role, Roster
from bot.desk.ticket import Copy, Rule, StaffId, Ticket, TicketId
from bot.dialogue.script import Script
from bot.enrolment import Enrolment
from bot.facts import Hours
from bot.figures import Figures
from bot.guard.audit import Chronicle
from bot.guard.locks import Stretching
from bot.guard.sign_in import SignIn
from bot.messages import ArrivalId, ConversationId, Language
from bot.roster import LiveRoster
from bot.store.contract import Commit, Outgoing, StoreError, letters_of
from bot.store.keys import shard_of
from bot.store.memory_store import MemoryStore
from bot.store.redis_store import RedisStore
from bot.store.sealing import Vault
from bot.store.shelf import MemoryShelf, Shelf
from bot.turns import TicketArrival, Tickets
from handlers.web.assets import Assets
from handlers.web.chat.hub import Hub
from handlers.web.console.access import Route
from handlers.web.console.board import Board
from handlers.web.console.casefile import Cabinet
from handlers.web.console.door import ConsoleDoor
from handlers.web.console.office import Office
from handlers.web.console.showing import ConsolePages
from handlers.web.server import Surroundings, build_application, serve
from tests.fakes import ManualClock

KM, MY, TH, EN = (Language(code) for code in ("km", "my", "th", "en"))
HOME, OTHER = HelplineId("example-thailand"), HelplineId("example-cambodia")
SUE, BEN, CHAN, ADA, OPAL, EDIT = (StaffId(name) for name in ("sue", "ben", "chan", "ada", "opal", "edit"))
TOKEN = "12345:token-of-a-test"
PASSWORD = "a long enough password"
QUICK = Stretching(1, 8192)
"""As little work for a guess as the library allows: these tests are about everything else."""

STAFF = (
    Member(SUE, "Sue", Role.SUPERVISOR, frozenset({HOME}), (EN,)),
    Member(BEN, "Ben", Role.RESPONDER, frozenset({HOME}), (EN,)),
    Member(CHAN, "Chan", Role.RESPONDER, frozenset({OTHER}), (KM, EN)),
    Member(ADA, "Ada", Role.AUDITOR, frozenset(), (EN,)),
    Member(OPAL, "Opal", Role.OPERATOR, frozenset(), (EN,)),
    Member(EDIT, "Edit", Role.EDITOR, frozenset(), (EN,)),
)
_CSRF = re.compile(r'name="csrf" value="([^"]*)"')


def a_ticket_id(number: int, shard: int) -> TicketId:
    """An id as random-looking as a real one, so that aliases differ."""
    return TicketId(f"~{blake2b(str(number).encode()).hexdigest()[:20]}{shard:02}")


class NoLines:
    """Nobody brings anything on its way: it stays on its line, and is noted."""

    def __init__(self) -> None:
        self.called: list[str] = []

    def call_lines(self, lane: str) -> None:
        self.called.append(lane)


@dataclass
class DeskHouse:
    """The console, and a hand for what people do."""

    base: str
    store: MemoryStore | RedisStore
    shelf: Shelf
    clock: ManualClock
    roster: LiveRoster
    tickets: Tickets
    lines: NoLines
    sign_in: SignIn
    chronicle: Chronicle
    enrolment: Enrolment
    board: Board
    door: ConsoleDoor
    epochs: Epochs
    secrets: dict[StaffId, str] = field(default_factory=dict)
    numbers: "count[int]" = field(default_factory=count)

    async def open(self, number: int = 1, *, helpline: HelplineId = HOME, **changes: object) -> TicketId:
        """Somebody asks for a person; their words come after."""
        person = ConversationId(f"{number:022}")
        name = a_ticket_id(number, shard_of(person))
        now = self.clock.now()
        ticket = Ticket(
            name, person, helpline, MY, now, Rule.LANGUAGE_PLACE_OPEN, "th", "mm", "wage-unpaid", due=now,
            since=now, waits_for=now, copies=(Copy(helpline),),
        )  # fmt: skip
        ticket = replace(ticket, **changes)  # type: ignore[arg-type] # each test names fields of a ticket
        commit = Commit(person, 0, self._arrival(), None, opens=ticket)
        await self.store.commit(commit, now, timedelta(seconds=10))
        await self.tickets.take(TicketArrival(name, self._arrival(), Due(now)))
        await self.board.look()
        return name

    async def tell(self, ticket: TicketId, letter: ToTicket | str) -> Accepted | Refusal:
        """The person does something."""
        told = PersonWrote(letter, MY, "7") if isinstance(letter, str) else letter
        decision = await self.tickets.take(TicketArrival(ticket, self._arrival(), ByPerson(told)))
        await self.board.look()
        return decision

    async def ticket(self, name: TicketId) -> Ticket:
        found = (await self.store.load_ticket(name)).ticket
        assert found is not None
        return found

    async def until_store_is_back(self) -> None:
        """After it was started anew; the board has looked then."""
        async with asyncio.timeout(30):
            while True:
                with suppress(StoreError):
                    return await self.board.look()
                await asyncio.sleep(0.05)

    async def letters(self, name: TicketId) -> list[Outgoing]:
        """What goes to the person."""
        return list(await self.store.waiting(letters_of(name)))

    def code(self, member: StaffId) -> str:
        """What their authenticator app shows, a new one each time."""
        self.clock.set(self.clock.now() + timedelta(seconds=30))
        return pyotp.TOTP(self.secrets[member]).at(self.clock.now())

    def _arrival(self) -> ArrivalId:
        return ArrivalId((10_000 + next(self.numbers)).to_bytes(8, "big"))


class Browser:
    """Somebody's browser: it keeps cookies and sends forms as a page of ours would."""

    def __init__(self, base: str) -> None:
        self._base = base
        self._client = ClientSession(cookie_jar=CookieJar(unsafe=True, treat_as_secure_origin=base))
        self.csrf = ""
        self.text = ""
        self.status = 0
        self.path = ""

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self._client.close()

    def take_cookie(self, session: str) -> None:
        """Be in a session that was begun elsewhere."""
        self._client.cookie_jar.update_cookies({"__Host-desk": session}, URL(self._base))

    async def get(self, path: str, **headers: str) -> str:
        """Go to a page and read it."""
        headers.setdefault("Accept", "text/html")
        async with self._client.get(self._base + path, headers=headers) as response:
            return await self._read(response)

    async def post(self, path: str, form: Mapping[str, str] | None = None, *, csrf: str | None = None) -> str:
        """Send a form of the page that was read last."""
        told = {"csrf": self.csrf if csrf is None else csrf, **(form or {})}
        headers = {"Accept": "text/html", "Sec-Fetch-Site": "same-origin"}
        async with self._client.post(self._base + path, data=told, headers=headers) as response:
            return await self._read(response)

    @asynccontextmanager
    async def listen(self, path: str) -> AsyncIterator[AsyncIterator[object]]:
        """What a stream tells, piece by piece, until it ends."""
        async with asyncio.timeout(60), self._client.get(self._base + path) as response:

            async def pieces() -> AsyncIterator[object]:
                async for line in response.content:
                    told = line.decode()
                    if told == "event: over\n":
                        return
                    if told.startswith("data: "):
                        yield json.loads(told.removeprefix("data: "))

            yield pieces()

    async def sign_in(self, house: DeskHouse, member: StaffId) -> None:
        """By password and code, the first time by an invitation."""
        if member not in house.secrets:
            found = house.roster.current().members[member]
            code = await house.enrolment.invite_again(found)
            await self.join(house, member, str(code))
            return
        name = house.roster.current().members[member].name
        await self.post("/desk/sign-in", {"name": name, "password": PASSWORD})
        await self.post("/desk/code", {"code": house.code(member)})

    async def join(self, house: DeskHouse, member: StaffId, invitation: str) -> None:
        """Take an invitation."""
        text = await self.get(f"/desk/join?code={invitation}")
        (secret,) = re.findall(r'name="secret" value="([A-Z2-7]+)"', text)
        house.secrets[member] = secret
        form = {"code": invitation, "secret": secret, "password": PASSWORD, "again": PASSWORD}
        await self.post("/desk/join", form | {"totp": house.code(member)})

    async def _read(self, response: ClientResponse) -> str:
        self.text, self.status = await response.text(), response.status
        self.path = urlsplit(str(response.url)).path
        found = _CSRF.findall(self.text)
        self.csrf = found[-1] if found else self.csrf
        return self.text


def a_script(real: Script, *, mode: Mode = Mode.ALERT) -> Script:
    """The content that ships, with two of its helplines open at all hours."""
    always = Hours("Asia/Bangkok", always=True)
    canned = ("received", "office")
    first = Helpline(HOME, (KM, EN), EN, always, fallbacks=(OTHER,), mode=mode, canned=canned)
    second = Helpline(OTHER, (KM,), KM, always, mode=mode, canned=("received",))
    return replace(real, helplines=Helplines({HOME: first, OTHER: second}))


@asynccontextmanager
async def a_desk_house(
    script: Script,
    folder: Path,
    more: Callable[[Office, Assets], Iterable[Route]] = lambda _office, _assets: (),
    on: RedisStore | None = None,
) -> AsyncIterator[DeskHouse]:
    clock, figures = ManualClock(), Figures()
    store: MemoryStore | RedisStore = MemoryStore() if on is None else on
    shelf: Shelf = MemoryShelf(clock) if on is None else on.shelf()
    vault = Vault(b"i" * 32, {1: b"w" * 32}, 1)
    roster = LiveRoster(store, clock)
    links = {one: Link(one, f"-{place}", clock.now()) for place, one in enumerate((HOME, OTHER), 1)}
    await store.save_roster(Roster({one.id: one for one in STAFF}, links), 0)
    await roster.read()
    writers, epochs = load_writers(folder / "keys"), Epochs(folder / "epochs")
    keeper = Keeper(epochs, writers.newest, figures)
    lines = NoLines()
    tickets = Tickets(store, lambda: script, roster.current, lines, clock, figures, keeper)
    chronicle = Chronicle(shelf, writers.newest, writers.publics)
    sign_in = SignIn(shelf, roster, vault, chronicle, clock, QUICK)
    enrolment, board = Enrolment(roster, vault, clock), Board(store, shelf, clock)
    doors: list[ConsoleDoor] = []

    def build(assets: Assets) -> ConsoleDoor:
        pages = ConsolePages(lambda: script, assets)
        cabinet = Cabinet(epochs, writers.publics, roster.current)
        parts = (store, shelf, vault, clock, lambda: script, roster, tickets, sign_in, chronicle)
        office = Office(*parts, enrolment, cabinet, board, pages, telegram_token=TOKEN)
        door = ConsoleDoor(office, more(office, assets))
        doors.append(door)
        return door

    async def nobody(arrival: object) -> None:
        raise AssertionError(arrival)

    around = Surroundings(nobody, store, vault, lambda: script, Hub(), clock, figures)
    async with serve(build_application(around, console=build), "127.0.0.1", 0) as port:
        yield DeskHouse(
            f"http://127.0.0.1:{port}", store, shelf, clock, roster, tickets, lines, sign_in, chronicle, enrolment,
            board, doors[0], epochs,
        )  # fmt: skip
