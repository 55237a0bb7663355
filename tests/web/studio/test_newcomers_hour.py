"""An hour of somebody who is new here, in two real browsers: from a fee that has changed to the way back.

Screenshots go to the folder that SCREENSHOTS names, for people to look at. Nothing outside this machine is reached.
"""

import csv
import io
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from selenium.webdriver.common.by import By
from selenium.webdriver.support.select import Select

from bot.dialogue.script import Script
from bot.studio.changes import ChangeId
from bot.studio.uploads import LARGEST_UPLOAD
from tests.web.browsers import IN_A_BROWSER, LAPTOP, PHONE, Beside, Desk
from tests.web.console.desk_house import EDIT, SUE
from tests.web.studio.studio_house import StudioHouse, a_studio_house, begin_session, whole_content

pytestmark = IN_A_BROWSER

FACT, FACT_FILE = "th-fee-mm-passport", "facts/thailand.yaml"
TOPIC, TOPIC_FILE = "passport-get", "topics/before.yaml"
SMALL = (320, 640)
NEW_WORDS = "ຖາມຄືນອີກ: ລາຄາຂຶ້ນແລ້ວໃນປີນີ້."


@pytest.fixture
def hour(page_script: Script, quick_folder: Path) -> Iterator[Beside[StudioHouse]]:
    house = a_studio_house(page_script, quick_folder / "data", whole_content(quick_folder / "content"))
    beside = Beside(house, lambda house: house.desk.base)
    yield beside
    beside.end()


@pytest.fixture
def desks(hour: Beside[StudioHouse]) -> Iterator[tuple[Desk, Desk]]:
    opened = (Desk(hour.base, LAPTOP), Desk(hour.base, PHONE))
    yield opened
    for desk in opened:
        desk.quit()


def test_a_newcomers_hour(hour: Beside[StudioHouse], desks: tuple[Desk, Desk], quick_folder: Path) -> None:
    edit, sue = desks
    for desk, member in ((edit, EDIT), (sue, SUE)):
        desk.be(hour.do(begin_session(hour.house, member)))
    began = time.monotonic()

    # A fee has changed.
    edit.go("/studio")
    edit.fill(title="The passport fee went up")
    edit.press("form.begin button.main")
    edit.until(lambda: edit.path.endswith("/content"))
    change = edit.path.split("/")[3]
    at = f"/studio/at/{change}"
    edit.driver.find_element(By.NAME, "q").send_keys("passport")
    edit.press("form.search button")
    edit.until(lambda: len(edit.driver.find_elements(By.TAG_NAME, "mark")) > 3)
    edit.picture("search-en-1280")
    edit.go(f"{at}/edit?file={FACT_FILE}&kind=fact&id={FACT}")
    edit.until_shown("The check finds nothing wrong here.")
    _put(edit, "value", "a lot")
    edit.until(lambda: bool(edit.driver.find_element(By.ID, "w-value").text))
    edit.picture("fact-en-1280")
    _put(edit, "value", "120")
    edit.until(lambda: not edit.driver.find_element(By.ID, "w-value").text)
    edit.press(".save button.main")
    edit.until_shown("Saved.")

    # What people read about it becomes another text, and the other languages are out of date.
    edit.go(f"{at}/edit?file={TOPIC_FILE}&kind=topic&id={TOPIC}")
    box = edit.driver.find_element(By.NAME, "answer.1.text")
    edit.driver.execute_script(
        "arguments[0].value += '\\n\\nAsk again: the price went up this year.'; arguments[0].dispatchEvent(new Event('input', {bubbles: true}))",
        box,
    )
    edit.press(".save button.main")
    edit.until_shown("Saved.")
    stale = [badge.text for badge in edit.driver.find_elements(By.CSS_SELECTOR, "main > .facts .badge.high")]
    assert len(stale) == 4, edit.text
    edit.until(lambda: bool(edit.driver.find_elements(By.CSS_SELECTOR, ".by-side .phone-said")))
    edit.picture("topic-en-1280")

    _translate_one(edit, at, quick_folder)
    _look_as_a_lao_woman_at_night(edit, at)
    _break_a_link_and_mend_it(hour, edit, change)
    _publish_with_a_second_person(hour, edit, sue, change)

    # And back.
    edit.go("/studio/versions/1")
    edit.fill(why="The embassy says it is the old fee until March")
    edit.press("form[action$='/roll-back'] button")
    edit.until_shown("Gone back")
    edit.picture("versions-en-1280")
    kinds = [one.kind for one in hour.do(hour.house.archive.versions())]
    assert kinds == ["rolled-back", "published", "imported"]
    sys.stdout.write(f"a newcomer's hour takes two browsers {time.monotonic() - began:.0f} s\n")


