"""What is remembered, and the only way to change it: one Commit a turn, written whole or not at all.

A conversation's version makes two replicas agree on an order; the arrival's id makes a repetition harmless; what is to
be sent lies in the same commit, so that nothing is sent before it is stored and nothing stored is left unsent.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from enum import Enum, IntEnum, auto
from typing import Final, NewType, Protocol, TypeAlias

from bot.desk.letters import Letter, Original
from bot.desk.staff import Roster
from bot.desk.ticket import Ticket, TicketId
from bot.dialogue import Conversation
from bot.messages import ArrivalId, ConversationId, Message

OutgoingId = NewType("OutgoingId", bytes)
"""Nine bytes: the arrival's eight and a running number, so that the same turn makes the same ids again."""

RECORD_LIFE = timedelta(days=30)
"""A record is forgotten when nothing has happened for this long."""

SEEN_LIFE = timedelta(hours=48)
"""An arrival is recognised for this long; messengers repeat for 24 hours at most."""

SEEN_AT_MOST = 2000
"""So many arrivals of one person are recognised; a flood pushes the oldest out."""

OUTGOING_LIFE = timedelta(hours=24)
"""What could not be delivered for this long is dropped: it is out of date, and no text lies around for longer."""

WAITED = timedelta(minutes=1)
"""What has waited for so long is looked at anew before it is shown: much may have changed since it was decided."""

OUTBOX_AT_MOST = 200
"""So much waits for one person: of a flood nobody reads, the oldest goes, and what they asked for last is told."""

QUARANTINE_LIFE = timedelta(days=7)
"""An arrival that could not be handled waits this long for people to look at it."""


WONDER_LIFE = timedelta(days=30)
"""A question that could not be answered is remembered for this many days at most, and so is that somebody asked it."""

WONDER_PEOPLE = 5
"""So many different people must have asked in the same words before these are kept."""

WONDER_PEOPLE_AT_MOST = 200
"""More are not told apart; 200 means 200 or more."""

WONDERS_AT_MOST = 5_120
"""So many questions are remembered; then those go that were asked longest ago."""


class Priority(IntEnum):
    """Who goes first when a messenger lets only so much through."""

    ALERT = 0
    STAFF_TO_PERSON = 1
    ANSWER = 2
    RELAY = 3
    OTHER = 4


@dataclass(frozen=True, slots=True)
class Address:
    """Where a person's messages go: the door's name and the door's own id of the chat. Encrypted wherever it lies."""

    door: str
    chat: str


@dataclass(frozen=True, slots=True)
class Outgoing:
    """One thing to deliver: a message, or (without one) only the acknowledgement of a press.

    `replaces` is the door's id of the message it may take the place of; `acknowledges` the door's id of the press.
    `covers` asks the door to leave nothing else on the screen, `deletes` names messages that are taken away before. Of
    a message that is a copy `copies` says of what. `silent` rings no phone. A `letter` goes to another conversation or
    ticket, which `address.chat` names. Whoever delivers one that `reports` tells how it went, under its `ref`.
    `merges` may be joined with the next one where a messenger lets only so much through. `marks` is an emoji put on
    the message that `ref` names, `drops_topic` deletes the topic of the address. The person did nothing to bring about
    one that is `unasked`. `attempts` is written by the store: how many times it was handed out before, so that above
    zero the person may have seen it already.
    """

    id: OutgoingId
    address: Address
    message: Message | None
    replaces: str | None = None
    acknowledges: str | None = None
    covers: bool = False
    priority: Priority = Priority.ANSWER
    attempts: int = 0
    letter: Letter | None = None
    copies: Original | None = None
    deletes: tuple[str, ...] = ()
    silent: bool = False
    reports: bool = False
    ref: str = ""
    merges: bool = False
    marks: str = ""
    drops_topic: bool = False
    unasked: bool = False


@dataclass(frozen=True, slots=True)
class Record:
    """What is kept about one person."""

    address: Address
    conversation: Conversation


@dataclass(frozen=True, slots=True)
class Snapshot:
    """A record and its version; version 0 and no record for somebody new."""

    version: int
    record: Record | None


@dataclass(frozen=True, slots=True)
class Timer:
    """Come back to this conversation at a moment; a later timer of the same name takes its place."""

    name: str
    due: datetime


LETTERS: Final = "!"
"""The line of letters of a conversation or ticket."""

