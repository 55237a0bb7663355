"""The phone beside the editor and the map, in a real browser: without loading pages anew, and on a screen of 360 pixels.

Screenshots go to the folder that SCREENSHOTS names. Nothing outside this machine is reached.
"""

import asyncio
import os
import shutil
import threading
from collections.abc import Coroutine, Iterator
from concurrent.futures import Future
from contextlib import AbstractAsyncContextManager
from pathlib import Path
from typing import TypeVar

import pytest
from selenium import webdriver
from selenium.webdriver.chrome.service import Service
from selenium.webdriver.common.by import By
from selenium.webdriver.common.keys import Keys
from selenium.webdriver.support.select import Select
from selenium.webdriver.support.wait import WebDriverWait

from bot.dialogue.script import Script
from bot.studio.changes import Change, ChangeId, Edit
from tests.compiler.content_builder import write_content
from tests.web.console.desk_house import EDIT
from tests.web.studio.studio_house import Editor, StudioHouse, a_studio_house
from tests.web.studio.test_seeing import ASK

CHROMIUM = next((found for name in ("chromium", "chromium-browser") if (found := shutil.which(name))), None)
DRIVER = shutil.which("chromedriver")
LIMIT = 60.0
PHONE, LAPTOP = (360, 740), (1280, 900)

pytestmark = [
    pytest.mark.browser,
    pytest.mark.skipif(
        CHROMIUM is None or DRIVER is None,
        reason="no chromium and chromedriver here; on Debian: apt-get install chromium chromium-driver",
    ),
]

Got = TypeVar("Got")


class Seeing:
    """A house on a loop of its own, and an editor's browser."""

    def __init__(self, script: Script, folder: Path) -> None:
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever)
        self._thread.start()
        content = write_content(folder, {"flows/ask.yaml": ASK})
        self._open: AbstractAsyncContextManager[StudioHouse] = a_studio_house(script, folder, content)
        self.house = self.do(self._open.__aenter__())
        self.base = self.house.desk.base.replace("127.0.0.1", "localhost")
        options = webdriver.ChromeOptions()
        options.binary_location = str(CHROMIUM)
        for argument in ("--headless=new", "--no-sandbox", "--disable-dev-shm-usage", "--hide-scrollbars"):
            options.add_argument(argument)
        options.set_capability("goog:loggingPrefs", {"browser": "ALL"})
        self.driver = webdriver.Chrome(options=options, service=Service(str(DRIVER)))
        self.resize(LAPTOP)
        self.go("/desk/sign-in")
        for name, value in self.do(self._sign_in()):
            cookie = {"name": name, "value": value, "url": self.base, "secure": name.startswith("__Host"), "path": "/"}
            self.driver.execute_cdp_cmd("Network.setCookie", cookie)

    async def _sign_in(self) -> list[tuple[str, str]]:
        async with Editor(self.house.desk.base) as editor:
            await editor.sign_in(self.house.desk, EDIT)
            return [(cookie.key, cookie.value) for cookie in editor._client.cookie_jar]

    def do(self, work: Coroutine[object, object, Got]) -> Got:
        future: Future[Got] = asyncio.run_coroutine_threadsafe(work, self._loop)
        return future.result(LIMIT)

    async def write(self, change: ChangeId | None, source: str) -> ChangeId:
        """Let a change, or a new one, say something else."""
        archive = self.house.archive
        found = await archive.begin("Try", EDIT) if change is None else await archive.change(change)
        assert isinstance(found, Change)
        blob = await archive.put(source.encode())
        edit = Edit("flows/ask.yaml", blob, found.tree.files["flows/ask.yaml"])
        assert isinstance(await archive.act(ChangeId(found.id), EDIT, edit), Change)
        return ChangeId(found.id)

    def resize(self, size: tuple[int, int]) -> None:
        metrics = {"width": size[0], "height": size[1], "deviceScaleFactor": 1, "mobile": size[0] < 600}
        self.driver.execute_cdp_cmd("Emulation.setDeviceMetricsOverride", metrics)

    def go(self, path: str) -> None:
        self.driver.get(self.base + path)

    def wait_for(self, words: str) -> None:
        """Until these words stand on the phone's screen."""
        script = "const one = document.querySelector('.phone-screen'); return one ? one.innerText : ''"
        WebDriverWait(self.driver, LIMIT).until(lambda driver: words in str(driver.execute_script(script)))

    def press(self, label: str) -> None:
        keys = self.driver.find_elements(By.CSS_SELECTOR, ".phone-screen .key")
        next(key for key in keys if label in key.text).click()

    def keep_picture(self, name: str) -> None:
        folder = os.environ.get("SCREENSHOTS")
        if folder:
            self.driver.save_screenshot(str(Path(folder) / f"{name}.png"))

    def end(self) -> None:
        self.driver.quit()

        async def leave() -> None:
            await self._open.__aexit__(None, None, None)

        self.do(leave())
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join(LIMIT)
        self._loop.close()


