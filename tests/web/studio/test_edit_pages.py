"""Things are edited in forms and as text, by two people at once too, and nothing of anybody gets lost."""

import html
import json
import re

from aiohttp import FormData
from multidict import MultiDict, MultiDictProxy

from bot.studio.changes import ChangeState
from bot.studio.forms import ScreenForm
from bot.studio.kinds import Kind
from handlers.web.studio.editing import Thing, form_of, text_as_file
from tests.web.console.desk_house import EDIT, OPAL
from tests.web.console.test_hostile import _tags, payloads
from tests.web.studio.studio_house import Editor, StudioHouse
from tests.web.studio.test_form_fields import Sent

FACT, FILE = "th-wage-bangkok", "facts/thailand.yaml"
OTHER_FACT = "th-wage-tak"


def sent(page: str) -> dict[str, str]:
    """The fields of the page's own form, as a browser would send them."""
    form = re.search(r'<form id="form".*?</form>', page, re.DOTALL)
    assert form, page
    found = Sent()
    found.feed(form.group())
    return dict(found.fields)


def sent_all(page: str, path: str) -> list[tuple[str, str]]:
    """The fields of the form of the page that goes there, those of one name too."""
    form = re.search(rf'<form[^>]* action="{re.escape(path)}".*?</form>', page, re.DOTALL)
    found = Sent()
    found.feed(form.group() if form else "")
    return found.fields


async def save(editor: Editor, change: str, form: dict[str, str]) -> str:
    return await editor.post(f"/studio/at/{change}/edit", form, csrf=form["csrf"])


async def test_a_value_is_changed_in_a_form_and_nothing_else_of_the_file(house: StudioHouse) -> None:
    async with Editor(house.desk.base) as edit:
        await edit.sign_in(house.desk, EDIT)
        change = await edit.begin("Wage")
        before = await house.text(change, FILE)
        form = sent(await edit.open(change, "fact", FACT, FILE))
        assert form["value"]
        await save(edit, change, form | {"value": "412"})
        assert edit.status == 200, edit.text
        assert "Saved." in edit.text
        after = await house.text(change, FILE)
        changed = [pair for pair in zip(before.splitlines(), after.splitlines(), strict=True) if pair[0] != pair[1]]
        assert changed == [(f"  value: {form['value']}", "  value: 412")]
        assert await house.archive.present() == (await house.change(change)).origin
        await save(edit, change, sent(edit.text))
        assert "Nothing was different" in edit.text


async def test_what_is_wrong_stands_beside_its_field_and_what_was_typed_stays(house: StudioHouse) -> None:
    async with Editor(house.desk.base) as edit:
        await edit.sign_in(house.desk, EDIT)
        change = await edit.begin("Wage")
        before = (await house.change(change)).tree
        form = sent(await edit.open(change, "fact", FACT, FILE))
        await save(edit, change, form | {"value": "a lot", "source.url": "", "checked": "yesterday"})
        assert edit.status == 422
        for name in ("value", "checked", "source.url"):
            said = re.search(rf'data-wrong="{re.escape(name)}"[^>]*>([^<]+)<', edit.text)
            assert said, name
            assert said.group(1).strip(), name
        assert sent(edit.text)["value"] == "a lot"
        assert sent(edit.text)["checked"] == "yesterday"
        assert (await house.change(change)).tree == before


async def test_two_people_in_one_file_do_not_meet_unless_in_the_same_thing(house: StudioHouse) -> None:
    async with Editor(house.desk.base) as one, Editor(house.desk.base) as other:
        await one.sign_in(house.desk, EDIT)
        await other.sign_in(house.desk, EDIT)
        change = await one.begin("Wages")
        mine, theirs = (
            sent(await one.open(change, "fact", FACT, FILE)),
            sent(await other.open(change, "fact", OTHER_FACT, FILE)),
        )
        await save(one, change, mine | {"value": "411"})
        await save(other, change, theirs | {"value": "355"})
        assert (one.status, other.status) == (200, 200)
        text = await house.text(change, FILE)
        assert "value: 411" in text
        assert "value: 355" in text


