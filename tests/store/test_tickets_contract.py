"""What every store does with tickets, their lines and who works on them; the same tests for all three."""

from dataclasses import replace
from datetime import timedelta

import pytest

from bot.desk.helplines import HelplineId
from bot.desk.letters import Letter, PersonWrote, StaffWrote
from bot.desk.staff import Link, Member, Role, Roster
from bot.desk.ticket import Copy, Rule, StaffId, Stage, Ticket, TicketId
from bot.messages import ConversationId, Language
from bot.store.contract import (
    HELD_AT_MOST,
    OUTBOX_AT_MOST,
    OUTGOING_LIFE,
    Address,
    Commit,
    Committed,
    ConflictError,
    Leased,
    Outgoing,
    OutgoingId,
    Repeated,
    Rung,
    Sealed,
    Store,
    TicketCommit,
    TicketSnapshot,
    Timer,
    desk_line,
    held_of,
    lane_of,
    letters_of,
)
from bot.store.keys import PERMANENT, shard_of
from bot.store.redis_store import RedisStore
from tests.builders import LEASE, NOW, SOMEBODY, a_commit, a_record, an_outgoing, arrival

SECOND = timedelta(seconds=1)
TICKET = TicketId(f"~{'a' * 20}{shard_of(SOMEBODY):02}")
DESK = HelplineId("bangkok")


def a_ticket(**changes: object) -> Ticket:
    plain = Ticket(TICKET, SOMEBODY, DESK, Language("km"), NOW, Rule.LANGUAGE_PLACE_OPEN, due=NOW, copies=(Copy(DESK),))
    return replace(plain, **changes)  # type: ignore[arg-type] # each test names fields of a ticket


def a_letter(letter: Letter, turn: int, number: int = 9, to: str = TICKET) -> Outgoing:
    return Outgoing(OutgoingId(arrival(turn) + bytes((number,))), Address("lane", to), None, letter=letter)


def opening(turn: int = 1, *outgoing: Outgoing, ticket: Ticket | None = None) -> Commit:
    return replace(a_commit(turn, *outgoing), opens=ticket or a_ticket())


def deciding(turn: int, ticket: Ticket | None, *, expected: int | None = None, **more: object) -> TicketCommit:
    version = turn if expected is None else expected
    plain = TicketCommit(TICKET, version, arrival(100 + turn), ticket)
    return replace(plain, **more)  # type: ignore[arg-type] # each test names fields of a commit


async def test_a_ticket_is_opened_with_the_very_turn_that_asked_for_it(store: Store) -> None:
    outcome = await store.commit(opening(1, an_outgoing("numbers")), NOW, LEASE)

    assert isinstance(outcome, Committed)
    assert outcome.head == Leased(SOMEBODY, an_outgoing("numbers"))
    assert await store.load_ticket(TICKET) == TicketSnapshot(1, a_ticket())
    assert await store.open_tickets() == [TICKET]
    assert await store.claim_timers(NOW, LEASE, 9) == [Rung(ConversationId(TICKET), Timer("due", NOW))]


async def test_a_turn_that_is_refused_opens_nothing(store: Store) -> None:
    with pytest.raises(ConflictError):
        await store.commit(replace(opening(1), expected=5), NOW, LEASE)

    assert await store.load_ticket(TICKET) == TicketSnapshot(0, None)
    assert await store.open_tickets() == []


async def test_a_ticket_that_is_there_is_left_as_it_is(store: Store) -> None:
    await store.commit(opening(1), NOW, LEASE)
    await store.commit_ticket(deciding(1, a_ticket(stage=Stage.TALKING)), NOW)

    await store.commit(opening(2), NOW, LEASE)

    assert (await store.load_ticket(TICKET)).ticket == a_ticket(stage=Stage.TALKING)


async def test_a_decision_counts_once_and_only_on_the_version_it_saw(store: Store) -> None:
    await store.commit(opening(1), NOW, LEASE)
    first = deciding(1, a_ticket(alerts=1, due=NOW + SECOND))

    assert await store.commit_ticket(first, NOW) == Committed(2, None)
    assert await store.commit_ticket(first, NOW) == Repeated()
    with pytest.raises(ConflictError):
        await store.commit_ticket(deciding(7, a_ticket(), expected=1), NOW)

    assert await store.load_ticket(TICKET) == TicketSnapshot(2, a_ticket(alerts=1, due=NOW + SECOND))


