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
from bot.desk.helplines import Mode
from bot.desk.staff import Member, Role, Roster, can_take
from bot.desk.ticket import StaffId
from tests.desk.small_world import ANNA, HELPLINES, KHMER, NOW, ROSTER, THAI

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


def test_a_code_whose_member_has_left_or_is_gone_binds_nobody() -> None:
    roster = leave(invited(), NEW.id, NOW)
    assert isinstance(roster, Roster)
    assert enrol(roster, "hash", "700", NOW) is EnrolRefusal.CODE_WRONG

    gone = replace(invited(), members=ROSTER.members)
    assert enrol(gone, "hash", "700", NOW) is EnrolRefusal.CODE_WRONG


def test_a_code_of_a_group_enrols_nobody_and_ends_like_any_other() -> None:
    roster = invite_group(ROSTER, THAI, "g", NOW)

    assert enrol(roster, "g", "700", NOW) is EnrolRefusal.CODE_WRONG
    assert link(roster, "g", "-77", NOW + CODE_LIFE) is EnrolRefusal.CODE_EXPIRED
    assert link(roster, "other", "-77", NOW) is EnrolRefusal.CODE_WRONG


def test_who_binds_a_new_phone_keeps_their_place() -> None:
    bound = enrol(invited(), "hash", "700", NOW)
    assert isinstance(bound, Roster)
    again = invite(bound, bound.members[NEW.id], "second", NOW)
    assert isinstance(again, Roster)

    moved = enrol(again, "second", "701", NOW)

    assert isinstance(moved, Roster)
    assert (moved.by_telegram("700"), moved.by_telegram("701")) == (None, replace(NEW, telegram="701"))


def test_codes_that_ended_long_ago_are_forgotten_with_the_next_one() -> None:
    roster = invite_group(ROSTER, THAI, "old", NOW)

    later = invite_group(roster, KHMER, "new", NOW + 2 * CODE_LIFE)

    assert [one.code for one in later.invitations] == ["new"]


def test_what_is_already_so_is_left_as_it_is() -> None:
    assert topics_turned(ROSTER, f"-{THAI}", on=True) == ROSTER
    assert topics_turned(ROSTER, "-unknown", on=False) == ROSTER
    assert stranger_came(ROSTER, "-unknown", NOW) == ROSTER
    assert stranger_cleared(ROSTER, "-unknown") == ROSTER
    assert leave(ROSTER, StaffId("nobody"), NOW) is EnrolRefusal.NO_SUCH_MEMBER


def test_somebody_is_found_by_name_or_id_however_it_is_written() -> None:
    assert find_member(invited(), " DARA ") == NEW
    assert find_member(invited(), "new") == NEW
    assert find_member(invited(), "nobody") is None


def test_roles_that_work_with_no_tickets_have_no_say_over_them() -> None:
    for role in (Role.EDITOR, Role.OPERATOR, Role.AUDITOR):
        assert not replace(NEW, role=role).works_for(THAI)
        assert not replace(NEW, role=role).supervises(THAI)
    assert not NEW.supervises(THAI)
    assert replace(NEW, role=Role.SUPERVISOR).supervises(THAI)
    assert not replace(NEW, role=Role.SUPERVISOR).works_for(KHMER)


def test_a_helpline_takes_calls_only_where_somebody_who_has_joined_can_read() -> None:
    linked = Roster({NEW.id: NEW}, {THAI: ROSTER.links[THAI]})
    relay, alert = HELPLINES.all[THAI], replace(HELPLINES.all[THAI], mode=Mode.ALERT)

    assert not can_take(relay, linked)
    in_telegram = replace(linked, members={NEW.id: replace(NEW, telegram="7")})
    assert can_take(relay, in_telegram)
    assert not can_take(alert, in_telegram)
    in_console = replace(linked, members={NEW.id: replace(NEW, key=b"k" * 32)})
    assert can_take(alert, in_console)
    assert not can_take(alert, replace(in_console, links={}))