async def test_two_people_at_the_same_thing_see_both_and_the_second_decides(house: StudioHouse) -> None:
    async with Editor(house.desk.base) as one, Editor(house.desk.base) as other:
        await one.sign_in(house.desk, EDIT)
        await other.sign_in(house.desk, EDIT)
        change = await one.begin("Wages")
        mine, theirs = (
            sent(await one.open(change, "fact", FACT, FILE)),
            sent(await other.open(change, "fact", FACT, FILE)),
        )
        await save(one, change, mine | {"value": "411"})
        page = await save(other, change, theirs | {"value": "422", "about": "Bangkok, all work"})
        assert other.status == 409
        assert "Somebody else changed the same" in page
        assert "411" in page.partition('id="form"')[0]
        kept = sent(page)
        assert (kept["value"], kept["about"]) == ("422", "Bangkok, all work")
        assert "value: 411" in await house.text(change, FILE)
        await save(other, change, kept)
        assert other.status == 200
        text = await house.text(change, FILE)
        assert "value: 422" in text
        assert "Bangkok, all work" in text


async def test_what_stood_there_hours_ago_and_is_not_kept_any_more_loses_nothing_of_ones_own(
    house: StudioHouse,
) -> None:
    async with Editor(house.desk.base) as edit:
        await edit.sign_in(house.desk, EDIT)
        change = await edit.begin("Wage")
        form = sent(await edit.open(change, "fact", FACT, FILE))
        await save(edit, change, form | {"value": "412", "expects": "0" * 64})
        assert edit.status == 409
        assert sent(edit.text)["value"] == "412"
        await save(edit, change, sent(edit.text))
        assert "  value: 412\n" in await house.text(change, FILE)


async def test_numbers_that_are_none_break_no_page(house: StudioHouse) -> None:
    async with Editor(house.desk.base) as edit:
        await edit.sign_in(house.desk, EDIT)
        await edit.get("/studio/at/live/content?from=%C2%B2")
        assert edit.status == 200
        await edit.get("/studio/versions?from=%C2%B2")
        assert edit.status == 404
        await edit.get("/studio/versions?from=")
        assert edit.status == 200
        await edit.post("/studio/changes", {"title": "Two lines", "next": "media\r\nSet-Cookie: a=b"})
        assert (edit.status, edit.path.rpartition("/")[2]) == (200, "content")
        await edit.post("/studio/changes/none%0D%0Asuch/schedule", {"at": "soon"})
        assert edit.status == 404


def test_rows_are_taken_out_of_a_form_of_any_size() -> None:
    rows = [f"steps.{number}.options.{other}" for number in range(30) for other in range(100)]
    told = [*((f"{row}.label", "x") for row in rows), *(("out", row) for row in rows[1:]), ("out", "." * 10_000)]
    form = form_of(Thing(Kind.SCREEN, "home.menu"), MultiDictProxy(MultiDict(told)))

    assert isinstance(form, ScreenForm)
    assert len(form.steps) == 1


async def test_two_people_in_the_text_of_one_file_see_both(house: StudioHouse) -> None:
    async with Editor(house.desk.base) as one, Editor(house.desk.base) as other:
        await one.sign_in(house.desk, EDIT)
        await other.sign_in(house.desk, EDIT)
        change = await one.begin("Wages")
        before = await house.text(change, FILE)
        form = {"file": FILE, "expects": (await house.change(change)).tree.files[FILE]}
        for browser in (one, other):
            await browser.get(f"/studio/at/{change}/edit?file={FILE}")
        await one.post(f"/studio/at/{change}/edit/text", form | {"source": f"{before}# one\n"})
        await other.post(f"/studio/at/{change}/edit/text", form | {"source": f"{before}# other\n"})
        assert (one.status, other.status) == (200, 409)
        assert html.unescape(other.text).count("# one\n") == 1
        assert html.unescape(other.text).count("# other\n") == 1
        assert await house.text(change, FILE) == f"{before}# one\n"


