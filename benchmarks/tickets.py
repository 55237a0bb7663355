"""Many people and helplines at once, with processes that die and updates that come twice: nothing lost, nothing astray.

`python -m benchmarks.tickets --steps 100000` runs the real turns, decisions, letters and delivery over a real Valkey,
on a clock moved by hand. Every word that a person or one of the staff writes is unique; in the end each must have been
shown where it belongs, and nowhere else.
"""

import argparse
import asyncio
import sys
from collections import Counter, defaultdict
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from datetime import timedelta
from itertools import count
from random import Random
from time import perf_counter

from bot.channel import Channel, Delivered
from bot.compiler import compile_content
from bot.delivery import Delivery
from bot.desk.actions import ByStaff, Claim, Close, Refer, Release, StaffAction, Write
from bot.desk.decided import Accepted
from bot.desk.helplines import Desks, HelplineId, Helplines, Mode
from bot.desk.staff import Link, Member, Role, Roster
from bot.desk.ticket import CloseReason, StaffId, TicketId
from bot.dialogue.events import Event, Opened, Pressed, Typed
from bot.dialogue.presses import LookIn, Press, write_press
from bot.dialogue.script import Script
from bot.figures import Figures
from bot.messages import ArrivalId, ConversationId, Language, words_of
from bot.store.contract import Address, Commit, Leased, Outgoing, Store
from bot.store.redis_store import open_store
from bot.store.sealing import Vault
from bot.turns import Arrival, Letters, TicketArrival, Tickets, Turns
from bot.turns.tickets import DESK, LANE, OUTSIDE
from tests.builders import NOW
from tests.builders import arrival as arrival_id
from tests.fakes import ManualClock
from tests.store.servers import a_server
from tests.whole.running_bot import CONTENT

HOME, OTHER = HelplineId("example-thailand"), HelplineId("example-cambodia")
STAFF = {HOME: [StaffId("anna"), StaffId("ben")], OTHER: [StaffId("chan")]}


@dataclass
class Shown:
    """A messenger that keeps what it was given, by place."""

    words: dict[str, list[str]] = field(default_factory=lambda: defaultdict(list))
    _numbers: Iterator[int] = field(default_factory=lambda: count(1))

    async def deliver(self, outgoing: Outgoing) -> Delivered:
        if outgoing.message is not None:
            self.words[outgoing.address.chat].append(words_of(outgoing.message.text))
        return Delivered(str(next(self._numbers)))


@dataclass
class Report:
    """What came of it; everything but the first three must be nothing."""

    steps: int
    words: int
    crashes: int
    astray: int = 0
    lost: int = 0
    without_moment: int = 0
    accepted: int = 0
    refused: Counter[str] = field(default_factory=Counter)
    missing: list[str] = field(default_factory=list)
    seconds: float = 0.0

    def __str__(self) -> str:
        refusals = ", ".join(f"{why} {number}" for why, number in self.refused.most_common())
        return (
            f"{self.steps} steps, {self.crashes} crashes, {self.words} words in {self.seconds:.0f} s: "
            f"{self.astray} astray, {self.lost} lost, {self.without_moment} tickets without a moment; "
            f"staff: {self.accepted} done, refused: {refusals or 'none'}"
            + "".join(f"\n  missing: {one}" for one in self.missing)
        )


