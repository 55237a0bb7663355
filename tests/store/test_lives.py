"""What waits knows since when, and nothing lives longer because a timer rang, a desk was away or a phone changed."""

from dataclasses import replace
from datetime import timedelta

import msgspec
import pytest
from redis.asyncio import Redis

from bot.desk.letters import StaffWrote
from bot.dialogue import Conversation
from bot.dialogue.conversation import Limits
from bot.figures import Figures
from bot.messages import ConversationId, Language, Message, plain
from bot.store import keys
from bot.store.contract import (
    DESK_LINE_AT_MOST,
    HELD_AT_MOST,
    HELD_LIFE,
    OUTBOX_AT_MOST,
    OUTGOING_LIFE,
    QUARANTINE_LIFE,
    RECORD_LIFE,
    Address,
    Committed,
    Leased,
    Outgoing,
    OutgoingId,
    Record,
    Repeated,
    Store,
    TicketCommit,
    desk_line,
    letters_of,
)
from bot.store.encoding import decode_outgoing, decode_record, encode_outgoing, encode_record
from bot.store.memory_store import MemoryStore
from bot.store.redis_store import RedisStore
from tests.builders import LEASE, NOW, SOMEBODY, a_commit, an_outgoing, arrival
from tests.store.servers import Server
from tests.store.test_tickets_contract import TICKET, a_letter, a_ticket, deciding, opening

MINUTE = timedelta(minutes=1)
DAY = timedelta(days=1)
TEXT = an_outgoing("text", turn=1)
LANE = keys.lane_key(keys.shard_of(SOMEBODY), SOMEBODY)


async def test_what_is_handed_out_tells_when_it_was_written(store: Store) -> None:
    outcome = await store.commit(a_commit(1, TEXT, an_outgoing("more", turn=1, number=1)), NOW, LEASE)

    assert isinstance(outcome, Committed)
    assert outcome.head is not None
    assert outcome.head.written == NOW
    again = (await store.claim(NOW + 20 * MINUTE, LEASE, 9))[0]
    assert again.written == NOW
    following = await store.settle(SOMEBODY, TEXT.id, NOW + 21 * MINUTE, LEASE)
    assert following is not None
    assert following.written == NOW


async def test_what_was_held_counts_from_when_it_was_asked_for(store: Store) -> None:
    await store.commit(replace(a_commit(1), held=(TEXT,)), NOW, LEASE)

    outcome = await store.commit(replace(a_commit(2), unveils=True), NOW + DAY, LEASE)

    assert isinstance(outcome, Committed)
    leased = outcome.head or (await store.claim(NOW + DAY, LEASE, 1))[0]
    assert leased.written == NOW + DAY


async def test_a_letter_has_no_age(store: Store) -> None:
    letter = a_letter(StaffWrote("hello", Language("th"), "5"), 1)
    await store.commit(replace(a_commit(1), letters=(letter,)), NOW, LEASE)

    assert [one.written for one in await store.claim(NOW + DAY, LEASE, 9)] == [None]


async def test_what_is_held_for_a_phone_that_was_left_is_gone_at_once(store: Store) -> None:
    await store.commit(replace(a_commit(1), held=(TEXT,)), NOW, LEASE)

    await store.commit(replace(a_commit(2), drops_held=True), NOW, LEASE)
    await store.commit(replace(a_commit(3), unveils=True), NOW, LEASE)

    assert await store.claim(NOW + LEASE, LEASE, 9) == []


async def test_nothing_of_what_was_held_is_left_on_the_server(redis_store: RedisStore, server: Server) -> None:
    await redis_store.commit(replace(a_commit(1), held=(TEXT,)), NOW, LEASE)
    async with Redis.from_url(server.url) as client:
        held = keys.outbox_key(keys.shard_of(SOMEBODY), type(SOMEBODY)(f"{SOMEBODY}?"))
        assert 0 < await client.pttl(held) <= HELD_LIFE / timedelta(milliseconds=1)

        await redis_store.commit(replace(a_commit(2), drops_held=True), NOW, LEASE)

        assert not await client.exists(held)


async def test_only_what_a_person_does_lets_their_record_live_on(redis_store: RedisStore, server: Server) -> None:
    async with Redis.from_url(server.url) as client:
        await redis_store.commit(a_commit(1), NOW, LEASE)
        await client.expire(LANE, 1000)

        await redis_store.commit(replace(a_commit(2, TEXT), renews=False), NOW, LEASE)
        assert await client.ttl(LANE) <= 1000
        await redis_store.commit(replace(a_commit(3), renews=False, held=(TEXT,)), NOW, LEASE)
        assert await client.ttl(LANE) <= 1000
        assert await redis_store.commit(a_commit(2, TEXT), NOW, LEASE) == Repeated()
        assert await client.ttl(LANE) <= 1001

        await redis_store.commit(a_commit(4), NOW, LEASE)
        assert await client.ttl(LANE) > 1001


