"""What every store does; the same tests for the one in memory, for one server and for a Cluster of three."""

import asyncio
from dataclasses import replace
from datetime import timedelta

import pytest

from bot.figures import Figures
from bot.messages import ConversationId
from bot.store.contract import (
    OUTBOX_AT_MOST,
    OUTGOING_LIFE,
    SEEN_AT_MOST,
    SEEN_LIFE,
    Committed,
    ConflictError,
    Depth,
    Leased,
    Repeated,
    Rung,
    Snapshot,
    Store,
    Timer,
)
from tests.builders import LEASE, NOW, SOMEBODY, SOMEBODY_ELSE, a_commit, a_record, an_outgoing

SECOND = timedelta(seconds=1)
AFTER_LEASE = NOW + LEASE + SECOND
TEXT_1, TEXT_2, TEXT_3 = (an_outgoing(f"text {turn}", turn=turn) for turn in (1, 2, 3))
AGAIN = [an_outgoing("text 1", turn=1, attempts=attempts) for attempts in range(4)]
REMIND = Timer("remind", NOW + timedelta(minutes=5))


async def test_somebody_new_has_no_record(store: Store) -> None:
    assert await store.load(SOMEBODY) == Snapshot(0, None)


async def test_what_is_committed_can_be_loaded(store: Store) -> None:
    outcome = await store.commit(a_commit(1), NOW, LEASE)

    assert outcome == Committed(1, None)
    assert await store.load(SOMEBODY) == Snapshot(1, a_record())
    assert await store.load(SOMEBODY_ELSE) == Snapshot(0, None)


async def test_a_repeated_arrival_changes_nothing(store: Store) -> None:
    await store.commit(a_commit(1, TEXT_1), NOW, LEASE)
    await store.commit(a_commit(2, record=a_record("wages00000")), NOW, LEASE)

    for expected in (0, 1, 2, 3):
        again = a_commit(1, TEXT_1, TEXT_2, expected=expected, timers=(REMIND,), record=None)
        assert await store.commit(again, NOW, LEASE) == Repeated()

    assert await store.load(SOMEBODY) == Snapshot(2, a_record("wages00000"))
    assert await store.claim(AFTER_LEASE, LEASE, 9) == [Leased(SOMEBODY, AGAIN[1])]
    assert await store.settle(SOMEBODY, TEXT_1.id, AFTER_LEASE, LEASE) is None
    assert await store.claim_timers(REMIND.due, LEASE, 9) == []


async def test_the_second_of_two_that_decided_on_the_same_version_must_decide_again(store: Store) -> None:
    await store.commit(a_commit(1), NOW, LEASE)

    with pytest.raises(ConflictError):
        await store.commit(a_commit(2, TEXT_2, expected=0, record=a_record("late000000")), NOW, LEASE)
    with pytest.raises(ConflictError):
        await store.commit(a_commit(2, TEXT_2, expected=2), NOW, LEASE)

    assert await store.load(SOMEBODY) == Snapshot(1, a_record())
    assert await store.claim(AFTER_LEASE, LEASE, 9) == []
    assert await store.commit(a_commit(2), NOW, LEASE) == Committed(2, None)


async def test_of_many_commits_at_once_one_is_written(store: Store) -> None:
    attempts = [store.commit(a_commit(turn, expected=0), NOW, LEASE) for turn in range(1, 30)]
    outcomes = await asyncio.gather(*attempts, return_exceptions=True)

    assert [outcome for outcome in outcomes if not isinstance(outcome, ConflictError)] == [Committed(1, None)]


async def test_the_same_arrival_many_times_at_once_takes_effect_once(store: Store) -> None:
    outcomes = await asyncio.gather(*[store.commit(a_commit(1, TEXT_1), NOW, LEASE) for _ in range(30)])

    assert outcomes.count(Committed(1, Leased(SOMEBODY, TEXT_1))) == 1
    assert outcomes.count(Repeated()) == 29


