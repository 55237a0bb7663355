"""Codes that enrol staff and link groups: made at the command line, brought back by whoever was given them."""

import secrets
from functools import partial
from typing import Final

from bot.clock import Clock
from bot.desk.enrolling import EnrolRefusal, enrol, invite, invite_group, link
from bot.desk.helplines import HelplineId
from bot.desk.staff import Member, Role, Roster
from bot.desk.ticket import StaffId
from bot.messages import Language
from bot.roster import LiveRoster
from bot.store.sealing import Vault

_CODE_BYTES: Final = 12
_ID_BYTES: Final = 6

_ENROL_ANSWERS: Final = {EnrolRefusal.CODE_EXPIRED: "code-expired"}
_LINK_ANSWERS: Final = {
    EnrolRefusal.CODE_EXPIRED: "link-failed-expired",
    EnrolRefusal.GROUP_LINKED: "link-failed-linked",
}


class Enrolment:
    """Hands out codes and takes them back. A code is shown once and kept only as a keyed hash."""

    def __init__(self, roster: LiveRoster, vault: Vault, clock: Clock) -> None:
        self._roster = roster
        self._vault = vault
        self._clock = clock

    async def invite(
        self, name: str, role: Role, helplines: frozenset[HelplineId], languages: tuple[Language, ...]
    ) -> str | EnrolRefusal:
        """A code for somebody new; raise StoreError where it cannot be kept."""
        code = secrets.token_urlsafe(_CODE_BYTES)
        member = Member(StaffId(secrets.token_hex(_ID_BYTES)), name, role, helplines, languages)
        digest, now = self._vault.code_name(code), self._clock.now()
        changed = await self._roster.change(partial(invite, member=member, code=digest, now=now))
        return changed if isinstance(changed, EnrolRefusal) else code

    async def invite_again(self, member: Member) -> str | EnrolRefusal:
        """A new code for somebody who was enrolled before: for another device, or because they cannot get in."""
        code = secrets.token_urlsafe(_CODE_BYTES)
        digest, now = self._vault.code_name(code), self._clock.now()
        changed = await self._roster.change(partial(invite, member=member, code=digest, now=now))
        return changed if isinstance(changed, EnrolRefusal) else code

    async def invite_group(self, helpline: HelplineId) -> str:
        """A code for a helpline's group."""
        code = secrets.token_urlsafe(_CODE_BYTES)
        digest, now = self._vault.code_name(code), self._clock.now()
        await self._roster.change(partial(invite_group, helpline=helpline, code=digest, now=now))
        return code

    async def enrol(self, code: str, telegram: str) -> str:
        """Bind a member to their account; the phrase that says what came of it."""
        digest, now = self._vault.code_name(code), self._clock.now()
        changed = await self._roster.change(lambda roster: enrol(roster, digest, telegram, now))
        return _ENROL_ANSWERS.get(changed, "code-wrong") if isinstance(changed, EnrolRefusal) else "enrolled"

    async def link(self, code: str, group: str) -> str:
        """Link a group to its helpline; the phrase that says what came of it."""
        if not group.startswith("-"):
            return "link-failed-not-group"
        digest, now = self._vault.code_name(code), self._clock.now()
        changed = await self._roster.change(lambda roster: link(roster, digest, group, now))
        return _LINK_ANSWERS.get(changed, "link-failed-code") if isinstance(changed, EnrolRefusal) else "linked"


def staff_lines(roster: Roster) -> list[str]:
    """Everybody who works here, one line each, for whoever runs the bot."""
    lines = []
    for member in sorted(roster.members.values(), key=lambda one: one.name.casefold()):
        if member.left is None:
            state = "enrolled" if member.telegram else "invited, not enrolled yet"
            helplines = ", ".join(sorted(member.helplines)) or "no helpline"
            lines.append(f"{member.id}  {member.name}  {member.role}  {helplines}  {state}")
    return lines