HELD: Final = "?"
"""The line of what staff wrote and the person has not looked at yet; nobody sends from it."""

DESK: Final = "@"
"""How the lines of a ticket to a helpline's group begin; the helpline's id follows."""

ASIDE: Final = "#"
"""Where what could not be told on a line to a desk in time is set aside, for people to look at."""

LINE_LIFE: Final = timedelta(days=90)
"""A letter, or the deletion of a topic, waits so long; what a desk is to be told is out of date after OUTGOING_LIFE."""

DESK_LINE_AT_MOST: Final = 1_000
"""So much news of a ticket waits for a desk: of a flood that cannot be told in time, the oldest goes."""

TICKET_LIFE: Final = timedelta(days=32)
"""A ticket goes so long after it was last written, should nobody be there to erase it."""

SEALED_LIFE: Final = timedelta(days=90)
"""What was told about a ticket goes so long after it was last added to, whatever becomes of the ticket."""

TOPIC_LIFE: Final = timedelta(days=40)
CODE_LIFE: Final = timedelta(days=90)

HELD_LIFE: Final = timedelta(days=7)
HELD_AT_MOST: Final = 50


def letters_of(lane: str) -> ConversationId:
    """The line on which a conversation's or ticket's letters wait."""
    return ConversationId(lane + LETTERS)


def held_of(conversation: ConversationId) -> ConversationId:
    """The line on which what a person has not looked at waits."""
    return ConversationId(conversation + HELD)


def desk_line(ticket: TicketId, target: str) -> ConversationId:
    """The line on which what a ticket has to tell a group, a member or the world outside waits."""
    return ConversationId(ticket + DESK + target)


def grows_old(line: ConversationId, outgoing: Outgoing) -> bool:
    """Whether something on a line is out of date one day: news are, a letter or the deletion of a topic never is."""
    return DESK in line and not outgoing.drops_topic


def lane_of(line: ConversationId) -> ConversationId:
    """The conversation or ticket to which a line belongs."""
    for mark in (LETTERS, HELD, DESK):
        line = ConversationId(line.partition(mark)[0])
    return line


@dataclass(frozen=True, slots=True)
class Commit:
    """One turn. `record` None erases what is kept; timers in `dropped` no longer ring.

    Of an erased conversation only the version and the recognised arrivals stay, for SEEN_LIFE, so that a repeated
    "forget me" stays harmless.

    `pushed` is False where the door fetches its messages itself (the chat page). `quarantined` holds an arrival that
    could not be handled, for people to look at.

    `renews` says that the person is here, so that their record is kept from now on for as long as a record is kept.

    `letters` go to other conversations and tickets. `held` waits until the person looks; `unveils` moves all that was
    held before into the outbox, ahead of `outgoing`, and `drops_held` forgets it. `opens` writes a new ticket in the
    same shard, and its timer. A ticket that is there already is left as it is.

    `clears` drops whatever waited to be sent before, also what is being sent right now: what comes goes out at once.
    """

    conversation: ConversationId
    expected: int
    answering: ArrivalId
    record: Record | None
    outgoing: tuple[Outgoing, ...] = ()
    timers: tuple[Timer, ...] = ()
    dropped: tuple[str, ...] = ()
    pushed: bool = True
    quarantined: bytes | None = None
    letters: tuple[Outgoing, ...] = ()
    held: tuple[Outgoing, ...] = ()
    unveils: bool = False
    opens: Ticket | None = None
    clears: bool = False
    drops_held: bool = False
    renews: bool = True


@dataclass(frozen=True, slots=True)
class TicketSnapshot:
    """A ticket and its version; version 0 and no ticket where there is none."""

    version: int
    ticket: Ticket | None


@dataclass(frozen=True, slots=True)
class TicketCommit:
    """One decision about a ticket. `ticket` None erases it; its `due` moment is the ticket's only timer.

    `outgoing` are on the ticket's lines to desks: target → what is to be said there; with the deletion of a topic goes
    what the line still had to tell, but for what is being sent right now. `kept` are sealed records of what
    was told, added to those there are; `wraps` are added to who can open them, an empty one is taken away; `shreds`
    erases both first.
    """

    ticket_id: TicketId
    expected: int
    answering: ArrivalId
    ticket: Ticket | None
    outgoing: Mapping[str, tuple[Outgoing, ...]] = field(default_factory=dict)
    letters: tuple[Outgoing, ...] = ()
    kept: tuple[bytes, ...] = ()
    wraps: Mapping[str, bytes] = field(default_factory=dict)
    shreds: bool = False


