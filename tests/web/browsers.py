"""What the tests in real browsers share: a house on a loop of its own, and a browser of one of the staff.

Whoever looks at a page looks while its script may put fresh parts in the place of what was there. So nothing is looked
at or pressed just once: `Desk.until` and `Desk.press` try again until it holds, or time is up.
"""

import asyncio
import os
import shutil
import threading
from collections.abc import Callable, Coroutine
from concurrent.futures import Future
from contextlib import AbstractAsyncContextManager
from pathlib import Path
from typing import Generic, TypeVar
from urllib.parse import urlsplit

import pytest
from selenium import webdriver
from selenium.common.exceptions import WebDriverException
from selenium.webdriver.chrome.service import Service
from selenium.webdriver.common.by import By
from selenium.webdriver.support.wait import WebDriverWait

CHROMIUM = next(
    (found for name in ("chromium", "chromium-browser", "google-chrome") if (found := shutil.which(name))), None
)
DRIVER = shutil.which("chromedriver")
LIMIT = 60.0
PHONE, LAPTOP = (360, 740), (1280, 800)

IN_A_BROWSER = [
    pytest.mark.browser,
    pytest.mark.skipif(
        CHROMIUM is None or DRIVER is None,
        reason="no chromium and chromedriver here; on Debian: apt-get install chromium chromium-driver",
    ),
]

Got = TypeVar("Got")
Done = TypeVar("Done")


class Beside(Generic[Got]):
    """A house beside the test: what people do is done on its own loop."""

    def __init__(self, house: AbstractAsyncContextManager[Got], base_of: Callable[[Got], str]) -> None:
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever)
        self._thread.start()
        self._open = house
        self.house = self.do(self._open.__aenter__())
        self.base = base_of(self.house).replace("127.0.0.1", "localhost")

    def do(self, work: Coroutine[object, object, Done]) -> Done:
        future: Future[Done] = asyncio.run_coroutine_threadsafe(work, self._loop)
        return future.result(LIMIT)

    def end(self) -> None:
        async def leave() -> None:
            await self._open.__aexit__(None, None, None)

        self.do(leave())
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join(LIMIT)
        self._loop.close()


class Desk:
    """One browser of one of the staff."""

    def __init__(self, base: str, size: tuple[int, int], *more: str) -> None:
        options = webdriver.ChromeOptions()
        options.binary_location = str(CHROMIUM)
        for argument in ("--headless=new", "--no-sandbox", "--disable-dev-shm-usage", "--hide-scrollbars", *more):
            options.add_argument(argument)
        options.set_capability("goog:loggingPrefs", {"browser": "ALL"})
        options.add_argument(f"--window-size={size[0]},{size[1]}")
        self.driver = webdriver.Chrome(options=options, service=Service(str(DRIVER)))
        self.base = base
        self.resize(size)

    def resize(self, size: tuple[int, int]) -> None:
        """Be as small as a phone: a window has a least width, the page in it has none."""
        metrics = {"width": size[0], "height": size[1], "deviceScaleFactor": 1, "mobile": size[0] < 600}
        self.driver.execute_cdp_cmd("Emulation.setDeviceMetricsOverride", metrics)

    def go(self, path: str) -> None:
        self.driver.get(path if path.startswith("http") else self.base + path)

    def be(self, session: str) -> None:
        """Go on with a session that was begun elsewhere: how one signs in is told in the night at the helpline."""
        self.go("/desk/sign-in")
        self.driver.add_cookie({"name": "__Host-desk", "value": session, "path": "/", "secure": True})

    @property
    def path(self) -> str:
        return urlsplit(self.driver.current_url).path

    @property
    def text(self) -> str:
        return str(self.driver.execute_script("return document.body.innerText"))

    def fill(self, **fields: str) -> None:
        for name, words in fields.items():
            self.driver.find_element(By.CSS_SELECTOR, f"[name={name}]:not([type=hidden])").send_keys(words)

    def press(self, selector: str) -> None:
        """Press it as soon as it is there; news may put a fresh one in its place meanwhile."""

        def pressed() -> bool:
            found = self.driver.find_element(By.CSS_SELECTOR, selector)
            self.driver.execute_script(
                "const own = arguments[0].matches('summary') ? arguments[0].parentElement : null;"
                "for (let up = arguments[0]; up; up = up.parentElement)"
                "  if (up.tagName === 'DETAILS' && up !== own) up.open = true;"
                "arguments[0].scrollIntoView({block: 'center', behavior: 'instant'})",
                found,
            )
            found.click()
            return True

        self.until(pressed)

    def see(self, selector: str) -> str:
        """What stands in a part of the page."""
        return self.driver.find_element(By.CSS_SELECTOR, selector).text

    def send(self, deed: str) -> None:
        """Send the form of a deed, within the tool that it stands in, where there is one."""
        self.press(f"form[action$='/do/{deed}'] button:not([type=button])")

    def until(self, holds: Callable[[], bool]) -> None:
        def tried(_driver: object) -> bool:
            try:
                return holds()
            except WebDriverException:
                return False

        WebDriverWait(self.driver, LIMIT, poll_frequency=0.05).until(tried)

    def until_shown(self, words: str) -> None:
        self.until(lambda: words in self.text)

    def picture(self, name: str) -> None:
        folder = os.environ.get("SCREENSHOTS")
        if folder:
            Path(folder).mkdir(parents=True, exist_ok=True)
            self.driver.save_screenshot(str(Path(folder) / f"{name}.png"))

    def is_too_wide(self) -> bool:
        script = "return document.documentElement.scrollWidth > document.documentElement.clientWidth"
        return bool(self.driver.execute_script(script))

    def trouble(self) -> list[str]:
        """What the browser complained of: scripts that fail, files that are not there."""
        found = self.driver.execute("getLog", {"type": "browser"})["value"]
        return [entry["message"] for entry in found if entry["level"] == "SEVERE"]

    def quit(self) -> None:
        self.driver.quit()
