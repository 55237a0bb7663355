"""Who works here: members with their rights, the groups that are linked, and the codes that were handed out.

The roster is one small value; it changes as a whole or not at all. Codes are kept as keyed hashes.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum

from bot.desk.helplines import Helpline, HelplineId, Mode
from bot.desk.ticket import StaffId
from bot.messages import Language


class Role(StrEnum):
    """What somebody may do; no role may do everything."""

    RESPONDER = "responder"
    SUPERVISOR = "supervisor"
    EDITOR = "editor"
    OPERATOR = "operator"
    AUDITOR = "auditor"


@dataclass(frozen=True, slots=True)
class Member:
    """Somebody who was enrolled. `name` is a working name that colleagues see and people never do.

    `telegram` is their id there, once they have bound it. `left` ends every right at once. `key` is the public half of
    their own key, once they have signed in to the console: what people tell can be sealed for them.
    """

    id: StaffId
    name: str
    role: Role
    helplines: frozenset[HelplineId]
    languages: tuple[Language, ...] = ()
    telegram: str | None = None
    left: datetime | None = None
    key: bytes | None = None
    language: Language | None = None
    """The console's language, where it is not the first they speak."""

    def works_for(self, helpline: HelplineId) -> bool:
        """Whether they may work on this helpline's tickets."""
        return self.left is None and helpline in self.helplines and self.role in (Role.RESPONDER, Role.SUPERVISOR)

    @property
    def has_joined(self) -> bool:
        """Whether they have taken their invitation, in Telegram or in the console."""
        return self.telegram is not None or self.key is not None

    def supervises(self, helpline: HelplineId) -> bool:
        """Whether they may decide over others' tickets of this helpline."""
        return self.works_for(helpline) and self.role is Role.SUPERVISOR


@dataclass(frozen=True, slots=True)
class Link:
    """A helpline's group. Relaying rests while `stranger` is set: somebody who is not enrolled has joined."""

    helpline: HelplineId
    group: str
    linked: datetime
    has_topics: bool = True
    stranger: datetime | None = None


@dataclass(frozen=True, slots=True)
class Invitation:
    """A code that works once. For a member it names who they will be; for a group only the helpline."""

    code: str
    """Keyed hash of the code."""
    expires: datetime
    helpline: HelplineId | None = None
    member: StaffId | None = None


@dataclass(frozen=True, slots=True)
class Roster:
    """Everybody and everything that is enrolled. `recovery` is the public half of the key that lies on paper."""

    members: Mapping[StaffId, Member] = field(default_factory=dict)
    links: Mapping[HelplineId, Link] = field(default_factory=dict)
    invitations: tuple[Invitation, ...] = ()
    recovery: bytes | None = None

    def by_telegram(self, telegram: str) -> Member | None:
        """Who this is, if they are enrolled and have not left."""
        found = (one for one in self.members.values() if one.telegram == telegram and one.left is None)
        return next(found, None)

    def by_group(self, group: str) -> Link | None:
        """Which helpline a group belongs to."""
        return next((link for link in self.links.values() if link.group == group), None)

    def staff_of(self, helpline: HelplineId) -> tuple[Member, ...]:
        """Who works for a helpline now."""
        return tuple(member for member in self.members.values() if member.works_for(helpline))

    def readers_of(self, helpline: HelplineId) -> dict[str, bytes]:
        """The public keys of those who may read what is told to a helpline, by who they are."""
        return {one.id: one.key for one in self.staff_of(helpline) if one.key is not None}


NO_ROSTER = Roster()


def can_take(helpline: Helpline, roster: Roster) -> bool:
    """Whether a helpline can take tickets: its group is linked, somebody works there, and somebody can read.

    Where what people tell is kept sealed for the console, that is somebody with a key.
    """
    if helpline.mode is Mode.ALERT:
        reads = bool(roster.readers_of(helpline.id))
    else:
        reads = any(one.has_joined for one in roster.staff_of(helpline.id))
    return helpline.id in roster.links and reads
