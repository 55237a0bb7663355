"""Two helplines with their groups in a pretended Telegram, real decisions and a real delivery behind them."""

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from itertools import count
from random import Random

from bot.channel import Channel, Delivered
from bot.delivery import Delivery
from bot.desk.actions import ByPerson, Due
from bot.desk.decided import Accepted, Refusal
from bot.desk.helplines import Helpline, HelplineId, Helplines, Mode
from bot.desk.letters import PersonWrote, ToTicket
from bot.desk.staff import Link, Member, Role, Roster
from bot.desk.ticket import Copy, Rule, StaffId, Ticket, TicketId, Urgency
from bot.dialogue.script import Script
from bot.facts import Hours
from bot.figures import Figures
from bot.messages import ArrivalId, ConversationId, Language
from bot.roster import LiveRoster
from bot.store.contract import Commit, Leased, Outgoing, desk_line
from bot.store.keys import shard_of
from bot.store.memory_store import MemoryStore
from bot.turns.ticket_arrival import TicketArrival
from bot.turns.tickets import DESK, Tickets
from handlers.telegram import TelegramConnection, TelegramDoor
from handlers.telegram.desk import DeskChannel, DeskDoor, DeskOffice, GroupLines
from tests.telegram.sample import PATIENCE, VAULT, breathe
from tests.telegram_server import FakeTelegram, Group, Message, Person
from tests.telegram_server.clock import Clock as ServerClock

EN = Language("en")
HOME, OTHER = HelplineId("example-thailand"), HelplineId("example-cambodia")
ANNA, BEN, CHAN = StaffId("anna-id"), StaffId("ben-id"), StaffId("chan-id")
GROUP, OTHER_GROUP = -1001, -1002
LEASE = timedelta(seconds=10)


class SharedClock:
    """Our clock and Telegram's are one, so that what it counts in a minute is what we count."""

    def __init__(self, clock: ServerClock) -> None:
        self._clock = clock

    def now(self) -> datetime:
        return datetime.fromtimestamp(self._clock.now(), UTC)

    async def sleep(self, seconds: float) -> None:
        if seconds <= 0:
            await asyncio.sleep(0)
        await self._clock.sleep(seconds)


@dataclass
class Post:
    """Brings what lies on tickets' lines on its way; letters to people are only counted."""

    delivery: Delivery | None = None

    def call_lines(self, lane: str) -> None:
        if self.delivery is not None:
            self.delivery.call_lines(lane)

    def hand_over(self, leased: Leased) -> None:
        raise AssertionError(leased)


@dataclass
class Mailbox:
    """The people's side: it keeps the letters that tickets write to them."""

    letters: list[Outgoing] = field(default_factory=list)

    async def deliver(self, outgoing: Outgoing) -> Delivered:
        self.letters.append(outgoing)
        return Delivered()


