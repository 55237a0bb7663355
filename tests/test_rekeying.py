"""Working keys change step by step while bots run: nobody is handed what they cannot read, and no key goes too early."""

import asyncio
import shutil
import sys
from collections import Counter
from collections.abc import AsyncIterator, Iterator, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import date
from pathlib import Path

import pytest

from bot import rekeying
from bot.casebook import Writers, load_writers
from bot.desk.ticket import StaffId
from bot.figures import Figures
from bot.guard.audit import Chronicle, Deed
from bot.key_watch import KeyWatch
from bot.messages import ConversationId
from bot.settings import Settings
from bot.store.contract import OUTBOX_AT_MOST
from bot.store.embedded import find_running
from bot.store.redis_store import RedisStore, open_store
from bot.store.sealing import Vault
from bot.store.secrets import KeysError, begin_new_identity, load, load_or_make
from bot.store.shelf import ShelfKind
from bot.wiring import run_bot
from tests.builders import LEASE, NOW, SOMEBODY, a_commit, a_record, an_outgoing
from tests.dialogue.little_world import little_script
from tests.fakes import ManualClock
from tests.store.servers import Server, a_server

TODAY = date(2026, 11, 26)
CHAT = "5123456789"
ANNA = StaffId("anna")


async def at_once() -> None:
    """Nothing is on its way in a test."""


@pytest.fixture(scope="module")
def one_server() -> Iterator[Server]:
    with a_server() as running:
        yield running


@pytest.fixture
def server(one_server: Server) -> Server:
    with one_server.client() as client:
        client.flushall()
    return one_server


@pytest.fixture
def place(server: Server, quick_folder: Path) -> rekeying.Place:
    load_or_make(quick_folder, TODAY)
    return rekeying.Place(quick_folder, server.url, TODAY)


@dataclass(frozen=True)
class Bot:
    """As much of a bot as keys need."""

    store: RedisStore
    watch: KeyWatch
    figures: Figures
    writers: Writers

    def chronicle(self) -> Chronicle:
        return Chronicle(self.store.shelf(), self.writers.newest, self.writers.publics)


@asynccontextmanager
async def a_bot(place: rekeying.Place, vault: Vault | None = None) -> AsyncIterator[Bot]:
    vault = vault or load(place.data_dir).vault()
    store = open_store(place.store_url or "", vault)
    figures = Figures()
    writers = load_writers(place.data_dir / "keys")
    watch = KeyWatch(place.data_dir, vault, writers, store.keyring(), ManualClock(), figures)
    try:
        async with watch.told():
            yield Bot(store, watch, figures, writers)
    finally:
        await store.close()


def numbers(place: rekeying.Place) -> tuple[Sequence[int], int | None]:
    """The working keys that seal or did, and the one that is coming."""
    keys = load(place.data_dir)
    return [key.number for key in keys.ring], keys.coming.number if keys.coming else None


async def write(store: RedisStore) -> None:
    await store.commit(a_commit(1, an_outgoing()), NOW, LEASE)
    await store.shelf().write_shelf(ShelfKind.CREDENTIAL, "dara", b"how dara signs in")
    await store.shelf().append_audit(b"dara came", 0)


async def is_whole(store: RedisStore) -> bool:
    return (
        (await store.load(SOMEBODY)).record == a_record()
        and await store.shelf().read_shelf(ShelfKind.CREDENTIAL, "dara") == (1, b"how dara signs in")
        and await store.shelf().read_audit() == (0, (b"dara came",))
    )


async def test_three_steps_while_bots_run_and_each_reads_what_the_others_write(place: rekeying.Place) -> None:
    async with a_bot(place) as one, a_bot(place) as other:
        await write(one.store)

        rekeying.renew(place)
        assert numbers(place) == ([1], 2)
        await one.watch.look()
        # Made, and not used: the other has not heard of it and is handed nothing that it cannot read.
        await one.store.commit(a_commit(2), NOW, LEASE)
        assert (await other.store.load(SOMEBODY)).record == a_record()

        await other.watch.look()
        await rekeying.use(place)
        assert numbers(place) == ([1, 2], None)
        await one.watch.look()
        await one.store.commit(a_commit(3), NOW, LEASE)
        assert (await other.store.load(SOMEBODY)).record == a_record()

        await other.watch.look()
        told = await rekeying.retire(place, at_once)
        assert numbers(place) == ([2], None)
        assert "Taken out: 1." in " ".join(told)
        await one.watch.look()
        await other.watch.look()
        assert await is_whole(one.store)
        assert await is_whole(other.store)
    async with a_bot(place) as afresh:
        assert await is_whole(afresh.store)


