"""Another identity key: everybody is found under a new id with all that is theirs, and under the old one nobody."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import timedelta

import pytest

from bot.desk.helplines import HelplineId
from bot.desk.letters import Acknowledged, PersonMoved
from bot.desk.ticket import Copy, Rule, Ticket, TicketId
from bot.messages import ConversationId, Language
from bot.store import keys
from bot.store.contract import (
    SEEN_LIFE,
    Address,
    Leased,
    Outgoing,
    OutgoingId,
    Record,
    Snapshot,
    StoreDownError,
    TicketCommit,
    TicketSnapshot,
    Timer,
    desk_line,
    letters_of,
)
from bot.store.redis_renaming import RedisRenaming
from bot.store.redis_store import RedisStore, open_store
from bot.store.redis_wire import Part
from bot.store.sealing import Vault
from bot.store.shelf import ShelfKind
from tests.builders import LEASE, NOW, a_commit, a_record, an_outgoing, arrival
from tests.store.servers import Server, cluster_url

BEFORE = Vault(b"i" * 32, {1: b"w" * 32}, 1, b"n" * 32)
AFTER = Vault(b"j" * 32, {1: b"w" * 32}, 1, b"n" * 32)
CHAT, WEB_CHAT, ERASED_CHAT = "5123456789", "a random token of the web", "999"
HELPLINE = HelplineId("bangkok")
TICKET = TicketId(f"~{'a' * 20}{keys.shard_of(BEFORE.conversation_id('telegram', CHAT)):02}")
OTHER_TICKET = TicketId(f"~{'b' * 20}09")
LATER = NOW + timedelta(hours=1)


@pytest.fixture(params=["valkey", "cluster"])
def url(request: pytest.FixtureRequest) -> str:
    servers: Sequence[Server] = (
        [request.getfixturevalue("server")] if request.param == "valkey" else request.getfixturevalue("cluster")
    )
    for one in servers:
        with one.client() as client:
            client.flushall()
    return servers[0].url if request.param == "valkey" else cluster_url(servers)


def a_letter(letter: Acknowledged | PersonMoved, to: str, number: int) -> Outgoing:
    return Outgoing(OutgoingId(arrival(50) + bytes((number,))), Address("lane", to), None, letter=letter)


def a_ticket(person: ConversationId) -> Ticket:
    return Ticket(
        TICKET, person, HELPLINE, Language("km"), NOW, Rule.LANGUAGE_PLACE_OPEN, due=LATER, copies=(Copy(HELPLINE),)
    )


async def fill(store: RedisStore, vault: Vault) -> None:
    """A person who has called for help and for whom much is under way, one in the web, and one who was erased."""
    person, web, erased = (
        vault.conversation_id(door, chat)
        for door, chat in (("telegram", CHAT), ("web", WEB_CHAT), ("telegram", ERASED_CHAT))
    )
    first = a_commit(
        1,
        an_outgoing("one"),
        an_outgoing("two", number=1),
        conversation=person,
        record=a_record(chat=CHAT),
        timers=(Timer("remind", NOW), Timer("forget", LATER)),
        quarantined=b"as it came",
    )
    held = an_outgoing("held", number=2)
    letter = a_letter(PersonMoved(person, Language("km")), OTHER_TICKET, 1)
    await store.commit(replace(first, opens=a_ticket(person), letters=(letter,), held=(held,)), NOW, LEASE)
    in_web = Record(Address("web", ""), a_record().conversation)
    await store.commit(
        a_commit(1, an_outgoing("web", door="web", chat=""), conversation=web, record=in_web), NOW, LEASE
    )
    goodbye = an_outgoing("goodbye", chat=ERASED_CHAT)
    await store.commit(a_commit(1, goodbye, conversation=erased, record=None), NOW, LEASE)
    answer = a_letter(Acknowledged(NOW), person, 2)
    told: dict[str, tuple[Outgoing, ...]] = {HELPLINE: (an_outgoing("alert"),)}
    commit = TicketCommit(TICKET, 1, arrival(5), a_ticket(person), told, (answer,), (b"sealed",), {"reader": b"wrap"})
    await store.commit_ticket(commit, NOW)
    await store.keep_topic(TICKET, HELPLINE, "17", "-1001")
    await store.keep_code(vault.return_code(TICKET), TICKET)
    await store.shelf().write_shelf(ShelfKind.CREDENTIAL, "dara", b"how dara signs in")
    # One timer has rung, and was not answered yet.
    assert len(await store.claim_timers(NOW, LEASE, 9)) == 1


async def told(store: RedisStore, vault: Vault) -> list[object]:
    """All that the store says of them, with the ids that a vault gives."""
    person, web = vault.conversation_id("telegram", CHAT), vault.conversation_id("web", WEB_CHAT)
    lines = (person, letters_of(person), web, letters_of(ConversationId(TICKET)), desk_line(TICKET, HELPLINE))
    return [
        *(await store.load(person), await store.load(web), await store.load_ticket(TICKET)),
        [await store.waiting(line) for line in lines],
        *(await store.read_sealed(TICKET), await store.topic_of(TICKET, HELPLINE)),
        *(await store.ticket_at("-1001", "17"), await store.ticket_of_code(vault.return_code(TICKET))),
        await store.shelf().read_shelf(ShelfKind.CREDENTIAL, "dara"),
        await store.open_tickets(),
    ]


def expected(before: Sequence[object]) -> list[object]:
    """What `told` says, where each id of before is the one of after."""
    old, new = (vault.conversation_id("telegram", CHAT) for vault in (BEFORE, AFTER))

    def renamed(one: object) -> object:
        match one:
            case Outgoing(address=Address(door="lane", chat=chat), letter=PersonMoved()):
                assert one.letter == PersonMoved(old, Language("km"))
                return replace(one, letter=PersonMoved(new, Language("km")))
            case Outgoing(address=Address(door="lane", chat=chat)) if chat == old:
                return replace(one, address=Address("lane", new))
            case list():
                return [renamed(part) for part in one]
            case _:
                return one

    lines = [renamed(one) for one in before]
    snapshot = before[2]
    assert isinstance(snapshot, TicketSnapshot)
    assert snapshot.ticket is not None
    lines[2] = TicketSnapshot(snapshot.version, replace(snapshot.ticket, person=new))
    return lines


async def test_everybody_is_found_under_the_new_id_and_nobody_under_the_old(url: str) -> None:
    store = open_store(url, BEFORE)
    await fill(store, BEFORE)
    before = await told(store, BEFORE)
    await store.close()

    after = open_store(url, AFTER)
    moved, stayed = await after.renaming(BEFORE).move_everybody()

    assert (moved, stayed) == (2, 0)
    assert await told(after, AFTER) == expected(before)
    old, new = (vault.conversation_id("telegram", CHAT) for vault in (BEFORE, AFTER))
    assert old != new
    assert await after.load(old) == Snapshot(0, None)
    assert BEFORE.conversation_id("web", WEB_CHAT) == AFTER.conversation_id("web", WEB_CHAT)
    names = await after._wire.all_keys()
    assert [name for name in names if old.encode() in name] == []
    assert [name for name in names if keys.kind_of(name) == "q" and new.encode() in name] != []
    await after.close()


async def test_who_was_erased_and_is_told_nothing_any_more_stays_and_ends_by_itself(
    redis_store: RedisStore, server: Server
) -> None:
    store, after = open_store(server.url, BEFORE), open_store(server.url, AFTER)
    erased = BEFORE.conversation_id("telegram", ERASED_CHAT)
    await store.commit(a_commit(1, conversation=erased, record=None), NOW, LEASE)

    assert await after.renaming(BEFORE).move_everybody() == (0, 1)

    with server.client() as client:
        assert 0 < client.ttl(keys.lane_key(keys.shard_of(erased), erased)) <= SEEN_LIFE.total_seconds()
    await store.close()
    await after.close()


async def test_what_is_under_way_goes_on(url: str) -> None:
    store = open_store(url, BEFORE)
    await fill(store, BEFORE)
    await store.close()
    after = open_store(url, AFTER)
    await after.renaming(BEFORE).move_everybody()
    new = AFTER.conversation_id("telegram", CHAT)
    erased = AFTER.conversation_id("telegram", ERASED_CHAT)

    rung = await after.claim_timers(LATER, LEASE, 9)
    claimed = await after.claim(LATER, LEASE, 9)
    await after.commit(replace(a_commit(2, conversation=new, record=a_record(chat=CHAT)), unveils=True), LATER, LEASE)

    # The one that has rung before keeps the moment that it was set for.
    assert {(one.conversation, one.timer.name, one.timer.due) for one in rung} == {
        (new, "remind", NOW),
        (new, "forget", LATER),
        (TICKET, "due", LATER),
    }
    assert {(one.conversation, _words(one)) for one in claimed} >= {(new, "one"), (erased, "goodbye")}
    assert {one.conversation for one in claimed} >= {
        *(letters_of(new), letters_of(ConversationId(TICKET)), desk_line(TICKET, HELPLINE)),
    }
    assert [_words(Leased(new, one)) for one in await after.waiting(new)] == ["one", "two", "held"]
    await after.close()


class BrokenOff(RedisRenaming):
    """Ends in the middle: whoever did it pulled the plug."""

    left = 0

    async def _ask(self, name: bytes, *parts: Part) -> None:
        if self.left == 0:
            raise StoreDownError("pulled")
        self.left -= 1
        await super()._ask(name, *parts)


async def test_broken_off_anywhere_it_goes_on_where_it_stood(redis_store: RedisStore, server: Server) -> None:
    steps = 0
    while True:
        with server.client() as client:
            client.flushall()
        store, after = open_store(server.url, BEFORE), open_store(server.url, AFTER)
        await fill(store, BEFORE)
        before = await told(store, BEFORE)
        breaking = BrokenOff(after._wire, AFTER, BEFORE)
        breaking.left = steps
        try:
            await breaking.move_everybody()
            broken = False
        except StoreDownError:
            broken = True
            await after.renaming(BEFORE).move_everybody()

        assert await told(after, AFTER) == expected(before)
        assert len(await after.claim_timers(LATER, LEASE, 9)) == 3
        old = BEFORE.conversation_id("telegram", CHAT).encode()
        with server.client() as client:
            assert [name for name in client.keys("*") if old in name] == []
        await store.close()
        await after.close()
        if not broken:
            break
        steps += 3
    assert steps > 20


def _words(leased: Leased) -> str:
    message = leased.outgoing.message
    return "" if message is None else "".join(span.words for span in message.text)
