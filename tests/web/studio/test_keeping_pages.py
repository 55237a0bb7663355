"""Numbers are called and confirmed in two taps, what is due has an owner, and what was asked in vain becomes a topic."""

from collections.abc import AsyncIterator
from datetime import date, timedelta

import pytest

from bot.compiler.round_trip import Document
from bot.facts import HotlineId
from bot.messages import ConversationId
from bot.store.contract import WONDER_PEOPLE, Wondering
from handlers.web.studio.keeping_pages import confirmed
from tests.web.console.desk_house import EDIT, SUE
from tests.web.studio.studio_house import CONTENT, Editor, StudioHouse

POLICE = HotlineId("th-191")
NUMBERS = "/studio/keep/numbers"


@pytest.fixture
async def editor(house: StudioHouse) -> AsyncIterator[Editor]:
    async with Editor(house.desk.base) as browser:
        await browser.sign_in(house.desk, EDIT)
        yield browser


def test_a_number_that_works_is_checked_today_and_due_as_long_after_as_before() -> None:
    content = (CONTENT / "hotlines" / "thailand.yaml").read_bytes()

    edited = confirmed(content, POLICE, date(2026, 11, 26))

    assert edited is not None
    before, after = content.decode().splitlines(), edited.decode().splitlines()
    changed = [(old, new) for old, new in zip(before, after, strict=True) if old != new]
    assert changed == [
        ("  checked: 2026-11-23", "  checked: 2026-11-26"),
        ("  review_by: 2027-02-23", "  review_by: 2027-02-26"),
    ]
    assert confirmed(content, HotlineId("no-such"), date(2026, 11, 26)) is None
    assert confirmed(b"\xff", POLICE, date(2026, 11, 26)) is None


async def test_two_taps_say_that_a_number_works(house: StudioHouse, editor: Editor) -> None:
    await editor.get(NUMBERS)
    assert 'href="tel:191"' in editor.text

    await editor.post(NUMBERS, {"hotline": POLICE, "heard": "works"})
    await editor.post(NUMBERS, {"hotline": "th-1669", "heard": "works"})

    assert "Thank you" in editor.text
    (change,) = await house.studio.open_changes()
    assert change.title == "Numbers called"
    entries = Document((await house.text(change.id, "hotlines/thailand.yaml")).encode()).at(())
    assert isinstance(entries, list)
    checked = {entry["hotline"]: entry["checked"] for entry in entries if isinstance(entry, dict)}
    today = house.studio.today().isoformat()
    assert [checked["th-191"], checked["th-1669"]] == [today, today]
    assert not change.is_approved


async def test_a_number_that_is_called_after_midnight_is_not_checked_in_the_future(house: StudioHouse) -> None:
    # In Bangkok it is the next day; the check of the content goes by the day that all replicas share.
    house.desk.clock.set(house.desk.clock.now().replace(hour=20))
    async with Editor(house.desk.base) as browser:
        await browser.sign_in(house.desk, EDIT)
        await browser.get(NUMBERS)
        await browser.post(NUMBERS, {"hotline": POLICE, "heard": "works"})

    (change,) = await house.studio.open_changes()
    checked = f"checked: {house.desk.clock.now().date()}"
    assert checked in await house.text(change.id, "hotlines/thailand.yaml")


async def test_a_wrong_number_stands_first_until_it_is_found_right(house: StudioHouse, editor: Editor) -> None:
    await editor.get(NUMBERS)
    await editor.post(NUMBERS, {"hotline": "th-1669", "heard": "wrong", "note": "<b>a shop</b>"})

    assert editor.text.index('id="n-th-1669"') < editor.text.index('id="n-th-191"')
    assert "&lt;b&gt;a shop&lt;/b&gt;" in editor.text
    assert await house.studio.open_changes() == ()
    told = "1 number was not right when somebody called"
    assert f'href="{NUMBERS}">{told}<' in await editor.get("/studio")
    await editor.post(NUMBERS, {"hotline": "th-1669", "heard": "works"})
    assert "alarming" not in editor.text
    assert told not in await editor.get("/studio")


async def test_who_may_not_write_notes_the_call_and_changes_nothing(house: StudioHouse) -> None:
    async with Editor(house.desk.base) as browser:
        await browser.sign_in(house.desk, SUE)
        await browser.get(NUMBERS)
        await browser.post(NUMBERS, {"hotline": POLICE, "heard": "works"})

    assert [call.by for call in await house.studio.calls.calls()] == [SUE]
    assert await house.studio.open_changes() == ()