@pytest.fixture
def seeing(page_script: Script, quick_folder: Path) -> Iterator[Seeing]:
    seeing = Seeing(page_script, quick_folder)
    yield seeing
    seeing.end()


def test_an_editor_sees_what_they_write_on_a_phone_beside_it_and_on_the_map(seeing: Seeing) -> None:
    driver = seeing.driver
    change = seeing.do(seeing.write(None, ASK))
    edit = f"/studio/at/{change}/edit?file=flows/ask.yaml&kind=screen&id=ask.start"
    seeing.go(edit)
    seeing.wait_for("400 baht")
    driver.execute_script("window.isTheSame = true")

    # A press, an answer and another person: the page stays the same.
    seeing.press("Tell me more")
    seeing.wait_for("Here is more")
    driver.find_element(By.ID, "phone-words").send_keys("12", Keys.ENTER)
    seeing.wait_for("You said 12.")
    driver.find_element(By.CSS_SELECTOR, ".guise summary").click()
    Select(driver.find_element(By.ID, "g-origin")).select_by_value("la")
    WebDriverWait(driver, LIMIT).until(lambda _: "Lao" in driver.find_element(By.CSS_SELECTOR, ".guise summary").text)
    assert driver.execute_script("return window.isTheSame === true")
    seeing.keep_picture("studio-phone")

    # Saved anew, the phone goes on where it was, as whoever it was, with the new words.
    seeing.do(seeing.write(change, ASK.replace("You said {days}.", "So it is {days}.")))
    seeing.go(edit)
    seeing.wait_for("So it is 12.")
    assert "Lao" in driver.find_element(By.CSS_SELECTOR, ".guise summary").text

    # A click on a line opens where it is written.
    driver.find_element(By.CSS_SELECTOR, ".phone-screen .from").click()
    WebDriverWait(driver, LIMIT).until(lambda _: "id=ask.more" in driver.current_url)

    # The map on a small phone: it shows where it begins, the page is no wider than the screen, the keyboard opens a box.
    seeing.resize(PHONE)
    seeing.go(f"/studio/at/{change}/map?flow=ask")
    box = driver.execute_script(
        "const r = document.getElementById('begins').getBoundingClientRect(); return [r.left, r.right]"
    )
    assert 0 <= box[0] < box[1] <= PHONE[0]
    assert driver.execute_script("return document.documentElement.scrollWidth") <= PHONE[0]
    seeing.keep_picture("studio-map-phone")
    driver.execute_script("document.querySelector('.atlas .start a').focus()")
    driver.switch_to.active_element.send_keys(Keys.ENTER)
    WebDriverWait(driver, LIMIT).until(lambda _: "id=ask.start" in driver.current_url)
    assert "SEVERE" not in str(driver.execute("getLog", {"type": "browser"}))