def _translate_one(edit: Desk, at: str, folder: Path) -> None:
    edit.go(f"{at}/translate/lo?state=stale")
    edit.picture("translate-en-1280")
    text = edit.driver.execute_async_script(
        "const done = arguments[arguments.length - 1];fetch(arguments[0]).then((answer) => answer.text()).then(done)",
        f"{at}/translate/lo/file?form=csv&state=stale",
    )
    rows = list(csv.reader(io.StringIO(str(text).removeprefix("\ufeff"))))
    assert len(rows) == 2, rows
    words = rows[0].index("translation lo")
    rows[1][words] += f"\n\n{NEW_WORDS}"
    file = folder / "lo.csv"
    out = io.StringIO()
    csv.writer(out).writerows(rows)
    file.write_text(out.getvalue(), encoding="utf-8")
    edit.driver.find_element(By.ID, "file").send_keys(str(file))
    edit.press("form[action$='/file'] button.main")
    edit.until(lambda: bool(edit.driver.find_elements(By.CSS_SELECTOR, ".fates li")))
    edit.picture("translated-en-1280")


def _look_as_a_lao_woman_at_night(edit: Desk, at: str) -> None:
    edit.go(f"{at}/preview?kind=topic&id={TOPIC}")
    edit.driver.execute_script("document.querySelector('.guise').open = true")
    for name, value in (("language", "lo"), ("origin", "la"), ("here", "th"), ("stage", "journey")):
        edit.until(lambda name=name, value=value: _choose(edit, name, value))  # type: ignore[misc]
    edit.driver.execute_script(
        "const clock = document.getElementById('g-clock'); clock.value = '23:30';"
        "clock.dispatchEvent(new Event('change', {bubbles: true}))"
    )
    edit.until(lambda: "23:30" in edit.driver.find_element(By.CSS_SELECTOR, ".phone-top").text)
    edit.until(lambda: NEW_WORDS in edit.driver.find_element(By.CSS_SELECTOR, ".phone-said[lang=lo]").text)
    edit.picture("phone-lo-1280")


def _break_a_link_and_mend_it(hour: Beside[StudioHouse], edit: Desk, change: str) -> None:
    at, file = f"/studio/at/{change}", "flows/unpaid-wages.yaml"
    edit.go(f"{at}/edit?file={file}&kind=screen&id=unpaid-wages.day")
    edit.until_shown("The check finds nothing wrong here.")
    steps = edit.driver.find_elements(By.CSS_SELECTOR, "input[name$='.to']")
    way = next(one for one in steps if one.get_attribute("value") == "days")
    name = str(way.get_attribute("name"))
    _put(edit, name, "dayz")
    edit.until(lambda: "dayz" in edit.driver.find_element(By.ID, "findings").text)
    assert "did you mean 'day'" in edit.text
    edit.press(".save button.main")
    edit.until_shown("Saved.")
    edit.until(lambda: "dayz" in edit.driver.find_element(By.ID, "findings").text)
    edit.driver.execute_script("document.getElementsByName(arguments[0])[0].scrollIntoView({block: 'center'})", name)
    edit.picture("broken-link-en-1280")
    edit.go(f"/studio/changes/{change}")
    edit.until_shown("With these mistakes it cannot go live.")
    edit.until_shown("dayz")
    edit.picture("findings-en-1280")
    edit.press("#main .finding.error a.place")
    edit.until(lambda: edit.path == f"{at}/edit")
    edit.until(lambda: _put(edit, name, "days"))
    edit.press(".save button.main")
    edit.until_shown("Saved.")
    assert file not in hour.do(_change(hour.house, change))


async def _change(house: StudioHouse, change: str) -> dict[str, object]:
    found = await house.archive.change(ChangeId(change))
    assert found is not None
    return dict(found.files())


def _publish_with_a_second_person(hour: Beside[StudioHouse], edit: Desk, sue: Desk, change: str) -> None:
    path = f"/studio/changes/{change}"
    edit.go(path)
    edit.until_shown("No mistake: it can go live.")
    edit.press(f"form[action='{path}/submit'] button")
    edit.until_shown("Somebody else can review it now.")
    sue.go("/studio")
    sue.until_shown("The passport fee went up")
    sue.picture("today-en-360")
    sue.go(path)
    sue.until_shown("What is different")
    sue.picture("change-en-360")
    assert not sue.is_too_wide()
    sue.press(f"form[action='{path}/approve'] button")
    sue.until_shown("Approved. It can be published.")
    edit.go(path)
    edit.picture("change-en-1280")
    edit.press(f"form[action='{path}/publish'] button")
    edit.until(lambda: edit.path == "/studio/versions")
    live = hour.do(hour.house.archive.live())
    assert live is not None
    assert live.version == 2


