"""The phone, the map and the effects of examples over real HTTP, with a small content of their own."""

import re
from collections import Counter
from collections.abc import AsyncIterator
from html import unescape
from pathlib import Path

import pytest

from bot.dialogue.script import Script
from bot.dialogue.steps import FlowId, ScreenId
from bot.studio.changes import Change, ChangeId, Edit
from bot.studio.traffic import OUTSIDE, Tally
from tests.compiler.content_builder import EXAMPLES, TOPIC, write_content
from tests.web.console.desk_house import EDIT
from tests.web.studio.studio_house import Editor, StudioHouse, a_studio_house

ASK = """\
flow: ask
title: Ask
screens:
  start:
    - say: "It is {fact:th-wage}. <i>Really?</i>"
    - choose:
        more: {label: "Tell me more", go: more}
        gone: {label: "Gone", go: home}
  more:
    - say: Here is more
    - ask: {text: "How many days?", as: number}
      save: days
    - say: "You said {days}."
    - choose: {again: {label: "Once more", go: start}}
"""
PHONE = "/studio/at/live/preview"


@pytest.fixture
async def house(page_script: Script, quick_folder: Path) -> AsyncIterator[StudioHouse]:
    content = write_content(quick_folder, {"flows/ask.yaml": ASK})
    async with a_studio_house(page_script, quick_folder, content) as house:
        yield house


@pytest.fixture
async def editor(house: StudioHouse) -> AsyncIterator[Editor]:
    async with Editor(house.desk.base) as editor:
        await editor.sign_in(house.desk, EDIT)
        yield editor


async def changed(house: StudioHouse, file: str, source: str) -> str:
    """A change in which a file says something else."""
    change = await house.archive.begin("Try", EDIT)
    assert isinstance(change, Change)
    blob = await house.archive.put(source.encode())
    outcome = await house.archive.act(ChangeId(change.id), EDIT, Edit(file, blob, change.tree.files.get(file)))
    assert isinstance(outcome, Change)
    return change.id


def fields(page: str) -> dict[str, str]:
    """What the phone's form would send."""
    form = page[page.index('<form class="phone-form"') :]
    found = {
        name: unescape(value) for name, value in re.findall(r'type="hidden" name="([a-z]+)" value="([^"]*)"', form)
    }
    for name, options in re.findall(r'<select id="g-[a-z]+" name="([a-z]+)">(.*?)</select>', form, re.DOTALL):
        chosen = re.search(r'value="([^"]*)"[^>]* selected', options)
        found[name] = chosen[1] if chosen else ""
    found |= dict(re.findall(r'type="(?:date|time)" name="([a-z]+)" value="([^"]*)"', form))
    return found | ({"helplines": "1"} if 'name="helplines" value="1" checked' in form else {})


def press(page: str, label: str) -> str:
    """What a button on the phone carries."""
    found = re.search(rf'name="press" value="([^"]+)"[^>]*>(?:<span[^>]*>[^<]*</span> )?{label}<', page)
    assert found, f"no button '{label}'"
    return unescape(found[1])


def screen(page: str) -> str:
    """What stands on the phone's screen."""
    inside = page[page.index("phone-screen") : page.index("phone-write")]
    return unescape(re.sub(r"<[^>]+>", "", inside[inside.index(">") + 1 :]))


async def test_the_phone_shows_a_thing_and_each_line_leads_to_its_editor(editor: Editor) -> None:
    page = await editor.get(f"{PHONE}?kind=screen&id=ask.start")

    assert editor.status == 200
    assert "400 baht" in screen(page)
    links = {unescape(link) for link in re.findall(r'class="from" href="([^"]+)"', page)}
    assert "/studio/at/live/edit?file=flows%2Fask.yaml&kind=screen&id=ask.start" in links
    assert "/studio/at/live/edit?file=facts%2Fthailand.yaml&kind=fact&id=th-wage" in links
    assert "&lt;i&gt;Really?" in page
    assert "<i>" not in page


async def test_a_conversation_is_walked_by_forms_alone(editor: Editor) -> None:
    page = await editor.get(f"{PHONE}?kind=flow&id=ask")
    page = await editor.post(PHONE, fields(page) | {"press": press(page, "Tell me more")})
    assert "Here is more" in screen(page)
    page = await editor.post(PHONE, fields(page) | {"words": "12", "do": "say"})
    assert "You said 12." in screen(page)
    page = await editor.post(PHONE, fields(page) | {"do": "undo"})
    assert "You said" not in screen(page)
    assert "How many days?" in screen(page)
    page = await editor.post(PHONE, fields(page) | {"send": "photo"})
    assert "Send a photo" in screen(page)
    page = await editor.post(PHONE, fields(page) | {"do": "wait", "hours": "12"})
    assert "12 hours" in screen(page)
    page = await editor.post(PHONE, fields(page) | {"do": "again"})
    assert "400 baht" in screen(page)
    assert fields(page)["acts"] == "[]"


async def test_the_same_screen_is_looked_at_as_somebody_else(editor: Editor) -> None:
    page = await editor.get(f"{PHONE}?kind=flow&id=ask")
    page = await editor.post(PHONE, fields(page) | {"press": press(page, "Tell me more")})
    told = fields(page)
    page = await editor.post(PHONE, told | {"language": "lo", "day": "2026-04-13", "clock": "23:30", "do": "look"})

    assert "Here is more" in screen(page)
    assert "13/04 23:30" in page
    assert (fields(page)["language"], fields(page)["acts"]) == ("lo", told["acts"])


