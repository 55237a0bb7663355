"""The chat page in a real browser, as small as a cheap phone's: from the first word to the way out.

Screenshots go to the folder that SCREENSHOTS names, for people to look at. Nothing outside this machine is reached.
"""

import asyncio
import os
import threading
from collections.abc import Callable, Iterator
from concurrent.futures import Future
from contextlib import AbstractAsyncContextManager
from dataclasses import replace
from pathlib import Path
from typing import TypeVar

import pytest
from selenium import webdriver
from selenium.common.exceptions import StaleElementReferenceException, WebDriverException
from selenium.webdriver.chrome.service import Service
from selenium.webdriver.common.action_chains import ActionChains
from selenium.webdriver.common.by import By
from selenium.webdriver.common.keys import Keys
from selenium.webdriver.remote.webelement import WebElement
from selenium.webdriver.support.wait import WebDriverWait

from bot.dialogue.script import Script
from bot.media import Media, MediaFile, MediaKind, hash_of
from tests.web.browsers import CHROMIUM, DRIVER, IN_A_BROWSER, LIMIT
from tests.web.house import House
from tests.web.reading import SeenButton, SeenPage, read_page

WIDTH, HEIGHT = 360, 640
LANGUAGES = ("km", "lo", "my", "th", "en")

pytestmark = IN_A_BROWSER

Got = TypeVar("Got")


class OpenHouse:
    """A house whose server runs beside the test, and can be shut and opened again at the same address."""

    def __init__(self, script: Script) -> None:
        self.house = House(script)
        self.base = ""
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever)
        self._thread.start()
        self._open: AbstractAsyncContextManager[str] | None = None

    def open(self) -> None:
        self._open = self.house.open()
        self.base = self._result(asyncio.run_coroutine_threadsafe(self._open.__aenter__(), self._loop))

    def shut(self) -> None:
        if self._open is not None:
            self._result(asyncio.run_coroutine_threadsafe(self._leave(self._open), self._loop))
            self._open = None

    def end(self) -> None:
        self.shut()
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join(LIMIT)
        self._loop.close()

    async def _leave(self, opened: AbstractAsyncContextManager[str]) -> None:
        await opened.__aexit__(None, None, None)

    def _result(self, future: Future[Got]) -> Got:
        return future.result(LIMIT * 2)


