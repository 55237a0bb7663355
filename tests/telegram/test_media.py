"""Pictures and recordings in Telegram: uploaded once, in place where that goes, and never in the way of the words."""

import json
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Final

import pytest

from bot.channel import InDoubtError
from bot.media import ALL_LANGUAGES, Media, MediaFile, MediaKind, hash_of
from bot.messages import Button, Language, Message, Span, Style, plain
from bot.store.contract import Address, Outgoing, OutgoingId
from bot.turns.arrival import Arrival
from handlers.telegram import TelegramChannel, TelegramConnection
from handlers.telegram.tapped import Holds, Tapped, read_tapped
from handlers.telegram.updates import read_update
from tests.telegram.sample import SCRIPT, VAULT
from tests.telegram_server import FakeTelegram
from tests.telegram_server.chats import Message as Shown

EN: Final = Language("en")
ROWS: Final = ((Button("Yes", "yes"), Button("No", "no")),)
DOOR: Final = Message((Span("Locked", Style.STRONG), Span(" in?")), ROWS, language=EN, picture="door")
COIN: Final = Message(plain("Paid?"), ROWS, language=EN, picture="coin")
WORDS: Final = Message(plain("Call 1300"), ROWS, language=EN)
HEARD: Final = Message(plain("Locked in?"), ROWS, language=EN, picture="door", recording="signs.door.say")


def a_file(folder: Path, name: str, kind: MediaKind, start: bytes) -> MediaFile:
    path = folder / f"{name}.{kind}"
    path.write_bytes(start + name.encode())
    return MediaFile(path, kind, hash_of(path.read_bytes()))


@pytest.fixture
def media(tmp_path: Path) -> Media:
    png = b"\x89PNG\r\n\x1a\n"
    pictures = {name: {ALL_LANGUAGES: a_file(tmp_path, name, MediaKind.PNG, png)} for name in ("door", "coin")}
    return Media(pictures, {"signs.door.say": {"en": a_file(tmp_path, "voice", MediaKind.OGG, b"OggS")}})


@pytest.fixture
async def telegram() -> AsyncIterator[FakeTelegram]:
    async with FakeTelegram() as server:
        server.person(7, started=True)
        yield server


@pytest.fixture
async def channel(telegram: FakeTelegram, media: Media) -> AsyncIterator[TelegramChannel]:
    async with TelegramConnection(telegram.token, telegram.url) as connection:
        yield TelegramChannel(connection, media=lambda: media)


def outgoing(message: Message, replaces: Tapped | str | None = None) -> Outgoing:
    written = None if replaces is None else str(replaces)
    return Outgoing(OutgoingId(b"123456780"), Address("telegram", "7"), message, replaces=written)


async def shown(telegram: FakeTelegram, channel: TelegramChannel, message: Message) -> Shown:
    await channel.deliver(outgoing(message))
    return telegram.person(7).last()


def refused(telegram: FakeTelegram) -> list[str]:
    return [violation.why for violation in telegram.violations]


async def test_a_picture_comes_with_its_words_and_buttons_under_it(
    telegram: FakeTelegram, channel: TelegramChannel, media: Media
) -> None:
    message = await shown(telegram, channel, DOOR)

    assert (message.text, message.labels) == ("Locked in?", ["Yes", "No"])
    assert message.entities == [{"type": "bold", "offset": 0, "length": 6}]
    assert [kept.content for kept in telegram.world.files.values()] == [b"\x89PNG\r\n\x1a\ndoor"]
    assert [kept.name for kept in telegram.world.files.values()] == ["file"]
    assert refused(telegram) == []


async def test_a_file_is_uploaded_once_and_then_named(telegram: FakeTelegram, channel: TelegramChannel) -> None:
    for _ in range(3):
        await shown(telegram, channel, DOOR)

    assert len(telegram.world.files) == 1
    assert [call.params["photo"] for call in telegram.calls_of("sendPhoto")] == [
        "attach://file",
        *[next(iter(telegram.world.files))] * 2,
    ]


async def test_words_become_a_picture_and_a_picture_the_next_in_their_place(
    telegram: FakeTelegram, channel: TelegramChannel
) -> None:
    words = await shown(telegram, channel, WORDS)

    await channel.deliver(outgoing(DOOR, Tapped(words.message_id)))
    assert (telegram.person(7).texts(), "photo" in telegram.person(7).last().body) == (["Locked in?"], True)
    assert telegram.person(7).last().entities

    await channel.deliver(outgoing(COIN, Tapped(words.message_id, Holds.PHOTO)))
    await channel.deliver(outgoing(COIN, Tapped(words.message_id, Holds.PHOTO)))

    assert (telegram.person(7).texts(), telegram.person(7).last().entities) == (["Paid?"], [])
    assert telegram.person(7).last().message_id == words.message_id
    assert [why for why in refused(telegram) if "not modified" not in why] == []


@pytest.mark.parametrize("message", [DOOR, HEARD])
async def test_words_take_the_place_of_a_picture_or_recording_which_is_taken_away(
    telegram: FakeTelegram, channel: TelegramChannel, message: Message
) -> None:
    old = await shown(telegram, channel, message)
    holds = Holds.PHOTO if message is DOOR else Holds.OTHER

    await channel.deliver(outgoing(WORDS, Tapped(old.message_id, holds)))

    assert telegram.person(7).texts() == ["Call 1300"]
    assert refused(telegram) == []


