"""What happens to tickets: load, decide, commit, as with conversations. What follows is written in the same commit."""

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Final, Generic, Protocol, TypeVar, assert_never

from bot import logbook
from bot.casebook import KeyPair, readers_of, wrap_name
from bot.casebook.keeper import NOTHING_SEALED, Keeper
from bot.clock import Clock
from bot.desk.actions import Due, Happening
from bot.desk.decided import Accepted, CallDesk, CountDesk, DropCopy, Refusal, TellDesk, TellMember, TellPerson, Whom
from bot.desk.decisions import Surroundings, decide
from bot.desk.helplines import HelplineId
from bot.desk.letters import Original
from bot.desk.news import Called, News, Reach, Reached, Sent, Wrote
from bot.desk.staff import Roster
from bot.desk.ticket import StaffId, Ticket, TicketId
from bot.dialogue.desk_wording import DeskWording
from bot.dialogue.script import Script
from bot.figures import Figures
from bot.messages import ArrivalId, Message, plain
from bot.store.contract import (
    Address,
    ConflictError,
    Outgoing,
    Priority,
    Repeated,
    Sealed,
    Store,
    TicketCommit,
    TicketSnapshot,
)
from bot.turns.lines import outgoing_id
from bot.turns.ticket_arrival import TicketArrival

DESK: Final = "desk"
"""The door to helplines' groups and to their staff."""

OUTSIDE: Final = "outside"
"""The door of the second channel."""

LANE: Final = "lane"
MOST_CONFLICTS: Final = 20
_NO_VERSION: Final = -1

_MARKS: Final = {Reach.DELIVERED: "👀", Reach.OPENED: "👍", Reach.MISSED: "👎"}
"""Telegram lets bots put only some emoji on messages; ✅ and ❌ are not among them."""


_Result = TypeVar("_Result")


class Lines(Protocol):
    """Who brings what lies on a ticket's lines on its way."""

    def call_lines(self, lane: str) -> None: ...


@dataclass(slots=True)
class _Post:
    """What a decision sends, by the line on which it goes."""

    arrival: TicketArrival
    lines: dict[str, list[Outgoing]] = field(default_factory=dict)
    letters: list[Outgoing] = field(default_factory=list)
    count: int = 0

    def number(self) -> int:
        self.count += 1
        return self.count - 1


@dataclass(frozen=True, slots=True)
class _Step(Generic[_Result]):
    """What follows from a ticket as it stands, and what is to be written of it, if anything."""

    result: _Result
    commit: TicketCommit | None = None


