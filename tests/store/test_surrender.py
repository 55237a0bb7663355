"""Who takes the store away learns counts and rhythm, and not who, what or in which language."""

import base64
import struct
from collections.abc import Iterator
from decimal import Decimal
from pathlib import Path

import pytest

from bot.dialogue import Conversation, Frame, NodeToken
from bot.messages import Button, Language, Message, Span, Style
from bot.store.contract import Address, Commit, Outgoing, OutgoingId, Priority, Record, Timer
from bot.store.redis_store import RedisStore, open_store
from bot.store.sealing import Vault
from tests.builders import LEASE, NOW, arrival
from tests.store.servers import Server, a_server

CHAT = "5123406789"
WORDS = {
    "chat": CHAT,
    "web chat": "canary-web-chat-token",
    "door": "canarydoor",
    "text": "canary text: my boss took my passport",
    "khmer": "ខ្ញុំត្រូវការជំនួយ",
    "phone": "+66812345678",
    "button": "canary label",
    "press": "canarypress!",
    "picture": "canary-picture",
    "recording": "canary.recording",
    "profile field": "canaryfield",
    "profile value": "canaryvalue",
    "node": "canarynode",
    "answer name": "canaryanswer",
    "answer": "canary province",
    "number": "424242.17",
    "replaces": "canary-message-9",
    "acknowledges": "canary-callback-7",
    "quarantined": "canary raw update",
    "identity key": "canary identity key 32 bytes....",
    "working key": "canary working key of 32 bytes..",
}


def appearances(words: str) -> Iterator[bytes]:
    """The ways in which words could lie about: in the usual encodings, and in hex and base64 of these."""
    for encoding in ("utf-8", "utf-16-le", "utf-16-be", "utf-32-le"):
        yield from _wrapped(words.encode(encoding))
    yield words.encode("utf-8")[::-1]
    yield words.encode("unicode-escape")
    if words.isdigit():
        yield from _wrapped(struct.pack(">q", int(words))[-5:])
        yield from _wrapped(struct.pack("<q", int(words))[:5])


def _wrapped(plain: bytes) -> Iterator[bytes]:
    yield plain
    yield plain.hex().encode()
    yield plain.hex().upper().encode()
    # In base64 the same bytes look different at each of three offsets; what depends on neighbours is cut off.
    for offset in range(3):
        padded = b"\0" * offset + plain
        whole = padded[: len(padded) // 3 * 3]
        for encode in (base64.b64encode, base64.urlsafe_b64encode):
            yield encode(whole)[(0, 4, 4)[offset] :]


def found(haystacks: dict[str, bytes]) -> set[tuple[str, str]]:
    return {
        (name, where)
        for name, words in WORDS.items()
        for appearance in appearances(words)
        if len(appearance) >= 5
        for where, haystack in haystacks.items()
        if appearance in haystack
    }


def taken(server: Server) -> dict[str, bytes]:
    """Everything that lies on the server's disk, and every key with its value."""
    with server.client() as client:
        live = b"\n".join(name + b" " + client.dump(name) for name in client.keys("*"))
        client.save()
    files = {path.name: path.read_bytes() for path in server.folder.rglob("*") if path.is_file()}
    return {**files, "keys and values": live}


async def fill(store: RedisStore, vault: Vault) -> None:
    frame = Frame(NodeToken("canarynode"), {"canaryanswer": "canary province", "n": Decimal("424242.17")})
    message = Message(
        (Span(WORDS["text"], Style.STRONG), Span(WORDS["khmer"]), Span("call", Style.PHONE, WORDS["phone"])),
        ((Button("canary label", "canarypress!"),),),
        language=Language("km"),
        picture="canary-picture",
        recording="canary.recording",
    )
    for door, chat, pushed in (("canarydoor", CHAT, True), ("web", "canary-web-chat-token", False)):
        conversation = vault.conversation_id(door, chat)
        address = Address(door, chat)
        source = vault.arrival_id(conversation, "canary-update-1")
        record = Record(
            address,
            Conversation(Language("km"), {"canaryfield": "canaryvalue"}, (frame,), ((frame,), (frame, frame))),
        )
        outgoing = [
            Outgoing(
                OutgoingId(source + bytes((number,))),
                address,
                message,
                "canary-message-9",
                "canary-callback-7",
                priority=Priority.ALERT,
            )
            for number in range(3)
        ]
        commit = Commit(
            conversation,
            0,
            source,
            record,
            tuple(outgoing),
            (Timer("remind", NOW),),
            pushed=pushed,
            quarantined=b"canary raw update",
        )
        await store.commit(commit, NOW, LEASE)
        await store.commit(Commit(conversation, 1, arrival(2), record), NOW, LEASE)
    await store.claim_timers(NOW, LEASE, 9)
    await store.claim(NOW + LEASE, LEASE, 9)


@pytest.fixture
def own_server() -> Iterator[Server]:
    with a_server() as running:
        yield running


@pytest.fixture
def secret_vault() -> Vault:
    return Vault(WORDS["identity key"].encode(), {1: WORDS["working key"].encode()}, 1)


async def test_nothing_of_a_person_lies_in_the_store_in_the_clear(own_server: Server, secret_vault: Vault) -> None:
    store = open_store(own_server.url, secret_vault)
    await fill(store, secret_vault)
    await store.close()

    haystacks = taken(own_server)

    assert found(haystacks) == set()
    # The search looked at the file of all writes, a dump, and the live keys.
    kinds = {Path(name).suffix for name, content in haystacks.items() if len(content) > 2000}
    assert kinds >= {".aof", ".rdb", ""}


@pytest.mark.parametrize("name", WORDS)
def test_the_search_finds_what_lies_there_in_any_appearance(name: str) -> None:
    for appearance in appearances(WORDS[name]):
        if len(appearance) >= 5:
            assert (name, "file") in found({"file": b"\x00noise" + appearance + b"noise\xff"})


def test_the_search_finds_base64_at_any_offset() -> None:
    for offset in range(20):
        encoded = base64.b64encode(b"x" * offset + WORDS["text"].encode() + b"y" * 10)
        assert ("text", "file") in found({"file": encoded})


async def test_the_search_finds_what_lies_in_a_server(own_server: Server) -> None:
    with own_server.client() as client:
        client.set("raw", WORDS["text"])
        client.set(f"key:{CHAT}", "x")
        client.rpush("list", base64.b64encode(WORDS["phone"].encode()))

    assert {name for name, _ in found(taken(own_server))} >= {"text", "chat", "phone"}


async def test_a_short_and_a_long_text_look_alike(own_server: Server, secret_vault: Vault) -> None:
    store = open_store(own_server.url, secret_vault)
    sizes = set()
    with own_server.client() as client:
        for number, words in enumerate(("no", "yes, please call me " * 8)):
            conversation = secret_vault.conversation_id("telegram", str(number))
            message = Message((Span(words),))
            outgoing = Outgoing(OutgoingId(arrival(1) + b"\0"), Address("telegram", CHAT), message)
            record = Record(Address("telegram", CHAT), Conversation(profile={"said": words}))
            await store.commit(Commit(conversation, 0, arrival(1), record, (outgoing,)), NOW, LEASE)
            lane, outbox = sorted(name for name in client.keys("*") if conversation.encode() in name)
            sizes.add((len(lane), client.strlen(lane), len(client.lindex(outbox, 0) or b"")))
    await store.close()

    assert len(sizes) == 1
