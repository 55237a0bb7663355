"""What an update means: read from the bytes that Telegram sends, and never a reason to fall over."""

import json
import random
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime
from typing import Final

import pytest

from bot.desk.letters import Original
from bot.dialogue.events import Edited, Event, Opened, Pressed, Shared, SharedKind, Typed, Wish, Wished
from bot.dialogue.steps import FlowId
from bot.facts import Position
from bot.messages import Language
from bot.store.contract import Address
from bot.turns.arrival import Arrival
from handlers.telegram.desk.knocks import Knock, read_knock
from handlers.telegram.updates import ALLOWED_UPDATES, Reading, read_update
from tests.telegram.sample import SCRIPT, VAULT
from tests.telegram_server import FakeTelegram
from tests.telegram_server.updates import UPDATE_KINDS
from tests.telegram_server.values import Json, Table

ME: Final[Table] = {"id": 7, "is_bot": False, "first_name": "Sok", "language_code": "km"}
CHAT: Final[Table] = {"id": 7, "type": "private", "first_name": "Sok"}
ORIGINAL: Final = Original("telegram", "7", "3")
GROUP: Final[Table] = {"id": -100, "type": "supergroup", "title": "Helpline"}
LABELS: Final = frozenset(
    {"opened", "wished", "typed", "shared", "press", "group", "bot", "service", "other", "blocked", "unblocked"}
    | {"unreadable", "edited", "staff"}
)


def read(update: Table) -> Reading:
    return read_update(json.dumps(update).encode(), VAULT, SCRIPT)


def message(**more: Json) -> Table:
    return {"update_id": 1, "message": {"message_id": 3, "date": 9, "chat": CHAT, "from": ME, **more}}


def press(**more: Json) -> Table:
    query: Table = {
        "id": "99",
        "from": ME,
        "chat_instance": "5",
        "data": "ahome",
        "message": {"message_id": 3, "date": 9, "chat": CHAT, "text": "Menu"},
    }
    return {"update_id": 1, "callback_query": query | more}


def event_of(update: Table) -> Event | None:
    arrival = read(update).arrival
    return arrival.event if isinstance(arrival, Arrival) else None


def test_a_tap_brings_what_the_button_carries_its_message_and_its_own_id() -> None:
    raw = json.dumps(press()).encode()
    conversation = VAULT.conversation_id("telegram", "7")

    assert read_update(raw, VAULT, SCRIPT) == Reading(
        1,
        "press",
        Arrival(
            conversation,
            VAULT.arrival_id(conversation, "1"),
            Address("telegram", "7"),
            Pressed("ahome", "3", datetime(1970, 1, 1, 0, 0, 9, tzinfo=UTC)),
            tapped="3",
            acknowledges="99",
            raw=raw,
        ),
    )


def test_a_text_and_a_tap_of_one_person_are_one_conversation_and_two_arrivals() -> None:
    text = read(message(text="hello")).arrival
    tap = read(press() | {"update_id": 2}).arrival

    assert isinstance(text, Arrival)
    assert isinstance(tap, Arrival)
    assert text.conversation == tap.conversation
    assert text.id != tap.id


def test_the_same_update_is_the_same_arrival_each_time() -> None:
    assert read(message(text="hello")) == read(message(text="hello"))


@pytest.mark.parametrize("gone", [{"message_id": 3, "date": 0, "chat": CHAT}, None])
def test_a_tap_on_a_message_that_is_out_of_reach_still_counts(gone: Json) -> None:
    arrival = read(press(message=gone)).arrival

    assert isinstance(arrival, Arrival)
    assert (arrival.address, arrival.tapped, arrival.acknowledges) == (Address("telegram", "7"), None, "99")


@pytest.mark.parametrize(
    ("text", "event"),
    [
        ("ខ្ញុំត្រូវការជំនួយ", Typed("ខ្ញុំត្រូវការជំនួយ")),
        ("x" * 5000, Typed("x" * 4096)),
        ("/help", Wished(Wish.HELP)),
        ("/HELP@waymark_bot", Wished(Wish.HELP)),
        ("/help he locked the door", Typed("help he locked the door")),
        ("/language", Wished(Wish.LANGUAGE)),
        ("/stop now", Wished(Wish.STOP)),
        ("/home", Wished(Wish.HOME)),
        ("/menu", Wished(Wish.HOME)),
        ("/exit", Wished(Wish.EXIT)),
        ("/back", Wished(Wish.BACK)),
        ("/person", Wished(Wish.PERSON)),
        ("/privacy", Opened(flow="about")),
        ("/mydata", Opened(flow="my-data")),
        ("/erase", Opened(flow="erase-data")),
        ("/hotlines", Typed("hotlines")),
        ("/lost_passport", Typed("lost passport")),
        ("/", Typed("/")),
        ("/ ", Typed("/ ")),
        ("/0", Typed("0")),
    ],
)
def test_words_are_heard_and_commands_obeyed(text: str, event: Event) -> None:
    expected = replace(event, message="3") if isinstance(event, Typed | Wished) else event

    assert event_of(message(text=text)) == expected


