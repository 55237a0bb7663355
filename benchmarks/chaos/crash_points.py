"""Every step at which a crash could lose or double something, forced from outside, again and again.

    C1 before the commit           C2 committed, not proven durable    C3 proven, the acknowledgement lost
    C4 acknowledged, not sent      C5 sent, no answer heard            C6 sent, not taken off
    C7 taken off                   C8 the store dies at the commit     C10 whoever rings alerts dies
    C11 a topic is made, its number is not kept

C9, a whole machine that stops with what was not on its disk, is a part of its own.
"""

import asyncio
import tempfile
import time
from collections.abc import Callable
from contextlib import AsyncExitStack
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import Final

from benchmarks.chaos.findings import Finding, Promise, at_most, exactly, none_of
from benchmarks.chaos.guarded_store import GuardedStore, a_guarded_store
from benchmarks.chaos.kills import RETRY_SCALE
from benchmarks.chaos.proxy import Look, Proxy
from benchmarks.chaos.replicas import Replica, Replicas, replicas_of_a_bot
from benchmarks.chaos.talks import Crowd, Talker
from benchmarks.chaos.town import STAFF, link_helpline, tickets_in, vault_of, write_content
from benchmarks.chaos.traps import (
    COMMITS,
    MAKES_TOPIC,
    RINGS,
    SENDS,
    SETTLES,
    WAITS,
    Trap,
    lift,
    when_acknowledged_and_not_sent,
    when_acknowledging,
    when_answered,
    when_asked,
    when_telegram_answers,
)
from bot.delivery import LEASE
from tests.telegram_server import FakeTelegram, Group, Message, Person

PATIENCE: Final = 120.0
"""Seconds in which a step must be reached, and in which what it interrupted must be made good, on a busy machine."""

MAY_DOUBLE: Final = frozenset({"C5", "C6"})
POINTS: Final = ("C1", "C2", "C2 refused", "C3", "C4", "C5", "C6", "C7", "C8", "C10", "C11")


@dataclass
class _Result:
    """What came of one point."""

    forced: int = 0
    numbers: list[tuple[Talker, int]] = field(default_factory=list)


@dataclass
class _Yard:
    """Where all of it happens."""

    telegram: FakeTelegram
    store: GuardedStore
    replicas: Replicas
    crowd: Crowd
    group: Group
    restarts: set[asyncio.Task[None]] = field(default_factory=set)

    def restart(self, replica: Replica) -> None:
        task = asyncio.create_task(replica.until_ready())
        self.restarts.add(task)
        task.add_done_callback(self.restarts.discard)

    async def until(self, condition: Callable[[], object], seconds: float = PATIENCE) -> bool:
        """Wait; whether it came true."""
        end = time.monotonic() + seconds
        while not condition():
            if time.monotonic() > end:
                return False
            await asyncio.sleep(0.05)
            self.crowd.ears.listen()
        return True


async def run(seed: int, rounds: int, say: Callable[[str], None], points: tuple[str, ...] = POINTS) -> Finding:
    """Force each of these points so many times; topics (C11) are made of the tickets that alerts (C10) are about."""
    began, done, promises = time.monotonic(), dict[str, float | str](), list[Promise]()
    with tempfile.TemporaryDirectory(prefix="waymark-chaos-") as name:
        folder = Path(name)
        write_content(folder / "content")
        async with AsyncExitStack() as stack:
            telegram = await stack.enter_async_context(FakeTelegram(seed=seed, retry_scale=RETRY_SCALE))
            store = await stack.enter_async_context(a_guarded_store(wires=True))
            group = await link_helpline(store.url, folder, telegram)
            replicas = await stack.enter_async_context(
                replicas_of_a_bot(folder, telegram, store.url, number=3, wires=True)
            )
            # Somebody else each time: while a message of theirs waits for the end of a lease, another process answers.
            crowd = Crowd(telegram, seed, rounds, 0)
            await crowd.begin()
            yard = _Yard(telegram, store, replicas, crowd, group)
            for point in (one for one in points if one not in {"C10", "C11"}):
                result = await _force_all(yard, point, rounds, say)
                promises += _promises(crowd, point, rounds, result)
            if "C10" in points:
                promises += await _force_alerts(yard, rounds, say, folder)
            if "C11" in points:
                promises += await _force_topics(yard, rounds, say, folder)
            await asyncio.gather(*yard.restarts)
            await crowd.settle()
            outcome = crowd.outcome([], vault_of(folder))
            promises.append(none_of("out of order", outcome.out_of_order))
            promises.append(none_of("updates that were not taken in the end", outcome.pending))
            promises.append(none_of("calls that Telegram refuses", outcome.refused))
    done |= {"rounds of each point": rounds, "updates": outcome.updates}
    return Finding("crash points", seed, time.monotonic() - began, done, tuple(promises), outcome.odd[:20])


