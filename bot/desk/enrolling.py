"""Changes of the roster: who is invited, enrolled and gone, and which group belongs to which helpline."""

from dataclasses import replace
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Final

from bot.desk.helplines import HelplineId
from bot.desk.staff import Invitation, Link, Member, Roster
from bot.desk.ticket import StaffId

CODE_LIFE: Final = timedelta(hours=48)


class EnrolRefusal(StrEnum):
    """Why a change was not made."""

    CODE_WRONG = "code-wrong"
    CODE_EXPIRED = "code-expired"
    NO_SUCH_MEMBER = "no-such-member"
    NAME_TAKEN = "name-taken"
    GROUP_LINKED = "group-linked"
    NOT_LINKED = "not-linked"
    ENROLLED_ELSEWHERE = "enrolled-elsewhere"


def invite(roster: Roster, member: Member, code: str, now: datetime) -> Roster | EnrolRefusal:
    """Let somebody enrol with a code; `code` is its keyed hash. Their working name must tell them from others."""
    others = (one for one in roster.members.values() if one.left is None and one.id != member.id)
    if any(one.name.casefold() == member.name.casefold() for one in others):
        return EnrolRefusal.NAME_TAKEN
    invitation = Invitation(code, now + CODE_LIFE, member=member.id)
    return replace(
        roster,
        members={**roster.members, member.id: member},
        invitations=(*_valid(roster, now), invitation),
    )


def invite_group(roster: Roster, helpline: HelplineId, code: str, now: datetime) -> Roster:
    """Let a group be linked to a helpline with a code."""
    invitation = Invitation(code, now + CODE_LIFE, helpline=helpline)
    return replace(roster, invitations=(*_valid(roster, now), invitation))


def enrol(roster: Roster, code: str, telegram: str, now: datetime) -> Roster | EnrolRefusal:
    """Bind an invited member to their Telegram account; the code works once."""
    found, member = _find(roster, code, now), invited(roster, code, now)
    if isinstance(found, EnrolRefusal):
        return found
    if isinstance(member, EnrolRefusal):
        return member
    before = roster.by_telegram(telegram)
    if before is not None and before.id != member.id:
        return EnrolRefusal.ENROLLED_ELSEWHERE
    members = {**roster.members, member.id: replace(member, telegram=telegram)}
    return replace(roster, members=members, invitations=_without(roster, found))


def invited(roster: Roster, code: str, now: datetime) -> Member | EnrolRefusal:
    """Whom a code is for."""
    found = _find(roster, code, now)
    if isinstance(found, EnrolRefusal):
        return found
    member = roster.members.get(found.member or StaffId(""))
    return EnrolRefusal.CODE_WRONG if member is None or member.left is not None else member


def give_key(roster: Roster, code: str, key: bytes, now: datetime) -> Roster | EnrolRefusal:
    """Enrol an invited member in the console, with the public half of their own key; the code works once."""
    found, member = _find(roster, code, now), invited(roster, code, now)
    if isinstance(found, EnrolRefusal):
        return found
    if isinstance(member, EnrolRefusal):
        return member
    members = {**roster.members, member.id: replace(member, key=key)}
    return replace(roster, members=members, invitations=_without(roster, found))


def link(roster: Roster, code: str, group: str, now: datetime, *, has_topics: bool = True) -> Roster | EnrolRefusal:
    """Make a group the one of a helpline; it takes the place of the group before."""
    found = _find(roster, code, now)
    if isinstance(found, EnrolRefusal):
        return found
    if found.helpline is None:
        return EnrolRefusal.CODE_WRONG
    other = roster.by_group(group)
    if other is not None and other.helpline != found.helpline:
        return EnrolRefusal.GROUP_LINKED
    links = {**roster.links, found.helpline: Link(found.helpline, group, now, has_topics)}
    return replace(roster, links=links, invitations=_without(roster, found))


def unlink(roster: Roster, helpline: HelplineId) -> Roster | EnrolRefusal:
    """A helpline takes no tickets any more."""
    if helpline not in roster.links:
        return EnrolRefusal.NOT_LINKED
    return replace(roster, links={name: one for name, one in roster.links.items() if name != helpline})


def leave(roster: Roster, member: StaffId, now: datetime) -> Roster | EnrolRefusal:
    """End all rights of somebody at once; their account is forgotten."""
    found = roster.members.get(member)
    if found is None or found.left is not None:
        return EnrolRefusal.NO_SUCH_MEMBER
    members = {**roster.members, member: replace(found, left=now, telegram=None, key=None)}
    invitations = tuple(one for one in roster.invitations if one.member != member)
    return replace(roster, members=members, invitations=invitations)


def group_moved(roster: Roster, old: str, new: str) -> Roster:
    """Telegram gave a group another id."""
    found = roster.by_group(old)
    if found is None:
        return roster
    return replace(roster, links={**roster.links, found.helpline: replace(found, group=new)})


def topics_turned(roster: Roster, group: str, *, on: bool) -> Roster:
    """The group can, or cannot, give each ticket a topic of its own."""
    found = roster.by_group(group)
    if found is None or found.has_topics == on:
        return roster
    return replace(roster, links={**roster.links, found.helpline: replace(found, has_topics=on)})


def stranger_came(roster: Roster, group: str, now: datetime) -> Roster:
    """Somebody who is not enrolled is in the group: relaying rests."""
    found = roster.by_group(group)
    if found is None or found.stranger is not None:
        return roster
    return replace(roster, links={**roster.links, found.helpline: replace(found, stranger=now)})


def stranger_cleared(roster: Roster, group: str) -> Roster:
    """A supervisor has looked at who is in the group, or the stranger has gone."""
    found = roster.by_group(group)
    if found is None or found.stranger is None:
        return roster
    return replace(roster, links={**roster.links, found.helpline: replace(found, stranger=None)})


def find_member(roster: Roster, name: str) -> Member | None:
    """Somebody who works here, by id or working name."""
    wanted = name.strip().casefold()
    here = (member for member in roster.members.values() if member.left is None)
    return next((one for one in here if wanted in (one.id.casefold(), one.name.casefold())), None)


def _find(roster: Roster, code: str, now: datetime) -> Invitation | EnrolRefusal:
    found = next((one for one in roster.invitations if one.code == code), None)
    if found is None:
        return EnrolRefusal.CODE_WRONG
    return EnrolRefusal.CODE_EXPIRED if found.expires <= now else found


def _valid(roster: Roster, now: datetime) -> tuple[Invitation, ...]:
    """Expired ones are kept for a while, so that who comes late is told so."""
    return tuple(one for one in roster.invitations if one.expires + CODE_LIFE > now)


def _without(roster: Roster, used: Invitation) -> tuple[Invitation, ...]:
    return tuple(one for one in roster.invitations if one != used)
