"""The pages for translators and for whoever keeps it true, at three widths: nothing is wider than the screen."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from bot.dialogue.script import Script
from bot.messages import ConversationId
from bot.store.contract import WONDER_PEOPLE, Wondering
from tests.web.browsers import IN_A_BROWSER, LAPTOP, Beside, Desk
from tests.web.console.desk_house import EDIT
from tests.web.studio.studio_house import Editor, StudioHouse, a_studio_house, begin_session, some_content

pytestmark = IN_A_BROWSER

WIDTHS = ((320, 640), (360, 740), LAPTOP)
PAGES = {
    "languages": "/studio/at/live/translate",
    "texts": "/studio/at/live/translate/km?state=draft",
    "text": "/studio/at/live/translate/km/text?id=topic.passport-get.title",
    "coverage": "/studio/at/live/coverage/km",
    "due": "/studio/keep",
    "numbers": "/studio/keep/numbers",
    "history": "/studio/keep/history?file=hotlines/thailand.yaml&id=th-191",
    "learn": "/studio/learn",
}


@pytest.fixture
def house(page_script: Script, quick_folder: Path) -> Iterator[Beside[StudioHouse]]:
    content = some_content(quick_folder / "content")
    beside = Beside(a_studio_house(page_script, quick_folder / "data", content), lambda house: house.desk.base)
    yield beside
    beside.end()


async def _fill(house: StudioHouse) -> str:
    """Somebody called a number, many asked in vain; gives the session of an editor."""
    now = house.desk.clock.now()
    for number in range(WONDER_PEOPLE):
        for language, words in (("en", "can I bring my dog"), ("km", "តើខ្ញុំអាចយកឆ្កែរបស់ខ្ញុំទៅជាមួយបានទេ")):
            await house.desk.store.wonder(Wondering(words, language, ConversationId(f"{number:022}")), now)
    async with Editor(house.desk.base) as browser:
        await browser.sign_in(house.desk, EDIT)
        await browser.get("/studio/keep/numbers")
        await browser.post("/studio/keep/numbers", {"hotline": "th-1669", "heard": "wrong", "note": "a shop answers"})
    return "done"


def test_no_page_is_wider_than_the_screen(house: Beside[StudioHouse]) -> None:
    house.do(_fill(house.house))
    desk = Desk(house.base, LAPTOP)
    try:
        desk.be(house.do(begin_session(house.house, EDIT)))
        for name, path in PAGES.items():
            for size in WIDTHS:
                desk.resize(size)
                desk.go(path)
                desk.until_shown("Studio")
                desk.picture(f"{name}-{size[0]}")
                assert not desk.is_too_wide(), (name, size)
    finally:
        desk.quit()