async def test_what_is_typed_is_shown_and_is_no_part_of_the_page(editor: Editor) -> None:
    page = await editor.get(PHONE)
    page = await editor.post(PHONE, fields(page) | {"words": "<script>alert(1)</script>", "do": "say"})

    assert "<script>alert(1)" not in page
    assert '"><script>' not in page
    assert "<script>alert(1)</script>" in screen(page)


async def test_a_script_gets_the_phone_alone(editor: Editor) -> None:
    piece = await editor.get(PHONE, Accept="text/x-fragments")

    assert '<div id="loaded">' in piece
    assert "<html" not in piece


async def test_a_change_is_played_as_it_stands_and_what_is_live_is_not(house: StudioHouse, editor: Editor) -> None:
    change = await changed(house, "flows/ask.yaml", ASK.replace("Here is more", "Here is something new"))
    for at, words in ((change, "Here is something new"), ("live", "Here is more")):
        page = await editor.get(f"/studio/at/{at}/preview?kind=screen&id=ask.more")
        assert words in screen(page)


async def test_a_draft_with_a_mistake_tells_where_it_is_instead(house: StudioHouse, editor: Editor) -> None:
    change = await changed(house, "flows/ask.yaml", ASK.replace("go: more", "go: moer"))
    page = await editor.get(f"/studio/at/{change}/preview?kind=flow&id=ask")

    assert editor.status == 200
    assert "phone-screen" not in page
    assert "moer" in page
    assert f'href="/studio/at/{change}/edit?file=flows%2Fask.yaml&amp;as=text#L7"' in page
    drawn = await editor.get(f"/studio/at/{change}/map?flow=ask")
    assert 'class="way-out goes gone"' in drawn
    assert "nothing leads here" in drawn


async def test_the_map_shows_all_dialogues_and_leads_to_screens(editor: Editor) -> None:
    whole = await editor.get("/studio/at/live/map")
    assert editor.status == 200
    assert 'href="/studio/at/live/map?stage=work"' in whole or "stage=work" not in whole
    assert 'href="/studio/at/live/map?flow=ask"' in whole
    flow = await editor.get("/studio/at/live/map?flow=ask&language=lo")
    links = {unescape(link) for link in re.findall(r'<a href="([^"]+)"', flow)}
    assert "/studio/at/live/edit?file=flows%2Fask.yaml&kind=screen&id=ask.more" in links
    assert 'class="box missing start"' in flow
    assert 'class="box good start"' in await editor.get("/studio/at/live/map?flow=ask&language=en")
    stage = await editor.get("/studio/at/live/map?stage=work")
    links = {unescape(link) for link in re.findall(r'<a href="([^"]+)"', stage)}
    assert "/studio/at/live/edit?file=topics%2Fwork.yaml&kind=topic&id=minimum-wage" in links
    for query in ("flow=nowhere", "stage=nowhere"):
        await editor.get(f"/studio/at/live/map?{query}")
        assert editor.status == 404


async def test_numbers_stand_on_the_map_once_they_point_at_nobody(house: StudioHouse, editor: Editor) -> None:
    tally = Tally(house.studio.office.script, house.desk.clock, b"")
    start, more = ((FlowId("ask"), ScreenId(name)) for name in ("start", "more"))
    tally.put_back(
        house.desk.clock.now().date(), Counter({(OUTSIDE, start): 41, (start, more): 4, (OUTSIDE, more): 26})
    )
    await house.studio.traffic.flush(tally)
    page = await editor.get("/studio/at/live/map?flow=ask")

    assert "41 came here" in page
    assert "30 came here" in page
    assert "30 went no further" in page
    # It would tell that four went on.
    assert "37 went no further" not in page
    assert "4 went this way" not in page


async def test_answers_after_which_people_asked_for_a_person_stand_where_editors_learn(
    house: StudioHouse, editor: Editor
) -> None:
    tally = Tally(house.studio.office.script, house.desk.clock, b"")
    wage, gone = ((FlowId(f"topic.{name}"), ScreenId("answer")) for name in ("minimum-wage", "gone"))
    person = (house.studio.office.script().special.person, ScreenId("start"))
    ways = {(OUTSIDE, wage): 30, (wage, person): 12, (OUTSIDE, gone): 30, (gone, person): 20}
    tally.put_back(house.desk.clock.now().date(), Counter(ways))
    assert "then asked" not in await editor.get("/studio/learn")
    await house.studio.traffic.flush(tally)
    page = await editor.get("/studio/learn")

    assert editor.status == 200
    assert "read by 30" in page
    assert "then asked 12" in page
    assert "then asked 20" not in page


async def test_a_draft_that_cannot_be_read_has_no_map(house: StudioHouse, editor: Editor) -> None:
    change = await changed(house, "flows/ask.yaml", "a: [b")
    page = await editor.get(f"/studio/at/{change}/map")

    assert editor.status == 200
    assert "there is no map" in page


async def test_effects_are_told_where_example_questions_were_changed(house: StudioHouse, editor: Editor) -> None:
    same = await editor.get("/studio/at/live/effects")
    assert "No example question was changed." in same
    change = await changed(
        house, "topics/work.yaml", TOPIC.replace(EXAMPLES, EXAMPLES.replace("]", ", what do I earn]"))
    )
    page = await editor.get(f"/studio/at/{change}/effects")
    assert "1 questions tried" in page
    assert "No question goes elsewhere." in page