async def test_its_due_moment_moves_with_each_decision(store: Store) -> None:
    await store.commit(opening(1), NOW, LEASE)
    await store.claim_timers(NOW, LEASE, 9)

    await store.commit_ticket(deciding(1, a_ticket(due=NOW + 60 * SECOND)), NOW)

    assert await store.claim_timers(NOW + 59 * SECOND, LEASE, 9) == []
    rung = await store.claim_timers(NOW + 60 * SECOND, LEASE, 9)
    assert rung == [Rung(ConversationId(TICKET), Timer("due", NOW + 60 * SECOND))]


async def test_after_the_clock_was_set_back_each_ticket_is_looked_at_anew(store: Store) -> None:
    remind, early = Timer("remind", NOW + 60 * SECOND), NOW - 3600 * SECOND
    await store.commit(replace(opening(1), timers=(remind,)), NOW, LEASE)
    await store.commit_ticket(deciding(1, a_ticket(due=NOW + 60 * SECOND)), NOW)

    await store.release_leases(early)
    assert await store.claim_timers(early, LEASE, 9) == []
    await store.release_leases(early, postponed_too=True)

    assert await store.claim_timers(early, LEASE, 9) == [Rung(ConversationId(TICKET), Timer("due", early))]


async def test_an_open_ticket_without_a_moment_is_given_one(store: Store) -> None:
    await store.commit(opening(1), NOW, LEASE)
    assert await store.mend_due(NOW) == []

    await store.commit_ticket(deciding(1, a_ticket(due=None)), NOW)
    later = NOW + 60 * SECOND

    assert await store.mend_due(later) == [TICKET]
    assert await store.mend_due(later) == []
    assert await store.claim_timers(later, LEASE, 9) == [Rung(ConversationId(TICKET), Timer("due", later))]


async def test_a_closed_ticket_is_not_open_and_an_erased_one_leaves_nothing(store: Store) -> None:
    await store.commit(opening(1), NOW, LEASE)
    await store.commit_ticket(deciding(1, a_ticket(stage=Stage.CLOSED), kept=(b"told",), wraps={"me": b"key"}), NOW)
    assert await store.open_tickets() == []
    assert await store.read_sealed(TICKET) == Sealed((b"told",), {"me": b"key"})

    await store.commit_ticket(deciding(2, None), NOW)

    assert (await store.load_ticket(TICKET)).ticket is None
    assert await store.read_sealed(TICKET) == Sealed((), {})
    assert await store.claim_timers(NOW + timedelta(days=99), LEASE, 9) == []


async def test_records_and_wraps_grow_and_a_wrap_is_taken_away(store: Store) -> None:
    await store.commit(opening(1), NOW, LEASE)
    await store.commit_ticket(deciding(1, a_ticket(), kept=(b"1", b"2"), wraps={"a": b"x", "b": b"y"}), NOW)
    await store.commit_ticket(deciding(2, a_ticket(), kept=(b"3",)), NOW)
    await store.commit_ticket(deciding(3, a_ticket(), wraps={"a": b"", "b": b"z", "c": b"w"}), NOW)

    assert await store.read_sealed(TICKET) == Sealed((b"1", b"2", b"3"), {"b": b"z", "c": b"w"})


async def test_what_was_told_is_shredded_and_the_ticket_goes_on(store: Store) -> None:
    await store.commit(opening(1), NOW, LEASE)
    await store.commit_ticket(deciding(1, a_ticket(), kept=(b"1",), wraps={"a": b"x"}), NOW)
    await store.commit_ticket(deciding(2, a_ticket(), shreds=True, kept=(b"2",), wraps={"b": b"y"}), NOW)

    assert await store.read_sealed(TICKET) == Sealed((b"2",), {"b": b"y"})


async def test_what_changed_is_told_open_or_closed_until_it_is_erased(store: Store) -> None:
    await store.commit(opening(1), NOW, LEASE)
    assert await store.changed_tickets(NOW) == {TICKET: NOW}
    later = NOW + SECOND

    await store.commit_ticket(deciding(1, a_ticket(stage=Stage.CLOSED)), later)

    assert await store.changed_tickets(NOW) == {TICKET: later}
    assert await store.changed_tickets(later + SECOND) == {}
    assert await store.load_tickets([TICKET]) == [TicketSnapshot(2, a_ticket(stage=Stage.CLOSED))]

    await store.commit_ticket(deciding(2, None), later)
    assert await store.changed_tickets(NOW) == {}