async def test_who_leaves_with_two_quick_taps_leaves_no_picture_behind(
    telegram: FakeTelegram, channel: TelegramChannel
) -> None:
    """Both taps were on words; the first answer has made a picture of them before the second comes."""
    words = await shown(telegram, channel, WORDS)
    await channel.deliver(outgoing(DOOR, Tapped(words.message_id)))

    await channel.deliver(outgoing(Message(plain("Cover"), ROWS), Tapped(words.message_id)))

    assert telegram.person(7).texts() == ["Cover"]


async def test_the_new_words_stand_even_where_the_old_picture_cannot_be_taken_away(
    telegram: FakeTelegram, channel: TelegramChannel
) -> None:
    old = await shown(telegram, channel, DOOR)
    telegram.faults.answer_5xx(1.0, methods=["deleteMessage"])

    delivered = await channel.deliver(outgoing(WORDS, Tapped(old.message_id, Holds.PHOTO)))

    assert telegram.person(7).texts() == ["Locked in?", "Call 1300"]
    assert delivered.reference == str(telegram.person(7).last().message_id)


async def test_words_too_long_for_below_a_picture_stand_in_a_message_of_their_own(
    telegram: FakeTelegram, channel: TelegramChannel
) -> None:
    old = await shown(telegram, channel, DOOR)
    long = Message(plain("🙏" * 513), ROWS, language=EN, picture="coin")

    await channel.deliver(outgoing(long, Tapped(old.message_id, Holds.PHOTO)))

    picture, words = telegram.person(7).screen()
    assert ("photo" in picture.body, picture.text, picture.labels) == (True, "", [])
    assert (words.text, words.labels) == ("🙏" * 513, ["Yes", "No"])
    assert refused(telegram) == []


async def test_exactly_as_many_words_as_a_caption_holds_stay_below_the_picture(
    telegram: FakeTelegram, channel: TelegramChannel
) -> None:
    message = await shown(telegram, channel, Message(plain("🙏" * 512), ROWS, language=EN, picture="coin"))

    assert ("photo" in message.body, message.text) == (True, "🙏" * 512)


async def test_a_recording_comes_as_a_voice_in_place_of_the_screen(
    telegram: FakeTelegram, channel: TelegramChannel
) -> None:
    old = await shown(telegram, channel, DOOR)

    await channel.deliver(outgoing(HEARD, Tapped(old.message_id, Holds.PHOTO)))
    await channel.deliver(outgoing(HEARD))

    first, second = telegram.person(7).screen()
    assert ("voice" in first.body, first.text, first.labels) == (True, "Locked in?", ["Yes", "No"])
    assert "voice" in second.body
    assert [kept.content[:4] for kept in telegram.world.files.values()] == [b"\x89PNG", b"OggS"]
    assert refused(telegram) == []


async def test_an_id_that_telegram_has_forgotten_costs_one_picture_and_no_words(
    telegram: FakeTelegram, channel: TelegramChannel
) -> None:
    await shown(telegram, channel, DOOR)
    telegram.world.files.clear()

    without = await shown(telegram, channel, DOOR)
    again = await shown(telegram, channel, DOOR)

    assert ("photo" in without.body, without.text, without.labels) == (False, "Locked in?", ["Yes", "No"])
    assert "photo" in again.body


async def test_a_file_that_is_gone_or_another_costs_no_words(
    telegram: FakeTelegram, channel: TelegramChannel, media: Media
) -> None:
    door, coin = media.picture("door", None), media.picture("coin", None)
    assert door is not None
    assert coin is not None
    door.path.unlink()
    coin.path.write_bytes(b"another")

    for message in (DOOR, COIN, Message(plain("Old"), ROWS, picture="of older content")):
        assert "photo" not in (await shown(telegram, channel, message)).body

    assert telegram.person(7).texts() == ["Locked in?", "Paid?", "Old"]
    assert telegram.world.files == {}


async def test_a_change_whose_answer_was_lost_is_made_once_more(
    telegram: FakeTelegram, channel: TelegramChannel
) -> None:
    words = await shown(telegram, channel, WORDS)
    telegram.faults.lose_answer(1.0)

    with pytest.raises(InDoubtError):
        await channel.deliver(outgoing(DOOR, Tapped(words.message_id)))
    telegram.faults.off()
    await channel.deliver(outgoing(DOOR, Tapped(words.message_id)))

    assert telegram.person(7).texts() == ["Locked in?"]
    assert len(telegram.calls_of("editMessageMedia")) == 3


@pytest.mark.parametrize(("message", "holds"), [(WORDS, Holds.WORDS), (DOOR, Holds.PHOTO), (HEARD, Holds.OTHER)])
async def test_a_tap_tells_what_its_message_holds(
    telegram: FakeTelegram, channel: TelegramChannel, message: Message, holds: Holds
) -> None:
    old = await shown(telegram, channel, message)
    telegram.person(7).tap("Yes")
    [update] = await telegram.updates.poll(0, 1, 0)

    arrival = read_update(json.dumps(update).encode(), VAULT, SCRIPT).arrival

    assert isinstance(arrival, Arrival)
    assert read_tapped(arrival.tapped) == Tapped(old.message_id, holds)


@pytest.mark.parametrize("written", [None, "", "x", "12q", "12pp", "-", "9" * 20])
def test_what_names_no_message_is_none(written: str | None) -> None:
    assert read_tapped(written) is None
