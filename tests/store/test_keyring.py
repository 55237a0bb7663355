"""All that is sealed comes under the newest working key, at its place and with its end, and nothing is lost on the way."""

import os
from collections import Counter
from collections.abc import AsyncIterator, Sequence
from dataclasses import replace
from datetime import timedelta

import pytest

from bot.desk.helplines import HelplineId
from bot.desk.letters import Acknowledged
from bot.desk.staff import Link, Roster
from bot.desk.ticket import Copy, Rule, Ticket, TicketId
from bot.messages import ConversationId, Language
from bot.store import keys
from bot.store.contract import Address, Outgoing, OutgoingId, Record, TicketCommit, Wondering, desk_line, letters_of
from bot.store.redis_keyring import KEYRING_SOURCES, PLAIN, SEALED, Ring
from bot.store.redis_store import RedisStore, open_store
from bot.store.sealing import SHELF, Vault
from bot.store.shelf import ShelfKind
from tests.builders import LEASE, NOW, SOMEBODY, SOMEBODY_ELSE, a_commit, a_record, an_outgoing, arrival
from tests.platform.test_privacy import kinds_of_keys
from tests.store.servers import Server, cluster_url

TICKET = TicketId(f"~{'a' * 20}{keys.shard_of(SOMEBODY):02}")
HELPLINE = HelplineId("bangkok")
OLD, NEW = b"w" * 32, b"n" * 32
LIFE = timedelta(minutes=2)


def a_ticket() -> Ticket:
    return Ticket(
        TICKET, SOMEBODY, HELPLINE, Language("km"), NOW, Rule.LANGUAGE_PLACE_OPEN, due=NOW, copies=(Copy(HELPLINE),)
    )


@pytest.fixture
async def old_store(redis_store: RedisStore, server: Server) -> AsyncIterator[RedisStore]:
    """Emptied, and still under the old key."""
    store = open_store(server.url, Vault(b"i" * 32, {1: OLD}, 1))
    yield store
    await store.close()


def both() -> Vault:
    """As a bot has it after the second step."""
    return Vault(b"i" * 32, {1: OLD, 2: NEW}, 2)


def only_new() -> Vault:
    """As a bot has it after the third."""
    return Vault(b"i" * 32, {2: NEW}, 2)


async def fill(store: RedisStore) -> None:
    """Something of every kind that the store can hold."""
    letter = Outgoing(OutgoingId(b"123456789"), Address("lane", TICKET), None, letter=Acknowledged(NOW))
    first = replace(
        a_commit(1, an_outgoing(), an_outgoing("two", number=1), quarantined=b"as it came"), opens=a_ticket()
    )
    await store.commit(replace(first, letters=(letter,), held=(an_outgoing("held", number=2),)), NOW, LEASE)
    await store.commit(a_commit(1, an_outgoing(), conversation=SOMEBODY_ELSE, record=None), NOW, LEASE)
    told = {"bangkok": (an_outgoing("alert"),)}
    await store.commit_ticket(
        TicketCommit(TICKET, 1, arrival(5), a_ticket(), told, kept=(b"sealed",), wraps={"reader": b"wrap"}), NOW
    )
    await store.keep_topic(TICKET, "bangkok", "17", "-1001")
    await store.keep_code("ABCDEFGHJK", TICKET)
    await store.beat("alerts", NOW, timedelta(minutes=2))
    await store.ping()
    for number in range(6):
        await store.wonder(Wondering("is it so", "en", ConversationId(f"{number}" * 22)), NOW)
    await store.save_roster(Roster(links={HELPLINE: Link(HELPLINE, "-1001", NOW)}), 0)
    shelf = store.shelf()
    for kind in ShelfKind:
        await shelf.write_shelf(kind, "a name", f"value of {kind}".encode())
    for number in range(5):
        await shelf.append_audit(f"deed {number}".encode(), number)
    await shelf.trim_audit(2)
    await store.keyring().announce("a bot", LIFE)


async def all_there_is(store: RedisStore) -> Sequence[object]:
    """Everything that the store tells of what `fill` put into it."""
    shelf = store.shelf()
    return [
        await store.load(SOMEBODY),
        [await store.waiting(line) for line in (SOMEBODY, letters_of(SOMEBODY), desk_line(TICKET, "bangkok"))],
        await store.load_ticket(TICKET),
        await store.read_sealed(TICKET),
        await store.topic_of(TICKET, "bangkok"),
        await store.ticket_at("-1001", "17"),
        await store.ticket_of_code("ABCDEFGHJK"),
        await store.wonders(NOW),
        await store.load_roster(),
        [await shelf.read_shelf(kind, "a name") for kind in ShelfKind],
        await shelf.read_audit(),
    ]