async def test_a_letter_lies_on_a_line_of_its_own(store: Store) -> None:
    letter = a_letter(PersonWrote("help", Language("km")), 1)
    await store.commit(replace(opening(1, an_outgoing("asked")), letters=(letter,)), NOW, LEASE)

    assert await store.claim_lines(SOMEBODY, NOW, LEASE) == [Leased(letters_of(SOMEBODY), letter)]
    assert await store.claim_lines(SOMEBODY, NOW, LEASE) == []
    assert await store.settle(letters_of(SOMEBODY), letter.id, NOW, LEASE) is None
    assert await store.claim(NOW + LEASE + SECOND, LEASE, 9) == [Leased(SOMEBODY, an_outgoing("asked", attempts=1))]


async def test_letters_of_one_lane_stay_in_order(store: Store) -> None:
    first, second = (a_letter(PersonWrote(words, None), turn) for turn, words in ((1, "one"), (2, "two")))
    await store.commit(replace(a_commit(1), letters=(first,)), NOW, LEASE)
    await store.commit(replace(a_commit(2), letters=(second,)), NOW, LEASE)

    line = letters_of(SOMEBODY)
    assert await store.claim(NOW, LEASE, 9) == [Leased(line, first)]
    assert await store.settle(line, first.id, NOW, LEASE) == Leased(line, second)


async def test_a_letter_is_never_out_of_date_nor_crowded_out(store: Store) -> None:
    letter = a_letter(PersonWrote("still here", None), 1)
    await store.commit(replace(a_commit(1), letters=(letter,)), NOW, LEASE)
    for turn in range(2, OUTBOX_AT_MOST + 30):
        await store.commit(a_commit(turn, an_outgoing(str(turn), turn=turn)), NOW, LEASE)

    much_later = NOW + OUTGOING_LIFE + timedelta(days=3)
    claimed = await store.claim(much_later, LEASE, 9)

    assert Leased(letters_of(SOMEBODY), letter) in claimed


async def test_each_desk_has_its_line(store: Store) -> None:
    await store.commit(opening(1), NOW, LEASE)
    here, there = an_outgoing("here", turn=2, door="desk"), an_outgoing("there", turn=2, number=1, door="desk")
    news = a_letter(StaffWrote("hello", Language("th"), "5"), 2, to=SOMEBODY)
    await store.commit_ticket(
        deciding(1, a_ticket(), outgoing={"bangkok": (here,), "phnom-penh": (there,)}, letters=(news,)), NOW
    )

    claimed = await store.claim_lines(TICKET, NOW, LEASE)

    assert sorted(claimed, key=lambda one: one.conversation) == [
        Leased(letters_of(TICKET), news),
        Leased(desk_line(TICKET, "bangkok"), here),
        Leased(desk_line(TICKET, "phnom-penh"), there),
    ]
    assert {lane_of(one.conversation) for one in claimed} == {ConversationId(TICKET)}


async def test_what_is_held_comes_before_the_answer_to_who_looks(store: Store) -> None:
    held = [replace(an_outgoing(f"staff {number}", turn=1, number=number), reports=True, ref="7") for number in (1, 2)]
    await store.commit(replace(a_commit(1), held=tuple(held)), NOW, LEASE)
    assert await store.claim(NOW, LEASE, 9) == []

    menu = an_outgoing("menu", turn=2)
    outcome = await store.commit(replace(a_commit(2, menu), unveils=True), NOW, LEASE)

    assert isinstance(outcome, Committed)
    assert outcome.head == Leased(SOMEBODY, held[0])
    assert await store.settle(SOMEBODY, held[0].id, NOW, LEASE) == Leased(SOMEBODY, held[1])
    assert await store.settle(SOMEBODY, held[1].id, NOW, LEASE) == Leased(SOMEBODY, menu)
    assert await store.waiting(held_of(SOMEBODY)) == []