@pytest.mark.parametrize(
    "form", [{"hotline": "no-such", "heard": "works"}, {"hotline": "th-191", "heard": "maybe"}, {}]
)
async def test_a_forged_call_is_refused(editor: Editor, house: StudioHouse, form: dict[str, str]) -> None:
    await editor.get(NUMBERS)
    await editor.post(NUMBERS, form)

    assert editor.status == 404
    assert await house.studio.calls.calls() == ()


async def test_what_is_due_is_listed_by_file_with_its_owner(house: StudioHouse, editor: Editor) -> None:
    house.desk.clock.set(house.desk.clock.now() + timedelta(days=85))
    await editor.sign_in(house.desk, EDIT)
    await editor.get("/studio/keep")
    assert "hotlines/thailand.yaml" in editor.text
    await editor.post("/studio/keep/owner", {"file": "hotlines/thailand.yaml", "owner": EDIT})

    await editor.get("/studio/keep?mine=yes")
    assert "hotlines/thailand.yaml" in editor.text
    assert "hotlines/laos.yaml" not in editor.text
    await editor.post("/studio/keep/owner", {"file": "../../etc/passwd", "owner": EDIT})
    assert await house.studio.calls.owners() == {"hotlines/thailand.yaml": EDIT}
    told = [
        (one.staff, one.what, one.why) for one in (await house.desk.chronicle.read())[0] if one.what.endswith("yaml")
    ]
    assert told == [(EDIT, "hotlines/thailand.yaml", f"owner: {EDIT}")]


async def test_the_history_of_a_number_tells_versions_and_calls(house: StudioHouse, editor: Editor) -> None:
    await editor.get(NUMBERS)
    await editor.post(NUMBERS, {"hotline": POLICE, "heard": "changed", "note": "a new menu"})

    await editor.get(f"/studio/keep/history?file=hotlines/thailand.yaml&id={POLICE}")
    assert editor.status == 200
    assert "a new menu" in editor.text
    await editor.get("/studio/keep/history?file=<script>&id=<script>")
    assert editor.status == 200
    assert "<script>" not in editor.text.split("<main")[1]


async def test_a_question_without_an_answer_becomes_a_topic(house: StudioHouse, editor: Editor) -> None:
    now = house.desk.clock.now()
    for number in range(WONDER_PEOPLE):
        for language, words in (("en", "can I bring my dog"), ("km", "យកឆ្កែទៅបានទេ")):
            person = ConversationId(f"{number:022}")
            await house.desk.store.wonder(Wondering(words, language, person), now)

    await editor.get("/studio/learn")
    assert "can I bring my dog" in editor.text
    assert "យកឆ្កែទៅបានទេ" in editor.text
    form = {
        "title": "Pets",
        "id": "pets",
        "stage": "before",
        "question:1": "en can I bring my dog",
        "question:2": "km យកឆ្កែទៅបានទេ",
    }
    await editor.post("/studio/learn/topic", form)

    assert editor.status == 200, editor.text
    (change,) = await house.studio.open_changes()
    assert editor.path == f"/studio/at/{change.id}/edit"
    topics = Document((await house.text(change.id, "topics/before.yaml")).encode()).at(())
    assert isinstance(topics, list)
    assert isinstance(topics[-1], dict)
    assert (topics[-1]["topic"], topics[-1]["ask"]) == ("pets", ["can I bring my dog"])
    khmer = Document((await house.text(change.id, "texts/km/topics/before.yaml")).encode())
    assert khmer.at(("ask", "pets")) == ["យកឆ្កែទៅបានទេ"]


@pytest.mark.parametrize(
    "form",
    [
        {"title": "", "id": "pets", "stage": "before"},
        {"title": "Pets", "id": "../x", "stage": "before"},
        {"title": "Pets", "id": "pets", "stage": "nowhere"},
        {"title": "Pets", "id": "legal-ways", "stage": "before"},
    ],
)
async def test_a_topic_needs_a_title_and_a_new_name(house: StudioHouse, editor: Editor, form: dict[str, str]) -> None:
    await editor.get("/studio/learn")
    await editor.post("/studio/learn/topic", form)

    assert 'class="told bad"' in editor.text
    assert await house.studio.open_changes() == ()
