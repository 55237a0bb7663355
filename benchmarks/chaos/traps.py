"""Crashes at one exact step, forced from outside: what passes on a wire says which step it is.

A trap is set for one process of the bot and springs once. What it kills is dead before the next byte moves.
"""

import asyncio
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Final, TypeAlias

from benchmarks.chaos.proxy import Line, Look, Proxy, Verdict, Way, let_through
from benchmarks.chaos.replicas import Replica, Replicas
from bot.store.redis_wire import Script

_BEYOND: Final = Script.read("desk").source
_COMMIT: Final = Script.read("commit")
COMMITS: Final = (
    _COMMIT.digest.encode(),
    Script.of(f"local function commit(KEYS, ARGV)\n{_COMMIT.source}\nend\n{_BEYOND}").digest.encode(),
)
SETTLES: Final = (Script.read("settle").digest.encode(),)
RINGS: Final = (Script.read("ring").digest.encode(),)
WAITS: Final = (b"WAITAOF",)
SENDS: Final = (b"/sendMessage",)
MAKES_TOPIC: Final = (b"/createForumTopic",)

_NOTHING: Final = frozenset({b"$-1", b"*-1", b""})
_NOT_YET: Final = b"-NOSCRIPT"

Spring: TypeAlias = Callable[[Replica], None]


@dataclass
class Trap:
    """What springs once, and says so."""

    spring: Spring
    victim: Replica | None = None
    """Whom it is set for; else whoever comes by."""
    sprung: asyncio.Event = field(default_factory=asyncio.Event)
    caught: Replica | None = None
    where: Line | None = None

    def close(self, replica: Replica, line: Line | None = None) -> None:
        if not self.sprung.is_set():
            self.caught, self.where = replica, line
            self.spring(replica)
            self.sprung.set()


def when_asked(trap: Trap, replicas: Replicas, words: tuple[bytes, ...]) -> Look:
    """Springs when a command is on its way to the store, which does not get it."""

    def look(line: Line, way: Way, chunk: bytes) -> Verdict:
        if trap.sprung.is_set() or way is not Way.ASKED or not any(word in chunk for word in words):
            return Verdict.PASS
        replica = _whose(line, trap, replicas)
        if replica is None:
            return Verdict.PASS
        trap.close(replica, line)
        return Verdict.CUT

    return look


def when_answered(trap: Trap, replicas: Replicas, words: tuple[bytes, ...], *, with_something: bool = False) -> Look:
    """Springs when the store has carried out a command, whose answer does not arrive."""
    asked: set[Line] = set()

    def look(line: Line, way: Way, chunk: bytes) -> Verdict:
        if trap.sprung.is_set():
            return Verdict.PASS
        if way is Way.ASKED:
            (asked.add if any(word in chunk for word in words) else asked.discard)(line)
            return Verdict.PASS
        if line not in asked or chunk.startswith(_NOT_YET):
            return Verdict.PASS
        if with_something and set(chunk.split(b"\r\n")) <= _NOTHING:
            return Verdict.PASS
        replica = _whose(line, trap, replicas)
        if replica is None:
            return Verdict.PASS
        trap.close(replica)
        return Verdict.CUT

    return look


def when_telegram_answers(trap: Trap, replica: Replica, words: tuple[bytes, ...]) -> Look:
    """Springs when Telegram has carried out a call, whose answer does not arrive."""
    asked: set[Line] = set()

    def look(line: Line, way: Way, chunk: bytes) -> Verdict:
        if trap.sprung.is_set():
            return Verdict.PASS
        if way is Way.ASKED:
            if b"POST /" in chunk:
                (asked.add if any(word in chunk for word in words) else asked.discard)(line)
            return Verdict.PASS
        if line not in asked:
            return Verdict.PASS
        trap.close(replica)
        return Verdict.CUT

    return look


def when_acknowledged_and_not_sent(trap: Trap, replica: Replica) -> tuple[Look, Look]:
    """Springs once an update was acknowledged while its message is held on its way to Telegram."""
    held: set[Line] = set()
    acknowledged = False

    def spring_if_both() -> None:
        if held and acknowledged:
            # The acknowledgement has to leave first.
            asyncio.get_running_loop().call_later(0.05, trap.close, replica)

    def to_telegram(line: Line, way: Way, chunk: bytes) -> Verdict:
        if way is Way.ASKED and any(word in chunk for word in SENDS) and not trap.sprung.is_set():
            held.add(line)
            spring_if_both()
        return Verdict.HOLD if line in held else Verdict.PASS

    def from_telegram(line: Line, way: Way, chunk: bytes) -> Verdict:  # noqa: ARG001 - any answer is one
        nonlocal acknowledged
        if way is Way.ANSWERED and b" 200 " in chunk:
            acknowledged = True
            spring_if_both()
        return Verdict.PASS

    return to_telegram, from_telegram


def when_acknowledging(trap: Trap, replica: Replica) -> Look:
    """Springs when an update is acknowledged, of which Telegram does not hear."""

    def look(line: Line, way: Way, chunk: bytes) -> Verdict:  # noqa: ARG001 - any line is one
        if trap.sprung.is_set() or way is not Way.ANSWERED or b" 200 " not in chunk:
            return Verdict.PASS
        trap.close(replica)
        return Verdict.CUT

    return look


def lift(*wires: Proxy | None) -> None:
    """No trap any more."""
    for wire in wires:
        if wire is not None:
            wire.look = let_through


def _whose(line: Line, trap: Trap, replicas: Replicas) -> Replica | None:
    owner = replicas.owner(line.peer_port)
    return owner if trap.victim is None or owner is trap.victim else None
