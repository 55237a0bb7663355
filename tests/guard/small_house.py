"""A house with one helpline and a few who work there, in memory: what the tests of the guard share."""

from dataclasses import dataclass, field
from datetime import timedelta

import pyotp

from bot.casebook import Writer
from bot.desk.enrolling import invite
from bot.desk.helplines import HelplineId
from bot.desk.staff import Member, Role, Roster
from bot.desk.ticket import StaffId
from bot.guard.audit import Chronicle
from bot.guard.locks import Stretching
from bot.guard.one_time_codes import new_secret
from bot.guard.sessions import Session
from bot.guard.sign_in import SignIn
from bot.roster import LiveRoster
from bot.store.contract import Store
from bot.store.memory_store import MemoryStore
from bot.store.shelf import MemoryShelf, Shelf
from tests.fakes import NAMES, ManualClock

KHMER = HelplineId("khmer")
LIGHT = Stretching(1, 8192)
"""So that a test of a thousand guesses does not take a thousand half seconds."""

PASSWORD = "seven green umbrellas"
SEED = b"s" * 32


@dataclass(slots=True)
class House:
    """Everything that somebody needs to sign in."""

    clock: ManualClock
    shelf: Shelf
    roster: LiveRoster
    writer: Writer
    chronicle: Chronicle
    sign_in: SignIn
    secrets: dict[StaffId, str] = field(default_factory=dict)

    async def employ(self, name: str, role: Role = Role.RESPONDER) -> Member:
        """Somebody who is invited and joins."""
        member = Member(StaffId(f"id-{name}"), name, role, frozenset({KHMER}))
        code = await self.invite(member)
        joined = await self.join(code, member)
        assert isinstance(joined, Session)
        await self.sign_in.sign_out(joined)
        self.later(minutes=5)
        return self.roster.current().members[member.id]

    async def invite(self, member: Member) -> str:
        """A code for somebody, as it is handed out."""
        code, now = f"code-of-{member.id}-{self.clock.now().isoformat()}", self.clock.now()
        changed = await self.roster.change(lambda roster: invite(roster, member, NAMES.code_name(code), now))
        assert isinstance(changed, Roster)
        return code

    async def join(self, code: str, member: Member, password: str = PASSWORD) -> object:
        """Take the invitation."""
        secret = self.secrets[member.id] = new_secret()
        return await self.sign_in.join(code, password, secret, self.code_of(member))

    async def enter(self, member: Member, password: str = PASSWORD) -> Session:
        """Sign in by password and code."""
        pending = await self.sign_in.with_password(member.name, password)
        assert isinstance(pending, Session)
        session = await self.sign_in.with_code(pending.cookie, self.code_of(member))
        assert isinstance(session, Session)
        return session

    def code_of(self, member: Member) -> str:
        """What their app shows now."""
        return pyotp.TOTP(self.secrets[member.id]).at(self.clock.now())

    def later(self, minutes: float = 0, seconds: float = 0) -> None:
        """Let time pass."""
        self.clock.set(self.clock.now() + timedelta(minutes=minutes, seconds=seconds))


def a_house(shelf: Shelf | None = None, clock: ManualClock | None = None, store: Store | None = None) -> House:
    clock = clock or ManualClock()
    shelf = shelf or MemoryShelf(clock)
    roster, writer = LiveRoster(store or MemoryStore(), clock), Writer(SEED)
    chronicle = Chronicle(shelf, writer, {writer.public})
    sign_in = SignIn(shelf, roster, NAMES, chronicle, clock, LIGHT)
    return House(clock, shelf, roster, writer, chronicle, sign_in)
