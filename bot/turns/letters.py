"""Brings letters from a person's conversation to their ticket and back, in order and each once."""

from collections.abc import Awaitable, Callable

from bot.channel import ChannelDownError, Delivered
from bot.desk.actions import ByPerson, DeskUnreachable
from bot.desk.decided import Accepted, Refusal
from bot.desk.helplines import HelplineId
from bot.desk.letters import CodeUnknown, Letter, Missed, NotShown, PersonMoved, ToTicket
from bot.desk.ticket import TicketId
from bot.messages import ConversationId
from bot.store.contract import DESK, Outgoing, Store, StoreError, lane_of
from bot.store.keys import TICKET_MARK
from bot.turns.lines import arrival_of
from bot.turns.ticket_arrival import TicketArrival
from bot.turns.turns import BY_CODE, Turns


class Letters:
    """The channel of letters; it also hears what became of what a helpline or a person was sent."""

    def __init__(
        self, turns: Turns, take_ticket: Callable[[TicketArrival], Awaitable[Accepted | Refusal]], store: Store
    ) -> None:
        self._turns = turns
        self._take_ticket = take_ticket
        self._store = store

    async def deliver(self, outgoing: Outgoing) -> Delivered:
        """Let a letter arrive; raise ChannelDownError while the store is away, so that it is brought again."""
        if outgoing.letter is None:
            return Delivered()
        try:
            await self._bring(outgoing.address.chat, outgoing.letter, outgoing)
        except StoreError as error:
            raise ChannelDownError("the store does not take the letter now") from error
        return Delivered()

    async def report(
        self, line: ConversationId, outgoing: Outgoing, message: str | None, missed: Missed | None
    ) -> None:
        """What became of an outgoing that reports; raise StoreError when it is not known to be written."""
        lane = lane_of(line)
        if not lane.startswith(TICKET_MARK):
            await self._turns.take_report(lane, outgoing, message, missed)
        elif missed is not None and DESK in line:
            helpline = HelplineId(line.partition(DESK)[2].partition("!")[0])
            gone = DeskUnreachable(helpline)
            await self._take_ticket(TicketArrival(TicketId(lane), arrival_of(outgoing.id, lane, "gone"), gone))

    async def _bring(self, lane: str, letter: Letter, outgoing: Outgoing) -> None:
        if lane.startswith(BY_CODE) and isinstance(letter, PersonMoved):
            await self._bring_by_code(lane.removeprefix(BY_CODE), letter, outgoing)
        elif isinstance(letter, ToTicket):
            await self._take_ticket(TicketArrival(TicketId(lane), arrival_of(outgoing.id, lane), ByPerson(letter)))
        else:
            lost = await self._turns.take_letter(ConversationId(lane), letter, outgoing)
            if lost is not None:
                await self._tell_lost(TicketId(outgoing.ref), outgoing, lost)

    async def _bring_by_code(self, code: str, letter: PersonMoved, outgoing: Outgoing) -> None:
        ticket = await self._store.ticket_of_code(code)
        if ticket is None or (await self._store.load_ticket(ticket)).ticket is None:
            await self._turns.take_letter(letter.to, CodeUnknown(), outgoing)
        else:
            await self._take_ticket(TicketArrival(ticket, arrival_of(outgoing.id, ticket), ByPerson(letter)))

    async def _tell_lost(self, ticket: TicketId, outgoing: Outgoing, lost: NotShown) -> None:
        """Nobody is there any more to whom it could be shown: the ticket that wrote it must know."""
        await self._take_ticket(TicketArrival(ticket, arrival_of(outgoing.id, ticket, "lost"), ByPerson(lost)))
