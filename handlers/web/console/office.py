"""What all pages of the console work with."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime

from bot.clock import Clock
from bot.desk.helplines import HelplineId
from bot.desk.staff import Member
from bot.dialogue.script import Script
from bot.enrolment import Enrolment
from bot.guard.audit import Chronicle
from bot.guard.rights import Right, may
from bot.guard.sign_in import SignIn
from bot.messages import Language
from bot.roster import LiveRoster
from bot.store.contract import Store
from bot.store.sealing import Vault
from bot.store.shelf import Shelf
from bot.turns.tickets import Tickets
from handlers.web.console import views
from handlers.web.console.access import Caller
from handlers.web.console.board import Board
from handlers.web.console.casefile import Cabinet
from handlers.web.console.lists import urgent
from handlers.web.console.showing import ConsolePages

FALLBACK_ZONE = "Asia/Bangkok"
_PLACES = {
    views.Place.INBOX: (Right.SEE_INBOX, "/desk"),
    views.Place.SUPERVISOR: (Right.SUPERVISE, "/desk/overview"),
    views.Place.STAFF: (Right.MANAGE_STAFF, "/desk/staff"),
    views.Place.AUDIT: (Right.READ_AUDIT, "/desk/audit"),
    views.Place.STUDIO: (Right.SEE_STUDIO, "/studio"),
    views.Place.ACCOUNT: (Right.OWN_ACCOUNT, "/desk/account"),
}


@dataclass(frozen=True, slots=True)
class Office:
    """The parts of the bot that the console uses."""

    store: Store
    shelf: Shelf
    vault: Vault
    clock: Clock
    script: Callable[[], Script]
    roster: LiveRoster
    tickets: Tickets
    sign_in: SignIn
    chronicle: Chronicle
    enrolment: Enrolment
    cabinet: Cabinet
    board: Board
    pages: ConsolePages
    public_url: str | None = None
    telegram_token: str | None = None

    def language_of(self, member: Member) -> Language:
        """The language in which somebody reads the console."""
        script = self.script()
        works_in = [script.helplines.all[one].works_in for one in member.helplines if one in script.helplines.all]
        wanted = (member.language, *member.languages, *sorted(works_in))
        return next((one for one in wanted if one is not None and one in script.tongues), Language("en"))

    def zone_of(self, member: Member) -> str:
        """The clock that somebody looks at: that of their helpline."""
        declared = self.script().helplines.all
        zones = sorted(declared[one].hours.zone for one in member.helplines if one in declared)
        return zones[0] if zones else FALLBACK_ZONE

    def zone_of_helpline(self, helpline: HelplineId) -> str:
        """The clock of a helpline."""
        declared = self.script().helplines.all.get(helpline)
        return FALLBACK_ZONE if declared is None else declared.hours.zone

    def around(
        self, caller: Caller, here: views.Place | None, told: views.Told | None = None, *, now: datetime | None = None
    ) -> views.Around:
        """What stands around every page of somebody who is signed in."""
        member = caller.member
        menu = {place: path for place, (right, path) in _PLACES.items() if may(member, right)}
        reads = may(member, Right.SEE_INBOX)
        return views.Around(
            self.language_of(member),
            now or self.clock.now(),
            self.zone_of(member),
            caller.session.csrf,
            views.Me(member.id, member.name, member.role),
            here,
            menu,
            unlock="/desk/unlock" if caller.session.private is None and reads else None,
            urgent=len(urgent(self.board.tickets, member)),
            told=told,
            stream="/desk/stream" if reads else None,
            presence="/desk/presence" if reads else None,
        )
