"""A decision in the making: the ticket as it changes, and what follows. It lives for one call of `decide`."""

from dataclasses import replace
from datetime import datetime

from bot.desk.decided import Accepted, CallDesk, CountDesk, DeskEffect, DropCopy, TellDesk, TellMember, TellPerson, Whom
from bot.desk.helplines import Helpline, HelplineId, Helplines, Mode
from bot.desk.letters import ToPerson
from bot.desk.news import Called, News, OpenAgain
from bot.desk.staff import Roster, can_take
from bot.desk.ticket import CloseReason, Closing, Copy, StaffId, Stage, Ticket, Urgency
from bot.desk.timetable import next_due
from bot.messages import ConversationId

MOST_SPENT = 64

_NAMES_AT, _FALLBACKS_AT, _SUPERVISOR_AT, _OUTSIDE_AT = 2, 3, 4, 5
"""From which alert on it gets louder; an emergency begins one step louder."""


class Deciding:
    """Changes a ticket step by step; `accepted` is what came out."""

    def __init__(self, ticket: Ticket, helplines: Helplines, roster: Roster, now: datetime) -> None:
        self.ticket = ticket
        self.helplines = helplines
        self.roster = roster
        self.now = now
        self._effects: list[DeskEffect] = []
        self._is_gone = False

    def accepted(self, button: str | None = None) -> Accepted:
        """The decision; a button that led to it is spent by that."""
        if self._is_gone:
            return Accepted(None, tuple(self._effects))
        spent = self.ticket.spent if button is None else (*self.ticket.spent, button)[-MOST_SPENT:]
        ticket = replace(self.ticket, spent=spent, step=self.ticket.step + 1)
        return Accepted(replace(ticket, due=next_due(ticket)), tuple(self._effects))

    # Who is told

    def tell(self, news: News) -> None:
        """Say it in the group of the helpline that has the ticket."""
        self.tell_desk(self.ticket.helpline, news)

    def tell_desk(self, helpline: HelplineId, news: News) -> None:
        if self.may_hear(helpline):
            self._effects.append(TellDesk(helpline, news))

    def tell_all(self, news: News) -> None:
        """Say it at every helpline that holds something of the ticket."""
        for copy in self.ticket.copies:
            self._effects.append(TellDesk(copy.helpline, news))

    def tell_member(self, member: StaffId, news: News) -> None:
        self._effects.append(TellMember(member, news))

    def write(self, letter: ToPerson, to: ConversationId | None = None) -> None:
        """Let the person know."""
        self._effects.append(TellPerson(letter, to))

    def call(self, helpline: HelplineId, news: News, *whom: Whom) -> None:
        """Alert a helpline."""
        self._effects.append(CallDesk(helpline, news, frozenset(whom)))

    def count(self, what: str, label: str = "") -> None:
        self._effects.append(CountDesk(what, label))

    def drop(self, helpline: HelplineId) -> None:
        """Delete what lies there, and remember that nothing does any more."""
        self._effects.append(DropCopy(helpline))
        left = tuple(copy for copy in self.ticket.copies if copy.helpline != helpline)
        self.ticket = replace(self.ticket, copies=left)

    def vanish(self) -> None:
        """Keep nothing of the ticket."""
        self._is_gone = True

    # What happens to it

    def ask_anew(self, *, urgency: Urgency | None = None) -> None:
        """Let alerts begin from the first."""
        self.ticket = replace(
            self.ticket,
            stage=Stage.ASKED,
            since=self.now,
            alerts=0,
            told=0,
            holder=None,
            helpers=frozenset(),
            waits_for=self.ticket.waits_for or self.now,
            urgency=urgency or self.ticket.urgency,
            closing=None,
        )

    def raise_alarm(self, attempt: int, *, again: bool = False) -> None:
        """Call the desk, louder each time. What is said holds nothing that the person wrote."""
        ticket = self.ticket
        since = ticket.waits_for or ticket.asked
        loudness = attempt + (1 if ticket.urgency is Urgency.EMERGENCY else 0)
        whom = [Whom.GROUP]
        if loudness >= _NAMES_AT:
            whom.append(Whom.ON_DUTY)
        if loudness >= _SUPERVISOR_AT:
            whom.append(Whom.SUPERVISOR)
        if loudness >= _OUTSIDE_AT or ticket.urgency is Urgency.EMERGENCY or not self._is_manned(ticket.helpline):
            whom.append(Whom.OUTSIDE)
        self.call(ticket.helpline, Called(attempt, since, again=again), *whom)
        if loudness >= _FALLBACKS_AT or not self.can_take(ticket.helpline):
            for helpline in self.stand_ins:
                self.call(helpline, Called(attempt, since, is_fallback=True, again=again), Whom.GROUP, Whom.ON_DUTY)
        self.count("desk_alert", str(min(attempt, 10)))

    def move_to(self, helpline: HelplineId) -> None:
        """Another helpline has the ticket from now on."""
        copies = self.ticket.copies
        if all(copy.helpline != helpline for copy in copies):
            copies = (*copies, Copy(helpline))
        self.ticket = replace(self.ticket, helpline=helpline, copies=copies)

    def close(self, reason: CloseReason, by: StaffId | None) -> None:
        """End it; what lies at each helpline goes when its time is over."""
        copies = tuple(
            Copy(copy.helpline, self.now + self.helplines.all[copy.helpline].kept)
            if copy.helpline in self.helplines.all
            else Copy(copy.helpline, self.now)
            for copy in self.ticket.copies
        )
        self.ticket = replace(
            self.ticket,
            stage=Stage.CLOSED,
            since=self.now,
            closing=Closing(reason, self.now, by),
            copies=copies,
            waits_for=None,
            holder=None,
            helpers=frozenset(),
            reminder=None,
        )
        self.count("ticket_closed", reason)

    def open_again(self, by: StaffId | None) -> None:
        """Let it be asked once more, with the same helpline."""
        kept = tuple(Copy(copy.helpline) for copy in self.ticket.copies)
        self.ticket = replace(
            self.ticket, copies=kept, closing=None, helped=None, waits_for=self.now, unreachable=False
        )
        # Its own copy may have been deleted while another helpline still keeps one.
        self.move_to(self.ticket.helpline)
        self.ask_anew()
        self.tell(OpenAgain(by))

    # What is known

    @property
    def helpline(self) -> Helpline | None:
        """The helpline that has the ticket, if it is still declared."""
        return self.helplines.all.get(self.ticket.helpline)

    @property
    def reads_along(self) -> bool:
        """Whether what is written stands in the helpline's group."""
        return self.helpline is not None and self.helpline.mode is Mode.RELAY

    @property
    def stand_ins(self) -> tuple[HelplineId, ...]:
        """Who is called when nobody answers at the helpline that has the ticket; nobody whom the person has refused."""
        home = self.helpline
        fallbacks = () if home is None else home.fallbacks
        return tuple(one for one in fallbacks if one not in self.ticket.unwanted and self.can_take(one))

    def can_take(self, helpline: HelplineId) -> bool:
        """Whether a helpline can take tickets now."""
        declared = self.helplines.all.get(helpline)
        return declared is not None and can_take(declared, self.roster)

    def may_hear(self, helpline: HelplineId) -> bool:
        """Whether there may be news for a helpline: where what lay there was deleted, news would come to lie anew."""
        return self.ticket.is_open or any(copy.helpline == helpline for copy in self.ticket.copies)

    def _is_manned(self, helpline: HelplineId) -> bool:
        return self.can_take(helpline) and self.helplines.is_open(helpline, self.now)