@dataclass
class House:
    telegram: FakeTelegram
    store: MemoryStore
    clock: SharedClock
    figures: Figures
    roster: LiveRoster
    tickets: Tickets
    office: DeskOffice
    channel: DeskChannel
    door: TelegramDoor
    group: Group
    other: Group
    anna: Person
    ben: Person
    chan: Person
    mailbox: Mailbox
    post: Post
    taken: list[TicketArrival]
    said: list[Accepted | Refusal]
    troubles: list[Exception]
    numbers: "count[int]" = field(default_factory=lambda: count(1))

    async def until(self, condition: Callable[[], object], within: float = 20.0, step: float = 0.1) -> None:
        """Let time pass until it is so."""
        end = self.telegram.clock.now() + within
        async with asyncio.timeout(PATIENCE):
            while not condition():
                assert self.telegram.clock.now() < end, "it did not come to pass in time"
                await self.let_pass(step)

    async def let_pass(self, seconds: float, step: float = 0.1) -> None:
        """Move both clocks on, with room to breathe for everybody."""
        left = seconds
        while left > 1e-9:
            self.telegram.clock.advance(min(step, left))
            left -= step
            for _ in range(3):
                await breathe()

    async def open(self, number: int = 1, *, helpline: HelplineId = HOME, urgency: Urgency = Urgency.NORMAL) -> Ticket:
        """Somebody asks for a person; nobody has been called yet."""
        person = ConversationId(f"{number:022}")
        ticket_id = VAULT.ticket_id(ArrivalId(number.to_bytes(8, "big")), person, shard_of(person))
        now = self.clock.now()
        ticket = Ticket(
            ticket_id, person, helpline, Language("km"), asked=now, rule=Rule.LANGUAGE_PLACE_OPEN, here="th",
            origin="kh", urgency=urgency, since=now, due=now, waits_for=now, copies=(Copy(helpline),),
        )  # fmt: skip
        commit = Commit(person, 0, ArrivalId(b"open%04d" % number), None, opens=ticket)
        await self.store.commit(commit, now, lease=LEASE)
        return ticket

    async def call(self, ticket: Ticket) -> None:
        """Let the alert go out."""
        await self.happens(ticket.id, Due(self.clock.now()))

    async def happens_without_delivery(self, ticket: Ticket) -> None:
        """Let the alert be written, and nobody bring it."""
        self.post.delivery, delivery = None, self.post.delivery
        await self.call(ticket)
        self.post.delivery = delivery

    @staticmethod
    def line_of(ticket: Ticket, suffix: str = "") -> ConversationId:
        return desk_line(ticket.id, f"{ticket.helpline}{suffix}")

    async def happens(self, ticket: TicketId, what: Due | ByPerson) -> Accepted | Refusal:
        arrival = ArrivalId(next(self.numbers).to_bytes(8, "big"))
        return await self.tickets.take(TicketArrival(ticket, arrival, what))

    async def hear(self, ticket: Ticket, letter: ToTicket) -> None:
        await self.happens(ticket.id, ByPerson(letter))

    async def hear_words(self, ticket: Ticket, words: str) -> None:
        await self.hear(ticket, PersonWrote(words, Language("km")))

    async def ticket(self, ticket: Ticket) -> Ticket:
        found = (await self.store.load_ticket(ticket.id)).ticket
        assert found is not None
        return found

    async def thread(self, ticket: Ticket, helpline: HelplineId = HOME) -> int:
        found = await self.store.topic_of(ticket.id, helpline)
        assert found is not None
        return int(found[1])

    async def topic(self, ticket: Ticket) -> int:
        """A ticket that somebody has taken, in its topic."""
        await self.hear_words(ticket, "hello")
        await self.until(lambda: self.of_topics("hello"))
        return await self.thread(ticket)

    def of_topics(self, words: str) -> list[Message]:
        return [one for one in self.group.visible() if words in one.text and one.thread_id is not None]

    def general(self, group: Group | None = None) -> list[Message]:
        """What stands in the group outside of all topics."""
        shown = (group or self.group).visible()
        return [one for one in shown if one.thread_id is None and one.from_bot and one.text]

    def letters(self) -> list[object]:
        return [one.letter for one in self.mailbox.letters]

    def in_roster(self) -> Link:
        return self.roster.current().links[HOME]

    def violations(self) -> list[str]:
        return [violation.why for violation in self.telegram.violations]

    async def settled(self) -> None:
        """Wait until Telegram has nothing for us and our outbox is empty."""
        await self.until(lambda: not self.telegram.updates.pending)
        await self.let_pass(1.5)


def a_script(real: Script, *, mode: Mode = Mode.RELAY) -> Script:
    """The content that ships, with two of its helplines open for work in English."""
    always = Hours("Asia/Bangkok", always=True)
    first = Helpline(
        HOME, (Language("km"), EN), EN, always, fallbacks=(OTHER,), mode=mode, canned=("received", "office")
    )
    second = Helpline(OTHER, (Language("km"),), EN, always, mode=mode)
    return replace(real, helplines=Helplines({HOME: first, OTHER: second}))


