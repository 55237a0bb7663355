"""From five people who ask in vain to the list that editors read, with the real content and the real store."""

import asyncio
from datetime import UTC, datetime
from pathlib import Path

import aiohttp
import pytest

from bot.__main__ import main
from bot.questions import NOT_RUNNING, list_questions
from bot.settings import NAMES
from tests.store.test_surrender import appearances
from tests.telegram_server import FakeTelegram
from tests.whole.running_bot import PATIENCE, running_bot

QUESTION = "Is the weather good for children?"
COMPARED = "is the weather good for children"
NAMED = "is the weather good for Canaryname"
PEOPLE = range(7012345001, 7012345006)


async def test_what_five_people_ask_is_told_to_editors_and_lies_nowhere_in_the_clear(tmp_path: Path) -> None:
    var = tmp_path / "var"
    async with FakeTelegram() as telegram, running_bot(tmp_path, telegram) as told, aiohttp.ClientSession() as browser:
        lists = []
        for turn, number in enumerate(PEOPLE, 1):
            person = telegram.person(number)
            # The one with the name comes last: when it is counted, those before it have reached the store.
            for words in ("/start en", QUESTION, QUESTION, NAMED):
                person.send(words)
            async with asyncio.timeout(PATIENCE):
                # The figures of another part of the program: nothing tells when they change.
                while f'waymark_match_none_total{{label="en"}} {turn * 3}\n' not in await _figures(browser, told):  # noqa: ASYNC110
                    await asyncio.sleep(0.02)
            lists.append(await list_questions(None, var, datetime.now(UTC)))
        files = {
            path.name: path.read_bytes() for path in var.rglob("*") if path.is_file() and path.suffix != ".matcher"
        }

    assert [len(lines) for lines in lists] == [1, 1, 1, 1, 2]
    assert "0 questions" in lists[0][0]
    assert lists[-1][0].split() == ["5", "en", "since", str(datetime.now(UTC).date()), *COMPARED.split()]
    assert any("aof" in name for name in files)
    found = {
        where
        for words in (QUESTION, COMPARED, "Canaryname", "canaryname")
        for appearance in appearances(words)
        for where, content in files.items()
        if appearance in content
    }
    assert found == set()


async def _figures(browser: aiohttp.ClientSession, told: list[str]) -> str:
    async with browser.get(told[0].split()[3] + "metrics") as answer:
        return await answer.text()


def test_without_a_running_bot_the_command_says_so(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    for name in NAMES:
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("WAYMARK_DATA_DIR", str(tmp_path / "var"))
    monkeypatch.chdir(tmp_path)

    with pytest.raises(SystemExit) as left:
        main(["content", "questions"])

    assert left.value.code == 0
    assert capsys.readouterr().out.strip() == NOT_RUNNING
    assert not (tmp_path / "var").exists()
