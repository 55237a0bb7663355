"""The bot behind its Telegram door, in this process and with nothing going out: for thousands of updates in seconds.

Real content, decisions and conversations over the store in memory. Telegram's own side would only be asked to show
toasts, and that costs more than all that is tried here; so what calls it is answered at once.
"""

import asyncio
from collections import Counter
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, replace

from aiohttp import StreamReader, web
from aiohttp.base_protocol import BaseProtocol
from aiohttp.test_utils import make_mocked_request

from bot.desk.decided import Accepted, Refusal
from bot.desk.helplines import Desks
from bot.desk.ticket import Copy, Rule, Ticket
from bot.dialogue import Conversation
from bot.dialogue.script import Script
from bot.figures import Figures
from bot.messages import ArrivalId, ConversationId, Language
from bot.roster import LiveRoster
from bot.store.contract import Address, Commit, Leased, Record
from bot.store.keys import shard_of
from bot.store.memory_store import MemoryStore
from bot.turns import Arrival, TicketArrival, Tickets, Turns
from handlers.telegram import TelegramConnection, TelegramDoor
from handlers.telegram.desk import DeskDoor, DeskOffice, GroupLines
from handlers.telegram.webhook import PROOF_HEADER
from tests.builders import LEASE, NOW
from tests.fakes import ManualClock
from tests.telegram.desk.house import HOME, OTHER, a_roster, a_script
from tests.telegram.sample import VAULT

SECRET = "the-secret-of-this-house-only"


class Mute(TelegramConnection):
    """A Telegram that agrees to everything and shows it to nobody; counts what it was asked."""

    def __init__(self) -> None:
        super().__init__("1:token", "http://127.0.0.1:9")
        self.asked: Counter[str] = Counter()

    async def call(self, method: str, parameters: Mapping[str, object], within: float = 6.0) -> bytes:
        self.asked[method] += 1
        match method:
            case "getChatMemberCount":
                return b'{"ok":true,"result":3}'
            case "getChatMember":
                return b'{"ok":true,"result":{"status":"administrator"}}'
            case _:
                return b'{"ok":true,"result":{"message_id":%d}}' % self.asked.total()


class NoPost:
    """Brings nothing anywhere."""

    def hand_over(self, leased: Leased) -> None:
        """It stays in the store."""

    def call(self, conversation: ConversationId) -> None:
        """Nobody waits."""

    def call_lines(self, lane: str) -> None:
        """They stay in the store."""


@dataclass(frozen=True, slots=True)
class ClosedHouse:
    store: MemoryStore
    roster: LiveRoster
    figures: Figures
    clock: ManualClock
    telegram: Mute
    door: TelegramDoor
    turns: Turns
    tickets: Tickets
    request: web.Request
    """Any request to the webhook; making one like the library does takes longer than all that is tried with it."""
    said: list[Accepted | Refusal]
    arrived: list[Arrival]

    async def post(self, update: bytes) -> int:
        """The status with which the webhook answers an update that has the secret."""
        loop, first = asyncio.get_running_loop(), self.request
        body = StreamReader(BaseProtocol(loop), 2**20, loop=loop)
        body.feed_data(update)
        body.feed_eof()
        request = web.Request(first._message, body, first.protocol, first._payload_writer, first.task, loop)
        answer: web.Response = await self.door.webhook_handler(request)
        return answer.status

    async def open(self, number: int) -> Ticket:
        """Somebody who has asked a helpline to write; nobody has taken it."""
        person = VAULT.conversation_id("telegram", str(number))
        opened = VAULT.ticket_id(ArrivalId(number.to_bytes(8, "big")), person, shard_of(person))
        ticket = Ticket(
            opened, person, HOME, next(iter(self.roster.current().members.values())).languages[0], asked=NOW,
            rule=Rule.LANGUAGE_PLACE_OPEN, here="th", since=NOW, due=NOW, waits_for=NOW, copies=(Copy(HOME),),
        )  # fmt: skip
        snapshot = await self.store.load(person)
        assert snapshot.record is None
        commit = Commit(person, snapshot.version, ArrivalId(b"o%07d" % (number % 10**7)), None, opens=ticket)
        await self.store.commit(commit, NOW, LEASE)
        return ticket

    async def settle(self, number: int, language: str = "km") -> None:
        """Somebody who has told where they are, and stands at home."""
        person = VAULT.conversation_id("telegram", str(number))
        told = Conversation(Language(language), {"here": "th", "origin": "kh"})
        where = Address("telegram", str(number))
        await self.store.commit(Commit(person, 0, ArrivalId(b"settled."), Record(where, told)), NOW, LEASE)

    def state(self) -> str:
        """All that tickets and staff are, and what each person has told; not what waits to be shown to them."""
        people = {
            name: (lane.record.address, lane.record.conversation.profile)
            for name, lane in self.store._lanes.items()
            if lane.record is not None
        }
        desk = {
            name: [entry.outgoing.id for entry in lane.outbox]
            for name, lane in self.store._lanes.items()
            if name.startswith("~") or "!" in name
        }
        tickets = {name: (lane.version, lane.ticket) for name, lane in self.store._tickets.items()}
        return repr((people, desk, tickets, self.store._roster, sorted(self.store._codes)))

    def failures(self) -> dict[tuple[str, str], int]:
        """What the bot has noticed that it could not handle."""
        wrong = ("arrival_failed", "turn_failed", "wonder_failed", "timer_failed", "arrival_waits_for_store")
        return {what: count for what, count in self.figures.counts.items() if what[0] in wrong}


@asynccontextmanager
async def a_closed_house(real: Script) -> AsyncIterator[ClosedHouse]:
    store, figures, clock, telegram = MemoryStore(), Figures(), ManualClock(), Mute()
    script = replace(a_script(real), desks=Desks({HOME: 0, OTHER: 0}))
    roster = LiveRoster(store, clock)
    await store.save_roster(a_roster(NOW), 0)
    await roster.read()
    tickets = Tickets(store, lambda: script, roster.current, NoPost(), clock, figures)
    said: list[Accepted | Refusal] = []
    arrived: list[Arrival] = []

    async def take_ticket(arrival: TicketArrival) -> Accepted | Refusal:
        said.append(await tickets.take(arrival))
        return said[-1]

    async def take(arrival: Arrival) -> None:
        arrived.append(arrival)
        await turns.take(arrival)

    async def no_code(code: str, who: str) -> str:
        return "code-wrong"

    turns = Turns(store, lambda: script, NoPost(), clock, figures, VAULT, take_ticket)
    office = DeskOffice(
        *(telegram, store, VAULT, lambda: script, roster.current, roster.change, clock, figures), GroupLines(clock)
    )
    desk = DeskDoor(office, take_ticket, no_code, no_code)
    door = TelegramDoor(telegram, take, VAULT, lambda: script, clock, figures, desk)
    path = door.expect_webhook("https://bot.example", SECRET)
    request = make_mocked_request("POST", path, {PROOF_HEADER: SECRET})
    try:
        yield ClosedHouse(store, roster, figures, clock, telegram, door, turns, tickets, request, said, arrived)
    finally:
        await desk.close()