async def test_whatever_was_sealed_before_opens_with_the_newest_key_alone(
    old_store: RedisStore, server: Server
) -> None:
    await fill(old_store)
    before, ends = await all_there_is(old_store), _ends(server)
    store = open_store(server.url, both())

    sweep = await store.keyring().seal_anew()

    assert (sweep.unreadable, sweep.unknown, sweep.changed_meanwhile) == (Counter(), Counter(), Counter())
    assert (await store.keyring().seal_anew()).was_clean
    await store.close()
    after = open_store(server.url, only_new())
    assert await all_there_is(after) == before
    assert {name: _near(end) for name, end in _ends(server).items()} == {name: _near(end) for name, end in ends.items()}
    # What was held comes out as it went in, and so does what could not be handled.
    await after.commit(replace(a_commit(2, an_outgoing("after", turn=2)), unveils=True), NOW, LEASE)
    words = [one.message for one in await after.waiting(SOMEBODY)]
    assert [an_outgoing(said).message for said in ("hello", "two", "held", "after")] == words
    await after.close()
    kinds = {keys.kind_of(name) for name in _ends(server)}
    assert sweep.sealed_anew.keys() == kinds - PLAIN


def test_every_kind_of_key_that_can_be_named_is_known() -> None:
    """One that somebody adds, and that stands nowhere, would keep each old key for good: this tells them."""
    assert kinds_of_keys() - PLAIN == SEALED


async def test_all_that_is_sealed_is_filled_in_here(old_store: RedisStore, server: Server) -> None:
    await fill(old_store)

    assert (await old_store.keyring().unknown_kinds()) == Counter()
    told = {"ready", "due", "open", "recent", "audit", "roster", "l", "o", "q", "wt", "tl", "tp", "rc"}
    assert told | {str(kind) for kind in ShelfKind} <= {keys.kind_of(name) for name in _ends(server)}


async def test_what_is_not_known_or_cannot_be_opened_is_told_and_left_as_it_is(
    old_store: RedisStore, server: Server
) -> None:
    await fill(old_store)
    with server.client() as client:
        client.set("{s07}:zz:new", b"from a newer version")
        (name,) = client.keys("*:cr:*")
        moved = client.get(name)
        client.set("{s03}:cr:elsewhere", moved)
    store = open_store(server.url, both())

    sweep = await store.keyring().seal_anew()
    again = await store.keyring().seal_anew()
    await store.close()

    assert (sweep.unknown, sweep.unreadable) == (Counter(zz=1), Counter(cr=1))
    assert not again.was_clean
    with server.client() as client:
        assert client.get("{s03}:cr:elsewhere") == moved
        assert client.get("{s07}:zz:new") == b"from a newer version"


async def test_what_was_written_since_it_was_read_is_left_as_it_is(redis_store: RedisStore, server: Server) -> None:
    (digest,) = KEYRING_SOURCES
    with server.client() as client:
        client.set("{s00}:value", b"head" + b"newer")
        client.rpush("{s00}:list", b"head" + b"one", b"head" + b"two")

        async def put(name: bytes, form: str, *parts: bytes | int) -> object:
            return await redis_store.keyring()._wire.call(0, "EVALSHA", digest, 1, name, form, *parts)

        assert await put(b"{s00}:value", "value", 0, b"older", b"anew") == 0
        assert await put(b"{s00}:list", "list", 0, b"two", b"anew", 1, b"two", b"second", 7, b"two", b"nowhere") == 1
        assert await put(b"{s00}:gone", "value", 0, b"older", b"anew") == 0
        assert await put(b"{s00}:value", "value", 0, b"newer", b"anew") == 1

        assert client.get("{s00}:value") == b"headanew"
        assert client.lrange("{s00}:list", 0, -1) == [b"headone", b"headsecond"]
        assert client.exists("{s00}:gone") == 0