async def test_nothing_is_lost_or_unreadable_while_people_write_through_two_bots(place: rekeying.Place) -> None:
    people = [ConversationId(f"person-{number}") for number in range(20)]
    turns: Counter[ConversationId] = Counter()
    unread: list[ConversationId] = []
    stop, went_on = asyncio.Event(), asyncio.Condition()

    async def write_on(bots: Sequence[Bot], person: ConversationId) -> None:
        while not stop.is_set():
            store = bots[turns[person] % 2].store
            turn = turns[person] + 1
            # What one bot has written the other reads.
            if turn > 1 and (await store.load(person)).record is None:
                unread.append(person)
            await store.commit(a_commit(turn, an_outgoing(str(turn), turn=turn), conversation=person), NOW, LEASE)
            turns[person] = turn
            async with went_on:
                went_on.notify_all()

    async with a_bot(place) as one, a_bot(place) as other:

        async def both_have_looked() -> None:
            before = turns.total()
            for bot in (one, other):
                await bot.watch.look()
            async with went_on:
                await went_on.wait_for(lambda: turns.total() >= before + 100)

        crowd = asyncio.gather(*(write_on((one, other), person) for person in people))
        for _ in range(2):
            rekeying.renew(place)
            await both_have_looked()
            await rekeying.use(place)
            await both_have_looked()
            await rekeying.retire(place, at_once)
            await both_have_looked()
        stop.set()
        await crowd

    assert numbers(place) == ([3], None)
    assert unread == []
    async with a_bot(place) as afresh:
        for person in people:
            assert (await afresh.store.load(person)).version == turns[person]
            waiting = await afresh.store.waiting(person)
            assert [one.message for one in waiting] == [
                an_outgoing(str(turn)).message for turn in range(1, turns[person] + 1)
            ][-OUTBOX_AT_MOST:]
    assert turns.total() > 600
    sys.stdout.write(f"{turns.total()} turns while the keys changed twice: 0 lost, 0 unreadable\n")


async def test_a_key_is_not_used_while_one_bot_does_not_know_it(place: rekeying.Place) -> None:
    async with a_bot(place), a_bot(place) as informed:
        rekeying.renew(place)
        await informed.watch.look()

        with pytest.raises(KeysError, match="1 of 2 running bots do not know working key 2 yet"):
            await rekeying.use(place)

    assert numbers(place) == ([1], 2)


async def test_no_key_goes_while_one_bot_seals_with_it(place: rekeying.Place) -> None:
    async with a_bot(place) as late:
        rekeying.renew(place)
        await late.watch.look()
        await rekeying.use(place)

        with pytest.raises(KeysError, match="1 of 1 running bots do not seal with working key 2 yet"):
            await rekeying.retire(place, at_once)

    assert numbers(place) == ([1, 2], None)


async def test_what_arrives_while_the_store_is_walked_through_is_sealed_anew_too(place: rekeying.Place) -> None:
    """A bot that tells that it uses the new key may have something on its way that it sealed before."""
    await turn_to_second(place)
    keys = load(place.data_dir)
    late = open_store(place.store_url or "", Vault(keys.identity, keys.opening, 1, keys.naming))

    async def something_arrives() -> None:
        await late.shelf().write_shelf(ShelfKind.CREDENTIAL, "late", b"sealed with the old key")
        await late.close()

    await rekeying.retire(place, something_arrives)

    assert numbers(place) == ([2], None)
    async with a_bot(place) as bot:
        assert await is_whole(bot.store)
        assert await bot.store.shelf().read_shelf(ShelfKind.CREDENTIAL, "late") == (1, b"sealed with the old key")


@pytest.mark.parametrize(
    ("lies", "words"),
    [
        ({"{s07}:zz:new": b"from a newer version"}, r"does not know \(zz: 1\); update it; all keys are kept"),
        ({"{s07}:cr:moved": b"\0\0\0\1" + bytes((1, 1)) + bytes(60)}, r"none of these keys opens \(cr: 1\); all keys"),
        ({"{s07}:rc:strange": bytes((9, 1)) + bytes(60)}, r"none of these keys opens \(rc: 1\)"),
    ],
)
async def test_in_doubt_all_keys_are_kept(
    place: rekeying.Place, server: Server, lies: Mapping[str, bytes], words: str
) -> None:
    await turn_to_second(place)
    with server.client() as client:
        client.mset(lies)

    with pytest.raises(KeysError, match=words):
        await rekeying.retire(place, at_once)

    assert numbers(place) == ([1, 2], None)


