"""What lies in the folder of the content is live a moment later, pictures too."""

import asyncio
from pathlib import Path

from bot.compiler.teaching import KeywordsOnly
from bot.live import LiveContent
from tests.compiler.content_builder import write_content
from tests.fakes import ManualClock


async def test_a_picture_that_is_put_into_the_folder_can_be_shown_at_once(tmp_path: Path) -> None:
    content, clock = write_content(tmp_path), ManualClock()
    (content / "media").mkdir()
    told: list[str] = []
    live = LiveContent(content, KeywordsOnly, clock, told.append)
    following = asyncio.ensure_future(live.follow())
    assert live.script().media.picture("door", None) is None

    (content / "media" / "door.png").write_bytes(b"\x89PNG\r\n\x1a\n")
    async with asyncio.timeout(5):
        while not told:
            await clock.advance(1)
            await asyncio.sleep(0.01)
    following.cancel()

    assert told == ["Changed content is live."]
    assert live.script().media.picture("door", None) is not None
