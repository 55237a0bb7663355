"""Whose page it is, and who may send forms to it."""

import pytest

from handlers.web.access import PLAIN_COOKIE, SECURE_COOKIE
from handlers.web.chat.routes import FRAGMENTS
from tests.web.house import House, Phone

SAFARI = "Mozilla/5.0 (Macintosh) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/18.1 Safari/605.1.15"


async def test_the_cookie_is_for_this_host_alone_and_out_of_reach_of_scripts(phone: Phone) -> None:
    answer = await phone.press(await phone.look(), "km")

    [cookie] = answer.cookies
    name, _, rest = cookie.partition("=")
    token, *attributes = rest.split("; ")
    assert name == SECURE_COOKIE
    assert len(token) == 43
    assert {each.lower() for each in attributes} == {"path=/", "secure", "httponly", "samesite=strict"}


async def test_the_token_stands_in_no_page_and_in_no_record(house: House, phone: Phone) -> None:
    await phone.walk("km")
    [token] = phone.cookies.values()

    assert token not in (await phone.get("/")).text
    assert token not in repr(house.store.commits)
    assert house.store.commits[-1].conversation == house.vault.conversation_id("web", token)


@pytest.mark.parametrize(
    ("headers", "name"),
    [
        ({"Host": "192.168.1.20:8080"}, PLAIN_COOKIE),
        ({"Host": "192.168.1.20:8080", "X_Forwarded_Proto": "https"}, SECURE_COOKIE),
        ({"Host": "localhost:8080"}, SECURE_COOKIE),
        ({"Host": "[::1]:8080"}, SECURE_COOKIE),
        ({"Host": "localhost:8080", "User_Agent": SAFARI}, PLAIN_COOKIE),
        ({"Host": "localhost.example.org"}, PLAIN_COOKIE),
    ],
)
async def test_the_cookie_is_as_strict_as_the_browser_can_keep_it(
    phone: Phone, headers: dict[str, str], name: str
) -> None:
    page = await phone.look()

    answer = await phone.press(page, "km", Sec_Fetch_Site="same-origin", **headers)

    [cookie] = answer.cookies
    assert cookie.startswith(f"{name}=")
    assert ("secure" in cookie.lower()) == (name == SECURE_COOKIE)


async def test_a_public_https_address_makes_the_cookie_strict(house: House) -> None:
    house.public_url = "https://help.example.org"
    async with house.open() as base, Phone(base) as phone:
        page = await phone.look()
        answer = await phone.press(page, "km", Host="help.example.org", Origin="https://help.example.org")

    assert answer.cookies[0].startswith(SECURE_COOKIE)


async def test_a_forged_cookie_is_not_taken_over(house: House, phone: Phone) -> None:
    forged = "A" * 43
    phone.cookies = {SECURE_COOKIE: forged}

    answer = await phone.press(await phone.look(), "km")

    assert len(answer.cookies) == 1
    assert phone.cookies[SECURE_COOKIE] != forged
    assert {commit.conversation for commit in house.store.commits} != {house.vault.conversation_id("web", forged)}


@pytest.mark.parametrize("token", ["", "short", "A" * 42 + "=", "A" * 4000, "../../etc", "A" * 42 + "\u00e9"])
async def test_a_cookie_that_cannot_be_ours_counts_as_none(house: House, phone: Phone, token: str) -> None:
    phone.cookies = {SECURE_COOKIE: token}

    assert (await phone.get("/")).status == 200
    assert (await phone.get("/chat/stream")).status == 204
    assert (await phone.get("/chat/poll")).status == 410
    assert house.store.commits == []


async def test_the_loose_cookie_does_not_count_where_the_strict_one_can_be_kept(phone: Phone) -> None:
    await phone.walk("en", "go-on")
    [token] = phone.cookies.values()
    phone.cookies = {PLAIN_COOKIE: token}

    page = await phone.look()

    assert [button.means for button in page.articles[0].buttons][:2] == ["km", "lo"]


@pytest.mark.parametrize(
    "headers",
    [
        {"Origin": "https://evil.example"},
        {"Origin": "null"},
        {"Origin": None},
        {"Origin": None, "Referer": "https://evil.example/form"},
        {"Sec_Fetch_Site": "cross-site"},
        {"Sec_Fetch_Site": "same-site"},
        {"Origin": "http://["},
    ],
)
@pytest.mark.parametrize("path", ["/chat/say", "/chat/seen"])
async def test_what_no_page_of_ours_sent_has_no_effect(
    house: House, phone: Phone, headers: dict[str, str | None], path: str
) -> None:
    await phone.walk("en", "go-on")
    before = len(house.store.commits)

    answer = await phone.ask("POST", path, {"words": "home", "nonce": "nonce-0001"}, **headers)

    assert answer.status == 403
    assert len(house.store.commits) == before


async def test_an_exit_that_no_page_of_ours_sent_only_forgets_the_browser(house: House, phone: Phone) -> None:
    await phone.walk("en", "go-on")
    before = len(house.store.commits)

    answer = await phone.get("/chat/exit", Origin=None, Sec_Fetch_Site="cross-site")

    assert answer.status == 303
    assert len(house.store.commits) == before


@pytest.mark.parametrize(
    "headers",
    [
        {"Sec_Fetch_Site": "same-origin", "Origin": "null"},
        {"Origin": None, "Referer": "here"},
    ],
)
async def test_what_our_own_page_sent_counts_in_old_and_new_browsers(
    phone: Phone, headers: dict[str, str | None]
) -> None:
    told = {name: f"{phone.base}/" if value == "here" else value for name, value in headers.items()}

    assert (await phone.say("hello", **told)).status == 200


async def test_only_plain_forms_are_read(phone: Phone) -> None:
    answer = await phone.say("hello", Content_Type="text/plain", Accept=FRAGMENTS)

    assert answer.status == 415
