"""What is published beside a running bot is what people read, and the folder is not any more."""

import asyncio
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

from bot.compiler import KeywordsOnly
from bot.publishing import Press, open_press, publish, roll_back
from bot.studio.archive import Archive
from tests.studio.examiners import find_nothing
from tests.whole.running_bot import PATIENCE
from tests.whole.test_authoring import NEW, OLD, WAGE, Author, at_work, last, person


def at_once(press: Press, author: Author, data: Path) -> Press:
    """Announced a moment ahead, and not checked: its tests speak languages that are left out here."""
    shelf = press.archive._holdings._shelf
    archive = Archive(shelf, author.content, data, press.clock, find_nothing, timedelta(seconds=1))
    return replace(press, archive=archive)


async def shows(author: Author, words: str) -> None:
    async with asyncio.timeout(PATIENCE):
        while not any(words in line for line in author.told):  # noqa: ASYNC110 - the window is a list
            await asyncio.sleep(0.02)


async def test_a_running_bot_takes_up_what_is_published_and_what_is_rolled_back(tmp_path: Path) -> None:
    data = tmp_path / "var"
    async with (
        at_work(tmp_path) as author,
        person(author, "en") as phone,
        open_press(author.content, data, None, KeywordsOnly) as press,
    ):
        here = at_once(press, author, data)
        folder = tmp_path / "git"
        folder.mkdir()
        for file in sorted(author.content.rglob("*.yaml")):
            copy = folder / file.relative_to(author.content)
            copy.parent.mkdir(parents=True, exist_ok=True)
            copy.write_text(file.read_text("utf-8").replace(OLD, NEW), "utf-8")
        for file in (author.content / "media").glob("*.png"):
            (folder / "media").mkdir(exist_ok=True)
            (folder / "media" / file.name).write_bytes(file.read_bytes())

        await publish(here, folder, "Dara", "Maly", "Begin with the pay")
        await shows(author, "Version 2 of the content is live.")
        assert NEW in last(await phone.look(WAGE))

        # The folder is not read any more.
        author.write("topics/work.yaml", author.read("topics/work.yaml").replace(OLD, "Nobody reads this."))
        await roll_back(here, 1, "Dara", "It was better before")
        await shows(author, "Version 3 of the content is live.")
        assert OLD in last(await phone.look(WAGE))
