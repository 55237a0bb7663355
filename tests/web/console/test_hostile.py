"""What people and staff type is shown as they typed it, and never runs, whatever it is."""

import html
import re
import sys

import pytest
from aiohttp import ClientSession

from bot.desk.helplines import HelplineId
from tests.web.console.desk_house import ADA, BEN, SUE, Browser, DeskHouse

PARTS = (
    *("<script>alert(1)</script>", '"><img src=x onerror=alert(1)>', "'-alert(1)-'", "{{7*7}}", "{% raw %}", "${7*7}"),
    *("</textarea><script>", "<!--", "-->", "]]>", "&lt;script&gt;", "javascript:alert(1)", "\u202eevil\u202c"),
    *(
        "\u2066hidden\u2069",
        "\u200f\u200e",
        "<svg/onload=alert(1)>",
        "=cmd|' /C calc'!A0",
        "+1",
        "@SUM(1)",
        "%0d%0aX: y",
    ),
    *("<a href='//evil'>x</a>", "<style>*{}</style>", "<meta http-equiv=refresh>", "<base href=//evil>", "`${x}`"),
)
ENDS = ("", " ", "ក", "ລາວ", "မြန်မာ", "ไทย", "\x00", "\x1b[31m", "A" * 300, "😀" * 20, "\r\n\r\n", "\u200b", "\u2028")
_TAGS = re.compile(r"<(script|img|svg|style|meta|base|iframe|object|embed)\b[^>]*>", re.IGNORECASE)


def payloads() -> list[str]:
    return [part + end + other for part in PARTS for end in ENDS for other in (PARTS[-1], "")][:500]


async def test_five_hundred_payloads_run_nowhere(desk: DeskHouse) -> None:
    async with Browser(desk.base) as ben:
        await ben.sign_in(desk, BEN)
        name = await desk.open()
        clean = _tags(await ben.get(f"/desk/case/{name}"))
        for number, payload in enumerate(payloads()):
            await desk.tell(name, payload or "-")
            if number % 10 == 0:
                await ben.post(f"/desk/case/{name}/do/note", {"words": payload, "ref": f"n{number}"})
                await ben.post(f"/desk/case/{name}/do/label", {"label": payload[:30], "on": "1"})
        text = await ben.get(f"/desk/case/{name}")
        assert ben.status == 200
        assert _tags(text) == clean
        assert not re.search("[\u202a-\u202e\u2066-\u2069\x00\x1b]", text)
        assert all(
            f" on{event}=" not in html.unescape(tag)
            for tag in re.findall(r"<[a-z][^>]*>", text)
            for event in ("error", "load")
        )
        sys.stdout.write(f"{len(payloads())} payloads in messages, notes and labels: 0 tags of their own\n")
        assert _tags(await ben.get("/desk"))


async def test_a_name_with_tags_in_it_is_a_name(desk: DeskHouse) -> None:
    async with Browser(desk.base) as sue:
        await sue.sign_in(desk, SUE)
        await sue.get("/desk/staff")
        form = {
            "name": '<img src=x onerror="alert(1)">',
            "role": "responder",
            "helpline": HelplineId("example-thailand"),
        }
        text = await sue.post("/desk/staff/invite", form)
        assert sue.status == 200
        assert "<img src=x" not in text
        assert "&lt;img src=x" in text


async def test_no_spreadsheet_takes_a_cell_for_a_formula(desk: DeskHouse) -> None:
    for number in range(8):
        await desk.open(number + 1, topic="=cmd|' /C calc'!A0")
    async with Browser(desk.base) as sue:
        await sue.sign_in(desk, SUE)
        await sue.get("/desk/overview")
        text = await sue.post("/desk/overview/counts.csv")
        assert text.splitlines()[0] == "day,helpline,language,topic,calls"
        assert [line.split(",")[-1] for line in text.splitlines()[1:]] == ["8"]
        assert "'=cmd" in text


async def test_few_calls_are_not_told_apart(desk: DeskHouse) -> None:
    for number in range(3):
        await desk.open(number + 1)
    async with Browser(desk.base) as sue:
        await sue.sign_in(desk, SUE)
        await sue.get("/desk/overview")
        text = await sue.post("/desk/overview/counts.csv")
        assert [line.split(",")[-1] for line in text.splitlines()[1:]] == ["<5"]


def _tags(text: str) -> list[str]:
    return [match.group(1).lower() for match in _TAGS.finditer(text)]


async def test_signs_that_only_look_like_numbers_break_no_page(desk: DeskHouse) -> None:
    async with Browser(desk.base) as ben, Browser(desk.base) as ada:
        await ben.sign_in(desk, BEN)
        await ada.sign_in(desk, ADA)
        name = await desk.open()
        for odd in ("²", "٣", "9" * 5000, "-1", "1.5"):
            await ben.get(f"/desk?from={odd}")
            assert ben.status == 200
            await ada.get(f"/desk/audit?from={odd}")
            assert ada.status == 200
        await ben.get(f"/desk/case/{name[:-2]}²²")
        assert ben.status == 404
        await ben.get(f"/desk/case/{name}")
        await ben.post(f"/desk/case/{name}/media/²")
        assert ben.status == 200


@pytest.mark.parametrize(
    ("kind", "body"),
    [
        ("application/x-www-form-urlencoded; charset=nobodys", b"name=Sue"),
        ("application/x-www-form-urlencoded; charset=base64", b"name=Sue"),
        ("application/x-www-form-urlencoded", b"name=\xff\xfe"),
        ("multipart/form-data", b"name=Sue"),
        ("multipart/form-data; boundary=x", b"--y\r\n\r\nname"),
        ("multipart/form-data; boundary=x", b"--x\r\nContent-Disposition: form-data; name=a\r\n\r\nhalf"),
    ],
)
async def test_a_form_that_is_none_is_refused_and_no_fault_of_ours(desk: DeskHouse, kind: str, body: bytes) -> None:
    headers = {"Content-Type": kind, "Sec-Fetch-Site": "same-origin", "Accept": "text/html"}
    async with ClientSession() as client, client.post(f"{desk.base}/desk/sign-in", data=body, headers=headers) as told:
        assert told.status == 400
