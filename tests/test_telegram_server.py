"""The fake Telegram refuses what Telegram refuses, in Telegram's words, and hands over updates as Telegram does.

Everything goes over real HTTP; time is put forward, never waited for.
"""

import asyncio
import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Final

import aiohttp
import pytest
from aiohttp import web
from telegram import InlineKeyboardButton, InlineKeyboardMarkup, Update
from telegram.error import BadRequest, Forbidden, RetryAfter
from telegram.ext import Application, CallbackQueryHandler, CommandHandler, ContextTypes, ExtBot

from tests.telegram_server import FakeTelegram, Limits, NotOnScreenError
from tests.telegram_server.make_schema import make_schema
from tests.telegram_server.marked_text import link_mistake, parse_html
from tests.telegram_server.schema import load_schema
from tests.telegram_server.values import Json, Table, utf16_length

KEYBOARD: Final[Table] = {"inline_keyboard": [[{"text": "Yes", "callback_data": "yes"}]]}
MYANMAR: Final = "မင်္ဂလာပါ"


@dataclass(slots=True)
class Client:
    """Calls methods as a bot would, and gives the answer as it came."""

    telegram: FakeTelegram
    browser: aiohttp.ClientSession

    async def __call__(self, method: str, **params: Json) -> Table:
        async with self.browser.post(self.address(method), json=params) as answer:
            return await _table(answer)

    async def refusal(self, method: str, **params: Json) -> str:
        """The words of a refusal, which the server must have noted as a violation."""
        answer = await self(method, **params)
        assert answer["ok"] is False
        assert answer["error_code"] == 400
        assert self.telegram.violations[-1].why == answer["description"]
        return str(answer["description"]).removeprefix("Bad Request: ")

    async def updates(self, **params: Json) -> list[Table]:
        result = (await self("getUpdates", **params))["result"]
        assert isinstance(result, list)
        return [update for update in result if isinstance(update, dict)]

    def address(self, method: str) -> str:
        return f"{self.telegram.url}/bot{self.telegram.token}/{method}"


@pytest.fixture
async def telegram() -> AsyncIterator[FakeTelegram]:
    async with FakeTelegram(allow_http_webhook=True, retry_scale=0) as server:
        server.person(7, language_code="km", started=True)
        yield server


@pytest.fixture
async def call(telegram: FakeTelegram) -> AsyncIterator[Client]:
    async with aiohttp.ClientSession() as browser:
        yield Client(telegram, browser)


# What a call looks like


async def test_a_wrong_token_is_unauthorized(telegram: FakeTelegram, call: Client) -> None:
    async with call.browser.get(f"{telegram.url}/bot5:wrong/getMe") as answer:
        assert answer.status == 401
        assert await answer.json() == {"ok": False, "error_code": 401, "description": "Unauthorized"}


async def test_an_unknown_method_is_not_found(telegram: FakeTelegram, call: Client) -> None:
    assert await call("sendMesage", chat_id=7, text="hello") == {
        "ok": False,
        "error_code": 404,
        "description": "Not Found",
    }
    assert [violation.method for violation in telegram.violations] == ["sendMesage"]


@pytest.mark.parametrize("way", ["get", "form", "json", "multipart"])
async def test_parameters_come_in_every_way_that_telegram_takes(telegram: FakeTelegram, call: Client, way: str) -> None:
    params = {"chat_id": "7", "text": "hello", "protect_content": "true", "reply_markup": json.dumps(KEYBOARD)}
    address = call.address("sendMessage")
    if way == "get":
        asked = call.browser.get(address, params=params)
    elif way == "form":
        asked = call.browser.post(address, data=params)
    elif way == "json":
        asked = call.browser.post(
            address,
            json={"chat_id": 7, "text": "hello", "protect_content": True, "reply_markup": KEYBOARD},
        )
    else:
        form = aiohttp.FormData()
        for name, value in params.items():
            form.add_field(name, value, content_type="text/plain")
        form.add_field("attached", b"content", filename="a.txt")
        asked = call.browser.post(address, data=form)
    async with asked as answer:
        assert answer.status == 200
    shown = telegram.chat(7).last()
    assert (shown.text, shown.labels, shown.body["has_protected_content"]) == ("hello", ["Yes"], True)


async def test_each_call_is_recorded_with_its_answer(telegram: FakeTelegram, call: Client) -> None:
    answer = await call("getMe")
    assert [(one.method, one.params, one.answer) for one in telegram.calls] == [("getMe", {}, answer)]


async def test_an_unknown_parameter_is_ignored_but_noted(telegram: FakeTelegram, call: Client) -> None:
    assert (await call("sendMessage", chat_id=7, text="hello", disable_web_page_preview=True))["ok"] is True
    assert [(one.why, one.refused) for one in telegram.violations] == [
        ("sendMessage has no parameter 'disable_web_page_preview'", False)
    ]


async def test_an_unknown_field_within_a_parameter_is_noted(telegram: FakeTelegram, call: Client) -> None:
    markup: Table = {"inline_keyboard": [[{"text": "A", "callback_data": "a", "colour": "red"}]]}
    assert (await call("sendMessage", chat_id=7, text="hello", reply_markup=markup))["ok"] is True
    assert [one.why for one in telegram.violations] == ["InlineKeyboardButton has no field 'colour'"]


@pytest.mark.parametrize(
    ("method", "params", "words"),
    [
        ("sendMessage", {"text": "hello"}, "chat_id is empty"),
        ("sendMessage", {"chat_id": 7}, "message text is empty"),
        ("sendMessage", {"chat_id": 7, "text": ""}, "message text is empty"),
        ("sendMessage", {"chat_id": 7, "text": "  \n "}, "text must be non-empty"),
        ("sendMessage", {"chat_id": 8, "text": "hello"}, "chat not found"),
        ("sendMessage", {"chat_id": 7, "text": ["hello"]}, 'field "text" must be of type String'),
        (
            "sendMessage",
            {"chat_id": 7, "text": "a", "message_thread_id": "x"},
            "can't parse message_thread_id JSON object",
        ),
        (
            "sendMessage",
            {"chat_id": 7, "text": "a", "link_preview_options": {"is_disabled": "yes"}},
            'field "is_disabled" must be of type Boolean',
        ),
        (
            "sendMessage",
            {"chat_id": 7, "text": "a", "reply_markup": "{"},
            "can't parse reply keyboard markup JSON object",
        ),
        (
            "sendMessage",
            {"chat_id": 7, "text": "a", "reply_markup": {"inline_keyboard": "bad"}},
            'field "inline_keyboard" must be of type Array',
        ),
        ("sendMessage", {"chat_id": 7, "text": "a", "parse_mode": "BBCode"}, "unsupported parse_mode"),
        ("sendMessage", {"chat_id": 7, "text": "a", "reply_parameters": {}}, 'can\'t find field "message_id"'),
        (
            "sendMessage",
            {"chat_id": 7, "text": "a", "reply_parameters": {"message_id": 99}},
            "message to be replied not found",
        ),
        ("sendMessage", {"chat_id": 7, "text": "a", "message_thread_id": 5}, "message thread not found"),
        ("sendChatAction", {"chat_id": 7, "action": "dancing"}, "wrong parameter action in request"),
        ("sendLocation", {"chat_id": 7, "latitude": 95.0, "longitude": 100.5}, "wrong latitude specified"),
        ("sendPhoto", {"chat_id": 7, "photo": "unknown"}, "wrong file identifier/HTTP URL specified"),
        ("getFile", {"file_id": "unknown"}, "invalid file_id"),
        ("editMessageText", {"chat_id": 7, "message_id": 99, "text": "a"}, "message to edit not found"),
        ("editMessageText", {"chat_id": 7, "text": "a"}, "message identifier is not specified"),
        ("editMessageReplyMarkup", {"chat_id": 7, "message_id": 99}, "message to edit not found"),
        ("deleteMessage", {"chat_id": 7, "message_id": 99}, "message to delete not found"),
        ("deleteMessages", {"chat_id": 7, "message_ids": []}, "too many or no message identifiers specified"),
        (
            "deleteMessages",
            {"chat_id": 7, "message_ids": list(range(101))},
            "too many or no message identifiers specified",
        ),
        ("copyMessage", {"chat_id": 7, "from_chat_id": 7, "message_id": 99}, "message to copy not found"),
        ("createForumTopic", {"chat_id": 7, "name": "Case 1"}, "the chat is not a forum"),
        ("leaveChat", {"chat_id": 7}, "chat member status can't be changed in private chats"),
        ("answerCallbackQuery", {"callback_query_id": "1", "text": "x" * 201}, "MESSAGE_TOO_LONG"),
        ("setMyCommands", {"commands": [{"command": "Help", "description": "Help"}]}, "BOT_COMMAND_INVALID"),
        ("setMyCommands", {"commands": [{"command": "x" * 33, "description": "Help"}]}, "BOT_COMMAND_INVALID"),
        (
            "setMyCommands",
            {"commands": [{"command": "help", "description": ""}]},
            "BOT_COMMAND_DESCRIPTION_INVALID",
        ),
        (
            "setMyCommands",
            {"commands": [{"command": f"c{n}", "description": "Help"} for n in range(101)]},
            "BOT_COMMANDS_TOO_MUCH",
        ),
        ("setMyCommands", {"commands": [], "language_code": "khm"}, "invalid language code specified"),
        ("setMyName", {"name": "x" * 65}, "BOT_TITLE_INVALID"),
        ("setMyDescription", {"description": "x" * 513}, "BOT_DESCRIPTION_INVALID"),
        ("setMyShortDescription", {"short_description": "x" * 121}, "BOT_SHORT_DESCRIPTION_INVALID"),
        ("setWebhook", {"url": "ftp://bot.example"}, "bad webhook: An HTTPS URL must be provided for webhook"),
        (
            "setWebhook",
            {"url": "https://bot.example/x", "secret_token": "no spaces"},
            "secret token contains unallowed characters",
        ),
        ("setWebhook", {"url": "https://bot.example/x", "secret_token": "x" * 257}, "secret token is too long"),
    ],
)
async def test_what_telegram_refuses_is_refused_in_its_words(
    call: Client, method: str, params: Table, words: str
) -> None:
    assert await call.refusal(method, **params) == words