@dataclass(frozen=True, slots=True)
class Sealed:
    """What was told about one ticket, as it lies: sealed records, oldest first, and the key wraps by reader."""

    records: tuple[bytes, ...]
    wraps: Mapping[str, bytes]


@dataclass(frozen=True, slots=True)
class Leased:
    """An outgoing that nobody else sends until the lease ends.

    `written` is the minute in which it was put into the outbox; a letter has none, for it never grows old.
    """

    conversation: ConversationId
    outgoing: Outgoing
    # Two leases of one outgoing are the same, however exactly a store remembers when it came.
    written: datetime | None = field(default=None, compare=False)


@dataclass(frozen=True, slots=True)
class Committed:
    """The turn is written and durable; `head` is handed out for sending when nothing else of them is under way."""

    version: int
    head: Leased | None


@dataclass(frozen=True, slots=True)
class Repeated:
    """This arrival had taken effect before; nothing was written. It is as durable as a fresh commit."""


Outcome: TypeAlias = Committed | Repeated


@dataclass(frozen=True, slots=True)
class Rung:
    """A timer that is due, claimed for a while; it rings again unless a commit drops or renews it.

    However often it rings, `timer.due` is the moment it was set for, so that its arrival has one id.
    """

    conversation: ConversationId
    timer: Timer


@dataclass(frozen=True, slots=True)
class Depth:
    """How much waits to be sent, and how long the head that has waited longest is overdue."""

    conversations: int
    overdue: timedelta


@dataclass(frozen=True, slots=True)
class Wondering:
    """Somebody asked what could not be answered; the words have passed the filter for names and numbers."""

    text: str
    language: str
    conversation: ConversationId


@dataclass(frozen=True, slots=True)
class Wondered:
    """A question that enough people have asked lately. `language` is that of whoever asked last."""

    text: str
    language: str
    people: int
    first_day: date


class Tenure(Enum):
    """How somebody came to do what only one process may do."""

    KEPT = auto()
    GIVEN = auto()
    """Whoever did it before has given it back."""
    LAPSED = auto()
    """Nobody did it, or whoever did was silent for too long, and may not know yet that it is over."""


class StoreError(Exception):
    """The store could not do it."""


class ConflictError(StoreError):
    """Somebody else wrote this conversation first; load it again and decide again."""


class StoreDownError(StoreError):
    """The store does not answer; it is not known whether the last commit was written. Repeating it is safe."""


class StoreRefusesError(StoreDownError):
    """The store lets us no longer do what we must; whoever looks after it can change that, so it passes."""


class StoreFullError(StoreError):
    """The store answers but takes no more writes (disk or memory is full, or too few replicas)."""