async def test_what_is_live_or_closed_is_not_edited(house: StudioHouse) -> None:
    async with Editor(house.desk.base) as edit:
        await edit.sign_in(house.desk, EDIT)
        change = await edit.begin("Wages")
        form = sent(await edit.open(change, "fact", FACT, FILE)) | {"value": "411"}
        await edit.post("/studio/at/live/edit", form)
        assert "Begin a change first" in edit.text
        await edit.post(f"/studio/changes/{change}/drop")
        await edit.post(f"/studio/at/{change}/edit", form)
        now = await house.change(change)
        assert (now.state, now.files()) == (ChangeState.DROPPED, {})


async def test_a_new_dialogue_with_a_screen_is_written_and_taken_out_again(house: StudioHouse) -> None:
    async with Editor(house.desk.base) as edit:
        await edit.sign_in(house.desk, EDIT)
        change = await edit.begin("A dialogue")
        await edit.get(f"/studio/at/{change}/content?kind=flow")
        await edit.post(f"/studio/at/{change}/content/add", {"kind": "flow", "id": "lost-phone"})
        assert edit.path == f"/studio/at/{change}/edit"
        await save(edit, change, sent(edit.text) | {"title": "I lost my phone"})
        file = "flows/lost-phone.yaml"
        assert "title: I lost my phone" in await house.text(change, file)
        form = sent(await edit.open(change, "screen", "lost-phone.block", file))
        step = {"steps.0.does": "say", "steps.0.words": "Block the card first."}
        await save(edit, change, form | step)
        assert edit.status == 200, edit.text
        text = await house.text(change, file)
        assert "block:" in text
        assert "Block the card first." in text
        await edit.open(change, "flow", "lost-phone", file)
        expects = (await house.change(change)).tree.files[file]
        form = {"form": "flow", "id": "lost-phone", "file": file, "expects": expects}
        await edit.post(f"/studio/at/{change}/edit/remove", form)
        assert file not in (await house.change(change)).tree.files


async def test_only_fit_ids_make_something_new(house: StudioHouse) -> None:
    async with Editor(house.desk.base) as edit:
        await edit.sign_in(house.desk, EDIT)
        change = await edit.begin("Ids")
        for entry, file, told in (
            ("../../x", FILE, "Please write an id"),
            ("X y", FILE, "Please write an id"),
            ("fine", "../../etc/passwd", "Please write an id"),
            ("fine", "bot.yaml", "Please write an id"),
            (FACT, FILE, "This id is taken"),
        ):
            await edit.post(f"/studio/at/{change}/content/add", {"kind": "fact", "id": entry, "file": file})
            assert told in edit.text, (entry, file)


async def test_no_other_file_is_opened_or_written(house: StudioHouse) -> None:
    async with Editor(house.desk.base) as edit:
        await edit.sign_in(house.desk, EDIT)
        change = await edit.begin("Files")
        before = (await house.change(change)).tree
        for file in ("../../../etc/passwd", "/etc/passwd", "media/passport.png", "facts/../bot.yaml", "x.yaml", ""):
            await edit.get(f"/studio/at/{change}/edit?file={file}")
            assert edit.status == 404, file
            for path, form in (
                ("edit/text", {"source": "x: 1"}),
                ("edit", {"form": "fact", "id": "x"}),
                ("check", {"source": "x"}),
            ):
                await edit.post(f"/studio/at/{change}/{path}", {"file": file, **form})
                assert edit.status == 404, (file, path)
        assert (await house.change(change)).tree == before