async def test_steps_in_a_wrong_order_change_nothing(place: rekeying.Place) -> None:
    assert await rekeying.retire(place, at_once) == ["There is no old working key."]
    with pytest.raises(KeysError, match="no working key is coming; make one with: waymark keys renew"):
        await rekeying.use(place)
    rekeying.renew(place)
    with pytest.raises(KeysError, match="working key 2 is made already"):
        rekeying.renew(place)

    assert numbers(place) == ([1], 2)


async def test_a_bot_with_an_old_copy_of_the_file_does_not_start_among_those_who_went_on(
    place: rekeying.Place,
) -> None:
    old = load(place.data_dir).vault()
    await turn_to_second(place)
    async with a_bot(place):
        with pytest.raises(KeysError, match="a key that is not in keys/ here"):
            async with a_bot(place, old):
                pass


async def test_a_running_bot_that_others_have_left_behind_says_so(place: rekeying.Place, quick_folder: Path) -> None:
    elsewhere = quick_folder / "elsewhere"
    load_writers(place.data_dir / "keys")
    shutil.copytree(place.data_dir / "keys", elsewhere / "keys")
    async with a_bot(rekeying.Place(elsewhere, place.store_url, TODAY)) as behind:
        rekeying.renew(place)
        with pytest.raises(KeysError, match="do not know working key 2"):
            await rekeying.use(place)
        # Somebody forces it.
        text = (place.data_dir / "keys" / "store.keys").read_text()
        (place.data_dir / "keys" / "store.keys").write_text(text.replace("coming", "working"))
        async with a_bot(place):
            await behind.watch.look()

    assert behind.figures.counts["keys_differ", ""] == 1


async def test_while_the_file_cannot_be_read_a_bot_goes_on_with_what_it_has(place: rekeying.Place) -> None:
    async with a_bot(place) as bot:
        await write(bot.store)
        (place.data_dir / "keys" / "store.keys").unlink()

        await bot.watch.look()

        assert await is_whole(bot.store)
        assert bot.figures.counts["keys_not_read", "KeysError"] == 1
        assert not (place.data_dir / "keys" / "store.keys").exists()


async def test_another_identity_key_moves_everybody_while_no_bot_runs(place: rekeying.Place) -> None:
    before = load(place.data_dir)
    person = before.vault().conversation_id("telegram", CHAT)
    async with a_bot(place) as bot:
        await bot.store.commit(a_commit(1, conversation=person, record=a_record(chat=CHAT)), NOW, LEASE)
        await bot.store.shelf().write_shelf(ShelfKind.CREDENTIAL, "dara", b"how dara signs in")
        with pytest.raises(KeysError, match="1 bots run; stop all of them first"):
            await rekeying.renew_identity(place)
        assert load(place.data_dir) == before

    told = await rekeying.renew_identity(place)

    assert "1 conversations are found under new ids" in told[0]
    after = load(place.data_dir)
    assert (after.identity_made, after.ring, after.naming) == (TODAY, before.ring, before.naming)
    assert before.identity not in {after.identity, after.naming}
    async with a_bot(place) as bot:
        moved = after.vault().conversation_id("telegram", CHAT)
        assert (await bot.store.load(moved)).record == a_record(chat=CHAT)
        assert (await bot.store.load(person)).record is None
        assert await bot.store.shelf().read_shelf(ShelfKind.CREDENTIAL, "dara") == (1, b"how dara signs in")


async def test_keys_from_before_there_was_a_naming_key_keep_all_names_but_those_of_chats(place: rekeying.Place) -> None:
    file = place.data_dir / "keys" / "store.keys"
    file.write_text("".join(line for line in file.read_text().splitlines(keepends=True) if "naming" not in line))
    before = load(place.data_dir).vault()

    await rekeying.renew_identity(place)

    after = load(place.data_dir).vault()
    assert before.shelf_name("cr", "dara") == after.shelf_name("cr", "dara")
    assert before.conversation_id("web", "token") == after.conversation_id("web", "token")
    assert before.conversation_id("telegram", CHAT) != after.conversation_id("telegram", CHAT)