class Screen:
    """A phone's browser, looked at and pressed as people do."""

    def __init__(self, driver: webdriver.Chrome, base: str, pictures: Path | None) -> None:
        self.driver = driver
        self.base = base
        self._pictures = pictures

    def open(self, path: str = "/") -> None:
        self.driver.get(self.base + path)

    def read(self) -> SeenPage:
        """The page as it stands now."""
        return read_page(f"<body>{self.driver.find_element(By.TAG_NAME, 'body').get_attribute('innerHTML')}</body>")

    def wait(self, until: Callable[[], bool]) -> None:
        WebDriverWait(self.driver, LIMIT, poll_frequency=0.05).until(lambda _: self._holds(until))

    def _holds(self, until: Callable[[], bool]) -> bool:
        try:
            return until()
        except WebDriverException as error:
            # What was looked at has just been taken off the page.
            if isinstance(error, StaleElementReferenceException) or "does not belong to the document" in str(error):
                return False
            raise

    def shows(self, means: str) -> bool:
        return bool(self.buttons(means))

    def buttons(self, means: str) -> list[WebElement]:
        found: list[tuple[WebElement, str]] = self.driver.execute_script(
            "return [].map.call(document.querySelectorAll('#log button[name=press]'), "
            "function (button) { return [button, button.value]; })"
        )
        return [button for button, press in found if SeenButton(press).means == means]

    def press(self, means: str) -> None:
        """Press the lowest button that means this, once it is there."""
        self.wait(lambda: self._press_lowest(means))

    def _press_lowest(self, means: str) -> bool:
        found = self.buttons(means)
        if found:
            # A driver takes what lies below the bar at the bottom for visible; a person scrolls.
            self.driver.execute_script("arguments[0].scrollIntoView({block: 'center', behavior: 'instant'})", found[-1])
            found[-1].click()
        return bool(found)

    def wait_for(self, means: str) -> None:
        self.wait(lambda: self.shows(means))

    def press_and_wait(self, means: str) -> None:
        """Press, and wait until another menu stands there."""
        menu = self.menu()
        self.press(means)
        self.wait(lambda: self.menu() != menu)

    def menu(self) -> str | None:
        return self.driver.find_elements(By.CSS_SELECTOR, "#log article[data-menu]")[-1].get_attribute("id")

    def write(self, words: str) -> None:
        box = self.driver.find_element(By.ID, "words")
        box.send_keys(words)
        self.driver.find_element(By.ID, "send").click()

    def says(self, words: str) -> bool:
        return words in self.driver.find_element(By.ID, "log").text

    def is_offline(self) -> bool:
        return self.driver.find_element(By.ID, "state").is_displayed()

    def picture(self, name: str) -> None:
        """Take a picture for people to look at, where anybody has asked for pictures."""
        if self._pictures is not None:
            self.driver.save_screenshot(str(self._pictures / f"{name}.png"))

    def trouble(self) -> list[str]:
        """What the browser complained about, except that the line was cut."""
        entries: list[dict[str, object]] = self.driver.execute("getLog", {"type": "browser"})["value"]
        messages = [str(entry["message"]) for entry in entries]
        return [message for message in messages if "ERR_CONNECTION" not in message and "ERR_INCOMPLETE" not in message]

    def is_wider_than_the_screen(self) -> bool:
        return bool(self.driver.execute_script("return document.documentElement.scrollWidth > window.innerWidth"))

    def wear(self, colours: str) -> None:
        """Light or dark, and in any case still: pictures are taken of it."""
        wanted = {"prefers-reduced-motion": "reduce", "prefers-color-scheme": colours}
        features = [{"name": name, "value": value} for name, value in wanted.items()]
        self.driver.execute_cdp_cmd("Emulation.setEmulatedMedia", {"features": features})

    def has_drawn_its_pictures(self) -> bool:
        script = "return [].every.call(document.images, function (image) { return image.naturalWidth > 0; })"
        return bool(self.driver.execute_script(script))

    def sizes_of(self, tag: str) -> list[tuple[int, int]]:
        sizes = [each.size for each in self.driver.find_elements(By.TAG_NAME, tag)]
        return [(size["width"], size["height"]) for size in sizes]

    def small_buttons(self) -> list[str]:
        """Buttons and numbers that a thumb could miss."""
        found: list[str] = self.driver.execute_script(
            "return [].filter.call(document.querySelectorAll('.button, .phone, #send, #leave, #words'), function (each) {"
            " return each.getClientRects().length > 0 && getComputedStyle(each).visibility === 'visible'"
            " && Math.round(each.getBoundingClientRect().height) < 44;"
            "}).map(function (each) { return each.outerHTML; })"
        )
        return found


@pytest.fixture
def open_house(page_script: Script) -> Iterator[OpenHouse]:
    house = OpenHouse(page_script)
    house.open()
    yield house
    house.end()


@pytest.fixture(scope="module")
def driver() -> Iterator[webdriver.Chrome]:
    assert CHROMIUM is not None
    assert DRIVER is not None
    options = webdriver.ChromeOptions()
    options.binary_location = CHROMIUM
    for argument in (
        "--headless=new",
        "--no-sandbox",
        "--disable-gpu",
        "--disable-dev-shm-usage",
        "--disable-background-networking",
        "--hide-scrollbars",
        "--host-resolver-rules=MAP * ~NOTFOUND, EXCLUDE 127.0.0.1",
        f"--window-size={WIDTH},{HEIGHT}",
    ):
        options.add_argument(argument)
    driver = webdriver.Chrome(options=options, service=Service(DRIVER))
    driver.execute_cdp_cmd(
        "Emulation.setDeviceMetricsOverride", {"width": WIDTH, "height": HEIGHT, "deviceScaleFactor": 2, "mobile": True}
    )
    yield driver
    driver.quit()


@pytest.fixture
def pictures() -> Path | None:
    """Where pictures go; nowhere unless SCREENSHOTS names a folder."""
    asked = os.environ.get("SCREENSHOTS")
    if not asked:
        return None
    folder = Path(asked)
    folder.mkdir(parents=True, exist_ok=True)
    return folder


@pytest.fixture
def screen(driver: webdriver.Chrome, open_house: OpenHouse, pictures: Path | None) -> Iterator[Screen]:
    driver.get("about:blank")
    driver.execute_cdp_cmd("Network.clearBrowserCookies", {})
    screen = Screen(driver, open_house.base, pictures)
    screen.wear("light")
    screen.trouble()
    yield screen
    driver.get("about:blank")