async def test_an_arrival_is_forgotten_after_two_days_and_not_before(store: Store) -> None:
    await store.commit(a_commit(1), NOW, LEASE)
    await store.commit(a_commit(2), NOW + SEEN_LIFE - timedelta(minutes=1), LEASE)
    assert await store.commit(a_commit(1), NOW + SEEN_LIFE - timedelta(minutes=1), LEASE) == Repeated()

    late = NOW + SEEN_LIFE + timedelta(minutes=2)
    await store.commit(a_commit(3), late, LEASE)

    assert await store.commit(a_commit(1, expected=3), late, LEASE) == Committed(4, None)
    assert await store.commit(a_commit(2), late, LEASE) == Repeated()


async def test_a_flood_pushes_out_the_oldest_arrivals_only(store: Store) -> None:
    total = SEEN_AT_MOST + 3
    for turn in range(1, total + 1):
        await store.commit(a_commit(turn), NOW, LEASE)

    assert await store.commit(a_commit(4), NOW, LEASE) == Repeated()
    assert await store.commit(a_commit(total), NOW, LEASE) == Repeated()
    assert await store.commit(a_commit(3, expected=total), NOW, LEASE) == Committed(total + 1, None)


@pytest.mark.parametrize("pushed", [True, False])
async def test_of_a_flood_that_nobody_reads_the_oldest_goes_but_not_what_is_being_sent(
    store: Store, figures: Figures, *, pushed: bool
) -> None:
    total = OUTBOX_AT_MOST + 5
    for turn in range(1, total + 1):
        await store.commit(a_commit(turn, an_outgoing(turn=turn), pushed=pushed), NOW, LEASE)

    waiting = [outgoing.id for outgoing in await store.waiting(SOMEBODY)]
    newest = [an_outgoing(turn=turn).id for turn in range(total - OUTBOX_AT_MOST + 1, total + 1)]
    assert waiting == ([an_outgoing(turn=1).id, *newest[1:]] if pushed else newest)
    assert figures.counts["outgoing_crowded_out", ""] == 5

    if pushed:
        following = await store.settle(SOMEBODY, an_outgoing(turn=1).id, NOW, LEASE)
        assert following == Leased(SOMEBODY, an_outgoing(turn=7))


async def test_of_what_was_put_off_the_oldest_goes_too(store: Store) -> None:
    total = OUTBOX_AT_MOST + 1
    for turn in range(1, total + 1):
        await store.commit(a_commit(turn, an_outgoing(turn=turn)), NOW, LEASE)
        await store.postpone(SOMEBODY, NOW + SECOND)

    [claimed] = await store.claim(NOW + SECOND, LEASE, 9)
    assert claimed.outgoing.id == an_outgoing(turn=2).id