@pytest.mark.parametrize(
    ("url", "words"),
    [
        ("http://bot.example/x", "An HTTPS URL must be provided for webhook"),
        ("https://bot.example:8080/x", "Webhook can be set up only on ports 80, 88, 443 or 8443"),
        ("https://127.0.0.1/x", "IP address 127.0.0.1 is reserved"),
        ("https://localhost/x", "Failed to resolve host: Name or service not known"),
    ],
)
async def test_a_webhook_is_https_on_a_public_host(url: str, words: str) -> None:
    async with FakeTelegram() as telegram, aiohttp.ClientSession() as browser:
        assert await Client(telegram, browser).refusal("setWebhook", url=url) == f"bad webhook: {words}"


# Text


def test_emoji_count_twice_and_burmese_once() -> None:
    assert (utf16_length("🙏"), utf16_length(MYANMAR), utf16_length("abc")) == (2, 9, 3)


@pytest.mark.parametrize(
    ("text", "fits"),
    [
        ("x" * 4096, True),
        ("x" * 4097, False),
        ("🙏" * 2048, True),
        ("🙏" * 2048 + "x", False),
        ("က" * 4096, True),
        ("က" * 4097, False),
    ],
)
async def test_a_text_has_4096_utf16_units_at_most(
    telegram: FakeTelegram, call: Client, text: str, *, fits: bool
) -> None:
    answer = await call("sendMessage", chat_id=7, text=text)
    assert answer["ok"] is fits
    if not fits:
        assert answer["description"] == "Bad Request: message is too long"
        assert len(telegram.violations) == 1


async def test_length_is_measured_after_the_tags_are_gone(call: Client) -> None:
    assert (await call("sendMessage", chat_id=7, text=f"<b>{'x' * 4096}</b>", parse_mode="HTML"))["ok"] is True


async def test_an_edited_text_too_long_is_refused_in_other_words(telegram: FakeTelegram, call: Client) -> None:
    await call("sendMessage", chat_id=7, text="short")
    message_id = telegram.chat(7).last().message_id
    words = await call.refusal("editMessageText", chat_id=7, message_id=message_id, text="x" * 4097)
    assert words == "MESSAGE_TOO_LONG"


async def test_a_caption_has_1024_utf16_units_at_most(telegram: FakeTelegram, call: Client) -> None:
    photo = telegram.world.keep_file("a.jpg", b"\xff\xd8photo").file_id
    assert (await call("sendPhoto", chat_id=7, photo=photo, caption="🙏" * 512))["ok"] is True
    assert await call.refusal("sendPhoto", chat_id=7, photo=photo, caption="x" * 1025) == "message caption is too long"


async def test_empty_space_around_a_text_is_cut_with_its_entities(telegram: FakeTelegram, call: Client) -> None:
    await call("sendMessage", chat_id=7, text="\n <b>🙏 hello</b> \n", parse_mode="HTML")
    shown = telegram.chat(7).last()
    assert (shown.text, shown.entities) == ("🙏 hello", [{"type": "bold", "offset": 0, "length": 8}])


@pytest.mark.parametrize(
    ("html", "words"),
    [
        ("<b>open", 'Can\'t find end tag corresponding to start tag "b"'),
        ("<script>x</script>", 'Unsupported start tag "script" at byte offset 0'),
        ("<!-- x -->", 'Unsupported start tag "!--" at byte offset 0'),
        ("1 < 2", 'Unsupported start tag "" at byte offset 2'),
        ("🙏<br>", 'Unsupported start tag "br" at byte offset 4'),
        ("<b><i>x</b></i>", 'Unmatched end tag at byte offset 7, expected "</i>", found "</b>"'),
        ("x</b>", "Unexpected end tag at byte offset 1"),
        ("<b", "Unclosed start tag at byte offset 0"),
        ("<b>x</b", "Unclosed end tag at byte offset 4"),
        ('<span class="red">x</span>', 'Tag "span" must have class "tg-spoiler" at byte offset 0'),
        ('<tg-emoji emoji-id="x">x</tg-emoji>', "Invalid custom emoji identifier specified"),
    ],
)
async def test_html_that_telegram_cannot_parse_is_refused(call: Client, html: str, words: str) -> None:
    refusal = await call.refusal("sendMessage", chat_id=7, text=html, parse_mode="HTML")
    assert refusal == f"can't parse entities: {words}"


def test_html_becomes_text_with_entities_in_utf16_units() -> None:
    marked = parse_html(
        f'🙏 <b>{MYANMAR} <i>x</i></b> &lt;1&gt; &#128591;<a href="https://ilo.org/?a=1&amp;b=2">link</a>'
        "<blockquote expandable>q</blockquote><pre><code class='language-python'>p</code></pre>",
        [],
    )
    assert marked.text == f"🙏 {MYANMAR} x <1> 🙏linkqp"
    assert list(marked.entities) == [
        {"type": "bold", "offset": 3, "length": 11},
        {"type": "italic", "offset": 13, "length": 1},
        {"type": "text_link", "offset": 21, "length": 4, "url": "https://ilo.org/?a=1&b=2"},
        {"type": "expandable_blockquote", "offset": 25, "length": 1},
        {"type": "pre", "offset": 26, "length": 1, "language": "python"},
    ]


async def test_a_link_that_telegram_drops_is_noted(telegram: FakeTelegram, call: Client) -> None:
    await call("sendMessage", chat_id=7, text='<a href="tel:+66111">call</a>', parse_mode="HTML")
    assert telegram.chat(7).last().entities == []
    assert [one.why for one in telegram.violations] == ["the link 'tel:+66111' is dropped: Unsupported URL protocol"]


async def test_a_named_character_that_telegram_does_not_know_is_noted(telegram: FakeTelegram, call: Client) -> None:
    await call("sendMessage", chat_id=7, text="a&nbsp;b &amp; c", parse_mode="HTML")
    assert telegram.chat(7).last().text == "a&nbsp;b & c"
    assert [one.why for one in telegram.violations] == ["Telegram shows &nbsp; as it is written"]