def come_home(screen: Screen, language: str) -> None:
    screen.open()
    for means in (language, "go-on", "kh", "th"):
        screen.press(means)
    screen.wait_for("numbers")


@pytest.mark.parametrize("language", LANGUAGES)
def test_a_person_finds_numbers_and_checks_an_offer_in_their_language(screen: Screen, language: str) -> None:
    screen.open()
    screen.picture(f"{language}-1-start")
    steps = (("hello", language, "go-on"), ("origin", "go-on", "mm"), ("here", "kh", "th"), ("home", "th", "numbers"))
    for number, (name, means, then) in enumerate(steps, start=2):
        screen.press(means)
        screen.wait_for(then)
        screen.picture(f"{language}-{number}-{name}")
        assert not screen.is_wider_than_the_screen()
        assert screen.small_buttons() == []
    assert screen.driver.find_element(By.TAG_NAME, "html").get_attribute("lang") == language

    screen.press("numbers")
    screen.press("danger")
    screen.wait(lambda: bool(screen.driver.find_elements(By.CSS_SELECTOR, "#log a[href='tel:191']")))
    screen.picture(f"{language}-6-numbers")
    assert not screen.is_wider_than_the_screen()
    assert screen.small_buttons() == []

    screen.open("/?open=offer-check")
    screen.picture(f"{language}-7-offer")
    screen.press("go-on")
    for _ in range(8):
        screen.wait_for("unsure")
        screen.press_and_wait("unsure")
    screen.wait_for("again")
    screen.picture(f"{language}-8-verdict")
    assert not screen.is_wider_than_the_screen()
    assert screen.trouble() == []


def test_what_a_person_writes_stands_on_the_page_as_they_wrote_it_and_does_nothing(screen: Screen) -> None:
    come_home(screen, "en")
    payload = "<img src=x onerror=\"document.title='broken'\"> & how much?"

    screen.write(payload)

    screen.wait(lambda: screen.says(payload))
    screen.wait(lambda: screen.shows("numbers") and len(screen.read().articles) >= 3)
    assert screen.driver.title == "Information"
    assert screen.driver.find_elements(By.CSS_SELECTOR, "#log img") == []
    screen.picture("written")


@pytest.mark.parametrize("language", ["km", "my", "en"])
def test_a_question_and_its_answers_fit_below_its_picture(screen: Screen, language: str) -> None:
    come_home(screen, language)
    for flow, first in (("trafficking-signs", "go-on"), ("offer-check", "go-on"), ("before-i-leave", "passport")):
        screen.open(f"/?open={flow}")
        screen.press_and_wait(first)
        screen.wait(screen.has_drawn_its_pictures)
        screen.picture(f"{language}-picture-{flow}")
        assert not screen.is_wider_than_the_screen()
        assert screen.sizes_of("img") == [(144, 144)] * len(screen.sizes_of("img"))
        assert screen.sizes_of("img")
    assert screen.trouble() == []


def test_who_presses_the_sign_for_sound_can_play_the_question(
    open_house: OpenHouse, screen: Screen, tmp_path: Path
) -> None:
    silence = (b"\xff\xfb\x90\x00" + bytes(413)) * 40
    path = tmp_path / "question.mp3"
    path.write_bytes(silence)
    recording = MediaFile(path, MediaKind.MP3, hash_of(silence))
    media = Media(open_house.house.script.media.pictures, {"trafficking-signs.deceived.say": {"en": recording}})
    open_house.house.script = replace(open_house.house.script, media=media)
    come_home(screen, "en")
    screen.wear("dark")
    screen.open("/?open=trafficking-signs")
    screen.press("go-on")
    screen.wait_for("hear")
    screen.picture("en-can-be-heard-dark")
    assert screen.small_buttons() == []

    screen.press_and_wait("hear")
    player = screen.driver.find_element(By.TAG_NAME, "audio")
    screen.wait(screen.has_drawn_its_pictures)
    screen.picture("en-heard-dark")
    assert not screen.shows("hear")
    assert screen.driver.execute_script("return [arguments[0].paused, arguments[0].readyState]", player) == [True, 0]
    screen.driver.execute_script("arguments[0].preload = 'auto'; arguments[0].load()", player)
    screen.wait(lambda: bool(screen.driver.execute_script("return arguments[0].duration > 0.9", player)))
    assert screen.trouble() == []
    assert not screen.is_wider_than_the_screen()


