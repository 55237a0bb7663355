"""Who is invited, enrolled and gone, and which group belongs to which helpline."""

from dataclasses import replace
from datetime import timedelta

from bot.desk.enrolling import (
    CODE_LIFE,
    EnrolRefusal,
    enrol,
    find_member,
    group_moved,
    invite,
    invite_group,
    leave,
    link,
    stranger_came,
    stranger_cleared,
    topics_turned,
    unlink,
)
from bot.desk.staff import Member, Role, Roster
from bot.desk.ticket import StaffId
from tests.desk.small_world import ANNA, KHMER, NOW, ROSTER, THAI

NEW = Member(StaffId("new"), "Dara", Role.RESPONDER, frozenset({THAI}))


def invited() -> Roster:
    roster = invite(ROSTER, NEW, "hash", NOW)
    assert isinstance(roster, Roster)
    return roster


def test_a_code_binds_an_account_once() -> None:
    roster = enrol(invited(), "hash", "700", NOW)

    assert isinstance(roster, Roster)
    assert roster.by_telegram("700") == replace(NEW, telegram="700")
    assert enrol(roster, "hash", "701", NOW) is EnrolRefusal.CODE_WRONG


def test_a_code_ends_after_two_days_and_says_so() -> None:
    assert enrol(invited(), "hash", "700", NOW + CODE_LIFE) is EnrolRefusal.CODE_EXPIRED
    assert enrol(invited(), "other", "700", NOW) is EnrolRefusal.CODE_WRONG


def test_two_of_one_name_cannot_be_told_apart() -> None:
    assert invite(invited(), replace(NEW, id=StaffId("other"), name="dara"), "h", NOW) is EnrolRefusal.NAME_TAKEN


def test_one_account_is_one_member() -> None:
    assert enrol(invited(), "hash", ANNA, NOW) is EnrolRefusal.ENROLLED_ELSEWHERE


def test_who_leaves_has_no_rights_and_no_account_any_more() -> None:
    roster = leave(ROSTER, ANNA, NOW)

    assert isinstance(roster, Roster)
    assert roster.by_telegram(ANNA) is None
    assert not roster.members[ANNA].works_for(THAI)
    assert leave(roster, ANNA, NOW) is EnrolRefusal.NO_SUCH_MEMBER
    assert find_member(roster, "anna") is None


def test_a_group_is_linked_by_a_code_and_to_one_helpline_only() -> None:
    roster = link(invite_group(ROSTER, THAI, "g", NOW), "g", "-77", NOW)
    assert isinstance(roster, Roster)
    assert roster.links[THAI].group == "-77"

    second = link(invite_group(roster, KHMER, "k", NOW), "k", "-77", NOW)
    assert second is EnrolRefusal.GROUP_LINKED
    assert link(invited(), "hash", "-77", NOW) is EnrolRefusal.CODE_WRONG


def test_a_group_that_moved_keeps_its_helpline() -> None:
    moved = group_moved(ROSTER, f"-{THAI}", "-100")

    assert moved.links[THAI].group == "-100"
    assert group_moved(moved, "-unknown", "-1") == moved


def test_a_stranger_stops_the_relay_until_somebody_has_looked() -> None:
    group = f"-{THAI}"
    later = stranger_came(ROSTER, group, NOW)

    assert later.links[THAI].stranger == NOW
    assert stranger_came(later, group, NOW + timedelta(hours=1)) == later
    assert stranger_cleared(later, group) == ROSTER
    assert stranger_cleared(ROSTER, group) == ROSTER


def test_topics_and_links_can_be_turned_off() -> None:
    group = f"-{THAI}"

    assert not topics_turned(ROSTER, group, on=False).links[THAI].has_topics
    unlinked = unlink(ROSTER, THAI)
    assert isinstance(unlinked, Roster)
    assert THAI not in unlinked.links
    assert unlink(unlinked, THAI) is EnrolRefusal.NOT_LINKED