class Process:
    """One life of the bot."""

    def __init__(
        self, store: Store, script: Script, roster: Roster, clock: ManualClock, vault: Vault, shown: Shown
    ) -> None:
        figures = Figures()
        self.store, self.clock = store, clock
        self.tickets = Tickets(store, lambda: script, lambda: roster, self, clock, figures)
        self.turns = Turns(store, lambda: script, self, clock, figures, vault, self.tickets.take)
        letters = Letters(self.turns, self.tickets.take, store)
        doors: dict[str, Channel] = {"telegram": shown, DESK: shown, OUTSIDE: shown, LANE: letters}
        self.delivery = Delivery(
            store, doors, clock, None, Random(1), figures=figures, report=letters.report, unpaced=frozenset(doors)
        )

    def hand_over(self, leased: Leased) -> None:
        self.delivery.hand_over(leased)

    def call(self, conversation: ConversationId) -> None:
        raise AssertionError(conversation)

    def call_lines(self, lane: str) -> None:
        self.delivery.call_lines(lane)

    async def quiet(self) -> None:
        """Until nothing is under way in this process."""
        while self.delivery.in_hand or self.delivery.nudged:  # noqa: ASYNC110 - it waits for the world, not for time
            await asyncio.sleep(0)

    async def drain(self) -> None:
        """Until nothing waits anywhere."""
        for _ in range(50):
            await self.quiet()
            if not await self.delivery.sweep() and not (await self.store.depth(self.clock.now())).conversations:
                return

    def die(self) -> None:
        """As kill -9 does: whatever was under way is not ended."""
        for lane in list(self.delivery._lanes.values()):  # noqa: SLF001 - nobody is asked to stop
            if lane.task is not None:
                lane.task.cancel()
        for task in self.delivery.nudged:
            task.cancel()


async def storm(  # noqa: C901, PLR0912, PLR0915 - one story from beginning to end
    url: str, steps: int, seed: int, people: int = 200, crash_every: int = 200
) -> Report:
    """Let it all happen; the same seed makes the same storm."""
    random, clock, shown = Random(seed), ManualClock(), Shown()
    vault = Vault(b"i" * 32, {1: b"w" * 32}, 1)
    script, roster = _script(), _roster()
    store = open_store(url, vault)
    report = Report(steps, 0, 0)
    process = Process(store, script, roster, clock, vault, shown)
    ids = [vault.conversation_id("telegram", str(number)) for number in range(people)]
    wrote: dict[str, str] = {}
    taken: list[Arrival] = []
    numbers = count()
    owner: dict[str, int] = {}
    began = perf_counter()

    async def do(person: int, event: Event) -> None:
        arrival = Arrival(
            ids[person], ArrivalId(next(numbers).to_bytes(8, "big")), Address("telegram", str(person)), event
        )
        taken.append(arrival)
        await process.turns.take(arrival)

    async def ticket_of(person: int) -> TicketId | None:
        record = (await store.load(ids[person])).record
        calling = None if record is None else record.conversation.calling
        if calling is not None:
            owner[calling.ticket] = person
        return None if calling is None else calling.ticket

    for person in range(people):
        await do(person, Opened(Language("en")))
        await _settle_in(store, ids[person], person)
    process = Process(store, script, roster, clock, vault, shown)
    for step in range(steps):
        clock.set(clock.now() + timedelta(seconds=random.choice((0, 0, 0, 1, 5, 30))))
        person = random.randrange(people)
        ticket = await ticket_of(person)
        match random.randrange(12):
            case 0:
                await do(person, Opened(flow="ask-helpline"))
            case 1:
                await do(person, Typed("x"))
            case 2 | 3:
                await do(person, Opened(flow="talk"))
            case 4 | 5 if ticket is not None:
                await do(person, Opened(flow="talk"))
                record = (await store.load(ids[person])).record
                calling = None if record is None else record.conversation.calling
                if calling is not None and calling.stage.value != "closed":
                    word = f"zq{step}zq"
                    wrote[word] = calling.ticket
                    await do(person, Typed(word))
            case 6:
                await do(person, Pressed(write_press(Press(LookIn(), Language("en")))))
            case 7 if taken:
                # Everything may come twice.
                await process.turns.take(random.choice(taken[-50:]))
            case _ if ticket is not None:
                await _staff_act(process, random, ticket, step, wrote, report, numbers)
            case _:
                pass
        for rung in await store.claim_timers(clock.now(), timedelta(seconds=10), 100):
            await process.turns._ring(rung)  # noqa: SLF001 - without waiting a second each time
        if step % crash_every == crash_every - 1:
            process.die()
            report.crashes += 1
            clock.set(clock.now() + timedelta(seconds=11))
            process = Process(store, script, roster, clock, vault, shown)
        if step % 20 == 0:
            await process.drain()
        if step % 500 == 0:
            report.without_moment += len(await store.mend_due(clock.now()))
            _tell(f"step {step:,} of {steps:,}, {len(wrote):,} words, {perf_counter() - began:,.0f} s")
    clock.set(clock.now() + timedelta(seconds=11))
    await process.drain()
    for person in range(people):
        await ticket_of(person)
        await do(person, Pressed(write_press(Press(LookIn(), Language("en")))))
    await process.drain()
    _tell(f"all is settled, {perf_counter() - began:,.0f} s")
    _judge(report, wrote, owner, shown)
    report.seconds = perf_counter() - began
    await store.close()
    return report


