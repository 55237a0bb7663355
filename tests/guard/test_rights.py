"""Every role, every right, here and elsewhere: what is not said to be allowed is refused."""

from dataclasses import replace
from datetime import timedelta
from itertools import product

import pytest

from bot.desk.helplines import HelplineId
from bot.desk.staff import Member, Role
from bot.desk.ticket import Copy, Referral, ReferralState, Rule, StaffId, Ticket, TicketId
from bot.guard.rights import Right, desks_for, holds, may, may_invite, may_remove
from bot.messages import Language
from tests.builders import NOW, SOMEBODY

HERE, ELSEWHERE, THIRD = HelplineId("khmer"), HelplineId("thai"), HelplineId("lao")

ALLOWED_IN_STUDIO = {
    (Role.EDITOR, Right.SEE_STUDIO),
    (Role.EDITOR, Right.EDIT_CONTENT),
    (Role.EDITOR, Right.REVIEW_CONTENT),
    (Role.EDITOR, Right.PUBLISH_CONTENT),
    (Role.EDITOR, Right.ROLL_BACK),
    (Role.EDITOR, Right.CALL_NUMBERS),
    (Role.SUPERVISOR, Right.SEE_STUDIO),
    (Role.SUPERVISOR, Right.REVIEW_CONTENT),
    (Role.SUPERVISOR, Right.CALL_NUMBERS),
    (Role.OPERATOR, Right.SEE_STUDIO),
    (Role.OPERATOR, Right.ROLL_BACK),
    (Role.AUDITOR, Right.SEE_STUDIO),
}
ALLOWED_HERE = {
    (Role.RESPONDER, Right.OWN_ACCOUNT),
    (Role.RESPONDER, Right.SEE_INBOX),
    (Role.RESPONDER, Right.OPEN_TICKET),
    (Role.RESPONDER, Right.BREAK_GLASS),
    (Role.SUPERVISOR, Right.OWN_ACCOUNT),
    (Role.SUPERVISOR, Right.SEE_INBOX),
    (Role.SUPERVISOR, Right.OPEN_TICKET),
    (Role.SUPERVISOR, Right.BREAK_GLASS),
    (Role.SUPERVISOR, Right.SUPERVISE),
    (Role.SUPERVISOR, Right.MANAGE_STAFF),
    (Role.SUPERVISOR, Right.EXPORT_COUNTS),
    (Role.EDITOR, Right.OWN_ACCOUNT),
    (Role.OPERATOR, Right.OWN_ACCOUNT),
    (Role.OPERATOR, Right.MANAGE_STAFF),
    (Role.AUDITOR, Right.OWN_ACCOUNT),
    (Role.AUDITOR, Right.READ_AUDIT),
} | ALLOWED_IN_STUDIO
ALLOWED_ELSEWHERE = ALLOWED_IN_STUDIO | {
    *((role, Right.OWN_ACCOUNT) for role in Role),
    (Role.OPERATOR, Right.MANAGE_STAFF),
    (Role.AUDITOR, Right.READ_AUDIT),
}


def somebody(role: Role, *helplines: HelplineId, name: str = "anna") -> Member:
    return Member(StaffId(name), name.title(), role, frozenset(helplines))


def a_ticket(helpline: HelplineId = HERE, holder: str | None = None) -> Ticket:
    held = None if holder is None else StaffId(holder)
    return Ticket(TicketId("~ticket00"), SOMEBODY, helpline, Language("km"), NOW, Rule.LANGUAGE_PLACE_OPEN, holder=held)


def referred(state: ReferralState) -> Ticket:
    referral = Referral(HERE, ELSEWHERE, StaffId("ben"), state, NOW, NOW + timedelta(hours=1))
    return replace(a_ticket(), referral=referral)


@pytest.mark.parametrize(("role", "right"), list(product(Role, Right)))
def test_a_role_may_what_the_table_says_and_nothing_else(role: Role, right: Right) -> None:
    member = somebody(role, HERE)
    gone = replace(member, left=NOW)

    assert may(member, right) == ((role, right) in ALLOWED_HERE)
    assert may(member, right, HERE) == ((role, right) in ALLOWED_HERE)
    assert may(member, right, ELSEWHERE) == ((role, right) in ALLOWED_ELSEWHERE)
    assert not any(may(gone, right, helpline) for helpline in (None, HERE, ELSEWHERE))