@pytest.mark.parametrize(
    ("entity", "words"),
    [
        ({"type": "loud", "offset": 0, "length": 1}, "can't parse MessageEntity: Unsupported type specified"),
        ({"type": "bold", "offset": -1, "length": 1}, "receive an entity with incorrect offset -1"),
        ({"type": "bold", "offset": 100, "length": 1}, "entity begins after the end of the text at UTF-16 offset 100"),
        (
            {"type": "bold", "offset": 0, "length": 100},
            "entity beginning at UTF-16 offset 0 ends after the end of the text at UTF-16 offset 100",
        ),
        (
            {"type": "bold", "offset": 1, "length": 2},
            "entity begins in a middle of a UTF-16 symbol at UTF-16 offset 1",
        ),
        ({"type": "text_link", "offset": 0, "length": 2}, "can't parse MessageEntity: Can't find field \"url\""),
        (
            {"type": "text_link", "offset": 0, "length": 2, "url": "tel:+66111"},
            "entity URL 'tel:+66111' is invalid: Unsupported URL protocol",
        ),
        (
            {"type": "text_link", "offset": 0, "length": 2, "url": "not-a-url"},
            "entity URL 'not-a-url' is invalid: Wrong HTTP URL",
        ),
        (
            {"type": "bold", "offset": "x", "length": 2},
            'can\'t parse MessageEntity: Field "offset" must be of type Integer',
        ),
    ],
)
async def test_an_entity_lies_within_the_text_on_whole_characters(call: Client, entity: Table, words: str) -> None:
    assert await call.refusal("sendMessage", chat_id=7, text="🙏 hello", entities=[entity]) == words


@pytest.mark.parametrize(
    ("url", "mistake"),
    [
        ("https://ilo.org/a?b=c#d", None),
        ("http://192.0.2.1:8080/", None),
        ("http://[2001:db8::1]/", None),
        ("example.org", None),
        ("example.org:8080/x", None),
        ("tg://user?id=7", None),
        ("https://xn--12c.example", None),
        ("https://ตัวอย่าง.example/", None),
        ("", "URL host is empty"),
        ("https://", "URL host is empty"),
        ("http://localhost:8080/", "Wrong HTTP URL"),
        ("https://a b.example/", "Wrong HTTP URL"),
        ("https://example..org/", "Wrong HTTP URL"),
        ("https://example.org:99999/", "Wrong HTTP URL"),
        ("tel:+66111", "Unsupported URL protocol"),
        ("mailto:a@example.org", "Unsupported URL protocol"),
        ("javascript:alert(1)", "Unsupported URL protocol"),
    ],
)
def test_a_link_leads_to_a_host_in_the_world(url: str, mistake: str | None) -> None:
    assert link_mistake(url) == mistake


# Keyboards


def _one(**action: Json) -> Table:
    return {"inline_keyboard": [[{"text": "Go", **action}]]}


@pytest.mark.parametrize(
    ("markup", "words"),
    [
        (_one(), "can't parse inline keyboard button: Text buttons are unallowed in the inline keyboard"),
        (
            _one(callback_data="a", url="https://ilo.org"),
            "can't parse inline keyboard button: exactly one action must be used",
        ),
        (_one(callback_data=""), "BUTTON_DATA_INVALID"),
        (_one(callback_data="x" * 65), "BUTTON_DATA_INVALID"),
        (_one(callback_data="က" * 22), "BUTTON_DATA_INVALID"),
        (_one(url="http://localhost/x"), "inline keyboard button URL 'http://localhost/x' is invalid: Wrong HTTP URL"),
        (_one(url="tel:+66111"), "inline keyboard button URL 'tel:+66111' is invalid: Unsupported URL protocol"),
        (_one(copy_text={"text": ""}), "BUTTON_COPY_TEXT_INVALID"),
        (_one(copy_text={"text": "x" * 257}), "BUTTON_COPY_TEXT_INVALID"),
        (
            _one(web_app={"url": "http://bot.example"}),
            "inline keyboard button Web App URL 'http://bot.example' is invalid: Only HTTPS links are allowed",
        ),
        (_one(pay=True), "BUTTON_TYPE_INVALID"),
        (_one(callback_data="a", style="loud"), None),
        (
            {"inline_keyboard": [[{"callback_data": "a"}]]},
            "can't parse inline keyboard button: Can't find field \"text\"",
        ),
        (
            {"inline_keyboard": [[{"text": " ", "callback_data": "a"}]]},
            "can't parse inline keyboard button: Button text must be non-empty",
        ),
        ({"inline_keyboard": [[{"text": "A", "callback_data": "a"}]] * 101}, "reply markup is too long"),
        ({"keyboard": [[{"text": ""}]]}, "can't parse keyboard button: Button text must be non-empty"),
        ({"keyboard": []}, "reply keyboard is empty"),
        (
            {"keyboard": [[{"text": "A", "request_contact": True, "request_location": True}]]},
            "can't parse keyboard button: at most one action must be used",
        ),
    ],
)
async def test_a_keyboard_that_telegram_does_not_take_is_refused(
    call: Client, markup: Table, words: str | None
) -> None:
    refusal = await call.refusal("sendMessage", chat_id=7, text="a", reply_markup=markup)
    assert words is None or refusal == words


async def test_callback_data_of_64_bytes_passes(telegram: FakeTelegram, call: Client) -> None:
    await call("sendMessage", chat_id=7, text="a", reply_markup=_one(callback_data="က" * 21 + "x"))
    assert telegram.violations == []


async def test_nine_buttons_in_a_row_are_noted(telegram: FakeTelegram, call: Client) -> None:
    row: list[Json] = [{"text": str(n), "callback_data": str(n)} for n in range(9)]
    assert (await call("sendMessage", chat_id=7, text="a", reply_markup={"inline_keyboard": [row]}))["ok"] is True
    assert [one.why for one in telegram.violations] == ["more than 8 buttons in a row"]


async def test_a_group_is_not_asked_for_a_location(telegram: FakeTelegram, call: Client) -> None:
    telegram.group(-1001)
    markup: Table = {"keyboard": [[{"text": "Where", "request_location": True}]]}
    words = await call.refusal("sendMessage", chat_id=-1001, text="a", reply_markup=markup)
    assert words == "location can be requested in private chats only"


async def test_a_reply_keyboard_stays_until_it_is_taken_away(telegram: FakeTelegram, call: Client) -> None:
    person = telegram.person(7)
    await call("sendMessage", chat_id=7, text="a", reply_markup={"keyboard": [[{"text": "Menu"}]]})
    await call("sendMessage", chat_id=7, text="b")
    assert person.labels() == ["Menu"]
    person.tap("Menu")
    assert person.last().text == "Menu"
    await call("sendMessage", chat_id=7, text="c", reply_markup={"remove_keyboard": True})
    assert person.labels() == []


# Editing, deleting, answering


async def test_an_edit_that_changes_nothing_is_not_modified_and_no_violation(
    telegram: FakeTelegram, call: Client
) -> None:
    await call("sendMessage", chat_id=7, text="<b>a</b>", parse_mode="HTML", reply_markup=KEYBOARD)
    message = telegram.chat(7).last()
    same = await call(
        "editMessageText",
        chat_id=7,
        message_id=message.message_id,
        text="a",
        entities=[{"type": "bold", "offset": 0, "length": 1}],
        reply_markup=KEYBOARD,
    )
    assert str(same["description"]).startswith("Bad Request: message is not modified: ")
    assert telegram.violations == []
    assert message.history == []


async def test_an_edit_without_markup_takes_the_buttons_away(telegram: FakeTelegram, call: Client) -> None:
    await call("sendMessage", chat_id=7, text="a", reply_markup=KEYBOARD)
    message = telegram.chat(7).last()
    await call("editMessageText", chat_id=7, message_id=message.message_id, text="b")
    assert (message.text, message.labels, [old["text"] for old in message.history]) == ("b", [], ["a"])


async def test_buttons_change_alone(telegram: FakeTelegram, call: Client) -> None:
    await call("sendMessage", chat_id=7, text="a", reply_markup=KEYBOARD)
    message = telegram.chat(7).last()
    await call("editMessageReplyMarkup", chat_id=7, message_id=message.message_id)
    assert (message.text, message.labels) == ("a", [])


