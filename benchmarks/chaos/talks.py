"""People who count aloud and call for help, and ears that hear what came of it.

Every number is unique for its person and must come back, in order; every press must be answered; everyone who calls
must get exactly one ticket, of which the helpline's group must hear. What Telegram took counts, whatever became of its
answer.
"""

import asyncio
import re
import time
from collections import Counter, defaultdict
from collections.abc import Awaitable, Callable, Iterator, Sequence
from dataclasses import dataclass, field
from itertools import pairwise
from random import Random
from typing import Final

from benchmarks.chaos.findings import Promise, at_most, exactly, none_of
from benchmarks.chaos.town import GROUP
from bot.desk.ticket import Ticket
from bot.dialogue.nodes import flow_token
from bot.dialogue.presses import Open, Press, write_press
from bot.messages import ConversationId, Language
from bot.store.sealing import Vault
from tests.telegram_server import FakeTelegram, Person

STUCK: Final = 150.0
"""When nothing at all has come for so long, nothing will: as long as something comes, it is only slow."""

_HEARD: Final = re.compile(r"Heard ([\d,]+)\.")
_ASKED: Final = "Your call went out"
_ALIAS: Final = re.compile(r"\b[A-Z0-9]{4}\b")
_GONE: Final = "message to edit not found"
_SHOWS: Final = frozenset({"sendMessage", "editMessageText"})
_ENGLISH: Final = Language("en")
_CALL: Final = write_press(Press(Open(flow_token("call")), _ENGLISH))
_ECHO: Final = write_press(Press(Open(flow_token("echo")), _ENGLISH))


class Ears:
    """Hears what Telegram showed to whom; forgets the calls it has heard, so that a long run stays small."""

    def __init__(self, telegram: FakeTelegram) -> None:
        self._telegram = telegram
        self.numbers: dict[int, list[int]] = defaultdict(list)
        self.times_asked: Counter[int] = Counter()
        self.aliases: Counter[str] = Counter()
        self.first_named: dict[str, float] = {}
        self.calls = 0
        self.last_at = time.monotonic()

    def listen(self) -> None:
        """Hear what is new."""
        calls = self._telegram.calls
        for call in calls:
            if not call.ok:
                continue
            self.calls += 1
            if call.method not in _SHOWS:
                continue
            chat, text = int(str(call.params.get("chat_id"))), str(call.params.get("text"))
            if chat == GROUP:
                for alias in set(_ALIAS.findall(text)):
                    self.aliases[alias] += 1
                    self.first_named.setdefault(alias, call.at)
                continue
            # What the helpline hears does not count: it is called again and again.
            self.last_at = call.at
            self.numbers[chat] += [int(number.replace(",", "")) for number in _HEARD.findall(text)]
            self.times_asked[chat] += _ASKED in text
        calls.clear()


@dataclass
class Talker:
    """One person, who counts, presses now and then, and may call for help once."""

    telegram: FakeTelegram
    person: Person
    calls_after: int | None
    """After which number they call for help."""
    calls_by_tap: bool = False
    said: int = 0
    called_at: float | None = None
    taps: list[str] = field(default_factory=list)

    def speak(self) -> None:
        """Say the next number, and do what is to be done with it."""
        self.said += 1
        self.person.send(str(self.said))
        if self.said % 5 == 0:
            self._tap(_ECHO)
        if self.said == self.calls_after and self.called_at is None:
            self.call()

    def call(self) -> None:
        self.called_at = time.monotonic()
        # Who has nothing to press yet writes.
        if not (self.calls_by_tap and self._tap(_CALL)):
            self.person.send("/person")

    def unanswered(self) -> int:
        return sum(not self.telegram.world.taps[tap].answered for tap in self.taps)

    def _tap(self, press: str) -> bool:
        shown = [message for message in self.person.chat.messages.values() if message.from_bot and not message.deleted]
        if shown:
            self.taps.append(self.person.tap_data(press, shown[-1]))
        return bool(shown)


@dataclass(frozen=True, slots=True)
class Outcome:
    """What people got of what they said."""

    updates: int
    numbers: int
    taps: int
    calls: int
    lost: int
    out_of_order: int
    duplicates: int
    unanswered_taps: int
    calls_without_reply: int
    tickets: int
    people_with_tickets: int
    unheard_calls: int
    refused: int
    pending: int
    longest_alert: float
    odd: tuple[str, ...]
    """What was not as it should be, for whoever looks for the reason."""

    def done(self) -> dict[str, float | str]:
        return {
            "updates": self.updates,
            "numbers": self.numbers,
            "presses": self.taps,
            "calls for help": self.calls,
            "longest until the helpline heard (s)": round(self.longest_alert, 1),
        }

    def promises(self, duplicates: int) -> tuple[Promise, ...]:
        return (
            none_of("updates that were not taken in the end", self.pending),
            none_of("replies lost", self.lost),
            none_of("presses without answer", self.unanswered_taps),
            none_of("out of order", self.out_of_order),
            at_most("duplicates", self.duplicates, duplicates)
            if duplicates
            else none_of("duplicates", 0 + self.duplicates),
            none_of("calls for help without reply", self.calls_without_reply),
            exactly("tickets", self.tickets, self.calls),
            exactly("people who have exactly one", self.people_with_tickets, self.calls),
            none_of("calls of which the helpline did not hear", self.unheard_calls),
            none_of("calls that Telegram refuses", self.refused),
        )