def test_a_text_is_read_aloud_in_the_browser(hour: Beside[StudioHouse], quick_folder: Path) -> None:
    desk = Desk(hour.base, PHONE, "--use-fake-device-for-media-stream", "--use-fake-ui-for-media-stream")
    try:
        desk.be(hour.do(begin_session(hour.house, EDIT)))
        change = hour.do(_begun(hour.house))
        desk.go(f"/studio/at/{change}/record?text=home.menu.say&language=km")
        (quick_folder / "long.mp3").write_bytes(bytes(LARGEST_UPLOAD + 1))
        sound = desk.driver.find_element(By.ID, "sound")
        sound.send_keys(str(quick_folder / "long.mp3"))
        assert "too large" in str(sound.get_property("validationMessage"))
        sound.clear()
        desk.press("#start")
        desk.until_shown("0:01")
        desk.press("#stop")
        desk.until(lambda: desk.driver.find_element(By.ID, "listen").is_displayed())
        desk.press("#recorder > button.main")
        desk.until_shown("Read aloud; listened to by Edit.")
        # What became of it is what this browser itself can play.
        seconds = desk.driver.execute_async_script(
            "const done = arguments[arguments.length - 1];"
            "fetch(document.querySelector('audio').src).then((answer) => answer.arrayBuffer())"
            ".then((bytes) => new AudioContext().decodeAudioData(bytes)).then((sound) => done(sound.duration), (error) => done(String(error)))"
        )
        assert isinstance(seconds, float), seconds
        assert 0.8 < seconds < 30
        desk.picture("recorded-360")
    finally:
        desk.quit()


def test_every_page_fits_a_small_phone_and_works_in_khmer_and_in_the_dark(
    hour: Beside[StudioHouse], desks: tuple[Desk, Desk]
) -> None:
    edit, phone = desks
    edit.quit()
    phone.be(hour.do(begin_session(hour.house, EDIT)))
    phone.resize(SMALL)
    change = hour.do(_begun(hour.house))
    at = f"/studio/at/{change}"
    pages = {
        "today": "/studio",
        "content": f"{at}/content?kind=topic",
        "fact": f"{at}/edit?file={FACT_FILE}&kind=fact&id={FACT}",
        "topic": f"{at}/edit?file={TOPIC_FILE}&kind=topic&id={TOPIC}",
        "hotline": f"{at}/edit?file=hotlines/thailand.yaml&kind=hotline&id=th-1669",
        "screen": f"{at}/edit?file=flows/unpaid-wages.yaml&kind=screen&id=unpaid-wages.start",
        "text": f"{at}/edit?file={FACT_FILE}",
        "media": f"{at}/media",
        "record": f"{at}/record?text=home.menu.say&language=km",
        "changes": "/studio/changes",
        "change": f"/studio/changes/{change}",
        "versions": "/studio/versions",
    }
    for name, path in pages.items():
        phone.go(path)
        assert not phone.is_too_wide(), name
        phone.picture(f"{name}-320")
    # Who only looks is told the same as who edits.
    phone.go(pages["fact"].replace(at, "/studio/at/live"))
    phone.until_shown("The check finds nothing wrong here.")
    phone.driver.execute_cdp_cmd(
        "Emulation.setEmulatedMedia", {"features": [{"name": "prefers-color-scheme", "value": "dark"}]}
    )
    for name in ("today", "topic", "hotline"):
        phone.go(pages[name])
        phone.picture(f"{name}-dark-320")


async def _begun(house: StudioHouse) -> str:
    begun = await house.archive.begin("A look around", EDIT)
    assert not isinstance(begun, str)
    return begun.id


def _choose(desk: Desk, name: str, value: str) -> bool:
    select = Select(desk.driver.find_element(By.ID, f"g-{name}"))
    if select.first_selected_option.get_attribute("value") != value:
        select.select_by_value(value)
    return select.first_selected_option.get_attribute("value") == value


def _put(desk: Desk, name: str, words: str) -> bool:
    """Type over what stands in a field."""
    field = desk.driver.find_element(By.NAME, name)
    desk.driver.execute_script(
        "for (let up = arguments[0]; up; up = up.parentElement) if (up.tagName === 'DETAILS') up.open = true;"
        "arguments[0].scrollIntoView({block: 'center', behavior: 'instant'}); arguments[0].value = ''",
        field,
    )
    field.send_keys(words)
    return True
