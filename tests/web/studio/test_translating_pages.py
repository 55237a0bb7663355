"""A translator works in the studio or with a file, and whatever cannot be taken is told and not lost."""

import csv
import html
import io
import re
from collections.abc import AsyncIterator

import pytest

from bot.compiler.translations import hash_of
from bot.messages import Language
from bot.studio.units import State, Unit, units_of
from tests.web.console.desk_house import EDIT, SUE
from tests.web.studio.studio_house import Editor, StudioHouse

KHMER = Language("km")


@pytest.fixture
async def editor(house: StudioHouse) -> AsyncIterator[Editor]:
    async with Editor(house.desk.base) as browser:
        await browser.sign_in(house.desk, EDIT)
        yield browser


async def _units(house: StudioHouse) -> list[Unit]:
    assembled = await house.studio.assembled(await house.studio.present())
    assert assembled is not None
    return list(units_of(assembled, KHMER))


def _form(unit: Unit, words: str, **more: str) -> dict[str, str]:
    return {"id": unit.id, "from": unit.hash, "was": hash_of(unit.words), "words": words, **more}


async def test_each_language_shows_how_far_it_is(house: StudioHouse, editor: Editor) -> None:
    await editor.get("/studio/at/live/translate")

    assert editor.status == 200
    for language in ("km", "lo", "my", "th"):
        assert f"/studio/at/live/translate/{language}?state=missing" in editor.text
    units = await _units(house)
    vital = sum(unit.vital and unit.state is State.MISSING for unit in units)
    assert str(vital) in editor.text


async def test_texts_are_found_by_state_and_by_words(house: StudioHouse, editor: Editor) -> None:
    units = await _units(house)
    draft = next(unit for unit in units if unit.state is State.DRAFT)

    await editor.get(f"/studio/at/live/translate/km?find={draft.id}&state=draft")
    assert f'id="{draft.id}"' in editor.text
    await editor.get(f"/studio/at/live/translate/km?find={draft.id}&state=missing")
    assert f'id="{draft.id}"' not in editor.text


async def test_saving_a_text_begins_a_change_and_goes_on_to_the_next(house: StudioHouse, editor: Editor) -> None:
    unit = next(unit for unit in await _units(house) if unit.state is State.DRAFT and "{" not in unit.english)

    await editor.get(f"/studio/at/live/translate/km/text?id={unit.id}")
    assert html.escape(unit.english[:20]) in editor.text
    await editor.post("/studio/at/live/translate/km/text", _form(unit, "ពាក្យថ្មី", reviewed="yes"))

    assert editor.status == 200
    (change,) = await house.studio.open_changes()
    assert change.title == "Translation: Khmer"
    assert editor.path == f"/studio/at/{change.id}/translate/km/text"
    assembled = await house.studio.assembled(house.studio.look_at(change))
    assert assembled is not None
    after = next(one for one in units_of(assembled, KHMER) if one.id == unit.id)
    assert (after.words, after.state, after.by) == ("ពាក្យថ្មី", State.REVIEWED, "Edit")
    assert after.on == house.studio.today().isoformat()


@pytest.mark.parametrize(
    ("words", "told"),
    [("ข้อความภาษาไทย", "does not belong"), ("ក 12 ខ", "the figure"), ("", ""), ("ក {fact:x}", "{fact:x}")],
)
async def test_what_the_check_is_against_stays_in_the_field(
    house: StudioHouse, editor: Editor, words: str, told: str
) -> None:
    unit = next(unit for unit in await _units(house) if unit.state is State.DRAFT and "{" not in unit.english)

    await editor.get(f"/studio/at/live/translate/km/text?id={unit.id}")
    await editor.post("/studio/at/live/translate/km/text", _form(unit, words))

    assert editor.status == 409
    assert told in html.unescape(editor.text)
    assert f">{html.escape(words)}</textarea>" in editor.text
    assert await house.studio.open_changes() == ()


async def test_two_who_translate_the_same_text_lose_nothing(house: StudioHouse, editor: Editor) -> None:
    unit = next(unit for unit in await _units(house) if unit.state is State.DRAFT and "{" not in unit.english)
    change = await editor.begin("Khmer")
    path = f"/studio/at/{change}/translate/km/text"

    await editor.get(f"{path}?id={unit.id}")
    await editor.post(path, _form(unit, "មួយ"))
    assert editor.status == 200
    await editor.post(path, _form(unit, "ពីរ"))

    assert editor.status == 409
    assert "ពីរ</textarea>" in editor.text
    assert "Somebody else saved this text meanwhile" in editor.text
    assert "មួយ" in await house.text(change, unit.target)


async def test_a_file_without_news_begins_no_change(house: StudioHouse, editor: Editor) -> None:
    path = "/studio/at/live/translate/km"
    await editor.get(f"{path}/file?form=csv")
    sent = editor.text.encode()
    await editor.get(path)
    await editor.upload(f"{path}/file", sent, {}, "back.csv", "text/csv")

    assert (editor.status, await house.studio.open_changes()) == (200, ())


