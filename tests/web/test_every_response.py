"""What every response carries, and what a person reads when something is wrong."""

import dataclasses
import re

import pytest
from aiohttp import web

from bot.dialogue.script import Script
from bot.store.contract import OutgoingId
from tests.web.house import House, Phone

HEADERS = {
    "Content-Security-Policy": "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; "
    "media-src 'self'; connect-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'",
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "same-origin",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
}


async def _fail(request: web.Request) -> web.Response:
    raise RuntimeError("a person's words")


@pytest.mark.parametrize(
    ("method", "path", "status"),
    [
        ("GET", "/", 200),
        ("HEAD", "/", 200),
        ("GET", "/nowhere", 404),
        ("GET", "/static/../server.py", 404),
        ("GET", "/static/%2e%2e%2fserver.py", 404),
        ("GET", "/media/%2e%2e%2fbot.yaml", 404),
        ("GET", "/media/passport.png", 404),
        ("PUT", "/", 405),
        ("GET", "/chat/say", 405),
        ("POST", "/chat/say", 403),
        ("GET", "/chat/stream", 204),
        ("GET", "/chat/exit", 303),
        ("GET", "/favicon.ico", 204),
        ("GET", "/healthz", 200),
        ("GET", "/readyz", 200),
        ("GET", "/metrics", 200),
        ("GET", "/broken", 500),
    ],
)
async def test_every_response_carries_the_headers(house: House, method: str, path: str, status: int) -> None:
    async with house.open({"/broken": _fail}) as base, Phone(base) as phone:
        answer = await phone.ask(method, path, Origin=None)

    assert answer.status == status
    assert {name: answer.headers.get(name) for name in HEADERS} == HEADERS
    assert "geolocation=()" in answer.headers["Permissions-Policy"]
    assert answer.headers["Cache-Control"] == "no-store"
    assert "Server" not in answer.headers
    assert "Strict-Transport-Security" not in answer.headers
    if status >= 400 and method != "HEAD":
        assert "191" in answer.page.articles[0].phones
        assert "person's words" not in answer.text


async def test_an_error_page_speaks_the_language_that_the_browser_asks_for(phone: Phone, page_script: Script) -> None:
    answer = await phone.get("/nowhere", Accept_Language="fr, th;q=0.4, my;q=0.8, de")

    assert answer.page.attributes["html"]["lang"] == "my"
    assert (await phone.get("/nowhere", Accept_Language="fr;q=x,,;")).page.attributes["html"]["lang"] == "en"


async def test_a_body_that_is_too_long_is_refused_with_a_page(phone: Phone) -> None:
    answer = await phone.say("x" * 70_000)

    assert answer.status == 413
    assert "191" in answer.page.articles[0].phones
    assert answer.headers["X-Content-Type-Options"] == "nosniff"


async def test_over_https_browsers_are_told_to_stay_there(phone: Phone) -> None:
    answer = await phone.get("/", X_Forwarded_Proto="https")

    assert answer.headers["Strict-Transport-Security"] == "max-age=31536000"


async def test_files_are_kept_for_good_under_names_that_change_with_them(phone: Phone) -> None:
    page = await phone.look()
    files = [address for address in page.addresses if address.startswith("/static/")]
    assert len(files) == 3

    for address in files:
        answer = await phone.get(address)
        assert answer.status == 200
        assert "immutable" in answer.headers["Cache-Control"]
        assert answer.headers["Content-Encoding"] == "gzip"
        assert re.fullmatch(r"/static/[a-z]+\.[0-9a-f]{12}\.(css|js|svg)", address)
        assert "Content-Encoding" not in (await phone.get(address, Accept_Encoding="identity")).headers


async def test_the_first_load_is_small_enough_for_a_slow_phone(phone: Phone) -> None:
    """Nothing packed at all: what an old phone behind a bad proxy would have to load."""
    first = await phone.get("/", Accept_Encoding="identity")
    files = [address for address in first.page.addresses if address.startswith("/static/")]
    loaded = [await phone.get(address, Accept_Encoding="identity") for address in files]

    total = len(first.text.encode()) + sum(len(each.text.encode()) for each in loaded)

    assert total < 60_000
    packed = [int((await phone.get(address)).headers["Content-Length"]) for address in ["/", *files]]
    assert sum(packed) < 25_000


async def test_the_script_is_written_for_old_phones(phone: Phone) -> None:
    page = await phone.look()

    script = (await phone.get(page.attributes["script"]["src"])).text

    code = re.sub(r"/\*.*?\*/", "", script, flags=re.DOTALL)
    assert not re.search(r"=>|`|\b(let|const|class|async|await|import|export|fetch|Promise)\b|\.\.\.", code)
    assert not re.search(r"\b(localStorage|sessionStorage|indexedDB)\b", code)
    assert "eval(" not in code


async def test_a_page_loads_nothing_from_elsewhere_and_has_no_script_of_its_own(phone: Phone) -> None:
    for page in [await phone.look(), await phone.walk("km", "go-on", "kh", "th")]:
        assert all(address.startswith(("/", "tel:", "#")) for address in page.addresses)
        assert page.tags.count("script") == 1
        assert page.attributes["script"]["src"].startswith("/static/")
        assert "style" not in page.tags


async def test_the_title_and_the_names_of_files_say_nothing(phone: Phone) -> None:
    answer = await phone.get("/")

    assert "<title>Information</title>" in answer.text
    assert "aymark" not in answer.text
    assert 'meta name="description"' not in answer.text


async def test_content_that_looks_like_markup_is_shown_and_not_run(house: House) -> None:
    payload = "<script>alert(1)</script>&amp;\"'><img src=x>"
    phrases = {
        text_id: {language: dataclasses.replace(worded, phrase=(payload,)) for language, worded in all_worded.items()}
        for text_id in house.script.phrasebook
        for all_worded in [house.script.phrasebook.worded(text_id)]
    }
    book = type(house.script.phrasebook)(phrases, {})
    house.script = dataclasses.replace(house.script, phrasebook=book)
    async with house.open() as base, Phone(base) as phone:
        answers = [await phone.get("/"), await phone.get("/nowhere"), await phone.say("hello")]

    for answer in answers:
        assert "<img" not in answer.text
        assert "<script>" not in answer.text
        assert payload in answer.page.words


def test_an_id_of_an_outgoing_is_as_long_as_the_page_expects() -> None:
    """The page's script knows ids of the outbox by their length."""
    assert len("m-" + OutgoingId(bytes(9)).hex()) == 20