async def _force_all(yard: _Yard, point: str, rounds: int, say: Callable[[str], None]) -> _Result:
    result = _Result()
    for number in range(rounds):
        await yard.until(lambda: any(replica.is_ready for replica in yard.replicas.all), PATIENCE)
        ready = [replica for replica in yard.replicas.all if replica.is_ready]
        victim, talker = ready[number % len(ready)], yard.crowd.talkers[number]
        trap = _set(yard, point, victim)
        yard.replicas.only = victim
        talker.speak()
        result.numbers.append((talker, talker.said))
        result.forced += await yard.until(trap.sprung.is_set)
        yard.replicas.only = None
        lift(*yard.store.wires, victim.to_telegram, victim.from_telegram)
        if not victim.is_ready:
            yard.restart(victim)
        if point == "C8":
            await yard.until(lambda: not all(server.is_running for server in yard.store.servers))
            await yard.store.start_all()
            await yard.store.until_replicating()
        await yard.until(partial(_has_heard, yard.crowd, talker, talker.said))
        say(f"{point}: {number + 1} of {rounds}")
    # What waits for the end of a lease may still come a second time.
    await asyncio.sleep(LEASE.total_seconds() + 2 if point in MAY_DOUBLE and rounds > 1 else 1)
    yard.crowd.ears.listen()
    return result


def _set(yard: _Yard, point: str, victim: Replica) -> Trap:
    """Everything that is needed for one point."""

    def kill(replica: Replica) -> None:
        replica.kill_now()
        yard.replicas.only = None

    def cut_only(replica: Replica) -> None:  # noqa: ARG001 - nobody dies
        yard.replicas.only = None

    def kill_store(replica: Replica) -> None:  # noqa: ARG001 - the store dies instead
        yard.replicas.only = None
        for server, wire in zip(yard.store.servers, yard.store.wires, strict=True):
            if trap.where in wire.lines:
                server.kill_now()

    trap, replicas = Trap(kill, victim), yard.replicas
    match point:
        case "C1":
            _on_store(yard, when_asked(trap, replicas, COMMITS))
        case "C2":
            _on_store(yard, when_answered(trap, replicas, COMMITS))
        case "C2 refused":
            trap.spring = cut_only
            _on_store(yard, when_asked(trap, replicas, WAITS))
        case "C3":
            trap.spring = cut_only
            _look(victim.from_telegram, when_acknowledging(trap, victim))
        case "C4":
            to_telegram, from_telegram = when_acknowledged_and_not_sent(trap, victim)
            _look(victim.to_telegram, to_telegram)
            _look(victim.from_telegram, from_telegram)
        case "C5":
            _look(victim.to_telegram, when_telegram_answers(trap, victim, SENDS))
        case "C6":
            _on_store(yard, when_asked(trap, replicas, SETTLES))
        case "C7":
            _on_store(yard, when_answered(trap, replicas, SETTLES))
        case "C8":
            trap.spring = kill_store
            _on_store(yard, when_asked(trap, replicas, COMMITS))
        case _:
            raise AssertionError(point)
    return trap


def _has_heard(crowd: Crowd, talker: Talker, number: int) -> bool:
    return number in crowd.ears.numbers[talker.person.id]


def _promises(crowd: Crowd, point: str, rounds: int, result: _Result) -> list[Promise]:
    heard = [crowd.ears.numbers[talker.person.id].count(number) for talker, number in result.numbers]
    doubled = sum(max(0, times - 1) for times in heard)
    return [
        exactly(f"{point}: forced", result.forced, rounds),
        none_of(f"{point}: replies lost", sum(times == 0 for times in heard)),
        at_most(f"{point}: duplicates", doubled, rounds)
        if point in MAY_DOUBLE
        else none_of(f"{point}: duplicates", doubled),
    ]


