"""Messages reach people in Telegram, and each of its answers means to us what it should."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import replace

import pytest
from aiohttp import web

from bot.channel import (
    ChannelDownError,
    ChannelError,
    Delivered,
    InDoubtError,
    RefusedError,
    RetryLaterError,
    TokenError,
    UnreachableError,
)
from bot.desk.letters import Original
from bot.messages import Button, Message, Span, Style, plain
from bot.store.contract import Address, Outgoing, OutgoingId
from handlers.telegram import TelegramChannel, TelegramConnection
from tests.telegram_server import FakeTelegram

MENU = Message((Span("Menu", Style.STRONG), Span("\nChoose")), ((Button("Yes", "yes"), Button("No", "no")),))
NEXT = Message(plain("Next"), ((Button("Back", "back"),),))


def outgoing(
    message: Message | None = MENU,
    *,
    chat: int = 7,
    replaces: int | None = None,
    acknowledges: str | None = None,
    covers: bool = False,
) -> Outgoing:
    return Outgoing(
        OutgoingId(b"123456780"),
        Address("telegram", str(chat)),
        message,
        replaces=None if replaces is None else str(replaces),
        acknowledges=acknowledges,
        covers=covers,
    )


@asynccontextmanager
async def a_channel(telegram: FakeTelegram, token: str | None = None) -> AsyncIterator[TelegramChannel]:
    async with TelegramConnection(token or telegram.token, telegram.url) as connection:
        yield TelegramChannel(connection)


@pytest.fixture
async def telegram() -> AsyncIterator[FakeTelegram]:
    async with FakeTelegram() as server:
        server.person(7, started=True)
        yield server
        assert [violation.why for violation in server.violations if not violation.refused] == []


@pytest.fixture
async def channel(telegram: FakeTelegram) -> AsyncIterator[TelegramChannel]:
    async with a_channel(telegram) as channel:
        yield channel


async def refusal(channel: TelegramChannel, sent: Outgoing) -> ChannelError:
    with pytest.raises(ChannelError) as raised:
        await channel.deliver(sent)
    return raised.value


async def test_a_message_is_shown_with_its_buttons_and_no_preview(
    telegram: FakeTelegram, channel: TelegramChannel
) -> None:
    delivered = await channel.deliver(outgoing())

    shown = telegram.person(7).last()
    assert delivered == Delivered(str(shown.message_id))
    assert (shown.text, shown.labels) == ("Menu\nChoose", ["Yes", "No"])
    assert shown.entities == [{"type": "bold", "offset": 0, "length": 4}]
    assert shown.body["link_preview_options"] == {"is_disabled": True}
    assert "parse_mode" not in telegram.calls[-1].params


async def test_a_tapped_message_changes_in_its_place_and_the_tap_is_answered(
    telegram: FakeTelegram, channel: TelegramChannel
) -> None:
    person = telegram.person(7)
    await channel.deliver(outgoing())
    menu = person.last()
    tap = person.tap("Yes")

    delivered = await channel.deliver(outgoing(NEXT, replaces=menu.message_id, acknowledges=tap))

    assert delivered == Delivered(str(menu.message_id))
    assert (person.texts(), person.labels()) == (["Next"], ["Back"])
    assert [call.ok for call in telegram.calls_of("answerCallbackQuery")] == [True]


async def test_a_message_without_buttons_takes_those_of_the_one_it_replaces_away(
    telegram: FakeTelegram, channel: TelegramChannel
) -> None:
    await channel.deliver(outgoing())

    await channel.deliver(outgoing(Message(plain("Bye")), replaces=telegram.person(7).last().message_id, covers=True))

    assert (telegram.person(7).texts(), telegram.person(7).labels()) == (["Bye"], [])


async def test_the_tap_is_answered_while_the_message_is_still_on_its_way(
    telegram: FakeTelegram, channel: TelegramChannel
) -> None:
    await channel.deliver(outgoing())
    menu, tap = telegram.person(7).last(), telegram.person(7).tap("Yes")
    telegram.faults.slow(3600, methods=["editMessageText"])

    delivering = asyncio.ensure_future(
        channel.deliver(outgoing(NEXT, replaces=menu.message_id, acknowledges=tap)),
    )
    await telegram.until(lambda: telegram.calls_of("answerCallbackQuery") and telegram.calls_of("editMessageText"))

    assert not delivering.done()
    delivering.cancel()
    with pytest.raises(asyncio.CancelledError):
        await delivering


async def test_a_delivery_that_is_called_off_does_not_wait_for_the_tap(
    telegram: FakeTelegram, channel: TelegramChannel
) -> None:
    telegram.faults.slow(3600)
    delivering = asyncio.ensure_future(channel.deliver(outgoing(acknowledges="1")))
    await telegram.until(lambda: telegram.call_count == 2)

    delivering.cancel()

    with pytest.raises(asyncio.CancelledError):
        await asyncio.wait_for(delivering, timeout=60)


async def test_a_message_that_already_shows_this_counts_as_shown(
    telegram: FakeTelegram, channel: TelegramChannel
) -> None:
    shown = await channel.deliver(outgoing())
    menu = telegram.person(7).last()

    assert await channel.deliver(outgoing(replaces=menu.message_id)) == shown
    assert telegram.person(7).screen() == [menu]
    assert len(telegram.calls_of("editMessageText")) == 1


async def test_where_the_message_is_gone_a_new_one_comes(telegram: FakeTelegram, channel: TelegramChannel) -> None:
    await channel.deliver(outgoing())
    menu = telegram.person(7).last()
    telegram.person(7).delete_message(menu)

    delivered = await channel.deliver(outgoing(NEXT, replaces=menu.message_id))

    assert telegram.person(7).texts() == ["Next"]
    assert delivered == Delivered(str(telegram.person(7).last().message_id))


async def test_where_the_message_cannot_be_changed_a_new_one_comes(
    telegram: FakeTelegram, channel: TelegramChannel
) -> None:
    said = telegram.person(7).send("mine")

    await channel.deliver(outgoing(NEXT, replaces=said.message_id))

    assert telegram.person(7).texts() == ["mine", "Next"]


async def test_a_tap_that_is_too_old_to_be_answered_does_not_matter(
    telegram: FakeTelegram, channel: TelegramChannel
) -> None:
    await channel.deliver(outgoing())
    tap = telegram.person(7).tap("Yes")
    telegram.clock.advance(151)

    await channel.deliver(outgoing(NEXT, acknowledges=tap))

    assert telegram.person(7).texts() == ["Menu\nChoose", "Next"]


async def test_a_tap_that_cannot_be_answered_does_not_take_the_message_with_it(
    telegram: FakeTelegram, channel: TelegramChannel
) -> None:
    telegram.faults.answer_5xx(1.0, methods=["answerCallbackQuery"])

    await channel.deliver(outgoing(NEXT, acknowledges="1"))

    assert telegram.person(7).texts() == ["Next"]


async def test_only_a_tap_may_be_answered(telegram: FakeTelegram, channel: TelegramChannel) -> None:
    await channel.deliver(outgoing())
    tap = telegram.person(7).tap("No")

    assert await channel.deliver(outgoing(None, acknowledges=tap)) == Delivered()
    assert await channel.deliver(outgoing(None, acknowledges=tap)) == Delivered()
    assert await channel.deliver(outgoing(None)) == Delivered()
    assert len(telegram.calls_of("answerCallbackQuery")) == 2


async def test_a_tap_alone_is_answered_later_when_telegram_is_away(
    telegram: FakeTelegram, channel: TelegramChannel
) -> None:
    telegram.faults.answer_5xx(1.0)

    assert isinstance(await refusal(channel, outgoing(None, acknowledges="1")), ChannelDownError)


async def test_who_has_blocked_us_deleted_themselves_or_never_opened_us_is_out_of_reach(
    telegram: FakeTelegram, channel: TelegramChannel
) -> None:
    telegram.person(7).block()
    telegram.person(8, started=True).delete_account()
    telegram.person(9)

    for chat in (7, 8, 9, 10):
        assert isinstance(await refusal(channel, outgoing(chat=chat)), UnreachableError)


async def test_a_chat_that_has_moved_is_out_of_reach(telegram: FakeTelegram, channel: TelegramChannel) -> None:
    telegram.group(-5, kind="group").migrate(-1005)

    assert isinstance(await refusal(channel, outgoing(chat=-5)), UnreachableError)


async def test_telegram_asks_for_patience(telegram: FakeTelegram, channel: TelegramChannel) -> None:
    telegram.faults.answer_429(1.0, retry_after=17)

    error = await refusal(channel, outgoing())

    assert isinstance(error, RetryLaterError)
    assert error.seconds == 17


@pytest.mark.parametrize("code", [500, 502, 503, 504])
async def test_a_fault_of_telegram_is_waited_for(telegram: FakeTelegram, channel: TelegramChannel, code: int) -> None:
    telegram.faults.answer_5xx(1.0, code)

    assert isinstance(await refusal(channel, outgoing()), ChannelDownError)


async def test_where_nobody_listens_nothing_was_sent() -> None:
    async with FakeTelegram() as telegram:
        url, token = telegram.url, telegram.token
    async with TelegramConnection(token, url) as connection:
        assert isinstance(await refusal(TelegramChannel(connection), outgoing()), ChannelDownError)


async def test_a_new_message_without_an_answer_is_in_doubt(telegram: FakeTelegram, channel: TelegramChannel) -> None:
    telegram.faults.lose_answer(1.0)

    assert isinstance(await refusal(channel, outgoing()), InDoubtError)
    assert len(telegram.person(7).screen()) == 1


async def test_a_change_without_an_answer_is_tried_once_more_at_once(
    telegram: FakeTelegram, channel: TelegramChannel
) -> None:
    await channel.deliver(outgoing())
    menu = telegram.person(7).last()
    telegram.faults.lose_answer(1.0)

    assert isinstance(await refusal(channel, outgoing(NEXT, replaces=menu.message_id)), InDoubtError)
    assert len(telegram.calls_of("editMessageText")) == 2

    telegram.faults.off()
    assert await channel.deliver(outgoing(NEXT, replaces=menu.message_id)) == Delivered(str(menu.message_id))
    assert telegram.person(7).texts() == ["Next"]


async def test_a_token_that_telegram_does_not_know_says_which_setting_is_wrong(telegram: FakeTelegram) -> None:
    async with a_channel(telegram, token="1:wrong") as channel:
        error = await refusal(channel, outgoing())

    assert isinstance(error, TokenError)
    assert "WAYMARK_TELEGRAM_TOKEN" in str(error)
    assert "1:wrong" not in repr(error.__context__)


async def test_words_arrive_even_where_telegram_does_not_take_the_buttons(
    telegram: FakeTelegram, channel: TelegramChannel
) -> None:
    delivered = await channel.deliver(outgoing(Message(MENU.text, ((Button("Broken", ""),),))))

    shown = telegram.person(7).last()
    assert (shown.text, shown.labels, shown.entities) == ("Menu\nChoose", [], [])
    assert delivered == Delivered(str(shown.message_id))


async def test_what_telegram_takes_in_no_form_is_refused_for_good() -> None:
    tried = []

    async def refuse(request: web.BaseRequest) -> web.Response:
        tried.append(sorted(await request.json()))
        return web.json_response({"ok": False, "error_code": 400, "description": "Bad Request: WHATEVER"}, status=400)

    async with a_server(refuse) as url, TelegramConnection("1:a", url) as connection:
        assert isinstance(await refusal(TelegramChannel(connection), outgoing()), RefusedError)

    assert tried == [
        ["chat_id", "entities", "link_preview_options", "reply_markup", "text"],
        ["chat_id", "link_preview_options", "reply_markup", "text"],
        ["chat_id", "link_preview_options", "text"],
    ]


async def test_words_come_anew_where_telegram_will_not_change_a_message_whatever_it_says_about_that() -> None:
    async def refuse_changes(request: web.BaseRequest) -> web.Response:
        if request.path.endswith("/sendMessage"):
            return web.json_response({"ok": True, "result": {"message_id": 8}})
        return web.json_response({"ok": False, "error_code": 400, "description": "Bad Request: WHATEVER"}, status=400)

    async with a_server(refuse_changes) as url, TelegramConnection("1:a", url) as connection:
        delivered = await TelegramChannel(connection).deliver(outgoing(replaces=7))

    assert delivered == Delivered("8")


@pytest.mark.parametrize("body", [b'{"ok":true,"result":true}', b'{"ok":true}', b'{"result":{},"ok":true}'])
async def test_what_telegram_says_it_has_taken_is_not_sent_again(body: bytes) -> None:
    async def nod(request: web.BaseRequest) -> web.Response:
        return web.Response(body=body)

    async with a_server(nod) as url, TelegramConnection("1:a", url) as connection:
        assert await TelegramChannel(connection).deliver(outgoing()) == Delivered()


@pytest.mark.parametrize("body", [b"<html>", b"", b'{"ok":false,"result":true}', b"\xff"])
async def test_an_answer_that_cannot_be_read_leaves_it_in_doubt(body: bytes) -> None:
    async def babble(request: web.BaseRequest) -> web.Response:
        return web.Response(body=body)

    async with a_server(babble) as url, TelegramConnection("1:a", url) as connection:
        assert isinstance(await refusal(TelegramChannel(connection), outgoing()), InDoubtError)


@pytest.mark.parametrize("body", [b"<html>", b"[]", b'{"description":5}', b"\xff", b'{"description":"\xff"}'])
async def test_a_fault_that_cannot_be_read_is_still_a_fault(body: bytes) -> None:
    async def babble(request: web.BaseRequest) -> web.Response:
        return web.Response(body=body, status=502)

    async with a_server(babble) as url, TelegramConnection("1:a", url) as connection:
        assert isinstance(await refusal(TelegramChannel(connection), outgoing()), ChannelDownError)


@asynccontextmanager
async def a_server(answer: Callable[[web.BaseRequest], Awaitable[web.Response]]) -> AsyncIterator[str]:
    """Something else at Telegram's address."""
    runner = web.ServerRunner(web.Server(answer))
    await runner.setup()
    try:
        await web.TCPSite(runner, "127.0.0.1", 0).start()
        yield f"http://127.0.0.1:{runner.addresses[0][1]}"
    finally:
        await runner.cleanup()


