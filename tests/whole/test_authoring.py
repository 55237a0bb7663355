"""An author follows the guide while the bot runs: what they change is in the chat page at once, mistakes are told."""

import asyncio
import shutil
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path

from tests.content.test_guide import EXAMPLES
from tests.telegram_server import FakeTelegram
from tests.web.house import Phone
from tests.web.reading import SeenPage
from tests.whole.running_bot import CONTENT, PATIENCE, running_bot

OLD = "First count your pay for one day of normal work."
NEW = "Begin with your pay for one day of normal work."
WAGE = "/?open=topic.minimum-wage"


@dataclass
class Author:
    """Somebody with an editor, a browser, and the window in which the bot runs."""

    content: Path
    told: list[str]
    base: str

    def write(self, name: str, words: str) -> None:
        (self.content / name).parent.mkdir(parents=True, exist_ok=True)
        (self.content / name).write_text(words, encoding="utf-8")

    def read(self, name: str) -> str:
        path = self.content / name
        return path.read_text(encoding="utf-8") if path.exists() else ""

    async def saves(self, name: str, words: str) -> str:
        """Save a file, and give what the window says next."""
        before = len(self.told)
        self.write(name, words)
        async with asyncio.timeout(PATIENCE):
            while len(self.told) == before:  # noqa: ASYNC110 - the window is a list, which nobody can wait for
                await asyncio.sleep(0.02)
        return self.told[-1]


@asynccontextmanager
async def at_work(folder: Path, *others: str) -> AsyncIterator[Author]:
    """An author beside a running bot that speaks English and some others: what it need not learn takes no time."""
    content = folder / "content"
    left_out = {"km", "lo", "my", "th", "schema"} - set(others)
    shutil.copytree(CONTENT, content, ignore=shutil.ignore_patterns(*left_out))
    async with FakeTelegram() as telegram, running_bot(folder, telegram, content) as told:
        base = told[0].splitlines()[0].removeprefix("Waymark answers at ").rstrip("/")
        yield Author(content, told, base)


@asynccontextmanager
async def person(author: Author, language: str) -> AsyncIterator[Phone]:
    """Somebody from Cambodia in Thailand, who has come as far as the menu."""
    async with Phone(author.base) as phone:
        await phone.walk(language, "go-on", "kh", "th")
        yield phone


def last(page: SeenPage) -> str:
    return page.articles[-2].words + page.articles[-1].words


async def test_a_changed_answer_is_in_the_chat_page_and_other_languages_keep_theirs(tmp_path: Path) -> None:
    async with at_work(tmp_path, "km") as author, person(author, "en") as english, person(author, "km") as khmer:
        assert OLD in last(await english.look(WAGE))
        before = last(await khmer.look(WAGE))

        said = await author.saves(
            "topics/work.yaml", author.read("topics/work.yaml").replace(OLD, NEW).replace("{fact:th-wage-bangkok}", "…")
        )

        assert said == "Changed content is live."
        assert NEW in last(await english.look(WAGE))
        assert last(await khmer.look(WAGE)) == before
        assert OLD not in before


async def test_an_author_adds_what_the_guide_shows_and_people_reach_it(tmp_path: Path) -> None:
    async with at_work(tmp_path) as author, person(author, "en") as phone:
        for name in ("facts/thailand.yaml", "hotlines/thailand.yaml", "topics/work.yaml", "flows/lost-phone.yaml"):
            said = await author.saves(name, f"{author.read(name)}\n{EXAMPLES[name]}")
            assert said == "Changed content is live.", f"after {name}"

        answer = (await phone.look("/?open=topic.lost-phone")).articles[-2:]
        assert "100 baht per person" in answer[0].words + answer[1].words
        assert "0000" in answer[0].phones + answer[1].phones
        await phone.say("somebody stole my phone")
        assert "You need your passport for it." in last(await phone.look())
        screen = await phone.look("/?open=lost-phone")
        assert "Is the phone card still in the phone?" in last(screen)
        await phone.press(screen, "yes")
        assert "Block the card first." in (await phone.look()).words


MISTAKES = [
    ("flows/stage-work.yaml", "go: papers", "go: paper", "10:62: no screen is called 'paper'; did you mean 'papers'?"),
    ("flows/stage-work.yaml", "        papers: {", "        pay: {", "10:9: 'pay' stands here twice, first in line 9"),
    ("topics/work.yaml", OLD, f"{OLD} It is 1 day.", "the figure '1' stands in the text; make it a fact"),
    ("topics/work.yaml", "{fact:th-wage-bangkok}", "{fact:th-wage-bankok}", "did you mean 'th-wage-bangkok'?"),
]


async def test_each_mistake_is_told_and_the_version_from_before_stays_live(tmp_path: Path) -> None:
    async with at_work(tmp_path) as author, person(author, "en") as phone:
        for name, right, wrong, expected in MISTAKES:
            good = author.read(name)
            assert right in good
            first, *lines = (await author.saves(name, good.replace(right, wrong, 1))).splitlines()

            assert first == "The content has mistakes; the version from before stays live."
            assert any(line.startswith(f"content/{name}:") and expected in line for line in lines), lines
            assert OLD in last(await phone.look(WAGE))
            author.write(name, good)

        said = await author.saves("topics/work.yaml", author.read("topics/work.yaml").replace(OLD, NEW))
        assert said == "Changed content is live."
        assert NEW in last(await phone.look(WAGE))