def _tell(progress: str) -> None:
    if sys.stderr.isatty() or __name__ == "__main__":
        print(progress, file=sys.stderr, flush=True)


async def _staff_act(
    process: Process,
    random: Random,
    ticket: TicketId,
    step: int,
    wrote: dict[str, str],
    report: Report,
    numbers: Iterator[int],
) -> None:
    helpline = random.choice((HOME, HOME, OTHER))
    member = random.choice(STAFF[helpline])
    word = f"vk{step}vk"
    actions: tuple[StaffAction, ...] = (
        *(Claim(), Claim(), Release(), Close(CloseReason.HELPED), Refer(OTHER)),
        *([Write(word, Language("en"), str(step))] * 5),
    )
    action = random.choice(actions)
    arrival = TicketArrival(ticket, ArrivalId(next(numbers).to_bytes(8, "big")), ByStaff(member, action, helpline))
    decision = await process.tickets.take(arrival)
    await process.tickets.take(arrival)
    if isinstance(decision, Accepted):
        report.accepted += 1
        if isinstance(action, Write):
            wrote[word] = ticket
    else:
        report.refused[decision] += 1


def _judge(report: Report, wrote: dict[str, str], owner: dict[str, int], shown: Shown) -> None:
    report.words = len(wrote)
    places: dict[str, set[str]] = defaultdict(set)
    for chat, texts in shown.words.items():
        for text in texts:
            for part in text.split():
                if part in wrote:
                    places[part].add(chat)
    for word, ticket in wrote.items():
        is_of_person = word.startswith("zq")
        right = {chat for chat in places[word] if _is_right(chat, ticket, owner, is_of_person=is_of_person)}
        report.astray += len(places[word] - right)
        if not right:
            report.lost += 1
            report.missing.append(f"{word} of {ticket}")


def _is_right(chat: str, ticket: str, owner: dict[str, int], *, is_of_person: bool) -> bool:
    if is_of_person:
        return chat.startswith("topic:") and chat.endswith(ticket)
    return chat == str(owner.get(ticket))


async def _settle_in(store: Store, conversation: ConversationId, person: int) -> None:
    """They have told where they are, and that words may be shown openly."""
    snapshot = await store.load(conversation)
    record = snapshot.record
    assert record is not None
    profile = {"origin": "kh", "here": "th", "contact": "open"}
    told = replace(record, conversation=replace(record.conversation, language=Language("en"), profile=profile))
    commit = Commit(conversation, snapshot.version, arrival_id(10**15 + person), told)
    await store.commit(commit, NOW, timedelta(seconds=10))


def _script() -> Script:
    script = compile_content(CONTENT, NOW.date()).script
    every = {name: replace(one, mode=Mode.RELAY) for name, one in script.helplines.all.items()}
    desks = Desks(dict.fromkeys((HOME, OTHER), 0))
    return replace(script, helplines=Helplines(every, script.helplines.holidays), desks=desks)


def _roster() -> Roster:
    members = {
        who: Member(who, who.title(), Role.SUPERVISOR, frozenset({helpline}), telegram=who)
        for helpline, staff in STAFF.items()
        for who in staff
    }
    return Roster(members, {helpline: Link(helpline, f"-{helpline}", NOW) for helpline in STAFF})


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.tickets", description=__doc__)
    parser.add_argument("--steps", type=int, default=100_000)
    parser.add_argument("--seed", type=int, default=2026)
    asked = parser.parse_args()
    with a_server() as server:
        report = asyncio.run(storm(server.url, asked.steps, asked.seed))
    print(f"seed {asked.seed}: {report}")
    raise SystemExit(1 if report.astray or report.lost or report.without_moment else 0)


if __name__ == "__main__":
    main()