async def test_until_everybody_has_moved_no_bot_starts_and_the_command_goes_on(place: rekeying.Place) -> None:
    old = load(place.data_dir)
    person = old.vault().conversation_id("telegram", CHAT)
    async with a_bot(place) as bot:
        await bot.store.commit(a_commit(1, conversation=person, record=a_record(chat=CHAT)), NOW, LEASE)
    begun = begin_new_identity(place.data_dir, TODAY)
    for refused in (load, lambda data_dir: load_or_make(data_dir, TODAY)):
        with pytest.raises(KeysError, match="finish that first with: waymark keys renew-identity"):
            refused(place.data_dir)

    await rekeying.renew_identity(place)

    assert load(place.data_dir).identity == begun.identity
    async with a_bot(place) as bot:
        moved = begun.vault().conversation_id("telegram", CHAT)
        assert (await bot.store.load(moved)).record == a_record(chat=CHAT)
        # Whoever still has the keys of before would make strangers of everybody.
        with pytest.raises(KeysError, match="other bots on this store work with a key that is not"):
            async with a_bot(place, old.vault()):
                pass


async def test_nobody_is_moved_past_what_is_not_known(place: rekeying.Place, server: Server) -> None:
    with server.client() as client:
        client.set("{s07}:zz:new", b"from a newer version")
    before = load(place.data_dir)

    with pytest.raises(KeysError, match=r"does not know \(zz: 1\)"):
        await rekeying.renew_identity(place)

    assert load(place.data_dir) == before


async def test_a_new_writer_key_signs_once_every_bot_can_check_it_and_the_list_of_deeds_stays_whole(
    place: rekeying.Place,
) -> None:
    async with a_bot(place) as one, a_bot(place) as other:
        chronicles = [one.chronicle(), other.chronicle()]
        old = one.writers.newest.public
        await chronicles[0].note(NOW, ANNA, Deed.SIGNED_IN)
        rekeying.renew_writer(place)
        await one.watch.look()
        with pytest.raises(KeysError, match="1 of 2 running bots do not know the new writer key yet"):
            await rekeying.use_writer(place)
        await other.watch.look()

        await rekeying.use_writer(place)
        await one.watch.look()
        await chronicles[0].note(NOW, ANNA, Deed.OPENED)
        # This one has not heard yet that another signs, and both can check both.
        await chronicles[1].note(NOW, ANNA, Deed.SIGNED_OUT)
        await other.watch.look()
        await chronicles[1].note(NOW, ANNA, Deed.SIGNED_IN)

        assert one.writers.newest.public == other.writers.newest.public != old
        for chronicle in chronicles:
            entries, fault = await chronicle.read()
            assert (len(entries), fault) == (4, None)
    async with a_bot(place) as afresh:
        assert (await afresh.chronicle().read())[1] is None


async def test_a_bot_that_cannot_check_what_others_sign_does_not_start(
    place: rekeying.Place, quick_folder: Path
) -> None:
    elsewhere = quick_folder / "elsewhere"
    shutil.copytree(place.data_dir / "keys", elsewhere / "keys")
    async with a_bot(place):
        with pytest.raises(KeysError, match="a key that is not in keys/ here"):
            async with a_bot(rekeying.Place(elsewhere, place.store_url, TODAY)):
                pass


async def test_a_real_bot_tells_its_keys_and_turns_with_them_and_the_commands_open_a_store_that_sleeps(
    quick_folder: Path,
) -> None:
    little_script(quick_folder / "content")
    settings = Settings(data_dir=quick_folder / "var", content_dir=quick_folder / "content", http_port=0)
    place = rekeying.Place(settings.data_dir, None, TODAY)
    stop, ready = asyncio.Event(), asyncio.Event()
    running = asyncio.create_task(run_bot(settings, stop, lambda _: None, ready.set))
    waiting = asyncio.create_task(ready.wait())
    await asyncio.wait([running, waiting], return_when=asyncio.FIRST_COMPLETED)
    assert not running.done(), running.exception()
    url = find_running(settings.data_dir)
    assert url is not None
    looking = open_store(url, load(settings.data_dir).vault())
    assert len(await looking.keyring().announced()) == 1
    rekeying.renew(place)
    with pytest.raises(KeysError, match="1 of 1 running bots"):
        await rekeying.use(place)
    await looking.close()
    stop.set()
    await running

    await rekeying.use(place)
    await rekeying.retire(place, at_once)

    assert numbers(place) == ([2], None)
    assert find_running(settings.data_dir) is None


async def turn_to_second(place: rekeying.Place) -> None:
    """Something lies there under the first key, and the second one seals."""
    async with a_bot(place) as bot:
        await write(bot.store)
        rekeying.renew(place)
        await bot.watch.look()
        await rekeying.use(place)
        await bot.watch.look()