async def test_rows_are_moved_and_taken_out_without_a_script(house: StudioHouse) -> None:
    told = {
        "steps.0.does": "say",
        "steps.0.words": "one",
        "steps.0.place": "1",
        "steps.1.does": "say",
        "steps.1.words": "two",
        "steps.1.place": "2",
        "steps.2.does": "say",
        "steps.2.words": "three",
        "steps.2.place": "1",
        "steps.3.does": "say",
        "steps.3.words": "four",
        "steps.3.place": "4",
        "out": "steps.1",
    }
    form = form_of(Thing(Kind.SCREEN, "a.b"), MultiDictProxy(MultiDict(told)))
    assert isinstance(form, ScreenForm)
    assert [step.words for step in form.steps] == ["three", "one", "four"]
    moved = form_of(
        Thing(Kind.SCREEN, "a.b"),
        MultiDictProxy(MultiDict(told | {"steps.2.place": "3", "steps.0.place": "3", "out": ""})),
    )
    assert isinstance(moved, ScreenForm)
    assert [step.words for step in moved.steps] == ["two", "three", "one", "four"]


def test_the_text_of_a_file_keeps_its_line_ends() -> None:
    assert text_as_file("a\r\nb", b"a\n") == b"a\nb\n"
    assert text_as_file("a\r\nb\r\n", b"a\r\n") == b"a\r\nb\r\n"
    assert text_as_file("a", b"a") == b"a"


async def test_five_hundred_payloads_run_nowhere_in_the_studio(house: StudioHouse) -> None:
    async with Editor(house.desk.base) as edit, Editor(house.desk.base) as opal:
        await edit.sign_in(house.desk, EDIT)
        await opal.sign_in(house.desk, OPAL)
        change = await edit.begin("Payloads")
        clean = _tags(await edit.open(change, "fact", FACT, FILE))
        for payload in payloads()[::25]:
            form = sent(await edit.open(change, "fact", FACT, FILE))
            text = await save(edit, change, form | {"about": payload, "value": payload, "unit": payload})
            assert edit.status in (200, 409, 422)
            assert _tags(text) == clean, payload
            await edit.get(f"/studio/at/{change}/content", Accept="text/html")
        every = "\n".join(payloads())
        now = (await house.change(change)).tree.files[FILE]
        await edit.get(f"/studio/at/{change}/edit?file={FILE}")
        await edit.post(f"/studio/at/{change}/edit/text", {"file": FILE, "expects": now, "source": every})
        assert edit.status == 200
        assert "</textarea><script" not in edit.text
        await edit.post(f"/studio/changes/{change}/retitle", {"title": payloads()[0][:100]})
        for payload in payloads()[::40]:
            await edit.post(f"/studio/changes/{change}/comment", {"words": payload})
        pages = [
            f"/studio/changes/{change}",
            "/studio",
            "/studio/changes",
            f"/studio/at/{change}/content?q=%3Cscript%3E",
        ]
        for page in pages:
            for browser in (edit, opal):
                text = await browser.get(page)
                assert browser.status == 200, page
                assert set(_tags(text)) <= {"script", "svg", "meta"}, page
                assert "<script>" not in text, page


async def test_while_somebody_types_they_are_told_what_is_wrong_and_what_may_stand_there(
    whole_house: StudioHouse,
) -> None:
    house = whole_house
    async with Editor(house.desk.base) as edit:
        await edit.sign_in(house.desk, EDIT)
        change = await edit.begin("Typing")
        at, flow = f"/studio/at/{change}", "flows/unpaid-wages.yaml"
        text = await house.text(change, flow)
        await edit.get(f"{at}/edit?file={flow}")
        broken = text.replace("go: days", "go: dayz", 1)
        found = json.loads(await edit.post(f"{at}/check", {"file": flow, "source": broken}))
        line = broken[: broken.index("dayz")].count("\n") + 1
        assert [(one["line"], one["severity"]) for one in found["findings"]] == [(line, "error")]
        assert "dayz" in found["findings"][0]["words"]
        form = sent(await edit.open(change, "fact", FACT, FILE))
        found = json.loads(await edit.post(f"{at}/check", form | {"value": "a lot"}))
        assert list(found["wrong"]) == ["value"]
        assert (await house.change(change)).files() == {}
        begun = f"{text.rstrip()}\n    - go: d"
        where = {"line": str(begun.count("\n") + 1), "column": "12"}
        words = json.loads(await edit.post(f"{at}/complete", {"file": flow, "source": begun, **where}))
        assert "days" in [one["word"] for one in words]