async def test_a_timer_that_rings_does_not_let_a_record_live_on() -> None:
    store = MemoryStore()
    await store.commit(a_commit(1), NOW, LEASE)
    await store.commit(replace(a_commit(2), renews=False), NOW + RECORD_LIFE - DAY, LEASE)

    await store.commit(a_commit(1, expected=0), NOW + RECORD_LIFE + MINUTE, LEASE)

    assert (await store.load(SOMEBODY)).version == 1


async def test_what_a_desk_was_not_told_for_a_day_is_out_of_date_but_letters_and_deletions_are_not(
    store: Store, figures: Figures
) -> None:
    await store.commit(opening(1), NOW, LEASE)
    words, member = an_outgoing("words", turn=2, door="desk"), an_outgoing("to one", turn=2, number=1, door="desk")
    dropping = replace(an_outgoing(turn=2, number=2, door="desk"), message=None, drops_topic=True)
    letter = a_letter(StaffWrote("hello", Language("th"), "5"), 2, to=SOMEBODY)
    told = {"bangkok": (words, dropping), "dara!": (member,)}
    await store.commit_ticket(deciding(1, a_ticket(), outgoing=told, letters=(letter,)), NOW)

    late = NOW + OUTGOING_LIFE + 2 * MINUTE
    claimed = sorted(await store.claim_lines(TICKET, late, LEASE), key=lambda one: one.conversation)

    assert claimed == [Leased(letters_of(TICKET), letter), Leased(desk_line(TICKET, "bangkok"), dropping)]
    assert figures.counts["outgoing_out_of_date", ""] == 2
    assert figures.counts["desk_not_told", ""] == 2


async def test_what_is_set_aside_lies_sealed_for_a_week_and_the_line_ends_by_itself(
    redis_store: RedisStore, server: Server
) -> None:
    words = an_outgoing("what the person told", turn=2, door="desk")
    await redis_store.commit_ticket(TicketCommit(TICKET, 0, arrival(5), a_ticket(), {"bangkok": (words,)}), NOW)
    shard, line = keys.shard_of(TICKET), desk_line(TICKET, "bangkok")
    async with Redis.from_url(server.url) as client:
        key = keys.outbox_key(shard, line)
        assert OUTGOING_LIFE < timedelta(milliseconds=await client.pttl(key)) <= OUTGOING_LIFE + timedelta(hours=1)

        await redis_store.claim_lines(TICKET, NOW + OUTGOING_LIFE + 2 * MINUTE, LEASE)

        assert not await client.exists(key)
        aside = keys.outbox_key(shard, type(line)(f"{line}#"))
        assert b"what the person told" not in (await client.lrange(aside, 0, -1))[0]
        assert QUARANTINE_LIFE - MINUTE < timedelta(milliseconds=await client.pttl(aside)) <= QUARANTINE_LIFE


async def test_what_a_desk_was_not_told_before_it_must_forget_is_never_told(store: Store) -> None:
    under_way, waits = (an_outgoing("words", turn=2, number=number, door="desk") for number in (0, 1))
    dropping = replace(an_outgoing(turn=3, door="desk"), message=None, drops_topic=True)
    line = desk_line(TICKET, "bangkok")
    await store.commit(opening(1), NOW, LEASE)
    told = {"bangkok": (under_way, waits), "phnom-penh": (waits,)}
    await store.commit_ticket(deciding(1, a_ticket(), outgoing=told), NOW)
    assert len(await store.claim_lines(TICKET, NOW, LEASE)) == 2

    erased = deciding(2, None, outgoing={"bangkok": (dropping,), "phnom-penh": (dropping,)})
    await store.commit_ticket(erased, NOW + LEASE / 2)

    assert await store.claim_lines(TICKET, NOW + LEASE / 2, LEASE) == [], "each of them is being told something"
    assert await store.settle(line, under_way.id, NOW + LEASE / 2, LEASE) == Leased(line, dropping)


async def test_what_waits_for_a_desk_that_cannot_be_told_goes_when_it_must_forget(store: Store) -> None:
    words = an_outgoing("words", turn=2, door="desk")
    dropping = replace(an_outgoing(turn=3, door="desk"), message=None, drops_topic=True)
    await store.commit(opening(1), NOW, LEASE)
    await store.commit_ticket(deciding(1, a_ticket(), outgoing={"bangkok": (words,)}), NOW)
    await store.postpone(desk_line(TICKET, "bangkok"), NOW + MINUTE)

    await store.commit_ticket(deciding(2, None, outgoing={"bangkok": (dropping,)}), NOW)

    assert await store.claim_lines(TICKET, NOW + MINUTE, LEASE) == [Leased(desk_line(TICKET, "bangkok"), dropping)]