class Tickets:
    """Lets things happen to tickets, each once."""

    def __init__(
        self,
        store: Store,
        script: Callable[[], Script],
        roster: Callable[[], Roster],
        lines: Lines,
        clock: Clock,
        figures: Figures,
        keeper: Keeper | None = None,
    ) -> None:
        self._store = store
        self._script = script
        self._roster = roster
        self._lines = lines
        self._clock = clock
        self._figures = figures
        self._keeper = keeper

    async def take(self, arrival: TicketArrival) -> Accepted | Refusal:
        """Let it happen; raise StoreError when it is not known to be written, and repeat it then.

        Where there is no such ticket, nothing happens, and nothing is kept of it.
        """

        async def decided(snapshot: TicketSnapshot, now: datetime) -> _Step[Accepted | Refusal]:
            if snapshot.ticket is None:
                nothing = TicketCommit(arrival.ticket, snapshot.version, arrival.id, None)
                # One that ended by itself while no bot ran has left its timer, which would ring for ever.
                has_left = snapshot.version > 0 or isinstance(arrival.happening, Due)
                return _Step(Refusal.CLOSED, nothing if has_left else None)
            script, roster = self._script(), self._roster()
            around = Surroundings(script.helplines, script.cards, roster)
            # What has come has come, even if the clock was set back since: it would be set for the same moment again.
            moment = max(now, arrival.happening.at) if isinstance(arrival.happening, Due) else now
            decision = decide(snapshot.ticket, around, arrival.happening, moment)
            if isinstance(decision, Refusal):
                self._figures.add("desk_refused", decision)
                return _Step(decision)
            commit = self._commit(arrival, snapshot.version, snapshot.ticket, decision)
            return _Step(decision, await self._kept(commit, snapshot.ticket, arrival.happening, around, moment))

        decision, is_new = await self._write(arrival.ticket, decided)
        if is_new and isinstance(decision, Accepted):
            self._count(decision)
        return decision

    async def has_happened(self, ticket: Ticket, asked: ArrivalId) -> bool:
        """Whether this took effect before, for what is refused when it comes once more; raise StoreError.

        Nothing is written: no ticket has the version that is expected here, and a repetition is told before that.
        """
        asking = TicketCommit(ticket.id, _NO_VERSION, asked, ticket)
        try:
            outcome = await self._store.commit_ticket(asking, self._clock.now())
        except ConflictError:
            return False
        return isinstance(outcome, Repeated)

    async def show(self, name: TicketId, asked: ArrivalId, member: StaffId, original: Original) -> bool:
        """Have something copied into a member's own chat with the bot; False where the ticket is gone.

        Raise StoreError when it is not known to be written; asked for again by the same name, it is shown once.
        """
        showing = Outgoing(
            outgoing_id(asked, 0),
            Address(DESK, f"member:{member} {name}"),
            Message(()),
            priority=Priority.RELAY,
            copies=original,
        )

        async def shown(snapshot: TicketSnapshot, _now: datetime) -> _Step[bool]:
            if snapshot.ticket is None:
                return _Step(result=False)
            line = {f"{member}!": (showing,)}
            return _Step(True, TicketCommit(name, snapshot.version, asked, snapshot.ticket, line))  # noqa: FBT003

        is_shown, _ = await self._write(name, shown)
        return is_shown

    async def give_key(
        self, name: TicketId, asked: ArrivalId, keys: Mapping[tuple[str, str], KeyPair], sealed: Sealed
    ) -> None:
        """Let colleagues read who may and cannot yet, such as those who came later; raise StoreError.

        Raise ConflictError where others change the ticket all the time; it can wait until somebody opens it again.
        `keys` are of somebody who could open what is sealed, by helpline and key id: nobody else can give them.
        """
        keeper, roster = self._keeper, self._roster()
        owed = [(HelplineId(home), key) for (home, _), key in keys.items() if _lacks(roster, home, key, sealed)]
        if keeper is None or not owed:
            return

        async def given(snapshot: TicketSnapshot, now: datetime) -> _Step[None]:
            ticket, roster = snapshot.ticket, self._roster()
            if ticket is None:
                return _Step(None)
            # A colleague who opened it at the same time may have given it, for another week.
            fresh = await self._store.read_sealed(name)
            # It may have come to another helpline meanwhile, and what lay here be dropped.
            homes = {copy.helpline for copy in ticket.copies}
            wraps: dict[str, bytes] = {}
            for home, key in owed:
                if home in homes:
                    wraps |= keeper.rewrap(ticket, key, home, fresh, roster, now)
            if not wraps:
                return _Step(None)
            case = ticket.casebook
            if case is not None and case.helpline == ticket.helpline:
                readers = case.readers | frozenset(readers_of(roster, case.helpline))
                ticket = replace(ticket, casebook=replace(case, readers=readers))
            return _Step(None, TicketCommit(name, snapshot.version, asked, ticket, wraps=wraps))

        await self._write(name, given)

    def wording(self, ticket: Ticket, helpline: HelplineId) -> DeskWording | None:
        """Words for a helpline's staff about a ticket; None where the helpline is not declared any more."""
        script = self._script()
        found = script.helplines.all.get(helpline)
        return None if found is None else DeskWording(script, self._roster(), found, ticket, self._clock.now())

    async def _write(
        self, name: TicketId, step_from: Callable[[TicketSnapshot, datetime], Awaitable[_Step[_Result]]]
    ) -> tuple[_Result, bool]:
        """Write what follows from a ticket as it stands, anew where it has changed meanwhile.

        With what followed comes whether it was written now: it may have been before.
        """
        for _ in range(MOST_CONFLICTS):
            snapshot, now = await self._store.load_ticket(name), self._clock.now()
            step = await step_from(snapshot, now)
            if step.commit is None:
                return step.result, False
            try:
                outcome = await self._store.commit_ticket(step.commit, now)
            except ConflictError:
                continue
            if step.commit.outgoing or step.commit.letters:
                self._lines.call_lines(name)
            return step.result, not isinstance(outcome, Repeated)
        raise ConflictError("a ticket changed faster than it could be written")

    def _commit(self, arrival: TicketArrival, version: int, before: Ticket, decision: Accepted) -> TicketCommit:
        post = _Post(arrival)
        ticket = decision.ticket or before
        for effect in decision.effects:
            match effect:
                case TellDesk(helpline, news):
                    self._tell(post, ticket, helpline, news)
                case CallDesk(helpline, news, whom):
                    self._call(post, ticket, helpline, news, whom)
                case TellMember(member, news):
                    self._add(post, f"{member}!", ticket, ticket.helpline, news, f"member:{member}")
                case TellPerson(letter, to):
                    address = Address(LANE, to or ticket.person)
                    letter_id = outgoing_id(arrival.id, post.number())
                    post.letters.append(Outgoing(letter_id, address, None, letter=letter, ref=ticket.id))
                case DropCopy(helpline):
                    dropping = Outgoing(
                        outgoing_id(arrival.id, post.number()),
                        Address(DESK, f"topic:{helpline} {ticket.id}"),
                        None,
                        priority=Priority.OTHER,
                        drops_topic=True,
                    )
                    post.lines.setdefault(helpline, []).append(dropping)
                case CountDesk():
                    pass
                case _:
                    assert_never(effect)
        return TicketCommit(
            arrival.ticket,
            version,
            arrival.id,
            decision.ticket,
            {target: tuple(outgoing) for target, outgoing in post.lines.items()},
            tuple(post.letters),
        )

    async def _kept(
        self, commit: TicketCommit, before: Ticket, happening: Happening, around: Surroundings, now: datetime
    ) -> TicketCommit:
        """The same commit, with what is kept of the talk sealed into it."""
        after, keeper = commit.ticket, self._keeper
        if keeper is None or after is None:
            return commit
        sealed = NOTHING_SEALED
        if keeper.needs_sealed(before, after, happening):
            sealed = await self._store.read_sealed(before.id)
        keeping = keeper.keep(before, after, happening, sealed, around.helplines, around.roster, now)
        return replace(commit, ticket=keeping.ticket, kept=keeping.kept, wraps=keeping.wraps)

    def _tell(self, post: _Post, ticket: Ticket, helpline: HelplineId, news: News) -> None:
        target = f"topic:{helpline}"
        if isinstance(news, Reached):
            mark = Outgoing(
                outgoing_id(post.arrival.id, post.number()),
                Address(DESK, f"{target} {ticket.id}"),
                None,
                priority=Priority.RELAY,
                ref=news.ref,
                marks=_MARKS[news.reach],
            )
            post.lines.setdefault(helpline, []).append(mark)
            if news.why is None:
                return
        self._add(post, helpline, ticket, helpline, news, target)

    def _call(self, post: _Post, ticket: Ticket, helpline: HelplineId, news: News, whom: frozenset[Whom]) -> None:
        """An alert goes on a line of its own: it must not wait behind what is relayed."""
        wording = self.wording(ticket, helpline)
        if wording is None:
            logbook.note("helpline_not_declared")
            self._figures.add("helpline_not_declared")
            return
        if Whom.GROUP in whom:
            message = wording.tell(news)
            names = wording.names_on_duty() if Whom.ON_DUTY in whom else ""
            if names:
                message = replace(message, text=(*message.text, *plain(f"\n{names}")))
            self._put(post, f"{helpline}!call", Address(DESK, f"call:{helpline} {ticket.id}"), message)
        if not isinstance(news, Called):
            return
        if Whom.SUPERVISOR in whom:
            alone = Message(plain(wording.called_member(news)), wording.tell(news).rows, keep=True)
            for member in wording.roster.staff_of(helpline):
                if member.supervises(helpline):
                    address = Address(DESK, f"member:{member.id} {ticket.id}")
                    self._put(post, f"{member.id}!call", address, alone)
        if Whom.OUTSIDE in whom:
            outside = Message(plain(wording.called_outside(news)), keep=True)
            self._put(post, f"{helpline}!outside", Address(OUTSIDE, f"{helpline} {ticket.id}"), outside)

    def _put(self, post: _Post, line: str, address: Address, message: Message) -> None:
        alert = Outgoing(
            outgoing_id(post.arrival.id, post.number()), address, message, priority=Priority.ALERT, reports=True
        )
        post.lines.setdefault(line, []).append(alert)

    def _add(self, post: _Post, line: str, ticket: Ticket, helpline: HelplineId, news: News, target: str) -> None:
        wording = self.wording(ticket, helpline)
        if wording is None:
            return
        outgoing = Outgoing(
            outgoing_id(post.arrival.id, post.number()),
            Address(DESK, f"{target} {ticket.id}"),
            wording.tell(news),
            priority=Priority.RELAY,
            copies=news.original if isinstance(news, Sent) else None,
            merges=isinstance(news, Wrote),
        )
        post.lines.setdefault(line, []).append(outgoing)

    def _count(self, decision: Accepted) -> None:
        for effect in decision.effects:
            if isinstance(effect, CountDesk):
                self._figures.add(effect.what, effect.label)


def _lacks(roster: Roster, home: str, key: KeyPair, sealed: Sealed) -> bool:
    """Whether somebody at a helpline who may read has not been given this key."""
    helpline = HelplineId(home)
    wanted = {wrap_name(helpline, key.public, reader) for reader in readers_of(roster, helpline)}
    return not wanted <= sealed.wraps.keys()