FORMS = (
    ("hotline", "th-1669", "hotlines/thailand.yaml", "name"),
    ("fact", FACT, FILE, "about"),
    ("topic", "minimum-wage", "topics/work.yaml", "title"),
    ("danger", "locked", "safety.yaml", "points"),
    ("helpline", "example-thailand", "helplines.yaml", "name"),
    ("phrase", "home", "phrases.yaml", "text"),
    ("flow", "home", "flows/home.yaml", "title"),
    ("screen", "home.menu", "flows/home.yaml", "steps.0.words"),
)
"""A thing of each kind, and a field of it to type into."""


async def test_each_form_is_saved_as_a_browser_sends_it(whole_house: StudioHouse) -> None:
    house = whole_house
    async with Editor(house.desk.base) as edit:
        await edit.sign_in(house.desk, EDIT)
        change = await edit.begin("One word")
        path = f"/studio/at/{change}/edit"
        for kind, entry, file, field in FORMS:
            before = (await house.text(change, file)).splitlines()
            fields = sent_all(await edit.open(change, kind, entry, file), path)
            new = "2.5" if field == "points" else "Words"
            assert field in dict(fields), kind
            await _send(edit, house, path, [(name, new if name == field else value) for name, value in fields])
            assert (edit.status, "Saved." in edit.text) == (200, True), (kind, edit.text)
            after = (await house.text(change, file)).splitlines()
            assert new in next(now for old, now in zip(before, after, strict=False) if old != now), kind


async def test_what_was_typed_outlasts_the_session(house: StudioHouse) -> None:
    hotline, file = "th-1669", "hotlines/thailand.yaml"
    async with Editor(house.desk.base) as edit:
        await edit.sign_in(house.desk, EDIT)
        change = await edit.begin("A better name")
        before = await house.text(change, file)
        fields = sent_all(await edit.open(change, "hotline", hotline, file), f"/studio/at/{change}/edit")
        # Several of one name, as boxes are that are ticked.
        assert [value for name, value in fields if name == "kind"] == ["medical", "emergency"]
        typed = [(name, "Ambulance of Thailand" if name == "name" else value) for name, value in fields]
        await edit.post("/desk/sign-out")
        path = f"/studio/at/{change}/edit"
        back = await _send(edit, house, path, typed)
        assert edit.status == 401
        await edit.sign_in(house.desk, EDIT)
        back = await _send(edit, house, path, back)
        assert (edit.status, "Ambulance of Thailand" in edit.text) == (409, True)
        await _send(edit, house, path, back)
        assert (edit.status, "Saved." in edit.text) == (200, True)
        after = await house.text(change, file)

    changed = [(old, new) for old, new in zip(before.splitlines(), after.splitlines(), strict=True) if old != new]
    assert changed == [("  name: Ambulance (Thailand)", "  name: Ambulance of Thailand")]


async def _send(editor: Editor, house: StudioHouse, path: str, fields: list[tuple[str, str]]) -> list[tuple[str, str]]:
    """Send fields as they are; gives those of the form that came back."""
    headers = {"Accept": "text/html", "Sec-Fetch-Site": "same-origin"}
    async with editor._client.post(house.desk.base + path, data=FormData(fields), headers=headers) as response:
        return sent_all(await editor._read(response), path)
