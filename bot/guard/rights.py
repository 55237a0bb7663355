"""What each role may do. Whatever does not stand here nobody may do, and no role may do everything."""

from enum import StrEnum
from typing import Final

from bot.desk.helplines import HelplineId
from bot.desk.staff import Member, Role
from bot.desk.ticket import ReferralState, Ticket


class Right(StrEnum):
    """One thing that may be allowed."""

    OWN_ACCOUNT = "own-account"
    SEE_INBOX = "see-inbox"
    OPEN_TICKET = "open-ticket"
    """See a ticket and do with it what the desk allows."""
    BREAK_GLASS = "break-glass"
    """Open a colleague's ticket of one's own helpline, with a reason that the supervisor is told."""
    SUPERVISE = "supervise"
    MANAGE_STAFF = "manage-staff"
    EXPORT_COUNTS = "export-counts"
    READ_AUDIT = "read-audit"
    SEE_STUDIO = "see-studio"
    EDIT_CONTENT = "edit-content"
    REVIEW_CONTENT = "review-content"
    """Approve what others have changed; that it is never one's own the studio sees to."""
    PUBLISH_CONTENT = "publish-content"
    ROLL_BACK = "roll-back"
    CALL_NUMBERS = "call-numbers"
    """Say of a number whether it answered when one called it."""


_OF_CONTENT: Final = frozenset(
    {
        *(Right.SEE_STUDIO, Right.EDIT_CONTENT, Right.REVIEW_CONTENT),
        *(Right.PUBLISH_CONTENT, Right.ROLL_BACK, Right.CALL_NUMBERS),
    }
)

_BY_ROLE: Final = {
    Role.RESPONDER: frozenset({Right.OWN_ACCOUNT, Right.SEE_INBOX, Right.OPEN_TICKET, Right.BREAK_GLASS}),
    Role.SUPERVISOR: frozenset(
        {
            *(Right.OWN_ACCOUNT, Right.SEE_INBOX, Right.OPEN_TICKET, Right.BREAK_GLASS),
            *(Right.SUPERVISE, Right.MANAGE_STAFF, Right.EXPORT_COUNTS),
            *(Right.SEE_STUDIO, Right.REVIEW_CONTENT, Right.CALL_NUMBERS),
        }
    ),
    Role.EDITOR: frozenset({Right.OWN_ACCOUNT, *_OF_CONTENT}),
    Role.OPERATOR: frozenset({Right.OWN_ACCOUNT, Right.MANAGE_STAFF, Right.SEE_STUDIO, Right.ROLL_BACK}),
    Role.AUDITOR: frozenset({Right.OWN_ACCOUNT, Right.READ_AUDIT, Right.SEE_STUDIO}),
}

_OF_NO_HELPLINE: Final = frozenset({Right.OWN_ACCOUNT, Right.READ_AUDIT}) | _OF_CONTENT
"""All others reach only as far as the helplines somebody works for; an operator runs them all."""


def may(member: Member, right: Right, helpline: HelplineId | None = None) -> bool:
    """Whether somebody may do something at all or, with a helpline, there."""
    if member.left is not None or right not in _BY_ROLE[member.role]:
        return False
    if helpline is None or right in _OF_NO_HELPLINE or member.role is Role.OPERATOR:
        return True
    return helpline in member.helplines


def desks_for(member: Member, ticket: Ticket) -> tuple[HelplineId, ...]:
    """The helplines for which somebody may look at a ticket; none where it is not theirs to see.

    That is the one that has it, those that keep a copy, and the one that is asked to take it.
    """
    if not may(member, Right.OPEN_TICKET):
        return ()
    lies_at = [ticket.helpline, *(copy.helpline for copy in ticket.copies)]
    if ticket.referral is not None and ticket.referral.state is ReferralState.OFFERED:
        lies_at.append(ticket.referral.to)
    return tuple(dict.fromkeys(one for one in lies_at if member.works_for(one)))


def holds(member: Member, ticket: Ticket) -> bool:
    """Whether a ticket is theirs to read without a reason: they hold it, help with it, nobody has it, or they lead."""
    if not desks_for(member, ticket):
        return False
    if ticket.holder in (None, member.id) or member.id in ticket.helpers:
        return True
    return member.supervises(ticket.helpline)


def may_invite(member: Member, role: Role, helplines: frozenset[HelplineId]) -> bool:
    """Whether somebody may enrol another with this role: a supervisor responders of their own helplines only."""
    if not may(member, Right.MANAGE_STAFF):
        return False
    if member.role is Role.OPERATOR:
        return True
    return role is Role.RESPONDER and bool(helplines) and helplines <= member.helplines


def may_remove(member: Member, other: Member) -> bool:
    """Whether somebody may end another's rights."""
    if member.id == other.id or other.left is not None or not may(member, Right.MANAGE_STAFF):
        return False
    if member.role is Role.OPERATOR:
        return True
    return other.role is Role.RESPONDER and other.helplines <= member.helplines
