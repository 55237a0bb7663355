"""The phone beside the editor and the map, in a real browser: without loading pages anew, and on a screen of 360 pixels.

Screenshots go to the folder that SCREENSHOTS names. Nothing outside this machine is reached.
"""

from collections.abc import Iterator
from pathlib import Path

import pytest
from selenium.webdriver.common.by import By
from selenium.webdriver.common.keys import Keys
from selenium.webdriver.support.select import Select

from bot.dialogue.script import Script
from bot.studio.changes import Change, ChangeId, Edit
from tests.compiler.content_builder import write_content
from tests.web.browsers import IN_A_BROWSER, LAPTOP, PHONE, Beside, Desk
from tests.web.console.desk_house import EDIT
from tests.web.studio.studio_house import StudioHouse, a_studio_house, begin_session
from tests.web.studio.test_seeing import ASK

pytestmark = IN_A_BROWSER


@pytest.fixture
def studio(page_script: Script, quick_folder: Path) -> Iterator[Beside[StudioHouse]]:
    content = write_content(quick_folder, {"flows/ask.yaml": ASK})
    beside = Beside(a_studio_house(page_script, quick_folder, content), lambda house: house.desk.base)
    yield beside
    beside.end()


@pytest.fixture
def desk(studio: Beside[StudioHouse]) -> Iterator[Desk]:
    desk = Desk(studio.base, LAPTOP)
    desk.be(studio.do(begin_session(studio.house, EDIT)))
    yield desk
    desk.quit()


async def _write(house: StudioHouse, change: ChangeId | None, source: str) -> ChangeId:
    """Let a change, or a new one, say something else."""
    found = await house.archive.begin("Try", EDIT) if change is None else await house.archive.change(change)
    assert isinstance(found, Change)
    blob = await house.archive.put(source.encode())
    edit = Edit("flows/ask.yaml", blob, found.tree.files["flows/ask.yaml"])
    assert isinstance(await house.archive.act(ChangeId(found.id), EDIT, edit), Change)
    return ChangeId(found.id)


def _until_on_the_phone(desk: Desk, words: str) -> None:
    desk.until(lambda: words in desk.see(".phone-screen"))


def _press_on_the_phone(desk: Desk, label: str) -> None:
    def pressed() -> bool:
        keys = desk.driver.find_elements(By.CSS_SELECTOR, ".phone-screen .key")
        found = [key for key in keys if label in key.text]
        if found:
            found[0].click()
        return bool(found)

    desk.until(pressed)


def _choose_where_they_are_from(desk: Desk, country: str) -> None:
    def chosen() -> bool:
        Select(desk.driver.find_element(By.ID, "g-origin")).select_by_value(country)
        return True

    desk.until(chosen)


def test_an_editor_sees_what_they_write_on_a_phone_beside_it_and_on_the_map(
    studio: Beside[StudioHouse], desk: Desk
) -> None:
    driver = desk.driver
    change = studio.do(_write(studio.house, None, ASK))
    edit = f"/studio/at/{change}/edit?file=flows/ask.yaml&kind=screen&id=ask.start"
    desk.go(edit)
    _until_on_the_phone(desk, "400 baht")
    driver.execute_script("window.isTheSame = true")

    # A press, an answer and another person: the page stays the same.
    _press_on_the_phone(desk, "Tell me more")
    _until_on_the_phone(desk, "Here is more")
    driver.find_element(By.ID, "phone-words").send_keys("12", Keys.ENTER)
    _until_on_the_phone(desk, "You said 12.")
    desk.press(".guise summary")
    _choose_where_they_are_from(desk, "la")
    desk.until(lambda: "Lao" in desk.see(".guise summary"))
    assert driver.execute_script("return window.isTheSame === true")
    desk.picture("studio-phone")

    # Saved anew, the phone goes on where it was, as whoever it was, with the new words.
    studio.do(_write(studio.house, change, ASK.replace("You said {days}.", "So it is {days}.")))
    desk.go(edit)
    _until_on_the_phone(desk, "So it is 12.")
    desk.until(lambda: "Lao" in desk.see(".guise summary"))

    # A click on a line opens where it is written.
    desk.press(".phone-screen .from")
    desk.until(lambda: "id=ask.more" in driver.current_url)

    # The map on a small phone: it shows where it begins, the page is no wider than the screen, the keyboard opens a box.
    desk.resize(PHONE)
    desk.go(f"/studio/at/{change}/map?flow=ask")
    box = driver.execute_script(
        "const r = document.getElementById('begins').getBoundingClientRect(); return [r.left, r.right]"
    )
    assert 0 <= box[0] < box[1] <= PHONE[0]
    assert driver.execute_script("return document.documentElement.scrollWidth") <= PHONE[0]
    desk.picture("studio-map-phone")
    driver.execute_script("document.querySelector('.atlas .start a').focus()")
    driver.switch_to.active_element.send_keys(Keys.ENTER)
    desk.until(lambda: "id=ask.start" in driver.current_url)
    assert desk.trouble() == []