@pytest.mark.parametrize("number", [1, 3])
async def test_a_long_list_and_many_conversations_come_along(
    old_store: RedisStore, server: Server, number: int
) -> None:
    shelf = old_store.shelf()
    for count in range(number * 250):
        await shelf.append_audit(os.urandom(3), count)
    people = [ConversationId(f"person-{one:04}") for one in range(number * 150)]
    for person in people:
        record = Record(Address("telegram", person), a_record().conversation)
        await old_store.commit(a_commit(1, conversation=person, record=record), NOW, LEASE)
    entries = await shelf.read_audit()
    store = open_store(server.url, both())

    sweep = await store.keyring().seal_anew()

    assert sweep.sealed_anew == Counter(audit=number * 250, l=number * 150)
    await store.close()
    after = open_store(server.url, only_new())
    assert await after.shelf().read_audit() == entries
    assert [(await after.load(person)).record for person in people] == [
        Record(Address("telegram", person), a_record().conversation) for person in people
    ]
    await after.close()


async def test_in_a_cluster_too(cluster: Sequence[Server]) -> None:
    for one in cluster:
        with one.client() as client:
            client.flushall()
    old, new = (open_store(cluster_url(cluster), vault) for vault in (Vault(b"i" * 32, {1: OLD}, 1), both()))
    await fill(old)
    before = await all_there_is(old)

    await new.keyring().seal_anew()

    assert (await new.keyring().seal_anew()).was_clean
    await old.close()
    await new.close()
    after = open_store(cluster_url(cluster), only_new())
    assert await all_there_is(after) == before
    await after.close()


async def test_bots_tell_each_other_what_they_know_until_they_end(old_store: RedisStore, server: Server) -> None:
    second = open_store(server.url, both())
    old, new = old_store.keyring(), second.keyring()
    await old.announce("old", LIFE)
    await new.announce("new", LIFE)

    rings = await old.announced()

    known = both().known
    assert rings == {
        "old": Ring(
            both().naming,
            Vault(b"i" * 32, {1: OLD}, 1).sealing,
            frozenset(one for one in known if one.startswith("1:")),
        ),
        "new": Ring(both().naming, both().sealing, known),
    }
    await new.leave("new")
    assert set(await old.announced()) == {"old"}
    with server.client() as client:
        assert 0 < client.ttl(keys.ring_key("old")) <= LIFE.total_seconds()
        client.delete(keys.ring_key("old"))
    assert await old.announced() == {}
    await second.close()


def test_two_keys_of_one_number_are_told_apart() -> None:
    one, other = (Vault(b"i" * 32, {1: key}, 1) for key in (OLD, NEW))

    assert one.sealing != other.sealing
    assert one.sealing.startswith("1:")
    assert one.sealing == Vault(b"x" * 32, {1: OLD}, 1).sealing


def test_a_ring_that_is_learned_opens_the_old_and_seals_with_the_new() -> None:
    vault = Vault(b"i" * 32, {1: OLD}, 1)
    before = vault.seal(b"before", SOMEBODY, SHELF)

    vault.learn({1: OLD, 2: NEW}, 2)

    assert vault.open(before, SOMEBODY, SHELF) == b"before"
    assert not vault.is_ours_now(before)
    assert vault.is_ours_now(after := vault.seal(b"after", SOMEBODY, SHELF))
    assert only_new().open(after, SOMEBODY, SHELF) == b"after"


def test_a_button_works_as_long_as_the_key_that_marked_it_is_there() -> None:
    vault = Vault(b"i" * 32, {1: OLD}, 1)
    stamp = vault.stamp("a button")
    assert vault.is_stamp("a button", stamp)
    assert not vault.is_stamp("another", stamp)
    assert not vault.is_stamp("a button", both().stamp("a button"))

    vault.learn({1: OLD, 2: NEW}, 2)
    assert vault.is_stamp("a button", stamp)
    assert vault.is_stamp("a button", vault.stamp("a button"))
    assert vault.stamp("a button") != stamp

    vault.learn({2: NEW}, 2)
    assert not vault.is_stamp("a button", stamp)
    assert not vault.is_stamp("a button", "é" * 10)


def _ends(server: Server) -> dict[bytes, int]:
    with server.client() as client:
        return {name: client.pttl(name) for name in client.keys("*")}


def _near(milliseconds: int) -> int:
    """As good as the same end: within half a minute."""
    return milliseconds if milliseconds < 0 else round(milliseconds / 60_000)