async def test_a_bot_cannot_edit_what_a_person_wrote(telegram: FakeTelegram, call: Client) -> None:
    said = telegram.person(7).send("hello")
    words = await call.refusal("editMessageText", chat_id=7, message_id=said.message_id, text="b")
    assert words == "message can't be edited"


async def test_a_deleted_message_leaves_the_screen(telegram: FakeTelegram, call: Client) -> None:
    for text in ("a", "b", "c"):
        await call("sendMessage", chat_id=7, text=text)
    first, second, _ = telegram.chat(7).visible()
    await call("deleteMessage", chat_id=7, message_id=first.message_id)
    await call("deleteMessages", chat_id=7, message_ids=[first.message_id, second.message_id])
    assert telegram.chat(7).texts() == ["c"]


async def test_after_48_hours_a_message_cannot_be_taken_back(telegram: FakeTelegram, call: Client) -> None:
    await call("sendMessage", chat_id=7, text="a")
    telegram.clock.advance(48 * 3600 + 1)
    words = await call.refusal("deleteMessage", chat_id=7, message_id=telegram.chat(7).last().message_id)
    assert words == "message can't be deleted"


async def test_what_a_person_deleted_is_no_mistake_of_the_bot(telegram: FakeTelegram, call: Client) -> None:
    await call("sendMessage", chat_id=7, text="a")
    message = telegram.chat(7).last()
    telegram.person(7).delete_message(message)
    answer = await call("editMessageText", chat_id=7, message_id=message.message_id, text="b")
    assert answer["description"] == "Bad Request: message to edit not found"
    assert telegram.violations == []


async def test_a_tap_is_answered_once_and_in_time(telegram: FakeTelegram, call: Client) -> None:
    person = telegram.person(7)
    await call("sendMessage", chat_id=7, text="a", reply_markup=KEYBOARD)
    first, second = person.tap("Yes"), person.tap("yes")
    assert (await call("answerCallbackQuery", callback_query_id=first, text="Saved"))["ok"] is True
    for tap, passed in ((first, 0), ("unknown", 0), (second, 151)):
        telegram.clock.advance(passed)
        answer = await call("answerCallbackQuery", callback_query_id=tap)
        assert answer["description"] == (
            "Bad Request: query is too old and response timeout expired or query ID is invalid"
        )
    assert (person.toasts, telegram.violations) == (["Saved"], [])


async def test_a_message_is_copied_without_its_buttons(telegram: FakeTelegram, call: Client) -> None:
    group = telegram.group(-1001)
    said = telegram.person(7).send_voice()
    await call("copyMessage", chat_id=-1001, from_chat_id=7, message_id=said.message_id, caption="From a person")
    copied = group.chat.last()
    assert (copied.text, copied.body["voice"]) == ("From a person", said.body["voice"])


async def test_a_file_goes_up_and_comes_down(telegram: FakeTelegram, call: Client) -> None:
    form = aiohttp.FormData({"chat_id": "7", "caption": "plan"})
    form.add_field("document", b"content", filename="plan.pdf", content_type="application/pdf")
    async with call.browser.post(call.address("sendDocument"), data=form) as answer:
        assert answer.status == 200
    document = telegram.chat(7).last().body["document"]
    assert isinstance(document, dict)
    assert document["file_name"] == "plan.pdf"
    file = (await call("getFile", file_id=document["file_id"]))["result"]
    assert isinstance(file, dict)
    address = f"{telegram.url}/file/bot{telegram.token}/{file['file_path']}"
    async with call.browser.get(address) as download:
        assert await download.read() == b"content"
    assert telegram.violations == []


async def test_what_a_bot_says_about_itself_falls_back_to_no_language(telegram: FakeTelegram, call: Client) -> None:
    await call("setMyDescription", description="Hello")
    await call("setMyDescription", description="ជំរាបសួរ", language_code="km")
    commands: list[Json] = [{"command": "help", "description": "Help"}]
    await call("setMyCommands", commands=commands, scope={"type": "chat", "chat_id": 7}, language_code="km")
    assert (await call("getMyDescription", language_code="km"))["result"] == {"description": "ជំរាបសួរ"}
    assert (await call("getMyDescription", language_code="lo"))["result"] == {"description": "Hello"}
    scoped = await call("getMyCommands", scope={"type": "chat", "chat_id": 7}, language_code="km")
    assert scoped["result"] == commands
    assert (await call("getMyCommands"))["result"] == []
    assert telegram.violations == []


# People and groups


async def test_a_bot_does_not_speak_first(telegram: FakeTelegram, call: Client) -> None:
    person = telegram.person(8)
    answer = await call("sendMessage", chat_id=8, text="a")
    assert (answer["error_code"], answer["description"]) == (
        403,
        "Forbidden: bot can't initiate conversation with a user",
    )
    person.start("qr1")
    assert (await call("sendMessage", chat_id=8, text="a"))["ok"] is True
    assert person.texts() == ["/start qr1", "a"]


async def test_who_blocked_the_bot_is_not_reached(telegram: FakeTelegram, call: Client) -> None:
    person = telegram.person(7)
    person.block()
    answer = await call("sendMessage", chat_id=7, text="a")
    assert (answer["error_code"], answer["description"]) == (403, "Forbidden: bot was blocked by the user")
    person.unblock()
    assert (await call("sendMessage", chat_id=7, text="a"))["ok"] is True
    blocked, unblocked = (update["my_chat_member"] for update in await call.updates())
    assert isinstance(blocked, dict)
    assert isinstance(unblocked, dict)
    for change, status in ((blocked, "kicked"), (unblocked, "member")):
        new = change["new_chat_member"]
        assert isinstance(new, dict)
        assert new["status"] == status


async def test_everything_a_person_does_is_a_true_update(telegram: FakeTelegram, call: Client) -> None:
    person = telegram.person(9, first_name="မောင်", language_code="my", username="maung")
    await call("sendMessage", chat_id=7, text="a", reply_markup=KEYBOARD)
    said = person.send("hello")
    person.edit_message(said, "hello!")
    person.send_photo(caption="paper")
    person.send_voice()
    person.send_sticker()
    person.send_document("a.pdf", b"pdf")
    person.share_contact("+66111")
    person.share_location(13.7, 100.5)
    telegram.person(7).tap("Yes")
    group = telegram.group(-1001, forum=True, members=(person,))
    group.join(telegram.person(7))
    group.kick_bot(person)
    updates = await call.updates()
    assert [telegram.schema.mistakes("Update", update) for update in updates] == [[]] * 11
    assert [next(key for key in update if key != "update_id") for update in updates] == [
        "message",
        "edited_message",
        *["message"] * 6,
        "callback_query",
        "message",
        "my_chat_member",
    ]


async def test_a_button_that_is_not_on_the_screen_cannot_be_tapped(telegram: FakeTelegram, call: Client) -> None:
    await call("sendMessage", chat_id=7, text="a", reply_markup=KEYBOARD)
    with pytest.raises(NotOnScreenError, match="no button 'No' among"):
        telegram.person(7).tap("No")


async def test_a_group_that_became_a_supergroup_says_where_it_went(telegram: FakeTelegram, call: Client) -> None:
    group = telegram.group(-55, kind="group")
    group.migrate(-1005)
    answer = await call("sendMessage", chat_id=-55, text="a")
    assert answer == {
        "ok": False,
        "error_code": 400,
        "description": "Bad Request: group chat was upgraded to a supergroup chat",
        "parameters": {"migrate_to_chat_id": -1005},
    }
    assert (await call("sendMessage", chat_id=-1005, text="a"))["ok"] is True
    assert telegram.violations == []


async def test_a_bot_that_was_kicked_does_not_write(telegram: FakeTelegram, call: Client) -> None:
    telegram.group(-1001).kick_bot(telegram.person(7))
    answer = await call("sendMessage", chat_id=-1001, text="a")
    assert answer["description"] == "Forbidden: bot was kicked from the supergroup chat"