class Crowd:
    """Many of them, at a pace drawn from a seed."""

    def __init__(self, telegram: FakeTelegram, seed: int, people: int, calls: int, *, within: int = 60) -> None:
        """`calls` of them call for help, after one of their first `within` numbers."""
        random = Random(seed)
        callers = set(random.sample(range(people), calls))
        self.telegram = telegram
        self.ears = Ears(telegram)
        self._random = random
        self.talkers = [
            Talker(
                telegram,
                telegram.person(100_000 + number, started=True, language_code="en"),
                random.randint(1, within) if number in callers else None,
                calls_by_tap=random.random() < 0.5,
            )
            for number in range(people)
        ]

    @property
    def said(self) -> int:
        return sum(talker.said for talker in self.talkers)

    @property
    def lost(self) -> int:
        """How many numbers have not come back, so far."""
        return sum(self._lost(talker) for talker in self.talkers)

    async def begin(self) -> None:
        """Everybody writes for the first time and is heard."""
        for talker in self.talkers:
            talker.person.start("en")
        for talker in self.talkers:
            talker.speak()
        await self.settle()

    async def talk(self, pace: float, seconds: float) -> None:
        """Everybody speaks about every `pace` seconds, without waiting for answers, for so long."""
        until = time.monotonic() + seconds
        async with asyncio.TaskGroup() as group:
            for talker in self.talkers:
                group.create_task(self._talk(talker, pace, until))

    def finish(self) -> None:
        """Whoever was to call for help and has not come to it, calls."""
        for talker in self.talkers:
            if talker.calls_after is not None and talker.called_at is None:
                talker.call()

    async def settle(self, quiet: Callable[[], Awaitable[bool]] | None = None) -> bool:
        """Wait until everything has come, for as long as anything comes; whether all has."""
        self.ears.last_at = time.monotonic()
        while True:
            self.ears.listen()
            if self.is_settled() and (quiet is None or await quiet()):
                return True
            if time.monotonic() > self.ears.last_at + STUCK:
                return False
            await asyncio.sleep(0.2)

    def is_settled(self) -> bool:
        return not self.telegram.updates.pending and not any(
            self._lost(talker)
            or talker.unanswered()
            or (talker.called_at is not None and not self.ears.times_asked[talker.person.id])
            for talker in self.talkers
        )

    def outcome(self, tickets: Sequence[Ticket], vault: Vault) -> Outcome:
        ears, updates = self.ears, self.telegram.updates
        ears.listen()
        callers = [talker for talker in self.talkers if talker.called_at is not None]
        owners = Counter(ticket.person for ticket in tickets)
        named = ears.aliases
        wanted = Counter(ticket.alias for ticket in tickets)
        by_person: dict[ConversationId, Ticket] = {ticket.person: ticket for ticket in tickets}
        waits = [
            ears.first_named[ticket.alias] - talker.called_at
            for talker in callers
            if talker.called_at is not None
            and (ticket := by_person.get(vault.conversation_id("telegram", str(talker.person.id)))) is not None
            and ticket.alias in ears.first_named
        ]
        return Outcome(
            updates=len({delivery.update_id for delivery in updates.deliveries}),
            numbers=self.said,
            taps=sum(len(talker.taps) for talker in self.talkers),
            calls=len(callers),
            lost=self.lost,
            out_of_order=sum(
                after < before for talker in self.talkers for before, after in pairwise(ears.numbers[talker.person.id])
            ),
            duplicates=sum(
                times - 1 for talker in self.talkers for times in Counter(ears.numbers[talker.person.id]).values()
            )
            + sum(max(0, ears.times_asked[talker.person.id] - 1) for talker in callers),
            unanswered_taps=sum(talker.unanswered() for talker in self.talkers),
            calls_without_reply=sum(not ears.times_asked[talker.person.id] for talker in callers),
            tickets=len(tickets),
            people_with_tickets=sum(
                owners[vault.conversation_id("telegram", str(talker.person.id))] == 1 for talker in callers
            ),
            unheard_calls=sum(named[alias] < number for alias, number in wanted.items()),
            refused=_refused(self.telegram),
            pending=len(updates.pending) + len(updates.expired),
            longest_alert=max(waits, default=0.0),
            odd=tuple(self._odd()),
        )

    def _odd(self) -> Iterator[str]:
        for talker in self.talkers:
            who, heard = talker.person.id, self.ears.numbers[talker.person.id]
            twice = [number for number, times in Counter(heard).items() if times > 1]
            missing = sorted(set(range(1, talker.said + 1)) - set(heard))
            if twice or missing or self.ears.times_asked[who] > 1 or talker.unanswered():
                yield (
                    f"{who}: said {talker.said}, twice {twice}, missing {missing}, "
                    f"'asked' {self.ears.times_asked[who]} times, {talker.unanswered()} presses without answer"
                )

    def _lost(self, talker: Talker) -> int:
        return talker.said - len(set(self.ears.numbers[talker.person.id]) & set(range(1, talker.said + 1)))

    async def _talk(self, talker: Talker, pace: float, until: float) -> None:
        while (wait := self._random.uniform(0.5, 1.5) * pace) < until - time.monotonic():
            await asyncio.sleep(wait)
            talker.speak()
        # Nobody speaks at the same moments each time.
        await asyncio.sleep(max(0.0, until - time.monotonic()))


def _refused(telegram: FakeTelegram) -> int:
    """Without those that nobody can know before: a message that is to change may have been taken away meanwhile."""
    return sum(one.refused and not one.why.endswith(_GONE) for one in telegram.violations)