async def test_a_text_that_was_saved_already_is_saved_whoever_sends_it_again(
    house: StudioHouse, editor: Editor
) -> None:
    unit = next(unit for unit in await _units(house) if unit.state is State.DRAFT and "{" not in unit.english)
    change = await editor.begin("Khmer")
    path = f"/studio/at/{change}/translate/km/text"

    await editor.get(f"{path}?id={unit.id}")
    for _ in range(2):
        await editor.post(path, _form(unit, "មួយ"))
        assert editor.status == 200


@pytest.mark.parametrize("form", ["csv", "xlf", "po"])
async def test_a_file_goes_out_and_comes_back_with_a_report(house: StudioHouse, editor: Editor, form: str) -> None:
    units = await _units(house)
    unit = next(unit for unit in units if unit.state is State.DRAFT and "{" not in unit.english)
    change = await editor.begin("Khmer")
    path = f"/studio/at/{change}/translate/km"

    await editor.get(f"{path}/file?form={form}")
    assert editor.status == 200
    changed = editor.text.replace(unit.words, "ពាក្យថ្មី").encode()
    await editor.get(path)
    await editor.upload(f"{path}/file", changed, {}, f"back.{form}", "application/octet-stream")

    assert editor.status == 200
    count = sum(one.words == unit.words for one in units)
    assert re.search(rf"<b>{count}</b> Taken", editor.text), editor.text
    assert "ពាក្យថ្មី" in await house.text(change, unit.target)


async def test_what_is_wrong_in_a_table_is_told_line_by_line(house: StudioHouse, editor: Editor) -> None:
    units = [unit for unit in await _units(house) if unit.state is State.DRAFT]
    slotted = next(unit for unit in units if "{fact:" in unit.english)
    plain = next(unit for unit in units if "{" not in unit.english)
    change = await editor.begin("Khmer")
    out = io.StringIO()
    csv.writer(out).writerows(
        [
            ["id", "from", "translation km"],
            [slotted.id, slotted.hash, "ក"],
            [plain.id, "00000000", "ខ"],
            ["<script>alert(1)</script>", "", "គ"],
        ]
    )

    await editor.get(f"/studio/at/{change}/translate/km")
    await editor.upload(f"/studio/at/{change}/translate/km/file", out.getvalue().encode(), {}, "x.csv", "text/csv")

    told = html.unescape(editor.text)
    assert "Line 2:" in told
    assert "− {fact:" in told
    assert "Line 3:" in told
    assert "The English has changed" in told
    assert "Line 4:" in told
    assert "<script>alert" not in editor.text
    assert (await house.change(change)).files() == {}


@pytest.mark.parametrize(
    ("name", "content", "status"),
    [
        ("x.exe", b"MZ", 200),
        ("x.csv", b"\xff\xff", 422),
        ("x.csv", b"PK\x03\x04\x00", 422),
        ("x.xlf", b'<!DOCTYPE a [<!ENTITY b "c">]><a>&b;</a>', 422),
        ("x.po", b"/etc/passwd", 422),
        ("../../x.csv", b"id,translation lo,from\na,b,c\n", 422),
        ("x.csv", b"x" * 8_100_000, 413),
    ],
)
async def test_hostile_files_are_refused_with_words(
    house: StudioHouse, editor: Editor, name: str, content: bytes, status: int
) -> None:
    change = await editor.begin("Khmer")
    await editor.get(f"/studio/at/{change}/translate/km")

    await editor.upload(f"/studio/at/{change}/translate/km/file", content, {}, name, "text/csv")

    assert editor.status == status
    assert 'class="told bad"' in editor.text or status == 413
    assert (await house.change(change)).files() == {}


async def test_who_only_reviews_cannot_translate(house: StudioHouse) -> None:
    async with Editor(house.desk.base) as browser:
        await browser.sign_in(house.desk, SUE)
        unit = (await _units(house))[0]
        await browser.get(f"/studio/at/live/translate/km/text?id={unit.id}")
        assert browser.status == 200
        assert "<textarea" not in browser.text
        await browser.post("/studio/at/live/translate/km/text", _form(unit, "ក"))
        assert browser.status == 403


async def test_where_a_file_cannot_be_read_the_page_says_which(house: StudioHouse, editor: Editor) -> None:
    change = await editor.begin("Broken")
    name = "facts/cambodia.yaml"
    expects = (await house.change(change)).tree.files[name]
    await editor.get(f"/studio/at/{change}/edit?file={name}")
    form = {"file": name, "expects": expects, "source": "- fact: [\n"}
    await editor.post(f"/studio/at/{change}/edit/text", form)
    await editor.get(f"/studio/at/{change}/translate")

    assert (editor.status, editor.path) == (200, f"/studio/at/{change}/findings")
    assert name in editor.text


async def test_the_matrix_shows_who_gets_no_answer(editor: Editor) -> None:
    for language in ("en", "km"):
        await editor.get(f"/studio/at/live/coverage/{language}")
        assert editor.status == 200
        assert editor.text.count('<td class="cell ') == 2 * 3 * 4
    await editor.get("/studio/at/live/coverage/xx")
    assert editor.status == 404