KM = Language("km")


@pytest.mark.parametrize(
    ("payload", "event", "source"),
    [
        ("", Opened(), ""),
        ("km", Opened(KM), ""),
        ("KM", Opened(KM), ""),
        ("km_offer-check", Opened(KM, FlowId("offer-check")), ""),
        ("km-offer-check", Opened(KM, FlowId("offer-check")), ""),
        ("km_offer-check_s-poster1", Opened(KM, FlowId("offer-check")), "poster1"),
        ("km-offer-check-s-poster1", Opened(KM, FlowId("offer-check")), "poster1"),
        ("s-poster1_km", Opened(KM), "poster1"),
        ("offer-check", Opened(None, FlowId("offer-check")), ""),
        ("go-home", Opened(None, FlowId("go-home")), ""),
        ("my-papers", Opened(None, FlowId("my-papers")), ""),
        ("my_my-papers", Opened(Language("my"), FlowId("my-papers")), ""),
        ("mou-cost", Opened(None, FlowId("topic.mou-cost")), ""),
        ("km_nonsense_offer-check", Opened(KM, FlowId("offer-check")), ""),
        ("xx_yy", Opened(), ""),
        ("___", Opened(), ""),
        ("km km", Opened(), ""),
        ("km" * 33, Opened(), ""),
        ("<script>", Opened(), ""),
    ],
)
def test_a_link_names_a_language_a_flow_and_a_poster(payload: str, event: Event, source: str) -> None:
    reading = read(message(text=f"/start {payload}".strip()))

    assert isinstance(reading.arrival, Arrival)
    assert (reading.arrival.event, reading.source) == (event, source)


@pytest.mark.parametrize(
    ("content", "kind"),
    [
        ({"photo": []}, SharedKind.PHOTO),
        ({"voice": {}}, SharedKind.VOICE),
        ({"audio": {}}, SharedKind.VOICE),
        ({"video_note": {}}, SharedKind.VIDEO),
        ({"animation": {}, "document": {}}, SharedKind.VIDEO),
        ({"document": {}}, SharedKind.DOCUMENT),
        ({"contact": {}}, SharedKind.CONTACT),
        ({"sticker": {}}, SharedKind.STICKER),
        ({"dice": {}}, SharedKind.OTHER),
        ({"poll": {}}, SharedKind.OTHER),
        ({"something_of_next_year": {}}, SharedKind.OTHER),
    ],
)
def test_what_is_not_words_is_told_by_its_kind(content: Table, kind: SharedKind) -> None:
    assert event_of(message(**content)) == Shared(kind, original=ORIGINAL)


def test_a_position_passes_through() -> None:
    here: Table = {"latitude": 13.5, "longitude": 100.25}

    assert event_of(message(location=here)) == Shared(SharedKind.LOCATION, Position(13.5, 100.25), ORIGINAL)
    assert event_of(message(location=here, venue={"title": "Market"})) == Shared(
        SharedKind.LOCATION, Position(13.5, 100.25), ORIGINAL
    )


def test_a_position_that_is_not_on_earth_is_none() -> None:
    assert event_of(message(location={"latitude": 113.5, "longitude": 1})) == Shared(
        SharedKind.LOCATION, original=ORIGINAL
    )


def test_words_under_a_picture_are_heard_and_the_picture_can_be_copied() -> None:
    event = event_of(message(photo=[], caption="he took my passport"))

    assert event == Shared(SharedKind.PHOTO, original=ORIGINAL, words="he took my passport")


def test_a_message_that_was_changed_is_told_by_its_number() -> None:
    changed = {"update_id": 1, "edited_message": message(text="he took it")["message"]}

    assert event_of(changed) == Edited("he took it", "3")


@pytest.mark.parametrize(
    ("update", "label"),
    [
        (message(text="hi", chat=GROUP), "group"),
        ({"update_id": 1, "edited_message": message(text="hi", chat=GROUP)["message"]}, "group"),
        (press(message={"message_id": 3, "date": 9, "chat": GROUP}, data="~x"), "group"),
        (press(data="~x"), "group"),
        ({"update_id": 1, "my_chat_member": {"chat": GROUP, "new_chat_member": {"status": "member"}}}, "group"),
        ({"update_id": 1, "chat_member": {"chat": GROUP, "new_chat_member": {"status": "member"}}}, "group"),
        (message(text="/staff ABCDE"), "staff"),
        (message(text="/start staff_ABCDE"), "staff"),
    ],
)
def test_what_is_for_the_desk_is_handed_on_as_it_came(update: Table, label: str) -> None:
    reading = read(update)

    assert reading.label == label
    assert isinstance(reading.arrival, Knock)
    assert reading.arrival.raw == json.dumps(update).encode()


@pytest.mark.parametrize("text", ["/staffing agency", "/start staffing", "staff ABCDE", "/start km"])
def test_what_a_person_asks_is_never_taken_for_a_code_of_staff(text: str) -> None:
    assert isinstance(read(message(text=text)).arrival, Arrival)