def a_roster(now: datetime, *, has_topics: bool = True) -> Roster:
    staff = (
        Member(ANNA, "Anna", Role.SUPERVISOR, frozenset({HOME}), (EN,), telegram="101", key=b"k" * 32),
        Member(BEN, "Ben", Role.RESPONDER, frozenset({HOME}), (EN,), telegram="102", key=b"k" * 32),
        Member(CHAN, "Chan", Role.RESPONDER, frozenset({OTHER}), (EN,), telegram="103", key=b"k" * 32),
    )
    links = (Link(HOME, str(GROUP), now, has_topics), Link(OTHER, str(OTHER_GROUP), now))
    return Roster({member.id: member for member in staff}, {link.helpline: link for link in links})


@asynccontextmanager
async def a_house(
    script: Script, *, kind: str = "supergroup", forum: bool = True, limits: bool = True
) -> AsyncIterator[House]:
    store, figures, post, mailbox = MemoryStore(), Figures(), Post(), Mailbox()
    taken: list[TicketArrival] = []
    said: list[Accepted | Refusal] = []
    async with FakeTelegram() as telegram, TelegramConnection(telegram.token, telegram.url) as connection:
        clock = SharedClock(telegram.clock)
        if limits:
            telegram.faults.limits()
        anna, ben, chan = (telegram.person(number, first_name=name, started=True) for number, name in STAFF)
        group = telegram.group(GROUP, kind=kind, forum=forum, members=(anna, ben))
        other = telegram.group(OTHER_GROUP, forum=True, members=(chan,))
        roster = LiveRoster(store, clock)
        await store.save_roster(a_roster(clock.now(), has_topics=forum), 0)
        await roster.read()
        tickets = Tickets(store, lambda: script, roster.current, post, clock, figures)

        async def take(arrival: TicketArrival) -> Accepted | Refusal:
            taken.append(arrival)
            decided = await tickets.take(arrival)
            said.append(decided)
            return decided

        async def no_code(code: str, who: str) -> str:
            return "code-wrong"

        office = DeskOffice(
            *(connection, store, VAULT, lambda: script, roster.current, roster.change, clock, figures),
            GroupLines(clock),
        )
        troubles: list[Exception] = []
        channel = DeskChannel(office)
        channels: dict[str, Channel] = {DESK: Watched(channel, troubles), "lane": mailbox, "outside": mailbox}
        delivery = post.delivery = Delivery(
            store, channels, clock, None, Random(1), figures=figures, unpaced=frozenset(channels)
        )
        desk = DeskDoor(office, take, no_code, no_code)

        async def nobody(arrival: object) -> None:
            raise AssertionError(arrival)

        door = TelegramDoor(connection, nobody, VAULT, lambda: script, clock, figures, desk)
        running = [asyncio.ensure_future(one) for one in (door.run(), delivery.run(alone=True))]
        await telegram.until(lambda: telegram.updates.is_polled)
        try:
            yield House(
                telegram, store, clock, figures, roster, tickets, office, channel, door, group, other, anna, ben, chan,
                mailbox, post, taken, said, troubles,
            )  # fmt: skip
        finally:
            for task in running:
                task.cancel()
            await asyncio.gather(*running, return_exceptions=True)
            await delivery.stop()
            await desk.close()
            await channel.close()


STAFF = ((101, "Mistress Anna"), (102, "Ben the Great"), (103, "Chan"))


@dataclass
class Watched:
    """The channel, and what it could not do."""

    channel: DeskChannel
    troubles: list[Exception]

    async def deliver(self, outgoing: Outgoing) -> Delivered:
        try:
            return await self.channel.deliver(outgoing)
        except Exception as error:
            self.troubles.append(error)
            raise
