"""What the channel and the door of the desk share: who works there, where tickets lie, and the lines before groups."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import TypeAlias

from bot.clock import Clock
from bot.desk.enrolling import EnrolRefusal
from bot.desk.helplines import HelplineId
from bot.desk.staff import Roster
from bot.desk.ticket import Ticket, TicketId
from bot.dialogue.desk_wording import DeskWording
from bot.dialogue.script import Script
from bot.figures import Figures
from bot.store.contract import Store
from bot.store.sealing import Vault
from handlers.telegram.desk.lines import GroupLines
from handlers.telegram.requests import TelegramConnection

RosterChange: TypeAlias = Callable[[Roster], Roster | EnrolRefusal]


@dataclass(frozen=True, slots=True)
class DeskOffice:
    """`change_roster` applies a change to the roster as it is, as often as it takes to be the only one who does.

    `console` is the address at which a ticket is opened in the console, where there is one.
    """

    connection: TelegramConnection
    store: Store
    vault: Vault
    script: Callable[[], Script]
    roster: Callable[[], Roster]
    change_roster: Callable[[RosterChange], Awaitable[Roster | EnrolRefusal]]
    clock: Clock
    figures: Figures
    lines: GroupLines
    console: Callable[[TicketId], str] | None = None

    def wording(self, ticket: Ticket, helpline: HelplineId) -> DeskWording | None:
        """Words for a helpline's staff about a ticket; None where it is not declared any more."""
        script = self.script()
        found = script.helplines.all.get(helpline)
        return None if found is None else DeskWording(script, self.roster(), found, ticket, self.clock.now())