@pytest.mark.parametrize(
    ("update", "label"),
    [
        (message(pinned_message={"message_id": 1, "date": 0, "chat": CHAT}), "service"),
        (message(message_auto_delete_timer_changed={"message_auto_delete_time": 86400}), "service"),
        (message(text="hi", **{"from": ME | {"is_bot": True}}), "bot"),
        (press(message={"message_id": 3, "date": 9, "chat": GROUP}), "group"),
        ({"update_id": 1, "callback_query": {"id": "1", "from": ME, "chat_instance": "1"}}, "other"),
        ({"update_id": 1, "edited_message": {"message_id": 1, "date": 1, "chat": CHAT, "photo": []}}, "other"),
        ({"update_id": 1, "channel_post": {"message_id": 1, "date": 1, "chat": GROUP}}, "other"),
        ({"update_id": 1, "my_chat_member": {"chat": CHAT, "new_chat_member": {"status": "kicked"}}}, "blocked"),
        ({"update_id": 1, "my_chat_member": {"chat": CHAT, "new_chat_member": {"status": "member"}}}, "unblocked"),
        ({"update_id": 1, "kind_of_next_year": {}}, "other"),
        ({"update_id": 1, "message": {"chat": "?"}}, "unreadable"),
    ],
)
def test_what_is_not_for_us_is_named_and_left_alone(update: Table, label: str) -> None:
    assert read(update) == Reading(1, label)


@pytest.mark.parametrize("raw", [b"", b"{", b"null", b"[]", b"{}", b'"\xff"', b"[" * 100_000, b'{"update_id":"x"}'])
def test_bytes_that_are_no_update_are_named_unreadable(raw: bytes) -> None:
    assert read_update(raw, VAULT, SCRIPT) == Reading(None, "unreadable")


def test_every_kind_we_ask_for_exists() -> None:
    assert set(ALLOWED_UPDATES) <= UPDATE_KINDS


def test_ten_thousand_mangled_updates_are_each_read_or_named() -> None:
    dice = random.Random(20261126)
    seeds = [json.dumps(update, ensure_ascii=False).encode() for update in _every_kind_of_update()]

    labels = set()
    for number in range(10_000):
        raw = _mangled(seeds[number % len(seeds)], dice)
        reading = read_update(raw, VAULT, SCRIPT)
        labels.add(reading.label)
        if isinstance(reading.arrival, Knock):
            read_knock(reading.arrival, 1)
        elif reading.arrival is not None:
            assert reading.update_id is not None
            assert len(reading.arrival.id) == 8
            assert int(reading.arrival.address.chat) is not None
            json.dumps(repr(reading.arrival.event)).encode()

    assert labels == LABELS


def _every_kind_of_update() -> Iterator[Table]:
    """What people do on the fake server, and the smallest true value of every kind that Telegram has."""
    telegram = FakeTelegram()
    telegram.updates.allowed = UPDATE_KINDS
    person, group = telegram.person(7), telegram.group(-100, bot="member")
    said = person.start("km_offer-check_s-a")
    person.send("ជំនួយ 🙏 /help")
    person.send("/help")
    person.send_photo(caption="look")
    person.send_voice()
    person.send("/staff ABCDE")
    person.share_location(13.7, 100.5)
    person.share_contact("+6621234567")
    person.tap_data("ahome", said)
    person.edit_message(said, "again")
    person.block()
    person.unblock()
    group.join(person)
    person.send("hello all", to=group)
    yield from (pending.update for pending in telegram.updates.pending.values())
    yield message(text="hi", **{"from": ME | {"is_bot": True}})
    yield message(pinned_message={"message_id": 1, "date": 0, "chat": CHAT})
    yield {"update_id": 1, "poll": {"id": "1"}}
    for kind in sorted(UPDATE_KINDS):
        yield {"update_id": 5, kind: {}}


def _mangled(raw: bytes, dice: random.Random) -> bytes:
    match dice.randrange(4):
        case 0:
            return raw
        case 1:
            return raw[: dice.randrange(len(raw))]
        case 2:
            changed = bytearray(raw)
            for _ in range(dice.randrange(1, 4)):
                changed[dice.randrange(len(changed))] = dice.randrange(256)
            return bytes(changed)
        case _:
            tree: Json = json.loads(raw)
            _replace_somewhere(tree, dice)
            return json.dumps(tree).encode()


_JUNK: Final[tuple[Json, ...]] = (
    None, True, -1, 0, 2**80, 1.5, "", "\ud800", "\x00", "😀" * 5000, [], [[]], {}, {"id": 1}, "/start", "/", "km_" * 21,
)  # fmt: skip


def _replace_somewhere(tree: Json, dice: random.Random) -> None:
    while isinstance(tree, dict | list) and tree:
        if isinstance(tree, dict):
            key = dice.choice(sorted(tree))
            if dice.random() < 0.35 or not isinstance(tree[key], dict | list):
                if dice.random() < 0.2:
                    del tree[key]
                else:
                    tree[key] = dice.choice(_JUNK)
                return
            tree = tree[key]
        else:
            tree = dice.choice(tree)