async def _force_alerts(yard: _Yard, rounds: int, say: Callable[[str], None], folder: Path) -> list[Promise]:
    """C10: whoever rings a timer dies with it. One ticket after the other, each called out again after a minute."""
    for number in range(rounds):
        caller = Talker(yard.telegram, yard.telegram.person(200_000 + number, started=True, language_code="en"), None)
        yard.crowd.talkers.append(caller)
        caller.person.start("en")
        caller.speak()
        caller.call()
        await asyncio.sleep(2)
    forced = 0
    while forced < rounds:
        await yard.until(lambda: sum(replica.is_ready for replica in yard.replicas.all) >= 2)
        trap = Trap(Replica.kill_now)
        _on_store(yard, when_answered(trap, yard.replicas, RINGS, with_something=True))
        is_sprung = await yard.until(trap.sprung.is_set, 400)
        lift(*yard.store.wires)
        if not is_sprung or trap.caught is None:
            break
        forced += 1
        yard.restart(trap.caught)
        say(f"C10: {forced} of {rounds}")
        # The rest of that turn of the clock has been taken by now.
        await asyncio.sleep(1)
    tickets = await tickets_in(yard.store.url, folder)
    named = yard.crowd.ears.aliases
    await yard.until(lambda: all(named[ticket.alias] >= 2 for ticket in tickets))
    return [
        exactly("C10: forced", forced, rounds),
        exactly("C10: tickets", len(tickets), rounds),
        none_of("C10: calls that did not go out again", sum(named[ticket.alias] < 2 for ticket in tickets)),
    ]


async def _force_topics(yard: _Yard, rounds: int, say: Callable[[str], None], folder: Path) -> list[Promise]:
    """C11: one of the staff takes each ticket; who made its topic dies before its number is kept."""
    anna = yard.telegram.person(STAFF)
    tickets = (await tickets_in(yard.store.url, folder))[:rounds]
    forced = 0
    for number, ticket in enumerate(tickets):
        await yard.replicas.until_ready()
        trap = Trap(Replica.kill_now)
        for replica in yard.replicas.all:
            _look(replica.to_telegram, when_telegram_answers(trap, replica, MAKES_TOPIC))
        _take(yard.group, anna, ticket.alias)
        forced += await yard.until(trap.sprung.is_set)
        lift(*(replica.to_telegram for replica in yard.replicas.all))
        if trap.caught is not None:
            yard.restart(trap.caught)
        await yard.until(partial(_topics_in_use, yard.group, ticket.alias))
        say(f"C11: {number + 1} of {rounds}")
    in_use = [len(_topics_in_use(yard.group, ticket.alias)) for ticket in tickets]
    return [
        exactly("C11: forced", forced, rounds),
        none_of("C11: tickets that are told in no topic", in_use.count(0)),
        none_of("C11: tickets that are told in several", sum(count > 1 for count in in_use)),
        at_most("C11: empty topics for each crash", len(yard.group.chat.topics) - len(tickets), rounds),
    ]


def _take(group: Group, member: Person, alias: str) -> None:
    """Press the newest button that takes this ticket."""
    for message in reversed(group.visible()):
        label = _button(message, alias)
        if label is not None:
            member.tap(label, message=message, on=group)
            return
    raise AssertionError(f"nothing to take {alias} with")


def _button(message: Message, alias: str) -> str | None:
    if message.thread_id is not None or alias not in message.text or not message.labels:
        return None
    return next((label for label in message.labels if label.startswith(alias)), None) or message.labels[0]


def _topics_in_use(group: Group, alias: str) -> list[int]:
    """The topics of a ticket in which something is told."""
    return [
        thread
        for thread, topic in group.chat.topics.items()
        if alias in topic.name and any(message.from_bot and message.text for message in group.visible(thread))
    ]


def _on_store(yard: _Yard, look: Look) -> None:
    for wire in yard.store.wires:
        wire.look = look


def _look(wire: Proxy | None, look: Look) -> None:
    if wire is not None:
        wire.look = look
