"""The console over a real store and by the real clock, with many staff: for measuring."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, replace
from pathlib import Path

from bot.casebook import Epochs, Keeper, load_writers, new_key
from bot.clock import SystemClock
from bot.compiler import compile_content
from bot.desk.actions import ByPerson
from bot.desk.helplines import Helplines, Mode
from bot.desk.letters import PersonWrote
from bot.desk.staff import Link, Member, Role, Roster
from bot.desk.ticket import Copy, Rule, StaffId, Ticket, TicketId, Urgency
from bot.enrolment import Enrolment
from bot.figures import Figures
from bot.guard.audit import Chronicle
from bot.guard.credentials import Credential
from bot.guard.locks import lock_with_password
from bot.guard.sign_in import SignIn
from bot.messages import ArrivalId, ConversationId
from bot.roster import LiveRoster
from bot.store.contract import Commit
from bot.store.keys import shard_of
from bot.store.redis_store import RedisStore, open_store
from bot.store.sealing import Vault
from bot.turns import TicketArrival, Tickets
from handlers.web.assets import Assets
from handlers.web.chat.hub import Hub
from handlers.web.console.board import Board
from handlers.web.console.casefile import Cabinet
from handlers.web.console.door import ConsoleDoor
from handlers.web.console.office import Office
from handlers.web.console.showing import ConsolePages
from handlers.web.server import Surroundings, build_application, serve
from tests.builders import LEASE
from tests.store.servers import a_server
from tests.web.console.desk_house import EN, HOME, MY, QUICK, Browser, NoLines, a_ticket_id


@dataclass
class BenchHouse:
    """The console, its staff's browsers, and a hand for what people do."""

    store: RedisStore
    tickets: Tickets
    board: Board
    clock: SystemClock
    staff: tuple[Browser, ...]
    turn: int = 0

    async def open(self, number: int, *, words: int, urgency: Urgency = Urgency.NORMAL) -> TicketId:
        """Somebody asks for a person, and writes so many times."""
        person, now = ConversationId(f"{number:022}"), self.clock.now()
        name = a_ticket_id(number, shard_of(person))
        ticket = Ticket(
            name, person, HOME, MY, now, Rule.LANGUAGE_PLACE_OPEN, "th", "mm", "wage-unpaid", urgency,
            since=now, due=now, waits_for=now, copies=(Copy(HOME),),
        )  # fmt: skip
        await self.store.commit(Commit(person, 0, self._arrival(), None, opens=ticket), now, LEASE)
        for count in range(words):
            told = PersonWrote(f"{count} သူတို့က ကျွန်တော့်ပတ်စ်ပို့ကို ယူထားတယ်", MY, str(count))
            await self.tickets.take(TicketArrival(name, self._arrival(), ByPerson(told)))
        return name

    def _arrival(self) -> ArrivalId:
        self.turn += 1
        return ArrivalId(self.turn.to_bytes(8, "big"))


@asynccontextmanager
async def a_bench_house(folder: Path, content: Path, staff: int) -> AsyncIterator[BenchHouse]:
    clock, figures = SystemClock(), Figures()
    script = compile_content(content, clock.now().date()).script
    every = {name: replace(one, mode=Mode.ALERT) for name, one in script.helplines.all.items()}
    script = replace(script, helplines=Helplines(every, script.helplines.holidays))
    vault = Vault(b"i" * 32, {1: b"w" * 32}, 1)
    async with AsyncExitStack() as stack:
        server = stack.enter_context(a_server())
        store = open_store(server.url, vault)
        stack.push_async_callback(store.close)
        shelf, keys = store.shelf(), [new_key() for _ in range(staff)]
        members = [
            Member(StaffId(f"m{place}"), f"M{place}", Role.SUPERVISOR, frozenset({HOME}), (EN,), key=key.public)
            for place, key in enumerate(keys)
        ]
        links = {HOME: Link(HOME, "-1", clock.now())}
        await store.save_roster(Roster({one.id: one for one in members}, links), 0)
        roster = LiveRoster(store, clock)
        await roster.read()
        writers, epochs = load_writers(folder / "keys"), Epochs(folder / "epochs")
        keeper = Keeper(epochs, writers.newest, figures)
        tickets = Tickets(store, lambda: script, roster.current, NoLines(), clock, figures, keeper)
        chronicle = Chronicle(shelf, writers.newest, writers.publics)
        sign_in, board = SignIn(shelf, roster, vault, chronicle, clock, QUICK), Board(store, shelf, clock)
        enrolment = Enrolment(roster, vault, clock)

        def build(assets: Assets) -> ConsoleDoor:
            cabinet, pages = Cabinet(epochs, writers.publics, roster.current), ConsolePages(lambda: script, assets)
            parts = (store, shelf, vault, clock, lambda: script, roster, tickets, sign_in, chronicle)
            return ConsoleDoor(Office(*parts, enrolment, cabinet, board, pages))

        async def nobody(arrival: object) -> None:
            raise AssertionError(arrival)

        around = Surroundings(nobody, store, vault, lambda: script, Hub(), clock, figures)
        port = await stack.enter_async_context(serve(build_application(around, console=build), "127.0.0.1", 0))
        following = asyncio.create_task(board.follow())
        stack.callback(following.cancel)
        base = f"http://127.0.0.1:{port}"
        browsers = []
        for member, key in zip(members, keys, strict=True):
            lock = lock_with_password(key.private, "a long enough password", QUICK)
            await sign_in.credentials.keep(Credential(member.id, key.public, lock))
            session = await sign_in.sessions.begin(member.id, key.private, clock.now())
            browser = await stack.enter_async_context(Browser(base))
            browser.take_cookie(session.cookie)
            browsers.append(browser)
        yield BenchHouse(store, tickets, board, clock, tuple(browsers))
