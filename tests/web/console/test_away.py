"""What staff see when the process stops."""

import asyncio
from pathlib import Path

from bot.dialogue.script import Script
from tests.web.console.desk_house import BEN, Browser, a_desk_house, a_script


async def test_an_open_page_does_not_keep_the_process_from_stopping(page_script: Script, quick_folder: Path) -> None:
    house = a_desk_house(a_script(page_script), quick_folder)
    desk = await house.__aenter__()
    async with Browser(desk.base) as ben:
        await ben.sign_in(desk, BEN)
        async with ben.listen("/desk/stream") as news:
            await anext(news)
            async with asyncio.timeout(5):
                await house.__aexit__(None, None, None)
                assert await anext(news, None) is None