async def test_held_words_wait_although_a_look_was_refused(store: Store) -> None:
    held = an_outgoing("staff", turn=1)
    await store.commit(replace(a_commit(1), held=(held,)), NOW, LEASE)

    with pytest.raises(ConflictError):
        await store.commit(replace(a_commit(2), expected=7, unveils=True), NOW, LEASE)
    assert await store.commit(replace(a_commit(1), unveils=True), NOW, LEASE) == Repeated()

    assert await store.claim(NOW + LEASE, LEASE, 9) == []
    await store.commit(replace(a_commit(2), unveils=True), NOW, LEASE)
    assert [one.outgoing for one in await store.claim(NOW + LEASE, LEASE, 9)] == [held]


async def test_only_so_much_is_held_and_the_newest_stays(store: Store) -> None:
    for turn in range(1, HELD_AT_MOST + 4):
        await store.commit(replace(a_commit(turn), held=(an_outgoing(str(turn), turn=turn),)), NOW, LEASE)
    turn = HELD_AT_MOST + 4

    await store.commit(replace(a_commit(turn), unveils=True), NOW, LEASE)

    assert [one.outgoing.id for one in await store.claim(NOW, LEASE, 1)] == [an_outgoing("4", turn=4).id]


async def test_who_has_all_erased_takes_what_was_held_along_but_not_the_letter_that_says_so(store: Store) -> None:
    held, letter = an_outgoing("staff", turn=1), a_letter(PersonWrote("bye", None), 2)
    await store.commit(replace(a_commit(1), held=(held,)), NOW, LEASE)
    await store.commit(replace(a_commit(2, record=None), letters=(letter,)), NOW, LEASE)
    await store.commit(replace(a_commit(3, record=a_record()), unveils=True), NOW, LEASE)

    assert await store.claim(NOW, LEASE, 9) == [Leased(letters_of(SOMEBODY), letter)]


async def test_the_roster_changes_as_a_whole_or_not_at_all(store: Store) -> None:
    member = Member(StaffId("dara"), "Dara", Role.RESPONDER, frozenset({DESK}), telegram="77")
    roster = Roster({member.id: member}, {DESK: Link(DESK, "-100", NOW)})
    assert await store.load_roster() == (0, Roster())

    await store.save_roster(roster, 0)
    with pytest.raises(ConflictError):
        await store.save_roster(Roster(), 0)

    assert await store.load_roster() == (1, roster)


async def test_a_topic_is_found_both_ways_until_it_is_forgotten(store: Store) -> None:
    await store.keep_topic(TICKET, "bangkok", "17", "-100")

    assert await store.topic_of(TICKET, "bangkok") == ("-100", "17")
    assert await store.ticket_at("-100", "17") == TICKET
    assert await store.ticket_at("-100", "18") is None
    assert await store.topic_of(TICKET, "phnom-penh") is None

    await store.forget_topic(TICKET, "bangkok")
    assert await store.topic_of(TICKET, "bangkok") is None


async def test_a_ticket_is_found_by_its_return_code(store: Store) -> None:
    await store.keep_code("ABCDE-FGHJK", TICKET)

    assert await store.ticket_of_code("ABCDE-FGHJK") == TICKET
    assert await store.ticket_of_code("ABCDE-FGHJM") is None


async def test_who_says_that_it_works_is_heard(store: Store) -> None:
    assert await store.heard("alerts") is None
    await store.beat("alerts", NOW, timedelta(minutes=5))

    assert await store.heard("alerts") == NOW


async def test_everything_around_tickets_has_an_end_and_says_nothing(redis_store: RedisStore) -> None:
    letter = a_letter(PersonWrote("canary-words", Language("km")), 1)
    held = an_outgoing("canary-held")
    await redis_store.commit(replace(opening(1), letters=(letter,), held=(held,)), NOW, LEASE)
    news = an_outgoing("canary-news", turn=2, door="desk")
    await redis_store.commit_ticket(
        deciding(1, a_ticket(topic="canary-topic"), outgoing={"bangkok": (news,)}, kept=(b"x",), wraps={"a": b"y"}), NOW
    )
    await redis_store.save_roster(Roster(links={DESK: Link(DESK, "canary-group", NOW)}), 0)
    await redis_store.keep_topic(TICKET, "bangkok", "canary-17", "canary-group")
    await redis_store.keep_code("CANAR-YCODE", TICKET)
    await redis_store.beat("alerts", NOW, timedelta(minutes=5))

    census = await redis_store.census()

    assert set(census.endless) <= PERMANENT
    assert census.keys["roster"] == census.keys["rc"] == census.keys["tp"] == census.keys["tl"] == 1