def test_only_the_newest_menu_can_be_pressed(screen: Screen) -> None:
    come_home(screen, "en")
    screen.write("xyzzy")
    screen.wait(lambda: len(screen.driver.find_elements(By.CSS_SELECTOR, "#log article")) == 3)

    assert len(screen.driver.find_elements(By.CSS_SELECTOR, "#log .menu")) == 1


def test_a_tap_while_the_server_is_gone_goes_through_when_it_is_back(open_house: OpenHouse, screen: Screen) -> None:
    come_home(screen, "my")
    before = len(open_house.house.store.commits)
    open_house.shut()

    screen.press("numbers")
    screen.wait(screen.is_offline)
    screen.picture("offline")
    assert screen.driver.find_elements(By.CSS_SELECTOR, "#state a[href='tel:191']")
    open_house.open()

    screen.wait_for("danger")
    screen.wait(lambda: not screen.is_offline())
    assert len(open_house.house.store.commits) == before + 1


def test_a_store_that_is_away_for_a_moment_only_delays_a_tap(open_house: OpenHouse, screen: Screen) -> None:
    come_home(screen, "en")
    before = len(open_house.house.store.commits)
    open_house.house.store.is_down = True

    screen.press("numbers")
    screen.wait(screen.is_offline)
    open_house.house.store.is_down = False

    screen.wait_for("danger")
    screen.wait(lambda: not screen.is_offline())
    assert len(open_house.house.store.commits) == before + 1


def test_while_the_store_stays_away_a_person_can_read_on(open_house: OpenHouse, screen: Screen) -> None:
    come_home(screen, "en")
    open_house.house.store.is_down = True

    screen.press("numbers")
    screen.press("danger")
    screen.wait(lambda: bool(screen.driver.find_elements(By.CSS_SELECTOR, "#log a[href='tel:191']")))
    assert screen.is_offline()
    screen.picture("store-away")
    screen.press("others")
    screen.press("work")
    screen.wait_for("words")
    screen.press_and_wait("person")
    open_house.house.store.is_down = False

    screen.press("home")
    screen.wait_for("before")
    screen.wait(lambda: not screen.is_offline())


def test_a_tap_that_has_to_wait_does_not_hold_up_the_next(open_house: OpenHouse, screen: Screen) -> None:
    come_home(screen, "en")
    open_house.house.store.is_down = True
    screen.press("language")
    screen.write("xyzzy")
    screen.wait(screen.is_offline)

    screen.press("numbers")

    screen.wait_for("danger")
    open_house.house.store.is_down = False
    screen.wait(lambda: not screen.is_offline())


def test_a_message_that_comes_by_itself_is_shown_once_and_confirmed(open_house: OpenHouse, screen: Screen) -> None:
    come_home(screen, "en")
    store = open_house.house.store
    conversation = store.commits[-1].conversation
    screen.wait(lambda: open_house.house.hub.count == 1)
    article = len(screen.read().articles)

    screen.driver.execute_script(
        "var r = new XMLHttpRequest(); r.open('POST', '/chat/say'); "
        "r.setRequestHeader('Content-Type', 'application/x-www-form-urlencoded'); r.send('words=xyzzy&nonce=another-tab');"
    )

    screen.wait(lambda: len(screen.read().articles) == article + 1)
    screen.wait(lambda: store._lane(conversation).outbox == [])
    screen.driver.refresh()
    screen.wait_for("numbers")
    assert len(screen.read().articles) == 1


def test_the_quick_exit_leaves_no_way_back(open_house: OpenHouse, screen: Screen) -> None:
    come_home(screen, "en")
    screen.press("numbers")
    screen.wait_for("danger")

    screen.driver.find_element(By.ID, "leave").click()

    screen.wait(lambda: screen.base not in screen.driver.current_url)
    screen.wait(lambda: open_house.house.hub.count == 0)
    screen.driver.back()
    screen.wait(lambda: screen.driver.current_url == "about:blank")
    assert screen.driver.get_cookies() == []
    screen.open()
    screen.wait_for("km")
    assert not screen.shows("danger")


def test_the_exit_works_while_the_server_is_gone(open_house: OpenHouse, screen: Screen) -> None:
    come_home(screen, "en")
    open_house.shut()

    screen.driver.find_element(By.ID, "leave").click()

    screen.wait(lambda: screen.base not in screen.driver.current_url)
    screen.driver.back()
    screen.wait(lambda: screen.driver.current_url == "about:blank")