async def test_a_text_that_is_too_long_arrives_in_parts_and_the_old_message_stays(
    telegram: FakeTelegram, channel: TelegramChannel
) -> None:
    await channel.deliver(outgoing())
    menu = telegram.person(7).last()
    long = Message(plain("ဘာသာ " * 2000), MENU.rows)

    delivered = await channel.deliver(outgoing(long, replaces=menu.message_id))

    texts = telegram.person(7).texts()
    assert texts[0] == "Menu\nChoose"
    assert "".join("".join(texts[1:]).split()) == "ဘာသာ" * 2000
    assert delivered == Delivered(str(telegram.person(7).last().message_id))
    assert telegram.person(7).last().labels == ["Yes", "No"]


async def test_a_silent_message_rings_no_phone(telegram: FakeTelegram, channel: TelegramChannel) -> None:
    await channel.deliver(replace(outgoing(), silent=True))
    await channel.deliver(outgoing())

    silent, loud = telegram.calls_of("sendMessage")
    assert silent.params["disable_notification"] is True
    assert "disable_notification" not in loud.params


async def test_what_staff_send_is_copied_without_its_sender(telegram: FakeTelegram, channel: TelegramChannel) -> None:
    staff = telegram.person(900, first_name="Counsellor")
    group = telegram.group(-1001, members=(staff,))
    photo = staff.send_photo(caption="the office", to=group)

    copy = replace(outgoing(Message(plain("head"))), copies=Original("telegram", "-1001", str(photo.message_id)))
    delivered = await channel.deliver(copy)

    shown = telegram.person(7).last()
    assert delivered == Delivered(f"{shown.message_id}o")
    assert shown.text == "the office"
    assert "Counsellor" not in str(shown.body)
    assert telegram.calls_of("forwardMessage") == []
    assert "has_protected_content" not in shown.body