async def test_an_id_found_across_two_kept_ids_is_a_new_arrival(store: Store) -> None:
    first = a_commit(0x0102030405060708)
    minute = (int(NOW.timestamp()) // 60 % 65536).to_bytes(2, "big")
    # The kept bytes hold these six as well, but not where an id begins.
    across = int.from_bytes(first.answering[4:] + minute, "big")
    await store.commit(replace(first, expected=0), NOW, LEASE)

    assert await store.commit(a_commit(across, expected=1), NOW, LEASE) == Committed(2, None)
    assert await store.commit(a_commit(across, expected=2), NOW, LEASE) == Repeated()


async def test_the_first_outgoing_is_handed_out_with_the_commit(store: Store) -> None:
    outcome = await store.commit(a_commit(1, TEXT_1, TEXT_2), NOW, LEASE)

    assert outcome == Committed(1, Leased(SOMEBODY, TEXT_1))
    assert await store.claim(NOW, LEASE, 9) == []


async def test_while_one_is_under_way_no_other_is_handed_out(store: Store) -> None:
    await store.commit(a_commit(1, TEXT_1), NOW, LEASE)

    assert await store.commit(a_commit(2, TEXT_2), NOW, LEASE) == Committed(2, None)
    assert await store.claim(NOW + LEASE - SECOND, LEASE, 9) == []


async def test_messages_of_one_person_leave_in_order(store: Store) -> None:
    await store.commit(a_commit(1, TEXT_1, an_outgoing("and", turn=1, number=1)), NOW, LEASE)
    await store.commit(a_commit(2, TEXT_2), NOW, LEASE)

    second = await store.settle(SOMEBODY, TEXT_1.id, NOW, LEASE)
    third = await store.settle(SOMEBODY, an_outgoing(turn=1, number=1).id, NOW, LEASE)
    end = await store.settle(SOMEBODY, TEXT_2.id, NOW, LEASE)

    assert second == Leased(SOMEBODY, an_outgoing("and", turn=1, number=1))
    assert third == Leased(SOMEBODY, TEXT_2)
    assert end is None
    assert await store.commit(a_commit(3, TEXT_3), NOW, LEASE) == Committed(3, Leased(SOMEBODY, TEXT_3))


async def test_persons_do_not_wait_for_each_other(store: Store) -> None:
    other = an_outgoing("other", turn=9, chat="77")
    await store.commit(a_commit(1, TEXT_1), NOW, LEASE)

    outcome = await store.commit(a_commit(9, other, expected=0, conversation=SOMEBODY_ELSE), NOW, LEASE)

    assert outcome == Committed(1, Leased(SOMEBODY_ELSE, other))


async def test_after_a_crash_the_message_is_handed_out_again_when_its_lease_has_ended(store: Store) -> None:
    await store.commit(a_commit(1, TEXT_1), NOW, LEASE)

    assert await store.claim(NOW + LEASE - SECOND, LEASE, 9) == []
    assert await store.claim(AFTER_LEASE, LEASE, 9) == [Leased(SOMEBODY, AGAIN[1])]
    assert await store.claim(AFTER_LEASE, LEASE, 9) == []
    assert await store.claim(AFTER_LEASE + LEASE, LEASE, 9) == [Leased(SOMEBODY, AGAIN[2])]


async def test_a_commit_may_hand_out_an_older_message_whose_lease_has_ended(store: Store) -> None:
    await store.commit(a_commit(1, TEXT_1), NOW, LEASE)

    outcome = await store.commit(a_commit(2, TEXT_2), AFTER_LEASE, LEASE)

    assert outcome == Committed(2, Leased(SOMEBODY, AGAIN[1]))


async def test_settling_twice_takes_only_one_message(store: Store) -> None:
    await store.commit(a_commit(1, TEXT_1, TEXT_2), NOW, LEASE)
    await store.settle(SOMEBODY, TEXT_1.id, NOW, LEASE)

    assert await store.settle(SOMEBODY, TEXT_1.id, NOW, LEASE) is None

    assert await store.claim(AFTER_LEASE, LEASE, 9) == [Leased(SOMEBODY, an_outgoing("text 2", turn=2, attempts=1))]


async def test_of_many_that_claim_at_once_one_gets_it(store: Store) -> None:
    await store.commit(a_commit(1, TEXT_1), NOW, LEASE)

    claims = await asyncio.gather(*[store.claim(AFTER_LEASE, LEASE, 9) for _ in range(20)])

    assert [leased for claimed in claims for leased in claimed] == [Leased(SOMEBODY, AGAIN[1])]


async def test_the_longest_overdue_go_first_and_no_more_than_asked_for(store: Store) -> None:
    people = [ConversationId(f"person-{number}") for number in range(12)]
    for number, person in enumerate(people):
        when = NOW + timedelta(seconds=(number * 7) % 12)
        await store.commit(a_commit(1, TEXT_1, conversation=person), when, LEASE)

    claimed = await store.claim(NOW + timedelta(minutes=1), LEASE, 5)

    assert [leased.conversation for leased in claimed] == [people[number * 7 % 12] for number in range(5)]
    assert len(await store.claim(NOW + timedelta(minutes=1), LEASE, 99)) == 7


async def test_who_is_postponed_gets_nothing_before_the_moment(store: Store) -> None:
    until = NOW + timedelta(seconds=40)
    await store.commit(a_commit(1, TEXT_1), NOW, LEASE)
    await store.postpone(SOMEBODY, until)

    assert await store.claim(until - SECOND, LEASE, 9) == []
    assert await store.commit(a_commit(2, TEXT_2), until - SECOND, LEASE) == Committed(2, None)
    assert await store.claim(until, LEASE, 9) == [Leased(SOMEBODY, AGAIN[1])]


async def test_a_postponement_to_now_gives_a_message_back_at_once(store: Store) -> None:
    await store.commit(a_commit(1, TEXT_1), NOW, LEASE)
    await store.postpone(SOMEBODY, NOW)

    assert await store.claim(NOW, LEASE, 9) == [Leased(SOMEBODY, AGAIN[1])]


async def test_postponing_somebody_for_whom_nothing_waits_does_nothing(store: Store) -> None:
    await store.postpone(SOMEBODY, NOW + timedelta(hours=1))

    assert await store.commit(a_commit(1, TEXT_1), NOW, LEASE) == Committed(1, Leased(SOMEBODY, TEXT_1))


async def test_settling_does_not_end_a_postponement(store: Store) -> None:
    until = AFTER_LEASE + timedelta(seconds=30)
    await store.commit(a_commit(1, TEXT_1, TEXT_2), NOW, LEASE)
    await store.claim(AFTER_LEASE, LEASE, 9)
    await store.postpone(SOMEBODY, until)

    assert await store.settle(SOMEBODY, TEXT_1.id, AFTER_LEASE, LEASE) is None
    assert await store.claim(until - SECOND, LEASE, 9) == []
    assert await store.claim(until, LEASE, 9) == [Leased(SOMEBODY, TEXT_2)]


async def test_who_cannot_be_reached_loses_the_outbox_and_may_come_back(store: Store) -> None:
    await store.commit(a_commit(1, TEXT_1, TEXT_2), NOW, LEASE)

    assert await store.abandon(SOMEBODY) == 2
    assert await store.abandon(SOMEBODY) == 0
    assert await store.claim(AFTER_LEASE, LEASE, 9) == []
    assert await store.commit(a_commit(2, TEXT_3), NOW, LEASE) == Committed(2, Leased(SOMEBODY, TEXT_3))


async def test_what_is_older_than_a_day_is_dropped_and_counted(store: Store, figures: Figures) -> None:
    late = NOW + OUTGOING_LIFE + timedelta(minutes=2)
    await store.commit(a_commit(1, TEXT_1), NOW, LEASE)
    await store.commit(a_commit(2, TEXT_2), late - timedelta(hours=1), LEASE)
    await store.claim(late - timedelta(hours=1), LEASE, 9)

    assert await store.claim(late, LEASE, 9) == [Leased(SOMEBODY, TEXT_2)]
    assert figures.counts["outgoing_out_of_date", ""] == 1


async def test_what_is_out_of_date_is_handed_out_neither_by_a_commit_nor_by_settling(store: Store) -> None:
    late = NOW + OUTGOING_LIFE + timedelta(minutes=2)
    await store.commit(a_commit(1, TEXT_1, TEXT_2), NOW, LEASE)

    assert await store.settle(SOMEBODY, TEXT_1.id, late, LEASE) is None
    assert await store.commit(a_commit(2, TEXT_3), late, LEASE) == Committed(2, None)
    assert await store.claim(late, LEASE, 9) == [Leased(SOMEBODY, TEXT_3)]


async def test_an_outbox_that_is_only_out_of_date_ends(store: Store) -> None:
    late = NOW + OUTGOING_LIFE + timedelta(minutes=2)
    await store.commit(a_commit(1, TEXT_1, TEXT_2), NOW, LEASE)

    assert await store.claim(late, LEASE, 9) == []
    assert await store.depth(late) == Depth(0, timedelta())


async def test_a_timer_rings_when_it_is_due_until_a_commit_drops_it(store: Store) -> None:
    later = REMIND.due + timedelta(minutes=1)
    await store.commit(a_commit(1, timers=(REMIND,)), NOW, LEASE)

    assert await store.claim_timers(REMIND.due - SECOND, LEASE, 9) == []
    assert await store.claim_timers(REMIND.due, LEASE, 9) == [Rung(SOMEBODY, REMIND)]
    assert await store.claim_timers(REMIND.due + SECOND, LEASE, 9) == []
    assert await store.claim_timers(later, LEASE, 9) == [Rung(SOMEBODY, REMIND)]

    await store.commit(a_commit(2, dropped=("remind",)), later, LEASE)
    assert await store.claim_timers(later + timedelta(hours=1), LEASE, 9) == []


async def test_a_later_timer_of_the_same_name_takes_the_place_of_the_earlier(store: Store) -> None:
    later = Timer("remind", NOW + timedelta(hours=2))
    await store.commit(a_commit(1, timers=(REMIND,)), NOW, LEASE)
    await store.claim_timers(REMIND.due, LEASE, 9)
    await store.commit(a_commit(2, timers=(later,)), NOW, LEASE)

    assert await store.claim_timers(later.due - SECOND, LEASE, 9) == []
    assert await store.claim_timers(later.due, LEASE, 9) == [Rung(SOMEBODY, later)]


async def test_timers_of_other_names_and_people_ring_on_their_own(store: Store) -> None:
    other = Timer("close: at night", NOW + timedelta(minutes=1))
    await store.commit(a_commit(1, timers=(REMIND, other)), NOW, LEASE)
    await store.commit(a_commit(1, timers=(REMIND,), conversation=SOMEBODY_ELSE), NOW, LEASE)
    await store.commit(a_commit(2, dropped=("remind",)), NOW, LEASE)

    assert await store.claim_timers(NOW + timedelta(hours=1), LEASE, 9) == [
        Rung(SOMEBODY, other),
        Rung(SOMEBODY_ELSE, REMIND),
    ]


async def test_of_many_that_claim_a_timer_at_once_one_gets_it(store: Store) -> None:
    await store.commit(a_commit(1, timers=(REMIND,)), NOW, LEASE)

    claims = await asyncio.gather(*[store.claim_timers(REMIND.due, LEASE, 9) for _ in range(20)])

    assert [rung for claimed in claims for rung in claimed] == [Rung(SOMEBODY, REMIND)]


async def test_a_door_that_fetches_gets_everything_and_nobody_pushes_it(store: Store) -> None:
    outcome = await store.commit(a_commit(1, TEXT_1, TEXT_2, pushed=False), NOW, LEASE)
    await store.commit(a_commit(2, TEXT_3, pushed=False), NOW, LEASE)

    assert outcome == Committed(1, None)
    assert await store.claim(AFTER_LEASE, LEASE, 9) == []
    assert await store.waiting(SOMEBODY) == [TEXT_1, TEXT_2, TEXT_3]


async def test_what_was_fetched_goes_and_fetching_again_is_harmless(store: Store) -> None:
    await store.commit(a_commit(1, TEXT_1, TEXT_2, TEXT_3, pushed=False), NOW, LEASE)

    await store.fetched(SOMEBODY, TEXT_2.id)
    await store.fetched(SOMEBODY, TEXT_1.id)

    assert await store.waiting(SOMEBODY) == [TEXT_3]
    await store.fetched(SOMEBODY, TEXT_3.id)
    assert await store.waiting(SOMEBODY) == []


async def test_what_nobody_fetched_for_a_day_goes_when_something_new_comes(store: Store) -> None:
    late = NOW + OUTGOING_LIFE + timedelta(minutes=2)
    await store.commit(a_commit(1, TEXT_1, TEXT_2, pushed=False), NOW, LEASE)
    await store.commit(a_commit(2, TEXT_3, pushed=False), late, LEASE)

    assert await store.waiting(SOMEBODY) == [TEXT_3]


async def test_who_is_forgotten_leaves_nothing_but_a_harmless_repetition(store: Store) -> None:
    await store.commit(a_commit(1), NOW, LEASE)
    await store.commit(a_commit(2, TEXT_2, record=None), NOW, LEASE)

    assert await store.load(SOMEBODY) == Snapshot(2, None)
    assert await store.commit(a_commit(2, TEXT_2, record=None), NOW, LEASE) == Repeated()
    assert await store.commit(a_commit(3), NOW, LEASE) == Committed(3, None)
    assert await store.load(SOMEBODY) == Snapshot(3, a_record())


async def test_who_is_forgotten_gets_no_older_messages(store: Store) -> None:
    goodbye = an_outgoing("goodbye", turn=3)
    await store.commit(a_commit(1, TEXT_1, TEXT_2), NOW, LEASE)
    await store.postpone(SOMEBODY, NOW + LEASE)
    await store.commit(a_commit(2, goodbye, record=None), NOW, LEASE)

    assert await store.claim(NOW + LEASE, LEASE, 9) == [Leased(SOMEBODY, goodbye)]
    assert await store.settle(SOMEBODY, goodbye.id, NOW + LEASE, LEASE) is None


async def test_what_is_being_sent_while_somebody_is_forgotten_is_settled_before_the_goodbye(store: Store) -> None:
    goodbye = an_outgoing("goodbye", turn=3)
    await store.commit(a_commit(1, TEXT_1, TEXT_2), NOW, LEASE)
    await store.commit(a_commit(2, goodbye, record=None), NOW, LEASE)

    assert await store.claim(NOW, LEASE, 9) == []
    assert await store.settle(SOMEBODY, TEXT_1.id, NOW, LEASE) == Leased(SOMEBODY, goodbye)


async def test_a_cover_goes_out_at_once_whatever_waited_was_being_sent_or_was_put_off(store: Store) -> None:
    cover, later = an_outgoing("cover", turn=2), an_outgoing("later", turn=3)
    for who, postponed in ((SOMEBODY, False), (SOMEBODY_ELSE, True)):
        await store.commit(a_commit(1, TEXT_1, TEXT_2, conversation=who), NOW, LEASE)
        if postponed:
            await store.postpone(who, NOW + 60 * SECOND)

        outcome = await store.commit(replace(a_commit(2, cover, conversation=who), clears=True), NOW, LEASE)

        assert outcome == Committed(2, Leased(who, cover))
        assert [outgoing.id for outgoing in await store.waiting(who)] == [cover.id]
        # What was being sent is none of ours any more: to settle it does no harm, nor does putting it off.
        assert await store.settle(who, TEXT_1.id, NOW, LEASE) is None
        assert await store.settle(who, cover.id, NOW, LEASE) is None
        assert who not in {leased.conversation for leased in await store.claim(NOW + 60 * SECOND, LEASE, 9)}
        await store.commit(a_commit(3, later, conversation=who), NOW, LEASE)
        assert [outgoing.id for outgoing in await store.waiting(who)] == [later.id]
    assert await store.commit(replace(a_commit(2, cover), clears=True), NOW, LEASE) == Repeated()
    assert [outgoing.id for outgoing in await store.waiting(SOMEBODY)] == [later.id]


async def test_a_process_that_is_alone_takes_over_what_was_leased_but_not_what_was_postponed(store: Store) -> None:
    other = an_outgoing("other", turn=9)
    await store.commit(a_commit(1, TEXT_1, timers=(REMIND,)), NOW, LEASE)
    await store.commit(a_commit(9, other, expected=0, conversation=SOMEBODY_ELSE), NOW, LEASE)
    await store.postpone(SOMEBODY_ELSE, NOW + timedelta(seconds=30))
    await store.claim_timers(REMIND.due, LEASE, 9)

    await store.release_leases(NOW + SECOND)

    assert await store.claim(NOW + SECOND, LEASE, 9) == [Leased(SOMEBODY, AGAIN[1])]
    assert await store.claim_timers(REMIND.due, LEASE, 9) == [Rung(SOMEBODY, REMIND)]

    # After a clock was set back, no moment that was written before is of use.
    await store.release_leases(NOW - 3600 * SECOND, postponed_too=True)

    assert {leased.conversation for leased in await store.claim(NOW - 3600 * SECOND, LEASE, 9)} == {
        SOMEBODY,
        SOMEBODY_ELSE,
    }


async def test_the_depth_tells_how_many_wait_and_for_how_long(store: Store) -> None:
    assert await store.depth(NOW) == Depth(0, timedelta())
    await store.commit(a_commit(1, TEXT_1), NOW, LEASE)
    await store.commit(a_commit(1, TEXT_1, conversation=SOMEBODY_ELSE), NOW, LEASE)
    await store.postpone(SOMEBODY, NOW + 2 * SECOND)
    await store.postpone(SOMEBODY_ELSE, NOW + 60 * SECOND)

    assert await store.depth(NOW) == Depth(2, timedelta())
    assert await store.depth(NOW + 5 * SECOND) == Depth(2, 3 * SECOND)


async def test_a_store_that_can_write_says_so(store: Store) -> None:
    await store.ping()


async def test_two_hundred_turns_at_once_all_take_effect(store: Store) -> None:
    people = [ConversationId(f"person-{number}") for number in range(200)]

    outcomes = await asyncio.gather(
        *[store.commit(a_commit(1, TEXT_1, conversation=person), NOW, LEASE) for person in people]
    )

    assert outcomes == [Committed(1, Leased(person, TEXT_1)) for person in people]
    assert [(await store.load(person)).version for person in people] == [1] * 200
    assert await store.depth(NOW) == Depth(200, timedelta())