async def test_a_topic_is_opened_closed_and_deleted(telegram: FakeTelegram, call: Client) -> None:
    group = telegram.group(-1001, forum=True)
    topic = (await call("createForumTopic", chat_id=-1001, name="Case 12"))["result"]
    assert isinstance(topic, dict)
    thread = topic["message_thread_id"]
    assert isinstance(thread, int)
    await call("sendMessage", chat_id=-1001, message_thread_id=thread, text="a")
    telegram.person(7).send("b", to=group, topic=thread)
    assert [message.text for message in group.visible(thread)] == ["", "a", "b"]
    assert (await call("closeForumTopic", chat_id=-1001, message_thread_id=thread))["ok"] is True
    closed = await call("sendMessage", chat_id=-1001, message_thread_id=thread, text="c")
    assert closed["description"] == "Bad Request: TOPIC_CLOSED"
    assert (await call("deleteForumTopic", chat_id=-1001, message_thread_id=thread))["ok"] is True
    gone = await call("sendMessage", chat_id=-1001, message_thread_id=thread, text="c")
    assert gone["description"] == "Bad Request: message thread not found"
    assert telegram.violations == []


async def test_a_bot_puts_one_emoji_on_a_message_and_only_one_that_telegram_has(
    telegram: FakeTelegram, call: Client
) -> None:
    group = telegram.group(-1001)
    said = telegram.person(7).send("a", to=group)
    place: Table = {"chat_id": -1001, "message_id": said.message_id}
    assert (await call("setMessageReaction", **place, reaction=[{"type": "emoji", "emoji": "👀"}]))["ok"] is True
    assert said.reactions == ["👀"]
    refusal = await call.refusal("setMessageReaction", **place, reaction=[{"type": "emoji", "emoji": "✅"}])
    assert refusal == "REACTION_INVALID"
    assert said.reactions == ["👀"]


async def test_who_is_in_a_group_is_counted_with_the_bot(telegram: FakeTelegram, call: Client) -> None:
    group = telegram.group(-1001, members=(telegram.person(7), telegram.person(8)))
    assert (await call("getChatMemberCount", chat_id=-1001))["result"] == 3
    group.leave(telegram.person(8))
    assert (await call("getChatMemberCount", chat_id=-1001))["result"] == 2


async def test_topics_opened_and_closed_by_people_are_known_to_the_bot(telegram: FakeTelegram, call: Client) -> None:
    person = telegram.person(7)
    group = telegram.group(-1001, forum=True, members=(person,))
    topic = group.open_topic("Case 1", person)
    place: Table = {"chat_id": -1001, "message_thread_id": topic.thread_id}
    assert (await call("editForumTopic", **place, name="Case 1: wages"))["ok"] is True
    group.close_topic(topic.thread_id, person)
    assert (await call("sendMessage", **place, text="a"))["description"] == "Bad Request: TOPIC_CLOSED"
    assert (await call("reopenForumTopic", **place))["ok"] is True
    assert (await call("reopenForumTopic", **place))["description"] == "Bad Request: TOPIC_NOT_MODIFIED"
    group.delete_topic(topic.thread_id)
    gone = await call("sendMessage", **place, text="a")
    assert gone["description"] == "Bad Request: message thread not found"
    messages = [update["message"] for update in await call.updates()]
    assert [isinstance(body, dict) and "forum_topic_created" in body for body in messages] == [True, False]
    assert (group.visible(), topic.name, telegram.violations) == ([], "Case 1: wages", [])


async def test_a_message_is_pinned_and_unpinned(telegram: FakeTelegram, call: Client) -> None:
    group = telegram.group(-1001)
    await call("sendMessage", chat_id=-1001, text="On duty: Dara")
    assert (await call("pinChatMessage", chat_id=-1001, message_id=1))["ok"] is True
    assert group.chat.pinned == [1]
    assert (await call("unpinChatMessage", chat_id=-1001))["ok"] is True
    assert group.chat.pinned == []
    assert await call.refusal("pinChatMessage", chat_id=-1001, message_id=9) == "message to pin not found"
    assert await call.refusal("unpinChatMessage", chat_id=-1001) == "message to unpin not found"


async def test_a_bot_knows_who_is_in_the_group_and_leaves_it(telegram: FakeTelegram, call: Client) -> None:
    person, other = telegram.person(7), telegram.person(8)
    group = telegram.group(-1001, bot="left", members=(person,))
    assert (await call("getChatMember", chat_id=-1001, user_id=7))["error_code"] == 403
    group.add_bot(person, admin=True)
    group.join(other)
    group.leave(other)
    found = [(await call("getChatMember", chat_id=-1001, user_id=who))["result"] for who in (7, 8)]
    assert [one["status"] for one in found if isinstance(one, dict)] == ["member", "left"]
    assert (await call("leaveChat", chat_id=-1001))["ok"] is True
    answer = await call("sendMessage", chat_id=-1001, text="a")
    assert answer["description"] == "Forbidden: bot is not a member of the supergroup chat"


async def test_a_deleted_account_is_known_only_when_written_to(telegram: FakeTelegram, call: Client) -> None:
    telegram.person(7).delete_account()
    answer = await call("sendMessage", chat_id=7, text="a")
    assert (answer["error_code"], answer["description"]) == (403, "Forbidden: user is deactivated")
    assert await call.updates() == []


async def test_messages_are_copied_and_forwarded_together(telegram: FakeTelegram, call: Client) -> None:
    group = telegram.group(-1001)
    said = [telegram.person(7).send(text) for text in ("a", "b")]
    ids: list[Json] = [message.message_id for message in said]
    copied = await call("copyMessages", chat_id=-1001, from_chat_id=7, message_ids=[*ids, 99])
    assert copied["result"] == [{"message_id": 1}, {"message_id": 2}]
    await call("forwardMessage", chat_id=-1001, from_chat_id=7, message_id=ids[0])
    assert group.chat.texts() == ["a", "b", "a"]
    assert group.chat.last().body["forward_origin"] == {
        "type": "user",
        "date": said[0].date,
        "sender_user": telegram.person(7).user,
    }
    words = await call.refusal("copyMessages", chat_id=-1001, from_chat_id=7, message_ids=[5, 2])
    assert words == "message identifiers must be in a strictly increasing order"


async def test_a_caption_is_edited_and_a_text_has_none(telegram: FakeTelegram, call: Client) -> None:
    photo = telegram.world.keep_file("a.jpg", b"\xff\xd8photo").file_id
    await call("sendPhoto", chat_id=7, photo=photo, caption="one")
    await call("editMessageCaption", chat_id=7, message_id=1, caption="<b>two</b>", parse_mode="HTML")
    assert telegram.chat(7).texts() == ["two"]
    assert await call.refusal("editMessageText", chat_id=7, message_id=1, text="a") == (
        "there is no text in the message to edit"
    )
    await call("sendMessage", chat_id=7, text="a")
    assert await call.refusal("editMessageCaption", chat_id=7, message_id=2, caption="b") == (
        "there is no caption in the message to edit"
    )


async def test_words_and_photos_become_a_photo_and_a_voice_does_not(telegram: FakeTelegram, call: Client) -> None:
    photos = [telegram.world.keep_file("a.png", b"\x89PNG\r\n\x1a\n" + name).file_id for name in (b"one", b"two")]
    one: Json = {"type": "photo", "media": photos[0], "caption": "one"}
    two: Json = {"type": "photo", "media": photos[1], "caption": "two"}
    await call("sendMessage", chat_id=7, text="words", link_preview_options={"is_disabled": True})
    answers = [await call("editMessageMedia", chat_id=7, message_id=1, media=media) for media in (one, two, two)]

    shown = telegram.chat(7).last()
    assert [answer["ok"] for answer in answers] == [True, True, False]
    assert "message is not modified" in str(answers[2]["description"])
    assert (shown.text, "text" in shown.body, "link_preview_options" in shown.body) == ("two", False, False)
    assert photos[1] in str(shown.body["photo"])
    await call("sendVoice", chat_id=7, voice=telegram.world.keep_file("a.oga", b"OggS").file_id)
    assert await call.refusal("editMessageMedia", chat_id=7, message_id=2, media=one) == "message can't be edited"


