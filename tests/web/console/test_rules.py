"""Who may open which page and send which form: every route with every role, on tickets of one's own and of others."""

import sys
from collections import Counter

import pytest

from bot.desk.staff import Role
from bot.desk.ticket import StaffId, TicketId
from bot.guard.rights import Right
from handlers.web.console.access import Guarded, Open
from handlers.web.console.views import Deed
from tests.web.console.desk_house import ADA, BEN, CHAN, EDIT, OPAL, OTHER, SUE, Browser, DeskHouse

ROLES = {Role.SUPERVISOR: SUE, Role.RESPONDER: BEN, Role.AUDITOR: ADA, Role.OPERATOR: OPAL, Role.EDITOR: EDIT}
ALLOWED: dict[Right, frozenset[Role]] = {
    Right.OWN_ACCOUNT: frozenset(Role),
    Right.SEE_INBOX: frozenset({Role.SUPERVISOR, Role.RESPONDER}),
    Right.OPEN_TICKET: frozenset({Role.SUPERVISOR, Role.RESPONDER}),
    Right.SUPERVISE: frozenset({Role.SUPERVISOR}),
    Right.EXPORT_COUNTS: frozenset({Role.SUPERVISOR}),
    Right.MANAGE_STAFF: frozenset({Role.SUPERVISOR, Role.OPERATOR}),
    Right.READ_AUDIT: frozenset({Role.AUDITOR}),
}
"""Written down a second time on purpose: whoever changes the one has to change the other."""

WAY_OUT = frozenset({"/desk/sign-out", "/desk/account/everywhere", "/desk/account/password"})
"""They end the session that the walk needs."""

REFUSED = (401, 403, 404)
HEADERS = ("Content-Security-Policy", "X-Content-Type-Options", "X-Frame-Options", "Referrer-Policy", "Cache-Control")


def test_every_route_has_a_rule_and_every_right_is_used(desk: DeskHouse) -> None:
    rights = {rule.right for rule in desk.door.rules if isinstance(rule, Guarded)}
    assert rights == set(ALLOWED)
    assert all(isinstance(rule, Guarded) or rule.rule is Open.ANYBODY for rule in desk.door.rules)
    open_paths = {rule.path for rule in desk.door.rules if not isinstance(rule, Guarded)}
    assert open_paths == {
        *("/desk/sign-in", "/desk/code", "/desk/join", "/desk/passkey", "/desk/passkey/options"),
    }
    assert {(route.method, route.path) for route in desk.door.routes()} == {
        (rule.method, rule.path) for rule in desk.door.rules
    }


async def test_no_role_gets_further_than_it_may(desk: DeskHouse) -> None:
    own, foreign = await desk.open(1), await desk.open(2, helpline=OTHER)
    asked: Counter[str] = Counter()
    for role, member in ROLES.items():
        async with Browser(desk.base) as browser:
            await browser.sign_in(desk, member)
            for rule in desk.door.rules:
                if not isinstance(rule, Guarded) or rule.path in WAY_OUT or rule.path == "/desk/stream":
                    continue
                for ticket in (own, foreign):
                    for path in _paths(rule.path, ticket, CHAN):
                        status = await _ask(browser, rule.method, path)
                        is_allowed = role in ALLOWED[rule.right]
                        if ticket == foreign and "{ticket}" in rule.path:
                            is_allowed = False
                        asked["asked"] += 1
                        if not is_allowed:
                            asked["refused"] += 1
                            is_inbox_elsewhere = rule.path == "/desk" and browser.path != "/desk"
                            assert status in REFUSED or is_inbox_elsewhere, (role, rule.method, path, status)
                        elif not ("{member}" in rule.path and status == 404):
                            # Chan works elsewhere: only the operator may remove them.
                            assert status not in (401, 403), (role, rule.method, path, status)
    sys.stdout.write(f"{asked['asked']} requests, {asked['refused']} that must be refused: 0 unexpected allows\n")
    assert asked["refused"] > 100
    assert (await desk.ticket(foreign)).holder is None


async def test_whoever_is_not_signed_in_gets_nothing(desk: DeskHouse) -> None:
    name = await desk.open()
    async with Browser(desk.base) as nobody:
        for rule in desk.door.rules:
            if isinstance(rule, Guarded):
                for path in _paths(rule.path, name, BEN):
                    status = await _ask(nobody, rule.method, path)
                    assert status in REFUSED or nobody.path == "/desk/sign-in", (rule.method, path, status)
    assert (await desk.ticket(name)).step == 1


async def test_no_form_works_without_its_token(desk: DeskHouse) -> None:
    name = await desk.open()
    before = await desk.ticket(name)
    async with Browser(desk.base) as ben:
        await ben.sign_in(desk, BEN)
        entries, _ = await desk.chronicle.read()
        for rule in desk.door.rules:
            if isinstance(rule, Guarded) and rule.method == "POST":
                for path in _paths(rule.path, name, CHAN):
                    await ben.post(path, {"words": "x", "ref": "r", "why": "helped"}, csrf="f" * 32)
        assert await desk.ticket(name) == before
        assert (await desk.chronicle.read())[0] == entries
        await ben.get("/desk")
        assert ben.path == "/desk"


async def test_every_answer_carries_the_headers(desk: DeskHouse) -> None:
    from aiohttp import ClientSession  # noqa: PLC0415 - only here

    async with ClientSession() as client:
        for rule in desk.door.rules:
            async with client.request(rule.method, desk.base + rule.path, allow_redirects=False) as response:
                assert all(name in response.headers for name in HEADERS), rule.path
                assert "default-src 'none'" in response.headers["Content-Security-Policy"]
                assert response.headers["Cache-Control"] == "no-store"


@pytest.mark.parametrize("deed", list(Deed))
async def test_every_deed_on_a_foreign_ticket_is_as_if_there_were_none(desk: DeskHouse, deed: Deed) -> None:
    foreign = await desk.open(2, helpline=OTHER)
    before = await desk.ticket(foreign)
    async with Browser(desk.base) as ben:
        await ben.sign_in(desk, BEN)
        form = {"words": "x", "ref": "r", "why": "helped", "to": "ben", "urgency": "high", "label": "x", "card": "hurt"}
        await ben.post(f"/desk/case/{foreign}/do/{deed}", form)
        assert ben.status == 404
    assert await desk.ticket(foreign) == before


async def _ask(browser: Browser, method: str, path: str) -> int:
    if method == "GET":
        await browser.get(path)
    else:
        await browser.post(path, {"ref": "r", "state": "looking", "helpline": "example-thailand", "role": "responder"})
    return browser.status


def _paths(path: str, ticket: TicketId, member: StaffId) -> list[str]:
    path = path.replace("{ticket}", ticket).replace("{member}", member).replace("{number}", "0")
    if "{deed}" not in path:
        return [path]
    return [path.replace("{deed}", deed) for deed in (Deed.NOTE, Deed.LABEL, "nothing")]