class Store(Protocol):
    """Conversations, outboxes and timers. All moments are aware datetimes, handed in."""

    async def load(self, conversation: ConversationId) -> Snapshot:
        """What is kept about a conversation."""
        ...

    async def commit(self, commit: Commit, now: datetime, lease: timedelta) -> Outcome:
        """Write a turn; raise ConflictError unless the version still holds."""
        ...

    async def settle(
        self, conversation: ConversationId, outgoing: OutgoingId, now: datetime, lease: timedelta
    ) -> Leased | None:
        """Take a delivered head off the outbox and lease the next one; harmless when it is not the head any more."""
        ...

    async def postpone(self, conversation: ConversationId, until: datetime) -> None:
        """Let nobody send to this conversation before a moment; keeps the outbox as it is."""
        ...

    async def abandon(self, conversation: ConversationId) -> int:
        """Drop the outbox of a person who cannot be reached; say how many entries it held."""
        ...

    async def claim(self, now: datetime, lease: timedelta, at_most: int) -> Sequence[Leased]:
        """Lease heads that are due for sending, the longest overdue first."""
        ...

    async def claim_timers(self, now: datetime, lease: timedelta, at_most: int) -> Sequence[Rung]:
        """Claim timers that are due."""
        ...

    async def waiting(self, conversation: ConversationId) -> Sequence[Outgoing]:
        """What waits on a line, oldest first: all of a person's outbox, and of a longer line its beginning."""
        ...

    async def waiting_since(self, conversation: ConversationId) -> Sequence[Leased]:
        """The same with the minute in which each was written; nobody else is kept from showing them."""
        ...

    async def fetched(self, conversation: ConversationId, last: OutgoingId) -> None:
        """Take everything up to and including `last` off the outbox."""
        ...

    async def release_leases(self, now: datetime, *, postponed_too: bool = False) -> None:
        """Make every leased head due at once; only for a process that knows it is alone.

        What was postponed keeps its moment, unless that is of no use any more: after the clock was set back. Then each
        ticket is looked at anew, too.
        """
        ...

    async def depth(self, now: datetime) -> Depth:
        """How much waits to be sent."""
        ...

    async def wonder(self, wondering: Wondering, now: datetime) -> None:
        """Note that one more person asked this; keep neither the words before enough have, nor ever who it was."""
        ...

    async def wonders(self, now: datetime) -> Sequence[Wondered]:
        """What enough people have asked in vain within WONDER_LIFE, the most asked first."""
        ...

    async def load_ticket(self, ticket: TicketId) -> TicketSnapshot:
        """What is kept about a ticket."""
        ...

    async def commit_ticket(self, commit: TicketCommit, now: datetime) -> Outcome:
        """Write a decision; raise ConflictError unless the version still holds. `claim_lines` leases what it sends."""
        ...

    async def claim_lines(self, lane: str, now: datetime, lease: timedelta) -> Sequence[Leased]:
        """Lease the heads that are due on the lines (letters, desks) of one conversation or ticket."""
        ...

    async def open_tickets(self) -> Sequence[TicketId]:
        """Every ticket that is not closed."""
        ...

    async def changed_tickets(self, since: datetime) -> Mapping[TicketId, datetime]:
        """Every ticket of the last 32 days, open or closed, that was written since then, and when."""
        ...

    async def load_tickets(self, tickets: Sequence[TicketId]) -> Sequence[TicketSnapshot]:
        """What is kept about several tickets, in one exchange; one that cannot be read has no ticket here."""
        ...

    async def mend_due(self, now: datetime) -> Sequence[TicketId]:
        """Open tickets that have no due moment; each is given one, now. There should never be any."""
        ...

    async def read_sealed(self, ticket: TicketId) -> Sealed:
        """What was told about a ticket, and who can open it."""
        ...

    async def load_roster(self) -> tuple[int, Roster]:
        """Who works here, and the roster's version; 0 for an empty one."""
        ...

    async def save_roster(self, roster: Roster, expected: int) -> None:
        """Write the roster as a whole; raise ConflictError unless the version still holds."""
        ...

    async def keep_topic(self, ticket: TicketId, target: str, topic: str, group: str) -> None:
        """Remember which topic of a group belongs to a ticket's line, both ways, for 40 days."""
        ...

    async def topic_of(self, ticket: TicketId, target: str) -> tuple[str, str] | None:
        """The group and topic of a ticket's line, if one was made."""
        ...

    async def ticket_at(self, group: str, topic: str) -> TicketId | None:
        """Which ticket a topic belongs to."""
        ...

    async def forget_topic(self, ticket: TicketId, target: str) -> None:
        """The topic is gone; the next message makes a new one."""
        ...

    async def keep_code(self, code: str, ticket: TicketId) -> None:
        """Let a ticket be found by its return code, which is kept only as a keyed hash, for 90 days."""
        ...

    async def ticket_of_code(self, code: str) -> TicketId | None:
        """The ticket that goes with a return code."""
        ...

    async def beat(self, name: str, now: datetime, life: timedelta) -> None:
        """Say that something works, for all processes to see; forgotten after `life`."""
        ...

    async def heard(self, name: str) -> datetime | None:
        """When it last worked."""
        ...

    async def hold(self, name: str, holder: str, now: datetime, life: timedelta) -> Tenure | None:
        """Do something that only one process may do, for a while; None while another does it."""
        ...

    async def leave(self, name: str, holder: str) -> None:
        """Give it back, if it was ours."""
        ...

    async def count_senders(self, process: str, now: datetime, life: timedelta, *, sends: bool) -> tuple[int, int]:
        """How many processes send to messengers, and how many there are; this one counts among both for a while."""
        ...

    async def ping(self) -> None:
        """Return when the store can write; raise StoreError otherwise."""
        ...

    async def close(self) -> None:
        """Give the connections back."""
        ...