async def test_what_is_no_picture_or_sound_is_not_taken_for_one(telegram: FakeTelegram, call: Client) -> None:
    svg = telegram.world.keep_file("a.png", b"<svg/>").file_id
    assert await call.refusal("sendPhoto", chat_id=7, photo=svg) == "IMAGE_PROCESS_FAILED"

    await call("sendVoice", chat_id=7, voice=svg)
    assert telegram.violations[-1].why == "people see 'a.png' as a file: it is neither OGG nor MP3"


async def test_an_update_that_is_not_true_to_the_schema_is_our_own_mistake(telegram: FakeTelegram) -> None:
    with pytest.raises(AssertionError, match="Message has no field 'words'"):
        telegram.world.emit("message", {**telegram.person(7).send("a").body, "words": "a"}, 7)


async def test_a_bot_without_rights_opens_no_topic(telegram: FakeTelegram, call: Client) -> None:
    telegram.group(-1001, forum=True, bot="member")
    assert await call.refusal("createForumTopic", chat_id=-1001, name="A") == "not enough rights to create a topic"


# Fetching updates


async def test_updates_come_again_until_an_offset_confirms_them(telegram: FakeTelegram, call: Client) -> None:
    person = telegram.person(7)
    for text in ("a", "b", "c"):
        person.send(text)
    first = await call.updates()
    assert await call.updates() == first
    assert await call.updates(limit=1) == first[:1]
    second = first[1]["update_id"]
    assert await call.updates(offset=second) == first[1:]
    assert await call.updates(offset=-1) == first[2:]
    assert await call.updates() == first[2:]


async def test_a_waiting_call_gets_the_update_at_once(telegram: FakeTelegram, call: Client) -> None:
    waiting = asyncio.create_task(call.updates(timeout=50))
    await telegram.until(lambda: telegram.updates.is_polled)
    telegram.person(7).send("hello")
    assert len(await waiting) == 1


async def test_a_second_fetcher_ends_the_first(telegram: FakeTelegram, call: Client) -> None:
    first = asyncio.create_task(call("getUpdates", timeout=50))
    await telegram.until(lambda: telegram.updates.is_polled)
    second = asyncio.create_task(call.updates(timeout=50))
    ended = await first
    assert ended["error_code"] == 409
    assert str(ended["description"]).startswith("Conflict: terminated by other getUpdates request")
    telegram.person(7).send("hello")
    assert len(await second) == 1


async def test_fetching_beside_a_webhook_is_a_conflict(telegram: FakeTelegram, call: Client) -> None:
    await call("setWebhook", url="https://bot.example/x")
    assert (await call("getUpdates"))["error_code"] == 409
    await call("deleteWebhook")
    assert (await call("getUpdates"))["ok"] is True


async def test_only_the_kinds_asked_for_arrive_and_the_wish_is_remembered(telegram: FakeTelegram, call: Client) -> None:
    group = telegram.group(-1001)
    await call.updates(allowed_updates=["chat_member"])
    telegram.person(7).send("not wanted")
    group.join(telegram.person(7))
    assert [set(update) - {"update_id"} for update in await call.updates()] == [{"chat_member"}]


async def test_an_unknown_kind_of_update_is_noted(telegram: FakeTelegram, call: Client) -> None:
    await call.updates(allowed_updates=["message", "gossip"])
    assert [one.why for one in telegram.violations] == ["allowed_updates: Telegram knows no 'gossip'"]


async def test_members_are_told_only_to_those_who_ask(telegram: FakeTelegram, call: Client) -> None:
    telegram.group(-1001).join(telegram.person(7))
    assert [set(update) - {"update_id"} for update in await call.updates()] == [{"message"}]


async def test_a_tap_is_gone_after_150_seconds_and_a_text_after_a_day(telegram: FakeTelegram, call: Client) -> None:
    person = telegram.person(7)
    await call("sendMessage", chat_id=7, text="a", reply_markup=KEYBOARD)
    person.send("text")
    person.tap("Yes")
    telegram.clock.advance(151)
    assert [set(update) - {"update_id"} for update in await call.updates()] == [{"message"}]
    telegram.clock.advance(24 * 3600)
    assert await call.updates() == []
    assert [pending.kind for pending in telegram.updates.expired] == ["callback_query", "message"]


async def test_after_a_quiet_week_ids_start_anew(telegram: FakeTelegram, call: Client) -> None:
    person = telegram.person(7)
    person.send("a")
    first = (await call.updates())[0]["update_id"]
    assert isinstance(first, int)
    await call.updates(offset=first + 1)
    telegram.updates.restart_ids(first_id=1000)
    person.send("b")
    # The offset of the old row confirms nothing of the new one.
    assert [update["update_id"] for update in await call.updates(offset=first + 1)] == [1000]


# Posting updates


@dataclass(slots=True)
class Hook:
    """A bot's webhook that answers as it is told, then with 200."""

    url: str = ""
    statuses: list[int] = field(default_factory=list)
    headers: dict[str, str] = field(default_factory=dict)
    answer: str = ""
    seen: list[Table] = field(default_factory=list)
    secrets: set[str | None] = field(default_factory=set)
    open_now: int = 0
    open_most: int = 0
    gate: asyncio.Event = field(default_factory=asyncio.Event)
    came: asyncio.Event = field(default_factory=asyncio.Event)

    async def wait_open(self, count: int) -> None:
        """Until so many posts wait for their answer."""
        async with asyncio.timeout(5):
            while self.open_now < count:
                self.came.clear()
                await self.came.wait()

    async def take(self, request: web.BaseRequest) -> web.Response:
        self.open_now += 1
        self.open_most = max(self.open_most, self.open_now)
        update: Json = json.loads(await request.read())
        assert isinstance(update, dict)
        self.seen.append(update)
        self.secrets.add(request.headers.get("X-Telegram-Bot-Api-Secret-Token"))
        self.came.set()
        await self.gate.wait()
        self.open_now -= 1
        status = self.statuses.pop(0) if self.statuses else 200
        return web.Response(
            status=status,
            headers=self.headers if status != 200 else None,
            text=self.answer,
            content_type="application/json",
        )

    def texts(self) -> list[Json]:
        messages = [update.get("message", {}) for update in self.seen]
        return [message.get("text") for message in messages if isinstance(message, dict)]


@asynccontextmanager
async def _hook() -> AsyncIterator[Hook]:
    hook = Hook()
    hook.gate.set()
    runner = web.ServerRunner(web.Server(hook.take), shutdown_timeout=0.1)
    await runner.setup()
    site = web.TCPSite(runner, "127.0.0.1", 0)
    await site.start()
    hook.url = f"http://127.0.0.1:{runner.addresses[0][1]}/hook"
    try:
        yield hook
    finally:
        hook.gate.set()
        await runner.cleanup()


@pytest.fixture
async def hook() -> AsyncIterator[Hook]:
    async with _hook() as hook:
        yield hook


async def test_an_update_is_posted_with_the_secret(telegram: FakeTelegram, call: Client, hook: Hook) -> None:
    telegram.person(7).send("before")
    await call("setWebhook", url=hook.url, secret_token="s3cret")
    telegram.person(7).send("after")
    await telegram.until(lambda: not telegram.updates.pending)
    assert (hook.texts(), hook.secrets) == (["before", "after"], {"s3cret"})
    info = (await call("getWebhookInfo"))["result"]
    assert isinstance(info, dict)
    assert (info["url"], info["pending_update_count"]) == (hook.url, 0)


async def test_an_update_not_acknowledged_is_repeated_before_the_next_one(
    telegram: FakeTelegram, call: Client, hook: Hook
) -> None:
    hook.statuses = [500, 302, 503]
    await call("setWebhook", url=hook.url)
    telegram.person(7).send("a")
    telegram.person(7).send("b")
    await telegram.until(lambda: not telegram.updates.pending)
    assert hook.texts() == ["a", "a", "a", "a", "b"]
    assert [delivery.status for delivery in telegram.updates.deliveries] == [500, 302, 503, 200, 200]