def test_no_role_may_do_everything_and_who_sees_tickets_does_not_read_the_list_of_deeds() -> None:
    for role in Role:
        rights = {right for right in Right if may(somebody(role, HERE), right)}
        assert rights < set(Right)
        assert not {Right.OPEN_TICKET, Right.READ_AUDIT} <= rights


@pytest.mark.parametrize("role", Role)
def test_a_ticket_is_seen_by_who_works_where_it_lies_and_by_nobody_else(role: Role) -> None:
    works = role in (Role.RESPONDER, Role.SUPERVISOR)
    with_copy = replace(a_ticket(), copies=(Copy(ELSEWHERE),))

    assert desks_for(somebody(role, HERE), a_ticket()) == ((HERE,) if works else ())
    assert desks_for(somebody(role, ELSEWHERE), a_ticket()) == ()
    assert desks_for(somebody(role, ELSEWHERE), with_copy) == ((ELSEWHERE,) if works else ())
    assert desks_for(somebody(role, HERE, ELSEWHERE), with_copy) == ((HERE, ELSEWHERE) if works else ())
    assert desks_for(somebody(role, THIRD), with_copy) == ()
    assert desks_for(replace(somebody(role, HERE), left=NOW), a_ticket()) == ()


@pytest.mark.parametrize("state", ReferralState)
def test_who_is_asked_to_take_a_ticket_sees_it_only_once_the_person_has_agreed_and_while_it_is_offered(
    state: ReferralState,
) -> None:
    seen = desks_for(somebody(Role.RESPONDER, ELSEWHERE), referred(state))

    assert seen == ((ELSEWHERE,) if state is ReferralState.OFFERED else ())


@pytest.mark.parametrize("role", Role)
def test_what_a_colleague_holds_is_read_by_who_leads_and_by_helpers_alone(role: Role) -> None:
    member, works = somebody(role, HERE), role in (Role.RESPONDER, Role.SUPERVISOR)
    helped = replace(a_ticket(holder="ben"), helpers=frozenset({member.id}))

    assert holds(member, a_ticket()) == works
    assert holds(member, a_ticket(holder="anna")) == works
    assert holds(member, helped) == works
    assert holds(member, a_ticket(holder="ben")) == (role is Role.SUPERVISOR)
    assert not holds(somebody(role, ELSEWHERE), a_ticket())
    assert not holds(replace(member, left=NOW), a_ticket(holder="anna"))


def test_who_leads_one_helpline_reads_another_ones_tickets_only_as_any_colleague_there() -> None:
    with_copy = replace(a_ticket(holder="ben"), copies=(Copy(ELSEWHERE),))

    assert not holds(somebody(Role.SUPERVISOR, ELSEWHERE), with_copy)
    assert holds(somebody(Role.SUPERVISOR, HERE), with_copy)


@pytest.mark.parametrize(("role", "wanted"), list(product(Role, Role)))
def test_only_operators_enrol_any_role_and_supervisors_only_responders_of_their_own(role: Role, wanted: Role) -> None:
    member = somebody(role, HERE)
    runs, leads = role is Role.OPERATOR, role is Role.SUPERVISOR and wanted is Role.RESPONDER

    assert may_invite(member, wanted, frozenset({HERE})) == (runs or leads)
    for too_much in ({ELSEWHERE}, {HERE, ELSEWHERE}, set[HelplineId]()):
        assert may_invite(member, wanted, frozenset(too_much)) == runs
    assert not may_invite(replace(member, left=NOW), wanted, frozenset({HERE}))


@pytest.mark.parametrize(("role", "theirs"), list(product(Role, Role)))
def test_only_operators_end_anybodys_rights_and_supervisors_those_of_their_own_responders(
    role: Role, theirs: Role
) -> None:
    member, other = somebody(role, HERE), somebody(theirs, HERE, name="ben")
    runs, leads = role is Role.OPERATOR, role is Role.SUPERVISOR and theirs is Role.RESPONDER

    assert may_remove(member, other) == (runs or leads)
    assert may_remove(member, replace(other, helplines=frozenset({HERE, ELSEWHERE}))) == runs
    assert not may_remove(member, replace(other, left=NOW))
    assert not may_remove(member, member)
    assert not may_remove(replace(member, left=NOW), other)