async def test_what_was_set_aside_goes_when_the_desk_must_forget(redis_store: RedisStore, server: Server) -> None:
    words = an_outgoing("words", turn=2, door="desk")
    dropping = replace(an_outgoing(turn=3, door="desk"), message=None, drops_topic=True)
    late = NOW + OUTGOING_LIFE + 2 * MINUTE
    await redis_store.commit(opening(1), NOW, LEASE)
    await redis_store.commit_ticket(deciding(1, a_ticket(), outgoing={"bangkok": (words,)}), NOW)
    await redis_store.claim_lines(TICKET, late, LEASE)
    async with Redis.from_url(server.url) as client:
        aside = keys.outbox_key(keys.shard_of(TICKET), ConversationId(f"{desk_line(TICKET, 'bangkok')}#"))
        assert await client.exists(aside)

        await redis_store.commit_ticket(deciding(2, None, outgoing={"bangkok": (dropping,)}), late)

        assert not await client.exists(aside)


async def test_of_a_flood_that_a_desk_cannot_be_told_the_oldest_goes_but_not_what_is_being_told(
    store: Store, figures: Figures
) -> None:
    flood = [an_outgoing("words", turn=turn, door="desk") for turn in range(DESK_LINE_AT_MOST + 4)]
    line = desk_line(TICKET, "bangkok")
    await store.commit(opening(1), NOW, LEASE)
    await store.commit_ticket(deciding(1, a_ticket(), outgoing={"bangkok": tuple(flood[:3])}), NOW)
    assert [one.outgoing for one in await store.claim_lines(TICKET, NOW, LEASE)] == flood[:1]

    await store.commit_ticket(deciding(2, a_ticket(), outgoing={"bangkok": tuple(flood[3:])}), NOW)

    assert figures.counts["desk_not_told", ""] == 4
    following = await store.settle(line, flood[0].id, NOW, LEASE)
    assert following == Leased(line, flood[5])


async def test_the_deletion_of_a_topic_is_not_lost_in_a_flood(store: Store) -> None:
    dropping = replace(an_outgoing(turn=9, door="desk"), message=None, drops_topic=True)
    flood = tuple([an_outgoing("words", turn=turn, door="desk") for turn in range(10, DESK_LINE_AT_MOST + 20)])
    await store.commit(opening(1), NOW, LEASE)
    await store.commit_ticket(deciding(1, a_ticket(), outgoing={"bangkok": (dropping,)}), NOW)

    await store.commit_ticket(deciding(2, a_ticket(), outgoing={"bangkok": flood}), NOW)

    assert [one.outgoing for one in await store.claim_lines(TICKET, NOW, LEASE)] == [dropping]


async def test_of_a_long_line_only_its_beginning_is_read(store: Store) -> None:
    flood = tuple([an_outgoing("words", turn=turn, door="desk") for turn in range(OUTBOX_AT_MOST + HELD_AT_MOST + 9)])
    await store.commit(opening(1), NOW, LEASE)
    await store.commit_ticket(deciding(1, a_ticket(), outgoing={"bangkok": flood}), NOW)

    assert await store.waiting(desk_line(TICKET, "bangkok")) == [*flood[: OUTBOX_AT_MOST + HELD_AT_MOST]]


def test_what_was_written_before_this_program_is_read() -> None:
    record = Record(Address("telegram", "7"), Conversation(late=True, limits=Limits.TOLD))
    outgoing = Outgoing(OutgoingId(b"n" * 9), Address("telegram", "7"), Message(plain("hello")), ref="1", unasked=True)
    assert decode_record(encode_record(record)) == record
    assert decode_outgoing(encode_outgoing(outgoing), outgoing.id, 0) == outgoing

    row = msgspec.msgpack.decode(encode_record(record)[1:], type=list[object])
    more = msgspec.msgpack.decode(encode_outgoing(outgoing)[1:], type=list[object])
    row[-1] = [*_items(row[-1])][:5]
    more[-1] = [*_items(more[-1])][:-1]

    assert decode_record(b"\1" + msgspec.msgpack.encode(row)) == replace(record, conversation=Conversation())
    earlier = decode_outgoing(b"\1" + msgspec.msgpack.encode(more), outgoing.id, 0)
    assert earlier == replace(outgoing, unasked=False)


@pytest.mark.parametrize(
    ("written", "read"), [(0, Limits.UNUSED), (1, Limits.TO_TELL), (2, Limits.TOLD), (7, Limits.TOLD)]
)
def test_what_a_newer_program_knows_of_limits_counts_as_told(written: int, read: Limits) -> None:
    record = Record(Address("telegram", "7"), Conversation(late=True))
    row = msgspec.msgpack.decode(encode_record(record)[1:], type=list[object])
    row[-1] = [*_items(row[-1])[:-1], written]

    assert decode_record(b"\1" + msgspec.msgpack.encode(row)).conversation.limits is read


def _items(row: object) -> list[object]:
    assert isinstance(row, list)
    return row


async def test_a_new_conversation_lives_as_long_as_any_although_nobody_asked(
    redis_store: RedisStore, server: Server
) -> None:
    await redis_store.commit(replace(a_commit(1), renews=False), NOW, LEASE)

    async with Redis.from_url(server.url) as client:
        assert 0 < await client.ttl(LANE) <= RECORD_LIFE.total_seconds()