async def test_the_first_repetition_has_no_delay_then_2_4_8_seconds_pass(hook: Hook) -> None:
    async with (
        FakeTelegram(allow_http_webhook=True) as telegram,
        aiohttp.ClientSession() as browser,
    ):
        call = Client(telegram, browser)
        hook.statuses = [500] * 4
        await call("setWebhook", url=hook.url)
        telegram.person(7).send("a")
        await _delivered(telegram, 2)
        for pause, posted in ((2, 3), (4, 4), (8, 5)):
            telegram.clock.advance(pause - 0.5)
            # A call there and back gives a post that should not happen the time to happen.
            await call("getMe")
            await call("getMe")
            assert len(hook.seen) == posted - 1
            telegram.clock.advance(0.6)
            await _delivered(telegram, posted)
        assert telegram.updates.pending == {}


async def _delivered(telegram: FakeTelegram, count: int) -> None:
    await telegram.until(lambda: len(telegram.updates.deliveries) == count)


async def test_a_retry_after_is_honoured(hook: Hook) -> None:
    async with (
        FakeTelegram(allow_http_webhook=True) as telegram,
        aiohttp.ClientSession() as browser,
    ):
        hook.statuses, hook.headers = [503], {"Retry-After": "30"}
        await Client(telegram, browser)("setWebhook", url=hook.url)
        telegram.person(7).send("a")
        await _delivered(telegram, 1)
        telegram.clock.advance(29)
        await Client(telegram, browser)("getMe")
        assert len(hook.seen) == 1
        telegram.clock.advance(2)
        await telegram.until(lambda: not telegram.updates.pending)
        assert len(hook.seen) == 2


async def test_an_update_nobody_takes_for_a_day_is_dropped(hook: Hook) -> None:
    async with (
        FakeTelegram(allow_http_webhook=True) as telegram,
        aiohttp.ClientSession() as browser,
    ):
        hook.statuses = [500] * 3
        await Client(telegram, browser)("setWebhook", url=hook.url)
        telegram.person(7).send("a")
        await _delivered(telegram, 2)
        telegram.clock.advance(24 * 3600)
        await telegram.until(lambda: telegram.updates.expired)
        assert len(hook.seen) == 2


async def test_taps_and_texts_of_one_person_are_two_queues(telegram: FakeTelegram, call: Client, hook: Hook) -> None:
    await call("sendMessage", chat_id=7, text="a", reply_markup=KEYBOARD)
    await call("setWebhook", url=hook.url)
    hook.gate.clear()
    person = telegram.person(7)
    person.send("first")
    person.send("second")
    person.tap("Yes")
    telegram.person(8).send("other")
    await hook.wait_open(3)
    assert len(hook.seen) == 3
    hook.gate.set()
    await telegram.until(lambda: not telegram.updates.pending)
    assert hook.texts()[-1] == "second"


async def test_no_more_connections_than_allowed_are_open(telegram: FakeTelegram, call: Client, hook: Hook) -> None:
    await call("setWebhook", url=hook.url, max_connections=2)
    hook.gate.clear()
    for number in range(100, 110):
        telegram.person(number).send("hello")
    await hook.wait_open(2)
    hook.gate.set()
    await telegram.until(lambda: not telegram.updates.pending)
    assert (len(hook.seen), hook.open_most) == (10, 2)


@pytest.mark.parametrize("at_once", [True, False])
async def test_updates_can_come_twice(telegram: FakeTelegram, call: Client, hook: Hook, *, at_once: bool) -> None:
    telegram.faults.duplicate_updates(1.0, at_once=at_once)
    await call("setWebhook", url=hook.url)
    hook.gate.clear()
    telegram.person(7).send("a")
    await hook.wait_open(2 if at_once else 1)
    hook.gate.set()
    await telegram.until(lambda: not telegram.updates.pending)
    assert (hook.texts(), hook.open_most) == (["a", "a"], 2 if at_once else 1)


async def test_a_method_in_the_webhooks_answer_is_carried_out(telegram: FakeTelegram, call: Client, hook: Hook) -> None:
    hook.answer = json.dumps({"method": "sendMessage", "chat_id": 7, "text": "from the answer"})
    await call("setWebhook", url=hook.url)
    telegram.person(7).send("a")
    await telegram.until(lambda: not telegram.updates.pending)
    assert telegram.chat(7).texts() == ["a", "from the answer"]


async def test_pending_updates_are_dropped_on_request(telegram: FakeTelegram, call: Client) -> None:
    telegram.person(7).send("a")
    answer = await call("deleteWebhook", drop_pending_updates=True)
    assert answer == {"ok": True, "result": True, "description": "Webhook is already deleted"}
    assert await call.updates() == []


# Faults


async def test_too_many_requests_say_when_to_come_back(telegram: FakeTelegram, call: Client) -> None:
    telegram.faults.answer_429(1.0, retry_after=7, methods=("sendMessage",))
    assert await call("sendMessage", chat_id=7, text="a") == {
        "ok": False,
        "error_code": 429,
        "description": "Too Many Requests: retry after 7",
        "parameters": {"retry_after": 7},
    }
    assert (await call("getMe"))["ok"] is True
    assert (telegram.chat(7).texts(), telegram.violations) == ([], [])


async def test_a_broken_gateway_does_nothing(telegram: FakeTelegram, call: Client) -> None:
    telegram.faults.answer_5xx(1.0)
    answer = await call("sendMessage", chat_id=7, text="a")
    assert (answer["error_code"], telegram.chat(7).texts()) == (502, [])


async def test_a_lost_answer_leaves_the_message_sent(telegram: FakeTelegram, call: Client) -> None:
    telegram.faults.lose_answer(1.0)
    with pytest.raises(aiohttp.ClientError):
        await call("sendMessage", chat_id=7, text="a")
    telegram.faults.off()
    assert telegram.chat(7).texts() == ["a"]
    assert (await call("getMe"))["ok"] is True


async def test_a_slow_answer_leaves_the_message_sent(telegram: FakeTelegram, call: Client) -> None:
    telegram.faults.slow(60)
    waiting = asyncio.create_task(call("sendMessage", chat_id=7, text="a"))
    await telegram.until(lambda: telegram.chat(7).texts() == ["a"])
    assert not waiting.done()
    waiting.cancel()


async def test_when_telegram_is_down_nothing_goes_in_or_out(telegram: FakeTelegram, call: Client, hook: Hook) -> None:
    await call("setWebhook", url=hook.url)
    telegram.faults.down()
    telegram.person(7).send("a")
    for _ in range(5):
        with pytest.raises(aiohttp.ClientError):
            await call("getMe")
    assert hook.seen == []
    telegram.faults.up()
    await telegram.until(lambda: not telegram.updates.pending)
    assert hook.texts() == ["a"]
    assert (await call("getMe"))["ok"] is True


async def test_a_chat_takes_a_burst_of_three_then_one_a_second(telegram: FakeTelegram, call: Client) -> None:
    telegram.faults.limits()
    answers = [await call("sendMessage", chat_id=7, text=str(n)) for n in range(4)]
    assert [answer["ok"] for answer in answers] == [True, True, True, False]
    assert answers[3]["parameters"] == {"retry_after": 1}
    telegram.clock.advance(1)
    assert (await call("sendMessage", chat_id=7, text="4"))["ok"] is True


async def test_a_group_takes_twenty_a_minute(telegram: FakeTelegram, call: Client) -> None:
    telegram.group(-1001)
    telegram.faults.limits()
    for number in range(20):
        assert (await call("sendMessage", chat_id=-1001, text=str(number)))["ok"] is True
    answer = await call("sendMessage", chat_id=-1001, text="20")
    assert (answer["error_code"], answer["parameters"]) == (429, {"retry_after": 60})
    telegram.clock.advance(60)
    assert (await call("sendMessage", chat_id=-1001, text="20"))["ok"] is True


async def test_all_chats_together_take_no_more_than_the_limit(telegram: FakeTelegram, call: Client) -> None:
    telegram.faults.limits(Limits(all_per_second=5))
    for number in range(100, 105):
        telegram.person(number, started=True)
        assert (await call("sendMessage", chat_id=number, text="a"))["ok"] is True
    assert (await call("sendMessage", chat_id=7, text="a"))["error_code"] == 429


