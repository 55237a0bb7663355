"""Who may open which page of the studio and send which form: every route with every role."""

import sys
from collections import Counter

from bot.desk.staff import Role
from bot.guard.rights import Right
from handlers.web.console.access import Guarded
from tests.web.console.desk_house import EDIT, Browser
from tests.web.console.test_rules import HEADERS, REFUSED, ROLES
from tests.web.studio.studio_house import StudioHouse

ALLOWED: dict[Right, frozenset[Role]] = {
    Right.SEE_STUDIO: frozenset({Role.EDITOR, Role.SUPERVISOR, Role.OPERATOR, Role.AUDITOR}),
    Right.EDIT_CONTENT: frozenset({Role.EDITOR}),
    Right.REVIEW_CONTENT: frozenset({Role.EDITOR, Role.SUPERVISOR}),
    Right.PUBLISH_CONTENT: frozenset({Role.EDITOR}),
    Right.ROLL_BACK: frozenset({Role.EDITOR, Role.OPERATOR}),
    Right.CALL_NUMBERS: frozenset({Role.EDITOR, Role.SUPERVISOR}),
}
"""Written down a second time on purpose: whoever changes the one has to change the other."""


def test_every_route_of_the_studio_has_a_right_of_the_studio(house: StudioHouse) -> None:
    assert all(isinstance(rule, Guarded) and rule.right in ALLOWED for rule in house.rules)
    assert all(rule.path == "/studio" or rule.path.startswith("/studio/") for rule in house.rules)


async def test_no_role_gets_further_in_the_studio_than_it_may(house: StudioHouse) -> None:
    asked: Counter[str] = Counter()
    for role, member in ROLES.items():
        async with Browser(house.desk.base) as browser:
            await browser.sign_in(house.desk, member)
            for rule in house.rules:
                assert isinstance(rule, Guarded)
                status = await _ask(browser, rule.method, _path(rule.path))
                asked["asked"] += 1
                if role in ALLOWED[rule.right]:
                    assert status < 500, (rule.path, status)
                    assert status not in (401, 403), (role, rule.method, rule.path, status)
                else:
                    asked["refused"] += 1
                    assert status in REFUSED, (role, rule.method, rule.path, status)
    sys.stdout.write(f"{asked['asked']} requests, {asked['refused']} that must be refused: 0 unexpected allows\n")
    assert asked["refused"] >= len(house.rules)


async def test_whoever_is_not_signed_in_sees_nothing_of_the_studio(house: StudioHouse) -> None:
    async with Browser(house.desk.base) as nobody:
        for rule in house.rules:
            status = await _ask(nobody, rule.method, _path(rule.path))
            assert status in REFUSED or nobody.path == "/desk/sign-in", (rule.method, rule.path, status)


async def test_every_answer_of_the_studio_carries_the_headers(house: StudioHouse) -> None:
    from aiohttp import ClientSession  # noqa: PLC0415 - only here

    async with ClientSession() as client:
        for rule in house.rules:
            path = house.desk.base + _path(rule.path)
            async with client.request(rule.method, path, allow_redirects=False) as response:
                assert all(name in response.headers for name in HEADERS), rule.path
                assert "default-src 'none'" in response.headers["Content-Security-Policy"]


async def test_an_editor_begins_in_the_studio(house: StudioHouse) -> None:
    async with Browser(house.desk.base) as browser:
        await browser.sign_in(house.desk, EDIT)
        await browser.get("/desk")
        assert (browser.status, browser.path) == (200, "/studio")


async def _ask(browser: Browser, method: str, path: str) -> int:
    if method == "GET":
        await browser.get(path)
    else:
        await browser.post(path, {"words": "x"})
    return browser.status


def _path(path: str) -> str:
    for name, told in (
        ("at", "live"),
        ("change", "none"),
        ("number", "1"),
        ("language", "km"),
        ("name", "x.png"),
        ("blob", "0"),
    ):
        path = path.replace(f"{{{name}}}", told)
    assert "{" not in path
    return path