async def test_what_lies_elsewhere_or_is_gone_cannot_be_copied(
    telegram: FakeTelegram, channel: TelegramChannel
) -> None:
    elsewhere = replace(outgoing(), copies=Original("web", "-1001", "5"))

    assert isinstance(await refusal(channel, elsewhere), RefusedError)


async def test_what_covers_stands_before_the_rest_is_taken_away(
    telegram: FakeTelegram, channel: TelegramChannel
) -> None:
    person = telegram.person(7)
    said = [person.send(f"secret {number}") for number in range(130)]
    await channel.deliver(outgoing())
    menu = person.last()
    hidden = (*(str(one.message_id) for one in said), f"{menu.message_id}", "99999", "12o", "nonsense")

    await channel.deliver(replace(outgoing(NEXT, replaces=menu.message_id, covers=True), deletes=hidden))

    assert person.texts() == ["Next"]
    methods = [call.method for call in telegram.calls if call.method in ("editMessageText", "deleteMessages")]
    assert methods == ["editMessageText", "deleteMessages", "deleteMessages"]


async def test_messages_may_only_be_taken_away(telegram: FakeTelegram, channel: TelegramChannel) -> None:
    said = telegram.person(7).send("secret")

    await channel.deliver(replace(outgoing(None), deletes=(str(said.message_id),)))

    assert telegram.person(7).texts() == []


async def test_a_copy_is_covered_by_words_in_its_place(telegram: FakeTelegram, channel: TelegramChannel) -> None:
    staff = telegram.person(900)
    photo = staff.send_photo(to=telegram.group(-1001, members=(staff,)))
    copied = await channel.deliver(replace(outgoing(), copies=Original("telegram", "-1001", str(photo.message_id))))

    await channel.deliver(replace(outgoing(Message(plain("Covered"))), replaces=copied.reference))

    assert telegram.person(7).texts() == ["Covered"]