async def test_the_same_seed_gives_the_same_faults() -> None:
    async def answers(seed: int) -> list[Json]:
        async with FakeTelegram(seed=seed) as telegram, aiohttp.ClientSession() as browser:
            telegram.faults.answer_5xx(0.5)
            return [(await Client(telegram, browser)("getMe"))["ok"] for _ in range(20)]

    assert await answers(3) == await answers(3)
    assert await answers(3) != await answers(4)


# Beside the tests


async def test_a_phone_in_the_browser_shows_the_chat_and_types_into_it(telegram: FakeTelegram, call: Client) -> None:
    await call("sendMessage", chat_id=7, text="1 < 2", reply_markup=KEYBOARD)
    async with call.browser.get(f"{telegram.url}/screen?chat=7") as phone:
        assert "/screen/messages?chat=7" in await phone.text()
    address = f"{telegram.url}/screen/messages?chat=7"
    async with call.browser.post(address, data={"tap": "yes", "message": "1"}) as messages:
        assert "<p>1 &lt; 2</p>" in await messages.text()
    async with call.browser.post(address, data={"text": MYANMAR}) as messages:
        assert MYANMAR in await messages.text()
    assert [set(update) - {"update_id"} for update in await call.updates()] == [{"callback_query"}, {"message"}]


async def test_without_validation_forms_are_still_read() -> None:
    async with FakeTelegram(validate=False, record=False) as telegram, aiohttp.ClientSession() as browser:
        person = telegram.person(7, started=True)
        form = {"chat_id": "7", "text": "a", "unknown": "b", "reply_markup": json.dumps(KEYBOARD)}
        async with browser.post(f"{telegram.url}/bot{telegram.token}/sendMessage", data=form) as answer:
            assert answer.status == 200
        assert (person.labels(), telegram.call_count, telegram.calls, telegram.violations) == (["Yes"], 1, [], [])


# The schema


def test_a_schema_is_made_of_shapes_and_limits_without_prose() -> None:
    made = make_schema(
        {
            "version": "Bot API 99",
            "methods": {
                "say": {
                    "returns": ["Boolean"],
                    "fields": [
                        {
                            "name": "text",
                            "types": ["String"],
                            "required": True,
                            "description": "What to say, 1-64 bytes, ISO 639-1",
                        },
                        {
                            "name": "tone",
                            "types": ["String"],
                            "required": False,
                            "description": 'Must be one of "loud" (red) or "low"',
                        },
                    ],
                }
            },
            "types": {"Said": {"subtypes": ["SaidLoud", "SaidLow"]}},
        }
    )
    text: Json = {"types": ["String"], "required": True, "limit": [1, 64], "unit": "bytes"}
    tone: Json = {"types": ["String"], "choices": ["loud", "low"]}
    assert made == {
        "version": "Bot API 99",
        "methods": {"say": {"returns": ["Boolean"], "fields": {"text": text, "tone": tone}}},
        "types": {"Said": {"any_of": ["SaidLoud", "SaidLow"]}},
    }


async def test_every_method_of_the_bot_api_has_a_check_and_a_plausible_answer(
    telegram: FakeTelegram, call: Client
) -> None:
    schema = load_schema()
    assert len(schema.method_names) > 150
    for name in sorted(schema.method_names):
        method = schema.method(name)
        assert method is not None
        assert schema.mistakes(method.returns[0], schema.plausible(method.returns[0])) == []
    assert (await call("sendDice", chat_id=7))["ok"] is True
    assert telegram.untaught == {"sendDice"}


@pytest.mark.parametrize(
    ("method", "params"),
    [
        ("getMe", {}),
        ("sendMessage", {"chat_id": 7, "text": "<b>a</b>", "parse_mode": "HTML", "reply_markup": KEYBOARD}),
        ("sendLocation", {"chat_id": 7, "latitude": 13.7, "longitude": 100.5}),
        ("sendContact", {"chat_id": 7, "phone_number": "+66111", "first_name": "A"}),
        ("getChat", {"chat_id": 7}),
        ("getChatMember", {"chat_id": 7, "user_id": 7}),
        ("getChatMember", {"chat_id": -1001, "user_id": 123456789}),
        ("sendPhoto", {"chat_id": 7, "photo": "https://ilo.org/a.jpg", "caption": "<i>a</i>", "parse_mode": "HTML"}),
        ("sendVoice", {"chat_id": 7, "voice": "https://ilo.org/a.oga"}),
        ("sendDocument", {"chat_id": 7, "document": "https://ilo.org/a.pdf"}),
        ("sendAudio", {"chat_id": 7, "audio": "https://ilo.org/a.mp3"}),
        ("sendChatAction", {"chat_id": 7, "action": "typing"}),
        ("getWebhookInfo", {}),
        ("createForumTopic", {"chat_id": -1001, "name": "A"}),
        ("getChatAdministrators", {"chat_id": -1001}),
        ("getMyCommands", {}),
        ("getMyName", {}),
        ("getChatMenuButton", {}),
    ],
)
async def test_answers_are_true_to_the_schema(telegram: FakeTelegram, call: Client, method: str, params: Table) -> None:
    telegram.group(-1001, forum=True)
    answer = await call(method, **params)
    shape = telegram.schema.method(method)
    assert shape is not None
    assert telegram.schema.mistakes(shape.returns[0], answer["result"]) == []
    assert telegram.violations == []


# A real library as the client


async def test_python_telegram_bot_runs_against_it(telegram: FakeTelegram) -> None:
    async def greet(update: Update, _: ContextTypes.DEFAULT_TYPE) -> None:
        assert update.message is not None
        await update.message.reply_html(
            f"<b>{MYANMAR}</b> 🙏",
            reply_markup=InlineKeyboardMarkup([[InlineKeyboardButton("Yes", callback_data="yes")]]),
        )

    async def agree(update: Update, _: ContextTypes.DEFAULT_TYPE) -> None:
        query = update.callback_query
        assert query is not None
        await query.answer("Saved")
        await query.edit_message_text("Agreed")

    application = Application.builder().token(telegram.token).base_url(f"{telegram.url}/bot").job_queue(None).build()
    application.add_handler(CommandHandler("start", greet))
    application.add_handler(CallbackQueryHandler(agree))
    person = telegram.person(11, language_code="my")
    async with application:
        await application.start()
        assert application.updater is not None
        await application.updater.start_polling(timeout=5)
        person.start()
        await telegram.until(lambda: person.labels() == ["Yes"])
        person.tap("Yes")
        await telegram.until(lambda: person.last().text == "Agreed")
        await application.updater.stop()
        await application.stop()
    assert (person.texts(), person.toasts, telegram.violations) == (["/start", "Agreed"], ["Saved"], [])


async def test_python_telegram_bot_reads_refusals_and_sends_files(
    telegram: FakeTelegram, monkeypatch: pytest.MonkeyPatch
) -> None:
    # Without it the library warns that the type of retry_after will change, and warnings are errors here.
    monkeypatch.setenv("PTB_TIMEDELTA", "1")
    async with ExtBot(telegram.token, base_url=f"{telegram.url}/bot", base_file_url=f"{telegram.url}/file/bot") as bot:
        with pytest.raises(BadRequest, match="Chat not found"):
            await bot.send_message(404, "hello")
        telegram.person(12)
        with pytest.raises(Forbidden, match="initiate conversation"):
            await bot.send_message(12, "hello")
        telegram.faults.answer_429(1.0, retry_after=3, methods=("sendMessage",))
        with pytest.raises(RetryAfter):
            await bot.send_message(7, "hello")
        sent = await bot.send_photo(7, b"\xff\xd8photo", caption="paper")
        file = await bot.get_file(sent.photo[-1])
        assert bytes(await file.download_as_bytearray()) == b"\xff\xd8photo"
        await bot.set_my_commands([("help", "Help")], language_code="km")
    assert [violation.why for violation in telegram.violations] == ["Bad Request: chat not found"]


async def _table(answer: aiohttp.ClientResponse) -> Table:
    read: Json = await answer.json()
    assert isinstance(read, dict)
    return read