def test_the_exit_in_a_menu_and_escape_twice_leave_as_well(screen: Screen) -> None:
    come_home(screen, "en")
    screen.press("exit")
    screen.wait(lambda: screen.base not in screen.driver.current_url)

    come_home(screen, "en")
    ActionChains(screen.driver).send_keys(Keys.ESCAPE, Keys.ESCAPE).perform()
    screen.wait(lambda: screen.base not in screen.driver.current_url)


def test_leaving_on_one_page_empties_the_others(screen: Screen) -> None:
    come_home(screen, "en")
    first = screen.driver.current_window_handle
    screen.driver.switch_to.new_window("tab")
    screen.open()
    screen.wait_for("numbers")
    screen.driver.find_element(By.ID, "leave").click()
    screen.wait(lambda: screen.base not in screen.driver.current_url)
    screen.driver.close()
    screen.driver.switch_to.window(first)

    screen.wait(lambda: screen.base not in screen.driver.current_url)


def test_words_that_ask_for_the_exit_cover_what_was_there(screen: Screen) -> None:
    come_home(screen, "en")
    screen.write("something private")
    screen.wait(lambda: screen.says("something private"))

    screen.write("x")

    screen.wait_for("wage")
    assert not screen.says("something private")
    assert len(screen.driver.find_elements(By.CSS_SELECTOR, "#log article")) == 1
    screen.picture("cover")


def test_the_keyboard_alone_is_enough(screen: Screen) -> None:
    screen.open()
    keys = ActionChains(screen.driver)

    def focused() -> str:
        element = screen.driver.switch_to.active_element
        if element.get_attribute("name") == "press":
            return SeenButton(element.get_attribute("value") or "").means
        return element.get_attribute("id") or element.tag_name

    def go_to(means: str) -> None:
        for _ in range(30):
            keys.send_keys(Keys.TAB).perform()
            if focused() == means:
                return
        raise AssertionError(f"the keyboard does not reach {means}")

    for means, then in (("en", "go-on"), ("go-on", "kh"), ("kh", "th"), ("th", "numbers")):
        screen.wait_for(means)
        go_to(means)
        keys.send_keys(Keys.ENTER).perform()
        screen.wait_for(then)
    go_to("words")
    keys.send_keys("xyzzy", Keys.ENTER).perform()
    screen.wait(lambda: len(screen.driver.find_elements(By.CSS_SELECTOR, "#log article")) == 3)
    assert focused() == "words", "who writes goes on writing"
    screen.picture("keyboard")


def test_nothing_is_kept_in_the_browser(screen: Screen) -> None:
    come_home(screen, "en")

    kept = screen.driver.execute_script("return [localStorage.length, sessionStorage.length, document.cookie]")

    assert kept == [0, 0, ""]


def test_without_script_the_page_works_by_forms(driver: webdriver.Chrome, screen: Screen) -> None:
    driver.execute_cdp_cmd("Emulation.setScriptExecutionDisabled", {"value": True})
    try:
        come_home(screen, "th")
        screen.write("xyzzy")
        screen.wait_for("numbers")
        screen.press("numbers")
        screen.press("danger")
        screen.wait(lambda: bool(driver.find_elements(By.CSS_SELECTOR, "#log a[href='tel:191']")))
        screen.picture("no-script")
        driver.find_element(By.ID, "leave").click()
        screen.wait(lambda: screen.base not in driver.current_url)
    finally:
        driver.execute_cdp_cmd("Emulation.setScriptExecutionDisabled", {"value": False})


def test_a_browser_without_a_stream_asks_in_intervals(driver: webdriver.Chrome, screen: Screen) -> None:
    told = driver.execute_cdp_cmd("Page.addScriptToEvaluateOnNewDocument", {"source": "delete window.EventSource;"})
    try:
        come_home(screen, "lo")
        screen.driver.execute_script(
            "var r = new XMLHttpRequest(); r.open('POST', '/chat/say'); "
            "r.setRequestHeader('Content-Type', 'application/x-www-form-urlencoded'); "
            "r.send('words=xyzzy&nonce=another-tab');"
        )
        screen.wait(lambda: len(screen.read().articles) == 2)
    finally:
        driver.execute_cdp_cmd("Page.removeScriptToEvaluateOnNewDocument", told)
